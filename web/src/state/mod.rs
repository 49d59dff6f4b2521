//! What the whole console knows: who is signed in, which page is worked on, what is half written.

pub mod browser;
pub mod draft;
pub mod page;
pub mod problem;
pub mod session;
pub mod time;
