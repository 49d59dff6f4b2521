//! The server: an API over a database, workers over a queue, and the public page.
//!
//! Floors only look down (the table is in ARCHITECTURE.md, and a test reads it):
//! `api`, `site`, `jobs` → `domain` → `auth` → `entity`, `context`.

pub mod api;
pub mod app;
pub mod auth;
pub mod backup;
pub mod cli;
pub mod config;
pub mod context;
pub mod demo;
pub mod doctor;
pub mod domain;
pub mod entity;
pub mod error;
pub mod http;
pub mod jobs;
pub mod metrics;
pub mod notify;
pub mod outbound;
pub mod site;
#[cfg(test)]
mod testing;
