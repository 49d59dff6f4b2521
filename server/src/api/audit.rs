//! `/audit`: who did what.

use poem_openapi::OpenApi;
use poem_openapi::param::Query;
use poem_openapi::payload::Json;
use shared::list::AuditList;

use super::extract::Caller;
use super::{ApiResult, Tag};
use crate::domain;
use crate::domain::paging::Paging;

pub struct AuditApi;

#[OpenApi(tag = "Tag::System")]
impl AuditApi {
    /// List what was done, newest first
    ///
    /// `subject_kind` is like `incident`; with `subject_id` it is the trail of one thing.
    #[oai(path = "/audit", method = "get", operation_id = "list_audit")]
    async fn list(
        &self,
        cx: Caller,
        subject_kind: Query<Option<String>>,
        subject_id: Query<Option<i64>>,
        cursor: Query<Option<String>>,
        limit: Query<Option<u32>>,
    ) -> ApiResult<Json<AuditList>> {
        let paging = Paging::new(cursor.0, limit.0)?;
        Ok(Json(
            domain::audit::list(&cx, subject_kind.0, subject_id.0, &paging).await?,
        ))
    }
}
