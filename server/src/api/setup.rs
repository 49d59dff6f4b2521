//! `/setup`: the first owner of a new installation.

use poem_openapi::OpenApi;
use poem_openapi::payload::Json;
use shared::member::{Setup, SetupState};

use super::extract::Guest;
use super::input::Input;
use super::session::{NewSession, WithPass};
use super::{ApiResult, Tag};
use crate::domain;

pub struct SetupApi;

#[OpenApi(tag = "Tag::Sessions")]
impl SetupApi {
    /// Get whether there is an owner yet
    #[oai(path = "/setup", method = "get", operation_id = "get_setup")]
    async fn get(&self, cx: Guest) -> ApiResult<Json<SetupState>> {
        Ok(Json(domain::setup::state(&cx).await?))
    }

    /// Become the first owner
    ///
    /// The token of the link that the server printed is the credential. Answers with the owner signed in.
    #[oai(path = "/setup", method = "post", operation_id = "complete_setup")]
    async fn complete(&self, cx: Guest, input: Input<Setup>) -> ApiResult<WithPass<NewSession>> {
        let signed_in = domain::setup::complete(&cx, input.0).await?;
        Ok(NewSession::of(&cx, signed_in))
    }
}
