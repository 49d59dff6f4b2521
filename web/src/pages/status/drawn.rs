//! Parts of a document that only the server draws: charts, bars, whatever would need code that a visitor should not have to load.
//!
//! The server draws them ([`drawing`](super::drawing)) and puts them into the markup between two comments. The app takes them out of the page it
//! was served, as text, and puts them back where they belong.

use leptos::prelude::*;

const BEGIN: &str = "<!--drawn ";
const END: &str = "<!--/drawn-->";

/// The parts of a document, each under its name. They are HTML of our own making.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Drawn(Vec<(String, String)>);

impl Drawn {
    /// Takes the parts out of the page they stand in.
    pub fn find_in(html: &str) -> Self {
        let parts = html.split(BEGIN).skip(1).filter_map(|rest| {
            let (name, rest) = rest.split_once("-->")?;
            let (part, _) = rest.split_once(END)?;
            Some((name.into(), part.into()))
        });
        Self(parts.collect())
    }

    /// Adds a part. The name is our own: letters, digits and hyphens.
    #[cfg(feature = "ssr")]
    pub fn add(&mut self, name: String, html: String) {
        self.0.push((name, html));
    }

    /// A part with its comments around it.
    fn marked(&self, name: &str) -> Option<String> {
        let (name, html) = self.0.iter().find(|(known, _)| known == name)?;
        Some([BEGIN, name, "-->", html, END].concat())
    }
}

/// The place of a part; nothing if the document has no such part.
#[component]
pub fn DrawnPart(#[prop(into)] name: String) -> impl IntoView {
    let drawn = use_context::<RwSignal<Drawn>>();
    move || {
        let html = drawn?.read().marked(&name)?;
        Some(view! { <div class="drawn" inner_html=html></div> })
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_into_a_page_is_found_in_it() {
        let mut drawn = Drawn::default();
        drawn.add("uptime-a".into(), "<svg></svg>".into());
        drawn.add("charts".into(), "<p>1 &lt; 2</p>".into());
        let [bar, charts] = ["uptime-a", "charts"].map(|name| drawn.marked(name).unwrap());
        let page = format!("<main><div>{bar}</div><!-- a comment --><div>{charts}</div></main>");
        assert_eq!(Drawn::find_in(&page), drawn);
        assert_eq!(drawn.marked("uptime-b"), None);
    }
}
