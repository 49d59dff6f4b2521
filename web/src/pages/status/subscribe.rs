//! `/subscribe`: the form for people who want to hear of events.

use leptos::prelude::*;
use shared::FieldError;
use shared::problem::FieldCode;
use shared::status_page::{PublicComponent, PublicGroup};

use crate::i18n::{Locale, t, use_locale};
use crate::pages::status::document::SubscribeForm;
use crate::pages::status::scope::ScopeFields;
use crate::pages::status::shell::BackToOverview;
use crate::routes::public as href;

/// The form, or the answer to it.
#[component]
pub fn SubscribePage(groups: Vec<PublicGroup>, components: Vec<PublicComponent>, form: SubscribeForm) -> impl IntoView {
    let locale = use_locale();
    if form.is_sent {
        return view! { <Sent email=form.email/> }.into_any();
    }
    view! {
        <BackToOverview/>
        <form class="form card card-full" method="post" action=href::SUBSCRIBE>
            <h1>{t::status::subscribe::title(locale)}</h1>
            <p class="quiet">{t::status::subscribe::text(locale)}</p>
            <input type="hidden" name="lang" value=locale.tag()/>
            <EmailField email=form.email error=first_error(locale, &form.errors, "email")/>
            <Trap/>
            <ScopeFields groups components scope=form.scope/>
            {first_error(locale, &form.errors, "scope").map(|text| view! { <p class="field-error">{text}</p> })}
            <p class="actions">
                <button class="button button-primary" type="submit">{t::status::subscribe::send(locale)}</button>
            </p>
            <p class="quiet small">{t::status::subscribe::privacy(locale)}</p>
        </form>
    }
    .into_any()
}

#[component]
fn Sent(email: String) -> impl IntoView {
    let locale = use_locale();
    view! {
        <section class="notice" role="status">
            <h1>{t::status::subscribe::sent(locale)}</h1>
            <p>{t::status::subscribe::sent_text(locale, email)}</p>
        </section>
        <BackToOverview/>
    }
}

#[component]
fn EmailField(email: String, error: Option<String>) -> impl IntoView {
    let locale = use_locale();
    let is_wrong = error.is_some();
    view! {
        <div class="field">
            <label for="email">{t::status::subscribe::email(locale)}</label>
            <input
                id="email" name="email" type="email" required autocomplete="email" maxlength="254" value=email
                aria-invalid=is_wrong.then_some("true") aria-describedby=is_wrong.then_some("email-error")
            />
            {error.map(|text| view! { <p class="field-error" id="email-error">{text}</p> })}
        </div>
    }
}

/// A field people never see. What fills it is no person.
#[component]
fn Trap() -> impl IntoView {
    let locale = use_locale();
    view! {
        <div class="trap" aria-hidden="true">
            <label for="website">{t::status::subscribe::trap(locale)}</label>
            <input id="website" name="website" type="text" tabindex="-1" autocomplete="off"/>
        </div>
    }
}

/// What is wrong with a field or a part of it, in the reader's words.
pub fn first_error(locale: Locale, errors: &[FieldError], field: &str) -> Option<String> {
    let error = errors.iter().find(|error| error.field.starts_with(field))?;
    let text = match (field, error.code) {
        ("email", FieldCode::Required) => t::status::errors::email_required(locale),
        ("email", _) => t::status::errors::email_wrong(locale),
        (_, FieldCode::Required) => t::status::errors::nothing_chosen(locale),
        (_, FieldCode::Unknown) => t::status::errors::gone(locale),
        _ => return Some(error.message.clone()),
    };
    Some(text.into())
}
