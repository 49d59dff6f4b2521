//! From stories to entries: each with its address, its words, its times, and names that readers know it by.

use shared::Timestamp;
use shared::announcement::PublicAnnouncement;
use shared::postmortem::PublicPostmortem;
use shared::status_page::{PublicIncident, PublicPage, PublicUpdate};
use web::pages::status::entry::{EntryWords, Reader};
use web::routes::public as href;

use crate::domain::feed::{Planned, Story};
use crate::domain::status_page;
use crate::site::file;
use crate::site::page::Visit;

/// A feed, in whatever format.
pub struct Feed {
    pub id: String,
    pub title: String,
    pub author: String,
    pub language: &'static str,
    /// The page for people.
    pub home: String,
    /// The feed's own address.
    pub address: String,
    pub updated_at: Timestamp,
    /// Latest news first.
    pub entries: Vec<Entry>,
}

/// An entry, in whatever format.
pub struct Entry {
    /// The same for ever, whatever news there is of it.
    pub id: String,
    /// Another one with each piece of news.
    pub revision: String,
    pub address: String,
    pub words: EntryWords,
    pub published_at: Timestamp,
    pub updated_at: Timestamp,
}

/// Gives stories of a page their addresses, names and words.
pub struct Publisher<'a> {
    visit: &'a Visit,
    page: PublicPage,
    reader: Reader,
}

impl<'a> Publisher<'a> {
    pub fn of(visit: &'a Visit) -> Self {
        let page = status_page::public_page(&visit.cx, &visit.page);
        let reader = Reader::new(visit.locale, &page.time_zone);
        Self { visit, page, reader }
    }

    /// Whose page it is.
    pub fn name(&self) -> &str {
        &self.page.name
    }

    /// A feed at a path, about the page for people at `home`.
    pub fn feed(&self, path: &str, home: &str, title: String, entries: Vec<Entry>) -> Feed {
        let newest = entries.iter().map(|entry| entry.updated_at).max();
        Feed {
            id: self.tag(path.rsplit_once('.').map_or(path, |(stem, _)| stem)),
            title,
            author: self.page.name.clone(),
            language: self.visit.locale.tag(),
            home: self.address(home),
            address: self.address(path),
            updated_at: newest.unwrap_or(self.visit.page.created_at),
            entries,
        }
    }

    /// Stories as entries.
    pub fn tell(&self, stories: Vec<Story>) -> Vec<Entry> {
        let entry = |story: Story| match story {
            Story::Incident(incident) => self.incident(&incident),
            Story::Maintenance(planned) => self.maintenance(&planned),
            Story::Postmortem(postmortem) => self.postmortem(&postmortem),
            Story::Announcement(announcement) => self.announcement(&announcement),
        };
        stories.into_iter().map(entry).collect()
    }

    fn incident(&self, incident: &PublicIncident) -> Entry {
        let path = href::incident(&incident.id);
        let id = self.tag(&path);
        let (first, latest) = (incident.updates.last(), incident.updates.first());
        let at = |update: Option<&PublicUpdate>| update.map_or(incident.started_at, |update| update.created_at);
        Entry {
            revision: format!("{id}#{}", latest.map_or("", |update| update.id.as_str())),
            id,
            address: self.address(&path),
            words: self.reader.incident(incident),
            published_at: at(first),
            updated_at: at(latest),
        }
    }

    /// An update of an incident as an entry.
    pub fn update(&self, incident: &PublicIncident, update: &PublicUpdate) -> Entry {
        let path = href::incident(&incident.id);
        let id = format!("{}#{}", self.tag(&path), update.id);
        Entry {
            revision: id.clone(),
            id,
            address: self.address(&path),
            words: self.reader.update(incident, update),
            published_at: update.created_at,
            updated_at: update.created_at,
        }
    }

    fn maintenance(&self, planned: &Planned) -> Entry {
        let maintenance = &planned.maintenance;
        let path = href::maintenance(&maintenance.id);
        let id = self.tag(&path);
        Entry {
            revision: format!("{id}#{}", maintenance.updated_at.as_millis()),
            id,
            address: self.address(&path),
            words: self.reader.maintenance(maintenance),
            published_at: planned.created_at,
            updated_at: maintenance.updated_at,
        }
    }

    /// What an incident taught as an entry.
    pub fn postmortem(&self, postmortem: &PublicPostmortem) -> Entry {
        let path = href::postmortem(&postmortem.incident_id);
        let id = self.tag(&path);
        let updated_at = postmortem.edited_at.unwrap_or(postmortem.published_at);
        Entry {
            revision: format!("{id}#{}", updated_at.as_millis()),
            id,
            address: self.address(&path),
            words: self.reader.postmortem(postmortem),
            published_at: postmortem.published_at,
            updated_at,
        }
    }

    /// It stands on the front of the page while it is news, and has no address of its own. That it ended is none.
    fn announcement(&self, announcement: &PublicAnnouncement) -> Entry {
        let id = format!("{}#{}", self.tag(href::OVERVIEW), announcement.id);
        Entry {
            revision: id.clone(),
            id,
            address: self.address(href::OVERVIEW),
            words: self.reader.announcement(announcement),
            published_at: announcement.starts_at,
            updated_at: announcement.starts_at,
        }
    }

    /// A name that stays when the page moves to another port or to TLS (RFC 4151): feed readers know an entry by it alone.
    fn tag(&self, path: &str) -> String {
        let host = file::host(&self.page.url);
        let since = self.visit.page.created_at.to_utc().format("%Y-%m-%d");
        format!("tag:{host},{since}:{path}")
    }

    /// An address of the page, in the language that was asked for.
    fn address(&self, path: &str) -> String {
        let base = &self.page.url;
        match self.visit.is_locale_chosen {
            true => format!("{base}{path}?lang={}", self.visit.locale.tag()),
            false => format!("{base}{path}"),
        }
    }
}
