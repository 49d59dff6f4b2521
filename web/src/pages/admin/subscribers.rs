//! Subscribers: who hears of events, whether they confirmed, and what they want to hear.

use leptos::prelude::*;
use shared::channel::Channel;
use shared::list::SubscriberList;
use shared::subscriber::{NewSubscriber, Scope, Subscriber, SubscriberPatch};
use shared::text::LOCALES;

use super::parts::{FilterTabs, Moment, ScreenHead, SearchField, query_value};
use super::picker::{Parts, ScopePicker, load_parts};
use crate::api::{SubmitKey, SubscriberFilter, use_api};
use crate::components::words::channel_name;
use crate::i18n::t::admin::{common, nav, subscribers};
use crate::i18n::{Locale, use_locale};
use crate::state::page::use_pages;
use crate::ui::dialog::{Confirm, Dialog};
use crate::ui::field::{CheckField, SelectField, TextField};
use crate::ui::form::{Form, FormErrors, SubmitButton};
use crate::ui::icon::{Glyph, Icon};
use crate::ui::load::{Loader, load, loaded};
use crate::ui::menu::Menu;
use crate::ui::pager::Pager;
use crate::ui::table::{Empty, Table};
use crate::ui::toast::use_toasts;

/// What all parts of the screen share.
#[derive(Clone, Copy)]
struct Board {
    list: Loader<SubscriberList>,
    parts: Loader<Parts>,
    is_adding: RwSignal<bool>,
    edited: RwSignal<Option<Subscriber>>,
    deleted: RwSignal<Option<Subscriber>>,
}

#[component]
pub fn Subscribers() -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let filter = filter_of_address();
    let board = Board {
        list: load(move || {
            let filter = filter.get();
            async move { api.list_subscribers(&filter).await }
        }),
        parts: load_parts(),
        is_adding: RwSignal::new(false),
        edited: RwSignal::new(None),
        deleted: RwSignal::new(None),
    };
    provide_context(board);
    let tabs = vec![
        ("", subscribers::all(locale)),
        ("true", subscribers::confirmed(locale)),
        ("false", subscribers::unconfirmed(locale)),
    ];
    view! {
        <ScreenHead title=nav::subscribers(locale)><AddButton/></ScreenHead>
        <div class="toolbar">
            <FilterTabs label=common::filter(locale) name="confirmed" choices=tabs/>
            <SearchField label=subscribers::search(locale)/>
        </div>
        {loaded(board.list, move |list| view! { <Rows list filter/> }.into_any())}
        <Dialog open=board.is_adding title=subscribers::add(locale)><AddForm/></Dialog>
        <EditDialog/>
        <Deleting/>
    }
}

#[component]
fn AddButton() -> impl IntoView {
    let locale = use_locale();
    let is_adding = expect_context::<Board>().is_adding;
    view! {
        <button type="button" class="button button-primary" on:click=move |_| is_adding.set(true)>
            <Glyph icon=Icon::Plus/>
            {subscribers::add(locale)}
        </button>
    }
}

fn filter_of_address() -> Memo<SubscriberFilter> {
    let pages = use_pages();
    let (confirmed, text, cursor) = (query_value("confirmed"), query_value("q"), query_value("cursor"));
    Memo::new(move |_| SubscriberFilter {
        page: pages.current_id(),
        is_confirmed: confirmed.get().and_then(|word| word.parse().ok()),
        text: text.get().unwrap_or_default(),
        cursor: cursor.get(),
        limit: None,
    })
}

#[component]
fn Rows(list: RwSignal<SubscriberList>, filter: Memo<SubscriberFilter>) -> impl IntoView {
    let locale = use_locale();
    let next = Signal::derive(move || list.with(|list| list.next_cursor.clone()));
    let body = move || {
        let items = list.get().items;
        if items.is_empty() {
            let is_narrow = filter.with_untracked(|filter| !filter.text.is_empty() || filter.is_confirmed.is_some());
            return match is_narrow {
                true => view! { <Empty title=common::nothing_found(locale) text=common::nothing_found_text(locale)/> }.into_any(),
                false => view! { <Empty title=subscribers::none(locale) text=subscribers::none_text(locale)><AddButton/></Empty> }.into_any(),
            };
        }
        let heads = vec![
            subscribers::address(locale),
            subscribers::state(locale),
            subscribers::scope(locale),
            subscribers::since(locale),
            common::actions(locale),
        ];
        let rows = items
            .into_iter()
            .map(|subscriber| view! { <Row subscriber/> })
            .collect_view();
        view! { <Table caption=nav::subscribers(locale) heads>{rows}</Table> }.into_any()
    };
    view! {
        {body}
        <Pager next_cursor=next/>
    }
}

#[component]
fn Row(subscriber: Subscriber) -> impl IntoView {
    let locale = use_locale();
    let board = expect_context::<Board>();
    let address = address(&subscriber);
    let is_confirmed = is_confirmed(&subscriber);
    let scope = scope(&subscriber);
    let since = subscriber.created_at;
    let is_suspended = is_suspended(&subscriber);
    let state = match (is_suspended, is_confirmed) {
        (true, _) => subscribers::suspended(locale),
        (false, true) => subscribers::confirmed(locale),
        (false, false) => subscribers::unconfirmed(locale),
    };
    let is_good = is_confirmed && !is_suspended;
    let about = about(locale, &subscriber);
    view! {
        <tr>
            <td><span class="row-name">{address.clone()}</span><p class="hint">{about}</p></td>
            <td data-label=subscribers::state(locale)><span class="state" data-good=is_good.to_string()>{state}</span></td>
            <td data-label=subscribers::scope(locale)>{move || scope_text(locale, &scope, board.parts.get().unwrap_or_default())}</td>
            <td data-label=subscribers::since(locale)><Moment at=since/></td>
            <td class="cell-actions"><RowMenu subscriber address is_confirmed is_suspended/></td>
        </tr>
    }
}

#[component]
fn RowMenu(subscriber: Subscriber, address: String, is_confirmed: bool, is_suspended: bool) -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let toasts = use_toasts();
    let board = expect_context::<Board>();
    let (edited, deleted) = (subscriber.clone(), subscriber.clone());
    let id = subscriber.id;
    let resend = move |_| {
        let sending = async move { api.resend_confirmation(id, &SubmitKey::new()).await };
        toasts.attempt(locale, sending, move |()| toasts.say(subscribers::resent(locale)));
    };
    let test = move |_| {
        toasts.attempt(locale, api.test_subscriber(id), move |result| {
            toasts.say(match result.is_sent {
                true => subscribers::test_sent(locale, result.detail),
                false => subscribers::test_failed(locale, result.detail),
            });
        });
    };
    let resume = move |_| {
        toasts.attempt(locale, api.resume_subscriber(id), move |_| {
            toasts.say(common::saved(locale));
            board.list.reload();
        });
    };
    view! {
        <Menu label=subscribers::more(locale, address)>
            <button type="button" on:click=move |_| board.edited.set(Some(edited.clone()))>{subscribers::edit(locale)}</button>
            {(!is_confirmed).then(|| view! { <button type="button" on:click=resend>{subscribers::resend(locale)}</button> })}
            {is_confirmed.then(|| view! { <button type="button" on:click=test>{subscribers::test(locale)}</button> })}
            {is_suspended.then(|| view! { <button type="button" on:click=resume>{subscribers::resume(locale)}</button> })}
            <button type="button" class="menu-danger" on:click=move |_| board.deleted.set(Some(deleted.clone()))>
                {common::delete(locale)}
            </button>
        </Menu>
    }
}

fn address(subscriber: &Subscriber) -> String {
    let targets = subscriber
        .subscriptions
        .iter()
        .map(|subscription| subscription.target.as_str());
    targets.collect::<Vec<_>>().join(", ")
}

fn is_confirmed(subscriber: &Subscriber) -> bool {
    subscriber
        .subscriptions
        .iter()
        .any(|subscription| subscription.confirmed_at.is_some())
}

fn is_suspended(subscriber: &Subscriber) -> bool {
    subscriber
        .subscriptions
        .iter()
        .any(|subscription| subscription.suspended_at.is_some())
}

/// The channel, where it is not mail, and the labels.
fn about(locale: Locale, subscriber: &Subscriber) -> String {
    let channels = subscriber.subscriptions.iter().map(|subscription| subscription.channel);
    let channels = channels.filter(|channel| *channel != Channel::Email);
    let channels = channels.map(|channel| channel_name(locale, channel).to_owned());
    channels
        .chain(subscriber.labels.clone())
        .collect::<Vec<_>>()
        .join(" · ")
}

/// The words between commas.
fn labels_of(text: &str) -> Vec<String> {
    let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
    words.map(str::to_owned).collect()
}

fn scope(subscriber: &Subscriber) -> Scope {
    subscriber
        .subscriptions
        .first()
        .map_or_else(Scope::all, |subscription| subscription.scope.clone())
}

/// "All components", or the names of what was chosen.
fn scope_text(locale: Locale, scope: &Scope, parts: Parts) -> String {
    if scope.is_all() {
        return subscribers::all_components(locale).into();
    }
    let groups = parts
        .groups
        .into_iter()
        .filter(|group| scope.groups.contains(&group.id))
        .map(|group| group.name);
    let components = parts.components.into_iter();
    let components = components
        .filter(|one| scope.components.contains(&one.id))
        .map(|one| one.name);
    groups.chain(components).collect::<Vec<_>>().join(", ")
}

#[component]
fn AddForm() -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let toasts = use_toasts();
    let board = expect_context::<Board>();
    let pages = use_pages();
    let page = untrack(|| pages.current());
    let page_id = page.as_ref().map(|page| page.id);
    let form = Form::new();
    let channel = RwSignal::new(Channel::Email.as_str().to_owned());
    let target = RwSignal::new(String::new());
    let labels = RwSignal::new(String::new());
    let scope = RwSignal::new(Scope::all());
    let language = RwSignal::new(page.map(|page| page.locale).unwrap_or_default());
    let is_vouched = RwSignal::new(false);
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let input = NewSubscriber {
            page_id,
            channel: Channel::from_word(&channel.get_untracked()),
            target: target.get_untracked(),
            scope: Some(scope.get_untracked()),
            preferences: None,
            locale: Some(language.get_untracked()),
            labels: labels_of(&labels.get_untracked()),
            is_confirmed: Some(is_vouched.get_untracked()),
        };
        let is_vouched = is_vouched.get_untracked();
        let send = move |input: NewSubscriber, key| async move { api.create_subscriber(&input, &key).await };
        form.submit(input, send, move |_| {
            board.is_adding.set(false);
            toasts.say(if is_vouched {
                subscribers::added(locale)
            } else {
                subscribers::added_unconfirmed(locale)
            });
            board.list.reload();
        });
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            <SelectField form name="channel" label=subscribers::channel(locale) value=channel options=channels(locale)/>
            <TextField form name="target" label=subscribers::address(locale) hint=subscribers::target_hint(locale) value=target is_required=true/>
            <TextField form name="labels" label=subscribers::labels(locale) value=labels/>
            <SelectField form name="locale" label=common::language(locale) value=language options=languages()/>
            <ScopePicker scope/>
            <CheckField form name="is_confirmed" label=subscribers::vouch(locale) hint=subscribers::vouch_hint(locale) value=is_vouched/>
            <FormErrors form/>
            <div class="form-actions"><SubmitButton form label=subscribers::add(locale)/></div>
        </form>
    }
}

fn channels(locale: Locale) -> Vec<(String, String)> {
    let choice = |channel: &Channel| (channel.as_str().to_owned(), channel_name(locale, *channel).to_owned());
    Channel::ALL.iter().map(choice).collect()
}

/// The languages messages are written in, by their own names.
pub fn languages() -> Vec<(String, String)> {
    let known = LOCALES.iter().filter_map(|tag| Locale::from_tag(tag));
    known
        .map(|locale| (locale.tag().into(), locale.own_name().into()))
        .collect()
}

#[component]
fn EditDialog() -> impl IntoView {
    let locale = use_locale();
    let edited = expect_context::<Board>().edited;
    let open = RwSignal::new(false);
    Effect::new(move |_| open.set(edited.with(Option::is_some)));
    Effect::new(move |_| {
        if !open.get() && edited.with_untracked(Option::is_some) {
            edited.set(None);
        }
    });
    view! {
        <Dialog open title=subscribers::edit(locale)>
            {edited.get_untracked().map(|subscriber| view! { <EditForm subscriber/> })}
        </Dialog>
    }
}

#[component]
fn EditForm(subscriber: Subscriber) -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let toasts = use_toasts();
    let board = expect_context::<Board>();
    let form = Form::new();
    let id = subscriber.id;
    let scope = RwSignal::new(scope(&subscriber));
    let language = RwSignal::new(subscriber.locale.clone());
    let labels = RwSignal::new(subscriber.labels.join(", "));
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let input = SubscriberPatch {
            scope: Some(scope.get_untracked()),
            preferences: None,
            locale: Some(language.get_untracked()),
            labels: Some(labels_of(&labels.get_untracked())),
        };
        let send = move |input: SubscriberPatch, _| async move { api.update_subscriber(id, &input).await };
        form.submit(input, send, move |_| {
            board.edited.set(None);
            toasts.say(common::saved(locale));
            board.list.reload();
        });
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            <p class="row-name">{address(&subscriber)}</p>
            <TextField form name="labels" label=subscribers::labels(locale) value=labels/>
            <SelectField form name="locale" label=common::language(locale) value=language options=languages()/>
            <ScopePicker scope/>
            <FormErrors form/>
            <div class="form-actions"><SubmitButton form label=common::save(locale)/></div>
        </form>
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
            .with(|subscriber| subscriber.as_ref().map(address))
            .unwrap_or_default();
        subscribers::delete_title(locale, name)
    });
    let delete = move |()| {
        let Some(subscriber) = board.deleted.get_untracked() else {
            return;
        };
        toasts.attempt(locale, api.delete_subscriber(subscriber.id), move |()| {
            toasts.say(subscribers::deleted(locale));
            board.list.reload();
        });
    };
    view! { <Confirm open title text=subscribers::delete_text(locale) action=common::delete(locale) on_confirm=delete/> }
}
