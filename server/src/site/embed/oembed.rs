//! oEmbed (<https://oembed.com>, 2.3): how to put one of our addresses into a page, for those who have only the address.

use poem::http::{StatusCode, header};
use poem::web::Query;
use poem::{IntoResponse, Request, Response, handler};
use serde::{Deserialize, Serialize};
use shared::problem::Code;
use shared::status_page::StatusPage;
use url::Url;

use crate::api::status;
use crate::error::{Error, Result};
use crate::http;
use crate::site::page::{self, Wishes};

/// How large the widget is where nobody says how large it may be, in pixels.
const WIDTH: u32 = 360;
const HEIGHT: u32 = 140;

/// What a consumer asks for.
#[derive(Debug, Deserialize)]
pub struct Order {
    #[serde(default)]
    url: String,
    format: Option<String>,
    maxwidth: Option<u32>,
    maxheight: Option<u32>,
}

#[derive(Serialize)]
struct Rich {
    version: &'static str,
    r#type: &'static str,
    provider_name: String,
    provider_url: String,
    title: String,
    html: String,
    width: u32,
    height: u32,
    thumbnail_url: String,
    thumbnail_width: u32,
    thumbnail_height: u32,
    /// In seconds.
    cache_age: u32,
}

/// `/oembed?url=…`
#[handler]
pub async fn answer(request: &Request, Query(order): Query<Order>, Query(wishes): Query<Wishes>) -> Response {
    if order.format.as_deref().is_some_and(|format| format != "json") {
        // Other formats need not be had (2.2.2).
        return StatusCode::NOT_IMPLEMENTED.into_response();
    }
    match rich(request, &order, &wishes).await {
        Ok(rich) => Response::builder()
            .content_type("application/json; charset=utf-8")
            .header(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")
            .header(header::CACHE_CONTROL, "public, max-age=60")
            .body(serde_json::to_vec(&rich).unwrap_or_default()),
        Err(error) => http::problem::respond(&error),
    }
}

async fn rich(request: &Request, order: &Order, wishes: &Wishes) -> Result<Rich> {
    let visit = page::visit(request, wishes).await?;
    let status = status::now(&visit.cx, visit.page.id).await?;
    let title = title(&status, &order.url)?;
    let base = status.page.url;
    let (width, height) = (
        order.maxwidth.map_or(WIDTH, |most| most.clamp(1, WIDTH)),
        order.maxheight.map_or(HEIGHT, |most| most.clamp(1, HEIGHT)),
    );
    Ok(Rich {
        version: "1.0",
        r#type: "rich",
        provider_name: status.page.name,
        html: format!(
            "<iframe src=\"{base}/widget\" width=\"{width}\" height=\"{height}\" style=\"border:0\"></iframe>"
        ),
        title,
        width,
        height,
        thumbnail_url: format!("{base}/og.png"),
        thumbnail_width: crate::site::picture::WIDTH,
        thumbnail_height: crate::site::picture::HEIGHT,
        cache_age: 60,
        provider_url: base,
    })
}

/// The title of an address of this page: that of an open incident, else the page's name.
fn title(status: &StatusPage, address: &str) -> Result<String> {
    let foreign = || {
        Error::refused(
            Code::NotFound,
            format!("{address:?} is no address of {}", status.page.url),
        )
    };
    let wanted = Url::parse(address).map_err(|_| foreign())?;
    let own = Url::parse(&status.page.url).map_err(anyhow::Error::from)?;
    if wanted.origin() != own.origin() {
        return Err(foreign());
    }
    let code = wanted.path().strip_prefix("/incidents/");
    let known = status.incidents.iter().chain(&status.recent);
    let incident = known.into_iter().find(|incident| Some(incident.id.as_str()) == code);
    Ok(incident.map_or_else(|| status.page.name.clone(), |incident| incident.title.clone()))
}
