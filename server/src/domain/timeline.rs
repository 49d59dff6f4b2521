//! What visitors saw of each component, from when on, and why: the append-only `status_change` timeline.

use std::collections::HashMap;

use sea_orm::sea_query::{Expr, Query, SimpleExpr};
use sea_orm::{
    ActiveValue::NotSet, ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QuerySelect, Set,
};
use shared::component::ComponentStatus;
use shared::event::Event;
use shared::maintenance::MaintenanceStatus;
use shared::status_page::Cause;
use shared::{ComponentId, PageId, Timestamp};

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

    pub const fn maintenance(id: shared::MaintenanceId) -> Self {
        Self {
            cause: Cause::Maintenance,
            id: Some(id.0),
            notify: false,
        }
    }
}

/// What the running maintenance of a component does to it.
#[derive(Debug, Clone, Copy)]
struct Work {
    status: ComponentStatus,
    is_quiet: bool,
}

/// What stands between the baselines of some components and what visitors see.
#[derive(Debug)]
pub struct Influences {
    maintained: HashMap<ComponentId, Work>,
    incidents: HashMap<ComponentId, Vec<ComponentStatus>>,
}

impl Influences {
    /// In a fixed number of queries.
    pub async fn load(conn: &impl ConnectionTrait, ids: &[ComponentId], now: Timestamp) -> Result<Self> {
        Ok(Self {
            maintained: under_maintenance(conn, ids).await?,
            incidents: incident_effects(conn, ids, now).await?,
        })
    }

    /// What visitors see of a component.
    pub fn effective(&self, row: &component::Model) -> ComponentStatus {
        let maintenance = self.maintained.get(&row.id).map(|work| work.status);
        let incidents = self.incidents.get(&row.id).into_iter().flatten().copied();
        status::effective(row.status, maintenance, incidents)
    }

    /// True if nobody is to be mailed about the component alone: it is worked on quietly.
    fn is_quiet(&self, id: ComponentId) -> bool {
        self.maintained.get(&id).is_some_and(|work| work.is_quiet)
    }

    /// The reason as far as it is told: of what is worked on quietly nothing is.
    pub fn tells(&self, id: ComponentId, reason: Reason) -> Reason {
        Reason {
            notify: reason.notify && !self.is_quiet(id),
            ..reason
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
    let influences = Influences::load(conn, &ids, now).await?;
    Ok(rows.iter().map(|row| (row.id, influences.effective(row))).collect())
}

/// Compares what visitors would see now with what the timeline says they saw last, and writes down each difference.
/// Call it after a change, with the components it can have touched.
pub async fn record(tx: &mut Tx<'_>, ids: &[ComponentId], reason: Reason) -> Result<()> {
    let rows = component::Entity::find()
        .filter(component::Column::Id.is_in(ids.to_vec()))
        .all(tx.conn())
        .await?;
    let influences = Influences::load(tx.conn(), ids, tx.now()).await?;
    let seen = last_seen(tx.conn(), ids).await?;
    let mut changes = Vec::new();
    let mut told = Vec::new();
    for row in &rows {
        let (from, to) = (seen.get(&row.id).copied(), influences.effective(row));
        if from != Some(to) {
            changes.push(change(row, from, to, reason, tx.now()));
            told.extend(news(row, from, to, influences.tells(row.id, reason)));
            tx.touch(row.page_id);
        }
    }
    if !changes.is_empty() {
        status_change::Entity::insert_many(changes)
            .exec_without_returning(tx.conn())
            .await?;
    }
    tx.emit_all(&told).await
}

/// An entry of the timeline.
pub fn change(
    row: &component::Model,
    from: Option<ComponentStatus>,
    to: ComponentStatus,
    reason: Reason,
    now: Timestamp,
) -> status_change::ActiveModel {
    status_change::ActiveModel {
        id: NotSet,
        page_id: Set(row.page_id),
        component_id: Set(row.id),
        from_status: Set(from.unwrap_or(ComponentStatus::Unknown)),
        to_status: Set(to),
        cause: Set(reason.cause),
        cause_id: Set(reason.id),
        created_at: Set(now),
    }
}

/// What subscribers hear of it: nothing of what is not public, nor of a component's first status.
pub fn news(
    row: &component::Model,
    from: Option<ComponentStatus>,
    to: ComponentStatus,
    reason: Reason,
) -> Option<(PageId, Event, String)> {
    let from = from.filter(|_| reason.notify && row.is_public)?;
    let event = Event::ComponentStatusChanged {
        component: row.id,
        from,
        to,
    };
    Some((row.page_id, event, row.name.clone()))
}

/// What the timeline says visitors saw last, in one query; it reads one entry for each component, however long its history.
pub async fn last_seen(
    conn: &impl ConnectionTrait,
    ids: &[ComponentId],
) -> Result<HashMap<ComponentId, ComponentStatus>> {
    let newest = Query::select()
        .column((status_change::Entity, status_change::Column::ToStatus))
        .from(status_change::Entity)
        .and_where(
            Expr::col((status_change::Entity, status_change::Column::ComponentId))
                .equals((component::Entity, component::Column::Id)),
        )
        .order_by((status_change::Entity, status_change::Column::Id), sea_orm::Order::Desc)
        .limit(1)
        .to_owned();
    let seen: Vec<(ComponentId, Option<ComponentStatus>)> = component::Entity::find()
        .select_only()
        .column(component::Column::Id)
        .column_as(SimpleExpr::SubQuery(None, Box::new(newest.into())), "seen")
        .filter(component::Column::Id.is_in(ids.to_vec()))
        .into_tuple()
        .all(conn)
        .await?;
    Ok(seen.into_iter().filter_map(|(id, seen)| Some((id, seen?))).collect())
}

/// True if there are components and all of them are worked on quietly.
pub async fn is_quiet(conn: &impl ConnectionTrait, ids: &[ComponentId]) -> Result<bool> {
    let maintained = under_maintenance(conn, ids).await?;
    let is_quiet = |id| maintained.get(id).is_some_and(|work| work.is_quiet);
    Ok(!ids.is_empty() && ids.iter().all(is_quiet))
}

async fn under_maintenance(conn: &impl ConnectionTrait, ids: &[ComponentId]) -> Result<HashMap<ComponentId, Work>> {
    let running = [MaintenanceStatus::InProgress, MaintenanceStatus::Verifying];
    let rows = maintenance_component::Entity::find()
        .find_also_related(maintenance::Entity)
        .filter(maintenance::Column::Status.is_in(running))
        .filter(maintenance_component::Column::ComponentId.is_in(ids.to_vec()))
        .all(conn)
        .await?;
    let mut found: HashMap<ComponentId, Work> = HashMap::new();
    for (part, maintenance) in rows {
        let is_quiet = maintenance.is_some_and(|maintenance| maintenance.is_quiet);
        let work = found.entry(part.component_id).or_insert(Work {
            status: part.status,
            is_quiet,
        });
        work.status = work.status.worse(part.status);
        work.is_quiet |= is_quiet;
    }
    Ok(found)
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
