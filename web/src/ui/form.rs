//! Forms: one submission at a time, errors at their fields, nothing typed ever lost.
//!
//! The rules are `shared::Validate`, the same that the server applies; what only the server can know comes back as
//! `errors[]` and is shown at the same places.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering};

use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::problem::Code;
use shared::{FieldError, Validate};

use crate::api::{ApiError, ApiResult, SubmitKey};
use crate::i18n::use_locale;
use crate::state::browser;
use crate::state::problem::{explain, explain_field};

/// What is to be done with the answer once it is there.
type Rest = Box<dyn FnOnce()>;

static LAST: AtomicU32 = AtomicU32::new(0);

/// A number no other element of this visit has: parts of ids.
pub fn fresh_number() -> u32 {
    LAST.fetch_add(1, Ordering::Relaxed)
}

/// The state of a form. What was typed lives in signals of its own.
#[derive(Clone, Copy)]
pub struct Form {
    number: u32,
    /// Names of the fields that show their own errors.
    fields: StoredValue<Vec<&'static str>>,
    errors: RwSignal<Vec<FieldError>>,
    failure: RwSignal<Option<ApiError>>,
    is_busy: RwSignal<bool>,
    key: StoredValue<SubmitKey>,
}

impl Form {
    /// An untouched form.
    pub fn new() -> Self {
        Self {
            number: fresh_number(),
            fields: StoredValue::new(Vec::new()),
            errors: RwSignal::new(Vec::new()),
            failure: RwSignal::new(None),
            is_busy: RwSignal::new(false),
            key: StoredValue::new(SubmitKey::new()),
        }
    }

    /// True while an answer is awaited. Reactive.
    pub fn is_busy(self) -> bool {
        self.is_busy.get()
    }

    /// The id of the element for a field.
    pub fn field_id(self, name: &str) -> String {
        format!("form-{}-{name}", self.number)
    }

    /// Says that a field of this name shows its own errors.
    pub fn claim(self, name: &'static str) {
        self.fields.update_value(|fields| fields.push(name));
    }

    /// What is wrong with a field or a part of it. Reactive.
    pub fn error(self, name: &str) -> Option<FieldError> {
        self.errors
            .with(|errors| errors.iter().find(|error| is_part(&error.field, name)).cloned())
    }

    /// Checks the input and sends it; errors find their fields, and `done` gets the answer.
    pub fn submit<I, T, Sending>(
        self,
        input: I,
        send: impl FnOnce(I, SubmitKey) -> Sending + 'static,
        done: impl FnOnce(T) + 'static,
    ) where
        I: Validate + 'static,
        T: 'static,
        Sending: Future<Output = ApiResult<T>> + 'static,
    {
        if self.is_busy.get_untracked() || !self.accepts(input.validate()) {
            return;
        }
        let sending = send(input, self.key.get_value());
        self.follow(Box::pin(async move {
            let answer = sending.await?;
            Ok(Box::new(move || done(answer)) as Rest)
        }));
    }

    /// True if nothing is wrong with the input; what is gets shown.
    fn accepts(self, checked: Result<(), Vec<FieldError>>) -> bool {
        self.failure.set(None);
        match checked {
            Ok(()) => self.errors.set(Vec::new()),
            Err(errors) => {
                self.show(errors);
                return false;
            }
        }
        true
    }

    /// Waits for the answer. Knows nothing of what is sent, so that it is in the bundle once and not for every form.
    fn follow(self, sending: Pin<Box<dyn Future<Output = ApiResult<Rest>>>>) {
        self.is_busy.set(true);
        spawn_local(async move {
            let answer = sending.await;
            if self.is_busy.try_set(false).is_some() {
                return;
            }
            match answer {
                Ok(rest) => {
                    self.key.set_value(SubmitKey::new());
                    rest();
                }
                Err(error) => self.fail(error),
            }
        });
    }

    /// Shows why a submission failed.
    pub fn fail(self, error: ApiError) {
        // A corrected input is another request; after a lost connection the same one may be repeated.
        if error != ApiError::Offline {
            self.key.set_value(SubmitKey::new());
        }
        let errors = at_their_fields(&error);
        self.failure.set(Some(error));
        self.show(errors);
    }

    fn show(self, errors: Vec<FieldError>) {
        let has_any = !errors.is_empty();
        self.errors.set(errors);
        if has_any {
            let first = format!("[id^=\"form-{}-\"][aria-invalid=\"true\"]", self.number);
            request_animation_frame(move || browser::focus(&first));
        }
    }

    fn unclaimed(self) -> Vec<FieldError> {
        let fields = self.fields.get_value();
        let is_claimed = |error: &FieldError| fields.iter().any(|name| is_part(&error.field, name));
        let errors = self.errors.get();
        errors.into_iter().filter(|error| !is_claimed(error)).collect()
    }
}

impl Default for Form {
    fn default() -> Self {
        Self::new()
    }
}

/// `components[2].status` is part of `components`.
fn is_part(path: &str, name: &str) -> bool {
    path.strip_prefix(name)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['[', '.']))
}

/// The fields an answer points at; some codes mean a field without naming it.
fn at_their_fields(error: &ApiError) -> Vec<FieldError> {
    let taken = |field: &str| vec![FieldError::new(field, shared::problem::FieldCode::Taken, "is taken")];
    match error.code() {
        Some(Code::SlugTaken) if error.fields().is_empty() => taken("slug"),
        Some(Code::EmailTaken) if error.fields().is_empty() => taken("email"),
        _ => error.fields().to_vec(),
    }
}

/// What is wrong with the form as a whole, at its top or above its buttons.
#[component]
pub fn FormErrors(form: Form) -> impl IntoView {
    let locale = use_locale();
    let lines = move || {
        let failure = form.failure.get().map(|error| explain(locale, &error));
        let rest = form.unclaimed().into_iter();
        let rest = rest.map(|error| format!("{}: {}", error.field, explain_field(locale, &error)));
        failure.into_iter().chain(rest).collect::<Vec<_>>()
    };
    view! {
        <div class="form-errors" role="alert">
            {move || lines().into_iter().map(|line| view! { <p>{line}</p> }).collect_view()}
        </div>
    }
}

/// The button that sends a form. It says that it works and cannot be pressed twice.
#[component]
pub fn SubmitButton(form: Form, #[prop(into)] label: Signal<String>) -> impl IntoView {
    view! {
        <button type="submit" class="button button-primary" aria-disabled=move || form.is_busy().to_string()>
            <Show when=move || form.is_busy()><span class="spinner" aria-hidden="true"></span></Show>
            {label}
        </button>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_deep_inside_belongs_to_its_field() {
        assert!(is_part("components[2].status", "components"));
        assert!(is_part("title", "title"));
        assert!(!is_part("title_more", "title"));
    }
}
