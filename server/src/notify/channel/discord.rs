//! Discord: an embed, through a webhook of a channel.
//! <https://discord.com/developers/docs/resources/webhook#execute-webhook>

use std::time::Duration;

use serde_json::{Value, json};

use super::post::{Keys, Post, judge, relayed, value};
use super::rich::{Marks, escape, link, shorten};
use super::summary::{Field, Link, Summary};
use super::{Channels, Note, Receipt, SendError, Sent};

const TITLE_MAX: usize = 256;
/// An embed may have 6,000 in all, of which 4,096 here; this leaves room for the links after it.
const BODY_MAX: usize = 3_000;
const FIELD_MAX: usize = 1_024;

pub(super) async fn send(channels: &Channels, note: &Note<'_>) -> Sent {
    let url = relayed(note.target, &channels.0.discord_hooks);
    let mark = if url.contains('?') { '&' } else { '?' };
    let message = message(&Summary::of(note.letter), note);
    let post = Post::json(&channels.0.trusting, format!("{url}{mark}wait=true"), &message);
    let reply = post.send().await?;
    let answer = value(&reply);
    judge(&reply, Keys::Theirs).map_err(|error| patient(error, &answer))?;
    Ok(Receipt {
        said: format!("HTTP {}", reply.status),
        message_id: answer["id"].as_str().map(str::to_owned),
    })
}

/// The body says to fractions of a second how long to wait.
fn patient(error: SendError, answer: &Value) -> SendError {
    let wanted = answer["retry_after"]
        .as_f64()
        .and_then(|s| Duration::try_from_secs_f64(s).ok());
    match error {
        SendError::Later { reason, after } => SendError::Later {
            reason,
            after: after.max(wanted),
        },
        SendError::Never(_) | SendError::Unreachable(_) => error,
    }
}

fn message(summary: &Summary, note: &Note<'_>) -> Value {
    let fields: Vec<Value> = summary.fields.iter().map(fact).collect();
    json!({
        "embeds": [{
            "title": shorten(&escape(&shorten(&summary.headline(), TITLE_MAX / 2), Marks::Markdown), TITLE_MAX),
            "url": summary.action.url,
            "description": description(summary),
            "color": summary.tone.colour(),
            "fields": fields,
            "footer": { "text": summary.page },
            "timestamp": note.now,
        }],
        // Calls nobody, whatever is written.
        "allowed_mentions": { "parse": [] },
    })
}

fn description(summary: &Summary) -> String {
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
    // Escaped text is at most twice as long.
    let value = escape(&shorten(&field.value, FIELD_MAX / 3), Marks::Markdown);
    json!({ "name": field.name, "value": value })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Answer, Receiver, channels, note, target};
    use super::super::{Channel, send};
    use super::*;
    use crate::notify::Content;
    use crate::notify::message::tests::{letter, news};

    #[tokio::test]
    async fn a_webhook_gets_an_embed_that_calls_nobody() {
        let receiver = Receiver::new([Answer::new(200, r#"{"id":"1234567890","type":0}"#)]).await;
        let letter = letter(Content::IncidentOpened(news("API_v2 down", "@everyone **look**")));
        let target = target(Channel::Discord, &receiver.url);
        let receipt = send(&channels(&receiver), Channel::Discord, &note(&letter, &target))
            .await
            .unwrap();
        assert_eq!(receipt.message_id.as_deref(), Some("1234567890"));
        let heard = &receiver.heard()[0];
        assert_eq!(heard.path, "/api/webhooks/12345678/secret-token-of-discord?wait=true");
        let message = heard.json();
        assert_eq!(message["allowed_mentions"], json!({ "parse": [] }));
        let embed = &message["embeds"][0];
        assert_eq!(embed["title"], "New incident: API\\_v2 down");
        assert_eq!(embed["color"], 0x00b0_4a10);
        assert_eq!(embed["timestamp"], "2026-11-24T03:00:05.000Z");
        let text = embed["description"].as_str().unwrap();
        assert!(text.contains("**look**") && !text.contains("@everyone"), "{text}");
        assert_eq!(
            embed["fields"][1]["value"],
            "Checkout \\<\u{200b}API\\>: Partial outage"
        );
    }

    #[tokio::test]
    async fn who_is_too_fast_waits_as_long_as_the_body_says() {
        let limited = r#"{"message":"You are being rate limited.","retry_after":64.57,"global":false}"#;
        let receiver = Receiver::new([Answer::new(429, limited)]).await;
        let letter = letter(Content::IncidentOpened(news("Slow", "Hm")));
        let target = target(Channel::Discord, &receiver.url);
        let refusal = send(&channels(&receiver), Channel::Discord, &note(&letter, &target))
            .await
            .unwrap_err();
        let after = Some(Duration::from_millis(64_570));
        assert!(
            matches!(&refusal, SendError::Later { after: found, .. } if *found == after),
            "{refusal:?}"
        );
    }

    #[tokio::test]
    async fn a_deleted_webhook_is_given_up() {
        let gone = r#"{"message": "Unknown Webhook", "code": 10015}"#;
        let receiver = Receiver::new([Answer::new(404, gone)]).await;
        let letter = letter(Content::IncidentOpened(news("Slow", "Hm")));
        let target = target(Channel::Discord, &receiver.url);
        let refusal = send(&channels(&receiver), Channel::Discord, &note(&letter, &target))
            .await
            .unwrap_err();
        assert!(
            matches!(&refusal, SendError::Never(reason) if reason.contains("Unknown Webhook")),
            "{refusal:?}"
        );
    }
}
