//! The pictures that previews show of a page: who it is, and how things are or what happened.

use std::sync::{Arc, LazyLock};

use poem::web::{Path, Query};
use poem::{Request, Response, handler};
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{self, Options, Tree};
use shared::component::ComponentStatus;
use shared::incident::IncidentStatus;
use shared::status_page::PublicPage;
use svg::Document;
use svg::node::element::{Circle, Rectangle, Text};
use web::components::words;
use web::pages::status::headline::Headline;

use super::badge::{colour, width};
use super::file;
use super::page::{Visit, Wishes};
use crate::api::status;
use crate::context::Draft;
use crate::domain::status_page;
use crate::error::Result;

/// In pixels, as all who show previews recommend.
pub const WIDTH: u32 = 1_200;
pub const HEIGHT: u32 = 630;
const MARGIN: u32 = 80;
const LINES: usize = 3;

/// What stands on a picture.
struct Words {
    name: String,
    host: String,
    /// The large text.
    title: String,
    /// In a word or two.
    state: String,
    status: ComponentStatus,
}

/// `/og.png`
#[handler]
pub async fn page(request: &Request, Query(wishes): Query<Wishes>) -> Response {
    answer(request, &wishes, "/og.png", async |visit| {
        let now = status::now(&visit.cx, visit.page.id).await?;
        let headline = Headline::of(&now.overall);
        Ok(Words {
            name: now.page.name,
            host: file::host(&now.page.url),
            title: headline.sentence(visit.locale).into(),
            state: words::component_status(visit.locale, headline.status()).into(),
            status: headline.status(),
        })
    })
    .await
}

/// `/incidents/{code}/og.png`
#[handler]
pub async fn incident(request: &Request, Path(code): Path<String>, Query(wishes): Query<Wishes>) -> Response {
    answer(request, &wishes, &format!("/incidents/{code}/og.png"), async |visit| {
        let incident = status_page::incident(&visit.cx, visit.page.id, &code).await?;
        let worst = incident.components.iter().map(|part| part.status);
        let status = match incident.status {
            IncidentStatus::Resolved => ComponentStatus::Operational,
            _ => worst.fold(ComponentStatus::DegradedPerformance, ComponentStatus::worse),
        };
        Ok(Words {
            state: words::incident_status(visit.locale, incident.status).into(),
            title: incident.title,
            status,
            ..of_page(visit)
        })
    })
    .await
}

/// `/maintenance/{code}/og.png`
#[handler]
pub async fn maintenance(request: &Request, Path(code): Path<String>, Query(wishes): Query<Wishes>) -> Response {
    answer(
        request,
        &wishes,
        &format!("/maintenance/{code}/og.png"),
        async |visit| {
            let maintenance = status_page::maintenance(&visit.cx, visit.page.id, &code).await?;
            Ok(Words {
                state: words::maintenance_status(visit.locale, maintenance.status).into(),
                title: maintenance.title,
                status: ComponentStatus::UnderMaintenance,
                ..of_page(visit)
            })
        },
    )
    .await
}

fn of_page(visit: &Visit) -> Words {
    let PublicPage { name, url, .. } = status_page::public_page(&visit.cx, &visit.page);
    Words {
        name,
        host: file::host(&url),
        title: String::new(),
        state: String::new(),
        status: ComponentStatus::Unknown,
    }
}

async fn answer(
    request: &Request,
    wishes: &Wishes,
    path: &str,
    words: impl AsyncFnOnce(&Visit) -> Result<Words>,
) -> Response {
    file::answer(request, wishes, path, async |visit| {
        let words = words(visit).await?;
        // Drawing takes some milliseconds, beside the threads that answer visitors.
        let png = tokio::task::spawn_blocking(move || png(&draw(&words)));
        let png = png.await.map_err(anyhow::Error::from)?;
        Ok(Draft::found("image/png", png?))
    })
    .await
}

fn draw(words: &Words) -> String {
    let colour = colour(words.status);
    let ground = |height: u32, fill: &str| {
        let (width, y) = (WIDTH, HEIGHT - height);
        Rectangle::new()
            .set("y", y)
            .set("width", width)
            .set("height", height)
            .set("fill", fill)
    };
    let mut picture = Document::new()
        .set("width", WIDTH)
        .set("height", HEIGHT)
        .set("font-family", FAMILY)
        .add(ground(HEIGHT, "#ffffff"))
        .add(ground(24, colour))
        .add(text(&cut(&words.name, 44), MARGIN, 130, 44, "#44403c"))
        .add(
            Circle::new()
                .set("cx", MARGIN + 18)
                .set("cy", 524)
                .set("r", 18)
                .set("fill", colour),
        )
        .add(text(&words.state, MARGIN + 56, 538, 40, colour))
        .add(text(&words.host, MARGIN, 580, 24, "#78716c").set("fill-opacity", 0.9));
    for (line, y) in wrap(&words.title, 72, LINES).iter().zip((240..).step_by(88)) {
        picture = picture.add(text(line, MARGIN, y, 72, "#1c1917"));
    }
    picture.to_string()
}

fn text(words: &str, x: u32, y: u32, size: u32, fill: &str) -> Text {
    Text::new(words)
        .set("x", x)
        .set("y", y)
        .set("font-size", size)
        .set("fill", fill)
}

/// Words in lines that fit between the margins; what is left over is cut.
fn wrap(text: &str, size: u32, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let longer = lines.last().map(|line| format!("{line} {word}"));
        match longer.filter(|line| fits(line, size)) {
            Some(line) => *lines.last_mut().expect("there is one, for it was made longer") = line,
            None => lines.push(word.to_owned()),
        }
    }
    if lines.len() > most {
        lines.truncate(most);
        if let Some(last) = lines.last_mut() {
            last.push('…');
        }
    }
    lines.iter().map(|line| cut(line, size)).collect()
}

/// A line that fits.
fn cut(line: &str, size: u32) -> String {
    if fits(line, size) {
        return line.to_owned();
    }
    let mut short = line.trim_end_matches('…').to_owned();
    while !short.is_empty() && !fits(&short, size) {
        short.pop();
    }
    short.pop();
    short + "…"
}

/// The widths are those of a wider font, so what fits by them fits.
fn fits(line: &str, size: u32) -> bool {
    width::of(line) * size / width::SIZE <= WIDTH - 2 * MARGIN
}

/// The font that is always there; where it lacks a sign, the system's fonts are asked.
const FAMILY: &str = "Ubuntu, sans-serif";

static FONTS: LazyLock<Arc<usvg::fontdb::Database>> = LazyLock::new(|| {
    let mut fonts = usvg::fontdb::Database::new();
    fonts.load_system_fonts();
    fonts.load_font_data(epaint_default_fonts::UBUNTU_LIGHT.to_vec());
    Arc::new(fonts)
});

fn png(svg: &str) -> Result<Vec<u8>> {
    let options = Options {
        fontdb: Arc::clone(&FONTS),
        ..Options::default()
    };
    let tree = Tree::from_str(svg, &options).map_err(anyhow::Error::from)?;
    let mut pixels = Pixmap::new(WIDTH, HEIGHT).ok_or_else(|| anyhow::anyhow!("no room for a picture"))?;
    resvg::render(&tree, Transform::identity(), &mut pixels.as_mut());
    Ok(pixels.encode_png().map_err(anyhow::Error::from)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_titles_are_wrapped_and_cut() {
        let lines = wrap(&"Payments in Europe are slow ".repeat(10), 72, 3);
        assert_eq!(lines.len(), 3);
        assert!(
            lines.iter().all(|line| fits(line, 72)) && lines[2].ends_with('…'),
            "{lines:?}"
        );
        assert_eq!(wrap("Slow API", 72, 3), ["Slow API"]);
        assert!(fits(&wrap(&"x".repeat(500), 72, 3)[0], 72));
    }

    #[test]
    fn a_picture_is_a_png_with_words_in_it() {
        let words = |title: &str| Words {
            name: "Fernwood & <Sons>".into(),
            host: "status.example.org".into(),
            title: title.into(),
            state: "Partial outage".into(),
            status: ComponentStatus::PartialOutage,
        };
        let (empty, full) = (
            png(&draw(&words(""))).unwrap(),
            png(&draw(&words("Größere Störung"))).unwrap(),
        );
        assert!(full.starts_with(b"\x89PNG") && full.len() > empty.len());
    }
}
