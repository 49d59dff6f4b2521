//! Badges: how a page or a component is and how it was, as a picture for other sites and as JSON for shields.io.

mod svg;
pub(super) mod width;

use poem::web::{Path, Query};
use poem::{Request, Response, handler};
use serde::{Deserialize, Serialize};
use shared::component::ComponentStatus;
use shared::problem::Code;
use shared::status_page::StatusPage;
use shared::text;
use web::components::uptime_bar::written;
use web::components::words;
use web::i18n::{Locale, t};
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

/// `/badge.svg`, `/uptime.svg`, and the same as JSON
#[handler]
pub async fn badge_of_page(
    request: &Request,
    Path(file): Path<String>,
    Query(order): Query<Order>,
    Query(wishes): Query<Wishes>,
) -> Response {
    let badge = async |visit: &Visit| match is_uptime(&file) {
        true => page_uptime(visit).await,
        false => of_page(&now(visit).await?, visit.locale),
    };
    serve(request, &order, &wishes, &format!("/{file}"), badge).await
}

/// `/components/{slug}/badge.svg`, `/components/{slug}/uptime.svg`, and the same as JSON
#[handler]
pub async fn badge_of_component(
    request: &Request,
    Path((slug, file)): Path<(String, String)>,
    Query(order): Query<Order>,
    Query(wishes): Query<Wishes>,
) -> Response {
    let badge = async |visit: &Visit| match is_uptime(&file) {
        true => component_uptime(visit, &slug).await,
        false => of_component(&now(visit).await?, &slug, visit.locale),
    };
    serve(request, &order, &wishes, &format!("/components/{slug}/{file}"), badge).await
}

fn is_uptime(file: &str) -> bool {
    file.starts_with("uptime")
}

async fn serve(
    request: &Request,
    order: &Order,
    wishes: &Wishes,
    path: &str,
    badge: impl AsyncFnOnce(&Visit) -> Result<Badge>,
) -> Response {
    if path.ends_with(".svg") {
        picture(request, order, wishes, path, badge).await
    } else {
        shield(request, order, wishes, path, badge).await
    }
}

async fn picture(
    request: &Request,
    order: &Order,
    wishes: &Wishes,
    path: &str,
    badge: impl AsyncFnOnce(&Visit) -> Result<Badge>,
) -> Response {
    let style = Style::parse(order.style.as_deref().unwrap_or("flat"));
    let (style, label) = match (style, order.label()) {
        (Ok(style), Ok(label)) => (style, label),
        (Err(error), _) | (_, Err(error)) => return http::problem::respond(&error),
    };
    let key = format!("{path}?{style:?}&{label:?}");
    file::answer(request, wishes, &key, async |visit| {
        let badge = badge(visit).await?.labelled(label);
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
    badge: impl AsyncFnOnce(&Visit) -> Result<Badge>,
) -> Response {
    let label = match order.label() {
        Ok(label) => label,
        Err(error) => return http::problem::respond(&error),
    };
    file::answer(request, wishes, &format!("{path}?{label:?}"), async |visit| {
        endpoint(badge(visit).await?.labelled(label))
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

/// How things are: a badge with a label nobody has asked for before asks the database nothing.
async fn now(visit: &Visit) -> Result<StatusPage> {
    status::now(&visit.cx, visit.page.id).await
}

/// The figure of the page: that of a group with all components in it.
async fn page_uptime(visit: &Visit) -> Result<Badge> {
    let uptime = status::uptime_now(&visit.cx, &visit.page).await?;
    Ok(of_uptime(
        visit.locale,
        &visit.page.name,
        uptime.percent.as_deref(),
        uptime.places,
    ))
}

async fn component_uptime(visit: &Visit, slug: &str) -> Result<Badge> {
    let page = now(visit).await?;
    let component = page.components.iter().find(|component| component.slug == slug);
    let component = component.ok_or_else(|| Error::not_found("component"))?;
    let uptime = status::uptime_now(&visit.cx, &visit.page).await?;
    let bar = uptime.components.iter().find(|bar| bar.component_id == component.id);
    let percent = bar.and_then(|bar| bar.percent.as_deref());
    Ok(of_uptime(visit.locale, &component.name, percent, uptime.places))
}

fn of_uptime(locale: Locale, label: &str, percent: Option<&str>, places: u8) -> Badge {
    let thousandths = percent.and_then(|text| text.replace('.', "").parse::<u32>().ok());
    let status = match (percent, thousandths) {
        (None, _) | (_, None) => ComponentStatus::Unknown,
        // "100" has no places.
        (Some("100"), _) | (_, Some(99_900..)) => ComponentStatus::Operational,
        (_, Some(99_000..)) => ComponentStatus::DegradedPerformance,
        (_, Some(95_000..)) => ComponentStatus::PartialOutage,
        (_, Some(_)) => ComponentStatus::MajorOutage,
    };
    let message = match percent {
        Some(percent) => t::status::uptime::figure(locale, written(locale, percent, places)),
        None => t::status::uptime::none(locale).into(),
    };
    Badge {
        label: label.into(),
        message,
        colour: colour(status),
    }
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
pub(super) const fn colour(status: ComponentStatus) -> &'static str {
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
