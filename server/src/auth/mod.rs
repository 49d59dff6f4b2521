//! From credentials to an [`Actor`](crate::context::Actor). What somebody may do is the domain's to ask.

pub mod link;
pub mod pass;
pub mod password;
pub mod session;
pub mod throttle;
pub mod token;
