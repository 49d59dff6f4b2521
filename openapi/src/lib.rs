//! A client of the JSON API, made from `openapi.json` when this crate is built: one method per operation, named by it.
//!
//! Objects that [`shared`] knows are its types; the rest is in [`types`].

// Made by a program, which has a style of its own.
#![allow(clippy::all, clippy::pedantic, missing_docs, unused, mismatched_lifetime_syntaxes)]

include!(concat!(env!("OUT_DIR"), "/client.rs"));
