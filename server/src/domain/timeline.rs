//! What visitors saw of each component, from when on, and why: the append-only `status_change` timeline.

use std::collections::HashMap;

use sea_orm::{
    ActiveModelTrait, ActiveValue::NotSet, ColumnTrait, ConnectionTrait, EntityTrait, JoinType, QueryFilter,
    QueryOrder, QuerySelect, RelationTrait, Set,
};
use shared::component::ComponentStatus;
use shared::event::Event;
use shared::maintenance::{MaintenanceStatus, STATUS_WHILE_RUNNING};
use shared::status_page::Cause;
use shared::{ComponentId, Timestamp};

use super::status;
use crate::context::{Actor, Tx};
use crate::entity::{component, incident, incident_component, maintenance, maintenance_component, status_change};
use crate::error::Result;

/// Why something changes, and what of it is told to subscribers.
#[derive(Debug, Clone, Copy)]
pub struct Reason {
    pub cause: Cause,
    pub id: Option<i64>,
    /// Tell subscribers of each component that looks different. Incidents have mails of their own.
    pub notify: bool,
}

impl Reason {
    /// Someone set it.
    pub fn set_by(actor: &Actor, notify: bool) -> Self {
        match actor {
            Actor::Member { id, .. } => Self {
                cause: Cause::Member,
                id: Some(id.0),
                notify,
            },
            Actor::Visitor | Actor::Subscriber { .. } | Actor::System(_) => Self {
                cause: Cause::System,
                id: None,
                notify,
            },
        }
    }

    pub const fn incident(id: shared::IncidentId) -> Self {
        Self {
            cause: Cause::Incident,
            id: Some(id.0),
            notify: false,
        }
    }
}

/// The effective status of components, in a fixed number of queries.
pub async fn effective(
    conn: &impl ConnectionTrait,
    rows: &[component::Model],
    now: Timestamp,
) -> Result<HashMap<ComponentId, ComponentStatus>> {
    let ids: Vec<ComponentId> = rows.iter().map(|row| row.id).collect();
    let maintained = under_maintenance(conn, &ids).await?;
    let mut incidents = incident_effects(conn, &ids, now).await?;
    let decide = |row: &component::Model| {
        let maintenance = maintained.contains(&row.id).then_some(STATUS_WHILE_RUNNING);
        (
            row.id,
            status::effective(row.status, maintenance, incidents.remove(&row.id).unwrap_or_default()),
        )
    };
    Ok(rows.iter().map(decide).collect())
}

/// Compares what visitors would see now with what the timeline says they saw last, and writes down each difference.
/// Call it after a change, with the components it can have touched.
pub async fn record(tx: &mut Tx<'_>, ids: &[ComponentId], reason: Reason) -> Result<()> {
    let rows = component::Entity::find()
        .filter(component::Column::Id.is_in(ids.to_vec()))
        .all(tx.conn())
        .await?;
    let now_seen = effective(tx.conn(), &rows, tx.now()).await?;
    let mut changed = Vec::new();
    for row in &rows {
        let from = last_seen(tx.conn(), row.id).await?;
        let to = now_seen.get(&row.id).copied().unwrap_or(row.status);
        if from != Some(to) {
            changed.push(row.page_id);
            append(tx, row, from.unwrap_or(ComponentStatus::Unknown), to, reason).await?;
        }
        if let (Some(from), true, true) = (from, reason.notify, row.is_public)
            && from != to
        {
            let event = Event::ComponentStatusChanged {
                component: row.id,
                from,
                to,
            };
            tx.emit(row.page_id, &event, &row.name).await?;
        }
    }
    for page in changed {
        tx.touch(page);
    }
    Ok(())
}

async fn append(
    tx: &Tx<'_>,
    row: &component::Model,
    from: ComponentStatus,
    to: ComponentStatus,
    reason: Reason,
) -> Result<()> {
    status_change::ActiveModel {
        id: NotSet,
        page_id: Set(row.page_id),
        component_id: Set(row.id),
        from_status: Set(from),
        to_status: Set(to),
        cause: Set(reason.cause),
        cause_id: Set(reason.id),
        created_at: Set(tx.now()),
    }
    .insert(tx.conn())
    .await?;
    Ok(())
}

async fn last_seen(conn: &impl ConnectionTrait, id: ComponentId) -> Result<Option<ComponentStatus>> {
    let last = status_change::Entity::find()
        .filter(status_change::Column::ComponentId.eq(id))
        .order_by_desc(status_change::Column::Id)
        .one(conn)
        .await?;
    Ok(last.map(|row| row.to_status))
}

async fn under_maintenance(conn: &impl ConnectionTrait, ids: &[ComponentId]) -> Result<Vec<ComponentId>> {
    let running = [MaintenanceStatus::InProgress, MaintenanceStatus::Verifying];
    let rows = maintenance_component::Entity::find()
        .join(JoinType::InnerJoin, maintenance_component::Relation::Maintenance.def())
        .filter(maintenance::Column::Status.is_in(running))
        .filter(maintenance_component::Column::ComponentId.is_in(ids.to_vec()))
        .all(conn)
        .await?;
    Ok(rows.into_iter().map(|row| row.component_id).collect())
}

async fn incident_effects(
    conn: &impl ConnectionTrait,
    ids: &[ComponentId],
    now: Timestamp,
) -> Result<HashMap<ComponentId, Vec<ComponentStatus>>> {
    let rows = incident_component::Entity::find()
        .find_also_related(incident::Entity)
        .filter(incident::Column::ResolvedAt.is_null())
        .filter(incident_component::Column::ComponentId.is_in(ids.to_vec()))
        .all(conn)
        .await?;
    let mut effects: HashMap<ComponentId, Vec<ComponentStatus>> = HashMap::new();
    for (effect, incident) in rows {
        if incident.is_some_and(|incident| status::counts(&incident, now)) {
            effects.entry(effect.component_id).or_default().push(effect.status);
        }
    }
    Ok(effects)
}
