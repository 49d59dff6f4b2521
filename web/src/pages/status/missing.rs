//! Pages for when there is nothing to show.

use leptos::prelude::*;

use crate::i18n::{t, use_locale};
use crate::pages::status::state::use_links;
use crate::routes::public as href;

/// There is nothing at this address.
#[component]
pub fn NotFound() -> impl IntoView {
    let locale = use_locale();
    let links = use_links();
    view! {
        <section class="notice">
            <h1>{t::status::not_found::title(locale)}</h1>
            <p>{t::status::not_found::text(locale)}</p>
            <p class="actions">
                <a class="button button-primary" href=links.to(href::OVERVIEW)>{t::status::not_found::overview(locale)}</a>
                <a class="button" href=links.to(href::HISTORY)>{t::status::footer::history(locale)}</a>
            </p>
        </section>
    }
}

/// The server cannot say how things are.
#[component]
pub fn Unavailable() -> impl IntoView {
    let locale = use_locale();
    view! {
        <section class="notice">
            <h1>{t::status::unavailable::title(locale)}</h1>
            <p>{t::status::unavailable::text(locale)}</p>
        </section>
    }
}
