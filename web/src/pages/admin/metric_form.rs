//! The form of a metric, new or not: what is measured, how it is shown, and the lines that say what is too much.

use leptos::prelude::*;
use shared::metric::{
    Metric, MetricAggregation, MetricLevel, MetricPatch, MetricRange, MetricThreshold, NewMetric, THRESHOLDS_MAX,
};
use shared::{Check, PageId, Validate};

use super::parts::{choices, filled};
use super::words::{aggregation, level, range};
use crate::api::{Versioned, use_api};
use crate::i18n::t::admin::{common, metrics};
use crate::i18n::use_locale;
use crate::number;
use crate::state::page::use_pages;
use crate::state::problem::explain_field;
use crate::ui::field::{CheckField, ProseField, SelectField, TextField};
use crate::ui::form::{Form, FormErrors, SubmitButton, fresh_number};
use crate::ui::icon::{Glyph, Icon};

/// What is typed for a metric.
#[derive(Clone)]
struct Input {
    new: NewMetric,
    /// The slug it has already.
    slug: Option<String>,
}

impl Input {
    fn into_patch(self) -> MetricPatch {
        let NewMetric {
            page_id: _,
            name,
            slug,
            description,
            unit,
            aggregation,
            places,
            default_range,
            thresholds,
            is_public,
        } = self.new;
        MetricPatch {
            name: Some(name),
            slug: slug.filter(|slug| Some(slug) != self.slug.as_ref()),
            description: description.into(),
            unit: Some(unit),
            aggregation,
            places,
            default_range,
            thresholds: Some(thresholds),
            is_public,
        }
    }
}

impl Validate for Input {
    fn check(&self, check: &mut Check) {
        self.new.check(check);
    }
}

/// A line as it is typed.
#[derive(Clone, Copy)]
struct Line {
    key: u32,
    value: RwSignal<String>,
    label: RwSignal<String>,
    level: RwSignal<String>,
}

impl Line {
    fn of(threshold: Option<&MetricThreshold>) -> Self {
        let level = threshold.map_or(MetricLevel::Warning, |threshold| threshold.level);
        Self {
            key: fresh_number(),
            value: RwSignal::new(
                threshold
                    .map(|threshold| number::write(threshold.value))
                    .unwrap_or_default(),
            ),
            label: RwSignal::new(threshold.map(|threshold| threshold.label.clone()).unwrap_or_default()),
            level: RwSignal::new(level.as_str().into()),
        }
    }

    fn typed(self) -> MetricThreshold {
        MetricThreshold {
            // What is no number breaks the rule that says what is expected.
            value: number::read(&self.value.get_untracked().trim().replace(',', ".")).unwrap_or(f64::NAN),
            label: self.label.get_untracked(),
            level: MetricLevel::from_word(&self.level.get_untracked()).unwrap_or(MetricLevel::Warning),
        }
    }
}

/// What is being typed.
#[derive(Clone, Copy)]
struct Fields {
    name: RwSignal<String>,
    slug: RwSignal<String>,
    description: RwSignal<String>,
    unit: RwSignal<String>,
    aggregation: RwSignal<String>,
    places: RwSignal<String>,
    range: RwSignal<String>,
    is_public: RwSignal<bool>,
    lines: RwSignal<Vec<Line>>,
}

impl Fields {
    fn new(known: Option<&Metric>) -> Self {
        let text = |read: fn(&Metric) -> Option<String>| RwSignal::new(known.and_then(read).unwrap_or_default());
        let aggregation = known.map_or(MetricAggregation::Avg, |metric| metric.aggregation);
        let range = known.map_or(MetricRange::Day, |metric| metric.default_range);
        let lines = known.map(|metric| metric.thresholds.iter().map(|line| Line::of(Some(line))).collect());
        Self {
            name: text(|metric| Some(metric.name.clone())),
            slug: text(|metric| Some(metric.slug.clone())),
            description: text(|metric| metric.description.clone()),
            unit: text(|metric| Some(metric.unit.clone())),
            aggregation: RwSignal::new(aggregation.as_str().into()),
            places: RwSignal::new(known.map_or(0, |metric| metric.places).to_string()),
            range: RwSignal::new(range.as_str().into()),
            is_public: RwSignal::new(known.is_none_or(|metric| metric.is_public)),
            lines: RwSignal::new(lines.unwrap_or_default()),
        }
    }

    fn typed(self, page: Option<PageId>) -> NewMetric {
        NewMetric {
            page_id: page,
            name: self.name.get_untracked(),
            slug: filled(&self.slug.get_untracked()),
            description: filled(&self.description.get_untracked()),
            unit: self.unit.get_untracked(),
            aggregation: MetricAggregation::from_word(&self.aggregation.get_untracked()),
            places: self.places.get_untracked().parse().ok(),
            default_range: MetricRange::from_word(&self.range.get_untracked()),
            thresholds: self.lines.get_untracked().into_iter().map(Line::typed).collect(),
            is_public: Some(self.is_public.get_untracked()),
        }
    }
}

#[component]
pub fn MetricForm(before: Option<Versioned<Metric>>, on_done: Callback<Metric>) -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let pages = use_pages();
    let page = untrack(|| pages.current_id());
    let form = Form::new();
    let known = before.as_ref().map(|found| found.item.clone());
    let fields = Fields::new(known.as_ref());
    let is_new = before.is_none();
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let input = Input {
            new: fields.typed(page),
            slug: known.as_ref().map(|metric| metric.slug.clone()),
        };
        let before = before.clone();
        let send = move |input: Input, key| async move {
            match before {
                None => api.create_metric(&input.new, &key).await,
                Some(Versioned { item, etag }) => api.update_metric(item.id, &input.into_patch(), etag).await,
            }
        };
        form.submit(input, send, move |saved: Metric| on_done.run(saved));
    };
    let slug_hint = if is_new {
        metrics::slug_hint(locale)
    } else {
        metrics::slug_change_hint(locale)
    };
    let aggregations = choices(MetricAggregation::ALL, locale, MetricAggregation::as_str, aggregation);
    let ranges = choices(MetricRange::ALL, locale, MetricRange::as_str, range);
    let places: Vec<(String, String)> = (0..=shared::metric::PLACES_MAX)
        .map(|places| (places.to_string(), places.to_string()))
        .collect();
    view! {
        <form class="form" novalidate on:submit=submit>
            <TextField form name="name" label=metrics::name(locale) value=fields.name is_required=true/>
            <ProseField form name="description" label=metrics::description(locale) value=fields.description rows=2/>
            <TextField form name="unit" label=metrics::unit(locale) hint=metrics::unit_hint(locale) value=fields.unit is_required=true/>
            <SelectField form name="aggregation" label=metrics::aggregation(locale) hint=metrics::aggregation_hint(locale) value=fields.aggregation options=Signal::stored(aggregations)/>
            <SelectField form name="places" label=metrics::places(locale) value=fields.places options=Signal::stored(places)/>
            <SelectField form name="default_range" label=metrics::default_range(locale) value=fields.range options=Signal::stored(ranges)/>
            <Lines form lines=fields.lines/>
            <TextField form name="slug" label=metrics::slug(locale) hint=slug_hint value=fields.slug/>
            <CheckField form name="is_public" label=metrics::is_public(locale) hint=metrics::is_public_hint(locale) value=fields.is_public/>
            <FormErrors form/>
            <div class="form-actions">
                <SubmitButton form label=if is_new { metrics::add(locale) } else { common::save(locale) }/>
            </div>
        </form>
    }
}

/// The lines across the chart, each in a row.
#[component]
fn Lines(form: Form, lines: RwSignal<Vec<Line>>) -> impl IntoView {
    let locale = use_locale();
    form.claim("thresholds");
    let error = move || {
        let error = form.error("thresholds")?;
        let which = lines.with(Vec::len).min(place(&error.field));
        let text = metrics::threshold_wrong(locale, which, explain_field(locale, &error));
        Some(view! { <p class="field-error" role="alert">{text}</p> })
    };
    let is_full = move || lines.with(|lines| lines.len() >= THRESHOLDS_MAX);
    view! {
        <fieldset class="field">
            <legend>{metrics::thresholds(locale)}</legend>
            <For each=move || lines.get() key=|line| line.key let:line><LineRow line lines/></For>
            <button
                type="button"
                class="button"
                disabled=is_full
                on:click=move |_| lines.update(|lines| lines.push(Line::of(None)))
            >
                <Glyph icon=Icon::Plus/>
                {metrics::add_threshold(locale)}
            </button>
            {error}
            <p class="hint">{metrics::thresholds_hint(locale)}</p>
        </fieldset>
    }
}

/// Which line an error is about, from 1: 2 for `thresholds[1].value`.
fn place(field: &str) -> usize {
    let number = field.split(['[', ']']).nth(1);
    number
        .and_then(|number| number.parse::<usize>().ok())
        .map_or(1, |at| at + 1)
}

#[component]
fn LineRow(line: Line, lines: RwSignal<Vec<Line>>) -> impl IntoView {
    let locale = use_locale();
    let option = move |word: &'static MetricLevel| {
        let is_chosen = move || line.level.with(|level| level == word.as_str());
        view! { <option value=word.as_str() prop:selected=is_chosen>{level(locale, *word)}</option> }
    };
    let remove = move |_| lines.update(|lines| lines.retain(|other| other.key != line.key));
    view! {
        <div class="threshold">
            <input class="input" inputmode="decimal" aria-label=metrics::threshold_value(locale) placeholder=metrics::threshold_value(locale) bind:value=line.value/>
            <input class="input" aria-label=metrics::threshold_label(locale) placeholder=metrics::threshold_label(locale) bind:value=line.label/>
            <select class="input" aria-label=metrics::threshold_level(locale) on:change:target=move |event| line.level.set(event.target().value())>
                {MetricLevel::ALL.iter().map(option).collect_view()}
            </select>
            <button type="button" class="button button-quiet button-icon" aria-label=metrics::remove_threshold(locale) on:click=remove>
                <Glyph icon=Icon::Cross/>
            </button>
        </div>
    }
}
