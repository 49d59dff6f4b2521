//! Days as a page counts them: from midnight to midnight in its time zone, with 23 or 25 hours where the clocks change.

use chrono::{Days, NaiveDate, NaiveTime, TimeZone};
use chrono_tz::Tz;
use shared::Timestamp;

/// A day of a page and its bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day {
    pub date: NaiveDate,
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
}

impl Day {
    /// The day that a moment falls on.
    pub fn of(zone: Tz, at: Timestamp) -> Self {
        let date = at.to_utc().with_timezone(&zone).date_naive();
        Self {
            date,
            starts_at: midnight(zone, date),
            ends_at: midnight(zone, next(date)),
        }
    }

    /// The day after this one. It begins where this one ended, even if the page has moved to another zone since: such a day
    /// is longer or shorter, and no moment belongs to two days or to none.
    pub fn following(&self, zone: Tz) -> Self {
        let starts_at = self.ends_at;
        let mut date = next(self.date);
        while midnight(zone, next(date)) <= starts_at && date < NaiveDate::MAX {
            date = next(date);
        }
        Self {
            date,
            starts_at,
            ends_at: midnight(zone, next(date)),
        }
    }

    /// The days after this one, up to the one that `now` falls on.
    pub fn until(self, zone: Tz, now: Timestamp) -> impl Iterator<Item = Self> {
        std::iter::successors(Some(self.following(zone)), move |day| Some(day.following(zone)))
            .take_while(move |day| day.starts_at <= now)
    }
}

/// The first moment of a day; where a zone skips midnight, the first moment after it.
pub fn midnight(zone: Tz, day: NaiveDate) -> Timestamp {
    let naive = day.and_time(NaiveTime::MIN);
    // The whole island of Samoa once skipped a day, so look on for longer than an hour.
    let local = (0..=24 * 4).find_map(|quarters| {
        zone.from_local_datetime(&(naive + chrono::Duration::minutes(15 * quarters)))
            .earliest()
    });
    local.map_or_else(|| Timestamp::from(naive.and_utc()), |at| Timestamp::from(at.to_utc()))
}

fn next(date: NaiveDate) -> NaiveDate {
    date.checked_add_days(Days::new(1)).unwrap_or(NaiveDate::MAX)
}

#[cfg(test)]
mod tests {
    use shared::time::hours;

    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    fn length(day: Day) -> std::time::Duration {
        day.ends_at.since(day.starts_at)
    }

    #[test]
    fn days_have_23_and_25_hours_where_the_clocks_change() {
        let berlin = chrono_tz::Europe::Berlin;
        assert_eq!(length(Day::of(berlin, at("2026-03-29T12:00:00Z"))), hours(23));
        assert_eq!(length(Day::of(berlin, at("2026-10-25T12:00:00Z"))), hours(25));
        // In Lebanon the clocks change at midnight itself: that day begins at one.
        let beirut = Day::of(chrono_tz::Asia::Beirut, at("2026-03-29T12:00:00Z"));
        assert_eq!(
            (beirut.starts_at, length(beirut)),
            (at("2026-03-28T22:00:00Z"), hours(23))
        );
    }

    #[test]
    fn a_leap_year_has_a_29th_of_february() {
        let day = Day::of(Tz::UTC, at("2028-02-28T23:59:59Z")).following(Tz::UTC);
        assert_eq!(day.date.to_string(), "2028-02-29");
        assert_eq!(day.following(Tz::UTC).date.to_string(), "2028-03-01");
    }

    #[test]
    fn no_moment_is_lost_or_counted_twice_when_a_page_moves() {
        for (from, to) in [
            (chrono_tz::Europe::Berlin, chrono_tz::America::New_York),
            (chrono_tz::Europe::Berlin, chrono_tz::Asia::Tokyo),
            (chrono_tz::Etc::GMTPlus12, chrono_tz::Pacific::Kiritimati),
            (chrono_tz::Pacific::Kiritimati, chrono_tz::Etc::GMTPlus12),
        ] {
            let last = Day::of(from, at("2026-11-24T08:00:00Z"));
            let first = last.following(to);
            assert_eq!(first.starts_at, last.ends_at);
            assert!(
                first.date > last.date && first.ends_at > first.starts_at,
                "{from} {to} {first:?}"
            );
            let second = first.following(to);
            assert_eq!(length(second), hours(24), "{from} {to}");
        }
    }

    #[test]
    fn a_day_that_a_zone_skipped_takes_no_time() {
        let apia = chrono_tz::Pacific::Apia;
        let before = Day::of(apia, at("2011-12-29T20:00:00Z"));
        let after = before.following(apia);
        assert_eq!(
            (before.date.to_string(), after.date.to_string()),
            ("2011-12-29".into(), "2011-12-31".into())
        );
        assert_eq!(length(after), hours(24));
    }
}
