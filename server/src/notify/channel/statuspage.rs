//! The body that Atlassian Statuspage sends to webhooks, for programs that read it already.
//!
//! Such programs tell kinds by keys and know a closed set of words, so what Statuspage has no word for gets its nearest.

use serde_json::{Value, json};
use shared::Timestamp;
use shared::component::ComponentStatus;
use shared::incident::IncidentStatus;
use shared::maintenance::MaintenanceStatus;
use shared::status_page::{PublicEffect, PublicIncident, PublicMaintenance, PublicMaintenanceUpdate, PublicUpdate};

use super::Note;
use super::summary::{incident_url, maintenance_url, unsubscribe_url};
use crate::notify::message::{Content, Letter};

/// The body for a letter; none where Statuspage sends nothing of the kind.
pub fn body(note: &Note<'_>) -> Option<Value> {
    let letter = note.letter;
    match &letter.content {
        Content::IncidentOpened(news) | Content::IncidentUpdated(news) | Content::IncidentResolved(news) => {
            let derived = match news.update.status {
                IncidentStatus::Resolved => "none",
                IncidentStatus::Investigating | IncidentStatus::Identified | IncidentStatus::Monitoring => {
                    news.incident.impact.as_str()
                }
            };
            let mut body = frame(note, derived);
            body["incident"] = incident(letter, &news.incident, &news.update);
            Some(body)
        }
        Content::MaintenancePlanned(work)
        | Content::MaintenanceReminder(work)
        | Content::MaintenanceStarted(work)
        | Content::MaintenanceUpdated(work)
        | Content::MaintenanceEnded(work)
        | Content::MaintenanceCancelled(work) => {
            let is_running = work.maintenance.status.is_running();
            let mut body = frame(note, if is_running { "maintenance" } else { "none" });
            body["incident"] = maintenance(letter, &work.maintenance, &work.message);
            Some(body)
        }
        Content::ComponentStatusChanged {
            id,
            component,
            from,
            to,
            at,
        } => {
            let id = id.as_deref().unwrap_or(component);
            let mut body = frame(note, indicator(*to));
            body["component_update"] = json!({
                "created_at": at,
                "old_status": component_word(*from),
                "new_status": component_word(*to),
                "id": note.delivery,
                "component_id": id,
                "component_type": "Component",
            });
            body["component"] = component_value(letter, id, component, *to, *at);
            Some(body)
        }
        Content::PostmortemPublished(_)
        | Content::AnnouncementPublished(_)
        | Content::Digest(_)
        | Content::Confirm { .. }
        | Content::AlreadySubscribed
        | Content::Invitation { .. }
        | Content::TeamReminder { .. }
        | Content::Test { .. } => None,
    }
}

/// What every body has. How the whole page is, the note says, or what it tells of stands for it.
fn frame(note: &Note<'_>, derived: &str) -> Value {
    let indicator = note.overall.map_or(derived, |status| indicator(status));
    json!({
        "meta": {
            "unsubscribe": unsubscribe_url(note.letter),
            "documentation": format!("{}{}", note.letter.page.url, web::routes::public::API_DOCS),
            "generated_at": note.now,
        },
        "page": {
            "id": note.letter.page.id,
            "status_indicator": indicator,
            "status_description": description(indicator),
        },
    })
}

const fn indicator(status: ComponentStatus) -> &'static str {
    match status {
        ComponentStatus::Operational | ComponentStatus::Unknown => "none",
        ComponentStatus::UnderMaintenance => "maintenance",
        ComponentStatus::DegradedPerformance => "minor",
        ComponentStatus::PartialOutage => "major",
        ComponentStatus::MajorOutage => "critical",
    }
}

/// In the words of Statuspage, which programs compare.
fn description(indicator: &str) -> &'static str {
    match indicator {
        "critical" => "Major System Outage",
        "major" => "Partial System Outage",
        "minor" => "Minor Service Outage",
        "maintenance" => "Service Under Maintenance",
        _ => "All Systems Operational",
    }
}

const fn component_word(status: ComponentStatus) -> &'static str {
    match status {
        ComponentStatus::Operational | ComponentStatus::Unknown => "operational",
        ComponentStatus::UnderMaintenance => "under_maintenance",
        ComponentStatus::DegradedPerformance => "degraded_performance",
        ComponentStatus::PartialOutage => "partial_outage",
        ComponentStatus::MajorOutage => "major_outage",
    }
}

const fn maintenance_word(status: MaintenanceStatus) -> &'static str {
    match status {
        MaintenanceStatus::Scheduled => "scheduled",
        MaintenanceStatus::InProgress => "in_progress",
        MaintenanceStatus::Verifying => "verifying",
        MaintenanceStatus::Completed | MaintenanceStatus::Cancelled => "completed",
    }
}

/// `at` stands for times that a message does not carry.
fn component_value(letter: &Letter, id: &str, name: &str, status: ComponentStatus, at: Timestamp) -> Value {
    json!({
        "id": id,
        "name": name,
        "status": component_word(status),
        "created_at": at,
        "updated_at": at,
        "position": 1,
        "description": null,
        "showcase": false,
        "start_date": null,
        "page_id": letter.page.id,
        "group_id": null,
        "group": false,
        "only_show_if_degraded": false,
    })
}

fn components(letter: &Letter, parts: &[PublicEffect], at: Timestamp) -> Vec<Value> {
    let value = |part: &PublicEffect| component_value(letter, &part.id, &part.name, part.status, at);
    parts.iter().map(value).collect()
}

fn incident(letter: &Letter, incident: &PublicIncident, update: &PublicUpdate) -> Value {
    let news = [update];
    let updates: Vec<&PublicUpdate> = match incident.updates.is_empty() {
        true => news.to_vec(),
        false => incident.updates.iter().collect(),
    };
    let monitoring = updates
        .iter()
        .find(|update| update.status == IncidentStatus::Monitoring);
    let update = |update: &&PublicUpdate| {
        json!({
            "id": update.id,
            "incident_id": incident.id,
            "status": update.status,
            "body": update.message,
            "created_at": update.created_at,
            "updated_at": update.edited_at.unwrap_or(update.created_at),
            "display_at": update.created_at,
            "affected_components": affected(&update.components),
            "deliver_notifications": true,
            "custom_tweet": null,
            "tweet_id": null,
            "wants_twitter_update": false,
            "twitter_updated_at": null,
        })
    };
    let mut value = common(
        letter,
        &incident.id,
        &incident.title,
        incident_url(letter, &incident.id),
    );
    value["status"] = json!(incident.status);
    value["impact"] = json!(incident.impact);
    value["created_at"] = json!(incident.started_at);
    value["started_at"] = json!(incident.started_at);
    value["updated_at"] = json!(incident.updated_at);
    value["monitoring_at"] = json!(monitoring.map(|update| update.created_at));
    value["resolved_at"] = json!(incident.resolved_at);
    value["incident_updates"] = updates.iter().map(update).collect();
    value["components"] = components(letter, &incident.components, incident.started_at).into();
    value
}

fn affected(parts: &[PublicEffect]) -> Vec<Value> {
    let value = |part: &PublicEffect| {
        json!({
            "code": part.id,
            "name": part.name,
            "old_status": component_word(part.status),
            "new_status": component_word(part.status),
        })
    };
    parts.iter().map(value).collect()
}

fn maintenance(letter: &Letter, work: &PublicMaintenance, message: &str) -> Value {
    let mut updates: Vec<Value> = work
        .updates
        .iter()
        .map(|update| maintenance_update(work, update))
        .collect();
    if updates.is_empty() {
        let first = PublicMaintenanceUpdate {
            id: work.id.clone(),
            status: work.status,
            message: message.to_owned(),
            created_at: work.updated_at,
        };
        updates.push(maintenance_update(work, &first));
    }
    let mut value = common(letter, &work.id, &work.title, maintenance_url(letter, &work.id));
    value["status"] = maintenance_word(work.status).into();
    value["impact"] = "maintenance".into();
    value["created_at"] = json!(work.updates.last().map_or(work.starts_at, |first| first.created_at));
    value["started_at"] = json!(work.actual_started_at.unwrap_or(work.starts_at));
    value["updated_at"] = json!(work.updated_at);
    value["resolved_at"] = json!(work.actual_ended_at);
    value["scheduled_for"] = json!(work.starts_at);
    value["scheduled_until"] = json!(work.ends_at);
    value["incident_updates"] = updates.into();
    value["components"] = components(letter, &work.components, work.starts_at).into();
    value
}

fn maintenance_update(work: &PublicMaintenance, update: &PublicMaintenanceUpdate) -> Value {
    json!({
        "id": update.id,
        "incident_id": work.id,
        "status": maintenance_word(update.status),
        "body": update.message,
        "created_at": update.created_at,
        "updated_at": update.created_at,
        "display_at": update.created_at,
        "affected_components": affected(&work.components),
        "deliver_notifications": true,
        "custom_tweet": null,
        "tweet_id": null,
        "wants_twitter_update": false,
        "twitter_updated_at": null,
    })
}

/// What incidents and maintenance have in common, with nothing where a message knows nothing.
fn common(letter: &Letter, id: &str, title: &str, url: String) -> Value {
    json!({
        "id": id,
        "page_id": letter.page.id,
        "name": title,
        "impact_override": null,
        "backfilled": false,
        "shortlink": url,
        "monitoring_at": null,
        "resolved_at": null,
        "scheduled_for": null,
        "scheduled_until": null,
        "scheduled_remind_prior": false,
        "scheduled_reminded_at": null,
        "scheduled_auto_in_progress": false,
        "scheduled_auto_completed": false,
        "postmortem_body": null,
        "postmortem_body_last_updated_at": null,
        "postmortem_ignored": false,
        "postmortem_published_at": null,
        "postmortem_notified_subscribers": false,
        "postmortem_notified_twitter": false,
        "metadata": {},
    })
}

#[cfg(test)]
mod tests {
    use super::super::WebhookFormat;
    use super::super::tests::note;
    use super::*;
    use crate::notify::message::tests::{all, letter, news, work};

    fn told(content: Content, overall: Option<ComponentStatus>) -> Value {
        let letter = letter(content);
        let note = Note {
            format: WebhookFormat::Statuspage,
            overall,
            ..note(&letter, "https://example.org/")
        };
        body(&note).unwrap()
    }

    #[test]
    fn an_incident_has_all_that_statuspage_sends() {
        let body = told(Content::IncidentOpened(news("Slow", "Hm")), None);
        let incident = &body["incident"];
        assert_eq!(
            (&incident["name"], &incident["impact"]),
            (&json!("Slow"), &json!("major"))
        );
        assert_eq!(incident["incident_updates"][0]["body"], "Hm");
        assert_eq!(incident["components"][0]["status"], "partial_outage");
        assert_eq!(incident["created_at"], "2026-11-24T03:00:00.000Z");
        assert_eq!(body["page"]["status_indicator"], "major");
        assert_eq!(body["page"]["status_description"], "Partial System Outage");
        assert_eq!(
            body["meta"]["unsubscribe"],
            "https://status.example.org/unsubscribe/secret-token"
        );
        for key in [
            "page_id",
            "impact_override",
            "backfilled",
            "shortlink",
            "postmortem_ignored",
            "monitoring_at",
        ] {
            assert!(incident.get(key).is_some(), "{key}");
        }
    }

    #[test]
    fn maintenance_is_an_incident_with_a_window() {
        let body = told(Content::MaintenanceStarted(work("")), None);
        assert_eq!(body["incident"]["impact"], "maintenance");
        assert_eq!(body["incident"]["scheduled_for"], "2026-11-24T03:00:00.000Z");
        assert_eq!(body["page"]["status_indicator"], "maintenance");
    }

    #[test]
    fn a_component_says_what_it_was_and_the_note_how_the_page_is() {
        let change = Content::ComponentStatusChanged {
            id: Some("c0mp0nent001".into()),
            component: "API".into(),
            from: ComponentStatus::Unknown,
            to: ComponentStatus::Operational,
            at: Timestamp::from_millis(0),
        };
        let body = told(change, Some(ComponentStatus::MajorOutage));
        assert_eq!(body["component_update"]["old_status"], "operational");
        assert_eq!(body["component_update"]["component_id"], "c0mp0nent001");
        assert_eq!(
            (&body["component"]["name"], &body["page"]["status_indicator"]),
            (&json!("API"), &json!("critical"))
        );
    }

    #[test]
    fn only_what_statuspage_sends_has_its_body() {
        for content in all() {
            let has_body = !matches!(
                content.key(),
                "postmortem_published"
                    | "announcement_published"
                    | "digest"
                    | "confirm"
                    | "already_subscribed"
                    | "invitation"
                    | "team_reminder"
                    | "test"
            );
            let letter = letter(content);
            assert_eq!(body(&note(&letter, "https://example.org/")).is_some(), has_body);
        }
    }
}
