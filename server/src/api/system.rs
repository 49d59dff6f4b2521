//! `/system`

use std::sync::Arc;

use poem::web::Data;
use poem_openapi::OpenApi;
use poem_openapi::payload::Json;
use shared::system::{SystemState, TestMail, TestMailResult};

use super::extract::Caller;
use super::input::Input;
use super::{ApiResult, Tag};
use crate::domain::system::{self, SendsTests};

pub struct SystemApi;

/// Who sends test mails; the app hands it in.
pub type Tester = Arc<dyn SendsTests>;

#[OpenApi(tag = "Tag::System")]
impl SystemApi {
    /// Get the state of the installation
    #[oai(path = "/system", method = "get", operation_id = "get_system")]
    async fn get(&self, cx: Caller) -> ApiResult<Json<SystemState>> {
        Ok(Json(system::get(&cx).await?))
    }

    /// Send a test mail
    ///
    /// It is sent at once, and the answer is what the mail server said.
    #[oai(path = "/system/test-mail", method = "post", operation_id = "send_test_mail")]
    async fn send_test_mail(
        &self,
        cx: Caller,
        mailer: Data<&Tester>,
        input: Input<TestMail>,
    ) -> ApiResult<Json<TestMailResult>> {
        Ok(Json(system::send_test_mail(&cx, input.0, mailer.0.as_ref()).await?))
    }
}
