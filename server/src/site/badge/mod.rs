//! Badges: how a page or a component is, as a picture for other sites and as JSON for shields.io.

mod svg;
mod width;

use poem::web::{Path, Query};
use poem::{Request, Response, handler};
use serde::{Deserialize, Serialize};
use shared::component::ComponentStatus;
use shared::problem::Code;
use shared::status_page::StatusPage;
use shared::text;
use web::components::words;
use web::i18n::Locale;
use web::pages::status::headline::Headline;

use self::svg::Style;
use super::file;
use super::page::{Visit, Wishes};
use crate::api::status;
use crate::context::Draft;
use crate::error::{Error, Result};
use crate::http;

/// Longest label, in characters; a longer name is cut.
const LABEL_MAX: usize = 40;

/// What a badge says.
pub struct Badge {
    label: String,
    message: String,
    colour: &'static str,
}

/// How a badge should be; what is wrong with it is told.
#[derive(Debug, Default, Deserialize)]
pub struct Order {
    style: Option<String>,
    label: Option<String>,
}

/// As <https://shields.io/badges/endpoint-badge> reads it.
#[derive(Serialize)]
struct Shield {
    #[serde(rename = "schemaVersion")]
    schema_version: u8,
    label: String,
    message: String,
    color: &'static str,
}

/// `/badge.svg`
#[handler]
pub async fn page_svg(request: &Request, Query(order): Query<Order>, Query(wishes): Query<Wishes>) -> Response {
    picture(request, &order, &wishes, "/badge.svg", of_page).await
}

/// `/components/{slug}/badge.svg`
#[handler]
pub async fn component_svg(
    request: &Request,
    Path(slug): Path<String>,
    Query(order): Query<Order>,
    Query(wishes): Query<Wishes>,
) -> Response {
    let path = format!("/components/{slug}/badge.svg");
    let badge = |page: &StatusPage, locale| of_component(page, &slug, locale);
    picture(request, &order, &wishes, &path, badge).await
}

/// `/badge.json`
#[handler]
pub async fn page_json(request: &Request, Query(order): Query<Order>, Query(wishes): Query<Wishes>) -> Response {
    shield(request, &order, &wishes, "/badge.json", of_page).await
}

/// `/components/{slug}/badge.json`
#[handler]
pub async fn component_json(
    request: &Request,
    Path(slug): Path<String>,
    Query(order): Query<Order>,
    Query(wishes): Query<Wishes>,
) -> Response {
    let path = format!("/components/{slug}/badge.json");
    let badge = |page: &StatusPage, locale| of_component(page, &slug, locale);
    shield(request, &order, &wishes, &path, badge).await
}

async fn picture(
    request: &Request,
    order: &Order,
    wishes: &Wishes,
    path: &str,
    badge: impl FnOnce(&StatusPage, Locale) -> Result<Badge>,
) -> Response {
    let style = Style::parse(order.style.as_deref().unwrap_or("flat"));
    let (style, label) = match (style, order.label()) {
        (Ok(style), Ok(label)) => (style, label),
        (Err(error), _) | (_, Err(error)) => return http::problem::respond(&error),
    };
    let key = format!("{path}?{style:?}&{label:?}");
    file::answer(request, wishes, &key, async |visit| {
        let badge = badge(&now(visit).await?, visit.locale)?.labelled(label);
        let drawn = svg::draw(&badge, style, visit.locale);
        Ok(file::xml("image/svg+xml; charset=utf-8", &drawn))
    })
    .await
}

async fn shield(
    request: &Request,
    order: &Order,
    wishes: &Wishes,
    path: &str,
    badge: impl FnOnce(&StatusPage, Locale) -> Result<Badge>,
) -> Response {
    let label = match order.label() {
        Ok(label) => label,
        Err(error) => return http::problem::respond(&error),
    };
    file::answer(request, wishes, &format!("{path}?{label:?}"), async |visit| {
        endpoint(badge(&now(visit).await?, visit.locale)?.labelled(label))
    })
    .await
}

fn endpoint(badge: Badge) -> Result<Draft> {
    let shield = Shield {
        schema_version: 1,
        label: badge.label,
        message: badge.message,
        color: badge.colour,
    };
    file::json("application/json; charset=utf-8", &shield)
}

/// How things are, as `/api/v3/status` says it: a badge with a label nobody has asked for before asks the database nothing.
async fn now(visit: &Visit) -> Result<StatusPage> {
    let answer = Box::pin(status::kept(&visit.cx, visit.page.id)).await?;
    if answer.is_stale {
        // A picture cannot say how old it is. One that was drawn before goes out with its age; a new one does not.
        return Err(Error::refused(Code::Unavailable, "the database cannot be reached"));
    }
    Ok(serde_json::from_slice(&answer.kept.body.identity).map_err(anyhow::Error::from)?)
}

fn of_page(page: &StatusPage, locale: Locale) -> Result<Badge> {
    let headline = Headline::of(&page.overall);
    let message = match headline {
        // Of the whole page this is a sentence; a badge has room for a word.
        Headline::AllOperational => words::component_status(locale, headline.status()),
        Headline::OpenIncident
        | Headline::Unknown
        | Headline::Maintenance
        | Headline::Degraded
        | Headline::PartialOutage
        | Headline::MajorOutage => headline.short(locale),
    };
    Ok(Badge {
        label: page.page.name.clone(),
        message: message.into(),
        colour: colour(headline.status()),
    })
}

fn of_component(page: &StatusPage, slug: &str, locale: Locale) -> Result<Badge> {
    let component = page.components.iter().find(|component| component.slug == slug);
    let component = component.ok_or_else(|| Error::not_found("component"))?;
    Ok(Badge {
        label: component.name.clone(),
        message: words::component_status(locale, component.status).into(),
        colour: colour(component.status),
    })
}

/// White letters on each of these have a contrast of 4.5 to 1 at least (WCAG 2.2, AA).
const fn colour(status: ComponentStatus) -> &'static str {
    match status {
        ComponentStatus::Operational => "#15803d",
        ComponentStatus::Unknown => "#4b5563",
        ComponentStatus::UnderMaintenance => "#1d4ed8",
        ComponentStatus::DegradedPerformance => "#a16207",
        ComponentStatus::PartialOutage => "#c2410c",
        ComponentStatus::MajorOutage => "#b91c1c",
    }
}

impl Badge {
    /// With the label asked for, or its own one cut to what fits.
    fn labelled(mut self, label: Option<&str>) -> Self {
        if let Some(label) = label {
            self.label = label.into();
        } else if let Some((end, _)) = self.label.char_indices().nth(LABEL_MAX) {
            self.label.truncate(end);
            self.label.push('…');
        }
        self
    }
}

impl Order {
    /// The label that was asked for.
    fn label(&self) -> Result<Option<&str>> {
        let wanted = self.label.as_deref().filter(|label| !label.is_empty());
        let line = wanted.map(|label| text::line(label, LABEL_MAX)).transpose();
        line.map_err(|flaw| Error::refused(Code::Malformed, format!("label: {}", flaw.message)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn luminance(colour: &str) -> f64 {
        let channel = |at: usize| {
            let value = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()) / 255.0;
            if value <= 0.04045 {
                value / 12.92
            } else {
                ((value + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
    }

    #[test]
    fn white_letters_can_be_read_on_every_colour() {
        let statuses = ComponentStatus::ALL.iter().map(|status| colour(*status));
        for colour in statuses.chain([svg::LABEL_COLOUR]) {
            let contrast = 1.05 / (luminance(colour) + 0.05);
            assert!(contrast >= 4.5, "{colour}: {contrast}");
        }
    }
}
