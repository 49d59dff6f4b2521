//! Announcements: written, shown, ended; `announcement_clock` does it on time. Visitors see what has the status `active`, so
//! that what they see changes with a commit, and never while a page is read.

use sea_orm::{
    ActiveModelTrait, ActiveValue::NotSet, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect, Set,
};
use shared::access::Permission;
use shared::announcement::{
    self as rules, Announcement, AnnouncementPatch, AnnouncementStatus, NewAnnouncement, PublicAnnouncement,
    PublicAnnouncements,
};
use shared::event::Event;
use shared::list::{AnnouncementList, Order};
use shared::problem::FieldCode;
use shared::{AnnouncementId, Check, PageId, Timestamp, Validate};

use super::paging::{Paging, SortKey};
use super::{page, revision, search};
use crate::context::{Audit, Ctx, Tx};
use crate::entity::announcement;
use crate::error::{Error, Result};

/// The most announcements a page shows at once; who has more to say should say less.
const SHOWN_MAX: u64 = 20;

/// Which announcements a list holds; those that begin last come first.
#[derive(Debug, Default)]
pub struct AnnouncementFilter {
    pub page_id: Option<PageId>,
    pub status: Option<AnnouncementStatus>,
    /// Part of the title.
    pub q: Option<String>,
}

pub async fn list(cx: &Ctx, filter: AnnouncementFilter, paging: &Paging) -> Result<AnnouncementList> {
    cx.actor.require(Permission::ReadConsole)?;
    let mut query = announcement::Entity::find();
    if let Some(page_id) = filter.page_id {
        query = query.filter(announcement::Column::PageId.eq(page_id));
    }
    if let Some(status) = filter.status {
        query = query.filter(announcement::Column::Status.eq(status));
    }
    if let Some(q) = search::words(filter.q)? {
        query = query.filter(search::contains(announcement::Column::Title, &q));
    }
    let (key, id) = (announcement::Column::StartsAt, announcement::Column::Id);
    let rows = paging.apply(query, key, id, Order::Desc).all(&cx.db).await?;
    let (rows, next_cursor) = paging.cut(rows, |row| (SortKey::Number(row.starts_at.as_millis()), row.id.0));
    Ok(AnnouncementList {
        items: rows.into_iter().map(Announcement::from).collect(),
        next_cursor,
    })
}

pub async fn get(cx: &Ctx, id: AnnouncementId) -> Result<Announcement> {
    cx.actor.require(Permission::ReadConsole)?;
    let row = announcement::Entity::find_by_id(id).one(&cx.db).await?;
    Ok(row.ok_or_else(|| Error::not_found("announcement"))?.into())
}

/// Shows it now, later by the clock, or keeps it a draft.
pub async fn create(cx: &Ctx, input: NewAnnouncement) -> Result<Announcement> {
    cx.actor.require(Permission::ManageAnnouncements)?;
    input.validate()?;

    let page = page::resolve(cx, input.page_id).await?.id;
    let mut tx = cx.begin().await?;
    let starts_at = input.starts_at.unwrap_or_else(|| tx.now());
    check_window(starts_at, input.ends_at, tx.now())?;
    let row = row(input, page, starts_at, tx.now()).insert(tx.conn()).await?;
    let row = begin_if_due(&mut tx, row).await?;
    finish(tx, row, "announcement.create", None).await
}

pub async fn update(
    cx: &Ctx,
    id: AnnouncementId,
    patch: AnnouncementPatch,
    expected: Option<Timestamp>,
) -> Result<Announcement> {
    cx.actor.require(Permission::ManageAnnouncements)?;
    patch.validate()?;

    let mut tx = cx.begin().await?;
    let before = lock(&tx, id).await?;
    revision::unchanged(before.updated_at, expected)?;
    check_patch(&before, &patch)?;
    let changes_window = patch.starts_at.is_some() || !patch.ends_at.is_keep();
    let publishes = before.status == AnnouncementStatus::Draft && patch.is_draft == Some(false);
    let next = apply(before.clone(), patch, tx.now());
    if changes_window || publishes {
        check_window(next.starts_at, next.ends_at, tx.now())?;
    }
    let row = next.into_active_model().reset_all().update(tx.conn()).await?;
    let row = begin_if_due(&mut tx, row).await?;
    finish(tx, row, "announcement.edit", Some(before)).await
}

/// Takes it from the front of the page, before its time or because it has none.
pub async fn end(cx: &Ctx, id: AnnouncementId) -> Result<Announcement> {
    cx.actor.require(Permission::ManageAnnouncements)?;
    let tx = cx.begin().await?;
    let before = lock(&tx, id).await?;
    match before.status {
        AnnouncementStatus::Active => ended(tx, before).await,
        AnnouncementStatus::Draft | AnnouncementStatus::Scheduled | AnnouncementStatus::Ended => {
            let message = format!("the announcement is {}: only an active one can end", before.status);
            Err(Error::conflict(message))
        }
    }
}

pub async fn delete(cx: &Ctx, id: AnnouncementId) -> Result<()> {
    cx.actor.require(Permission::ManageAnnouncements)?;
    let mut tx = cx.begin().await?;
    let before = Announcement::from(lock(&tx, id).await?);
    announcement::Entity::delete_by_id(id).exec(tx.conn()).await?;
    tx.touch(before.page_id);
    tx.commit(Audit::of("announcement.delete", id.0, &before.title).before(&before))
        .await
}

/// What a page announces just now, newest first.
pub async fn active(cx: &Ctx, page: PageId) -> Result<PublicAnnouncements> {
    cx.read_public(move |cx| async move {
        let rows = announcement::Entity::find()
            .filter(announcement::Column::PageId.eq(page))
            .filter(announcement::Column::Status.eq(AnnouncementStatus::Active))
            .order_by_desc(announcement::Column::ActualStartedAt)
            .order_by_desc(announcement::Column::Id)
            .limit(SHOWN_MAX)
            .all(&cx.db)
            .await?;
        let items = rows.into_iter().map(PublicAnnouncement::from).collect();
        Ok(PublicAnnouncements { items })
    })
    .await
}

/// Shows what is due by now, and tells of it. The row is held by the transaction.
pub(super) async fn begin_if_due(tx: &mut Tx<'_>, row: announcement::Model) -> Result<announcement::Model> {
    if row.status != AnnouncementStatus::Scheduled || row.starts_at > tx.now() {
        return Ok(row);
    }
    let next = announcement::Model {
        status: AnnouncementStatus::Active,
        actual_started_at: Some(tx.now()),
        ..row
    };
    let row = next.into_active_model().reset_all().update(tx.conn()).await?;
    if row.notify {
        let event = Event::AnnouncementPublished { announcement: row.id };
        tx.emit(row.page_id, &event, &row.title).await?;
    }
    Ok(row)
}

/// The one way to the end, by hand and by the clock. `before` is held by the transaction.
pub(super) async fn ended(tx: Tx<'_>, before: announcement::Model) -> Result<Announcement> {
    let next = announcement::Model {
        status: AnnouncementStatus::Ended,
        actual_ended_at: before.actual_started_at.map(|_| tx.now()),
        updated_at: revision::next(before.updated_at, tx.now()),
        ..before.clone()
    };
    let row = next.into_active_model().reset_all().update(tx.conn()).await?;
    finish(tx, row, "announcement.end", Some(before)).await
}

/// The last lines of every write that leaves an announcement.
pub(super) async fn finish(
    mut tx: Tx<'_>,
    row: announcement::Model,
    action: &'static str,
    before: Option<announcement::Model>,
) -> Result<Announcement> {
    // Drafts and what is to come are nothing to visitors.
    let was_seen = before.as_ref().is_some_and(|before| before.status.has_begun());
    if was_seen || row.status.has_begun() {
        tx.touch(row.page_id);
    }
    let after = Announcement::from(row);
    let mut audit = Audit::of(action, after.id.0, &after.title).after(&after);
    if let Some(before) = before {
        audit = audit.before(&Announcement::from(before));
    }
    tx.commit(audit).await?;
    Ok(after)
}

/// Reads the row so that another writer waits: a person and the clock get in line.
pub(super) async fn lock(tx: &Tx<'_>, id: AnnouncementId) -> Result<announcement::Model> {
    announcement::Entity::find_by_id(id)
        .lock_exclusive()
        .one(tx.conn())
        .await?
        .ok_or_else(|| Error::not_found("announcement"))
}

fn row(input: NewAnnouncement, page: PageId, starts_at: Timestamp, now: Timestamp) -> announcement::ActiveModel {
    let status = match input.is_draft.unwrap_or(false) {
        true => AnnouncementStatus::Draft,
        false => AnnouncementStatus::Scheduled,
    };
    announcement::ActiveModel {
        id: NotSet,
        page_id: Set(page),
        title: Set(input.title),
        message: Set(input.message),
        status: Set(status),
        starts_at: Set(starts_at),
        ends_at: Set(input.ends_at),
        actual_started_at: Set(None),
        actual_ended_at: Set(None),
        notify: Set(input.notify.unwrap_or(true)),
        created_at: Set(now),
        updated_at: Set(now),
    }
}

fn check_window(starts_at: Timestamp, ends_at: Option<Timestamp>, now: Timestamp) -> Result<()> {
    let Some(ends_at) = ends_at else { return Ok(()) };
    let mut check = Check::default();
    rules::window(&mut check, starts_at, ends_at);
    if ends_at <= now {
        let message = format!("is {ends_at}; expected a moment after now, {now}");
        check.fail("ends_at", FieldCode::OutOfRange, message);
    }
    Ok(check.done()?)
}

fn check_patch(before: &announcement::Model, patch: &AnnouncementPatch) -> Result<()> {
    let status = before.status;
    let refuse = |field: &str, rule: &str| {
        let message = format!("the announcement is {status}; {rule}");
        Err(Error::field(field, FieldCode::NotAllowed, message))
    };
    if status.has_begun() && patch.starts_at.is_some() {
        return refuse("starts_at", "only one that has not begun can begin at another time");
    }
    if status.has_begun() && patch.notify.is_some() {
        return refuse("notify", "subscribers were told, or not, when it began");
    }
    if status == AnnouncementStatus::Ended && !patch.ends_at.is_keep() {
        return refuse("ends_at", "its end is past");
    }
    if status != AnnouncementStatus::Draft && patch.is_draft == Some(true) {
        return refuse(
            "is_draft",
            "what is published cannot become a draft again: end or delete it",
        );
    }
    Ok(())
}

fn apply(before: announcement::Model, patch: AnnouncementPatch, now: Timestamp) -> announcement::Model {
    let AnnouncementPatch {
        title,
        message,
        starts_at,
        ends_at,
        is_draft,
        notify,
    } = patch;
    let publishes = before.status == AnnouncementStatus::Draft && is_draft == Some(false);
    announcement::Model {
        title: title.unwrap_or(before.title),
        message: message.unwrap_or(before.message),
        status: if publishes {
            AnnouncementStatus::Scheduled
        } else {
            before.status
        },
        starts_at: starts_at.unwrap_or(before.starts_at),
        ends_at: ends_at.apply(before.ends_at),
        notify: notify.unwrap_or(before.notify),
        updated_at: revision::next(before.updated_at, now),
        ..before
    }
}
