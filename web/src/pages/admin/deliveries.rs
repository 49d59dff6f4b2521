//! Deliveries: what was sent to whom, what every try met, and a way to send again.

use leptos::prelude::*;
use leptos_router::components::A;
use leptos_router::hooks::use_params_map;
use shared::DeliveryId;
use shared::access::Permission;
use shared::delivery::{Attempt, Delivery, DeliveryDetail, DeliveryStatus};
use shared::list::DeliveryList;

use super::parts::{FilterTabs, Moment, ScreenHead, Section, query_value};
use super::shell::Nowhere;
use super::words;
use crate::api::{DeliveryFilter, SubmitKey, use_api};
use crate::i18n::t::admin::{common, deliveries, nav};
use crate::i18n::use_locale;
use crate::routes::admin as href;
use crate::state::page::use_pages;
use crate::ui::icon::{Glyph, Icon};
use crate::ui::load::{Loader, load, loaded};
use crate::ui::pager::Pager;
use crate::ui::table::{Empty, Table};
use crate::ui::toast::use_toasts;

#[component]
pub fn Deliveries() -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let filter = filter_of_address();
    let list = load(move || {
        let filter = filter.get();
        async move { api.list_deliveries(&filter).await }
    });
    let tabs = vec![
        ("", deliveries::all(locale)),
        (DeliveryStatus::Waiting.as_str(), deliveries::waiting(locale)),
        (DeliveryStatus::Delivered.as_str(), deliveries::delivered(locale)),
        (DeliveryStatus::GivenUp.as_str(), deliveries::given_up(locale)),
    ];
    let of_one = move || {
        let (text, back, address) = filter.with(|filter| match (filter.incident, filter.maintenance) {
            (Some(id), _) => Some((
                deliveries::only_one_incident(locale),
                deliveries::back_to_incident(locale),
                href::incident(id),
            )),
            (None, Some(id)) => Some((
                deliveries::only_one_maintenance(locale),
                deliveries::back_to_maintenance(locale),
                href::maintenance(id),
            )),
            (None, None) => None,
        })?;
        Some(view! {
            <p class="hint">
                {text}" "<A href=address>{back}</A>" · "
                <A href=href::DELIVERIES>{deliveries::show_all(locale)}</A>
            </p>
        })
    };
    view! {
        <ScreenHead title=nav::deliveries(locale)>
            <button type="button" class="button" on:click=move |_| list.reload()>{common::refresh(locale)}</button>
        </ScreenHead>
        <div class="toolbar"><FilterTabs label=common::filter(locale) name="status" choices=tabs/></div>
        {of_one}
        {loaded(list, move |list| view! { <Rows list filter/> }.into_any())}
    }
}

fn filter_of_address() -> Memo<DeliveryFilter> {
    let pages = use_pages();
    let (status, cursor) = (query_value("status"), query_value("cursor"));
    let (incident, maintenance) = (query_value("incident"), query_value("maintenance"));
    Memo::new(move |_| DeliveryFilter {
        page: pages.current_id(),
        incident: incident.get().and_then(|text| text.parse().ok()),
        maintenance: maintenance.get().and_then(|text| text.parse().ok()),
        status: status.get().and_then(|word| DeliveryStatus::from_word(&word)),
        cursor: cursor.get(),
        limit: None,
    })
}

#[component]
fn Rows(list: RwSignal<DeliveryList>, filter: Memo<DeliveryFilter>) -> impl IntoView {
    let locale = use_locale();
    let next = Signal::derive(move || list.with(|list| list.next_cursor.clone()));
    let body = move || {
        let items = list.get().items;
        if items.is_empty() {
            let is_narrow = filter.with_untracked(|filter| {
                filter.status.is_some() || filter.incident.is_some() || filter.maintenance.is_some()
            });
            return match is_narrow {
                true => view! { <Empty title=common::nothing_found(locale) text=common::nothing_found_text(locale)/> }
                    .into_any(),
                false => {
                    view! { <Empty title=deliveries::none(locale) text=deliveries::none_text(locale)/> }.into_any()
                }
            };
        }
        let heads = vec![
            deliveries::subject(locale),
            deliveries::to(locale),
            deliveries::status(locale),
            deliveries::attempts(locale),
            deliveries::created(locale),
        ];
        let rows = items
            .into_iter()
            .map(|delivery| view! { <Row delivery/> })
            .collect_view();
        view! { <Table caption=nav::deliveries(locale) heads>{rows}</Table> }.into_any()
    };
    view! {
        {body}
        <Pager next_cursor=next/>
    }
}

#[component]
fn Row(delivery: Delivery) -> impl IntoView {
    let locale = use_locale();
    view! {
        <tr>
            <td>
                <A href=href::delivery(delivery.id) attr:class="row-link">{delivery.subject.clone()}</A>
                <p class="line-more">{words::event(locale, delivery.event_kind)}</p>
            </td>
            <td data-label=deliveries::to(locale)>{delivery.target.clone()}</td>
            <td data-label=deliveries::status(locale)>
                <DeliveryBadge status=delivery.status/>
                {delivery.last_error.clone().map(|error| view! { <p class="line-more">{error}</p> })}
            </td>
            <td data-label=deliveries::attempts(locale)>{delivery.attempt_count}</td>
            <td data-label=deliveries::created(locale)><Moment at=delivery.created_at/></td>
        </tr>
    }
}

#[component]
fn DeliveryBadge(status: DeliveryStatus) -> impl IntoView {
    let locale = use_locale();
    let icon = match status {
        DeliveryStatus::Waiting => Icon::Clock,
        DeliveryStatus::Delivered => Icon::Tick,
        DeliveryStatus::GivenUp => Icon::Cross,
    };
    view! {
        <span class="badge" data-delivery=status.as_str()>
            <Glyph icon=icon/>
            {words::delivery_status(locale, status)}
        </span>
    }
}

/// One delivery with every try.
#[component]
pub fn DeliveryScreen() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id")?.parse::<DeliveryId>().ok()));
    move || match id.get() {
        Some(id) => view! { <OneDelivery id/> }.into_any(),
        None => view! { <Nowhere/> }.into_any(),
    }
}

#[component]
fn OneDelivery(id: DeliveryId) -> impl IntoView {
    let api = use_api();
    let detail = load(move || async move { api.get_delivery(id).await });
    loaded(detail, move |found| view! { <Detail found detail/> }.into_any())
}

#[component]
fn Detail(found: RwSignal<DeliveryDetail>, detail: Loader<DeliveryDetail>) -> impl IntoView {
    let locale = use_locale();
    let title = Signal::derive(move || found.with(|found| found.delivery.subject.clone()));
    let facts = move || view! { <Facts delivery=found.get().delivery/> };
    let attempts = move || {
        let attempts = found.get().attempts;
        match attempts.is_empty() {
            true => view! { <p class="hint">{deliveries::no_attempts(locale)}</p> }.into_any(),
            false => view! { <Attempts attempts/> }.into_any(),
        }
    };
    view! {
        <ScreenHead title><SendAgain found detail/></ScreenHead>
        {facts}
        <Section title=deliveries::attempts(locale)>{attempts}</Section>
    }
}

/// Offered for what is not waiting already.
#[component]
fn SendAgain(found: RwSignal<DeliveryDetail>, detail: Loader<DeliveryDetail>) -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let toasts = use_toasts();
    let is_finished = move || found.with(|found| found.delivery.status != DeliveryStatus::Waiting);
    let again = move |_| {
        let id = found.with_untracked(|found| found.delivery.id);
        let sending = async move { api.retry_delivery(id, &SubmitKey::new()).await };
        toasts.attempt(locale, sending, move |_| {
            toasts.say(deliveries::queued_again(locale));
            detail.reload();
        });
    };
    view! {
        <button type="button" class="button" on:click=move |_| detail.reload()>{common::refresh(locale)}</button>
        <Show when=move || is_finished() && api.may(Permission::ManageSubscribers)>
            <button type="button" class="button button-primary" on:click=again>{deliveries::send_again(locale)}</button>
        </Show>
    }
}

#[component]
fn Facts(delivery: Delivery) -> impl IntoView {
    let locale = use_locale();
    let incident = delivery
        .incident_id
        .map(|id| (deliveries::incident(locale), href::incident(id)));
    let maintenance = delivery
        .maintenance_id
        .map(|id| (deliveries::maintenance(locale), href::maintenance(id)));
    let about = incident
        .or(maintenance)
        .map(|(kind, address)| view! { <div><dt>{kind}</dt><dd><A href=address>{delivery.subject}</A></dd></div> });
    let next = delivery
        .next_attempt_at
        .map(|at| view! { <div><dt>{deliveries::next_attempt(locale)}</dt><dd><Moment at/></dd></div> });
    let error = delivery
        .last_error
        .map(|error| view! { <div><dt>{deliveries::last_error(locale)}</dt><dd>{error}</dd></div> });
    view! {
        <dl class="facts">
            <div><dt>{deliveries::event(locale)}</dt><dd>{words::event(locale, delivery.event_kind)}</dd></div>
            <div><dt>{deliveries::to(locale)}</dt><dd>{delivery.target}</dd></div>
            <div><dt>{deliveries::status(locale)}</dt><dd><DeliveryBadge status=delivery.status/></dd></div>
            <div><dt>{deliveries::created(locale)}</dt><dd><Moment at=delivery.created_at/></dd></div>
            {next}
            {error}
            {about}
        </dl>
    }
}

#[component]
fn Attempts(attempts: Vec<Attempt>) -> impl IntoView {
    let locale = use_locale();
    let heads = vec![
        deliveries::when(locale),
        deliveries::outcome(locale),
        deliveries::answer(locale),
        deliveries::duration(locale),
    ];
    let row = move |attempt: Attempt| {
        view! {
            <tr>
                <td><Moment at=attempt.created_at/></td>
                <td data-label=deliveries::outcome(locale)>{words::outcome(locale, attempt.outcome)}</td>
                <td data-label=deliveries::answer(locale)>{attempt.detail}</td>
                <td data-label=deliveries::duration(locale)>{format!("{} ms", attempt.duration_ms)}</td>
            </tr>
        }
    };
    view! { <Table caption=deliveries::attempts(locale) heads>{attempts.into_iter().map(row).collect_view()}</Table> }
}
