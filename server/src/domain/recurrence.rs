//! Rules by which work comes again, as RFC 5545 writes them. Pure: a rule, where it counts from, and the hours of a place.

use chrono_tz::Tz;
use rrule::{Frequency, RRule, RRuleSet, Unvalidated};
use shared::Timestamp;
use shared::problem::FieldCode;
use shared::time::hours;

use crate::error::{Error, Result};

/// Occurrences looked at before a rule is taken to have ended: more than ten years of every hour.
const STEPS_MAX: usize = 100_000;
/// What comes round faster is not planned work.
const LEAST_GAP_HOURS: u64 = 1;

/// A rule that was understood, and the moment it counts from.
#[derive(Debug, Clone)]
pub struct Recurrence {
    rule: RRuleSet,
}

impl Recurrence {
    /// Reads a rule and refuses one that comes round too fast or never.
    pub fn parse(rule: &str, starts_at: Timestamp, zone: &str) -> Result<Self> {
        let recurrence = Self::read(rule, starts_at, zone)?;
        let first = recurrence.following(starts_at, 3);
        if first.is_empty() {
            return Err(wrong(
                rule,
                "it gives nothing after the first",
                "a rule that comes round",
            ));
        }
        let moments: Vec<Timestamp> = std::iter::once(starts_at).chain(first).collect();
        if moments
            .windows(2)
            .any(|pair| pair[1].since(pair[0]) < hours(LEAST_GAP_HOURS))
        {
            return Err(too_fast(rule));
        }
        Ok(recurrence)
    }

    /// Reads a rule that was checked when it was written.
    pub fn read(rule: &str, starts_at: Timestamp, zone: &str) -> Result<Self> {
        let zone: Tz = zone.parse().map_err(|_| unknown_zone(zone))?;
        let parsed: RRule<Unvalidated> = rule.parse().map_err(|error| unreadable(rule, &error))?;
        match parsed.get_freq() {
            Frequency::Yearly | Frequency::Monthly | Frequency::Weekly | Frequency::Daily | Frequency::Hourly => {}
            Frequency::Minutely | Frequency::Secondly => return Err(too_fast(rule)),
        }
        let from = starts_at.to_utc().with_timezone(&rrule::Tz::Tz(zone));
        let set = parsed.build(from).map_err(|error| unreadable(rule, &error))?;
        Ok(Self { rule: set.limit() })
    }

    /// The next few moments after one.
    pub fn following(&self, after: Timestamp, count: usize) -> Vec<Timestamp> {
        self.moments().filter(|at| *at > after).take(count).collect()
    }

    /// The next moment after one, of those that are not past altogether by `now`, if the work takes that long.
    pub fn next(&self, after: Timestamp, length: std::time::Duration, now: Timestamp) -> Option<Timestamp> {
        self.moments().find(|at| *at > after && *at + length > now)
    }

    fn moments(&self) -> impl Iterator<Item = Timestamp> {
        self.rule
            .into_iter()
            .take(STEPS_MAX)
            .map(|at| Timestamp::from(at.to_utc()))
    }
}

fn unknown_zone(zone: &str) -> Error {
    Error::field(
        "recurrence_time_zone",
        FieldCode::Unknown,
        format!("{zone:?} is not in the IANA list; Europe/Berlin is"),
    )
}

fn unreadable(rule: &str, error: &impl std::fmt::Display) -> Error {
    wrong(rule, &error.to_string(), "a rule like FREQ=WEEKLY;BYDAY=TU")
}

fn too_fast(rule: &str) -> Error {
    wrong(rule, "it comes round within the hour", "FREQ=HOURLY or slower")
}

fn wrong(rule: &str, reason: &str, expected: &str) -> Error {
    Error::field(
        "recurrence",
        FieldCode::BadFormat,
        format!("found {rule:?}: {reason}; expected {expected}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    #[test]
    fn a_weekly_rule_keeps_the_hour_on_the_wall() {
        let first = at("2026-10-20T02:00:00+02:00");
        let weekly = Recurrence::parse("FREQ=WEEKLY", first, "Europe/Berlin").unwrap();
        let expected = [at("2026-10-27T02:00:00+01:00"), at("2026-11-03T02:00:00+01:00")];
        assert_eq!(weekly.following(first, 2), expected);
    }

    #[test]
    fn what_was_missed_altogether_is_not_made_up_for() {
        let first = at("2026-11-24T02:00:00Z");
        let daily = Recurrence::parse("FREQ=DAILY", first, "UTC").unwrap();
        let next = daily.next(first, hours(2), at("2026-11-30T03:00:00Z"));
        assert_eq!(next, Some(at("2026-11-30T02:00:00Z")));
    }

    #[test]
    fn rules_that_are_none_are_told_apart() {
        let first = at("2026-11-24T02:00:00Z");
        for (rule, reason) in [
            ("every tuesday", "FREQ=WEEKLY;BYDAY=TU"),
            ("FREQ=MINUTELY", "within the hour"),
            ("FREQ=HOURLY;BYMINUTE=0,10,20", "within the hour"),
            ("FREQ=DAILY;COUNT=1", "nothing after the first"),
            ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "nothing after the first"),
        ] {
            let refusal = Recurrence::parse(rule, first, "UTC").unwrap_err().to_problem();
            assert_eq!(refusal.errors[0].field, "recurrence", "{rule}");
            assert!(
                refusal.errors[0].message.contains(reason),
                "{:?}",
                refusal.errors[0].message
            );
        }
        assert!(Recurrence::parse("FREQ=DAILY", first, "Mars/Olympus").is_err());
    }
}
