//! `/`: how everything is.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use leptos::prelude::*;
use shared::status_page::{HISTORY_DAYS, PublicIncident, PublicMaintenance, StatusPage};
use shared::time::days;

use crate::components::component_tree::ComponentTree;
use crate::components::incident_card::{IncidentCard, IncidentLine};
use crate::components::maintenance_card::MaintenanceCard;
use crate::i18n::{t, use_locale};
use crate::pages::status::drawn::DrawnPart;
use crate::pages::status::headline::Headline;
use crate::pages::status::state::{News, use_links};
use crate::routes::public as href;
use crate::time::{Clock, use_clock};
use crate::ui::icon::{Glyph, Icon};

/// The front of the page.
#[component]
pub fn Overview(status: RwSignal<StatusPage>, news: RwSignal<News>) -> impl IntoView {
    let locale = use_locale();
    view! {
        <Banner status news/>
        <DrawnPart name="announcements"/>
        <Incidents incidents=Signal::derive(move || status.read().incidents.clone())/>
        <Maintenances
            id="maintenance-now"
            heading=t::status::maintenance::running(locale)
            list=Signal::derive(move || status.read().maintenances.clone())
        />
        {move || {
            let page = status.read();
            view! { <ComponentTree groups=page.groups.clone() components=page.components.clone()/> }
        }}
        <DrawnPart name="metrics"/>
        <Maintenances
            id="maintenance-next"
            heading=t::status::maintenance::upcoming(locale)
            list=Signal::derive(move || status.read().upcoming.clone())
        />
        {move || view! { <RecentDays status=status.get()/> }}
    }
}

/// The sentence, and how old it is.
#[component]
fn Banner(status: RwSignal<StatusPage>, news: RwSignal<News>) -> impl IntoView {
    let locale = use_locale();
    let headline = Memo::new(move |_| Headline::of(&status.read().overall));
    view! {
        <section class="banner" data-status=move || headline.get().status().as_str()>
            {move || view! { <Glyph icon=headline.get().status()/> }}
            <div>
                <h1>{move || headline.get().sentence(locale)}</h1>
                <Freshness as_of=Signal::derive(move || status.read().as_of) news/>
            </div>
        </section>
    }
}

/// "as of 03:12, your time", and what became of the connection.
#[component]
pub fn Freshness(
    as_of: Signal<shared::Timestamp>,
    news: RwSignal<News>,
    /// True if the moment is that of the last change, not that of the whole page.
    #[prop(optional)]
    is_update: bool,
) -> impl IntoView {
    let locale = use_locale();
    let clock = StoredValue::new(use_clock());
    let said = move || {
        let clock = clock.get_value();
        let time = clock.time(as_of.get());
        match news.get() {
            News::AsServed if is_update => t::status::last_update(locale, clock.moment(as_of.get())),
            News::AsServed => t::status::as_of(locale, time, clock.zone_label(as_of.get())),
            News::Updated(at) => t::status::updated(locale, clock.time(at), clock.zone_label(at)),
            News::Lost => t::status::no_connection(locale, time),
        }
    };
    view! { <p class="freshness" role="status" class:is-lost=move || news.get() == News::Lost>{said}</p> }
}

#[component]
fn Incidents(incidents: Signal<Vec<PublicIncident>>) -> impl IntoView {
    let locale = use_locale();
    let is_empty = Memo::new(move |_| incidents.read().is_empty());
    let list = move || {
        view! {
            <section class="stack" aria-labelledby="incidents">
                <h2 id="incidents">{t::status::incidents(locale)}</h2>
                <For each=move || incidents.get() key=|incident| (incident.id.clone(), incident.updated_at.as_millis()) let:incident>
                    <IncidentCard incident/>
                </For>
            </section>
        }
    };
    move || (!is_empty.get()).then(list)
}

#[component]
fn Maintenances(id: &'static str, heading: &'static str, list: Signal<Vec<PublicMaintenance>>) -> impl IntoView {
    let is_empty = Memo::new(move |_| list.read().is_empty());
    let section = move || {
        view! {
            <section class="stack" aria-labelledby=id>
                <h2 id=id>{heading}</h2>
                <For each=move || list.get() key=|item| (item.id.clone(), item.updated_at.as_millis(), item.status) let:maintenance>
                    <MaintenanceCard maintenance/>
                </For>
            </section>
        }
    };
    move || (!is_empty.get()).then(section)
}

/// The last days, newest first.
#[component]
fn RecentDays(status: StatusPage) -> impl IntoView {
    let locale = use_locale();
    let clock = use_clock();
    let more = use_links().to(href::HISTORY);
    let incidents = [status.incidents.as_slice(), status.recent.as_slice()].concat();
    let days = recent_days(&clock, status.as_of, &incidents);
    view! {
        <section aria-labelledby="recent">
            <h2 id="recent">{t::status::recent(locale)}</h2>
            <ol class="days">
                {days.into_iter().map(|day| view! { <Day day incidents=incidents.clone()/> }).collect_view()}
            </ol>
            <p><a class="onward" href=more>{t::status::all_history(locale)}<Glyph icon=Icon::Forward/></a></p>
        </section>
    }
}

#[component]
fn Day(day: NaiveDate, incidents: Vec<PublicIncident>) -> impl IntoView {
    let locale = use_locale();
    let clock = use_clock();
    let of_day = incidents
        .into_iter()
        .filter(|incident| clock.day_of(incident.started_at) == day);
    let lines = of_day
        .map(|incident| view! { <IncidentLine incident is_deep=true/> })
        .collect::<Vec<_>>();
    let is_quiet = lines.is_empty();
    view! {
        <li class="day">
            <h3><time datetime=day.to_string()>{clock.day_name(day)}</time></h3>
            {lines}
            {is_quiet.then(|| view! { <p class="quiet">{t::status::no_incidents(locale)}</p> })}
        </li>
    }
}

/// The last days up to today, and those older ones on which an incident of the list began; newest first.
fn recent_days(clock: &Clock, now: shared::Timestamp, incidents: &[PublicIncident]) -> Vec<NaiveDate> {
    let window = (0..HISTORY_DAYS).map(|back| clock.day_of(now - days(back)));
    let begun = incidents.iter().map(|incident| clock.day_of(incident.started_at));
    let all = window.chain(begun).collect::<BTreeSet<_>>();
    all.into_iter().rev().collect()
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;
    use crate::i18n::Locale;
    use shared::Timestamp;

    #[test]
    fn a_week_is_shown_in_the_days_of_the_page() {
        let now = Timestamp::parse("2026-11-24T23:30:00Z").unwrap();
        let days = recent_days(&Clock::of_page(Locale::En, "Europe/Berlin", now), now, &[]);
        let days = days.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(days.len(), 7);
        assert_eq!([days[0].as_str(), days[6].as_str()], ["2026-11-25", "2026-11-19"]);
    }
}
