//! Atom (RFC 4287).

use atom_syndication::{Content, Entry as AtomEntry, Feed as AtomFeed, FixedDateTime, Generator, Link, Person, Text};
use shared::Timestamp;

use super::publisher::{Entry, Feed};
use crate::context::Draft;
use crate::error::Result;
use crate::site::file;

pub fn write(feed: Feed) -> Result<Draft> {
    let written = AtomFeed {
        id: feed.id,
        title: Text::plain(feed.title),
        updated: moment(feed.updated_at),
        authors: vec![person(feed.author)],
        generator: Some(generator()),
        links: vec![
            link("alternate", feed.home, "text/html"),
            link("self", feed.address, "application/atom+xml"),
        ],
        lang: Some(feed.language.into()),
        entries: feed.entries.into_iter().map(entry).collect(),
        ..AtomFeed::default()
    };
    Ok(file::xml("application/atom+xml; charset=utf-8", &written.to_string()))
}

// An id must never change (RFC 4287, 4.2.6); readers show an entry again when `updated` is later.
fn entry(entry: Entry) -> AtomEntry {
    AtomEntry {
        id: entry.id,
        title: Text::plain(entry.words.title),
        updated: moment(entry.updated_at),
        published: Some(moment(entry.published_at)),
        links: vec![link("alternate", entry.address, "text/html")],
        summary: Some(Text::plain(entry.words.summary)),
        content: Some(Content {
            value: Some(entry.words.html),
            content_type: Some("html".into()),
            ..Content::default()
        }),
        ..AtomEntry::default()
    }
}

fn moment(at: Timestamp) -> FixedDateTime {
    at.to_utc().fixed_offset()
}

fn person(name: String) -> Person {
    Person {
        name,
        ..Person::default()
    }
}

fn generator() -> Generator {
    Generator {
        value: "Signet".into(),
        ..Generator::default()
    }
}

fn link(rel: &str, href: String, kind: &str) -> Link {
    Link {
        href,
        rel: rel.into(),
        mime_type: Some(kind.into()),
        ..Link::default()
    }
}
