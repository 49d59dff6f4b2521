//! Feeds: what happened on a page, to a component or in an incident, in three formats that say the same.
//!
//! What is told is `domain::feed`'s part and the words are `web`'s; here [`publisher`] makes an entry of each story, and the
//! formats write it down.

mod atom;
mod json;
mod publisher;
mod rss;

use std::cmp::Reverse;

use poem::web::{Path, Query};
use poem::{Request, Response, handler};
use web::routes::public as href;

use self::publisher::{Feed, Publisher};
use super::file;
use super::page::Wishes;
use crate::context::Draft;
use crate::domain::feed as stories;
use crate::domain::{postmortem, status_page};
use crate::error::{Error, Result};

/// `/feed.{atom|rss|json}`: all that happens on the page.
#[handler]
pub async fn page(request: &Request, Path(file): Path<String>, Query(wishes): Query<Wishes>) -> Response {
    let path = format!("/{file}");
    file::answer(request, &wishes, &path, async |visit| {
        let told = stories::of_page(&visit.cx, visit.page.id).await?;
        let publisher = Publisher::of(visit);
        let title = publisher.name().to_owned();
        write(
            &file,
            publisher.feed(&path, href::OVERVIEW, title, publisher.tell(told)),
        )
    })
    .await
}

/// `/components/{slug}/feed.{atom|rss|json}`: what touches one component.
#[handler]
pub async fn component(
    request: &Request,
    Path((slug, file)): Path<(String, String)>,
    Query(wishes): Query<Wishes>,
) -> Response {
    let path = format!("/components/{slug}/{file}");
    file::answer(request, &wishes, &path, async |visit| {
        let (name, told) = stories::of_component(&visit.cx, visit.page.id, &slug).await?;
        let publisher = Publisher::of(visit);
        let title = format!("{name} · {}", publisher.name());
        write(
            &file,
            publisher.feed(&path, &href::component(&slug), title, publisher.tell(told)),
        )
    })
    .await
}

/// `/incidents/{code}/feed.{atom|rss|json}`: an entry for each update, and one for what it taught.
#[handler]
pub async fn incident(
    request: &Request,
    Path((code, file)): Path<(String, String)>,
    Query(wishes): Query<Wishes>,
) -> Response {
    let path = format!("/incidents/{code}/{file}");
    file::answer(request, &wishes, &path, async |visit| {
        let incident = status_page::incident(&visit.cx, visit.page.id, &code).await?;
        let publisher = Publisher::of(visit);
        let updates = incident.updates.iter();
        let mut entries: Vec<_> = updates.map(|update| publisher.update(&incident, update)).collect();
        let postmortem = postmortem::public_if_any(&visit.cx, visit.page.id, &code).await?;
        entries.extend(postmortem.map(|postmortem| publisher.postmortem(&postmortem)));
        entries.sort_by_key(|entry| Reverse(entry.updated_at));
        let title = format!("{} · {}", incident.title, publisher.name());
        write(&file, publisher.feed(&path, &href::incident(&code), title, entries))
    })
    .await
}

fn write(file: &str, feed: Feed) -> Result<Draft> {
    match file {
        "feed.atom" => atom::write(feed),
        "feed.rss" => rss::write(feed),
        "feed.json" => json::write(feed),
        _ => Err(Error::not_found("feed")),
    }
}
