//! Text with paragraphs and links that has been made safe before.

use leptos::prelude::*;

/// Safe HTML, as [`to_html`](crate::ui::markdown::to_html) makes it.
#[component]
pub fn Prose(#[prop(into)] html: String) -> impl IntoView {
    view! { <div class="prose" inner_html=html></div> }
}
