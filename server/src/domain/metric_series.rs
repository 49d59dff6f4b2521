//! What visitors see of metrics: a few buckets for each, read from roll-ups alone, for all metrics of a page at once.
//!
//! Buckets begin at multiples of their width since 1970 UTC, days too: roll-ups are of whole hours of UTC, and there are zones
//! whose midnight is at half past. Whoever shows them says from when to when they are, in the zone of the page.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use shared::metric::{MetricAggregation, MetricBucket, MetricRange, MetricSeries, PublicMetric, PublicMetrics};
use shared::{MetricId, PageId, Timestamp};

use super::metric_rollup::{Quantiles, Width, floor, millis};
use crate::context::Ctx;
use crate::entity::{metric, metric_rollup};
use crate::error::{Error, Result};

/// All public metrics of a page over a range, or each over its own.
pub async fn list(cx: &Ctx, page: PageId, range: Option<MetricRange>) -> Result<PublicMetrics> {
    cx.read_public(move |cx| async move {
        let rows = public(&cx, page, None).await?;
        let metrics = Box::pin(with_series(&cx, rows, range, MetricRange::bucket)).await?;
        Ok(PublicMetrics { metrics })
    })
    .await
}

/// One public metric.
pub async fn get(cx: &Ctx, page: PageId, slug: &str, range: Option<MetricRange>) -> Result<PublicMetric> {
    let slug: Arc<str> = slug.into();
    cx.read_public(move |cx| {
        let slug = Arc::clone(&slug);
        async move {
            let rows = public(&cx, page, Some(&slug)).await?;
            let metric = Box::pin(with_series(&cx, rows, range, MetricRange::bucket))
                .await?
                .pop();
            metric.ok_or_else(|| Error::not_found("metric"))
        }
    })
    .await
}

/// As the front of a page shows them. New points do not make a new version of a page: they would do so all the time, and every
/// open page would ask anew. So what was read is shown for a while, to whoever asks.
pub async fn front(cx: &Ctx, page: PageId) -> Result<Arc<Vec<PublicMetric>>> {
    let read = cx.read_public(move |cx| async move {
        let rows = public(&cx, page, None).await?;
        Box::pin(with_series(&cx, rows, None, MetricRange::wide_bucket)).await
    });
    // On the heap: the cache hands it on from function to function.
    cx.cache.charts(page, Box::pin(read)).await
}

async fn public(cx: &Ctx, page: PageId, slug: Option<&str>) -> Result<Vec<metric::Model>> {
    let mut query = metric::Entity::find()
        .filter(metric::Column::PageId.eq(page))
        .filter(metric::Column::IsPublic.eq(true));
    if let Some(slug) = slug {
        query = query.filter(metric::Column::Slug.eq(slug));
    }
    let query = query
        .order_by_asc(metric::Column::Position)
        .order_by_asc(metric::Column::Id);
    Ok(query.all(&cx.db).await?)
}

async fn with_series(
    cx: &Ctx,
    rows: Vec<metric::Model>,
    range: Option<MetricRange>,
    bucket: fn(MetricRange) -> Duration,
) -> Result<Vec<PublicMetric>> {
    let now = cx.clock.now();
    let range_of = |row: &metric::Model| range.unwrap_or(row.default_range);
    let mut values = HashMap::new();
    for range in MetricRange::ALL.iter().copied() {
        let of_range: Vec<&metric::Model> = rows.iter().filter(|row| range_of(row) == range).collect();
        let window = Window::of(range, bucket(range), now);
        read(cx, &of_range, window, &mut values).await?;
    }
    let view = |row: metric::Model| {
        let range = range_of(&row);
        let window = Window::of(range, bucket(range), now);
        let buckets = values.remove(&row.id).unwrap_or_default();
        view(row, range, window, buckets, now)
    };
    Ok(rows.into_iter().map(view).collect())
}

/// Which roll-ups are read, and into which buckets they go.
#[derive(Debug, Clone, Copy)]
struct Window {
    source: Width,
    bucket: Duration,
    from: Timestamp,
}

impl Window {
    /// Ends with the bucket that `now` is in.
    fn of(range: MetricRange, bucket: Duration, now: Timestamp) -> Self {
        let source = match range {
            MetricRange::Hour | MetricRange::Day => Width::Minute,
            MetricRange::Week | MetricRange::Month => Width::Hour,
            MetricRange::Quarter => Width::Day,
        };
        let from = floor(now, bucket) + bucket - range.span();
        Self { source, bucket, from }
    }

    /// The beginning of the bucket that a roll-up falls into, in SQL. On our own numbers only.
    fn bucket_of(&self) -> String {
        format!("starts_at - starts_at % {}", millis(self.bucket))
    }

    fn rows(&self, metrics: &[MetricId]) -> Select<metric_rollup::Entity> {
        metric_rollup::Entity::find()
            .select_only()
            .column(metric_rollup::Column::MetricId)
            .filter(metric_rollup::Column::MetricId.is_in(metrics.iter().copied()))
            .filter(metric_rollup::Column::WidthMs.eq(self.source.ms()))
            .filter(metric_rollup::Column::StartsAt.gte(self.from))
    }
}

/// Values by the beginnings of their buckets.
type Buckets = BTreeMap<Timestamp, f64>;
type Found = HashMap<MetricId, Buckets>;

/// Reads the series of metrics that share a range: three questions at most, whatever their number.
async fn read(cx: &Ctx, metrics: &[&metric::Model], window: Window, found: &mut Found) -> Result<()> {
    let having = |wanted: fn(MetricAggregation) -> bool| -> Vec<MetricId> {
        let wanted = metrics.iter().filter(|row| wanted(row.aggregation));
        wanted.map(|row| row.id).collect()
    };
    let last = having(|aggregation| aggregation == MetricAggregation::Last);
    let p95 = having(|aggregation| aggregation == MetricAggregation::P95);
    let plain: HashMap<MetricId, MetricAggregation> = metrics
        .iter()
        .filter(|row| !last.contains(&row.id) && !p95.contains(&row.id))
        .map(|row| (row.id, row.aggregation))
        .collect();
    read_plain(cx, &plain, window, found).await?;
    read_last(cx, &last, window, found).await?;
    read_p95(cx, &p95, window, found).await
}

/// What the database can add up by itself.
async fn read_plain(
    cx: &Ctx,
    metrics: &HashMap<MetricId, MetricAggregation>,
    window: Window,
    found: &mut Found,
) -> Result<()> {
    if metrics.is_empty() {
        return Ok(());
    }
    let ids: Vec<MetricId> = metrics.keys().copied().collect();
    let bucket = window.bucket_of();
    let rows: Vec<(MetricId, Timestamp, f64, f64, f64, f64)> = window
        .rows(&ids)
        .column_as(Expr::cust(bucket.clone()), "bucket")
        .column_as(Expr::cust("SUM(total)"), "total")
        .column_as(Expr::cust("SUM(total) / SUM(points)"), "mean")
        .column_as(Expr::cust("MIN(lowest)"), "lowest")
        .column_as(Expr::cust("MAX(highest)"), "highest")
        .group_by(metric_rollup::Column::MetricId)
        .group_by(Expr::cust(bucket))
        .into_tuple()
        .all(&cx.db)
        .await?;
    for (id, at, total, mean, lowest, highest) in rows {
        let value = match metrics.get(&id) {
            Some(MetricAggregation::Sum) => total,
            Some(MetricAggregation::Avg) => mean,
            Some(MetricAggregation::Min) => lowest,
            Some(MetricAggregation::Max) => highest,
            Some(MetricAggregation::Last | MetricAggregation::P95) | None => continue,
        };
        found.entry(id).or_default().insert(at, value);
    }
    Ok(())
}

async fn read_last(cx: &Ctx, metrics: &[MetricId], window: Window, found: &mut Found) -> Result<()> {
    if metrics.is_empty() {
        return Ok(());
    }
    let rows: Vec<(MetricId, Timestamp, f64)> = window
        .rows(metrics)
        .columns([metric_rollup::Column::StartsAt, metric_rollup::Column::Latest])
        .order_by_asc(metric_rollup::Column::StartsAt)
        .into_tuple()
        .all(&cx.db)
        .await?;
    for (id, at, latest) in rows {
        // The later one takes the place of the earlier one.
        let bucket = floor(at, window.bucket);
        found.entry(id).or_default().insert(bucket, latest);
    }
    Ok(())
}

async fn read_p95(cx: &Ctx, metrics: &[MetricId], window: Window, found: &mut Found) -> Result<()> {
    if metrics.is_empty() {
        return Ok(());
    }
    let rows: Vec<(MetricId, Timestamp, Vec<u8>)> = window
        .rows(metrics)
        .columns([metric_rollup::Column::StartsAt, metric_rollup::Column::Sketch])
        .into_tuple()
        .all(&cx.db)
        .await?;
    let mut sketches: BTreeMap<(MetricId, Timestamp), Quantiles> = BTreeMap::new();
    for (id, at, bytes) in rows {
        let bucket = floor(at, window.bucket);
        sketches.entry((id, bucket)).or_default().merge(&bytes)?;
    }
    for ((id, at), quantiles) in sketches {
        found.entry(id).or_default().insert(at, quantiles.p95());
    }
    Ok(())
}

fn view(row: metric::Model, range: MetricRange, window: Window, buckets: Buckets, now: Timestamp) -> PublicMetric {
    let thresholds = row.thresholds();
    let metric::Model {
        id: _,
        page_id: _,
        slug,
        name,
        description,
        unit,
        aggregation,
        places,
        default_range,
        thresholds: _,
        is_public: _,
        position: _,
        last_value: _,
        last_at: _,
        created_at: _,
        updated_at: _,
    } = row;
    // A point may be ahead of our clock by minutes; it is shown when its time has come.
    let buckets = buckets.into_iter().take_while(|(at, _)| *at <= now);
    PublicMetric {
        slug,
        name,
        description,
        unit,
        aggregation,
        places: u32::try_from(places).unwrap_or(0),
        default_range,
        thresholds,
        series: MetricSeries {
            range,
            from: window.from,
            to: now,
            bucket_s: u32::try_from(window.bucket.as_secs()).unwrap_or(u32::MAX),
            buckets: buckets.map(|(at, value)| MetricBucket { at, value }).collect(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_has_whole_buckets_and_ends_with_the_present_one() {
        let now = Timestamp::parse("2026-11-24T10:07:30.000Z").unwrap();
        for range in MetricRange::ALL.iter().copied() {
            for bucket in [range.bucket(), range.wide_bucket()] {
                let window = Window::of(range, bucket, now);
                assert_eq!(floor(window.from, bucket), window.from, "{range}");
                assert!(window.from + range.span() > now && window.from + range.span() - bucket <= now);
                assert!(window.source.length() <= bucket);
                assert!(now.since(window.from) < window.source.kept_for(), "{range}");
            }
        }
    }
}
