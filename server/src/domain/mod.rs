//! Use cases and queries, one file per resource. No HTTP, no mail, no apalis.

pub mod audit;
pub mod component;
pub mod component_group;
pub mod idempotency;
pub mod incident;
pub mod incident_view;
pub mod maintenance;
pub mod member;
pub mod page;
pub mod paging;
pub mod queue;
pub mod revision;
pub mod search;
pub mod session;
pub mod setup;
pub mod status;
pub mod status_page;
pub mod timeline;
