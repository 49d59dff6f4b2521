//! Channels: the ways a message goes, and what an address looks like on each.
//!
//! An address is checked for its form only. Whether someone is there, the other side says when something is sent.

use crate::problem::FieldCode;
use crate::text::{EmailAddress, Flaw, WebUrl, flaw, is_host};

words! {
    /// The way a message goes.
    pub enum Channel {
        Email = "email",
        Sms = "sms",
        Webhook = "webhook",
        Slack = "slack",
        Teams = "teams",
        Discord = "discord",
        Telegram = "telegram",
        Matrix = "matrix",
        /// Also Rocket.Chat, which takes the same.
        Mattermost = "mattermost",
        Ntfy = "ntfy",
        Pagerduty = "pagerduty",
        Opsgenie = "opsgenie",
    }

    /// What the body of a webhook looks like.
    pub enum WebhookFormat {
        /// Our own events.
        Signet = "signet",
        /// As Atlassian Statuspage sends them.
        Statuspage = "statuspage",
    }
}

/// Incoming webhooks of Slack begin with this.
pub const SLACK_HOOKS: &str = "https://hooks.slack.com/";
/// Webhooks of Discord begin with one of these; the older name leads to the same.
pub const DISCORD_HOOKS: &[&str] = &[
    "https://discord.com/api/webhooks/",
    "https://discordapp.com/api/webhooks/",
];

impl Channel {
    /// The address as it is stored and compared, or what is wrong with it.
    pub fn parse_target(self, text: &str) -> Result<String, Flaw> {
        let text = text.trim();
        if text.is_empty() {
            return flaw(FieldCode::Required, "is empty");
        }
        match self {
            Self::Email => EmailAddress::parse(text).map(EmailAddress::into_string),
            Self::Sms => phone(text),
            Self::Webhook | Self::Mattermost => web(text),
            Self::Slack => slack(text),
            Self::Teams => secure(
                text,
                "is not the address of a Teams workflow like https://….logic.azure.com/…",
            ),
            Self::Discord => discord(text),
            Self::Telegram => telegram(text),
            Self::Matrix => matrix(text),
            Self::Ntfy => ntfy(text),
            Self::Pagerduty => pagerduty(text),
            Self::Opsgenie => opsgenie(text),
        }
    }

    /// What members see who may not see addresses: enough to tell two apart, too little to write to.
    pub fn hide(self, target: &str) -> String {
        match self {
            Self::Email => {
                let (local, domain) = target.rsplit_once('@').unwrap_or_default();
                format!("{}…@{domain}", local.chars().next().unwrap_or_default())
            }
            Self::Sms => format!("{}…{}", beginning(target, 3), end(target, 2)),
            Self::Webhook
            | Self::Slack
            | Self::Teams
            | Self::Discord
            | Self::Telegram
            | Self::Matrix
            | Self::Mattermost
            | Self::Ntfy
            | Self::Pagerduty
            | Self::Opsgenie => hide_path(target).unwrap_or_else(|| format!("{}…", beginning(target, 2))),
        }
    }

    /// Whether messages are signed with a secret that the receiver knows too.
    pub const fn has_secret(self) -> bool {
        matches!(self, Self::Webhook)
    }

    /// Whether a page may offer it to visitors; the others are for its team.
    pub const fn is_for_visitors(self) -> bool {
        !matches!(self, Self::Pagerduty | Self::Opsgenie)
    }

    /// Whether the address is one person's own, and not a room's or a program's.
    pub const fn is_personal(self) -> bool {
        matches!(self, Self::Email | Self::Sms)
    }
}

/// E.164: what is written between the digits for the eye is left out.
fn phone(text: &str) -> Result<String, Flaw> {
    let bare: String = text.chars().filter(|c| !" -./()\u{a0}".contains(*c)).collect();
    let digits = bare.strip_prefix('+').unwrap_or_default();
    let is_number = digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0');
    // A zero in brackets is dialled inside the country only: +49 (0) 151 …
    if is_number && (7..=15).contains(&digits.len()) && !text.contains("(0)") {
        return Ok(bare);
    }
    bad("is not a phone number like +4915112345678: a plus, the country, 7 to 15 digits in all")
}

fn bad(message: &str) -> Result<String, Flaw> {
    flaw(FieldCode::BadFormat, message)
}

/// Scheme and host in small letters; they lead to the same however they are written.
fn web(text: &str) -> Result<String, Flaw> {
    let (scheme, rest) = text.split_once("://").unwrap_or_default();
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (host, path) = rest.split_at(end);
    let url = format!("{}://{}{path}", scheme.to_ascii_lowercase(), host.to_ascii_lowercase());
    WebUrl::parse(&url).map(WebUrl::into_string)
}

fn secure(text: &str, otherwise: &str) -> Result<String, Flaw> {
    match web(text) {
        Ok(url) if url.starts_with("https://") => Ok(url),
        _ => bad(otherwise),
    }
}

/// An incoming webhook, or a room that our bot writes into.
fn slack(text: &str) -> Result<String, Flaw> {
    let is_room = (9..=21).contains(&text.len())
        && text.starts_with(['C', 'G', 'D'])
        && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    if is_room {
        return Ok(text.into());
    }
    match web(text) {
        Ok(url) if is_below(&url, SLACK_HOOKS) => Ok(url),
        _ => {
            bad("is neither a webhook like https://hooks.slack.com/services/… nor the id of a channel like C0123456789")
        }
    }
}

fn is_below(url: &str, base: &str) -> bool {
    url.len() > base.len() && url.starts_with(base)
}

fn discord(text: &str) -> Result<String, Flaw> {
    match web(text) {
        Ok(url) if DISCORD_HOOKS.iter().any(|base| is_below(&url, base)) => Ok(url),
        _ => bad("is not a webhook like https://discord.com/api/webhooks/…"),
    }
}

/// The number of a chat, negative for groups, or the public name of a channel.
fn telegram(text: &str) -> Result<String, Flaw> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_number = (1..=19).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    let name = text.strip_prefix('@').unwrap_or_default();
    let is_name = (4..=32).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if is_number || is_name {
        return Ok(text.into());
    }
    bad("is neither the number of a chat like -1001234567890 nor the name of a channel like @example")
}

/// A room by its id (the newest rooms have no server in it) or by a name.
fn matrix(text: &str) -> Result<String, Flaw> {
    let local = |local: &str| !local.is_empty() && !local.chars().any(|c| c.is_control() || c.is_whitespace());
    let server = |server: &str| {
        let (host, port) = server.rsplit_once(':').unwrap_or((server, "1"));
        is_host(host) && port.parse::<u16>().is_ok()
    };
    let rest = text.strip_prefix(['!', '#']).unwrap_or_default();
    let is_room = match rest.split_once(':') {
        Some((name, host)) => local(name) && server(host),
        None => text.starts_with('!') && rest.len() == 43 && rest.bytes().all(is_word),
    };
    if is_room && text.len() <= 255 {
        return Ok(text.into());
    }
    bad("is not a room like !abc:example.org or #status:example.org")
}

const fn is_word(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'-' || b == b'_'
}

/// The address of a topic, as it stands in the browser: `https://ntfy.sh/example`.
fn ntfy(text: &str) -> Result<String, Flaw> {
    let is_topic = |topic: &str| (1..=64).contains(&topic.len()) && topic.bytes().all(is_word);
    match web(text) {
        Ok(url) if ntfy_parts(&url).is_some_and(|(_, topic)| is_topic(topic)) => Ok(url),
        _ => bad("is not the address of a topic like https://ntfy.sh/example"),
    }
}

/// The server of a topic's address, and the topic.
pub fn ntfy_parts(url: &str) -> Option<(&str, &str)> {
    let (server, topic) = url.rsplit_once('/')?;
    // The slashes after the scheme end no server.
    (!server.ends_with('/')).then_some((server, topic))
}

fn pagerduty(text: &str) -> Result<String, Flaw> {
    if text.len() == 32 && text.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Ok(text.into());
    }
    bad("is not an integration key (Events API v2) of 32 letters and digits")
}

fn opsgenie(text: &str) -> Result<String, Flaw> {
    let groups: Vec<&str> = text.split('-').collect();
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    let is_hex = groups.concat().bytes().all(|b| b.is_ascii_hexdigit());
    if is_hex && lengths == [8, 4, 4, 4, 12] {
        return Ok(text.to_ascii_lowercase());
    }
    bad("is not an API key like 12345678-1234-1234-1234-123456789012")
}

/// `https://example.org/…`, if it is a web address.
fn hide_path(target: &str) -> Option<String> {
    let (scheme, rest) = target.split_once("://")?;
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    Some(format!("{scheme}://{host}/…"))
}

fn beginning(text: &str, count: usize) -> String {
    text.chars().take(count).collect()
}

fn end(text: &str, count: usize) -> String {
    text.chars().skip(text.chars().count().saturating_sub(count)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ROUTING_KEY: &str = "0123456789abcdef0123456789ABCDEF";
    const API_KEY: &str = "12345678-90ab-cdef-1234-567890abcdef";

    /// An address of each channel, as it is stored.
    const GOOD: &[(Channel, &str)] = &[
        (Channel::Email, "ana@example.org"),
        (Channel::Sms, "+4915112345678"),
        (Channel::Webhook, "http://10.0.0.5:8080/hooks?key=1"),
        (Channel::Webhook, "https://example.org/hooks"),
        (Channel::Slack, "https://hooks.slack.com/services/T000/B000/XXXX"),
        (Channel::Slack, "C0123456789"),
        (
            Channel::Teams,
            "https://prod-01.westeurope.logic.azure.com:443/workflows/abc/triggers/manual/paths/invoke?sig=x",
        ),
        (Channel::Discord, "https://discord.com/api/webhooks/123/abc"),
        (Channel::Telegram, "-1001234567890"),
        (Channel::Telegram, "4711"),
        (Channel::Telegram, "@example_status"),
        (Channel::Matrix, "!abcDEF:example.org"),
        (Channel::Matrix, "#status:example.org:8448"),
        (Channel::Matrix, "!31hneApxJ_1o-63DmFrpeqnkFfWppnzWso1JvH3ogLM"),
        (Channel::Mattermost, "http://chat.internal/hooks/abc"),
        (Channel::Ntfy, "https://ntfy.sh/example-status"),
        (Channel::Pagerduty, ROUTING_KEY),
        (Channel::Opsgenie, API_KEY),
    ];

    #[test]
    fn every_channel_takes_its_addresses_as_they_are() {
        for (channel, target) in GOOD {
            assert_eq!(channel.parse_target(target).as_deref(), Ok(*target), "{channel}");
        }
        for channel in Channel::ALL {
            assert!(GOOD.iter().any(|(known, _)| known == channel), "{channel}");
        }
    }

    #[test]
    fn what_is_written_another_way_is_the_same_address() {
        let parse = |channel: Channel, text: &str| channel.parse_target(text).unwrap();
        assert_eq!(parse(Channel::Email, " Ana@Example.ORG "), "ana@example.org");
        assert_eq!(parse(Channel::Sms, "+49 (151) 123-456.78"), "+4915112345678");
        assert_eq!(
            parse(Channel::Webhook, "HTTPS://Example.ORG/Hooks"),
            "https://example.org/Hooks"
        );
        assert_eq!(parse(Channel::Opsgenie, &API_KEY.to_uppercase()), API_KEY);
    }

    #[test]
    fn what_is_no_address_of_the_channel_is_refused() {
        for (channel, wrong) in [
            (Channel::Sms, "015112345678"),
            (Channel::Sms, "+49 (0) 151 12345678"),
            (Channel::Sms, "+49123"),
            (Channel::Sms, "+491511234567890123"),
            (Channel::Sms, "+49151abc4567"),
            (Channel::Webhook, "ftp://example.org/"),
            (Channel::Webhook, "https://user:password@example.org/"),
            (Channel::Slack, "https://hooks.slack.com.evil.example/services/T"),
            (Channel::Slack, "https://hooks.slack.com/"),
            (Channel::Slack, "#general"),
            (Channel::Teams, "http://example.org/workflows"),
            (Channel::Discord, "https://example.org/api/webhooks/1/a"),
            (Channel::Telegram, "example"),
            (Channel::Telegram, "@1x"),
            (Channel::Matrix, "@ana:example.org"),
            (Channel::Matrix, "!abc"),
            (Channel::Ntfy, "https://ntfy.sh/"),
            (Channel::Ntfy, "https://ntfy.sh"),
            (Channel::Ntfy, "https://ntfy.sh/a b"),
            (Channel::Pagerduty, "short"),
            (Channel::Opsgenie, ROUTING_KEY),
        ] {
            let flaw = channel.parse_target(wrong).unwrap_err();
            assert!(!flaw.message.is_empty(), "{channel} {wrong}");
        }
        assert_eq!(Channel::Sms.parse_target("  ").unwrap_err().code, FieldCode::Required);
    }

    #[test]
    fn hidden_addresses_can_be_told_apart_but_not_used() {
        for (channel, target, shown) in [
            (Channel::Email, "ana@example.org", "a…@example.org"),
            (Channel::Sms, "+4915112345667", "+49…67"),
            (
                Channel::Webhook,
                "https://example.org/hooks?key=1",
                "https://example.org/…",
            ),
            (Channel::Slack, "C0123456789", "C0…"),
            (Channel::Ntfy, "https://ntfy.sh/secret", "https://ntfy.sh/…"),
            (Channel::Telegram, "-1001234567890", "-1…"),
            (Channel::Pagerduty, ROUTING_KEY, "01…"),
        ] {
            assert_eq!(channel.hide(target), shown);
        }
    }

    #[test]
    fn the_parts_of_a_topic_make_it_again() {
        assert_eq!(
            ntfy_parts("https://ntfy.sh/example"),
            Some(("https://ntfy.sh", "example"))
        );
        assert_eq!(
            ntfy_parts("http://10.0.0.1:80/ntfy/x"),
            Some(("http://10.0.0.1:80/ntfy", "x"))
        );
        assert_eq!(ntfy_parts("https://ntfy.sh"), None);
    }

    proptest! {
        #[test]
        fn an_address_stays_what_it_is_once_it_is_taken(text in "(https?://[a-zA-Z.]{1,9}/[a-z]{0,5})|([+@#!-]?[A-Za-z0-9:. ]{0,20})|.*") {
            for channel in Channel::ALL {
                if let Ok(target) = channel.parse_target(&text) {
                    prop_assert_eq!(channel.parse_target(&target), Ok(target.clone()));
                    prop_assert!(channel.hide(&target) != target);
                }
                channel.hide(&text);
            }
        }
    }
}
