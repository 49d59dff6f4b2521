//! One gap of a template as a field of a form, by what may be filled in there.

use std::collections::BTreeMap;

use leptos::prelude::*;
use shared::Timestamp;
use shared::component::Component;
use shared::template::{TemplateVariable, VariableKind};

use super::picker::{Parts, load_parts};
use crate::i18n::t::admin::templates;
use crate::i18n::use_locale;
use crate::state::page::use_pages;
use crate::state::problem::explain_field;
use crate::time::Zone;
use crate::ui::form::Form;
use crate::ui::load::Loader;

/// What is typed into each gap, as its field holds it.
#[derive(Clone)]
pub struct Gaps {
    values: BTreeMap<String, RwSignal<String>>,
    zone: Zone,
}

impl Gaps {
    /// The defaults.
    pub fn of(variables: &[TemplateVariable]) -> Self {
        let pages = use_pages();
        let zone = untrack(|| pages.clock_of(use_locale(), pages.current_id())).zone;
        let value = |variable: &TemplateVariable| {
            let shown = shown(variable, &zone);
            (variable.name.clone(), RwSignal::new(shown))
        };
        Self {
            values: variables.iter().map(value).collect(),
            zone: zone.clone(),
        }
    }

    pub fn value(&self, name: &str) -> RwSignal<String> {
        self.values.get(name).copied().unwrap_or_default()
    }

    /// What is to be sent. A moment that does not exist is sent as it was typed, so that it is told what is wrong with it.
    pub fn values(&self, variables: &[TemplateVariable]) -> BTreeMap<String, String> {
        let value = |variable: &TemplateVariable| {
            let typed = self.value(&variable.name).get_untracked();
            let sent = match variable.kind {
                VariableKind::DateTime => self.zone.read(&typed).map_or(typed, |at| at.to_string()),
                VariableKind::Text
                | VariableKind::LongText
                | VariableKind::Number
                | VariableKind::Choice
                | VariableKind::Component => typed,
            };
            (variable.name.clone(), sent)
        };
        variables.iter().map(value).collect()
    }
}

/// The default, as a field shows it.
fn shown(variable: &TemplateVariable, zone: &Zone) -> String {
    let default = variable.default.clone().unwrap_or_default();
    match variable.kind {
        VariableKind::DateTime => Timestamp::parse(&default).map_or(default, |at| zone.write(at)),
        VariableKind::Text
        | VariableKind::LongText
        | VariableKind::Number
        | VariableKind::Choice
        | VariableKind::Component => default,
    }
}

/// The field, with its label and its error.
#[component]
pub fn GapField(form: Form, variable: TemplateVariable, value: RwSignal<String>) -> impl IntoView {
    let locale = use_locale();
    let path = StoredValue::new(format!("variables.{}", variable.name));
    let id = form.field_id(&path.get_value());
    let error_id = StoredValue::new(format!("{id}-error"));
    let error = Memo::new(move |_| path.with_value(|path| form.error(path)));
    let label = match variable.is_required {
        Some(true) => variable.label.clone(),
        _ => templates::optional(locale, &variable.label),
    };
    let told = move || {
        let error = error.get()?;
        Some(view! { <p class="field-error" id=error_id.get_value()>{explain_field(locale, &error)}</p> })
    };
    let marks = Marks {
        id: id.clone(),
        is_required: (variable.is_required == Some(true)).then_some("true"),
        invalid: Signal::derive(move || error.with(Option::is_some).then_some("true")),
        described_by: Signal::derive(move || error.with(Option::is_some).then(|| error_id.get_value())),
    };
    view! {
        <div class="field">
            <label for=id>{label}</label>
            {control(&variable, marks, value)}
            {told}
        </div>
    }
}

/// What screen readers are told of a control.
struct Marks {
    id: String,
    is_required: Option<&'static str>,
    invalid: Signal<Option<&'static str>>,
    described_by: Signal<Option<String>>,
}

fn control(variable: &TemplateVariable, marks: Marks, value: RwSignal<String>) -> AnyView {
    match variable.kind {
        VariableKind::Text => line(marks, "text", None, value),
        VariableKind::Number => line(marks, "text", Some("decimal"), value),
        VariableKind::DateTime => line(marks, "datetime-local", None, value),
        VariableKind::LongText => view! {
            <textarea
                id=marks.id
                class="input"
                rows="4"
                aria-required=marks.is_required
                aria-invalid=move || marks.invalid.get()
                aria-describedby=move || marks.described_by.get()
                bind:value=value
            ></textarea>
        }
        .into_any(),
        VariableKind::Choice => {
            let options = variable.options.iter().map(|option| (option.clone(), option.clone()));
            let options = options.collect::<Vec<_>>();
            select(marks, value, Signal::derive(move || options.clone()))
        }
        VariableKind::Component => {
            let parts: Loader<Parts> = load_parts();
            let options = Signal::derive(move || {
                let found = parts.get().map(|parts| parts.components).unwrap_or_default();
                let option = |part: Component| (part.id.to_string(), part.name);
                found.into_iter().map(option).collect()
            });
            select(marks, value, options)
        }
    }
}

fn line(marks: Marks, kind: &'static str, inputmode: Option<&'static str>, value: RwSignal<String>) -> AnyView {
    view! {
        <input
            id=marks.id
            class="input"
            type=kind
            inputmode=inputmode
            aria-required=marks.is_required
            aria-invalid=move || marks.invalid.get()
            aria-describedby=move || marks.described_by.get()
            bind:value=value
        />
    }
    .into_any()
}

fn select(marks: Marks, value: RwSignal<String>, options: Signal<Vec<(String, String)>>) -> AnyView {
    let option = move |(word, text): (String, String)| {
        let own = word.clone();
        view! { <option value=word prop:selected=move || value.with(|value| *value == own)>{text}</option> }
    };
    view! {
        <select
            id=marks.id
            class="input"
            aria-invalid=move || marks.invalid.get()
            aria-describedby=move || marks.described_by.get()
            on:change:target=move |event| value.set(event.target().value())
        >
            <option value="" prop:selected=move || value.with(String::is_empty)>"–"</option>
            {move || options.get().into_iter().map(option).collect_view()}
        </select>
    }
    .into_any()
}
