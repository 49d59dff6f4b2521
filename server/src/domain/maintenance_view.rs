//! Maintenance as it is read: rows of four tables put together in a fixed number of queries.

use std::collections::HashMap;

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};
use shared::incident::AffectedComponent;
use shared::maintenance::{Maintenance, MaintenanceUpdate};
use shared::status_page::{PublicEffect, PublicMaintenance, PublicMaintenanceUpdate};
use shared::{Coded, MaintenanceId};

use crate::entity::{component, maintenance, maintenance_component, maintenance_update};
use crate::error::{Error, Result};

/// One maintenance with its timeline.
pub async fn view(conn: &impl ConnectionTrait, row: maintenance::Model) -> Result<Maintenance> {
    views(conn, vec![row])
        .await?
        .pop()
        .ok_or_else(|| Error::not_found("maintenance"))
}

/// Maintenance with timelines, in the order given.
pub async fn views(conn: &impl ConnectionTrait, rows: Vec<maintenance::Model>) -> Result<Vec<Maintenance>> {
    let ids: Vec<MaintenanceId> = rows.iter().map(|row| row.id).collect();
    let mut components = affected(conn, &ids).await?;
    let mut updates = timelines(conn, &ids).await?;
    let view = |row: maintenance::Model| {
        let components = components.remove(&row.id).unwrap_or_default();
        let updates = updates.remove(&row.id).unwrap_or_default();
        assemble(row, components, updates)
    };
    Ok(rows.into_iter().map(view).collect())
}

fn assemble(
    row: maintenance::Model,
    components: Vec<AffectedComponent>,
    updates: Vec<MaintenanceUpdate>,
) -> Maintenance {
    let maintenance::Model {
        id,
        page_id,
        title,
        message,
        status,
        starts_at,
        ends_at,
        actual_started_at,
        actual_ended_at,
        starts_by_itself,
        ends_by_itself,
        is_quiet,
        reminder_minutes,
        reminded_at,
        recurrence,
        recurrence_time_zone,
        series_id,
        series_starts_at: _,
        occurs_at: _,
        created_at,
        updated_at,
    } = row;
    Maintenance {
        id,
        code: id.code(),
        page_id,
        title,
        message,
        status,
        components,
        updates,
        starts_at,
        ends_at,
        actual_started_at,
        actual_ended_at,
        starts_by_itself,
        ends_by_itself,
        is_quiet,
        reminder_minutes: reminder_minutes.and_then(|minutes| u32::try_from(minutes).ok()),
        reminded_at,
        recurrence,
        recurrence_time_zone,
        series_id,
        created_at,
        updated_at,
    }
}

async fn affected(
    conn: &impl ConnectionTrait,
    ids: &[MaintenanceId],
) -> Result<HashMap<MaintenanceId, Vec<AffectedComponent>>> {
    let rows = maintenance_component::Entity::find()
        .find_also_related(component::Entity)
        .filter(maintenance_component::Column::MaintenanceId.is_in(ids.to_vec()))
        .order_by_asc(component::Column::Position)
        .order_by_asc(component::Column::Id)
        .all(conn)
        .await?;
    let mut found: HashMap<_, Vec<_>> = HashMap::new();
    for (part, component) in rows {
        let Some(component) = component else { continue };
        let affected = AffectedComponent {
            id: component.id,
            name: component.name,
            status: part.status,
        };
        found.entry(part.maintenance_id).or_default().push(affected);
    }
    Ok(found)
}

async fn timelines(
    conn: &impl ConnectionTrait,
    ids: &[MaintenanceId],
) -> Result<HashMap<MaintenanceId, Vec<MaintenanceUpdate>>> {
    let rows = maintenance_update::Entity::find()
        .filter(maintenance_update::Column::MaintenanceId.is_in(ids.to_vec()))
        .order_by_desc(maintenance_update::Column::CreatedAt)
        .order_by_desc(maintenance_update::Column::Id)
        .all(conn)
        .await?;
    let mut found: HashMap<_, Vec<_>> = HashMap::new();
    for row in rows {
        let maintenance_update::Model {
            id,
            maintenance_id,
            status,
            message,
            author_id: _,
            author_name,
            created_at,
        } = row;
        let update = MaintenanceUpdate {
            id,
            status,
            message,
            author: author_name,
            created_at,
        };
        found.entry(maintenance_id).or_default().push(update);
    }
    Ok(found)
}

/// What visitors may know of it: no author, no component that is not public.
pub fn public(maintenance: Maintenance, is_public: impl Fn(&AffectedComponent) -> bool) -> PublicMaintenance {
    let components = maintenance.components.iter().filter(|part| is_public(part));
    let update = |update: MaintenanceUpdate| PublicMaintenanceUpdate {
        id: update.id.code(),
        status: update.status,
        message: update.message,
        created_at: update.created_at,
    };
    PublicMaintenance {
        id: maintenance.code,
        title: maintenance.title,
        message: maintenance.message,
        status: maintenance.status,
        components: components.map(PublicEffect::of).collect(),
        updates: maintenance.updates.into_iter().map(update).collect(),
        starts_at: maintenance.starts_at,
        ends_at: maintenance.ends_at,
        actual_started_at: maintenance.actual_started_at,
        actual_ended_at: maintenance.actual_ended_at,
        updated_at: maintenance.updated_at,
    }
}
