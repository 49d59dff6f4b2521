//! Group commit: small writes of one kind that arrive together share a transaction.
//!
//! A commit costs a database the same for one row as for hundreds. The first write starts at once; those that arrive while it
//! is under way are the next group.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

/// The most writes in one transaction: bounds how long others wait for the database.
const LARGEST: usize = 500;

/// Writes waiting for each other. `I` is what is asked for, `O` what becomes of it.
pub struct Group<I, O> {
    queue: Mutex<Queue<I, O>>,
}

struct Queue<I, O> {
    waiting: Vec<(I, oneshot::Sender<O>)>,
    is_running: bool,
}

impl<I, O> Default for Group<I, O> {
    fn default() -> Self {
        Self {
            queue: Mutex::new(Queue {
                waiting: Vec::new(),
                is_running: false,
            }),
        }
    }
}

impl<I: Send + 'static, O: Send + 'static> Group<I, O> {
    /// Hands a write in and waits for what became of it; none if the group it was in broke off. `write` gives one outcome
    /// for each write, in their order. It goes on even if nobody waits any more.
    pub async fn submit<F>(self: &Arc<Self>, item: I, write: fn(Vec<I>) -> F) -> Option<O>
    where
        F: Future<Output = Vec<O>> + Send + 'static,
    {
        let (tell, told) = oneshot::channel();
        if self.enter(item, tell) {
            tokio::spawn(Arc::clone(self).run(write));
        }
        told.await.ok()
    }

    /// True if nobody is at work, so that the caller has to see to it.
    fn enter(&self, item: I, tell: oneshot::Sender<O>) -> bool {
        let mut queue = self.queue();
        queue.waiting.push((item, tell));
        !std::mem::replace(&mut queue.is_running, true)
    }

    async fn run<F>(self: Arc<Self>, write: fn(Vec<I>) -> F)
    where
        F: Future<Output = Vec<O>> + Send + 'static,
    {
        while let Some((items, tells)) = self.take() {
            // A task of its own: should it panic, the groups after it go on.
            let outcomes = tokio::spawn(write(items)).await.unwrap_or_default();
            for (tell, outcome) in tells.into_iter().zip(outcomes) {
                // Nobody waiting any more is not an error.
                tell.send(outcome).ok();
            }
        }
    }

    fn take(&self) -> Option<(Vec<I>, Vec<oneshot::Sender<O>>)> {
        let mut queue = self.queue();
        if queue.waiting.is_empty() {
            queue.is_running = false;
            return None;
        }
        let size = queue.waiting.len().min(LARGEST);
        Some(queue.waiting.drain(..size).unzip())
    }

    fn queue(&self) -> MutexGuard<'_, Queue<I, O>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn double(items: Vec<u32>) -> Vec<(u32, usize)> {
        assert!(!items.contains(&13), "an unlucky group");
        tokio::task::yield_now().await;
        let size = items.len();
        items.into_iter().map(|item| (item * 2, size)).collect()
    }

    #[tokio::test]
    async fn writes_that_arrive_together_share_a_group_and_each_hears_of_its_own() {
        let group = Arc::new(Group::default());
        let asked = (0..1_200)
            .filter(|item| *item != 13)
            .map(|item| group.submit(item, double));
        let outcomes = futures::future::join_all(asked).await;
        let doubled: Vec<u32> = outcomes.iter().flatten().map(|(doubled, _)| *doubled).collect();
        assert_eq!(
            doubled,
            (0..1_200)
                .filter(|item| *item != 13)
                .map(|item| item * 2)
                .collect::<Vec<_>>()
        );
        assert!(outcomes.iter().flatten().any(|(_, size)| *size == LARGEST));
    }

    #[tokio::test]
    async fn a_group_that_breaks_off_takes_no_other_along() {
        let group = Arc::new(Group::default());
        assert_eq!(group.submit(13, double).await, None);
        assert_eq!(group.submit(1, double).await, Some((2, 1)));
    }
}
