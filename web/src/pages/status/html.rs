//! The whole document, as the server sends it.

use leptos::prelude::*;
use leptos::tachys::view::RenderHtml;

use crate::i18n::{Locale, t};
use crate::pages::status::headline::{self, Headline};
use crate::pages::status::state::State;
use crate::pages::status::{Frame, PlainView, Prepared, PublicDocument, PublicView, StatusPageView};
use crate::routes::public as href;
use crate::time::Clock;
use crate::ui::markdown::to_plain;

/// The names of the files that Trunk built, under the address they are served at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HeadAssets {
    pub css: Vec<String>,
    /// The favicons by state: `operational`, `/assets/favicon-operational-….svg`.
    pub icons: Vec<(String, String)>,
    /// The script that starts the app.
    pub loader: String,
    pub js: String,
    pub wasm: String,
}

/// The document as HTML.
pub fn render(document: &PublicDocument, assets: &HeadAssets) -> String {
    let description = description(document.locale, &document.frame, &document.view);
    write(Prepared::new(document.clone()), &description, assets)
}

/// A document that was served before, saying that it is so many minutes old; none if the app never reads it.
pub fn render_aged(served: &str, minutes: u64, assets: &HeadAssets) -> Option<String> {
    let prepared = Prepared::find_in(served)?.aged(minutes);
    // What is prepared is HTML, which is nothing for a description.
    let description = prepared.document().frame.page.name.clone();
    Some(write(prepared, &description, assets))
}

fn write(prepared: Prepared, description: &str, assets: &HeadAssets) -> String {
    let document = prepared.document();
    let clock = Clock::of_page(document.locale, &document.frame.page.time_zone, document.frame.as_of);
    let mut html = String::with_capacity(32 * 1024);
    html.push_str("<!doctype html>\n");
    let (tag, direction) = (document.locale.tag(), document.locale.direction());
    html.push_str(&format!("<html lang=\"{tag}\" dir=\"{direction}\">\n<head>\n"));
    meta(&mut html, document, description, &clock);
    links(&mut html, document, assets);
    html.push_str("</head>\n<body>\n<div id=\"app\">");
    html.push_str(&body(prepared.clone(), clock));
    html.push_str("</div>\n");
    if document.view.is_live() {
        data(&mut html, &prepared);
    }
    html.push_str("</body>\n</html>\n");
    html
}

fn body(document: Prepared, clock: Clock) -> String {
    Owner::new().with(|| {
        let state = State::provide(document, clock);
        view! { <StatusPageView state/> }.to_html()
    })
}

fn meta(html: &mut String, document: &PublicDocument, description: &str, clock: &Clock) {
    let PublicDocument {
        locale, frame, view, ..
    } = document;
    let title = headline::title(*locale, clock, frame, view);
    html.push_str("<meta charset=\"utf-8\">\n");
    html.push_str(&format!("<title>{}</title>\n", escape(&title)));
    named(html, "name", "viewport", "width=device-width, initial-scale=1");
    named(html, "name", "color-scheme", "light dark");
    named(html, "name", "description", description);
    named(html, "name", "generator", "Signet");
    if view.is_private() {
        named(html, "name", "robots", "noindex");
    }
    named(html, "property", "og:type", "website");
    named(html, "property", "og:title", &title);
    named(html, "property", "og:description", description);
    named(html, "property", "og:site_name", &frame.page.name);
    named(html, "property", "og:locale", locale.tag());
    if !view.is_private() {
        preview(html, frame, view);
        named(
            html,
            "property",
            "og:url",
            &format!("{}{}", frame.page.url, document.path),
        );
    }
}

/// The picture that is shown where somebody shares the address.
fn preview(html: &mut String, frame: &Frame, view: &PublicView) {
    let base = &frame.page.url;
    let picture = match view {
        PublicView::Incident { incident, .. } => format!("{base}{}/og.png", href::incident(&incident.id)),
        PublicView::Maintenance { maintenance } => format!("{base}{}/og.png", href::maintenance(&maintenance.id)),
        PublicView::Overview { .. } | PublicView::History { .. } | PublicView::Plain(_) => format!("{base}/og.png"),
    };
    named(html, "property", "og:image", &picture);
    named(html, "property", "og:image:width", "1200");
    named(html, "property", "og:image:height", "630");
    named(html, "name", "twitter:card", "summary_large_image");
}

fn links(html: &mut String, document: &PublicDocument, assets: &HeadAssets) {
    for css in &assets.css {
        link(html, &[("rel", "stylesheet"), ("href", css)]);
    }
    let accent = document.frame.page.accent.trim_start_matches('#');
    link(html, &[("rel", "stylesheet"), ("href", &href::theme(accent))]);
    favicon(html, document, assets);
    if !document.view.is_private() {
        let base = &document.frame.page.url;
        link(
            html,
            &[("rel", "canonical"), ("href", &format!("{base}{}", document.path))],
        );
        for locale in Locale::ALL {
            let joint = if document.path.contains('?') { '&' } else { '?' };
            let address = format!("{base}{}{joint}lang={}", document.path, locale.tag());
            link(
                html,
                &[("rel", "alternate"), ("hreflang", locale.tag()), ("href", &address)],
            );
        }
        feeds(html, document);
        let address = format!("{base}{}", document.path);
        link(
            html,
            &[
                ("rel", "alternate"),
                ("type", "application/json+oembed"),
                ("href", &href::oembed(&address)),
            ],
        );
    }
    if document.view.is_live() {
        app(html, assets);
    }
}

/// Where readers find the page's feeds.
fn feeds(html: &mut String, document: &PublicDocument) {
    let name = &document.frame.page.name;
    for (kind, address) in [
        ("application/atom+xml", href::FEED_ATOM),
        ("application/rss+xml", href::FEED_RSS),
        ("application/feed+json", href::FEED_JSON),
    ] {
        link(
            html,
            &[("rel", "alternate"), ("type", kind), ("title", name), ("href", address)],
        );
    }
}

/// The icon of the state; the app finds the others beside it.
fn favicon(html: &mut String, document: &PublicDocument, assets: &HeadAssets) {
    let state = Headline::of(&document.frame.overall).favicon();
    let Some((_, address)) = assets.icons.iter().find(|(name, _)| name == state) else {
        return;
    };
    let others = assets
        .icons
        .iter()
        .map(|(name, address)| (format!("data-{name}"), address));
    let others = others.collect::<Vec<_>>();
    let mut attributes = vec![
        ("rel", "icon"),
        ("id", "signet-icon"),
        ("type", "image/svg+xml"),
        ("href", address.as_str()),
    ];
    attributes.extend(others.iter().map(|(name, address)| (name.as_str(), address.as_str())));
    link(html, &attributes);
}

fn app(html: &mut String, assets: &HeadAssets) {
    link(
        html,
        &[
            ("rel", "modulepreload"),
            ("id", "signet-app"),
            ("href", &assets.js),
            ("data-wasm", &assets.wasm),
        ],
    );
    let fetch = [
        ("rel", "preload"),
        ("as", "fetch"),
        ("type", "application/wasm"),
        ("crossorigin", "anonymous"),
    ];
    let mut wasm = fetch.to_vec();
    wasm.extend([("fetchpriority", "low"), ("href", assets.wasm.as_str())]);
    link(html, &wasm);
    html.push_str(&format!(
        "<script type=\"module\" src=\"{}\"></script>\n",
        escape(&assets.loader)
    ));
}

/// The document itself, for the app. Inside a script nothing but `<` could end it.
fn data(html: &mut String, document: &Prepared) {
    let json = serde_json::to_string(document.document())
        .unwrap_or_default()
        .replace('<', "\\u003c");
    html.push_str(&format!(
        "<script type=\"application/json\" id=\"signet-data\">{json}</script>\n"
    ));
}

/// A sentence or two for search engines and previews.
fn description(locale: Locale, frame: &Frame, view: &PublicView) -> String {
    let sentence = || Headline::of(&frame.overall).sentence(locale).to_owned();
    let text = match view {
        PublicView::Incident { incident, .. } => incident.updates.first().map(|update| to_plain(&update.message)),
        PublicView::Maintenance { maintenance } => Some(to_plain(&maintenance.message)),
        PublicView::Plain(PlainView::Postmortem(postmortem)) => Some(to_plain(&postmortem.message)),
        PublicView::Plain(PlainView::Subscribe { .. }) => Some(t::status::subscribe::text(locale).into()),
        PublicView::Overview { status, .. } => status
            .incidents
            .first()
            .map(|first| format!("{}: {}", sentence(), first.title)),
        _ => None,
    };
    shorten(&text.unwrap_or_else(sentence))
}

/// At most 200 characters.
fn shorten(text: &str) -> String {
    match text.char_indices().nth(200) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.into(),
    }
}

fn named(html: &mut String, kind: &str, name: &str, content: &str) {
    html.push_str(&format!("<meta {kind}=\"{name}\" content=\"{}\">\n", escape(content)));
}

fn link(html: &mut String, attributes: &[(&str, &str)]) {
    html.push_str("<link");
    for (name, value) in attributes {
        html.push_str(&format!(" {name}=\"{}\"", escape(value)));
    }
    html.push_str(">\n");
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('"', "&quot;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

impl HeadAssets {
    /// Reads the names from the `index.html` that Trunk wrote for the bundle.
    pub fn from_trunk(index: &str) -> Self {
        let mut assets = Self::default();
        for tag in index.split('<').filter_map(|part| part.split('>').next()) {
            assets.take(tag);
        }
        assets
    }

    fn take(&mut self, tag: &str) {
        let address = attribute(tag, "href")
            .or_else(|| attribute(tag, "src"))
            .unwrap_or_default();
        match (attribute(tag, "rel"), tag.starts_with("script")) {
            (Some("stylesheet"), _) => self.css.push(address.into()),
            (Some("icon"), _) => self
                .icons
                .extend(icon_state(address).map(|state| (state.into(), address.into()))),
            (Some("modulepreload"), _) => {
                self.js = address.into();
                self.wasm = attribute(tag, "data-wasm").unwrap_or_default().into();
            }
            (_, true) if !address.is_empty() => self.loader = address.into(),
            _ => {}
        }
    }
}

/// `/assets/favicon-outage-1a2b.svg` → `outage`
fn icon_state(address: &str) -> Option<&str> {
    address
        .rsplit('/')
        .next()?
        .strip_prefix("favicon-")?
        .split(['-', '.'])
        .next()
}

/// The value of an attribute; the minifier drops quotes where it can.
fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let start = tag.find(&format!(" {name}="))? + name.len() + 2;
    let rest = &tag[start..];
    match rest.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next(),
        None => rest.split([' ', '>']).next(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::Timestamp;

    fn document(view: PublicView) -> PublicDocument {
        let mut frame = Frame::unknown(Timestamp::parse("2026-11-24T03:12:00Z").unwrap());
        frame.page.name = "A & <B>".into();
        PublicDocument {
            locale: Locale::En,
            is_locale_chosen: false,
            path: "/history?month=2026-11".into(),
            frame,
            view,
        }
    }

    fn history(month: &str) -> PublicView {
        PublicView::History {
            history: shared::status_page::HistoryMonth {
                month: month.into(),
                incidents: vec![],
                maintenances: vec![],
            },
            older: None,
            newer: None,
            days: vec![],
        }
    }

    #[test]
    fn names_are_read_with_and_without_quotes() {
        let index = r#"<link href=/assets/a.css rel=stylesheet><link rel="icon" href="/assets/favicon-outage-1a.svg">
            <script src=/assets/l.js type=module></script><link data-wasm=/assets/s.wasm href=/assets/s.js id=x rel=modulepreload>"#;
        let expected = HeadAssets {
            css: vec!["/assets/a.css".into()],
            icons: vec![("outage".into(), "/assets/favicon-outage-1a.svg".into())],
            loader: "/assets/l.js".into(),
            js: "/assets/s.js".into(),
            wasm: "/assets/s.wasm".into(),
        };
        assert_eq!(HeadAssets::from_trunk(index), expected);
    }

    #[test]
    fn names_are_escaped_and_data_cannot_end_its_script() {
        let html = render(&document(history("</script><script>alert(1)")), &HeadAssets::default());
        assert!(
            html.contains("<title>History: &lt;/script&gt;&lt;script&gt;alert(1) · A &amp; &lt;B&gt;</title>"),
            "{html}"
        );
        assert!(!html.contains("<script>alert"), "{html}");
        assert!(html.contains(r"\u003c/script>\u003cscript>"), "{html}");
    }

    #[test]
    fn the_data_is_read_back() {
        let document = document(history("2026-11"));
        let html = render(&document, &HeadAssets::default());
        assert_eq!(Prepared::find_in(&html), Some(Prepared::new(document)));
    }

    #[test]
    fn what_was_served_can_be_served_again_with_its_age() {
        let html = render(&document(history("2026-11")), &HeadAssets::default());
        let aged = render_aged(&html, 12, &HeadAssets::default()).unwrap();
        assert!(
            aged.contains("12 minutes ago") && !html.contains("minutes ago"),
            "{aged}"
        );
        assert_eq!(render_aged("<html></html>", 12, &HeadAssets::default()), None);
    }

    #[test]
    fn messages_become_safe_html() {
        let mut served = document(history("2026-11"));
        served.frame.page.description = Some("**Hi** <img src=x>".into());
        let html = served
            .frame
            .page
            .description
            .clone()
            .map(|text| crate::ui::markdown::to_html(&text));
        assert_eq!(Prepared::new(served).into_parts().0.frame.page.description, html);
    }

    #[test]
    fn nothing_inline_is_written() {
        let html = render(&document(history("2026-11")), &HeadAssets::default());
        assert!(
            !html.contains(" style=") && !html.contains(" onclick") && !html.contains("<style"),
            "{html}"
        );
    }

    #[test]
    fn forms_do_not_load_the_app_and_private_pages_are_not_indexed() {
        let html = render(&document(PlainView::NotFound.into()), &HeadAssets::default());
        assert!(
            !html.contains("<script") && html.contains("noindex") && !html.contains("canonical"),
            "{html}"
        );
    }
}
