//! The rules by which work commonly comes again: between what people pick in a form and what RFC 5545 writes.
//!
//! Any other rule is written by hand. Whether a rule comes round, and when, only the server says.

use std::fmt;

use chrono::{Datelike, NaiveDate, Weekday};

/// The longest pause that is picked rather than written: every 99 weeks.
pub const EVERY_MAX: u32 = 99;

const WEEKDAYS: [(Weekday, &str); 7] = [
    (Weekday::Mon, "MO"),
    (Weekday::Tue, "TU"),
    (Weekday::Wed, "WE"),
    (Weekday::Thu, "TH"),
    (Weekday::Fri, "FR"),
    (Weekday::Sat, "SA"),
    (Weekday::Sun, "SU"),
];

/// A rule that can be picked. `every` is 1 to [`EVERY_MAX`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommonRule {
    /// Every so many days.
    Daily { every: u32 },
    /// Every so many weeks on some days; on that of the first one if none is named.
    Weekly { every: u32, days: Vec<Weekday> },
    /// Every so many months on the date of the first one; months without that date are left out.
    OnDate { every: u32 },
    /// Every so many months on the first to fourth of a day of the week, or on the last (-1).
    OnWeekday { every: u32, nth: i32, day: Weekday },
}

impl CommonRule {
    /// Monthly on the weekday that a date is: 24 November 2026 is a fourth Tuesday. A fifth one is the last.
    pub fn on_weekday_of(date: NaiveDate, every: u32) -> Self {
        let nth = match date.day0() / 7 {
            week @ 0..4 => i32::try_from(week).unwrap_or(0) + 1,
            _ => -1,
        };
        let day = date.weekday();
        Self::OnWeekday { every, nth, day }
    }

    /// What a rule says, if it is one that can be picked.
    pub fn of_rule(rule: &str) -> Option<Self> {
        let Parts { freq, every, days } = Parts::of_rule(rule)?;
        match (freq, days) {
            ("DAILY", None) => Some(Self::Daily { every }),
            ("WEEKLY", days) => {
                let days = days.map_or_else(|| Some(Vec::new()), |days| days.split(',').map(weekday).collect())?;
                Some(Self::Weekly { every, days })
            }
            ("MONTHLY", None) => Some(Self::OnDate { every }),
            ("MONTHLY", Some(day)) => {
                let (nth, day) = day.split_at_checked(day.len().checked_sub(2)?)?;
                let nth = nth.parse().ok().filter(|nth| matches!(nth, -1 | 1..=4))?;
                let day = weekday(day)?;
                Some(Self::OnWeekday { every, nth, day })
            }
            _ => None,
        }
    }
}

/// As RFC 5545 writes it: `FREQ=WEEKLY;BYDAY=TU`.
impl fmt::Display for CommonRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (freq, every, days) = match self {
            Self::Daily { every } => ("DAILY", every, String::new()),
            Self::Weekly { every, days } => {
                let named = WEEKDAYS.iter().filter(|(day, _)| days.contains(day));
                let named = named.map(|(_, code)| *code).collect::<Vec<_>>();
                ("WEEKLY", every, named.join(","))
            }
            Self::OnDate { every } => ("MONTHLY", every, String::new()),
            Self::OnWeekday { every, nth, day } => ("MONTHLY", every, format!("{nth}{}", code(*day))),
        };
        write!(f, "FREQ={freq}")?;
        if *every > 1 {
            write!(f, ";INTERVAL={every}")?;
        }
        if !days.is_empty() {
            write!(f, ";BYDAY={days}")?;
        }
        Ok(())
    }
}

/// The parts of a rule that pickable ones have.
struct Parts<'a> {
    freq: &'a str,
    every: u32,
    days: Option<&'a str>,
}

impl<'a> Parts<'a> {
    /// Nothing if there is any other part, or one twice.
    fn of_rule(rule: &'a str) -> Option<Self> {
        let (mut freq, mut every, mut days) = (None, None, None);
        for part in rule.split(';') {
            let (name, value) = part.split_once('=')?;
            let place = match name {
                "FREQ" => &mut freq,
                "INTERVAL" => &mut every,
                "BYDAY" => &mut days,
                _ => return None,
            };
            if place.replace(value).is_some() {
                return None;
            }
        }
        let every = every.map_or(Some(1), |every| every.parse().ok())?;
        (1..=EVERY_MAX).contains(&every).then_some(Self {
            freq: freq?,
            every,
            days,
        })
    }
}

fn weekday(code: &str) -> Option<Weekday> {
    WEEKDAYS.iter().find(|(_, known)| *known == code).map(|(day, _)| *day)
}

fn code(day: Weekday) -> &'static str {
    WEEKDAYS
        .iter()
        .find(|(known, _)| *known == day)
        .map_or("", |(_, code)| *code)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_day() -> impl Strategy<Value = Weekday> {
        proptest::sample::select(WEEKDAYS.map(|(day, _)| day).to_vec())
    }

    fn any_rule() -> impl Strategy<Value = CommonRule> {
        let days = proptest::sample::subsequence(WEEKDAYS.map(|(day, _)| day).to_vec(), 0..=7);
        prop_oneof![
            (1..=EVERY_MAX).prop_map(|every| CommonRule::Daily { every }),
            (1..=EVERY_MAX, days).prop_map(|(every, days)| CommonRule::Weekly { every, days }),
            (1..=EVERY_MAX).prop_map(|every| CommonRule::OnDate { every }),
            (1..=EVERY_MAX, proptest::sample::select(vec![-1, 1, 2, 3, 4]), any_day())
                .prop_map(|(every, nth, day)| CommonRule::OnWeekday { every, nth, day }),
        ]
    }

    proptest! {
        /// What was picked is picked again when the form opens the next time.
        #[test]
        fn a_rule_is_read_as_it_was_picked(rule in any_rule()) {
            prop_assert_eq!(CommonRule::of_rule(&rule.to_string()), Some(rule));
        }

        /// Whatever is written by hand, reading it is safe.
        #[test]
        fn anything_can_be_read(rule in "\\PC*") {
            let _ = CommonRule::of_rule(&rule);
        }
    }

    #[test]
    fn rules_are_written_as_short_as_they_can_be() {
        let tuesday = CommonRule::Weekly {
            every: 1,
            days: vec![Weekday::Thu, Weekday::Tue],
        };
        assert_eq!(tuesday.to_string(), "FREQ=WEEKLY;BYDAY=TU,TH");
        assert_eq!(CommonRule::OnDate { every: 3 }.to_string(), "FREQ=MONTHLY;INTERVAL=3");
    }

    #[test]
    fn a_rule_that_says_more_is_not_pickable() {
        for rule in [
            "FREQ=HOURLY",
            "FREQ=DAILY;COUNT=3",
            "FREQ=MONTHLY;BYDAY=5TU",
            "FREQ=WEEKLY;BYDAY=ÄÖ",
            "FREQ=MONTHLY;BYDAY=Ö",
            "FREQ=DAILY;INTERVAL=0",
            "weekly",
            "",
        ] {
            assert_eq!(CommonRule::of_rule(rule), None, "{rule}");
        }
    }

    #[test]
    fn a_date_is_a_certain_weekday_of_its_month() {
        let of = |day| CommonRule::on_weekday_of(NaiveDate::from_ymd_opt(2026, 12, day).unwrap(), 1).to_string();
        assert_eq!(of(1), "FREQ=MONTHLY;BYDAY=1TU");
        assert_eq!(of(28), "FREQ=MONTHLY;BYDAY=4MO");
        assert_eq!(of(29), "FREQ=MONTHLY;BYDAY=-1TU");
    }
}
