//! From what someone shows (a password, a token, a link) to who they are.

pub mod link;
