//! Components: what can be up or down.

use sea_orm::{
    ActiveModelTrait, ActiveValue::NotSet, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, Set,
};
use shared::access::Permission;
use shared::component::{Component, ComponentPatch, ComponentSort, ComponentStatus, NewComponent, ReorderComponents};
use shared::list::{ComponentList, Order};
use shared::problem::{Code, FieldCode};
use shared::text::Slug;
use shared::{ComponentGroupId, ComponentId, PageId, Timestamp, Validate};

use super::paging::{Paging, SortKey};
use super::timeline::{self, Reason};
use super::{component_group, page, revision, search};
use crate::context::{Audit, Ctx, Tx};
use crate::entity::component;
use crate::entity::component_group as group_row;
use crate::error::{Error, OnDuplicate, Result};

/// Which components a list holds, and in which order.
#[derive(Debug, Default)]
pub struct ComponentFilter {
    pub page_id: Option<PageId>,
    pub group_id: Option<ComponentGroupId>,
    /// The baseline status.
    pub status: Option<ComponentStatus>,
    /// Part of the name.
    pub q: Option<String>,
    pub sort: Option<ComponentSort>,
    pub order: Option<Order>,
}

pub async fn list(cx: &Ctx, filter: ComponentFilter, paging: &Paging) -> Result<ComponentList> {
    cx.actor.require(Permission::ReadConsole)?;
    let mut query = component::Entity::find();
    if let Some(page_id) = filter.page_id {
        query = query.filter(component::Column::PageId.eq(page_id));
    }
    if let Some(group_id) = filter.group_id {
        query = query.filter(component::Column::GroupId.eq(group_id));
    }
    if let Some(status) = filter.status {
        query = query.filter(component::Column::Status.eq(status));
    }
    if let Some(q) = search::words(filter.q)? {
        query = query.filter(search::contains(component::Column::Name, &q));
    }
    let sort = filter.sort.unwrap_or(ComponentSort::Position);
    let column = match sort {
        ComponentSort::Position => component::Column::Position,
        ComponentSort::Name => component::Column::Name,
        ComponentSort::UpdatedAt => component::Column::UpdatedAt,
    };
    let rows = paging
        .apply(query, column, component::Column::Id, filter.order.unwrap_or(Order::Asc))
        .all(&cx.db)
        .await?;
    let key = |row: &component::Model| match sort {
        ComponentSort::Position => SortKey::Number(row.position.into()),
        ComponentSort::Name => SortKey::Text(row.name.clone()),
        ComponentSort::UpdatedAt => SortKey::Number(row.updated_at.as_millis()),
    };
    let (rows, next_cursor) = paging.cut(rows, |row| (key(row), row.id.0));
    Ok(ComponentList {
        items: views(&cx.db, rows, cx.clock.now()).await?,
        next_cursor,
    })
}

pub async fn get(cx: &Ctx, id: ComponentId) -> Result<Component> {
    cx.actor.require(Permission::ReadConsole)?;
    let row = find(&cx.db, id).await?;
    view(&cx.db, row, cx.clock.now()).await
}

pub async fn create(cx: &Ctx, input: NewComponent) -> Result<Component> {
    cx.actor.require(Permission::ManageComponents)?;
    input.validate()?;

    let page = page::resolve(cx, input.page_id).await?.id;
    let mut tx = cx.begin().await?;
    check_group(&tx, page, input.group_id).await?;
    let row = insert(&tx, page, input).await?;
    timeline::record(&mut tx, &[row.id], Reason::set_by(&cx.actor, false)).await?;
    let component = view(tx.conn(), row, tx.now()).await?;
    tx.commit(Audit::of("component.create", component.id.0, &component.name).after(&component))
        .await?;
    Ok(component)
}

pub async fn update(
    cx: &Ctx,
    id: ComponentId,
    patch: ComponentPatch,
    expected: Option<Timestamp>,
) -> Result<Component> {
    cx.actor.require(Permission::ManageComponents)?;
    patch.validate()?;

    let mut tx = cx.begin().await?;
    let before = find(tx.conn(), id).await?;
    revision::unchanged(before.updated_at, expected)?;
    let ComponentPatch {
        group_id,
        name,
        slug,
        description,
        link,
        is_public,
        uptime_weight,
    } = patch;
    let group_id = group_id.apply(before.group_id);
    check_group(&tx, before.page_id, group_id).await?;
    let row = component::Model {
        group_id,
        name: name.unwrap_or_else(|| before.name.clone()),
        slug: slug.unwrap_or_else(|| before.slug.clone()),
        description: description.apply(before.description.clone()),
        link: link.apply(before.link.clone()),
        is_public: is_public.unwrap_or(before.is_public),
        uptime_weight: uptime_weight.map_or(before.uptime_weight, |weight| i32::try_from(weight).unwrap_or(1)),
        updated_at: revision::next(before.updated_at, tx.now()),
        ..before.clone()
    };
    let row = row
        .into_active_model()
        .reset_all()
        .update(tx.conn())
        .await
        .on_duplicate(taken)?;
    let (before, after) = (
        view(tx.conn(), before, tx.now()).await?,
        view(tx.conn(), row, tx.now()).await?,
    );
    tx.touch(after.page_id);
    tx.commit(
        Audit::of("component.update", id.0, &after.name)
            .before(&before)
            .after(&after),
    )
    .await?;
    Ok(after)
}

pub async fn delete(cx: &Ctx, id: ComponentId) -> Result<()> {
    cx.actor.require(Permission::ManageComponents)?;
    let mut tx = cx.begin().await?;
    let before = find(tx.conn(), id).await?;
    component::Entity::delete_by_id(id).exec(tx.conn()).await?;
    tx.touch(before.page_id);
    let before = before.clone().into_component(before.status);
    tx.commit(Audit::of("component.delete", id.0, &before.name).before(&before))
        .await
}

/// Gives the tree of a page a new order, all of it or nothing.
pub async fn reorder(cx: &Ctx, input: ReorderComponents) -> Result<()> {
    cx.actor.require(Permission::ManageComponents)?;
    input.validate()?;

    let page = page::resolve(cx, input.page_id).await?;
    let mut tx = cx.begin().await?;
    let parents = place_groups(&tx, page.id, &input).await?;
    for (i, place) in input.components.iter().enumerate() {
        let row = find(tx.conn(), place.id)
            .await
            .ok()
            .filter(|row| row.page_id == page.id);
        let row =
            row.ok_or_else(|| Error::field(format!("components[{i}].id"), FieldCode::Unknown, "is not on this page"))?;
        if place.group_id.is_some_and(|group| !parents.contains_key(&group)) {
            return Err(Error::field(
                format!("components[{i}].group_id"),
                FieldCode::Unknown,
                "is not on this page",
            ));
        }
        let updated_at = revision::next(row.updated_at, tx.now());
        let moved = component::Model {
            group_id: place.group_id,
            position: place.position,
            updated_at,
            ..row
        };
        moved.into_active_model().reset_all().update(tx.conn()).await?;
    }
    tx.touch(page.id);
    tx.commit(Audit::of("component.reorder", None, &page.name).after(&input))
        .await
}

/// Moves groups, then checks the whole tree: a move may be sound only together with another.
async fn place_groups(tx: &Tx<'_>, page: PageId, input: &ReorderComponents) -> Result<component_group::Parents> {
    let mut parents = component_group::parents(tx.conn(), page).await?;
    for (i, place) in input.groups.iter().enumerate() {
        let parent = parents.get_mut(&place.id);
        *parent.ok_or_else(|| Error::field(format!("groups[{i}].id"), FieldCode::Unknown, "is not on this page"))? =
            place.parent_id;
    }
    for (i, place) in input.groups.iter().enumerate() {
        component_group::check_parent(
            &parents,
            Some(place.id),
            place.parent_id,
            &format!("groups[{i}].parent_id"),
        )?;
        let row = component_group::find(tx.conn(), place.id).await?;
        let updated_at = revision::next(row.updated_at, tx.now());
        let moved = group_row::Model {
            parent_id: place.parent_id,
            position: place.position,
            updated_at,
            ..row
        };
        moved.into_active_model().reset_all().update(tx.conn()).await?;
    }
    Ok(parents)
}

/// Writes a baseline without telling anyone.
pub async fn set_baseline(tx: &Tx<'_>, row: component::Model, status: ComponentStatus) -> Result<component::Model> {
    let updated_at = revision::next(row.updated_at, tx.now());
    Ok(component::Model {
        status,
        updated_at,
        ..row
    }
    .into_active_model()
    .reset_all()
    .update(tx.conn())
    .await?)
}

pub async fn find(conn: &impl ConnectionTrait, id: ComponentId) -> Result<component::Model> {
    component::Entity::find_by_id(id)
        .one(conn)
        .await?
        .ok_or_else(|| Error::not_found("component"))
}

async fn view(conn: &impl ConnectionTrait, row: component::Model, now: Timestamp) -> Result<Component> {
    let statuses = timeline::effective(conn, std::slice::from_ref(&row), now).await?;
    let effective = statuses.get(&row.id).copied().unwrap_or(row.status);
    Ok(row.into_component(effective))
}

async fn views(conn: &impl ConnectionTrait, rows: Vec<component::Model>, now: Timestamp) -> Result<Vec<Component>> {
    let statuses = timeline::effective(conn, &rows, now).await?;
    let view = |row: component::Model| {
        let effective = statuses.get(&row.id).copied().unwrap_or(row.status);
        row.into_component(effective)
    };
    Ok(rows.into_iter().map(view).collect())
}

async fn insert(tx: &Tx<'_>, page: PageId, input: NewComponent) -> Result<component::Model> {
    let NewComponent {
        page_id: _,
        group_id,
        name,
        slug,
        description,
        link,
        status,
        is_public,
    } = input;
    let slug = match slug {
        Some(slug) => slug,
        None => free_slug(tx, page, &name).await?,
    };
    let row = component::ActiveModel {
        id: NotSet,
        page_id: Set(page),
        group_id: Set(group_id),
        name: Set(name),
        slug: Set(slug),
        description: Set(description.filter(|text| !text.is_empty())),
        link: Set(link.filter(|text| !text.is_empty())),
        status: Set(status.unwrap_or(ComponentStatus::Operational)),
        position: Set(next_position(tx, page, group_id).await?),
        is_public: Set(is_public.unwrap_or(true)),
        uptime_weight: Set(1),
        created_at: Set(tx.now()),
        updated_at: Set(tx.now()),
    };
    row.insert(tx.conn()).await.on_duplicate(taken)
}

/// The name as a slug, with a number behind it if that is taken. Should two writers find the same one, the index decides.
async fn free_slug(tx: &Tx<'_>, page: PageId, name: &str) -> Result<String> {
    let base = Slug::from_name(name, "component").into_string();
    let like = component::Column::Slug.starts_with(&base);
    let rows = component::Entity::find()
        .filter(component::Column::PageId.eq(page))
        .filter(like)
        .all(tx.conn())
        .await?;
    let is_taken = |slug: &str| rows.iter().any(|row| row.slug == slug);
    if !is_taken(&base) {
        return Ok(base);
    }
    let stem: String = base.chars().take(Slug::MAX - 6).collect();
    let numbered = (2..)
        .map(|n| format!("{}-{n}", stem.trim_end_matches('-')))
        .find(|slug| !is_taken(slug));
    Ok(numbered.unwrap_or(base))
}

async fn next_position(tx: &Tx<'_>, page: PageId, group: Option<ComponentGroupId>) -> Result<i32> {
    let mut query = component::Entity::find().filter(component::Column::PageId.eq(page));
    query = match group {
        Some(group) => query.filter(component::Column::GroupId.eq(group)),
        None => query.filter(component::Column::GroupId.is_null()),
    };
    let last = query.order_by_desc(component::Column::Position).one(tx.conn()).await?;
    Ok(last.map_or(0, |row| row.position.saturating_add(1)))
}

async fn check_group(tx: &Tx<'_>, page: PageId, group: Option<ComponentGroupId>) -> Result<()> {
    let Some(group) = group else { return Ok(()) };
    match component_group::find(tx.conn(), group).await {
        Ok(row) if row.page_id == page => Ok(()),
        _ => Err(Error::field(
            "group_id",
            FieldCode::Unknown,
            format!("there is no group {group} on this page"),
        )),
    }
}

fn taken() -> Error {
    Error::refused(Code::SlugTaken, "another component of the page has this slug").at("slug", FieldCode::Taken)
}
