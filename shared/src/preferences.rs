//! What a subscriber wishes beyond components: which kinds of events, how bad, how often, and when not.

use crate::channel::WebhookFormat;
use crate::event::EventKind;
use crate::incident::Impact;
use crate::problem::FieldCode;
use crate::{Check, Timestamp, Validate};

words! {
    /// One message for each event, or one for all that happened meanwhile.
    pub enum Digest {
        None = "none",
        /// On the hour.
        Hourly = "hourly",
        /// At 8 in the morning of the subscriber's time zone.
        Daily = "daily",
    }
}

input! {
    /// Hours of the day in which nothing is sent; what happens in them is told afterwards. They may span midnight.
    pub struct QuietHours {
        /// `22:00`
        pub from: String,
        /// `07:30`
        pub to: String,
    }

    /// What a subscriber wishes to hear, and when.
    #[derive(Default)]
    pub struct Preferences {
        /// Kinds of events; all if empty.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", oai(default))]
        pub kinds: Vec<EventKind>,
        /// Incidents with less impact than this are not told. All of them if left out.
        pub least_impact: Option<Impact>,
        /// `none` if left out.
        pub digest: Option<Digest>,
        pub quiet_hours: Option<QuietHours>,
        /// The name of a time zone, for quiet hours and the daily digest: `Europe/Berlin`. That of the page if left out.
        pub time_zone: Option<String>,
        /// What happens until then is never told.
        pub paused_until: Option<Timestamp>,
        /// What the body of a webhook looks like. `signet` if left out.
        pub webhook_format: Option<WebhookFormat>,
    }
}

impl Preferences {
    /// Everything, at once.
    pub const fn everything() -> Self {
        Self {
            kinds: Vec::new(),
            least_impact: None,
            digest: None,
            quiet_hours: None,
            time_zone: None,
            paused_until: None,
            webhook_format: None,
        }
    }
}

/// The minutes since midnight of a time of day such as `22:00`.
pub fn minute_of_day(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let is_two_digits = |part: &str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
    if !is_two_digits(hour) || !is_two_digits(minute) {
        return None;
    }
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
    (hour < 24 && minute < 60).then_some(hour * 60 + minute)
}

/// The time of day that [`minute_of_day`] reads.
pub fn time_of_day(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60 % 24, minute % 60)
}

impl Validate for QuietHours {
    fn check(&self, check: &mut Check) {
        for (field, text) in [("from", &self.from), ("to", &self.to)] {
            if minute_of_day(text).is_none() {
                let message = format!("is {text:?}, expected a time of day such as 22:00");
                check.fail(field, FieldCode::BadFormat, message);
            }
        }
        check.ensure(
            self.from != self.to,
            "to",
            FieldCode::OutOfRange,
            "is the same time: that would be always",
        );
    }
}

impl Validate for Preferences {
    fn check(&self, check: &mut Check) {
        check.distinct("kinds", &self.kinds);
        if let Some(hours) = &self.quiet_hours {
            check.nested("quiet_hours", hours);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_day_are_read_and_written() {
        for minute in 0..24 * 60 {
            assert_eq!(minute_of_day(&time_of_day(minute)), Some(minute));
        }
        for text in ["", "7:00", "24:00", "12:60", "noon", "12:0x", "+1:00"] {
            assert_eq!(minute_of_day(text), None, "{text}");
        }
    }

    #[test]
    fn quiet_hours_are_told_what_is_wrong_with_them() {
        let wrong = Preferences {
            quiet_hours: Some(QuietHours {
                from: "25:00".into(),
                to: "25:00".into(),
            }),
            ..Preferences::everything()
        };
        let errors = wrong.validate().unwrap_err();
        let fields: Vec<&str> = errors.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(fields, ["quiet_hours.from", "quiet_hours.to", "quiet_hours.to"]);
    }
}
