//! Text messages, through whichever gateway is configured: short, plain, and with the link at their end.

mod gateway;
mod segments;
mod twilio;
mod vonage;

use async_trait::async_trait;

use self::segments::{Coding, coding};
use super::rich::Marks;
use super::summary::Summary;
use super::{Channels, Note, SendError, Sent};
use crate::config::{self, SmsProvider};
use crate::notify::message::Content;
use crate::outbound::Outbound;

/// One text on its way to one phone.
#[derive(Debug, Clone, Copy)]
struct Text<'a> {
    /// E.164, with its plus.
    to: &'a str,
    from: &'a str,
    text: &'a str,
    coding: Coding,
    /// What we call it.
    reference: &'a str,
}

/// What carries texts to phones.
#[async_trait]
trait SmsGateway: Send + Sync {
    async fn send(&self, text: Text<'_>) -> Sent;

    /// What nobody may read.
    fn secrets(&self) -> Vec<&str>;
}

/// The configured gateway.
pub(super) struct Sms {
    gateway: Option<Box<dyn SmsGateway>>,
    from: String,
    max_segments: usize,
}

impl Sms {
    pub fn new(config: &config::Sms, outbound: Outbound) -> anyhow::Result<Self> {
        let gateway: Option<Box<dyn SmsGateway>> = match config.provider {
            SmsProvider::None => None,
            SmsProvider::Twilio => Some(Box::new(twilio::Twilio::new(&config.twilio, outbound)?)),
            SmsProvider::Vonage => Some(Box::new(vonage::Vonage::new(&config.vonage, outbound)?)),
            SmsProvider::Gateway => Some(Box::new(gateway::Gateway::new(&config.gateway, outbound)?)),
        };
        Ok(Self {
            gateway,
            from: config.from.clone(),
            max_segments: config.max_segments,
        })
    }

    pub fn is_set(&self) -> bool {
        self.gateway.is_some()
    }

    pub fn secrets(&self) -> Vec<&str> {
        self.gateway
            .as_ref()
            .map(|gateway| gateway.secrets())
            .unwrap_or_default()
    }
}

pub(super) async fn send(channels: &Channels, note: &Note<'_>) -> Sent {
    let sms = &channels.0.sms;
    let Some(gateway) = &sms.gateway else {
        return Err(SendError::later("sms.provider is not set"));
    };
    let text = write(note, sms.max_segments);
    let text = Text {
        to: note.target,
        from: &sms.from,
        coding: coding(&text),
        text: &text,
        reference: note.delivery,
    };
    gateway.send(text).await
}

/// A code stands alone; everything else leads to the page.
fn write(note: &Note<'_>, max_segments: usize) -> String {
    let summary = Summary::of(note.letter);
    let body = one_line(&summary.body.write(Marks::Plain));
    if matches!(note.letter.content, Content::Confirm { code: Some(_) }) {
        return segments::fit(&body, None, max_segments);
    }
    let mut text = format!("{}: {}", summary.page, summary.headline());
    if !summary.status.is_empty() && summary.status != summary.kicker {
        text = format!("{text} ({})", summary.status);
    }
    if !body.is_empty() {
        text = format!("{text}. {body}");
    }
    segments::fit(&text, Some(&summary.action.url), max_segments)
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::super::tests::note;
    use super::*;
    use crate::notify::message::tests::{letter, news};

    fn written(content: Content, max_segments: usize) -> String {
        write(&note(&letter(content), "+15558675310"), max_segments)
    }

    #[test]
    fn a_text_says_what_is_wrong_and_where_to_read_on() {
        assert_eq!(
            written(Content::IncidentOpened(news("Slow", "**Hm**\n\nWe look.")), 2),
            "Example & Sons: New incident: Slow (Identified). Hm We look. https://status.example.org/incidents/abc123"
        );
        let long = written(Content::IncidentOpened(news("Slow", &"very ".repeat(100))), 1);
        assert!(
            long.ends_with("very... https://status.example.org/incidents/abc123"),
            "{long}"
        );
        assert!(long.len() <= 160);
    }

    #[test]
    fn a_code_is_all_that_its_text_says() {
        let code = Some("123456".into());
        let text = written(Content::Confirm { code }, 2);
        assert!(
            text.starts_with("123456 is your code") && !text.contains("http"),
            "{text}"
        );
    }
}
