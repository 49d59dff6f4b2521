//! Which of the pages is worked on. With one page nobody has to choose.

use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::PageId;
use shared::page::Page;

use super::browser;
use crate::api::{Api, ApiError};
use crate::i18n::Locale;
use crate::time::Clock;

const KEY: &str = "signet.page";

/// The pages, and the one that is worked on.
#[derive(Clone, Copy)]
pub struct Pages {
    api: Api,
    pub all: RwSignal<Vec<Page>>,
    pub error: RwSignal<Option<ApiError>>,
    chosen: RwSignal<Option<PageId>>,
}

/// The pages of the console this component stands in.
pub fn use_pages() -> Pages {
    expect_context()
}

impl Pages {
    /// Nothing loaded yet; the last choice made in this browser holds.
    pub fn new(api: Api) -> Self {
        let chosen = browser::recall(KEY).and_then(|text| text.parse().ok());
        Self {
            api,
            all: RwSignal::new(Vec::new()),
            error: RwSignal::new(None),
            chosen: RwSignal::new(chosen),
        }
    }

    /// Reads the pages again.
    pub fn reload(self) {
        spawn_local(async move {
            match self.api.list_pages().await {
                Ok(list) => {
                    self.error.set(None);
                    self.all.set(list.items);
                }
                Err(error) => self.error.set(Some(error)),
            }
        });
    }

    /// The page that is worked on: the chosen one, or else the default one. Reactive.
    pub fn current(self) -> Option<Page> {
        let chosen = self.chosen.get();
        self.all.with(|pages| {
            let chosen = pages.iter().find(|page| Some(page.id) == chosen);
            let default = || pages.iter().find(|page| page.is_default);
            chosen.or_else(default).or_else(|| pages.first()).cloned()
        })
    }

    /// Its id. Reactive.
    pub fn current_id(self) -> Option<PageId> {
        self.current().map(|page| page.id)
    }

    /// The clock of a page; UTC if the page is not known. Reactive.
    pub fn clock_of(self, locale: Locale, id: Option<PageId>) -> Clock {
        let zone = self.all.with(|pages| {
            let found = pages.iter().find(|page| Some(page.id) == id);
            found.map_or_else(|| "UTC".into(), |page| page.time_zone.clone())
        });
        Clock::of_page(locale, &zone, super::time::now())
    }

    /// Works on another page from now on.
    pub fn choose(self, id: PageId) {
        browser::remember(KEY, &id.to_string());
        self.chosen.set(Some(id));
    }

    /// Replaces a page that was changed.
    pub fn replace(self, changed: Page) {
        self.all.update(|pages| {
            if let Some(page) = pages.iter_mut().find(|page| page.id == changed.id) {
                *page = changed;
            }
        });
    }
}
