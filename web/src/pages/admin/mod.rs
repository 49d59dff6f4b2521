//! The console: where operators work. `mod` decides what is on the screen; `shell` is the frame of all that follows.

mod account;
mod announcement_form;
mod announcements;
mod audit;
mod component_dialogs;
mod component_tree;
mod components;
mod corrections;
mod deliveries;
mod first_steps;
mod incident;
mod incident_draft;
mod incident_entry;
mod incident_extras;
mod incident_form;
mod incident_merge;
mod incident_update;
mod incident_when;
mod incidents;
mod keys;
mod login;
mod maintenance;
mod maintenance_edit;
mod maintenance_form;
mod maintenance_steps;
mod maintenance_window;
mod maintenances;
mod metric;
mod metric_form;
mod metric_source;
mod metrics;
mod overview;
mod palette;
mod parts;
mod picker;
mod postmortem;
mod recurrence;
mod settings;
mod setup;
mod shell;
mod subscribers;
mod team;
mod template_form;
mod template_gap;
mod template_start;
mod template_variables;
mod templates;
mod told;
mod uptime_settings;
mod words;
mod writing;

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::components::Router;
use leptos_router::hooks::use_location;

use crate::api::{Api, use_api};
use crate::i18n::{Locale, provide_locale};
use crate::routes::admin as href;
use crate::state::browser;
use crate::state::page::Pages;
use crate::state::session::{Phase, SessionState};
use crate::ui::toast::Toasts;

/// The whole console.
#[component]
pub fn Console() -> impl IntoView {
    let api = Api::new(SessionState::starting());
    provide_context(api);
    provide_context(Toasts::new());
    provide_context(Pages::new(api));
    spawn_local(async move {
        // No connection looks like no session: the sign-in form will say what is wrong.
        if !api.resume_session().await.unwrap_or(false) {
            api.session().leave();
        }
    });
    view! { <Router><Scene/></Router> }
}

/// What the console is showing as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    Starting,
    Setup,
    Join,
    Login,
    Work,
}

/// The language and the act; a change of either begins the screen anew.
#[component]
fn Scene() -> impl IntoView {
    let api = use_api();
    let path = use_location().pathname;
    let act = Memo::new(move |_| path.with(|path| act(path, api.session().phase.get())));
    let locale = Memo::new(move |_| locale(api));
    Effect::new(move |_| {
        if let Some(root) = document().document_element() {
            let locale = locale.get();
            // Neither can fail for these names.
            let _ = root.set_attribute("lang", locale.tag());
            let _ = root.set_attribute("dir", locale.direction());
        }
    });
    move || {
        provide_locale(locale.get());
        match act.get() {
            Act::Starting => view! { <div class="starting" aria-busy="true"></div> }.into_any(),
            Act::Setup => view! { <setup::Setup/> }.into_any(),
            Act::Join => view! { <setup::Join/> }.into_any(),
            Act::Login => view! { <login::Login/> }.into_any(),
            Act::Work => view! { <shell::Shell/> }.into_any(),
        }
    }
}

fn act(path: &str, phase: Phase) -> Act {
    match (path.trim_end_matches('/'), phase) {
        (href::SETUP, _) => Act::Setup,
        (href::JOIN, _) => Act::Join,
        (_, Phase::Starting) => Act::Starting,
        (_, Phase::Out) => Act::Login,
        (_, Phase::In | Phase::Expired) => Act::Work,
    }
}

/// The member's language, or else the browser's.
fn locale(api: Api) -> Locale {
    let own = api
        .session()
        .me
        .with(|me| me.as_ref().and_then(|me| Locale::from_tag(&me.member.locale)));
    own.or_else(|| Locale::from_tag(&browser::language()))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expired_session_leaves_the_screen_as_it_is() {
        assert_eq!(act("/admin/incidents/new", Phase::Expired), Act::Work);
        assert_eq!(act("/admin/incidents/new", Phase::Out), Act::Login);
        assert_eq!(act("/admin/setup/", Phase::Out), Act::Setup);
    }
}
