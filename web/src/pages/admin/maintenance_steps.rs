//! What can be done about a maintenance next: begin, look, end, call off, or say how it goes.

use std::future::Future;
use std::pin::Pin;

use leptos::prelude::*;
use shared::incident::ComponentEffect;
use shared::maintenance::{
    AdvanceMaintenance, CancelMaintenance, Maintenance, MaintenanceStatus, NewMaintenanceUpdate,
};
use shared::template::{RenderedTemplate, TemplateKind};
use shared::{Check, MaintenanceId, Validate};

use super::incident_form::MessageField;
use super::maintenance::Fetched;
use super::maintenance_form::NotifyField;
use super::maintenance_window::{ExtendForm, MoveForm};
use super::parts::{Section, filled};
use super::template_start::StartFromTemplate;
use crate::api::{Api, ApiResult, SubmitKey, Versioned, use_api};
use crate::i18n::t::admin::{maintenance as words, updates};
use crate::i18n::{Locale, use_locale};
use crate::state::draft;
use crate::ui::dialog::Dialog;
use crate::ui::form::{Form, FormErrors, SubmitButton};
use crate::ui::toast::use_toasts;

/// A way on from where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Start,
    Resume,
    Verify,
    Complete,
    Skip,
    Cancel,
    CancelSeries,
}

impl Step {
    /// The ways on, the usual one first.
    const fn from(status: MaintenanceStatus, comes_again: bool) -> &'static [Self] {
        match (status, comes_again) {
            (MaintenanceStatus::Scheduled, false) => &[Self::Start, Self::Cancel],
            (MaintenanceStatus::Scheduled, true) => &[Self::Start, Self::Skip, Self::CancelSeries],
            (MaintenanceStatus::InProgress, _) => &[Self::Complete, Self::Verify, Self::Cancel],
            (MaintenanceStatus::Verifying, _) => &[Self::Complete, Self::Resume, Self::Cancel],
            (MaintenanceStatus::Completed | MaintenanceStatus::Cancelled, _) => &[],
        }
    }

    fn name(self, locale: Locale) -> &'static str {
        match self {
            Self::Start => words::start(locale),
            Self::Resume => words::resume(locale),
            Self::Verify => words::verify(locale),
            Self::Complete => words::complete(locale),
            Self::Skip => words::skip(locale),
            Self::Cancel => words::cancel(locale),
            Self::CancelSeries => words::cancel_series(locale),
        }
    }

    /// What will happen.
    fn consequence(self, locale: Locale) -> &'static str {
        match self {
            Self::Start => words::start_text(locale),
            Self::Resume => words::resume_text(locale),
            Self::Verify => words::verify_text(locale),
            Self::Complete => words::complete_text(locale),
            Self::Skip => words::skip_text(locale),
            Self::Cancel => words::cancel_text(locale),
            Self::CancelSeries => words::cancel_series_text(locale),
        }
    }

    const fn class(self) -> &'static str {
        match self {
            Self::Start | Self::Complete => "button button-primary",
            Self::Resume | Self::Verify => "button",
            Self::Skip | Self::Cancel | Self::CancelSeries => "button button-danger-quiet",
        }
    }

    fn with(self, message: Option<String>, notify: bool) -> Taken {
        let notify = Some(notify);
        match self {
            Self::Start | Self::Resume => Taken::Start(AdvanceMaintenance { message, notify }),
            Self::Verify => Taken::Verify(AdvanceMaintenance { message, notify }),
            Self::Complete => Taken::Complete(AdvanceMaintenance { message, notify }),
            Self::Skip | Self::Cancel | Self::CancelSeries => Taken::Cancel(CancelMaintenance {
                message,
                whole_series: Some(self == Self::CancelSeries),
                notify,
            }),
        }
    }
}

/// A step with all that is said about it; each is an operation of its own.
enum Taken {
    Start(AdvanceMaintenance),
    Verify(AdvanceMaintenance),
    Complete(AdvanceMaintenance),
    Cancel(CancelMaintenance),
}

impl Validate for Taken {
    fn check(&self, check: &mut Check) {
        match self {
            Self::Start(input) | Self::Verify(input) | Self::Complete(input) => input.check(check),
            Self::Cancel(input) => input.check(check),
        }
    }
}

impl Taken {
    async fn send(self, api: Api, id: MaintenanceId, key: SubmitKey) -> ApiResult<Maintenance> {
        match self {
            Self::Start(input) => api.start_maintenance(id, &input, &key).await,
            Self::Verify(input) => api.verify_maintenance(id, &input, &key).await,
            Self::Complete(input) => api.complete_maintenance(id, &input, &key).await,
            Self::Cancel(input) => api.cancel_maintenance(id, &input, &key).await,
        }
    }
}

/// The buttons for what comes next, each with a box that says what will happen.
#[component]
pub fn Steps(maintenance: Memo<Maintenance>, fetched: Fetched) -> impl IntoView {
    let locale = use_locale();
    let chosen = RwSignal::new(Step::Start);
    let is_stepping = RwSignal::new(false);
    let is_moving = RwSignal::new(false);
    let state = Memo::new(move |_| maintenance.with(|one| (one.status, one.recurrence.is_some())));
    let button = move |step: &'static Step| {
        let choose = move |_| {
            chosen.set(*step);
            is_stepping.set(true);
        };
        view! { <button type="button" class=step.class() on:click=choose>{step.name(locale)}</button> }
    };
    let buttons = move || {
        let (status, comes_again) = state.get();
        let steps = Step::from(status, comes_again);
        let (usual, others) = steps.split_at(steps.len().min(1));
        view! {
            {usual.iter().map(button).collect_view()}
            <button type="button" class="button" on:click=move |_| is_moving.set(true)>
                {if status.is_running() { words::extend(locale) } else { words::move_one(locale) }}
            </button>
            {others.iter().map(button).collect_view()}
        }
    };
    let title = Signal::derive(move || chosen.get().name(locale).to_owned());
    let is_running = move || state.get().0.is_running();
    let move_title = Signal::derive(move || match is_running() {
        true => words::extend(locale).to_owned(),
        false => words::move_one(locale).to_owned(),
    });
    view! {
        <Show when=move || !state.get().0.is_over()>
            <div class="form-actions steps-next">{buttons}</div>
        </Show>
        <Dialog open=is_stepping title>
            <StepForm maintenance fetched step=chosen.get_untracked() open=is_stepping/>
        </Dialog>
        <Dialog open=is_moving title=move_title>
            {move || match untrack(is_running) {
                true => view! { <ExtendForm maintenance fetched open=is_moving/> }.into_any(),
                false => view! { <MoveForm maintenance fetched open=is_moving/> }.into_any(),
            }}
        </Dialog>
    }
}

#[component]
fn StepForm(maintenance: Memo<Maintenance>, fetched: Fetched, step: Step, open: RwSignal<bool>) -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let toasts = use_toasts();
    let form = Form::new();
    let before = maintenance.get_untracked();
    let id = before.id;
    let message = RwSignal::new(String::new());
    let notify = RwSignal::new(true);
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let taken = step.with(filled(&message.get_untracked()), notify.get_untracked());
        let send = move |taken: Taken, key: SubmitKey| -> Pin<Box<dyn Future<Output = ApiResult<Maintenance>>>> {
            Box::pin(taken.send(api, id, key))
        };
        form.submit(taken, send, move |after| {
            open.set(false);
            toasts.say(updates::posted(locale));
            show(fetched, after);
        });
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            <p>{step.consequence(locale)}</p>
            <MessageField form value=message hint=words::step_message_hint(locale).to_owned() is_required=false/>
            <NotifyField form notify page=Some(before.page_id) effects=effects(maintenance)/>
            <FormErrors form/>
            <div class="form-actions"><SubmitButton form label=step.name(locale).to_owned()/></div>
        </form>
    }
}

/// Says how it goes, without changing anything.
#[component]
pub fn UpdateForm(maintenance: Memo<Maintenance>, fetched: Fetched) -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let toasts = use_toasts();
    let form = Form::new();
    let before = maintenance.get_untracked();
    let id = before.id;
    let name = format!("maintenance.{id}.update");
    let message = RwSignal::new(draft::recall::<String>(&name).unwrap_or_default());
    let notify = RwSignal::new(true);
    draft::keep(name, move || Some(message.get()).filter(|text| !text.is_empty()));
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let input = NewMaintenanceUpdate {
            message: message.get_untracked(),
            notify: Some(notify.get_untracked()),
        };
        let send = move |input: NewMaintenanceUpdate, key: SubmitKey| async move {
            api.create_maintenance_update(id, &input, &key).await
        };
        form.submit(input, send, move |after| {
            message.set(String::new());
            toasts.say(updates::posted(locale));
            show(fetched, after);
        });
    };
    view! {
        <Section title=updates::title(locale)>
            <div class="form-actions">
                <StartFromTemplate
                    kind=TemplateKind::MaintenanceUpdate
                    on_written=move |written: RenderedTemplate| message.set(written.message)
                />
            </div>
            <form class="form" novalidate on:submit=submit>
                <MessageField form value=message hint=words::update_hint(locale).to_owned()/>
                <NotifyField form notify page=Some(before.page_id) effects=effects(maintenance)/>
                <FormErrors form/>
                <div class="form-actions"><SubmitButton form label=updates::post(locale).to_owned()/></div>
            </form>
        </Section>
    }
}

/// What each component has while the work goes on.
pub fn effects_of(maintenance: &Maintenance) -> Vec<ComponentEffect> {
    let parts = maintenance.components.iter();
    parts
        .map(|part| ComponentEffect {
            id: part.id,
            status: part.status,
        })
        .collect()
}

fn effects(maintenance: Memo<Maintenance>) -> Signal<Vec<ComponentEffect>> {
    Signal::derive(move || maintenance.with(effects_of))
}

/// The answer has no version of its own; the next edit reads it.
fn show(fetched: Fetched, after: Maintenance) {
    fetched.put(Versioned {
        item: after,
        etag: None,
    });
    fetched.reload();
}
