//! Times as people read them.
//!
//! The server writes them in the page's time zone; the app writes them in the visitor's. Days are always the page's,
//! because the history is counted in them.

use std::time::Duration;

use chrono::{Datelike, NaiveDate, NaiveDateTime, Timelike, Weekday};
use leptos::prelude::*;
use shared::Timestamp;

use crate::i18n::{Locale, t};

/// A way to turn moments into clock times.
#[derive(Debug, Clone, PartialEq)]
pub enum Zone {
    Utc,
    /// Where the reader's device says it is.
    #[cfg(feature = "csr")]
    Visitor,
    /// By its IANA name, known to the browser.
    #[cfg(feature = "csr")]
    Named(String),
    /// By its IANA name, known to the server.
    #[cfg(feature = "ssr")]
    Known(chrono_tz::Tz),
}

/// How times are written on this page.
#[derive(Debug, Clone, PartialEq)]
pub struct Clock {
    pub locale: Locale,
    /// For hours and minutes.
    pub zone: Zone,
    /// For days: the page's.
    pub days: Zone,
    /// The year that goes without saying.
    pub year: i32,
}

impl Zone {
    /// The zone with an IANA name; UTC if nobody knows it.
    #[cfg(feature = "ssr")]
    pub fn named(name: &str) -> Self {
        name.parse().map_or(Self::Utc, Self::Known)
    }

    /// The zone with an IANA name; UTC if the browser does not know it.
    #[cfg(all(feature = "csr", not(feature = "ssr")))]
    pub fn named(name: &str) -> Self {
        Self::Named(name.into())
    }

    /// What the clocks show there.
    pub fn local(&self, at: Timestamp) -> NaiveDateTime {
        match self {
            Self::Utc => at.to_utc().naive_utc(),
            #[cfg(feature = "csr")]
            Self::Visitor => browser::local(at),
            #[cfg(feature = "csr")]
            Self::Named(name) => browser::local_in(at, name).unwrap_or(at.to_utc().naive_utc()),
            #[cfg(feature = "ssr")]
            Self::Known(zone) => at.to_utc().with_timezone(zone).naive_local(),
        }
    }
}

/// Clock times in forms, as `<input type="datetime-local">` holds them.
impl Zone {
    /// `2026-11-24T22:00`
    pub fn write(&self, at: Timestamp) -> String {
        let local = self.local(at);
        let (date, hour, minute) = (local.date(), local.hour(), local.minute());
        format!("{date}T{hour:02}:{minute:02}")
    }

    /// The moment at which clocks there show this; nothing if it is no such time. An hour that is left out in spring means
    /// the one after it, and of one that comes twice in autumn the first is taken.
    pub fn read(&self, text: &str) -> Option<Timestamp> {
        let (date, time) = text.split_once('T')?;
        let mut numbers = date.splitn(3, '-').chain(time.splitn(3, ':'));
        let year = numbers
            .next()?
            .parse()
            .ok()
            .filter(|year| (1970..=9999).contains(year))?;
        let mut next = || numbers.next()?.parse().ok();
        let date = NaiveDate::from_ymd_opt(year, next()?, next()?)?;
        Some(self.moment(date.and_hms_opt(next()?, next()?, 0)?))
    }

    fn moment(&self, shown: NaiveDateTime) -> Timestamp {
        let as_utc = |ahead: i64| Timestamp::from_millis(shown.and_utc().timestamp_millis() - ahead);
        let ahead = |at: Timestamp| (self.local(at) - at.to_utc().naive_utc()).num_milliseconds();
        // A day away on either side clocks are certainly ahead as they are before and after a change of theirs.
        let day = chrono::TimeDelta::days(1).num_milliseconds();
        let (before, after) = (as_utc(ahead(as_utc(day))), as_utc(ahead(as_utc(-day))));
        if self.local(before) == shown || self.local(after) != shown {
            before
        } else {
            after
        }
    }
}

impl Clock {
    /// For a page in its own time zone, as the server writes it.
    pub fn of_page(locale: Locale, time_zone: &str, now: Timestamp) -> Self {
        let days = Zone::named_or_utc(time_zone);
        let year = days.local(now).year();
        Self {
            locale,
            zone: days.clone(),
            days,
            year,
        }
    }

    /// For a page in the visitor's time zone, as the app writes it.
    #[cfg(feature = "csr")]
    pub fn of_visitor(locale: Locale, time_zone: &str, now: Timestamp) -> Self {
        Self {
            zone: Zone::Visitor,
            ..Self::of_page(locale, time_zone, now)
        }
    }

    /// "03:12"
    pub fn time(&self, at: Timestamp) -> String {
        let local = self.zone.local(at);
        format!("{:02}:{:02}", local.hour(), local.minute())
    }

    /// Whose clock it is: "CET" where the server writes, "your time" where the browser does.
    pub fn zone_label(&self, at: Timestamp) -> String {
        match &self.zone {
            Zone::Utc => "UTC".into(),
            #[cfg(feature = "csr")]
            Zone::Visitor => {
                let _ = at;
                t::common::time::yours(self.locale).into()
            }
            #[cfg(feature = "csr")]
            Zone::Named(name) => name.clone(),
            #[cfg(feature = "ssr")]
            Zone::Known(zone) => at.to_utc().with_timezone(zone).format("%Z").to_string(),
        }
    }

    /// "Times are in Europe/Berlin", for the foot of the page.
    pub fn zone_note(&self, page_zone: &str) -> String {
        match &self.zone {
            #[cfg(feature = "csr")]
            Zone::Visitor => {
                let own = browser::zone_name().unwrap_or_default();
                match own == page_zone {
                    true => t::common::time::zone_is(self.locale, page_zone),
                    false => t::common::time::zones_are(self.locale, own, page_zone),
                }
            }
            _ => t::common::time::zone_is(self.locale, page_zone),
        }
    }

    /// "24 November, 03:12", with the year if it is another one.
    pub fn moment(&self, at: Timestamp) -> String {
        let date = self.date(self.zone.local(at).date());
        t::common::time::at(self.locale, date, self.time(at))
    }

    /// "24 November, 22:00 – 23:30", with the second day if it is another one.
    pub fn span(&self, from: Timestamp, to: Timestamp) -> String {
        let is_one_day = self.zone.local(from).date() == self.zone.local(to).date();
        let end = if is_one_day { self.time(to) } else { self.moment(to) };
        format!("{} – {end}", self.moment(from))
    }

    /// The page's day a moment falls on.
    pub fn day_of(&self, at: Timestamp) -> NaiveDate {
        self.days.local(at).date()
    }

    /// "Tuesday, 24 November"
    pub fn day_name(&self, day: NaiveDate) -> String {
        t::common::time::weekday(self.locale, weekday(self.locale, day.weekday()), self.date(day))
    }

    /// "Tuesday"
    #[cfg(feature = "ssr")]
    pub fn weekday_name(&self, day: NaiveDate) -> &'static str {
        weekday(self.locale, day.weekday())
    }

    /// "November 2026" for `2026-11`; what is no month stays as it is.
    pub fn month_name(&self, month: &str) -> String {
        let parts = month.split_once('-').and_then(|(year, month)| {
            let number = month.parse().ok().filter(|number| (1..=12).contains(number))?;
            Some((year, number))
        });
        match parts {
            Some((year, number)) => t::common::time::month(self.locale, month_word(self.locale, number), year),
            None => month.into(),
        }
    }

    /// "1 h 20 min": the two largest parts, minutes at least.
    pub fn duration(&self, span: Duration) -> String {
        let minutes = span.as_secs() / 60;
        let (days, hours, rest) = (minutes / 1_440, minutes / 60 % 24, minutes % 60);
        let locale = self.locale;
        let parts = match (days, hours, rest) {
            (0, 0, rest) => vec![t::common::time::minutes(locale, rest.max(1))],
            (0, hours, 0) => vec![t::common::time::hours(locale, hours)],
            (0, hours, rest) => vec![
                t::common::time::hours(locale, hours),
                t::common::time::minutes(locale, rest),
            ],
            (days, 0, _) => vec![t::common::time::days(locale, days)],
            (days, hours, _) => vec![
                t::common::time::days(locale, days),
                t::common::time::hours(locale, hours),
            ],
        };
        parts.join(" ")
    }

    fn date(&self, day: NaiveDate) -> String {
        let month = month_word(self.locale, day.month());
        match day.year() == self.year {
            true => t::common::time::day(self.locale, day.day(), month),
            false => t::common::time::day_and_year(self.locale, day.day(), month, day.year()),
        }
    }
}

impl Zone {
    #[cfg(any(feature = "csr", feature = "ssr"))]
    fn named_or_utc(name: &str) -> Self {
        Self::named(name)
    }

    #[cfg(not(any(feature = "csr", feature = "ssr")))]
    fn named_or_utc(_: &str) -> Self {
        Self::Utc
    }
}

/// The clock of this page; UTC where nobody said.
pub fn use_clock() -> Clock {
    use_context().unwrap_or_else(|| Clock {
        locale: crate::i18n::use_locale(),
        zone: Zone::Utc,
        days: Zone::Utc,
        year: 0,
    })
}

/// "5 minutes ago"
pub fn ago(locale: Locale, span: Duration) -> String {
    let minutes = span.as_secs() / 60;
    match minutes {
        0 => t::common::time::just_now(locale).into(),
        1..=59 => t::common::time::minutes_ago(locale, minutes),
        60..=1_439 => t::common::time::hours_ago(locale, minutes / 60),
        _ => t::common::time::days_ago(locale, minutes / 1_440),
    }
}

fn month_word(locale: Locale, month: u32) -> &'static str {
    use t::common::months as names;
    match month {
        1 => names::january(locale),
        2 => names::february(locale),
        3 => names::march(locale),
        4 => names::april(locale),
        5 => names::may(locale),
        6 => names::june(locale),
        7 => names::july(locale),
        8 => names::august(locale),
        9 => names::september(locale),
        10 => names::october(locale),
        11 => names::november(locale),
        _ => names::december(locale),
    }
}

fn weekday(locale: Locale, day: Weekday) -> &'static str {
    use t::common::weekdays as names;
    match day {
        Weekday::Mon => names::monday(locale),
        Weekday::Tue => names::tuesday(locale),
        Weekday::Wed => names::wednesday(locale),
        Weekday::Thu => names::thursday(locale),
        Weekday::Fri => names::friday(locale),
        Weekday::Sat => names::saturday(locale),
        Weekday::Sun => names::sunday(locale),
    }
}

/// What the browser knows of time.
#[cfg(feature = "csr")]
pub mod browser {
    use chrono::{NaiveDate, NaiveDateTime, TimeDelta};
    use js_sys::{Date, Intl, Object, Reflect};
    use shared::Timestamp;
    use wasm_bindgen::JsValue;

    /// Now, as the reader's device has it.
    pub fn now() -> Timestamp {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "milliseconds since 1970 are far below 2^53"
        )]
        Timestamp::from_millis(Date::now() as i64)
    }

    /// The IANA name of the visitor's zone.
    pub fn zone_name() -> Option<String> {
        let options = Intl::DateTimeFormat::default().resolved_options();
        Reflect::get(&options, &"timeZone".into()).ok()?.as_string()
    }

    pub(super) fn local(at: Timestamp) -> NaiveDateTime {
        let minutes = date(at).get_timezone_offset();
        #[expect(clippy::cast_possible_truncation, reason = "offsets are a few hundred minutes")]
        let behind = TimeDelta::minutes(minutes as i64);
        at.to_utc().naive_utc() - behind
    }

    /// Swedish is written `2026-11-24 03:12:00`, which is why it is asked for.
    pub(super) fn local_in(at: Timestamp, zone: &str) -> Option<NaiveDateTime> {
        let options = Object::new();
        Reflect::set(&options, &"timeZone".into(), &zone.into()).ok()?;
        let text = String::from(date(at).to_locale_string("sv-SE", &options));
        let mut numbers = text
            .split(|c: char| !c.is_ascii_digit())
            .filter_map(|part| part.parse::<u32>().ok());
        let mut next = || numbers.next();
        let (year, month, day) = (next()?, next()?, next()?);
        NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?.and_hms_opt(next()?, next()?, next()?)
    }

    #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 are far below 2^53")]
    fn date(at: Timestamp) -> Date {
        Date::new(&JsValue::from_f64(at.as_millis() as f64))
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    fn clock(zone: &str) -> Clock {
        Clock::of_page(
            Locale::En,
            zone,
            Timestamp::parse("2026-11-24T12:00:00Z").expect("a time"),
        )
    }

    #[test]
    fn times_are_the_pages() {
        let at = Timestamp::parse("2026-11-23T23:30:00Z").unwrap();
        assert_eq!(clock("Europe/Berlin").moment(at), "24 November, 00:30");
        assert_eq!(clock("America/New_York").time(at), "18:30");
        assert_eq!(clock("Mars/Olympus").time(at), "23:30");
        assert_eq!(
            clock("Europe/Berlin").day_name(clock("Europe/Berlin").day_of(at)),
            "Tuesday, 24 November"
        );
    }

    #[test]
    fn what_a_form_holds_is_the_time_on_the_wall() {
        let berlin = Zone::named("Europe/Berlin");
        let at = |text: &str| Timestamp::parse(text).unwrap();
        for (shown, moment) in [
            ("2026-11-24T22:00", "2026-11-24T21:00:00Z"),
            ("2026-07-01T00:30", "2026-06-30T22:30:00Z"),
            ("2026-10-25T02:30", "2026-10-25T00:30:00Z"),
            ("2026-10-25T03:00", "2026-10-25T02:00:00Z"),
        ] {
            assert_eq!(berlin.read(shown), Some(at(moment)), "{shown}");
            assert_eq!(berlin.write(at(moment)), shown);
        }
        assert_eq!(berlin.read("2026-03-29T02:30"), Some(at("2026-03-29T01:30:00Z")));
        for nothing in [
            "",
            "2026-11-24",
            "2026-02-30T10:00",
            "0002-11-24T10:00",
            "2026-11-24T25:00",
        ] {
            assert_eq!(berlin.read(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn another_year_is_said() {
        let at = Timestamp::parse("2025-01-02T03:04:00Z").unwrap();
        assert_eq!(clock("UTC").moment(at), "2 January 2025, 03:04");
    }

    #[test]
    fn durations_have_two_parts() {
        let said = |minutes: u64| clock("UTC").duration(Duration::from_secs(minutes * 60));
        assert_eq!([said(0), said(80), said(120)], ["1 min", "1 h 20 min", "2 h"]);
        assert_eq!([said(1_440), said(3_000)], ["1 day", "2 days 2 h"]);
    }

    #[test]
    fn months_have_names() {
        assert_eq!(clock("UTC").month_name("2026-11"), "November 2026");
        assert_eq!(clock("UTC").month_name("2026-13"), "2026-13");
    }
}
