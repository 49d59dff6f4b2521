//! Drafts of forms, kept in this browser as they are typed, so that no crash, reload or expired login loses them.

use leptos::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::browser;
use crate::json;

/// What was typed under `name` and not sent yet.
pub fn recall<T: DeserializeOwned>(name: &str) -> Option<T> {
    json::read(&browser::recall(&key(name))?).ok()
}

/// Keeps what `read` gives, whenever a signal it reads changes.
pub fn keep<T: Serialize + 'static>(name: impl Into<String>, read: impl Fn() -> Option<T> + 'static) {
    let key = key(&name.into());
    Effect::new(move |_| match read() {
        Some(value) => {
            browser::remember(&key, &json::write(&value));
        }
        None => browser::forget(&key),
    });
}

/// Forgets the draft: it was sent, or thrown away.
pub fn forget(name: &str) {
    browser::forget(&key(name));
}

fn key(name: &str) -> String {
    format!("signet.draft.{name}")
}
