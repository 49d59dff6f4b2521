//! `/subscribe`: the form for people who want to hear of events.

use leptos::prelude::*;
use shared::FieldError;
use shared::channel::Channel;
use shared::preferences::Preferences;
use shared::problem::FieldCode;
use shared::status_page::{PublicComponent, PublicGroup};
use shared::subscriber::PublicScope;

use crate::components::words::channel_name;
use crate::i18n::{Locale, t, use_locale};
use crate::pages::status::document::SubscribeForm;
use crate::pages::status::preferences::PreferenceFields;
use crate::pages::status::scope::ScopeFields;
use crate::pages::status::shell::BackToOverview;
use crate::routes::public as href;

/// The form, or the answer to it.
#[component]
pub fn SubscribePage(
    groups: Vec<PublicGroup>,
    components: Vec<PublicComponent>,
    form: SubscribeForm,
    /// The time zone of the page.
    zone: String,
) -> impl IntoView {
    let locale = use_locale();
    let channel = form
        .channel
        .or_else(|| form.channels.first().copied())
        .unwrap_or(Channel::Email);
    if form.is_sent {
        return view! { <Sent channel target=form.target errors=form.errors/> }.into_any();
    }
    let scope = match form.incident {
        Some(title) => one_incident(locale, title, form.scope),
        None => view! { <ScopeFields groups components scope=form.scope/> }.into_any(),
    };
    view! {
        <BackToOverview/>
        <form class="form card card-full" method="post" action=href::SUBSCRIBE>
            <h1>{t::status::subscribe::title(locale)}</h1>
            <p class="quiet">{t::status::subscribe::text(locale)}</p>
            <input type="hidden" name="lang" value=locale.tag()/>
            {channel_field(locale, &form.channels, channel)}
            <TargetField
                is_email=form.channels.iter().all(|channel| *channel == Channel::Email) target=form.target
                error=first_error(locale, &form.errors, "target").or_else(|| first_error(locale, &form.errors, "channel"))
            />
            <Trap/>
            {scope}
            {first_error(locale, &form.errors, "scope").map(|text| view! { <p class="field-error">{text}</p> })}
            <PreferenceFields
                preferences=form.preferences.unwrap_or_else(Preferences::everything) errors=about_wishes(&form.errors) zone has_pause=false
            />
            <p class="actions">
                <button class="button button-primary" type="submit">{t::status::subscribe::send(locale)}</button>
            </p>
            <p class="quiet small">{t::status::subscribe::privacy(locale)}</p>
        </form>
    }
    .into_any()
}

/// The errors that belong to the part that says what and when.
pub fn about_wishes(errors: &[FieldError]) -> Vec<FieldError> {
    let is_there = |error: &&FieldError| error.field.starts_with("preferences") || error.field == "time_zone";
    errors.iter().filter(is_there).cloned().collect()
}

fn one_incident(locale: Locale, title: String, scope: Option<PublicScope>) -> AnyView {
    let code = scope
        .and_then(|scope| scope.incidents.into_iter().next())
        .unwrap_or_default();
    view! {
        <p>{t::status::subscribe::follow_text(locale, title)}</p>
        <input type="hidden" name="scope" value="chosen"/>
        <input type="hidden" name="incident" value=code/>
    }
    .into_any()
}

/// Nothing to choose where there is one.
fn channel_field(locale: Locale, channels: &[Channel], chosen: Channel) -> AnyView {
    if channels.len() < 2 {
        return view! { <input type="hidden" name="channel" value=chosen.as_str()/> }.into_any();
    }
    let option = |channel: &Channel| {
        let is_chosen = *channel == chosen;
        view! { <option value=channel.as_str() selected=is_chosen>{channel_name(locale, *channel)}</option> }
    };
    view! {
        <div class="field">
            <label for="channel">{t::status::subscribe::channel(locale)}</label>
            <select id="channel" name="channel">{channels.iter().map(option).collect_view()}</select>
        </div>
    }
    .into_any()
}

#[component]
fn Sent(channel: Channel, target: String, errors: Vec<FieldError>) -> impl IntoView {
    let locale = use_locale();
    let code = (channel == Channel::Sms).then(|| code_form(locale, &target, &errors));
    view! {
        <section class="notice" role="status">
            <h1>{t::status::subscribe::sent(locale)}</h1>
            <p>{t::status::subscribe::sent_text(locale, target)}</p>
        </section>
        {code}
        <BackToOverview/>
    }
}

/// A code is quicker to type than a link is to open on a phone.
fn code_form(locale: Locale, target: &str, errors: &[FieldError]) -> AnyView {
    let error = errors.iter().any(|error| error.field == "code");
    let error =
        error.then(|| view! { <p class="field-error" id="code-error">{t::status::errors::code_wrong(locale)}</p> });
    view! {
        <form class="form card card-full" method="post" action=href::SUBSCRIBE_CODE>
            <input type="hidden" name="lang" value=locale.tag()/>
            <input type="hidden" name="target" value=target.to_owned()/>
            <div class="field">
                <label for="code">{t::status::subscribe::code(locale)}</label>
                <input
                    id="code" name="code" type="text" inputmode="numeric" autocomplete="one-time-code" required maxlength="6"
                    aria-describedby=error.is_some().then_some("code-error")
                />
                {error}
            </div>
            <p class="actions"><button class="button button-primary" type="submit">{t::status::subscribe::code_send(locale)}</button></p>
        </form>
    }
    .into_any()
}

#[component]
fn TargetField(is_email: bool, target: String, error: Option<String>) -> impl IntoView {
    let locale = use_locale();
    let is_wrong = error.is_some();
    let (label, kind, complete) = if is_email {
        (t::status::subscribe::email(locale), "email", "email")
    } else {
        (t::status::subscribe::target(locale), "text", "on")
    };
    let help = (!is_email)
        .then(|| view! { <p class="quiet small" id="target-help">{t::status::subscribe::target_help(locale)}</p> });
    let described = match (is_wrong, is_email) {
        (true, _) => Some("target-error"),
        (false, false) => Some("target-help"),
        (false, true) => None,
    };
    view! {
        <div class="field">
            <label for="target">{label}</label>
            <input
                id="target" name="target" type=kind required autocomplete=complete maxlength="2000" value=target
                aria-invalid=is_wrong.then_some("true") aria-describedby=described
            />
            {help}
            {error.map(|text| view! { <p class="field-error" id="target-error">{text}</p> })}
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
        ("target", FieldCode::Required) => t::status::errors::target_required(locale),
        ("channel", _) => t::status::errors::channel_closed(locale),
        ("preferences.quiet_hours", _) => t::status::errors::hours_wrong(locale),
        ("time_zone", _) => t::status::errors::zone_wrong(locale),
        (_, FieldCode::Required) => t::status::errors::nothing_chosen(locale),
        (_, FieldCode::Unknown) => t::status::errors::gone(locale),
        _ => return Some(error.message.clone()),
    };
    Some(text.into())
}
