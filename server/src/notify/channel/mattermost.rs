//! Mattermost, and Rocket.Chat, which takes the same: an attachment, through an incoming webhook.
//! <https://developers.mattermost.com/integrate/reference/message-attachments/>

use serde_json::{Value, json};

use super::post::{Keys, Post, receipt};
use super::rich::{Marks, escape, link, quiet, shorten};
use super::summary::{Field, Link, Summary};
use super::{Channels, Note, Sent};

/// Older servers take 4,000 in all.
const BODY_MAX: usize = 3_000;
const FIELD_MAX: usize = 600;

pub(super) async fn send(channels: &Channels, note: &Note<'_>) -> Sent {
    let message = message(&Summary::of(note.letter));
    receipt(
        &Post::json(&channels.0.outbound, note.target, &message).send().await?,
        Keys::Theirs,
    )
}

fn message(summary: &Summary) -> Value {
    let fields: Vec<Value> = summary.fields.iter().map(fact).collect();
    json!({
        "username": summary.page,
        "attachments": [{
            "fallback": quiet(&summary.headline()),
            "color": summary.tone.hex(),
            "title": quiet(&summary.headline()),
            "title_link": summary.action.url,
            "text": text(summary),
            "fields": fields,
        }],
    })
}

fn text(summary: &Summary) -> String {
    let body = summary.body.fit(Marks::Markdown, BODY_MAX);
    let links = [
        Some(&summary.action),
        summary.manage.as_ref(),
        summary.unsubscribe.as_ref(),
    ];
    let anchor = |Link { label, url }: &Link| link(&escape(label, Marks::Markdown), url, Marks::Markdown);
    let links: Vec<String> = links.into_iter().flatten().map(anchor).collect();
    format!("{body}\n\n{}", links.join(" · ")).trim_start().to_owned()
}

fn fact(field: &Field) -> Value {
    let value = escape(&shorten(&field.value, FIELD_MAX), Marks::Markdown);
    json!({ "title": field.name, "value": value, "short": field.value.chars().count() < 40 })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Answer, Receiver, channels, note};
    use super::super::{Channel, send};
    use super::*;
    use crate::notify::Content;
    use crate::notify::message::tests::{letter, news};

    #[tokio::test]
    async fn an_incoming_webhook_gets_an_attachment_that_calls_nobody() {
        let receiver = Receiver::new([Answer::new(200, "ok")]).await;
        let letter = letter(Content::IncidentResolved(news("@all down", "**Done** <!channel> `x`")));
        let target = receiver.at("/hooks/xxx-generatedkey-xxx");
        let receipt = send(&channels(&receiver), Channel::Mattermost, &note(&letter, &target))
            .await
            .unwrap();
        assert_eq!(receipt.said, "HTTP 200: ok");
        let heard = &receiver.heard()[0];
        assert_eq!(
            (heard.method.as_str(), heard.path.as_str()),
            ("POST", "/hooks/xxx-generatedkey-xxx")
        );
        let message = heard.json();
        assert_eq!(message["username"], "Example & Sons");
        let attachment = &message["attachments"][0];
        assert_eq!(attachment["title_link"], "https://status.example.org/incidents/abc123");
        assert_eq!(attachment["title"], "Resolved: @\u{200b}all down");
        assert_eq!(
            attachment["fields"][0],
            json!({ "title": "Status", "value": "Identified", "short": true })
        );
        let text = attachment["text"].as_str().unwrap();
        assert!(
            text.starts_with("**Done** \\<\u{200b}!channel\\> `x`\n\n[See the incident]("),
            "{text}"
        );
        assert!(!heard.body.contains("@all") && !heard.body.contains("<!channel>"));
    }
}
