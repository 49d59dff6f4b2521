//! Drafts of forms, kept in this browser as they are typed, so that no crash, reload or expired login loses them.

use leptos::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::browser;

/// What was typed under `name` and not sent yet.
pub fn recall<T: DeserializeOwned>(name: &str) -> Option<T> {
    serde_json::from_str(&browser::recall(&key(name))?).ok()
}

/// Keeps what `read` gives, whenever a signal it reads changes.
pub fn keep<T: Serialize + 'static>(name: impl Into<String>, read: impl Fn() -> Option<T> + 'static) {
    let key = key(&name.into());
    Effect::new(move |_| match read() {
        Some(value) => {
            if let Ok(text) = serde_json::to_string(&value) {
                browser::remember(&key, &text);
            }
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
