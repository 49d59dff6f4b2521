//! News between the processes of one installation: which page has reached which version, and that there is work.
//!
//! PostgreSQL carries them inside the transaction of the change: told with the commit, forgotten with a rollback. For the
//! other databases Redis does, after the commit, where there is one. Either may lose a message, and then [`super::follow`]
//! finds out by looking; so what is told here makes others quick, and nothing depends on it.

use std::time::Duration;

use futures::stream::{self, BoxStream, StreamExt};
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{AsyncCommands as _, Client};
use sea_orm::sqlx::postgres::PgListener;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, Statement};
use serde::{Deserialize, Serialize};
use shared::PageId;

use super::{Ctx, Secrets};
use crate::config::{Config, Secret};

/// PostgreSQL takes messages of less than 8000 bytes; a page takes at most 42. What is left out is found by looking.
const PAGES_MAX: usize = 100;
/// What is told over Redis is told in this time or not at all.
const REDIS_TIMEOUT: Duration = Duration::from_secs(2);

/// What one commit changed, for whoever did not make it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct News {
    /// Pages and the versions they have reached.
    pub pages: Vec<(PageId, i64)>,
    /// There are new jobs.
    pub has_work: bool,
}

impl News {
    /// Lets this process know: older answers are made anew, open streams are told, the workers wake.
    pub fn take_in(&self, cx: &Ctx) {
        for (page, version) in &self.pages {
            cx.cache.changed(*page, *version);
        }
        if self.has_work {
            cx.bell.notify_one();
        }
    }

    /// As it goes over the line; nothing if there is nothing to tell.
    fn to_message(&self) -> Option<String> {
        let pages = self.pages.iter().take(PAGES_MAX).copied().collect();
        let news = Self {
            pages,
            has_work: self.has_work,
        };
        (news != Self::default())
            .then(|| serde_json::to_string(&news).ok())
            .flatten()
    }
}

/// What carries news from one process to the others.
#[derive(Clone)]
pub enum Line {
    Postgres {
        url: Secret,
        channel: String,
    },
    Redis {
        client: Client,
        sender: ConnectionManager,
        channel: String,
    },
    /// Nothing does: the others have to look.
    Absent,
}

impl Line {
    /// The line that the settings give. Processes with the same key are one installation, so that several can share a Redis.
    pub fn new(db: &DatabaseConnection, config: &Config, secrets: &Secrets) -> anyhow::Result<Self> {
        let channel = format!("signet:{}", secrets.fingerprint());
        if db.get_database_backend() == DbBackend::Postgres {
            let url = config.database.url.clone();
            return Ok(Self::Postgres { url, channel });
        }
        if config.redis.url.is_empty() {
            return Ok(Self::Absent);
        }
        let client = Client::open(config.redis.url.reveal())?;
        let settings = ConnectionManagerConfig::new()
            .set_number_of_retries(1)
            .set_connection_timeout(Some(REDIS_TIMEOUT))
            .set_response_timeout(Some(REDIS_TIMEOUT));
        let sender = ConnectionManager::new_lazy_with_config(client.clone(), settings)?;
        Ok(Self::Redis {
            client,
            sender,
            channel,
        })
    }

    /// Tells inside the transaction of the change. PostgreSQL lets commits that tell something go one by one, so once each.
    pub async fn tell_with(&self, conn: &impl ConnectionTrait, news: &News) -> Result<(), DbErr> {
        let (Self::Postgres { channel, .. }, Some(message)) = (self, news.to_message()) else {
            return Ok(());
        };
        let values = [channel.clone().into(), message.into()];
        let tell = Statement::from_sql_and_values(DbBackend::Postgres, "SELECT pg_notify($1, $2)", values);
        conn.query_one_raw(tell).await.map(drop)
    }

    /// Tells after the commit, beside the caller: the change is made, whether the others hear of it now or look later.
    pub fn tell_after(&self, news: &News) {
        let (Self::Redis { sender, channel, .. }, Some(message)) = (self, news.to_message()) else {
            return;
        };
        let (mut sender, channel) = (sender.clone(), channel.clone());
        tokio::spawn(async move {
            // What finds the connection broken is lost, and has a new one opened: the second try waits for that.
            for _ in 0..2 {
                let told: redis::RedisResult<()> = sender.publish(&channel, &message).await;
                match told {
                    Ok(()) => return,
                    // That the line is down is in the log once, from the end that listens.
                    Err(error) => tracing::debug!(%error, "other processes could not be told"),
                }
            }
        });
    }

    /// News from now on, this process's own among them. The stream ends when the line breaks. Nothing if there is no line.
    pub async fn listen(&self) -> anyhow::Result<Option<BoxStream<'static, News>>> {
        let messages = match self {
            Self::Absent => return Ok(None),
            Self::Postgres { url, channel } => {
                // A connection of its own: one from the pool could be its last.
                let mut listener = PgListener::connect(url.reveal()).await?;
                listener.eager_reconnect(false);
                listener.listen(channel).await?;
                let next = async |mut listener: PgListener| {
                    let notification = listener.try_recv().await.ok().flatten()?;
                    Some((notification.payload().to_owned(), listener))
                };
                stream::unfold(listener, next).boxed()
            }
            Self::Redis { client, channel, .. } => {
                let mut listener = tokio::time::timeout(REDIS_TIMEOUT, client.get_async_pubsub()).await??;
                listener.subscribe(channel).await?;
                let text = async |message: redis::Msg| message.get_payload::<String>().ok();
                listener.into_on_message().filter_map(text).boxed()
            }
        };
        // What is no news to us may be to the newer version of a process beside us.
        let news = messages.filter_map(async |text| serde_json::from_str(&text).ok());
        Ok(Some(news.boxed()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_fits_however_many_pages_changed() {
        let news = News {
            pages: (0..5_000).map(|n| (PageId(i64::MAX - n), i64::MAX)).collect(),
            has_work: true,
        };
        let message = news.to_message().unwrap();
        assert!(message.len() < 8_000, "{} bytes", message.len());
        let heard: News = serde_json::from_str(&message).unwrap();
        assert_eq!((heard.pages.len(), heard.has_work), (PAGES_MAX, true));
    }

    #[test]
    fn nothing_is_told_of_a_change_that_nobody_waits_for() {
        assert_eq!(News::default().to_message(), None);
    }
}
