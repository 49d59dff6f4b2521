//! From an event to a message, and from a message to the other side. No database: what is needed is handed over.

pub mod mailer;
pub mod message;
mod words;

pub use mailer::{Mail, Mailer, SendError, check};
pub use message::{Content, Letter, Message, News, render};
