//! What anyone may read: the status of a page, its history, and the stream of changes.

use std::time::Duration;

use futures::StreamExt as _;
use poem::http::StatusCode;
use poem::web::sse::{Event, SSE};
use poem::{IntoResponse, Request, Response};
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::{Json, Payload};
use poem_openapi::registry::{MetaMediaType, MetaResponse, MetaResponses, MetaSchema, MetaSchemaRef, Registry};
use poem_openapi::types::Type;
use poem_openapi::{ApiResponse, OpenApi};
use shared::problem::{Code, FieldCode};
use shared::status_page::{HistoryMonth, PublicIncident, PublicMaintenance, SearchResults, StatusChanged, StatusPage};
use shared::uptime::{PageUptime, UptimeExplanation, UptimeMonths, UptimeReport};
use shared::{PageId, Timestamp};

use super::extract::{Guest, Reader};
use super::{ApiResult, Tag};
use crate::context::{Answer, Cached, Ctx, Draft};
use crate::domain::page::Row as PageRow;
use crate::domain::paging::Paging;
use crate::domain::public_search::{self, Wanted};
use crate::domain::{page, status_page, uptime};
use crate::error::{Error, Result};
use crate::http;

pub struct StatusApi;

/// Often enough that proxies do not take a quiet stream for a dead one.
const KEEP_ALIVE: Duration = Duration::from_secs(20);
/// Stretches of time in one answer.
const INTERVALS: u64 = 1_000;
/// Between two events of a stream.
const PAUSE: Duration = Duration::from_millis(500);

#[OpenApi(tag = "Tag::Public")]
impl StatusApi {
    /// Get the status of a page
    ///
    /// `page` is a page's code; without it, the page of the host name that was asked. Members who are signed in, or send their
    /// access token, also get the incidents that are for them only; so it is with history, incidents and search.
    #[oai(path = "/status", method = "get", operation_id = "get_status")]
    async fn status(&self, cx: Reader, request: &Request, page: Query<Option<String>>) -> ApiResult<Bytes<StatusPage>> {
        let row = page::public(&cx, page.0.as_deref(), http::host(request)).await?;
        let make = async { json(&status_page::build(&cx, row.id).await?) };
        Ok(Bytes::read(&cx, row.id, Cached::Status, request, make).await?)
    }

    /// Get what happened in a month
    ///
    /// `month` is like `2026-11`, in the time zone of the page; without it, the present one.
    #[oai(path = "/history", method = "get", operation_id = "get_history")]
    async fn history(
        &self,
        cx: Reader,
        request: &Request,
        page: Query<Option<String>>,
        month: Query<Option<String>>,
    ) -> ApiResult<Bytes<HistoryMonth>> {
        let row = page::public(&cx, page.0.as_deref(), http::host(request)).await?;
        let what = Cached::Json {
            path: format!("history/{}", month.0.as_deref().unwrap_or_default()),
        };
        let make = async { json(&status_page::history(&cx, &row, month.0.as_deref()).await?) };
        Ok(Bytes::read(&cx, row.id, what, request, make).await?)
    }

    /// Get an incident as visitors see it
    ///
    /// One that was merged into another leads there.
    #[oai(
        path = "/public/incidents/:code",
        method = "get",
        operation_id = "get_public_incident"
    )]
    async fn incident(
        &self,
        cx: Reader,
        request: &Request,
        code: Path<String>,
        page: Query<Option<String>>,
    ) -> ApiResult<Bytes<PublicIncident>> {
        let row = page::public(&cx, page.0.as_deref(), http::host(request)).await?;
        let what = Cached::Json {
            path: format!("incidents/{}", code.0),
        };
        let make = async { json(&status_page::incident(&cx, row.id, &code.0).await?) };
        match Bytes::read(&cx, row.id, what, request, make).await {
            Err(error) if error.code() == Code::NotFound => {
                let code = status_page::merged_into(&cx, row.id, &code.0).await?;
                Ok(Bytes::on_to(&format!("/api/v3/public/incidents/{code}")))
            }
            other => Ok(other?),
        }
    }

    /// Get a maintenance as visitors see it
    #[oai(
        path = "/public/maintenances/:code",
        method = "get",
        operation_id = "get_public_maintenance"
    )]
    async fn maintenance(
        &self,
        cx: Guest,
        request: &Request,
        code: Path<String>,
        page: Query<Option<String>>,
    ) -> ApiResult<Bytes<PublicMaintenance>> {
        let row = page::public(&cx, page.0.as_deref(), http::host(request)).await?;
        let what = Cached::Json {
            path: format!("maintenances/{}", code.0),
        };
        let make = async { json(&status_page::maintenance(&cx, row.id, &code.0).await?) };
        Ok(Bytes::new(&cx.cache.get(row.id, what, make).await?, request))
    }

    /// Get how the last days of a page's components were
    ///
    /// Ninety days of each public component, in the time zone of the page; days that were simply up are not listed.
    #[oai(path = "/public/uptime", method = "get", operation_id = "get_page_uptime")]
    async fn page_uptime(
        &self,
        cx: Guest,
        request: &Request,
        page: Query<Option<String>>,
    ) -> ApiResult<Bytes<PageUptime>> {
        let row = page::public(&cx, page.0.as_deref(), http::host(request)).await?;
        Ok(Bytes::new(&kept_uptime(&cx, &row).await?, request))
    }

    /// Get the uptime of a component
    ///
    /// From `from` to `to`, which may be any moments; without them, the last 90 days. The answer says what it is a share of.
    #[oai(
        path = "/public/components/:code/uptime",
        method = "get",
        operation_id = "get_component_uptime"
    )]
    async fn uptime(
        &self,
        cx: Guest,
        request: &Request,
        code: Path<String>,
        page: Query<Option<String>>,
        from: Query<Option<Timestamp>>,
        to: Query<Option<Timestamp>>,
    ) -> ApiResult<Bytes<UptimeReport>> {
        let row = page::public(&cx, page.0.as_deref(), http::host(request)).await?;
        let range = uptime::Range::asked(from.0, to.0, cx.clock.now())?;
        let what = of_range("uptime", &code.0, from.0, to.0);
        let make = async { json(&uptime::report(&cx, &row, &code.0, range).await?) };
        Ok(Bytes::new(&cx.cache.get(row.id, what, make).await?, request))
    }

    /// Get the uptime of a component by month
    ///
    /// Newest first, the present month among them; `months` is how many at most, 12 if left out and no more than 600.
    #[oai(
        path = "/public/components/:code/uptime/months",
        method = "get",
        operation_id = "get_component_months"
    )]
    async fn months(
        &self,
        cx: Guest,
        request: &Request,
        code: Path<String>,
        page: Query<Option<String>>,
        months: Query<Option<u32>>,
    ) -> ApiResult<Bytes<UptimeMonths>> {
        let row = page::public(&cx, page.0.as_deref(), http::host(request)).await?;
        let most = u64::from(months.0.unwrap_or(12).clamp(1, 600));
        let what = Cached::Json {
            path: format!("components/{}/months?{most}", code.0),
        };
        let make = async { json(&uptime::months(&cx, &row, &code.0, most).await?) };
        Ok(Bytes::new(&cx.cache.get(row.id, what, make).await?, request))
    }

    /// Explain the uptime of a component
    ///
    /// The same figure with every stretch of time it was made from: its status, what it weighs, and what began it.
    #[oai(
        path = "/public/components/:code/uptime/explain",
        method = "get",
        operation_id = "explain_component_uptime"
    )]
    async fn explain_uptime(
        &self,
        cx: Guest,
        request: &Request,
        code: Path<String>,
        page: Query<Option<String>>,
        from: Query<Option<Timestamp>>,
        to: Query<Option<Timestamp>>,
    ) -> ApiResult<Bytes<UptimeExplanation>> {
        let row = page::public(&cx, page.0.as_deref(), http::host(request)).await?;
        let range = uptime::Range::asked(from.0, to.0, cx.clock.now())?;
        let what = of_range("explain", &code.0, from.0, to.0);
        let make = async { json(&uptime::explain(&cx, &row, &code.0, range, INTERVALS).await?) };
        Ok(Bytes::new(&cx.cache.get(row.id, what, make).await?, request))
    }

    /// Search what visitors may read
    ///
    /// Incidents and maintenance in which all words of `q` stand, newest first: in the title, or in what was written under it.
    #[oai(path = "/public/search", method = "get", operation_id = "search_history")]
    async fn search(
        &self,
        cx: Reader,
        request: &Request,
        /// One to eight words.
        q: Query<String>,
        page: Query<Option<String>>,
        cursor: Query<Option<String>>,
        limit: Query<Option<u32>>,
    ) -> ApiResult<Bytes<SearchResults>> {
        let row = page::public(&cx, page.0.as_deref(), http::host(request)).await?;
        let wanted = Wanted::parse(&q.0)?
            .ok_or_else(|| Error::field("q", FieldCode::Required, "is empty: give the words to look for"))?;
        let path = format!("search?{}&{:?}&{:?}", wanted.text(), cursor.0, limit.0);
        let paging = Paging::new(cursor.0, limit.0)?;
        let make = async { json(&public_search::find(&cx, row.id, &wanted, &paging).await?) };
        Ok(Bytes::read(&cx, row.id, Cached::Json { path }, request, make).await?)
    }

    /// Hear of changes as they happen
    ///
    /// Server-sent events: each `status` event carries a version of the page, the first one the present version. Fetch the
    /// status again when it is newer than what you have. The stream ends when the server stops; connect again.
    #[oai(path = "/stream", method = "get", operation_id = "stream_status")]
    async fn stream(&self, cx: Guest, request: &Request, page: Query<Option<String>>) -> ApiResult<EventStream> {
        let row = page::public(&cx, page.0.as_deref(), http::host(request)).await?;
        let versions = cx.cache.live(row.id).follow();
        let events = futures::stream::unfold((versions, Duration::ZERO), |(mut versions, pause)| async move {
            // The first version comes at once. Of changes that follow each other quickly, an open page needs to hear of the last.
            if !pause.is_zero() {
                tokio::time::sleep(pause).await;
                versions.changed().await.ok()?;
            }
            let version = *versions.borrow_and_update();
            Some((event(version), (versions, PAUSE)))
        });
        let events = events.take_until(cx.stop.clone().cancelled_owned());
        Ok(EventStream(SSE::new(events).keep_alive(KEEP_ALIVE).into_response()))
    }
}

/// Without an end of its own a range goes up to now, so it is made anew with everything else.
fn of_range(what: &str, code: &str, from: Option<Timestamp>, to: Option<Timestamp>) -> Cached {
    let text = |at: Option<Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
    Cached::Json {
        path: format!("components/{code}/{what}?{}&{}", text(from), text(to)),
    }
}

/// The status of a page as it is sent.
pub async fn kept(cx: &Ctx, page: PageId) -> Result<Answer> {
    let make = async { json(&status_page::build(cx, page).await?) };
    cx.cache.get(page, Cached::Status, make).await
}

/// How things are, as [`kept`] says it. What is made of it cannot say how old it is, so it is never an old answer: what was
/// made before goes out with its age, and nothing new is made.
pub async fn now(cx: &Ctx, page: PageId) -> Result<StatusPage> {
    fresh(&Box::pin(kept(cx, page)).await?)
}

/// The uptime of a page as it is sent.
pub async fn kept_uptime(cx: &Ctx, page: &PageRow) -> Result<Answer> {
    let what = Cached::Json { path: "uptime".into() };
    let make = async { json(&uptime::bars(cx, page).await?) };
    cx.cache.get(page.id, what, make).await
}

/// The same, as [`now`].
pub async fn uptime_now(cx: &Ctx, page: &PageRow) -> Result<PageUptime> {
    fresh(&Box::pin(kept_uptime(cx, page)).await?)
}

fn fresh<T: serde::de::DeserializeOwned>(answer: &Answer) -> Result<T> {
    if answer.is_stale {
        return Err(Error::refused(Code::Unavailable, "the database cannot be reached"));
    }
    Ok(serde_json::from_slice(&answer.kept.body.identity).map_err(anyhow::Error::from)?)
}

fn event(version: i64) -> Event {
    Event::message(serde_json::to_string(&StatusChanged { version }).unwrap_or_default()).event_type("status")
}

/// A value as the draft of an answer.
pub(super) fn json(value: &impl serde::Serialize) -> Result<Draft> {
    let bytes = serde_json::to_vec(value).map_err(anyhow::Error::from)?;
    Ok(Draft::found("application/json; charset=utf-8", bytes))
}

/// A cached answer as the operation's response, documented as the type it was made from.
pub struct Bytes<T> {
    response: Response,
    made_from: std::marker::PhantomData<T>,
}

impl<T> Bytes<T> {
    pub(super) fn new(answer: &Answer, request: &Request) -> Self {
        Self::from(http::send_kept(answer, request))
    }

    /// What everyone gets comes from the cache; what members get is made for each.
    pub(super) async fn read(
        cx: &Ctx,
        page: PageId,
        what: Cached,
        request: &Request,
        make: impl Future<Output = Result<Draft>>,
    ) -> Result<Self> {
        let make = Box::pin(make);
        if cx.actor.member().is_ok() {
            return Ok(Self::from(http::reader::send_private(make.await?)));
        }
        Ok(Self::new(&cx.cache.get(page, what, make).await?, request))
    }

    pub(super) fn on_to(address: &str) -> Self {
        Self::from(http::reader::send_on(address))
    }

    const fn from(response: Response) -> Self {
        Self {
            response,
            made_from: std::marker::PhantomData,
        }
    }
}

impl<T: Send> IntoResponse for Bytes<T> {
    fn into_response(self) -> Response {
        self.response
    }
}

impl<T: Type> ApiResponse for Bytes<T> {
    fn meta() -> MetaResponses {
        let content = vec![MetaMediaType {
            content_type: Json::<String>::CONTENT_TYPE,
            schema: T::schema_ref(),
        }];
        MetaResponses {
            responses: vec![
                meta(200, "Here it is.", content),
                meta(304, "It is what `If-None-Match` says.", vec![]),
                meta(308, "It is at the address in `Location`.", vec![]),
            ],
        }
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }
}

/// `text/event-stream`
pub struct EventStream(Response);

impl IntoResponse for EventStream {
    fn into_response(self) -> Response {
        self.0
    }
}

impl ApiResponse for EventStream {
    fn meta() -> MetaResponses {
        let schema = MetaSchemaRef::Inline(Box::new(MetaSchema::new("string")));
        let content = vec![MetaMediaType {
            content_type: "text/event-stream",
            schema,
        }];
        MetaResponses {
            responses: vec![meta(StatusCode::OK.as_u16(), "A stream that stays open.", content)],
        }
    }

    fn register(_: &mut Registry) {}
}

fn meta(status: u16, description: &'static str, content: Vec<MetaMediaType>) -> MetaResponse {
    MetaResponse {
        description,
        status: Some(status),
        status_range: None,
        content,
        headers: vec![],
    }
}
