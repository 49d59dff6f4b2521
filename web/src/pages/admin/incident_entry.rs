//! The timeline of an incident, and its entries that turned out to be wrong: changed or taken out, with what they said
//! before still to be read.

use leptos::prelude::*;
use shared::IncidentId;
use shared::access::Permission;
use shared::incident::{Incident, IncidentUpdate};
use shared::incident_entry::{IncidentUpdatePatch, IncidentUpdateRevision};
use shared::list::IncidentUpdateRevisionList;

use super::incident::Fetched;
use super::incident_form::MessageField;
use super::parts::{ComponentBadge, IncidentBadge, Moment};
use crate::api::{Api, use_api};
use crate::i18n::t::admin::{common, entry as words};
use crate::i18n::use_locale;
use crate::state::page::use_pages;
use crate::ui::dialog::{Confirm, Dialog};
use crate::ui::field::TextField;
use crate::ui::form::{Form, FormErrors, SubmitButton};
use crate::ui::load::{load, loaded};
use crate::ui::markdown::Markdown;
use crate::ui::menu::Menu;
use crate::ui::toast::use_toasts;

/// Every entry, newest first.
#[component]
pub fn Timeline(incident: Memo<Incident>, fetched: Fetched) -> impl IntoView {
    let id = incident.with_untracked(|incident| incident.id);
    let updates = Memo::new(move |_| incident.with(|incident| incident.updates.clone()));
    let latest = Memo::new(move |_| updates.with(|updates| updates.first().map(|update| update.id)));
    view! {
        <ol class="timeline">
            <For each=move || updates.get() key=|update| (update.id, update.edited_at.map(|at| at.as_millis())) let:update>
                {
                    let update_id = update.id;
                    let is_latest = Signal::derive(move || latest.get() == Some(update_id));
                    view! { <Entry incident=id update is_latest fetched/> }
                }
            </For>
        </ol>
    }
}

#[component]
fn Entry(incident: IncidentId, update: IncidentUpdate, is_latest: Signal<bool>, fetched: Fetched) -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let parts = update.components.iter().cloned();
    let parts = parts.map(|part| view! { <li>{part.name}" "<ComponentBadge status=part.status/></li> });
    let parts = parts.collect::<Vec<_>>();
    let (id, author) = (update.id, update.author.clone());
    let whole = StoredValue::new(update.clone());
    view! {
        <li class="entry">
            <div class="entry-head">
                <IncidentBadge status=update.status/>
                <Moment at=update.created_at/>
                {author.map(|author| view! { <span>{author}</span> })}
                {update.edited_at.map(|at| view! { <span>{words::edited(locale)}" "<Moment at/></span> })}
                <Show when=move || api.may(Permission::ManageIncidents)>
                    <EntryMenu incident update=whole.get_value() is_latest fetched/>
                </Show>
            </div>
            <Markdown text=update.message/>
            {(!parts.is_empty()).then(|| view! { <ul class="entry-parts">{parts}</ul> })}
            {update.edited_at.is_some().then(|| view! { <Before incident update=id/> })}
        </li>
    }
}

#[component]
fn EntryMenu(incident: IncidentId, update: IncidentUpdate, is_latest: Signal<bool>, fetched: Fetched) -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let toasts = use_toasts();
    let (is_editing, is_deleting) = (RwSignal::new(false), RwSignal::new(false));
    let id = update.id;
    let update = StoredValue::new(update);
    let delete = move |()| {
        toasts.attempt(locale, api.delete_incident_update(incident, id), move |()| {
            toasts.say(words::deleted(locale));
            fetched.reload();
        });
    };
    view! {
        <Menu label=words::more(locale)>
            <button type="button" on:click=move |_| is_editing.set(true)>{common::edit(locale)}</button>
            // The latest says how the incident stands, so it stays.
            <Show when=move || !is_latest.get()>
                <button type="button" class="menu-danger" on:click=move |_| is_deleting.set(true)>{words::delete(locale)}</button>
            </Show>
        </Menu>
        <Dialog open=is_editing title=words::edit(locale).to_owned() is_wide=true>
            <EditForm incident update=update.get_value() fetched open=is_editing/>
        </Dialog>
        <Confirm
            open=is_deleting
            title=words::delete_title(locale).to_owned()
            text=words::delete_text(locale).to_owned()
            action=words::delete(locale).to_owned()
            on_confirm=delete
        />
    }
}

#[component]
fn EditForm(incident: IncidentId, update: IncidentUpdate, fetched: Fetched, open: RwSignal<bool>) -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let toasts = use_toasts();
    let form = Form::new();
    let clock = use_pages().clock_of(locale, fetched.get().map(|found| found.item.page_id));
    let message = RwSignal::new(update.message.clone());
    let written = clock.zone.write(update.created_at);
    let created_at = RwSignal::new(written.clone());
    let zone = clock.zone_label(update.created_at);
    let etag = untrack(|| fetched.get()).and_then(|found| found.etag);
    let id = update.id;
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let typed = created_at.get_untracked();
        let input = IncidentUpdatePatch {
            message: Some(message.get_untracked()),
            // The field knows no seconds: untouched, it moves nothing.
            created_at: clock.zone.read(&typed).filter(|_| typed != written),
        };
        let etag = etag.clone();
        let send = move |input, _| async move { api.update_incident_update(incident, id, &input, etag).await };
        form.submit(input, send, move |_: Incident| {
            open.set(false);
            toasts.say(common::saved(locale));
            fetched.reload();
        });
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            <p class="hint">{words::edit_text(locale)}</p>
            <MessageField form value=message/>
            <details class="fold">
                <summary>{words::change_time(locale)}</summary>
                <TextField form name="created_at" kind="datetime-local" label=words::time(locale) hint=words::time_hint(locale, zone) value=created_at/>
            </details>
            <FormErrors form/>
            <div class="form-actions"><SubmitButton form label=common::save(locale).to_owned()/></div>
        </form>
    }
}

/// What the entry said before; fetched when somebody wants to know.
#[component]
fn Before(incident: IncidentId, update: shared::IncidentUpdateId) -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let is_open = RwSignal::new(false);
    view! {
        <details class="fold" on:toggle=move |_| is_open.set(true)>
            <summary>{words::before(locale)}</summary>
            <Show when=move || is_open.get()>{revisions(api, incident, update)}</Show>
        </details>
    }
}

fn revisions(api: Api, incident: IncidentId, update: shared::IncidentUpdateId) -> AnyView {
    let found = load(move || async move { api.list_incident_update_revisions(incident, update).await });
    let list = |list: RwSignal<IncidentUpdateRevisionList>| {
        let rows = move || {
            list.get()
                .items
                .into_iter()
                .map(|old| view! { <Old old/> })
                .collect_view()
        };
        view! { <ol class="timeline">{rows}</ol> }.into_any()
    };
    loaded(found, list)
}

#[component]
fn Old(old: IncidentUpdateRevision) -> impl IntoView {
    let locale = use_locale();
    view! {
        <li class="entry">
            <p class="entry-head">
                <span>{words::until(locale)}" "<Moment at=old.edited_at/></span>
                {old.editor.map(|editor| view! { <span>{words::changed_by(locale, editor)}</span> })}
            </p>
            <Markdown text=old.message/>
        </li>
    }
}
