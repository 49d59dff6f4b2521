//! `/incidents/{code}/postmortem`: what an incident taught. Written by the server alone, for it is read in peace.

use leptos::prelude::*;
use shared::postmortem::PublicPostmortem;

use crate::i18n::{t, use_locale};
use crate::pages::status::shell::BackToOverview;
use crate::pages::status::state::use_links;
use crate::routes::public as href;
use crate::ui::markdown::to_article;
use crate::ui::prose::Prose;
use crate::ui::time_ago::Time;

/// One postmortem.
#[component]
pub fn PostmortemPage(postmortem: PublicPostmortem) -> impl IntoView {
    let locale = use_locale();
    let PublicPostmortem {
        incident_id,
        title,
        message,
        published_at,
        edited_at,
    } = postmortem;
    let edited = edited_at.map(|at| {
        view! { " · "{t::status::postmortem::edited(locale)}" "<Time at/> }
    });
    let incident = use_links().to(&href::incident(&incident_id));
    view! {
        <BackToOverview/>
        <article class="stack">
            <header>
                <h1>{t::status::postmortem::title(locale, title)}</h1>
                <p class="quiet small">
                    {t::status::postmortem::published(locale)}" "<Time at=published_at/>
                    {edited}
                </p>
            </header>
            <Prose html=to_article(&message)/>
            <p><a class="onward" href=incident>{t::status::postmortem::incident(locale)}</a></p>
        </article>
    }
}
