//! Matrix: a message by our user, in a thread with the first about the same incident.
//!
//! The id of the delivery is the transaction, so a message that is sent twice is shown once.
//! <https://spec.matrix.org/latest/client-server-api/#put_matrixclientv3roomsroomidsendeventtypetxnid>

use std::time::Duration;

use serde_json::{Value, json};

use super::post::{Keys, Post, judge, segment, value};
use super::rich::{Marks, bold_text, escape, link};
use super::summary::{Field, Link, Summary};
use super::{Channels, Note, Receipt, SendError, Sent};
use crate::outbound::{Method, Reply};

/// An event may have 64 KiB, and the text stands in it twice.
const BODY_MAX: usize = 8_000;

pub(super) async fn send(channels: &Channels, note: &Note<'_>) -> Sent {
    channels
        .0
        .matrix
        .check("matrix.homeserver_url or matrix.access_token")?;
    let room = room(channels, note.target).await?;
    let message = message(&Summary::of(note.letter), note.thread);
    let path = format!(
        "rooms/{}/send/m.room.message/{}",
        segment(&room),
        segment(note.delivery)
    );
    let mut reply = call(channels, Method::PUT, &path, &message).await?;
    if value(&reply)["errcode"] == "M_FORBIDDEN" {
        // Invited, or free to come in, but not there yet.
        let joined = call(channels, Method::POST, &format!("join/{}", segment(&room)), &json!({})).await?;
        outcome(&joined)?;
        reply = call(channels, Method::PUT, &path, &message).await?;
    }
    outcome(&reply)?;
    let id = value(&reply)["event_id"].as_str().map(str::to_owned);
    Ok(Receipt {
        said: "ok".into(),
        message_id: note.thread.map(str::to_owned).or(id),
    })
}

/// The id of a room, which a name leads to.
async fn room(channels: &Channels, target: &str) -> Result<String, SendError> {
    if !target.starts_with('#') {
        return Ok(target.to_owned());
    }
    let path = format!("directory/room/{}", segment(target));
    let reply = call(channels, Method::GET, &path, &Value::Null).await?;
    outcome(&reply)?;
    match value(&reply)["room_id"].as_str() {
        Some(room) => Ok(room.to_owned()),
        None => Err(SendError::later("the homeserver does not say which room it is")),
    }
}

async fn call(channels: &Channels, method: Method, path: &str, body: &Value) -> Result<Reply, SendError> {
    let matrix = &channels.0.matrix;
    let url = format!("{}/_matrix/client/v3/{path}", matrix.url);
    let post = match body {
        Value::Null => Post::get(&channels.0.trusting, url),
        body => Post::json(&channels.0.trusting, url, body).by(method),
    };
    post.authorized(&format!("Bearer {}", matrix.token.reveal()))?
        .send()
        .await
}

/// As its status says; the body has the reason, and how long to wait.
fn outcome(reply: &Reply) -> Result<(), SendError> {
    let answer = value(reply);
    let wanted = answer["retry_after_ms"].as_u64().map(Duration::from_millis);
    judge(reply, Keys::Ours).map_err(|error| match error {
        SendError::Later { reason, after } => SendError::Later {
            reason,
            after: after.max(wanted),
        },
        SendError::Never(_) | SendError::Unreachable(_) => error,
    })
}

fn message(summary: &Summary, thread: Option<&str>) -> Value {
    let mut message = json!({
        "msgtype": "m.text",
        "body": text(summary, Marks::Plain),
        "format": "org.matrix.custom.html",
        "formatted_body": text(summary, Marks::Html),
        // Calls nobody, whatever is written.
        "m.mentions": {},
    });
    if let Some(first) = thread {
        message["m.relates_to"] = json!({
            "rel_type": "m.thread",
            "event_id": first,
            "is_falling_back": true,
            "m.in_reply_to": { "event_id": first },
        });
    }
    message
}

fn text(summary: &Summary, marks: Marks) -> String {
    let line = if marks == Marks::Html { "<br>" } else { "\n" };
    let headline = format!("{} {}", summary.tone.emoji(), summary.headline());
    let mut lines = vec![bold_text(&headline, marks)];
    let fact = |Field { name, value }: &Field| {
        format!(
            "{}: {}",
            bold_text(name, marks),
            escape(value, marks).replace('\n', line)
        )
    };
    lines.extend(summary.fields.iter().map(fact));
    if !summary.body.is_empty() {
        lines.extend([String::new(), summary.body.fit(marks, BODY_MAX)]);
    }
    let links = [
        Some(&summary.action),
        summary.manage.as_ref(),
        summary.unsubscribe.as_ref(),
    ];
    let anchor = |Link { label, url }: &Link| link(&escape(label, marks), url, marks);
    let links: Vec<String> = links.into_iter().flatten().map(anchor).collect();
    lines.extend([
        String::new(),
        format!("{} · {}", escape(&summary.page, marks), links.join(" · ")),
    ]);
    lines.join(line)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Answer, Receiver, channels, note};
    use super::super::{Channel, send};
    use super::*;
    use crate::notify::Content;
    use crate::notify::message::tests::{letter, news};

    const TAKEN: &str = r#"{"event_id":"$YUwRidLecu:example.com"}"#;

    #[tokio::test]
    async fn a_room_hears_once_and_updates_stand_in_a_thread() {
        let receiver = Receiver::new([Answer::new(200, TAKEN)]).await;
        let letter = letter(Content::IncidentUpdated(news("Slow", "**Found**\n@room")));
        let update = Note {
            thread: Some("$first:example.org"),
            ..note(&letter, "!room:example.org")
        };
        let receipt = send(&channels(&receiver), Channel::Matrix, &update).await.unwrap();
        assert_eq!(receipt.message_id.as_deref(), Some("$first:example.org"));
        let heard = &receiver.heard()[0];
        let path = "/_matrix/client/v3/rooms/%21room%3Aexample%2Eorg/send/m.room.message/delivery%2D7";
        assert_eq!((heard.method.as_str(), heard.path.as_str()), ("PUT", path));
        assert_eq!(heard.header("authorization"), "Bearer syt_our_secret");
        let message = heard.json();
        assert_eq!(
            (&message["msgtype"], &message["m.mentions"]),
            (&json!("m.text"), &json!({}))
        );
        assert_eq!(message["m.relates_to"]["event_id"], "$first:example.org");
        let html = message["formatted_body"].as_str().unwrap();
        assert!(
            html.starts_with("<b>🟠 Update: Slow</b><br><b>Status</b>: Identified<br>"),
            "{html}"
        );
        assert!(html.contains("<b>Found</b><br>@\u{200b}room"), "{html}");
        let text = message["body"].as_str().unwrap();
        assert!(
            text.contains("Found\n@room\n\nExample & Sons · See the incident (https://"),
            "{text}"
        );
    }

    #[tokio::test]
    async fn a_room_by_name_is_looked_up_and_entered() {
        let receiver = Receiver::new([
            Answer::new(200, r#"{"room_id":"!abc:example.org","servers":["example.org"]}"#),
            Answer::new(403, r#"{"errcode":"M_FORBIDDEN","error":"User not in room"}"#),
            Answer::new(200, r#"{"room_id":"!abc:example.org"}"#),
            Answer::new(200, TAKEN),
        ])
        .await;
        let letter = letter(Content::IncidentOpened(news("Slow", "Hm")));
        let receipt = send(
            &channels(&receiver),
            Channel::Matrix,
            &note(&letter, "#status:example.org"),
        )
        .await;
        assert_eq!(receipt.unwrap().message_id.as_deref(), Some("$YUwRidLecu:example.com"));
        let heard = receiver.heard();
        let asked: Vec<(&str, &str)> = heard
            .iter()
            .map(|heard| (heard.method.as_str(), heard.path.as_str()))
            .collect();
        assert_eq!(
            asked[0],
            ("GET", "/_matrix/client/v3/directory/room/%23status%3Aexample%2Eorg")
        );
        assert_eq!(asked[2], ("POST", "/_matrix/client/v3/join/%21abc%3Aexample%2Eorg"));
        assert_eq!(asked[1], asked[3]);
    }

    #[tokio::test]
    async fn a_busy_homeserver_says_in_milliseconds_how_long_to_wait() {
        let busy = r#"{"errcode":"M_LIMIT_EXCEEDED","error":"Too many requests","retry_after_ms":2000}"#;
        let receiver = Receiver::new([Answer::new(429, busy)]).await;
        let letter = letter(Content::IncidentOpened(news("Slow", "Hm")));
        let refusal = send(
            &channels(&receiver),
            Channel::Matrix,
            &note(&letter, "!abc:example.org"),
        )
        .await
        .unwrap_err();
        let after = Some(Duration::from_secs(2));
        assert!(
            matches!(&refusal, SendError::Later { after: found, .. } if *found == after),
            "{refusal:?}"
        );
    }
}
