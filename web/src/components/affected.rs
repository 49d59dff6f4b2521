//! The components an incident or a maintenance touches.

use leptos::prelude::*;
use shared::status_page::PublicEffect;

use crate::components::words;
use crate::i18n::{t, use_locale};
use crate::ui::icon::Glyph;

/// "API (partial outage), Website (degraded performance)", as a list.
#[component]
pub fn Affected(parts: Vec<PublicEffect>) -> impl IntoView {
    let locale = use_locale();
    (!parts.is_empty()).then(|| {
        view! {
            <ul class="affected" aria-label=t::status::affected(locale)>
                {parts.into_iter().map(|part| view! { <Effect part/> }).collect_view()}
            </ul>
        }
    })
}

#[component]
fn Effect(part: PublicEffect) -> impl IntoView {
    let word = words::component_status(use_locale(), part.status);
    view! {
        <li class="status" data-status=part.status.as_str()>
            <Glyph icon=part.status/>
            <span><span class="affected-name">{part.name}</span>" "<span class="affected-word">{word}</span></span>
        </li>
    }
}
