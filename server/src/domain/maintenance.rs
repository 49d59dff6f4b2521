//! Maintenance: planned, moved, started, verified, completed or called off, by hand; `maintenance_clock` does it by the
//! clock, `series` makes the next one of those that come again.

use sea_orm::{
    ActiveModelTrait, ActiveValue::NotSet, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, JoinType,
    QueryFilter, QuerySelect, RelationTrait, Set,
};
use shared::access::Permission;
use shared::event::Event;
use shared::incident::ComponentEffect;
use shared::list::{MaintenanceList, Order};
use shared::maintenance::{
    self as rules, AdvanceMaintenance, CancelMaintenance, Maintenance, MaintenancePatch, MaintenanceSort,
    MaintenanceStatus, NewMaintenance, NewMaintenanceUpdate,
};
use shared::problem::FieldCode;
use shared::{Check, ComponentId, MaintenanceId, MaintenanceUpdateId, PageId, Patch, Timestamp, Validate};

use super::maintenance_view::view;
use super::paging::{Paging, SortKey};
use super::timeline::{self, Reason};
use super::{incident, maintenance_clock, maintenance_view, page, revision, search, series};
use crate::context::{Audit, Ctx, Tx};
use crate::entity::{maintenance, maintenance_component, maintenance_update, page as page_row};
use crate::error::{Error, Result};

/// Which maintenance a list holds, and in which order.
#[derive(Debug, Default)]
pub struct MaintenanceFilter {
    pub page_id: Option<PageId>,
    pub status: Option<MaintenanceStatus>,
    pub is_running: Option<bool>,
    pub is_over: Option<bool>,
    pub component_id: Option<ComponentId>,
    pub series_id: Option<MaintenanceId>,
    /// Part of the title.
    pub q: Option<String>,
    pub sort: Option<MaintenanceSort>,
    pub order: Option<Order>,
}

pub async fn list(cx: &Ctx, filter: MaintenanceFilter, paging: &Paging) -> Result<MaintenanceList> {
    cx.actor.require(Permission::ReadConsole)?;
    let sort = filter.sort.unwrap_or(MaintenanceSort::StartsAt);
    let order = filter.order.unwrap_or(Order::Desc);
    let column = match sort {
        MaintenanceSort::StartsAt => maintenance::Column::StartsAt,
        MaintenanceSort::UpdatedAt => maintenance::Column::UpdatedAt,
    };
    let rows = paging
        .apply(matching(filter)?, column, maintenance::Column::Id, order)
        .all(&cx.db)
        .await?;
    let key = |row: &maintenance::Model| match sort {
        MaintenanceSort::StartsAt => SortKey::Number(row.starts_at.as_millis()),
        MaintenanceSort::UpdatedAt => SortKey::Number(row.updated_at.as_millis()),
    };
    let (rows, next_cursor) = paging.cut(rows, |row| (key(row), row.id.0));
    Ok(MaintenanceList {
        items: maintenance_view::views(&cx.db, rows).await?,
        next_cursor,
    })
}

fn matching(filter: MaintenanceFilter) -> Result<sea_orm::Select<maintenance::Entity>> {
    let mut query = maintenance::Entity::find();
    if let Some(page_id) = filter.page_id {
        query = query.filter(maintenance::Column::PageId.eq(page_id));
    }
    if let Some(status) = filter.status {
        query = query.filter(maintenance::Column::Status.eq(status));
    }
    for (wanted, is_so) in [
        (
            filter.is_running,
            MaintenanceStatus::is_running as fn(MaintenanceStatus) -> bool,
        ),
        (filter.is_over, MaintenanceStatus::is_over),
    ] {
        if let Some(wanted) = wanted {
            let fitting = MaintenanceStatus::ALL
                .iter()
                .copied()
                .filter(|status| is_so(*status) == wanted);
            query = query.filter(maintenance::Column::Status.is_in(fitting));
        }
    }
    if let Some(series) = filter.series_id {
        query = query.filter(maintenance::Column::SeriesId.eq(series));
    }
    if let Some(component) = filter.component_id {
        query = query
            .join_rev(JoinType::InnerJoin, maintenance_component::Relation::Maintenance.def())
            .filter(maintenance_component::Column::ComponentId.eq(component));
    }
    if let Some(q) = search::words(filter.q)? {
        query = query.filter(search::contains(maintenance::Column::Title, &q));
    }
    Ok(query)
}

pub async fn get(cx: &Ctx, id: MaintenanceId) -> Result<Maintenance> {
    cx.actor.require(Permission::ReadConsole)?;
    let row = maintenance::Entity::find_by_id(id).one(&cx.db).await?;
    view(&cx.db, row.ok_or_else(|| Error::not_found("maintenance"))?).await
}

/// Plans work.
pub async fn schedule(cx: &Ctx, input: NewMaintenance) -> Result<Maintenance> {
    cx.actor.require(Permission::ManageMaintenance)?;
    input.validate()?;
    let notify = input.notify.unwrap_or(true);

    let page = page::resolve(cx, input.page_id).await?;
    let mut tx = cx.begin().await?;
    not_past(input.ends_at, tx.now())?;
    incident::check_components(&tx, page.id, &input.components).await?;
    let row = insert(&tx, &page, &input).await?;
    set_components(&tx, row.id, &input.components).await?;
    if notify {
        let event = Event::MaintenancePlanned { maintenance: row.id };
        tx.emit(page.id, &event, &row.title).await?;
    }
    finish(tx, row, "maintenance.schedule", None).await
}

/// Changes one maintenance; moving it is changing its window. The others of its series stay as they are.
pub async fn update(
    cx: &Ctx,
    id: MaintenanceId,
    patch: MaintenancePatch,
    expected: Option<Timestamp>,
) -> Result<Maintenance> {
    cx.actor.require(Permission::ManageMaintenance)?;
    patch.validate()?;

    let mut tx = cx.begin().await?;
    let before = lock(&tx, id).await?;
    revision::unchanged(before.updated_at, expected)?;
    check_patch(&before, &patch, tx.now())?;
    let was = view(tx.conn(), before.clone()).await?;
    if let Some(components) = &patch.components {
        incident::check_components(&tx, before.page_id, components).await?;
        set_components(&tx, id, components).await?;
    }
    let row = apply(before, patch, tx.now())?;
    let row = row.into_active_model().reset_all().update(tx.conn()).await?;
    let touched: Vec<ComponentId> = was.components.iter().map(|part| part.id).collect();
    timeline::record(&mut tx, &touched, Reason::maintenance(id)).await?;
    finish(tx, row, "maintenance.edit", Some(was)).await
}

/// Begins the work, early or late, or goes on with it after a look.
pub async fn start(cx: &Ctx, id: MaintenanceId, input: AdvanceMaintenance) -> Result<Maintenance> {
    advance_by_hand(cx, id, input, MaintenanceStatus::InProgress).await
}

/// The work is done and is looked at.
pub async fn verify(cx: &Ctx, id: MaintenanceId, input: AdvanceMaintenance) -> Result<Maintenance> {
    advance_by_hand(cx, id, input, MaintenanceStatus::Verifying).await
}

/// Ends the work, early or late.
pub async fn complete(cx: &Ctx, id: MaintenanceId, input: AdvanceMaintenance) -> Result<Maintenance> {
    advance_by_hand(cx, id, input, MaintenanceStatus::Completed).await
}

async fn advance_by_hand(
    cx: &Ctx,
    id: MaintenanceId,
    input: AdvanceMaintenance,
    next: MaintenanceStatus,
) -> Result<Maintenance> {
    cx.actor.require(Permission::ManageMaintenance)?;
    input.validate()?;
    let tx = cx.begin().await?;
    let before = lock(&tx, id).await?;
    advance(tx, before, Step::new(next, input.message, input.notify)).await
}

/// Calls one off, or it and all that would follow it.
pub async fn cancel(cx: &Ctx, id: MaintenanceId, input: CancelMaintenance) -> Result<Maintenance> {
    cx.actor.require(Permission::ManageMaintenance)?;
    input.validate()?;
    let tx = cx.begin().await?;
    let mut before = lock(&tx, id).await?;
    let step = Step::new(MaintenanceStatus::Cancelled, input.message, input.notify);
    if let Some(series) = before.series_id.filter(|_| input.whole_series.unwrap_or(false)) {
        series::stop(&tx, series).await?;
        before.recurrence = None;
        for other in series::to_come(&tx, series).await? {
            if other.id != id {
                append(&tx, &other, step.next, &step.message).await?;
                set_status(&tx, other, step.next).await?;
            }
        }
    }
    advance(tx, before, step).await
}

/// Adds an entry to the timeline.
pub async fn add_update(cx: &Ctx, id: MaintenanceId, input: NewMaintenanceUpdate) -> Result<Maintenance> {
    cx.actor.require(Permission::ManageMaintenance)?;
    input.validate()?;

    let mut tx = cx.begin().await?;
    let before = lock(&tx, id).await?;
    let was = view(tx.conn(), before.clone()).await?;
    let update = append(&tx, &before, before.status, &input.message).await?;
    let row = maintenance::Model {
        updated_at: revision::next(before.updated_at, tx.now()),
        ..before
    };
    let row = row.into_active_model().reset_all().update(tx.conn()).await?;
    if input.notify.unwrap_or(true) {
        let event = Event::MaintenanceUpdated {
            maintenance: id,
            update,
        };
        tx.emit(row.page_id, &event, &row.title).await?;
    }
    finish(tx, row, "maintenance.update", Some(was)).await
}

/// Forgets a maintenance with its timeline. One of a series that is still to come is called off instead, for that says
/// whether the series goes on.
pub async fn delete(cx: &Ctx, id: MaintenanceId) -> Result<()> {
    cx.actor.require(Permission::ManageMaintenance)?;
    let mut tx = cx.begin().await?;
    let row = lock(&tx, id).await?;
    if row.recurrence.is_some() && row.status == MaintenanceStatus::Scheduled {
        return Err(Error::conflict(
            "it belongs to a series and is to come: cancel it, or the whole series, first",
        ));
    }
    let was = view(tx.conn(), row.clone()).await?;
    let touched: Vec<ComponentId> = was.components.iter().map(|part| part.id).collect();
    maintenance::Entity::delete_by_id(id).exec(tx.conn()).await?;
    timeline::record(&mut tx, &touched, Reason::maintenance(id)).await?;
    tx.touch(row.page_id);
    tx.commit(Audit::of("maintenance.delete", id.0, &was.title).before(&was))
        .await
}

/// A change of status on its way.
pub struct Step {
    next: MaintenanceStatus,
    message: String,
    notify: bool,
}

impl Step {
    fn new(next: MaintenanceStatus, message: Option<String>, notify: Option<bool>) -> Self {
        Self {
            next,
            message: message.unwrap_or_default(),
            notify: notify.unwrap_or(true),
        }
    }

    /// Without a word, and told to subscribers.
    pub fn by_the_clock(next: MaintenanceStatus) -> Self {
        Self::new(next, None, None)
    }

    const fn action(&self) -> &'static str {
        match self.next {
            MaintenanceStatus::Scheduled => "maintenance.schedule",
            MaintenanceStatus::InProgress => "maintenance.start",
            MaintenanceStatus::Verifying => "maintenance.verify",
            MaintenanceStatus::Completed => "maintenance.complete",
            MaintenanceStatus::Cancelled => "maintenance.cancel",
        }
    }

    const fn event(&self, from: MaintenanceStatus, maintenance: MaintenanceId, update: MaintenanceUpdateId) -> Event {
        match (from, self.next) {
            (MaintenanceStatus::Scheduled, MaintenanceStatus::InProgress) => {
                Event::MaintenanceStarted { maintenance, update }
            }
            (_, MaintenanceStatus::Completed) => Event::MaintenanceEnded { maintenance, update },
            (_, MaintenanceStatus::Cancelled) => Event::MaintenanceCancelled { maintenance, update },
            (_, MaintenanceStatus::Scheduled | MaintenanceStatus::InProgress | MaintenanceStatus::Verifying) => {
                Event::MaintenanceUpdated { maintenance, update }
            }
        }
    }
}

/// The one way from status to status, by hand and by the clock. `before` is held by the transaction.
pub async fn advance(mut tx: Tx<'_>, before: maintenance::Model, step: Step) -> Result<Maintenance> {
    let (id, from) = (before.id, before.status);
    if !from.may_become(step.next) {
        return Err(Error::conflict(format!(
            "the maintenance is {from}: it cannot become {}",
            step.next
        )));
    }
    let was = view(tx.conn(), before.clone()).await?;
    let update = append(&tx, &before, step.next, &step.message).await?;
    let row = set_status(&tx, before, step.next).await?;
    series::continue_after(&tx, &row).await?;
    if step.notify {
        tx.emit(row.page_id, &step.event(from, id, update), &row.title).await?;
    }
    finish(tx, row, step.action(), Some(was)).await
}

/// The last lines of every write: what it does to components, the trail, the answer.
async fn finish(
    mut tx: Tx<'_>,
    row: maintenance::Model,
    action: &'static str,
    before: Option<Maintenance>,
) -> Result<Maintenance> {
    let after = view(tx.conn(), row).await?;
    let touched: Vec<ComponentId> = after.components.iter().map(|part| part.id).collect();
    timeline::record(&mut tx, &touched, Reason::maintenance(after.id)).await?;
    tx.touch(after.page_id);
    let mut audit = Audit::of(action, after.id.0, &after.title).after(&after);
    if let Some(before) = before {
        audit = audit.before(&before);
    }
    tx.commit(audit).await?;
    Ok(after)
}

/// Reads the row so that another writer waits: a person and the clock get in line.
pub async fn lock(tx: &Tx<'_>, id: MaintenanceId) -> Result<maintenance::Model> {
    maintenance::Entity::find_by_id(id)
        .lock_exclusive()
        .one(tx.conn())
        .await?
        .ok_or_else(|| Error::not_found("maintenance"))
}

async fn insert(tx: &Tx<'_>, page: &page_row::Model, input: &NewMaintenance) -> Result<maintenance::Model> {
    let row = maintenance::ActiveModel {
        id: NotSet,
        page_id: Set(page.id),
        title: Set(input.title.clone()),
        message: Set(input.message.clone()),
        status: Set(MaintenanceStatus::Scheduled),
        starts_at: Set(input.starts_at),
        ends_at: Set(input.ends_at),
        actual_started_at: Set(None),
        actual_ended_at: Set(None),
        starts_by_itself: Set(input.starts_by_itself.unwrap_or(true)),
        ends_by_itself: Set(input.ends_by_itself.unwrap_or(true)),
        is_quiet: Set(input.is_quiet.unwrap_or(false)),
        reminder_minutes: Set(input.reminder_minutes.map(i64::from)),
        reminded_at: Set(None),
        recurrence: Set(None),
        recurrence_time_zone: Set(None),
        series_id: Set(None),
        series_starts_at: Set(None),
        occurs_at: Set(None),
        created_at: Set(tx.now()),
        updated_at: Set(tx.now()),
    };
    let row = row.insert(tx.conn()).await?;
    let zone = input
        .recurrence_time_zone
        .clone()
        .unwrap_or_else(|| page.time_zone.clone());
    let rule = input.recurrence.clone().filter(|rule| !rule.is_empty());
    let mut row = series::begin(row, rule.map(|rule| (rule, zone)))?;
    // Who hears of it only now needs no reminder at once.
    row.reminded_at = maintenance_clock::is_reminder_due(&row, tx.now()).then_some(tx.now());
    Ok(row.into_active_model().reset_all().update(tx.conn()).await?)
}

/// Puts components in place of those before.
async fn set_components(tx: &Tx<'_>, id: MaintenanceId, components: &[ComponentEffect]) -> Result<()> {
    maintenance_component::Entity::delete_many()
        .filter(maintenance_component::Column::MaintenanceId.eq(id))
        .exec(tx.conn())
        .await?;
    for effect in components {
        maintenance_component::ActiveModel {
            maintenance_id: Set(id),
            component_id: Set(effect.id),
            status: Set(effect.status),
        }
        .insert(tx.conn())
        .await?;
    }
    Ok(())
}

async fn append(
    tx: &Tx<'_>,
    row: &maintenance::Model,
    status: MaintenanceStatus,
    message: &str,
) -> Result<MaintenanceUpdateId> {
    let author = tx.cx.actor.member().ok();
    let update = maintenance_update::ActiveModel {
        id: NotSet,
        maintenance_id: Set(row.id),
        status: Set(status),
        message: Set(message.to_owned()),
        author_id: Set(author),
        author_name: Set(author.map(|_| tx.cx.actor.name().to_owned())),
        created_at: Set(tx.now()),
    };
    Ok(update.insert(tx.conn()).await?.id)
}

async fn set_status(tx: &Tx<'_>, row: maintenance::Model, status: MaintenanceStatus) -> Result<maintenance::Model> {
    let has_begun = row.status.is_running();
    let next = maintenance::Model {
        status,
        actual_started_at: row
            .actual_started_at
            .or_else(|| status.is_running().then_some(tx.now())),
        actual_ended_at: (has_begun && status.is_over()).then_some(tx.now()),
        updated_at: revision::next(row.updated_at, tx.now()),
        ..row
    };
    Ok(next.into_active_model().reset_all().update(tx.conn()).await?)
}

fn not_past(ends_at: Timestamp, now: Timestamp) -> Result<()> {
    if ends_at <= now {
        return Err(Error::field(
            "ends_at",
            FieldCode::OutOfRange,
            format!("is {ends_at}; expected a moment after now, {now}"),
        ));
    }
    Ok(())
}

fn check_patch(before: &maintenance::Model, patch: &MaintenancePatch, now: Timestamp) -> Result<()> {
    let is_to_come = before.status == MaintenanceStatus::Scheduled;
    let changes_rule = !patch.recurrence.is_keep() || patch.recurrence_time_zone.is_some();
    let refuse = |field: &str, rule: &str| {
        let found = before.status;
        Err(Error::field(
            field,
            FieldCode::NotAllowed,
            format!("the maintenance is {found}; {rule}"),
        ))
    };
    if !is_to_come && patch.starts_at.is_some() {
        return refuse("starts_at", "only one that is scheduled can begin at another time");
    }
    if !is_to_come && changes_rule {
        return refuse(
            "recurrence",
            "change the rule at the next one of the series, which is scheduled",
        );
    }
    if before.status.is_over() && patch.ends_at.is_some() {
        return refuse("ends_at", "its end is past");
    }
    if before.status.is_over() && patch.components.is_some() {
        return refuse("components", "it does nothing to components any more");
    }
    patch.ends_at.map_or(Ok(()), |ends_at| not_past(ends_at, now))
}

fn apply(before: maintenance::Model, patch: MaintenancePatch, now: Timestamp) -> Result<maintenance::Model> {
    let MaintenancePatch {
        title,
        message,
        components: _,
        starts_at,
        ends_at,
        starts_by_itself,
        ends_by_itself,
        is_quiet,
        reminder_minutes,
        recurrence,
        recurrence_time_zone,
    } = patch;
    let is_reminded_anew = starts_at.is_some() || !reminder_minutes.is_keep();
    let reminder_before = before.reminder_minutes.and_then(|minutes| u32::try_from(minutes).ok());
    let row = maintenance::Model {
        title: title.unwrap_or(before.title),
        message: message.unwrap_or(before.message),
        starts_at: starts_at.unwrap_or(before.starts_at),
        ends_at: ends_at.unwrap_or(before.ends_at),
        starts_by_itself: starts_by_itself.unwrap_or(before.starts_by_itself),
        ends_by_itself: ends_by_itself.unwrap_or(before.ends_by_itself),
        is_quiet: is_quiet.unwrap_or(before.is_quiet),
        reminder_minutes: reminder_minutes.apply(reminder_before).map(i64::from),
        reminded_at: before.reminded_at.filter(|_| !is_reminded_anew),
        updated_at: revision::next(before.updated_at, now),
        ..before
    };
    let mut check = Check::default();
    rules::window(&mut check, row.starts_at, row.ends_at);
    check.done()?;
    with_rule(row, recurrence, recurrence_time_zone)
}

/// By another rule the series counts anew, from this one on.
fn with_rule(row: maintenance::Model, rule: Patch<String>, zone: Option<String>) -> Result<maintenance::Model> {
    if rule.is_keep() && zone.is_none() {
        return Ok(row);
    }
    let zone = zone
        .or_else(|| row.recurrence_time_zone.clone())
        .unwrap_or_else(|| "UTC".into());
    let rule = rule.apply(row.recurrence.clone()).filter(|rule| !rule.is_empty());
    series::begin(row, rule.map(|rule| (rule, zone)))
}

/// The components of a maintenance.
pub async fn component_ids(conn: &impl ConnectionTrait, id: MaintenanceId) -> Result<Vec<ComponentId>> {
    let rows = maintenance_component::Entity::find()
        .filter(maintenance_component::Column::MaintenanceId.eq(id))
        .all(conn)
        .await?;
    Ok(rows.into_iter().map(|row| row.component_id).collect())
}
