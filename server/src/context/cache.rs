//! A visitor costs nothing: public answers are bytes, made once per change and kept for the day the database is away.

use std::future::Future;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use chrono::NaiveDate;
use shared::PageId;
use shared::metric::PublicMetric;
use shared::problem::Code;

use super::absence::Absence;
use super::body::{Body, Draft};
use super::closed::{ClosedDays, Tails};
use super::live::{Live, Lives};
use crate::entity::page;
use crate::error::{Error, Result};

/// Bounds what another node's change can leave standing here, should its message be missed.
const TIME_TO_LIVE: Duration = Duration::from_secs(30);
/// How long an answer may still be shown, with its age, while there is no newer one to be had.
const STALE_FOR: Duration = Duration::from_secs(86_400);
/// How long closed days are believed to be all there are; those that have closed meanwhile are in the tails.
const CLOSED_FOR: Duration = Duration::from_secs(86_400);
/// How long charts are shown as they were read: with the life of an answer that they stand in, a minute at most.
const CHARTS_FOR: Duration = Duration::from_secs(30);
/// How long a visitor waits for a new answer where there is an old one.
const PATIENCE: Duration = Duration::from_secs(2);
/// Bytes of answers kept; a visitor asking for many different addresses pushes out the oldest.
const MAX_BYTES: u64 = 32 * 1024 * 1024;

/// Which public answer.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Cached {
    /// `/api/v3/status`
    Status,
    /// An HTML page by its path and query, in a language.
    Document { path: String, locale: &'static str },
    /// The same, saying that it is so many minutes old.
    Aged {
        path: String,
        locale: &'static str,
        minutes: u64,
    },
    /// A feed, a calendar or a badge by its path and query, in a language.
    File { path: String, locale: &'static str },
    /// A JSON answer by its path and query.
    Json { path: String },
}

/// An answer as it was last made.
#[derive(Debug)]
pub struct Kept {
    pub body: Body,
    version: i64,
    made_at: Instant,
    live: Arc<Live>,
}

impl Kept {
    /// True if this is what visitors should get now: nothing has changed since, or there is no time to make another yet.
    pub fn is_servable(&self) -> bool {
        self.is_servable_at(Instant::now())
    }

    /// As [`Self::is_servable`], by a clock that was just read.
    pub fn is_servable_at(&self, now: Instant) -> bool {
        let is_fresh = self.version >= self.live.version() && now - self.made_at < TIME_TO_LIVE;
        is_fresh || !self.live.has_time()
    }

    /// How long ago it was made.
    pub fn age(&self) -> Duration {
        self.made_at.elapsed()
    }
}

/// An answer to be sent.
#[derive(Debug, Clone)]
pub struct Answer {
    pub kept: Arc<Kept>,
    /// True if the database could not be asked: what this says may have changed since.
    pub is_stale: bool,
}

/// All pages there are.
pub type Pages = Arc<Vec<Arc<page::Model>>>;

type Key = (PageId, Cached);

/// The answers, and what is known of the pages they are about.
#[derive(Clone)]
pub struct Cache {
    kept: moka::sync::Cache<Key, Arc<Kept>>,
    /// Many asking at once are one making.
    making: moka::future::Cache<(Key, i64), Arc<Kept>>,
    pages: moka::future::Cache<(), Pages>,
    last_pages: Arc<RwLock<Option<Pages>>>,
    /// By page and first day.
    closed_days: moka::future::Cache<(PageId, NaiveDate), Arc<ClosedDays>>,
    tails: moka::sync::Cache<PageId, Arc<Tails>>,
    /// By page and its version: what a chart is called and where its lines are changes with it.
    charts: moka::future::Cache<(PageId, i64), Arc<Vec<PublicMetric>>>,
    lives: Lives,
    absence: Arc<Absence>,
}

impl Default for Cache {
    fn default() -> Self {
        let kept = moka::sync::Cache::builder()
            .max_capacity(MAX_BYTES)
            .weigher(|_, kept: &Arc<Kept>| kept.body.weight())
            .time_to_live(STALE_FOR)
            .build();
        let short = |capacity| {
            moka::future::Cache::builder()
                .max_capacity(capacity)
                .time_to_live(TIME_TO_LIVE)
        };
        Self {
            kept,
            making: short(1_000).build(),
            pages: moka::future::Cache::builder()
                .max_capacity(1)
                .time_to_live(TIME_TO_LIVE)
                .build(),
            last_pages: Arc::default(),
            closed_days: moka::future::Cache::builder()
                .max_capacity(100)
                .time_to_live(CLOSED_FOR)
                .build(),
            tails: moka::sync::Cache::new(100),
            charts: moka::future::Cache::builder()
                .max_capacity(100)
                .time_to_live(CHARTS_FOR)
                .build(),
            lives: Lives::default(),
            absence: Arc::default(),
        }
    }
}

impl Cache {
    /// The kept answer, or the one that `make` gives. Many asking at once are one `make`. While the database is away it is
    /// the last one there was, if there was one.
    pub async fn get(&self, page: PageId, what: Cached, make: impl Future<Output = Result<Draft>>) -> Result<Answer> {
        let key = (page, what);
        let kept = self.kept.get(&key);
        if let Some(kept) = kept.as_ref().filter(|kept| kept.is_servable()) {
            crate::metrics::CACHE_HITS.inc();
            return Ok(Answer {
                kept: Arc::clone(kept),
                is_stale: false,
            });
        }
        crate::metrics::CACHE_MISSES.inc();
        match self.unless_away(kept.is_some(), self.renew(&key, make)).await {
            Ok(kept) => Ok(Answer { kept, is_stale: false }),
            Err(error) if error.code() == Code::Unavailable => match kept {
                Some(kept) => Ok(Answer { kept, is_stale: true }),
                None => Err(error),
            },
            Err(error) => {
                // It is no more; should the database go away, it must not come back.
                self.kept.invalidate(&key);
                Err(error)
            }
        }
    }

    async fn renew(&self, key: &Key, make: impl Future<Output = Result<Draft>>) -> Result<Arc<Kept>> {
        let live = self.lives.of(key.0);
        // Read before the database is: a change in between leaves the answer old, and it is made once more.
        let version = live.version();
        let ticket = (key.clone(), version);
        let made = self.making.try_get_with(ticket.clone(), async {
            live.take_time();
            let draft = make.await?;
            let kept = Arc::new(Kept {
                body: compressed(draft).await?,
                version,
                made_at: Instant::now(),
                live: Arc::clone(&live),
            });
            self.kept.insert(key.clone(), Arc::clone(&kept));
            Ok(kept)
        });
        let made = made.await.map_err(|error: Arc<Error>| error.repeat());
        self.making.invalidate(&ticket).await;
        made
    }

    /// An answer made of another one, without the database.
    pub fn derive(&self, page: PageId, what: Cached, make: impl FnOnce() -> Draft) -> Arc<Kept> {
        self.kept.get_with((page, what), || {
            let live = self.lives.of(page);
            Arc::new(Kept {
                body: make().into(),
                version: live.version(),
                made_at: Instant::now(),
                live,
            })
        })
    }

    /// All pages, by which host names and codes are found; the last known ones while the database is away.
    pub async fn pages(&self, load: impl Future<Output = Result<Vec<page::Model>>>) -> Result<Pages> {
        if let Some(pages) = self.pages.get(&()).await {
            return Ok(pages);
        }
        let last = self.last_pages.read().unwrap_or_else(PoisonError::into_inner).clone();
        let load = async {
            load.await
                .map(|rows| Arc::new(rows.into_iter().map(Arc::new).collect()))
        };
        let loaded = async {
            let loaded = self.pages.try_get_with((), load).await;
            loaded.map_err(|error: Arc<Error>| error.repeat())
        };
        match self.unless_away(last.is_some(), loaded).await {
            Ok(pages) => {
                *self.last_pages.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&pages));
                Ok(pages)
            }
            Err(error) if error.code() == Code::Unavailable => last.ok_or(error),
            Err(error) => Err(error),
        }
    }

    /// The closed days of a page since one, read once in a while.
    pub async fn closed_days(
        &self,
        since: (PageId, NaiveDate),
        load: impl Future<Output = Result<ClosedDays>>,
    ) -> Result<Arc<ClosedDays>> {
        let load = async { load.await.map(Arc::new) };
        let loaded = self.closed_days.try_get_with(since, load).await;
        loaded.map_err(|error: Arc<Error>| error.repeat())
    }

    /// How far the days of a page that are not closed have been added up.
    pub fn tails(&self, page: PageId) -> Option<Arc<Tails>> {
        self.tails.get(&page)
    }

    /// Remembers that they have been added up further.
    pub fn keep_tails(&self, page: PageId, tails: Arc<Tails>) {
        self.tails.insert(page, tails);
    }

    /// The charts of a page, read once in a while however many answers show them.
    pub async fn charts(
        &self,
        page: PageId,
        load: impl Future<Output = Result<Vec<PublicMetric>>>,
    ) -> Result<Arc<Vec<PublicMetric>>> {
        let key = (page, self.lives.of(page).version());
        let load = async { load.await.map(Arc::new) };
        let loaded = self.charts.try_get_with(key, load).await;
        loaded.map_err(|error: Arc<Error>| error.repeat())
    }

    /// Asks the database, but where there is something else to show neither often nor long while it is away.
    async fn unless_away<T>(&self, has_other: bool, ask: impl Future<Output = Result<T>>) -> Result<T> {
        let away = || Error::refused(Code::Unavailable, "the database cannot be reached");
        if has_other && !self.absence.may_try() {
            return Err(away());
        }
        let asked = if has_other {
            tokio::time::timeout(PATIENCE, ask)
                .await
                .unwrap_or_else(|_| Err(away()))
        } else {
            ask.await
        };
        let is_away = asked.as_ref().is_err_and(|error| error.code() == Code::Unavailable);
        self.absence.note(is_away);
        asked
    }

    /// A page has reached a version: older answers are made anew, and open streams are told.
    pub fn changed(&self, page: PageId, version: i64) {
        if self.lives.of(page).reach(version) {
            self.pages.invalidate_all();
        }
    }

    /// The page as this process knows it: its version, and the versions to come.
    pub fn live(&self, page: PageId) -> Arc<Live> {
        self.lives.of(page)
    }
}

/// Beside the threads that answer visitors.
async fn compressed(draft: Draft) -> Result<Body> {
    let body = tokio::task::spawn_blocking(move || Body::from(draft)).await;
    Ok(body.map_err(anyhow::Error::from)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: PageId = PageId(1);

    fn draft(text: &str) -> Result<Draft> {
        Ok(Draft {
            status: 200,
            content_type: "text/plain",
            bytes: text.as_bytes().to_vec(),
        })
    }

    async fn ask(cache: &Cache, made: Result<Draft>) -> Result<(Vec<u8>, bool)> {
        let answer = cache.get(PAGE, Cached::Status, async { made }).await?;
        Ok((answer.kept.body.identity.to_vec(), answer.is_stale))
    }

    fn away() -> Result<Draft> {
        Err(Error::refused(Code::Unavailable, "away"))
    }

    #[tokio::test]
    async fn an_answer_is_made_once_per_change() {
        let cache = Cache::default();
        assert_eq!(ask(&cache, draft("one")).await.unwrap(), (b"one".to_vec(), false));
        assert_eq!(ask(&cache, draft("two")).await.unwrap(), (b"one".to_vec(), false));
        cache.changed(PAGE, 1);
        assert_eq!(ask(&cache, draft("two")).await.unwrap(), (b"two".to_vec(), false));
    }

    #[tokio::test]
    async fn many_asking_at_once_are_one_making() {
        let cache = Cache::default();
        let made = std::sync::atomic::AtomicUsize::new(0);
        let ask = || {
            cache.get(PAGE, Cached::Status, async {
                made.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                tokio::task::yield_now().await;
                draft("one")
            })
        };
        let answers = futures::future::join_all((0..100).map(|_| ask())).await;
        assert!(answers.iter().all(Result::is_ok));
        assert_eq!(made.into_inner(), 1);
    }

    #[tokio::test]
    async fn while_the_database_is_away_the_last_answer_is_shown_as_what_it_is() {
        let cache = Cache::default();
        assert!(ask(&cache, away()).await.is_err());
        ask(&cache, draft("one")).await.unwrap();
        cache.changed(PAGE, 1);
        assert_eq!(ask(&cache, away()).await.unwrap(), (b"one".to_vec(), true));
        // Nobody asks again in the same second.
        assert_eq!(ask(&cache, draft("two")).await.unwrap(), (b"one".to_vec(), true));
    }

    #[tokio::test]
    async fn what_is_gone_does_not_come_back_when_the_database_goes_away() {
        let cache = Cache::default();
        ask(&cache, draft("one")).await.unwrap();
        cache.changed(PAGE, 1);
        assert!(ask(&cache, Err(Error::not_found("incident"))).await.is_err());
        assert!(ask(&cache, away()).await.is_err());
    }

    #[tokio::test]
    async fn in_a_storm_of_changes_the_last_answer_stays_for_a_moment() {
        let cache = Cache::default();
        let mut made = 0;
        for version in 1..100 {
            cache.changed(PAGE, version);
            let (bytes, is_stale) = ask(&cache, draft(&version.to_string())).await.unwrap();
            made += i32::from(bytes == version.to_string().as_bytes());
            assert!(!is_stale);
        }
        assert!((20..60).contains(&made), "{made}");
    }
}
