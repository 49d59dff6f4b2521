//! One conversation with a mail server, which may carry many mails, one after the other.
//!
//! A mail goes in two steps. Until [`Line::hand_over`] nothing of it has left the house, so whatever happens in
//! [`Line::offer`] cannot make anyone read it twice.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use lettre::Address;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Ehlo, Mail, Rcpt};
use lettre::transport::smtp::extension::{Extension, MailParameter};
use lettre::transport::smtp::response::Response;
use lettre::transport::smtp::{self, Error};

use super::dial::Server;

/// An open connection.
pub struct Line {
    connection: AsyncSmtpConnection,
    /// The server takes several commands at once (RFC 2920).
    pipelines: bool,
    patience: Duration,
    /// Copies of it count the lines that are good.
    proof: Option<Arc<()>>,
}

/// Why a mail went no further.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hitch {
    /// The answer was no, with a code. The line is good for the next mail.
    Refused { code: u16, answer: String },
    /// The server is silent, has hung up, or says that it is about to.
    Broken(String),
}

/// "Service not available, closing": about the server and no mail in particular.
const CLOSING: u16 = 421;

/// The answer to one command; it is not always yes.
type Answer = Result<Response, Hitch>;

impl Line {
    /// Calls the server.
    pub async fn open(server: &Server) -> anyhow::Result<Self> {
        let mut connection = server.dial().await?;
        // lettre does not keep what it was told about pipelining.
        let hello = Ehlo::new(server.hello().clone());
        let offers = tokio::time::timeout(server.patience(), connection.command(hello)).await??;
        Ok(Self {
            pipelines: offers.message().any(|line| line.eq_ignore_ascii_case("PIPELINING")),
            connection,
            patience: server.patience(),
            proof: None,
        })
    }

    /// The server has answered to the offer of a mail.
    pub fn has_proven(&mut self, proof: &Arc<()>) {
        self.proof.get_or_insert_with(|| Arc::clone(proof));
    }

    /// Asks whether the server takes a mail. After yes it waits for [`Self::hand_over`].
    pub async fn offer(&mut self, from: &Address, to: &Address) -> Result<(), Hitch> {
        let [mail, rcpt] = self.envelope(from, to)?;
        if self.pipelines {
            self.offer_at_once(mail, &rcpt).await
        } else {
            self.ask(mail).await?;
            self.ask(rcpt).await?;
            self.ask(Data).await.map(drop)
        }
    }

    /// Gives the mail away, and the responsibility for it. Takes ASCII with CRLF line ends; the answer is for people.
    pub async fn hand_over(&mut self, mail: &str) -> Result<String, Hitch> {
        let text = if mail.contains("\r\n.") {
            Text(mail.replace("\r\n.", "\r\n..").into())
        } else {
            Text(mail.into())
        };
        let response = self.ask(text).await?;
        Ok(said(&response))
    }

    /// Makes the server forget a mail it has refused half-way. False if the line is of no use any more.
    pub async fn is_reset(&mut self) -> bool {
        self.ask("RSET\r\n").await.is_ok()
    }

    fn envelope(&self, from: &Address, to: &Address) -> Result<[String; 2], Hitch> {
        let mut parameters = Vec::new();
        let (from_text, to_text): (&str, &str) = (from.as_ref(), to.as_ref());
        if !from_text.is_ascii() || !to_text.is_ascii() {
            if !self.connection.server_info().supports_feature(Extension::SmtpUtfEight) {
                return Err(Hitch::Refused {
                    code: 553,
                    answer: "the mail server takes no addresses with letters beyond ASCII (SMTPUTF8)".into(),
                });
            }
            parameters.push(MailParameter::SmtpUtfEight);
        }
        let mail = Mail::new(Some(from.clone()), parameters).to_string();
        Ok([mail, Rcpt::new(to.clone(), Vec::new()).to_string()])
    }

    async fn offer_at_once(&mut self, mail: String, rcpt: &str) -> Result<(), Hitch> {
        let first = self.ask(mail + rcpt + "DATA\r\n").await;
        if let Err(Hitch::Broken(_)) = first {
            return first.map(drop);
        }
        let second = self.hear().await;
        let third = self.hear().await;
        let refused = first.and(second);
        if let (Err(Hitch::Refused { .. }), Ok(_)) = (&refused, &third) {
            // It waits for a mail that goes to nobody, and gets none.
            self.ask(".\r\n").await.ok();
        }
        refused.and(third).map(drop)
    }

    async fn ask(&mut self, command: impl fmt::Display) -> Answer {
        let answer = tokio::time::timeout(self.patience, self.connection.command(command)).await;
        self.answer(answer)
    }

    async fn hear(&mut self) -> Answer {
        let answer = tokio::time::timeout(self.patience, self.connection.read_response()).await;
        self.answer(answer)
    }

    fn answer(&self, answer: Result<Result<Response, Error>, tokio::time::error::Elapsed>) -> Answer {
        let error = match answer {
            Ok(Ok(response)) => return Ok(response),
            Ok(Err(error)) => error,
            Err(_) => {
                let reason = format!("the mail server does not answer within {:?}", self.patience);
                return Err(Hitch::Broken(reason));
            }
        };
        let answer = describe(&error);
        Err(match error.status().map(u16::from) {
            Some(code) if code != CLOSING => Hitch::Refused { code, answer },
            _ => Hitch::Broken(answer),
        })
    }
}

/// A mail and the dot that ends it.
struct Text<'a>(std::borrow::Cow<'a, str>);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)?;
        f.write_str(if self.0.ends_with("\r\n") { ".\r\n" } else { "\r\n.\r\n" })
    }
}

fn said(response: &smtp::response::Response) -> String {
    let mut text = response.code().to_string();
    for line in response.message() {
        text.push(' ');
        text.push_str(line);
    }
    text
}

/// The error and what caused it, which is the part that helps.
pub fn describe(error: &dyn std::error::Error) -> String {
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
