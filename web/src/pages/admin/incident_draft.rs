//! A draft of an incident: it says that it is one, and how it stops being one.

use leptos::prelude::*;
use shared::access::Permission;
use shared::incident::{Incident, IncidentPatch};
use shared::problem::FieldCode;
use shared::{Check, Patch, Validate};

use super::incident::Fetched;
use super::incident_form::{count_recipients, recipients};
use super::incident_update::effects_of;
use super::parts::Moment;
use crate::api::use_api;
use crate::i18n::t::admin::{common, composer, incidents, when};
use crate::i18n::use_locale;
use crate::state::page::use_pages;
use crate::ui::dialog::Dialog;
use crate::ui::field::{CheckField, SelectField, TextField};
use crate::ui::form::{Form, FormErrors, SubmitButton};
use crate::ui::toast::use_toasts;

/// What a draft is, and what can be done with it.
#[component]
pub fn DraftNotice(incident: Memo<Incident>, fetched: Fetched) -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let is_publishing = RwSignal::new(false);
    let publish_at = Memo::new(move |_| incident.with(|incident| incident.publish_at));
    let text = move || match publish_at.get() {
        Some(at) => view! { {incidents::scheduled_text(locale)}" "<strong><Moment at/></strong> }.into_any(),
        None => incidents::draft_text(locale).into_any(),
    };
    view! {
        <Show when=move || incident.with(|incident| incident.is_draft && incident.merged_into.is_none())>
            <div class="notice notice-warn">
                <p>{text}</p>
                <Show when=move || api.may(Permission::ManageIncidents)>
                    <Show when=move || publish_at.get().is_some()><Unschedule incident fetched/></Show>
                    <button type="button" class="button button-primary" on:click=move |_| is_publishing.set(true)>
                        {incidents::publish(locale)}
                    </button>
                </Show>
            </div>
            <Dialog open=is_publishing title=incidents::publish(locale)>
                <PublishForm incident fetched open=is_publishing/>
            </Dialog>
        </Show>
    }
}

#[component]
fn Unschedule(incident: Memo<Incident>, fetched: Fetched) -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let toasts = use_toasts();
    let act = move |_| {
        let id = incident.with_untracked(|incident| incident.id);
        let patch = IncidentPatch {
            publish_at: Patch::Clear,
            ..IncidentPatch::nothing()
        };
        let change = async move { api.update_incident(id, &patch, None).await };
        toasts.attempt(locale, change, move |_| {
            toasts.say(incidents::unscheduled(locale));
            fetched.reload();
        });
    };
    view! { <button type="button" class="button" on:click=act>{incidents::unschedule(locale)}</button> }
}

/// A change that publishes, at once or at a time, which has to be given then.
struct Publishing {
    patch: IncidentPatch,
    lacks_time: bool,
}

impl Validate for Publishing {
    fn check(&self, check: &mut Check) {
        check.ensure(!self.lacks_time, "publish_at", FieldCode::Required, "is empty");
    }
}

#[component]
fn PublishForm(incident: Memo<Incident>, fetched: Fetched, open: RwSignal<bool>) -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let toasts = use_toasts();
    let form = Form::new();
    let before = incident.get_untracked();
    let clock = use_pages().clock_of(locale, Some(before.page_id));
    let zone_name = clock.zone_label(crate::state::time::now());
    let typed_at = before.publish_at.map(|at| clock.zone.write(at));
    let is_later = RwSignal::new(typed_at.is_some().to_string());
    let publish_at = RwSignal::new(typed_at.unwrap_or_default());
    let notify = RwSignal::new(before.notify_on_publish);
    let options = vec![
        (false.to_string(), incidents::publish_now(locale).to_owned()),
        (true.to_string(), incidents::publish_later(locale).to_owned()),
    ];
    let waits = Memo::new(move |_| is_later.with(|word| *word == true.to_string()));
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let (waits, notify) = (waits.get_untracked(), Some(notify.get_untracked()));
        let at = clock.zone.read(&publish_at.get_untracked()).filter(|_| waits);
        let patch = IncidentPatch {
            is_draft: (!waits).then_some(false),
            publish_at: at.map_or(Patch::Keep, Patch::Set),
            notify,
            ..IncidentPatch::nothing()
        };
        let etag = untrack(|| fetched.get()).and_then(|found| found.etag);
        let publishing = Publishing {
            patch,
            lacks_time: waits && at.is_none(),
        };
        let send = move |input: Publishing, _| async move { api.update_incident(before.id, &input.patch, etag).await };
        form.submit(publishing, send, move |_| {
            open.set(false);
            toasts.say(if waits {
                incidents::scheduled_done(locale)
            } else {
                composer::published(locale)
            });
            fetched.reload();
        });
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            <p>{incidents::publish_text(locale)}</p>
            <SelectField form name="when" label=incidents::publish_when(locale) value=is_later options/>
            <Show when=move || waits.get()>
                <TextField form name="publish_at" kind="datetime-local" label=when::publish_at(locale)
                    hint=when::zone(locale, zone_name.clone()) value=publish_at is_required=true/>
            </Show>
            <CheckField form name="notify" label=composer::notify(locale) value=notify/>
            <Heard incident notify/>
            <FormErrors form/>
            <div class="form-actions"><SubmitButton form label=composer::publish(locale).to_owned()/></div>
        </form>
    }
}

/// How many people publishing reaches now.
#[component]
fn Heard(incident: Memo<Incident>, notify: RwSignal<bool>) -> impl IntoView {
    let locale = use_locale();
    let count = count_recipients(
        Some(incident.with_untracked(|incident| incident.page_id)),
        Signal::derive(move || incident.with(effects_of)),
    );
    let heard = move || match (notify.get(), count.get()) {
        (false, _) => composer::nobody_hears(locale).to_owned(),
        (true, Some(count)) => recipients(locale, count),
        (true, None) => common::loading(locale).to_owned(),
    };
    view! { <p class="recipients" role="status">{heard}</p> }
}
