//! Metrics: what is measured, and how it is shown. What they measure is `metric_points`' business, what visitors see of it
//! `metric_series`'.

use std::collections::HashMap;

use sea_orm::{
    ActiveModelTrait, ActiveValue::NotSet, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect, Set,
};
use shared::access::Permission;
use shared::list::{MetricList, Order};
use shared::metric::{
    METRICS_MAX, Metric, MetricAggregation, MetricPatch, MetricRange, MetricThreshold, NewMetric, ReorderMetrics,
};
use shared::problem::{Code, FieldCode};
use shared::text::Slug;
use shared::{MetricId, PageId, Timestamp, Validate};

use super::paging::{Paging, SortKey};
use super::{page, revision};
use crate::context::{Audit, Ctx, Tx};
use crate::entity::{metric, metric_source};
use crate::error::{Error, OnDuplicate, Result};

pub async fn list(cx: &Ctx, page_id: Option<PageId>, paging: &Paging) -> Result<MetricList> {
    cx.actor.require(Permission::ReadConsole)?;
    let mut query = metric::Entity::find();
    if let Some(page_id) = page_id {
        query = query.filter(metric::Column::PageId.eq(page_id));
    }
    let rows = paging
        .apply(query, metric::Column::Position, metric::Column::Id, Order::Asc)
        .all(&cx.db)
        .await?;
    let (rows, next_cursor) = paging.cut(rows, |row| (SortKey::Number(row.position.into()), row.id.0));
    Ok(MetricList {
        items: views(&cx.db, rows).await?,
        next_cursor,
    })
}

pub async fn get(cx: &Ctx, id: MetricId) -> Result<Metric> {
    cx.actor.require(Permission::ReadConsole)?;
    let row = find(&cx.db, id).await?;
    view(&cx.db, row).await
}

pub async fn create(cx: &Ctx, input: NewMetric) -> Result<Metric> {
    cx.actor.require(Permission::ManageMetrics)?;
    input.validate()?;

    let page = page::resolve(cx, input.page_id).await?.id;
    let mut tx = cx.begin().await?;
    let row = insert(&tx, page, input).await?;
    let metric = row.into_metric(None);
    tx.touch(page);
    tx.commit(Audit::of("metric.create", metric.id.0, &metric.name).after(&metric))
        .await?;
    Ok(metric)
}

pub async fn update(cx: &Ctx, id: MetricId, patch: MetricPatch, expected: Option<Timestamp>) -> Result<Metric> {
    cx.actor.require(Permission::ManageMetrics)?;
    patch.validate()?;

    let mut tx = cx.begin().await?;
    let before = lock(&tx, id).await?;
    revision::unchanged(before.updated_at, expected)?;
    let row = apply(before.clone(), patch, tx.now())?;
    let row = row
        .into_active_model()
        .reset_all()
        .update(tx.conn())
        .await
        .on_duplicate(taken)?;
    let (before, after) = (view(tx.conn(), before).await?, view(tx.conn(), row).await?);
    tx.touch(after.page_id);
    tx.commit(
        Audit::of("metric.update", id.0, &after.name)
            .before(&before)
            .after(&after),
    )
    .await?;
    Ok(after)
}

/// Its points and all they add up to go too.
pub async fn delete(cx: &Ctx, id: MetricId) -> Result<()> {
    cx.actor.require(Permission::ManageMetrics)?;
    let mut tx = cx.begin().await?;
    let before = view(tx.conn(), lock(&tx, id).await?).await?;
    metric::Entity::delete_by_id(id).exec(tx.conn()).await?;
    tx.touch(before.page_id);
    tx.commit(Audit::of("metric.delete", id.0, &before.name).before(&before))
        .await
}

/// Gives the metrics of a page a new order, all of it or nothing.
pub async fn reorder(cx: &Ctx, input: ReorderMetrics) -> Result<()> {
    cx.actor.require(Permission::ManageMetrics)?;
    input.validate()?;

    let page = page::resolve(cx, input.page_id).await?;
    let mut tx = cx.begin().await?;
    for (i, place) in input.metrics.iter().enumerate() {
        let row = lock(&tx, place.id).await.ok().filter(|row| row.page_id == page.id);
        let row =
            row.ok_or_else(|| Error::field(format!("metrics[{i}].id"), FieldCode::Unknown, "is not on this page"))?;
        let updated_at = revision::next(row.updated_at, tx.now());
        let moved = metric::Model {
            position: place.position,
            updated_at,
            ..row
        };
        moved.into_active_model().reset_all().update(tx.conn()).await?;
    }
    tx.touch(page.id);
    tx.commit(Audit::of("metric.reorder", None, &page.name).after(&input))
        .await
}

pub async fn find(conn: &impl ConnectionTrait, id: MetricId) -> Result<metric::Model> {
    let row = metric::Entity::find_by_id(id).one(conn).await?;
    row.ok_or_else(|| Error::not_found("metric"))
}

/// Reads the row so that another writer of the same metric waits, of its points too.
pub async fn lock(tx: &Tx<'_>, id: MetricId) -> Result<metric::Model> {
    let row = metric::Entity::find_by_id(id).lock_exclusive().one(tx.conn()).await?;
    row.ok_or_else(|| Error::not_found("metric"))
}

/// As members see it.
pub async fn view(conn: &impl ConnectionTrait, row: metric::Model) -> Result<Metric> {
    let source = metric_source::Entity::find_by_id(row.id).one(conn).await?;
    Ok(row.into_metric(source))
}

async fn views(conn: &impl ConnectionTrait, rows: Vec<metric::Model>) -> Result<Vec<Metric>> {
    let sources = metric_source::Entity::find()
        .filter(metric_source::Column::MetricId.is_in(rows.iter().map(|row| row.id)))
        .all(conn)
        .await?;
    let mut sources: HashMap<MetricId, metric_source::Model> =
        sources.into_iter().map(|source| (source.metric_id, source)).collect();
    let view = |row: metric::Model| {
        let source = sources.remove(&row.id);
        row.into_metric(source)
    };
    Ok(rows.into_iter().map(view).collect())
}

async fn insert(tx: &Tx<'_>, page: PageId, input: NewMetric) -> Result<metric::Model> {
    let NewMetric {
        page_id: _,
        name,
        slug,
        description,
        unit,
        aggregation,
        places,
        default_range,
        thresholds,
        is_public,
    } = input;
    let slug = match slug {
        Some(slug) => slug,
        None => free_slug(tx, page, &name).await?,
    };
    let row = metric::ActiveModel {
        id: NotSet,
        page_id: Set(page),
        slug: Set(slug),
        name: Set(name),
        description: Set(description.filter(|text| !text.is_empty())),
        unit: Set(unit),
        aggregation: Set(aggregation.unwrap_or(MetricAggregation::Avg)),
        places: Set(small(places.unwrap_or(0))),
        default_range: Set(default_range.unwrap_or(MetricRange::Day)),
        thresholds: Set(written(&thresholds)?),
        is_public: Set(is_public.unwrap_or(true)),
        position: Set(next_position(tx, page).await?),
        last_value: Set(None),
        last_at: Set(None),
        created_at: Set(tx.now()),
        updated_at: Set(tx.now()),
    };
    row.insert(tx.conn()).await.on_duplicate(taken)
}

fn apply(before: metric::Model, patch: MetricPatch, now: Timestamp) -> Result<metric::Model> {
    let MetricPatch {
        name,
        slug,
        description,
        unit,
        aggregation,
        places,
        default_range,
        thresholds,
        is_public,
    } = patch;
    Ok(metric::Model {
        name: name.unwrap_or(before.name),
        slug: slug.unwrap_or(before.slug),
        description: description.apply(before.description).filter(|text| !text.is_empty()),
        unit: unit.unwrap_or(before.unit),
        aggregation: aggregation.unwrap_or(before.aggregation),
        places: places.map_or(before.places, small),
        default_range: default_range.unwrap_or(before.default_range),
        thresholds: match thresholds {
            Some(thresholds) => written(&thresholds)?,
            None => before.thresholds,
        },
        is_public: is_public.unwrap_or(before.is_public),
        updated_at: revision::next(before.updated_at, now),
        ..before
    })
}

fn small(places: u32) -> i32 {
    i32::try_from(places).unwrap_or(0)
}

fn written(thresholds: &[MetricThreshold]) -> Result<String> {
    Ok(serde_json::to_string(thresholds).map_err(anyhow::Error::from)?)
}

/// The place after the last; an error if the page has as many as a page may have.
async fn next_position(tx: &Tx<'_>, page: PageId) -> Result<i32> {
    let of_page = metric::Entity::find().filter(metric::Column::PageId.eq(page));
    let count = of_page.clone().count(tx.conn()).await?;
    if count >= METRICS_MAX {
        return Err(Error::conflict(format!(
            "the page has {count} metrics, and {METRICS_MAX} are possible"
        )));
    }
    let last = of_page.order_by_desc(metric::Column::Position).one(tx.conn()).await?;
    Ok(last.map_or(0, |row| row.position.saturating_add(1)))
}

/// The name as a slug, with a number behind it if that is taken. Should two writers find the same one, the index decides.
async fn free_slug(tx: &Tx<'_>, page: PageId, name: &str) -> Result<String> {
    let base = Slug::from_name(name, "metric").into_string();
    let known: Vec<String> = metric::Entity::find()
        .select_only()
        .column(metric::Column::Slug)
        .filter(metric::Column::PageId.eq(page))
        .into_tuple()
        .all(tx.conn())
        .await?;
    if !known.contains(&base) {
        return Ok(base);
    }
    let stem: String = base.chars().take(Slug::MAX - 6).collect();
    let numbered = (2..)
        .map(|n| format!("{}-{n}", stem.trim_end_matches('-')))
        .find(|slug| !known.contains(slug));
    Ok(numbered.unwrap_or(base))
}

fn taken() -> Error {
    Error::refused(Code::SlugTaken, "another metric of the page has this slug").at("slug", FieldCode::Taken)
}
