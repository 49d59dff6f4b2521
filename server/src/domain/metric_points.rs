//! Points of metrics: stored as they come, and added up at once, in the same transaction.
//!
//! Adding up does not count on: what a point touches (its minute, then the hour of that, then the day) is added up anew from
//! what it is made of. So a point may come late, twice, or in the place of another, in any order; the roll-ups are what the
//! points are, and when a process is killed there is nothing half done. Writers of one metric go one by one, by a lock on its
//! row (and in a process they wait for their turn before they take a connection); writers of different metrics do not meet. What a point can touch is kept longer than a point may be late.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ColumnTrait, Condition, DbErr, EntityTrait, ExprTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Set,
};
use shared::access::Permission;
use shared::metric::{AHEAD, MetricPointsTaken, NewMetricPoints, POINTS_FOR};
use shared::problem::FieldCode;
use shared::time::hours;
use shared::{MetricId, Timestamp, Validate};

use super::metric;
use super::metric_rollup::{Rollup, Width, floor};
use crate::context::{Audit, Ctx, Tx};
use crate::entity::metric as metric_row;
use crate::entity::{metric_point, metric_rollup};
use crate::error::Result;

/// Rows in one statement.
const ROWS: usize = 500;
/// Stretches of time in one question.
const SPANS: usize = 100;
/// Beyond what the latest point can touch: clocks of machines differ.
const MARGIN: Duration = hours(1);

/// Points by their moments.
pub type Points = BTreeMap<Timestamp, f64>;

pub async fn push(cx: &Ctx, id: MetricId, input: NewMetricPoints) -> Result<MetricPointsTaken> {
    cx.actor.require(Permission::PushMetrics)?;
    input.validate()?;
    let points = timed(&input, cx.clock.now())?;

    let _turn = cx.point_turn(id).await;
    let tx = cx.begin().await?;
    let row = metric::lock(&tx, id).await?;
    let taken = store(&tx, row, &points).await?;
    // The points are a record of their own, and thousands of entries an hour would bury what people did.
    tx.commit(Audit::Bookkeeping).await?;
    Ok(taken)
}

/// All that are of one millisecond are the last of them.
fn timed(input: &NewMetricPoints, now: Timestamp) -> Result<Points> {
    let (oldest, newest) = (now - POINTS_FOR, now + AHEAD);
    let mut check = shared::Check::default();
    let mut points = Points::new();
    for (field, point) in input.each() {
        let at = point.at.unwrap_or(now);
        let expected = match at {
            at if at < oldest => Some(format!(
                "is {at}; {oldest} or later is expected, 7 days at most before now"
            )),
            at if at > newest => Some(format!(
                "is {at}; {newest} or earlier is expected, 5 minutes at most ahead"
            )),
            _ => None,
        };
        if let Some(message) = expected {
            check.fail(format!("{field}at"), FieldCode::OutOfRange, message);
        }
        // There are two zeros, which not every database tells apart.
        points.insert(at, point.value + 0.0);
    }
    check.done()?;
    Ok(points)
}

/// Stores points of a metric whose row is locked, and adds up what they touch.
pub async fn store(tx: &Tx<'_>, row: metric_row::Model, points: &Points) -> Result<MetricPointsTaken> {
    let replaced = known(tx, row.id, points).await?;
    insert(tx, row.id, points).await?;
    add_up(tx, row.id, points.keys().copied().collect()).await?;
    note_latest(tx, &row, points).await?;
    let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    Ok(MetricPointsTaken {
        accepted: count(points.len()),
        replaced: u32::try_from(replaced).unwrap_or(u32::MAX),
    })
}

async fn known(tx: &Tx<'_>, id: MetricId, points: &Points) -> Result<u64> {
    let moments: Vec<Timestamp> = points.keys().copied().collect();
    let mut count = 0;
    for some in moments.chunks(ROWS) {
        count += metric_point::Entity::find()
            .filter(metric_point::Column::MetricId.eq(id))
            .filter(metric_point::Column::At.is_in(some.iter().copied()))
            .count(tx.conn())
            .await?;
    }
    Ok(count)
}

async fn insert(tx: &Tx<'_>, id: MetricId, points: &Points) -> Result<()> {
    let row = |(at, value): (&Timestamp, &f64)| metric_point::ActiveModel {
        metric_id: Set(id),
        at: Set(*at),
        value: Set(*value),
    };
    let rows: Vec<metric_point::ActiveModel> = points.iter().map(row).collect();
    let replace = OnConflict::columns([metric_point::Column::MetricId, metric_point::Column::At])
        .update_column(metric_point::Column::Value)
        .to_owned();
    for some in rows.chunks(ROWS) {
        metric_point::Entity::insert_many(some.to_vec())
            .on_conflict(replace.clone())
            .exec_without_returning(tx.conn())
            .await?;
    }
    Ok(())
}

async fn add_up(tx: &Tx<'_>, id: MetricId, mut touched: BTreeSet<Timestamp>) -> Result<()> {
    for width in Width::ALL {
        touched = touched.into_iter().map(|at| floor(at, width.length())).collect();
        let spans = spans(&touched, width.length());
        let rollups = match width.made_of() {
            None => of_points(tx, id, &spans).await?,
            Some(part) => of_parts(tx, id, part, width, &spans).await?,
        };
        write(tx, id, width, rollups).await?;
    }
    Ok(())
}

/// From when to when, without what lies between.
type Spans = Vec<(Timestamp, Timestamp)>;

/// Those that follow each other are one.
fn spans(starts: &BTreeSet<Timestamp>, length: Duration) -> Spans {
    let mut spans = Spans::new();
    for start in starts {
        match spans.last_mut() {
            Some((_, end)) if *end == *start => *end = *start + length,
            _ => spans.push((*start, *start + length)),
        }
    }
    spans
}

fn within<C: ColumnTrait>(column: C, spans: &[(Timestamp, Timestamp)]) -> Condition {
    spans.iter().fold(Condition::any(), |any, (from, to)| {
        any.add(column.gte(*from).and(column.lt(*to)))
    })
}

type Rollups = BTreeMap<Timestamp, Rollup>;

async fn of_points(tx: &Tx<'_>, id: MetricId, spans: &Spans) -> Result<Rollups> {
    let mut rollups = Rollups::new();
    for some in spans.chunks(SPANS) {
        let points: Vec<(Timestamp, f64)> = metric_point::Entity::find()
            .select_only()
            .columns([metric_point::Column::At, metric_point::Column::Value])
            .filter(metric_point::Column::MetricId.eq(id))
            .filter(within(metric_point::Column::At, some))
            .into_tuple()
            .all(tx.conn())
            .await?;
        for (at, value) in points {
            rollups
                .entry(floor(at, Width::Minute.length()))
                .and_modify(|rollup| rollup.add(at, value))
                .or_insert_with(|| Rollup::of(at, value));
        }
    }
    Ok(rollups)
}

async fn of_parts(tx: &Tx<'_>, id: MetricId, part: Width, whole: Width, spans: &Spans) -> Result<Rollups> {
    let mut rollups = Rollups::new();
    for some in spans.chunks(SPANS) {
        let rows = metric_rollup::Entity::find()
            .filter(metric_rollup::Column::MetricId.eq(id))
            .filter(metric_rollup::Column::WidthMs.eq(part.ms()))
            .filter(within(metric_rollup::Column::StartsAt, some))
            .order_by_asc(metric_rollup::Column::StartsAt)
            .all(tx.conn())
            .await?;
        for row in rows {
            let rollup = Rollup::read(&row)?;
            match rollups.entry(floor(row.starts_at, whole.length())) {
                std::collections::btree_map::Entry::Vacant(place) => {
                    place.insert(rollup);
                }
                std::collections::btree_map::Entry::Occupied(mut sum) => sum.get_mut().merge(&rollup)?,
            }
        }
    }
    Ok(rollups)
}

async fn write(tx: &Tx<'_>, id: MetricId, width: Width, rollups: Rollups) -> Result<()> {
    use metric_rollup::Column;
    let rows: Vec<metric_rollup::ActiveModel> = rollups
        .into_iter()
        .map(|(starts_at, rollup)| rollup.row(id, width, starts_at).into())
        .collect();
    let replace = OnConflict::columns([Column::MetricId, Column::WidthMs, Column::StartsAt])
        .update_columns([
            Column::Points,
            Column::Total,
            Column::Lowest,
            Column::Highest,
            Column::Latest,
            Column::LatestAt,
            Column::Sketch,
        ])
        .to_owned();
    for some in rows.chunks(ROWS) {
        metric_rollup::Entity::insert_many(some.to_vec())
            .on_conflict(replace.clone())
            .exec_without_returning(tx.conn())
            .await?;
    }
    Ok(())
}

/// The newest point of all stands with the metric itself.
async fn note_latest(tx: &Tx<'_>, row: &metric_row::Model, points: &Points) -> Result<()> {
    let Some((at, value)) = points.last_key_value() else {
        return Ok(());
    };
    if row.last_at.is_some_and(|known| known > *at) {
        return Ok(());
    }
    metric_row::Entity::update_many()
        .col_expr(metric_row::Column::LastAt, Expr::value(*at))
        .col_expr(metric_row::Column::LastValue, Expr::value(*value))
        .filter(metric_row::Column::Id.eq(row.id))
        .exec(tx.conn())
        .await?;
    Ok(())
}

/// Removes what has been kept long enough, of each metric by the key of its rows. An hour whose points may still be corrected
/// keeps all its minutes, and a day all its hours.
pub async fn purge(cx: &Ctx) -> Result<u64, DbErr> {
    let now = cx.clock.now();
    let metrics: Vec<MetricId> = metric_row::Entity::find()
        .select_only()
        .column(metric_row::Column::Id)
        .into_tuple()
        .all(&cx.db)
        .await?;
    let mut removed = 0;
    for id in metrics {
        let points = metric_point::Entity::delete_many()
            .filter(metric_point::Column::MetricId.eq(id))
            .filter(metric_point::Column::At.lt(first_kept(now, Width::Minute)));
        removed += points.exec(&cx.db).await?.rows_affected;
        for width in Width::ALL {
            let rollups = metric_rollup::Entity::delete_many()
                .filter(metric_rollup::Column::MetricId.eq(id))
                .filter(metric_rollup::Column::WidthMs.eq(width.ms()))
                .filter(metric_rollup::Column::StartsAt.lt(first_kept(now, width)));
            removed += rollups.exec(&cx.db).await?.rows_affected;
        }
    }
    Ok(removed)
}

/// The beginning of the oldest that is kept: of a whole hour for minutes, of a whole day for the rest.
fn first_kept(now: Timestamp, width: Width) -> Timestamp {
    let whole = match width {
        Width::Minute => Width::Hour,
        Width::Hour | Width::Day => Width::Day,
    };
    floor(now - width.kept_for() - MARGIN, whole.length())
}

#[cfg(test)]
mod tests {
    use shared::time::minutes;

    use super::*;

    #[test]
    fn minutes_that_follow_each_other_are_asked_for_as_one() {
        let at = |minute: i64| Timestamp::from_millis(minute * 60_000);
        let starts = [at(1), at(2), at(5)].into_iter().collect();
        assert_eq!(spans(&starts, minutes(1)), [(at(1), at(3)), (at(5), at(6))]);
    }

    #[test]
    fn what_the_oldest_point_touches_is_kept() {
        let now = Timestamp::parse("2026-11-24T10:00:00.000Z").unwrap();
        let oldest = now - POINTS_FOR;
        let first = first_kept(now, Width::Minute);
        assert!(first <= floor(oldest, Width::Hour.length()));
        assert!(first_kept(now, Width::Hour) <= floor(oldest, Width::Day.length()));
    }
}
