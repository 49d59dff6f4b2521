//! One incident: what happened so far, what comes next, and who was told.

use leptos::prelude::*;
use leptos_router::components::A;
use leptos_router::hooks::{use_navigate, use_params_map};
use shared::IncidentId;
use shared::access::Permission;
use shared::incident::{Impact, Incident, IncidentPatch, IncidentUpdate, Visibility};

use super::incident_update::UpdateForm;
use super::parts::{ComponentBadge, ImpactWord, IncidentBadge, Moment, ScreenHead, Section, choices};
use super::postmortem::PostmortemSection;
use super::shell::{Nowhere, public_url};
use super::words;
use crate::api::{DeliveryFilter, Versioned, use_api};
use crate::components::words::impact;
use crate::i18n::t::admin::{common, composer, deliveries, incidents};
use crate::i18n::use_locale;
use crate::routes::{admin as href, public};
use crate::ui::dialog::{Confirm, Dialog};
use crate::ui::field::{CheckField, SelectField, TextField};
use crate::ui::form::{Form, FormErrors, SubmitButton};
use crate::ui::icon::{Glyph, Icon};
use crate::ui::load::{Loader, load, loaded};
use crate::ui::markdown::Markdown;
use crate::ui::menu::Menu;
use crate::ui::toast::use_toasts;

/// The incident and its version, as fetched.
pub type Fetched = Loader<Versioned<Incident>>;

#[component]
pub fn IncidentScreen() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id")?.parse::<IncidentId>().ok()));
    move || match id.get() {
        Some(id) => view! { <OneIncident id/> }.into_any(),
        None => view! { <Nowhere/> }.into_any(),
    }
}

#[component]
fn OneIncident(id: IncidentId) -> impl IntoView {
    let api = use_api();
    let fetched = load(move || async move { api.get_incident(id).await });
    loaded(fetched, move |found| {
        let incident = Memo::new(move |_| found.with(|found| found.item.clone()));
        view! { <Detail incident fetched/> }.into_any()
    })
}

#[component]
fn Detail(incident: Memo<Incident>, fetched: Fetched) -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let title = Signal::derive(move || incident.with(|incident| incident.title.clone()));
    let state = Memo::new(move |_| incident.with(|incident| (incident.status, incident.impact)));
    let step = Memo::new(move |_| incident.with(|incident| (incident.status.is_open(), incident.updates.len())));
    let facts = move || {
        let (status, impact) = state.get();
        view! { <IncidentBadge status/> <ImpactWord impact/> }
    };
    view! {
        <ScreenHead title><Actions incident fetched/></ScreenHead>
        <p class="screen-facts">{facts}<Tags incident/></p>
        <div class="columns columns-wide-first">
            <div class="column">
                <DraftNotice incident fetched/>
                <Show when=move || api.may(Permission::ManageIncidents)>
                    // After each step the form begins anew: the next one starts from another state.
                    {move || {
                        let (is_open, _) = step.get();
                        view! { <UpdateForm incident fetched is_open/> }
                    }}
                </Show>
                <PostmortemSection incident/>
                <Section title=incidents::timeline(locale)><Timeline incident/></Section>
            </div>
            <div class="column">
                <Facts incident/>
                <Told id=incident.with_untracked(|incident| incident.id) incident/>
            </div>
        </div>
    }
}

#[component]
fn Tags(incident: Memo<Incident>) -> impl IntoView {
    let locale = use_locale();
    move || {
        incident.with(|incident| {
            let draft = incident
                .is_draft
                .then(|| view! { <span class="tag">{incidents::draft(locale)}</span> });
            let hidden = (incident.visibility == Visibility::Hidden)
                .then(|| view! { <span class="tag">{incidents::hidden(locale)}</span> });
            let forgotten = incident
                .is_forgotten
                .then(|| view! { <span class="tag">{incidents::forgotten(locale)}</span> });
            (draft, hidden, forgotten)
        })
    }
}

#[component]
fn Actions(incident: Memo<Incident>, fetched: Fetched) -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let toasts = use_toasts();
    let navigate = use_navigate();
    let is_editing = RwSignal::new(false);
    let is_deleting = RwSignal::new(false);
    let id = incident.with_untracked(|incident| incident.id);
    let delete = move |()| {
        let navigate = navigate.clone();
        toasts.attempt(locale, api.delete_incident(id), move |()| {
            toasts.say(incidents::deleted(locale));
            navigate(href::INCIDENTS, Default::default());
        });
    };
    let is_visible = move || incident.with(|incident| !incident.is_draft && incident.visibility == Visibility::Public);
    let address = move || incident.with(|incident| public_url(&public::incident(&incident.code)));
    let warning = Signal::derive(move || {
        incident.with(|incident| match incident.is_draft {
            true => incidents::delete_draft_text(locale).to_owned(),
            false => incidents::delete_text(locale).to_owned(),
        })
    });
    view! {
        <Show when=is_visible>
            <a class="button" href=address target="_blank" rel="external">
                <Glyph icon=Icon::External/>
                {incidents::view_public(locale)}
                <span class="unseen">{common::in_new_tab(locale)}</span>
            </a>
        </Show>
        <Show when=move || api.may(Permission::ManageIncidents)>
            <button type="button" class="button" on:click=move |_| is_editing.set(true)>{common::edit(locale)}</button>
            <Menu label=incidents::more(locale)>
                <button type="button" class="menu-danger" on:click=move |_| is_deleting.set(true)>
                    {incidents::delete(locale)}
                </button>
            </Menu>
        </Show>
        <Dialog open=is_editing title=incidents::edit(locale)>
            <EditForm incident fetched open=is_editing/>
        </Dialog>
        <Confirm
            open=is_deleting
            title=incidents::delete_title(locale)
            text=warning
            action=incidents::delete(locale)
            on_confirm=delete
        />
    }
}

/// Title, impact and visibility. What was said in the timeline is never changed.
#[component]
fn EditForm(incident: Memo<Incident>, fetched: Fetched, open: RwSignal<bool>) -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let toasts = use_toasts();
    let form = Form::new();
    let before = incident.get_untracked();
    let title = RwSignal::new(before.title.clone());
    let impact_word = RwSignal::new(before.impact.as_str().to_owned());
    let visibility = RwSignal::new(before.visibility.as_str().to_owned());
    let etag = untrack(|| fetched.get()).and_then(|found| found.etag);
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let impact = Impact::from_word(&impact_word.get_untracked()).filter(|impact| *impact != before.impact);
        let input = IncidentPatch {
            title: Some(title.get_untracked()),
            impact,
            visibility: Visibility::from_word(&visibility.get_untracked()),
            is_draft: None,
            started_at: None,
            notify: None,
        };
        let etag = etag.clone();
        let id = before.id;
        let send = move |input: IncidentPatch, _| async move { api.update_incident(id, &input, etag).await };
        form.submit(input, send, move |_| {
            open.set(false);
            toasts.say(common::saved(locale));
            fetched.reload();
        });
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            <TextField form name="title" label=incidents::title(locale) value=title is_required=true/>
            <SelectField form name="impact" label=incidents::impact(locale) hint=incidents::impact_hint(locale) value=impact_word
                options=choices(Impact::ALL, locale, Impact::as_str, impact)/>
            <SelectField form name="visibility" label=incidents::visibility(locale) value=visibility
                options=choices(Visibility::ALL, locale, Visibility::as_str, words::visibility)/>
            <FormErrors form/>
            <div class="form-actions"><SubmitButton form label=common::save(locale)/></div>
        </form>
    }
}

/// A draft says that it is one, and how it stops being one.
#[component]
fn DraftNotice(incident: Memo<Incident>, fetched: Fetched) -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let is_publishing = RwSignal::new(false);
    view! {
        <Show when=move || incident.with(|incident| incident.is_draft)>
            <div class="notice notice-warn">
                <p>{incidents::draft_text(locale)}</p>
                <Show when=move || api.may(Permission::ManageIncidents)>
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
fn PublishForm(incident: Memo<Incident>, fetched: Fetched, open: RwSignal<bool>) -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let toasts = use_toasts();
    let form = Form::new();
    let notify = RwSignal::new(true);
    let count = super::incident_form::count_recipients(
        Some(incident.with_untracked(|incident| incident.page_id)),
        Signal::derive(move || incident.with(super::incident_update::effects_of)),
    );
    let heard = move || match (notify.get(), count.get()) {
        (false, _) => composer::nobody_hears(locale).to_owned(),
        (true, Some(count)) => super::incident_form::recipients(locale, count),
        (true, None) => common::loading(locale).to_owned(),
    };
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let id = incident.with_untracked(|incident| incident.id);
        let input = IncidentPatch {
            title: None,
            impact: None,
            visibility: None,
            is_draft: Some(false),
            started_at: None,
            notify: Some(notify.get_untracked()),
        };
        let etag = untrack(|| fetched.get()).and_then(|found| found.etag);
        let send = move |input: IncidentPatch, _| async move { api.update_incident(id, &input, etag).await };
        form.submit(input, send, move |_| {
            open.set(false);
            toasts.say(composer::published(locale));
            fetched.reload();
        });
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            <p>{incidents::publish_text(locale)}</p>
            <CheckField form name="notify" label=composer::notify(locale) value=notify/>
            <p class="recipients" role="status">{heard}</p>
            <FormErrors form/>
            <div class="form-actions"><SubmitButton form label=composer::publish(locale)/></div>
        </form>
    }
}

#[component]
fn Timeline(incident: Memo<Incident>) -> impl IntoView {
    let updates = Memo::new(move |_| incident.with(|incident| incident.updates.clone()));
    view! {
        <ol class="timeline">
            <For each=move || updates.get() key=|update| update.id let:update><Entry update/></For>
        </ol>
    }
}

#[component]
fn Entry(update: IncidentUpdate) -> impl IntoView {
    let parts = update.components.into_iter();
    let parts = parts.map(|part| view! { <li>{part.name}" "<ComponentBadge status=part.status/></li> });
    let parts = parts.collect::<Vec<_>>();
    view! {
        <li class="entry">
            <p class="entry-head">
                <IncidentBadge status=update.status/>
                <Moment at=update.created_at/>
                {update.author.map(|author| view! { <span>{author}</span> })}
            </p>
            <Markdown text=update.message/>
            {(!parts.is_empty()).then(|| view! { <ul class="entry-parts">{parts}</ul> })}
        </li>
    }
}

#[component]
fn Facts(incident: Memo<Incident>) -> impl IntoView {
    let locale = use_locale();
    let parts = move || {
        let parts = incident.with(|incident| incident.components.clone());
        if parts.is_empty() {
            return view! { <p class="hint">{incidents::no_components(locale)}</p> }.into_any();
        }
        let line = |part: shared::incident::AffectedComponent| {
            view! {
                <li class="line">
                    <div class="line-main">{part.name}</div>
                    <div class="line-side"><ComponentBadge status=part.status/></div>
                </li>
            }
        };
        view! { <ul class="lines">{parts.into_iter().map(line).collect_view()}</ul> }.into_any()
    };
    let resolved = move || {
        let at = incident.with(|incident| incident.resolved_at)?;
        Some(view! { <div><dt>{incidents::resolved(locale)}</dt><dd><Moment at/></dd></div> })
    };
    view! {
        <Section title=incidents::components(locale)>{parts}</Section>
        <Section title=incidents::facts(locale)>
            <dl class="facts">
                <div><dt>{incidents::started(locale)}</dt><dd>{move || view! { <Moment at=incident.with(|incident| incident.started_at)/> }}</dd></div>
                {resolved}
                <div><dt>{incidents::visibility(locale)}</dt><dd>{move || words::visibility(locale, incident.with(|incident| incident.visibility))}</dd></div>
            </dl>
        </Section>
    }
}

/// Who was told, in numbers, with a way to the log.
#[component]
fn Told(id: IncidentId, incident: Memo<Incident>) -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let sent = load(move || {
        // A new update sends new mails.
        incident.track();
        let filter = DeliveryFilter {
            incident: Some(id),
            limit: Some(shared::list::MAX_LIMIT),
            ..DeliveryFilter::default()
        };
        async move { api.list_deliveries(&filter).await }
    });
    let counts = move |list: RwSignal<shared::list::DeliveryList>| {
        let rows = move || {
            list.with(|list| {
                if list.items.is_empty() {
                    return view! { <p class="hint">{deliveries::none_for_incident(locale)}</p> }.into_any();
                }
                let row = |status: &'static shared::delivery::DeliveryStatus| {
                    let count = list.items.iter().filter(|delivery| delivery.status == *status).count();
                    let is_bad = *status == shared::delivery::DeliveryStatus::GivenUp && count != 0;
                    let more = if list.next_cursor.is_some() { "+" } else { "" };
                    view! {
                        <div class:fact-bad=is_bad>
                            <dt>{words::delivery_status(locale, *status)}</dt>
                            <dd>{count}{more}</dd>
                        </div>
                    }
                };
                let rows = shared::delivery::DeliveryStatus::ALL.iter().map(row).collect_view();
                view! {
                    <dl class="facts">{rows}</dl>
                    <p><A href=href::deliveries_of(id)>{deliveries::show_all(locale)}</A></p>
                }
                .into_any()
            })
        };
        rows.into_any()
    };
    view! { <Section title=deliveries::of_incident(locale)>{loaded(sent, counts)}</Section> }
}
