//! `/charts/{slug}`: one metric over a range of the visitor's choice, as a chart and as a table; and all metrics for the front of
//! the page. Written by the server alone.

use std::sync::Arc;

use leptos::prelude::*;
use shared::metric::{MetricAggregation, MetricLevel, MetricRange, PublicMetric};

use crate::components::chart::{Chart, colour, figure, range, span, summary};
use crate::i18n::{Locale, t, use_locale};
use crate::pages::status::shell::BackToOverview;
use crate::pages::status::state::use_links;
use crate::routes::public as href;
use crate::time::use_clock;
use crate::ui::time_ago::Time;

/// The part of the front that shows all metrics.
#[component]
pub fn Metrics(metrics: Arc<Vec<PublicMetric>>) -> impl IntoView {
    let metrics = metrics.iter().cloned();
    let charts = metrics
        .map(|metric| view! { <Small metric/> }.into_any())
        .collect_view();
    view! {
        <section class="stack" aria-labelledby="metrics">
            <h2 id="metrics">{t::status::metrics::heading(use_locale())}</h2>
            {charts}
        </section>
    }
}

#[component]
fn Small(metric: PublicMetric) -> impl IntoView {
    let locale = use_locale();
    let address = use_links().to(&href::chart(&metric.slug));
    let latest = metric.series.buckets.last();
    let latest = latest.map(|bucket| figure(locale, &metric, bucket.value));
    view! {
        <article class="metric">
            <header class="component-head">
                <h3><a href=address>{metric.name.clone()}</a></h3>
                <span class="metric-latest">{latest}</span>
            </header>
            <p class="quiet small">{made_of(locale, &metric)}", "{range(locale, metric.series.range)}</p>
            <Chart metric/>
        </article>
    }
}

/// One metric.
#[component]
pub fn MetricPage(metric: PublicMetric) -> impl IntoView {
    let locale = use_locale();
    let description = metric.description.clone();
    let (slug, name, label) = (metric.slug.clone(), metric.name.clone(), metric.name.clone());
    let chosen = metric.series.range;
    view! {
        <BackToOverview/>
        <header class="stack">
            <h1>{name}</h1>
            {description.map(|text| view! { <p class="quiet">{text}</p> })}
        </header>
        <nav class="ranges" aria-label=t::status::metrics::ranges(locale)>
            {MetricRange::ALL.iter().map(|range| view! { <RangeLink slug=slug.clone() range=*range chosen/> }.into_any()).collect_view()}
        </nav>
        <section class="stack" aria-label=label>
            <p>{summary(locale, &metric)}</p>
            <Chart metric=metric.clone()/>
            <p class="quiet small">{made_of(locale, &metric)}", "{t::status::metrics::as_of(locale)}" "<Time at=metric.series.to/></p>
            <Lines metric=metric.clone()/>
            <Table metric/>
            <p><a href=href::chart_data(&slug, chosen)>{t::status::component::data(locale)}</a></p>
        </section>
    }
}

#[component]
fn RangeLink(slug: String, range: MetricRange, chosen: MetricRange) -> impl IntoView {
    let locale = use_locale();
    let address = use_links().to(&href::chart_over(&slug, range));
    let current = (range == chosen).then_some("true");
    view! { <a class="button" href=address aria-current=current>{self::range(locale, range)}</a> }
}

/// The lines of the chart in words: colours alone say nothing, and a line far away is not drawn.
#[component]
fn Lines(metric: PublicMetric) -> impl IntoView {
    let locale = use_locale();
    (!metric.thresholds.is_empty()).then(|| {
        let line = |line: &shared::metric::MetricThreshold| {
            let value = figure(locale, &metric, line.value);
            view! {
                <li data-status=colour(line.level)>
                    <strong>{line.label.clone()}</strong>": "{value}" ("{level(locale, line.level)}")"
                </li>
            }
            .into_any()
        };
        let lines = metric.thresholds.iter().map(line).collect_view();
        view! { <ul class="chart-lines small" aria-label=t::status::metrics::lines(locale)>{lines}</ul> }.into_any()
    })
}

/// Every value, the newest first.
#[component]
fn Table(metric: PublicMetric) -> impl IntoView {
    let locale = use_locale();
    let clock = use_clock();
    let row = |bucket: &shared::metric::MetricBucket| {
        let (when, value) = (
            span(&clock, &metric.series, bucket),
            figure(locale, &metric, bucket.value),
        );
        view! { <tr><th scope="row"><time datetime=bucket.at.to_string()>{when}</time></th><td>{value}</td></tr> }
            .into_any()
    };
    let rows = metric.series.buckets.iter().rev().map(row).collect_view();
    view! {
        <details>
            <summary>{t::status::metrics::table(locale)}</summary>
            <div class="table-frame" tabindex="0" role="group" aria-label=t::status::metrics::table(locale)>
                <table>
                    <thead><tr><th scope="col">{t::status::component::when(locale)}</th><th scope="col">{t::status::metrics::value(locale)}</th></tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </details>
    }
}

/// "mean of 5 min each"
fn made_of(locale: Locale, metric: &PublicMetric) -> String {
    let span = use_clock().duration(std::time::Duration::from_secs(metric.series.bucket_s.into()));
    let aggregation = match metric.aggregation {
        MetricAggregation::Sum => t::status::metrics::aggregation::sum(locale),
        MetricAggregation::Avg => t::status::metrics::aggregation::avg(locale),
        MetricAggregation::Min => t::status::metrics::aggregation::min(locale),
        MetricAggregation::Max => t::status::metrics::aggregation::max(locale),
        MetricAggregation::Last => t::status::metrics::aggregation::last(locale),
        MetricAggregation::P95 => t::status::metrics::aggregation::p95(locale),
    };
    t::status::metrics::each(locale, aggregation, span)
}

fn level(locale: Locale, level: MetricLevel) -> &'static str {
    match level {
        MetricLevel::Normal => t::status::metrics::level::normal(locale),
        MetricLevel::Warning => t::status::metrics::level::warning(locale),
        MetricLevel::Critical => t::status::metrics::level::critical(locale),
    }
}
