//! The vocabulary: every fact that the server and the browser both know.
//!
//! No I/O, no clock, no async; it compiles to wasm32. The server turns on `openapi` (the same types describe
//! themselves in the API document) and `db` (the same words and ids are columns). Read in this order:
//!
//! 1. [`id`], [`time`], [`text`]: the small words. [`component`], [`incident`], [`maintenance`], [`recurrence`]: what can be
//!    wrong; [`template`], [`postmortem`], [`announcement`]: what is written before, afterwards and besides.
//! 2. [`page`], [`status_page`], [`uptime`], [`metric`]: what a visitor sees.
//! 3. [`channel`], [`subscriber`], [`preferences`], [`event`], [`delivery`]: who hears of it.
//! 4. [`member`], [`session`], [`access`], [`audit`]: who works here.
//! 5. [`validate`], [`problem`], [`list`], [`patch`]: how the two ends talk.

#[macro_use]
mod wire;

pub mod access;
pub mod announcement;
pub mod audit;
pub mod channel;
pub mod component;
pub mod delivery;
pub mod event;
pub mod id;
pub mod incident;
pub mod incident_detail;
pub mod incident_entry;
pub mod list;
pub mod maintenance;
pub mod member;
pub mod metric;
pub mod page;
pub mod patch;
pub mod postmortem;
pub mod preferences;
pub mod problem;
pub mod recurrence;
pub mod session;
pub mod status_page;
pub mod subscriber;
pub mod system;
pub mod template;
pub mod text;
pub mod time;
pub mod uptime;
pub mod validate;

pub use id::*;
pub use patch::Patch;
pub use problem::{Code, FieldError, Problem};
pub use time::Timestamp;
pub use validate::{Check, Validate};
