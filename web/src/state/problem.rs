//! What an error means to a person: codes of the contract turned into sentences of their language.

use shared::problem::{Code, FieldCode};
use shared::{FieldError, Problem};

use crate::api::ApiError;
use crate::i18n::Locale;
use crate::i18n::t::admin::{errors, fields};

/// A sentence on what went wrong and what can be done.
pub fn explain(locale: Locale, error: &ApiError) -> String {
    let ApiError::Problem(problem) = error else {
        return errors::offline(locale).into();
    };
    let sentence = sentence(locale, problem.code);
    match (problem.code, &problem.instance) {
        (Code::Internal, Some(request)) => errors::with_request(locale, sentence, request),
        (Code::Conflict, _) => conflict(locale, sentence, problem),
        _ => sentence.into(),
    }
}

/// What stands in the way. The server says it in English only, which helps no reader of another language.
fn conflict(locale: Locale, sentence: &str, problem: &Problem) -> String {
    match (locale, &problem.detail) {
        (Locale::En, Some(detail)) => errors::with_detail(locale, sentence, detail),
        _ => sentence.into(),
    }
}

fn sentence(locale: Locale, code: Code) -> &'static str {
    match code {
        Code::Invalid => errors::invalid(locale),
        Code::Unauthenticated => errors::unauthenticated(locale),
        Code::Forbidden => errors::forbidden(locale),
        Code::NotFound => errors::not_found(locale),
        Code::Conflict => errors::conflict(locale),
        Code::SlugTaken => errors::slug_taken(locale),
        Code::EmailTaken => errors::email_taken(locale),
        Code::Changed => errors::changed(locale),
        Code::TimedOut => errors::timed_out(locale),
        Code::TooLarge => errors::too_large(locale),
        Code::RateLimited => errors::rate_limited(locale),
        Code::LinkExpired => errors::link_expired(locale),
        Code::Unavailable => errors::unavailable(locale),
        Code::Internal
        | Code::Malformed
        | Code::MethodNotAllowed
        | Code::UnsupportedMediaType
        | Code::IdempotencyMismatch => errors::internal(locale),
    }
}

/// What to do about one field.
pub fn explain_field(locale: Locale, error: &FieldError) -> String {
    let sentence = field_sentence(locale, error);
    match (locale, error.code, error.message.split_once(": ")) {
        // Why a password is easy to guess the server says best, though in English only.
        (Locale::En, FieldCode::TooWeak, Some((_, advice))) => fields::weak_because(locale, advice),
        // The line and the reason are the template language's own words, in every language.
        (_, FieldCode::BadTemplate, _) => fields::template_because(locale, &error.message),
        _ => sentence.into(),
    }
}

fn field_sentence(locale: Locale, error: &FieldError) -> &'static str {
    match error.code {
        FieldCode::Required => fields::required(locale),
        FieldCode::TooLong => fields::too_long(locale),
        FieldCode::TooShort if is_password(&error.field) => fields::password_too_short(locale),
        FieldCode::TooShort => fields::too_short(locale),
        FieldCode::BadFormat => form_of(locale, &error.field),
        FieldCode::BadTemplate => fields::bad_format(locale),
        FieldCode::OutOfRange if error.field == "ends_at" => fields::end_too_early(locale),
        FieldCode::OutOfRange => fields::out_of_range(locale),
        FieldCode::Unknown => fields::unknown(locale),
        FieldCode::Duplicate => fields::duplicate(locale),
        FieldCode::TooWeak => fields::too_weak(locale),
        FieldCode::Taken => fields::taken(locale),
        FieldCode::NotAllowed if error.field == "current_password" => fields::wrong_password(locale),
        FieldCode::NotAllowed => fields::not_allowed(locale),
    }
}

fn is_password(field: &str) -> bool {
    field.ends_with("password")
}

/// The form a field has, told by an example.
fn form_of(locale: Locale, field: &str) -> &'static str {
    match field {
        "email" => fields::form_of_email(locale),
        "website_url" | "link" => fields::form_of_url(locale),
        "host" => fields::form_of_host(locale),
        "slug" => fields::form_of_slug(locale),
        "accent" => fields::form_of_colour(locale),
        "time_zone" => fields::form_of_time_zone(locale),
        "recurrence" => fields::form_of_recurrence(locale),
        _ => fields::bad_format(locale),
    }
}
