//! `/components/{slug}`: how one component has been, and what its uptime is made from. Written by the server alone: it is read
//! once in a while and need not be live.

use std::time::Duration;

use leptos::prelude::*;
use shared::status_page::Cause;
use shared::uptime::{
    ComponentUptime, DayUptime, MonthUptime, PublicCorrection, UptimeExplanation, UptimeInterval, UptimeReport,
};

use crate::components::incident_card::IncidentLine;
use crate::components::status_badge::StatusBadge;
use crate::components::uptime_bar::{UptimeBar, date, written};
use crate::i18n::{Locale, t, use_locale};
use crate::pages::status::document::ComponentStory;
use crate::pages::status::shell::BackToOverview;
use crate::pages::status::state::use_links;
use crate::routes::public as href;
use crate::time::use_clock;
use crate::ui::time_ago::Time;

/// One component.
#[component]
pub fn ComponentPage(story: ComponentStory) -> impl IntoView {
    let ComponentStory {
        component,
        uptime,
        places,
        months,
        explanation,
        incidents,
    } = story;
    let bar = uptime.clone().map(|uptime| {
        let about = t::status::component::made_from(use_locale()).to_owned();
        view! { <UptimeBar uptime places more="#made-from".to_owned() about/> }
    });
    view! {
        <BackToOverview/>
        <header class="stack">
            <div class="component-head">
                <h1>{component.name.clone()}</h1>
                <StatusBadge status=component.status/>
            </div>
            <About description=component.description link=component.link/>
        </header>
        <section class="stack" aria-labelledby="uptime">
            <h2 id="uptime">{t::status::component::heading(use_locale(), shared::uptime::BAR_DAYS)}</h2>
            {bar}
            <Sentence report=explanation.report.clone() places/>
        </section>
        {uptime.map(|uptime| view! { <Days uptime places/> })}
        <Months months places/>
        <Corrections corrections=explanation.corrections.clone()/>
        <Intervals explanation/>
        <section class="stack" aria-labelledby="incidents">
            <h2 id="incidents">{t::status::component::incidents(use_locale())}</h2>
            {incidents.is_empty().then(|| view! { <p class="quiet">{t::status::component::quiet(use_locale())}</p> })}
            {incidents.into_iter().map(|incident| view! { <IncidentLine incident/> }).collect_view()}
        </section>
    }
}

#[component]
fn About(description: Option<String>, link: Option<String>) -> AnyView {
    let link = link.map(|link| {
        let address = link.clone();
        view! { <p><a href=address rel="noopener">{link}</a></p> }
    });
    view! {
        {description.map(|text| view! { <p class="quiet">{text}</p> })}
        {link}
    }
    .into_any()
}

/// The figure in words, and the rule behind it.
#[component]
fn Sentence(report: UptimeReport, places: u8) -> impl IntoView {
    let locale = use_locale();
    let clock = use_clock();
    let measured = clock.duration(Duration::from_millis(report.measured_ms));
    let sentence = match report.percent {
        None => t::status::uptime::none(locale).into(),
        Some(_) if report.down_ms == 0 => t::status::component::no_downtime(locale, measured),
        Some(percent) => {
            let down = clock.duration(Duration::from_millis(report.down_ms));
            t::status::component::sentence(locale, written(locale, &percent, places), measured, down)
        }
    };
    let partial = (report.weights.partial_outage * 100.0).round();
    let maintenance = if report.weights.counts_maintenance {
        t::status::component::maintenance_counts(locale)
    } else {
        t::status::component::maintenance_left_out(locale)
    };
    view! {
        <p>{sentence}</p>
        <p class="quiet small">{t::status::component::rule(locale, partial)}" "{maintenance}</p>
    }
}

/// The days that were not all up, newest first: the bar as a table.
#[component]
fn Days(uptime: ComponentUptime, places: u8) -> impl IntoView {
    let locale = use_locale();
    let days = uptime.exceptions;
    (!days.is_empty()).then(|| {
        let columns = [
            t::status::component::day(locale),
            t::status::component::status(locale),
            t::status::component::figure(locale),
        ];
        let rows = days.into_iter().rev().map(|day| view! { <Day day places/> }.into_any());
        view! {
            <section class="stack" aria-labelledby="days">
                <h2 id="days">{t::status::component::days(locale)}</h2>
                {table("days", &columns, rows.collect())}
            </section>
        }
        .into_any()
    })
}

/// A table that is named by its heading, and scrolls where there is no room for it.
fn table(heading: &'static str, columns: &[&'static str], rows: Vec<AnyView>) -> AnyView {
    let columns = columns.iter().map(|column| view! { <th scope="col">{*column}</th> });
    view! {
        <div class="table-frame" tabindex="0" role="group" aria-labelledby=heading>
            <table>
                <thead><tr>{columns.collect_view()}</tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

#[component]
fn Day(day: DayUptime, places: u8) -> AnyView {
    let locale = use_locale();
    let name = date(&day.day).map(|day| use_clock().day_name(day)).unwrap_or_default();
    let percent = day
        .percent
        .map(|percent| t::status::uptime::figure(locale, written(locale, &percent, places)));
    view! {
        <tr>
            <th scope="row"><time datetime=day.day>{name}</time></th>
            <td><StatusBadge status=day.status/></td>
            <td>{percent}</td>
        </tr>
    }
    .into_any()
}

/// The months, newest first.
#[component]
fn Months(months: Vec<MonthUptime>, places: u8) -> AnyView {
    let locale = use_locale();
    let columns = [
        t::status::component::month(locale),
        t::status::component::figure(locale),
        t::status::component::downtime(locale),
    ];
    let rows = months
        .into_iter()
        .map(|month| view! { <Month month places/> }.into_any());
    view! {
        <section class="stack" aria-labelledby="months">
            <h2 id="months">{t::status::component::months(locale)}</h2>
            {table("months", &columns, rows.collect())}
        </section>
    }
    .into_any()
}

#[component]
fn Month(month: MonthUptime, places: u8) -> AnyView {
    let locale = use_locale();
    let clock = use_clock();
    let address = use_links().to(&href::history(&month.month));
    let name = clock.month_name(&month.month);
    let down = Duration::from_millis(month.down_ms);
    let (figure, down) = match &month.percent {
        Some(percent) => (
            t::status::uptime::figure(locale, written(locale, percent, places)),
            (month.down_ms > 0).then(|| clock.duration(down)),
        ),
        None => (t::status::uptime::none(locale).into(), None),
    };
    let corrected = month.is_corrected.then(|| t::status::component::corrected(locale));
    view! {
        <tr>
            <th scope="row"><a href=address>{name}</a></th>
            <td>{figure}{corrected.map(|word| view! { " " <span class="quiet small">{word}</span> })}</td>
            <td>{down}</td>
        </tr>
    }
    .into_any()
}

/// What was put right later.
#[component]
fn Corrections(corrections: Vec<PublicCorrection>) -> AnyView {
    let locale = use_locale();
    if corrections.is_empty() {
        return ().into_any();
    }
    let columns = [
        t::status::component::when(locale),
        t::status::component::lasted(locale),
        t::status::component::status(locale),
        t::status::component::because(locale),
        t::status::component::corrected_at(locale),
    ];
    let rows = corrections.into_iter().rev().map(|one| {
        let lasted = use_clock().duration(one.to.since(one.from));
        view! {
            <tr>
                <th scope="row"><Time at=one.from/></th>
                <td>{lasted}</td>
                <td><StatusBadge status=one.status/></td>
                <td>{one.reason}</td>
                <td><Time at=one.created_at/></td>
            </tr>
        }
        .into_any()
    });
    view! {
        <section class="stack" aria-labelledby="corrections">
            <h2 id="corrections">{t::status::component::corrections(locale)}</h2>
            {table("corrections", &columns, rows.collect())}
        </section>
    }
    .into_any()
}

/// Every stretch of time behind the figure, newest first.
#[component]
fn Intervals(explanation: UptimeExplanation) -> AnyView {
    let locale = use_locale();
    let code = explanation.report.component_id.clone();
    let count = explanation.intervals.len();
    let columns = [
        t::status::component::when(locale),
        t::status::component::lasted(locale),
        t::status::component::status(locale),
        t::status::component::counts(locale),
        t::status::component::because(locale),
    ];
    let rows = explanation.intervals.into_iter().rev();
    let rows = rows.map(|interval| view! { <Interval interval/> }.into_any());
    view! {
        <section class="stack" aria-labelledby="made-from">
            <h2 id="made-from">{t::status::component::made_from(locale)}</h2>
            {table("made-from", &columns, rows.collect())}
            {explanation.is_cut.then(|| view! { <p class="quiet small">{t::status::component::cut(locale, count)}</p> })}
            <p><a href=href::explanation(&code)>{t::status::component::data(locale)}</a></p>
        </section>
    }
    .into_any()
}

#[component]
fn Interval(interval: UptimeInterval) -> AnyView {
    let locale = use_locale();
    let lasted = use_clock().duration(interval.to.since(interval.from));
    let counts = counts(locale, &interval);
    view! {
        <tr>
            <th scope="row"><Time at=interval.from/></th>
            <td>{lasted}</td>
            <td><StatusBadge status=interval.status/></td>
            <td>{counts}</td>
            <td><Because interval/></td>
        </tr>
    }
    .into_any()
}

fn counts(locale: Locale, interval: &UptimeInterval) -> String {
    if !interval.is_measured {
        t::status::component::left_out(locale).into()
    } else if interval.weight <= 0.0 {
        t::status::component::not(locale).into()
    } else if interval.weight < 1.0 {
        t::status::component::partly(locale, (interval.weight * 100.0).round())
    } else {
        t::status::component::fully(locale).into()
    }
}

#[component]
fn Because(interval: UptimeInterval) -> impl IntoView {
    let locale = use_locale();
    let links = use_links();
    let word = interval.cause.map(|cause| cause_word(locale, cause));
    let address = match (interval.cause, interval.cause_id) {
        (Some(Cause::Incident), Some(code)) => Some(links.to(&href::incident(&code))),
        (Some(Cause::Maintenance), Some(code)) => Some(links.to(&href::maintenance(&code))),
        _ => None,
    };
    match address {
        Some(address) => view! { <a href=address>{word}</a> }.into_any(),
        None => word.into_any(),
    }
}

fn cause_word(locale: Locale, cause: Cause) -> &'static str {
    match cause {
        Cause::Member => t::status::component::cause::member(locale),
        Cause::Token => t::status::component::cause::token(locale),
        Cause::Incident => t::status::component::cause::incident(locale),
        Cause::Maintenance => t::status::component::cause::maintenance(locale),
        Cause::Monitor => t::status::component::cause::monitor(locale),
        Cause::Correction => t::status::component::cause::correction(locale),
        Cause::Import => t::status::component::cause::import(locale),
        Cause::System => t::status::component::cause::system(locale),
    }
}
