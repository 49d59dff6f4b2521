//! Texts with gaps, written in Jinja and in a box: no other templates, a bounded number of steps and of bytes, and a name that
//! nobody knows is an error. Nothing is escaped, for what comes out is Markdown like any other message: it is made safe where
//! it is shown.

use std::collections::BTreeMap;

use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, Error as JinjaError, ErrorKind, UndefinedBehavior, Value, context};
use shared::FieldError;
use shared::problem::FieldCode;
use shared::template::{TemplateVariable, VariableKind};
use shared::text;

use crate::error::{Error, Result};

/// Steps of one text; each also pays for 64 bytes that are made or looked at. Some thousand times what a message needs, and
/// no more than a few milliseconds.
const FUEL: u64 = 20_000;
/// Blocks in blocks, and macros that call themselves.
const DEPTH: usize = 60;

/// What the gaps of a text can be filled with.
#[derive(Debug, Clone)]
pub struct Known {
    pub page_name: String,
    pub page_url: String,
    /// This moment, in words.
    pub now: String,
    /// The names of components that are affected.
    pub components: Vec<String>,
    /// What was filled in, by the names of variables.
    pub values: BTreeMap<String, Value>,
}

/// A text that may hold gaps, and what it may become.
#[derive(Debug, Clone, Copy)]
pub struct Gapped<'a> {
    /// The field it comes from, which errors name.
    pub field: &'static str,
    pub source: &'a str,
    /// The most characters it may become.
    pub max: usize,
}

/// A value as texts use it: numbers can be compared, all else is words. `words` are those of a moment or a component.
pub fn value(variable: &TemplateVariable, given: &str, words: Option<String>) -> Value {
    match variable.kind {
        VariableKind::Number => number(given),
        VariableKind::DateTime | VariableKind::Component => words.unwrap_or_default().into(),
        VariableKind::Text | VariableKind::LongText | VariableKind::Choice => given.into(),
    }
}

fn number(given: &str) -> Value {
    let whole = given.parse::<i64>().map(Value::from).ok();
    let decimal = || given.parse::<f64>().map(Value::from).ok();
    whole.or_else(decimal).unwrap_or_else(|| Value::from(given))
}

/// Fills the gaps.
pub fn write(gapped: Gapped<'_>, known: &Known) -> Result<String> {
    let written = sandbox()
        .render_named_str(gapped.field, gapped.source, context(known))
        .map_err(|error| broken(gapped.field, &error))?;
    let written = written.trim().to_owned();
    match text::prose(&written, gapped.max) {
        Ok(_) => Ok(written),
        Err(flaw) => {
            let message = format!("with its gaps filled in it {}", flaw.message);
            Err(vec![FieldError::new(gapped.field, flaw.code, message)].into())
        }
    }
}

/// Refuses a text that cannot be read, or that names what nobody knows, also where it would not be met at once.
pub fn read(gapped: Gapped<'_>, known: &Known) -> Result<()> {
    let sandbox = sandbox();
    let template = sandbox
        .template_from_named_str(gapped.field, gapped.source)
        .map_err(|error| broken(gapped.field, &error))?;
    let is_known = |name: &str| ["page", "now", "components"].contains(&name) || known.values.contains_key(name);
    let mut unknown: Vec<String> = template.undeclared_variables(false).into_iter().collect();
    unknown.retain(|name| !is_known(name));
    unknown.sort_unstable();
    match unknown.first() {
        None => Ok(()),
        Some(name) => {
            let message =
                format!("{name:?} is neither a variable of this template nor one of page, now and components");
            Err(Error::field(gapped.field, FieldCode::BadTemplate, message))
        }
    }
}

fn context(known: &Known) -> Value {
    let built_in = context! {
        page => context! { name => known.page_name.as_str(), url => known.page_url.as_str() },
        now => known.now.as_str(),
        components => known.components.clone(),
    };
    context! { ..built_in, ..Value::from_pairs(known.values.clone()) }
}

/// Without a loader there are no other templates to include, import or extend.
fn sandbox<'a>() -> Environment<'a> {
    let mut sandbox = Environment::new();
    let functions: Vec<String> = sandbox.globals().map(|(name, _)| name.to_owned()).collect();
    for name in functions {
        sandbox.remove_global(&name);
    }
    sandbox.set_auto_escape_callback(|_| AutoEscape::None);
    sandbox.set_undefined_behavior(UndefinedBehavior::Strict);
    sandbox.set_fuel(Some(FUEL));
    sandbox.set_recursion_limit(DEPTH);
    // So that an error about something undefined says what it was.
    sandbox.set_debug(true);
    let mut syntax = SyntaxConfig::builder();
    if let Ok(syntax) = syntax.trim_blocks(true).lstrip_blocks(true).build() {
        sandbox.set_syntax(syntax);
    }
    sandbox
}

fn broken(field: &str, error: &JinjaError) -> Error {
    let reason = match error.kind() {
        ErrorKind::OutOfFuel => "takes too many steps or too much room; make loops and texts shorter".to_owned(),
        ErrorKind::TemplateNotFound | ErrorKind::BadInclude => "cannot take in other templates".to_owned(),
        kind => match error.detail() {
            Some(detail) => format!("{kind}: {detail}"),
            None => kind.to_string(),
        },
    };
    let message = match error.line() {
        Some(line) => format!("line {line}: {reason}"),
        None => reason,
    };
    Error::field(field, FieldCode::BadTemplate, message)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn known() -> Known {
        Known {
            page_name: "Acme".into(),
            page_url: "https://status.example.org".into(),
            now: "2026-11-24 04:00 CET".into(),
            components: vec!["API".into(), "Website".into()],
            values: BTreeMap::from([("provider".into(), "Paylane".into()), ("minutes".into(), 30.into())]),
        }
    }

    fn gapped(source: &str) -> Gapped<'_> {
        Gapped {
            field: "message",
            source,
            max: text::PROSE_MAX,
        }
    }

    fn refusal(outcome: Result<impl std::fmt::Debug>) -> FieldError {
        outcome.unwrap_err().to_problem().errors.remove(0)
    }

    #[test]
    fn gaps_are_filled_and_nothing_is_escaped() {
        let source = "{{ provider }} is down at {{ page.name }}: {{ components | join(' & ') }}.\n\
            {% if minutes > 20 %}\nBack in {{ minutes }} minutes.\n{% endif %}\n";
        let written = write(gapped(source), &known()).unwrap();
        assert_eq!(written, "Paylane is down at Acme: API & Website.\nBack in 30 minutes.");
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let error = refusal(read(gapped("One\nTwo {{ provider }\nThree"), &known()));
        assert_eq!((error.field.as_str(), error.code), ("message", FieldCode::BadTemplate));
        assert!(error.message.starts_with("line 2: "), "{}", error.message);
    }

    #[test]
    fn a_name_that_nobody_knows_is_told_even_where_it_would_not_be_met() {
        let error = refusal(read(gapped("{% if minutes > 99 %}{{ provder }}{% endif %}"), &known()));
        assert!(error.message.contains("\"provder\""), "{}", error.message);
        let error = refusal(write(gapped("{{ page.nmae }}"), &known()));
        assert!(error.message.contains("page.nmae"), "{}", error.message);
    }

    #[test]
    fn nothing_from_elsewhere_comes_in_and_nothing_leaks() {
        for source in [
            "{% include 'layout.html' %}",
            "{% extends 'message' %}",
            "{% import 'parts.html' as parts %}",
            "{{ range(10) }}",
            "{{ debug() }}",
        ] {
            assert!(write(gapped(source), &known()).is_err(), "{source}");
        }
    }

    #[test]
    fn what_never_ends_or_grows_without_end_is_stopped() {
        let began = std::time::Instant::now();
        for source in [
            "{% set s = 'x' * 1000000000 %}{{ s }}",
            "{% for a in 'x' * 9999 %}{% for b in 'x' * 9999 %}{{ b }}{% endfor %}{% endfor %}",
            "{% macro again() %}{{ again() }}{% endmacro %}{{ again() }}",
            "{{ ('x' * 9999) | replace('x', 'y' * 9999) }}",
        ] {
            let error = refusal(write(gapped(source), &known()));
            assert_eq!(error.code, FieldCode::BadTemplate, "{source}");
        }
        let long = refusal(write(gapped("{{ 'x' * 20001 }}"), &known()));
        assert_eq!(long.code, FieldCode::TooLong);
        assert!(began.elapsed() < std::time::Duration::from_secs(5));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(source in "[{}%# a-z().|'\n]{0,60}") {
            let _ = read(gapped(&source), &known());
            let _ = write(gapped(&source), &known());
        }
    }
}
