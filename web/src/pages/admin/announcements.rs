//! Announcements: what is said to all visitors, now or later, and until when.

use leptos::prelude::*;
use shared::access::Permission;
use shared::announcement::{Announcement, AnnouncementPatch, AnnouncementStatus};
use shared::list::AnnouncementList;

use super::announcement_form::AnnouncementForm;
use super::parts::{FilterTabs, Moment, ScreenHead, SearchField, query_value};
use super::words::announcement_status;
use crate::api::{AnnouncementFilter, SubmitKey, use_api};
use crate::i18n::t::admin::{announcements as words, common, incidents, nav};
use crate::i18n::use_locale;
use crate::state::page::use_pages;
use crate::ui::dialog::{Confirm, Dialog};
use crate::ui::icon::{Glyph, Icon};
use crate::ui::load::{Loader, load, loaded};
use crate::ui::markdown::to_plain;
use crate::ui::menu::Menu;
use crate::ui::pager::Pager;
use crate::ui::table::{Empty, Table};
use crate::ui::toast::use_toasts;

/// What all parts of the screen share.
#[derive(Clone, Copy)]
pub struct Board {
    pub list: Loader<AnnouncementList>,
    /// The one that is written: none, a new one, or one that is there.
    pub writing: RwSignal<Option<Option<Announcement>>>,
    deleted: RwSignal<Option<Announcement>>,
}

#[component]
pub fn Announcements() -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let filter = filter_of_address();
    let list = load(move || {
        let filter = filter.get();
        async move { api.list_announcements(&filter).await }
    });
    provide_context(Board {
        list,
        writing: RwSignal::new(None),
        deleted: RwSignal::new(None),
    });
    let status = |status: &AnnouncementStatus| (status.as_str(), announcement_status(locale, *status));
    let mut tabs = vec![("", words::all(locale))];
    tabs.extend(AnnouncementStatus::ALL.iter().map(status));
    view! {
        <ScreenHead title=nav::announcements(locale)><NewButton/></ScreenHead>
        <div class="toolbar">
            <FilterTabs label=common::filter(locale) name="status" choices=tabs/>
            <SearchField label=words::search(locale)/>
        </div>
        {loaded(list, move |list| view! { <Rows list filter/> }.into_any())}
        <Writing/>
        <Deleting/>
    }
}

#[component]
fn NewButton() -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let writing = expect_context::<Board>().writing;
    view! {
        <Show when=move || api.may(Permission::ManageAnnouncements)>
            <button type="button" class="button button-primary" on:click=move |_| writing.set(Some(None))>
                <Glyph icon=Icon::Plus/>
                {words::new(locale)}
            </button>
        </Show>
    }
}

fn filter_of_address() -> Memo<AnnouncementFilter> {
    let pages = use_pages();
    let (status, text, cursor) = (query_value("status"), query_value("q"), query_value("cursor"));
    Memo::new(move |_| AnnouncementFilter {
        page: pages.current_id(),
        status: status.get().and_then(|word| AnnouncementStatus::from_word(&word)),
        text: text.get().unwrap_or_default(),
        cursor: cursor.get(),
    })
}

#[component]
fn Rows(list: RwSignal<AnnouncementList>, filter: Memo<AnnouncementFilter>) -> impl IntoView {
    let locale = use_locale();
    let next = Signal::derive(move || list.with(|list| list.next_cursor.clone()));
    let body = move || {
        let items = list.get().items;
        if items.is_empty() {
            let is_narrow = filter.with_untracked(|filter| !filter.text.is_empty() || filter.status.is_some());
            return match is_narrow {
                true => view! { <Empty title=common::nothing_found(locale) text=common::nothing_found_text(locale)/> }
                    .into_any(),
                false => view! { <Empty title=words::none(locale) text=words::none_text(locale)><NewButton/></Empty> }
                    .into_any(),
            };
        }
        let heads = vec![
            incidents::title(locale),
            incidents::status(locale),
            words::starts(locale),
            words::ends(locale),
            common::actions(locale),
        ];
        let rows = items
            .into_iter()
            .map(|announcement| view! { <Row announcement/> })
            .collect_view();
        view! { <Table caption=nav::announcements(locale) heads>{rows}</Table> }.into_any()
    };
    view! {
        {body}
        <Pager next_cursor=next/>
    }
}

#[component]
fn Row(announcement: Announcement) -> impl IntoView {
    let locale = use_locale();
    let is_active = announcement.status == AnnouncementStatus::Active;
    let starts_at = announcement.actual_started_at.unwrap_or(announcement.starts_at);
    let ends_at = announcement.actual_ended_at.or(announcement.ends_at);
    let ends = match ends_at {
        Some(at) => view! { <Moment at/> }.into_any(),
        None => words::no_end(locale).into_any(),
    };
    view! {
        <tr>
            <td>
                <span class="row-name">{announcement.title.clone()}</span>
                <p class="line-more">{to_plain(&announcement.message)}</p>
            </td>
            <td data-label=incidents::status(locale)>
                <span class="state" data-good=is_active.to_string()>{announcement_status(locale, announcement.status)}</span>
            </td>
            <td data-label=words::starts(locale)><Moment at=starts_at/></td>
            <td data-label=words::ends(locale)>{ends}</td>
            <td class="cell-actions"><RowMenu announcement/></td>
        </tr>
    }
}

#[component]
fn RowMenu(announcement: Announcement) -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let toasts = use_toasts();
    let board = expect_context::<Board>();
    let (id, status) = (announcement.id, announcement.status);
    let label = words::more(locale, &announcement.title);
    let kept = StoredValue::new(announcement);
    let publish = move |_| {
        let input = AnnouncementPatch {
            is_draft: Some(false),
            ..AnnouncementPatch::nothing()
        };
        let sending = async move { api.update_announcement(id, &input, None).await };
        toasts.attempt(locale, sending, move |_| {
            toasts.say(words::published(locale));
            board.list.reload();
        });
    };
    let end = move |_| {
        let sending = async move { api.end_announcement(id, &SubmitKey::new()).await };
        toasts.attempt(locale, sending, move |_| {
            toasts.say(words::was_ended(locale));
            board.list.reload();
        });
    };
    let label = StoredValue::new(label);
    view! {
        <Show when=move || api.may(Permission::ManageAnnouncements)>
            <Menu label=label.get_value()>
                <button type="button" on:click=move |_| board.writing.set(Some(Some(kept.get_value())))>{common::edit(locale)}</button>
                {(status == AnnouncementStatus::Draft).then(|| view! { <button type="button" on:click=publish>{words::publish(locale)}</button> })}
                {(status == AnnouncementStatus::Active).then(|| view! { <button type="button" on:click=end>{words::end(locale)}</button> })}
                <button type="button" class="menu-danger" on:click=move |_| board.deleted.set(Some(kept.get_value()))>{common::delete(locale)}</button>
            </Menu>
        </Show>
    }
}

#[component]
fn Writing() -> impl IntoView {
    let locale = use_locale();
    let writing = expect_context::<Board>().writing;
    let open = RwSignal::new(false);
    Effect::new(move |_| open.set(writing.with(Option::is_some)));
    Effect::new(move |_| {
        if !open.get() && writing.with_untracked(Option::is_some) {
            writing.set(None);
        }
    });
    let title = Signal::derive(move || match writing.with(|writing| matches!(writing, Some(Some(_)))) {
        true => words::edit(locale).to_owned(),
        false => words::new(locale).to_owned(),
    });
    view! {
        <Dialog open title is_wide=true>
            {writing.get_untracked().map(|before| view! { <AnnouncementForm before/> })}
        </Dialog>
    }
}

#[component]
fn Deleting() -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let toasts = use_toasts();
    let board = expect_context::<Board>();
    let open = RwSignal::new(false);
    Effect::new(move |_| {
        if board.deleted.with(Option::is_some) {
            open.set(true);
        }
    });
    let title = Signal::derive(move || {
        let name = board
            .deleted
            .with(|announcement| announcement.as_ref().map(|one| one.title.clone()));
        words::delete_title(locale, name.unwrap_or_default())
    });
    let delete = move |()| {
        let Some(announcement) = board.deleted.get_untracked() else {
            return;
        };
        toasts.attempt(locale, api.delete_announcement(announcement.id), move |()| {
            toasts.say(words::deleted(locale));
            board.list.reload();
        });
    };
    view! {
        <Confirm open title text=words::delete_text(locale).to_owned() action=common::delete(locale).to_owned() on_confirm=delete/>
    }
}
