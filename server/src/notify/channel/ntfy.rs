//! ntfy: a message to a topic, published as JSON.
//! <https://docs.ntfy.sh/publish/#publish-as-json>

use serde_json::{Value, json};
use shared::channel::ntfy_parts;

use super::post::{Keys, Post, judge, value};
use super::rich::shorten_by;
use super::summary::{Link, Summary, Tone};
use super::{Channels, Note, Receipt, SendError, Sent};

/// In bytes. What is longer becomes an attached file.
const MESSAGE_MAX: usize = 4_000;
/// Buttons below a message.
const ACTIONS_MAX: usize = 3;

pub(super) async fn send(channels: &Channels, note: &Note<'_>) -> Sent {
    let Some((server, topic)) = ntfy_parts(note.target) else {
        return Err(SendError::Never("the address has no topic".into()));
    };
    let message = message(&Summary::of(note.letter), topic);
    let ours = &channels.0.ntfy;
    // Nobody else is shown our token, and only the server from the settings may be inside.
    let is_ours = server == ours.url;
    let outbound = if is_ours {
        &channels.0.trusting
    } else {
        &channels.0.outbound
    };
    let mut post = Post::json(outbound, server, &message);
    let mut keys = Keys::Theirs;
    if is_ours && ours.is_set() {
        post = post.authorized(&format!("Bearer {}", ours.token.reveal()))?;
        keys = Keys::Ours;
    }
    let reply = post.send().await?;
    judge(&reply, keys)?;
    Ok(Receipt {
        // The body repeats the topic and the message.
        said: format!("HTTP {}", reply.status),
        message_id: value(&reply)["id"].as_str().map(str::to_owned),
    })
}

fn message(summary: &Summary, topic: &str) -> Value {
    let links = [
        Some(&summary.action),
        summary.manage.as_ref(),
        summary.unsubscribe.as_ref(),
    ];
    let action = |Link { label, url }: &Link| json!({ "action": "view", "label": label, "url": url });
    let actions: Vec<Value> = links.into_iter().flatten().take(ACTIONS_MAX).map(action).collect();
    json!({
        "topic": topic,
        "title": format!("{}: {}", summary.page, summary.headline()),
        "message": shorten_by(&summary.plain(), MESSAGE_MAX, str::len),
        "priority": priority(summary.tone),
        "tags": [tag(summary.tone)],
        "click": summary.action.url,
        "actions": actions,
    })
}

/// 5 rings through, 3 is usual, 2 makes no sound.
const fn priority(tone: Tone) -> u8 {
    match tone {
        Tone::Critical => 5,
        Tone::Major => 4,
        Tone::Minor | Tone::Maintenance | Tone::Good => 3,
        Tone::Neutral => 2,
    }
}

const fn tag(tone: Tone) -> &'static str {
    match tone {
        Tone::Good => "white_check_mark",
        Tone::Neutral => "information_source",
        Tone::Maintenance => "wrench",
        Tone::Minor => "warning",
        Tone::Major => "orange_circle",
        Tone::Critical => "rotating_light",
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Answer, Receiver, note, with};
    use super::super::{Channel, send};
    use super::*;
    use crate::notify::Content;
    use crate::notify::message::tests::{letter, news};

    #[tokio::test]
    async fn a_topic_of_our_server_hears_under_our_name_and_others_without() {
        let taken = r#"{"id":"sPs71M8A2T","time":1643935928,"event":"message","topic":"status"}"#;
        let receiver = Receiver::new([Answer::new(200, taken)]).await;
        let letter = letter(Content::IncidentOpened(news("Slow", &"**Hm** é ".repeat(1_000))));
        let target = receiver.at("/status");
        let ours = with(&receiver.url, |_| {});
        let receipt = send(&ours, Channel::Ntfy, &note(&letter, &target)).await.unwrap();
        assert_eq!(receipt.message_id.as_deref(), Some("sPs71M8A2T"));
        let theirs = with(&receiver.url, |config| {
            config.ntfy.server_url = "https://ntfy.sh".into()
        });
        send(&theirs, Channel::Ntfy, &note(&letter, &target)).await.unwrap();

        let heard = receiver.heard();
        assert_eq!((heard[0].method.as_str(), heard[0].path.as_str()), ("POST", "/"));
        assert_eq!(heard[0].header("authorization"), "Bearer tk_our_secret");
        assert_eq!(heard[1].header("authorization"), "");
        let message = heard[0].json();
        assert_eq!((&message["topic"], &message["priority"]), (&json!("status"), &json!(4)));
        assert_eq!(message["title"], "Example & Sons: New incident: Slow");
        assert_eq!(message["click"], "https://status.example.org/incidents/abc123");
        assert_eq!(message["actions"].as_array().unwrap().len(), 3);
        let text = message["message"].as_str().unwrap();
        assert!(
            text.len() <= MESSAGE_MAX && text.ends_with('…') && text.contains("\nHm é Hm"),
            "{text}"
        );
    }
}
