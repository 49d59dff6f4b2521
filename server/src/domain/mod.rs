//! Use cases and queries, one file per resource. No HTTP, no mail, no apalis.

pub mod paging;
pub mod revision;
