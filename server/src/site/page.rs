//! The public page: the views of `web`, rendered once per change and kept as bytes.

use std::sync::Arc;

use poem::http::{HeaderValue, StatusCode, header};
use poem::web::{Path, Query};
use poem::{IntoResponse, Request, Response, handler};
use serde::Deserialize;
use shared::metric::MetricRange;
use shared::problem::Code;
use shared::status_page::{SearchResults, StatusPage};
use web::i18n::Locale;
use web::pages::status::{
    ComponentStory, Extras, Frame, PlainView, PublicDocument, PublicView, SearchPage, render, render_aged, theme_css,
};
use web::routes::public as href;

use super::assets;
use crate::context::{Actor, Answer, Cached, Ctx, Draft};
use crate::domain::paging::Paging;
use crate::domain::public_search::{self, Wanted};
use crate::domain::{self, metric_series, uptime};
use crate::entity::page;
use crate::error::{Error, Result};
use crate::http;

/// Stretches of time on the page of a component.
const INTERVALS: u64 = 100;
/// What a page of search results holds.
const HITS: u32 = 20;
/// Months there.
const MONTHS: u64 = 12;
const HTML: &str = "text/html; charset=utf-8";

/// The visitor's wishes that stand in the address.
#[derive(Debug, Default, Deserialize)]
pub struct Wishes {
    lang: Option<String>,
    month: Option<String>,
    range: Option<String>,
}

/// Who asks for what on which page, in which language.
pub struct Visit {
    pub cx: Ctx,
    pub page: Arc<page::Model>,
    pub locale: Locale,
    pub is_locale_chosen: bool,
}

/// `/`
#[handler]
pub async fn overview(request: &Request, Query(wishes): Query<Wishes>) -> Response {
    let view = async |visit: &Visit, status| {
        let uptime = uptime::bars(&visit.cx, &visit.page).await?;
        let extras = Extras {
            uptime: Some(uptime),
            metrics: metric_series::front(&visit.cx, visit.page.id).await?,
            announcements: domain::announcement::active(&visit.cx, visit.page.id).await?.items,
            ..Extras::default()
        };
        Ok(PublicView::Overview { status, extras })
    };
    answer(request, &wishes, "/", view).await
}

/// `/incidents/{code}`
#[handler]
pub async fn incident(request: &Request, Path(code): Path<String>, Query(wishes): Query<Wishes>) -> Response {
    let view = async |visit: &Visit, _| {
        let incident = domain::status_page::incident(&visit.cx, visit.page.id, &code).await?;
        let lesson = domain::postmortem::public_if_any(&visit.cx, visit.page.id, &code).await?;
        let extras = Extras {
            has_postmortem: lesson.is_some(),
            ..Extras::default()
        };
        Ok(PublicView::Incident { incident, extras })
    };
    let answer = answer(request, &wishes, &format!("/incidents/{code}"), view).await;
    match answer.status() {
        StatusCode::NOT_FOUND => Box::pin(moved(request, &wishes, &code, Part::Incident))
            .await
            .unwrap_or(answer),
        _ => answer,
    }
}

/// What of an incident was asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Incident,
    Postmortem,
}

/// The way from an incident to the one it turned out to be, for those who see both; from its postmortem to that of the other,
/// if it has one.
async fn moved(request: &Request, wishes: &Wishes, code: &str, part: Part) -> Option<Response> {
    let visit = visit(request, wishes).await.ok()?;
    let cx = http::reader::reading(request, &visit.cx).await;
    let code = domain::status_page::merged_into(&cx, visit.page.id, code).await.ok()?;
    let has_lesson = part == Part::Postmortem && domain::postmortem::public(&cx, visit.page.id, &code).await.is_ok();
    let path = if has_lesson {
        href::postmortem(&code)
    } else {
        href::incident(&code)
    };
    let query = request.uri().query().map(|query| format!("?{query}"));
    Some(http::reader::send_on(&format!("{path}{}", query.unwrap_or_default())))
}

/// `/incidents/{code}/postmortem`
#[handler]
pub async fn postmortem(request: &Request, Path(code): Path<String>, Query(wishes): Query<Wishes>) -> Response {
    let view = async |visit: &Visit, _| {
        let postmortem = domain::postmortem::public(&visit.cx, visit.page.id, &code).await?;
        Ok(PublicView::Plain(PlainView::Postmortem(Box::new(postmortem))))
    };
    let answer = answer(request, &wishes, &format!("/incidents/{code}/postmortem"), view).await;
    match answer.status() {
        StatusCode::NOT_FOUND => Box::pin(moved(request, &wishes, &code, Part::Postmortem))
            .await
            .unwrap_or(answer),
        _ => answer,
    }
}

/// `/maintenance/{code}`
#[handler]
pub async fn maintenance(request: &Request, Path(code): Path<String>, Query(wishes): Query<Wishes>) -> Response {
    let view = async |visit: &Visit, _| {
        let maintenance = domain::status_page::maintenance(&visit.cx, visit.page.id, &code).await?;
        Ok(PublicView::Maintenance { maintenance })
    };
    answer(request, &wishes, &format!("/maintenance/{code}"), view).await
}

/// `/components/{slug}`
#[handler]
pub async fn component(request: &Request, Path(slug): Path<String>, Query(wishes): Query<Wishes>) -> Response {
    let view = async |visit: &Visit, status: StatusPage| {
        let component = status.components.into_iter().find(|component| component.slug == slug);
        let component = component.ok_or_else(|| Error::not_found("component"))?;
        let (cx, page) = (&visit.cx, &visit.page);
        let range = uptime::Range::of_bars(page.time_zone.parse().unwrap_or_default(), cx.clock.now());
        let explanation = uptime::explain(cx, page, &component.id, range, INTERVALS).await?;
        let uptime = uptime::bars(cx, page).await?;
        let incidents = domain::status_page::incidents_of(cx, page.id, &component.id).await?;
        Ok(PublicView::Plain(PlainView::Component(Box::new(ComponentStory {
            months: uptime::months(cx, page, &component.id, MONTHS).await?.months,
            places: uptime.places,
            uptime: uptime
                .components
                .into_iter()
                .find(|one| one.component_id == component.id),
            component,
            explanation,
            incidents,
        }))))
    };
    answer(request, &wishes, &format!("/components/{slug}"), view).await
}

/// `/charts/{slug}?range=24h`
#[handler]
pub async fn chart(request: &Request, Path(slug): Path<String>, Query(wishes): Query<Wishes>) -> Response {
    let range = wishes.range.as_deref().map(MetricRange::from_word);
    let path = match range {
        // What is no range is no address.
        Some(None) => return missing_at(request, &wishes).await,
        Some(Some(range)) => format!("/charts/{slug}?range={range}"),
        None => format!("/charts/{slug}"),
    };
    let view = async |visit: &Visit, _| {
        let metric = metric_series::get(&visit.cx, visit.page.id, &slug, range.flatten()).await?;
        Ok(PublicView::Plain(PlainView::Metric(Box::new(metric))))
    };
    answer(request, &wishes, &path, view).await
}

/// `/history?month=2026-11`
#[handler]
pub async fn history(request: &Request, Query(wishes): Query<Wishes>) -> Response {
    let path = wishes
        .month
        .as_ref()
        .map_or_else(|| "/history".to_owned(), |month| format!("/history?month={month}"));
    let view = async |visit: &Visit, _| {
        let history = domain::status_page::history(&visit.cx, &visit.page, wishes.month.as_deref()).await?;
        let (older, newer) = domain::status_page::neighbours(&visit.cx, &visit.page, &history.month).await?;
        let days = uptime::bad_days(&visit.cx, &visit.page, &history.month).await?;
        Ok(PublicView::History {
            history,
            older,
            newer,
            days,
        })
    };
    answer(request, &wishes, &path, view).await
}

/// `/search?q=slow+api`
#[handler]
pub async fn search(request: &Request, Query(wanted): Query<Words>, Query(wishes): Query<Wishes>) -> Response {
    let Words { q, cursor } = wanted;
    let address = href::search(&q, &cursor);
    let view = async |visit: &Visit, _| {
        let (found, flaw) = match found(visit, &q, cursor.clone()).await {
            Ok(found) => (found, None),
            Err(Error::Refused(mut problem)) if problem.code == Code::Invalid => (None, problem.errors.pop()),
            Err(error) => return Err(error),
        };
        Ok(PublicView::Plain(PlainView::Search(SearchPage {
            q: q.clone(),
            found,
            flaw,
        })))
    };
    answer(request, &wishes, &address, view).await
}

/// What is looked for.
#[derive(Debug, Default, Deserialize)]
pub struct Words {
    #[serde(default)]
    q: String,
    #[serde(default)]
    cursor: String,
}

async fn found(visit: &Visit, q: &str, cursor: String) -> Result<Option<SearchResults>> {
    let Some(wanted) = Wanted::parse(q)? else {
        return Ok(None);
    };
    let paging = Paging::new(Some(cursor).filter(|cursor| !cursor.is_empty()), Some(HITS))?;
    public_search::find(&visit.cx, visit.page.id, &wanted, &paging)
        .await
        .map(Some)
}

/// Any address with nothing behind it.
#[handler]
pub async fn missing(request: &Request, Query(wishes): Query<Wishes>) -> Response {
    if request.uri().path().starts_with("/api/") {
        return http::problem::respond(&Error::not_found("operation"));
    }
    missing_at(request, &wishes).await
}

async fn missing_at(request: &Request, wishes: &Wishes) -> Response {
    match visit(request, wishes).await {
        Ok(visit) => not_found(request, &visit).await,
        Err(error) => failed(&error),
    }
}

/// `/theme/{rrggbb}.css`: the page's one colour, for light and dark.
#[handler]
pub fn theme(Path(file): Path<String>) -> Response {
    match file.strip_suffix(".css").and_then(theme_css) {
        Some(css) => {
            let response = Response::builder().content_type("text/css; charset=utf-8");
            response
                .header(header::CACHE_CONTROL, "public, max-age=31536000, immutable")
                .body(css)
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Serves a view from the cache, or makes it; for a member who is signed in it is made each time.
async fn answer(
    request: &Request,
    wishes: &Wishes,
    path: &str,
    view: impl AsyncFnOnce(&Visit, StatusPage) -> Result<PublicView>,
) -> Response {
    let visit = match visit(request, wishes).await {
        Ok(visit) => visit,
        Err(error) => return failed(&error),
    };
    let cx = http::reader::reading(request, &visit.cx).await;
    if cx.actor.member().is_ok() {
        // On the heap, as below: the view in it is large, and every door would carry it on its stack.
        return Box::pin(private(request, Visit { cx, ..visit }, path, view)).await;
    }
    let key = format!("{path}#{}", visit.is_locale_chosen);
    let what = Cached::Document {
        path: key.clone(),
        locale: visit.locale.tag(),
    };
    let made = Box::pin(make(&visit, path, StatusCode::OK, view));
    match visit.cx.cache.get(visit.page.id, what, made).await {
        Ok(answer) if answer.is_stale => http::send_kept(&aged(&visit, key, answer), request),
        Ok(answer) => http::send_kept(&answer, request),
        Err(error) if matches!(error.code(), Code::NotFound | Code::Invalid) => not_found(request, &visit).await,
        Err(error @ Error::RateLimited(_)) => http::problem::respond(&error),
        Err(error) => failed(&error),
    }
}

/// What only members who are signed in see.
async fn private(
    request: &Request,
    visit: Visit,
    path: &str,
    view: impl AsyncFnOnce(&Visit, StatusPage) -> Result<PublicView>,
) -> Response {
    match make(&visit, path, StatusCode::OK, view).await {
        Ok(draft) => http::reader::send_private(draft),
        Err(error) if matches!(error.code(), Code::NotFound | Code::Invalid) => {
            let cx = visit.cx.acting(Actor::Visitor);
            not_found(request, &Visit { cx, ..visit }).await
        }
        Err(error @ Error::RateLimited(_)) => http::problem::respond(&error),
        Err(error) => failed(&error),
    }
}

/// An answer from before the database went away, which says how old it is.
fn aged(visit: &Visit, path: String, answer: Answer) -> Answer {
    let minutes = answer.kept.age().as_secs() / 60;
    let what = Cached::Aged {
        path,
        locale: visit.locale.tag(),
        minutes,
    };
    let body = &answer.kept.body;
    let write = || Draft {
        status: body.status,
        content_type: HTML,
        bytes: std::str::from_utf8(&body.identity)
            .ok()
            .and_then(|served| render_aged(served, minutes, &assets::head()))
            .map_or_else(|| body.identity.to_vec(), String::into_bytes),
    };
    Answer {
        kept: visit.cx.cache.derive(visit.page.id, what, write),
        is_stale: true,
    }
}

async fn make(
    visit: &Visit,
    path: &str,
    status: StatusCode,
    view: impl AsyncFnOnce(&Visit, StatusPage) -> Result<PublicView>,
) -> Result<Draft> {
    let read_model = domain::status_page::build(&visit.cx, visit.page.id).await?;
    let frame = Frame::of(&read_model);
    // On the heap, as what it reads is: a future of many reads is large.
    let view = Box::pin(view(visit, read_model)).await?;
    let document = PublicDocument {
        locale: visit.locale,
        is_locale_chosen: visit.is_locale_chosen,
        path: path.to_owned(),
        frame,
        view,
    };
    Ok(Draft {
        status: status.as_u16(),
        content_type: HTML,
        bytes: render(&document, &assets::head()).into_bytes(),
    })
}

/// One cached 404 for all addresses, so that asking for many costs nothing.
pub async fn not_found(request: &Request, visit: &Visit) -> Response {
    let what = Cached::Document {
        path: "404".into(),
        locale: visit.locale.tag(),
    };
    let view = async |_: &Visit, _| Ok(PublicView::Plain(PlainView::NotFound));
    match visit
        .cx
        .cache
        .get(visit.page.id, what, make(visit, "/", StatusCode::NOT_FOUND, view))
        .await
    {
        Ok(answer) => http::send_kept(&answer, request),
        Err(error) => failed(&error),
    }
}

/// A form or its answer: made for one visitor, never kept.
pub async fn personal(
    visit: &Visit,
    path: &str,
    status: StatusCode,
    view: impl AsyncFnOnce(&StatusPage) -> Result<PlainView>,
) -> Response {
    let made = make(visit, path, status, async |_, read_model| {
        view(&read_model).await.map(PublicView::Plain)
    });
    match made.await {
        Ok(draft) => Response::builder().status(status).content_type(HTML).body(draft.bytes),
        Err(error) => failed(&error),
    }
}

/// The page without a page: the database is away or something broke.
pub fn failed(error: &Error) -> Response {
    tracing::error!(%error, "the page cannot be shown");
    let document = PublicDocument {
        locale: Locale::default(),
        is_locale_chosen: false,
        path: "/".into(),
        frame: Frame::unknown(shared::Timestamp::from_millis(0)),
        view: PublicView::Plain(PlainView::Unavailable),
    };
    let html = render(&document, &assets::head());
    let mut response = Response::builder()
        .status(StatusCode::SERVICE_UNAVAILABLE)
        .content_type(HTML)
        .body(html);
    response
        .headers_mut()
        .insert(header::RETRY_AFTER, HeaderValue::from_static("10"));
    response
}

/// The context that the middleware put into the request.
pub fn context(request: &Request) -> Result<Ctx> {
    let cx = request.extensions().get::<Ctx>().cloned();
    cx.ok_or_else(|| Error::Internal(anyhow::anyhow!("no context in the request")))
}

/// Finds the page of the host name, and the language: asked for, else the browser's, else the page's.
pub async fn visit(request: &Request, wishes: &Wishes) -> Result<Visit> {
    let cx = context(request)?;
    let page = domain::page::public(&cx, None, http::host(request)).await?;
    let chosen = wishes.lang.as_deref().and_then(Locale::from_tag);
    let browser = || {
        let wanted = request.header(header::ACCEPT_LANGUAGE).unwrap_or_default();
        wanted
            .split(',')
            .find_map(|part| Locale::from_tag(part.split(';').next().unwrap_or_default().trim()))
    };
    let locale = chosen
        .or_else(browser)
        .or_else(|| Locale::from_tag(&page.locale))
        .unwrap_or_default();
    Ok(Visit {
        cx,
        page,
        locale,
        is_locale_chosen: chosen.is_some(),
    })
}
