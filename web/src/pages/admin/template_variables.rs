//! The gaps of a template as its writer sees them: each a few fields, in the order they will be asked for.

use leptos::prelude::*;
use shared::component::ComponentStatus;
use shared::template::{TemplateVariable, VariableKind};

use super::parts::{choices, filled};
use super::words::variable_kind;
use crate::components::words;
use crate::i18n::t::admin::templates;
use crate::i18n::use_locale;
use crate::state::problem::explain_field;
use crate::ui::field::{CheckField, ProseField, SelectField, TextField};
use crate::ui::form::{Form, fresh_number};

/// One gap, as it is typed.
#[derive(Clone, Copy)]
pub struct VariableFields {
    key: u32,
    name: RwSignal<String>,
    label: RwSignal<String>,
    kind: RwSignal<String>,
    is_required: RwSignal<bool>,
    default: RwSignal<String>,
    /// One on each line.
    options: RwSignal<String>,
    component_status: RwSignal<String>,
}

impl VariableFields {
    pub fn of(variable: &TemplateVariable) -> Self {
        let text = |text: &str| RwSignal::new(text.to_owned());
        Self {
            key: fresh_number(),
            name: text(&variable.name),
            label: text(&variable.label),
            kind: text(variable.kind.as_str()),
            is_required: RwSignal::new(variable.is_required == Some(true)),
            default: text(variable.default.as_deref().unwrap_or_default()),
            options: text(&variable.options.join("\n")),
            component_status: text(variable.component_status.map_or("", ComponentStatus::as_str)),
        }
    }

    /// Reactive.
    fn kind(self) -> VariableKind {
        self.kind
            .with(|word| VariableKind::from_word(word))
            .unwrap_or(VariableKind::Text)
    }

    /// Reactive. What does not fit the kind is left out.
    pub fn typed(self) -> TemplateVariable {
        let kind = self.kind();
        let options = self.options.get();
        let options = options.lines().map(str::trim).filter(|line| !line.is_empty());
        let status = ComponentStatus::from_word(&self.component_status.get());
        TemplateVariable {
            name: self.name.get().trim().to_owned(),
            label: self.label.get(),
            kind,
            is_required: Some(self.is_required.get()),
            default: filled(&self.default.get()),
            options: match kind {
                VariableKind::Choice => options.map(str::to_owned).collect(),
                VariableKind::Text
                | VariableKind::LongText
                | VariableKind::Number
                | VariableKind::DateTime
                | VariableKind::Component => Vec::new(),
            },
            component_status: status.filter(|_| kind == VariableKind::Component),
        }
    }
}

/// All gaps, and a button for another one.
#[component]
pub fn VariableList(form: Form, variables: RwSignal<Vec<VariableFields>>) -> impl IntoView {
    let locale = use_locale();
    form.claim("variables");
    let add = move |_| {
        let new = VariableFields::of(&TemplateVariable::text("", ""));
        variables.update(|variables| variables.push(new));
    };
    view! {
        <fieldset class="field">
            <legend>{templates::variables(locale)}</legend>
            <p class="hint">{templates::variables_hint(locale)}</p>
            <For each=move || variables.get() key=|fields| fields.key let:fields>
                <VariableRow form fields variables/>
            </For>
            <div class="form-actions">
                <button type="button" class="button" on:click=add>{templates::add_variable(locale)}</button>
            </div>
        </fieldset>
    }
}

#[component]
fn VariableRow(form: Form, fields: VariableFields, variables: RwSignal<Vec<VariableFields>>) -> impl IntoView {
    let locale = use_locale();
    // Only for the ids of its fields: what is wrong with them the form knows.
    let own = Form::new();
    let place = Memo::new(move |_| {
        variables.with(|variables| {
            variables
                .iter()
                .position(|other| other.key == fields.key)
                .unwrap_or_default()
        })
    });
    let error = move || {
        let error = form.error(&format!("variables[{}]", place.get()))?;
        Some(view! { <p class="field-error">{explain_field(locale, &error)}</p> })
    };
    let remove = move |_| variables.update(|variables| variables.retain(|other| other.key != fields.key));
    let up = move |_| {
        let at = place.get_untracked();
        if at > 0 {
            variables.update(|variables| variables.swap(at, at - 1));
        }
    };
    let kind = Memo::new(move |_| fields.kind());
    let statuses = move || {
        let mut all = vec![(String::new(), templates::only_named(locale).to_owned())];
        all.extend(choices(
            ComponentStatus::ALL,
            locale,
            ComponentStatus::as_str,
            words::component_status,
        ));
        all
    };
    view! {
        <div class="variable" role="group" aria-label=move || templates::variable(locale, place.get() + 1)>
            <TextField form=own name="name" label=templates::variable_name(locale) hint=templates::variable_name_hint(locale) value=fields.name is_required=true/>
            <TextField form=own name="label" label=templates::label(locale) value=fields.label is_required=true/>
            <SelectField form=own name="kind" label=templates::variable_kind(locale) value=fields.kind
                options=choices(VariableKind::ALL, locale, VariableKind::as_str, variable_kind)/>
            <Show when=move || kind.get() == VariableKind::Choice>
                <ProseField form=own name="options" label=templates::options(locale) hint=templates::options_hint(locale) value=fields.options rows=3/>
            </Show>
            <Show when=move || kind.get() == VariableKind::Component>
                <SelectField form=own name="component_status" label=templates::component_status(locale) value=fields.component_status options=statuses()/>
            </Show>
            <Show when=move || has_plain_default(kind.get())>
                <TextField form=own name="default" label=templates::default(locale) value=fields.default/>
            </Show>
            <CheckField form=own name="is_required" label=templates::required(locale) value=fields.is_required/>
            {error}
            <div class="form-actions">
                <button type="button" class="button" disabled=move || place.get() == 0 on:click=up>{templates::earlier(locale)}</button>
                <button type="button" class="button button-danger-quiet" on:click=remove>{templates::remove(locale)}</button>
            </div>
        </div>
    }
}

/// What can be typed as it is sent. The id of a component and the marks of a moment cannot; one that came over the API stays.
const fn has_plain_default(kind: VariableKind) -> bool {
    match kind {
        VariableKind::Text | VariableKind::LongText | VariableKind::Number | VariableKind::Choice => true,
        VariableKind::DateTime | VariableKind::Component => false,
    }
}
