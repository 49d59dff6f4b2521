//! Opsgenie: incidents and components as alerts. What is no alert is told as one of the lowest priority that asks for
//! nothing, and only where someone asked for it: tests and confirmations.
//! <https://docs.opsgenie.com/docs/alert-api>

use serde_json::{Value, json};

use super::pagerduty::{Action, alert};
use super::post::{Keys, Post, judge, segment, value, words};
use super::rich::shorten;
use super::summary::{Summary, Tone};
use super::{Channels, Note, Receipt, Sent};
use crate::notify::message::Content;

const MESSAGE_MAX: usize = 130;
const DESCRIPTION_MAX: usize = 15_000;
const SOURCE_MAX: usize = 100;

pub(super) async fn send(channels: &Channels, note: &Note<'_>) -> Sent {
    let summary = Summary::of(note.letter);
    let Some((action, alias)) = alert_of(note) else {
        return Ok(Receipt {
            said: "not an alert; nothing was sent".into(),
            message_id: None,
        });
    };
    let (path, body) = match action {
        Step::Create => (String::new(), creation(&summary, &alias)),
        Step::Note => (below(&alias, "notes"), remark(&summary)),
        Step::Close => (below(&alias, "close"), remark(&summary)),
    };
    let url = format!("{}/v2/alerts{path}", channels.0.opsgenie_url);
    let post = Post::json(&channels.0.trusting, url, &body).authorized(&format!("GenieKey {}", note.target))?;
    let reply = post.send().await?;
    judge(&reply, Keys::Theirs)?;
    let said = value(&reply)["result"]
        .as_str()
        .map_or_else(|| words(&reply), str::to_owned);
    Ok(Receipt {
        said,
        message_id: Some(alias),
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Create,
    Note,
    Close,
}

fn alert_of(note: &Note<'_>) -> Option<(Step, String)> {
    let letter = note.letter;
    if let Some((action, alias)) = alert(&letter.content, &letter.page) {
        let is_new = matches!(letter.content, Content::IncidentOpened(_));
        let step = match action {
            // One that was closed is opened again; one that is open is counted up.
            Action::Trigger => Step::Create,
            Action::Acknowledge if is_new => Step::Create,
            Action::Acknowledge => Step::Note,
            Action::Resolve => Step::Close,
        };
        return Some((step, alias));
    }
    let is_asked_for = matches!(
        letter.content,
        Content::Confirm { .. } | Content::AlreadySubscribed | Content::Test { .. }
    );
    is_asked_for.then(|| {
        (
            Step::Create,
            format!("signet-{}-{}", letter.page.id, letter.content.key()),
        )
    })
}

fn below(alias: &str, what: &str) -> String {
    format!("/{}/{what}?identifierType=alias", segment(alias))
}

fn creation(summary: &Summary, alias: &str) -> Value {
    let description = format!(
        "{}\n\n{}: {}",
        summary.plain(),
        summary.action.label,
        summary.action.url
    );
    json!({
        "message": shorten(&format!("{}: {}", summary.page, summary.title), MESSAGE_MAX),
        "alias": alias,
        "description": shorten(&description, DESCRIPTION_MAX),
        "priority": priority(summary.tone),
        "source": shorten(&summary.page_url, SOURCE_MAX),
        "tags": ["signet"],
        "details": { "status": summary.status, "url": summary.action.url },
    })
}

fn remark(summary: &Summary) -> Value {
    json!({
        "note": shorten(&format!("{}\n{}", summary.headline(), summary.plain()), DESCRIPTION_MAX),
        "source": shorten(&summary.page_url, SOURCE_MAX),
    })
}

const fn priority(tone: Tone) -> &'static str {
    match tone {
        Tone::Critical => "P1",
        Tone::Major => "P2",
        Tone::Minor => "P3",
        Tone::Maintenance | Tone::Good | Tone::Neutral => "P5",
    }
}

#[cfg(test)]
mod tests {
    use shared::incident::IncidentStatus;

    use super::super::tests::{Answer, Receiver, channels, note};
    use super::super::{Channel, send};
    use super::*;
    use crate::notify::message::tests::{letter, news, work};

    const KEY: &str = "12345678-90ab-cdef-1234-567890abcdef";
    const TAKEN: &str =
        r#"{"result":"Request will be processed","took":0.302,"requestId":"43a29c5c-3dbf-4fa4-9c26-f4f71023e120"}"#;

    #[tokio::test]
    async fn an_incident_is_one_alert_with_notes_until_it_is_closed() {
        let receiver = Receiver::new([Answer::new(202, TAKEN)]).await;
        let channels = channels(&receiver);
        let mut resolved = news("Slow", "Done");
        resolved.update.status = IncidentStatus::Resolved;
        for content in [
            Content::IncidentOpened(news("Slow", "Hm")),
            Content::IncidentUpdated(news("Slow", "Found")),
            Content::IncidentResolved(resolved),
        ] {
            let letter = letter(content);
            let receipt = send(&channels, Channel::Opsgenie, &note(&letter, KEY)).await.unwrap();
            assert_eq!(receipt.said, "Request will be processed");
        }
        let heard = receiver.heard();
        let paths: Vec<&str> = heard.iter().map(|heard| heard.path.as_str()).collect();
        assert_eq!(
            paths,
            [
                "/v2/alerts",
                "/v2/alerts/signet%2Dp%2Dincident%2Dabc123/notes?identifierType=alias",
                "/v2/alerts/signet%2Dp%2Dincident%2Dabc123/close?identifierType=alias",
            ]
        );
        assert_eq!(heard[0].header("authorization"), format!("GenieKey {KEY}"));
        let alert = heard[0].json();
        assert_eq!(
            (&alert["message"], &alert["priority"]),
            (&json!("Example & Sons: Slow"), &json!("P2"))
        );
        assert_eq!(alert["alias"], "signet-p-incident-abc123");
        assert!(heard[2].json()["note"].as_str().unwrap().contains("Done"));
    }

    #[tokio::test]
    async fn maintenance_is_no_alert() {
        let receiver = Receiver::new([Answer::new(202, TAKEN)]).await;
        let letter = letter(Content::MaintenanceStarted(work("Hm")));
        let receipt = send(&channels(&receiver), Channel::Opsgenie, &note(&letter, KEY))
            .await
            .unwrap();
        assert!(receipt.said.contains("nothing was sent") && receiver.heard().is_empty());
    }
}
