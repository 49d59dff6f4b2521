//! The composer: from "something is wrong" to a published incident in twenty seconds.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::hooks::use_navigate;
use serde::{Deserialize, Serialize};
use shared::PageId;
use shared::incident::{ComponentEffect, Impact, IncidentStatus, NewIncident, PreviewRecipients, Visibility};
use shared::template::{RenderedTemplate, TemplateKind};

use super::parts::{ScreenHead, choices, number};
use super::picker::EffectPicker;
use super::template_start::{StartFromTemplate, merged};
use super::words::visibility;
use crate::api::use_api;
use crate::components::words;
use crate::i18n::t::admin::{common, composer, incidents};
use crate::i18n::{Locale, use_locale};
use crate::routes::admin as href;
use crate::state::draft;
use crate::state::page::use_pages;
use crate::ui::field::{CheckField, ProseField, SelectField, TextField};
use crate::ui::form::{Form, FormErrors, SubmitButton};
use crate::ui::markdown::Markdown;
use crate::ui::toast::use_toasts;

const DRAFT: &str = "incident.new";

/// What was typed, as it survives a reload.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Typed {
    page: Option<PageId>,
    title: String,
    message: String,
    status: String,
    impact: String,
    visibility: String,
    notify: bool,
    components: Vec<ComponentEffect>,
}

/// What is being typed.
#[derive(Clone, Copy)]
struct Fields {
    title: RwSignal<String>,
    message: RwSignal<String>,
    status: RwSignal<String>,
    impact: RwSignal<String>,
    visibility: RwSignal<String>,
    notify: RwSignal<bool>,
    components: RwSignal<Vec<ComponentEffect>>,
}

impl Typed {
    fn empty(page: Option<PageId>) -> Self {
        Self {
            page,
            title: String::new(),
            message: String::new(),
            status: IncidentStatus::Investigating.as_str().into(),
            impact: String::new(),
            visibility: Visibility::Public.as_str().into(),
            notify: true,
            components: Vec::new(),
        }
    }

    fn is_empty(&self) -> bool {
        self.title.is_empty() && self.message.is_empty() && self.components.is_empty()
    }

    fn into_input(self, is_draft: bool) -> NewIncident {
        NewIncident {
            page_id: self.page,
            title: self.title,
            status: IncidentStatus::from_word(&self.status),
            message: self.message,
            components: self.components,
            impact: Impact::from_word(&self.impact),
            visibility: Visibility::from_word(&self.visibility),
            is_draft: is_draft.then_some(true),
            notify: Some(self.notify),
            started_at: None,
        }
    }
}

impl Fields {
    fn new(typed: Typed) -> Self {
        Self {
            title: RwSignal::new(typed.title),
            message: RwSignal::new(typed.message),
            status: RwSignal::new(typed.status),
            impact: RwSignal::new(typed.impact),
            visibility: RwSignal::new(typed.visibility),
            notify: RwSignal::new(typed.notify),
            components: RwSignal::new(typed.components),
        }
    }

    /// Reactive.
    fn typed(self, page: Option<PageId>) -> Typed {
        Typed {
            page,
            title: self.title.get(),
            message: self.message.get(),
            status: self.status.get(),
            impact: self.impact.get(),
            visibility: self.visibility.get(),
            notify: self.notify.get(),
            components: self.components.get(),
        }
    }

    /// What a template says, in place of what was typed; its components besides those that were picked.
    fn take(self, written: RenderedTemplate) {
        self.title.set(written.title.unwrap_or_default());
        self.message.set(written.message);
        if let Some(status) = written.status {
            self.status.set(status.as_str().into());
        }
        self.impact.set(written.impact.map_or("", Impact::as_str).into());
        self.components
            .update(|effects| *effects = merged(std::mem::take(effects), written.components));
    }

    fn fill(self, typed: Typed) {
        self.title.set(typed.title);
        self.message.set(typed.message);
        self.status.set(typed.status);
        self.impact.set(typed.impact);
        self.visibility.set(typed.visibility);
        self.notify.set(typed.notify);
        self.components.set(typed.components);
    }
}

#[component]
pub fn NewIncidentScreen() -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let pages = use_pages();
    let toasts = use_toasts();
    let navigate = use_navigate();
    let page = untrack(|| pages.current_id());
    let form = Form::new();
    // Component ids of another page would mean nothing here.
    let kept = draft::recall::<Typed>(DRAFT).filter(|typed| typed.page == page);
    let was_kept = RwSignal::new(kept.is_some());
    let fields = Fields::new(kept.unwrap_or_else(|| Typed::empty(page)));
    let is_sent = RwSignal::new(false);
    draft::keep(DRAFT, move || {
        let typed = fields.typed(page);
        (!typed.is_empty() && !is_sent.get()).then_some(typed)
    });
    let send = move |is_draft: bool| {
        let navigate = navigate.clone();
        let input = untrack(|| fields.typed(page)).into_input(is_draft);
        let send = move |input: NewIncident, key| async move { api.create_incident(&input, &key).await };
        form.submit(input, send, move |incident: shared::incident::Incident| {
            is_sent.set(true);
            draft::forget(DRAFT);
            toasts.say(if is_draft {
                composer::saved_draft(locale)
            } else {
                composer::published(locale)
            });
            navigate(&href::incident(incident.id), Default::default());
        });
    };
    let save_draft = send.clone();
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        send(false);
    };
    let start_over = move |_| {
        fields.fill(Typed::empty(page));
        was_kept.set(false);
    };
    view! {
        <ScreenHead title=incidents::new(locale)>
            <StartFromTemplate kind=TemplateKind::Incident on_written=move |written| fields.take(written)/>
        </ScreenHead>
        <Show when=move || was_kept.get()>
            <div class="notice">
                <p>{composer::draft_restored(locale)}</p>
                <button type="button" class="button" on:click=start_over>{composer::start_over(locale)}</button>
            </div>
        </Show>
        <form class="form composer" novalidate on:submit=submit>
            <div class="composer-main">
                <TextField form name="title" label=incidents::title(locale) hint=composer::title_hint(locale) value=fields.title is_required=true/>
                <SelectField
                    form
                    name="status"
                    label=incidents::status(locale)
                    value=fields.status
                    options=choices(IncidentStatus::ALL, locale, IncidentStatus::as_str, words::incident_status)
                />
                <MessageField form value=fields.message/>
                <EffectPicker form effects=fields.components/>
            </div>
            <div class="composer-side">
                <ImpactField form fields/>
                <SelectField
                    form
                    name="visibility"
                    label=incidents::visibility(locale)
                    value=fields.visibility
                    options=choices(Visibility::ALL, locale, Visibility::as_str, visibility)
                />
                <CheckField form name="notify" label=composer::notify(locale) hint=composer::notify_hint(locale) value=fields.notify/>
                <Recipients page fields/>
                <FormErrors form/>
                <div class="form-actions">
                    <SubmitButton form label=composer::publish(locale)/>
                    <button type="button" class="button" on:click=move |_| save_draft(true)>{composer::save_draft(locale)}</button>
                </div>
                <p class="hint">{composer::kept_as_you_type(locale)}</p>
            </div>
        </form>
    }
}

/// A message in Markdown, and beside it what readers will see.
#[component]
pub fn MessageField(form: Form, value: RwSignal<String>) -> impl IntoView {
    let locale = use_locale();
    view! {
        <div class="message">
            <ProseField form name="message" label=incidents::message(locale) hint=composer::message_hint(locale) value rows=6 is_required=true/>
            <section class="preview" aria-label=composer::preview(locale)>
                <p class="preview-title" aria-hidden="true">{composer::preview(locale)}</p>
                <Show
                    when=move || value.with(|text| !text.trim().is_empty())
                    fallback=move || view! { <p class="hint">{composer::preview_empty(locale)}</p> }
                >
                    {move || view! { <Markdown text=value.get()/> }}
                </Show>
            </section>
        </div>
    }
}

/// How bad it is: from the components unless set by hand.
#[component]
fn ImpactField(form: Form, fields: Fields) -> impl IntoView {
    let locale = use_locale();
    let options = Signal::derive(move || {
        let computed = fields
            .components
            .with(|parts| Impact::of(parts.iter().map(|part| part.status)));
        let automatic = composer::impact_automatic(locale, words::impact(locale, computed));
        let mut options = vec![(String::new(), automatic)];
        options.extend(choices(Impact::ALL, locale, Impact::as_str, words::impact));
        options
    });
    view! { <SelectField form name="impact" label=incidents::impact(locale) value=fields.impact options/> }
}

/// Who will hear of it, before it is published.
#[component]
fn Recipients(page: Option<PageId>, fields: Fields) -> impl IntoView {
    let locale = use_locale();
    let is_quiet = move || !fields.notify.get() || fields.visibility.get() == Visibility::Hidden.as_str();
    let count = count_recipients(page, Signal::derive(move || fields.components.get()));
    let text = move || match (is_quiet(), count.get()) {
        (true, _) => composer::nobody_hears(locale).to_owned(),
        (false, Some(count)) => recipients(locale, count),
        (false, None) => common::loading(locale).to_owned(),
    };
    view! { <p class="recipients" role="status">{text}</p> }
}

/// "1,204 e-mails will be sent"
pub fn recipients(locale: Locale, count: u64) -> String {
    composer::recipients(locale, count, number(locale, count))
}

/// How many e-mails a publication would send now; asked again when the components change.
pub fn count_recipients(page: Option<PageId>, effects: Signal<Vec<ComponentEffect>>) -> RwSignal<Option<u64>> {
    let api = use_api();
    let count = RwSignal::new(None);
    let ids = Memo::new(move |_| effects.with(|effects| effects.iter().map(|effect| effect.id).collect::<Vec<_>>()));
    Effect::new(move |_| {
        let components = ids.get();
        spawn_local(async move {
            let input = PreviewRecipients {
                page_id: page,
                components: components.clone(),
            };
            let answer = api.preview_recipients(&input).await;
            // Another tick may have come first.
            if ids.try_get_untracked() == Some(components) {
                count.set(answer.ok().map(|preview| preview.email));
            }
        });
    });
    count
}
