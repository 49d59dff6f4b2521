//! Keeps an open document true: listens to the stream, fetches what changed, says how fresh it is.

use std::cell::Cell;
use std::rc::Rc;

use gloo_net::http::Request;
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use shared::status_page::StatusChanged;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{Event, EventSource, MessageEvent, RequestCache};

use crate::i18n::Locale;
use crate::json;
use crate::pages::status::Prepared;
use crate::pages::status::headline::{self, Headline};
use crate::pages::status::state::{News, Shown, State};
use crate::time::{Clock, browser};

/// How often a document that is older than what the stream told is asked for again.
const STALE_TRIES: u32 = 5;
/// Thousands of visitors hear of a change at once; they fetch it within this time, not in the same instant.
const SPREAD_MS: f64 = 1_500.0;
/// How long to wait after the server has refused or could not be reached.
const RETRY_MS: u32 = 10_000;

/// Follows the stream of the page for as long as the document is open.
pub fn follow(state: State, locale: Locale, clock: Clock) {
    if matches!(state.shown, Shown::Still(_)) {
        return;
    }
    let version = state.frame.read_untracked().version;
    let live = Live {
        state,
        locale,
        clock,
        seen: Rc::new(Cell::new(version)),
        wanted: Rc::new(Cell::new(version)),
        is_busy: Rc::new(Cell::new(false)),
    };
    live.connect();
    live.outlive_staleness();
}

#[derive(Clone)]
struct Live {
    state: State,
    locale: Locale,
    clock: Clock,
    /// The version that is shown, and the newest one heard of.
    seen: Rc<Cell<i64>>,
    wanted: Rc<Cell<i64>>,
    is_busy: Rc<Cell<bool>>,
}

enum Failure {
    /// The thing is no longer there.
    Gone,
    Unreachable,
}

impl Live {
    fn connect(&self) {
        let address = format!("/api/v3/stream?page={}", self.state.frame.read_untracked().page.id);
        let Ok(source) = EventSource::new(&address) else {
            return self.lose();
        };
        let live = self.clone();
        on(&source, "status", move |event| live.hear(&event));
        let live = self.clone();
        on(&source, "open", move |_| live.greet());
        let live = self.clone();
        let stream = source.clone();
        on(&source, "error", move |_| live.miss(&stream));
    }

    /// What the server could not read when it wrote this it may be able to read soon, and no change will tell of it.
    fn outlive_staleness(&self) {
        if self.state.frame.read_untracked().stale_min.is_some() {
            self.want(self.seen.get() + 1);
        }
    }

    fn hear(&self, event: &Event) {
        let data = event
            .dyn_ref::<MessageEvent>()
            .and_then(|event| event.data().as_string());
        let change = data.and_then(|data| json::read::<StatusChanged>(&data).ok());
        if let Some(change) = change.filter(|change| change.version > self.seen.get()) {
            self.want(change.version);
        }
    }

    /// The stream is there; if it had been lost, something may have been missed.
    fn greet(&self) {
        if self.state.news.get_untracked() == News::Lost {
            self.want(self.seen.get() + 1);
        }
    }

    /// The browser reconnects by itself unless the server refused.
    fn miss(&self, stream: &EventSource) {
        self.lose();
        if stream.ready_state() == EventSource::CLOSED {
            let live = self.clone();
            leptos::task::spawn_local(async move {
                TimeoutFuture::new(RETRY_MS + jitter()).await;
                live.connect();
            });
        }
    }

    fn lose(&self) {
        self.state.news.set(News::Lost);
    }

    fn want(&self, version: i64) {
        self.wanted.set(self.wanted.get().max(version));
        if !self.is_busy.replace(true) {
            leptos::task::spawn_local(self.clone().catch_up());
        }
    }

    async fn catch_up(self) {
        let mut patience = STALE_TRIES;
        while self.wanted.get() > self.seen.get() {
            let goal = self.wanted.get();
            TimeoutFuture::new(jitter()).await;
            match self.fetch().await {
                // The server has nothing newer and says so.
                Ok(()) if self.state.frame.read_untracked().stale_min.is_some() => TimeoutFuture::new(RETRY_MS).await,
                // A cache in between may still answer with the old version: ask again, but not for ever.
                Ok(()) if self.seen.get() < goal && patience > 0 => {
                    patience -= 1;
                    TimeoutFuture::new(RETRY_MS).await;
                }
                Ok(()) => self.seen.set(self.seen.get().max(goal)),
                Err(Failure::Gone) => reload(),
                Err(Failure::Unreachable) => {
                    self.lose();
                    TimeoutFuture::new(RETRY_MS).await;
                }
            }
        }
        self.is_busy.set(false);
    }

    /// The document comes from its own address, as it did the first time: cached on the server, in the same language.
    async fn fetch(&self) -> Result<(), Failure> {
        let address = window().location().href().map_err(|_| Failure::Unreachable)?;
        let fresh = get(&address).await?;
        let version = fresh.document().frame.version;
        let is_same = self.state.renew(fresh);
        if !is_same {
            return Err(Failure::Gone);
        }
        self.seen.set(version);
        self.dress();
        if self.state.frame.read_untracked().stale_min.is_none() {
            self.state.news.set(News::Updated(browser::now()));
        }
        Ok(())
    }

    /// The title and the icon of the tab.
    fn dress(&self) {
        let frame = self.state.frame.get_untracked();
        let title = headline::title(self.locale, &self.clock, &frame, &self.state.shown.view());
        document().set_title(&title);
        if let Some(icon) = document().get_element_by_id("signet-icon") {
            let name = format!("data-{}", Headline::of(&frame.overall).favicon());
            if let Some(address) = icon.get_attribute(&name) {
                // An attribute that cannot be set leaves the old icon, which is no reason to stop.
                icon.set_attribute("href", &address).ok();
            }
        }
    }
}

async fn get(address: &str) -> Result<Prepared, Failure> {
    // The browser may show this document from its own memory for a while, but the news are not in there.
    let request = Request::get(address).cache(RequestCache::NoCache);
    let response = request.send().await.map_err(|_| Failure::Unreachable)?;
    match response.status() {
        200 => {
            let html = response.text().await.map_err(|_| Failure::Unreachable)?;
            Prepared::find_in(&html).ok_or(Failure::Unreachable)
        }
        404 | 410 => Err(Failure::Gone),
        _ => Err(Failure::Unreachable),
    }
}

fn on(source: &EventSource, name: &str, act: impl FnMut(Event) + 'static) {
    let listener = Closure::<dyn FnMut(Event)>::new(act);
    if source
        .add_event_listener_with_callback(name, listener.as_ref().unchecked_ref())
        .is_ok()
    {
        // It lives as long as the document.
        listener.forget();
    }
}

fn jitter() -> u32 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 0 and 1500"
    )]
    let ms = (js_sys::Math::random() * SPREAD_MS) as u32;
    ms
}

fn reload() {
    // If the browser will not, the old text stays, which is what there is.
    window().location().reload().ok();
}
