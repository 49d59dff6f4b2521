//! One metric: how it is shown, and where its points come from.

use leptos::prelude::*;
use leptos_router::hooks::{use_navigate, use_params_map};
use shared::MetricId;
use shared::access::Permission;
use shared::metric::Metric;

use super::metric_form::MetricForm;
use super::metric_source::Source;
use super::parts::{CopyField, Moment, ScreenHead, Section};
use super::shell::{Nowhere, public_url};
use super::words::figure;
use crate::api::{Versioned, use_api};
use crate::i18n::t::admin::{common, metrics};
use crate::i18n::use_locale;
use crate::routes::{admin as href, public};
use crate::ui::dialog::Confirm;
use crate::ui::icon::{Glyph, Icon};
use crate::ui::load::{Loader, load, loaded};
use crate::ui::toast::use_toasts;

/// The metric and its version, as fetched.
pub type Fetched = Loader<Versioned<Metric>>;

#[component]
pub fn MetricScreen() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id")?.parse::<MetricId>().ok()));
    move || match id.get() {
        Some(id) => view! { <OneMetric id/> }.into_any(),
        None => view! { <Nowhere/> }.into_any(),
    }
}

#[component]
fn OneMetric(id: MetricId) -> impl IntoView {
    let api = use_api();
    let fetched = load(move || async move { api.get_metric(id).await });
    loaded(fetched, move |found| view! { <Detail id found fetched/> }.into_any())
}

#[component]
fn Detail(id: MetricId, found: RwSignal<Versioned<Metric>>, fetched: Fetched) -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let toasts = use_toasts();
    let title = Signal::derive(move || found.with(|found| found.item.name.clone()));
    let saved = move |metric: Metric| {
        toasts.say(common::saved_named(locale, metric.name));
        fetched.reload();
    };
    // What is saved is another version, and the form begins from it.
    let version = Memo::new(move |_| found.with(|found| found.item.updated_at));
    let form = move || {
        version.track();
        view! { <MetricForm before=Some(found.get_untracked()) on_done=Callback::new(saved)/> }
    };
    view! {
        <ScreenHead title><Actions id found/></ScreenHead>
        <p class="screen-facts"><Latest found/></p>
        <Show
            when=move || api.may(Permission::ManageMetrics)
            fallback=move || view! { <p class="hint">{metrics::read_only(locale)}</p> }
        >
            <div class="columns">
                <div class="column"><Section title=metrics::shown(locale)>{form}</Section></div>
                <div class="column">
                    <Section title=metrics::push(locale) text=metrics::push_text(locale)><PushExample id/></Section>
                    <Source id found fetched/>
                </div>
            </div>
        </Show>
    }
}

#[component]
fn Latest(found: RwSignal<Versioned<Metric>>) -> impl IntoView {
    let locale = use_locale();
    move || {
        found.with(|found| match (found.item.last_value, found.item.last_at) {
            (Some(value), Some(at)) => {
                let value = figure(locale, &found.item, value);
                view! { {metrics::latest(locale)}": "<strong>{value}</strong>" "<Moment at/> }.into_any()
            }
            _ => metrics::no_points(locale).into_any(),
        })
    }
}

#[component]
fn Actions(id: MetricId, found: RwSignal<Versioned<Metric>>) -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let toasts = use_toasts();
    let navigate = StoredValue::new_local(use_navigate());
    let asking = RwSignal::new(false);
    let title = Signal::derive(move || found.with(|found| metrics::delete_title(locale, &found.item.name)));
    let delete = move |()| {
        let done = move |()| {
            toasts.say(metrics::deleted(locale));
            navigate.with_value(|navigate| navigate(href::METRICS, Default::default()));
        };
        toasts.attempt(locale, async move { api.delete_metric(id).await }, done);
    };
    let address = move || found.with(|found| public_url(&public::chart(&found.item.slug)));
    view! {
        <Show when=move || found.with(|found| found.item.is_public)>
            <a class="button" href=address target="_blank" rel="external">
                <Glyph icon=Icon::External/>
                {metrics::view_public(locale)}
                <span class="unseen">{common::in_new_tab(locale)}</span>
            </a>
        </Show>
        <Show when=move || api.may(Permission::ManageMetrics)>
            <button type="button" class="button button-danger-quiet" on:click=move |_| asking.set(true)>{metrics::delete(locale)}</button>
        </Show>
        <Confirm open=asking title text=metrics::delete_text(locale) action=metrics::delete(locale) on_confirm=delete/>
    }
}

/// What a program sends, ready to be copied.
#[component]
fn PushExample(id: MetricId) -> impl IntoView {
    let locale = use_locale();
    let origin = window().location().origin().unwrap_or_default();
    let text = format!(
        "curl {origin}/api/v3/metrics/{id}/points -H 'Authorization: Bearer …' -H 'Content-Type: application/json' -d '{{\"value\": 12.5}}'"
    );
    view! { <CopyField label=metrics::push(locale) text/> }
}
