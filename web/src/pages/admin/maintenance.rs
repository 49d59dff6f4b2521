//! One maintenance: when it is, how it goes, what can be done about it, and the others of its series.

use leptos::prelude::*;
use leptos_router::components::A;
use leptos_router::hooks::{use_navigate, use_params_map};
use shared::MaintenanceId;
use shared::access::Permission;
use shared::list::MaintenanceList;
use shared::maintenance::{Maintenance, MaintenanceStatus, MaintenanceUpdate};

use super::maintenance_edit::EditForm;
use super::maintenance_form::span;
use super::maintenance_steps::{Steps, UpdateForm};
use super::parts::{ComponentBadge, MaintenanceBadge, Moment, ScreenHead, Section};
use super::recurrence::told;
use super::shell::{Nowhere, public_url};
use super::told::Told;
use crate::api::{DeliveryFilter, MaintenanceFilter, Versioned, use_api};
use crate::i18n::t::admin::{common, incidents, maintenance as words};
use crate::i18n::use_locale;
use crate::routes::{admin as href, public};
use crate::state::page::use_pages;
use crate::state::time;
use crate::time::use_clock;
use crate::ui::dialog::{Confirm, Dialog};
use crate::ui::icon::{Glyph, Icon};
use crate::ui::load::{Loader, load, loaded};
use crate::ui::markdown::Markdown;
use crate::ui::menu::Menu;
use crate::ui::toast::use_toasts;

/// So many others of a series are named.
const SERIES_SHOWN: u32 = 6;

/// The maintenance and its version, as fetched.
pub type Fetched = Loader<Versioned<Maintenance>>;

#[component]
pub fn MaintenanceScreen() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id")?.parse::<MaintenanceId>().ok()));
    move || match id.get() {
        Some(id) => view! { <OneMaintenance id/> }.into_any(),
        None => view! { <Nowhere/> }.into_any(),
    }
}

#[component]
fn OneMaintenance(id: MaintenanceId) -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let pages = use_pages();
    let now = time::use_now();
    let fetched = load(move || {
        // It begins and ends by itself.
        now.track();
        async move { api.get_maintenance(id).await }
    });
    loaded(fetched, move |found| {
        let page = found.with_untracked(|found| found.item.page_id);
        provide_context(untrack(|| pages.clock_of(locale, Some(page))));
        let maintenance = Memo::new(move |_| found.with(|found| found.item.clone()));
        view! { <Detail maintenance fetched/> }.into_any()
    })
}

#[component]
fn Detail(maintenance: Memo<Maintenance>, fetched: Fetched) -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let id = maintenance.with_untracked(|one| one.id);
    let of = DeliveryFilter {
        maintenance: Some(id),
        ..DeliveryFilter::default()
    };
    let title = Signal::derive(move || maintenance.with(|one| one.title.clone()));
    let status = Memo::new(move |_| maintenance.with(|one| one.status));
    let message = Memo::new(move |_| maintenance.with(|one| one.message.clone()));
    view! {
        <ScreenHead title><Actions maintenance fetched/></ScreenHead>
        <p class="screen-facts">
            {move || view! { <MaintenanceBadge status=status.get()/> }}
            <When maintenance/>
        </p>
        <div class="columns columns-wide-first">
            <div class="column">
                <Show when=move || api.may(Permission::ManageMaintenance)><Steps maintenance fetched/></Show>
                <Section title=words::announced(locale)>{move || view! { <Markdown text=message.get()/> }}</Section>
                <Show when=move || api.may(Permission::ManageMaintenance)>
                    <UpdateForm maintenance fetched/>
                </Show>
                <Section title=incidents::timeline(locale)><Timeline maintenance/></Section>
            </div>
            <div class="column">
                <Components maintenance/>
                <Facts maintenance/>
                <Series maintenance/>
                <Told of changed=move || maintenance.track() all=href::deliveries_of_maintenance(id)/>
            </div>
        </div>
    }
}

/// The window, and how far away the next of its ends is.
#[component]
fn When(maintenance: Memo<Maintenance>) -> impl IntoView {
    let clock = use_clock();
    let window = Memo::new(move |_| maintenance.with(|one| (one.starts_at, one.ends_at)));
    let span = move || {
        let (from, to) = window.get();
        clock.span(from, to)
    };
    view! { <span>{span}</span> <Next maintenance/> }
}

/// "starts in 3 h", "ends in 20 min"; nothing once it is over.
#[component]
fn Next(maintenance: Memo<Maintenance>) -> impl IntoView {
    let locale = use_locale();
    let now = time::use_now();
    let text = move || {
        let (status, starts_at, ends_at) = maintenance.with(|one| (one.status, one.starts_at, one.ends_at));
        let said = |at| time::relative(locale, at, now.get());
        match status {
            MaintenanceStatus::Scheduled => words::begins(locale, said(starts_at)),
            MaintenanceStatus::InProgress | MaintenanceStatus::Verifying => words::is_over(locale, said(ends_at)),
            MaintenanceStatus::Completed | MaintenanceStatus::Cancelled => String::new(),
        }
    };
    view! { <span class="hint">{text}</span> }
}

#[component]
fn Actions(maintenance: Memo<Maintenance>, fetched: Fetched) -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let toasts = use_toasts();
    let navigate = use_navigate();
    let is_editing = RwSignal::new(false);
    let is_deleting = RwSignal::new(false);
    let id = maintenance.with_untracked(|one| one.id);
    let delete = move |()| {
        let navigate = navigate.clone();
        toasts.attempt(locale, api.delete_maintenance(id), move |()| {
            toasts.say(words::deleted(locale));
            navigate(href::MAINTENANCE, Default::default());
        });
    };
    let address = move || maintenance.with(|one| public_url(&public::maintenance(&one.code)));
    // One of a series that is to come is skipped instead, for that says whether the series goes on.
    let may_delete =
        move || maintenance.with(|one| one.recurrence.is_none() || one.status != MaintenanceStatus::Scheduled);
    view! {
        <a class="button" href=address target="_blank" rel="external">
            <Glyph icon=Icon::External/>
            {incidents::view_public(locale)}
            <span class="unseen">{common::in_new_tab(locale)}</span>
        </a>
        <Show when=move || api.may(Permission::ManageMaintenance)>
            <button type="button" class="button" on:click=move |_| is_editing.set(true)>{common::edit(locale)}</button>
            <Show when=may_delete>
                <Menu label=words::more(locale)>
                    <button type="button" class="menu-danger" on:click=move |_| is_deleting.set(true)>
                        {words::delete(locale)}
                    </button>
                </Menu>
            </Show>
        </Show>
        <Dialog open=is_editing title=words::edit(locale) is_wide=true>
            <EditForm maintenance fetched open=is_editing/>
        </Dialog>
        <Confirm
            open=is_deleting
            title=words::delete_title(locale)
            text=words::delete_text(locale)
            action=words::delete(locale)
            on_confirm=delete
        />
    }
}

#[component]
fn Timeline(maintenance: Memo<Maintenance>) -> impl IntoView {
    let locale = use_locale();
    let updates = Memo::new(move |_| maintenance.with(|one| one.updates.clone()));
    view! {
        <Show
            when=move || updates.with(|updates| !updates.is_empty())
            fallback=move || view! { <p class="hint">{words::timeline_empty(locale)}</p> }
        >
            <ol class="timeline">
                <For each=move || updates.get() key=|update| update.id let:update><Entry update/></For>
            </ol>
        </Show>
    }
}

#[component]
fn Entry(update: MaintenanceUpdate) -> impl IntoView {
    let locale = use_locale();
    view! {
        <li class="entry">
            <p class="entry-head">
                <MaintenanceBadge status=update.status/>
                <Moment at=update.created_at/>
                <span>{update.author.unwrap_or_else(|| words::by_the_clock(locale).to_owned())}</span>
            </p>
            <Markdown text=update.message/>
        </li>
    }
}

#[component]
fn Components(maintenance: Memo<Maintenance>) -> impl IntoView {
    let locale = use_locale();
    let parts = move || {
        let parts = maintenance.with(|one| one.components.clone());
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
    view! { <Section title=incidents::components(locale)>{parts}</Section> }
}

#[component]
fn Facts(maintenance: Memo<Maintenance>) -> impl IntoView {
    let locale = use_locale();
    let clock = StoredValue::new(use_clock());
    let moment = move |at| clock.with_value(|clock| clock.moment(at));
    let by = move |is_by_itself: bool| match is_by_itself {
        true => words::by_itself(locale),
        false => words::by_hand(locale),
    };
    let rows = move || {
        let one = maintenance.get();
        let begun = one.actual_started_at.map(|at| (words::began(locale), moment(at)));
        let ended = one.actual_ended_at.map(|at| (words::ended(locale), moment(at)));
        let reminder = match one.reminder_minutes {
            None => words::no_reminder(locale).to_owned(),
            Some(_) if one.reminded_at.is_some() => words::reminder_sent(locale).to_owned(),
            Some(minutes) => words::reminder_before(locale, span(locale, minutes)),
        };
        let rule = one.recurrence.as_ref();
        let rule = rule.map(|rule| clock.with_value(|clock| told(clock, rule, one.starts_at)));
        let rule = rule.map(|rule| (words::comes_again(locale), rule));
        let quiet = one
            .is_quiet
            .then(|| (words::quiet(locale), words::yes(locale).to_owned()));
        let fixed = [
            (words::starts(locale), by(one.starts_by_itself).to_owned()),
            (words::ends(locale), by(one.ends_by_itself).to_owned()),
            (words::reminder(locale), reminder),
        ];
        let all = begun.into_iter().chain(ended).chain(fixed).chain(quiet).chain(rule);
        let row = |(name, value): (&'static str, String)| view! { <div><dt>{name}</dt><dd>{value}</dd></div> };
        all.map(row).collect_view()
    };
    view! { <Section title=incidents::facts(locale)><dl class="facts">{rows}</dl></Section> }
}

/// The others of its series, the next one included.
#[component]
fn Series(maintenance: Memo<Maintenance>) -> impl IntoView {
    let locale = use_locale();
    let series = Memo::new(move |_| maintenance.with(|one| one.series_id));
    let own = maintenance.with_untracked(|one| one.id);
    move || {
        let series = series.get()?;
        Some(view! { <Section title=words::series(locale)><Siblings series own maintenance/></Section> })
    }
}

#[component]
fn Siblings(series: MaintenanceId, own: MaintenanceId, maintenance: Memo<Maintenance>) -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let clock = StoredValue::new(use_clock());
    let others = load(move || {
        // A step of this one may make the next one.
        maintenance.track();
        let filter = MaintenanceFilter {
            series: Some(series),
            limit: Some(SERIES_SHOWN),
            ..MaintenanceFilter::default()
        };
        async move { api.list_maintenances(&filter).await }
    });
    loaded(others, move |list: RwSignal<MaintenanceList>| {
        let rows = move || {
            let others = list.get().items.into_iter().filter(|other| other.id != own);
            let others = others.collect::<Vec<_>>();
            if others.is_empty() {
                let text = match maintenance.with(|one| one.recurrence.is_some()) {
                    true => words::series_begins(locale),
                    false => words::series_ended(locale),
                };
                return view! { <p class="hint">{text}</p> }.into_any();
            }
            let line = |other: Maintenance| {
                let when = clock.with_value(|clock| clock.moment(other.starts_at));
                view! {
                    <li class="line">
                        <div class="line-main"><A href=href::maintenance(other.id)>{when}</A></div>
                        <div class="line-side"><MaintenanceBadge status=other.status/></div>
                    </li>
                }
            };
            view! { <ul class="lines">{others.into_iter().map(line).collect_view()}</ul> }.into_any()
        };
        rows.into_any()
    })
}
