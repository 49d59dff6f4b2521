//! How often a maintenance comes again: the common rules to pick from, any other by hand, and when it would be.

use chrono::{Datelike, NaiveDate, Weekday};
use leptos::leptos_dom::helpers::debounce;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::Timestamp;
use shared::maintenance::{PreviewRecurrence, RecurrencePreview};
use shared::recurrence::{CommonRule, EVERY_MAX};

use super::parts::filled;
use crate::api::{ApiError, use_api};
use crate::i18n::t::admin::recurrence as words;
use crate::i18n::t::common::weekdays;
use crate::i18n::{Locale, use_locale};
use crate::state::problem::{explain, explain_field};
use crate::time::{Clock, use_clock};
use crate::ui::field::{SelectField, TextField};
use crate::ui::form::{Form, fresh_number};

const ONCE: &str = "once";
const DAILY: &str = "daily";
const WEEKLY: &str = "weekly";
const ON_DATE: &str = "on_date";
const ON_WEEKDAY: &str = "on_weekday";
const BY_HAND: &str = "by_hand";

const WEEK: [Weekday; 7] = [
    Weekday::Mon,
    Weekday::Tue,
    Weekday::Wed,
    Weekday::Thu,
    Weekday::Fri,
    Weekday::Sat,
    Weekday::Sun,
];

/// What is picked. Which date the first one is on is asked when the rule is.
#[derive(Clone, Copy)]
pub struct Picked {
    kind: RwSignal<String>,
    every: RwSignal<String>,
    days: RwSignal<Vec<Weekday>>,
    by_hand: RwSignal<String>,
}

impl Picked {
    /// As a rule says; once if there is none.
    pub fn of_rule(rule: Option<&str>) -> Self {
        let common = rule.and_then(CommonRule::of_rule);
        let (kind, every, days) = match common {
            Some(CommonRule::Daily { every }) => (DAILY, every, Vec::new()),
            Some(CommonRule::Weekly { every, days }) => (WEEKLY, every, days),
            Some(CommonRule::OnDate { every }) => (ON_DATE, every, Vec::new()),
            Some(CommonRule::OnWeekday { every, .. }) => (ON_WEEKDAY, every, Vec::new()),
            None if rule.is_some() => (BY_HAND, 1, Vec::new()),
            None => (ONCE, 1, Vec::new()),
        };
        Self {
            kind: RwSignal::new(kind.to_owned()),
            every: RwSignal::new(every.to_string()),
            days: RwSignal::new(days),
            by_hand: RwSignal::new(rule.unwrap_or_default().to_owned()),
        }
    }

    /// The rule, if the first one is on a date. Reactive.
    pub fn rule(self, first: Option<NaiveDate>) -> Option<String> {
        let every = self.every.get().parse().unwrap_or(0).clamp(1, EVERY_MAX);
        let rule = match self.kind.get().as_str() {
            DAILY => CommonRule::Daily { every },
            WEEKLY => {
                let mut days = self.days.get();
                if days.is_empty() {
                    days.extend(first.map(|first| first.weekday()));
                }
                CommonRule::Weekly { every, days }
            }
            ON_DATE => CommonRule::OnDate { every },
            ON_WEEKDAY => first.map_or(CommonRule::OnDate { every }, |first| {
                CommonRule::on_weekday_of(first, every)
            }),
            BY_HAND => return filled(&self.by_hand.get()),
            _ => return None,
        };
        Some(rule.to_string())
    }
}

/// Picks a rule and shows what follows from it.
#[component]
pub fn RecurrenceField(
    form: Form,
    picked: Picked,
    /// When the first one begins.
    first: Signal<Option<Timestamp>>,
    time_zone: String,
) -> impl IntoView {
    let locale = use_locale();
    let clock = use_clock();
    let date = Memo::new(move |_| first.get().map(|first| clock.day_of(first)));
    let kind = Memo::new(move |_| picked.kind.get());
    let options = Signal::derive(move || kinds(locale, date.get()));
    let is_one_of = move |kinds: &[&str]| kind.with(|kind| kinds.contains(&kind.as_str()));
    let rule = Signal::derive(move || picked.rule(date.get()));
    view! {
        <SelectField form name="recurrence_kind" label=words::label(locale) value=picked.kind options/>
        <Show when=move || is_one_of(&[DAILY, WEEKLY, ON_DATE, ON_WEEKDAY])>
            <Every form picked kind/>
        </Show>
        <Show when=move || is_one_of(&[WEEKLY])><Days picked date/></Show>
        <Show when=move || is_one_of(&[BY_HAND])>
            <TextField form name="recurrence" label=words::by_hand(locale) hint=words::by_hand_hint(locale) value=picked.by_hand/>
        </Show>
        <Show when=move || rule.with(Option::is_some)>
            <Following first rule time_zone=time_zone.clone()/>
        </Show>
    }
}

fn kinds(locale: Locale, first: Option<NaiveDate>) -> Vec<(String, String)> {
    let monthly = first.map_or_else(
        || (words::on_date(locale).to_owned(), words::on_weekday(locale).to_owned()),
        |first| {
            let rule = CommonRule::on_weekday_of(first, 1);
            let on_weekday = in_words(locale, &rule, first);
            (in_words(locale, &CommonRule::OnDate { every: 1 }, first), on_weekday)
        },
    );
    let kinds = [
        (ONCE, words::once(locale).to_owned()),
        (DAILY, words::daily(locale).to_owned()),
        (WEEKLY, words::weekly(locale).to_owned()),
        (ON_DATE, monthly.0),
        (ON_WEEKDAY, monthly.1),
        (BY_HAND, words::by_hand_kind(locale).to_owned()),
    ];
    kinds.map(|(kind, text)| (kind.to_owned(), text)).to_vec()
}

#[component]
fn Every(form: Form, picked: Picked, kind: Memo<String>) -> impl IntoView {
    let locale = use_locale();
    let id = form.field_id("every");
    let unit = move || match kind.get().as_str() {
        DAILY => words::unit_days(locale),
        WEEKLY => words::unit_weeks(locale),
        _ => words::unit_months(locale),
    };
    view! {
        <div class="field every">
            <label for=id.clone()>{words::every(locale)}</label>
            <input id=id.clone() class="input" type="number" min="1" max=EVERY_MAX bind:value=picked.every aria-describedby=format!("{id}-unit")/>
            <span id=format!("{id}-unit")>{unit}</span>
        </div>
    }
}

/// The days of the week it falls on. That of the first one is meant while none is ticked.
#[component]
fn Days(picked: Picked, date: Memo<Option<NaiveDate>>) -> impl IntoView {
    let locale = use_locale();
    let number = fresh_number();
    let is_on = move |day: Weekday| {
        let days = picked.days.get();
        days.contains(&day) || days.is_empty() && date.get().is_some_and(|date| date.weekday() == day)
    };
    let tick = move |day: Weekday, is_ticked: bool| {
        let mut days = WEEK
            .into_iter()
            .filter(|day| untrack(|| is_on(*day)))
            .collect::<Vec<_>>();
        days.retain(|other| *other != day);
        if is_ticked {
            days.push(day);
        }
        picked.days.set(days);
    };
    let row = move |day: Weekday| {
        let id = format!("weekday-{number}-{}", day.num_days_from_monday());
        view! {
            <div class="weekday">
                <input
                    id=id.clone()
                    type="checkbox"
                    prop:checked=move || is_on(day)
                    on:change:target=move |event| tick(day, event.target().checked())
                />
                <label for=id>{weekday(locale, day)}</label>
            </div>
        }
    };
    view! {
        <fieldset class="field">
            <legend>{words::days(locale)}</legend>
            <div class="weekdays">{WEEK.into_iter().map(row).collect_view()}</div>
        </fieldset>
    }
}

/// When it would come again, as the server reads the rule.
#[component]
fn Following(first: Signal<Option<Timestamp>>, rule: Signal<Option<String>>, time_zone: String) -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let clock = StoredValue::new(use_clock());
    let answer = RwSignal::new(None::<Result<RecurrencePreview, ApiError>>);
    let question = Memo::new(move |_| {
        Some(PreviewRecurrence {
            starts_at: first.get()?,
            recurrence: rule.get()?,
            time_zone: Some(time_zone.clone()),
        })
    });
    // Who writes a rule by hand is not asked about at every key.
    let mut ask = debounce(
        std::time::Duration::from_millis(250),
        move |input: PreviewRecurrence| {
            spawn_local(async move {
                let told = api.preview_recurrence(&input).await;
                if question.try_get_untracked() == Some(Some(input)) {
                    answer.set(Some(told));
                }
            });
        },
    );
    Effect::new(move |_| {
        if let Some(input) = question.get() {
            ask(input);
        }
    });
    let moments = move |preview: RecurrencePreview| {
        let lines = preview.starts_at.into_iter().map(|at| {
            let text = clock.with_value(|clock| day_and_time(clock, at));
            view! { <li><time datetime=at.to_string()>{text}</time></li> }
        });
        view! {
            <p>{words::following(locale)}</p>
            <ul>{lines.collect_view()}</ul>
        }
    };
    let told = move || match (question.with(Option::is_some), answer.get()) {
        (false, _) => view! { <p class="hint">{words::first_missing(locale)}</p> }.into_any(),
        (true, None) => ().into_any(),
        (true, Some(Ok(preview))) => moments(preview).into_any(),
        (true, Some(Err(error))) => view! { <p class="field-error">{complaint(locale, &error)}</p> }.into_any(),
    };
    view! { <div class="following" role="status">{told}</div> }
}

fn complaint(locale: Locale, error: &ApiError) -> String {
    error
        .fields()
        .first()
        .map_or_else(|| explain(locale, error), |field| explain_field(locale, field))
}

/// "Tuesday, 24 November, 22:00"
pub fn day_and_time(clock: &Clock, at: Timestamp) -> String {
    crate::i18n::t::common::time::at(clock.locale, clock.day_name(clock.day_of(at)), clock.time(at))
}

/// "Every 2 weeks on Tuesday and Thursday", or the rule itself if it is none of the common ones.
pub fn told(clock: &Clock, rule: &str, first: Timestamp) -> String {
    CommonRule::of_rule(rule).map_or_else(
        || rule.to_owned(),
        |rule| in_words(clock.locale, &rule, clock.day_of(first)),
    )
}

fn in_words(locale: Locale, rule: &CommonRule, first: NaiveDate) -> String {
    match rule {
        CommonRule::Daily { every } => words::every_days(locale, (*every).into()),
        CommonRule::Weekly { every, days } => {
            let days = if days.is_empty() { &vec![first.weekday()] } else { days };
            let names = days.iter().map(|day| weekday(locale, *day)).collect::<Vec<_>>();
            words::every_weeks(locale, (*every).into(), names.join(", "))
        }
        CommonRule::OnDate { every } => words::every_months_on_date(locale, (*every).into(), first.day()),
        CommonRule::OnWeekday { every, nth, day } => {
            let nth = match nth {
                1 => words::nth_first(locale),
                2 => words::nth_second(locale),
                3 => words::nth_third(locale),
                4 => words::nth_fourth(locale),
                _ => words::nth_last(locale),
            };
            words::every_months_on_weekday(locale, (*every).into(), nth, weekday(locale, *day))
        }
    }
}

fn weekday(locale: Locale, day: Weekday) -> &'static str {
    match day {
        Weekday::Mon => weekdays::monday(locale),
        Weekday::Tue => weekdays::tuesday(locale),
        Weekday::Wed => weekdays::wednesday(locale),
        Weekday::Thu => weekdays::thursday(locale),
        Weekday::Fri => weekdays::friday(locale),
        Weekday::Sat => weekdays::saturday(locale),
        Weekday::Sun => weekdays::sunday(locale),
    }
}
