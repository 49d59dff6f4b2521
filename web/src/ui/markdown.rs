//! Markdown of messages as safe HTML.
//!
//! What operators write reaches every visitor, so raw HTML becomes text, links go to `http`, `https` and `mailto` only,
//! and pictures become their descriptions (a picture from elsewhere would tell that site who is looking). Headings become
//! bold lines: the outline of the page is the page's, but for [articles](to_article), which have one of their own. The same function runs on the server and in the browser.

use leptos::prelude::*;
use pulldown_cmark::{CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

use crate::ui::prose::Prose;

/// Markdown, rendered.
#[component]
pub fn Markdown(#[prop(into)] text: String) -> impl IntoView {
    view! { <Prose html=to_html(&text)/> }
}

/// Safe HTML for a text in Markdown.
pub fn to_html(text: &str) -> String {
    write(text, false)
}

/// Safe HTML for a long text that stands under a title of its own: its headings stay headings, from the second level down.
pub fn to_article(text: &str) -> String {
    write(text, true)
}

fn write(text: &str, has_outline: bool) -> String {
    let mut filter = Filter {
        links: Vec::new(),
        has_outline,
    };
    let events = Parser::new_ext(text, Options::ENABLE_STRIKETHROUGH).flat_map(move |event| filter.pass(event));
    let mut html = String::with_capacity(text.len() * 3 / 2);
    html::push_html(&mut html, events);
    html
}

/// The text of a message without its marks, on one line, for summaries.
pub fn to_plain(text: &str) -> String {
    let words = Parser::new_ext(text, Options::ENABLE_STRIKETHROUGH).filter_map(|event| match event {
        Event::Text(text) | Event::Code(text) => Some(text.into_string()),
        // What ends within a line has no space after it: "at **once**." keeps its full stop.
        Event::End(TagEnd::Strong | TagEnd::Emphasis | TagEnd::Strikethrough | TagEnd::Link | TagEnd::Image) => None,
        Event::SoftBreak | Event::HardBreak | Event::End(_) => Some(" ".into()),
        _ => None,
    });
    words
        .collect::<String>()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

/// Lets events through, changed or not at all.
struct Filter {
    /// For each open link, whether it was let through.
    links: Vec<bool>,
    /// Headings stay.
    has_outline: bool,
}

impl Filter {
    fn pass<'a>(&mut self, event: Event<'a>) -> Vec<Event<'a>> {
        match event {
            Event::Html(text) | Event::InlineHtml(text) => vec![Event::Text(text)],
            // People write messages as they write mails: a new line is a new line.
            Event::SoftBreak => vec![Event::HardBreak],
            Event::Start(Tag::Link { dest_url, .. }) => self.open_link(&dest_url),
            Event::End(TagEnd::Link) => self.close_link(),
            Event::Start(Tag::Image { .. } | Tag::HtmlBlock) | Event::End(TagEnd::Image | TagEnd::HtmlBlock) => vec![],
            Event::Start(Tag::Heading { level, .. }) if self.has_outline => vec![heading(level)],
            Event::End(TagEnd::Heading(level)) if self.has_outline => {
                vec![Event::End(TagEnd::Heading(one_deeper(level)))]
            }
            Event::Start(Tag::Heading { .. }) => vec![Event::Start(Tag::Paragraph), Event::Start(Tag::Strong)],
            Event::End(TagEnd::Heading(_)) => vec![Event::End(TagEnd::Strong), Event::End(TagEnd::Paragraph)],
            Event::Text(text) if self.links.is_empty() => linked(&text),
            other => vec![other],
        }
    }

    fn open_link<'a>(&mut self, address: &str) -> Vec<Event<'a>> {
        let is_safe = is_safe(address);
        self.links.push(is_safe);
        if is_safe { vec![anchor(address)] } else { vec![] }
    }

    fn close_link<'a>(&mut self) -> Vec<Event<'a>> {
        match self.links.pop() {
            Some(true) => vec![Event::InlineHtml("</a>".into())],
            _ => vec![],
        }
    }
}

// Without the id and the classes that a writer may give.
fn heading<'a>(level: HeadingLevel) -> Event<'a> {
    Event::Start(Tag::Heading {
        level: one_deeper(level),
        id: None,
        classes: Vec::new(),
        attrs: Vec::new(),
    })
}

const fn one_deeper(level: HeadingLevel) -> HeadingLevel {
    match level {
        HeadingLevel::H1 => HeadingLevel::H2,
        HeadingLevel::H2 => HeadingLevel::H3,
        HeadingLevel::H3 => HeadingLevel::H4,
        HeadingLevel::H4 => HeadingLevel::H5,
        HeadingLevel::H5 | HeadingLevel::H6 => HeadingLevel::H6,
    }
}

fn is_safe(address: &str) -> bool {
    let lower = address.trim_start().to_ascii_lowercase();
    ["https://", "http://", "mailto:"]
        .iter()
        .any(|scheme| lower.starts_with(scheme))
}

fn anchor<'a>(address: &str) -> Event<'a> {
    Event::InlineHtml(format!("<a href=\"{}\" rel=\"nofollow noopener\">", escape(address)).into())
}

/// For the text of an element and for the value of an attribute.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('"', "&quot;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// Text with the web addresses in it made into links.
fn linked<'a>(text: &CowStr<'a>) -> Vec<Event<'a>> {
    let mut events = Vec::new();
    let mut rest: &str = text;
    while let Some((before, address)) = next_address(rest) {
        let end = before.len() + address.len();
        events.extend([
            Event::Text(before.to_owned().into()),
            anchor(address),
            Event::Text(address.to_owned().into()),
            Event::InlineHtml("</a>".into()),
        ]);
        rest = &rest[end..];
    }
    match events.is_empty() {
        true => vec![Event::Text(text.clone())],
        false => {
            events.push(Event::Text(rest.to_owned().into()));
            events
        }
    }
}

/// What stands before the first web address, and the address without the punctuation after it.
fn next_address(text: &str) -> Option<(&str, &str)> {
    let start = [text.find("https://"), text.find("http://")]
        .into_iter()
        .flatten()
        .min()?;
    let (before, rest) = text.split_at(start);
    let end = rest
        .find(|c: char| c.is_whitespace() || "<>\"'`".contains(c))
        .unwrap_or(rest.len());
    let address = rest[..end].trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']']);
    Some((before, address))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raw_html_becomes_text() {
        let html = to_html("Hello <script>alert(1)</script> <b onclick=x>you</b>\n\n<iframe src=x>\n</iframe>");
        assert!(
            !html.contains("<script") && !html.contains("<b ") && !html.contains("<iframe"),
            "{html}"
        );
        assert!(html.contains("&lt;script&gt;"), "{html}");
    }

    #[test]
    fn links_lead_to_the_web_or_to_mail() {
        let html = to_html(
            "[a](https://example.org/?a=1&b=2) [b](javascript:alert(1)) [c](mailto:x@example.org) <JaVaScript:x>",
        );
        assert!(
            html.contains(r#"<a href="https://example.org/?a=1&amp;b=2" rel="nofollow noopener">a</a>"#),
            "{html}"
        );
        assert!(html.contains(r#"<a href="mailto:x@example.org""#), "{html}");
        assert!(
            html.contains(" b ") && !html.to_lowercase().contains("href=\"javascript"),
            "{html}"
        );
    }

    #[test]
    fn an_address_cannot_leave_its_attribute() {
        let html = to_html("[a](<https://example.org/\"onmouseover=\"x>) https://example.org/\"x");
        assert!(!html.contains("\"onmouseover") && !html.contains("/\"x"), "{html}");
    }

    #[test]
    fn bare_addresses_become_links_without_the_full_stop() {
        let html = to_html("See https://example.org/a.");
        assert!(html.contains(">https://example.org/a</a>."), "{html}");
        assert_eq!(
            to_html("`https://example.org`"),
            "<p><code>https://example.org</code></p>\n"
        );
    }

    #[test]
    fn headings_and_pictures_leave_only_words() {
        assert_eq!(to_html("# Big"), "<p><strong>Big</strong></p>\n");
        assert_eq!(to_html("![a cat](https://example.org/cat.png)"), "<p>a cat</p>\n");
    }

    #[test]
    fn articles_keep_their_outline_under_the_title() {
        assert_eq!(to_article("# Why\n## How"), "<h2>Why</h2>\n<h3>How</h3>\n");
        assert_eq!(to_article("# <b>Why</b>"), "<h2>&lt;b&gt;Why&lt;/b&gt;</h2>\n");
    }

    #[test]
    fn summaries_are_one_plain_line() {
        assert_eq!(
            to_plain("**Slow** [API](https://x.org), *at times*.\n\n* one\n* two"),
            "Slow API, at times. one two"
        );
    }
}
