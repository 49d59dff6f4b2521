//! The first visit's walk-through. What is done is read from what is there, never from a flag.

use leptos::prelude::*;
use leptos_router::components::A;
use shared::access::Permission;
use shared::component::Component;
use shared::system::SystemState;

use super::shell::public_url;
use crate::api::{SubscriberFilter, use_api};
use crate::i18n::t::admin::first_steps;
use crate::i18n::use_locale;
use crate::routes::{admin as href, public};
use crate::state::browser;
use crate::state::page::use_pages;
use crate::ui::icon::{Glyph, Icon};
use crate::ui::load::{Loader, load};

const DISMISSED: &str = "signet.first_steps_dismissed";

/// Name the page, add components, send a test mail, publish. Gone when all is done, or when told to go.
#[component]
pub fn FirstSteps(components: Loader<Vec<Component>>, system: Loader<SystemState>) -> impl IntoView {
    let api = use_api();
    let is_dismissed = RwSignal::new(browser::recall(DISMISSED).is_some());
    view! {
        <Show when=move || !is_dismissed.get() && api.may(Permission::ManagePages)>
            <Steps components system is_dismissed/>
        </Show>
    }
}

#[component]
fn Steps(
    components: Loader<Vec<Component>>,
    system: Loader<SystemState>,
    is_dismissed: RwSignal<bool>,
) -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let pages = use_pages();
    let followers = load(move || {
        let filter = SubscriberFilter {
            page: pages.current_id(),
            limit: Some(1),
            ..SubscriberFilter::default()
        };
        async move { api.list_subscribers(&filter).await }
    });
    let done = Memo::new(move |_| {
        let components = components.get()?;
        let system = system.get()?;
        let followers = followers.get()?;
        let page = pages.current()?;
        // A page that was only made has never been changed; setup changes it when it gives a name.
        let is_named = page.updated_at > page.created_at || page.description.is_some();
        Some([
            is_named,
            !components.is_empty(),
            system.last_mail_at.is_some(),
            !followers.items.is_empty(),
        ])
    });
    let dismiss = move |_| {
        browser::remember(DISMISSED, "1");
        is_dismissed.set(true);
    };
    let settings_mail = format!("{}?part=mail", href::SETTINGS);
    let step = move |at: usize, href: Signal<String>, title: &'static str, text: &'static str| {
        view! { <Step is_done=Signal::derive(move || done.get().is_some_and(|done| done[at])) href title text/> }
    };
    view! {
        <Show when=move || done.get().is_some_and(|done| done.contains(&false))>
            <section class="steps" aria-labelledby="first-steps">
                <div class="steps-head">
                    <h2 id="first-steps">{first_steps::title(locale)}</h2>
                    <button type="button" class="button button-quiet" on:click=dismiss>{first_steps::dismiss(locale)}</button>
                </div>
                <ol>
                    {step(0, href::SETTINGS.to_owned().into(), first_steps::name_page(locale), first_steps::name_page_text(locale))}
                    {step(1, href::COMPONENTS.to_owned().into(), first_steps::add_components(locale), first_steps::add_components_text(locale))}
                    {step(2, settings_mail.clone().into(), first_steps::test_mail(locale), first_steps::test_mail_text(locale))}
                    {step(3, Signal::derive(|| public_url(public::OVERVIEW)), first_steps::publish(locale), first_steps::publish_text(locale))}
                </ol>
            </section>
        </Show>
    }
}

#[component]
fn Step(is_done: Signal<bool>, href: Signal<String>, title: &'static str, text: &'static str) -> impl IntoView {
    let locale = use_locale();
    let is_outside = Memo::new(move |_| href.with(|href| !href.starts_with("/admin")));
    let link = move || match is_outside.get() {
        true => view! { <a href=href target="_blank" rel="external">{title}</a> }.into_any(),
        false => view! { <A href=move || href.get()>{title}</A> }.into_any(),
    };
    view! {
        <li class="step" data-done=move || is_done.get().to_string()>
            <span class="step-mark" aria-hidden="true"><Show when=move || is_done.get()><Glyph icon=Icon::Tick/></Show></span>
            <div>
                {link}
                <Show when=move || is_done.get()><span class="unseen">{first_steps::done(locale)}</span></Show>
                <p>{text}</p>
            </div>
        </li>
    }
}
