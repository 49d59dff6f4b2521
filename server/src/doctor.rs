//! `signet doctor`: looks at what an installation stands on, and says what to do about each thing that is wrong.

use anyhow::bail;
use sea_orm::{ConnectionTrait, Statement};
use shared::Timestamp;

use crate::config::Config;
use crate::context::secrets::private_folder;
use crate::context::{Clock, Secrets, database};
use crate::domain::uptime::{self, History};

/// Less than this free, and the next busy day may fill the disk.
const FREE_BYTES_MIN: u64 = 512 * 1024 * 1024;
/// More than this apart, and sessions and schedules of two processes disagree.
const CLOCK_SKEW_MAX_MS: u64 = 5_000;

const REDIS_PATIENCE: std::time::Duration = std::time::Duration::from_secs(5);

/// What one look found: fine, or what to do.
struct Finding {
    what: &'static str,
    result: Result<String, String>,
}

/// Looks at everything, prints what it finds, and fails if anything is wrong.
pub async fn examine() -> anyhow::Result<()> {
    let mut findings = Vec::new();
    match Config::load() {
        Err(error) => findings.push(Finding {
            what: "settings",
            result: Err(error.to_string()),
        }),
        Ok(config) => {
            findings.push(Finding {
                what: "settings",
                result: Ok("sound".into()),
            });
            findings.push(Finding {
                what: "key",
                result: key(&config),
            });
            findings.push(Finding {
                what: "disk",
                result: disk(&config),
            });
            let (database, clock) = database_and_clock(&config).await;
            if database.is_ok() {
                findings.push(Finding {
                    what: "history",
                    result: history(&config).await,
                });
            }
            findings.push(Finding {
                what: "database",
                result: database,
            });
            findings.push(Finding {
                what: "clock",
                result: clock,
            });
            if !config.database.read_url.is_empty() {
                findings.push(Finding {
                    what: "replica",
                    result: replica(&config).await,
                });
            }
            if !config.redis.url.is_empty() {
                findings.push(Finding {
                    what: "redis",
                    result: redis(&config).await,
                });
            }
            findings.push(Finding {
                what: "mail",
                result: mail(&config).await,
            });
        }
    }
    for Finding { what, result } in &findings {
        match result {
            Ok(text) => println!("fine   {what:<9} {text}"),
            Err(text) => println!("WRONG  {what:<9} {text}"),
        }
    }
    match findings.iter().filter(|finding| finding.result.is_err()).count() {
        0 => Ok(()),
        n => bail!("{n} of {} things need attention", findings.len()),
    }
}

fn key(config: &Config) -> Result<String, String> {
    match Secrets::load(config) {
        Ok(secrets) => Ok(format!("fingerprint {}", secrets.fingerprint())),
        Err(error) => Err(format!("{error:#}")),
    }
}

fn disk(config: &Config) -> Result<String, String> {
    let dir = &config.data_dir;
    private_folder(dir).map_err(|error| {
        format!(
            "{} cannot be made: {error}. Choose another data_dir, or give this user the right to write there",
            dir.display()
        )
    })?;
    tempfile::tempfile_in(dir).map_err(|error| {
        format!(
            "{} cannot be written: {error}. Give this user the right to write there",
            dir.display()
        )
    })?;
    let free = fs4::available_space(dir).map_err(|error| error.to_string())?;
    let text = format!("{} MiB free in {}", free / 1024 / 1024, dir.display());
    if free < FREE_BYTES_MIN {
        Err(format!("{text}: make room, or move data_dir to a larger disk"))
    } else {
        Ok(text)
    }
}

async fn database_and_clock(config: &Config) -> (Result<String, String>, Result<String, String>) {
    let db = match database::open(config).await {
        Ok(db) => db,
        Err(error) => {
            let advice = format!("{error:#}. Is it running, and is database.url right?");
            return (Err(advice), Err("cannot be compared without a database".into()));
        }
    };
    let sql = match database::kind(&db) {
        "postgres" => "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)",
        "mysql" => "SELECT CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED)",
        _ => "SELECT CAST(unixepoch('subsec') * 1000 AS INTEGER)",
    };
    let before = Clock::system().now();
    let row = db
        .query_one_raw(Statement::from_string(db.get_database_backend(), sql))
        .await;
    let theirs = row.ok().flatten().and_then(|row| row.try_get_by_index::<i64>(0).ok());
    let clock = match theirs {
        None => Err("the database does not tell the time".into()),
        Some(ms) => skew(before, ms),
    };
    (Ok(database::kind(&db).to_owned()), clock)
}

async fn history(config: &Config) -> Result<String, String> {
    let db = database::open(config).await.map_err(|error| format!("{error:#}"))?;
    match uptime::verify(&db).await {
        Ok(History::Sound(days)) => Ok(format!("{days} closed days of uptime fit together")),
        Ok(History::Broken { component, day }) => Err(format!(
            "the uptime of component {component} on {day}, or a day before it, is not what was written down: \
             somebody changed the table uptime_day. Restore it from a backup"
        )),
        Err(error) => Err(format!("{error}. Bring the database up to date with `signet migrate`")),
    }
}

async fn replica(config: &Config) -> Result<String, String> {
    let advice = |error: &dyn std::fmt::Display| {
        format!(
            "{error}. Is it running, and is database.read_url right? Meanwhile public pages are read from database.url"
        )
    };
    match database::open_replica(config).await {
        Ok(Some(db)) => db.ping().await.map_err(|error| advice(&error))?,
        Ok(None) => {}
        Err(error) => return Err(advice(&format!("{error:#}"))),
    }
    Ok("answers".to_owned())
}

async fn redis(config: &Config) -> Result<String, String> {
    let advice = |error: &dyn std::fmt::Display| {
        format!("{error}. Is it running, and is redis.url right? Meanwhile processes look for changes once a second")
    };
    let client = redis::Client::open(config.redis.url.reveal()).map_err(|error| advice(&error))?;
    let connected = tokio::time::timeout(REDIS_PATIENCE, client.get_multiplexed_async_connection()).await;
    let connected = connected.map_err(|_| advice(&format!("no answer in {REDIS_PATIENCE:?}")))?;
    connected.map_err(|error| advice(&error))?;
    Ok("answers".to_owned())
}

fn skew(ours: Timestamp, theirs_ms: i64) -> Result<String, String> {
    let apart = ours.as_millis().abs_diff(theirs_ms);
    if apart > CLOCK_SKEW_MAX_MS {
        return Err(format!("{apart} ms apart from the database's: set both by NTP"));
    }
    Ok(format!("{apart} ms apart from the database's"))
}

async fn mail(config: &Config) -> Result<String, String> {
    if config.mail.smtp_url.is_empty() {
        return Ok(format!(
            "no SMTP server: mails are files in {}. Set mail.smtp_url to send them",
            config.mail_dir().display()
        ));
    }
    crate::notify::check(config)
        .await
        .map_err(|error| format!("{error}. Is mail.smtp_url right, and may this machine connect there?"))
}
