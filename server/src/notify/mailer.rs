//! Sending mail: through the configured SMTP server, or into files where there is none.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp;
use lettre::transport::smtp::PoolConfig;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use shared::system::MailMode;
use tokio::sync::Semaphore;
use url::Url;

use super::Message;
use crate::config::Config;

/// Mail servers may be slow during the very outage we report; longer than this they are not there.
const SMTP_TIMEOUT: Duration = Duration::from_secs(20);
/// Shorter than the patience of mail servers, so that we do not write into connections they have closed.
const IDLE_TIMEOUT: Duration = Duration::from_secs(20);

/// A message with an address on it.
#[derive(Debug, Clone)]
pub struct Mail<'a> {
    /// Unique, and the same for every try: the first part of the Message-ID.
    pub id: String,
    pub to: &'a str,
    /// The name beside our address, unless one is configured.
    pub from_name: &'a str,
    /// Where receivers stop mails of this kind, if they come again.
    pub unsubscribe_url: Option<String>,
    pub message: &'a Message,
}

/// Why the other side did not take it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// It may do so later.
    #[error("{0}")]
    Later(String),
    /// It never will.
    #[error("{0}")]
    Never(String),
}

/// Sends mail. Cheap to clone; clones share connections.
#[derive(Clone)]
pub struct Mailer {
    from: Arc<From>,
    way: Way,
    /// Mails on their way at the same time.
    slots: Arc<Semaphore>,
}

struct From {
    address: Address,
    name: String,
    /// The host of our links, which our Message-IDs end with.
    host: String,
}

#[derive(Clone)]
enum Way {
    Smtp(AsyncSmtpTransport<Tokio1Executor>),
    Files(PathBuf),
}

impl Mailer {
    pub fn new(config: &Config) -> anyhow::Result<Self> {
        let url = config.mail.smtp_url.reveal();
        let way = if url.is_empty() {
            Way::Files(config.mail_dir())
        } else {
            Way::Smtp(transport(url, config.mail.concurrency)?)
        };
        let public = Url::parse(&config.public_url()).context("http.public_url")?;
        Ok(Self {
            from: Arc::new(From {
                address: config.mail.from.parse().context("mail.from")?,
                name: config.mail.from_name.clone(),
                host: public.host_str().unwrap_or("localhost").to_owned(),
            }),
            way,
            slots: Arc::new(Semaphore::new(config.mail.concurrency)),
        })
    }

    pub const fn mode(&self) -> MailMode {
        match self.way {
            Way::Smtp(_) => MailMode::Smtp,
            Way::Files(_) => MailMode::File,
        }
    }

    /// Sends a mail; the answer is what the other side said.
    pub async fn send(&self, mail: &Mail<'_>) -> Result<String, SendError> {
        let composed = compose(&self.from, mail).map_err(|error| SendError::Never(format!("{error:#}")))?;
        // Never closed, so there is always a slot in the end.
        let _slot = self.slots.acquire().await;
        match &self.way {
            Way::Smtp(transport) => match transport.send(composed).await {
                Ok(response) => Ok(said(&response)),
                Err(error) => Err(classify(&error)),
            },
            Way::Files(dir) => write(dir, &mail.id, &composed.formatted())
                .await
                .map(|path| path.display().to_string())
                .map_err(|error| SendError::Later(format!("{}: {error}", dir.display()))),
        }
    }
}

/// Tries whether the configured way is open, without sending anything.
pub async fn check(config: &Config) -> Result<String, SendError> {
    let mailer = Mailer::new(config).map_err(|error| SendError::Never(format!("{error:#}")))?;
    match &mailer.way {
        Way::Smtp(transport) => match transport.test_connection().await {
            Ok(true) => Ok("the mail server answers".into()),
            Ok(false) => Err(SendError::Later("the mail server does not answer".into())),
            Err(error) => Err(classify(&error)),
        },
        Way::Files(dir) => match tokio::fs::create_dir_all(dir).await {
            Ok(()) => Ok(format!("mails are written into {}", dir.display())),
            Err(error) => Err(SendError::Later(format!("{}: {error}", dir.display()))),
        },
    }
}

fn transport(url: &str, connections: usize) -> anyhow::Result<AsyncSmtpTransport<Tokio1Executor>> {
    let url = with_starttls(url)?;
    let pool = PoolConfig::new()
        .max_size(u32::try_from(connections).unwrap_or(u32::MAX))
        .idle_timeout(IDLE_TIMEOUT);
    let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(&url).context("mail.smtp_url")?;
    Ok(builder.timeout(Some(SMTP_TIMEOUT)).pool_config(pool).build())
}

/// `smtp:` takes TLS where it is offered, but for this very machine, whose certificate nobody has vouched for.
fn with_starttls(url: &str) -> anyhow::Result<String> {
    let mut url = Url::parse(url).context("mail.smtp_url")?;
    let is_local = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    let has_choice = url.query_pairs().any(|(name, _)| name == "tls");
    if url.scheme() == "smtp" && !is_local && !has_choice {
        url.query_pairs_mut().append_pair("tls", "opportunistic");
    }
    Ok(url.into())
}

fn compose(from: &From, mail: &Mail<'_>) -> anyhow::Result<lettre::Message> {
    let name = if from.name.is_empty() {
        mail.from_name
    } else {
        &from.name
    };
    let mut builder = lettre::Message::builder()
        .from(Mailbox::new(Some(name.to_owned()), from.address.clone()))
        .to(Mailbox::new(None, mail.to.parse().context("the address")?))
        .subject(mail.message.subject.clone())
        .message_id(Some(format!("<{}@{}>", mail.id, from.host)))
        // Out-of-office robots do not answer to robots (RFC 3834).
        .raw_header(header("Auto-Submitted", "auto-generated"));
    if let Some(url) = &mail.unsubscribe_url {
        builder = builder
            .raw_header(header("List-Id", format!("<status.{}>", from.host)))
            .raw_header(header("List-Unsubscribe", format!("<{url}>")))
            .raw_header(header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"));
    }
    let Message { text, html, .. } = mail.message.clone();
    Ok(builder.multipart(MultiPart::alternative_plain_html(text, html))?)
}

fn header(name: &'static str, value: impl Into<String>) -> HeaderValue {
    // Folding would put line breaks into addresses, and some readers keep them.
    let value = value.into();
    HeaderValue::dangerous_new_pre_encoded(HeaderName::new_from_ascii_str(name), value.clone(), value)
}

fn said(response: &smtp::response::Response) -> String {
    format!(
        "{} {}",
        response.code(),
        response.message().collect::<Vec<_>>().join(" ")
    )
}

fn classify(error: &smtp::Error) -> SendError {
    let reason = describe(error);
    match error.status().map(u16::from) {
        Some(code) if is_final(code) => SendError::Never(reason),
        _ => SendError::Later(reason),
    }
}

/// 55x speak of the mailbox or the message, and 521 and 556 of a host that takes no mail. Other refusals, such as a
/// wrong password, speak of us, and waiting subscribers should not be lost over them.
const fn is_final(code: u16) -> bool {
    matches!(code, 521 | 550..=556)
}

/// The error and what caused it, which is the part that helps.
fn describe(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        next = cause.source();
    }
    text
}

/// Whole or not at all: readers see no half of a mail.
async fn write(dir: &Path, id: &str, bytes: &[u8]) -> io::Result<PathBuf> {
    tokio::fs::create_dir_all(dir).await?;
    let path = dir.join(format!("{id}.eml"));
    let unfinished = dir.join(format!(".{id}.{}.part", uuid::Uuid::new_v4()));
    tokio::fs::write(&unfinished, bytes).await?;
    tokio::fs::rename(&unfinished, &path).await?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
    use tokio::net::TcpListener;

    use super::*;
    use crate::config::Secret;

    fn message() -> Message {
        Message {
            subject: "Störung".into(),
            text: "Hello".into(),
            html: "<p>Hello</p>".into(),
        }
    }

    fn mail(message: &Message) -> Mail<'_> {
        Mail {
            id: "delivery-7".into(),
            to: "ana@example.org",
            from_name: "Example",
            unsubscribe_url: Some(format!("https://status.example.org/unsubscribe/{}", "x".repeat(60))),
            message,
        }
    }

    /// A mail server with one answer to `RCPT TO`.
    async fn server(answer: &'static str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("smtp://{}", listener.local_addr().unwrap());
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let mut socket = BufReader::new(socket);
                socket.write_all(b"220 hello\r\n").await.unwrap();
                let mut line = String::new();
                let mut in_data = false;
                while socket.read_line(&mut line).await.is_ok_and(|n| n > 0) {
                    let reply = match line.trim_end() {
                        "." => {
                            in_data = false;
                            "250 queued as 1\r\n".to_owned()
                        }
                        _ if in_data => String::new(),
                        "DATA" => {
                            in_data = true;
                            "354 go on\r\n".to_owned()
                        }
                        text if text.starts_with("RCPT") => format!("{answer}\r\n"),
                        _ => "250 fine\r\n".to_owned(),
                    };
                    socket.write_all(reply.as_bytes()).await.unwrap();
                    line.clear();
                }
            }
        });
        url
    }

    async fn send(url: String) -> Result<String, SendError> {
        let mut config = Config::defaults().unwrap();
        config.mail.smtp_url = Secret::new(url);
        Mailer::new(&config).unwrap().send(&mail(&message())).await
    }

    #[tokio::test]
    async fn a_mail_server_takes_it_or_refuses_now_or_for_ever() {
        assert!(send(server("250 ok").await).await.unwrap().contains("queued as 1"));
        let busy = send(server("451 later").await).await;
        assert!(
            matches!(&busy, Err(SendError::Later(reason)) if reason.contains("later")),
            "{busy:?}"
        );
        let gone = send(server("550 no such mailbox").await).await;
        assert!(
            matches!(&gone, Err(SendError::Never(reason)) if reason.contains("no such mailbox")),
            "{gone:?}"
        );
        let nobody = send("smtp://127.0.0.1:1".into()).await;
        assert!(matches!(nobody, Err(SendError::Later(_))));
    }

    #[test]
    fn refusals_of_us_are_not_refusals_of_the_receiver() {
        assert!(is_final(550) && is_final(553) && is_final(521));
        assert!(!is_final(535) && !is_final(530) && !is_final(421) && !is_final(452));
    }

    #[tokio::test]
    async fn without_a_server_mails_are_files() {
        let dir = tempfile::tempdir().unwrap();
        let mut config = Config::defaults().unwrap();
        config.data_dir = dir.path().to_owned();
        let mailer = Mailer::new(&config).unwrap();
        let path = mailer.send(&mail(&message())).await.unwrap();
        mailer.send(&mail(&message())).await.unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        for expected in [
            "Message-ID: <delivery-7@127.0.0.1>\r\n",
            "From: Example <status@localhost>\r\n",
            "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n",
            "Auto-Submitted: auto-generated\r\n",
        ] {
            assert!(text.contains(expected), "{expected} in {text}");
        }
        let link = format!(
            "List-Unsubscribe: <https://status.example.org/unsubscribe/{}>\r\n",
            "x".repeat(60)
        );
        assert!(text.contains(&link), "{text}");
        assert_eq!(std::fs::read_dir(config.mail_dir()).unwrap().count(), 1);
    }

    #[test]
    fn tls_is_taken_where_it_is_offered() {
        assert!(
            with_starttls("smtp://mail.example.org:587")
                .unwrap()
                .ends_with("?tls=opportunistic")
        );
        assert!(!with_starttls("smtp://localhost:25").unwrap().contains("tls"));
        assert!(
            with_starttls("smtp://mail.example.org?tls=required")
                .unwrap()
                .ends_with("?tls=required")
        );
        assert!(!with_starttls("smtps://mail.example.org").unwrap().contains("tls="));
    }
}
