//! What is known of each page at this moment: which version it has reached, and how often its answers may be made anew.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Instant;

use shared::PageId;
use tokio::sync::watch;

/// Answers of one page made in a row without a pause; no single change ever waits.
const BURST: f64 = 20.0;
/// Answers of one page made per second while changes keep coming: a storm of them must not take the visitors' time.
const PER_SECOND: f64 = 10.0;

/// A page, as this process knows it.
#[derive(Debug)]
pub struct Live {
    version: watch::Sender<i64>,
    pace: Mutex<Pace>,
}

/// A bucket that fills by itself and from which each making takes one.
#[derive(Debug)]
struct Pace {
    left: f64,
    at: Instant,
}

impl Default for Live {
    fn default() -> Self {
        Self {
            version: watch::Sender::new(0),
            pace: Mutex::new(Pace {
                left: BURST,
                at: Instant::now(),
            }),
        }
    }
}

impl Live {
    /// The version the page has reached.
    pub fn version(&self) -> i64 {
        *self.version.borrow()
    }

    /// Versions from now on. A listener that is slow misses those in between, never the last.
    pub fn follow(&self) -> watch::Receiver<i64> {
        self.version.subscribe()
    }

    /// True if the version is news.
    pub fn reach(&self, version: i64) -> bool {
        self.version.send_if_modified(|known| {
            let is_news = version > *known;
            if is_news {
                *known = version;
            }
            is_news
        })
    }

    /// True if an answer may be made now; else the last one stays for up to a tenth of a second.
    pub fn has_time(&self) -> bool {
        self.pace().left >= 1.0
    }

    /// An answer is being made.
    pub fn take_time(&self) {
        let mut pace = self.pace();
        pace.left = (pace.left - 1.0).max(0.0);
    }

    fn pace(&self) -> std::sync::MutexGuard<'_, Pace> {
        let mut pace = self.pace.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let gained = now.duration_since(pace.at).as_secs_f64() * PER_SECOND;
        pace.left = (pace.left + gained).min(BURST);
        pace.at = now;
        pace
    }
}

/// All pages this process has heard of.
#[derive(Debug, Clone, Default)]
pub struct Lives(Arc<RwLock<HashMap<PageId, Arc<Live>>>>);

impl Lives {
    pub fn of(&self, page: PageId) -> Arc<Live> {
        let known = self
            .0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&page)
            .cloned();
        known.unwrap_or_else(|| {
            let mut lives = self.0.write().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(lives.entry(page).or_default())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_only_grow_and_the_last_is_always_heard() {
        let live = Live::default();
        let heard = live.follow();
        assert!(live.reach(3) && live.reach(7));
        assert!(!live.reach(5) && !live.reach(7));
        assert_eq!((live.version(), *heard.borrow()), (7, 7));
    }

    #[test]
    fn a_storm_of_changes_is_slowed_down_and_a_single_one_is_not() {
        let live = Live::default();
        for _ in 0..20 {
            assert!(live.has_time());
            live.take_time();
        }
        assert!(!live.has_time());
    }
}
