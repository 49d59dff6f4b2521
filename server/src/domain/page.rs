//! Pages: what is shown under which host name.

use std::sync::Arc;

use chrono_tz::Tz;
use sea_orm::{
    ActiveModelTrait, ActiveValue::NotSet, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, Set,
};
use shared::access::Permission;
use shared::channel::Channel;
use shared::list::{Order, PageList};
use shared::page::{NewPage, Page, PagePatch};
use shared::problem::{Code, FieldCode};
use shared::text::Slug;
use shared::uptime::GroupUptimeRule;
use shared::{Coded, PageId, Patch, Timestamp, Validate};

use super::paging::{Paging, SortKey};
use super::revision;
use crate::context::{Audit, Ctx};
use crate::entity::page;
use crate::error::{Error, OnDuplicate, Result};

/// The colour of a page nobody has chosen one for.
const DEFAULT_ACCENT: &str = "#0f766e";

pub async fn list(cx: &Ctx, paging: &Paging) -> Result<PageList> {
    cx.actor.require(Permission::ReadConsole)?;
    let rows = paging
        .apply(page::Entity::find(), page::Column::Id, page::Column::Id, Order::Asc)
        .all(&cx.db)
        .await?;
    let (rows, next_cursor) = paging.cut(rows, |row| (SortKey::Number(row.id.0), row.id.0));
    Ok(PageList {
        items: rows.into_iter().map(Page::from).collect(),
        next_cursor,
    })
}

pub async fn get(cx: &Ctx, id: PageId) -> Result<Page> {
    cx.actor.require(Permission::ReadConsole)?;
    Ok(find(cx, id).await?.into())
}

/// The page asked for, or the default one.
pub async fn resolve(cx: &Ctx, id: Option<PageId>) -> Result<page::Model> {
    match id {
        Some(id) => {
            let row = page::Entity::find_by_id(id).one(&cx.db).await?;
            row.ok_or_else(|| Error::field("page_id", FieldCode::Unknown, format!("there is no page {id}")))
        }
        None => default(cx).await,
    }
}

/// The page that answers to every host name no other page has.
pub async fn default(cx: &Ctx) -> Result<page::Model> {
    let row = page::Entity::find()
        .filter(page::Column::IsDefault.eq(true))
        .order_by_asc(page::Column::Id)
        .one(&cx.db)
        .await?;
    row.ok_or_else(|| Error::not_found("page"))
}

/// A page as the database has it.
pub type Row = page::Model;

/// The page with a code; else the one with the host name; else the default one. Asks the database only after a change.
pub async fn public(cx: &Ctx, code: Option<&str>, host: Option<&str>) -> Result<Arc<page::Model>> {
    let pages = cx
        .cache
        .pages(cx.read_public(|cx| async move { Ok(page::Entity::find().all(&cx.db).await?) }))
        .await?;
    let found = match code {
        Some(code) => PageId::from_code(code).and_then(|id| pages.iter().find(|page| page.id == id)),
        None => {
            let host = host.map(|host| host.split(':').next().unwrap_or_default().to_ascii_lowercase());
            let named = pages.iter().find(|page| page.host.is_some() && page.host == host);
            named.or_else(|| pages.iter().find(|page| page.is_default))
        }
    };
    found.cloned().ok_or_else(|| Error::not_found("page"))
}

/// Makes the first page of a new installation; does nothing where there is one.
pub async fn ensure_default(cx: &Ctx) -> Result<()> {
    let tx = cx.begin().await?;
    if page::Entity::find().one(tx.conn()).await?.is_some() {
        return Ok(());
    }
    let input = NewPage {
        name: "Status".into(),
        slug: None,
        host: None,
        description: None,
        locale: None,
        time_zone: None,
    };
    row(&input, true, tx.now())
        .insert(tx.conn())
        .await
        .on_duplicate(taken)?;
    tx.commit(Audit::Bookkeeping).await
}

pub async fn create(cx: &Ctx, input: NewPage) -> Result<Page> {
    cx.actor.require(Permission::ManagePages)?;
    input.validate()?;
    check_time_zone(input.time_zone.as_deref())?;

    let tx = cx.begin().await?;
    let made = row(&input, false, tx.now())
        .insert(tx.conn())
        .await
        .on_duplicate(taken)?;
    let page = Page::from(made);
    tx.commit(Audit::of("page.create", page.id.0, &page.name).after(&page))
        .await?;
    Ok(page)
}

pub async fn update(cx: &Ctx, id: PageId, patch: PagePatch, expected: Option<Timestamp>) -> Result<Page> {
    cx.actor.require(Permission::ManagePages)?;
    patch.validate()?;
    check_time_zone(patch.time_zone.as_deref())?;

    let mut tx = cx.begin().await?;
    let before = page::Entity::find_by_id(id)
        .one(tx.conn())
        .await?
        .ok_or_else(|| Error::not_found("page"))?;
    revision::unchanged(before.updated_at, expected)?;
    let after = apply(before.clone(), patch, tx.now())
        .update(tx.conn())
        .await
        .on_duplicate(taken)?;
    let (before, after) = (Page::from(before), Page::from(after));
    tx.touch(id);
    tx.commit(
        Audit::of("page.update", id.0, &after.name)
            .before(&before)
            .after(&after),
    )
    .await?;
    Ok(after)
}

pub async fn delete(cx: &Ctx, id: PageId) -> Result<()> {
    cx.actor.require(Permission::ManagePages)?;
    let tx = cx.begin().await?;
    let before = page::Entity::find_by_id(id)
        .one(tx.conn())
        .await?
        .ok_or_else(|| Error::not_found("page"))?;
    if before.is_default {
        return Err(Error::conflict("the default page cannot be deleted"));
    }
    page::Entity::delete_by_id(id).exec(tx.conn()).await?;
    let before = Page::from(before);
    tx.commit(Audit::of("page.delete", id.0, &before.name).before(&before))
        .await
}

async fn find(cx: &Ctx, id: PageId) -> Result<page::Model> {
    page::Entity::find_by_id(id)
        .one(&cx.db)
        .await?
        .ok_or_else(|| Error::not_found("page"))
}

fn row(input: &NewPage, is_default: bool, now: Timestamp) -> page::ActiveModel {
    let slug = input
        .slug
        .clone()
        .unwrap_or_else(|| Slug::from_name(&input.name, "status").into_string());
    page::ActiveModel {
        id: NotSet,
        slug: Set(slug),
        name: Set(input.name.clone()),
        description: Set(input.description.clone()),
        website_url: Set(None),
        host: Set(input.host.as_ref().map(|host| host.to_ascii_lowercase())),
        is_default: Set(is_default),
        locale: Set(input.locale.clone().unwrap_or_else(|| "en".into())),
        time_zone: Set(input.time_zone.clone().unwrap_or_else(|| "UTC".into())),
        accent: Set(DEFAULT_ACCENT.into()),
        partial_outage_percent: Set(30),
        counts_maintenance: Set(false),
        uptime_places: Set(2),
        group_uptime: Set(GroupUptimeRule::Mean),
        channels: Set(Channel::Email.as_str().into()),
        version: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
    }
}

fn apply(before: page::Model, patch: PagePatch, now: Timestamp) -> page::ActiveModel {
    let PagePatch {
        name,
        slug,
        description,
        website_url,
        host,
        locale,
        time_zone,
        accent,
        partial_outage_percent,
        counts_maintenance,
        uptime_places,
        group_uptime,
        channels,
    } = patch;
    let number = |given: Option<u32>, before| given.and_then(|given| i32::try_from(given).ok()).unwrap_or(before);
    let host = match host {
        Patch::Set(host) => Patch::Set(host.to_ascii_lowercase()),
        other => other,
    };
    page::Model {
        name: name.unwrap_or(before.name),
        slug: slug.unwrap_or(before.slug),
        description: description.apply(before.description),
        website_url: website_url.apply(before.website_url),
        host: host.apply(before.host),
        locale: locale.unwrap_or(before.locale),
        time_zone: time_zone.unwrap_or(before.time_zone),
        accent: accent.unwrap_or(before.accent),
        partial_outage_percent: number(partial_outage_percent, before.partial_outage_percent),
        counts_maintenance: counts_maintenance.unwrap_or(before.counts_maintenance),
        uptime_places: number(uptime_places.map(u32::from), before.uptime_places),
        group_uptime: group_uptime.unwrap_or(before.group_uptime),
        channels: channels.map_or(before.channels, |channels| page::Model::channel_words(&channels)),
        updated_at: revision::next(before.updated_at, now),
        ..before
    }
    .into_active_model()
    .reset_all()
}

/// Refuses a time zone that is not in the IANA list.
pub(super) fn check_time_zone(name: Option<&str>) -> Result<()> {
    match name {
        Some(name) if name.parse::<Tz>().is_err() => Err(Error::field(
            "time_zone",
            FieldCode::Unknown,
            format!("{name:?} is not in the IANA list; Europe/Berlin is"),
        )),
        _ => Ok(()),
    }
}

fn taken() -> Error {
    Error::refused(Code::SlugTaken, "another page has this slug or host").at("slug", FieldCode::Taken)
}
