//! JSON Feed 1.1.

use serde::Serialize;
use shared::Timestamp;

use super::publisher::{Entry, Feed};
use crate::context::Draft;
use crate::error::Result;
use crate::site::file;

#[derive(Serialize)]
struct JsonFeed {
    version: &'static str,
    title: String,
    home_page_url: String,
    feed_url: String,
    language: &'static str,
    authors: [Author; 1],
    items: Vec<Item>,
}

#[derive(Serialize)]
struct Author {
    name: String,
}

// As in Atom, the id stays and the later date is the news ("if an item is ever updated, the id should be unchanged").
#[derive(Serialize)]
struct Item {
    id: String,
    url: String,
    title: String,
    summary: String,
    content_html: String,
    date_published: Timestamp,
    date_modified: Timestamp,
}

pub fn write(feed: Feed) -> Result<Draft> {
    let written = JsonFeed {
        version: "https://jsonfeed.org/version/1.1",
        title: feed.title,
        home_page_url: feed.home,
        feed_url: feed.address,
        language: feed.language,
        authors: [Author { name: feed.author }],
        items: feed.entries.into_iter().map(item).collect(),
    };
    file::json("application/feed+json; charset=utf-8", &written)
}

fn item(entry: Entry) -> Item {
    Item {
        id: entry.id,
        url: entry.address,
        title: entry.words.title,
        summary: entry.words.summary,
        content_html: entry.words.html,
        date_published: entry.published_at,
        date_modified: entry.updated_at,
    }
}
