//! What the clock does to announcements: shows those whose time has come, and ends those whose time is over.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use shared::announcement::AnnouncementStatus;
use shared::{AnnouncementId, Timestamp};

use super::announcement::{begin_if_due, ended, finish, lock};
use crate::context::Ctx;
use crate::entity::announcement::{self, Column};
use crate::error::Result;

/// Does all that is due by now. Safe to repeat, and on several nodes at once: each looks again under a lock.
pub async fn sweep(cx: &Ctx) -> Result<()> {
    let now = cx.clock.now();
    // First what is over: of what began and ended while no worker ran, nobody needs to hear.
    for id in due(cx, AnnouncementStatus::Active, Column::EndsAt, now).await? {
        end(cx, id).await?;
    }
    for id in due(cx, AnnouncementStatus::Scheduled, Column::EndsAt, now).await? {
        end(cx, id).await?;
    }
    for id in due(cx, AnnouncementStatus::Scheduled, Column::StartsAt, now).await? {
        begin(cx, id).await?;
    }
    Ok(())
}

async fn due(cx: &Ctx, status: AnnouncementStatus, moment: Column, now: Timestamp) -> Result<Vec<AnnouncementId>> {
    let rows = announcement::Entity::find()
        .filter(Column::Status.eq(status))
        .filter(moment.lte(now))
        .all(&cx.db)
        .await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// Another node, or a person, may have done it or moved it since we looked.
async fn begin(cx: &Ctx, id: AnnouncementId) -> Result<()> {
    let mut tx = cx.begin().await?;
    let Some(before) = still_there(lock(&tx, id).await)? else {
        return Ok(());
    };
    let row = begin_if_due(&mut tx, before.clone()).await?;
    if row == before {
        return Ok(());
    }
    finish(tx, row, "announcement.start", Some(before)).await.map(drop)
}

async fn end(cx: &Ctx, id: AnnouncementId) -> Result<()> {
    let tx = cx.begin().await?;
    let Some(before) = still_there(lock(&tx, id).await)? else {
        return Ok(());
    };
    let is_over = before.ends_at.is_some_and(|ends_at| ends_at <= tx.now());
    let may_end = matches!(
        before.status,
        AnnouncementStatus::Active | AnnouncementStatus::Scheduled
    );
    if !is_over || !may_end {
        return Ok(());
    }
    ended(tx, before).await.map(drop)
}

/// What was deleted meanwhile keeps nothing else from being done.
fn still_there(found: Result<announcement::Model>) -> Result<Option<announcement::Model>> {
    match found {
        Ok(row) => Ok(Some(row)),
        Err(error) if error.code() == shared::Code::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
