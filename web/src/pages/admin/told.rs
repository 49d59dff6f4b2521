//! Who was told of an incident or a maintenance, in numbers, with a way to the log.

use leptos::prelude::*;
use leptos_router::components::A;
use shared::delivery::DeliveryStatus;
use shared::list::{DeliveryList, MAX_LIMIT};

use super::parts::Section;
use super::words;
use crate::api::{DeliveryFilter, use_api};
use crate::i18n::t::admin::deliveries;
use crate::i18n::use_locale;
use crate::ui::load::{load, loaded};

#[component]
pub fn Told(
    of: DeliveryFilter,
    /// A new update sends new mails.
    #[prop(into)]
    changed: Signal<()>,
    /// Where the log shows them.
    all: String,
) -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let filter = DeliveryFilter {
        limit: Some(MAX_LIMIT),
        ..of
    };
    let sent = load(move || {
        changed.track();
        let filter = filter.clone();
        async move { api.list_deliveries(&filter).await }
    });
    let all = StoredValue::new(all);
    let counts = move |list: RwSignal<DeliveryList>| {
        let rows = move || list.with(|list| view! { <Counts list=list.clone() all=all.get_value()/> });
        rows.into_any()
    };
    view! { <Section title=deliveries::of_incident(locale)>{loaded(sent, counts)}</Section> }
}

#[component]
fn Counts(list: DeliveryList, all: String) -> impl IntoView {
    let locale = use_locale();
    if list.items.is_empty() {
        return view! { <p class="hint">{deliveries::none_for_incident(locale)}</p> }.into_any();
    }
    let row = |status: &'static DeliveryStatus| {
        let count = list.items.iter().filter(|delivery| delivery.status == *status).count();
        let is_bad = *status == DeliveryStatus::GivenUp && count != 0;
        let more = if list.next_cursor.is_some() { "+" } else { "" };
        view! {
            <div class:fact-bad=is_bad>
                <dt>{words::delivery_status(locale, *status)}</dt>
                <dd>{count}{more}</dd>
            </div>
        }
    };
    let rows = DeliveryStatus::ALL.iter().map(row).collect_view();
    view! {
        <dl class="facts">{rows}</dl>
        <p><A href=all>{deliveries::show_all(locale)}</A></p>
    }
    .into_any()
}
