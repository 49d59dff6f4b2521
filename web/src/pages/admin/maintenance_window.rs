//! When a maintenance is: two moments on the clock of the page, and the boxes that move them.

use leptos::prelude::*;
use shared::maintenance::{Maintenance, MaintenancePatch};
use shared::problem::FieldCode;
use shared::time::{hours, minutes};
use shared::{Check, Timestamp, Validate};

use super::maintenance::Fetched;
use crate::api::use_api;
use crate::i18n::t::admin::{common, maintenance as words};
use crate::i18n::use_locale;
use crate::time::use_clock;
use crate::ui::field::TextField;
use crate::ui::form::{Form, FormErrors, SubmitButton};
use crate::ui::toast::use_toasts;

/// How long work takes until somebody says otherwise.
const USUAL_LENGTH: std::time::Duration = hours(1);

/// What stands in both fields, as the browser's own field for moments writes it.
#[derive(Clone, Copy)]
pub struct Window {
    pub starts_at: RwSignal<String>,
    pub ends_at: RwSignal<String>,
}

impl Window {
    pub fn new(starts_at: String, ends_at: String) -> Self {
        Self {
            starts_at: RwSignal::new(starts_at),
            ends_at: RwSignal::new(ends_at),
        }
    }
}

/// Both fields. Whoever moves the beginning moves the end with it.
#[component]
pub fn WindowFields(form: Form, window: Window) -> impl IntoView {
    let locale = use_locale();
    let clock = use_clock();
    let name = clock.zone_label(crate::state::time::now());
    let zone = clock.zone;
    Effect::new(move |before: Option<Option<Timestamp>>| {
        let now = zone.read(&window.starts_at.get());
        if let (Some(before), Some(now)) = (before, now) {
            let end = zone.read(&window.ends_at.get_untracked());
            let length = before.zip(end).map(|(start, end)| end.since(start));
            if before != Some(now) && (end.is_none() || length.is_some()) {
                window.ends_at.set(zone.write(now + length.unwrap_or(USUAL_LENGTH)));
            }
        }
        now
    });
    view! {
        <div class="window">
            <TextField form name="starts_at" kind="datetime-local" label=words::starts(locale) value=window.starts_at is_required=true/>
            <TextField form name="ends_at" kind="datetime-local" label=words::ends(locale) value=window.ends_at is_required=true/>
        </div>
        <p class="hint">{words::zone(locale, name)}</p>
    }
}

/// A change of the window before it is known to be one.
struct Move {
    /// Absent where the beginning stays.
    starts_at: Option<Option<Timestamp>>,
    ends_at: Option<Timestamp>,
}

impl Move {
    fn patch(&self) -> MaintenancePatch {
        MaintenancePatch {
            starts_at: self.starts_at.flatten(),
            ends_at: self.ends_at,
            ..MaintenancePatch::nothing()
        }
    }
}

impl Validate for Move {
    fn check(&self, check: &mut Check) {
        moment(check, "starts_at", self.starts_at.unwrap_or(self.ends_at));
        moment(check, "ends_at", self.ends_at);
        self.patch().check(check);
    }
}

/// A field for a moment was filled in, and with one that exists.
pub fn moment(check: &mut Check, field: &str, value: Option<Timestamp>) {
    check.ensure(value.is_some(), field, FieldCode::Required, "is missing");
}

/// Moves one that is to come, both ends of it.
#[component]
pub fn MoveForm(maintenance: Memo<Maintenance>, fetched: Fetched, open: RwSignal<bool>) -> impl IntoView {
    let locale = use_locale();
    let zone = use_clock().zone;
    let form = Form::new();
    let before = maintenance.get_untracked();
    let window = Window::new(zone.write(before.starts_at), zone.write(before.ends_at));
    let send = sender(form, before.id, fetched, open);
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        send(Move {
            starts_at: Some(zone.read(&window.starts_at.get_untracked())),
            ends_at: zone.read(&window.ends_at.get_untracked()),
        });
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            {before.recurrence.is_some().then(|| view! { <p>{words::move_text(locale)}</p> })}
            <WindowFields form window/>
            <FormErrors form/>
            <div class="form-actions"><SubmitButton form label=words::move_one(locale).to_owned()/></div>
        </form>
    }
}

/// Moves the end of one that runs.
#[component]
pub fn ExtendForm(maintenance: Memo<Maintenance>, fetched: Fetched, open: RwSignal<bool>) -> impl IntoView {
    let locale = use_locale();
    let clock = use_clock();
    let name = clock.zone_label(crate::state::time::now());
    let zone = clock.zone;
    let form = Form::new();
    let before = maintenance.get_untracked();
    let ends_at = RwSignal::new(zone.write(before.ends_at));
    let send = sender(form, before.id, fetched, open);
    let own_zone = StoredValue::new(zone.clone());
    let later = move |span: std::time::Duration| {
        own_zone.with_value(|zone| {
            let end = zone.read(&ends_at.get_untracked()).unwrap_or(before.ends_at);
            ends_at.set(zone.write(end + span));
        });
    };
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let ends_at = zone.read(&ends_at.get_untracked());
        send(Move {
            starts_at: None,
            ends_at,
        });
    };
    let steps = [
        (minutes(30), words::half_hour_more(locale)),
        (hours(1), words::hour_more(locale)),
        (hours(2), words::two_hours_more(locale)),
    ];
    let steps = steps.map(|(span, text)| {
        view! { <button type="button" class="button" on:click=move |_| later(span)>{text}</button> }
    });
    view! {
        <form class="form" novalidate on:submit=submit>
            <TextField form name="ends_at" kind="datetime-local" label=words::ends(locale) hint=words::zone(locale, name) value=ends_at is_required=true/>
            <div class="form-actions">{steps.into_iter().collect_view()}</div>
            <FormErrors form/>
            <div class="form-actions"><SubmitButton form label=common::save(locale).to_owned()/></div>
        </form>
    }
}

/// Sends a change of the window and shows what came of it.
fn sender(form: Form, id: shared::MaintenanceId, fetched: Fetched, open: RwSignal<bool>) -> impl Fn(Move) + Clone {
    let locale = use_locale();
    let api = use_api();
    let toasts = use_toasts();
    let etag = untrack(|| fetched.get()).and_then(|found| found.etag);
    move |change: Move| {
        let etag = etag.clone();
        let send = move |change: Move, _| async move { api.update_maintenance(id, &change.patch(), etag).await };
        form.submit(change, send, move |found| {
            open.set(false);
            toasts.say(words::moved(locale));
            fetched.put(found);
        });
    }
}
