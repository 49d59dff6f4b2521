//! Building blocks that know nothing of status pages.

pub mod icon;
pub mod markdown;
pub mod prose;
pub mod time_ago;
