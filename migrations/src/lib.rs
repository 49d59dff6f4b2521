//! The history of the database schema, the same on SQLite, PostgreSQL and MySQL. Applied in this order, each once.

mod column;
mod m20261124_000001_pages_and_components;
mod m20261124_000002_incidents_and_maintenance;
mod m20261124_000003_members;
mod m20261124_000004_subscribers;
mod m20261124_000005_events_and_jobs;
mod m20261124_000006_uptime;
mod m20261124_000007_maintenance_timeline;
mod m20261124_000008_incidents_in_full;
mod m20261124_000009_writings;
mod m20261124_000010_metrics;
mod m20261124_000011_uptime_rules;
mod m20261125_000012_deliveries_of_maintenance;
mod m20261125_000013_channels;

use sea_orm_migration::{MigrationTrait, async_trait};
pub use sea_orm_migration::{MigratorTrait, SchemaManager};

/// The ordered list.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261124_000001_pages_and_components::Migration),
            Box::new(m20261124_000002_incidents_and_maintenance::Migration),
            Box::new(m20261124_000003_members::Migration),
            Box::new(m20261124_000004_subscribers::Migration),
            Box::new(m20261124_000005_events_and_jobs::Migration),
            Box::new(m20261124_000006_uptime::Migration),
            Box::new(m20261124_000007_maintenance_timeline::Migration),
            Box::new(m20261124_000008_incidents_in_full::Migration),
            Box::new(m20261124_000009_writings::Migration),
            Box::new(m20261124_000010_metrics::Migration),
            Box::new(m20261124_000011_uptime_rules::Migration),
            Box::new(m20261125_000012_deliveries_of_maintenance::Migration),
            Box::new(m20261125_000013_channels::Migration),
        ]
    }
}
