//! Writing an announcement: a new one, or one that is there. What has begun keeps its beginning.

use leptos::prelude::*;
use shared::announcement::{Announcement, AnnouncementPatch, AnnouncementStatus, NewAnnouncement};
use shared::{Check, PageId, Timestamp, Validate};

use super::announcements::Board;
use super::writing::WritingField;
use crate::api::{Api, ApiResult, SubmitKey, use_api};
use crate::i18n::t::admin::{announcements as words, common, composer, incidents};
use crate::i18n::use_locale;
use crate::state::page::use_pages;
use crate::time::Zone;
use crate::ui::field::{CheckField, TextField};
use crate::ui::form::{Form, FormErrors, SubmitButton};
use crate::ui::toast::use_toasts;

/// What is being typed; moments as the browser's own field for them writes them.
#[derive(Clone, Copy)]
struct Fields {
    title: RwSignal<String>,
    message: RwSignal<String>,
    starts_at: RwSignal<String>,
    ends_at: RwSignal<String>,
    notify: RwSignal<bool>,
}

impl Fields {
    fn of(before: Option<&Announcement>, zone: &Zone) -> Self {
        let text = |text: Option<&String>| RwSignal::new(text.cloned().unwrap_or_default());
        let moment = |at: Option<Timestamp>| RwSignal::new(at.map_or_else(String::new, |at| zone.write(at)));
        Self {
            title: text(before.map(|before| &before.title)),
            message: text(before.map(|before| &before.message)),
            starts_at: moment(before.map(|before| before.starts_at)),
            ends_at: moment(before.and_then(|before| before.ends_at)),
            notify: RwSignal::new(before.is_none_or(|before| before.notify)),
        }
    }
}

/// A new one, or a change; each is an operation of its own.
enum Writing {
    New(NewAnnouncement),
    Change(Box<Announcement>, AnnouncementPatch),
}

impl Validate for Writing {
    fn check(&self, check: &mut Check) {
        match self {
            Self::New(input) => input.check(check),
            Self::Change(_, input) => input.check(check),
        }
    }
}

impl Writing {
    fn of(before: Option<Announcement>, page: Option<PageId>, fields: Fields, zone: &Zone, is_draft: bool) -> Self {
        let (title, message) = (fields.title.get_untracked(), fields.message.get_untracked());
        let starts_at = zone.read(&fields.starts_at.get_untracked());
        let ends_at = zone.read(&fields.ends_at.get_untracked());
        let notify = fields.notify.get_untracked();
        let Some(before) = before else {
            return Self::New(NewAnnouncement {
                page_id: page,
                title,
                message,
                starts_at,
                ends_at,
                is_draft: is_draft.then_some(true),
                notify: Some(notify),
            });
        };
        let has_begun = before.status.has_begun();
        // A field shows minutes: what was not touched is not rounded.
        let is_moved = |field: RwSignal<String>, was: Option<Timestamp>| {
            field.get_untracked() != was.map_or_else(String::new, |at| zone.write(at))
        };
        let starts_at = starts_at.filter(|_| is_moved(fields.starts_at, Some(before.starts_at)));
        let ends_at = match is_moved(fields.ends_at, before.ends_at) {
            true => ends_at.into(),
            false => shared::Patch::Keep,
        };
        let patch = AnnouncementPatch {
            title: Some(title),
            message: Some(message),
            starts_at: starts_at.filter(|_| !has_begun),
            ends_at,
            is_draft: None,
            notify: Some(notify).filter(|_| !has_begun),
        };
        Self::Change(Box::new(before), patch)
    }

    async fn send(self, api: Api, key: SubmitKey) -> ApiResult<Announcement> {
        match self {
            Self::New(input) => api.create_announcement(&input, &key).await,
            Self::Change(before, input) => {
                // As the API writes the tag of a revision.
                let etag = format!("\"{}\"", before.updated_at.as_millis());
                api.update_announcement(before.id, &input, Some(etag)).await
            }
        }
    }
}

#[component]
pub fn AnnouncementForm(before: Option<Announcement>) -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let toasts = use_toasts();
    let pages = use_pages();
    let board = expect_context::<Board>();
    let form = Form::new();
    let page = untrack(|| pages.current_id());
    let zone = untrack(|| pages.clock_of(locale, page)).zone;
    let fields = Fields::of(before.as_ref(), &zone);
    let status = before.as_ref().map(|before| before.status);
    let has_begun = status.is_some_and(AnnouncementStatus::has_begun);
    let is_over = status == Some(AnnouncementStatus::Ended);
    let is_new = before.is_none();
    let before = StoredValue::new(before);
    let zone = StoredValue::new(zone);
    let save = move |is_draft: bool| {
        let writing = zone.with_value(|zone| Writing::of(before.get_value(), page, fields, zone, is_draft));
        let send = move |writing: Writing, key| writing.send(api, key);
        form.submit(writing, send, move |_| {
            toasts.say(match (is_new, is_draft) {
                (true, true) => composer::saved_draft(locale),
                (true, false) => words::published(locale),
                (false, _) => common::saved(locale),
            });
            board.writing.set(None);
            board.list.reload();
        });
    };
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        save(false);
    };
    let label = if is_new {
        words::publish(locale)
    } else {
        common::save(locale)
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            <TextField form name="title" label=incidents::title(locale) value=fields.title is_required=true/>
            <WritingField form label=incidents::message(locale) hint=words::message_hint(locale) value=fields.message/>
            {(!has_begun).then(|| view! {
                <TextField form name="starts_at" kind="datetime-local" label=words::starts(locale) hint=words::starts_hint(locale) value=fields.starts_at/>
            })}
            {(!is_over).then(|| view! {
                <TextField form name="ends_at" kind="datetime-local" label=words::ends(locale) hint=words::ends_hint(locale) value=fields.ends_at/>
            })}
            {(!has_begun).then(|| view! {
                <CheckField form name="notify" label=composer::notify(locale) hint=words::notify_hint(locale) value=fields.notify/>
            })}
            <FormErrors form/>
            <div class="form-actions">
                <SubmitButton form label=label.to_owned()/>
                {is_new.then(|| view! {
                    <button type="button" class="button" on:click=move |_| save(true)>{composer::save_draft(locale)}</button>
                })}
            </div>
        </form>
    }
}
