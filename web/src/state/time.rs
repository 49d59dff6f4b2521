//! Times as people say them. The clock of the screen ticks twice a minute, and all times on it move together.

use std::time::Duration;

use leptos::prelude::*;
use shared::Timestamp;
use wasm_bindgen::JsValue;

use super::browser;
use crate::i18n::Locale;
use crate::i18n::t::admin::times;

const TICK: Duration = Duration::from_secs(30);

/// A number of units, said in a language.
type Phrase = fn(Locale, u64) -> String;

#[derive(Clone, Copy)]
struct Now(RwSignal<Timestamp>);

/// Starts the clock of everything below.
pub fn provide_now() {
    let now = RwSignal::new(now());
    provide_context(Now(now));
    let ticking = set_interval_with_handle(move || now.set(self::now()), TICK);
    on_cleanup(move || {
        if let Ok(ticking) = ticking {
            ticking.clear();
        }
    });
}

/// The time on the screen. Reactive.
pub fn use_now() -> RwSignal<Timestamp> {
    use_context::<Now>().map_or_else(|| RwSignal::new(now()), |Now(now)| now)
}

/// This moment.
pub fn now() -> Timestamp {
    Timestamp::from_millis(browser::now_ms())
}

/// "12 min ago", "in 3 h", and a date when it is further away than a month.
pub fn relative(locale: Locale, at: Timestamp, now: Timestamp) -> String {
    let is_past = at <= now;
    let seconds = now.since(at).max(at.since(now)).as_secs();
    let (ago, ahead): (Phrase, Phrase) = match seconds {
        0..45 => return times::now(locale).into(),
        45..3_570 => (times::minutes_ago, times::in_minutes),
        3_570..84_600 => (times::hours_ago, times::in_hours),
        84_600..2_592_000 => (times::days_ago, times::in_days),
        _ => return date(locale, at),
    };
    let unit = match seconds {
        0..3_570 => 60,
        3_570..84_600 => 3_600,
        _ => 86_400,
    };
    let count = (seconds + unit / 2) / unit;
    if is_past {
        ago(locale, count)
    } else {
        ahead(locale, count)
    }
}

/// "24 November 2026, 03:12:45" in the browser's time zone.
pub fn exact(locale: Locale, at: Timestamp) -> String {
    written(locale, at, &[("dateStyle", "long"), ("timeStyle", "medium")])
}

/// "24 Nov 2026"
pub fn date(locale: Locale, at: Timestamp) -> String {
    written(locale, at, &[("dateStyle", "medium")])
}

fn written(locale: Locale, at: Timestamp, style: &[(&str, &str)]) -> String {
    // Milliseconds of four-digit years are exact in a JavaScript number.
    let date = js_sys::Date::new(&JsValue::from_f64(at.as_millis() as f64));
    let options = js_sys::Object::new();
    for (name, value) in style {
        // Setting a property of an object just made cannot fail.
        let _ = js_sys::Reflect::set(&options, &(*name).into(), &(*value).into());
    }
    date.to_locale_string(tag(locale), &options).into()
}

// The British order of day and month: the console is read everywhere, and 11/24 is misread in most places.
const fn tag(locale: Locale) -> &'static str {
    match locale {
        Locale::En => "en-GB",
        Locale::De => "de",
    }
}
