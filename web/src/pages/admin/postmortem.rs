//! The postmortem of an incident, as a part of the incident's screen: written, published, taken back.

use leptos::prelude::*;
use shared::IncidentId;
use shared::access::Permission;
use shared::incident::Incident;
use shared::postmortem::{Postmortem, PublishPostmortem, WritePostmortem};
use shared::problem::Code;

use super::parts::{Moment, Section};
use super::shell::public_url;
use super::writing::WritingField;
use crate::api::{SubmitKey, Versioned, use_api};
use crate::i18n::t::admin::{common, composer, postmortem as words};
use crate::i18n::use_locale;
use crate::routes::public;
use crate::state::draft;
use crate::ui::dialog::{Confirm, Dialog};
use crate::ui::field::CheckField;
use crate::ui::form::{Form, FormErrors, SubmitButton};
use crate::ui::load::{Loader, load, loaded};
use crate::ui::toast::use_toasts;

/// The postmortem and its version, if there is one.
type Fetched = Loader<Option<Versioned<Postmortem>>>;

/// Nothing while the incident is open and has none, nor in one that went into another: there it is written.
#[component]
pub fn PostmortemSection(incident: Memo<Incident>) -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let id = incident.with_untracked(|incident| incident.id);
    let fetched: Fetched = load(move || async move {
        match api.get_postmortem(id).await {
            Err(error) if error.code() == Some(Code::NotFound) => Ok(None),
            found => found.map(Some),
        }
    });
    let is_over =
        Memo::new(move |_| incident.with(|incident| !incident.status.is_open() && incident.merged_into.is_none()));
    let has_one = Memo::new(move |_| fetched.get().flatten().is_some());
    let may_write = move || api.may(Permission::ManageIncidents) && is_over.get();
    view! {
        <Show when=move || has_one.get() || may_write()>
            <Section title=words::title(locale)>
                {loaded(fetched, move |found| view! { <Present incident found fetched/> }.into_any())}
            </Section>
        </Show>
    }
}

#[component]
fn Present(
    incident: Memo<Incident>,
    found: RwSignal<Option<Versioned<Postmortem>>>,
    fetched: Fetched,
) -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let is_writing = RwSignal::new(false);
    let id = incident.with_untracked(|incident| incident.id);
    let address = move || incident.with(|incident| public_url(&public::postmortem(&incident.code)));
    // What was written before it went into another can be taken back, but nobody would find what is added to it.
    let is_merged = Memo::new(move |_| incident.with(|incident| incident.merged_into.is_some()));
    let state = move || {
        match found.get() {
        None => view! { <p class="hint">{words::none_text(locale)}</p> }.into_any(),
        Some(Versioned { item, .. }) => match item.published_at {
            None => view! { <p class="tagged"><span class="tag">{words::draft(locale)}</span>{words::draft_text(locale)}</p> }.into_any(),
            Some(at) => view! {
                <p>
                    {words::published(locale)}" "<Moment at/>
                    " · "<a href=address() target="_blank" rel="external">{words::view_public(locale)}<span class="unseen">{common::in_new_tab(locale)}</span></a>
                </p>
            }
            .into_any(),
        },
    }
    };
    let write = move || match found.with(Option::is_some) {
        true => words::edit(locale),
        false => words::write(locale),
    };
    view! {
        {state}
        <Show when=move || api.may(Permission::ManageIncidents)>
            <div class="form-actions">
                <Show when=move || !is_merged.get()>
                    <button type="button" class="button" on:click=move |_| is_writing.set(true)>{write}</button>
                </Show>
                <Steps id found fetched is_merged/>
            </div>
        </Show>
        <Dialog open=is_writing title=words::title(locale) is_wide=true><WriteForm id found fetched open=is_writing/></Dialog>
    }
}

/// What can be done with one that is there.
#[component]
fn Steps(
    id: IncidentId,
    found: RwSignal<Option<Versioned<Postmortem>>>,
    fetched: Fetched,
    is_merged: Memo<bool>,
) -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let toasts = use_toasts();
    let (is_publishing, is_deleting) = (RwSignal::new(false), RwSignal::new(false));
    let is_published =
        Memo::new(move |_| found.with(|found| found.as_ref().map(|found| found.item.published_at.is_some())));
    let unpublish = move |_| {
        let sending = async move { api.unpublish_postmortem(id, &SubmitKey::new()).await };
        toasts.attempt(locale, sending, move |after| {
            toasts.say(words::unpublished(locale));
            fetched.put(Some(after));
        });
    };
    let delete = move |()| {
        toasts.attempt(locale, api.delete_postmortem(id), move |()| {
            toasts.say(words::deleted(locale));
            fetched.put(None);
        });
    };
    view! {
        <Show when=move || is_published.get() == Some(false) && !is_merged.get()>
            <button type="button" class="button button-primary" on:click=move |_| is_publishing.set(true)>{words::publish(locale)}</button>
        </Show>
        <Show when=move || is_published.get() == Some(true)>
            <button type="button" class="button" on:click=unpublish>{words::unpublish(locale)}</button>
        </Show>
        <Show when=move || is_published.get().is_some()>
            <button type="button" class="button button-danger-quiet" on:click=move |_| is_deleting.set(true)>{common::delete(locale)}</button>
        </Show>
        <Dialog open=is_publishing title=words::publish(locale)><PublishForm id fetched open=is_publishing/></Dialog>
        <Confirm open=is_deleting title=words::delete_title(locale).to_owned() text=words::delete_text(locale).to_owned()
            action=common::delete(locale).to_owned() on_confirm=delete/>
    }
}

#[component]
fn WriteForm(
    id: IncidentId,
    found: RwSignal<Option<Versioned<Postmortem>>>,
    fetched: Fetched,
    open: RwSignal<bool>,
) -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let toasts = use_toasts();
    let form = Form::new();
    let before = found.get_untracked();
    let name = StoredValue::new(format!("incident.{id}.postmortem"));
    let written = before
        .as_ref()
        .map(|before| before.item.message.clone())
        .unwrap_or_default();
    let message = RwSignal::new(draft::recall(&name.get_value()).unwrap_or_else(|| written.clone()));
    let is_sent = RwSignal::new(false);
    draft::keep(name.get_value(), move || {
        Some(message.get()).filter(|text| !is_sent.get() && !text.is_empty() && *text != written)
    });
    let etag = before.and_then(|before| before.etag);
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let etag = etag.clone();
        let send = move |input: WritePostmortem, _| async move { api.write_postmortem(id, &input, etag).await };
        form.submit(WritePostmortem::saying(message.get_untracked()), send, move |after| {
            is_sent.set(true);
            draft::forget(&name.get_value());
            toasts.say(common::saved(locale));
            fetched.put(Some(after));
            open.set(false);
        });
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            <WritingField form label=words::text(locale) hint=words::text_hint(locale) value=message rows=16 is_article=true/>
            <FormErrors form/>
            <div class="form-actions"><SubmitButton form label=words::save(locale).to_owned()/></div>
            <p class="hint">{composer::kept_as_you_type(locale)}</p>
        </form>
    }
}

#[component]
fn PublishForm(id: IncidentId, fetched: Fetched, open: RwSignal<bool>) -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let toasts = use_toasts();
    let form = Form::new();
    let notify = RwSignal::new(true);
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let input = PublishPostmortem {
            notify: Some(notify.get_untracked()),
        };
        let send = move |input: PublishPostmortem, key: SubmitKey| async move {
            api.publish_postmortem(id, &input, &key).await
        };
        form.submit(input, send, move |after| {
            toasts.say(composer::published(locale));
            fetched.put(Some(after));
            open.set(false);
        });
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            <p>{words::publish_text(locale)}</p>
            <CheckField form name="notify" label=composer::notify(locale) hint=composer::notify_hint(locale) value=notify/>
            <FormErrors form/>
            <div class="form-actions"><SubmitButton form label=words::publish(locale).to_owned()/></div>
        </form>
    }
}
