//! `/incidents/{id}/postmortem`

use poem::Request;
use poem_openapi::OpenApi;
use poem_openapi::param::{Header, Path, Query};
use shared::IncidentId;
use shared::postmortem::{Postmortem, PublicPostmortem, PublishPostmortem, WritePostmortem};
use shared::problem::Code;

use super::extract::{Caller, Done, Reader, Revised, expected};
use super::input::Input;
use super::status::{Bytes, json};
use super::{ApiResult, Tag};
use crate::context::Cached;
use crate::domain;
use crate::http;

pub struct PostmortemApi;

#[OpenApi]
impl PostmortemApi {
    /// Get the postmortem of an incident
    #[oai(
        path = "/incidents/:id/postmortem",
        method = "get",
        operation_id = "get_postmortem",
        tag = "Tag::Incidents"
    )]
    async fn get(&self, cx: Caller, id: Path<IncidentId>) -> ApiResult<Revised<Postmortem>> {
        revised(domain::postmortem::get(&cx, id.0).await?)
    }

    /// Write the postmortem of an incident
    ///
    /// The first one is a draft, and needs a resolved incident. What is published stays published.
    #[oai(
        path = "/incidents/:id/postmortem",
        method = "put",
        operation_id = "write_postmortem",
        tag = "Tag::Incidents"
    )]
    async fn write(
        &self,
        cx: Caller,
        id: Path<IncidentId>,
        #[oai(name = "If-Match")] if_match: Header<Option<String>>,
        input: Input<WritePostmortem>,
    ) -> ApiResult<Revised<Postmortem>> {
        revised(domain::postmortem::write(&cx, id.0, input.0, expected(if_match.0)?).await?)
    }

    /// Publish a postmortem
    #[oai(
        path = "/incidents/:id/postmortem/publish",
        method = "post",
        operation_id = "publish_postmortem",
        tag = "Tag::Incidents"
    )]
    async fn publish(
        &self,
        cx: Caller,
        id: Path<IncidentId>,
        input: Input<PublishPostmortem>,
    ) -> ApiResult<Revised<Postmortem>> {
        revised(domain::postmortem::publish(&cx, id.0, input.0).await?)
    }

    /// Take a postmortem back: it is a draft again
    #[oai(
        path = "/incidents/:id/postmortem/unpublish",
        method = "post",
        operation_id = "unpublish_postmortem",
        tag = "Tag::Incidents"
    )]
    async fn unpublish(&self, cx: Caller, id: Path<IncidentId>) -> ApiResult<Revised<Postmortem>> {
        revised(domain::postmortem::unpublish(&cx, id.0).await?)
    }

    /// Delete a postmortem
    #[oai(
        path = "/incidents/:id/postmortem",
        method = "delete",
        operation_id = "delete_postmortem",
        tag = "Tag::Incidents"
    )]
    async fn delete(&self, cx: Caller, id: Path<IncidentId>) -> ApiResult<Done> {
        domain::postmortem::delete(&cx, id.0).await?;
        Ok(Done)
    }

    /// Get the postmortem of an incident as visitors see it
    ///
    /// That of an incident that was merged into another leads to the other's.
    #[oai(
        path = "/public/incidents/:code/postmortem",
        method = "get",
        operation_id = "get_public_postmortem",
        tag = "Tag::Public"
    )]
    async fn public(
        &self,
        cx: Reader,
        request: &Request,
        code: Path<String>,
        page: Query<Option<String>>,
    ) -> ApiResult<Bytes<PublicPostmortem>> {
        let row = domain::page::public(&cx, page.0.as_deref(), http::host(request)).await?;
        let what = Cached::Json {
            path: format!("incidents/{}/postmortem", code.0),
        };
        let make = async { json(&domain::postmortem::public(&cx, row.id, &code.0).await?) };
        match Bytes::read(&cx, row.id, what, request, make).await {
            Err(error) if error.code() == Code::NotFound => {
                match domain::status_page::merged_into(&cx, row.id, &code.0).await {
                    Ok(code) => Ok(Bytes::on_to(&format!("/api/v3/public/incidents/{code}/postmortem"))),
                    // It is the postmortem that is not there.
                    Err(other) if other.code() == Code::NotFound => Err(error.into()),
                    Err(other) => Err(other.into()),
                }
            }
            other => Ok(other?),
        }
    }
}

fn revised(postmortem: Postmortem) -> ApiResult<Revised<Postmortem>> {
    let revision = postmortem.updated_at;
    Ok(Revised(postmortem, revision))
}
