//! What points add up to: by minute, by hour, by day, all of UTC.
//!
//! Roll-ups of parts give the roll-up of the whole: counts, bounds and the latest exactly, sums to the last digits of a float,
//! and quantiles by a sketch of logarithmic buckets (DDSketch), which is off by at most 1 % of the value, however it was put
//! together. Values below 1e-9 count as zero there.

use std::time::Duration;

use anyhow::{Context as _, anyhow};
use shared::metric::{DAYS_FOR, HOURS_FOR, MetricAggregation, POINTS_FOR};
use shared::time::{days, hours, minutes};
use shared::{MetricId, Timestamp};
use sketches_ddsketch::DDSketch;

use crate::entity::metric_rollup::Model;
use crate::error::Result;

/// How long the time is that a roll-up is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Width {
    Minute,
    Hour,
    Day,
}

impl Width {
    /// Each is made of the ones before.
    pub const ALL: [Self; 3] = [Self::Minute, Self::Hour, Self::Day];

    pub const fn length(self) -> Duration {
        match self {
            Self::Minute => minutes(1),
            Self::Hour => hours(1),
            Self::Day => days(1),
        }
    }

    /// As it stands in the table.
    pub fn ms(self) -> i64 {
        millis(self.length())
    }

    /// How long they are kept.
    pub const fn kept_for(self) -> Duration {
        match self {
            Self::Minute => POINTS_FOR,
            Self::Hour => HOURS_FOR,
            Self::Day => DAYS_FOR,
        }
    }

    /// What it is made of; a minute is made of points.
    pub const fn made_of(self) -> Option<Self> {
        match self {
            Self::Minute => None,
            Self::Hour => Some(Self::Minute),
            Self::Day => Some(Self::Hour),
        }
    }
}

/// The last multiple of a length of time since 1970 UTC.
pub fn floor(at: Timestamp, length: Duration) -> Timestamp {
    let length = millis(length).max(1);
    Timestamp::from_millis(at.as_millis().div_euclid(length) * length)
}

pub fn millis(length: Duration) -> i64 {
    i64::try_from(length.as_millis()).unwrap_or(i64::MAX)
}

/// What some points add up to; there is at least one.
#[derive(Clone)]
pub struct Rollup {
    pub points: i64,
    pub total: f64,
    pub lowest: f64,
    pub highest: f64,
    pub latest: f64,
    pub latest_at: Timestamp,
    sketch: DDSketch,
}

impl Rollup {
    /// Of one point.
    pub fn of(at: Timestamp, value: f64) -> Self {
        let mut sketch = DDSketch::default();
        sketch.add(value);
        Self {
            points: 1,
            total: value,
            lowest: value,
            highest: value,
            latest: value,
            latest_at: at,
            sketch,
        }
    }

    /// Takes a point in.
    pub fn add(&mut self, at: Timestamp, value: f64) {
        self.sketch.add(value);
        self.take(&Self {
            sketch: DDSketch::default(),
            points: 1,
            total: value,
            lowest: value,
            highest: value,
            latest: value,
            latest_at: at,
        });
    }

    /// Takes the roll-up of other points in.
    pub fn merge(&mut self, other: &Self) -> Result<()> {
        self.sketch.merge(&other.sketch).map_err(|error| anyhow!(error))?;
        self.take(other);
        Ok(())
    }

    fn take(&mut self, other: &Self) {
        self.points += other.points;
        self.total += other.total;
        self.lowest = self.lowest.min(other.lowest);
        self.highest = self.highest.max(other.highest);
        if other.latest_at >= self.latest_at {
            (self.latest, self.latest_at) = (other.latest, other.latest_at);
        }
    }

    /// What stands for the points.
    pub fn value(&self, aggregation: MetricAggregation) -> f64 {
        match aggregation {
            MetricAggregation::Sum => self.total,
            MetricAggregation::Avg => self.total / count(self.points),
            MetricAggregation::Min => self.lowest,
            MetricAggregation::Max => self.highest,
            MetricAggregation::Last => self.latest,
            MetricAggregation::P95 => p95(&self.sketch).clamp(self.lowest, self.highest),
        }
    }

    /// As a row.
    pub fn row(self, metric_id: MetricId, width: Width, starts_at: Timestamp) -> Model {
        Model {
            metric_id,
            width_ms: width.ms(),
            starts_at,
            points: self.points,
            total: self.total,
            lowest: self.lowest,
            highest: self.highest,
            latest: self.latest,
            latest_at: self.latest_at,
            sketch: self.sketch.to_java_bytes(),
        }
    }

    /// From its row.
    pub fn read(row: &Model) -> Result<Self> {
        Ok(Self {
            points: row.points,
            total: row.total,
            lowest: row.lowest,
            highest: row.highest,
            latest: row.latest,
            latest_at: row.latest_at,
            sketch: sketch(&row.sketch)?,
        })
    }
}

/// Sketches that are put together and asked.
#[derive(Default)]
pub struct Quantiles(DDSketch);

impl Quantiles {
    pub fn merge(&mut self, bytes: &[u8]) -> Result<()> {
        Ok(self.0.merge(&sketch(bytes)?).map_err(|error| anyhow!(error))?)
    }

    /// What 95 of 100 points do not exceed.
    pub fn p95(&self) -> f64 {
        let (lowest, highest) = (self.0.min().unwrap_or(0.0), self.0.max().unwrap_or(0.0));
        p95(&self.0).clamp(lowest, highest)
    }
}

fn p95(sketch: &DDSketch) -> f64 {
    sketch.quantile(0.95).ok().flatten().unwrap_or(0.0)
}

fn sketch(bytes: &[u8]) -> Result<DDSketch> {
    Ok(DDSketch::from_java_bytes(bytes).context("a sketch cannot be read")?)
}

/// Exact up to 2⁵³ points.
fn count(points: i64) -> f64 {
    let (high, low) = (points >> 32, points & 0xffff_ffff);
    let part = |part: i64| f64::from(u32::try_from(part).unwrap_or(u32::MAX));
    part(high) * 4_294_967_296.0 + part(low)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Points = Vec<(i64, f64)>;

    fn points() -> impl Strategy<Value = Points> {
        let value = prop_oneof![-1e6..1e6_f64, Just(0.0), 0.001..10.0_f64, -5_f64..5.0];
        proptest::collection::vec((0..1_000_000_000_i64, value), 1..200)
    }

    fn roll(points: &[(i64, f64)]) -> Rollup {
        let at = Timestamp::from_millis;
        let mut rollup = Rollup::of(at(points[0].0), points[0].1);
        for (ms, value) in &points[1..] {
            rollup.add(at(*ms), *value);
        }
        rollup
    }

    fn near(one: f64, other: f64, error: f64) -> bool {
        (one - other).abs() <= error * one.abs().max(other.abs()) + 1e-6
    }

    /// By sorting all of them.
    fn exact_p95(points: &Points) -> f64 {
        let mut values: Vec<f64> = points.iter().map(|(_, value)| *value).collect();
        values.sort_by(f64::total_cmp);
        values[(values.len() - 1) * 95 / 100]
    }

    proptest! {
        /// However points are split, and through the table and back, their parts give the whole.
        #[test]
        fn parts_give_the_whole(points in points(), cuts in proptest::collection::vec(1..20_usize, 1..20)) {
            let whole = roll(&points);
            let (mut rest, mut parts) = (points.as_slice(), Vec::new());
            for cut in cuts {
                let (part, more) = rest.split_at(cut.min(rest.len()));
                if !part.is_empty() {
                    parts.push(roll(part));
                }
                rest = more;
            }
            if !rest.is_empty() {
                parts.push(roll(rest));
            }
            let row = |part: Rollup| Rollup::read(&part.row(MetricId(1), Width::Minute, Timestamp::from_millis(0))).unwrap();
            let mut parts = parts.into_iter().map(row);
            let mut sum = parts.next().unwrap();
            for part in parts {
                sum.merge(&part).unwrap();
            }
            prop_assert_eq!(
                (sum.points, sum.lowest, sum.highest, sum.latest, sum.latest_at),
                (whole.points, whole.lowest, whole.highest, whole.latest, whole.latest_at)
            );
            prop_assert!(near(sum.total, whole.total, 1e-9));
            let p95 = MetricAggregation::P95;
            prop_assert_eq!(sum.value(p95), whole.value(p95));
        }

        /// Every figure is what looking at all points gives.
        #[test]
        fn figures_are_those_of_the_points(points in points()) {
            let rollup = roll(&points);
            let values: Vec<f64> = points.iter().map(|(_, value)| *value).collect();
            let total: f64 = values.iter().sum();
            prop_assert!(near(rollup.value(MetricAggregation::Sum), total, 1e-9));
            prop_assert!(near(rollup.value(MetricAggregation::Avg), total / values.len() as f64, 1e-9));
            prop_assert_eq!(rollup.value(MetricAggregation::Min), values.iter().copied().fold(f64::INFINITY, f64::min));
            prop_assert_eq!(rollup.value(MetricAggregation::Max), values.iter().copied().fold(f64::NEG_INFINITY, f64::max));
            let exact = exact_p95(&points);
            prop_assert!(near(rollup.value(MetricAggregation::P95), exact, 0.011), "{} {exact}", rollup.value(MetricAggregation::P95));
        }

        #[test]
        fn counts_are_written_exactly(points in 0..9_007_199_254_740_992_i64) {
            prop_assert_eq!(count(points), points as f64);
        }
    }

    #[test]
    fn moments_fall_into_the_time_before_them() {
        let at = |text| Timestamp::parse(text).unwrap();
        let moment = at("2026-11-24T10:59:59.999Z");
        assert_eq!(floor(moment, minutes(1)), at("2026-11-24T10:59:00Z"));
        assert_eq!(floor(moment, hours(6)), at("2026-11-24T06:00:00Z"));
        assert_eq!(floor(moment, days(1)), at("2026-11-24T00:00:00Z"));
    }
}
