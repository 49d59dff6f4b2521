//! Small parts that several screens of the console are made of.

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate};
use shared::Timestamp;
use shared::component::ComponentStatus;
use shared::incident::{Impact, IncidentStatus};
use shared::maintenance::MaintenanceStatus;

use crate::components::words;
use crate::i18n::t::admin::common;
use crate::i18n::{Locale, use_locale};
use crate::state::page::use_pages;
use crate::state::{browser, time};
use crate::ui::icon::{Glyph, Icon};
use crate::ui::pager::address;

/// The head of a screen: its title, which the browser's title repeats and which gets the focus when one arrives.
#[component]
pub fn ScreenHead(#[prop(into)] title: Signal<String>, #[prop(optional)] children: Option<Children>) -> impl IntoView {
    let pages = use_pages();
    Effect::new(move |_| {
        let page = pages.current().map(|page| page.name).unwrap_or_default();
        document().set_title(&[title.get(), page].join(" · "));
    });
    Effect::new(|_| {
        // Someone who waits in a field already has a place of their own.
        request_animation_frame(|| {
            if browser::has_free_focus() {
                browser::focus("h1");
            }
        });
    });
    view! {
        <header class="screen-head">
            <h1 tabindex="-1">{title}</h1>
            {children.map(|children| view! { <div class="screen-actions">{children()}</div> })}
        </header>
    }
}

/// A part of a screen under a heading of its own.
#[component]
pub fn Section(#[prop(into)] title: String, #[prop(optional, into)] text: String, children: Children) -> impl IntoView {
    view! {
        <section class="section">
            <h2>{title}</h2>
            {(!text.is_empty()).then(|| view! { <p class="hint">{text}</p> })}
            {children()}
        </section>
    }
}

/// How a component is: shape, colour and word.
#[component]
pub fn ComponentBadge(status: ComponentStatus) -> impl IntoView {
    let locale = use_locale();
    view! {
        <span class="badge" data-status=status.as_str()>
            <StatusMark status/>
            {words::component_status(locale, status)}
        </span>
    }
}

/// The shape of a status alone; a word stands beside it.
#[component]
pub fn StatusMark(status: ComponentStatus) -> impl IntoView {
    view! { <span class="mark" data-status=status.as_str()><Glyph icon=status/></span> }
}

/// Where an incident stands.
#[component]
pub fn IncidentBadge(status: IncidentStatus) -> impl IntoView {
    let locale = use_locale();
    let icon = if status.is_open() { Icon::Incident } else { Icon::Tick };
    view! {
        <span class="badge" data-incident=status.as_str()>
            <Glyph icon=icon/>
            {words::incident_status(locale, status)}
        </span>
    }
}

/// Where a maintenance stands.
#[component]
pub fn MaintenanceBadge(status: MaintenanceStatus) -> impl IntoView {
    let locale = use_locale();
    let icon = match status {
        MaintenanceStatus::Scheduled => Icon::Clock,
        MaintenanceStatus::InProgress => Icon::Maintenance,
        MaintenanceStatus::Verifying => Icon::Search,
        MaintenanceStatus::Completed => Icon::Tick,
        MaintenanceStatus::Cancelled => Icon::Cross,
    };
    view! {
        <span class="badge" data-status=status.as_str()>
            <Glyph icon=icon/>
            {words::maintenance_status(locale, status)}
        </span>
    }
}

/// How bad an incident is.
#[component]
pub fn ImpactWord(impact: Impact) -> impl IntoView {
    let locale = use_locale();
    view! { <span class="impact" data-impact=impact.as_str()>{words::impact(locale, impact)}</span> }
}

/// A moment, as long ago; the exact time is its title.
#[component]
pub fn Moment(at: Timestamp) -> impl IntoView {
    let locale = use_locale();
    let now = time::use_now();
    view! {
        <time datetime=at.to_string() title=time::exact(locale, at)>
            {move || time::relative(locale, at, now.get())}
        </time>
    }
}

/// Links that narrow a list down by one parameter of the address; the first one is the usual view.
#[component]
pub fn FilterTabs(
    #[prop(into)] label: String,
    name: &'static str,
    /// Values and their texts; the empty value leaves the parameter out.
    choices: Vec<(&'static str, &'static str)>,
) -> impl IntoView {
    let location = use_location();
    let tab = move |(value, text): (&'static str, &'static str)| {
        let query = location.query;
        let path = location.pathname;
        let to = move || {
            let mut query = query.get();
            query.remove("cursor");
            query.remove(name);
            if !value.is_empty() {
                query.insert(name, value.to_owned());
            }
            address(&path.get(), &query)
        };
        let is_here = move || query.with(|query| query.get_str(name).unwrap_or_default() == value);
        view! { <a href=to aria-current=move || is_here().then_some("true")>{text}</a> }
    };
    view! { <nav class="tabs" aria-label=label>{choices.into_iter().map(tab).collect_view()}</nav> }
}

/// A search field that writes what is typed into `q` of the address, a moment after the last key.
#[component]
pub fn SearchField(#[prop(into)] label: String) -> impl IntoView {
    let location = use_location();
    let navigate = use_navigate();
    let first = location
        .query
        .with_untracked(|query| query.get("q").unwrap_or_default());
    let search = move |text: String| {
        let mut query = location.query.get_untracked();
        query.remove("cursor");
        query.remove("q");
        if !text.trim().is_empty() {
            query.insert("q", text);
        }
        let options = NavigateOptions {
            replace: true,
            scroll: false,
            ..NavigateOptions::default()
        };
        navigate(&address(&location.pathname.get_untracked(), &query), options);
    };
    let mut search = leptos::leptos_dom::helpers::debounce(std::time::Duration::from_millis(250), search);
    view! {
        <div class="search" role="search">
            <Glyph icon=Icon::Search/>
            <input
                type="search"
                class="input"
                data-search
                aria-label=label.clone()
                placeholder=label
                value=first
                on:input:target=move |event| search(event.target().value())
            />
        </div>
    }
}

/// A text that is meant to be copied, with a button that does it.
#[component]
pub fn CopyField(#[prop(into)] label: String, text: String) -> impl IntoView {
    let locale = use_locale();
    let is_copied = RwSignal::new(false);
    let copied = text.clone();
    let copy = move |_| {
        browser::copy(&copied);
        is_copied.set(true);
    };
    view! {
        <div class="copy">
            <input class="input" readonly aria-label=label value=text on:focus:target=|event| event.target().select()/>
            <button type="button" class="button" on:click=copy>
                {move || if is_copied.get() { common::copied(locale) } else { common::copy(locale) }}
            </button>
        </div>
    }
}

/// A value of the address, or nothing if it is not there. Reactive.
pub fn query_value(name: &'static str) -> Memo<Option<String>> {
    let query = use_location().query;
    Memo::new(move |_| query.with(|query| query.get(name)).filter(|value| !value.is_empty()))
}

/// A text that may be empty, as the contract has it.
pub fn filled(text: &str) -> Option<String> {
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// Pairs for a select of a closed set of words.
pub fn choices<W: Copy>(
    all: &[W],
    locale: Locale,
    word: fn(W) -> &'static str,
    text: fn(Locale, W) -> &'static str,
) -> Vec<(String, String)> {
    all.iter()
        .map(|one| (word(*one).into(), text(locale, *one).into()))
        .collect()
}

/// "1,204", or "1.204", as the language writes it.
pub fn number(locale: Locale, value: u64) -> String {
    let mark = match locale {
        Locale::En => ',',
        Locale::De => '.',
    };
    let digits = value.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(mark);
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!(number(Locale::En, 1_204), "1,204");
        assert_eq!(number(Locale::De, 1_234_567), "1.234.567");
        assert_eq!(number(Locale::En, 999), "999");
    }
}
