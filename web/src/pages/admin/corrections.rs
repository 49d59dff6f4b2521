//! How a component really was: what is put right about its past, beside what was put right before.

use leptos::prelude::*;
use leptos_router::components::A;
use shared::component::ComponentStatus;
use shared::uptime::{NewStatusCorrection, StatusCorrection};
use shared::{Check, ComponentId, Timestamp, Validate};

use super::component_dialogs::{name_of, open_while};
use super::component_tree::Key;
use super::components::{Board, Doing};
use super::maintenance_window::moment;
use super::parts::{ComponentBadge, Moment, choices};
use crate::api::{SubmitKey, use_api};
use crate::components::words::component_status;
use crate::i18n::t::admin::{corrections as words, deliveries, maintenance};
use crate::i18n::use_locale;
use crate::routes::admin as href;
use crate::state::page::use_pages;
use crate::time::{Clock, use_clock};
use crate::ui::dialog::Dialog;
use crate::ui::field::{SelectField, TextField};
use crate::ui::form::{Form, FormErrors, SubmitButton};
use crate::ui::load::{load, loaded};
use crate::ui::toast::use_toasts;

/// The box, opened from the menu of a component's row.
#[component]
pub fn CorrectionsDialog(board: Board) -> impl IntoView {
    let locale = use_locale();
    let pages = use_pages();
    let open = open_while(board, |doing| matches!(doing, Doing::Correct(_)));
    let subject = move || match board.doing.get() {
        Doing::Correct(id) => Some(id),
        _ => None,
    };
    let title = Signal::derive(move || words::title(locale, name_of(board, subject().map(Key::Component))));
    let content = move || {
        provide_context(untrack(|| pages.clock_of(locale, pages.current_id())));
        untrack(subject).map(|id| view! { <CorrectionForm id board/><Earlier id/> })
    };
    view! { <Dialog open title>{content()}</Dialog> }
}

/// What is typed before it is known to be two moments.
struct Finding {
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    status: ComponentStatus,
    reason: String,
}

impl Finding {
    fn input(&self) -> Option<NewStatusCorrection> {
        Some(NewStatusCorrection {
            from: self.from?,
            to: self.to?,
            status: self.status,
            reason: self.reason.clone(),
        })
    }
}

impl Validate for Finding {
    fn check(&self, check: &mut Check) {
        moment(check, "from", self.from);
        moment(check, "to", self.to);
        if let Some(input) = self.input() {
            input.check(check);
        }
    }
}

#[component]
fn CorrectionForm(id: ComponentId, board: Board) -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let toasts = use_toasts();
    let clock = use_clock();
    let zone_name = clock.zone_label(crate::state::time::now());
    let zone = clock.zone;
    let form = Form::new();
    let (from, to) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let status = RwSignal::new(ComponentStatus::MajorOutage.as_str().to_owned());
    let reason = RwSignal::new(String::new());
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let finding = Finding {
            from: zone.read(&from.get_untracked()),
            to: zone.read(&to.get_untracked()),
            status: ComponentStatus::from_word(&status.get_untracked()).unwrap_or(ComponentStatus::MajorOutage),
            reason: reason.get_untracked(),
        };
        let send = move |finding: Finding, key: SubmitKey| async move {
            match finding.input() {
                Some(input) => api.create_status_correction(id, &input, &key).await.map(drop),
                // The check has refused it before.
                None => Ok(()),
            }
        };
        form.submit(finding, send, move |()| {
            board.doing.set(Doing::Nothing);
            toasts.say(words::saved(locale));
        });
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            <p>{words::text(locale)}</p>
            <div class="window">
                <TextField form name="from" kind="datetime-local" label=words::from(locale) value=from is_required=true/>
                <TextField form name="to" kind="datetime-local" label=words::to(locale) value=to is_required=true/>
            </div>
            <p class="hint">{maintenance::zone(locale, zone_name)}</p>
            <SelectField form name="status" label=words::status(locale) value=status
                options=choices(ComponentStatus::ALL, locale, ComponentStatus::as_str, component_status)/>
            <TextField form name="reason" label=words::reason(locale) hint=words::reason_hint(locale) value=reason is_required=true/>
            <FormErrors form/>
            <div class="form-actions"><SubmitButton form label=words::save(locale).to_owned()/></div>
        </form>
    }
}

/// What was put right before, the newest first.
#[component]
fn Earlier(id: ComponentId) -> impl IntoView {
    let locale = use_locale();
    let clock = StoredValue::new(use_clock());
    let api = use_api();
    let list = load(move || api.list_status_corrections(id));
    let lines = move |list: RwSignal<Vec<StatusCorrection>>| {
        let lines = list.get_untracked();
        if lines.is_empty() {
            return view! { <p class="hint">{words::none(locale)}</p> }.into_any();
        }
        let line = |correction| clock.with_value(|clock| view! { <Line correction clock=clock.clone()/> });
        view! { <ul class="lines">{lines.into_iter().map(line).collect_view()}</ul> }.into_any()
    };
    view! {
        <section class="section">
            <h3>{words::earlier(locale)}</h3>
            {loaded(list, lines)}
        </section>
    }
}

#[component]
fn Line(correction: StatusCorrection, clock: Clock) -> impl IntoView {
    let locale = use_locale();
    let at_least = correction.is_at_least.then(|| words::at_least(locale));
    let incident = correction.incident_id.map(|id| {
        view! { " · "<A href=href::incident(id)>{deliveries::incident(locale)}</A> }
    });
    view! {
        <li class="line">
            <div class="line-main">
                {clock.span(correction.from, correction.to)}
                <p class="line-more">{correction.reason}</p>
                <p class="line-more">{correction.author.map(|name| [&name, " · "].concat())}<Moment at=correction.created_at/>{incident}</p>
            </div>
            <div class="line-side"><ComponentBadge status=correction.status/>{at_least}</div>
        </li>
    }
}
