//! What changes while a document is open, and what every component of it may ask for.

use leptos::prelude::*;
use shared::Timestamp;
use shared::status_page::{PublicIncident, StatusPage};

use crate::i18n::{Locale, provide_locale};
use crate::pages::status::document::Extras;
use crate::pages::status::drawn::Drawn;
use crate::pages::status::{Frame, Prepared, PublicDocument, PublicView};
use crate::time::Clock;

/// A document whose parts can change.
#[derive(Clone)]
pub struct State {
    pub frame: RwSignal<Frame>,
    pub drawn: RwSignal<Drawn>,
    pub news: RwSignal<News>,
    pub shown: Shown,
    pub links: Links,
}

/// The view, with what can change in it.
#[derive(Clone)]
pub enum Shown {
    Overview(RwSignal<StatusPage>),
    Incident(RwSignal<PublicIncident>),
    /// All others stay as they were served.
    Still(Box<PublicView>),
}

/// How fresh the document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    /// As the server wrote it.
    AsServed,
    /// A change has been brought in.
    Updated(Timestamp),
    /// The stream is lost: nobody knows what has happened since.
    Lost,
}

/// How links are written on this document.
#[derive(Debug, Clone, PartialEq)]
pub struct Links {
    /// The language to carry on, if the visitor chose one.
    chosen: Option<Locale>,
    /// The address of this document.
    path: String,
}

impl State {
    /// The state of a document as it was served. The components below it learn its language, clock and links.
    pub fn provide(document: Prepared, clock: Clock) -> Self {
        let (document, drawn) = document.into_parts();
        let drawn = RwSignal::new(drawn);
        let links = surround(&document, clock);
        provide_context(drawn);
        Self {
            frame: RwSignal::new(document.frame),
            drawn,
            news: RwSignal::new(News::AsServed),
            shown: Shown::of(document.view),
            links,
        }
    }

    /// Shows a newer version of the same document; false if it has become another.
    pub fn renew(&self, document: Prepared) -> bool {
        let (document, drawn) = document.into_parts();
        self.drawn.set(drawn);
        let is_same = self.shown.renew(document.view);
        self.frame.set(document.frame);
        is_same
    }
}

/// What every component of a document may ask for: its language, clock and links.
pub fn surround(document: &PublicDocument, clock: Clock) -> Links {
    let links = Links {
        chosen: document.is_locale_chosen.then_some(document.locale),
        path: document.path.clone(),
    };
    provide_locale(document.locale);
    provide_context(clock);
    provide_context(links.clone());
    links
}

impl Shown {
    fn renew(&self, view: PublicView) -> bool {
        match (self, view) {
            (Self::Overview(shown), PublicView::Overview { status, .. }) => shown.set(status),
            (Self::Incident(shown), PublicView::Incident { incident, .. }) if *shown.read_untracked() != incident => {
                shown.set(incident);
            }
            (Self::Incident(_), PublicView::Incident { .. }) => {}
            _ => return false,
        }
        true
    }

    fn of(view: PublicView) -> Self {
        match view {
            PublicView::Overview { status, .. } => Self::Overview(RwSignal::new(status)),
            PublicView::Incident { incident, .. } => Self::Incident(RwSignal::new(incident)),
            other => Self::Still(Box::new(other)),
        }
    }
}

impl Shown {
    /// The view as it is now.
    pub fn view(&self) -> PublicView {
        match self {
            Self::Overview(status) => PublicView::Overview {
                status: status.get_untracked(),
                extras: Extras::default(),
            },
            Self::Incident(incident) => PublicView::Incident {
                incident: incident.get_untracked(),
                extras: Extras::default(),
            },
            Self::Still(view) => view.as_ref().clone(),
        }
    }
}

impl Links {
    /// The language to carry on, if the visitor chose one.
    #[cfg(feature = "ssr")]
    pub fn chosen_tag(&self) -> Option<&'static str> {
        self.chosen.map(Locale::tag)
    }

    /// An address of this page, with the chosen language.
    pub fn to(&self, path: &str) -> String {
        self.chosen
            .map_or_else(|| path.into(), |locale| with_lang(path, locale))
    }

    /// This document in another language.
    pub fn in_language(&self, locale: Locale) -> String {
        with_lang(&self.path, locale)
    }
}

/// How links are written here.
pub fn use_links() -> Links {
    use_context().unwrap_or_else(|| Links {
        chosen: None,
        path: "/".into(),
    })
}

fn with_lang(path: &str, locale: Locale) -> String {
    let joint = if path.contains('?') { '&' } else { '?' };
    format!("{path}{joint}lang={}", locale.tag())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chosen_language_is_carried_on() {
        let links = |chosen| Links {
            chosen,
            path: "/history?month=2026-11".into(),
        };
        assert_eq!(links(None).to("/subscribe"), "/subscribe");
        assert_eq!(links(Some(Locale::De)).to("/subscribe"), "/subscribe?lang=de");
        assert_eq!(links(None).in_language(Locale::De), "/history?month=2026-11&lang=de");
    }
}
