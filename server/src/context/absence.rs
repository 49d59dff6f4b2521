//! A database that is away: who asks it again, and who does not wait for it.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Whether the database was there when it was last asked. While it is away one visitor a second tries, the others are
/// served what there is at once.
#[derive(Debug, Default)]
pub struct Absence(Mutex<Option<Instant>>);

impl Absence {
    const PAUSE: Duration = Duration::from_secs(1);

    /// True if it is worth asking; the next one that asks while it is away is told no.
    pub fn may_try(&self) -> bool {
        let mut next = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match *next {
            None => true,
            Some(at) if Instant::now() >= at => {
                *next = Some(Instant::now() + Self::PAUSE);
                true
            }
            Some(_) => false,
        }
    }

    pub fn note(&self, is_away: bool) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = is_away.then(|| Instant::now() + Self::PAUSE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn while_it_is_away_one_asks_and_the_others_do_not_wait() {
        let absence = Absence::default();
        assert!(absence.may_try() && absence.may_try());
        absence.note(true);
        assert!(!absence.may_try());
        absence.note(false);
        assert!(absence.may_try());
    }
}
