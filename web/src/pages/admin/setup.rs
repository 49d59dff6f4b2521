//! The first owner's first minute, and an invited member's. Both come with a secret after `#`, which no server log sees.

use leptos::prelude::*;
use leptos_router::hooks::use_navigate;
use shared::member::{self, AcceptInvitation, PASSWORD_MIN};

use super::parts::filled;
use crate::api::use_api;
use crate::i18n::t::admin::{common, join, setup};
use crate::i18n::use_locale;
use crate::routes::admin as href;
use crate::state::browser;
use crate::ui::field::TextField;
use crate::ui::form::{Form, FormErrors, SubmitButton};
use crate::ui::load::load;

/// Names the owner and the page.
#[component]
pub fn Setup() -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let navigate = use_navigate();
    let form = Form::new();
    let token = browser::fragment();
    let has_token = !token.is_empty();
    let [page_name, name, email, password] = std::array::from_fn(|_| RwSignal::new(String::new()));
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let input = member::Setup {
            token: token.clone(),
            email: email.get_untracked(),
            name: name.get_untracked(),
            password: password.get_untracked(),
            page_name: filled(&page_name.get_untracked()),
            time_zone: browser::time_zone(),
        };
        let navigate = navigate.clone();
        let send = move |input: member::Setup, key| async move { api.complete_setup(&input, &key).await };
        form.submit(input, send, move |()| navigate(href::OVERVIEW, replace()));
    };
    let state = load(move || api.get_setup());
    let is_done = move || state.get().is_some_and(|state| !state.is_needed);
    document().set_title(setup::title(locale));
    view! {
        <main class="gate">
            <h1>{setup::title(locale)}</h1>
            <Show when=is_done>
                <div class="notice">
                    <p>{setup::done(locale)}</p>
                    <a class="button" href=href::OVERVIEW>{setup::to_console(locale)}</a>
                </div>
            </Show>
            <p>{setup::text(locale)}</p>
            {(!has_token).then(|| view! { <div class="notice notice-bad" role="alert"><p>{setup::no_token(locale)}</p></div> })}
            <form class="form" novalidate on:submit=submit>
                <TextField form name="page_name" label=setup::page_name(locale) hint=setup::page_name_hint(locale) value=page_name autocomplete="organization"/>
                <TextField form name="name" label=setup::your_name(locale) value=name autocomplete="name" is_required=true/>
                <TextField form name="email" label=common::email(locale) value=email kind="email" autocomplete="username" is_required=true/>
                <NewPassword form name="password" value=password/>
                <FormErrors form/>
                <SubmitButton form label=setup::action(locale)/>
            </form>
        </main>
    }
}

/// Takes up an invitation by choosing a password.
#[component]
pub fn Join() -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let navigate = use_navigate();
    let form = Form::new();
    let token = browser::fragment();
    let password = RwSignal::new(String::new());
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let input = AcceptInvitation {
            token: token.clone(),
            password: password.get_untracked(),
        };
        let navigate = navigate.clone();
        let send = move |input: AcceptInvitation, key| async move { api.accept_invitation(&input, &key).await };
        form.submit(input, send, move |()| navigate(href::OVERVIEW, replace()));
    };
    document().set_title(join::title(locale));
    view! {
        <main class="gate">
            <h1>{join::title(locale)}</h1>
            <p>{join::text(locale)}</p>
            <form class="form" novalidate on:submit=submit>
                <NewPassword form name="password" value=password/>
                <FormErrors form/>
                <SubmitButton form label=join::action(locale)/>
            </form>
        </main>
    }
}

/// A password to choose: how long it is counts down as one types; how good it is the server says.
#[component]
pub fn NewPassword(
    form: Form,
    name: &'static str,
    value: RwSignal<String>,
    #[prop(optional, into)] label: String,
) -> impl IntoView {
    let locale = use_locale();
    let label = if label.is_empty() {
        common::password(locale).to_owned()
    } else {
        label
    };
    let missing = move || PASSWORD_MIN.saturating_sub(value.with(|text| text.chars().count()));
    let verdict = move || match (value.with(String::is_empty), missing()) {
        (true, _) => String::new(),
        (false, 0) => setup::password_long_enough(locale).into(),
        (false, missing) => setup::password_missing(locale, u64::try_from(missing).unwrap_or_default()),
    };
    view! {
        <div class="password" data-long=move || (missing() == 0).to_string()>
            <TextField form name label hint=setup::password_hint(locale) value kind="password" autocomplete="new-password" is_required=true/>
            <p class="password-verdict" aria-live="polite">{verdict}</p>
        </div>
    }
}

fn replace() -> leptos_router::NavigateOptions {
    leptos_router::NavigateOptions {
        replace: true,
        ..Default::default()
    }
}
