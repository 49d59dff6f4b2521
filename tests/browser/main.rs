//! Stories told in a real browser against the real binary: what people see and click.
//!
//! Screenshots are written to `tests/browser/shots/`, in light and dark, for a phone and a desk.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod accessibility;
mod admin_corrects_the_past;
mod admin_plans_maintenance;
mod admin_publishes_from_template;
mod admin_publishes_incident;
mod admin_writes_postmortem;
mod browser;
mod developer_reads_docs;
mod product;
mod visitor_prints_the_page;
mod visitor_reads_uptime;
mod visitor_subscribes;
