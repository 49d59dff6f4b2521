//! A subscriber's wishes beside their columns, and when a message may go by them.

use chrono::{Duration, NaiveTime, TimeZone, Timelike};
use chrono_tz::Tz;
use sea_orm::Set;
use shared::Timestamp;
use shared::channel::WebhookFormat;
use shared::event::EventKind;
use shared::incident::Impact;
use shared::preferences::{Digest, Preferences, QuietHours, minute_of_day, time_of_day};

use super::calendar::Day;
use crate::entity::{subscriber, subscription};

/// The hour of the day at which daily digests go out.
const DIGEST_HOUR: u32 = 8;

/// As columns keep them. The time zone is the subscriber's.
pub fn write(wanted: &Preferences, row: &mut subscription::ActiveModel) {
    let hours = wanted.quiet_hours.as_ref();
    let minute = |text: &str| minute_of_day(text).map(i64::from);
    row.kinds = Set(EventKind::to_bits(&wanted.kinds));
    row.least_impact = Set(wanted.least_impact.unwrap_or(Impact::None).rank());
    row.webhook_format = Set(wanted.webhook_format.unwrap_or(WebhookFormat::Signet));
    row.digest = Set(wanted.digest.unwrap_or(Digest::None));
    row.quiet_from = Set(hours.and_then(|hours| minute(&hours.from)));
    row.quiet_to = Set(hours.and_then(|hours| minute(&hours.to)));
    row.paused_until = Set(wanted.paused_until);
}

/// As people read them.
pub fn read(row: &subscription::Model, owner: &subscriber::Model) -> Preferences {
    let time = |minute: i64| time_of_day(u16::try_from(minute).unwrap_or(0));
    let hours = row.quiet_from.zip(row.quiet_to);
    Preferences {
        kinds: EventKind::from_bits(row.kinds),
        least_impact: (row.least_impact > 0).then(|| Impact::from_rank(row.least_impact)),
        digest: Some(row.digest),
        quiet_hours: hours.map(|(from, to)| QuietHours {
            from: time(from),
            to: time(to),
        }),
        time_zone: owner.time_zone.clone(),
        paused_until: row.paused_until,
        webhook_format: row.channel.has_secret().then_some(row.webhook_format),
    }
}

/// Until when a message has to wait that was written at a moment; none if it may go now.
pub fn held_until(row: &subscription::Model, zone: Tz, created_at: Timestamp, now: Timestamp) -> Option<Timestamp> {
    let due = match row.digest {
        Digest::None => created_at,
        Digest::Hourly => next_hour(created_at),
        Digest::Daily => next_morning(zone, created_at),
    };
    let earliest = due.max(now);
    let quiet = row.quiet_from.zip(row.quiet_to);
    let allowed = quiet
        .and_then(|hours| end_of_quiet(zone, hours, earliest))
        .unwrap_or(earliest);
    (allowed > now).then_some(allowed)
}

fn next_hour(at: Timestamp) -> Timestamp {
    const HOUR: i64 = 3_600_000;
    Timestamp::from_millis((at.as_millis().div_euclid(HOUR) + 1) * HOUR)
}

fn next_morning(zone: Tz, at: Timestamp) -> Timestamp {
    let morning = |at: Timestamp| on_day(zone, at, DIGEST_HOUR * 60);
    let today = morning(at);
    if today > at {
        today
    } else {
        morning(Day::of(zone, at).ends_at)
    }
}

/// When quiet hours end that a moment falls into.
fn end_of_quiet(zone: Tz, (from, to): (i64, i64), at: Timestamp) -> Option<Timestamp> {
    let local = at.to_utc().with_timezone(&zone);
    let minute = i64::from(local.hour() * 60 + local.minute());
    let is_quiet = if from < to {
        (from..to).contains(&minute)
    } else {
        minute >= from || minute < to
    };
    let end = u32::try_from(to).unwrap_or(0);
    is_quiet.then(|| {
        let today = on_day(zone, at, end);
        if today > at {
            today
        } else {
            on_day(zone, Day::of(zone, at).ends_at, end)
        }
    })
}

/// A minute of the day on which a moment falls; where the clocks skip it, the first one after.
fn on_day(zone: Tz, at: Timestamp, minute: u32) -> Timestamp {
    let date = at.to_utc().with_timezone(&zone).date_naive();
    let time = NaiveTime::from_hms_opt(minute / 60 % 24, minute % 60, 0).unwrap_or(NaiveTime::MIN);
    let naive = date.and_time(time);
    let local = (0..=24 * 4).find_map(|quarters| {
        zone.from_local_datetime(&(naive + Duration::minutes(15 * quarters)))
            .earliest()
    });
    local.map_or(at, |local| Timestamp::from(local.to_utc()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use shared::time::days;

    use super::*;

    fn row(digest: Digest, quiet: Option<(i64, i64)>) -> subscription::Model {
        subscription::Model {
            digest,
            quiet_from: quiet.map(|(from, _)| from),
            quiet_to: quiet.map(|(_, to)| to),
            ..crate::testing::subscription()
        }
    }

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    #[test]
    fn in_quiet_hours_a_message_waits_for_their_end() {
        let zone = chrono_tz::Europe::Berlin;
        let row = row(Digest::None, Some((22 * 60, 7 * 60)));
        let held = |text| held_until(&row, zone, at(text), at(text));
        // 23:30 in Berlin.
        assert_eq!(held("2026-11-24T22:30:00Z"), Some(at("2026-11-25T06:00:00Z")));
        assert_eq!(held("2026-11-25T05:59:00Z"), Some(at("2026-11-25T06:00:00Z")));
        assert_eq!(held("2026-11-25T06:00:00Z"), None);
        assert_eq!(held("2026-11-25T20:59:00Z"), None);
    }

    #[test]
    fn a_digest_waits_for_its_hour_and_goes_then() {
        let zone = chrono_tz::Europe::Berlin;
        let written = at("2026-11-24T07:30:00Z");
        let hourly = row(Digest::Hourly, None);
        assert_eq!(
            held_until(&hourly, zone, written, written),
            Some(at("2026-11-24T08:00:00Z"))
        );
        assert_eq!(held_until(&hourly, zone, written, at("2026-11-24T08:00:00Z")), None);
        let daily = row(Digest::Daily, None);
        assert_eq!(
            held_until(&daily, zone, written, written),
            Some(at("2026-11-25T07:00:00Z"))
        );
        let quiet = row(Digest::Hourly, Some((9 * 60, 10 * 60)));
        assert_eq!(
            held_until(&quiet, zone, written, written),
            Some(at("2026-11-24T09:00:00Z"))
        );
    }

    proptest! {
        #[test]
        fn whatever_is_wished_a_message_goes_within_two_days_and_not_in_quiet_hours(
            digest in proptest::sample::select(Digest::ALL),
            from in 0..1_440_i64,
            length in 1..1_439_i64,
            minute in 0..525_600_i64,
        ) {
            let to = (from + length) % 1_440;
            let row = row(digest, Some((from, to)));
            let now = Timestamp::from_millis(1_767_225_600_000 + minute * 60_000);
            let zone = chrono_tz::America::New_York;
            let goes = held_until(&row, zone, now, now).unwrap_or(now);
            prop_assert!(goes >= now && goes <= now + days(2) + shared::time::hours(1));
            prop_assert_eq!(held_until(&row, zone, now, goes), None);
        }
    }
}
