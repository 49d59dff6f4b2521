//! Rules on input, run in the browser before sending and on the server before believing.

use crate::problem::{FieldCode, FieldError};
use crate::text;

/// Input with rules. The server refuses what does not pass; forms show the same errors at the fields.
pub trait Validate {
    /// Tells `check` what is wrong.
    fn check(&self, check: &mut Check);

    /// All that is wrong, or nothing.
    fn validate(&self) -> Result<(), Vec<FieldError>> {
        let mut check = Check::default();
        self.check(&mut check);
        check.done()
    }
}

/// Collects what is wrong, so that people see every error at once.
#[derive(Debug, Default)]
pub struct Check {
    errors: Vec<FieldError>,
}

impl Check {
    /// Notes an error.
    pub fn fail(&mut self, field: impl Into<String>, code: FieldCode, message: impl Into<String>) {
        self.errors.push(FieldError::new(field, code, message));
    }

    /// Notes an error unless `holds`.
    pub fn ensure(&mut self, holds: bool, field: &str, code: FieldCode, message: &str) {
        if !holds {
            self.fail(field, code, message);
        }
    }

    /// One line of text: 1 to `max` characters, not only spaces, no control characters.
    pub fn line(&mut self, field: &str, value: &str, max: usize) {
        self.take(field, text::line(value, max));
    }

    /// As [`Check::line`], but it may be empty.
    pub fn optional_line(&mut self, field: &str, value: Option<&String>, max: usize) {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            self.line(field, value, max);
        }
    }

    /// Several lines of text or Markdown: 1 to `max` characters, no control characters but line breaks and tabs.
    pub fn prose(&mut self, field: &str, value: &str, max: usize) {
        self.take(field, text::prose(value, max));
    }

    /// As [`Check::prose`], but it may be empty.
    pub fn optional_prose(&mut self, field: &str, value: Option<&String>, max: usize) {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            self.prose(field, value, max);
        }
    }

    /// Any value that a parser of [`crate::text`] judges.
    pub fn take<T>(&mut self, field: &str, parsed: Result<T, text::Flaw>) {
        if let Err(flaw) = parsed {
            self.fail(field, flaw.code, flaw.message);
        }
    }

    /// At most `max` items.
    pub fn at_most<T>(&mut self, field: &str, items: &[T], max: usize) {
        if items.len() > max {
            self.fail(
                field,
                FieldCode::TooLong,
                format!("{} items given; at most {max} are taken", items.len()),
            );
        }
    }

    /// No item twice.
    pub fn distinct<T: PartialEq>(&mut self, field: &str, items: &[T]) {
        for (i, item) in items.iter().enumerate() {
            if items[..i].contains(item) {
                self.fail(format!("{field}[{i}]"), FieldCode::Duplicate, "given twice");
            }
        }
    }

    /// Runs the rules of a part, with its path put in front.
    pub fn nested(&mut self, field: &str, part: &impl Validate) {
        let mut inner = Self::default();
        part.check(&mut inner);
        for error in inner.errors {
            self.fail(format!("{field}.{}", error.field), error.code, error.message);
        }
    }

    /// What was found.
    pub fn done(self) -> Result<(), Vec<FieldError>> {
        if self.errors.is_empty() {
            Ok(())
        } else {
            Err(self.errors)
        }
    }
}
