//! Webhooks: our own events or the body of Statuspage, signed as Standard Webhooks has it.
//!
//! <https://www.standardwebhooks.com>: `webhook-id` stays the same at each try, so that receivers can tell a message they
//! have; `webhook-signature` has one signature for each secret, so that a secret can be changed without a gap.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use shared::Timestamp;
use shared::channel::WebhookFormat;

use super::post::{Keys, Post, receipt};
use super::summary::{confirm_url, incident_url, maintenance_url, manage_url, unsubscribe_url};
use super::{Channels, Note, Sent, statuspage};
use crate::notify::SendError;
use crate::notify::message::{Content, Letter, News, Work, comes_again};

const PREFIX: &str = "whsec_";

/// A secret to sign with, as receivers enter it.
pub fn new_secret() -> String {
    format!("{PREFIX}{}", STANDARD.encode(rand::random::<[u8; 24]>()))
}

pub(super) async fn send(channels: &Channels, note: &Note<'_>) -> Sent {
    let body = body(note).to_string();
    let seconds = (note.now.as_millis() / 1000).to_string();
    let mut post = Post::new(&channels.0.outbound, note.target, "application/json", body.clone())
        .with("webhook-id", note.delivery)?
        .with("webhook-timestamp", &seconds)?;
    if let Some(secrets) = note.secret {
        let signed = format!("{}.{seconds}.{body}", note.delivery);
        post = post.with("webhook-signature", &signatures(secrets, &signed)?)?;
    }
    receipt(&post.send().await?, Keys::Theirs)
}

fn body(note: &Note<'_>) -> Value {
    match note.format {
        WebhookFormat::Signet => event(note.letter, note.now),
        WebhookFormat::Statuspage => statuspage::body(note).unwrap_or_else(|| event(note.letter, note.now)),
    }
}

fn signatures(secrets: &str, signed: &str) -> Result<String, SendError> {
    let signatures: Option<Vec<String>> = secrets
        .split_whitespace()
        .map(|secret| signature(secret, signed))
        .collect();
    match signatures {
        Some(signatures) if !signatures.is_empty() => Ok(signatures.join(" ")),
        _ => Err(SendError::Never("the secret is not whsec_ and a key in base64".into())),
    }
}

fn signature(secret: &str, signed: &str) -> Option<String> {
    let key = STANDARD.decode(secret.strip_prefix(PREFIX).unwrap_or(secret)).ok()?;
    let mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&key).ok()?;
    let mac = mac.chain_update(signed).finalize().into_bytes();
    Some(format!("v1,{}", STANDARD.encode(mac)))
}

/// Our own event: `type`, when it happened, and `data` as the public API has it.
fn event(letter: &Letter, now: Timestamp) -> Value {
    let kind = kind(&letter.content);
    let mut event = match &letter.content {
        Content::IncidentOpened(news) | Content::IncidentUpdated(news) | Content::IncidentResolved(news) => {
            let News { incident, update } = news;
            let url = incident_url(letter, &incident.id);
            json!({
                "timestamp": update.created_at,
                "data": { "incident": incident, "update": update, "url": url },
            })
        }
        Content::MaintenancePlanned(work)
        | Content::MaintenanceReminder(work)
        | Content::MaintenanceStarted(work)
        | Content::MaintenanceUpdated(work)
        | Content::MaintenanceEnded(work)
        | Content::MaintenanceCancelled(work) => {
            let Work { maintenance, message } = work;
            let url = maintenance_url(letter, &maintenance.id);
            json!({
                "timestamp": now,
                "data": { "maintenance": maintenance, "message": message, "url": url },
            })
        }
        Content::ComponentStatusChanged {
            id,
            component,
            from,
            to,
            at,
        } => json!({
            "timestamp": at,
            "data": { "component": { "id": id, "name": component, "status": to }, "from": from, "to": to },
        }),
        Content::PostmortemPublished(postmortem) => json!({
            "timestamp": postmortem.published_at,
            "data": { "postmortem": postmortem },
        }),
        Content::AnnouncementPublished(announcement) => json!({
            "timestamp": announcement.starts_at,
            "data": { "announcement": announcement },
        }),
        Content::Digest(parts) => {
            let part = |part: &Content| {
                let letter = Letter {
                    content: part.clone(),
                    ..letter.clone()
                };
                event(&letter, now)
            };
            json!({ "timestamp": now, "data": { "events": parts.iter().map(part).collect::<Vec<_>>() } })
        }
        Content::Confirm { .. } => json!({
            "timestamp": now,
            "confirm_url": confirm_url(letter),
            "data": {},
        }),
        Content::AlreadySubscribed => json!({ "timestamp": now, "data": { "manage_url": manage_url(letter) } }),
        Content::Invitation { url, .. } => json!({ "timestamp": now, "data": { "url": url } }),
        Content::TeamReminder { title, hours, url } => json!({
            "timestamp": now,
            "data": { "title": title, "hours": hours, "url": url },
        }),
        Content::Test { at } => json!({ "timestamp": at, "data": {} }),
    };
    event["type"] = kind.into();
    event["data"]["page"] = json!(letter.page);
    if comes_again(&letter.content) {
        event["data"]["manage_url"] = json!(manage_url(letter));
        event["data"]["unsubscribe_url"] = json!(unsubscribe_url(letter));
    }
    event
}

/// `incident.opened`
const fn kind(content: &Content) -> &'static str {
    match content {
        Content::IncidentOpened(_) => "incident.opened",
        Content::IncidentUpdated(_) => "incident.updated",
        Content::IncidentResolved(_) => "incident.resolved",
        Content::MaintenancePlanned(_) => "maintenance.planned",
        Content::MaintenanceReminder(_) => "maintenance.reminder",
        Content::MaintenanceStarted(_) => "maintenance.started",
        Content::MaintenanceUpdated(_) => "maintenance.updated",
        Content::MaintenanceEnded(_) => "maintenance.ended",
        Content::MaintenanceCancelled(_) => "maintenance.cancelled",
        Content::PostmortemPublished(_) => "postmortem.published",
        Content::AnnouncementPublished(_) => "announcement.published",
        Content::ComponentStatusChanged { .. } => "component.status_changed",
        Content::Digest(_) => "digest",
        Content::Confirm { .. } => "subscription.confirm",
        Content::AlreadySubscribed => "subscription.exists",
        Content::Invitation { .. } => "member.invited",
        Content::TeamReminder { .. } => "team.reminder",
        Content::Test { .. } => "test",
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Answer, Receiver, channels, note};
    use super::super::{Channel, send};
    use super::*;
    use crate::notify::message::tests::{all, letter, news};
    use standardwebhooks::Webhook;

    // The secret of the specification's own example.
    const OLD: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    #[tokio::test]
    async fn receivers_can_verify_what_they_get_while_the_secret_changes() {
        let receiver = Receiver::new([Answer::new(204, "")]).await;
        let letter = letter(Content::IncidentOpened(news("Slow", "*Hm*")));
        let target = receiver.at("/hooks/1?key=x");
        let new = new_secret();
        let secrets = format!("{new} {OLD}");
        let note = Note {
            secret: Some(&secrets),
            now: Timestamp::from_millis(chrono_now()),
            ..note(&letter, &target)
        };
        send(&channels(&receiver), Channel::Webhook, &note).await.unwrap();
        let heard = receiver.heard();
        assert_eq!(
            (heard[0].method.as_str(), heard[0].path.as_str()),
            ("POST", "/hooks/1?key=x")
        );
        assert_eq!(heard[0].header("webhook-id"), "delivery-7");
        for secret in [&new, OLD] {
            let webhook = Webhook::new(secret).unwrap();
            webhook.verify(heard[0].body.as_bytes(), &heard[0].headers).unwrap();
        }
        assert!(
            Webhook::new(&new_secret())
                .unwrap()
                .verify(heard[0].body.as_bytes(), &heard[0].headers)
                .is_err()
        );
        let event = heard[0].json();
        assert_eq!(event["type"], "incident.opened");
        assert_eq!(event["data"]["incident"]["title"], "Slow");
        assert_eq!(event["data"]["url"], "https://status.example.org/incidents/abc123");
        assert_eq!(
            event["data"]["unsubscribe_url"],
            "https://status.example.org/unsubscribe/secret-token"
        );
    }

    // The verifier looks at the machine's clock.
    #[allow(clippy::disallowed_methods)]
    fn chrono_now() -> i64 {
        chrono::Utc::now().timestamp_millis()
    }

    #[tokio::test]
    async fn a_receiver_without_a_secret_gets_no_signature_and_a_wrong_secret_is_no_secret() {
        let receiver = Receiver::new([Answer::new(200, "")]).await;
        let letter = letter(Content::Test {
            at: Timestamp::from_millis(0),
        });
        let target = receiver.at("/");
        let plain = note(&letter, &target);
        send(&channels(&receiver), Channel::Webhook, &plain).await.unwrap();
        assert_eq!(receiver.heard()[0].header("webhook-signature"), "");
        let wrong = Note {
            secret: Some("whsec_not base64"),
            ..plain
        };
        let refusal = send(&channels(&receiver), Channel::Webhook, &wrong).await.unwrap_err();
        assert!(matches!(refusal, SendError::Never(_)), "{refusal}");
    }

    #[test]
    fn every_letter_is_an_event_and_a_challenge_says_where_to_go() {
        for content in all() {
            let event = event(&letter(content), Timestamp::from_millis(0));
            assert!(event["type"].as_str().is_some_and(|kind| kind.len() > 3), "{event}");
            assert!(
                event["timestamp"].as_str().is_some_and(|at| at.ends_with('Z')),
                "{event}"
            );
            assert_eq!(event["data"]["page"]["name"], "Example & Sons");
        }
        let challenge = event(&letter(Content::Confirm { code: None }), Timestamp::from_millis(0));
        assert_eq!(challenge["type"], "subscription.confirm");
        assert_eq!(
            challenge["confirm_url"],
            "https://status.example.org/confirm/secret-token"
        );
    }
}
