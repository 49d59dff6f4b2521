//! Building blocks that know nothing of status pages.

pub mod icon;
pub mod markdown;
