//! Planning: what is worked on, when, how often, and who hears of it.

use leptos::prelude::*;
use leptos_router::hooks::use_navigate;
use serde::{Deserialize, Serialize};
use shared::incident::ComponentEffect;
use shared::maintenance::{Maintenance, NewMaintenance};
use shared::template::{RenderedTemplate, TemplateKind};
use shared::{Check, PageId, Timestamp, Validate};

use super::incident_form::{MessageField, count_recipients, recipients};
use super::maintenance_window::{Window, WindowFields, moment};
use super::parts::ScreenHead;
use super::picker::EffectPicker;
use super::recurrence::{Picked, RecurrenceField};
use super::template_start::{StartFromTemplate, merged};
use crate::api::use_api;
use crate::i18n::t::admin::{common, composer, maintenance as words};
use crate::i18n::{Locale, use_locale};
use crate::routes::admin as href;
use crate::state::draft;
use crate::state::page::use_pages;
use crate::time::{Clock, use_clock};
use crate::ui::field::{CheckField, SelectField, TextField};
use crate::ui::form::{Form, FormErrors, SubmitButton};
use crate::ui::toast::use_toasts;

const DRAFT: &str = "maintenance.new";
/// How long before the beginning people are commonly reminded.
const REMINDERS: [u32; 5] = [30, 60, 24 * 60, 2 * 24 * 60, 7 * 24 * 60];

/// What was typed, as it survives a reload.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Typed {
    page: Option<PageId>,
    title: String,
    message: String,
    components: Vec<ComponentEffect>,
    starts_at: String,
    ends_at: String,
    recurrence: Option<String>,
    options: TypedOptions,
    notify: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct TypedOptions {
    reminder: String,
    is_quiet: bool,
    starts_by_itself: bool,
    ends_by_itself: bool,
}

/// What is being typed.
#[derive(Clone, Copy)]
struct Fields {
    title: RwSignal<String>,
    message: RwSignal<String>,
    components: RwSignal<Vec<ComponentEffect>>,
    window: Window,
    recurrence: Picked,
    options: Options,
    notify: RwSignal<bool>,
}

/// How it behaves, which can be changed until it is over.
#[derive(Clone, Copy)]
pub struct Options {
    reminder: RwSignal<String>,
    pub is_quiet: RwSignal<bool>,
    pub starts_by_itself: RwSignal<bool>,
    pub ends_by_itself: RwSignal<bool>,
}

impl Options {
    fn new(typed: &TypedOptions) -> Self {
        Self {
            reminder: RwSignal::new(typed.reminder.clone()),
            is_quiet: RwSignal::new(typed.is_quiet),
            starts_by_itself: RwSignal::new(typed.starts_by_itself),
            ends_by_itself: RwSignal::new(typed.ends_by_itself),
        }
    }

    /// As a maintenance has them.
    pub fn of(maintenance: &Maintenance) -> Self {
        Self::new(&TypedOptions {
            reminder: maintenance.reminder_minutes.map_or_else(String::new, |m| m.to_string()),
            is_quiet: maintenance.is_quiet,
            starts_by_itself: maintenance.starts_by_itself,
            ends_by_itself: maintenance.ends_by_itself,
        })
    }

    /// Reactive.
    fn typed(self) -> TypedOptions {
        TypedOptions {
            reminder: self.reminder.get(),
            is_quiet: self.is_quiet.get(),
            starts_by_itself: self.starts_by_itself.get(),
            ends_by_itself: self.ends_by_itself.get(),
        }
    }

    /// Reactive.
    pub fn reminder_minutes(self) -> Option<u32> {
        self.reminder.with(|text| text.parse().ok())
    }
}

impl Typed {
    fn empty(page: Option<PageId>) -> Self {
        Self {
            page,
            title: String::new(),
            message: String::new(),
            components: Vec::new(),
            starts_at: String::new(),
            ends_at: String::new(),
            recurrence: None,
            options: TypedOptions {
                reminder: String::new(),
                is_quiet: false,
                starts_by_itself: true,
                ends_by_itself: true,
            },
            notify: true,
        }
    }

    fn is_empty(&self) -> bool {
        self.title.is_empty() && self.message.is_empty() && self.components.is_empty() && self.starts_at.is_empty()
    }
}

impl Fields {
    fn new(typed: Typed) -> Self {
        Self {
            title: RwSignal::new(typed.title),
            message: RwSignal::new(typed.message),
            components: RwSignal::new(typed.components),
            window: Window::new(typed.starts_at, typed.ends_at),
            recurrence: Picked::of_rule(typed.recurrence.as_deref()),
            options: Options::new(&typed.options),
            notify: RwSignal::new(typed.notify),
        }
    }

    /// Reactive.
    fn typed(self, page: Option<PageId>, clock: &Clock) -> Typed {
        let starts_at = self.window.starts_at.get();
        let first = clock.zone.read(&starts_at).map(|first| clock.day_of(first));
        Typed {
            page,
            title: self.title.get(),
            message: self.message.get(),
            components: self.components.get(),
            starts_at,
            ends_at: self.window.ends_at.get(),
            recurrence: self.recurrence.rule(first),
            options: self.options.typed(),
            notify: self.notify.get(),
        }
    }
}

impl Fields {
    /// What a template says, in place of what was typed; its components besides those that were picked.
    fn take(self, written: RenderedTemplate) {
        self.title.set(written.title.unwrap_or_default());
        self.message.set(written.message);
        self.components
            .update(|effects| *effects = merged(std::mem::take(effects), written.components));
    }
}

/// What is to be sent once both moments are there.
struct Plan {
    starts_at: Option<Timestamp>,
    ends_at: Option<Timestamp>,
    input: NewMaintenance,
}

impl Plan {
    fn new(typed: Typed, clock: &Clock, time_zone: String) -> Self {
        let (starts_at, ends_at) = (clock.zone.read(&typed.starts_at), clock.zone.read(&typed.ends_at));
        let recurrence_time_zone = typed.recurrence.is_some().then_some(time_zone);
        let input = NewMaintenance {
            page_id: typed.page,
            title: typed.title,
            message: typed.message,
            components: typed.components,
            // Where one is missing, that is what is wrong, and not the order of the two.
            starts_at: starts_at.unwrap_or(Timestamp::from_millis(i64::MIN)),
            ends_at: ends_at.unwrap_or(Timestamp::from_millis(i64::MAX)),
            starts_by_itself: Some(typed.options.starts_by_itself),
            ends_by_itself: Some(typed.options.ends_by_itself),
            is_quiet: Some(typed.options.is_quiet),
            reminder_minutes: typed.options.reminder.parse().ok(),
            recurrence: typed.recurrence,
            recurrence_time_zone,
            notify: Some(typed.notify),
        };
        Self {
            starts_at,
            ends_at,
            input,
        }
    }
}

impl Validate for Plan {
    fn check(&self, check: &mut Check) {
        moment(check, "starts_at", self.starts_at);
        moment(check, "ends_at", self.ends_at);
        self.input.check(check);
    }
}

#[component]
pub fn PlanMaintenanceScreen() -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let pages = use_pages();
    let toasts = use_toasts();
    let navigate = use_navigate();
    let page = untrack(|| pages.current_id());
    let clock = untrack(|| pages.clock_of(locale, page));
    let time_zone = untrack(|| pages.current())
        .map(|page| page.time_zone)
        .unwrap_or_default();
    provide_context(clock.clone());
    let form = Form::new();
    // Component ids of another page would mean nothing here.
    let kept = draft::recall::<Typed>(DRAFT).filter(|typed| typed.page == page);
    let was_kept = RwSignal::new(kept.is_some());
    let fields = RwSignal::new(Fields::new(kept.unwrap_or_else(|| Typed::empty(page))));
    let is_sent = RwSignal::new(false);
    let typed = {
        let clock = clock.clone();
        move || fields.get().typed(page, &clock)
    };
    let kept_typed = typed.clone();
    draft::keep(DRAFT, move || {
        let typed = kept_typed();
        (!typed.is_empty() && !is_sent.get()).then_some(typed)
    });
    let sent_zone = time_zone.clone();
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let navigate = navigate.clone();
        let plan = Plan::new(untrack(&typed), &clock, sent_zone.clone());
        let send = move |plan: Plan, key| async move { api.schedule_maintenance(&plan.input, &key).await };
        form.submit(plan, send, move |maintenance: Maintenance| {
            is_sent.set(true);
            draft::forget(DRAFT);
            toasts.say(words::planned(locale));
            navigate(&href::maintenance(maintenance.id), Default::default());
        });
    };
    let start_over = move |_| {
        fields.set(Fields::new(Typed::empty(page)));
        was_kept.set(false);
    };
    view! {
        <ScreenHead title=words::plan(locale)>
            <StartFromTemplate kind=TemplateKind::Maintenance on_written=move |written| fields.get_untracked().take(written)/>
        </ScreenHead>
        <Show when=move || was_kept.get()>
            <div class="notice">
                <p>{composer::draft_restored(locale)}</p>
                <button type="button" class="button" on:click=start_over>{composer::start_over(locale)}</button>
            </div>
        </Show>
        <form class="form composer" novalidate on:submit=submit>
            {move || view! { <PlanFields form fields=fields.get() page time_zone=time_zone.clone()/> }}
        </form>
    }
}

#[component]
fn PlanFields(form: Form, fields: Fields, page: Option<PageId>, time_zone: String) -> impl IntoView {
    let locale = use_locale();
    let zone = use_clock().zone;
    let first = Signal::derive(move || zone.read(&fields.window.starts_at.get()));
    view! {
        <div class="composer-main">
            <TextField form name="title" label=words::title(locale) hint=words::title_hint(locale) value=fields.title is_required=true/>
            <WindowFields form window=fields.window/>
            <RecurrenceField form picked=fields.recurrence first time_zone/>
            <MessageField form value=fields.message hint=words::message_hint(locale).to_owned()/>
            <EffectPicker form effects=fields.components is_planned=true/>
        </div>
        <div class="composer-side">
            <OptionFields form options=fields.options/>
            <NotifyField form notify=fields.notify page effects=Signal::derive(move || fields.components.get())/>
            <FormErrors form/>
            <div class="form-actions"><SubmitButton form label=words::plan(locale).to_owned()/></div>
            <p class="hint">{composer::kept_as_you_type(locale)}</p>
        </div>
    }
}

/// How it behaves: by itself or by hand, when people are reminded, whether its components stay silent.
#[component]
pub fn OptionFields(form: Form, options: Options) -> impl IntoView {
    let locale = use_locale();
    let own = untrack(|| options.reminder_minutes());
    view! {
        <SelectField form name="reminder_minutes" label=words::reminder(locale) value=options.reminder options=reminders(locale, own)/>
        <CheckField form name="starts_by_itself" label=words::starts_by_itself(locale) value=options.starts_by_itself/>
        <CheckField form name="ends_by_itself" label=words::ends_by_itself(locale) hint=words::ends_by_itself_hint(locale) value=options.ends_by_itself/>
        <CheckField form name="is_quiet" label=words::quiet(locale) hint=words::quiet_hint(locale) value=options.is_quiet/>
    }
}

/// None, the usual ones, and the one it has.
fn reminders(locale: Locale, own: Option<u32>) -> Vec<(String, String)> {
    let mut all = REMINDERS.to_vec();
    all.extend(own);
    all.sort_unstable();
    all.dedup();
    let one = |minutes: u32| {
        (
            minutes.to_string(),
            words::reminder_before(locale, span(locale, minutes)),
        )
    };
    let none = (String::new(), words::no_reminder(locale).to_owned());
    std::iter::once(none).chain(all.into_iter().map(one)).collect()
}

/// "2 days", "30 min"
pub fn span(locale: Locale, minutes: u32) -> String {
    Clock::of_page(locale, "UTC", crate::state::time::now()).duration(shared::time::minutes(minutes.into()))
}

/// Whether subscribers are told, and how many that are.
#[component]
pub fn NotifyField(
    form: Form,
    notify: RwSignal<bool>,
    page: Option<PageId>,
    effects: Signal<Vec<ComponentEffect>>,
) -> impl IntoView {
    let locale = use_locale();
    let count = count_recipients(page, effects);
    let text = move || match (notify.get(), count.get()) {
        (false, _) => composer::nobody_hears(locale).to_owned(),
        (true, Some(count)) => recipients(locale, count),
        (true, None) => common::loading(locale).to_owned(),
    };
    view! {
        <CheckField form name="notify" label=composer::notify(locale) hint=composer::notify_hint(locale) value=notify/>
        <p class="recipients" role="status">{text}</p>
    }
}
