//! The arithmetic: from changes of status to time spent in each. Pure; nothing else in the house adds up uptime.

use shared::Timestamp;
use shared::component::ComponentStatus;
use shared::status_page::Cause;
use shared::uptime::Spent;

/// From a moment on it was so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    pub at: Timestamp,
    pub status: ComponentStatus,
    pub cause: Option<Cause>,
    pub cause_id: Option<i64>,
}

/// A stretch of time in one status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interval {
    pub from: Timestamp,
    pub to: Timestamp,
    pub status: ComponentStatus,
    pub cause: Option<Cause>,
    pub cause_id: Option<i64>,
}

impl Change {
    /// Before the first entry nobody can say.
    pub fn unknown(at: Timestamp) -> Self {
        Self::carried(at, ComponentStatus::Unknown)
    }

    /// How it was when a range begins, for a reason that lies before it.
    pub fn carried(at: Timestamp, status: ComponentStatus) -> Self {
        Self {
            at,
            status,
            cause: None,
            cause_id: None,
        }
    }
}

/// The stretches between `from` and `to`, without gaps. `before` is how it was up to the first change. Changes are in the
/// order in which they were written; one whose clock was behind counts from the moment of the one before it.
pub fn intervals(before: Change, changes: &[Change], from: Timestamp, to: Timestamp) -> Vec<Interval> {
    let mut found = Vec::new();
    let mut now = Change { at: from, ..before };
    for change in changes {
        let at = change.at.max(now.at).min(to);
        push(&mut found, now, at);
        now = Change { at, ..*change };
    }
    push(&mut found, now, to);
    found
}

fn push(found: &mut Vec<Interval>, since: Change, to: Timestamp) {
    let Change {
        at: from,
        status,
        cause,
        cause_id,
    } = since;
    if from < to {
        found.push(Interval {
            from,
            to,
            status,
            cause,
            cause_id,
        });
    }
}

/// What was found out later about a stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Correction {
    pub from: Timestamp,
    pub to: Timestamp,
    pub status: ComponentStatus,
    /// It was no better than this; otherwise it was exactly this.
    pub is_at_least: bool,
    pub cause: Cause,
    pub cause_id: Option<i64>,
}

/// The stretches as they were found out to be. Of corrections that overlap the later one has the last word.
pub fn corrected(intervals: Vec<Interval>, corrections: &[Correction]) -> Vec<Interval> {
    corrections.iter().fold(intervals, |intervals, correction| {
        intervals
            .iter()
            .flat_map(|interval| correction.parts_of(interval))
            .collect()
    })
}

impl Correction {
    /// A stretch before, inside and after what is put right.
    fn parts_of(&self, interval: &Interval) -> impl Iterator<Item = Interval> {
        let from = self.from.clamp(interval.from, interval.to);
        let to = self.to.clamp(from, interval.to);
        let before = Interval { to: from, ..*interval };
        let inside = self.told(Interval { from, to, ..*interval });
        let after = Interval { from: to, ..*interval };
        [before, inside, after].into_iter().filter(|part| part.from < part.to)
    }

    fn told(&self, part: Interval) -> Interval {
        if self.is_at_least && part.status.worse(self.status) == part.status {
            return part;
        }
        Interval {
            status: self.status,
            cause: Some(self.cause),
            cause_id: self.cause_id,
            ..part
        }
    }
}

/// How long each status lasted.
pub fn spent(intervals: &[Interval]) -> Spent {
    let mut spent = Spent::default();
    for interval in intervals {
        spent.add(interval.status, millis(interval));
    }
    spent
}

/// The same for each of some stretches of time that follow each other, such as days.
pub fn spent_in(intervals: &[Interval], bounds: &[(Timestamp, Timestamp)]) -> Vec<Spent> {
    let mut all = vec![Spent::default(); bounds.len()];
    let mut first = 0;
    for interval in intervals {
        while bounds.get(first).is_some_and(|(_, end)| *end <= interval.from) {
            first += 1;
        }
        for (spent, (start, end)) in all.iter_mut().zip(bounds).skip(first) {
            if interval.to <= *start {
                break;
            }
            let inside = interval.to.min(*end).since(interval.from.max(*start));
            spent.add(interval.status, u64::try_from(inside.as_millis()).unwrap_or(u64::MAX));
        }
    }
    all
}

/// How long it lasted, in milliseconds.
pub fn millis(interval: &Interval) -> u64 {
    u64::try_from(interval.to.since(interval.from).as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_millis(second * 1_000)
    }

    fn any_changes() -> impl Strategy<Value = Vec<Change>> {
        let change = (0..200_i64, proptest::sample::select(ComponentStatus::ALL));
        proptest::collection::vec(change, 0..30).prop_map(|mut found| {
            found.sort_by_key(|(second, _)| *second);
            found
                .into_iter()
                .map(|(second, status)| Change::carried(at(second), status))
                .collect()
        })
    }

    /// How it was during a second, looked up the slow way.
    fn status_at(changes: &[Change], second: i64) -> ComponentStatus {
        let last = changes.iter().rev().find(|change| change.at <= at(second));
        last.map_or(ComponentStatus::Unknown, |change| change.status)
    }

    fn fold(changes: &[Change], from: i64, to: i64) -> Spent {
        let (begun, later): (Vec<Change>, Vec<Change>) = changes.iter().partition(|change| change.at <= at(from));
        let before = begun.last().copied().unwrap_or(Change::unknown(at(from)));
        spent(&intervals(before, &later, at(from), at(to)))
    }

    proptest! {
        #[test]
        fn the_fold_is_what_counting_each_second_gives(changes in any_changes(), from in 0..200_i64, length in 0..200_i64) {
            let mut counted = Spent::default();
            for second in from..from + length {
                counted.add(status_at(&changes, second), 1_000);
            }
            prop_assert_eq!(fold(&changes, from, from + length), counted);
        }

        #[test]
        fn parts_add_up_to_the_whole(changes in any_changes(), cuts in proptest::collection::vec(0..200_i64, 3)) {
            let mut cuts = cuts;
            cuts.sort_unstable();
            let (from, middle, to) = (cuts[0], cuts[1], cuts[2]);
            prop_assert_eq!(fold(&changes, from, middle).plus(fold(&changes, middle, to)), fold(&changes, from, to));
        }

        #[test]
        fn days_are_the_same_whether_folded_together_or_one_by_one(changes in any_changes(), length in 1..40_i64) {
            let bounds: Vec<_> = (0..6).map(|day| (at(day * length), at((day + 1) * length))).collect();
            let whole = intervals(Change::unknown(at(0)), &changes, at(0), at(6 * length));
            let one_by_one: Vec<_> = (0..6).map(|day| fold(&changes, day * length, (day + 1) * length)).collect();
            prop_assert_eq!(spent_in(&whole, &bounds), one_by_one);
        }
    }

    fn any_correction() -> impl Strategy<Value = Correction> {
        let status = proptest::sample::select(ComponentStatus::ALL);
        (0..200_i64, 0..100_i64, status, any::<bool>()).prop_map(|(from, length, status, is_at_least)| Correction {
            from: at(from),
            to: at(from + length),
            status,
            is_at_least,
            cause: Cause::Correction,
            cause_id: None,
        })
    }

    proptest! {
        #[test]
        fn corrections_are_what_correcting_each_second_gives(
            changes in any_changes(),
            corrections in proptest::collection::vec(any_correction(), 0..5),
            (from, length) in (0..200_i64, 0..200_i64),
        ) {
            let mut counted = Spent::default();
            for second in from..from + length {
                let status = corrections.iter().fold(status_at(&changes, second), |status, one| {
                    let is_inside = one.from <= at(second) && at(second) < one.to;
                    match (is_inside, one.is_at_least) {
                        (true, true) => status.worse(one.status),
                        (true, false) => one.status,
                        (false, _) => status,
                    }
                });
                counted.add(status, 1_000);
            }
            let whole = intervals(Change::unknown(at(0)), &changes, at(0), at(400));
            let range = Interval { from: at(from), to: at(from + length), ..whole[0] };
            let part: Vec<Interval> = corrected(whole, &corrections)
                .into_iter()
                .map(|one| Interval { from: one.from.max(range.from), to: one.to.min(range.to), ..one })
                .filter(|one| one.from < one.to)
                .collect();
            prop_assert_eq!(spent(&part), counted);
        }
    }

    #[test]
    fn a_clock_that_was_set_back_takes_no_time_away() {
        let changes = [
            Change::carried(at(100), ComponentStatus::MajorOutage),
            Change::carried(at(40), ComponentStatus::Operational),
        ];
        let found = spent(&intervals(Change::unknown(at(0)), &changes, at(0), at(200)));
        assert_eq!(
            (found.unknown, found.operational, found.major_outage),
            (100_000, 100_000, 0)
        );
    }
}
