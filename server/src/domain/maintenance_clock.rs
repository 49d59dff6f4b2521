//! What the clock does to maintenance: reminds, starts what is due, ends what is over. And what the passing of time alone
//! changes on a page, such as an incident that was forgotten.

use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
use shared::event::Event;
use shared::maintenance::{MaintenanceStatus, REMINDER_MINUTES_MAX};
use shared::status_page::Cause;
use shared::time::minutes;
use shared::{ComponentId, MaintenanceId, PageId, Timestamp};

use super::maintenance::{Step, advance, lock};
use super::timeline::{self, Reason};
use crate::context::{Audit, Ctx};
use crate::entity::{component, incident, maintenance};
use crate::error::Result;

/// Does all that is due by now. Safe to repeat, and on several nodes at once: each looks again under a lock.
pub async fn sweep(cx: &Ctx) -> Result<()> {
    for id in to_remind(cx).await? {
        remind(cx, id).await?;
    }
    for id in to_start(cx).await? {
        step(cx, id, MaintenanceStatus::InProgress, is_due).await?;
    }
    for id in to_end(cx).await? {
        step(cx, id, MaintenanceStatus::Completed, is_past).await?;
    }
    note_the_forgotten(cx).await
}

async fn to_remind(cx: &Ctx) -> Result<Vec<MaintenanceId>> {
    let now = cx.clock.now();
    let rows = maintenance::Entity::find()
        .filter(maintenance::Column::Status.eq(MaintenanceStatus::Scheduled))
        .filter(maintenance::Column::ReminderMinutes.is_not_null())
        .filter(maintenance::Column::RemindedAt.is_null())
        .filter(maintenance::Column::StartsAt.lte(now + minutes(REMINDER_MINUTES_MAX.into())))
        .all(&cx.db)
        .await?;
    let due = rows.into_iter().filter(|row| wants_reminder(row, now));
    Ok(due.map(|row| row.id).collect())
}

/// True if it is time to remind, it was not done yet, and the work is still to come.
fn wants_reminder(row: &maintenance::Model, now: Timestamp) -> bool {
    row.status == MaintenanceStatus::Scheduled
        && row.reminded_at.is_none()
        && row.starts_at > now
        && is_reminder_due(row, now)
}

/// True from so many minutes before the beginning on.
pub fn is_reminder_due(row: &maintenance::Model, now: Timestamp) -> bool {
    let ahead = row.reminder_minutes.and_then(|minutes| u64::try_from(minutes).ok());
    ahead.is_some_and(|ahead| row.starts_at <= now + minutes(ahead))
}

async fn remind(cx: &Ctx, id: MaintenanceId) -> Result<()> {
    let mut tx = cx.begin().await?;
    let row = lock(&tx, id).await?;
    if !wants_reminder(&row, tx.now()) {
        return Ok(());
    }
    // Not another revision: nothing that anyone edits has changed.
    let row = maintenance::Model {
        reminded_at: Some(tx.now()),
        ..row
    };
    let row = row.into_active_model().reset_all().update(tx.conn()).await?;
    tx.emit(row.page_id, &Event::MaintenanceReminder { maintenance: id }, &row.title)
        .await?;
    tx.commit(Audit::of("maintenance.remind", id.0, &row.title)).await
}

async fn to_start(cx: &Ctx) -> Result<Vec<MaintenanceId>> {
    let rows = maintenance::Entity::find()
        .filter(maintenance::Column::Status.eq(MaintenanceStatus::Scheduled))
        .filter(maintenance::Column::StartsByItself.eq(true))
        .filter(maintenance::Column::StartsAt.lte(cx.clock.now()))
        .all(&cx.db)
        .await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

fn is_due(row: &maintenance::Model, now: Timestamp) -> bool {
    row.starts_by_itself && row.starts_at <= now
}

async fn to_end(cx: &Ctx) -> Result<Vec<MaintenanceId>> {
    let rows = maintenance::Entity::find()
        .filter(maintenance::Column::Status.is_in([MaintenanceStatus::InProgress, MaintenanceStatus::Verifying]))
        .filter(maintenance::Column::EndsByItself.eq(true))
        .filter(maintenance::Column::EndsAt.lte(cx.clock.now()))
        .all(&cx.db)
        .await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

fn is_past(row: &maintenance::Model, now: Timestamp) -> bool {
    row.ends_by_itself && row.ends_at <= now
}

/// Another node, or a person, may have done it or moved it since we looked.
async fn step(
    cx: &Ctx,
    id: MaintenanceId,
    next: MaintenanceStatus,
    is_time: fn(&maintenance::Model, Timestamp) -> bool,
) -> Result<()> {
    let tx = cx.begin().await?;
    let row = lock(&tx, id).await?;
    if !row.status.may_become(next) || !is_time(&row, tx.now()) {
        return Ok(());
    }
    advance(tx, row, Step::by_the_clock(next)).await.map(drop)
}

/// Looks at the pages where an incident has been open for long. What was noted before is not noted again.
async fn note_the_forgotten(cx: &Ctx) -> Result<()> {
    for page in forgetting_pages(cx, cx.clock.now()).await? {
        let ids = component_ids(cx, page).await?;
        let mut tx = cx.begin().await?;
        let reason = Reason {
            cause: Cause::System,
            id: None,
            notify: false,
        };
        timeline::record(&mut tx, &ids, reason).await?;
        tx.commit(Audit::Bookkeeping).await?;
    }
    Ok(())
}

/// Pages with open incidents that nobody has touched for long.
async fn forgetting_pages(cx: &Ctx, now: Timestamp) -> Result<Vec<PageId>> {
    let line = now - shared::incident::FORGOTTEN_AFTER;
    let rows = incident::Entity::find()
        .filter(incident::Column::ResolvedAt.is_null())
        .filter(incident::Column::LastUpdateAt.lte(line))
        .all(&cx.db)
        .await?;
    let mut pages: Vec<PageId> = rows.into_iter().map(|row| row.page_id).collect();
    pages.sort_unstable();
    pages.dedup();
    Ok(pages)
}

async fn component_ids(cx: &Ctx, page: PageId) -> Result<Vec<ComponentId>> {
    let rows = component::Entity::find()
        .filter(component::Column::PageId.eq(page))
        .all(&cx.db)
        .await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}
