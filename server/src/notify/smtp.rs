//! The connections to the mail server: a few, used again and again, and fewer when the server wants it so.
//!
//! While nobody is known to answer there, one call finds out for all who want to send.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use lettre::Address;
use tokio::sync::{MutexGuard, Semaphore};

use super::dial::Server;
use super::error::SendError;
use super::line::{Hitch, Line, describe};
use crate::config;

/// Shorter than the patience of mail servers, so that we rarely write into connections they have closed.
const IDLE_TIME: Duration = Duration::from_secs(20);
/// Mails that must arrive before a connection that was turned away is tried again.
const GOOD_CONDUCT: usize = 64;

/// A mail server and the connections to it.
pub struct Smtp {
    server: Server,
    /// Connections that may be used at the same time, at most.
    most: usize,
    /// Connections that may be used now: `most`, less those that were turned away.
    allowed: AtomicUsize,
    slots: Semaphore,
    /// The one used last lies on top, so that the others grow old.
    idle: Mutex<Vec<(Instant, Line)>>,
    /// Every line on which the server has answered to the offer of a mail holds a copy.
    proof: Arc<()>,
    arrived: AtomicUsize,
    /// Held during a call that finds out for all; then why the last such call was in vain.
    first_call: tokio::sync::Mutex<String>,
    vain_calls: AtomicUsize,
}

/// A line on which the server waits for the mail, or why there is none.
type Offered = Result<Line, Rejection>;

enum Rejection {
    /// This mail is not wanted.
    Refused(SendError),
    /// No connection could be made that takes mails.
    NoLine(String),
}

impl Smtp {
    pub fn new(mail: &config::Mail) -> anyhow::Result<Self> {
        Ok(Self {
            server: Server::new(mail)?,
            most: mail.concurrency,
            allowed: AtomicUsize::new(mail.concurrency),
            slots: Semaphore::new(mail.concurrency),
            idle: Mutex::default(),
            proof: Arc::new(()),
            arrived: AtomicUsize::new(0),
            first_call: tokio::sync::Mutex::default(),
            vain_calls: AtomicUsize::new(0),
        })
    }

    /// Sends a mail; the answer is what the server said.
    pub async fn send(&self, from: &Address, to: &Address, mail: &str) -> Result<String, SendError> {
        loop {
            // Never closed, so there is always a slot in the end.
            let slot = self.slots.acquire().await;
            match self.offer(from, to).await {
                Ok(line) => return self.hand_over(line, mail).await,
                Err(Rejection::Refused(error)) => return Err(error),
                // It talks to us on other lines: it takes fewer than we wanted, and this mail waits for one of those.
                Err(Rejection::NoLine(_)) if self.has_good_lines() => {
                    if self.allow_one_less()
                        && let Ok(slot) = slot
                    {
                        slot.forget();
                    }
                }
                Err(Rejection::NoLine(reason)) => return Err(SendError::Unreachable(reason)),
            }
        }
    }

    /// Tries whether the server lets us in.
    pub async fn check(&self) -> Result<(), SendError> {
        let line = self.dial().await.map_err(SendError::Unreachable)?;
        self.put_back(line);
        Ok(())
    }

    async fn offer(&self, from: &Address, to: &Address) -> Offered {
        if let Some(mut line) = self.take_idle() {
            match line.offer(from, to).await {
                // It died while it lay idle. Nothing of the mail has gone out, so this was no try.
                Err(Hitch::Broken(_)) => {}
                other => return self.after_offer(line, other).await,
            }
        }
        let first_call = self.first_call().await?;
        let offered = self.call(from, to).await;
        if let (Some(mut last_reason), Err(Rejection::NoLine(reason))) = (first_call, &offered) {
            last_reason.clone_from(reason);
            self.vain_calls.fetch_add(1, Relaxed);
        }
        offered
    }

    /// Waits for a call that finds out whether we are let in, or gives leave to be that call. Where we are let in
    /// already, none is needed.
    async fn first_call(&self) -> Result<Option<MutexGuard<'_, String>>, Rejection> {
        if self.has_good_lines() {
            return Ok(None);
        }
        let before = self.vain_calls.load(Relaxed);
        let last_reason = self.first_call.lock().await;
        if self.has_good_lines() {
            return Ok(None);
        }
        if self.vain_calls.load(Relaxed) != before {
            return Err(Rejection::NoLine(last_reason.clone()));
        }
        Ok(Some(last_reason))
    }

    async fn call(&self, from: &Address, to: &Address) -> Offered {
        let mut line = self.dial().await.map_err(Rejection::NoLine)?;
        let answer = line.offer(from, to).await;
        self.after_offer(line, answer).await
    }

    async fn after_offer(&self, mut line: Line, answer: Result<(), Hitch>) -> Offered {
        if let Err(Hitch::Broken(reason)) = answer {
            return Err(Rejection::NoLine(reason));
        }
        line.has_proven(&self.proof);
        let Err(Hitch::Refused { code, answer }) = answer else {
            return Ok(line);
        };
        if line.is_reset().await {
            self.put_back(line);
        }
        Err(Rejection::Refused(refusal(code, answer)))
    }

    async fn hand_over(&self, mut line: Line, mail: &str) -> Result<String, SendError> {
        match line.hand_over(mail).await {
            Ok(answer) => {
                self.put_back(line);
                self.count_arrival();
                Ok(answer)
            }
            Err(Hitch::Refused { code, answer }) => {
                self.put_back(line);
                Err(refusal(code, answer))
            }
            // It may have arrived all the same; sending it again is the lesser evil.
            Err(Hitch::Broken(reason)) => Err(SendError::later(reason)),
        }
    }

    async fn dial(&self) -> Result<Line, String> {
        Line::open(&self.server).await.map_err(|error| describe(error.as_ref()))
    }

    fn take_idle(&self) -> Option<Line> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|(since, _)| since.elapsed() < IDLE_TIME);
        idle.pop().map(|(_, line)| line)
    }

    fn put_back(&self, line: Line) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.push((Instant::now(), line));
    }

    fn has_good_lines(&self) -> bool {
        Arc::strong_count(&self.proof) > 1
    }

    /// False if there is but one left, which is the least.
    fn allow_one_less(&self) -> bool {
        let less = |allowed: usize| (allowed > 1).then(|| allowed - 1);
        self.allowed.try_update(Relaxed, Relaxed, less).is_ok()
    }

    fn count_arrival(&self) {
        let arrived = self.arrived.fetch_add(1, Relaxed) + 1;
        let more = |allowed: usize| (allowed < self.most).then(|| allowed + 1);
        if arrived.is_multiple_of(GOOD_CONDUCT) && self.allowed.try_update(Relaxed, Relaxed, more).is_ok() {
            self.slots.add_permits(1);
        }
    }
}

fn refusal(code: u16, answer: String) -> SendError {
    if is_final(code) {
        SendError::Never(answer)
    } else {
        SendError::later(answer)
    }
}

/// 55x speak of the mailbox or the message, and 521 and 556 of a host that takes no mail. Other refusals, such as a
/// wrong password, speak of us, and waiting subscribers should not be lost over them.
const fn is_final(code: u16) -> bool {
    matches!(code, 521 | 550..=556)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_of_us_are_not_refusals_of_the_receiver() {
        assert!(is_final(550) && is_final(553) && is_final(521));
        assert!(!is_final(535) && !is_final(530) && !is_final(421) && !is_final(452));
    }
}
