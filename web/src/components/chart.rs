//! A metric as a chart, drawn by the server alone: axes, lines that say what is too much, and the values with their gaps.
//!
//! The drawing takes the room there is without its letters being stretched: places are given in per cent, and only the curve
//! and the areas that tell values on hover stand in a part of their own that is stretched. A screen reader hears the sentence.

use std::fmt::Write as _;
use std::time::Duration;

use leptos::prelude::*;
use shared::metric::{MetricBucket, MetricLevel, MetricRange, MetricSeries, MetricThreshold, PublicMetric};

use crate::i18n::{Locale, t, use_locale};
use crate::time::{Clock, use_clock};
use crate::ui::markdown::escape;

/// How high the stretched part is, in its own units; a bucket is one wide.
const HEIGHT: f64 = 1_000.0;
/// Lines between the lowest and the highest one, about.
const STEPS: f64 = 4.0;
/// Most places that the numbers of an axis have after the point.
const PLACES: u32 = 6;

/// The chart, and below it the time it is of.
#[component]
pub fn Chart(metric: PublicMetric) -> AnyView {
    let locale = use_locale();
    let clock = use_clock();
    let id = format!("chart-{}", metric.slug);
    let (title, sentence) = (format!("{id}-title"), format!("{id}-text"));
    let inside = format!(
        "<title id=\"{title}\">{}</title><desc id=\"{sentence}\">{}</desc>{}",
        escape(&metric.name),
        escape(&summary(locale, &metric)),
        drawing(&clock, &metric)
    );
    let from = moment(&clock, &metric.series, metric.series.from);
    let to = moment(&clock, &metric.series, metric.series.to);
    view! {
        <figure class="chart">
            <svg class="chart-drawing" role="img" aria-labelledby=title aria-describedby=sentence inner_html=inside></svg>
            <figcaption class="chart-times quiet small" aria-hidden="true"><span>{from}</span><span>{to}</span></figcaption>
        </figure>
    }
    .into_any()
}

/// "Latest 120 ms, lowest 80 ms, highest 310 ms (24 hours)", or that there is nothing.
pub fn summary(locale: Locale, metric: &PublicMetric) -> String {
    let range = range(locale, metric.series.range);
    let buckets = &metric.series.buckets;
    let (Some(latest), Some((lowest, highest))) = (buckets.last(), bounds(buckets)) else {
        return t::status::metrics::none(locale, range);
    };
    let value = |value| figure(locale, metric, value);
    t::status::metrics::summary(locale, value(latest.value), value(lowest), value(highest), range)
}

/// "120.5 ms", as the language writes it.
pub fn figure(locale: Locale, metric: &PublicMetric, value: f64) -> String {
    format!("{}\u{a0}{}", number(locale, value, metric.places), metric.unit)
}

/// "24 hours"
pub fn range(locale: Locale, range: MetricRange) -> &'static str {
    match range {
        MetricRange::Hour => t::status::metrics::range::hour(locale),
        MetricRange::Day => t::status::metrics::range::day(locale),
        MetricRange::Week => t::status::metrics::range::week(locale),
        MetricRange::Month => t::status::metrics::range::month(locale),
        MetricRange::Quarter => t::status::metrics::range::quarter(locale),
    }
}

/// From when to when a bucket is.
pub fn span(clock: &Clock, series: &MetricSeries, bucket: &MetricBucket) -> String {
    clock.span(bucket.at, bucket.at + width(series))
}

/// The status whose colour a level has.
pub const fn colour(level: MetricLevel) -> &'static str {
    match level {
        MetricLevel::Normal => "operational",
        MetricLevel::Warning => "degraded_performance",
        MetricLevel::Critical => "major_outage",
    }
}

fn width(series: &MetricSeries) -> Duration {
    Duration::from_secs(series.bucket_s.into())
}

/// Short where an hour is shown.
fn moment(clock: &Clock, series: &MetricSeries, at: shared::Timestamp) -> String {
    match series.range {
        MetricRange::Hour => clock.time(at),
        MetricRange::Day | MetricRange::Week | MetricRange::Month | MetricRange::Quarter => clock.moment(at),
    }
}

fn number(locale: Locale, value: f64, places: u32) -> String {
    let places = usize::try_from(places).unwrap_or(0);
    // What rounds to zero has no sign.
    let text = format!("{value:.places$}");
    let text = match text.strip_prefix('-') {
        Some(zero) if zero.bytes().all(|b| matches!(b, b'0' | b'.')) => zero.to_owned(),
        _ => text,
    };
    text.replace('.', t::status::uptime::decimal(locale))
}

fn drawing(clock: &Clock, metric: &PublicMetric) -> String {
    let locale = clock.locale;
    let buckets = &metric.series.buckets;
    let Some((lowest, highest)) = bounds(buckets) else {
        let none = escape(&t::status::metrics::none(locale, range(locale, metric.series.range)));
        return format!("<text class=\"chart-none\" x=\"50%\" y=\"50%\" text-anchor=\"middle\">{none}</text>");
    };
    let lines = shown(&metric.thresholds, lowest, highest);
    let values = lines.iter().map(|line| line.value);
    let axis = Axis::over(values.clone().fold(lowest, f64::min), values.fold(highest, f64::max));
    let mut svg = String::new();
    axis.draw(&mut svg, locale);
    let _ = write!(
        svg,
        "<svg class=\"chart-plot\" viewBox=\"0 0 {} {HEIGHT}\" preserveAspectRatio=\"none\" width=\"100%\" height=\"100%\">",
        count(&metric.series)
    );
    let _ = write!(svg, "<path d=\"{}\"/>", curve(&metric.series, &axis));
    for bucket in buckets {
        area(&mut svg, clock, metric, bucket);
    }
    svg += "</svg>";
    for line in lines {
        threshold(&mut svg, line, &axis);
    }
    svg
}

fn bounds(buckets: &[MetricBucket]) -> Option<(f64, f64)> {
    let values = || buckets.iter().map(|bucket| bucket.value);
    Some((values().reduce(f64::min)?, values().reduce(f64::max)?))
}

/// Those that are not so far away that the curve would be flat.
fn shown(thresholds: &[MetricThreshold], lowest: f64, highest: f64) -> Vec<&MetricThreshold> {
    let reach = (highest - lowest).max(highest.abs()).max(lowest.abs());
    let near = lowest - reach..=highest + reach;
    thresholds.iter().filter(|line| near.contains(&line.value)).collect()
}

/// How many buckets fit into the range.
fn count(series: &MetricSeries) -> u64 {
    series.range.span().as_secs() / u64::from(series.bucket_s.max(1))
}

/// Which bucket it is, from 0.
fn place(series: &MetricSeries, bucket: &MetricBucket) -> u64 {
    bucket.at.since(series.from).as_secs() / u64::from(series.bucket_s.max(1))
}

/// From bucket to bucket, and anew after a gap. One that stands alone is a dot.
fn curve(series: &MetricSeries, axis: &Axis) -> String {
    let mut path = String::new();
    let mut last = None;
    for bucket in &series.buckets {
        let place = place(series, bucket);
        let height = axis.height(bucket.value) * HEIGHT;
        let pen = if last.is_some_and(|last| last + 1 == place) {
            'L'
        } else {
            'M'
        };
        let _ = write!(path, "{pen}{place}.5 {height:.0}");
        if pen == 'M' {
            path += "h0";
        }
        last = Some(place);
    }
    path
}

/// What the pointer meets: the whole height of a bucket.
fn area(svg: &mut String, clock: &Clock, metric: &PublicMetric, bucket: &MetricBucket) {
    let _ = write!(
        svg,
        "<rect x=\"{}\" width=\"1\" height=\"{HEIGHT}\"><title>{}: {}</title></rect>",
        place(&metric.series, bucket),
        span(clock, &metric.series, bucket),
        escape(&figure(clock.locale, metric, bucket.value))
    );
}

fn threshold(svg: &mut String, line: &MetricThreshold, axis: &Axis) {
    let (y, status) = (per_cent(axis.height(line.value)), colour(line.level));
    let _ = write!(
        svg,
        "<g class=\"chart-line\" data-status=\"{status}\"><line x1=\"0\" x2=\"100%\" y1=\"{y}\" y2=\"{y}\"/>\
         <text x=\"100%\" y=\"{y}\" dy=\"-0.3em\" text-anchor=\"end\">{}</text></g>",
        escape(&line.label)
    );
}

fn per_cent(share: f64) -> String {
    format!("{:.2}%", share * 100.0)
}

/// The numbers at the side: whole steps of 1, 2 or 5 times a power of ten.
#[derive(Debug, Clone, PartialEq)]
struct Axis {
    bottom: f64,
    top: f64,
    step: f64,
}

impl Axis {
    /// Holds all from the lowest to the highest; what is never below zero begins there, unless it stays far above.
    fn over(lowest: f64, highest: f64) -> Self {
        let lowest = if lowest > 0.0 && lowest < highest / 2.0 {
            0.0
        } else {
            lowest
        };
        let range = highest - lowest;
        // A flat curve has room above and below, and so has one that only looks flat among numbers so large.
        let least = highest.abs().max(lowest.abs()) * 1e-6;
        let (lowest, highest) = if range <= least {
            let room = if highest == 0.0 { 1.0 } else { highest.abs() / 10.0 };
            (lowest - room, highest + room)
        } else {
            (lowest, highest)
        };
        let step = nice((highest - lowest) / STEPS);
        Self {
            bottom: (lowest / step).floor() * step,
            top: (highest / step).ceil() * step,
            step,
        }
    }

    /// How far below the top a value is, from 0 to 1.
    fn height(&self, value: f64) -> f64 {
        ((self.top - value) / (self.top - self.bottom)).clamp(0.0, 1.0)
    }

    fn marks(&self) -> impl Iterator<Item = f64> + '_ {
        let marks = std::iter::successors(Some(0.0), |n: &f64| Some(n + 1.0)).map(|n| self.bottom + n * self.step);
        marks.take_while(|mark| *mark <= self.top + self.step / 2.0)
    }

    /// As many places as the step needs.
    fn places(&self) -> u32 {
        (0..PLACES)
            .find(|places| {
                let scaled = self.step * 10_f64.powi(i32::try_from(*places).unwrap_or(0));
                (scaled - scaled.round()).abs() < 1e-6
            })
            .unwrap_or(PLACES)
    }

    fn draw(&self, svg: &mut String, locale: Locale) {
        let places = self.places();
        for mark in self.marks() {
            let y = per_cent(self.height(mark));
            let _ = write!(
                svg,
                "<g class=\"chart-axis\"><line x1=\"0\" x2=\"100%\" y1=\"{y}\" y2=\"{y}\"/>\
                 <text x=\"0\" y=\"{y}\" dy=\"-0.3em\">{}</text></g>",
                number(locale, mark, places)
            );
        }
    }
}

/// The next larger one of 1, 2 and 5 times a power of ten.
fn nice(step: f64) -> f64 {
    let power = 10_f64.powf(step.log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * power);
    steps
        .into_iter()
        .find(|nice| *nice >= step * 0.999_999)
        .unwrap_or(10.0 * power)
}

#[cfg(test)]
mod tests {
    use shared::Timestamp;
    use shared::metric::MetricAggregation;

    use super::*;

    fn metric(values: &[Option<f64>]) -> PublicMetric {
        let from = Timestamp::parse("2026-11-24T10:00:00Z").unwrap();
        let at = |minute: usize| from + Duration::from_secs(60 * u64::try_from(minute).unwrap());
        let buckets = values.iter().enumerate();
        PublicMetric {
            slug: "latency".into(),
            name: "Latency <API>".into(),
            description: None,
            unit: "ms".into(),
            aggregation: MetricAggregation::Avg,
            places: 1,
            default_range: MetricRange::Hour,
            thresholds: vec![MetricThreshold {
                value: 200.0,
                label: "<slow>".into(),
                level: MetricLevel::Warning,
            }],
            series: MetricSeries {
                range: MetricRange::Hour,
                from,
                to: at(60),
                bucket_s: 60,
                buckets: buckets
                    .filter_map(|(minute, value)| {
                        Some(MetricBucket {
                            at: at(minute),
                            value: (*value)?,
                        })
                    })
                    .collect(),
            },
        }
    }

    fn drawn(values: &[Option<f64>]) -> String {
        let clock = Clock::of_page(
            Locale::En,
            "Europe/Berlin",
            Timestamp::parse("2026-11-24T11:00:00Z").unwrap(),
        );
        drawing(&clock, &metric(values))
    }

    #[test]
    fn axes_have_round_numbers_and_hold_everything() {
        let axis = Axis::over(83.0, 312.0);
        assert_eq!((axis.bottom, axis.top, axis.step), (0.0, 400.0, 100.0));
        assert_eq!(axis.marks().collect::<Vec<_>>(), [0.0, 100.0, 200.0, 300.0, 400.0]);
        let axis = Axis::over(99.95, 99.99);
        assert!(
            axis.bottom <= 99.95 && axis.top >= 99.99 && axis.places() == 2,
            "{axis:?}"
        );
        for (lowest, highest) in [
            (0.0, 0.0),
            (5.0, 5.0),
            (-3.0, -3.0),
            (-1e15, 1e15),
            (1e15, 1e15),
            (1e-9, 2e-9),
        ] {
            let axis = Axis::over(lowest, highest);
            let marks = axis.marks().count();
            assert!(
                axis.bottom <= lowest && axis.top >= highest && (2..=8).contains(&marks),
                "{axis:?}"
            );
        }
    }

    #[test]
    fn gaps_are_gaps_and_a_lonely_value_is_a_dot() {
        let svg = drawn(&[Some(0.0), Some(400.0), None, Some(200.0)]);
        assert!(svg.contains("d=\"M0.5 1000h0L1.5 0M3.5 500h0\""), "{svg}");
        assert_eq!(svg.matches("<rect").count(), 3);
        assert!(
            svg.contains("<title>24 November, 11:03 – 11:04: 200.0\u{a0}ms</title>"),
            "{svg}"
        );
    }

    #[test]
    fn lines_are_drawn_where_they_are_near_and_their_words_are_words() {
        let svg = drawn(&[Some(150.0), Some(180.0)]);
        assert!(svg.contains("&lt;slow&gt;") && !svg.contains("<slow>"), "{svg}");
        assert!(!drawn(&[Some(1.0), Some(2.0)]).contains("slow"));
        assert!(!svg.contains("style="));
    }

    #[test]
    fn nothing_is_said_in_words() {
        assert!(drawn(&[None, None]).contains("No values (1 hour)"));
        assert_eq!(summary(Locale::De, &metric(&[None])), "Keine Werte (1 Stunde)");
        let said = summary(Locale::De, &metric(&[Some(1.25), Some(-0.01)]));
        assert!(said.contains("0,0\u{a0}ms") && said.contains("1,2"), "{said}");
    }
}
