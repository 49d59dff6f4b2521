//! Metrics: numbers over time, such as response times, with the lines that say what is too much.
//!
//! Points are pushed or pulled, added up by minute, hour and day, and read as a series of buckets.

use std::time::Duration;

use crate::page::slug;
use crate::problem::FieldCode;
use crate::text::{NAME_MAX, WebUrl};
use crate::time::{days, hours, minutes};
use crate::{Check, MetricId, PageId, Patch, Timestamp, Validate};

words! {
    /// What stands for the many points of a bucket.
    pub enum MetricAggregation {
        Sum = "sum",
        /// The mean of all points.
        Avg = "avg",
        Min = "min",
        Max = "max",
        /// The newest point.
        Last = "last",
        /// What 95 of 100 points do not exceed, to within one per cent of itself.
        P95 = "p95",
    }

    /// How far back a chart looks.
    pub enum MetricRange {
        Hour = "1h",
        Day = "24h",
        Week = "7d",
        Month = "30d",
        Quarter = "90d",
    }

    /// What it means to be at a threshold.
    pub enum MetricLevel {
        /// As it should be.
        Normal = "normal",
        /// Someone should look.
        Warning = "warning",
        /// Something is broken.
        Critical = "critical",
    }

    /// How a source wants to know who asks.
    pub enum MetricAuth {
        None = "none",
        /// A name and a password.
        Basic = "basic",
        /// A token.
        Bearer = "bearer",
    }
}

/// Longest unit, in characters.
pub const UNIT_MAX: usize = 20;
/// Most places after the decimal point.
pub const PLACES_MAX: u32 = 6;
/// Most threshold lines of a metric.
pub const THRESHOLDS_MAX: usize = 5;
/// Longest label of a threshold, in characters.
pub const LABEL_MAX: usize = 60;
/// Longest description of a metric, in characters.
pub const DESCRIPTION_MAX: usize = 1_000;
/// Most metrics of a page.
pub const METRICS_MAX: u64 = 100;
/// Most points in one request.
pub const POINTS_MAX: usize = 1_000;
/// The furthest a value may be from zero; sums of such values are numbers still.
pub const VALUE_MAX: f64 = 1e15;
/// How old a point may be: so long single points are kept, and minutes with them.
pub const POINTS_FOR: Duration = days(7);
/// How long hours are kept.
pub const HOURS_FOR: Duration = days(90);
/// How long days are kept.
pub const DAYS_FOR: Duration = days(730);
/// How far in the future a point may be: clocks differ.
pub const AHEAD: Duration = minutes(5);
/// Seconds between two pulls, at least and at most.
pub const INTERVAL_S: std::ops::RangeInclusive<u32> = 15..=3_600;
/// Longest query of a source, in characters.
pub const QUERY_MAX: usize = 2_000;
/// Longest password or token of a source, in characters.
pub const SECRET_MAX: usize = 2_000;

impl MetricRange {
    /// How long it is.
    pub const fn span(self) -> Duration {
        match self {
            Self::Hour => hours(1),
            Self::Day => hours(24),
            Self::Week => days(7),
            Self::Month => days(30),
            Self::Quarter => days(90),
        }
    }

    /// How wide its buckets are; all begin at multiples of that since 1970 UTC.
    pub const fn bucket(self) -> Duration {
        match self {
            Self::Hour => minutes(1),
            Self::Day => minutes(5),
            Self::Week => hours(1),
            Self::Month => hours(6),
            Self::Quarter => days(1),
        }
    }

    /// The same where many charts stand together: a hundred buckets at most.
    pub const fn wide_bucket(self) -> Duration {
        match self {
            Self::Hour => minutes(1),
            Self::Day => minutes(15),
            Self::Week => hours(2),
            Self::Month => hours(8),
            Self::Quarter => days(1),
        }
    }
}

input! {
    /// A line across a chart.
    pub struct MetricThreshold {
        pub value: f64,
        /// What stands beside it, 1 to 60 characters.
        pub label: String,
        pub level: MetricLevel,
    }
}

output! {
    /// A number over time.
    pub struct Metric {
        pub id: MetricId,
        pub page_id: PageId,
        pub slug: String,
        pub name: String,
        pub description: Option<String>,
        /// `ms`, `%`, `requests`
        pub unit: String,
        pub aggregation: MetricAggregation,
        /// Places after the decimal point.
        pub places: u32,
        /// How far back its chart looks unless a visitor asks for something else.
        pub default_range: MetricRange,
        pub thresholds: Vec<MetricThreshold>,
        /// Shown to visitors.
        pub is_public: bool,
        /// Place among the metrics of the page, from 0.
        pub position: i32,
        /// Where its points are pulled from, if they are not pushed.
        pub source: Option<MetricSource>,
        /// The newest point.
        pub last_value: Option<f64>,
        pub last_at: Option<Timestamp>,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
    }

    /// A Prometheus that is asked again and again. Its password or token is never told.
    pub struct MetricSource {
        pub url: String,
        /// In PromQL; the answer is one number.
        pub query: String,
        pub interval_s: u32,
        pub auth: MetricAuth,
        pub username: Option<String>,
        /// A password or a token is kept for it.
        pub has_secret: bool,
        pub last_success_at: Option<Timestamp>,
        /// Why the last try failed; absent if it did not.
        pub last_error: Option<String>,
        pub last_error_at: Option<Timestamp>,
    }

    /// What came of asking a source.
    pub struct MetricSourceTrial {
        /// The number it gave.
        pub value: Option<f64>,
        /// Why there is none.
        pub error: Option<String>,
    }

    /// What became of points.
    pub struct MetricPointsTaken {
        /// Points that are stored now.
        pub accepted: u32,
        /// How many of them stand in the place of an earlier one at the same millisecond.
        pub replaced: u32,
    }

    /// One bucket of a series.
    pub struct MetricBucket {
        /// When it begins.
        pub at: Timestamp,
        pub value: f64,
    }

    /// What happened over a range, in buckets. Those without a point are left out.
    pub struct MetricSeries {
        pub range: MetricRange,
        /// When the first bucket begins.
        pub from: Timestamp,
        /// Up to when points are in it.
        pub to: Timestamp,
        /// How wide a bucket is.
        pub bucket_s: u32,
        /// Oldest first.
        pub buckets: Vec<MetricBucket>,
    }

    /// A metric as its visitors see it.
    pub struct PublicMetric {
        pub slug: String,
        pub name: String,
        pub description: Option<String>,
        pub unit: String,
        pub aggregation: MetricAggregation,
        /// Places after the decimal point.
        pub places: u32,
        pub default_range: MetricRange,
        pub thresholds: Vec<MetricThreshold>,
        pub series: MetricSeries,
    }

    /// The metrics of a page, in its order.
    pub struct PublicMetrics {
        pub metrics: Vec<PublicMetric>,
    }
}

input! {
    /// A metric to add; it comes last on its page.
    pub struct NewMetric {
        /// The default page if left out.
        pub page_id: Option<PageId>,
        pub name: String,
        /// Made from the name if left out.
        pub slug: Option<String>,
        pub description: Option<String>,
        /// 1 to 20 characters: `ms`, `%`, `requests`.
        pub unit: String,
        /// The mean if left out.
        pub aggregation: Option<MetricAggregation>,
        /// 0 to 6; 0 if left out.
        pub places: Option<u32>,
        /// 24 hours if left out.
        pub default_range: Option<MetricRange>,
        /// At most 5.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", oai(default))]
        pub thresholds: Vec<MetricThreshold>,
        /// True if left out.
        pub is_public: Option<bool>,
    }

    /// What to change about a metric; what is left out stays.
    pub struct MetricPatch {
        pub name: Option<String>,
        pub slug: Option<String>,
        #[serde(default, skip_serializing_if = "Patch::is_keep")]
        pub description: Patch<String>,
        pub unit: Option<String>,
        pub aggregation: Option<MetricAggregation>,
        pub places: Option<u32>,
        pub default_range: Option<MetricRange>,
        /// In place of those before.
        pub thresholds: Option<Vec<MetricThreshold>>,
        pub is_public: Option<bool>,
    }

    /// Where one metric stands.
    pub struct MetricPlace {
        pub id: MetricId,
        pub position: i32,
    }

    /// A new order of a page's metrics. What is not named keeps its place.
    pub struct ReorderMetrics {
        /// The default page if left out.
        pub page_id: Option<PageId>,
        pub metrics: Vec<MetricPlace>,
    }

    /// One measurement.
    pub struct NewMetricPoint {
        /// From -1e15 to 1e15.
        pub value: f64,
        /// Now if left out; at most 7 days ago, and at most 5 minutes ahead.
        pub at: Option<Timestamp>,
    }

    /// Measurements: `value` (and `at`) for one, or `points` for up to 1,000. A metric has one point at a millisecond: the last
    /// one given counts, so a request may be repeated.
    pub struct NewMetricPoints {
        pub value: Option<f64>,
        pub at: Option<Timestamp>,
        pub points: Option<Vec<NewMetricPoint>>,
    }

    /// Where to pull points from.
    pub struct SetMetricSource {
        /// The address of a Prometheus, up to where `/api/v1` follows: `https://prometheus.example.org`.
        pub url: String,
        /// In PromQL; the answer is one number.
        pub query: String,
        /// 15 to 3,600.
        pub interval_s: u32,
        pub auth: MetricAuth,
        /// For `basic`.
        pub username: Option<String>,
        /// The password or token. If left out, the one before stays, but only for the same server.
        pub secret: Option<String>,
    }

    /// A source to ask once.
    pub struct TryMetricSource {
        /// The metric whose password or token is used if none is given, if it is for the same server.
        pub metric_id: Option<MetricId>,
        pub url: String,
        pub query: String,
        pub auth: MetricAuth,
        pub username: Option<String>,
        pub secret: Option<String>,
    }
}

impl NewMetric {
    /// A metric with a name and a unit, and nothing else said.
    pub fn named(name: impl Into<String>, unit: impl Into<String>) -> Self {
        Self {
            page_id: None,
            name: name.into(),
            slug: None,
            description: None,
            unit: unit.into(),
            aggregation: None,
            places: None,
            default_range: None,
            thresholds: Vec::new(),
            is_public: None,
        }
    }
}

impl MetricPatch {
    /// Changes nothing.
    pub const fn nothing() -> Self {
        Self {
            name: None,
            slug: None,
            description: Patch::Keep,
            unit: None,
            aggregation: None,
            places: None,
            default_range: None,
            thresholds: None,
            is_public: None,
        }
    }
}

impl NewMetricPoints {
    /// One measurement, made now.
    pub const fn one(value: f64) -> Self {
        Self {
            value: Some(value),
            at: None,
            points: None,
        }
    }

    /// Several.
    pub const fn many(points: Vec<NewMetricPoint>) -> Self {
        Self {
            value: None,
            at: None,
            points: Some(points),
        }
    }

    /// All of them with the field each stands in: `value` and `at`, or `points[3].value` and `points[3].at`.
    pub fn each(&self) -> impl Iterator<Item = (String, NewMetricPoint)> + '_ {
        let one = self
            .value
            .map(|value| (String::new(), NewMetricPoint { value, at: self.at }));
        let many = self.points.iter().flatten().enumerate();
        one.into_iter()
            .chain(many.map(|(i, point)| (format!("points[{i}]."), point.clone())))
    }
}

impl Validate for NewMetric {
    fn check(&self, check: &mut Check) {
        check.line("name", &self.name, NAME_MAX);
        slug(check, self.slug.as_ref());
        check.optional_prose("description", self.description.as_ref(), DESCRIPTION_MAX);
        check.line("unit", &self.unit, UNIT_MAX);
        places(check, self.places);
        thresholds(check, &self.thresholds);
    }
}

impl Validate for MetricPatch {
    fn check(&self, check: &mut Check) {
        if let Some(name) = &self.name {
            check.line("name", name, NAME_MAX);
        }
        slug(check, self.slug.as_ref());
        check.optional_prose("description", self.description.value(), DESCRIPTION_MAX);
        if let Some(unit) = &self.unit {
            check.line("unit", unit, UNIT_MAX);
        }
        places(check, self.places);
        thresholds(check, self.thresholds.as_deref().unwrap_or_default());
    }
}

impl Validate for ReorderMetrics {
    fn check(&self, check: &mut Check) {
        check.at_most("metrics", &self.metrics, 1_000);
        check.distinct(
            "metrics",
            &self.metrics.iter().map(|place| place.id).collect::<Vec<_>>(),
        );
    }
}

impl Validate for NewMetricPoints {
    fn check(&self, check: &mut Check) {
        match (&self.value, &self.points) {
            (None, None) => check.fail(
                "value",
                FieldCode::Required,
                "neither `value` nor `points` was found; one of them is expected",
            ),
            (Some(_), Some(_)) => check.fail(
                "points",
                FieldCode::NotAllowed,
                "`value` and `points` were found; one of them is expected",
            ),
            (None, Some(points)) if points.is_empty() => {
                check.fail("points", FieldCode::TooShort, "has no points; 1 to 1000 are expected");
            }
            (None, Some(points)) => check.at_most("points", points, POINTS_MAX),
            (Some(_), None) => {}
        }
        if self.points.as_ref().is_none_or(|points| points.len() <= POINTS_MAX) {
            for (field, point) in self.each() {
                value(check, &format!("{field}value"), point.value);
            }
        }
    }
}

impl Validate for SetMetricSource {
    fn check(&self, check: &mut Check) {
        source(check, &self.url, &self.query, self.secret.as_ref());
        username(check, self.auth, self.username.as_ref());
        if !INTERVAL_S.contains(&self.interval_s) {
            check.fail(
                "interval_s",
                FieldCode::OutOfRange,
                format!("is {}; 15 to 3600 seconds are possible", self.interval_s),
            );
        }
    }
}

impl Validate for TryMetricSource {
    fn check(&self, check: &mut Check) {
        source(check, &self.url, &self.query, self.secret.as_ref());
        username(check, self.auth, self.username.as_ref());
    }
}

fn places(check: &mut Check, places: Option<u32>) {
    if let Some(places) = places.filter(|places| *places > PLACES_MAX) {
        check.fail(
            "places",
            FieldCode::OutOfRange,
            format!("is {places}; 0 to {PLACES_MAX} are possible"),
        );
    }
}

fn thresholds(check: &mut Check, thresholds: &[MetricThreshold]) {
    check.at_most("thresholds", thresholds, THRESHOLDS_MAX);
    for (i, threshold) in thresholds.iter().enumerate().take(THRESHOLDS_MAX) {
        value(check, &format!("thresholds[{i}].value"), threshold.value);
        check.line(&format!("thresholds[{i}].label"), &threshold.label, LABEL_MAX);
    }
}

fn value(check: &mut Check, field: &str, value: f64) {
    if !value.is_finite() || value.abs() > VALUE_MAX {
        // The value is not said again: the browser would need tables of several kilobytes to print it.
        check.fail(field, FieldCode::OutOfRange, "is not a number from -1e15 to 1e15");
    }
}

fn source(check: &mut Check, url: &str, query: &str, secret: Option<&String>) {
    check.take("url", WebUrl::parse(url));
    check.ensure(
        !url.contains(['?', '#']),
        "url",
        FieldCode::BadFormat,
        "has a query or a fragment; an address like https://prometheus.example.org is expected",
    );
    check.prose("query", query, QUERY_MAX);
    if let Some(secret) = secret {
        check.line("secret", secret, SECRET_MAX);
    }
}

fn username(check: &mut Check, auth: MetricAuth, username: Option<&String>) {
    match auth {
        MetricAuth::Basic => {
            let name = username.map_or("", String::as_str);
            check.line("username", name, NAME_MAX);
            // What stands before the first colon is the name (RFC 7617).
            check.ensure(
                !name.contains(':'),
                "username",
                FieldCode::BadFormat,
                "has a colon, which no name may have",
            );
        }
        MetricAuth::None | MetricAuth::Bearer => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(input: &impl Validate) -> Vec<(String, FieldCode)> {
        let errors = input.validate().err().unwrap_or_default();
        errors.into_iter().map(|error| (error.field, error.code)).collect()
    }

    #[test]
    fn a_point_is_given_once_and_is_a_number() {
        assert!(fields(&NewMetricPoints::one(1.5)).is_empty());
        for wrong in [f64::NAN, f64::INFINITY, -1e16] {
            assert_eq!(
                fields(&NewMetricPoints::one(wrong)),
                [("value".to_owned(), FieldCode::OutOfRange)]
            );
        }
        let point = |value| NewMetricPoint { value, at: None };
        assert_eq!(
            fields(&NewMetricPoints::many(vec![point(1.0), point(f64::NAN)])),
            [("points[1].value".to_owned(), FieldCode::OutOfRange)]
        );
        assert_eq!(
            fields(&NewMetricPoints::many(vec![point(1.0); 1_001])),
            [("points".to_owned(), FieldCode::TooLong)]
        );
        assert_eq!(fields(&NewMetricPoints::many(Vec::new())).len(), 1);
        let both = NewMetricPoints {
            value: Some(1.0),
            ..NewMetricPoints::many(vec![point(1.0)])
        };
        assert_eq!(fields(&both), [("points".to_owned(), FieldCode::NotAllowed)]);
    }

    #[test]
    fn ranges_have_whole_buckets_and_few_of_them() {
        for range in MetricRange::ALL {
            for bucket in [range.bucket(), range.wide_bucket()] {
                assert_eq!(range.span().as_secs() % bucket.as_secs(), 0, "{range}");
            }
            assert!(range.span().as_secs() / range.wide_bucket().as_secs() <= 100, "{range}");
        }
    }

    #[test]
    fn a_source_has_an_address_and_a_name_where_one_is_needed() {
        let source = |url: &str, auth, username: Option<&str>| SetMetricSource {
            url: url.into(),
            query: "up".into(),
            interval_s: 60,
            auth,
            username: username.map(Into::into),
            secret: None,
        };
        assert!(fields(&source("https://a.example.org/prom", MetricAuth::Basic, Some("ana"))).is_empty());
        for (wrong, field) in [
            (source("https://a.example.org/?token=x", MetricAuth::None, None), "url"),
            (source("ftp://a.example.org", MetricAuth::None, None), "url"),
            (source("https://a.example.org", MetricAuth::Basic, None), "username"),
            (
                source("https://a.example.org", MetricAuth::Basic, Some("a:b")),
                "username",
            ),
        ] {
            assert_eq!(fields(&wrong)[0].0, field);
        }
    }
}
