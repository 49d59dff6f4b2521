//! The last days of a component, one stroke each, and its uptime.
//!
//! A stroke is filled from below by the share of the day that was bad, so that ten seconds do not paint a whole day, and a
//! screen reader hears the sentence instead.

use std::fmt::Write as _;

use chrono::NaiveDate;
use leptos::prelude::*;
use shared::component::ComponentStatus;
use shared::uptime::{ComponentUptime, DayUptime, Ratio};

use crate::components::words;
use crate::i18n::{Locale, t, use_locale};
use crate::time::use_clock;

/// Of a drawing that is stretched to the width there is: a stroke, the gap after it, and how high it is.
const STROKE: u32 = 3;
const STEP: u32 = 4;
const HEIGHT: f64 = 24.0;
/// What was bad for an instant is still to be seen.
const LEAST: f64 = 3.0;
const DAY_S: f64 = 86_400.0;

/// The bar and the figure.
#[component]
pub fn UptimeBar(uptime: ComponentUptime) -> impl IntoView {
    let locale = use_locale();
    let figure = uptime.percent.map(|percent| written(locale, percent));
    let label = match &figure {
        Some(figure) => t::status::uptime::bar(locale, u64::from(uptime.measured_days), figure),
        None => t::status::uptime::none(locale).into(),
    };
    let first = uptime.first_day.parse::<NaiveDate>().unwrap_or_default();
    let known = uptime.known_from.and_then(|day| day.parse::<NaiveDate>().ok());
    let known = known.map_or(uptime.days, |day| place(first, day));
    let width = uptime.days * STEP - (STEP - STROKE);
    let strokes = uptime.exceptions.into_iter().map(|day| exception(locale, first, day));
    view! {
        <div class="uptime">
            <svg class="uptime-bar" viewBox=format!("0 0 {width} {HEIGHT}") preserveAspectRatio="none" role="img" aria-label=label>
                <path data-status=ComponentStatus::Unknown.as_str() d=strokes_between(0, known)/>
                <path data-status=ComponentStatus::Operational.as_str() d=strokes_between(known, uptime.days)/>
                {strokes.collect_view()}
            </svg>
            {figure.map(|figure| view! { <span class="uptime-figure quiet small" aria-hidden="true">{t::status::uptime::figure(locale, figure)}</span> })}
        </div>
    }
}

/// "99.98", cut after two places; "100" only where there was no downtime at all.
pub fn written(locale: Locale, percent: f64) -> String {
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a percentage, 0 to 100"
    )]
    let thousandths = (percent * 1_000.0).round() as u32;
    Ratio(thousandths)
        .text(2)
        .replace('.', t::status::uptime::decimal(locale))
}

/// How many days after the first.
fn place(first: NaiveDate, day: NaiveDate) -> u32 {
    u32::try_from((day - first).num_days()).unwrap_or(0)
}

fn strokes_between(from: u32, to: u32) -> String {
    let mut path = String::new();
    for day in from..to {
        // Writing into a text does not fail.
        let _ = write!(path, "M{} 0h{STROKE}v{HEIGHT}h-{STROKE}z", day * STEP);
    }
    path
}

fn exception(locale: Locale, first: NaiveDate, day: DayUptime) -> impl IntoView {
    let clock = use_clock();
    let date = day.day.parse::<NaiveDate>().unwrap_or_default();
    let x = place(first, date) * STEP;
    let name = clock.day_name(date);
    let word = words::component_status(locale, day.status);
    let title = match day.percent {
        Some(percent) => t::status::uptime::day(locale, name, word, written(locale, percent)),
        None => t::status::uptime::day_unmeasured(locale, name, word),
    };
    let parts = stack(&day).into_iter().map(|(status, y, height)| {
        let stroke = format!("M{x} {y:.1}h{STROKE}v{height:.1}h-{STROKE}z");
        view! { <path data-status=status.as_str() d=stroke/> }
    });
    view! {
        <g>
            <title>{title}</title>
            {parts.collect_view()}
        </g>
    }
}

/// From below, the worst first: what, from where, how high.
fn stack(day: &DayUptime) -> Vec<(ComponentStatus, f64, f64)> {
    let parts = [
        (ComponentStatus::MajorOutage, day.major_outage_s),
        (ComponentStatus::PartialOutage, day.partial_outage_s),
        (ComponentStatus::DegradedPerformance, day.degraded_performance_s),
        (ComponentStatus::UnderMaintenance, day.under_maintenance_s),
        (ComponentStatus::Unknown, day.unknown_s),
    ];
    let mut top = HEIGHT;
    let mut stack = Vec::new();
    for (status, seconds) in parts {
        let Some(seconds) = seconds else { continue };
        #[allow(clippy::cast_precision_loss, reason = "a day has 90,000 seconds at most")]
        let height = (seconds as f64 / DAY_S * HEIGHT).max(LEAST).min(top);
        top -= height;
        stack.push((status, top, height));
    }
    stack
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(major: u64, partial: u64) -> DayUptime {
        DayUptime {
            day: "2026-11-24".into(),
            status: ComponentStatus::MajorOutage,
            percent: Some(99.0),
            major_outage_s: Some(major),
            partial_outage_s: Some(partial),
            degraded_performance_s: None,
            under_maintenance_s: None,
            unknown_s: None,
        }
    }

    #[test]
    fn ten_seconds_are_seen_and_do_not_paint_the_day() {
        let parts = stack(&day(10, 43_200));
        assert_eq!(parts[0], (ComponentStatus::MajorOutage, HEIGHT - LEAST, LEAST));
        assert_eq!(parts[1], (ComponentStatus::PartialOutage, HEIGHT - LEAST - 12.0, 12.0));
    }

    #[test]
    fn no_day_is_higher_than_a_day() {
        let parts = stack(&day(86_400, 10));
        assert!(parts.iter().all(|(_, y, height)| *y >= 0.0 && y + height <= HEIGHT));
    }

    #[test]
    fn figures_are_cut_and_written_as_the_language_does() {
        assert_eq!(written(Locale::En, 99.999), "99.99");
        assert_eq!(written(Locale::De, 99.999), "99,99");
        assert_eq!(written(Locale::En, 100.0), "100");
    }
}
