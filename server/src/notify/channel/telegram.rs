//! Telegram: a message by our bot, in reply to the first about the same incident.
//! <https://core.telegram.org/bots/api#sendmessage>

use std::time::Duration;

use serde_json::{Value, json};

use super::post::{Keys, Post, judge, value};
use super::rich::{Marks, bold_text, escape, length, link};
use super::summary::{Field, Link, Summary};
use super::{Channels, Note, Receipt, SendError, Sent};
use crate::outbound::Reply;

/// The longest message.
const MESSAGE_MAX: usize = 4_096;
/// Facts may take so much of it.
const FACTS_MAX: usize = 1_500;

pub(super) async fn send(channels: &Channels, note: &Note<'_>) -> Sent {
    channels.0.telegram.check("telegram.bot_token")?;
    let mut message = message(note);
    let reply = call(channels, &message).await?;
    // A group that has grown lives on under another number.
    let reply = match value(&reply)["parameters"]["migrate_to_chat_id"].as_i64() {
        Some(moved) => {
            message["chat_id"] = moved.into();
            call(channels, &message).await?
        }
        None => reply,
    };
    let answer = value(&reply);
    outcome(&reply, &answer)?;
    let id = answer["result"]["message_id"].as_i64().map(|id| id.to_string());
    Ok(Receipt {
        said: "ok".into(),
        message_id: note.thread.map(str::to_owned).or(id),
    })
}

async fn call(channels: &Channels, message: &Value) -> Result<Reply, SendError> {
    let telegram = &channels.0.telegram;
    let url = format!("{}/bot{}/sendMessage", telegram.url, telegram.token.reveal());
    Post::json(&channels.0.trusting, url, message).send().await
}

/// An unknown token is answered with 401, or with 404 where it does not even look like one. 403 is about the chat: whoever
/// owns it has thrown our bot out.
fn outcome(reply: &Reply, answer: &Value) -> Result<(), SendError> {
    let reason = match answer["description"].as_str() {
        Some(description) => format!("HTTP {}: {description}", reply.status),
        None => format!("HTTP {}", reply.status),
    };
    let wanted = answer["parameters"]["retry_after"].as_u64().map(Duration::from_secs);
    let later = Err(SendError::Later {
        reason: reason.clone(),
        after: reply.retry_after.max(wanted),
    });
    match reply.status {
        401 | 404 => later,
        403 => Err(SendError::Never(reason)),
        _ => match judge(reply, Keys::Ours) {
            Err(SendError::Later { .. }) => later,
            Err(_) => Err(SendError::Never(reason)),
            Ok(()) => Ok(()),
        },
    }
}

fn message(note: &Note<'_>) -> Value {
    let chat = note
        .target
        .parse::<i64>()
        .map_or_else(|_| json!(note.target), |number| json!(number));
    let mut message = json!({
        "chat_id": chat,
        "text": text(&Summary::of(note.letter)),
        "parse_mode": "HTML",
        "link_preview_options": { "is_disabled": true },
    });
    if let Some(first) = note.thread.and_then(|thread| thread.parse::<i64>().ok()) {
        message["reply_parameters"] = json!({ "message_id": first, "allow_sending_without_reply": true });
    }
    message
}

fn text(summary: &Summary) -> String {
    let headline = format!("{} {}", summary.tone.emoji(), summary.headline());
    let fact = |Field { name, value }: &Field| {
        format!(
            "{}: {}",
            bold_text(name, Marks::Telegram),
            escape(value, Marks::Telegram)
        )
    };
    let mut facts: String = summary.fields.iter().map(|field| fact(field) + "\n").collect();
    if length(&facts) > FACTS_MAX {
        // What is affected is many; the page has the list.
        facts = summary.fields.iter().take(1).map(|field| fact(field) + "\n").collect();
    }
    let links = [
        Some(&summary.action),
        summary.manage.as_ref(),
        summary.unsubscribe.as_ref(),
    ];
    let anchor = |Link { label, url }: &Link| link(&escape(label, Marks::Telegram), url, Marks::Telegram);
    let links: Vec<String> = links.into_iter().flatten().map(anchor).collect();
    let head = format!("{}\n{facts}\n", bold_text(&headline, Marks::Telegram));
    let foot = format!("\n\n{} · {}", escape(&summary.page, Marks::Telegram), links.join(" · "));
    let room = MESSAGE_MAX.saturating_sub(length(&head) + length(&foot));
    format!("{head}{}{foot}", summary.body.fit(Marks::Telegram, room))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Answer, Receiver, channels, note};
    use super::super::{Channel, send};
    use super::*;
    use crate::notify::Content;
    use crate::notify::message::tests::{letter, news};

    const TAKEN: &str =
        r#"{"ok":true,"result":{"message_id":365,"date":1700000000,"chat":{"id":-1001234567890,"type":"supergroup"}}}"#;
    const CHAT: &str = "-1001234567890";

    #[tokio::test]
    async fn a_chat_hears_and_updates_are_replies_to_the_first_message() {
        let receiver = Receiver::new([Answer::new(200, TAKEN)]).await;
        let channels = channels(&receiver);
        let letter = letter(Content::IncidentOpened(news(
            "<Slow>",
            "**Hm** @ana, see [this](https://example.org)",
        )));
        let first = note(&letter, CHAT);
        let thread = send(&channels, Channel::Telegram, &first)
            .await
            .unwrap()
            .message_id
            .unwrap();
        assert_eq!(thread, "365");
        let update = Note {
            thread: Some(&thread),
            ..first
        };
        let receipt = send(&channels, Channel::Telegram, &update).await.unwrap();
        assert_eq!(receipt.message_id.as_deref(), Some("365"));

        let heard = receiver.heard();
        assert_eq!(heard[0].path, "/bot4711:our-secret/sendMessage");
        let body = heard[0].json();
        assert_eq!(
            (&body["chat_id"], &body["parse_mode"]),
            (&json!(-1001234567890_i64), &json!("HTML"))
        );
        let text = body["text"].as_str().unwrap();
        assert!(
            text.starts_with("<b>🟠 New incident: &lt;\u{200b}Slow&gt;</b>\n<b>Status</b>: Identified\n"),
            "{text}"
        );
        assert!(
            text.contains("<b>Hm</b> @\u{200b}ana, see <a href=\"https://example.org\">this</a>"),
            "{text}"
        );
        assert_eq!(
            heard[1].json()["reply_parameters"],
            json!({ "message_id": 365, "allow_sending_without_reply": true })
        );
    }

    #[tokio::test]
    async fn a_group_that_has_grown_is_found_under_its_new_number() {
        let moved = r#"{"ok":false,"error_code":400,"description":"Bad Request: group chat was upgraded to a supergroup chat","parameters":{"migrate_to_chat_id":-100777}}"#;
        let receiver = Receiver::new([Answer::new(400, moved), Answer::new(200, TAKEN)]).await;
        let letter = letter(Content::IncidentOpened(news("Slow", "Hm")));
        send(&channels(&receiver), Channel::Telegram, &note(&letter, "-777"))
            .await
            .unwrap();
        assert_eq!(receiver.heard()[1].json()["chat_id"], -100_777);
    }

    #[tokio::test]
    async fn who_is_too_fast_waits_and_who_threw_the_bot_out_is_given_up() {
        let fast = r#"{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 35","parameters":{"retry_after":35}}"#;
        let out = r#"{"ok":false,"error_code":403,"description":"Forbidden: bot was blocked by the user"}"#;
        let letter = letter(Content::IncidentOpened(news("Slow", "Hm")));
        let receiver = Receiver::new([Answer::new(429, fast), Answer::new(403, out)]).await;
        let channels = channels(&receiver);
        let first = send(&channels, Channel::Telegram, &note(&letter, CHAT))
            .await
            .unwrap_err();
        let after = Some(Duration::from_secs(35));
        assert!(
            matches!(&first, SendError::Later { after: found, .. } if *found == after),
            "{first:?}"
        );
        let second = send(&channels, Channel::Telegram, &note(&letter, CHAT))
            .await
            .unwrap_err();
        assert!(
            matches!(&second, SendError::Never(reason) if reason.contains("blocked")),
            "{second:?}"
        );
    }

    #[test]
    fn a_long_message_fits_with_its_links() {
        let long = "**x** <&> ".repeat(2_000);
        let text = text(&Summary::of(&letter(Content::IncidentOpened(news("Slow", &long)))));
        assert!(
            length(&text) <= MESSAGE_MAX && text.ends_with("Unsubscribe</a>"),
            "{}",
            length(&text)
        );
        assert_eq!(text.matches("<b>").count(), text.matches("</b>").count());
    }
}
