//! Messages on all channels but mail: each gives a letter its own shape and hands it to the other side.
//!
//! [`summary`] finds what chats say, [`rich`] writes it in their marks, [`post`] speaks HTTP and tells failures that pass
//! from those that do not. One file per channel has the rest. Nothing that leaves here as text, be it an answer or a reason,
//! holds the address, a token or a secret.

mod discord;
mod matrix;
mod mattermost;
mod ntfy;
mod opsgenie;
mod pagerduty;
mod post;
mod rich;
mod slack;
mod sms;
mod statuspage;
mod summary;
mod teams;
mod telegram;
#[cfg(test)]
mod tests;
pub mod webhook;

use std::sync::Arc;

use shared::Timestamp;
use shared::channel::{Channel, WebhookFormat};
use shared::component::ComponentStatus;
use shared::time::days;

use super::{Letter, SendError};
use crate::config::{Config, Secret};
use crate::outbound::Outbound;

/// One message on its way to one target.
#[derive(Debug, Clone, Copy)]
pub struct Note<'a> {
    pub letter: &'a Letter,
    /// As [`Channel::parse_target`] gives it.
    pub target: &'a str,
    /// What webhooks are signed with: a secret of [`webhook::new_secret`], or several with spaces between, the newest first.
    pub secret: Option<&'a str>,
    /// For webhooks.
    pub format: WebhookFormat,
    /// Stable: the same at each try.
    pub delivery: &'a str,
    /// What the other side called the first message about the same incident or maintenance.
    pub thread: Option<&'a str>,
    /// How the whole page is, where that is known.
    pub overall: Option<ComponentStatus>,
    pub now: Timestamp,
}

/// It was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// In the other side's words.
    pub said: String,
    /// What the other side calls the message; in a thread, its first message.
    pub message_id: Option<String>,
}

type Sent = Result<Receipt, SendError>;

/// All that carries messages. Cheap to clone.
#[derive(Clone)]
pub struct Channels(Arc<Inner>);

struct Inner {
    /// For addresses that people entered.
    outbound: Outbound,
    /// For addresses from the settings.
    trusting: Outbound,
    slack: Service,
    slack_hooks: String,
    teams_hooks: String,
    discord_hooks: String,
    telegram: Service,
    matrix: Service,
    ntfy: Service,
    pagerduty_url: String,
    opsgenie_url: String,
    sms: sms::Sms,
}

/// Where a service is, and what lets us in there.
struct Service {
    url: String,
    token: Secret,
}

impl Service {
    fn new(url: &str, token: Secret) -> Self {
        Self { url: base(url), token }
    }

    fn is_set(&self) -> bool {
        !self.url.is_empty() && !self.token.is_empty()
    }

    /// Whoever runs the server can still fill it in.
    fn check(&self, setting: &str) -> Result<(), SendError> {
        if self.is_set() {
            return Ok(());
        }
        Err(SendError::later(format!("{setting} is not set")))
    }
}

/// An address that paths can be put behind.
fn base(url: &str) -> String {
    url.trim_end_matches('/').to_owned()
}

impl Channels {
    /// Reads the files of those secrets that are in files.
    pub fn new(config: &Config) -> anyhow::Result<Self> {
        let outbound = Outbound::new(&config.outbound);
        let Config {
            slack,
            telegram,
            matrix,
            ntfy,
            ..
        } = config;
        let slack_token = slack.bot_token.or_file(&slack.bot_token_file, "slack.bot_token")?;
        let telegram_token = telegram
            .bot_token
            .or_file(&telegram.bot_token_file, "telegram.bot_token")?;
        let matrix_token = matrix
            .access_token
            .or_file(&matrix.access_token_file, "matrix.access_token")?;
        let ntfy_token = ntfy
            .access_token
            .or_file(&ntfy.access_token_file, "ntfy.access_token")?;
        Ok(Self(Arc::new(Inner {
            trusting: outbound.trusting(),
            slack: Service::new(&slack.api_url, slack_token),
            slack_hooks: base(&slack.hooks_url),
            teams_hooks: base(&config.teams.hooks_url),
            discord_hooks: base(&config.discord.hooks_url),
            telegram: Service::new(&telegram.api_url, telegram_token),
            matrix: Service::new(&matrix.homeserver_url, matrix_token),
            ntfy: Service::new(&ntfy.server_url, ntfy_token),
            pagerduty_url: base(&config.pagerduty.events_url),
            opsgenie_url: base(&config.opsgenie.api_url),
            sms: sms::Sms::new(&config.sms, outbound.trusting())?,
            outbound,
        })))
    }

    /// Whether messages can go this way. Slack is there for webhooks even where there is no bot.
    pub fn offers(&self, channel: Channel) -> bool {
        match channel {
            Channel::Sms => self.0.sms.is_set(),
            Channel::Telegram => self.0.telegram.is_set(),
            Channel::Matrix => self.0.matrix.is_set(),
            Channel::Email
            | Channel::Webhook
            | Channel::Slack
            | Channel::Teams
            | Channel::Discord
            | Channel::Mattermost
            | Channel::Ntfy
            | Channel::Pagerduty
            | Channel::Opsgenie => true,
        }
    }

    /// Whether there is a bot that writes into channels of Slack by their id.
    pub fn has_slack_bot(&self) -> bool {
        self.0.slack.is_set()
    }

    /// What no text may hold.
    fn secrets(&self) -> impl Iterator<Item = &str> {
        let services = [&self.0.slack, &self.0.telegram, &self.0.matrix, &self.0.ntfy];
        let tokens = services.into_iter().map(|service| service.token.reveal());
        tokens.chain(self.0.sms.secrets())
    }
}

/// Sends a message once. Who calls decides when to try again.
pub async fn send(channels: &Channels, channel: Channel, note: &Note<'_>) -> Result<Receipt, SendError> {
    let sent = match channel {
        Channel::Email => Err(SendError::Never("mail goes another way".into())),
        Channel::Sms => sms::send(channels, note).await,
        Channel::Webhook => webhook::send(channels, note).await,
        Channel::Slack => slack::send(channels, note).await,
        Channel::Teams => teams::send(channels, note).await,
        Channel::Discord => discord::send(channels, note).await,
        Channel::Telegram => telegram::send(channels, note).await,
        Channel::Matrix => matrix::send(channels, note).await,
        Channel::Mattermost => mattermost::send(channels, note).await,
        Channel::Ntfy => ntfy::send(channels, note).await,
        Channel::Pagerduty => pagerduty::send(channels, note).await,
        Channel::Opsgenie => opsgenie::send(channels, note).await,
    };
    let secrets = secrets_of(channels, note);
    match sent {
        Ok(receipt) => Ok(Receipt {
            said: scrub(receipt.said, &secrets),
            ..receipt
        }),
        Err(error) => Err(error
            .at_most_after(days(1))
            .map_reason(|reason| scrub(reason, &secrets))),
    }
}

/// Parts of an address that are shorter are words like `hooks`.
const SECRET_MIN: usize = 8;

fn secrets_of<'a>(channels: &'a Channels, note: &Note<'a>) -> Vec<&'a str> {
    let path = note.target.split_once("://").and_then(|(_, rest)| rest.split_once('/'));
    let parts = path
        .into_iter()
        .flat_map(|(_, path)| path.split(['/', '?', '&', '=', ';']));
    let mut secrets: Vec<&str> = vec![note.target, note.target.trim_start_matches('+')];
    secrets.extend(path.map(|(_, path)| path).filter(|path| path.len() >= SECRET_MIN / 2));
    secrets.extend(parts.filter(|part| part.len() >= SECRET_MIN));
    secrets.extend(note.secret.into_iter().flat_map(str::split_whitespace));
    secrets.extend(note.letter.token.as_deref());
    secrets.extend(channels.secrets());
    // Less would be found in every status code.
    secrets.retain(|secret| secret.len() >= SECRET_MIN / 2);
    // The whole before its parts.
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    secrets
}

fn scrub(text: String, secrets: &[&str]) -> String {
    secrets.iter().fold(text, |text, secret| text.replace(secret, "…"))
}
