//! Slack: Block Kit, through an incoming webhook or by our bot.
//!
//! The bot keeps one message for each incident or maintenance: it is written anew with every update, and the updates stand in
//! its thread. A webhook cannot do that: every message stands alone.
//! <https://docs.slack.dev/reference/methods/chat.postMessage>

use serde_json::{Value, json};

use super::post::{Keys, Post, judge, receipt, relayed, value};
use super::rich::{Marks, bold_text, escape, link, shorten};
use super::summary::{Field, Link, Summary, Tone};
use super::{Channels, Note, Receipt, SendError, Sent};

/// The most that a section holds.
const SECTION_MAX: usize = 3_000;
/// The most that one fact in a section holds.
const FIELD_MAX: usize = 2_000;

pub(super) async fn send(channels: &Channels, note: &Note<'_>) -> Sent {
    let message = message(&Summary::of(note.letter));
    if note.target.starts_with("https://") {
        by_webhook(channels, note, &message).await
    } else {
        by_bot(channels, note, message).await
    }
}

async fn by_webhook(channels: &Channels, note: &Note<'_>, message: &Value) -> Sent {
    let url = relayed(note.target, &channels.0.slack_hooks);
    receipt(
        &Post::json(&channels.0.trusting, url, message).send().await?,
        Keys::Theirs,
    )
}

async fn by_bot(channels: &Channels, note: &Note<'_>, mut message: Value) -> Sent {
    channels.0.slack.check("slack.bot_token")?;
    message["channel"] = note.target.into();
    let Some(thread) = note.thread else {
        let answer = call(channels, "chat.postMessage", &message).await?;
        return Ok(receipt_of(answer["ts"].as_str()));
    };
    // First what may be done twice without harm.
    refresh(channels, thread, message.clone()).await?;
    let is_over = Summary::of(note.letter).tone == Tone::Good;
    message["thread_ts"] = thread.into();
    message["reply_broadcast"] = is_over.into();
    call(channels, "chat.postMessage", &message).await?;
    Ok(receipt_of(Some(thread)))
}

/// Writes the first message anew; one that was deleted, or may not be changed any more, stays as it is.
async fn refresh(channels: &Channels, thread: &str, mut message: Value) -> Result<(), SendError> {
    message["ts"] = thread.into();
    match call(channels, "chat.update", &message).await {
        Err(SendError::Never(_)) | Ok(_) => Ok(()),
        Err(error) => Err(error),
    }
}

fn receipt_of(ts: Option<&str>) -> Receipt {
    Receipt {
        said: "ok".into(),
        message_id: ts.map(str::to_owned),
    }
}

/// Slack says in the body whether it did what it was asked.
async fn call(channels: &Channels, method: &str, body: &Value) -> Result<Value, SendError> {
    let slack = &channels.0.slack;
    let post = Post::json(&channels.0.trusting, format!("{}/{method}", slack.url), body);
    let reply = post
        .authorized(&format!("Bearer {}", slack.token.reveal()))?
        .send()
        .await?;
    judge(&reply, Keys::Ours)?;
    let answer = value(&reply);
    if answer["ok"] == true {
        return Ok(answer);
    }
    let reason = format!(
        "{method}: {}",
        answer["error"].as_str().unwrap_or("no answer of Slack's")
    );
    match answer["error"].as_str().is_none_or(passes) {
        true => Err(SendError::Later {
            reason,
            after: reply.retry_after,
        }),
        false => Err(SendError::Never(reason)),
    }
}

/// What ends some day, or what whoever runs the server can put right: our token, our app, an invitation of our bot.
fn passes(error: &str) -> bool {
    matches!(
        error,
        "ratelimited"
            | "rate_limited"
            | "internal_error"
            | "fatal_error"
            | "service_unavailable"
            | "request_timeout"
            | "invalid_auth"
            | "not_authed"
            | "account_inactive"
            | "token_revoked"
            | "token_expired"
            | "no_permission"
            | "missing_scope"
            | "access_denied"
            | "not_in_channel"
    )
}

fn message(summary: &Summary) -> Value {
    let headline = format!("{} {}", summary.tone.emoji(), summary.headline());
    let title = bold_text(&headline, Marks::Slack);
    json!({
        "text": link(&title, &summary.action.url, Marks::Slack),
        "attachments": [{
            "color": summary.tone.hex(),
            "fallback": shorten(&summary.plain(), FIELD_MAX),
            "blocks": blocks(summary),
        }],
        "unfurl_links": false,
        "unfurl_media": false,
    })
}

fn blocks(summary: &Summary) -> Vec<Value> {
    let mut blocks = Vec::new();
    if !summary.body.is_empty() {
        let text = summary.body.fit(Marks::Slack, SECTION_MAX);
        blocks.push(json!({ "type": "section", "text": { "type": "mrkdwn", "text": text } }));
    }
    if !summary.fields.is_empty() {
        let fields: Vec<Value> = summary.fields.iter().map(fact).collect();
        blocks.push(json!({ "type": "section", "fields": fields }));
    }
    let links = [
        Some(&summary.action),
        summary.manage.as_ref(),
        summary.unsubscribe.as_ref(),
    ];
    let links: Vec<String> = links.into_iter().flatten().map(anchor).collect();
    let foot = format!("{} · {}", escape(&summary.page, Marks::Slack), links.join(" · "));
    blocks.push(json!({ "type": "context", "elements": [{ "type": "mrkdwn", "text": foot }] }));
    blocks
}

fn fact(field: &Field) -> Value {
    let name = bold_text(&field.name, Marks::Slack);
    // Escaped text is at most five times as long.
    let value = escape(&shorten(&field.value, FIELD_MAX / 6), Marks::Slack);
    json!({ "type": "mrkdwn", "text": format!("{name}\n{value}") })
}

fn anchor(Link { label, url }: &Link) -> String {
    link(&escape(label, Marks::Slack), url, Marks::Slack)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Answer, Receiver, channels, note};
    use super::super::{Channel, send};
    use super::*;
    use crate::notify::Content;
    use crate::notify::message::tests::{letter, news};

    const HOOK: &str = "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX";

    #[tokio::test]
    async fn an_incoming_webhook_gets_blocks_with_a_colour() {
        let receiver = Receiver::new([Answer::new(200, "ok")]).await;
        let letter = letter(Content::IncidentOpened(news("<!channel> down", "**Hm** & @here")));
        let receipt = send(&channels(&receiver), Channel::Slack, &note(&letter, HOOK))
            .await
            .unwrap();
        assert_eq!((receipt.said.as_str(), receipt.message_id), ("HTTP 200: ok", None));
        let heard = &receiver.heard()[0];
        assert_eq!(heard.path, "/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX");
        let body = heard.json();
        assert_eq!(
            body["text"],
            "<https://status.example.org/incidents/abc123|*🟠 New incident: &lt;!channel&gt; down*>"
        );
        let attachment = &body["attachments"][0];
        assert_eq!(attachment["color"], "#b04a10");
        assert_eq!(attachment["blocks"][0]["text"]["text"], "*Hm* &amp; @here");
        assert_eq!(
            attachment["blocks"][1]["fields"][1]["text"],
            "*Affected*\nCheckout &lt;API&gt;: Partial outage"
        );
        let foot = attachment["blocks"][2]["elements"][0]["text"].as_str().unwrap();
        assert!(
            foot.contains("<https://status.example.org/unsubscribe/secret-token|Unsubscribe>"),
            "{foot}"
        );
    }

    #[tokio::test]
    async fn the_bot_keeps_one_message_and_tells_what_is_new_in_its_thread() {
        let first = Answer::new(200, r#"{"ok":true,"channel":"C0123456789","ts":"1503435956.000247"}"#);
        let receiver = Receiver::new([first, Answer::new(200, r#"{"ok":true,"ts":"1503435957.000100"}"#)]).await;
        let channels = channels(&receiver);
        let opened = letter(Content::IncidentOpened(news("Slow", "Hm")));
        let note = note(&opened, "C0123456789");
        let thread = send(&channels, Channel::Slack, &note)
            .await
            .unwrap()
            .message_id
            .unwrap();
        assert_eq!(thread, "1503435956.000247");

        let updated = letter(Content::IncidentUpdated(news("Slow", "Found")));
        let update = Note {
            letter: &updated,
            thread: Some(&thread),
            ..note
        };
        let receipt = send(&channels, Channel::Slack, &update).await.unwrap();
        assert_eq!(receipt.message_id.as_deref(), Some(thread.as_str()));

        let heard = receiver.heard();
        let paths: Vec<&str> = heard.iter().map(|heard| heard.path.as_str()).collect();
        assert_eq!(
            paths,
            ["/api/chat.postMessage", "/api/chat.update", "/api/chat.postMessage"]
        );
        assert_eq!(heard[0].header("authorization"), "Bearer xoxb-our-secret");
        assert_eq!(heard[1].json()["ts"], thread.as_str());
        assert_eq!(heard[2].json()["thread_ts"], thread.as_str());
        assert_eq!(heard[2].json()["channel"], "C0123456789");
    }

    #[tokio::test]
    async fn the_bot_waits_for_a_good_token_and_gives_up_a_channel_that_is_gone() {
        let letter = letter(Content::IncidentOpened(news("Slow", "Hm")));
        for (error, is_later) in [
            ("invalid_auth", true),
            ("ratelimited", true),
            ("channel_not_found", false),
        ] {
            let answer = Answer::new(200, format!(r#"{{"ok":false,"error":"{error}"}}"#)).with("retry-after: 30");
            let receiver = Receiver::new([answer]).await;
            let sent = send(&channels(&receiver), Channel::Slack, &note(&letter, "C0123456789")).await;
            let refusal = sent.unwrap_err();
            assert_eq!(matches!(refusal, SendError::Later { .. }), is_later, "{refusal:?}");
            assert!(refusal.to_string().contains(error), "{refusal}");
        }
    }

    #[tokio::test]
    async fn an_update_finds_its_way_when_the_first_message_was_deleted() {
        let gone = Answer::new(200, r#"{"ok":false,"error":"message_not_found"}"#);
        let receiver = Receiver::new([gone, Answer::new(200, r#"{"ok":true,"ts":"2.2"}"#)]).await;
        let letter = letter(Content::IncidentUpdated(news("Slow", "Found")));
        let update = Note {
            thread: Some("1.1"),
            ..note(&letter, "C0123456789")
        };
        send(&channels(&receiver), Channel::Slack, &update).await.unwrap();
        assert_eq!(receiver.heard().len(), 2);
    }
}
