//! Stories at the doors people use, on every database, and the tests of the house itself.

#![allow(clippy::unwrap_used, clippy::expect_used)]

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
mod incident_clock;
mod incident_entry;
mod incident_merge;
mod killed;
mod locales;
mod long_history;
mod mail_faults;
mod mail_tls;
mod maintenance;
mod metric;
mod migrations;
mod openapi_drift;
mod public_page;
mod replica;
mod rolling_restart;
mod rude_clients;
mod subscribers;
mod two_nodes;
mod uptime;
mod uptime_rules;
mod visibility;
mod wire_agreement;
