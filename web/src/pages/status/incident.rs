//! `/incidents/{code}`: one incident and its whole timeline.

use leptos::prelude::*;
use shared::status_page::PublicIncident;

use crate::components::affected::Affected;
use crate::components::incident_card::IncidentFacts;
use crate::components::timeline::Timeline;
use crate::i18n::{t, use_locale};
use crate::pages::status::drawn::DrawnPart;
use crate::pages::status::overview::Freshness;
use crate::pages::status::shell::BackToOverview;
use crate::pages::status::state::{News, use_links};
use crate::routes::public as href;

/// One incident.
#[component]
pub fn IncidentPage(incident: RwSignal<PublicIncident>, news: RwSignal<News>) -> impl IntoView {
    let locale = use_locale();
    let links = use_links();
    view! {
        <BackToOverview/>
        {move || {
            let incident = incident.get();
            let follow = incident.status.is_open().then(|| {
                let form = links.to(&format!("{}?incident={}", href::SUBSCRIBE, incident.id));
                view! { <p class="actions"><a class="button" href=form>{t::status::subscribe::follow(locale)}</a></p> }
            });
            view! {
                <article class="card card-full" data-status=incident.impact.as_str()>
                    <header class="card-head">
                        <h1>{incident.title.clone()}</h1>
                        <IncidentFacts incident=incident.clone()/>
                    </header>
                    <Affected parts=incident.components/>
                    <h2 class="unseen">{t::status::timeline(locale)}</h2>
                    <Timeline updates=incident.updates/>
                    <DrawnPart name="links"/>
                    {follow}
                </article>
            }
        }}
        <DrawnPart name="postmortem"/>
        <Freshness as_of=Signal::derive(move || incident.read().updated_at) news is_update=true/>
    }
}
