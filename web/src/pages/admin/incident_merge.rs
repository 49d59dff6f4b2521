//! An incident that turned out to be another one: which, and what becomes of it.

use leptos::prelude::*;
use leptos_router::components::A;
use shared::IncidentId;
use shared::incident::Incident;
use shared::incident_entry::MergeIncident;
use shared::list::IncidentList;
use shared::problem::FieldCode;
use shared::{Check, Validate};

use super::incident::Fetched;
use crate::api::{IncidentFilter, use_api};
use crate::i18n::t::admin::merging as words;
use crate::i18n::use_locale;
use crate::routes::admin as href;
use crate::ui::field::SelectField;
use crate::ui::form::{Form, FormErrors, SubmitButton};
use crate::ui::load::{load, loaded};
use crate::ui::toast::use_toasts;

/// Open incidents to choose from; whoever wants another one finds it by its own screen.
const CHOICES: u32 = 100;

/// What was chosen, which may be nothing yet.
struct Choice(Option<MergeIncident>);

impl Validate for Choice {
    fn check(&self, check: &mut Check) {
        check.ensure(self.0.is_some(), "into", FieldCode::Required, "is empty");
    }
}

/// Which of the other incidents that are open.
#[component]
pub fn MergeForm(incident: Memo<Incident>, fetched: Fetched, open: RwSignal<bool>) -> impl IntoView {
    let api = use_api();
    let (id, page) = incident.with_untracked(|incident| (incident.id, incident.page_id));
    let others = load(move || {
        let filter = IncidentFilter {
            page: Some(page),
            is_open: Some(true),
            is_draft: Some(false),
            limit: Some(CHOICES),
            ..IncidentFilter::default()
        };
        async move { api.list_incidents(&filter).await }
    });
    loaded(others, move |list| view! { <Choose id list fetched open/> }.into_any())
}

#[component]
fn Choose(id: IncidentId, list: RwSignal<IncidentList>, fetched: Fetched, open: RwSignal<bool>) -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let toasts = use_toasts();
    let form = Form::new();
    let into = RwSignal::new(String::new());
    let options = Signal::derive(move || {
        let mut options = vec![(String::new(), words::choose(locale).to_owned())];
        list.with(|list| {
            let others = list.items.iter().filter(|other| other.id != id);
            options.extend(others.map(|other| (other.id.to_string(), other.title.clone())));
        });
        options
    });
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let into = into.get_untracked().parse().ok();
        let send = move |choice: Choice, key| async move {
            // It was checked: something is chosen.
            let input = choice.0.unwrap_or(MergeIncident { into: id });
            api.merge_incident(id, &input, &key).await
        };
        form.submit(
            Choice(into.map(|into| MergeIncident { into })),
            send,
            move |_: Incident| {
                open.set(false);
                toasts.say(words::merged(locale));
                fetched.reload();
            },
        );
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            <p>{words::text(locale)}</p>
            <SelectField form name="into" label=words::into(locale) value=into options/>
            <FormErrors form/>
            <div class="form-actions"><SubmitButton form label=words::merge(locale).to_owned()/></div>
        </form>
    }
}

/// Where a merged incident went.
#[component]
pub fn MergedNotice(incident: Memo<Incident>) -> impl IntoView {
    let locale = use_locale();
    move || {
        let into = incident.with(|incident| incident.merged_into)?;
        Some(view! {
            <div class="notice">
                <p>{words::notice(locale)}</p>
                <A href=href::incident(into) attr:class="button">{words::go(locale)}</A>
            </div>
        })
    }
}
