//! Data that has to be fetched first: what stands there until it is, and what stands there if it never is.

use std::future::Future;
use std::pin::Pin;

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::api::{ApiError, ApiResult};
use crate::i18n::t::admin::common;
use crate::i18n::use_locale;
use crate::state::problem::explain;

/// Something fetched, and fetched again when what it depends on changes.
pub struct Loader<T: 'static> {
    ready: RwSignal<Option<ArcRwSignal<T>>>,
    error: RwSignal<Option<ApiError>>,
    is_busy: RwSignal<bool>,
    round: RwSignal<u32>,
}

impl<T> Clone for Loader<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Loader<T> {}

/// What is to be done with an answer, unless it is too late for it.
type Rest = Box<dyn FnOnce()>;

/// Fetches now, and again whenever a signal that `fetch` reads changes. Late answers to older questions are dropped.
pub fn load<T, F, Answer>(fetch: F) -> Loader<T>
where
    T: Clone + Send + Sync + 'static,
    F: Fn() -> Answer + 'static,
    Answer: Future<Output = ApiResult<T>> + 'static,
{
    let loader = Loader {
        ready: RwSignal::new(None),
        error: RwSignal::new(None),
        is_busy: RwSignal::new(true),
        round: RwSignal::new(0),
    };
    let ask = move || -> Pin<Box<dyn Future<Output = Rest>>> {
        let answer = fetch();
        Box::pin(async move {
            let answer = answer.await;
            Box::new(move || loader.take(answer)) as Rest
        })
    };
    follow(loader.round, loader.is_busy, Box::new(ask));
    loader
}

/// Knows nothing of what is fetched, so that it is in the bundle once and not for every list.
fn follow(round: RwSignal<u32>, is_busy: RwSignal<bool>, ask: Box<dyn Fn() -> Pin<Box<dyn Future<Output = Rest>>>>) {
    let latest = StoredValue::new(0_u32);
    Effect::new(move |_| {
        round.track();
        let answer = ask();
        latest.update_value(|number| *number += 1);
        let number = latest.get_value();
        is_busy.set(true);
        spawn_local(async move {
            let take = answer.await;
            // The screen may have been left meanwhile; then nothing of this exists any more.
            if latest.try_get_value() == Some(number) {
                take();
            }
        });
    });
}

impl<T: Clone + Send + Sync + 'static> Loader<T> {
    /// Fetches again; what is there stays until the answer arrives.
    pub fn reload(self) {
        self.round.update(|round| *round += 1);
    }

    /// True while an answer is awaited. Reactive.
    pub fn is_busy(self) -> bool {
        self.is_busy.get()
    }

    /// What was fetched, if it was. Reactive.
    pub fn get(self) -> Option<T> {
        self.ready.get().map(|value| value.get())
    }

    /// Replaces what was fetched by what the server answered to a change.
    pub fn put(self, value: T) {
        self.take(Ok(value));
    }

    fn take(self, answer: ApiResult<T>) {
        let error = match answer {
            Ok(value) => {
                self.put_down(value);
                None
            }
            Err(error) => Some(error),
        };
        self.error.set(error);
        self.is_busy.set(false);
    }

    fn put_down(self, value: T) {
        match self.ready.get_untracked() {
            Some(signal) => signal.set(value),
            None => self.ready.set(Some(ArcRwSignal::new(value))),
        }
    }
}

/// The view of what is fetched. It is built once; later answers arrive through the signal, so focus and scroll stay.
pub fn loaded<T, F>(loader: Loader<T>, view: F) -> AnyView
where
    T: Clone + Send + Sync + 'static,
    F: Fn(RwSignal<T>) -> AnyView + Send + Sync + 'static,
{
    let failure = move || {
        loader
            .error
            .get()
            .map(|error| view! { <Failure error=error on_retry=move || loader.reload()/> })
    };
    let body = move || match loader.ready.get() {
        Some(value) => view(RwSignal::from(value)),
        None if loader.error.with(Option::is_some) => ().into_any(),
        None => view! { <Skeleton/> }.into_any(),
    };
    view! {
        <div class="loaded" aria-busy=move || loader.is_busy.get().to_string()>
            {failure}
            {body}
        </div>
    }
    .into_any()
}

/// What could not be fetched, why, and a way to try again.
#[component]
pub fn Failure(error: ApiError, #[prop(into)] on_retry: Callback<()>) -> impl IntoView {
    let locale = use_locale();
    view! {
        <div class="notice notice-bad" role="alert">
            <p>{explain(locale, &error)}</p>
            <button type="button" class="button" on:click=move |_| on_retry.run(())>
                {common::try_again(locale)}
            </button>
        </div>
    }
}

/// Grey bars where text will be. They appear only when it takes a while.
#[component]
fn Skeleton() -> impl IntoView {
    let locale = use_locale();
    view! {
        <div class="skeleton" role="status">
            <span class="unseen">{common::loading(locale)}</span>
            <span class="skeleton-bar"></span>
            <span class="skeleton-bar"></span>
            <span class="skeleton-bar"></span>
        </div>
    }
}
