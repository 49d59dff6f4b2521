//! From an event to a message, and from a message to the other side. No database: what is needed is handed over.
//!
//! [`message`] finds the words, [`compose`] makes a mail of them, [`mailer`] sends it: through [`smtp`], which keeps
//! connections; a [`line`] is one of them, and [`dial`] opens it. [`dkim`] signs. What goes another way than by mail, [`channel`] sends.

pub mod channel;
mod compose;
mod dial;
mod dkim;
mod error;
mod line;
pub mod mailer;
pub mod message;
mod smtp;
mod words;

pub use compose::{Form, Subscription};
pub use dkim::{DnsRecord, dns_records, new_key};
pub use error::SendError;
pub use mailer::{Mail, Mailer, check};
pub use message::{Content, Letter, Message, News, Work, render};
