//! What the pages are made of.

pub mod words;
