//! Starting from a template: choose one, fill its gaps in, and what it says goes into the form that stands open. Nothing is
//! sent before that form is.

use leptos::prelude::*;
use leptos_router::components::A;
use shared::incident::ComponentEffect;
use shared::list::{MAX_LIMIT, TemplateList};
use shared::template::{FilledIn, RenderTemplate, RenderedTemplate, Template, TemplateKind, TemplateVariable};

use super::template_gap::{GapField, Gaps};
use crate::api::{TemplateFilter, use_api};
use crate::i18n::t::admin::templates;
use crate::i18n::use_locale;
use crate::routes::admin as href;
use crate::state::browser;
use crate::state::page::use_pages;
use crate::ui::dialog::Dialog;
use crate::ui::field::SelectField;
use crate::ui::form::{Form, FormErrors, SubmitButton};
use crate::ui::load::{load, loaded};

/// The button and its box. It stands outside of the form it fills: a form inside another would send both.
#[component]
pub fn StartFromTemplate(
    kind: TemplateKind,
    /// Gets what the template says.
    #[prop(into)]
    on_written: Callback<RenderedTemplate>,
) -> impl IntoView {
    let locale = use_locale();
    let open = RwSignal::new(false);
    view! {
        <button type="button" class="button" on:click=move |_| open.set(true)>{templates::start(locale)}</button>
        <Dialog open title=templates::start(locale)><Chooser kind open on_written/></Dialog>
    }
}

/// The components that a form has so far, with those of a template in place of the same ones.
pub fn merged(mut effects: Vec<ComponentEffect>, written: Vec<ComponentEffect>) -> Vec<ComponentEffect> {
    effects.retain(|effect| written.iter().all(|other| other.id != effect.id));
    effects.extend(written);
    effects
}

#[component]
fn Chooser(kind: TemplateKind, open: RwSignal<bool>, on_written: Callback<RenderedTemplate>) -> impl IntoView {
    let api = use_api();
    let pages = use_pages();
    let list = load(move || {
        let filter = TemplateFilter {
            page: pages.current_id(),
            kind: Some(kind),
            limit: Some(MAX_LIMIT),
            ..TemplateFilter::default()
        };
        async move { api.list_templates(&filter).await }
    });
    loaded(list, move |list| view! { <Choice list open on_written/> }.into_any())
}

#[component]
fn Choice(list: RwSignal<TemplateList>, open: RwSignal<bool>, on_written: Callback<RenderedTemplate>) -> impl IntoView {
    let locale = use_locale();
    let found = StoredValue::new(list.get_untracked().items);
    let first = found.with_value(|found| found.first().map(|template| template.id.to_string()));
    let Some(first) = first else {
        return view! {
            <p>{templates::none_of_kind(locale)}</p>
            <p><A href=href::TEMPLATES>{templates::title(locale)}</A></p>
        }
        .into_any();
    };
    let form = Form::new();
    let chosen = RwSignal::new(first);
    let options = found.with_value(|found| {
        let option = |template: &Template| (template.id.to_string(), template.name.clone());
        found.iter().map(option).collect::<Vec<_>>()
    });
    let template = move || {
        let id = chosen.get();
        found.with_value(|found| found.iter().find(|template| template.id.to_string() == id).cloned())
    };
    // The box had opened before there was anything in it to begin with.
    request_animation_frame(|| browser::focus("dialog[open] .dialog-body select"));
    view! {
        <div class="form">
            <SelectField form name="template" label=templates::which(locale) value=chosen options/>
            {move || template().map(|template| view! { <GapsForm template open on_written/> })}
        </div>
    }
    .into_any()
}

/// A field for each gap.
#[component]
fn GapsForm(template: Template, open: RwSignal<bool>, on_written: Callback<RenderedTemplate>) -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let form = Form::new();
    form.claim("variables");
    let gaps = Gaps::of(&template.variables);
    let id = template.id;
    let variables = StoredValue::new(template.variables.clone());
    let kept = gaps.clone();
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let filled = FilledIn {
            variables: variables.get_value(),
            values: RenderTemplate {
                variables: kept.values(&variables.get_value()),
            },
        };
        let send = move |filled: FilledIn, _| async move { api.render_template(id, &filled.values).await };
        form.submit(filled, send, move |written| {
            open.set(false);
            on_written.run(written);
        });
    };
    let field = move |variable: TemplateVariable| {
        let value = gaps.value(&variable.name);
        view! { <GapField form variable value/> }
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            {template.variables.into_iter().map(field).collect_view()}
            <FormErrors form/>
            <div class="form-actions"><SubmitButton form label=templates::fill_in(locale).to_owned()/></div>
        </form>
    }
}
