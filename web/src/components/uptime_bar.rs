//! The last days of a component, one stroke each, and its uptime.
//!
//! A stroke is filled from below by the share of the day that was bad, so that ten seconds do not paint a whole day, and a
//! screen reader hears the sentence instead.

use std::ops::Range;

use chrono::NaiveDate;
use leptos::prelude::*;
use shared::component::ComponentStatus;
use shared::uptime::{ComponentUptime, DayUptime};

use crate::components::words;
use crate::i18n::{Locale, t, use_locale};
use crate::time::{Clock, use_clock};

/// Of a drawing that is stretched to the room there is: a stroke, the gap after it, and how high it is.
const STROKE: u32 = 3;
const STEP: u32 = 4;
const HEIGHT: u64 = 240;
/// What was bad for an instant is still to be seen.
const LEAST: u64 = 30;
const DAY_S: u64 = 86_400;

/// The bar and the figure.
#[component]
pub fn UptimeBar(
    uptime: ComponentUptime,
    /// Decimal places of the figure.
    places: u8,
    /// Where the figure is explained, and what the link there says.
    more: String,
    about: String,
) -> impl IntoView {
    let locale = use_locale();
    let figure = uptime
        .percent
        .as_deref()
        .map(|percent| written(locale, percent, places));
    let label = match &figure {
        Some(figure) => t::status::uptime::bar(locale, u64::from(uptime.measured_days), figure),
        None => t::status::uptime::none(locale).into(),
    };
    let figure = figure.map_or_else(String::new, |figure| t::status::uptime::figure(locale, figure));
    // Who says what they see to their computer must find the link by it.
    let about = format!("{figure} {about}");
    view! {
        <div class="uptime">
            <div class="uptime-bar" role="img" aria-label=label inner_html=drawing(&use_clock(), &uptime, places)></div>
            <a class="uptime-figure small" href=more aria-label=about>{figure}</a>
        </div>
    }
}

/// As text, for hundreds of elements of their own would be slow to make. All words in it are our own: nothing to escape.
fn drawing(clock: &Clock, uptime: &ComponentUptime, places: u8) -> String {
    let first = date(&uptime.first_day).unwrap_or_default();
    let known = uptime.known_from.as_deref().and_then(date);
    let known = known.map_or(uptime.days, |day| place(first, day));
    let width = uptime.days * STEP - (STEP - STROKE);
    let mut svg = format!("<svg viewBox=\"0 0 {width} {HEIGHT}\" preserveAspectRatio=\"none\" aria-hidden=\"true\">");
    strokes(&mut svg, ComponentStatus::Unknown, 0..known);
    strokes(&mut svg, ComponentStatus::Operational, known..uptime.days);
    for day in &uptime.exceptions {
        exception(&mut svg, clock, (first, places), day);
    }
    svg + "</svg>"
}

/// "99.98", cut after so many places; "100" only where there was no downtime at all.
pub fn written(locale: Locale, percent: &str, places: u8) -> String {
    match percent.split_once('.') {
        Some((whole, _)) if places == 0 => whole.into(),
        Some((whole, part)) => format!(
            "{whole}{}{}",
            t::status::uptime::decimal(locale),
            &part[..part.len().min(places.into())]
        ),
        None => percent.into(),
    }
}

/// How many days after the first.
fn place(first: NaiveDate, day: NaiveDate) -> u32 {
    u32::try_from((day - first).num_days()).unwrap_or(0)
}

/// `2026-11-24`, without all that chrono knows of other ways to write a date: it would be a tenth of what visitors load.
pub fn date(text: &str) -> Option<NaiveDate> {
    let mut parts = text.split('-');
    let year = parts.next()?.parse().ok()?;
    let (month, day) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    NaiveDate::from_ymd_opt(year, month, day)
}

/// Days without a break: one line across, as thick as a stroke is high, with gaps in it.
fn strokes(svg: &mut String, status: ComponentStatus, days: Range<u32>) {
    if let Some(last) = days.len().checked_sub(1) {
        let (from, middle, length) = (days.start * STEP, HEIGHT / 2, last * STEP as usize + STROKE as usize);
        *svg += &format!(
            "<path data-status=\"{}\" stroke-width=\"{HEIGHT}\" stroke-dasharray=\"{STROKE} {}\" d=\"M{from} {middle}h{length}\"/>",
            status.as_str(),
            STEP - STROKE
        );
    }
}

fn exception(svg: &mut String, clock: &Clock, (first, places): (NaiveDate, u8), day: &DayUptime) {
    let locale = clock.locale;
    let day_of = date(&day.day).unwrap_or_default();
    let name = clock.day_name(day_of);
    let word = words::component_status(locale, day.status);
    let title = match &day.percent {
        Some(percent) => t::status::uptime::day(locale, name, word, written(locale, percent, places)),
        None => t::status::uptime::day_unmeasured(locale, name, word),
    };
    *svg += &format!("<g><title>{title}</title>");
    for (status, y, height) in stack(day) {
        push(svg, status, &stroke(place(first, day_of), y, height));
    }
    *svg += "</g>";
}

fn push(svg: &mut String, status: ComponentStatus, path: &str) {
    *svg += &format!("<path data-status=\"{}\" d=\"{path}\"/>", status.as_str());
}

fn stroke(day: u32, y: u64, height: u64) -> String {
    format!("M{} {y}h{STROKE}v{height}h-{STROKE}z", day * STEP)
}

/// From below, the worst first: what, from where, how high.
fn stack(day: &DayUptime) -> Vec<(ComponentStatus, u64, u64)> {
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
        let height = (seconds * HEIGHT / DAY_S).max(LEAST).min(top);
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
            percent: Some("99.000".into()),
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
        assert_eq!(parts[1], (ComponentStatus::PartialOutage, HEIGHT - LEAST - 120, 120));
    }

    #[test]
    fn no_day_is_higher_than_a_day() {
        let parts = stack(&day(86_400, 10));
        assert!(parts.iter().all(|(_, y, height)| y + height <= HEIGHT));
    }

    #[test]
    fn figures_are_cut_and_written_as_the_language_does() {
        assert_eq!(written(Locale::En, "99.999", 2), "99.99");
        assert_eq!(written(Locale::De, "99.999", 3), "99,999");
        assert_eq!(written(Locale::En, "99.999", 0), "99");
        assert_eq!(written(Locale::En, "100", 2), "100");
    }
}
