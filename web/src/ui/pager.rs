//! Walking through a long list. Where one is stands in the address, so the browser's own buttons work.

use leptos::prelude::*;
use leptos_router::components::A;
use leptos_router::hooks::use_location;
use leptos_router::params::ParamsMap;

use crate::i18n::t::admin::common;
use crate::i18n::use_locale;

/// Links to the first and the next part of a list; nothing if all of it fits.
#[component]
pub fn Pager(#[prop(into)] next_cursor: Signal<Option<String>>) -> impl IntoView {
    let locale = use_locale();
    let location = use_location();
    let here = move |cursor: Option<String>| {
        let mut query = location.query.get();
        match cursor {
            Some(cursor) => query.replace("cursor", cursor),
            None => {
                query.remove("cursor");
            }
        }
        address(&location.pathname.get(), &query)
    };
    let is_inside = Memo::new(move |_| location.query.with(|query| query.get("cursor").is_some()));
    view! {
        <Show when=move || is_inside.get() || next_cursor.with(Option::is_some)>
            <nav class="pager" aria-label=common::pages_of_list(locale)>
                <Show when=move || is_inside.get()>
                    <A href=move || here(None) attr:class="button">{common::first_page(locale)}</A>
                </Show>
                <Show when=move || next_cursor.with(Option::is_some)>
                    <A href=move || here(next_cursor.get()) attr:class="button">{common::next_page(locale)}</A>
                </Show>
            </nav>
        </Show>
    }
}

/// A path with a query; what is empty is left out.
pub fn address(path: &str, query: &ParamsMap) -> String {
    format!("{path}{}", query.to_query_string())
}
