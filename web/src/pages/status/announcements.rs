//! What a page announces, above its incidents. Drawn by the server alone.

use leptos::prelude::*;
use shared::announcement::PublicAnnouncement;

use crate::i18n::{t, use_locale};
use crate::ui::markdown::to_html;
use crate::ui::prose::Prose;
use crate::ui::time_ago::Time;

/// All of them.
#[component]
pub fn Announcements(items: Vec<PublicAnnouncement>) -> impl IntoView {
    let card = |announcement: PublicAnnouncement| view! { <Card announcement/> };
    view! {
        <section class="stack" aria-labelledby="announcements">
            <h2 id="announcements">{t::status::announcements(use_locale())}</h2>
            {items.into_iter().map(card).collect_view()}
        </section>
    }
}

#[component]
fn Card(announcement: PublicAnnouncement) -> impl IntoView {
    let PublicAnnouncement {
        id,
        title,
        message,
        starts_at,
        ..
    } = announcement;
    view! {
        <article class="card" id=id>
            <header class="card-head">
                <h3>{title}</h3>
                <p class="facts"><span class="quiet small"><Time at=starts_at/></span></p>
            </header>
            <Prose html=to_html(&message)/>
        </article>
    }
}
