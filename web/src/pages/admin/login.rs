//! Signing in: on a page of its own, or, when a session has ended, over the page somebody works on.

use leptos::prelude::*;
use shared::Validate;
use shared::member::SetupState;
use shared::session;

use crate::api::use_api;
use crate::i18n::t::admin::{common, login};
use crate::i18n::use_locale;
use crate::state::session::Phase;
use crate::ui::dialog::show_while;
use crate::ui::field::TextField;
use crate::ui::form::{Form, FormErrors, SubmitButton};
use crate::ui::load::load;

/// The page for those who are not signed in, whatever address they came to; they stay at that address.
#[component]
pub fn Login() -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let setup = load(move || api.get_setup());
    let is_new = move || setup.get().is_some_and(|SetupState { is_needed }| is_needed);
    document().set_title(login::title(locale));
    view! {
        <main class="gate">
            <h1>{login::title(locale)}</h1>
            <Show when=is_new fallback=|| view! { <LoginForm/> }>
                <div class="notice">
                    <h2>{login::new_installation(locale)}</h2>
                    <p>{login::use_setup_link(locale)}</p>
                </div>
            </Show>
        </main>
    }
}

/// Asks for the password over the page. What was typed there stays, and what was being sent is sent afterwards.
#[component]
pub fn SignInAgain() -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let open = RwSignal::new(false);
    Effect::new(move |_| open.set(api.session().phase.get() == Phase::Expired));
    let node = show_while(open);
    view! {
        // Closing would leave a page that can do nothing.
        <dialog
            node_ref=node
            class="dialog"
            aria-labelledby="sign-in-again"
            on:cancel=|event: web_sys::Event| event.prevent_default()
        >
            <Show when=move || open.get()>
                <header class="dialog-head"><h2 id="sign-in-again">{login::again_title(locale)}</h2></header>
                <div class="dialog-body">
                    <p>{login::again_text(locale)}</p>
                    <LoginForm/>
                    <button type="button" class="button button-quiet" on:click=move |_| api.session().leave()>
                        {login::leave(locale)}
                    </button>
                </div>
            </Show>
        </dialog>
    }
}

#[component]
fn LoginForm() -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let form = Form::new();
    let known = api
        .session()
        .me
        .get_untracked()
        .map(|me| me.member.email)
        .unwrap_or_default();
    let is_known = !known.is_empty();
    let email = RwSignal::new(known);
    let password = RwSignal::new(String::new());
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let input = Credentials(session::Login {
            email: email.get_untracked(),
            password: password.get_untracked(),
        });
        form.submit(
            input,
            move |input, _| async move { api.create_session(&input.0).await },
            |()| {},
        );
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            <TextField form name="email" label=common::email(locale) value=email kind="email" autocomplete="username" is_required=true/>
            <TextField form name="password" label=common::password(locale) value=password kind="password" autocomplete="current-password" is_required=true wants_focus=is_known/>
            <FormErrors form/>
            <SubmitButton form label=login::sign_in(locale)/>
        </form>
    }
}

/// An address and a password; both have to be there, and the rest is for the server to judge.
struct Credentials(session::Login);

impl Validate for Credentials {
    fn check(&self, check: &mut shared::Check) {
        check.line("email", &self.0.email, shared::text::EmailAddress::MAX);
        check.line("password", &self.0.password, shared::member::PASSWORD_MAX);
    }
}
