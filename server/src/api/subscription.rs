//! `/subscriptions`: what subscribers do themselves, with the secret from the link in a mail.

use poem::Request;
use poem::http::header;
use poem_openapi::OpenApi;
use poem_openapi::payload::Json;
use shared::subscriber::{ConfirmByCode, ManageSubscription, ManagedSubscription, Subscribe, SubscriptionToken};

use super::extract::{Accepted, Done, Guest};
use super::input::Input;
use super::{ApiResult, Tag};
use crate::domain::{page, subscription};

pub struct SubscriptionApi;

#[OpenApi(tag = "Tag::Public")]
impl SubscriptionApi {
    /// Subscribe to a page
    ///
    /// A message is sent that asks for a confirmation. The answer is the same whether the address is known or not.
    #[oai(path = "/subscriptions", method = "post", operation_id = "subscribe")]
    async fn subscribe(&self, cx: Guest, request: &Request, input: Input<Subscribe>) -> ApiResult<Accepted> {
        let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
        let page = page::public(&cx, input.0.page.as_deref(), host).await?;
        subscription::subscribe(&cx, &page, input.0).await?;
        Ok(Accepted)
    }

    /// Confirm a subscription
    #[oai(
        path = "/subscriptions/confirm",
        method = "post",
        operation_id = "confirm_subscription"
    )]
    async fn confirm(&self, cx: Guest, input: Input<SubscriptionToken>) -> ApiResult<Json<ManagedSubscription>> {
        Ok(Json(subscription::confirm(&cx, &input.0.token).await?))
    }

    /// Confirm a subscription by its code
    ///
    /// The code came by SMS. What is wrong with it is not told: whether the number is known is nobody's business.
    #[oai(
        path = "/subscriptions/confirm-code",
        method = "post",
        operation_id = "confirm_by_code"
    )]
    async fn confirm_by_code(
        &self,
        cx: Guest,
        request: &Request,
        input: Input<ConfirmByCode>,
    ) -> ApiResult<Json<ManagedSubscription>> {
        let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
        let page = page::public(&cx, input.0.page.as_deref(), host).await?;
        Ok(Json(subscription::confirm_by_code(&cx, &page, input.0).await?))
    }

    /// Get a subscription
    #[oai(path = "/subscriptions/lookup", method = "post", operation_id = "get_subscription")]
    async fn get(&self, cx: Guest, input: Input<SubscriptionToken>) -> ApiResult<Json<ManagedSubscription>> {
        Ok(Json(subscription::lookup(&cx, &input.0.token).await?))
    }

    /// Change a subscription
    #[oai(path = "/subscriptions", method = "patch", operation_id = "update_subscription")]
    async fn update(&self, cx: Guest, input: Input<ManageSubscription>) -> ApiResult<Json<ManagedSubscription>> {
        Ok(Json(subscription::manage(&cx, input.0).await?))
    }

    /// End a subscription
    ///
    /// The address is forgotten. Doing it twice is fine.
    #[oai(path = "/subscriptions/unsubscribe", method = "post", operation_id = "unsubscribe")]
    async fn unsubscribe(&self, cx: Guest, input: Input<SubscriptionToken>) -> ApiResult<Done> {
        subscription::unsubscribe(&cx, &input.0.token).await?;
        Ok(Done)
    }
}
