//! The command line.

mod backup;
mod mail;

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::{Args, Parser, Subcommand, ValueEnum};
use shared::access::Role;
use shared::member::NewMember;
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

use crate::config::{Config, DEFAULT, LogFormat};
use crate::context::{Clock, database};
use crate::{api, app, doctor};

/// A self-hosted status page.
#[derive(Parser)]
#[command(name = "signet", version, about)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: Serve,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the page, the console and the API, and do the work in the background (the default)
    Serve(Serve),
    /// Only do the work in the background
    Worker,
    /// Bring the database up to date and stop
    Migrate,
    /// Print the OpenAPI document
    Openapi,
    /// Look at the settings
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Look after members
    #[command(subcommand)]
    Member(MemberCommand),
    /// Let others believe the mail that is sent
    #[command(subcommand)]
    Mail(mail::Mail),
    /// Write everything into one sealed file, while the server may go on
    Backup(backup::Backup),
    /// Load a backup into the configured database, whichever kind it is; stop the server first
    Restore(backup::Restore),
    /// Load everything into another database, of whichever kind; stop the server first, a change meanwhile is an error
    Move(backup::Move),
    /// Check settings, database, mail, clock and disk, and say what to do
    Doctor,
}

#[derive(Args, Clone, Default)]
struct Serve {
    /// What this process does
    #[arg(long, value_enum, default_value_t)]
    role: ProcessRole,
    /// Serve a believable company on throw-away data
    #[arg(long)]
    demo: bool,
}

/// What a process does.
#[derive(Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum ProcessRole {
    /// Answers requests and works in the background
    #[default]
    All,
    /// Only answers requests
    Api,
    /// Only works in the background
    Worker,
}

#[derive(Subcommand)]
enum ConfigCommand {
    /// Check the settings and say what is wrong
    Check,
    /// Print every setting with its default
    Default,
}

#[derive(Subcommand)]
enum MemberCommand {
    /// Add a member who can sign in at once
    Add {
        email: String,
        #[arg(long, default_value = "viewer", value_parser = role)]
        role: Role,
        /// A file whose first line is the password
        #[arg(long)]
        password_file: PathBuf,
        /// The part of the address before the @ if left out
        #[arg(long)]
        name: Option<String>,
    },
}

fn role(word: &str) -> Result<Role, String> {
    Role::from_word(word).ok_or_else(|| format!("found {word:?}, expected owner, admin, editor or viewer"))
}

/// Does what the command line says.
pub async fn run(cli: Cli) -> anyhow::Result<()> {
    match cli.command.unwrap_or(Command::Serve(cli.serve)) {
        Command::Serve(Serve { demo: true, role }) => {
            let demo = tempfile::tempdir().context("no place for throw-away data")?;
            let mut config = Config::load()?;
            config.data_dir = demo.path().to_owned();
            config.database.url = Default::default();
            start_log(&config);
            app::run(config, role, true, stop_signal()).await
        }
        Command::Serve(Serve { demo: false, role }) => {
            let config = Config::load()?;
            start_log(&config);
            app::run(config, role, false, stop_signal()).await
        }
        Command::Worker => {
            let config = Config::load()?;
            start_log(&config);
            app::run(config, ProcessRole::Worker, false, stop_signal()).await
        }
        Command::Migrate => {
            let config = Config::load()?;
            database::migrate(&config).await?;
            println!("The database is up to date.");
            Ok(())
        }
        Command::Openapi => {
            print!("{}", api::document());
            Ok(())
        }
        Command::Config(ConfigCommand::Check) => {
            let config = Config::load()?;
            println!("The settings are sound.\n{config:#?}");
            Ok(())
        }
        Command::Config(ConfigCommand::Default) => {
            print!("{DEFAULT}");
            Ok(())
        }
        Command::Member(MemberCommand::Add {
            email,
            role,
            password_file,
            name,
        }) => add_member(email, role, password_file, name).await,
        Command::Mail(input) => mail::run(input),
        Command::Backup(input) => backup::backup(input).await,
        Command::Restore(input) => backup::restore(input).await,
        Command::Move(input) => backup::move_to(input).await,
        Command::Doctor => doctor::examine().await,
    }
}

async fn add_member(email: String, role: Role, password_file: PathBuf, name: Option<String>) -> anyhow::Result<()> {
    let password = first_line(&password_file, "a password")?;
    let cx = app::start(Config::load()?, Clock::system())
        .await?
        .as_system("command line");
    let name = name.unwrap_or_else(|| email.split('@').next().unwrap_or_default().to_owned());
    let input = NewMember { email, name, role };
    match crate::domain::member::add_with_password(&cx, input, password).await {
        Ok(member) => {
            println!("{} can sign in as {}.", member.email, member.role);
            Ok(())
        }
        Err(error) => bail!("{}", explain(&error)),
    }
}

/// What stands in the first line of a file, for secrets that should not stand on the command line.
fn first_line(path: &Path, expected: &str) -> anyhow::Result<String> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    match text.lines().next().filter(|line| !line.is_empty()) {
        Some(line) => Ok(line.to_owned()),
        None => bail!(
            "{}: found nothing in the first line, expected {expected}",
            path.display()
        ),
    }
}

/// A refusal in one line, with the fields it is about.
fn explain(error: &crate::error::Error) -> String {
    let problem = error.to_problem();
    let fields: Vec<_> = problem
        .errors
        .iter()
        .map(|field| format!("{} {}", field.field, field.message))
        .collect();
    let detail = problem.detail.unwrap_or(problem.title);
    if fields.is_empty() {
        detail
    } else {
        format!("{detail}: {}", fields.join("; "))
    }
}

/// Text for people on a terminal, JSON for collectors.
fn start_log(config: &Config) {
    let filter = EnvFilter::try_new(&config.log.level).unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    let is_json = match config.log.format {
        LogFormat::Auto => !std::io::stderr().is_terminal(),
        LogFormat::Json => true,
        LogFormat::Text => false,
    };
    // A second start in the same process, as in tests, keeps the first log.
    let _ = if is_json { log.json().try_init() } else { log.try_init() };
}

/// Cancelled by Ctrl-C or by SIGTERM; a second signal ends the process at once.
fn stop_signal() -> CancellationToken {
    let token = CancellationToken::new();
    let stop = token.clone();
    tokio::spawn(async move {
        signal().await;
        tracing::info!("stopping: open requests and jobs may end");
        stop.cancel();
        signal().await;
        std::process::exit(130);
    });
    token
}

async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}
