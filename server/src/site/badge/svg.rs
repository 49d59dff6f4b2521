//! A badge as a picture.

use shared::problem::Code;
use svg::Document;
use svg::node::element::{ClipPath, Definitions, Group, LinearGradient, Rectangle, Stop, Text, Title};
use web::i18n::Locale;

use super::{Badge, width};
use crate::error::{Error, Result};

/// Behind the label; white letters on it have a contrast of 10 to 1.
pub const LABEL_COLOUR: &str = "#374151";
const HEIGHT: u32 = 20;
/// Left and right of a text.
const MARGIN: u32 = 6;

/// What a badge looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    Flat,
    FlatSquare,
    Plastic,
}

impl Style {
    /// The style for a word; the error says which words there are.
    pub fn parse(word: &str) -> Result<Self> {
        match word {
            "flat" => Ok(Self::Flat),
            "flat-square" => Ok(Self::FlatSquare),
            "plastic" => Ok(Self::Plastic),
            other => Err(Error::refused(
                Code::Malformed,
                format!("style: found {other:?}, expected flat, flat-square or plastic"),
            )),
        }
    }
}

/// The picture, as wide as its words.
pub fn draw(badge: &Badge, style: Style, locale: Locale) -> String {
    let (label, message) = (width::of(&badge.label), width::of(&badge.message));
    let (left, right) = (label + 2 * MARGIN, message + 2 * MARGIN);
    let whole = left + right;
    let title = format!("{}: {}", badge.label, badge.message);
    let mut face = Group::new()
        .set("clip-path", "url(#edge)")
        .add(block(0, left, LABEL_COLOUR))
        .add(block(left, right, badge.colour));
    if style != Style::FlatSquare {
        face = face.add(block(0, whole, "url(#shade)"));
    }
    let words = Group::new()
        .set("fill", "#fff")
        .set("font-family", "Verdana,Geneva,DejaVu Sans,sans-serif")
        .set("font-size", width::SIZE)
        .add(words(MARGIN, label, &badge.label))
        .add(words(left + MARGIN, message, &badge.message));
    Document::new()
        .set("width", whole)
        .set("height", HEIGHT)
        .set("role", "img")
        .set("aria-label", title.as_str())
        .set("lang", locale.tag())
        .add(Title::new(title))
        .add(Definitions::new().add(edge(style, whole)).add(shade(style)))
        .add(face)
        .add(words)
        .to_string()
}

fn block(x: u32, width: u32, fill: &str) -> Rectangle {
    Rectangle::new()
        .set("x", x)
        .set("width", width)
        .set("height", HEIGHT)
        .set("fill", fill)
}

fn words(x: u32, width: u32, text: &str) -> Text {
    Text::new(text)
        .set("x", x)
        .set("y", 14)
        .set("textLength", width)
        .set("lengthAdjust", "spacingAndGlyphs")
}

fn edge(style: Style, width: u32) -> ClipPath {
    let radius = match style {
        Style::Flat => 3,
        Style::FlatSquare => 0,
        Style::Plastic => 4,
    };
    let shape = block(0, width, "#fff").set("rx", radius);
    ClipPath::new().set("id", "edge").add(shape)
}

// Only darker towards the foot: lighter anywhere would take contrast from the white letters.
fn shade(style: Style) -> LinearGradient {
    let depth = match style {
        Style::Flat | Style::FlatSquare => 0.12,
        Style::Plastic => 0.4,
    };
    let stop = |offset: u32, opacity: f32| Stop::new().set("offset", offset).set("stop-opacity", opacity);
    LinearGradient::new()
        .set("id", "shade")
        .set("x2", 0)
        .set("y2", "100%")
        .add(stop(0, 0.0))
        .add(stop(1, depth))
}
