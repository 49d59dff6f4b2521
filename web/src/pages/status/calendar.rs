//! A month at a glance: a field for each day, with the worst there was and a way to what happened.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, Days, NaiveDate, Weekday};
use leptos::prelude::*;
use shared::component::ComponentStatus;
use shared::status_page::{HistoryDay, HistoryMonth};

use crate::components::uptime_bar::date;
use crate::components::words;
use crate::i18n::{Locale, t, use_locale};
use crate::pages::status::search::SearchForm;
use crate::time::{Clock, use_clock};

/// The month of a history, and the search over all of it.
pub fn month(history: &HistoryMonth, days: Vec<HistoryDay>) -> AnyView {
    let locale = use_locale();
    let clock = use_clock();
    let first = date(&format!("{}-01", history.month)).unwrap_or_default();
    let marks = Marks::of(&clock, history, days);
    let weeks = weeks(first).into_iter().map(|week| {
        let fields = week
            .into_iter()
            .map(|day| field(&clock, first, day, &marks))
            .collect_view();
        view! { <tr>{fields}</tr> }
    });
    let heads = week(monday_of(first)).map(|day| {
        let (short, full) = (short_name(locale, day.weekday()), clock.weekday_name(day));
        view! { <th scope="col"><span aria-hidden="true">{short}</span><span class="unseen">{full}</span></th> }
    });
    view! {
        <SearchForm q=String::new() flaw=None/>
        <table class="calendar">
            <caption class="unseen">{t::status::calendar::caption(locale, clock.month_name(&history.month))}</caption>
            <thead><tr>{heads.collect_view()}</tr></thead>
            <tbody>{weeks.collect_view()}</tbody>
        </table>
    }
    .into_any()
}

/// What is known of the days.
struct Marks {
    worst: BTreeMap<NaiveDate, ComponentStatus>,
    /// Days that have something to read below.
    told: BTreeSet<NaiveDate>,
}

impl Marks {
    fn of(clock: &Clock, history: &HistoryMonth, days: Vec<HistoryDay>) -> Self {
        let worst = days.into_iter().filter_map(|day| Some((date(&day.day)?, day.status)));
        let incidents = history.incidents.iter().map(|incident| incident.started_at);
        let maintenances = history.maintenances.iter().map(|maintenance| maintenance.starts_at);
        Self {
            worst: worst.collect(),
            told: incidents.chain(maintenances).map(|at| clock.day_of(at)).collect(),
        }
    }
}

fn field(clock: &Clock, first: NaiveDate, day: NaiveDate, marks: &Marks) -> AnyView {
    if day.month() != first.month() {
        return view! { <td></td> }.into_any();
    }
    let status = marks.worst.get(&day).copied();
    let said = status.map(|status| format!(": {}", words::component_status(clock.locale, status)));
    let name = format!("{}{}", clock.day_name(day), said.unwrap_or_default());
    let mark = status.map(|status| view! { <span class="calendar-mark" data-status=status.as_str()></span> });
    let number = view! { <span aria-hidden="true">{day.day()}</span><span class="unseen">{name.clone()}</span>{mark} };
    if marks.told.contains(&day) {
        view! { <td><a class="calendar-day" href=format!("#day-{day}") title=name>{number}</a></td> }.into_any()
    } else {
        view! { <td><span class="calendar-day" title=name>{number}</span></td> }.into_any()
    }
}

/// The days of the weeks that a month lies in, Monday first.
fn weeks(first: NaiveDate) -> Vec<Vec<NaiveDate>> {
    let mut weeks = Vec::new();
    let mut monday = monday_of(first);
    while monday < first + chrono::Months::new(1) {
        weeks.push(week(monday).collect());
        monday = monday + Days::new(7);
    }
    weeks
}

/// As it fits over a column.
fn short_name(locale: Locale, day: Weekday) -> &'static str {
    use t::status::calendar as names;
    match day {
        Weekday::Mon => names::monday(locale),
        Weekday::Tue => names::tuesday(locale),
        Weekday::Wed => names::wednesday(locale),
        Weekday::Thu => names::thursday(locale),
        Weekday::Fri => names::friday(locale),
        Weekday::Sat => names::saturday(locale),
        Weekday::Sun => names::sunday(locale),
    }
}

fn week(monday: NaiveDate) -> impl Iterator<Item = NaiveDate> {
    (0..7).map(move |day| monday + Days::new(day))
}

fn monday_of(day: NaiveDate) -> NaiveDate {
    day - Days::new(u64::from(day.weekday().num_days_from_monday()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_lies_in_whole_weeks() {
        let november = weeks(NaiveDate::from_ymd_opt(2026, 11, 1).unwrap());
        assert_eq!(november.len(), 6);
        assert_eq!(november[0][0].to_string(), "2026-10-26");
        assert_eq!(november[5][0].to_string(), "2026-11-30");
        let february = weeks(NaiveDate::from_ymd_opt(2027, 2, 1).unwrap());
        assert_eq!(february.len(), 4);
    }
}
