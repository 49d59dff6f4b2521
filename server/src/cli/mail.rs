//! `signet mail`: the key that mails are signed with, and what to publish so that others can check it.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Subcommand;

use crate::config::Config;
use crate::notify;

#[derive(Subcommand)]
pub enum Mail {
    /// Print the DNS records by which others tell that mail is ours
    Dns,
    /// Make a key to sign mail with, for mail.dkim_key_file
    Key {
        /// Where to write it; a file that is there already is left alone
        file: PathBuf,
    },
}

/// Does what was asked.
pub fn run(input: Mail) -> anyhow::Result<()> {
    match input {
        Mail::Dns => print_records(&Config::load()?),
        Mail::Key { file } => make_key(&file),
    }
}

fn print_records(config: &Config) -> anyhow::Result<()> {
    if config.mail.dkim_key_file.is_empty() {
        println!("; DKIM: mail.dkim_key_file is not set. Make a key with `signet mail key FILE`, and set it.\n");
    }
    for record in notify::dns_records(&config.mail)? {
        println!("; {}\n{record}\n", record.reason);
    }
    Ok(())
}

/// For its owner only.
fn make_key(file: &Path) -> anyhow::Result<()> {
    let key = notify::new_key()?;
    let mut options = std::fs::OpenOptions::new();
    let written = options.write(true).create_new(true).mode(0o600).open(file);
    written
        .and_then(|mut open| open.write_all(key.as_bytes()))
        .with_context(|| format!("cannot write {}", file.display()))?;
    println!(
        "The key is in {}. Set mail.dkim_key_file to it, then publish what `signet mail dns` prints.",
        file.display()
    );
    Ok(())
}
