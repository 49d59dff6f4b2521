//! `/announcements`

use poem::Request;
use poem_openapi::OpenApi;
use poem_openapi::param::{Header, Path, Query};
use poem_openapi::payload::Json;
use shared::announcement::{Announcement, AnnouncementPatch, AnnouncementStatus, NewAnnouncement, PublicAnnouncements};
use shared::list::AnnouncementList;
use shared::{AnnouncementId, PageId};

use super::extract::{Caller, Created, Done, Guest, Revised, expected};
use super::input::Input;
use super::status::{Bytes, json};
use super::{ApiResult, Tag};
use crate::context::Cached;
use crate::domain;
use crate::domain::announcement::AnnouncementFilter;
use crate::domain::paging::Paging;
use crate::http;

pub struct AnnouncementApi;

#[OpenApi]
impl AnnouncementApi {
    /// List announcements
    #[oai(
        path = "/announcements",
        method = "get",
        operation_id = "list_announcements",
        tag = "Tag::Announcements"
    )]
    #[allow(clippy::too_many_arguments)]
    async fn list(
        &self,
        cx: Caller,
        page_id: Query<Option<PageId>>,
        status: Query<Option<AnnouncementStatus>>,
        /// Part of the title.
        q: Query<Option<String>>,
        cursor: Query<Option<String>>,
        limit: Query<Option<u32>>,
    ) -> ApiResult<Json<AnnouncementList>> {
        let filter = AnnouncementFilter {
            page_id: page_id.0,
            status: status.0,
            q: q.0,
        };
        Ok(Json(
            domain::announcement::list(&cx, filter, &Paging::new(cursor.0, limit.0)?).await?,
        ))
    }

    /// Announce something, now or later
    #[oai(
        path = "/announcements",
        method = "post",
        operation_id = "create_announcement",
        tag = "Tag::Announcements"
    )]
    async fn create(&self, cx: Caller, input: Input<NewAnnouncement>) -> ApiResult<Created<Announcement>> {
        let announcement = domain::announcement::create(&cx, input.0).await?;
        let address = format!("/api/v3/announcements/{}", announcement.id);
        Ok(Created(announcement, address))
    }

    /// Get an announcement
    #[oai(
        path = "/announcements/:id",
        method = "get",
        operation_id = "get_announcement",
        tag = "Tag::Announcements"
    )]
    async fn get(&self, cx: Caller, id: Path<AnnouncementId>) -> ApiResult<Revised<Announcement>> {
        revised(domain::announcement::get(&cx, id.0).await?)
    }

    /// Change an announcement, or publish a draft
    #[oai(
        path = "/announcements/:id",
        method = "patch",
        operation_id = "update_announcement",
        tag = "Tag::Announcements"
    )]
    async fn update(
        &self,
        cx: Caller,
        id: Path<AnnouncementId>,
        #[oai(name = "If-Match")] if_match: Header<Option<String>>,
        input: Input<AnnouncementPatch>,
    ) -> ApiResult<Revised<Announcement>> {
        revised(domain::announcement::update(&cx, id.0, input.0, expected(if_match.0)?).await?)
    }

    /// End an announcement
    #[oai(
        path = "/announcements/:id/end",
        method = "post",
        operation_id = "end_announcement",
        tag = "Tag::Announcements"
    )]
    async fn end(&self, cx: Caller, id: Path<AnnouncementId>) -> ApiResult<Json<Announcement>> {
        Ok(Json(domain::announcement::end(&cx, id.0).await?))
    }

    /// Delete an announcement
    #[oai(
        path = "/announcements/:id",
        method = "delete",
        operation_id = "delete_announcement",
        tag = "Tag::Announcements"
    )]
    async fn delete(&self, cx: Caller, id: Path<AnnouncementId>) -> ApiResult<Done> {
        domain::announcement::delete(&cx, id.0).await?;
        Ok(Done)
    }

    /// Get what a page announces just now
    #[oai(
        path = "/public/announcements",
        method = "get",
        operation_id = "get_public_announcements",
        tag = "Tag::Public"
    )]
    async fn active(
        &self,
        cx: Guest,
        request: &Request,
        page: Query<Option<String>>,
    ) -> ApiResult<Bytes<PublicAnnouncements>> {
        let row = domain::page::public(&cx, page.0.as_deref(), http::host(request)).await?;
        let what = Cached::Json {
            path: "announcements".into(),
        };
        let make = async { json(&domain::announcement::active(&cx, row.id).await?) };
        Ok(Bytes::new(&cx.cache.get(row.id, what, make).await?, request))
    }
}

fn revised(announcement: Announcement) -> ApiResult<Revised<Announcement>> {
    let revision = announcement.updated_at;
    Ok(Revised(announcement, revision))
}
