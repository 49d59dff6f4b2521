//! What an incident has besides its story, in forms: whether it stays on top, its tags and its links. They are needed
//! rarely, so they are folded away.

use leptos::prelude::*;
use leptos_router::components::A;
use shared::incident_detail::IncidentLink;

use crate::i18n::t::admin::extras as words;
use crate::i18n::use_locale;
use crate::routes::admin as href;
use crate::ui::field::{CheckField, ProseField, TextField};
use crate::ui::form::Form;

/// What is being typed.
#[derive(Clone, Copy)]
pub struct Extras {
    pub is_sticky: RwSignal<bool>,
    /// Separated by spaces or commas.
    pub tags: RwSignal<String>,
    /// One on each line: its text, then its address.
    pub links: RwSignal<String>,
}

impl Extras {
    pub fn new(is_sticky: bool, tags: String, links: String) -> Self {
        Self {
            is_sticky: RwSignal::new(is_sticky),
            tags: RwSignal::new(tags),
            links: RwSignal::new(links),
        }
    }
}

/// The fields.
#[component]
pub fn ExtraFields(form: Form, extras: Extras) -> impl IntoView {
    let locale = use_locale();
    let Extras { is_sticky, tags, links } = extras;
    view! {
        <details class="fold">
            <summary>{words::summary(locale)}</summary>
            <CheckField form name="is_sticky" label=words::sticky(locale) hint=words::sticky_hint(locale) value=is_sticky/>
            <TextField form name="tags" label=words::tags(locale) hint=words::tags_hint(locale) value=tags/>
            <ProseField form name="links" label=words::links(locale) hint=words::links_hint(locale) value=links rows=3/>
        </details>
    }
}

/// Tags that lead to what else has them.
pub fn tag_links(tags: Vec<String>) -> impl IntoView {
    let link = |tag: String| view! { <A href=href::incidents_tagged(&tag) attr:class="tag">{tag}</A> };
    tags.into_iter().map(link).collect_view()
}

/// `db, eu-west` in parts, each once.
pub fn tags_in(text: &str) -> Vec<String> {
    let mut tags = Vec::new();
    for tag in text.split([',', ' ']).filter(|tag| !tag.is_empty()) {
        if !tags.iter().any(|known| known == tag) {
            tags.push(tag.to_owned());
        }
    }
    tags
}

/// `Ticket 7 https://example.org/7`, one on each line; an address alone is its own text.
pub fn links_in(text: &str) -> Vec<IncidentLink> {
    let link = |line: &str| {
        let (label, url) = line.rsplit_once(char::is_whitespace).unwrap_or((line, line));
        IncidentLink {
            label: label
                .trim()
                .chars()
                .take(shared::incident_detail::LINK_LABEL_MAX)
                .collect(),
            url: url.to_owned(),
        }
    };
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(link)
        .collect()
}

/// As [`links_in`] reads them.
pub fn written(links: &[IncidentLink]) -> String {
    let line = |link: &IncidentLink| format!("{} {}", link.label, link.url);
    links.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_becomes_tags_and_links() {
        assert_eq!(tags_in("db, eu-west  db,"), ["db", "eu-west"]);
        let links = links_in("Ticket 7 https://example.org/7\n\n https://example.org \n");
        assert_eq!(
            (links[0].label.as_str(), links[0].url.as_str()),
            ("Ticket 7", "https://example.org/7")
        );
        assert_eq!(
            (links[1].label.as_str(), links[1].url.as_str()),
            ("https://example.org", "https://example.org")
        );
        assert_eq!(links_in(&written(&links)), links);
    }
}
