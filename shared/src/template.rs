//! Templates: titles and messages written beforehand, with gaps that are filled in when something happens.
//!
//! The rules about variables are here, so that a form refuses what the server would. How a text with gaps is read is the
//! server's to know.

use std::collections::BTreeMap;

use crate::component::ComponentStatus;
use crate::incident::{AFFECTED_MAX, ComponentEffect, Impact, IncidentStatus};
use crate::problem::FieldCode;
use crate::text::{self, Flaw, NAME_MAX, PROSE_MAX};
use crate::{Check, ComponentId, PageId, Patch, TemplateId, Timestamp, Validate};

words! {
    /// What a template is for.
    pub enum TemplateKind {
        /// A new incident.
        Incident = "incident",
        /// An entry in an incident's timeline.
        IncidentUpdate = "incident_update",
        /// Work to plan.
        Maintenance = "maintenance",
        /// An entry in a maintenance's timeline.
        MaintenanceUpdate = "maintenance_update",
    }

    /// What may be filled in for a variable. Values are sent as texts; this says which texts.
    pub enum VariableKind {
        /// One line.
        Text = "text",
        /// Several lines, in Markdown.
        LongText = "long_text",
        /// A decimal number: `12`, `-0.5`.
        Number = "number",
        /// One of the variable's options.
        Choice = "choice",
        /// A moment, as RFC 3339 writes it; it is written in the page's time zone.
        DateTime = "date_time",
        /// The id of a component of the page; it is written by its name.
        Component = "component",
    }
}

impl TemplateKind {
    /// True if it is about something new, which has a title and affects components.
    pub const fn is_about_something_new(self) -> bool {
        matches!(self, Self::Incident | Self::Maintenance)
    }

    /// True if what it writes belongs to an incident, and so has an incident's status.
    pub const fn is_about_incidents(self) -> bool {
        matches!(self, Self::Incident | Self::IncidentUpdate)
    }

    /// True if it may change what components are.
    pub const fn affects_components(self) -> bool {
        !matches!(self, Self::MaintenanceUpdate)
    }
}

input! {
    /// A gap in a template.
    pub struct TemplateVariable {
        /// What stands for it in the texts, `{{ provider }}`: lower-case letters, digits and `_`, at most 40.
        pub name: String,
        /// What a form calls it.
        pub label: String,
        pub kind: VariableKind,
        /// Nothing is written without it. False if left out.
        pub is_required: Option<bool>,
        /// What a form begins with, and what stands in for a value that is not given.
        pub default: Option<String>,
        /// What can be chosen; for a choice only.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", oai(default))]
        pub options: Vec<String>,
        /// The status that the component named here gets; without it the component is named and nothing more. For a component
        /// only.
        pub component_status: Option<ComponentStatus>,
    }

    /// A template to keep.
    pub struct NewTemplate {
        /// The default page if left out.
        pub page_id: Option<PageId>,
        pub kind: TemplateKind,
        /// Each is there once on a page.
        pub name: String,
        /// A Jinja text that becomes one line. Needed for a new incident or maintenance; updates have none.
        pub title: Option<String>,
        /// A Jinja text that becomes Markdown. Besides the variables it knows `page.name`, `page.url`, `now` and
        /// `components`, the names of those it affects.
        pub message: String,
        /// For an incident and its updates only.
        pub status: Option<IncidentStatus>,
        /// For an incident only; computed from the components if left out.
        pub impact: Option<Impact>,
        /// What is affected each time.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", oai(default))]
        pub components: Vec<ComponentEffect>,
        /// In the order a form asks for them.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", oai(default))]
        pub variables: Vec<TemplateVariable>,
    }

    /// What to change about a template; what is left out stays.
    pub struct TemplatePatch {
        pub name: Option<String>,
        pub title: Option<String>,
        pub message: Option<String>,
        #[serde(default, skip_serializing_if = "Patch::is_keep")]
        pub status: Patch<IncidentStatus>,
        #[serde(default, skip_serializing_if = "Patch::is_keep")]
        pub impact: Patch<Impact>,
        /// In place of those before.
        pub components: Option<Vec<ComponentEffect>>,
        /// In place of those before.
        pub variables: Option<Vec<TemplateVariable>>,
    }

    /// What to fill in.
    pub struct RenderTemplate {
        /// Values by the names of variables. Where one is missing or empty the default stands in, or else nothing.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", oai(default))]
        pub variables: BTreeMap<String, String>,
    }
}

output! {
    /// A title and a message written beforehand, with gaps.
    pub struct Template {
        pub id: TemplateId,
        pub page_id: PageId,
        pub kind: TemplateKind,
        pub name: String,
        /// A Jinja text; absent for updates.
        pub title: Option<String>,
        /// A Jinja text.
        pub message: String,
        pub status: Option<IncidentStatus>,
        pub impact: Option<Impact>,
        pub components: Vec<ComponentEffect>,
        pub variables: Vec<TemplateVariable>,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
    }

    /// What a template says with its gaps filled in. Nothing is published by it: send it on as a new incident, maintenance or
    /// update.
    pub struct RenderedTemplate {
        pub kind: TemplateKind,
        pub title: Option<String>,
        /// Markdown.
        pub message: String,
        pub status: Option<IncidentStatus>,
        pub impact: Option<Impact>,
        /// Those of the template, and those that were filled in.
        pub components: Vec<ComponentEffect>,
    }
}

/// Longest title with its gaps still open, in characters.
pub const TITLE_MAX: usize = 500;
/// The most variables one template has.
pub const VARIABLES_MAX: usize = 20;
/// The most options of one choice.
pub const OPTIONS_MAX: usize = 50;
/// Longest name of a variable.
pub const VARIABLE_NAME_MAX: usize = 40;

/// Names that mean something already, in every template or in the language of templates itself.
const RESERVED: &[&str] = &[
    "and",
    "components",
    "else",
    "false",
    "if",
    "in",
    "is",
    "loop",
    "none",
    "not",
    "now",
    "or",
    "page",
    "self",
    "true",
];

impl TemplateVariable {
    /// A gap for one line, which may stay empty.
    pub fn text(name: impl Into<String>, label: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            label: label.into(),
            kind: VariableKind::Text,
            is_required: None,
            default: None,
            options: Vec::new(),
            component_status: None,
        }
    }

    /// The value to write: the one given, or else the default, or else nothing.
    pub fn value<'a>(&'a self, given: Option<&'a String>) -> &'a str {
        let is_filled = |text: &&String| !text.trim().is_empty();
        let value = given.filter(is_filled).or(self.default.as_ref());
        value.map_or("", String::as_str)
    }

    /// Whether a text can be filled in here.
    pub fn accept(&self, value: &str) -> Result<(), Flaw> {
        match self.kind {
            VariableKind::Text => text::line(value, NAME_MAX).map(drop),
            VariableKind::LongText => text::prose(value, PROSE_MAX).map(drop),
            VariableKind::Number => is_number(value).then_some(()).ok_or_else(|| {
                let message = format!("{value:?} is not a number like 12 or 0.5");
                flaw(FieldCode::BadFormat, message)
            }),
            VariableKind::Choice => {
                let is_known = self.options.iter().any(|option| option == value);
                is_known.then_some(()).ok_or_else(|| {
                    let message = format!("{value:?} is none of the options: {}", self.options.join(", "));
                    flaw(FieldCode::Unknown, message)
                })
            }
            VariableKind::DateTime => Timestamp::parse(value)
                .map(drop)
                .map_err(|message| flaw(FieldCode::BadFormat, message)),
            VariableKind::Component => value.parse::<ComponentId>().map(drop).map_err(|_| {
                let message = format!("{value:?} is not the id of a component");
                flaw(FieldCode::BadFormat, message)
            }),
        }
    }
}

fn is_number(value: &str) -> bool {
    // `inf`, `nan` and `1e9` are numbers to a computer, and nothing one would print.
    let digits = value.strip_prefix(['+', '-']).unwrap_or(value).replacen('.', "", 1);
    value.len() <= 30 && !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn flaw(code: FieldCode, message: impl Into<String>) -> Flaw {
    let message = message.into();
    Flaw { code, message }
}

impl Validate for TemplateVariable {
    fn check(&self, check: &mut Check) {
        check.take("name", name(&self.name));
        check.line("label", &self.label, NAME_MAX);
        options(check, self);
        let is_component = self.kind == VariableKind::Component;
        check.ensure(
            is_component || self.component_status.is_none(),
            "component_status",
            FieldCode::NotAllowed,
            "is given; only a variable for a component has one",
        );
        if let Some(default) = self.default.as_ref().filter(|default| !default.is_empty()) {
            check.take("default", self.accept(default));
        }
    }
}

fn options(check: &mut Check, variable: &TemplateVariable) {
    check.at_most("options", &variable.options, OPTIONS_MAX);
    check.distinct("options", &variable.options);
    for (i, option) in variable.options.iter().enumerate() {
        check.line(&format!("options[{i}]"), option, NAME_MAX);
    }
    let is_choice = variable.kind == VariableKind::Choice;
    match (is_choice, variable.options.is_empty()) {
        (true, true) => check.fail("options", FieldCode::Required, "is empty; a choice has at least one"),
        (false, false) => check.fail("options", FieldCode::NotAllowed, "are given; only a choice has them"),
        (true, false) | (false, true) => {}
    }
}

fn name(name: &str) -> Result<&str, Flaw> {
    let well_formed = name.len() <= VARIABLE_NAME_MAX
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if name.is_empty() {
        return Err(flaw(FieldCode::Required, "is empty"));
    }
    if !well_formed {
        let message = format!("{name:?} is not a name like start_time: lower-case letters, digits, _, 40 at most");
        return Err(flaw(FieldCode::BadFormat, message));
    }
    if RESERVED.contains(&name) {
        let message = format!("{name:?} means something else in templates");
        return Err(flaw(FieldCode::NotAllowed, message));
    }
    Ok(name)
}

impl Validate for NewTemplate {
    fn check(&self, check: &mut Check) {
        check.line("name", &self.name, NAME_MAX);
        title(check, self);
        check.prose("message", &self.message, PROSE_MAX);
        let fits = |is_given: bool, is_expected: bool| is_expected || !is_given;
        check.ensure(
            fits(self.status.is_some(), self.kind.is_about_incidents()),
            "status",
            FieldCode::NotAllowed,
            "is given; only incidents and their updates have one",
        );
        check.ensure(
            fits(self.impact.is_some(), self.kind == TemplateKind::Incident),
            "impact",
            FieldCode::NotAllowed,
            "is given; only incidents have one",
        );
        check.ensure(
            fits(!self.components.is_empty(), self.kind.affects_components()),
            "components",
            FieldCode::NotAllowed,
            "are given; an update of a maintenance changes none",
        );
        components(check, &self.components);
        variables(check, &self.variables);
    }
}

fn title(check: &mut Check, template: &NewTemplate) {
    let title = template.title.as_ref().filter(|title| !title.is_empty());
    match (template.kind.is_about_something_new(), title) {
        (true, title) => check.line("title", title.map_or("", String::as_str), TITLE_MAX),
        (false, None) => {}
        (false, Some(_)) => check.fail("title", FieldCode::NotAllowed, "is given; an update has none"),
    }
}

fn components(check: &mut Check, components: &[ComponentEffect]) {
    check.at_most("components", components, AFFECTED_MAX);
    let ids: Vec<ComponentId> = components.iter().map(|effect| effect.id).collect();
    check.distinct("components", &ids);
}

fn variables(check: &mut Check, variables: &[TemplateVariable]) {
    check.at_most("variables", variables, VARIABLES_MAX);
    for (i, variable) in variables.iter().enumerate() {
        check.nested(&format!("variables[{i}]"), variable);
        let is_twice = variables[..i].iter().any(|other| other.name == variable.name);
        check.ensure(
            !is_twice,
            &format!("variables[{i}].name"),
            FieldCode::Duplicate,
            "is the name of an earlier variable",
        );
    }
}

impl Validate for TemplatePatch {
    fn check(&self, check: &mut Check) {
        if let Some(name) = &self.name {
            check.line("name", name, NAME_MAX);
        }
        check.optional_line("title", self.title.as_ref(), TITLE_MAX);
        if let Some(message) = &self.message {
            check.prose("message", message, PROSE_MAX);
        }
        components(check, self.components.as_deref().unwrap_or_default());
        variables(check, self.variables.as_deref().unwrap_or_default());
    }
}

/// The values for a template: each for a variable it has, of its kind, and none missing that is needed.
pub fn values(check: &mut Check, variables: &[TemplateVariable], given: &BTreeMap<String, String>) {
    for name in given.keys() {
        if !variables.iter().any(|variable| variable.name == *name) {
            let message = "is not a variable of this template";
            check.fail(format!("variables.{name}"), FieldCode::Unknown, message);
        }
    }
    for variable in variables {
        let field = format!("variables.{}", variable.name);
        match variable.value(given.get(&variable.name)) {
            "" if variable.is_required == Some(true) => {
                check.fail(
                    field,
                    FieldCode::Required,
                    "is empty, and nothing is written without it",
                );
            }
            "" => {}
            value => check.take(&field, variable.accept(value)),
        }
    }
}

/// Values and the variables they are for, as a form checks them before it sends them.
#[derive(Debug, Clone, PartialEq)]
pub struct FilledIn {
    pub variables: Vec<TemplateVariable>,
    pub values: RenderTemplate,
}

impl Validate for FilledIn {
    fn check(&self, check: &mut Check) {
        values(check, &self.variables, &self.values.variables);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn variable(kind: VariableKind) -> TemplateVariable {
        TemplateVariable {
            kind,
            options: match kind {
                VariableKind::Choice => vec!["Paris".into(), "Oslo".into()],
                _ => Vec::new(),
            },
            ..TemplateVariable::text("place", "Place")
        }
    }

    fn fields(input: &impl Validate) -> Vec<String> {
        let errors = input.validate().err().unwrap_or_default();
        errors.into_iter().map(|error| error.field).collect()
    }

    #[test]
    fn each_kind_takes_its_own_values() {
        for (kind, right, wrong) in [
            (VariableKind::Text, "one line", "two\nlines"),
            (VariableKind::LongText, "two\nlines", "a bell\u{7}"),
            (VariableKind::Number, "-0.5", "nan"),
            (VariableKind::Choice, "Oslo", "Rome"),
            (VariableKind::DateTime, "2026-11-24T03:00:00+01:00", "tomorrow"),
            (VariableKind::Component, "7", "API"),
        ] {
            let variable = variable(kind);
            assert_eq!(variable.accept(right), Ok(()), "{kind}");
            assert!(variable.accept(wrong).is_err(), "{kind}");
        }
        let number = variable(VariableKind::Number);
        for wrong in [".", "-", "1.2.3", "1-2", "--1", "1e9", "0x1", "1 "] {
            assert!(number.accept(wrong).is_err(), "{wrong:?}");
        }
        for right in ["12", "+12", "-.5", "5."] {
            assert_eq!(number.accept(right), Ok(()), "{right:?}");
        }
    }

    #[test]
    fn names_are_plain_and_mean_nothing_else() {
        for wrong in ["", "Name", "1st", "a-b", "now", "page", "a b", "ä"] {
            assert_eq!(fields(&TemplateVariable::text(wrong, "x")), ["name"], "{wrong:?}");
        }
        assert!(TemplateVariable::text("start_time2", "x").validate().is_ok());
    }

    #[test]
    fn what_does_not_fit_the_kind_is_refused() {
        let update = NewTemplate {
            page_id: None,
            kind: TemplateKind::MaintenanceUpdate,
            name: "Done".into(),
            title: Some("Done".into()),
            message: "Done".into(),
            status: Some(IncidentStatus::Monitoring),
            impact: Some(Impact::Minor),
            components: vec![ComponentEffect {
                id: ComponentId(1),
                status: ComponentStatus::Operational,
            }],
            variables: vec![variable(VariableKind::Text), variable(VariableKind::Choice)],
        };
        let expected = ["title", "status", "impact", "components", "variables[1].name"];
        assert_eq!(fields(&update), expected);
    }

    #[test]
    fn a_default_stands_in_and_what_is_needed_is_asked_for() {
        let needed = TemplateVariable {
            is_required: Some(true),
            ..variable(VariableKind::Choice)
        };
        let nothing = RenderTemplate {
            variables: BTreeMap::from([("place".into(), "  ".into()), ("plaec".into(), "Oslo".into())]),
        };
        let filled = |variables| FilledIn {
            variables,
            values: nothing.clone(),
        };
        let expected = ["variables.plaec", "variables.place"];
        assert_eq!(fields(&filled(vec![needed.clone()])), expected);
        let with_default = TemplateVariable {
            default: Some("Oslo".into()),
            ..needed
        };
        assert_eq!(fields(&filled(vec![with_default])), ["variables.plaec"]);
    }

    proptest! {
        #[test]
        fn no_text_makes_a_check_panic(text in ".*") {
            for kind in VariableKind::ALL {
                let _ = variable(*kind).accept(&text);
            }
            let _ = name(&text);
        }
    }
}
