//! Settings of the channels: what lets us in at the services that carry messages, and where those services are.

use std::path::Path;

use anyhow::Context as _;
use serde::{Deserialize, Deserializer};

use super::{Config, Secret};

/// The most segments that a text message may be set to.
const SEGMENTS_MAX: usize = 10;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Slack {
    pub bot_token: Secret,
    pub bot_token_file: String,
    pub api_url: String,
    pub hooks_url: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Teams {
    pub hooks_url: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Discord {
    pub hooks_url: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Telegram {
    pub bot_token: Secret,
    pub bot_token_file: String,
    pub api_url: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Matrix {
    pub homeserver_url: String,
    pub access_token: Secret,
    pub access_token_file: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ntfy {
    pub server_url: String,
    pub access_token: Secret,
    pub access_token_file: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pagerduty {
    pub events_url: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Opsgenie {
    pub api_url: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sms {
    pub provider: SmsProvider,
    #[serde(deserialize_with = "phone_or_name")]
    pub from: String,
    pub max_segments: usize,
    pub twilio: Twilio,
    pub vonage: Vonage,
    pub gateway: Gateway,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SmsProvider {
    None,
    Twilio,
    Vonage,
    Gateway,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Twilio {
    pub account_sid: String,
    pub auth_token: Secret,
    pub auth_token_file: String,
    pub api_url: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vonage {
    pub api_key: Secret,
    pub api_secret: Secret,
    pub api_secret_file: String,
    pub api_url: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gateway {
    pub method: GatewayMethod,
    pub url: Secret,
    pub url_file: String,
    pub content_type: String,
    pub body: Secret,
    pub authorization: Secret,
    pub authorization_file: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum GatewayMethod {
    #[serde(rename = "GET")]
    Get,
    #[serde(rename = "POST")]
    Post,
}

impl Secret {
    /// The secret itself, or what is in the file that holds it instead; `key` names the setting.
    pub fn or_file(&self, file: &str, key: &str) -> anyhow::Result<Self> {
        if !self.is_empty() || file.is_empty() {
            return Ok(self.clone());
        }
        let text = std::fs::read_to_string(file).with_context(|| format!("{key}_file: cannot read {file}"))?;
        Ok(Self::new(text.trim()))
    }
}

// The environment makes a number of +4915112345678 and of 12345.
fn phone_or_name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Given {
        Text(String),
        Number(u64),
    }
    Ok(match Given::deserialize(deserializer)? {
        Given::Text(text) => text,
        Given::Number(short) if short < 1_000_000 => short.to_string(),
        Given::Number(phone) => format!("+{phone}"),
    })
}

/// Rules that a type cannot say: the key, what was found and what is expected.
pub(super) fn flaws(config: &Config, must: &mut impl FnMut(bool, &str, &str, &str)) {
    for (key, url) in addresses(config) {
        must(
            url.is_empty() || shared::text::WebUrl::parse(url).is_ok(),
            key,
            &format!("{url:?}"),
            "a web address like https://example.org",
        );
    }
    for (key, file) in files(config) {
        must(
            file.is_empty() || Path::new(file).is_file(),
            key,
            &format!("{file:?}"),
            "the path of a file that can be read, or nothing",
        );
    }
    let sms = &config.sms;
    must(
        (1..=SEGMENTS_MAX).contains(&sms.max_segments),
        "sms.max_segments",
        &sms.max_segments.to_string(),
        "1 to 10",
    );
    let needs_sender = match sms.provider {
        SmsProvider::None | SmsProvider::Gateway => false,
        SmsProvider::Twilio | SmsProvider::Vonage => true,
    };
    must(
        !needs_sender || !sms.from.is_empty(),
        "sms.from",
        "nothing",
        "a phone number, a name or, with Twilio, the id of a messaging service",
    );
    let has_gateway = !sms.gateway.url.is_empty() || !sms.gateway.url_file.is_empty();
    must(
        sms.provider != SmsProvider::Gateway || has_gateway,
        "sms.gateway.url",
        "nothing",
        "the address of the gateway",
    );
}

fn addresses(config: &Config) -> [(&'static str, &str); 11] {
    [
        ("slack.api_url", &config.slack.api_url),
        ("slack.hooks_url", &config.slack.hooks_url),
        ("teams.hooks_url", &config.teams.hooks_url),
        ("discord.hooks_url", &config.discord.hooks_url),
        ("telegram.api_url", &config.telegram.api_url),
        ("matrix.homeserver_url", &config.matrix.homeserver_url),
        ("ntfy.server_url", &config.ntfy.server_url),
        ("pagerduty.events_url", &config.pagerduty.events_url),
        ("opsgenie.api_url", &config.opsgenie.api_url),
        ("sms.twilio.api_url", &config.sms.twilio.api_url),
        ("sms.vonage.api_url", &config.sms.vonage.api_url),
    ]
}

fn files(config: &Config) -> [(&'static str, &str); 8] {
    [
        ("slack.bot_token_file", &config.slack.bot_token_file),
        ("telegram.bot_token_file", &config.telegram.bot_token_file),
        ("matrix.access_token_file", &config.matrix.access_token_file),
        ("ntfy.access_token_file", &config.ntfy.access_token_file),
        ("sms.twilio.auth_token_file", &config.sms.twilio.auth_token_file),
        ("sms.vonage.api_secret_file", &config.sms.vonage.api_secret_file),
        ("sms.gateway.url_file", &config.sms.gateway.url_file),
        ("sms.gateway.authorization_file", &config.sms.gateway.authorization_file),
    ]
}

#[cfg(test)]
mod tests {
    use super::super::tests::with;
    use super::*;

    #[test]
    fn a_channel_that_is_set_up_by_half_stops_the_start() {
        let error = with("[sms]\nprovider = \"twilio\"\nmax_segments = 0")
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("sms.from: found nothing") && error.contains("sms.max_segments"),
            "{error}"
        );
        let error = with("[sms]\nprovider = \"gateway\"").unwrap_err().to_string();
        assert!(error.contains("sms.gateway.url"), "{error}");
        let error = with("[telegram]\nbot_token_file = \"/nowhere\"")
            .unwrap_err()
            .to_string();
        assert!(error.contains("telegram.bot_token_file"), "{error}");
        let error = with("[slack]\napi_url = \"slack\"").unwrap_err().to_string();
        assert!(error.contains("slack.api_url"), "{error}");
    }

    #[test]
    fn a_number_of_the_environment_is_a_phone_number_or_a_short_code() {
        assert_eq!(with("[sms]\nfrom = 4915112345678").unwrap().sms.from, "+4915112345678");
        assert_eq!(with("[sms]\nfrom = 12345").unwrap().sms.from, "12345");
        assert_eq!(with("[sms]\nfrom = \"Example\"").unwrap().sms.from, "Example");
    }

    #[test]
    fn a_secret_is_written_down_or_in_a_file() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("token").display().to_string();
        std::fs::write(&file, "from-file\n").unwrap();
        let read = |value: &str, file: &str| Secret::new(value).or_file(file, "x").unwrap().reveal().to_owned();
        assert_eq!(read("here", &file), "here");
        assert_eq!(read("", &file), "from-file");
        assert_eq!(read("", ""), "");
    }
}
