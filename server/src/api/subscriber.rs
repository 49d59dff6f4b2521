//! `/subscribers`

use poem::web::Data;
use poem_openapi::OpenApi;
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use shared::list::SubscriberList;
use shared::subscriber::{
    ImportSubscribers, NewSubscriber, Subscriber, SubscriberImport, SubscriberPatch, SubscriberTable,
};
use shared::system::TestMailResult;
use shared::{PageId, SubscriberId};

use super::extract::{Accepted, Caller, Created, Done};
use super::input::Input;
use super::system::Tester;
use super::{ApiResult, Tag};
use crate::domain::paging::Paging;
use crate::domain::subscriber::SubscriberFilter;
use crate::domain::{self, subscriber_import};

pub struct SubscriberApi;

#[OpenApi(tag = "Tag::Subscribers")]
impl SubscriberApi {
    /// List subscribers, newest first
    #[oai(path = "/subscribers", method = "get", operation_id = "list_subscribers")]
    #[allow(clippy::too_many_arguments)]
    async fn list(
        &self,
        cx: Caller,
        page_id: Query<Option<PageId>>,
        /// The whole address, which is kept sealed, or part of a label.
        q: Query<Option<String>>,
        is_confirmed: Query<Option<bool>>,
        cursor: Query<Option<String>>,
        limit: Query<Option<u32>>,
    ) -> ApiResult<Json<SubscriberList>> {
        let filter = SubscriberFilter {
            page_id: page_id.0,
            q: q.0,
            is_confirmed: is_confirmed.0,
        };
        let paging = Paging::new(cursor.0, limit.0)?;
        Ok(Json(domain::subscriber::list(&cx, filter, &paging).await?))
    }

    /// Add a subscriber
    ///
    /// Unless `is_confirmed` says that the owner of the address agreed, they are asked by mail first.
    #[oai(path = "/subscribers", method = "post", operation_id = "create_subscriber")]
    async fn create(&self, cx: Caller, input: Input<NewSubscriber>) -> ApiResult<Created<Subscriber>> {
        let subscriber = domain::subscriber::create(&cx, input.0).await?;
        let address = format!("/api/v3/subscribers/{}", subscriber.id);
        Ok(Created(subscriber, address))
    }

    /// Add many subscribers
    ///
    /// Who is subscribed already stays as they are, so a table can be sent again. With `is_dry_run` nothing happens but the counting.
    #[oai(path = "/subscribers/import", method = "post", operation_id = "import_subscribers")]
    async fn import(&self, cx: Caller, input: Input<ImportSubscribers>) -> ApiResult<Json<SubscriberImport>> {
        Ok(Json(subscriber_import::import(&cx, input.0).await?))
    }

    /// Get all subscribers as a table
    ///
    /// That someone took it with them is in the audit trail.
    #[oai(path = "/subscribers/export", method = "get", operation_id = "export_subscribers")]
    async fn export(&self, cx: Caller, page_id: Query<Option<PageId>>) -> ApiResult<Json<SubscriberTable>> {
        let csv = subscriber_import::export(&cx, page_id.0).await?;
        Ok(Json(SubscriberTable { csv }))
    }

    /// Get a subscriber
    #[oai(path = "/subscribers/:id", method = "get", operation_id = "get_subscriber")]
    async fn get(&self, cx: Caller, id: Path<SubscriberId>) -> ApiResult<Json<Subscriber>> {
        Ok(Json(domain::subscriber::get(&cx, id.0).await?))
    }

    /// Change what a subscriber hears
    #[oai(path = "/subscribers/:id", method = "patch", operation_id = "update_subscriber")]
    async fn update(
        &self,
        cx: Caller,
        id: Path<SubscriberId>,
        input: Input<SubscriberPatch>,
    ) -> ApiResult<Json<Subscriber>> {
        Ok(Json(domain::subscriber::update(&cx, id.0, input.0).await?))
    }

    /// Remove a subscriber
    #[oai(path = "/subscribers/:id", method = "delete", operation_id = "delete_subscriber")]
    async fn delete(&self, cx: Caller, id: Path<SubscriberId>) -> ApiResult<Done> {
        domain::subscriber::delete(&cx, id.0).await?;
        Ok(Done)
    }

    /// Send to a subscriber again
    ///
    /// Where nothing had arrived for a week, nothing is sent any more until somebody says that it is well again.
    #[oai(
        path = "/subscribers/:id/resume",
        method = "post",
        operation_id = "resume_subscriber"
    )]
    async fn resume(&self, cx: Caller, id: Path<SubscriberId>) -> ApiResult<Json<Subscriber>> {
        Ok(Json(domain::subscriber::resume(&cx, id.0).await?))
    }

    /// Send a subscriber a test message
    ///
    /// It is sent at once, and the answer is what the other side said.
    #[oai(path = "/subscribers/:id/test", method = "post", operation_id = "test_subscriber")]
    async fn test(&self, cx: Caller, tester: Data<&Tester>, id: Path<SubscriberId>) -> ApiResult<Json<TestMailResult>> {
        Ok(Json(domain::subscriber::test(&cx, id.0, tester.0.as_ref()).await?))
    }

    /// Ask for the confirmation once more
    #[oai(
        path = "/subscribers/:id/resend",
        method = "post",
        operation_id = "resend_confirmation"
    )]
    async fn resend(&self, cx: Caller, id: Path<SubscriberId>) -> ApiResult<Accepted> {
        domain::subscriber::resend(&cx, id.0).await?;
        Ok(Accepted)
    }
}
