//! Sending mail: through the configured SMTP server, or into files where there is none.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use lettre::Address;
use shared::system::MailMode;
use url::Url;

use super::Message;
use super::compose::{Form, Sender, Subscription};
use super::dkim::Dkim;
use super::error::SendError;
use super::smtp::Smtp;
use crate::config::Config;

/// A message to one person.
#[derive(Debug, Clone)]
pub struct Mail<'a> {
    /// Unique, and the same for every try: the first part of the Message-ID.
    pub id: String,
    pub to: &'a str,
    /// The name beside our address, unless one is configured.
    pub from_name: &'a str,
    pub message: &'a Message,
}

/// Sends mail. Cheap to clone; clones share connections.
#[derive(Clone)]
pub struct Mailer(Arc<Inner>);

struct Inner {
    sender: Sender,
    way: Way,
}

enum Way {
    Smtp(Box<Smtp>),
    Files(PathBuf),
}

impl Mailer {
    pub fn new(config: &Config) -> anyhow::Result<Self> {
        let way = if config.mail.smtp_url.is_empty() {
            Way::Files(config.mail_dir())
        } else {
            Way::Smtp(Box::new(Smtp::new(&config.mail)?))
        };
        let public = Url::parse(&config.public_url()).context("http.public_url")?;
        let sender = Sender {
            address: config.mail.from.parse().context("mail.from")?,
            name: config.mail.from_name.clone(),
            dkim: Dkim::new(&config.mail)?.map(Arc::new),
            host: public.host_str().unwrap_or("localhost").to_owned(),
        };
        Ok(Self(Arc::new(Inner { sender, way })))
    }

    pub fn mode(&self) -> MailMode {
        match self.0.way {
            Way::Smtp(_) => MailMode::Smtp,
            Way::Files(_) => MailMode::File,
        }
    }

    /// Sends a message to one person; the answer is what the other side said.
    pub async fn send(&self, mail: &Mail<'_>) -> Result<String, SendError> {
        let form = self.compose(mail.from_name, mail.message, None).map_err(never)?;
        self.send_form(&form, &mail.id, mail.to, "").await
    }

    /// Composes what the mails to all subscribers who hear of the same have in common.
    pub fn compose(
        &self,
        from_name: &str,
        message: &Message,
        subscription: Option<&Subscription>,
    ) -> anyhow::Result<Form> {
        Form::new(&self.0.sender, from_name, message, subscription)
    }

    /// Sends a form to one of them. `id` is as in [`Mail`]; `token` is the secret of their own links.
    pub async fn send_form(&self, form: &Form, id: &str, to: &str, token: &str) -> Result<String, SendError> {
        let to: Address = to.parse().context("the address").map_err(never)?;
        let mail = form.fill(id, &to, token).map_err(never)?;
        match &self.0.way {
            Way::Smtp(smtp) => smtp.send(&self.0.sender.address, &to, &mail).await,
            Way::Files(dir) => write(dir, id, mail.as_bytes())
                .await
                .map(|path| path.display().to_string())
                .map_err(|error| SendError::later(format!("{}: {error}", dir.display()))),
        }
    }
}

fn never(error: anyhow::Error) -> SendError {
    SendError::Never(format!("{error:#}"))
}

/// Tries whether the configured way is open, without sending anything.
pub async fn check(config: &Config) -> Result<String, SendError> {
    let mailer = Mailer::new(config).map_err(never)?;
    match &mailer.0.way {
        Way::Smtp(smtp) => smtp.check().await.map(|()| "the mail server answers".into()),
        Way::Files(dir) => match tokio::fs::create_dir_all(dir).await {
            Ok(()) => Ok(format!("mails are written into {}", dir.display())),
            Err(error) => Err(SendError::later(format!("{}: {error}", dir.display()))),
        },
    }
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
            matches!(&busy, Err(SendError::Later { reason, .. }) if reason.contains("later")),
            "{busy:?}"
        );
        let gone = send(server("550 no such mailbox").await).await;
        assert!(
            matches!(&gone, Err(SendError::Never(reason)) if reason.contains("no such mailbox")),
            "{gone:?}"
        );
        let nobody = send("smtp://127.0.0.1:1".into()).await;
        assert!(matches!(nobody, Err(SendError::Unreachable(_))), "{nobody:?}");
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
        assert!(text.contains("Message-ID: <delivery-7@127.0.0.1>\r\n"), "{text}");
        assert_eq!(std::fs::read_dir(config.mail_dir()).unwrap().count(), 1);
    }
}
