//! Templates: kept, and tried before they are kept. Filling them in is `template_filling`'s part.

use std::collections::HashMap;

use sea_orm::{
    ActiveModelTrait, ActiveValue::NotSet, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect, Set,
};
use shared::access::Permission;
use shared::incident::ComponentEffect;
use shared::list::{Order, TemplateList};
use shared::problem::{Code, FieldCode};
use shared::template::{NewTemplate, Template, TemplateKind, TemplatePatch, TemplateVariable};
use shared::{PageId, TemplateId, Timestamp, Validate};

use super::paging::{Paging, SortKey};
use super::{page, revision, search, template_filling};
use crate::context::{Audit, Ctx, Tx};
use crate::entity::{template, template_component};
use crate::error::{Error, OnDuplicate, Result};

/// Which templates a list holds; they are in the order of their names.
#[derive(Debug, Default)]
pub struct TemplateFilter {
    pub page_id: Option<PageId>,
    pub kind: Option<TemplateKind>,
    /// Part of the name.
    pub q: Option<String>,
}

pub async fn list(cx: &Ctx, filter: TemplateFilter, paging: &Paging) -> Result<TemplateList> {
    cx.actor.require(Permission::ReadConsole)?;
    let mut query = template::Entity::find();
    if let Some(page_id) = filter.page_id {
        query = query.filter(template::Column::PageId.eq(page_id));
    }
    if let Some(kind) = filter.kind {
        query = query.filter(template::Column::Kind.eq(kind));
    }
    if let Some(q) = search::words(filter.q)? {
        query = query.filter(search::contains(template::Column::Name, &q));
    }
    let (key, id) = (template::Column::Name, template::Column::Id);
    let rows = paging.apply(query, key, id, Order::Asc).all(&cx.db).await?;
    let (rows, next_cursor) = paging.cut(rows, |row| (SortKey::Text(row.name.clone()), row.id.0));
    Ok(TemplateList {
        items: views(&cx.db, rows).await?,
        next_cursor,
    })
}

pub async fn get(cx: &Ctx, id: TemplateId) -> Result<Template> {
    cx.actor.require(Permission::ReadConsole)?;
    let row = template::Entity::find_by_id(id).one(&cx.db).await?;
    view(&cx.db, row.ok_or_else(|| Error::not_found("template"))?).await
}

/// Keeps a template that can be filled in.
pub async fn create(cx: &Ctx, input: NewTemplate) -> Result<Template> {
    cx.actor.require(Permission::ManageTemplates)?;
    input.validate()?;

    let page = page::resolve(cx, input.page_id).await?;
    let tx = cx.begin().await?;
    template_filling::try_out(&tx, &page, &input).await?;
    let row = row(&input, page.id, tx.now())?;
    let row = row.insert(tx.conn()).await.on_duplicate(taken)?;
    set_components(&tx, row.id, &input.components).await?;
    let after = view(tx.conn(), row).await?;
    tx.commit(Audit::of("template.create", after.id.0, &after.name).after(&after))
        .await?;
    Ok(after)
}

/// Changes a template; the whole is checked again.
pub async fn update(cx: &Ctx, id: TemplateId, patch: TemplatePatch, expected: Option<Timestamp>) -> Result<Template> {
    cx.actor.require(Permission::ManageTemplates)?;
    patch.validate()?;

    let tx = cx.begin().await?;
    let before = lock(&tx, id).await?;
    revision::unchanged(before.updated_at, expected)?;
    let page = page::resolve(cx, Some(before.page_id)).await?;
    let was = view(tx.conn(), before.clone()).await?;
    let input = patched(&was, patch);
    input.validate()?;
    template_filling::try_out(&tx, &page, &input).await?;
    let next = template::Model {
        name: input.name.clone(),
        title: input.title.clone(),
        message: input.message.clone(),
        status: input.status,
        impact: input.impact,
        variables: to_json(&input.variables)?,
        updated_at: revision::next(before.updated_at, tx.now()),
        ..before
    };
    let row = next.into_active_model().reset_all().update(tx.conn()).await;
    let row = row.on_duplicate(taken)?;
    set_components(&tx, id, &input.components).await?;
    let after = view(tx.conn(), row).await?;
    tx.commit(
        Audit::of("template.update", id.0, &after.name)
            .before(&was)
            .after(&after),
    )
    .await?;
    Ok(after)
}

pub async fn delete(cx: &Ctx, id: TemplateId) -> Result<()> {
    cx.actor.require(Permission::ManageTemplates)?;
    let tx = cx.begin().await?;
    let row = lock(&tx, id).await?;
    let was = view(tx.conn(), row).await?;
    template::Entity::delete_by_id(id).exec(tx.conn()).await?;
    tx.commit(Audit::of("template.delete", id.0, &was.name).before(&was))
        .await
}

fn patched(was: &Template, patch: TemplatePatch) -> NewTemplate {
    let TemplatePatch {
        name,
        title,
        message,
        status,
        impact,
        components,
        variables,
    } = patch;
    NewTemplate {
        page_id: Some(was.page_id),
        kind: was.kind,
        name: name.unwrap_or_else(|| was.name.clone()),
        title: title.or_else(|| was.title.clone()),
        message: message.unwrap_or_else(|| was.message.clone()),
        status: status.apply(was.status),
        impact: impact.apply(was.impact),
        components: components.unwrap_or_else(|| was.components.clone()),
        variables: variables.unwrap_or_else(|| was.variables.clone()),
    }
}

fn row(input: &NewTemplate, page: PageId, now: Timestamp) -> Result<template::ActiveModel> {
    Ok(template::ActiveModel {
        id: NotSet,
        page_id: Set(page),
        kind: Set(input.kind),
        name: Set(input.name.clone()),
        title: Set(input.title.clone().filter(|title| !title.is_empty())),
        message: Set(input.message.clone()),
        status: Set(input.status),
        impact: Set(input.impact),
        variables: Set(to_json(&input.variables)?),
        created_at: Set(now),
        updated_at: Set(now),
    })
}

fn to_json(variables: &[TemplateVariable]) -> Result<String> {
    Ok(serde_json::to_string(variables).map_err(anyhow::Error::from)?)
}

/// Puts components in place of those before.
async fn set_components(tx: &Tx<'_>, id: TemplateId, components: &[ComponentEffect]) -> Result<()> {
    template_component::Entity::delete_many()
        .filter(template_component::Column::TemplateId.eq(id))
        .exec(tx.conn())
        .await?;
    let row = |effect: &ComponentEffect| template_component::ActiveModel {
        template_id: Set(id),
        component_id: Set(effect.id),
        status: Set(effect.status),
    };
    if !components.is_empty() {
        template_component::Entity::insert_many(components.iter().map(row))
            .exec_without_returning(tx.conn())
            .await?;
    }
    Ok(())
}

async fn lock(tx: &Tx<'_>, id: TemplateId) -> Result<template::Model> {
    template::Entity::find_by_id(id)
        .lock_exclusive()
        .one(tx.conn())
        .await?
        .ok_or_else(|| Error::not_found("template"))
}

async fn view(conn: &impl ConnectionTrait, row: template::Model) -> Result<Template> {
    views(conn, vec![row])
        .await?
        .pop()
        .ok_or_else(|| Error::not_found("template"))
}

/// Templates with what they affect, in the order given.
async fn views(conn: &impl ConnectionTrait, rows: Vec<template::Model>) -> Result<Vec<Template>> {
    let ids: Vec<TemplateId> = rows.iter().map(|row| row.id).collect();
    let effects = template_component::Entity::find()
        .filter(template_component::Column::TemplateId.is_in(ids))
        .order_by_asc(template_component::Column::ComponentId)
        .all(conn)
        .await?;
    let mut components: HashMap<TemplateId, Vec<ComponentEffect>> = HashMap::new();
    for row in effects {
        let (id, status) = (row.component_id, row.status);
        let effects = components.entry(row.template_id).or_default();
        effects.push(ComponentEffect { id, status });
    }
    let view = |row: template::Model| {
        let components = components.remove(&row.id).unwrap_or_default();
        assemble(row, components)
    };
    rows.into_iter().map(view).collect()
}

fn assemble(row: template::Model, components: Vec<ComponentEffect>) -> Result<Template> {
    let template::Model {
        id,
        page_id,
        kind,
        name,
        title,
        message,
        status,
        impact,
        variables,
        created_at,
        updated_at,
    } = row;
    Ok(Template {
        id,
        page_id,
        kind,
        name,
        title,
        message,
        status,
        impact,
        components,
        variables: serde_json::from_str(&variables).map_err(anyhow::Error::from)?,
        created_at,
        updated_at,
    })
}

fn taken() -> Error {
    Error::refused(Code::Conflict, "another template of this page has this name").at("name", FieldCode::Taken)
}
