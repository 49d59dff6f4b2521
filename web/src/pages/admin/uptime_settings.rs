//! How the page counts uptime: a part of its settings.

use leptos::prelude::*;
use shared::page::{Page, PagePatch};
use shared::uptime::GroupUptimeRule;

use super::parts::Section;
use crate::api::{Versioned, use_api};
use crate::i18n::t::admin::{common, uptime};
use crate::i18n::{Locale, use_locale};
use crate::state::page::use_pages;
use crate::ui::field::{CheckField, SelectField, TextField};
use crate::ui::form::{Form, FormErrors, SubmitButton};
use crate::ui::load::{load, loaded};
use crate::ui::toast::use_toasts;

#[component]
pub fn UptimeSection() -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let pages = use_pages();
    let id = Memo::new(move |_| pages.current_id());
    let form = move || {
        let id = id.get()?;
        let found = load(move || async move { api.get_page(id).await });
        Some(loaded(found, move |page| {
            let before = page.get_untracked();
            view! { <UptimeForm before/> }.into_any()
        }))
    };
    view! { <Section title=uptime::title(locale) text=uptime::text(locale)>{form}</Section> }
}

#[component]
fn UptimeForm(before: Versioned<Page>) -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let pages = use_pages();
    let toasts = use_toasts();
    let form = Form::new();
    let page = before.item;
    let partial = RwSignal::new(page.partial_outage_percent.to_string());
    let places = RwSignal::new(page.uptime_places.to_string());
    let rule = RwSignal::new(page.group_uptime.as_str().to_owned());
    let counts_maintenance = RwSignal::new(page.counts_maintenance);
    let etag = StoredValue::new(before.etag);
    let id = page.id;
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let number = |text: RwSignal<String>| text.get_untracked().trim().parse::<u32>();
        let input = PagePatch {
            // What is no number is more than there can be, so that the rule says what is possible.
            partial_outage_percent: Some(number(partial).unwrap_or(u32::MAX)),
            counts_maintenance: Some(counts_maintenance.get_untracked()),
            uptime_places: places.get_untracked().parse().ok(),
            group_uptime: GroupUptimeRule::ALL
                .iter()
                .copied()
                .find(|known| known.as_str() == rule.get_untracked()),
            ..PagePatch::default()
        };
        let etag_now = etag.get_value();
        let send = move |input: PagePatch, _| async move { api.update_page(id, &input, etag_now).await };
        form.submit(input, send, move |saved: Versioned<Page>| {
            etag.set_value(saved.etag);
            toasts.say(common::saved(locale));
            pages.replace(saved.item);
        });
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            <TextField form name="partial_outage_percent" label=uptime::partial(locale) hint=uptime::partial_hint(locale) value=partial kind="number"/>
            <SelectField form name="uptime_places" label=uptime::places(locale) hint=uptime::places_hint(locale) value=places options=all_places()/>
            <SelectField form name="group_uptime" label=uptime::group(locale) hint=uptime::group_hint(locale) value=rule options=rules(locale)/>
            <CheckField form name="counts_maintenance" label=uptime::maintenance(locale) hint=uptime::maintenance_hint(locale) value=counts_maintenance/>
            <FormErrors form/>
            <div class="form-actions"><SubmitButton form label=common::save(locale)/></div>
        </form>
    }
}

/// So many decimal places a figure can have.
fn all_places() -> Vec<(String, String)> {
    let number = |places: u8| (places.to_string(), places.to_string());
    (0..=3).map(number).collect()
}

fn rules(locale: Locale) -> Vec<(String, String)> {
    let word = |rule: &GroupUptimeRule| match rule {
        GroupUptimeRule::Mean => uptime::mean(locale),
        GroupUptimeRule::Worst => uptime::worst(locale),
        GroupUptimeRule::Weighted => uptime::weighted(locale),
    };
    let options = GroupUptimeRule::ALL
        .iter()
        .map(|rule| (rule.as_str().to_owned(), word(rule).to_owned()));
    options.collect()
}
