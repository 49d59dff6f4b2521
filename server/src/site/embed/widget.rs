//! The widget: its script, what that reads, and the same as a document for frames. All of it is less than 5 KiB.

use poem::http::{HeaderValue, header};
use poem::web::Query;
use poem::{Request, Response, handler};
use serde::Serialize;
use shared::component::ComponentStatus;
use shared::status_page::StatusPage;
use web::i18n::Locale;
use web::pages::status::headline::Headline;
use web::routes::public as href;

use crate::api::status;
use crate::context::Draft;
use crate::error::Result;
use crate::site::file;
use crate::site::page::{Visit, Wishes};

const SCRIPT: &str = include_str!("widget.js");
const STYLE: &str = include_str!("widget.css");
/// The one document that may stand in anybody's frame: nothing in it can be clicked but links that open elsewhere.
const FRAMED: &str = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors *";
/// Open incidents that are named in a frame.
const INCIDENTS: usize = 3;

/// How things are, as the script reads it.
#[derive(Serialize)]
struct State {
    name: String,
    url: String,
    status: ComponentStatus,
    sentence: String,
    /// The newest open ones.
    incidents: Vec<Incident>,
}

#[derive(Serialize)]
struct Incident {
    title: String,
    url: String,
}

impl State {
    fn of(page: StatusPage, locale: Locale, lang: &str) -> Self {
        let headline = Headline::of(&page.overall);
        let base = page.page.url;
        let incident = |incident: &shared::status_page::PublicIncident| Incident {
            title: incident.title.clone(),
            url: format!("{base}{}{lang}", href::incident(&incident.id)),
        };
        Self {
            incidents: page.incidents.iter().take(INCIDENTS).map(incident).collect(),
            url: format!("{base}/{lang}"),
            name: page.page.name,
            status: headline.status(),
            sentence: headline.sentence(locale).into(),
        }
    }
}

/// `/widget.js`
#[handler]
pub fn script() -> Response {
    kept("text/javascript; charset=utf-8", SCRIPT)
}

/// `/widget.css`
#[handler]
pub fn style() -> Response {
    kept("text/css; charset=utf-8", STYLE)
}

/// For an hour, and for every site.
fn kept(content_type: &'static str, text: &'static str) -> Response {
    Response::builder()
        .content_type(content_type)
        .header(header::CACHE_CONTROL, "public, max-age=3600")
        .header(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")
        .header("cross-origin-resource-policy", "cross-origin")
        .body(text)
}

/// `/widget.json`
#[handler]
pub async fn data(request: &Request, Query(wishes): Query<Wishes>) -> Response {
    file::answer(request, &wishes, "/widget.json", async |visit| {
        file::json("application/json; charset=utf-8", &now(visit).await?)
    })
    .await
}

/// `/widget`
#[handler]
pub async fn frame(request: &Request, Query(wishes): Query<Wishes>) -> Response {
    let mut response = file::answer(request, &wishes, "/widget", async |visit| {
        let html = document(&now(visit).await?, visit.locale);
        Ok(Draft::found("text/html; charset=utf-8", html.into_bytes()))
    })
    .await;
    response
        .headers_mut()
        .insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(FRAMED));
    response
}

async fn now(visit: &Visit) -> Result<State> {
    let page = status::now(&visit.cx, visit.page.id).await?;
    let lang = match visit.is_locale_chosen {
        true => format!("?lang={}", visit.locale.tag()),
        false => String::new(),
    };
    Ok(State::of(page, visit.locale, &lang))
}

/// It reads itself anew each minute.
fn document(told: &State, locale: Locale) -> String {
    let State {
        name,
        url,
        status,
        sentence,
        incidents,
    } = told;
    let link = |url: &str, inner: &str| {
        let url = escape(url);
        format!("<a href=\"{url}\" target=\"_blank\" rel=\"noopener\"{inner}</a>")
    };
    let status = format!(
        " data-status=\"{}\"><i aria-hidden=\"true\"></i>{sentence}",
        status.as_str()
    );
    let items = incidents
        .iter()
        .map(|one| format!("<li>{}</li>", link(&one.url, &format!(">{}", escape(&one.title)))));
    let list = match incidents.is_empty() {
        true => String::new(),
        false => format!("<ul>{}</ul>", items.collect::<String>()),
    };
    format!(
        "<!doctype html>\n<html lang=\"{}\" dir=\"{}\">\n<meta charset=\"utf-8\">\n<title>{}</title>\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<meta name=\"robots\" content=\"noindex\">\n\
         <meta http-equiv=\"refresh\" content=\"60\">\n<link rel=\"stylesheet\" href=\"/widget.css\">\n<main>{}{list}</main>\n</html>\n",
        locale.tag(),
        locale.direction(),
        escape(name),
        link(url, &status),
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('"', "&quot;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_of_it_is_less_than_five_kibibytes() {
        let incident = |n: usize| Incident {
            title: format!("<b>{}", "A title as long as most of them ".repeat(3)),
            url: format!("https://status.example.org/incidents/{n:012}"),
        };
        let told = State {
            name: "A & B".into(),
            url: "https://status.example.org/".into(),
            status: ComponentStatus::MajorOutage,
            sentence: "There is a major outage".into(),
            incidents: (0..INCIDENTS).map(incident).collect(),
        };
        let html = document(&told, Locale::En);
        assert!(!html.contains("<b>") && html.contains("A &amp; B"), "{html}");
        let (framed, scripted) = (html.len() + STYLE.len(), SCRIPT.len() + STYLE.len());
        assert!(framed < 5 * 1024 && scripted < 5 * 1024, "{framed} {scripted}");
    }
}
