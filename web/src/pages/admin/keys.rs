//! Keys that work on every screen, and the list of them.

use leptos::ev;
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;
use shared::access::Permission;

use super::shell::Frame;
use crate::api::use_api;
use crate::i18n::t::admin::keys;
use crate::i18n::use_locale;
use crate::routes::admin as href;
use crate::state::browser;
use crate::ui::dialog::Dialog;

/// Listens for the keys; shows the list on `?`.
#[component]
pub fn Keys() -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let navigate = use_navigate();
    let frame = expect_context::<Frame>();
    let listening = window_event_listener(ev::keydown, move |event| {
        let key = event.key();
        if (event.ctrl_key() || event.meta_key()) && key.eq_ignore_ascii_case("k") {
            event.prevent_default();
            frame.is_palette_open.update(|open| *open = !*open);
            return;
        }
        let is_plain = !(event.ctrl_key() || event.meta_key() || event.alt_key());
        if !is_plain || browser::takes_keys(event.target()) {
            return;
        }
        match key.as_str() {
            "c" if api.may(Permission::ManageIncidents) => navigate(href::NEW_INCIDENT, Default::default()),
            "m" if api.may(Permission::ManageMaintenance) => navigate(href::PLAN_MAINTENANCE, Default::default()),
            "/" => browser::focus("[data-search]"),
            "?" => frame.are_keys_open.set(true),
            _ => return,
        }
        event.prevent_default();
    });
    on_cleanup(move || listening.remove());
    let rows = [
        ("Ctrl K", keys::palette(locale)),
        ("c", keys::new_incident(locale)),
        ("m", keys::plan_maintenance(locale)),
        ("/", keys::search(locale)),
        ("?", keys::list(locale)),
        ("Esc", keys::close(locale)),
    ];
    view! {
        <Dialog open=frame.are_keys_open title=keys::title(locale)>
            <dl class="keys">
                {rows.map(|(key, text)| view! { <div><dt><kbd>{key}</kbd></dt><dd>{text}</dd></div> }).collect_view()}
            </dl>
        </Dialog>
    }
}
