//! The composer: from "something is wrong" to a published incident in twenty seconds.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::hooks::use_navigate;
use serde::{Deserialize, Serialize};
use shared::PageId;
use shared::incident::{ComponentEffect, Impact, IncidentStatus, NewIncident, PreviewRecipients, Visibility};
use shared::template::{RenderedTemplate, TemplateKind};

use super::incident_extras::{ExtraFields, Extras, links_in, tags_in};
use super::incident_when::{Timed, When, WhenChoice, WhenFields};
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
use crate::time::Zone;
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
    #[serde(default)]
    when: String,
    /// When it is published, began and ended, as typed.
    #[serde(default)]
    times: [String; 3],
    #[serde(default)]
    is_sticky: bool,
    #[serde(default)]
    tags: String,
    #[serde(default)]
    links: String,
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
    when: WhenFields,
    extras: Extras,
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
            when: When::Now.as_str().into(),
            times: Default::default(),
            is_sticky: false,
            tags: String::new(),
            links: String::new(),
        }
    }

    fn is_empty(&self) -> bool {
        self.title.is_empty() && self.message.is_empty() && self.components.is_empty()
    }

    fn into_input(self, is_draft: bool, zone: &Zone) -> Timed {
        let input = NewIncident {
            page_id: self.page,
            status: IncidentStatus::from_word(&self.status),
            message: self.message,
            components: self.components,
            impact: Impact::from_word(&self.impact),
            visibility: Visibility::from_word(&self.visibility),
            is_draft: is_draft.then_some(true),
            notify: Some(self.notify),
            is_sticky: self.is_sticky.then_some(true),
            tags: tags_in(&self.tags),
            links: links_in(&self.links),
            ..NewIncident::investigating(self.title)
        };
        Timed::new(
            input,
            When::from_word(&self.when),
            zone,
            self.times.each_ref().map(String::as_str),
        )
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
            when: WhenFields::new(typed.when, typed.times),
            extras: Extras::new(typed.is_sticky, typed.tags, typed.links),
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
            when: self.when.when.get(),
            times: self.when.times().map(|time| time.get()),
            is_sticky: self.extras.is_sticky.get(),
            tags: self.extras.tags.get(),
            links: self.extras.links.get(),
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
        self.when.when.set(typed.when);
        for (field, text) in self.when.times().into_iter().zip(typed.times) {
            field.set(text);
        }
        self.extras.is_sticky.set(typed.is_sticky);
        self.extras.tags.set(typed.tags);
        self.extras.links.set(typed.links);
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
    let clock = untrack(|| pages.clock_of(locale, page));
    let zone_name = clock.zone_label(crate::state::time::now());
    let send = move |is_draft: bool| {
        let navigate = navigate.clone();
        let input = untrack(|| fields.typed(page)).into_input(is_draft, &clock.zone);
        let when = untrack(|| fields.when.get());
        let send = move |input: Timed, key| async move { api.create_incident(&input.input, &key).await };
        form.submit(input, send, move |incident: shared::incident::Incident| {
            is_sent.set(true);
            draft::forget(DRAFT);
            toasts.say(match (is_draft, when) {
                (true, _) => composer::saved_draft(locale),
                (false, When::Now) => composer::published(locale),
                (false, When::Later) => composer::scheduled(locale),
                (false, When::Past) => composer::recorded(locale),
            });
            navigate(&href::incident(incident.id), Default::default());
        });
    };
    let save_draft = send.clone();
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        send(false);
    };
    let label = Signal::derive(move || {
        match fields.when.get() {
            When::Now => composer::publish(locale),
            When::Later => composer::schedule(locale),
            When::Past => composer::record(locale),
        }
        .to_owned()
    });
    // Of what is long over nobody needs to be woken.
    Effect::new(move |before: Option<When>| {
        let when = fields.when.get();
        if before.is_some_and(|before| before != when) {
            fields.notify.set(when != When::Past);
        }
        when
    });
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
                <Show when=move || fields.when.get() != When::Past>
                    <SelectField
                        form
                        name="status"
                        label=incidents::status(locale)
                        value=fields.status
                        options=choices(IncidentStatus::ALL, locale, IncidentStatus::as_str, words::incident_status)
                    />
                </Show>
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
                <WhenChoice form fields=fields.when zone_name/>
                <ExtraFields form extras=fields.extras/>
                <CheckField form name="notify" label=composer::notify(locale) hint=composer::notify_hint(locale) value=fields.notify/>
                <Recipients page fields/>
                <FormErrors form/>
                <div class="form-actions">
                    <SubmitButton form label/>
                    <button type="button" class="button" on:click=move |_| save_draft(true)>{composer::save_draft(locale)}</button>
                </div>
                <p class="hint">{composer::kept_as_you_type(locale)}</p>
            </div>
        </form>
    }
}

/// A message in Markdown, and beside it what readers will see.
#[component]
pub fn MessageField(
    form: Form,
    value: RwSignal<String>,
    #[prop(optional, into)] hint: Option<String>,
    #[prop(default = true)] is_required: bool,
) -> impl IntoView {
    let locale = use_locale();
    let hint = hint.unwrap_or_else(|| composer::message_hint(locale).to_owned());
    view! {
        <div class="message">
            <ProseField form name="message" label=incidents::message(locale) hint value rows=6 is_required/>
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
    let is_quiet = move || !fields.notify.get() || fields.visibility.get() != Visibility::Public.as_str();
    let count = count_recipients(page, Signal::derive(move || fields.components.get()));
    let text = move || match (is_quiet(), count.get()) {
        (true, _) => composer::nobody_hears(locale).to_owned(),
        (false, Some(count)) => recipients(locale, count),
        (false, None) => common::loading(locale).to_owned(),
    };
    view! { <p class="recipients" role="status">{text}</p> }
}

/// "1,204 messages will be sent"
pub fn recipients(locale: Locale, count: u64) -> String {
    composer::recipients(locale, count, number(locale, count))
}

/// How many messages a publication would send now; asked again when the components change.
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
                incident_id: None,
                kind: None,
                impact: None,
            };
            let answer = api.preview_recipients(&input).await;
            // Another tick may have come first.
            if ids.try_get_untracked() == Some(components) {
                count.set(answer.ok().map(|preview| preview.total));
            }
        });
    });
    count
}
