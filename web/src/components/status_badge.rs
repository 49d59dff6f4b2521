//! A status as shape, word and colour.

use leptos::prelude::*;
use shared::component::ComponentStatus;

use crate::components::words;
use crate::i18n::use_locale;
use crate::ui::icon::Glyph;

/// How a component is: its shape and its word, in its colour.
#[component]
pub fn StatusBadge(status: ComponentStatus) -> impl IntoView {
    let locale = use_locale();
    view! {
        <span class="status" data-status=status.as_str()>
            <Glyph icon=status/>
            <span>{words::component_status(locale, status)}</span>
        </span>
    }
}

/// Where an incident or maintenance stands: its word on its ground.
#[component]
pub fn Stage(word: &'static str, status: &'static str) -> impl IntoView {
    view! { <span class="stage" data-status=status>{word}</span> }
}
