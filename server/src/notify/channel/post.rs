//! One request to a service, and what its answer means.

use bytes::Bytes;
use serde_json::Value;
use url::Url;

use super::{Receipt, SendError};
use crate::outbound::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use crate::outbound::{Ask, Method, Outbound, Reply, Trouble, secret};

/// What is shown of an answer, at most, in characters.
const WORDS_MAX: usize = 200;

/// Whose keys opened the door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keys {
    /// Ours, from the settings: whoever runs the server can put them right, and nobody is lost meanwhile.
    Ours,
    /// The receiver's, in the address.
    Theirs,
}

/// A request. Made with [`Post::json`] or [`Post::form`].
pub struct Post<'a> {
    outbound: &'a Outbound,
    method: Method,
    url: String,
    headers: HeaderMap,
    body: Bytes,
}

impl<'a> Post<'a> {
    pub fn json(outbound: &'a Outbound, url: impl Into<String>, body: &Value) -> Self {
        Self::new(outbound, url, "application/json; charset=utf-8", body.to_string())
    }

    pub fn form(outbound: &'a Outbound, url: impl Into<String>, fields: &[(&str, &str)]) -> Self {
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(fields);
        Self::new(outbound, url, "application/x-www-form-urlencoded", body.finish())
    }

    pub fn new(outbound: &'a Outbound, url: impl Into<String>, kind: &'static str, body: String) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("*/*"));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        Self {
            outbound,
            method: Method::POST,
            url: url.into(),
            headers,
            body: body.into(),
        }
    }

    /// A request that only asks.
    pub fn get(outbound: &'a Outbound, url: impl Into<String>) -> Self {
        let mut post = Self::new(outbound, url, "", String::new()).by(Method::GET);
        post.headers.remove(CONTENT_TYPE);
        post
    }

    #[must_use]
    pub fn by(self, method: Method) -> Self {
        Self { method, ..self }
    }

    /// With the value of that header.
    pub fn authorized(mut self, authorization: &str) -> Result<Self, SendError> {
        self.headers
            .insert(AUTHORIZATION, secret(authorization).map_err(trouble)?);
        Ok(self)
    }

    /// With another header.
    pub fn with(mut self, name: &'static str, value: &str) -> Result<Self, SendError> {
        let value = value
            .parse()
            .map_err(|_| SendError::Never(format!("{name} has characters that cannot be sent")))?;
        self.headers.insert(name, value);
        Ok(self)
    }

    /// The answer, whatever it says.
    pub async fn send(self) -> Result<Reply, SendError> {
        let url = Url::parse(&self.url).map_err(|_| SendError::Never("the address is not a web address".into()))?;
        let ask = Ask {
            method: self.method,
            url: &url,
            headers: self.headers,
            body: self.body,
        };
        self.outbound.send(ask).await.map_err(trouble)
    }
}

/// The name of a host may be told, the rest of an address may not.
fn trouble(trouble: Trouble) -> SendError {
    match &trouble {
        Trouble::NotWeb(_) => SendError::Never("the address is not one that begins with http:// or https://".into()),
        Trouble::Private(_) | Trouble::Forbidden(_) | Trouble::Unsendable => SendError::Never(trouble.to_string()),
        Trouble::NoHost(_) | Trouble::Unreachable(..) | Trouble::Tls(..) | Trouble::TooSlow(..) => {
            SendError::Unreachable(trouble.to_string())
        }
        Trouble::TooLarge(_) | Trouble::Garbled(_) => SendError::later(trouble.to_string()),
    }
}

/// By its status alone: taken, not now, or never.
pub fn judge(reply: &Reply, keys: Keys) -> Result<(), SendError> {
    let later = Err(SendError::Later {
        reason: words(reply),
        after: reply.retry_after,
    });
    match reply.status {
        200..=299 => Ok(()),
        401 | 403 if keys == Keys::Ours => later,
        408 | 425 | 429 => later,
        400..=499 => Err(SendError::Never(words(reply))),
        // Also redirections, which are not followed: those of a maintenance or of a door in front end some day.
        _ => later,
    }
}

/// By its status alone, with the answer as the receipt.
pub fn receipt(reply: &Reply, keys: Keys) -> Result<Receipt, SendError> {
    judge(reply, keys)?;
    Ok(Receipt {
        said: words(reply),
        message_id: None,
    })
}

/// What an answer says, in a line: `429: Slow down`.
pub fn words(reply: &Reply) -> String {
    let text = String::from_utf8_lossy(&reply.body);
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let line: String = line.chars().filter(|c| !c.is_control()).take(WORDS_MAX).collect();
    match line.is_empty() {
        true => format!("HTTP {}", reply.status),
        false => format!("HTTP {}: {line}", reply.status),
    }
}

/// The answer as JSON; null if it is none.
pub fn value(reply: &Reply) -> Value {
    serde_json::from_slice(&reply.body).unwrap_or_default()
}

/// Puts scheme, host and port of `base` in the place of those of `url`.
pub fn relayed(url: &str, base: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = rest.find(['/', '?', '#']).map_or("", |at| &rest[at..]);
    format!("{base}{path}")
}

/// A part of a path, whatever is in it.
pub fn segment(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}
