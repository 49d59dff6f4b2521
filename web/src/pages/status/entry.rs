//! What a feed says of an incident or a maintenance: words and HTML that stand on their own, without our styles or scripts.

use leptos::prelude::*;
use leptos::tachys::view::RenderHtml;
use shared::Timestamp;
use shared::announcement::PublicAnnouncement;
use shared::postmortem::PublicPostmortem;
use shared::status_page::{PublicEffect, PublicIncident, PublicMaintenance, PublicUpdate};

use crate::components::words;
use crate::i18n::{Locale, t};
use crate::pages::status::headline::{incident_title, maintenance_title};
use crate::time::Clock;
use crate::ui::markdown::{to_html, to_plain};

/// An entry without its address and its times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryWords {
    pub title: String,
    /// One plain line.
    pub summary: String,
    /// Safe HTML.
    pub html: String,
}

/// Who reads it.
#[derive(Debug, Clone)]
pub struct Reader {
    locale: Locale,
    clock: Clock,
}

impl Reader {
    /// A reader of a language, on a page with a time zone.
    pub fn new(locale: Locale, time_zone: &str) -> Self {
        // Feeds are read at any time, so every date has its year: no entry is from this one.
        let clock = Clock::of_page(locale, time_zone, Timestamp::from_millis(0));
        Self { locale, clock }
    }

    /// An incident with its whole timeline, under its latest state.
    pub fn incident(&self, incident: &PublicIncident) -> EntryWords {
        let summary = incident.updates.first().map(|update| to_plain(&update.message));
        EntryWords {
            title: incident_title(self.locale, &incident.title, incident.status),
            summary: summary.unwrap_or_default(),
            html: [
                self.affected(&incident.components),
                incident.updates.iter().map(|update| self.said(update)).collect(),
            ]
            .concat(),
        }
    }

    /// One entry of an incident's timeline.
    pub fn update(&self, incident: &PublicIncident, update: &PublicUpdate) -> EntryWords {
        EntryWords {
            title: incident_title(self.locale, &incident.title, update.status),
            summary: to_plain(&update.message),
            html: [self.affected(&update.components), self.said(update)].concat(),
        }
    }

    /// A maintenance: when, what, and where it stands.
    pub fn maintenance(&self, maintenance: &PublicMaintenance) -> EntryWords {
        let span = self.clock.span(maintenance.starts_at, maintenance.ends_at);
        let zone = self.clock.zone_label(maintenance.starts_at);
        let when = html(|| view! { <p><strong>{format!("{span} ({zone})")}</strong></p> });
        EntryWords {
            title: maintenance_title(self.locale, maintenance),
            summary: to_plain(&maintenance.message),
            html: [
                when,
                self.affected(&maintenance.components),
                to_html(&maintenance.message),
            ]
            .concat(),
        }
    }

    /// What an incident taught, in full: it is read wherever the reader is.
    pub fn postmortem(&self, postmortem: &PublicPostmortem) -> EntryWords {
        EntryWords {
            title: t::status::postmortem::title(self.locale, &postmortem.title),
            summary: shortened(&to_plain(&postmortem.message)),
            html: to_html(&postmortem.message),
        }
    }

    /// What all visitors should know.
    pub fn announcement(&self, announcement: &PublicAnnouncement) -> EntryWords {
        EntryWords {
            title: announcement.title.clone(),
            summary: shortened(&to_plain(&announcement.message)),
            html: to_html(&announcement.message),
        }
    }

    fn said(&self, update: &PublicUpdate) -> String {
        let word = words::incident_status(self.locale, update.status);
        let moment = self.clock.moment(update.created_at);
        let zone = self.clock.zone_label(update.created_at);
        let head = html(|| view! { <p><strong>{word}</strong><br/><small>{format!("{moment} ({zone})")}</small></p> });
        head + &to_html(&update.message)
    }

    fn affected(&self, parts: &[PublicEffect]) -> String {
        if parts.is_empty() {
            return String::new();
        }
        let parts = parts
            .iter()
            .map(|part| format!("{} ({})", part.name, words::component_status(self.locale, part.status)));
        let list = parts.collect::<Vec<_>>().join(", ");
        html(|| view! { <p>{format!("{}: {list}", t::status::affected(self.locale))}</p> })
    }
}

/// Summaries are lines, not pages: at most 300 characters.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(300) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.into(),
    }
}

fn html<V: RenderHtml>(view: impl FnOnce() -> V) -> String {
    Owner::new().with(|| view().to_html())
}
