//! The test house: a server of one's own for each story, on each database, with a clock that stands still and a mailbox.
//!
//! A story is written once with [`on_every_database!`] and told three times, as `sqlite::…`, `postgres::…` and `mysql::…`.
//! [`TestApp`] is the whole product on a loopback port; what a story does to it, it does through the doors people use.

// The harness exists for tests, where a failure should stop the story at once and say where.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::{Duration, Instant};

pub mod app;
pub mod client;
pub mod clock;
pub mod db;
pub mod kannel;
pub mod mailbox;
pub mod node;
mod post;
pub mod prometheus;
pub mod receiver;
mod seal;
pub mod seed;
pub mod servers;

pub use app::TestApp;
pub use client::{Client, Refusal, Told};
pub use clock::{days, hours, minutes, seconds};
pub use db::{DatabaseKind, TestDatabase};
pub use mailbox::{Letter, Mailbox, Manner, Mood, Protection};
pub use node::Node;
pub use receiver::Receiver;

/// Tells each story on each database.
///
/// ```ignore
/// harness::on_every_database! {
///     /// What someone would say about it.
///     async fn incidents_can_be_resolved(app: TestApp) { … }
/// }
/// ```
#[macro_export]
macro_rules! on_every_database {
    ($($(#[$meta:meta])* async fn $name:ident($app:ident: TestApp) $body:block)+) => {
        mod story {
            #[allow(unused_imports)]
            use super::*;
            $($(#[$meta])* pub async fn $name($app: $crate::TestApp) $body)+
        }
        $crate::on_every_database!(@told sqlite, Sqlite, $($name),+);
        $crate::on_every_database!(@told postgres, Postgres, $($name),+);
        $crate::on_every_database!(@told mysql, MySql, $($name),+);
    };
    (@told $module:ident, $kind:ident, $($name:ident),+) => {
        mod $module {
            $(#[test] fn $name() { $crate::app::tell($crate::DatabaseKind::$kind, super::story::$name); })+
        }
    };
}

/// Waits until something is so that nothing announces, and says what did not come true.
pub async fn until(what: &str, is_so: impl AsyncFn() -> bool) {
    const PATIENCE: Duration = Duration::from_secs(60);
    let began = Instant::now();
    while !is_so().await {
        assert!(began.elapsed() < PATIENCE, "after {PATIENCE:?} still not so: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// The server's binary: the one `SIGNET_TEST_BIN` names, else the one cargo built beside this test.
pub fn binary() -> String {
    std::env::var("SIGNET_TEST_BIN").unwrap_or_else(|_| {
        let this = std::env::current_exe().expect("a test has a path");
        let folder = this
            .parent()
            .and_then(std::path::Path::parent)
            .expect("target/debug/deps");
        folder.join("signet").display().to_string()
    })
}
