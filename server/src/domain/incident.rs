//! Incidents: opened, updated, resolved, reopened. What visitors see of components follows from them.

use sea_orm::{
    ActiveModelTrait, ActiveValue::NotSet, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, JoinType,
    QueryFilter, QuerySelect, RelationTrait, Set,
};
use shared::access::Permission;
use shared::component::ComponentStatus;
use shared::event::Event;
use shared::incident::{
    ComponentEffect, Impact, Incident, IncidentPatch, IncidentSort, IncidentStatus, NewIncident, NewIncidentUpdate,
    ReopenIncident, ResolveIncident, Visibility,
};
use shared::list::{IncidentList, Order};
use shared::problem::FieldCode;
use shared::{ComponentId, IncidentId, IncidentUpdateId, PageId, Timestamp, Validate};

use super::incident_view::view;
use super::paging::{Paging, SortKey};
use super::timeline::{self, Reason};
use super::{component, incident_view, page, revision, search, status};
use crate::context::{Audit, Ctx, Tx};
use crate::entity::{
    component as component_row, incident, incident_component, incident_update, incident_update_component,
};
use crate::error::{Error, Result};

/// Which incidents a list holds, and in which order.
#[derive(Debug, Default)]
pub struct IncidentFilter {
    pub page_id: Option<PageId>,
    pub status: Option<IncidentStatus>,
    pub is_open: Option<bool>,
    pub is_draft: Option<bool>,
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

/// Opens an incident, or keeps it as a draft.
pub async fn create(cx: &Ctx, input: NewIncident) -> Result<Incident> {
    cx.actor.require(Permission::ManageIncidents)?;
    input.validate()?;

    let page = page::resolve(cx, input.page_id).await?.id;
    let mut tx = cx.begin().await?;
    check_components(&tx, page, &input.components).await?;
    let row = insert(&tx, page, &input).await?;
    let update = append(&tx, &row, row.status, &input.message, &input.components).await?;
    let event = Event::IncidentOpened {
        incident: row.id,
        update,
    };
    tell(&mut tx, &row, input.notify, event).await?;
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
    let next = input.status.unwrap_or(before.status);
    if !before.status.is_open() {
        return Err(Error::conflict("the incident is resolved: reopen it first"));
    }
    check_components(&tx, before.page_id, &input.components).await?;
    let was = view(tx.conn(), before.clone(), tx.now()).await?;
    let update = append(&tx, &before, next, &input.message, &input.components).await?;
    let row = advance(&tx, before, next).await?;
    tell(
        &mut tx,
        &row,
        input.notify,
        Event::IncidentUpdated { incident: id, update },
    )
    .await?;
    finish(tx, row, "incident.update", Some(was)).await
}

/// Ends an incident. Its components go back to their baseline by themselves.
pub async fn resolve(cx: &Ctx, id: IncidentId, input: ResolveIncident) -> Result<Incident> {
    cx.actor.require(Permission::ManageIncidents)?;
    input.validate()?;

    let mut tx = cx.begin().await?;
    let before = lock(&tx, id).await?;
    if !before.status.may_become(IncidentStatus::Resolved) {
        return Err(Error::conflict("the incident is resolved already"));
    }
    let was = view(tx.conn(), before.clone(), tx.now()).await?;
    let update = append(&tx, &before, IncidentStatus::Resolved, &input.message, &[]).await?;
    let row = advance(&tx, before, IncidentStatus::Resolved).await?;
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
    if before.status.is_open() {
        return Err(Error::conflict("the incident is open: there is nothing to reopen"));
    }
    let next = input.status.unwrap_or(IncidentStatus::Investigating);
    let was = view(tx.conn(), before.clone(), tx.now()).await?;
    let update = append(&tx, &before, next, &input.message, &[]).await?;
    let row = advance(&tx, before, next).await?;
    tell(
        &mut tx,
        &row,
        input.notify,
        Event::IncidentOpened { incident: id, update },
    )
    .await?;
    finish(tx, row, "incident.reopen", Some(was)).await
}

/// Changes the incident itself; publishing a draft tells subscribers.
pub async fn update(cx: &Ctx, id: IncidentId, patch: IncidentPatch, expected: Option<Timestamp>) -> Result<Incident> {
    cx.actor.require(Permission::ManageIncidents)?;
    patch.validate()?;

    let mut tx = cx.begin().await?;
    let before = lock(&tx, id).await?;
    revision::unchanged(before.updated_at, expected)?;
    check_patch(&before, &patch, tx.now())?;
    let was = view(tx.conn(), before.clone(), tx.now()).await?;
    let was_visible = status::is_visible(&before);
    let notify = patch.notify;
    let row = apply(before, patch, tx.now())
        .into_active_model()
        .reset_all()
        .update(tx.conn())
        .await?;
    if !was_visible && was.is_draft && row.status.is_open() {
        let update = was.updates.first().map_or(IncidentUpdateId(0), |update| update.id);
        tell(&mut tx, &row, notify, Event::IncidentOpened { incident: id, update }).await?;
    }
    finish(tx, row, "incident.edit", Some(was)).await
}

pub async fn delete(cx: &Ctx, id: IncidentId) -> Result<()> {
    cx.actor.require(Permission::ManageIncidents)?;
    let mut tx = cx.begin().await?;
    let row = lock(&tx, id).await?;
    let was = view(tx.conn(), row.clone(), tx.now()).await?;
    let touched: Vec<ComponentId> = was.components.iter().map(|part| part.id).collect();
    incident::Entity::delete_by_id(id).exec(tx.conn()).await?;
    timeline::record(&mut tx, &touched, Reason::incident(id)).await?;
    tx.touch(row.page_id);
    tx.commit(Audit::of("incident.delete", id.0, &was.title).before(&was))
        .await
}

/// The last lines of every write: what it does to components, the impact that follows, the trail, the answer.
async fn finish(
    mut tx: Tx<'_>,
    row: incident::Model,
    action: &'static str,
    before: Option<Incident>,
) -> Result<Incident> {
    let effects = effects(tx.conn(), row.id).await?;
    let row = set_impact(&tx, row, &effects).await?;
    let touched: Vec<ComponentId> = effects.iter().map(|effect| effect.component_id).collect();
    timeline::record(&mut tx, &touched, Reason::incident(row.id)).await?;
    tx.touch(row.page_id);
    let after = view(tx.conn(), row, tx.now()).await?;
    let mut audit = Audit::of(action, after.id.0, &after.title).after(&after);
    if let Some(before) = before {
        audit = audit.before(&before);
    }
    tx.commit(audit).await?;
    Ok(after)
}

/// Of what is about nothing but components that are worked on quietly, nobody hears.
async fn tell(tx: &mut Tx<'_>, row: &incident::Model, notify: Option<bool>, event: Event) -> Result<()> {
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
pub(super) async fn lock(tx: &Tx<'_>, id: IncidentId) -> Result<incident::Model> {
    incident::Entity::find_by_id(id)
        .lock_exclusive()
        .one(tx.conn())
        .await?
        .ok_or_else(|| Error::not_found("incident"))
}

async fn insert(tx: &Tx<'_>, page: PageId, input: &NewIncident) -> Result<incident::Model> {
    let now = tx.now();
    let started_at = input.started_at.unwrap_or(now);
    check_start(started_at, now)?;
    let status = input.status.unwrap_or(IncidentStatus::Investigating);
    let row = incident::ActiveModel {
        id: NotSet,
        page_id: Set(page),
        title: Set(input.title.clone()),
        status: Set(status),
        impact: Set(input.impact.unwrap_or(Impact::None)),
        is_impact_set: Set(input.impact.is_some()),
        visibility: Set(input.visibility.unwrap_or(Visibility::Public)),
        published_at: Set((!input.is_draft.unwrap_or(false)).then_some(now)),
        started_at: Set(started_at),
        resolved_at: Set((!status.is_open()).then_some(now)),
        last_update_at: Set(now),
        created_at: Set(now),
        updated_at: Set(now),
    };
    Ok(row.insert(tx.conn()).await?)
}

/// Writes an entry, and for each component it names the incident's new word on it.
async fn append(
    tx: &Tx<'_>,
    row: &incident::Model,
    status: IncidentStatus,
    message: &str,
    components: &[ComponentEffect],
) -> Result<IncidentUpdateId> {
    let author = tx.cx.actor.member().ok();
    let update = incident_update::ActiveModel {
        id: NotSet,
        incident_id: Set(row.id),
        status: Set(status),
        message: Set(message.to_owned()),
        author_id: Set(author),
        author_name: Set(author.map(|_| tx.cx.actor.name().to_owned())),
        created_at: Set(tx.now()),
    }
    .insert(tx.conn())
    .await?;
    for effect in components {
        incident_update_component::ActiveModel {
            update_id: Set(update.id),
            component_id: Set(effect.id),
            status: Set(effect.status),
        }
        .insert(tx.conn())
        .await?;
        set_effect(tx, row.id, effect).await?;
    }
    Ok(update.id)
}

async fn set_effect(tx: &Tx<'_>, incident: IncidentId, effect: &ComponentEffect) -> Result<()> {
    incident_component::Entity::delete_by_id((incident, effect.id))
        .exec(tx.conn())
        .await?;
    incident_component::ActiveModel {
        incident_id: Set(incident),
        component_id: Set(effect.id),
        status: Set(effect.status),
    }
    .insert(tx.conn())
    .await?;
    Ok(())
}

async fn advance(tx: &Tx<'_>, row: incident::Model, status: IncidentStatus) -> Result<incident::Model> {
    let next = incident::Model {
        status,
        resolved_at: (!status.is_open()).then_some(tx.now()),
        last_update_at: tx.now(),
        updated_at: revision::next(row.updated_at, tx.now()),
        ..row
    };
    Ok(next.into_active_model().reset_all().update(tx.conn()).await?)
}

async fn set_impact(
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

async fn effects(conn: &impl ConnectionTrait, id: IncidentId) -> Result<Vec<incident_component::Model>> {
    Ok(incident_component::Entity::find()
        .filter(incident_component::Column::IncidentId.eq(id))
        .all(conn)
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

fn check_start(started_at: Timestamp, now: Timestamp) -> Result<()> {
    if started_at > now {
        return Err(Error::field("started_at", FieldCode::OutOfRange, "is in the future"));
    }
    Ok(())
}

fn check_patch(before: &incident::Model, patch: &IncidentPatch, now: Timestamp) -> Result<()> {
    if patch.is_draft == Some(true) && before.published_at.is_some() {
        return Err(Error::field(
            "is_draft",
            FieldCode::NotAllowed,
            "a published incident cannot become a draft again; hide it instead",
        ));
    }
    patch.started_at.map_or(Ok(()), |at| check_start(at, now))
}

fn apply(before: incident::Model, patch: IncidentPatch, now: Timestamp) -> incident::Model {
    let IncidentPatch {
        title,
        impact,
        visibility,
        is_draft,
        started_at,
        notify: _,
    } = patch;
    incident::Model {
        title: title.unwrap_or(before.title),
        impact: impact.unwrap_or(before.impact),
        is_impact_set: before.is_impact_set || impact.is_some(),
        visibility: visibility.unwrap_or(before.visibility),
        published_at: before.published_at.or_else(|| (is_draft == Some(false)).then_some(now)),
        started_at: started_at.unwrap_or(before.started_at),
        updated_at: revision::next(before.updated_at, now),
        ..before
    }
}
