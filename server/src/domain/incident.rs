//! Incidents: opened, updated, resolved, reopened. What visitors see of components follows from them.
//!
//! `incident_edit` changes what an incident is, `incident_entry` what its timeline says, `incident_merge` makes one of two,
//! and `incident_clock` does what is due.

use sea_orm::{
    ActiveModelTrait, ActiveValue::NotSet, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, JoinType,
    QueryFilter, QuerySelect, RelationTrait, Set,
};
use shared::access::Permission;
use shared::component::ComponentStatus;
use shared::event::Event;
use shared::incident::{
    ComponentEffect, Impact, Incident, IncidentSort, IncidentStatus, NewIncident, NewIncidentUpdate, ReopenIncident,
    ResolveIncident, Visibility,
};
use shared::list::{IncidentList, Order};
use shared::problem::FieldCode;
use shared::{ComponentId, IncidentId, PageId, Timestamp, Validate};

use super::incident_edit::check_publish_at;
use super::incident_timeline::{append, effects, place};
use super::incident_view::view;
use super::paging::{Paging, SortKey};
use super::timeline::{self, Reason};
use super::{component, correction, incident_detail, incident_view, page, revision, search, status};
use crate::context::{Audit, Ctx, Tx};
use crate::entity::{component as component_row, incident, incident_component};
use crate::error::{Error, Result};

/// Which incidents a list holds, and in which order.
#[derive(Debug, Default)]
pub struct IncidentFilter {
    pub page_id: Option<PageId>,
    pub status: Option<IncidentStatus>,
    pub is_open: Option<bool>,
    pub is_draft: Option<bool>,
    /// Drafts that publish themselves.
    pub is_scheduled: Option<bool>,
    /// Those that were merged into another, which are left out otherwise.
    pub is_merged: bool,
    pub tag: Option<String>,
    pub component_id: Option<ComponentId>,
    /// Part of the title.
    pub q: Option<String>,
    pub sort: Option<IncidentSort>,
    pub order: Option<Order>,
}

pub async fn list(cx: &Ctx, filter: IncidentFilter, paging: &Paging) -> Result<IncidentList> {
    cx.actor.require(Permission::ReadConsole)?;
    let sort = filter.sort.unwrap_or(IncidentSort::StartedAt);
    let (column, order) = match sort {
        IncidentSort::StartedAt => (incident::Column::StartedAt, filter.order.unwrap_or(Order::Desc)),
        IncidentSort::UpdatedAt => (incident::Column::UpdatedAt, filter.order.unwrap_or(Order::Desc)),
    };
    let rows = paging
        .apply(matching(filter)?, column, incident::Column::Id, order)
        .all(&cx.db)
        .await?;
    let key = |row: &incident::Model| match sort {
        IncidentSort::StartedAt => SortKey::Number(row.started_at.as_millis()),
        IncidentSort::UpdatedAt => SortKey::Number(row.updated_at.as_millis()),
    };
    let (rows, next_cursor) = paging.cut(rows, |row| (key(row), row.id.0));
    Ok(IncidentList {
        items: incident_view::views(&cx.db, rows, cx.clock.now()).await?,
        next_cursor,
    })
}

fn matching(filter: IncidentFilter) -> Result<sea_orm::Select<incident::Entity>> {
    let mut query = incident::Entity::find();
    if let Some(page_id) = filter.page_id {
        query = query.filter(incident::Column::PageId.eq(page_id));
    }
    if let Some(status) = filter.status {
        query = query.filter(incident::Column::Status.eq(status));
    }
    match filter.is_open {
        Some(true) => query = query.filter(incident::Column::Status.ne(IncidentStatus::Resolved)),
        Some(false) => query = query.filter(incident::Column::Status.eq(IncidentStatus::Resolved)),
        None => {}
    }
    match filter.is_draft {
        Some(true) => query = query.filter(incident::Column::PublishedAt.is_null()),
        Some(false) => query = query.filter(incident::Column::PublishedAt.is_not_null()),
        None => {}
    }
    match filter.is_scheduled {
        Some(true) => query = query.filter(incident::Column::PublishAt.is_not_null()),
        Some(false) => query = query.filter(incident::Column::PublishAt.is_null()),
        None => {}
    }
    query = if filter.is_merged {
        query.filter(incident::Column::MergedInto.is_not_null())
    } else {
        query.filter(incident::Column::MergedInto.is_null())
    };
    if let Some(tag) = &filter.tag {
        query = query.filter(incident_detail::tagged(tag)?);
    }
    if let Some(component) = filter.component_id {
        query = query
            .join_rev(JoinType::InnerJoin, incident_component::Relation::Incident.def())
            .filter(incident_component::Column::ComponentId.eq(component));
    }
    if let Some(q) = search::words(filter.q)? {
        query = query.filter(search::contains(incident::Column::Title, &q));
    }
    Ok(query)
}

pub async fn get(cx: &Ctx, id: IncidentId) -> Result<Incident> {
    cx.actor.require(Permission::ReadConsole)?;
    let row = find(&cx.db, id).await?;
    view(&cx.db, row, cx.clock.now()).await
}

/// Opens an incident, or keeps it as a draft, or writes down one that is over.
pub async fn create(cx: &Ctx, input: NewIncident) -> Result<Incident> {
    cx.actor.require(Permission::ManageIncidents)?;
    input.validate()?;

    let page = page::resolve(cx, input.page_id).await?.id;
    let mut tx = cx.begin().await?;
    check_times(&input, tx.now())?;
    check_components(&tx, page, &input.components).await?;
    let row = insert(&tx, page, &input).await?;
    incident_detail::set_tags(&tx, row.id, &input.tags).await?;
    let at = row.last_update_at;
    let update = append(&tx, &row, row.status, &input.message, &input.components, at).await?;
    let incident = row.id;
    let event = if row.status.is_open() {
        Event::IncidentOpened { incident, update }
    } else {
        Event::IncidentResolved { incident, update }
    };
    // Of what is long over nobody is told unless asked for.
    let notify = input.notify.unwrap_or(input.resolved_at.is_none());
    tell(&mut tx, &row, Some(notify), event).await?;
    finish(tx, row, "incident.open", None).await
}

/// Adds an entry to the timeline.
pub async fn add_update(cx: &Ctx, id: IncidentId, input: NewIncidentUpdate) -> Result<Incident> {
    cx.actor.require(Permission::ManageIncidents)?;
    input.validate()?;
    if input.status == Some(IncidentStatus::Resolved) {
        return Err(Error::field(
            "status",
            FieldCode::NotAllowed,
            "resolving has an operation of its own: POST /incidents/{id}/resolve",
        ));
    }

    let mut tx = cx.begin().await?;
    let before = lock(&tx, id).await?;
    not_merged(&before)?;
    let place = place(&tx, &before, input.created_at).await?;
    let next = input.status.unwrap_or(place.before);
    check_components(&tx, before.page_id, &input.components).await?;
    let was = view(tx.conn(), before.clone(), tx.now()).await?;
    let update = append(&tx, &before, next, &input.message, &input.components, place.at).await?;
    let row = if place.is_latest {
        stands(before, next, place.at)
    } else {
        before
    };
    let row = save(&tx, row).await?;
    let notify = input.notify.unwrap_or(place.is_latest);
    let event = Event::IncidentUpdated { incident: id, update };
    tell(&mut tx, &row, Some(notify), event).await?;
    finish(tx, row, "incident.update", Some(was)).await
}

/// Ends an incident. Its components go back to their baseline by themselves.
pub async fn resolve(cx: &Ctx, id: IncidentId, input: ResolveIncident) -> Result<Incident> {
    cx.actor.require(Permission::ManageIncidents)?;
    input.validate()?;

    let mut tx = cx.begin().await?;
    let before = lock(&tx, id).await?;
    not_merged(&before)?;
    if !before.status.may_become(IncidentStatus::Resolved) {
        return Err(Error::conflict("the incident is resolved already"));
    }
    let was = view(tx.conn(), before.clone(), tx.now()).await?;
    let now = tx.now();
    let update = append(&tx, &before, IncidentStatus::Resolved, &input.message, &[], now).await?;
    let row = save(&tx, stands(before, IncidentStatus::Resolved, now)).await?;
    if input.restore_components.unwrap_or(false) {
        restore_components(&tx, id).await?;
    }
    tell(
        &mut tx,
        &row,
        input.notify,
        Event::IncidentResolved { incident: id, update },
    )
    .await?;
    finish(tx, row, "incident.resolve", Some(was)).await
}

/// Opens a resolved incident again.
pub async fn reopen(cx: &Ctx, id: IncidentId, input: ReopenIncident) -> Result<Incident> {
    cx.actor.require(Permission::ManageIncidents)?;
    input.validate()?;

    let mut tx = cx.begin().await?;
    let before = lock(&tx, id).await?;
    not_merged(&before)?;
    if before.status.is_open() {
        return Err(Error::conflict("the incident is open: there is nothing to reopen"));
    }
    let next = input.status.unwrap_or(IncidentStatus::Investigating);
    let was = view(tx.conn(), before.clone(), tx.now()).await?;
    let now = tx.now();
    let update = append(&tx, &before, next, &input.message, &[], now).await?;
    let row = save(&tx, stands(before, next, now)).await?;
    tell(
        &mut tx,
        &row,
        input.notify,
        Event::IncidentOpened { incident: id, update },
    )
    .await?;
    finish(tx, row, "incident.reopen", Some(was)).await
}

pub async fn delete(cx: &Ctx, id: IncidentId) -> Result<()> {
    cx.actor.require(Permission::ManageIncidents)?;
    let mut tx = cx.begin().await?;
    let row = lock(&tx, id).await?;
    let was = view(tx.conn(), row.clone(), tx.now()).await?;
    let touched: Vec<ComponentId> = was.components.iter().map(|part| part.id).collect();
    incident::Entity::delete_by_id(id).exec(tx.conn()).await?;
    timeline::record(&mut tx, &touched, Reason::incident(id)).await?;
    if status::is_visible(&row) {
        tx.touch(row.page_id);
    }
    tx.commit(Audit::of("incident.delete", id.0, &was.title).before(&was))
        .await
}

/// The last lines of every write: what it does to components, the impact that follows, the trail, the answer. Of what
/// visitors see neither before nor after it not even that there was something is told.
pub async fn finish(
    mut tx: Tx<'_>,
    row: incident::Model,
    action: &'static str,
    before: Option<Incident>,
) -> Result<Incident> {
    let effects = effects(tx.conn(), row.id).await?;
    let row = set_impact(&tx, row, &effects).await?;
    let touched: Vec<ComponentId> = effects.iter().map(|effect| effect.component_id).collect();
    timeline::record(&mut tx, &touched, Reason::incident(row.id)).await?;
    if status::is_visible(&row) && before.as_ref().is_none_or(|was| was.is_draft) {
        correction::of_late_incident(&tx, &row, &effects).await?;
    }
    let was_visible = |was: &Incident| !was.is_draft && was.visibility == Visibility::Public;
    if status::is_visible(&row) || before.as_ref().is_some_and(was_visible) {
        tx.touch(row.page_id);
    }
    let after = view(tx.conn(), row, tx.now()).await?;
    let mut audit = Audit::of(action, after.id.0, &after.title).after(&after);
    if let Some(before) = before {
        audit = audit.before(&before);
    }
    tx.commit(audit).await?;
    Ok(after)
}

/// Of what is about nothing but components that are worked on quietly, nobody hears.
pub async fn tell(tx: &mut Tx<'_>, row: &incident::Model, notify: Option<bool>, event: Event) -> Result<()> {
    if notify.unwrap_or(true) && status::is_visible(row) && !is_quiet(tx, row.id).await? {
        tx.emit(row.page_id, &event, &row.title).await?;
    }
    Ok(())
}

async fn is_quiet(tx: &Tx<'_>, id: IncidentId) -> Result<bool> {
    let effects = effects(tx.conn(), id).await?;
    let ids: Vec<ComponentId> = effects.iter().map(|effect| effect.component_id).collect();
    timeline::is_quiet(tx.conn(), &ids).await
}

pub async fn find(conn: &impl ConnectionTrait, id: IncidentId) -> Result<incident::Model> {
    incident::Entity::find_by_id(id)
        .one(conn)
        .await?
        .ok_or_else(|| Error::not_found("incident"))
}

/// Reads the row so that another writer waits: two updates at once get in line.
pub async fn lock(tx: &Tx<'_>, id: IncidentId) -> Result<incident::Model> {
    incident::Entity::find_by_id(id)
        .lock_exclusive()
        .one(tx.conn())
        .await?
        .ok_or_else(|| Error::not_found("incident"))
}

/// What was merged into another incident has no life of its own.
fn not_merged(row: &incident::Model) -> Result<()> {
    match row.merged_into {
        None => Ok(()),
        Some(into) => Err(Error::conflict(format!(
            "the incident is merged into incident {into}: go on there"
        ))),
    }
}

async fn insert(tx: &Tx<'_>, page: PageId, input: &NewIncident) -> Result<incident::Model> {
    let now = tx.now();
    let status = match input.resolved_at {
        Some(_) => IncidentStatus::Resolved,
        None => input.status.unwrap_or(IncidentStatus::Investigating),
    };
    let is_draft = input.is_draft.unwrap_or(input.publish_at.is_some());
    let computed = Impact::of(input.components.iter().map(|effect| effect.status));
    let row = incident::ActiveModel {
        id: NotSet,
        page_id: Set(page),
        title: Set(input.title.clone()),
        status: Set(status),
        impact: Set(input.impact.unwrap_or(computed)),
        is_impact_set: Set(input.impact.is_some()),
        visibility: Set(input.visibility.unwrap_or(Visibility::Public)),
        published_at: Set((!is_draft).then_some(now)),
        started_at: Set(input.started_at.unwrap_or(now)),
        resolved_at: Set((!status.is_open()).then(|| input.resolved_at.unwrap_or(now))),
        last_update_at: Set(input.resolved_at.unwrap_or(now)),
        created_at: Set(now),
        updated_at: Set(now),
        publish_at: Set(input.publish_at),
        notify_on_publish: Set(input.notify.unwrap_or(true)),
        is_sticky: Set(input.is_sticky.unwrap_or(false)),
        merged_into: Set(None),
        team_reminded_at: Set(None),
        links: Set(incident_detail::written_links(&input.links)?),
        metadata: Set(incident_detail::written_metadata(&input.metadata)?),
    };
    Ok(row.insert(tx.conn()).await?)
}

/// An incident that stands like that since a moment.
fn stands(row: incident::Model, status: IncidentStatus, since: Timestamp) -> incident::Model {
    incident::Model {
        status,
        resolved_at: (!status.is_open()).then_some(since),
        last_update_at: since,
        ..row
    }
}

/// Writes the row as another revision.
pub async fn save(tx: &Tx<'_>, row: incident::Model) -> Result<incident::Model> {
    let next = incident::Model {
        updated_at: revision::next(row.updated_at, tx.now()),
        ..row
    };
    Ok(next.into_active_model().reset_all().update(tx.conn()).await?)
}

/// Computes the impact anew, unless it was set by hand.
pub async fn set_impact(
    tx: &Tx<'_>,
    row: incident::Model,
    effects: &[incident_component::Model],
) -> Result<incident::Model> {
    let impact = Impact::of(effects.iter().map(|effect| effect.status));
    // A resolved incident keeps the impact it had.
    if row.is_impact_set || row.impact == impact || !row.status.is_open() {
        return Ok(row);
    }
    Ok(incident::Model { impact, ..row }
        .into_active_model()
        .reset_all()
        .update(tx.conn())
        .await?)
}

async fn restore_components(tx: &Tx<'_>, id: IncidentId) -> Result<()> {
    for effect in effects(tx.conn(), id).await? {
        let row = component::find(tx.conn(), effect.component_id).await?;
        component::set_baseline(tx, row, ComponentStatus::Operational).await?;
    }
    Ok(())
}

/// Refuses what is not on the page.
pub(super) async fn check_components(tx: &Tx<'_>, page: PageId, effects: &[ComponentEffect]) -> Result<()> {
    let ids: Vec<ComponentId> = effects.iter().map(|effect| effect.id).collect();
    let known = component_row::Entity::find()
        .filter(component_row::Column::PageId.eq(page))
        .filter(component_row::Column::Id.is_in(ids.clone()))
        .all(tx.conn())
        .await?;
    match ids.iter().position(|id| known.iter().all(|row| row.id != *id)) {
        None => Ok(()),
        Some(i) => Err(Error::field(
            format!("components[{i}].id"),
            FieldCode::Unknown,
            format!("there is no component {} on this page", ids[i]),
        )),
    }
}

/// Refuses a beginning that is to come.
pub fn check_start(started_at: Timestamp, now: Timestamp) -> Result<()> {
    if started_at > now {
        return Err(Error::field("started_at", FieldCode::OutOfRange, "is in the future"));
    }
    Ok(())
}

fn check_times(input: &NewIncident, now: Timestamp) -> Result<()> {
    check_start(input.started_at.unwrap_or(now), now)?;
    if let Some(at) = input.publish_at {
        check_publish_at(at, now)?;
    }
    let flaw = |message| Err(Error::field("resolved_at", FieldCode::OutOfRange, message));
    match input.resolved_at {
        Some(end) if end > now => flaw("is in the future"),
        Some(end) if end < input.started_at.unwrap_or(now) => flaw("is before it began"),
        _ => Ok(()),
    }
}
