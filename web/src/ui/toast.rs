//! Short messages in the corner: what was done, or why it was not. Screen readers hear them.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::form::fresh_number;
use crate::api::{ApiError, ApiResult};
use crate::i18n::t::admin::common;
use crate::i18n::{Locale, use_locale};
use crate::state::problem::explain;
use crate::ui::icon::{Glyph, Icon};

const SHOWN_FOR: Duration = Duration::from_secs(7);
const SHOWN_AT_ONCE: usize = 3;

#[derive(Debug, Clone, PartialEq)]
struct Toast {
    number: u32,
    text: String,
    is_bad: bool,
}

/// The messages on the screen.
#[derive(Clone, Copy)]
pub struct Toasts {
    items: RwSignal<Vec<Toast>>,
}

/// The messages of the console this component stands in.
pub fn use_toasts() -> Toasts {
    expect_context()
}

impl Toasts {
    /// None yet.
    pub fn new() -> Self {
        Self {
            items: RwSignal::new(Vec::new()),
        }
    }

    /// Something was done.
    pub fn say(self, text: impl Into<String>) {
        self.push(text.into(), false);
    }

    /// Something could not be done.
    pub fn complain(self, locale: Locale, error: &ApiError) {
        self.push(explain(locale, error), true);
    }

    /// Does something that has no form to show errors in: a failure is told here, success goes to `done`.
    pub fn attempt<T: 'static>(
        self,
        locale: Locale,
        doing: impl Future<Output = ApiResult<T>> + 'static,
        done: impl FnOnce(T) + 'static,
    ) {
        self.follow(
            locale,
            Box::pin(async move {
                done(doing.await?);
                Ok(())
            }),
        );
    }

    fn follow(self, locale: Locale, doing: Pin<Box<dyn Future<Output = ApiResult<()>>>>) {
        spawn_local(async move {
            if let Err(error) = doing.await {
                self.complain(locale, &error);
            }
        });
    }

    fn push(self, text: String, is_bad: bool) {
        let number = fresh_number();
        self.items.update(|items| {
            items.push(Toast { number, text, is_bad });
            let surplus = items.len().saturating_sub(SHOWN_AT_ONCE);
            items.drain(..surplus);
        });
        // What went wrong stays until it was read.
        if !is_bad {
            set_timeout(move || self.remove(number), SHOWN_FOR);
        }
    }

    fn remove(self, number: u32) {
        self.items.update(|items| items.retain(|toast| toast.number != number));
    }
}

impl Default for Toasts {
    fn default() -> Self {
        Self::new()
    }
}

/// Where the messages appear.
#[component]
pub fn ToastArea() -> impl IntoView {
    let toasts = use_toasts();
    view! {
        <div class="toasts" role="status" aria-live="polite">
            <For each=move || toasts.items.get() key=|toast| toast.number let:toast>
                <ToastView toast toasts/>
            </For>
        </div>
    }
}

#[component]
fn ToastView(toast: Toast, toasts: Toasts) -> impl IntoView {
    let locale = use_locale();
    view! {
        <div class="toast" class:toast-bad=toast.is_bad>
            <p>{toast.text}</p>
            <button
                type="button"
                class="button button-quiet button-icon"
                aria-label=common::close(locale)
                on:click=move |_| toasts.remove(toast.number)
            >
                <Glyph icon=Icon::Cross/>
            </button>
        </div>
    }
}
