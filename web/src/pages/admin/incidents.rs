//! The list of incidents. What is searched and how it is narrowed down stands in the address.

use leptos::prelude::*;
use leptos_router::components::A;
use shared::access::Permission;
use shared::incident::{Incident, Visibility};
use shared::list::IncidentList;

use super::parts::{FilterTabs, ImpactWord, IncidentBadge, Moment, ScreenHead, SearchField, query_value};
use crate::api::{IncidentFilter, use_api};
use crate::i18n::t::admin::{common, incidents, nav, templates};
use crate::i18n::use_locale;
use crate::routes::admin as href;
use crate::state::page::use_pages;
use crate::ui::icon::{Glyph, Icon};
use crate::ui::load::{load, loaded};
use crate::ui::pager::Pager;
use crate::ui::table::{Empty, Table};

#[component]
pub fn Incidents() -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let filter = filter_of_address();
    let list = load(move || {
        let filter = filter.get();
        async move { api.list_incidents(&filter).await }
    });
    let tabs = vec![
        ("", incidents::all(locale)),
        ("open", incidents::open(locale)),
        ("resolved", incidents::resolved(locale)),
        ("draft", incidents::drafts(locale)),
    ];
    view! {
        <ScreenHead title=nav::incidents(locale)>
            <A href=href::TEMPLATES attr:class="button">{templates::title(locale)}</A>
            <NewIncidentLink/>
        </ScreenHead>
        <div class="toolbar">
            <FilterTabs label=common::filter(locale) name="state" choices=tabs/>
            <SearchField label=incidents::search(locale)/>
        </div>
        {loaded(list, move |list| view! { <Rows list filter/> }.into_any())}
    }
}

#[component]
fn NewIncidentLink() -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    view! {
        <Show when=move || api.may(Permission::ManageIncidents)>
            <A href=href::NEW_INCIDENT attr:class="button button-primary">
                <Glyph icon=Icon::Plus/>
                {incidents::new(locale)}
            </A>
        </Show>
    }
}

fn filter_of_address() -> Memo<IncidentFilter> {
    let pages = use_pages();
    let (state, text, cursor) = (query_value("state"), query_value("q"), query_value("cursor"));
    Memo::new(move |_| {
        let (is_open, is_draft) = match state.get().as_deref() {
            Some("open") => (Some(true), Some(false)),
            Some("resolved") => (Some(false), Some(false)),
            Some("draft") => (None, Some(true)),
            _ => (None, None),
        };
        IncidentFilter {
            page: pages.current_id(),
            is_open,
            is_draft,
            text: text.get().unwrap_or_default(),
            cursor: cursor.get(),
            ..IncidentFilter::default()
        }
    })
}

#[component]
fn Rows(list: RwSignal<IncidentList>, filter: Memo<IncidentFilter>) -> impl IntoView {
    let locale = use_locale();
    let next = Signal::derive(move || list.with(|list| list.next_cursor.clone()));
    let body = move || {
        let items = list.get().items;
        if items.is_empty() {
            return view! { <NoIncidents filter/> }.into_any();
        }
        let heads = vec![
            incidents::title(locale),
            incidents::status(locale),
            incidents::impact(locale),
            incidents::started(locale),
            incidents::updated(locale),
        ];
        let rows = items
            .into_iter()
            .map(|incident| view! { <Row incident/> })
            .collect_view();
        view! { <Table caption=nav::incidents(locale) heads>{rows}</Table> }.into_any()
    };
    view! {
        {body}
        <Pager next_cursor=next/>
    }
}

#[component]
fn Row(incident: Incident) -> impl IntoView {
    let locale = use_locale();
    let parts = incident
        .components
        .iter()
        .map(|part| part.name.clone())
        .collect::<Vec<_>>();
    view! {
        <tr>
            <td>
                <A href=href::incident(incident.id) attr:class="row-link">{incident.title}</A>
                {incident.is_draft.then(|| view! { <span class="tag">{incidents::draft(locale)}</span> })}
                {(incident.visibility == Visibility::Hidden).then(|| view! { <span class="tag">{incidents::hidden(locale)}</span> })}
                {incident.is_forgotten.then(|| view! { <span class="tag">{incidents::forgotten(locale)}</span> })}
                <p class="line-more">{parts.join(", ")}</p>
            </td>
            <td data-label=incidents::status(locale)><IncidentBadge status=incident.status/></td>
            <td data-label=incidents::impact(locale)><ImpactWord impact=incident.impact/></td>
            <td data-label=incidents::started(locale)><Moment at=incident.started_at/></td>
            <td data-label=incidents::updated(locale)><Moment at=incident.updated_at/></td>
        </tr>
    }
}

/// Nothing to list: because of the filter, or because nothing ever happened.
#[component]
fn NoIncidents(filter: Memo<IncidentFilter>) -> impl IntoView {
    let locale = use_locale();
    let (title, text) =
        filter.with_untracked(
            |filter| match (filter.text.is_empty(), filter.is_open, filter.is_draft) {
                (false, _, _) => (common::nothing_found(locale), common::nothing_found_text(locale)),
                (true, Some(true), _) => (incidents::none_open(locale), incidents::none_open_text(locale)),
                (true, Some(false), _) => (incidents::none_resolved(locale), incidents::none_resolved_text(locale)),
                (true, None, Some(true)) => (incidents::none_draft(locale), incidents::none_draft_text(locale)),
                (true, None, _) => (incidents::none(locale), incidents::none_text(locale)),
            },
        );
    view! { <Empty title text><NewIncidentLink/></Empty> }
}
