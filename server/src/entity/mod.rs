//! One file per table: its row, and at the end how a row becomes what is sent.

pub mod attempt;
pub mod audit;
pub mod component;
pub mod component_group;
pub mod delivery;
pub mod event;
pub mod idempotency;
pub mod incident;
pub mod incident_component;
pub mod incident_update;
pub mod incident_update_component;
pub mod maintenance;
pub mod maintenance_component;
pub mod maintenance_update;
pub mod member;
pub mod outbox;
pub mod page;
pub mod session;
pub mod setting;
pub mod sign_in_throttle;
pub mod status_change;
pub mod subscriber;
pub mod subscription;
pub mod subscription_scope;
pub mod uptime_day;
