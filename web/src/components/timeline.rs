//! The timeline of an incident, newest entry first.

use leptos::prelude::*;
use shared::status_page::PublicUpdate;

use crate::components::words;
use crate::i18n::{t, use_locale};
use crate::ui::prose::Prose;
use crate::ui::time_ago::Time;

/// Every entry, unfolded.
#[component]
pub fn Timeline(updates: Vec<PublicUpdate>) -> impl IntoView {
    view! {
        <ol class="timeline">
            {updates.into_iter().map(|update| view! { <Entry update/> }).collect_view()}
        </ol>
    }
}

/// The latest entry unfolded, the earlier ones behind it.
#[component]
pub fn FoldedTimeline(updates: Vec<PublicUpdate>) -> impl IntoView {
    let locale = use_locale();
    let mut updates = updates.into_iter();
    let latest = updates.next().into_iter().collect::<Vec<_>>();
    let earlier = updates.collect::<Vec<_>>();
    let count = u64::try_from(earlier.len()).unwrap_or(u64::MAX);
    view! {
        <Timeline updates=latest/>
        {(count > 0).then(|| view! {
            <details class="earlier">
                <summary>{t::status::earlier_updates(locale, count)}</summary>
                <Timeline updates=earlier/>
            </details>
        })}
    }
}

#[component]
fn Entry(update: PublicUpdate) -> impl IntoView {
    let word = words::incident_status(use_locale(), update.status);
    view! {
        <li class="entry" data-status=update.status.as_str()>
            <p class="entry-head"><strong>{word}</strong>" "<span class="quiet small"><Time at=update.created_at/></span></p>
            <Prose html=update.message/>
        </li>
    }
}
