//! `/history?month=…`: what happened in a month, by day.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use leptos::prelude::*;
use shared::status_page::{HistoryMonth, PublicIncident, PublicMaintenance};

use crate::components::incident_card::IncidentLine;
use crate::components::maintenance_card::MaintenanceFacts;
use crate::i18n::{t, use_locale};
use crate::pages::status::drawn::DrawnPart;
use crate::pages::status::state::use_links;
use crate::routes::public as href;
use crate::time::{Clock, use_clock};
use crate::ui::icon::{Glyph, Icon};

/// A month of history.
#[component]
pub fn HistoryPage(history: HistoryMonth, older: Option<String>, newer: Option<String>) -> impl IntoView {
    let locale = use_locale();
    let clock = use_clock();
    let name = clock.month_name(&history.month);
    let days = by_day(&clock, history);
    let is_quiet = days.is_empty();
    view! {
        <h1>{t::status::history_of(locale, name.clone())}</h1>
        <DrawnPart name="month"/>
        {is_quiet.then(|| view! { <p class="quiet">{t::status::quiet_month(locale, name)}</p> })}
        <ol class="days">
            {days.into_iter().rev().map(|(day, events)| view! { <Day day events/> }).collect_view()}
        </ol>
        <nav class="months" aria-label=t::status::months(locale)>
            {older.map(|month| view! { <Month month icon=Icon::Back rel="prev"/> })}
            {newer.map(|month| view! { <Month month icon=Icon::Forward rel="next"/> })}
        </nav>
    }
}

/// What began on one day.
#[derive(Default)]
struct Events {
    incidents: Vec<PublicIncident>,
    maintenances: Vec<PublicMaintenance>,
}

fn by_day(clock: &Clock, history: HistoryMonth) -> BTreeMap<NaiveDate, Events> {
    let mut days = BTreeMap::<NaiveDate, Events>::new();
    for incident in history.incidents {
        let day = clock.day_of(incident.started_at);
        days.entry(day).or_default().incidents.push(incident);
    }
    for maintenance in history.maintenances {
        let day = clock.day_of(maintenance.starts_at);
        days.entry(day).or_default().maintenances.push(maintenance);
    }
    days
}

#[component]
fn Day(day: NaiveDate, events: Events) -> impl IntoView {
    let clock = use_clock();
    view! {
        <li class="day" id=format!("day-{day}")>
            <h2><time datetime=day.to_string()>{clock.day_name(day)}</time></h2>
            {events.incidents.into_iter().map(|incident| view! { <IncidentLine incident/> }).collect_view()}
            {events.maintenances.into_iter().map(|maintenance| view! { <MaintenanceLine maintenance/> }).collect_view()}
        </li>
    }
}

#[component]
fn MaintenanceLine(maintenance: PublicMaintenance) -> impl IntoView {
    let address = use_links().to(&href::maintenance(&maintenance.id));
    view! {
        <article class="line" data-status="under_maintenance">
            <h3><a href=address>{maintenance.title.clone()}</a></h3>
            <MaintenanceFacts maintenance/>
        </article>
    }
}

#[component]
fn Month(month: String, icon: Icon, rel: &'static str) -> impl IntoView {
    let address = use_links().to(&href::history(&month));
    let name = use_clock().month_name(&month);
    let is_back = icon == Icon::Back;
    view! {
        <a class="button" href=address rel=rel>
            {is_back.then(|| view! { <Glyph icon=Icon::Back/> })}
            {name}
            {(!is_back).then(|| view! { <Glyph icon/> })}
        </a>
    }
}
