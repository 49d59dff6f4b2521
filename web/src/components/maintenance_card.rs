//! Maintenance in lists.

use leptos::prelude::*;
use shared::status_page::{PublicMaintenance, PublicMaintenanceUpdate};

use crate::components::affected::Affected;
use crate::components::status_badge::Stage;
use crate::components::words;
use crate::i18n::{t, use_locale};
use crate::pages::status::state::use_links;
use crate::routes::public as href;
use crate::time::use_clock;
use crate::ui::prose::Prose;
use crate::ui::time_ago::Time;

/// A maintenance: when, what it touches, and what is done.
#[component]
pub fn MaintenanceCard(maintenance: PublicMaintenance) -> impl IntoView {
    let address = use_links().to(&href::maintenance(&maintenance.id));
    view! {
        <article class="card" data-status="under_maintenance">
            <header class="card-head">
                <h3><a href=address>{maintenance.title.clone()}</a></h3>
                <MaintenanceFacts maintenance=maintenance.clone()/>
            </header>
            <Affected parts=maintenance.components/>
            <Prose html=maintenance.message/>
            <WorkTimeline updates=maintenance.updates/>
        </article>
    }
}

/// Where a maintenance stands and when it is.
#[component]
pub fn MaintenanceFacts(maintenance: PublicMaintenance) -> impl IntoView {
    let locale = use_locale();
    let word = words::maintenance_status(locale, maintenance.status);
    let address = href::calendar(&maintenance.id);
    let span = use_clock().span(maintenance.starts_at, maintenance.ends_at);
    view! {
        <p class="facts">
            <Stage word status=maintenance.status.as_str()/>
            <time datetime=maintenance.starts_at.to_string()>{span}</time>
            <a href=address>{t::status::maintenance::add_to_calendar(locale)}</a>
        </p>
    }
}

/// How the work went, newest entry first.
#[component]
pub fn WorkTimeline(updates: Vec<PublicMaintenanceUpdate>) -> impl IntoView {
    let locale = use_locale();
    let entry = move |update: PublicMaintenanceUpdate| {
        let word = words::maintenance_status(locale, update.status);
        view! {
            <li class="entry" data-status=update.status.as_str()>
                <p class="entry-head"><strong>{word}</strong>" "<span class="quiet small"><Time at=update.created_at/></span></p>
                <Prose html=update.message/>
            </li>
        }
    };
    (!updates.is_empty()).then(|| view! { <ol class="timeline">{updates.into_iter().map(entry).collect_view()}</ol> })
}
