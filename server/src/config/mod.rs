//! Settings: the defaults (`config.default.toml`), then a file, then the environment. A wrong key or value stops the start.

mod channels;

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use figment::Figment;
use figment::providers::{Env, Format, Toml};
use serde::Deserialize;

pub use channels::*;

/// Every setting with its default and a sentence; printed by `signet config default`.
pub const DEFAULT: &str = include_str!("../../config.default.toml");

/// The settings of one process.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub data_dir: PathBuf,
    pub http: Http,
    pub database: Database,
    pub redis: Redis,
    pub mail: Mail,
    pub outbound: Outbound,
    pub slack: Slack,
    pub teams: Teams,
    pub discord: Discord,
    pub telegram: Telegram,
    pub matrix: Matrix,
    pub ntfy: Ntfy,
    pub pagerduty: Pagerduty,
    pub opsgenie: Opsgenie,
    pub sms: Sms,
    pub secrets: Secrets,
    pub auth: Auth,
    pub incidents: Incidents,
    pub jobs: Jobs,
    pub log: Log,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Http {
    pub listen: SocketAddr,
    pub public_url: String,
    pub trusted_proxies: Vec<IpAddr>,
    pub max_connections: usize,
    pub idle_timeout_s: u64,
    pub reuse_port: bool,
    pub shutdown_notice_s: u64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    pub url: Secret,
    pub read_url: Secret,
    pub max_connections: u32,
    pub acquire_timeout_ms: u64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Redis {
    pub url: Secret,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    pub smtp_url: Secret,
    pub from: String,
    pub from_name: String,
    pub concurrency: usize,
    pub timeout_s: u64,
    pub ca_file: String,
    pub dkim_key_file: String,
    pub dkim_selector: String,
    pub dkim_domain: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outbound {
    pub allow_private: bool,
    pub timeout_s: u64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Secrets {
    pub app_key: Secret,
    pub app_key_file: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Auth {
    pub session_days: u64,
    pub invitation_hours: u64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Incidents {
    pub reminder_hours: u64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Jobs {
    pub poll_ms: u64,
    pub concurrency: usize,
    pub lease_s: u64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    pub format: LogFormat,
    pub level: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    Auto,
    Text,
    Json,
}

/// A setting that may hold a password: it prints as `[secret]`.
#[derive(Clone, Default)]
pub struct Secret(String);

// The environment makes a number of a key that has only digits; a refusal would print it.
impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Given {
            Text(String),
            Number(u64),
            Other(serde::de::IgnoredAny),
        }
        match Given::deserialize(deserializer)? {
            Given::Text(text) => Ok(Self(text)),
            Given::Number(number) => Ok(Self(number.to_string())),
            Given::Other(_) => Err(serde::de::Error::custom(
                "expected a text; what was found may be a secret and is not shown",
            )),
        }
    }
}

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the one place that needs it.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_empty() { "[none]" } else { "[secret]" })
    }
}

/// What is wrong with the settings, one line each, ready to be shown to the person who starts the server.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct ConfigError(pub Vec<String>);

impl Config {
    /// Reads the defaults, then `signet.toml` (or the file that `SIGNET_CONFIG` names), then `SIGNET_*`.
    pub fn load() -> Result<Self, ConfigError> {
        let named = std::env::var_os("SIGNET_CONFIG").map(PathBuf::from);
        let file = named.clone().unwrap_or_else(|| "signet.toml".into());
        if named.is_some() && !file.is_file() {
            return Err(ConfigError(vec![format!(
                "SIGNET_CONFIG: found {}, expected a file that can be read",
                file.display()
            )]));
        }
        Self::from_sources(&file, Env::prefixed("SIGNET_").filter(is_setting).split("__"))
    }

    /// The defaults and nothing else, for tests and tools.
    pub fn defaults() -> Result<Self, ConfigError> {
        extract(Figment::from(Toml::string(DEFAULT)))
    }

    fn from_sources(file: &Path, env: Env) -> Result<Self, ConfigError> {
        let mut settings = Figment::from(Toml::string(DEFAULT));
        if file.is_file() {
            settings = settings.merge(Toml::file_exact(file));
        }
        extract(settings.merge(env))
    }

    /// The same on another database; the URL is checked like the setting it stands for.
    pub fn on_database(&self, url: Secret) -> Result<Self, ConfigError> {
        let mut config = self.clone();
        config.database.url = url;
        match flaws(&config) {
            flaws if flaws.is_empty() => Ok(config),
            flaws => Err(ConfigError(flaws)),
        }
    }

    /// The address people use, without a slash at the end.
    pub fn public_url(&self) -> String {
        match self.http.public_url.trim_end_matches('/') {
            "" => format!("http://{}", self.http.listen),
            url => url.to_owned(),
        }
    }

    /// The database to open: what is configured, else SQLite in the data directory.
    pub fn database_url(&self) -> String {
        if self.database.url.is_empty() {
            format!("sqlite://{}?mode=rwc", self.data_dir.join("signet.db").display())
        } else {
            self.database.url.reveal().to_owned()
        }
    }

    /// Where mails go that no SMTP server takes.
    pub fn mail_dir(&self) -> PathBuf {
        self.data_dir.join("outbox-mail")
    }
}

/// `SIGNET_CONFIG` names the file, two belong to commands, and what begins with `SIGNET_TEST_` is for the test house.
fn is_setting(name: &figment::value::UncasedStr) -> bool {
    !["config", "backup_passphrase", "move_to"]
        .iter()
        .any(|other| name == *other)
        && !name.starts_with("test_")
}

fn extract(figment: Figment) -> Result<Config, ConfigError> {
    let explained =
        |error: figment::Error| ConfigError(error.into_iter().map(|error| explain(&figment, &error)).collect());
    let config: Config = figment.extract().map_err(explained)?;
    let flaws = flaws(&config);
    if flaws.is_empty() {
        Ok(config)
    } else {
        Err(ConfigError(flaws))
    }
}

/// `http.listen (environment variable SIGNET_HTTP__LISTEN): found …, expected …`
fn explain(figment: &Figment, error: &figment::Error) -> String {
    use figment::error::Kind;
    let key = error.path.join(".");
    let source = error
        .metadata
        .as_ref()
        .map(|metadata| format!(" ({})", metadata.name))
        .unwrap_or_default();
    let expected =
        |otherwise: &dyn std::fmt::Display| expectation(&key).map_or_else(|| otherwise.to_string(), str::to_owned);
    match &error.kind {
        Kind::UnknownField(field, known) => {
            let at = if key.is_empty() { field } else { &key };
            format!(
                "{at}{source}: found an unknown key `{field}`, expected one of {}",
                known.join(", ")
            )
        }
        Kind::InvalidType(found, wanted) | Kind::InvalidValue(found, wanted) => {
            format!("{key}{source}: found {found}, expected {}", expected(wanted))
        }
        Kind::UnknownVariant(found, known) => {
            format!("{key}{source}: found {found:?}, expected one of {}", known.join(", "))
        }
        Kind::Message(reason) => match Some(&key)
            .filter(|_| expectation(&key).is_some())
            .and_then(|key| figment.find_value(key).ok())
            .and_then(|value| value.into_string())
        {
            Some(found) => format!("{key}{source}: found {found:?}, expected {}", expected(reason)),
            None => format!("{key}{source}: {reason}"),
        },
        kind => format!("{key}{source}: {kind}"),
    }
}

/// What a key takes, where the type's own words would not help.
fn expectation(key: &str) -> Option<&'static str> {
    match key {
        "http.listen" => Some("an address and a port, such as 127.0.0.1:8000"),
        "http.trusted_proxies" => Some("a list of addresses, such as [\"127.0.0.1\"]"),
        _ => None,
    }
}

/// Rules that a type cannot say.
fn flaws(config: &Config) -> Vec<String> {
    let mut flaws = Vec::new();
    let mut must = |holds: bool, key: &str, found: &str, expected: &str| {
        if !holds {
            flaws.push(format!("{key}: found {found}, expected {expected}"));
        }
    };
    let url = config.http.public_url.as_str();
    must(
        url.is_empty() || shared::text::WebUrl::parse(url).is_ok(),
        "http.public_url",
        &format!("{url:?}"),
        "a web address like https://status.example.org, or nothing",
    );
    let database = config.database.url.reveal();
    let scheme = database.split(':').next().unwrap_or_default();
    must(
        database.is_empty() || matches!(scheme, "sqlite" | "postgres" | "postgresql" | "mysql" | "mariadb"),
        "database.url",
        &format!("a URL that begins with {scheme:?}"),
        "sqlite:, postgres: or mysql:",
    );
    let replica = config.database.read_url.reveal();
    must(
        replica.is_empty()
            || (is_server(database) && is_server(replica) && is_postgres(database) == is_postgres(replica)),
        "database.read_url",
        &format!(
            "a URL that begins with {:?}",
            replica.split(':').next().unwrap_or_default()
        ),
        "a replica of the database in database.url: postgres: with postgres:, mysql: with mysql:, or nothing",
    );
    must(
        (100..=60_000).contains(&config.database.acquire_timeout_ms),
        "database.acquire_timeout_ms",
        &config.database.acquire_timeout_ms.to_string(),
        "100 to 60000",
    );
    let redis = config.redis.url.reveal();
    let scheme = redis.split(':').next().unwrap_or_default();
    must(
        redis.is_empty() || (matches!(scheme, "redis" | "redis+unix" | "unix") && redis::Client::open(redis).is_ok()),
        "redis.url",
        &format!("a URL that begins with {scheme:?}"),
        "redis://:password@host:6379 or unix:///path/to/socket, or nothing",
    );
    must(
        config.http.shutdown_notice_s <= 60,
        "http.shutdown_notice_s",
        &config.http.shutdown_notice_s.to_string(),
        "0 to 60",
    );
    let smtp = config.mail.smtp_url.reveal();
    let scheme = smtp.split(':').next().unwrap_or_default();
    must(
        smtp.is_empty() || (matches!(scheme, "smtp" | "smtps") && url::Url::parse(smtp).is_ok()),
        "mail.smtp_url",
        &format!("a URL that begins with {scheme:?}"),
        "smtp://user:password@host:587 or smtps://user:password@host:465, or nothing",
    );
    must(
        config.mail.from.parse::<lettre::Address>().is_ok(),
        "mail.from",
        &format!("{:?}", config.mail.from),
        "an e-mail address like status@example.org",
    );
    must(
        (1..=1_000).contains(&config.database.max_connections),
        "database.max_connections",
        &config.database.max_connections.to_string(),
        "1 to 1000",
    );
    must(
        (10..=1_000_000).contains(&config.http.max_connections),
        "http.max_connections",
        &config.http.max_connections.to_string(),
        "10 to 1000000",
    );
    must(
        (1..=3_600).contains(&config.http.idle_timeout_s),
        "http.idle_timeout_s",
        &config.http.idle_timeout_s.to_string(),
        "1 to 3600",
    );
    must(
        (1..=256).contains(&config.mail.concurrency),
        "mail.concurrency",
        &config.mail.concurrency.to_string(),
        "1 to 256",
    );
    must(
        (1..=600).contains(&config.mail.timeout_s),
        "mail.timeout_s",
        &config.mail.timeout_s.to_string(),
        "1 to 600",
    );
    must(
        config.mail.ca_file.is_empty() || Path::new(&config.mail.ca_file).is_file(),
        "mail.ca_file",
        &format!("{:?}", config.mail.ca_file),
        "the path of a file with certificates in PEM form, or nothing",
    );
    must(
        config.mail.dkim_key_file.is_empty() || Path::new(&config.mail.dkim_key_file).is_file(),
        "mail.dkim_key_file",
        &format!("{:?}", config.mail.dkim_key_file),
        "the path of a file with a private key in PEM form, or nothing",
    );
    must(
        shared::text::host(&config.mail.dkim_selector).is_ok(),
        "mail.dkim_selector",
        &format!("{:?}", config.mail.dkim_selector),
        "a word of letters, digits and hyphens",
    );
    must(
        config.mail.dkim_domain.is_empty() || shared::text::host(&config.mail.dkim_domain).is_ok(),
        "mail.dkim_domain",
        &format!("{:?}", config.mail.dkim_domain),
        "a domain like example.org, or nothing",
    );
    must(
        (1..=60).contains(&config.outbound.timeout_s),
        "outbound.timeout_s",
        &config.outbound.timeout_s.to_string(),
        "1 to 60",
    );
    must(
        (1..=256).contains(&config.jobs.concurrency),
        "jobs.concurrency",
        &config.jobs.concurrency.to_string(),
        "1 to 256",
    );
    must(
        (10..=60_000).contains(&config.jobs.poll_ms),
        "jobs.poll_ms",
        &config.jobs.poll_ms.to_string(),
        "10 to 60000",
    );
    must(
        (5..=3_600).contains(&config.jobs.lease_s),
        "jobs.lease_s",
        &config.jobs.lease_s.to_string(),
        "5 to 3600",
    );
    must(
        (1..=365).contains(&config.auth.session_days),
        "auth.session_days",
        &config.auth.session_days.to_string(),
        "1 to 365",
    );
    must(
        (1..=720).contains(&config.auth.invitation_hours),
        "auth.invitation_hours",
        &config.auth.invitation_hours.to_string(),
        "1 to 720",
    );
    must(
        config.incidents.reminder_hours <= 720,
        "incidents.reminder_hours",
        &config.incidents.reminder_hours.to_string(),
        "0 to 720",
    );
    channels::flaws(config, &mut must);
    let filter = config.log.level.parse::<tracing_subscriber::EnvFilter>();
    must(
        filter.is_ok(),
        "log.level",
        &format!("{:?}", config.log.level),
        "error, warn, info, debug or trace, or a filter of those",
    );
    flaws
}

fn is_postgres(url: &str) -> bool {
    url.starts_with("postgres:") || url.starts_with("postgresql:")
}

fn is_server(url: &str) -> bool {
    is_postgres(url) || url.starts_with("mysql:") || url.starts_with("mariadb:")
}

#[cfg(test)]
pub mod tests {
    use super::*;

    pub fn with(toml: &str) -> Result<Config, ConfigError> {
        extract(Figment::from(Toml::string(DEFAULT)).merge(Toml::string(toml)))
    }

    #[test]
    fn the_defaults_are_settings() {
        let config = Config::defaults().unwrap();
        assert_eq!(config.public_url(), "http://127.0.0.1:8000");
        assert!(config.database_url().ends_with("data/signet.db?mode=rwc"));
    }

    #[test]
    fn a_wrong_key_is_named_with_what_is_expected() {
        let error = with("[http]\nlisen = \"x\"").unwrap_err().to_string();
        assert!(error.contains("lisen") && error.contains("listen"), "{error}");
    }

    #[test]
    fn a_wrong_value_is_named_with_what_was_found_and_expected() {
        let error = with("[jobs]\npoll_ms = \"soon\"").unwrap_err().to_string();
        assert!(error.contains("jobs.poll_ms") && error.contains("soon"), "{error}");
        let error = with("[mail]\nsmtp_url = \"mail.example.org\"").unwrap_err().to_string();
        assert!(error.starts_with("mail.smtp_url: found"), "{error}");
    }

    #[test]
    fn an_address_that_is_none_is_shown_with_one_that_is() {
        let error = with("[http]\nlisten = \"nonsense\"").unwrap_err().to_string();
        assert!(
            error.contains("http.listen") && error.contains("nonsense") && error.contains("127.0.0.1:8000"),
            "{error}"
        );
    }

    #[test]
    fn passwords_do_not_print() {
        let error = with("[database]\nurl = [\"hunter2\"]").unwrap_err().to_string();
        assert!(
            error.starts_with("database.url") && !error.contains("hunter2"),
            "{error}"
        );
        let config = with("[database]\nurl = \"postgres://u:hunter2@h/d\"").unwrap();
        assert!(!format!("{config:?}").contains("hunter2"));
    }
}
