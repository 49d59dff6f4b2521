//! `/incidents/:id/updates/:update_id`

use poem_openapi::OpenApi;
use poem_openapi::param::{Header, Path, Query};
use poem_openapi::payload::Json;
use shared::incident::Incident;
use shared::incident_entry::IncidentUpdatePatch;
use shared::list::IncidentUpdateRevisionList;
use shared::{IncidentId, IncidentUpdateId};

use super::extract::{Caller, Done, Revised, expected};
use super::input::Input;
use super::{ApiResult, Tag};
use crate::domain::incident_entry;
use crate::domain::paging::Paging;

pub struct IncidentEntryApi;

#[OpenApi(tag = "Tag::Incidents")]
impl IncidentEntryApi {
    /// Change an update of an incident
    ///
    /// What it said before is kept. Nobody is told.
    #[oai(
        path = "/incidents/:id/updates/:update_id",
        method = "patch",
        operation_id = "update_incident_update"
    )]
    async fn update(
        &self,
        cx: Caller,
        id: Path<IncidentId>,
        update_id: Path<IncidentUpdateId>,
        #[oai(name = "If-Match")] if_match: Header<Option<String>>,
        input: Input<IncidentUpdatePatch>,
    ) -> ApiResult<Revised<Incident>> {
        let expected = expected(if_match.0)?;
        let incident = incident_entry::update(&cx, id.0, update_id.0, input.0, expected).await?;
        let revision = incident.updated_at;
        Ok(Revised(incident, revision))
    }

    /// Take an update out of an incident
    ///
    /// The latest one stays: it says how the incident stands.
    #[oai(
        path = "/incidents/:id/updates/:update_id",
        method = "delete",
        operation_id = "delete_incident_update"
    )]
    async fn delete(&self, cx: Caller, id: Path<IncidentId>, update_id: Path<IncidentUpdateId>) -> ApiResult<Done> {
        incident_entry::delete(&cx, id.0, update_id.0).await?;
        Ok(Done)
    }

    /// List what an update said before it was changed
    #[oai(
        path = "/incidents/:id/updates/:update_id/revisions",
        method = "get",
        operation_id = "list_incident_update_revisions"
    )]
    async fn revisions(
        &self,
        cx: Caller,
        id: Path<IncidentId>,
        update_id: Path<IncidentUpdateId>,
        cursor: Query<Option<String>>,
        limit: Query<Option<u32>>,
    ) -> ApiResult<Json<IncidentUpdateRevisionList>> {
        let paging = Paging::new(cursor.0, limit.0)?;
        Ok(Json(incident_entry::revisions(&cx, id.0, update_id.0, &paging).await?))
    }
}
