//! The list of incidents. What is searched and how it is narrowed down stands in the address.

use leptos::prelude::*;
use leptos_router::components::A;
use shared::access::Permission;
use shared::incident::{Incident, Visibility};
use shared::list::IncidentList;

use super::incident_extras::tag_links;
use super::parts::{FilterTabs, ImpactWord, IncidentBadge, Moment, ScreenHead, SearchField, query_value};
use crate::api::{IncidentFilter, use_api};
use crate::i18n::t::admin::{common, incidents, nav, templates};
use crate::i18n::{Locale, use_locale};
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
        ("scheduled", incidents::scheduled(locale)),
        ("merged", incidents::merged(locale)),
    ];
    view! {
        <ScreenHead title=nav::incidents(locale)>
            <A href=href::TEMPLATES attr:class="button">{templates::title(locale)}</A>
            <NewIncidentLink/>
        </ScreenHead>
        <div class="toolbar">
            <FilterTabs label=common::filter(locale) name="state" choices=tabs/>
            <SearchField label=incidents::search(locale)/>
            <ChosenTag/>
        </div>
        {loaded(list, move |list| view! { <Rows list filter/> }.into_any())}
    }
}

/// The tag that the list is narrowed down to, and the way back.
#[component]
fn ChosenTag() -> impl IntoView {
    let locale = use_locale();
    let tag = query_value("tag");
    move || {
        let tag = tag.get()?;
        Some(view! {
            <A href=href::INCIDENTS attr:class="button button-quiet" attr:aria-label=incidents::all_tags(locale)>
                {incidents::tagged(locale, tag)}
                <Glyph icon=Icon::Cross/>
            </A>
        })
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
    let tag = query_value("tag");
    Memo::new(move |_| {
        let state = state.get();
        let (is_open, is_draft) = match state.as_deref() {
            Some("open") => (Some(true), Some(false)),
            Some("resolved") => (Some(false), Some(false)),
            Some("draft") => (None, Some(true)),
            _ => (None, None),
        };
        IncidentFilter {
            page: pages.current_id(),
            is_open,
            is_draft,
            is_scheduled: (state.as_deref() == Some("scheduled")).then_some(true),
            is_merged: (state.as_deref() == Some("merged")).then_some(true),
            tag: tag.get(),
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
    let marks = marks(locale, &incident);
    view! {
        <tr>
            <td>
                <A href=href::incident(incident.id) attr:class="row-link">{incident.title}</A>
                {marks.into_iter().map(|mark| view! { <span class="tag">{mark}</span> }).collect_view()}
                <p class="line-more">{parts.join(", ")}{tag_links(incident.tags)}</p>
                {incident.publish_at.map(|at| view! { <p class="line-more">{incidents::scheduled(locale)}": "<Moment at/></p> })}
            </td>
            <td data-label=incidents::status(locale)><IncidentBadge status=incident.status/></td>
            <td data-label=incidents::impact(locale)><ImpactWord impact=incident.impact/></td>
            <td data-label=incidents::started(locale)><Moment at=incident.started_at/></td>
            <td data-label=incidents::updated(locale)><Moment at=incident.updated_at/></td>
        </tr>
    }
}

/// What sets an incident apart from an ordinary one.
fn marks(locale: Locale, incident: &Incident) -> Vec<&'static str> {
    let visibility = match incident.visibility {
        Visibility::Public => None,
        Visibility::SignedIn => Some(incidents::signed_in(locale)),
        Visibility::Hidden => Some(incidents::hidden(locale)),
    };
    let marks = [
        incident.is_draft.then(|| incidents::draft(locale)),
        visibility,
        incident.is_sticky.then(|| incidents::sticky(locale)),
        incident.merged_into.map(|_| incidents::merged(locale)),
        incident.is_forgotten.then(|| incidents::forgotten(locale)),
    ];
    marks.into_iter().flatten().collect()
}

/// Nothing to list: because of the filter, or because nothing ever happened.
#[component]
fn NoIncidents(filter: Memo<IncidentFilter>) -> impl IntoView {
    let locale = use_locale();
    let (title, text) = filter.with_untracked(|filter| match (is_narrowed(filter), filter.is_open, filter.is_draft) {
        (true, _, _) => (common::nothing_found(locale), common::nothing_found_text(locale)),
        _ if filter.is_scheduled.is_some() => (
            incidents::none_scheduled(locale),
            incidents::none_scheduled_text(locale),
        ),
        (false, Some(true), _) => (incidents::none_open(locale), incidents::none_open_text(locale)),
        (false, Some(false), _) => (incidents::none_resolved(locale), incidents::none_resolved_text(locale)),
        (false, None, Some(true)) => (incidents::none_draft(locale), incidents::none_draft_text(locale)),
        (false, None, _) => (incidents::none(locale), incidents::none_text(locale)),
    });
    view! { <Empty title text><NewIncidentLink/></Empty> }
}

/// True if nothing may be found because of what was asked for, not because there is nothing.
fn is_narrowed(filter: &IncidentFilter) -> bool {
    !filter.text.is_empty() || filter.tag.is_some() || filter.is_merged.is_some()
}
