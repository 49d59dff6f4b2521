//! `/pages`

use poem_openapi::OpenApi;
use poem_openapi::param::{Header, Path, Query};
use poem_openapi::payload::Json;
use shared::PageId;
use shared::list::PageList;
use shared::page::{NewPage, Page, PagePatch};

use super::extract::{Caller, Created, Done, Revised, expected};
use super::input::Input;
use super::{ApiResult, Tag};
use crate::domain;
use crate::domain::paging::Paging;

pub struct PageApi;

#[OpenApi(tag = "Tag::Pages")]
impl PageApi {
    /// List pages
    #[oai(path = "/pages", method = "get", operation_id = "list_pages")]
    async fn list(
        &self,
        cx: Caller,
        cursor: Query<Option<String>>,
        limit: Query<Option<u32>>,
    ) -> ApiResult<Json<PageList>> {
        Ok(Json(domain::page::list(&cx, &Paging::new(cursor.0, limit.0)?).await?))
    }

    /// Add a page
    #[oai(path = "/pages", method = "post", operation_id = "create_page")]
    async fn create(&self, cx: Caller, input: Input<NewPage>) -> ApiResult<Created<Page>> {
        let page = domain::page::create(&cx, input.0).await?;
        let address = format!("/api/v3/pages/{}", page.id);
        Ok(Created(page, address))
    }

    /// Get a page
    #[oai(path = "/pages/:id", method = "get", operation_id = "get_page")]
    async fn get(&self, cx: Caller, id: Path<PageId>) -> ApiResult<Revised<Page>> {
        let page = domain::page::get(&cx, id.0).await?;
        let revision = page.updated_at;
        Ok(Revised(page, revision))
    }

    /// Change a page
    #[oai(path = "/pages/:id", method = "patch", operation_id = "update_page")]
    async fn update(
        &self,
        cx: Caller,
        id: Path<PageId>,
        #[oai(name = "If-Match")] if_match: Header<Option<String>>,
        input: Input<PagePatch>,
    ) -> ApiResult<Revised<Page>> {
        let page = domain::page::update(&cx, id.0, input.0, expected(if_match.0)?).await?;
        let revision = page.updated_at;
        Ok(Revised(page, revision))
    }

    /// Delete a page with all that stands on it
    #[oai(path = "/pages/:id", method = "delete", operation_id = "delete_page")]
    async fn delete(&self, cx: Caller, id: Path<PageId>) -> ApiResult<Done> {
        domain::page::delete(&cx, id.0).await?;
        Ok(Done)
    }
}
