//! Hearing of what other processes did: over the [line](super::news) between them, and by looking at the versions of pages.
//!
//! Looking alone is enough, once a second. While the line is up it only bounds what a lost message costs.

use std::time::Duration;

use futures::StreamExt;
use futures::stream::BoxStream;
use sea_orm::{EntityTrait, QuerySelect};
use shared::PageId;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::Ctx;
use super::news::News;
use crate::entity::page;
use crate::error::Result;
use crate::metrics;

const LOOK_WITHOUT_LINE: Duration = Duration::from_secs(1);
const LOOK_WITH_LINE: Duration = Duration::from_secs(10);
/// The line is tried again after this, then after twice as long each time.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// Follows the other processes until told to stop.
pub async fn follow(cx: Ctx, stop: CancellationToken) {
    let is_up = watch::Sender::new(false);
    tokio::select! {
        () = stop.cancelled() => {}
        () = keep_listening(&cx, &is_up) => {}
        () = keep_looking(&cx, is_up.subscribe()) => {}
    }
}

/// Looks once: takes in the version of every page.
pub async fn look(cx: &Ctx) -> Result<()> {
    let query = page::Entity::find()
        .select_only()
        .columns([page::Column::Id, page::Column::Version]);
    let pages: Vec<(PageId, i64)> = query.into_tuple().all(&cx.db).await?;
    let news = News { pages, has_work: false };
    news.take_in(cx);
    Ok(())
}

async fn keep_listening(cx: &Ctx, is_up: &watch::Sender<bool>) {
    // So that it is printed, as 0, from the start.
    metrics::LINE.add(0);
    let mut pause = FIRST_PAUSE;
    let mut is_trouble_known = false;
    loop {
        match cx.line.listen().await {
            Ok(None) => return std::future::pending().await,
            Ok(Some(news)) => {
                if is_trouble_known {
                    tracing::info!("other processes are heard again");
                }
                hear(cx, news, is_up).await;
                tracing::warn!("the line to other processes broke; looking every second until it is back");
                pause = FIRST_PAUSE;
            }
            Err(error) if !is_trouble_known => {
                tracing::warn!(%error, "other processes cannot be heard; looking every second until they can");
            }
            Err(_) => {}
        }
        is_trouble_known = true;
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

async fn hear(cx: &Ctx, mut news: BoxStream<'static, News>, is_up: &watch::Sender<bool>) {
    is_up.send_replace(true);
    metrics::LINE.inc();
    while let Some(news) = news.next().await {
        news.take_in(cx);
    }
    metrics::LINE.dec();
    is_up.send_replace(false);
}

async fn keep_looking(cx: &Ctx, mut is_up: watch::Receiver<bool>) {
    let mut is_away = false;
    loop {
        let outcome = look(cx).await;
        match &outcome {
            Err(error) if !is_away => tracing::warn!(%error, "the versions of the pages cannot be read"),
            Ok(()) if is_away => tracing::info!("the versions of the pages can be read again"),
            Ok(()) | Err(_) => {}
        }
        is_away = outcome.is_err();
        let pause = if *is_up.borrow_and_update() {
            LOOK_WITH_LINE
        } else {
            LOOK_WITHOUT_LINE
        };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            // Up or down: between the last message and now there may have been others, of work too.
            Ok(()) = is_up.changed() => cx.bell.notify_one(),
        }
    }
}
