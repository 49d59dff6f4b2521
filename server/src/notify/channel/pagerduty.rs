//! PagerDuty: incidents as alerts of the Events API v2, everything else as changes, which wake nobody.
//! <https://developer.pagerduty.com/docs/events-api-v2-overview>

use serde_json::{Value, json};
use shared::component::ComponentStatus;
use shared::incident::IncidentStatus;
use shared::status_page::PublicPage;

use super::post::{Keys, Post, judge, value, words};
use super::rich::shorten;
use super::summary::{Summary, Tone};
use super::{Channels, Note, Receipt, Sent};
use crate::notify::message::{Content, News};

const SUMMARY_MAX: usize = 1_024;
/// An event may have 512 KB; people read less.
const DETAILS_MAX: usize = 4_000;
const KEY_MAX: usize = 255;

/// What becomes of an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    Trigger,
    Acknowledge,
    Resolve,
}

pub(super) async fn send(channels: &Channels, note: &Note<'_>) -> Sent {
    let summary = Summary::of(note.letter);
    let (path, event) = match alert(&note.letter.content, &note.letter.page) {
        Some((action, key)) => ("/v2/enqueue", event(note, &summary, action, &key)),
        None => ("/v2/change/enqueue", change(note, &summary)),
    };
    let url = format!("{}{path}", channels.0.pagerduty_url);
    let reply = Post::json(&channels.0.trusting, url, &event).send().await?;
    judge(&reply, Keys::Theirs)?;
    Ok(Receipt {
        said: words(&reply),
        message_id: value(&reply)["dedup_key"].as_str().map(str::to_owned),
    })
}

/// Incidents and components are alerts: what to do, and the name by which it is known there.
pub fn alert(content: &Content, page: &PublicPage) -> Option<(Action, String)> {
    let key = |kind: &str, id: &str| {
        let key = format!("signet-{}-{kind}-{id}", page.id);
        key.chars().take(KEY_MAX).collect::<String>()
    };
    match content {
        Content::IncidentOpened(news) | Content::IncidentUpdated(news) | Content::IncidentResolved(news) => {
            Some((action_of(news), key("incident", &news.incident.id)))
        }
        Content::ComponentStatusChanged { id, component, to, .. } => {
            let action = match to {
                ComponentStatus::Operational | ComponentStatus::Unknown | ComponentStatus::UnderMaintenance => {
                    Action::Resolve
                }
                ComponentStatus::DegradedPerformance
                | ComponentStatus::PartialOutage
                | ComponentStatus::MajorOutage => Action::Trigger,
            };
            Some((action, key("component", id.as_deref().unwrap_or(component))))
        }
        Content::MaintenancePlanned(_)
        | Content::MaintenanceReminder(_)
        | Content::MaintenanceStarted(_)
        | Content::MaintenanceUpdated(_)
        | Content::MaintenanceEnded(_)
        | Content::MaintenanceCancelled(_)
        | Content::PostmortemPublished(_)
        | Content::AnnouncementPublished(_)
        | Content::Digest(_)
        | Content::Confirm { .. }
        | Content::AlreadySubscribed
        | Content::Invitation { .. }
        | Content::TeamReminder { .. }
        | Content::Test { .. } => None,
    }
}

/// Who has found the cause is at work on it.
const fn action_of(news: &News) -> Action {
    match news.update.status {
        IncidentStatus::Investigating => Action::Trigger,
        IncidentStatus::Identified | IncidentStatus::Monitoring => Action::Acknowledge,
        IncidentStatus::Resolved => Action::Resolve,
    }
}

fn event(note: &Note<'_>, summary: &Summary, action: Action, key: &str) -> Value {
    // An alert has to be there before it can be acknowledged.
    let is_new = matches!(note.letter.content, Content::IncidentOpened(_));
    let action = match action {
        Action::Trigger => "trigger",
        Action::Acknowledge if is_new => "trigger",
        Action::Acknowledge => "acknowledge",
        Action::Resolve => "resolve",
    };
    json!({
        "routing_key": note.target,
        "event_action": action,
        "dedup_key": key,
        "payload": {
            "summary": shorten(&format!("{}: {}", summary.page, summary.title), SUMMARY_MAX),
            "source": summary.page_url,
            "severity": severity(summary.tone),
            "timestamp": note.now,
            "component": parts(&note.letter.content),
            "group": summary.page,
            "class": summary.status,
            "custom_details": details(summary),
        },
        "links": [link(summary)],
        "client": "Signet",
        "client_url": summary.page_url,
    })
}

fn change(note: &Note<'_>, summary: &Summary) -> Value {
    json!({
        "routing_key": note.target,
        "payload": {
            "summary": shorten(&format!("{}: {}", summary.page, summary.headline()), SUMMARY_MAX),
            "source": summary.page_url,
            "timestamp": note.now,
            "custom_details": details(summary),
        },
        "links": [link(summary)],
    })
}

const fn severity(tone: Tone) -> &'static str {
    match tone {
        Tone::Good | Tone::Neutral | Tone::Maintenance => "info",
        Tone::Minor => "warning",
        Tone::Major => "error",
        Tone::Critical => "critical",
    }
}

fn parts(content: &Content) -> Option<String> {
    if let Content::ComponentStatusChanged { component, .. } = content {
        return Some(component.clone());
    }
    let (Content::IncidentOpened(news) | Content::IncidentUpdated(news) | Content::IncidentResolved(news)) = content
    else {
        return None;
    };
    let names: Vec<&str> = news.incident.components.iter().map(|part| part.name.as_str()).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

fn details(summary: &Summary) -> Value {
    json!({
        "status": summary.status,
        "message": shorten(&summary.plain(), DETAILS_MAX),
    })
}

fn link(summary: &Summary) -> Value {
    json!({ "href": summary.action.url, "text": summary.action.label })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Answer, Receiver, channels, note};
    use super::super::{Channel, send};
    use super::*;
    use crate::notify::message::tests::{letter, news, work};

    const KEY: &str = "0123456789abcdef0123456789abcdef";
    const TAKEN: &str = r#"{"status":"success","message":"Event processed","dedup_key":"signet-p-incident-abc123"}"#;

    fn with_status(status: IncidentStatus) -> News {
        let mut news = news("Slow", "Hm");
        news.update.status = status;
        news
    }

    #[tokio::test]
    async fn an_incident_is_one_alert_from_its_beginning_to_its_end() {
        let receiver = Receiver::new([Answer::new(202, TAKEN)]).await;
        let channels = channels(&receiver);
        for content in [
            Content::IncidentOpened(with_status(IncidentStatus::Identified)),
            Content::IncidentUpdated(with_status(IncidentStatus::Monitoring)),
            Content::IncidentResolved(with_status(IncidentStatus::Resolved)),
            Content::IncidentUpdated(with_status(IncidentStatus::Investigating)),
        ] {
            let letter = letter(content);
            let receipt = send(&channels, Channel::Pagerduty, &note(&letter, KEY)).await.unwrap();
            assert_eq!(receipt.message_id.as_deref(), Some("signet-p-incident-abc123"));
        }
        let heard = receiver.heard();
        let actions: Vec<_> = heard.iter().map(|heard| heard.json()["event_action"].clone()).collect();
        assert_eq!(actions, ["trigger", "acknowledge", "resolve", "trigger"]);
        assert!(heard.iter().all(|heard| heard.path == "/v2/enqueue"));
        let event = heard[0].json();
        assert_eq!(
            (&event["routing_key"], &event["dedup_key"]),
            (&json!(KEY), &json!("signet-p-incident-abc123"))
        );
        assert_eq!(event["payload"]["summary"], "Example & Sons: Slow");
        assert_eq!(
            (&event["payload"]["severity"], &event["payload"]["component"]),
            (&json!("error"), &json!("Checkout <API>"))
        );
        assert_eq!(event["links"][0]["href"], "https://status.example.org/incidents/abc123");
    }

    #[tokio::test]
    async fn maintenance_and_tests_wake_nobody() {
        let receiver = Receiver::new([Answer::new(
            202,
            r#"{"status":"success","message":"Change event processed"}"#,
        )])
        .await;
        let letter = letter(Content::MaintenanceStarted(work("Hm")));
        send(&channels(&receiver), Channel::Pagerduty, &note(&letter, KEY))
            .await
            .unwrap();
        let heard = &receiver.heard()[0];
        assert_eq!(heard.path, "/v2/change/enqueue");
        let summary = "Example & Sons: Maintenance has begun: Database upgrade";
        assert_eq!(heard.json()["payload"]["summary"], summary);
    }

    #[tokio::test]
    async fn a_wrong_key_is_given_up() {
        let wrong =
            r#"{"status":"invalid event","message":"Event object is invalid","errors":["Invalid routing key"]}"#;
        let receiver = Receiver::new([Answer::new(400, wrong)]).await;
        let letter = letter(Content::IncidentOpened(news("Slow", "Hm")));
        let refusal = send(&channels(&receiver), Channel::Pagerduty, &note(&letter, KEY))
            .await
            .unwrap_err();
        assert!(refusal.to_string().contains("Invalid routing key"), "{refusal}");
    }
}
