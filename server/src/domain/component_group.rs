//! Component groups: headings over components and other groups.

use std::collections::HashMap;

use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ActiveValue::NotSet, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, Set,
};
use shared::access::Permission;
use shared::component::{ComponentGroup, ComponentGroupPatch, GROUP_DEPTH_MAX, NewComponentGroup};
use shared::list::{ComponentGroupList, Order};
use shared::problem::FieldCode;
use shared::{ComponentGroupId, PageId, Timestamp, Validate};

use super::paging::{Paging, SortKey};
use super::{page, revision};
use crate::context::{Audit, Ctx, Tx};
use crate::entity::{component, component_group};
use crate::error::{Error, Result};

/// Which group each group stands in.
pub type Parents = HashMap<ComponentGroupId, Option<ComponentGroupId>>;

pub async fn list(cx: &Ctx, page_id: Option<PageId>, paging: &Paging) -> Result<ComponentGroupList> {
    cx.actor.require(Permission::ReadConsole)?;
    let mut query = component_group::Entity::find();
    if let Some(page_id) = page_id {
        query = query.filter(component_group::Column::PageId.eq(page_id));
    }
    let rows = paging
        .apply(
            query,
            component_group::Column::Position,
            component_group::Column::Id,
            Order::Asc,
        )
        .all(&cx.db)
        .await?;
    let (rows, next_cursor) = paging.cut(rows, |row| (SortKey::Number(row.position.into()), row.id.0));
    Ok(ComponentGroupList {
        items: rows.into_iter().map(ComponentGroup::from).collect(),
        next_cursor,
    })
}

pub async fn get(cx: &Ctx, id: ComponentGroupId) -> Result<ComponentGroup> {
    cx.actor.require(Permission::ReadConsole)?;
    Ok(find(&cx.db, id).await?.into())
}

pub async fn create(cx: &Ctx, input: NewComponentGroup) -> Result<ComponentGroup> {
    cx.actor.require(Permission::ManageComponents)?;
    input.validate()?;

    let page = page::resolve(cx, input.page_id).await?.id;
    let mut tx = cx.begin().await?;
    let parents = parents(tx.conn(), page).await?;
    check_parent(&parents, None, input.parent_id, "parent_id")?;
    let row = component_group::ActiveModel {
        id: NotSet,
        page_id: Set(page),
        parent_id: Set(input.parent_id),
        name: Set(input.name),
        description: Set(input.description),
        position: Set(next_position(&tx, page, input.parent_id).await?),
        created_at: Set(tx.now()),
        updated_at: Set(tx.now()),
    };
    let group = ComponentGroup::from(row.insert(tx.conn()).await?);
    tx.touch(page);
    tx.commit(Audit::of("component_group.create", group.id.0, &group.name).after(&group))
        .await?;
    Ok(group)
}

pub async fn update(
    cx: &Ctx,
    id: ComponentGroupId,
    patch: ComponentGroupPatch,
    expected: Option<Timestamp>,
) -> Result<ComponentGroup> {
    cx.actor.require(Permission::ManageComponents)?;
    patch.validate()?;

    let mut tx = cx.begin().await?;
    let before = find(tx.conn(), id).await?;
    revision::unchanged(before.updated_at, expected)?;
    let ComponentGroupPatch {
        parent_id,
        name,
        description,
    } = patch;
    let parent_id = parent_id.apply(before.parent_id);
    check_parent(
        &parents(tx.conn(), before.page_id).await?,
        Some(id),
        parent_id,
        "parent_id",
    )?;
    let row = component_group::Model {
        parent_id,
        name: name.unwrap_or_else(|| before.name.clone()),
        description: description.apply(before.description.clone()),
        updated_at: revision::next(before.updated_at, tx.now()),
        ..before.clone()
    };
    let after = ComponentGroup::from(row.into_active_model().reset_all().update(tx.conn()).await?);
    tx.touch(before.page_id);
    tx.commit(
        Audit::of("component_group.update", id.0, &after.name)
            .before(&ComponentGroup::from(before))
            .after(&after),
    )
    .await?;
    Ok(after)
}

/// Deletes a group; what stands in it moves up to where it stood.
pub async fn delete(cx: &Ctx, id: ComponentGroupId) -> Result<()> {
    cx.actor.require(Permission::ManageComponents)?;
    let mut tx = cx.begin().await?;
    let before = find(tx.conn(), id).await?;
    component_group::Entity::update_many()
        .col_expr(component_group::Column::ParentId, Expr::value(before.parent_id))
        .filter(component_group::Column::ParentId.eq(id))
        .exec(tx.conn())
        .await?;
    component::Entity::update_many()
        .col_expr(component::Column::GroupId, Expr::value(before.parent_id))
        .filter(component::Column::GroupId.eq(id))
        .exec(tx.conn())
        .await?;
    component_group::Entity::delete_by_id(id).exec(tx.conn()).await?;
    tx.touch(before.page_id);
    let before = ComponentGroup::from(before);
    tx.commit(Audit::of("component_group.delete", id.0, &before.name).before(&before))
        .await
}

/// All groups of a page, each with the one it stands in.
pub async fn parents(conn: &impl ConnectionTrait, page: PageId) -> Result<Parents> {
    let rows = component_group::Entity::find()
        .filter(component_group::Column::PageId.eq(page))
        .all(conn)
        .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.parent_id)).collect())
}

/// A group may stand in any group of its page, but not in itself, not below itself, and not too deep.
pub fn check_parent(
    parents: &Parents,
    group: Option<ComponentGroupId>,
    parent: Option<ComponentGroupId>,
    field: &str,
) -> Result<()> {
    let mut above = parent;
    for _ in 0..GROUP_DEPTH_MAX {
        let Some(at) = above else { return Ok(()) };
        if Some(at) == group {
            return Err(Error::field(
                field,
                FieldCode::NotAllowed,
                "a group cannot stand inside itself",
            ));
        }
        above = *parents.get(&at).ok_or_else(|| {
            Error::field(
                field,
                FieldCode::Unknown,
                format!("there is no group {at} on this page"),
            )
        })?;
    }
    match above {
        None => Ok(()),
        Some(_) => Err(Error::field(
            field,
            FieldCode::OutOfRange,
            format!("groups nest {GROUP_DEPTH_MAX} deep at most"),
        )),
    }
}

pub async fn find(conn: &impl ConnectionTrait, id: ComponentGroupId) -> Result<component_group::Model> {
    component_group::Entity::find_by_id(id)
        .one(conn)
        .await?
        .ok_or_else(|| Error::not_found("component group"))
}

async fn next_position(tx: &Tx<'_>, page: PageId, parent: Option<ComponentGroupId>) -> Result<i32> {
    let mut query = component_group::Entity::find().filter(component_group::Column::PageId.eq(page));
    query = match parent {
        Some(parent) => query.filter(component_group::Column::ParentId.eq(parent)),
        None => query.filter(component_group::Column::ParentId.is_null()),
    };
    let last = query
        .order_by_desc(component_group::Column::Position)
        .one(tx.conn())
        .await?;
    Ok(last.map_or(0, |row| row.position.saturating_add(1)))
}
