//! Pages behind the links in mails: confirm, change, unsubscribe.
//!
//! Opening a link changes nothing, because mail programs open links on their own; the button does.

use leptos::prelude::*;
use shared::status_page::{PublicComponent, PublicGroup};
use shared::subscriber::ManagedSubscription;

use crate::i18n::{Locale, t, use_locale};
use crate::pages::status::document::{Asked, ManageForm};
use crate::pages::status::preferences::PreferenceFields;
use crate::pages::status::scope::ScopeFields;
use crate::pages::status::shell::BackToOverview;
use crate::pages::status::state::use_links;
use crate::pages::status::subscribe::{about_wishes, first_error};
use crate::routes::public as href;

/// `/confirm/{token}`
#[component]
pub fn ConfirmPage(token: String, asked: Asked) -> impl IntoView {
    let locale = use_locale();
    match asked {
        Asked::Open => question(Question {
            title: t::status::confirm::title(locale),
            text: t::status::confirm::text(locale),
            action: use_links().to(&href::confirm(&token)),
            button: t::status::confirm::button(locale),
        }),
        Asked::Done { target } => answer(
            t::status::confirm::done(locale),
            target.map(|target| t::status::confirm::done_text(locale, target)),
        ),
        Asked::Expired => expired(locale),
    }
}

/// `/unsubscribe/{token}`
#[component]
pub fn UnsubscribePage(token: String, asked: Asked) -> impl IntoView {
    let locale = use_locale();
    match asked {
        Asked::Open => question(Question {
            title: t::status::unsubscribe::title(locale),
            text: t::status::unsubscribe::text(locale),
            action: use_links().to(&href::unsubscribe(&token)),
            button: t::status::unsubscribe::button(locale),
        }),
        Asked::Done { target } => answer(
            t::status::unsubscribe::done(locale),
            target.map(|target| t::status::unsubscribe::done_text(locale, target)),
        ),
        Asked::Expired => expired(locale),
    }
}

/// `/manage/{token}`
#[component]
pub fn ManagePage(
    groups: Vec<PublicGroup>,
    components: Vec<PublicComponent>,
    form: ManageForm,
    /// The time zone of the page.
    zone: String,
) -> impl IntoView {
    let locale = use_locale();
    let links = use_links();
    let Some(subscription) = form.subscription else {
        return expired(locale);
    };
    let ManagedSubscription {
        target,
        locale: language,
        scope,
        preferences,
        secret,
        ..
    } = subscription;
    let incidents = scope.incidents.clone();
    let followed = |code: String| view! { <input type="hidden" name="incident" value=code/> };
    let secret = secret.map(|secret| {
        view! { <p class="quiet small">{t::status::manage::secret(locale)}": "<code>{secret}</code></p> }
    });
    view! {
        {form.is_saved.then(|| view! { <p class="saved" role="status">{t::status::manage::saved(locale)}</p> })}
        <form class="form card card-full" method="post" action=links.to(&href::manage(&form.token))>
            <h1>{t::status::manage::title(locale)}</h1>
            <p class="quiet">{t::status::manage::text(locale, target)}</p>
            <ScopeFields groups components scope=Some(scope)/>
            {first_error(locale, &form.errors, "scope").map(|text| view! { <p class="field-error">{text}</p> })}
            {incidents.into_iter().map(followed).collect_view()}
            <PreferenceFields preferences errors=about_wishes(&form.errors) zone has_pause=true/>
            <LanguageField language/>
            {secret}
            <p class="actions">
                <button class="button button-primary" type="submit">{t::status::manage::save(locale)}</button>
                <a class="button" href=links.to(&href::unsubscribe(&form.token))>{t::status::unsubscribe::button(locale)}</a>
            </p>
        </form>
        <BackToOverview/>
    }
    .into_any()
}

#[component]
fn LanguageField(language: String) -> impl IntoView {
    let option = |other: &Locale| {
        let is_chosen = other.tag() == language;
        view! { <option value=other.tag() lang=other.tag() selected=is_chosen>{other.own_name()}</option> }
    };
    view! {
        <div class="field">
            <label for="locale">{t::status::manage::language(use_locale())}</label>
            <select id="locale" name="locale">{Locale::ALL.iter().map(option).collect_view()}</select>
        </div>
    }
}

struct Question {
    title: &'static str,
    text: &'static str,
    action: String,
    button: &'static str,
}

fn question(question: Question) -> AnyView {
    view! {
        <form class="notice" method="post" action=question.action>
            <h1>{question.title}</h1>
            <p>{question.text}</p>
            <p class="actions"><button class="button button-primary" type="submit">{question.button}</button></p>
        </form>
        <BackToOverview/>
    }
    .into_any()
}

fn answer(title: &'static str, text: Option<String>) -> AnyView {
    view! {
        <section class="notice" role="status">
            <h1>{title}</h1>
            {text.map(|text| view! { <p>{text}</p> })}
        </section>
        <BackToOverview/>
    }
    .into_any()
}

fn expired(locale: Locale) -> AnyView {
    let again = use_links().to(href::SUBSCRIBE);
    view! {
        <section class="notice">
            <h1>{t::status::expired::title(locale)}</h1>
            <p>{t::status::expired::text(locale)}</p>
            <p class="actions"><a class="button" href=again>{t::status::subscribe::link(locale)}</a></p>
        </section>
        <BackToOverview/>
    }
    .into_any()
}
