//! What operators write, in the marks of each channel: bold, italic, code and links, and nothing else.
//!
//! Markdown is read once into spans, which can be cut anywhere; each channel writes them in its own marks. What is text stays
//! text: it opens no mark, and it calls nobody by name.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// Text with marks. Lines are parted by `\n` in the spans.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rich(Vec<Span>);

/// A piece of text that looks the same from end to end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Span {
    text: String,
    style: Style,
    link: Option<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Style {
    is_bold: bool,
    is_italic: bool,
    is_code: bool,
}

/// How a channel writes marks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Marks {
    /// None; links stand beside their words.
    Plain,
    /// Slack's mrkdwn.
    Slack,
    /// Markdown as chats have it: Discord, Mattermost, Rocket.Chat.
    Markdown,
    /// The little Markdown of Adaptive Cards.
    Card,
    /// The few tags that Telegram takes.
    Telegram,
    /// HTML.
    Html,
}

/// Counts as the strictest of the services do.
pub fn length(text: &str) -> usize {
    text.encode_utf16().count()
}

/// At most `most` as [`length`] counts, with `…` where something was left out.
pub fn shorten(text: &str, most: usize) -> String {
    shorten_by(text, most, length)
}

/// The same by another measure.
pub fn shorten_by(text: &str, most: usize, measure: fn(&str) -> usize) -> String {
    if measure(text) <= most {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut room = most.saturating_sub(measure("…"));
    for c in text.chars() {
        let size = measure(c.encode_utf8(&mut [0; 4]));
        if size > room {
            break;
        }
        room -= size;
        kept.push(c);
    }
    format!("{}…", kept.trim_end())
}

impl Rich {
    /// Reads Markdown.
    pub fn of_markdown(text: &str) -> Self {
        let mut reader = Reader::default();
        for event in Parser::new_ext(text, Options::ENABLE_STRIKETHROUGH) {
            reader.take(event);
        }
        Self(reader.spans)
    }

    /// Text that is no Markdown.
    pub fn of_plain(text: &str) -> Self {
        let mut reader = Reader::default();
        reader.words(text);
        Self(reader.spans)
    }

    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|span| span.text.trim().is_empty())
    }

    /// As a channel writes it.
    pub fn write(&self, marks: Marks) -> String {
        let pieces = self.0.chunk_by(|a, b| a.link.is_some() && a.link == b.link);
        pieces.map(|piece| write_piece(piece, marks)).collect()
    }

    /// As a channel writes it, at most `most` long with all marks; none of them is cut.
    pub fn fit(&self, marks: Marks, most: usize) -> String {
        let mut count = self.0.iter().map(|span| span.text.chars().count()).sum::<usize>();
        let mut written = self.write(marks);
        while length(&written) > most && count > 0 {
            count = (count * most / length(&written)).min(count - 1);
            written = self.cut(count).write(marks);
        }
        written
    }

    /// The first `count` characters and `…`. An address is whole or not there.
    fn cut(&self, mut count: usize) -> Self {
        let mut kept = Vec::new();
        for span in &self.0 {
            let text: String = span.text.chars().take(count).collect();
            let is_whole = text.len() == span.text.len();
            count -= text.chars().count();
            if is_whole || (!text.is_empty() && span.link.as_ref() != Some(&span.text)) {
                kept.push(Span { text, ..span.clone() });
            }
            if !is_whole {
                break;
            }
        }
        kept.push(Span {
            text: "…".into(),
            ..Span::default()
        });
        Self(kept)
    }
}

/// Spans that are one link, or one span that is none.
fn write_piece(spans: &[Span], marks: Marks) -> String {
    let link_to = spans.first().and_then(|span| span.link.as_deref());
    let text = |marks: Marks| spans.iter().map(|span| span.write(marks)).collect::<String>();
    match link_to {
        None => text(marks),
        Some(url) if spans.iter().all(|span| span.text == url) => bare_link(url, marks),
        Some(url) => link(&text(marks).replace(['\n', '\r'], " "), url, marks),
    }
}

impl Span {
    /// Line by line, without the space around: no channel lets a mark go over lines or begin with a space.
    fn write(&self, marks: Marks) -> String {
        let lines = self.text.split('\n').map(|line| {
            let core = line.trim();
            match line.split_once(core).filter(|_| !core.is_empty()) {
                Some((before, after)) => format!("{before}{}{after}", self.mark(core, marks)),
                None => line.to_owned(),
            }
        });
        lines.collect::<Vec<_>>().join(match marks {
            Marks::Html => "<br>",
            Marks::Plain | Marks::Slack | Marks::Markdown | Marks::Card | Marks::Telegram => "\n",
        })
    }

    fn mark(&self, text: &str, marks: Marks) -> String {
        let mut marked = match self.style.is_code {
            true => code(text, marks),
            false => escape(text, marks),
        };
        if self.style.is_italic {
            marked = italic(&marked, marks);
        }
        if self.style.is_bold {
            marked = bold(&marked, marks);
        }
        marked
    }
}

/// A text in bold.
pub fn bold_text(text: &str, marks: Marks) -> String {
    bold(&escape(text.trim(), marks), marks)
}

fn bold(inner: &str, marks: Marks) -> String {
    match marks {
        Marks::Plain => inner.to_owned(),
        Marks::Slack => format!("*{inner}*"),
        Marks::Markdown | Marks::Card => format!("**{inner}**"),
        Marks::Telegram | Marks::Html => format!("<b>{inner}</b>"),
    }
}

fn italic(inner: &str, marks: Marks) -> String {
    match marks {
        Marks::Plain => inner.to_owned(),
        Marks::Slack | Marks::Markdown | Marks::Card => format!("_{inner}_"),
        Marks::Telegram | Marks::Html => format!("<i>{inner}</i>"),
    }
}

fn code(text: &str, marks: Marks) -> String {
    match marks {
        Marks::Plain => text.to_owned(),
        Marks::Card => escape(text, marks),
        Marks::Slack => format!("`{}`", escape(&text.replace('`', "'"), marks)),
        Marks::Markdown => format!("`{}`", quiet(&text.replace('`', "'"))),
        Marks::Telegram | Marks::Html => format!("<code>{}</code>", escape(text, marks)),
    }
}

/// A link; `inner` is written already, `url` is not.
pub fn link(inner: &str, url: &str, marks: Marks) -> String {
    match marks {
        Marks::Plain => format!("{inner} ({url})"),
        Marks::Slack => format!("<{}|{inner}>", slack_url(url)),
        Marks::Markdown | Marks::Card => format!("[{inner}]({})", markdown_url(url)),
        Marks::Telegram | Marks::Html => format!("<a href=\"{}\">{inner}</a>", html(url)),
    }
}

fn bare_link(url: &str, marks: Marks) -> String {
    match marks {
        Marks::Plain => url.to_owned(),
        Marks::Slack => format!("<{}>", slack_url(url)),
        Marks::Markdown => markdown_url(url),
        Marks::Card => format!("[{0}]({0})", markdown_url(url)),
        Marks::Telegram | Marks::Html => format!("<a href=\"{0}\">{0}</a>", html(url)),
    }
}

fn slack_url(url: &str) -> String {
    url.replace('&', "&amp;")
        .replace('<', "%3C")
        .replace('>', "%3E")
        .replace('|', "%7C")
}

fn markdown_url(url: &str) -> String {
    let mut safe = String::with_capacity(url.len());
    for c in url.chars() {
        match c {
            '(' | ')' | '<' | '>' | '[' | ']' | '\\' | '`' | ' ' | '*' | '|' => {
                safe.push_str(&format!("%{:02X}", u32::from(c)))
            }
            other => safe.push(other),
        }
    }
    safe
}

fn html(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// Text that is text wherever the channel shows it.
pub fn escape(text: &str, marks: Marks) -> String {
    match marks {
        Marks::Plain => text.to_owned(),
        Marks::Slack => text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"),
        Marks::Markdown => backslash(&quiet(text), "\\*_~`|<>#[]"),
        Marks::Card => backslash(text, "\\*_`[]"),
        Marks::Telegram | Marks::Html => html(&quiet(text)),
    }
}

/// A line that begins like a list stays a line.
fn backslash(text: &str, special: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 8);
    for (i, c) in text.chars().enumerate() {
        if special.contains(c) || (i == 0 && matches!(c, '-' | '+')) {
            safe.push('\\');
        }
        safe.push(c);
    }
    safe
}

/// Calls nobody: `@all` and `<!channel>` are broken by a space that has no width. Addresses such as `ana@example.org` stay.
pub fn quiet(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    let mut before = ' ';
    for c in text.chars() {
        if before == '@' || before == '<' {
            safe.push('\u{200b}');
        }
        safe.push(c);
        // Behind a letter it belongs to an address.
        before = if c == '@' && before.is_alphanumeric() { ' ' } else { c };
    }
    safe
}

/// Takes the events of Markdown down as spans.
#[derive(Default)]
struct Reader {
    spans: Vec<Span>,
    style: Style,
    links: Vec<Option<String>>,
    /// The number of the next item of each open list; none where they have points.
    lists: Vec<Option<u64>>,
    is_code_block: bool,
    /// Just after the point of an item, where a paragraph begins no line of its own.
    is_at_item: bool,
}

impl Reader {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.open(tag),
            Event::End(tag) => self.close(tag),
            Event::Text(text) => self.words(&text),
            Event::Code(text) => self.code(&text),
            Event::Html(text) | Event::InlineHtml(text) => self.push(&text, None),
            // People write messages as they write mails: a new line is a new line.
            Event::SoftBreak | Event::HardBreak => self.push("\n", None),
            Event::Rule => self.gap(2),
            _ => {}
        }
    }

    fn open(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Paragraph if self.is_at_item => {}
            Tag::Paragraph | Tag::BlockQuote(_) | Tag::HtmlBlock => self.gap(2),
            Tag::Heading { .. } => {
                self.gap(2);
                self.style.is_bold = true;
            }
            Tag::CodeBlock(_) => {
                self.gap(2);
                self.is_code_block = true;
            }
            Tag::List(first) => {
                self.gap(if self.lists.is_empty() { 2 } else { 1 });
                self.lists.push(first);
            }
            Tag::Item => self.item(),
            Tag::Strong => self.style.is_bold = true,
            Tag::Emphasis => self.style.is_italic = true,
            Tag::Link { dest_url, .. } => self.links.push(is_safe(&dest_url).then(|| dest_url.to_string())),
            _ => {}
        }
    }

    fn close(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(_) | TagEnd::Strong => self.style.is_bold = false,
            TagEnd::Emphasis => self.style.is_italic = false,
            TagEnd::CodeBlock => self.is_code_block = false,
            TagEnd::List(_) => drop(self.lists.pop()),
            TagEnd::Link => drop(self.links.pop()),
            _ => {}
        }
    }

    fn item(&mut self) {
        self.gap(1);
        let depth = self.lists.len().saturating_sub(1);
        let point = match self.lists.last_mut() {
            Some(Some(number)) => {
                *number += 1;
                format!("{}. ", *number - 1)
            }
            _ => "• ".into(),
        };
        self.spans.push(Span {
            text: format!("{}{point}", "  ".repeat(depth)),
            ..Span::default()
        });
        self.is_at_item = true;
    }

    fn words(&mut self, text: &str) {
        if self.is_code_block {
            return self.code(text.trim_end_matches('\n'));
        }
        let mut rest = text;
        while let Some((before, url)) = next_address(rest).filter(|_| self.links.is_empty()) {
            self.push(before, None);
            self.push(url, Some(url.to_owned()));
            rest = &rest[before.len() + url.len()..];
        }
        let link = self.links.last().cloned().flatten();
        self.push(rest, link);
    }

    fn code(&mut self, text: &str) {
        self.style.is_code = true;
        let link = self.links.last().cloned().flatten();
        self.push(text, link);
        self.style.is_code = false;
    }

    fn push(&mut self, text: &str, link: Option<String>) {
        self.is_at_item = false;
        if text.is_empty() {
            return;
        }
        match self.spans.last_mut() {
            Some(last) if last.style == self.style && last.link == link && link.is_none() => last.text.push_str(text),
            _ => self.spans.push(Span {
                text: text.to_owned(),
                style: self.style,
                link,
            }),
        }
    }

    /// At least so many line breaks before what comes next, unless nothing came before.
    fn gap(&mut self, lines: usize) {
        let Some(last) = self.spans.last() else { return };
        let there = last.text.len() - last.text.trim_end_matches('\n').len();
        if there < lines {
            self.spans.push(Span {
                text: "\n".repeat(lines - there),
                ..Span::default()
            });
        }
    }
}

fn is_safe(address: &str) -> bool {
    let lower = address.to_ascii_lowercase();
    let is_one_word = !lower.chars().any(|c| c.is_whitespace() || c.is_control());
    is_one_word
        && ["https://", "http://", "mailto:"]
            .iter()
            .any(|scheme| lower.starts_with(scheme))
}

/// What stands before the first web address, and the address without the punctuation after it.
fn next_address(text: &str) -> Option<(&str, &str)> {
    let start = [text.find("https://"), text.find("http://")]
        .into_iter()
        .flatten()
        .min()?;
    let (before, rest) = text.split_at(start);
    let end = rest
        .find(|c: char| c.is_whitespace() || c.is_control() || "<>\"'`|".contains(c))
        .unwrap_or(rest.len());
    Some((
        before,
        rest[..end].trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']']),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ALL: [Marks; 6] = [
        Marks::Plain,
        Marks::Slack,
        Marks::Markdown,
        Marks::Card,
        Marks::Telegram,
        Marks::Html,
    ];

    fn write(text: &str, marks: Marks) -> String {
        Rich::of_markdown(text).write(marks)
    }

    #[test]
    fn a_message_looks_the_same_in_the_marks_of_every_channel() {
        let text = "**Slow** since `03:00`, see [the *plan*](https://example.org/a?b=1&c=2).";
        assert_eq!(
            write(text, Marks::Plain),
            "Slow since 03:00, see the plan (https://example.org/a?b=1&c=2)."
        );
        assert_eq!(
            write("**Slow** [plan](https://example.org/?a=1&b=2)", Marks::Slack),
            "*Slow* <https://example.org/?a=1&amp;b=2|plan>"
        );
        assert_eq!(
            write("**Slow** _now_ [plan](https://example.org)", Marks::Markdown),
            "**Slow** _now_ [plan](https://example.org)"
        );
        assert_eq!(
            write("**Slow** & [plan](https://example.org/?a=1&b=2)", Marks::Telegram),
            "<b>Slow</b> &amp; <a href=\"https://example.org/?a=1&amp;b=2\">plan</a>"
        );
        assert_eq!(write("a\nb `c`", Marks::Html), "a<br>b <code>c</code>");
    }

    #[test]
    fn paragraphs_headings_and_lists_keep_their_lines() {
        let text = "# What\nSomething.\n\n* one\n* two\n  1. deep\n\nEnd\n\n```\nlet x;\n```";
        assert_eq!(
            write(text, Marks::Plain),
            "What\n\nSomething.\n\n• one\n• two\n  1. deep\n\nEnd\n\nlet x;"
        );
        assert!(write(text, Marks::Slack).starts_with("*What*\n\nSomething."));
    }

    #[test]
    fn nobody_is_called_and_nothing_breaks_out() {
        let text = "@everyone <!channel> <b>x</b> @here ana@example.org";
        let discord = write(text, Marks::Markdown);
        assert!(!discord.contains("@everyone") && !discord.contains("@here") && !discord.contains("<!channel>"));
        assert!(discord.contains("ana@example.org"), "{discord}");
        let slack = write(text, Marks::Slack);
        assert!(slack.contains("&lt;!channel&gt;") && !slack.contains('<'), "{slack}");
        for marks in [Marks::Telegram, Marks::Html] {
            let html = write(text, marks);
            assert!(
                html.contains("&lt;") && html.contains("b&gt;x") && !html.contains("<b>x"),
                "{html}"
            );
        }
        assert!(!write("[x](javascript:alert(1))", Marks::Html).contains("href"));
        assert_eq!(write(r"\*not bold\* a_b", Marks::Markdown), r"\*not bold\* a\_b");
    }

    #[test]
    fn web_addresses_stay_whole() {
        let text = "See https://example.org/a_b_c.";
        assert_eq!(write(text, Marks::Markdown), text);
        assert_eq!(write(text, Marks::Slack), "See <https://example.org/a_b_c>.");
        assert_eq!(write(text, Marks::Plain), text);
    }

    #[test]
    fn long_texts_end_with_an_ellipsis() {
        assert_eq!(shorten("Störung", 4), "Stö…");
        assert_eq!(shorten("Störung", 7), "Störung");
        assert_eq!(shorten_by("ääää", 7, str::len), "ää…");
        let long = "**bold** &".repeat(100);
        let fitted = Rich::of_markdown(&long).fit(Marks::Telegram, 100);
        assert!(fitted.ends_with('…') && length(&fitted) <= 100, "{fitted}");
        assert_eq!(fitted.matches("<b>").count(), fitted.matches("</b>").count());
    }

    proptest! {
        #[test]
        fn whatever_is_written_fits(text in "([a-z*_`<@&\\[\\]()#😀é \n]|https://x.org/){0,80}", most in 1usize..60) {
            for marks in ALL {
                let fitted = Rich::of_markdown(&text).fit(marks, most);
                prop_assert!(length(&fitted) <= most, "{:?} {}", marks, fitted);
            }
            prop_assert!(length(&shorten(&text, most)) <= most);
        }

        #[test]
        fn in_html_every_tag_is_ours(text in ".{0,80}") {
            let html = Rich::of_markdown(&text).write(Marks::Telegram);
            for tag in html.split('<').skip(1) {
                prop_assert!(["b>", "/b>", "i>", "/i>", "code>", "/code>", "a href=\"", "/a>"].iter().any(|ours| tag.starts_with(ours)), "{}", html);
            }
        }
    }
}
