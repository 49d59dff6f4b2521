//! What hangs on an incident besides its story: links, tags, and data of one's own.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::problem::FieldCode;
use crate::text::{self, Slug, WebUrl};
use crate::{Check, Validate};

/// Data of one's own, as a JSON object; only members and programs see it.
pub type Metadata = BTreeMap<String, Value>;

/// The most links of one incident.
pub const LINKS_MAX: usize = 20;
/// The longest text of a link, in characters.
pub const LINK_LABEL_MAX: usize = 100;
/// The most tags of one incident.
pub const TAGS_MAX: usize = 10;
/// The longest tag, in characters.
pub const TAG_MAX: usize = 30;
/// The most bytes that metadata have when they are written out as JSON.
pub const METADATA_MAX: usize = 16 * 1024;

input! {
    /// Something elsewhere that belongs to an incident: a ticket, a graph, a document.
    pub struct IncidentLink {
        /// 1 to 100 characters.
        pub label: String,
        /// `http` or `https`.
        pub url: String,
    }
}

impl Validate for IncidentLink {
    fn check(&self, check: &mut Check) {
        check.line("label", &self.label, LINK_LABEL_MAX);
        check.take("url", WebUrl::parse(&self.url));
    }
}

/// At most [`LINKS_MAX`], each with a text and an address.
pub fn check_links(check: &mut Check, links: &[IncidentLink]) {
    check.at_most("links", links, LINKS_MAX);
    for (i, link) in links.iter().enumerate() {
        check.nested(&format!("links[{i}]"), link);
    }
}

/// At most [`TAGS_MAX`] different words of the form `eu-west`.
pub fn check_tags(check: &mut Check, tags: &[String]) {
    check.at_most("tags", tags, TAGS_MAX);
    check.distinct("tags", tags);
    for (i, one) in tags.iter().enumerate() {
        check.take(&format!("tags[{i}]"), tag(one));
    }
}

/// A tag: 1 to 30 lower-case letters, digits and single hyphens between them.
pub fn tag(text: &str) -> Result<Slug, text::Flaw> {
    Slug::parse(text)
        .ok()
        .filter(|tag| tag.as_str().len() <= TAG_MAX)
        .ok_or_else(|| text::Flaw {
            code: FieldCode::BadFormat,
            message: format!(
                "{text:?} is not of the form eu-west: lower-case letters, digits, single hyphens, {TAG_MAX} at most"
            ),
        })
}

/// Not longer than [`METADATA_MAX`] when written out.
pub fn check_metadata(check: &mut Check, metadata: &Metadata) {
    let size = serde_json::to_vec(metadata).map_or(usize::MAX, |text| text.len());
    if size > METADATA_MAX {
        check.fail(
            "metadata",
            FieldCode::TooLong,
            format!("has {size} bytes when written out; at most {METADATA_MAX} are taken"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flaws(judge: impl Fn(&mut Check)) -> Vec<String> {
        let mut check = Check::default();
        judge(&mut check);
        let errors = check.done().err().unwrap_or_default();
        errors.into_iter().map(|error| error.field).collect()
    }

    #[test]
    fn tags_are_few_different_words_in_lower_case() {
        let tags = |tags: &[&str]| {
            let tags: Vec<String> = tags.iter().map(|tag| (*tag).to_owned()).collect();
            flaws(|check| check_tags(check, &tags))
        };
        assert!(tags(&["eu-west", "db"]).is_empty());
        assert_eq!(
            tags(&["EU", "db", "db", &"x".repeat(31), ""]),
            ["tags[2]", "tags[0]", "tags[3]", "tags[4]"]
        );
        let many: Vec<String> = (0..11).map(|n| format!("t{n}")).collect();
        assert_eq!(flaws(|check| check_tags(check, &many)), ["tags"]);
    }

    #[test]
    fn links_lead_to_the_web_and_say_where() {
        let link = |label: &str, url: &str| IncidentLink {
            label: label.into(),
            url: url.into(),
        };
        let links = [link("Ticket", "https://example.org/7"), link("", "javascript:alert(1)")];
        assert_eq!(
            flaws(|check| check_links(check, &links)),
            ["links[1].label", "links[1].url"]
        );
    }

    #[test]
    fn metadata_may_be_anything_that_is_not_too_long() {
        let of = |length: usize| Metadata::from([("a".to_owned(), Value::from("x".repeat(length)))]);
        assert!(flaws(|check| check_metadata(check, &of(METADATA_MAX - 8))).is_empty());
        assert_eq!(
            flaws(|check| check_metadata(check, &of(METADATA_MAX - 7))),
            ["metadata"]
        );
    }
}
