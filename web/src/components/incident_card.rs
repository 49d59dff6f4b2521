//! Incidents in lists.

use leptos::prelude::*;
use shared::status_page::PublicIncident;

use crate::components::affected::Affected;
use crate::components::status_badge::Stage;
use crate::components::timeline::FoldedTimeline;
use crate::components::words;
use crate::i18n::{t, use_locale};
use crate::pages::status::state::use_links;
use crate::routes::public as href;
use crate::time::use_clock;
use crate::ui::prose::Prose;
use crate::ui::time_ago::Time;

/// An open incident: what it touches, its latest update, and the earlier ones behind it.
#[component]
pub fn IncidentCard(incident: PublicIncident) -> impl IntoView {
    let address = use_links().to(&href::incident(&incident.id));
    view! {
        <article class="card" data-status=incident.impact.as_str()>
            <header class="card-head">
                <h3><a href=address>{incident.title.clone()}</a></h3>
                <IncidentFacts incident=incident.clone()/>
            </header>
            <Affected parts=incident.components/>
            <FoldedTimeline updates=incident.updates/>
        </article>
    }
}

/// Where an incident stands and how long it has lasted.
#[component]
pub fn IncidentFacts(incident: PublicIncident) -> impl IntoView {
    let locale = use_locale();
    let word = words::incident_status(locale, incident.status);
    let impact = words::impact(locale, incident.impact);
    let lasted = lasted(&incident);
    view! {
        <p class="facts">
            <Stage word status=incident.status.as_str()/>
            <span>{t::status::impact(locale, impact)}</span>
            <span>{t::status::began(locale)}" "<Time at=incident.started_at/></span>
            {lasted.map(|lasted| view! { <span>{lasted}</span> })}
            {incident.is_forgotten.then(|| view! { <span>{t::status::forgotten(locale)}</span> })}
        </p>
    }
}

/// An incident on its day: title, how it ended, the last words on it.
#[component]
pub fn IncidentLine(
    incident: PublicIncident,
    /// True if the day above it is a heading of the third level.
    #[prop(optional)]
    is_deep: bool,
) -> impl IntoView {
    let locale = use_locale();
    let address = use_links().to(&href::incident(&incident.id));
    let link = view! { <a href=address>{incident.title.clone()}</a> };
    let heading = if is_deep {
        view! { <h4>{link}</h4> }.into_any()
    } else {
        view! { <h3>{link}</h3> }.into_any()
    };
    let word = words::incident_status(locale, incident.status);
    let lasted = lasted(&incident);
    // An open incident stands in full above.
    let last = incident.updates.first().filter(|_| !incident.status.is_open());
    let last = last.map(|update| update.message.clone());
    view! {
        <article class="line" data-status=incident.impact.as_str()>
            {heading}
            <p class="facts">
                <Stage word status=incident.status.as_str()/>
                <span><Time at=incident.started_at/></span>
                {lasted.map(|lasted| view! { <span>{lasted}</span> })}
            </p>
            {last.map(|html| view! { <Prose html/> })}
        </article>
    }
}

/// "Resolved after 1 h 20 min", for those that are over.
fn lasted(incident: &PublicIncident) -> Option<String> {
    let end = incident.resolved_at?;
    let span = use_clock().duration(end.since(incident.started_at));
    Some(t::status::resolved_after(use_locale(), span))
}
