//! The list of maintenance: what runs, what is to come, what is over. Which of it stands in the address.

use leptos::prelude::*;
use leptos_router::components::A;
use shared::access::Permission;
use shared::list::{MaintenanceList, Order};
use shared::maintenance::{Maintenance, MaintenanceStatus};

use super::parts::{FilterTabs, MaintenanceBadge, Moment, ScreenHead, SearchField, query_value};
use crate::api::{MaintenanceFilter, use_api};
use crate::i18n::t::admin::{common, maintenance, nav, templates};
use crate::i18n::use_locale;
use crate::routes::admin as href;
use crate::state::page::use_pages;
use crate::state::time;
use crate::time::use_clock;
use crate::ui::icon::{Glyph, Icon};
use crate::ui::load::{load, loaded};
use crate::ui::pager::Pager;
use crate::ui::table::{Empty, Table};

const UPCOMING: &str = "upcoming";
const RUNNING: &str = "running";
const PAST: &str = "past";

#[component]
pub fn Maintenances() -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let pages = use_pages();
    let now = time::use_now();
    provide_context(untrack(|| pages.clock_of(locale, pages.current_id())));
    let filter = filter_of_address();
    let list = load(move || {
        // What is planned begins and ends by itself.
        now.track();
        let filter = filter.get();
        async move { api.list_maintenances(&filter).await }
    });
    let tabs = vec![
        ("", maintenance::current(locale)),
        (UPCOMING, maintenance::upcoming(locale)),
        (RUNNING, maintenance::running(locale)),
        (PAST, maintenance::past(locale)),
    ];
    view! {
        <ScreenHead title=nav::maintenance(locale)>
            <A href=href::TEMPLATES attr:class="button">{templates::title(locale)}</A>
            <PlanLink/>
        </ScreenHead>
        <div class="toolbar">
            <FilterTabs label=common::filter(locale) name="state" choices=tabs/>
            <SearchField label=maintenance::search(locale)/>
        </div>
        {loaded(list, move |list| view! { <Rows list filter/> }.into_any())}
    }
}

#[component]
fn PlanLink() -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    view! {
        <Show when=move || api.may(Permission::ManageMaintenance)>
            <A href=href::PLAN_MAINTENANCE attr:class="button button-primary">
                <Glyph icon=Icon::Plus/>
                {maintenance::plan(locale)}
            </A>
        </Show>
    }
}

/// What is over is listed with the latest first, all else with what comes next first.
fn filter_of_address() -> Memo<MaintenanceFilter> {
    let pages = use_pages();
    let (state, text, cursor) = (query_value("state"), query_value("q"), query_value("cursor"));
    Memo::new(move |_| {
        let state = state.get();
        let state = state.as_deref();
        let is_past = state == Some(PAST);
        MaintenanceFilter {
            page: pages.current_id(),
            status: (state == Some(UPCOMING)).then_some(MaintenanceStatus::Scheduled),
            is_running: (state == Some(RUNNING)).then_some(true),
            is_over: Some(is_past),
            order: Some(if is_past { Order::Desc } else { Order::Asc }),
            text: text.get().unwrap_or_default(),
            cursor: cursor.get(),
            ..MaintenanceFilter::default()
        }
    })
}

#[component]
fn Rows(list: RwSignal<MaintenanceList>, filter: Memo<MaintenanceFilter>) -> impl IntoView {
    let locale = use_locale();
    let next = Signal::derive(move || list.with(|list| list.next_cursor.clone()));
    let body = move || {
        let items = list.get().items;
        if items.is_empty() {
            return view! { <NoMaintenance filter/> }.into_any();
        }
        let heads = vec![
            maintenance::title(locale),
            maintenance::status(locale),
            maintenance::when(locale),
        ];
        let rows = items.into_iter().map(|maintenance| view! { <Row maintenance/> });
        view! { <Table caption=nav::maintenance(locale) heads>{rows.collect_view()}</Table> }.into_any()
    };
    view! {
        {body}
        <Pager next_cursor=next/>
    }
}

#[component]
fn Row(maintenance: Maintenance) -> impl IntoView {
    let locale = use_locale();
    let window = use_clock().span(maintenance.starts_at, maintenance.ends_at);
    let parts = maintenance.components.iter().map(|part| part.name.clone());
    let parts = parts.collect::<Vec<_>>().join(", ");
    view! {
        <tr>
            <td>
                <A href=href::maintenance(maintenance.id) attr:class="row-link">{maintenance.title}</A>
                {maintenance.recurrence.map(|_| view! { <span class="tag">{maintenance::comes_again(locale)}</span> })}
                <p class="line-more">{parts}</p>
            </td>
            <td data-label=maintenance::status(locale)><MaintenanceBadge status=maintenance.status/></td>
            <td data-label=maintenance::when(locale)>
                <div>
                    {window}
                    <p class="line-more"><Moment at=maintenance.starts_at/></p>
                </div>
            </td>
        </tr>
    }
}

/// Nothing to list: because of the filter, or because nothing is planned.
#[component]
fn NoMaintenance(filter: Memo<MaintenanceFilter>) -> impl IntoView {
    let locale = use_locale();
    let (title, text) =
        filter.with_untracked(
            |filter| match (filter.text.is_empty(), filter.is_running, filter.is_over) {
                (false, _, _) => (common::nothing_found(locale), common::nothing_found_text(locale)),
                (true, Some(true), _) => (
                    maintenance::none_running(locale),
                    maintenance::none_running_text(locale),
                ),
                (true, _, Some(true)) => (maintenance::none_past(locale), maintenance::none_past_text(locale)),
                (true, _, _) => (maintenance::none(locale), maintenance::none_text(locale)),
            },
        );
    view! { <Empty title text><PlanLink/></Empty> }
}
