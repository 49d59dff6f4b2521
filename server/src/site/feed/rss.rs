//! RSS 2.0.

use rss::extension::atom::{AtomExtension, Link};
use rss::{Channel, Guid, Item};

use super::publisher::{Entry, Feed};
use crate::context::Draft;
use crate::error::Result;
use crate::site::file;

pub fn write(feed: Feed) -> Result<Draft> {
    let own = Link {
        href: feed.address,
        rel: "self".into(),
        mime_type: Some("application/rss+xml".into()),
        ..Link::default()
    };
    let channel = Channel {
        description: feed.title.clone(),
        title: feed.title,
        link: feed.home,
        language: Some(feed.language.into()),
        last_build_date: Some(feed.updated_at.to_utc().to_rfc2822()),
        generator: Some("Signet".into()),
        atom_ext: Some(AtomExtension { links: vec![own] }),
        items: feed.entries.into_iter().map(item).collect(),
        ..Channel::default()
    };
    Ok(file::xml("application/rss+xml; charset=utf-8", &channel.to_string()))
}

// RSS has no word for "updated": readers know an item by its guid and never show one twice. So with each piece of news
// the guid is another one, and so is the date.
fn item(entry: Entry) -> Item {
    Item {
        guid: Some(Guid {
            value: entry.revision,
            permalink: false,
        }),
        title: Some(entry.words.title),
        link: Some(entry.address),
        pub_date: Some(entry.updated_at.to_utc().to_rfc2822()),
        description: Some(entry.words.summary),
        content: Some(entry.words.html),
        ..Item::default()
    }
}
