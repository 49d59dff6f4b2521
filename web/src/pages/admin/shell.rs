//! The frame around every screen: the rail, the keys that work everywhere, and the routes.

use leptos::prelude::*;
use leptos_router::components::{A, Route, Routes};
use leptos_router::hooks::use_location;
use leptos_router::path;
use shared::access::Permission;

use super::announcements::Announcements;
use super::audit::Audit;
use super::components::Components;
use super::deliveries::{Deliveries, DeliveryScreen};
use super::incident::IncidentScreen;
use super::incident_form::NewIncidentScreen;
use super::incidents::Incidents;
use super::keys::Keys;
use super::login::SignInAgain;
use super::maintenance::MaintenanceScreen;
use super::maintenance_form::PlanMaintenanceScreen;
use super::maintenances::Maintenances;
use super::metric::MetricScreen;
use super::metrics::Metrics;
use super::overview::Overview;
use super::palette::Palette;
use super::parts::ScreenHead;
use super::settings::Settings;
use super::subscribers::Subscribers;
use super::team::Team;
use super::template_form::{NewTemplateScreen, TemplateScreen};
use super::templates::Templates;
use crate::api::{Api, use_api};
use crate::i18n::t::admin::{common, nav};
use crate::i18n::{Locale, use_locale};
use crate::routes::{admin as href, public};
use crate::state::page::use_pages;
use crate::state::{browser, time};
use crate::ui::icon::{Glyph, Icon};
use crate::ui::load::Failure;
use crate::ui::toast::{ToastArea, use_toasts};

/// What the frame's own boxes need to know of each other.
#[derive(Clone, Copy)]
pub struct Frame {
    pub is_palette_open: RwSignal<bool>,
    pub are_keys_open: RwSignal<bool>,
}

/// The frame, for those who are signed in.
#[component]
pub fn Shell() -> impl IntoView {
    let locale = use_locale();
    let pages = use_pages();
    time::provide_now();
    provide_context(Frame {
        is_palette_open: RwSignal::new(false),
        are_keys_open: RwSignal::new(false),
    });
    pages.reload();
    let failure = move || {
        pages
            .error
            .get()
            .map(|error| view! { <Failure error on_retry=move || pages.reload()/> })
    };
    let page = Memo::new(move |_| pages.current_id());
    let skip = move |event: web_sys::MouseEvent| {
        event.prevent_default();
        browser::focus("#main");
    };
    view! {
        <a class="skip-link" href="#main" on:click=skip>{nav::skip(locale)}</a>
        <div class="shell">
            <Rail/>
            <main id="main" class="main" tabindex="-1">
                {failure}
                // Every list is that of one page, so nothing is asked for before it is known which.
                // Another page is another set of screens: nothing of the old one may linger in a form.
                {move || page.get().map(|_| view! { <Screens/> })}
            </main>
        </div>
        <Palette/>
        <Keys/>
        <SignInAgain/>
        <ToastArea/>
    }
}

#[component]
fn Screens() -> impl IntoView {
    view! {
        <Routes fallback=|| view! { <Nowhere/> }>
            <Route path=path!("/admin") view=Overview/>
            <Route path=path!("/admin/login") view=Overview/>
            <Route path=path!("/admin/incidents") view=Incidents/>
            <Route path=path!("/admin/incidents/new") view=NewIncidentScreen/>
            <Route path=path!("/admin/incidents/:id") view=IncidentScreen/>
            <Route path=path!("/admin/maintenance") view=Maintenances/>
            <Route path=path!("/admin/maintenance/new") view=PlanMaintenanceScreen/>
            <Route path=path!("/admin/maintenance/:id") view=MaintenanceScreen/>
            <Route path=path!("/admin/announcements") view=Announcements/>
            <Route path=path!("/admin/templates") view=Templates/>
            <Route path=path!("/admin/templates/new") view=NewTemplateScreen/>
            <Route path=path!("/admin/templates/:id") view=TemplateScreen/>
            <Route path=path!("/admin/components") view=Components/>
            <Route path=path!("/admin/subscribers") view=Subscribers/>
            <Route path=path!("/admin/deliveries") view=Deliveries/>
            <Route path=path!("/admin/deliveries/:id") view=DeliveryScreen/>
            <Route path=path!("/admin/metrics") view=Metrics/>
            <Route path=path!("/admin/metrics/:id") view=MetricScreen/>
            <Route path=path!("/admin/team") view=Team/>
            <Route path=path!("/admin/audit") view=Audit/>
            <Route path=path!("/admin/settings") view=Settings/>
        </Routes>
    }
}

#[component]
pub fn Nowhere() -> impl IntoView {
    let locale = use_locale();
    view! {
        <ScreenHead title=nav::nowhere(locale)/>
        <p>{nav::nowhere_text(locale)}</p>
        <p><A href=href::OVERVIEW>{nav::overview(locale)}</A></p>
    }
}

/// A screen that the rail and the palette lead to.
#[derive(Clone, Copy)]
pub struct Place {
    pub href: &'static str,
    pub icon: Icon,
    pub name: fn(Locale) -> &'static str,
    pub permission: Permission,
}

/// All places, in the order of the rail.
pub const PLACES: &[Place] = &[
    place(href::OVERVIEW, Icon::Overview, nav::overview, Permission::ReadConsole),
    place(href::INCIDENTS, Icon::Incident, nav::incidents, Permission::ReadConsole),
    place(
        href::MAINTENANCE,
        Icon::Clock,
        nav::maintenance,
        Permission::ReadConsole,
    ),
    place(
        href::ANNOUNCEMENTS,
        Icon::Announcement,
        nav::announcements,
        Permission::ReadConsole,
    ),
    place(
        href::COMPONENTS,
        Icon::Components,
        nav::components,
        Permission::ReadConsole,
    ),
    place(
        href::SUBSCRIBERS,
        Icon::Mail,
        nav::subscribers,
        Permission::ManageSubscribers,
    ),
    place(
        href::DELIVERIES,
        Icon::Deliveries,
        nav::deliveries,
        Permission::ReadConsole,
    ),
    place(href::METRICS, Icon::Chart, nav::metrics, Permission::ReadConsole),
    place(href::TEAM, Icon::Team, nav::team, Permission::ManageMembers),
    place(href::AUDIT, Icon::Audit, nav::audit, Permission::ReadAudit),
    place(href::SETTINGS, Icon::Settings, nav::settings, Permission::ReadConsole),
];

const fn place(href: &'static str, icon: Icon, name: fn(Locale) -> &'static str, permission: Permission) -> Place {
    Place {
        href,
        icon,
        name,
        permission,
    }
}

/// The places that whoever is signed in may go to.
pub fn places(api: Api) -> Vec<Place> {
    PLACES
        .iter()
        .copied()
        .filter(|place| api.may(place.permission))
        .collect()
}

/// The rail: on phones a bar with a button that unfolds it.
#[component]
fn Rail() -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let frame = expect_context::<Frame>();
    let is_open = RwSignal::new(false);
    let path = use_location().pathname;
    Effect::new(move |_| {
        path.track();
        is_open.set(false);
    });
    let links = move || {
        places(api)
            .into_iter()
            .map(|place| view! { <RailLink place/> })
            .collect_view()
    };
    view! {
        <header class="rail" data-open=move || is_open.get().to_string()>
            <div class="rail-head">
                <PageSwitch/>
                <button
                    type="button"
                    class="button button-quiet button-icon rail-toggle"
                    aria-expanded=move || is_open.get().to_string()
                    aria-controls="rail-nav"
                    aria-label=nav::menu(locale)
                    on:click=move |_| is_open.update(|open| *open = !*open)
                >
                    <Glyph icon=Icon::Menu/>
                </button>
            </div>
            <div class="rail-body" id="rail-nav">
                <button type="button" class="rail-search" on:click=move |_| frame.is_palette_open.set(true)>
                    <Glyph icon=Icon::Search/>
                    <span>{nav::go_to(locale)}</span>
                    <kbd>"Ctrl K"</kbd>
                </button>
                <nav class="rail-nav" aria-label=nav::label(locale)>{links}</nav>
                <RailFoot/>
            </div>
        </header>
    }
}

#[component]
fn RailLink(place: Place) -> impl IntoView {
    let locale = use_locale();
    let is_exact = place.href == href::OVERVIEW;
    view! {
        <A href=place.href exact=is_exact attr:class="rail-link">
            <Glyph icon=place.icon/>
            {(place.name)(locale)}
        </A>
    }
}

/// The page that is worked on; with several, a choice.
#[component]
fn PageSwitch() -> impl IntoView {
    let locale = use_locale();
    let pages = use_pages();
    let choose = move |word: String| {
        if let Ok(id) = word.parse() {
            pages.choose(id);
        }
    };
    let options = move || {
        let option = |page: shared::page::Page| {
            let id = page.id;
            let is_here = move || pages.current_id() == Some(id);
            view! { <option value=id.to_string() prop:selected=is_here>{page.name}</option> }
        };
        pages.all.get().into_iter().map(option).collect_view()
    };
    let name = move || pages.current().map(|page| page.name).unwrap_or_default();
    view! {
        <Show
            when=move || pages.all.with(|pages| pages.len() > 1)
            fallback=move || view! { <span class="rail-page">{name}</span> }
        >
            <select class="rail-page" aria-label=nav::page(locale) on:change:target=move |event| choose(event.target().value())>
                {options}
            </select>
        </Show>
    }
}

#[component]
fn RailFoot() -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let frame = expect_context::<Frame>();
    let toasts = use_toasts();
    let name = move || api.session().me.get().map(|me| me.member.name);
    let role = move || {
        api.session()
            .me
            .get()
            .map(|me| super::words::role(locale, me.member.role))
    };
    let leave = move |_| toasts.attempt(locale, api.delete_session(), |()| {});
    view! {
        <div class="rail-foot">
            <PublicPageLink/>
            <button type="button" class="rail-link" on:click=move |_| frame.are_keys_open.set(true)>
                <Glyph icon=Icon::Keyboard/>
                {nav::keys(locale)}
            </button>
            <button type="button" class="rail-link" on:click=leave>
                <Glyph icon=Icon::SignOut/>
                {nav::sign_out(locale)}
            </button>
            <p class="rail-me"><strong>{name}</strong> <span>{role}</span></p>
        </div>
    }
}

/// Leads to what visitors see, in a tab of its own.
#[component]
fn PublicPageLink() -> impl IntoView {
    let locale = use_locale();
    view! {
        <a class="rail-link" href=move || public_url(public::OVERVIEW) target="_blank" rel="external">
            <Glyph icon=Icon::External/>
            {nav::public_page(locale)}
            <span class="unseen">{common::in_new_tab(locale)}</span>
        </a>
    }
}

/// The address of something public: on the host of the page that is worked on, if it has one. Reactive.
pub fn public_url(path: &str) -> String {
    let host = use_context::<crate::state::page::Pages>().and_then(|pages| pages.current()?.host);
    host.map_or_else(|| path.to_owned(), |host| format!("https://{host}{path}"))
}
