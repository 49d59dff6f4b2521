//! How long a connection is waited for.
//!
//! hyper asks for a timer for each request and drops it microseconds later. Taking it into the runtime's wheel and out again
//! would be a good part of what an answer costs, so here a connection has one timer, which looks whether the wait it was set
//! for is still going on, and if not, when the one of now will be over.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use futures::task::AtomicWaker;
use hyper::rt::{Sleep, Timer};

/// Nothing is waited for.
const NOTHING: u64 = u64::MAX;

/// The timer of one connection, which waits for one thing at a time, and always for `longest`.
#[derive(Clone)]
pub struct Patience(Arc<Wait>);

struct Wait {
    longest: Duration,
    begun: Instant,
    /// Milliseconds after `begun`.
    ends_at: AtomicU64,
    is_over: AtomicBool,
    waiting: AtomicWaker,
}

/// What hyper holds while it waits.
struct Waiting(Arc<Wait>);

impl Patience {
    pub fn new(longest: Duration) -> Self {
        Self(Arc::new(Wait {
            longest,
            begun: now(),
            ends_at: AtomicU64::new(NOTHING),
            is_over: AtomicBool::new(false),
            waiting: AtomicWaker::new(),
        }))
    }

    /// Ends waits that have gone on for too long. To be polled as long as the connection lives.
    pub async fn watch(&self) -> Infallible {
        let Self(wait) = self;
        loop {
            let now = wait.elapsed();
            let ends_at = wait.ends_at.load(Relaxed);
            let next = if ends_at == NOTHING {
                // A wait that begins from now on is not over before that.
                wait.longest
            } else if ends_at > now {
                Duration::from_millis(ends_at - now)
            } else {
                wait.is_over.store(true, Relaxed);
                wait.waiting.wake();
                wait.longest
            };
            tokio::time::sleep(next).await;
        }
    }
}

/// As the runtime has it, so that tests need not wait.
fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

impl Wait {
    fn elapsed(&self) -> u64 {
        self.at(now())
    }

    fn at(&self, time: Instant) -> u64 {
        let elapsed = time.saturating_duration_since(self.begun).as_millis();
        u64::try_from(elapsed).unwrap_or(NOTHING - 1)
    }
}

impl Timer for Patience {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        self.sleep_until(now() + duration)
    }

    fn now(&self) -> Instant {
        now()
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Sleep>> {
        let Self(wait) = self;
        wait.is_over.store(false, Relaxed);
        wait.ends_at.store(wait.at(deadline), Relaxed);
        Box::pin(Waiting(Arc::clone(wait)))
    }
}

impl Sleep for Waiting {}

impl Future for Waiting {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Self(wait) = &*self;
        wait.waiting.register(cx.waker());
        if wait.is_over.load(Relaxed) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let Self(wait) = self;
        wait.ends_at.store(NOTHING, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONGEST: Duration = Duration::from_secs(60);

    async fn within<F: Future>(patience: &Patience, time: Duration, future: F) -> bool {
        tokio::select! {
            never = patience.watch() => match never {},
            ended = tokio::time::timeout(time, future) => ended.is_ok(),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_ends_after_its_time_and_not_before() {
        let patience = Patience::new(LONGEST);
        let begun = now();
        assert!(within(&patience, LONGEST * 20, patience.sleep(LONGEST)).await);
        assert!(now() - begun >= LONGEST);
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_dropped_in_time_ends_no_later_wait() {
        let patience = Patience::new(LONGEST);
        let requests = async {
            for _ in 0..20 {
                let waiting = patience.sleep(LONGEST);
                tokio::time::sleep(LONGEST / 5).await;
                drop(waiting);
            }
        };
        assert!(within(&patience, LONGEST * 20, requests).await);
        let begun = now();
        assert!(within(&patience, LONGEST * 20, patience.sleep(LONGEST)).await);
        assert!(now() - begun >= LONGEST);
    }
}
