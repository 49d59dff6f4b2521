//! When an incident is published or was: at once, later by itself, or long ago and over already. Times are those on the
//! page's clock.

use leptos::prelude::*;
use shared::incident::NewIncident;
use shared::problem::FieldCode;
use shared::{Check, Timestamp, Validate};

use crate::i18n::t::admin::when as words;
use crate::i18n::{Locale, use_locale};
use crate::time::Zone;
use crate::ui::field::{SelectField, TextField};
use crate::ui::form::Form;

/// What becomes of what is being written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    Now,
    Later,
    Past,
}

impl When {
    const ALL: [Self; 3] = [Self::Now, Self::Later, Self::Past];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Now => "now",
            Self::Later => "later",
            Self::Past => "past",
        }
    }

    pub fn from_word(word: &str) -> Self {
        let known = Self::ALL.into_iter().find(|when| when.as_str() == word);
        known.unwrap_or(Self::Now)
    }

    fn text(self, locale: Locale) -> &'static str {
        match self {
            Self::Now => words::now(locale),
            Self::Later => words::later(locale),
            Self::Past => words::past(locale),
        }
    }
}

/// What is being typed; the times as the browser's own field for moments writes them.
#[derive(Clone, Copy)]
pub struct WhenFields {
    pub when: RwSignal<String>,
    pub publish_at: RwSignal<String>,
    pub started_at: RwSignal<String>,
    pub resolved_at: RwSignal<String>,
}

impl WhenFields {
    pub fn new(when: String, times: [String; 3]) -> Self {
        let [publish_at, started_at, resolved_at] = times.map(RwSignal::new);
        Self {
            when: RwSignal::new(when),
            publish_at,
            started_at,
            resolved_at,
        }
    }

    /// In the order in which [`Timed::new`] takes them.
    pub const fn times(self) -> [RwSignal<String>; 3] {
        [self.publish_at, self.started_at, self.resolved_at]
    }

    /// Reactive.
    pub fn get(self) -> When {
        self.when.with(|word| When::from_word(word))
    }
}

/// The choice, and the times that go with it.
#[component]
pub fn WhenChoice(form: Form, fields: WhenFields, #[prop(into)] zone_name: String) -> impl IntoView {
    let locale = use_locale();
    let options = When::ALL.map(|when| (when.as_str().to_owned(), when.text(locale).to_owned()));
    let zone_name = StoredValue::new(zone_name);
    let hint = move || words::zone(locale, zone_name.get_value());
    view! {
        <SelectField form name="when" label=words::label(locale) value=fields.when options=options.to_vec()/>
        <Show when=move || fields.get() == When::Later>
            <TextField form name="publish_at" kind="datetime-local" label=words::publish_at(locale) hint=hint() value=fields.publish_at is_required=true/>
        </Show>
        <Show when=move || fields.get() == When::Past>
            <TextField form name="started_at" kind="datetime-local" label=words::started_at(locale) value=fields.started_at is_required=true/>
            <TextField form name="resolved_at" kind="datetime-local" label=words::resolved_at(locale) hint=hint() value=fields.resolved_at is_required=true/>
        </Show>
    }
}

/// An incident to send, and the times that have to be there and are not.
pub struct Timed {
    pub input: NewIncident,
    missing: Vec<&'static str>,
}

impl Timed {
    /// The incident with the times that were typed. One without them would be published at once, so none is left out.
    pub fn new(input: NewIncident, when: When, zone: &Zone, typed: [&str; 3]) -> Self {
        let [publish_at, started_at, resolved_at] = typed;
        let mut missing = Vec::new();
        let mut read = |name, text: &str| -> Option<Timestamp> {
            let at = zone.read(text);
            if at.is_none() {
                missing.push(name);
            }
            at
        };
        let input = match when {
            When::Now => input,
            When::Later => NewIncident {
                publish_at: read("publish_at", publish_at),
                ..input
            },
            When::Past => NewIncident {
                status: None,
                started_at: read("started_at", started_at),
                resolved_at: read("resolved_at", resolved_at),
                ..input
            },
        };
        Self { input, missing }
    }
}

impl Validate for Timed {
    fn check(&self, check: &mut Check) {
        for name in &self.missing {
            check.fail(*name, FieldCode::Required, "is empty");
        }
        self.input.check(check);
    }
}
