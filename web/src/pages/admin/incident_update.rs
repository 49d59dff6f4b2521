//! What is said next about an incident: an update, its end, or that it is not over after all.

use std::future::Future;
use std::pin::Pin;

use leptos::prelude::*;
use shared::incident::{ComponentEffect, Incident, IncidentStatus, NewIncidentUpdate, ReopenIncident, ResolveIncident};
use shared::template::{RenderedTemplate, TemplateKind};
use shared::{Check, IncidentId, Validate};

use super::incident::Fetched;
use super::incident_form::{MessageField, count_recipients, recipients};
use super::parts::{Section, choices};
use super::picker::EffectPicker;
use super::template_start::{StartFromTemplate, merged};
use crate::api::{Api, ApiResult, SubmitKey, Versioned, use_api};
use crate::components::words;
use crate::i18n::t::admin::{common, composer, incidents, updates};
use crate::i18n::use_locale;
use crate::state::draft;
use crate::state::page::use_pages;
use crate::ui::field::{CheckField, SelectField, TextField};
use crate::ui::form::{Form, FormErrors, SubmitButton};
use crate::ui::toast::use_toasts;

/// The three ways a timeline goes on; each is an operation of its own.
enum Step {
    Update(NewIncidentUpdate),
    Resolve(ResolveIncident),
    Reopen(ReopenIncident),
}

impl Validate for Step {
    fn check(&self, check: &mut Check) {
        match self {
            Self::Update(input) => input.check(check),
            Self::Resolve(input) => input.check(check),
            Self::Reopen(input) => input.check(check),
        }
    }
}

impl Step {
    async fn send(self, api: Api, id: IncidentId, key: SubmitKey) -> ApiResult<Incident> {
        match self {
            Self::Update(input) => api.create_incident_update(id, &input, &key).await,
            Self::Resolve(input) => api.resolve_incident(id, &input, &key).await,
            Self::Reopen(input) => api.reopen_incident(id, &input, &key).await,
        }
    }
}

/// What each component has in the incident so far.
pub fn effects_of(incident: &Incident) -> Vec<ComponentEffect> {
    let parts = incident.components.iter();
    parts
        .map(|part| ComponentEffect {
            id: part.id,
            status: part.status,
        })
        .collect()
}

/// One form for the next step. Choosing "resolved" ends the incident; for one that is over it opens it again.
#[component]
pub fn UpdateForm(incident: Memo<Incident>, fetched: Fetched, is_open: bool) -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let toasts = use_toasts();
    let form = Form::new();
    let before = incident.get_untracked();
    let id = before.id;
    let name = format!("incident.{id}.update");
    let message = RwSignal::new(draft::recall::<String>(&name).unwrap_or_default());
    let first = if is_open {
        before.status
    } else {
        IncidentStatus::Investigating
    };
    let status = RwSignal::new(first.as_str().to_owned());
    let effects = RwSignal::new(effects_of(&before));
    let settled = StoredValue::new(before.components.iter().map(|part| part.id).collect::<Vec<_>>());
    let restore = RwSignal::new(true);
    let notify = RwSignal::new(true);
    let clock = untrack(|| use_pages().clock_of(locale, Some(before.page_id)));
    let zone_name = StoredValue::new(clock.zone_label(crate::state::time::now()));
    let zone = clock.zone;
    // When it happened, if not now.
    let earlier = RwSignal::new(String::new());
    let is_ending = Memo::new(move |_| is_open && status.get() == IncidentStatus::Resolved.as_str());
    draft::keep(name, move || Some(message.get()).filter(|text| !text.is_empty()));

    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let status = IncidentStatus::from_word(&status.get_untracked());
        let (message_now, notify) = (message.get_untracked(), Some(notify.get_untracked()));
        let step = match (is_open, is_ending.get_untracked()) {
            (true, true) => Step::Resolve(ResolveIncident {
                message: message_now,
                restore_components: Some(restore.get_untracked()),
                notify,
            }),
            (true, false) => Step::Update(NewIncidentUpdate {
                status,
                message: message_now,
                components: changed(&before, &effects.get_untracked()),
                created_at: zone.read(&earlier.get_untracked()),
                notify,
            }),
            (false, _) => Step::Reopen(ReopenIncident {
                message: message_now,
                status,
                notify,
            }),
        };
        let send = move |step: Step, key: SubmitKey| -> Pin<Box<dyn Future<Output = ApiResult<Incident>>>> {
            Box::pin(step.send(api, id, key))
        };
        form.submit(step, send, move |incident| {
            message.set(String::new());
            toasts.say(updates::posted(locale));
            // The answer has no version of its own; the next edit reads it.
            fetched.put(Versioned {
                item: incident,
                etag: None,
            });
            fetched.reload();
        });
    };
    let label = Signal::derive(move || {
        match (is_open, is_ending.get()) {
            (true, true) => updates::resolve(locale),
            (true, false) => updates::post(locale),
            (false, _) => updates::reopen(locale),
        }
        .to_owned()
    });
    let title = if is_open {
        updates::title(locale)
    } else {
        updates::reopen_title(locale)
    };
    let take = move |written: RenderedTemplate| {
        message.set(written.message);
        let fits = |next: &IncidentStatus| untrack(|| next_statuses_of(incident, is_open)).contains(next);
        if let Some(next) = written.status.filter(fits) {
            status.set(next.as_str().into());
        }
        effects.update(|effects| *effects = merged(std::mem::take(effects), written.components));
    };
    view! {
        <Section title>
            <div class="form-actions"><StartFromTemplate kind=TemplateKind::IncidentUpdate on_written=take/></div>
            <form class="form" novalidate on:submit=submit>
                <SelectField
                    form
                    name="status"
                    label=incidents::status(locale)
                    value=status
                    options=next_statuses(incident, is_open)
                />
                <MessageField form value=message/>
                <Show when=move || is_open && !is_ending.get()>
                    <details class="fold">
                        <summary>{updates::change_components(locale)}</summary>
                        <EffectPicker form effects settled=settled.get_value()/>
                    </details>
                    <details class="fold">
                        <summary>{updates::earlier(locale)}</summary>
                        <TextField form name="created_at" kind="datetime-local" label=updates::earlier_at(locale)
                            hint=updates::earlier_hint(locale, zone_name.get_value()) value=earlier/>
                    </details>
                </Show>
                <Show when=move || is_ending.get()>
                    <CheckField form name="restore_components" label=updates::restore(locale) hint=updates::restore_hint(locale) value=restore/>
                </Show>
                <CheckField form name="notify" label=composer::notify(locale) value=notify/>
                <Heard incident notify/>
                <FormErrors form/>
                <div class="form-actions"><SubmitButton form label/></div>
            </form>
        </Section>
    }
}

/// What the incident may become; while it is over, only open states.
fn next_statuses(incident: Memo<Incident>, is_open: bool) -> Signal<Vec<(String, String)>> {
    let locale = use_locale();
    Signal::derive(move || {
        let next = next_statuses_of(incident, is_open);
        choices(&next, locale, IncidentStatus::as_str, words::incident_status)
    })
}

/// Reactive.
fn next_statuses_of(incident: Memo<Incident>, is_open: bool) -> Vec<IncidentStatus> {
    let now = incident.with(|incident| incident.status);
    let may_be = |next: &IncidentStatus| now.may_become(*next) && (is_open || next.is_open());
    IncidentStatus::ALL.iter().copied().filter(may_be).collect()
}

/// Components whose status differs from what the incident says so far.
fn changed(before: &Incident, effects: &[ComponentEffect]) -> Vec<ComponentEffect> {
    let known = effects_of(before);
    let changed = effects.iter().filter(|effect| !known.contains(effect)).cloned();
    changed.collect()
}

/// How many people the next step reaches.
#[component]
fn Heard(incident: Memo<Incident>, notify: RwSignal<bool>) -> impl IntoView {
    let locale = use_locale();
    let page = incident.with_untracked(|incident| incident.page_id);
    let count = count_recipients(Some(page), Signal::derive(move || incident.with(effects_of)));
    let is_quiet = move || {
        let is_hidden =
            incident.with(|incident| incident.is_draft || incident.visibility != shared::incident::Visibility::Public);
        is_hidden || !notify.get()
    };
    let text = move || match (is_quiet(), count.get()) {
        (true, _) => composer::nobody_hears(locale).to_owned(),
        (false, Some(count)) => recipients(locale, count),
        (false, None) => common::loading(locale).to_owned(),
    };
    view! { <p class="recipients" role="status">{text}</p> }
}
