//! `signet backup`, `signet restore` and `signet move`: what they take, and what they tell.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Args;
use url::Url;

use super::first_line;
use crate::backup::{self, Tallies};
use crate::config::{Config, Secret};
use crate::context::Clock;

/// Fewer characters and a stolen file is opened by guessing.
const PASSPHRASE_MIN: usize = 12;

#[derive(Args)]
pub struct Backup {
    /// The file to write; it must not be there yet
    file: PathBuf,
    #[command(flatten)]
    passphrase: Passphrase,
}

#[derive(Args)]
pub struct Restore {
    /// A file that `signet backup` wrote
    file: PathBuf,
    #[command(flatten)]
    passphrase: Passphrase,
    /// Load into a database in use; what it holds is lost
    #[arg(long)]
    replace: bool,
}

#[derive(Args)]
pub struct Move {
    /// The other database: sqlite://…?mode=rwc, postgres://… or mysql://…
    #[arg(long, value_name = "URL", env = "SIGNET_MOVE_TO", hide_env_values = true)]
    to: String,
    /// Load into a database in use; what it holds is lost
    #[arg(long)]
    replace: bool,
}

#[derive(Args)]
struct Passphrase {
    /// A file whose first line is the passphrase; without it SIGNET_BACKUP_PASSPHRASE is used, or the terminal asks
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

pub async fn backup(input: Backup) -> anyhow::Result<()> {
    let config = Config::load()?;
    let passphrase = input.passphrase.choose()?;
    let tallies = backup::backup(&config, &Clock::system(), &input.file, &passphrase).await?;
    println!("{}Saved in {}.", table(&tallies), input.file.display());
    Ok(())
}

pub async fn restore(input: Restore) -> anyhow::Result<()> {
    let config = Config::load()?;
    let passphrase = input.passphrase.read()?;
    let tallies = backup::restore(&config, &input.file, &passphrase, input.replace).await?;
    println!(
        "{}Restored from {}. Start the server.",
        table(&tallies),
        input.file.display()
    );
    Ok(())
}

pub async fn move_to(input: Move) -> anyhow::Result<()> {
    let config = Config::load()?;
    let to = config.on_database(Secret::new(&input.to))?;
    let tallies = backup::move_to(&config, &to, input.replace).await?;
    println!(
        "{}Moved; the old database is as it was.\n\
         Set SIGNET_DATABASE__URL (database.url in signet.toml) to {}, then start the server.",
        table(&tallies),
        without_password(&input.to)
    );
    Ok(())
}

impl Passphrase {
    /// One that a new backup is sealed with: long enough, and typed twice where it is typed.
    fn choose(&self) -> anyhow::Result<Secret> {
        let (passphrase, is_typed) = self.find()?;
        let length = passphrase.reveal().chars().count();
        if length < PASSPHRASE_MIN {
            bail!("the passphrase: found {length} characters, expected at least {PASSPHRASE_MIN}");
        }
        if is_typed && rpassword::prompt_password("The same again: ")? != passphrase.reveal() {
            bail!("the passphrase: found two different ones, expected the same twice");
        }
        Ok(passphrase)
    }

    fn read(&self) -> anyhow::Result<Secret> {
        Ok(self.find()?.0)
    }

    /// The passphrase, and whether somebody typed it.
    fn find(&self) -> anyhow::Result<(Secret, bool)> {
        if let Some(path) = &self.passphrase_file {
            return Ok((Secret::new(first_line(path, "a passphrase")?), false));
        }
        if let Ok(text) = std::env::var("SIGNET_BACKUP_PASSPHRASE") {
            return Ok((Secret::new(text), false));
        }
        let typed = rpassword::prompt_password("Passphrase of the backup: ")
            .context("no passphrase: give --passphrase-file or SIGNET_BACKUP_PASSPHRASE, or use a terminal")?;
        Ok((Secret::new(typed), true))
    }
}

/// How many rows of each table, a line each.
fn table(tallies: &Tallies) -> String {
    let lines = tallies
        .iter()
        .map(|(name, tally)| format!("{:>10}  {name}\n", tally.rows));
    let sum: u64 = tallies.values().map(|tally| tally.rows).sum();
    format!(
        "{}{sum:>10}  rows in {} tables\n",
        lines.collect::<String>(),
        tallies.len()
    )
}

fn without_password(url: &str) -> String {
    match Url::parse(url) {
        Ok(mut url) if url.password().is_some() => {
            // Fails for addresses that have no place for a password only.
            url.set_password(Some("PASSWORD")).ok();
            url.to_string()
        }
        _ => url.to_owned(),
    }
}
