//! `/incidents`

use poem_openapi::OpenApi;
use poem_openapi::param::{Header, Path, Query};
use poem_openapi::payload::Json;
use shared::incident::{
    Incident, IncidentPatch, IncidentSort, IncidentStatus, NewIncident, NewIncidentUpdate, PreviewRecipients,
    RecipientPreview, ReopenIncident, ResolveIncident,
};
use shared::incident_entry::MergeIncident;
use shared::list::{IncidentList, Order};
use shared::{ComponentId, IncidentId, PageId};

use super::extract::{Caller, Created, Done, Revised, expected};
use super::input::Input;
use super::{ApiResult, Tag};
use crate::domain;
use crate::domain::incident::IncidentFilter;
use crate::domain::paging::Paging;

pub struct IncidentApi;

#[OpenApi(tag = "Tag::Incidents")]
impl IncidentApi {
    /// List incidents
    #[oai(path = "/incidents", method = "get", operation_id = "list_incidents")]
    #[allow(clippy::too_many_arguments)]
    async fn list(
        &self,
        cx: Caller,
        page_id: Query<Option<PageId>>,
        status: Query<Option<IncidentStatus>>,
        is_open: Query<Option<bool>>,
        is_draft: Query<Option<bool>>,
        /// Drafts that publish themselves.
        is_scheduled: Query<Option<bool>>,
        /// True for those that were merged into another; they are left out otherwise.
        is_merged: Query<Option<bool>>,
        /// A tag they have.
        tag: Query<Option<String>>,
        component_id: Query<Option<ComponentId>>,
        /// Part of the title.
        q: Query<Option<String>>,
        sort: Query<Option<IncidentSort>>,
        order: Query<Option<Order>>,
        cursor: Query<Option<String>>,
        limit: Query<Option<u32>>,
    ) -> ApiResult<Json<IncidentList>> {
        let filter = IncidentFilter {
            page_id: page_id.0,
            status: status.0,
            is_open: is_open.0,
            is_draft: is_draft.0,
            is_scheduled: is_scheduled.0,
            is_merged: is_merged.0.unwrap_or(false),
            tag: tag.0,
            component_id: component_id.0,
            q: q.0,
            sort: sort.0,
            order: order.0,
        };
        Ok(Json(
            domain::incident::list(&cx, filter, &Paging::new(cursor.0, limit.0)?).await?,
        ))
    }

    /// Open an incident
    #[oai(path = "/incidents", method = "post", operation_id = "create_incident")]
    async fn create(&self, cx: Caller, input: Input<NewIncident>) -> ApiResult<Created<Incident>> {
        created(domain::incident::create(&cx, input.0).await?)
    }

    /// Count who would hear of an incident
    #[oai(
        path = "/incidents/preview-recipients",
        method = "post",
        operation_id = "preview_recipients"
    )]
    async fn preview_recipients(
        &self,
        cx: Caller,
        input: Input<PreviewRecipients>,
    ) -> ApiResult<Json<RecipientPreview>> {
        Ok(Json(domain::recipients::preview(&cx, input.0).await?))
    }

    /// Get an incident
    #[oai(path = "/incidents/:id", method = "get", operation_id = "get_incident")]
    async fn get(&self, cx: Caller, id: Path<IncidentId>) -> ApiResult<Revised<Incident>> {
        let incident = domain::incident::get(&cx, id.0).await?;
        let revision = incident.updated_at;
        Ok(Revised(incident, revision))
    }

    /// Change an incident itself
    #[oai(path = "/incidents/:id", method = "patch", operation_id = "update_incident")]
    async fn update(
        &self,
        cx: Caller,
        id: Path<IncidentId>,
        #[oai(name = "If-Match")] if_match: Header<Option<String>>,
        input: Input<IncidentPatch>,
    ) -> ApiResult<Revised<Incident>> {
        let incident = domain::incident_edit::update(&cx, id.0, input.0, expected(if_match.0)?).await?;
        let revision = incident.updated_at;
        Ok(Revised(incident, revision))
    }

    /// Delete an incident with its timeline
    #[oai(path = "/incidents/:id", method = "delete", operation_id = "delete_incident")]
    async fn delete(&self, cx: Caller, id: Path<IncidentId>) -> ApiResult<Done> {
        domain::incident::delete(&cx, id.0).await?;
        Ok(Done)
    }

    /// Add an update to an incident
    #[oai(
        path = "/incidents/:id/updates",
        method = "post",
        operation_id = "create_incident_update"
    )]
    async fn add_update(
        &self,
        cx: Caller,
        id: Path<IncidentId>,
        input: Input<NewIncidentUpdate>,
    ) -> ApiResult<Created<Incident>> {
        created(domain::incident::add_update(&cx, id.0, input.0).await?)
    }

    /// Resolve an incident
    #[oai(path = "/incidents/:id/resolve", method = "post", operation_id = "resolve_incident")]
    async fn resolve(
        &self,
        cx: Caller,
        id: Path<IncidentId>,
        input: Input<ResolveIncident>,
    ) -> ApiResult<Json<Incident>> {
        Ok(Json(domain::incident::resolve(&cx, id.0, input.0).await?))
    }

    /// Reopen an incident
    #[oai(path = "/incidents/:id/reopen", method = "post", operation_id = "reopen_incident")]
    async fn reopen(
        &self,
        cx: Caller,
        id: Path<IncidentId>,
        input: Input<ReopenIncident>,
    ) -> ApiResult<Json<Incident>> {
        Ok(Json(domain::incident::reopen(&cx, id.0, input.0).await?))
    }

    /// Merge an incident into another
    ///
    /// It ends without a word to anybody, its components join the other, and its address leads there.
    #[oai(path = "/incidents/:id/merge", method = "post", operation_id = "merge_incident")]
    async fn merge(&self, cx: Caller, id: Path<IncidentId>, input: Input<MergeIncident>) -> ApiResult<Json<Incident>> {
        Ok(Json(domain::incident_merge::merge(&cx, id.0, input.0).await?))
    }
}

fn created(incident: Incident) -> ApiResult<Created<Incident>> {
    let address = format!("/api/v3/incidents/{}", incident.id);
    Ok(Created(incident, address))
}
