//! Changing a maintenance: what it says, what it touches, how it behaves and how it comes again. Its window moves on its own
//! (`maintenance_window`), and its timeline is never changed.

use leptos::prelude::*;
use shared::incident::ComponentEffect;
use shared::maintenance::{Maintenance, MaintenancePatch, MaintenanceStatus};
use shared::{Patch, Timestamp};

use super::incident_form::MessageField;
use super::maintenance::Fetched;
use super::maintenance_form::{OptionFields, Options};
use super::maintenance_steps::effects_of;
use super::picker::EffectPicker;
use super::recurrence::{Picked, RecurrenceField};
use crate::api::use_api;
use crate::i18n::t::admin::{common, maintenance as words};
use crate::i18n::use_locale;
use crate::state::page::use_pages;
use crate::time::{Clock, use_clock};
use crate::ui::field::TextField;
use crate::ui::form::{Form, FormErrors, SubmitButton};
use crate::ui::toast::use_toasts;

/// What is being typed.
#[derive(Clone, Copy)]
struct Fields {
    title: RwSignal<String>,
    message: RwSignal<String>,
    components: RwSignal<Vec<ComponentEffect>>,
    options: Options,
    picked: Picked,
}

impl Fields {
    fn of(before: &Maintenance) -> Self {
        Self {
            title: RwSignal::new(before.title.clone()),
            message: RwSignal::new(before.message.clone()),
            components: RwSignal::new(effects_of(before)),
            options: Options::of(before),
            picked: Picked::of_rule(before.recurrence.as_deref()),
        }
    }

    /// What differs, as far as it may. Reactive.
    fn patch(self, before: &Maintenance, clock: &Clock, time_zone: &str) -> MaintenancePatch {
        let rule = self.picked.rule(Some(clock.day_of(before.starts_at)));
        let changes_rule = rule != before.recurrence && before.status == MaintenanceStatus::Scheduled;
        let zone = (changes_rule && rule.is_some()).then(|| time_zone.to_owned());
        let reminder = self.options.reminder_minutes();
        MaintenancePatch {
            title: Some(self.title.get()),
            message: Some(self.message.get()),
            components: (!before.status.is_over()).then(|| self.components.get()),
            starts_by_itself: Some(self.options.starts_by_itself.get()),
            ends_by_itself: Some(self.options.ends_by_itself.get()),
            is_quiet: Some(self.options.is_quiet.get()),
            // Said again, it would be sent again.
            reminder_minutes: match reminder == before.reminder_minutes {
                true => Patch::Keep,
                false => reminder.into(),
            },
            recurrence: if changes_rule { rule.into() } else { Patch::Keep },
            recurrence_time_zone: zone,
            ..MaintenancePatch::nothing()
        }
    }
}

/// The form, for a dialog.
#[component]
pub fn EditForm(maintenance: Memo<Maintenance>, fetched: Fetched, open: RwSignal<bool>) -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let toasts = use_toasts();
    let pages = use_pages();
    let clock = use_clock();
    let form = Form::new();
    let before = maintenance.get_untracked();
    let (status, first) = (before.status, before.starts_at);
    let page_zone = move || untrack(|| pages.current()).map(|page| page.time_zone);
    let time_zone = before
        .recurrence_time_zone
        .clone()
        .or_else(page_zone)
        .unwrap_or_default();
    let fields = Fields::of(&before);
    let etag = untrack(|| fetched.get()).and_then(|found| found.etag);
    let sent_zone = time_zone.clone();
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let input = untrack(|| fields.patch(&before, &clock, &sent_zone));
        let (etag, id) = (etag.clone(), before.id);
        let send = move |input: MaintenancePatch, _| async move { api.update_maintenance(id, &input, etag).await };
        form.submit(input, send, move |found| {
            open.set(false);
            toasts.say(common::saved(locale));
            fetched.put(found);
        });
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            <TextField form name="title" label=words::title(locale) value=fields.title is_required=true/>
            <MessageField form value=fields.message hint=words::message_hint(locale).to_owned()/>
            <LiveFields form fields status first time_zone/>
            <FormErrors form/>
            <div class="form-actions"><SubmitButton form label=common::save(locale).to_owned()/></div>
        </form>
    }
}

/// What can be changed only before it is over, or only before it has begun.
#[component]
fn LiveFields(
    form: Form,
    fields: Fields,
    status: MaintenanceStatus,
    /// When it begins.
    first: Timestamp,
    time_zone: String,
) -> impl IntoView {
    let open = (!status.is_over()).then(|| {
        view! {
            <EffectPicker form effects=fields.components is_planned=true/>
            <OptionFields form options=fields.options/>
        }
    });
    let to_come = (status == MaintenanceStatus::Scheduled).then(|| {
        view! { <RecurrenceField form picked=fields.picked first=Signal::stored(Some(first)) time_zone/> }
    });
    (open, to_come)
}
