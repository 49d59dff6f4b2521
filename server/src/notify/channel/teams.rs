//! Microsoft Teams: an Adaptive Card, handed to a workflow ("Send webhook alerts to a channel").
//!
//! The older connectors of Office 365 take the same envelope, but answer 200 when Teams itself has turned the card away.

use serde_json::{Value, json};

use super::post::{Keys, Post, receipt, relayed};
use super::rich::{Marks, escape, shorten};
use super::summary::{Link, Summary, Tone};
use super::{Channels, Note, SendError, Sent};

/// A whole message may have 28 KB; this leaves room for all that is around.
const BODY_MAX: usize = 6_000;
const FACT_MAX: usize = 1_000;

pub(super) async fn send(channels: &Channels, note: &Note<'_>) -> Sent {
    let message = message(&Summary::of(note.letter));
    let base = &channels.0.teams_hooks;
    let post = match base.is_empty() {
        true => Post::json(&channels.0.outbound, note.target, &message),
        false => Post::json(&channels.0.trusting, relayed(note.target, base), &message),
    };
    let receipt = receipt(&post.send().await?, Keys::Theirs)?;
    match receipt.said.contains("Microsoft Teams endpoint returned HTTP error") {
        true => Err(SendError::later(receipt.said)),
        false => Ok(receipt),
    }
}

fn message(summary: &Summary) -> Value {
    json!({
        "type": "message",
        "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": null,
            "content": {
                "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                "type": "AdaptiveCard",
                "version": "1.4",
                "fallbackText": summary.headline(),
                "msteams": { "width": "Full" },
                "body": body(summary),
                "actions": actions(summary),
            },
        }],
    })
}

fn body(summary: &Summary) -> Vec<Value> {
    let mut body = vec![
        json!({ "type": "TextBlock", "text": escape(&summary.page, Marks::Card), "isSubtle": true, "wrap": true }),
        json!({
            "type": "TextBlock",
            "text": escape(&summary.headline(), Marks::Card),
            "size": "Large",
            "weight": "Bolder",
            "color": colour(summary.tone),
            "wrap": true,
        }),
    ];
    if !summary.fields.is_empty() {
        let fact =
            |name: &str, value: &str| json!({ "title": name, "value": escape(&shorten(value, FACT_MAX), Marks::Card) });
        let facts: Vec<Value> = summary
            .fields
            .iter()
            .map(|field| fact(&field.name, &field.value))
            .collect();
        body.push(json!({ "type": "FactSet", "facts": facts }));
    }
    if !summary.body.is_empty() {
        // A single line break is none in a card.
        let text = summary.body.fit(Marks::Card, BODY_MAX).replace('\n', "\n\n");
        body.push(json!({ "type": "TextBlock", "text": text, "wrap": true }));
    }
    body
}

/// Cards have words for colours, which follow the reader's theme.
const fn colour(tone: Tone) -> &'static str {
    match tone {
        Tone::Good => "Good",
        Tone::Neutral => "Default",
        Tone::Maintenance => "Accent",
        Tone::Minor => "Warning",
        Tone::Major | Tone::Critical => "Attention",
    }
}

fn actions(summary: &Summary) -> Vec<Value> {
    let links = [
        Some(&summary.action),
        summary.manage.as_ref(),
        summary.unsubscribe.as_ref(),
    ];
    let action = |Link { label, url }: &Link| json!({ "type": "Action.OpenUrl", "title": label, "url": url });
    links.into_iter().flatten().map(action).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Answer, Receiver, channels, note, target};
    use super::super::{Channel, send};
    use super::*;
    use crate::notify::Content;
    use crate::notify::message::tests::{letter, work};

    #[tokio::test]
    async fn a_workflow_gets_a_card() {
        let receiver = Receiver::new([Answer::new(202, "")]).await;
        let letter = letter(Content::MaintenancePlanned(work("We **replace** a_disk\nSoon")));
        let target = target(Channel::Teams, &receiver.url);
        let receipt = send(&channels(&receiver), Channel::Teams, &note(&letter, &target))
            .await
            .unwrap();
        assert_eq!(receipt.said, "HTTP 202");
        let heard = &receiver.heard()[0];
        assert_eq!(heard.path, "/workflows/secret-path/triggers?sig=secret-sig");
        let message = heard.json();
        assert_eq!(
            message["attachments"][0]["contentType"],
            "application/vnd.microsoft.card.adaptive"
        );
        let card = &message["attachments"][0]["content"];
        assert_eq!(card["body"][1]["text"], "Planned maintenance: Database upgrade");
        assert_eq!(card["body"][1]["color"], "Accent");
        assert_eq!(card["body"][2]["facts"][2]["title"], "Affected");
        assert_eq!(card["body"][3]["text"], "We **replace** a\\_disk\n\nSoon");
        assert_eq!(
            card["actions"][0]["url"],
            "https://status.example.org/maintenance/abc123"
        );
        assert_eq!(card["actions"].as_array().unwrap().len(), 3);
    }

    #[tokio::test]
    async fn an_old_connector_that_could_not_pass_it_on_is_asked_again() {
        let said = "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429";
        let receiver = Receiver::new([Answer::new(200, said)]).await;
        let letter = letter(Content::MaintenancePlanned(work("")));
        let target = target(Channel::Teams, &receiver.url);
        let refusal = send(&channels(&receiver), Channel::Teams, &note(&letter, &target))
            .await
            .unwrap_err();
        assert!(matches!(refusal, SendError::Later { .. }), "{refusal:?}");
    }
}
