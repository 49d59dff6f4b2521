//! `/subscribers`

use poem_openapi::OpenApi;
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use shared::list::SubscriberList;
use shared::subscriber::{NewSubscriber, Subscriber, SubscriberPatch};
use shared::{PageId, SubscriberId};

use super::extract::{Accepted, Caller, Created, Done};
use super::input::Input;
use super::{ApiResult, Tag};
use crate::domain;
use crate::domain::paging::Paging;
use crate::domain::subscriber::SubscriberFilter;

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
        /// Part of the address.
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
