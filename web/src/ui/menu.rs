//! A button that unfolds more buttons.

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use crate::ui::icon::{Glyph, Icon};

/// Whether the menu something stands in is open: what it offers need not be worked out before.
#[derive(Clone, Copy)]
pub struct MenuOpen(pub RwSignal<bool>);

/// A menu of what else can be done with a thing. It closes when something is chosen, on Escape and on a click elsewhere.
#[component]
pub fn Menu(
    /// Names the button: "More for API".
    #[prop(into)]
    label: String,
    children: Children,
) -> impl IntoView {
    let node = NodeRef::<html::Details>::new();
    let is_open = RwSignal::new(false);
    provide_context(MenuOpen(is_open));
    let close = move || {
        if let Some(details) = node.get_untracked() {
            details.set_open(false);
        }
    };
    let on_key = move |event: web_sys::KeyboardEvent| {
        let Some(details) = node.get_untracked().filter(|details| details.open()) else {
            return;
        };
        if event.key() == "Escape" {
            event.prevent_default();
            details.set_open(false);
            focus_summary(&details);
        }
    };
    let elsewhere = window_event_listener(leptos::ev::pointerdown, move |event| {
        let target = event
            .target()
            .and_then(|target| target.dyn_into::<web_sys::Node>().ok());
        let is_inside = node
            .try_get_untracked()
            .flatten()
            .is_none_or(|details| details.contains(target.as_ref()));
        if !is_inside {
            close();
        }
    });
    on_cleanup(move || elsewhere.remove());
    view! {
        <details
            class="menu"
            node_ref=node
            on:keydown=on_key
            on:toggle=move |_| is_open.set(node.get_untracked().is_some_and(|details| details.open()))
        >
            <summary class="button button-quiet button-icon" aria-label=label.clone() title=label>
                <Glyph icon=Icon::Dots/>
            </summary>
            <div class="menu-items" on:click=move |_| close()>{children()}</div>
        </details>
    }
}

fn focus_summary(details: &web_sys::HtmlDetailsElement) {
    let summary = details.query_selector("summary").ok().flatten();
    if let Some(summary) = summary.and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok()) {
        let _ = summary.focus();
    }
}
