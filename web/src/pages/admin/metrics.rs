//! Metrics: all of a page in the order visitors see them, and the form for a new one.

use leptos::prelude::*;
use leptos_router::components::A;
use leptos_router::hooks::use_navigate;
use shared::access::Permission;
use shared::metric::{Metric, MetricPlace, ReorderMetrics};

use super::metric_form::MetricForm;
use super::parts::{Moment, ScreenHead};
use super::words::{aggregation, figure};
use crate::api::{Api, SubmitKey, use_api};
use crate::i18n::t::admin::{metrics, nav};
use crate::i18n::{Locale, use_locale};
use crate::routes::admin as href;
use crate::state::page::use_pages;
use crate::ui::dialog::Dialog;
use crate::ui::icon::{Glyph, Icon};
use crate::ui::load::{Loader, load, loaded};
use crate::ui::table::{Empty, Table};
use crate::ui::toast::{Toasts, use_toasts};

#[component]
pub fn Metrics() -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let pages = use_pages();
    let adding = RwSignal::new(false);
    let fetched = load(move || {
        let page = pages.current_id();
        async move { api.list_metrics(page).await }
    });
    view! {
        <ScreenHead title=nav::metrics(locale)><AddButton adding/></ScreenHead>
        {loaded(fetched, move |list| view! { <Rows list fetched adding/> }.into_any())}
        <AddDialog adding/>
    }
}

#[component]
fn AddButton(adding: RwSignal<bool>) -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    view! {
        <Show when=move || api.may(Permission::ManageMetrics)>
            <button type="button" class="button button-primary" on:click=move |_| adding.set(true)>
                <Glyph icon=Icon::Plus/>
                {metrics::add(locale)}
            </button>
        </Show>
    }
}

/// The form for a new one; then its own screen, where its points come from.
#[component]
fn AddDialog(adding: RwSignal<bool>) -> impl IntoView {
    let locale = use_locale();
    let navigate = StoredValue::new_local(use_navigate());
    let done = move |metric: Metric| {
        adding.set(false);
        navigate.with_value(|navigate| navigate(&href::metric(metric.id), Default::default()));
    };
    view! {
        <Dialog open=adding title=metrics::add(locale)>
            <MetricForm before=None on_done=Callback::new(done)/>
        </Dialog>
    }
}

/// What moving a row needs.
#[derive(Clone, Copy)]
struct Board {
    list: RwSignal<Vec<Metric>>,
    fetched: Loader<Vec<Metric>>,
    /// Read out to those who do not see things move.
    news: RwSignal<String>,
    locale: Locale,
    api: Api,
    toasts: Toasts,
}

#[component]
fn Rows(list: RwSignal<Vec<Metric>>, fetched: Loader<Vec<Metric>>, adding: RwSignal<bool>) -> impl IntoView {
    let locale = use_locale();
    let news = RwSignal::new(String::new());
    let board = Board {
        list,
        fetched,
        news,
        locale,
        api: use_api(),
        toasts: use_toasts(),
    };
    let body = move || {
        let all = list.get();
        if all.is_empty() {
            return view! {
                <Empty title=metrics::none(locale) text=metrics::none_text(locale)><AddButton adding/></Empty>
            }
            .into_any();
        }
        let heads = vec![
            metrics::name(locale),
            metrics::latest(locale),
            metrics::source(locale),
            metrics::order(locale),
        ];
        let last = all.len() - 1;
        let row = |(at, metric): (usize, Metric)| view! { <Row metric at last board/> };
        let rows = all.into_iter().enumerate().map(row).collect_view();
        view! { <Table caption=nav::metrics(locale) heads>{rows}</Table> }.into_any()
    };
    view! {
        {body}
        <p class="unseen" aria-live="polite">{news}</p>
    }
}

#[component]
fn Row(metric: Metric, at: usize, last: usize, board: Board) -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let latest = metric.last_value.zip(metric.last_at);
    let latest = latest.map(|(value, at)| {
        let value = figure(locale, &metric, value);
        view! { {value}" "<span class="line-more"><Moment at/></span> }
    });
    let source = metric.source.clone().map(|source| match source.last_error {
        Some(_) => view! { <span class="tag tag-bad">{metrics::source_fails(locale)}</span> }.into_any(),
        None => metrics::source_pulled(locale, source.interval_s).into_any(),
    });
    let name = StoredValue::new(metric.name.clone());
    let step = move |to: usize, label: fn(Locale, String) -> String, icon: Icon, is_end: bool| {
        let label = label(locale, name.get_value());
        view! {
            <button
                type="button"
                class="button button-quiet button-icon"
                aria-label=label
                disabled=is_end
                on:click=move |_| rearrange(board, at, to)
            >
                <Glyph icon/>
            </button>
        }
    };
    let moves = move || {
        view! {
            {step(at.saturating_sub(1), metrics::move_up, Icon::Up, at == 0)}
            {step(at + 1, metrics::move_down, Icon::Down, at == last)}
        }
    };
    view! {
        <tr>
            <td>
                <A href=href::metric(metric.id) attr:class="row-link">{metric.name.clone()}</A>
                {(!metric.is_public).then(|| view! { <span class="tag">{metrics::private(locale)}</span> })}
                <p class="line-more">{aggregation(locale, metric.aggregation)}</p>
            </td>
            <td data-label=metrics::latest(locale)>{latest}</td>
            <td data-label=metrics::source(locale)>{source.unwrap_or_else(|| metrics::source_pushed(locale).into_any())}</td>
            <td data-label=metrics::order(locale)>
                <Show when=move || api.may(Permission::ManageMetrics)>{moves()}</Show>
            </td>
        </tr>
    }
}

/// Puts one in another place, on the screen at once and then on the server; if that says no, the screen shows what it has.
fn rearrange(board: Board, from: usize, to: usize) {
    let Board {
        list,
        fetched,
        news,
        locale,
        api,
        toasts,
    } = board;
    let mut all = list.get_untracked();
    if from >= all.len() || to >= all.len() {
        return;
    }
    let moved = all.remove(from);
    news.set(metrics::moved(locale, &moved.name, to + 1));
    all.insert(to, moved);
    let place = |(position, metric): (usize, &Metric)| MetricPlace {
        id: metric.id,
        position: i32::try_from(position).unwrap_or(i32::MAX),
    };
    let input = ReorderMetrics {
        page_id: all.first().map(|metric| metric.page_id),
        metrics: all.iter().enumerate().map(place).collect(),
    };
    list.set(all);
    leptos::task::spawn_local(async move {
        if let Err(error) = api.reorder_metrics(&input, &SubmitKey::new()).await {
            toasts.complain(locale, &error);
            fetched.reload();
        }
    });
}
