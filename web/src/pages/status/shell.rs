//! What stands around every view: the name of the page above, the ways on below.

use leptos::prelude::*;

use crate::i18n::{Locale, t, use_locale};
use crate::pages::status::document::{PlainView, PublicView};
use crate::pages::status::state::{Shown, State, use_links};
use crate::pages::status::{history, incident, maintenance, overview};
use crate::routes::public as href;
use crate::ui::icon::{Glyph, Icon};
use crate::ui::prose::Prose;

/// The whole public page.
#[component]
pub fn StatusPageView(state: State) -> impl IntoView {
    let locale = use_locale();
    let is_overview = matches!(state.shown, Shown::Overview(_));
    let has_subscribe = !matches!(
        state.shown.view(),
        PublicView::Plain(PlainView::Subscribe { .. } | PlainView::Unavailable)
    );
    view! {
        <a class="skip unseen" href="#content">{t::status::skip(locale)}</a>
        <Masthead state=state.clone() has_description=is_overview has_subscribe/>
        <StaleNotice state=state.clone()/>
        <main id="content" tabindex="-1">{content(&state)}</main>
        <Footer state/>
    }
}

/// Says how old all of this is while the server cannot read anything newer.
#[component]
fn StaleNotice(state: State) -> impl IntoView {
    let locale = use_locale();
    move || {
        let minutes = state.frame.read().stale_min?;
        Some(view! { <p class="stale" role="status">{t::status::stale(locale, minutes)}</p> })
    }
}

fn content(state: &State) -> AnyView {
    match state.shown.clone() {
        Shown::Overview(status) => view! { <overview::Overview status news=state.news/> }.into_any(),
        Shown::Incident(incident) => view! { <incident::IncidentPage incident news=state.news/> }.into_any(),
        Shown::Still(view) => still(*view),
    }
}

fn still(view: PublicView) -> AnyView {
    match view {
        PublicView::Overview { .. } | PublicView::Incident { .. } => ().into_any(),
        PublicView::Maintenance { maintenance } => view! { <maintenance::MaintenancePage maintenance/> }.into_any(),
        PublicView::History {
            history, older, newer, ..
        } => view! { <history::HistoryPage history older newer/> }.into_any(),
        #[cfg(feature = "ssr")]
        PublicView::Plain(view) => crate::pages::status::plain::view(view),
        #[cfg(not(feature = "ssr"))]
        PublicView::Plain(_) => ().into_any(),
    }
}

#[component]
fn Masthead(state: State, has_description: bool, has_subscribe: bool) -> impl IntoView {
    let locale = use_locale();
    let links = use_links();
    let page = state.frame.get_untracked().page;
    let home = links.to(href::OVERVIEW);
    let description = page.description.filter(|_| has_description);
    view! {
        <header class="masthead">
            <div class="masthead-row">
                <a class="brand" href=home>{page.name}</a>
                {has_subscribe.then(|| view! {
                    <a class="button" href=links.to(href::SUBSCRIBE)>
                        <Glyph icon=Icon::Mail/>{t::status::subscribe::link(locale)}
                    </a>
                })}
            </div>
            {description.map(|html| view! { <Prose html/> })}
        </header>
    }
}

const FEEDS: [(&str, &str); 3] = [
    ("Atom", href::FEED_ATOM),
    ("RSS", href::FEED_RSS),
    ("JSON Feed", href::FEED_JSON),
];

#[component]
fn Footer(state: State) -> impl IntoView {
    let locale = use_locale();
    let links = use_links();
    let page = state.frame.get_untracked().page;
    let clock = crate::time::use_clock();
    let product = page.website_url.clone();
    let name = page.name.clone();
    view! {
        <footer class="footer">
            <nav aria-label=t::status::footer::label(locale)>
                <ul class="footer-links">
                    <li><a href=links.to(href::OVERVIEW)>{t::status::footer::overview(locale)}</a></li>
                    <li><a href=links.to(href::HISTORY)>{t::status::footer::history(locale)}</a></li>
                    <li><a href=links.to(href::SUBSCRIBE)>{t::status::subscribe::link(locale)}</a></li>
                    <li><a href=href::API_DOCS>{t::status::footer::api(locale)}</a></li>
                    {product.map(|url| view! {
                        <li><a href=url rel="noopener">{name}<Glyph icon=Icon::External/></a></li>
                    })}
                </ul>
            </nav>
            <ul class="footer-links" aria-label=t::status::footer::feeds(locale)>
                {FEEDS.map(|(name, address)| view! { <li><a href=links.to(address)>{name}</a></li> }).collect_view()}
                <li><a href=links.to(href::CALENDAR)>{t::status::footer::calendar(locale)}</a></li>
            </ul>
            <ul class="footer-links" aria-label=t::status::footer::languages(locale)>
                {Locale::ALL.iter().map(|other| view! { <Language other=*other/> }).collect_view()}
            </ul>
            <p class="quiet small">{clock.zone_note(&page.time_zone)}</p>
            <p class="quiet small">{t::status::footer::powered_by(locale)}</p>
        </footer>
    }
}

#[component]
fn Language(other: Locale) -> impl IntoView {
    let is_current = use_locale() == other;
    let address = use_links().in_language(other);
    let current = is_current.then_some("true");
    view! {
        <li><a href=address lang=other.tag() hreflang=other.tag() aria-current=current>{other.own_name()}</a></li>
    }
}

/// The way back to the front of the page.
#[component]
pub fn BackToOverview() -> impl IntoView {
    let locale = use_locale();
    let home = use_links().to(href::OVERVIEW);
    view! { <p class="back"><a class="onward" href=home><Glyph icon=Icon::Back/>{t::status::footer::overview(locale)}</a></p> }
}
