//! Stories at the doors people use, on every database, and the tests of the house itself.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod announcement;
mod authz_coverage;
mod backup;
mod bad_input;
mod component;
mod crash;
mod embeds;
mod endurance;
mod faults;
mod feeds;
mod floors;
mod history;
mod incident;
mod killed;
mod locales;
mod mail_faults;
mod mail_tls;
mod maintenance;
mod migrations;
mod openapi_drift;
mod postmortem;
mod public_page;
mod replica;
mod rolling_restart;
mod rude_clients;
mod subscribers;
mod template;
mod two_nodes;
mod uptime;
mod uptime_rules;
mod wire_agreement;
