//! Writing a template: its texts, what it affects, and its gaps.

use leptos::prelude::*;
use leptos_router::hooks::{use_navigate, use_params_map};
use shared::access::Permission;
use shared::incident::{ComponentEffect, Impact, IncidentStatus};
use shared::template::{NewTemplate, Template, TemplateKind, TemplatePatch};
use shared::{PageId, TemplateId};

use super::parts::{ScreenHead, choices, filled};
use super::picker::EffectPicker;
use super::shell::Nowhere;
use super::template_variables::{VariableFields, VariableList};
use super::words::template_kind;
use crate::api::{Versioned, use_api};
use crate::components::words;
use crate::i18n::t::admin::{common, incidents, templates};
use crate::i18n::use_locale;
use crate::routes::admin as href;
use crate::state::page::use_pages;
use crate::ui::dialog::Confirm;
use crate::ui::field::{ProseField, SelectField, TextField};
use crate::ui::form::{Form, FormErrors, SubmitButton};
use crate::ui::load::{load, loaded};
use crate::ui::toast::use_toasts;

/// What is being typed.
#[derive(Clone, Copy)]
struct Fields {
    name: RwSignal<String>,
    kind: RwSignal<String>,
    title: RwSignal<String>,
    message: RwSignal<String>,
    status: RwSignal<String>,
    impact: RwSignal<String>,
    components: RwSignal<Vec<ComponentEffect>>,
    variables: RwSignal<Vec<VariableFields>>,
}

impl Fields {
    fn empty() -> Self {
        let text = || RwSignal::new(String::new());
        Self {
            name: text(),
            kind: RwSignal::new(TemplateKind::Incident.as_str().into()),
            title: text(),
            message: text(),
            status: text(),
            impact: text(),
            components: RwSignal::new(Vec::new()),
            variables: RwSignal::new(Vec::new()),
        }
    }

    fn of(template: &Template) -> Self {
        let text = |text: &str| RwSignal::new(text.to_owned());
        Self {
            name: text(&template.name),
            kind: text(template.kind.as_str()),
            title: text(template.title.as_deref().unwrap_or_default()),
            message: text(&template.message),
            status: text(template.status.map_or("", IncidentStatus::as_str)),
            impact: text(template.impact.map_or("", Impact::as_str)),
            components: RwSignal::new(template.components.clone()),
            variables: RwSignal::new(template.variables.iter().map(VariableFields::of).collect()),
        }
    }

    /// Reactive.
    fn kind(self) -> TemplateKind {
        self.kind
            .with(|word| TemplateKind::from_word(word))
            .unwrap_or(TemplateKind::Incident)
    }

    /// What does not fit the kind is left out, so that choosing another kind loses nothing that was typed.
    fn typed(self, page: Option<PageId>) -> NewTemplate {
        untrack(|| {
            let kind = self.kind();
            let status = IncidentStatus::from_word(&self.status.get()).filter(|_| kind.is_about_incidents());
            let impact = Impact::from_word(&self.impact.get()).filter(|_| kind == TemplateKind::Incident);
            NewTemplate {
                page_id: page,
                kind,
                name: self.name.get(),
                title: filled(&self.title.get()).filter(|_| kind.is_about_something_new()),
                message: self.message.get(),
                status,
                impact,
                components: self
                    .components
                    .get()
                    .into_iter()
                    .filter(|_| kind.affects_components())
                    .collect(),
                variables: self.variables.get().iter().map(|fields| fields.typed()).collect(),
            }
        })
    }
}

fn patch(typed: NewTemplate) -> TemplatePatch {
    TemplatePatch {
        name: Some(typed.name),
        title: typed.title,
        message: Some(typed.message),
        status: typed.status.into(),
        impact: typed.impact.into(),
        components: Some(typed.components),
        variables: Some(typed.variables),
    }
}

#[component]
pub fn NewTemplateScreen() -> impl IntoView {
    let locale = use_locale();
    view! {
        <ScreenHead title=templates::new(locale)/>
        <TemplateForm before=None/>
    }
}

#[component]
pub fn TemplateScreen() -> impl IntoView {
    let api = use_api();
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id")?.parse::<TemplateId>().ok()));
    move || match id.get() {
        Some(id) => {
            let found = load(move || async move { api.get_template(id).await });
            loaded(found, move |found| {
                let before = found.get_untracked();
                view! {
                    <ScreenHead title=before.item.name.clone()><DeleteButton id/></ScreenHead>
                    <TemplateForm before=Some(before)/>
                }
                .into_any()
            })
        }
        None => view! { <Nowhere/> }.into_any(),
    }
}

#[component]
fn DeleteButton(id: TemplateId) -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let toasts = use_toasts();
    let navigate = use_navigate();
    let open = RwSignal::new(false);
    let delete = move |()| {
        let navigate = navigate.clone();
        toasts.attempt(locale, api.delete_template(id), move |()| {
            toasts.say(templates::deleted(locale));
            navigate(href::TEMPLATES, Default::default());
        });
    };
    view! {
        <Show when=move || api.may(Permission::ManageTemplates)>
            <button type="button" class="button button-danger-quiet" on:click=move |_| open.set(true)>{common::delete(locale)}</button>
        </Show>
        <Confirm open title=templates::delete_title(locale).to_owned() text=templates::delete_text(locale).to_owned()
            action=common::delete(locale).to_owned() on_confirm=delete/>
    }
}

#[component]
fn TemplateForm(before: Option<Versioned<Template>>) -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let toasts = use_toasts();
    let navigate = use_navigate();
    let form = Form::new();
    let pages = use_pages();
    let page = untrack(|| pages.current_id());
    let fields = before
        .as_ref()
        .map_or_else(Fields::empty, |before| Fields::of(&before.item));
    let known = StoredValue::new(before.map(|before| (before.item.id, before.etag)));
    let is_new = known.with_value(Option::is_none);
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let navigate = navigate.clone();
        let known = known.get_value();
        let send = move |input: NewTemplate, key| async move {
            match known {
                None => api.create_template(&input, &key).await,
                Some((id, etag)) => api.update_template(id, &patch(input), etag).await,
            }
        };
        // A change is checked as a whole, as the server checks it.
        form.submit(fields.typed(page), send, move |template: Template| {
            toasts.say(common::saved_named(locale, template.name));
            navigate(href::TEMPLATES, Default::default());
        });
    };
    let kind = Memo::new(move |_| fields.kind());
    view! {
        <form class="form composer" novalidate on:submit=submit>
            <div class="composer-main">
                <Show when=move || is_new fallback=move || view! { <p class="hint">{move || template_kind(locale, kind.get())}</p> }>
                    <SelectField form name="kind" label=templates::kind(locale) value=fields.kind
                        options=choices(TemplateKind::ALL, locale, TemplateKind::as_str, template_kind)/>
                </Show>
                <TextField form name="name" label=templates::name(locale) hint=templates::name_hint(locale) value=fields.name is_required=true/>
                <Show when=move || kind.get().is_about_something_new()>
                    <TextField form name="title" label=incidents::title(locale) hint=templates::title_hint(locale, "{{\u{a0}provider\u{a0}}}") value=fields.title is_required=true/>
                </Show>
                <ProseField form name="message" label=incidents::message(locale) hint=templates::message_hint(locale) value=fields.message rows=10 is_required=true/>
                <VariableList form variables=fields.variables/>
            </div>
            <div class="composer-side">
                <Show when=move || kind.get().is_about_incidents()>
                    <SelectField form name="status" label=incidents::status(locale) value=fields.status
                        options=with_none(templates::as_it_is(locale), choices(IncidentStatus::ALL, locale, IncidentStatus::as_str, words::incident_status))/>
                </Show>
                <Show when=move || kind.get() == TemplateKind::Incident>
                    <SelectField form name="impact" label=incidents::impact(locale) value=fields.impact
                        options=with_none(templates::automatic(locale), choices(Impact::ALL, locale, Impact::as_str, words::impact))/>
                </Show>
                <Show when=move || kind.get().affects_components()>
                    <EffectPicker form effects=fields.components/>
                </Show>
                <FormErrors form/>
                <Show when=move || api.may(Permission::ManageTemplates)>
                    <div class="form-actions"><SubmitButton form label=templates::save(locale).to_owned()/></div>
                </Show>
            </div>
        </form>
    }
}

fn with_none(text: &str, choices: Vec<(String, String)>) -> Vec<(String, String)> {
    let mut all = vec![(String::new(), text.to_owned())];
    all.extend(choices);
    all
}
