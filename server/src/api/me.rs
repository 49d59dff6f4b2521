//! `/me`: who is signed in, and what they change about themselves.

use poem_openapi::OpenApi;
use poem_openapi::payload::Json;
use shared::member::{ChangePassword, Me, MePatch};

use super::extract::{Caller, Done};
use super::input::Input;
use super::{ApiResult, Tag};
use crate::domain;

pub struct MeApi;

#[OpenApi(tag = "Tag::Members")]
impl MeApi {
    /// Get who is signed in
    #[oai(path = "/me", method = "get", operation_id = "get_me")]
    async fn get(&self, cx: Caller) -> ApiResult<Json<Me>> {
        Ok(Json(domain::member::me(&cx).await?))
    }

    /// Change your name or language
    #[oai(path = "/me", method = "patch", operation_id = "update_me")]
    async fn update(&self, cx: Caller, input: Input<MePatch>) -> ApiResult<Json<Me>> {
        Ok(Json(domain::member::update_me(&cx, input.0).await?))
    }

    /// Change your password
    ///
    /// Signs all your other browsers out.
    #[oai(path = "/me/password", method = "post", operation_id = "change_password")]
    async fn change_password(&self, cx: Caller, input: Input<ChangePassword>) -> ApiResult<Done> {
        domain::member::change_password(&cx, input.0).await?;
        Ok(Done)
    }
}
