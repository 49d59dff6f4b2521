//! `/maintenances`

use poem_openapi::OpenApi;
use poem_openapi::param::{Header, Path, Query};
use poem_openapi::payload::Json;
use shared::list::{MaintenanceList, Order};
use shared::maintenance::{
    AdvanceMaintenance, CancelMaintenance, Maintenance, MaintenancePatch, MaintenanceSort, MaintenanceStatus,
    NewMaintenance, NewMaintenanceUpdate, PreviewRecurrence, RecurrencePreview,
};
use shared::{ComponentId, MaintenanceId, PageId};

use super::extract::{Caller, Created, Done, Revised, expected};
use super::input::Input;
use super::{ApiResult, Tag};
use crate::domain;
use crate::domain::maintenance::MaintenanceFilter;
use crate::domain::paging::Paging;

pub struct MaintenanceApi;

#[OpenApi(tag = "Tag::Maintenance")]
impl MaintenanceApi {
    /// List maintenance
    #[oai(path = "/maintenances", method = "get", operation_id = "list_maintenances")]
    #[allow(clippy::too_many_arguments)]
    async fn list(
        &self,
        cx: Caller,
        page_id: Query<Option<PageId>>,
        status: Query<Option<MaintenanceStatus>>,
        /// In progress or being verified.
        is_running: Query<Option<bool>>,
        /// Completed or cancelled.
        is_over: Query<Option<bool>>,
        component_id: Query<Option<ComponentId>>,
        series_id: Query<Option<MaintenanceId>>,
        /// Part of the title.
        q: Query<Option<String>>,
        sort: Query<Option<MaintenanceSort>>,
        order: Query<Option<Order>>,
        cursor: Query<Option<String>>,
        limit: Query<Option<u32>>,
    ) -> ApiResult<Json<MaintenanceList>> {
        let filter = MaintenanceFilter {
            page_id: page_id.0,
            status: status.0,
            is_running: is_running.0,
            is_over: is_over.0,
            component_id: component_id.0,
            series_id: series_id.0,
            q: q.0,
            sort: sort.0,
            order: order.0,
        };
        Ok(Json(
            domain::maintenance::list(&cx, filter, &Paging::new(cursor.0, limit.0)?).await?,
        ))
    }

    /// Plan a maintenance
    #[oai(path = "/maintenances", method = "post", operation_id = "schedule_maintenance")]
    async fn schedule(&self, cx: Caller, input: Input<NewMaintenance>) -> ApiResult<Created<Maintenance>> {
        created(domain::maintenance::schedule(&cx, input.0).await?)
    }

    /// Tell when a rule comes round
    #[oai(
        path = "/maintenances/preview-recurrence",
        method = "post",
        operation_id = "preview_recurrence"
    )]
    async fn preview_recurrence(
        &self,
        cx: Caller,
        input: Input<PreviewRecurrence>,
    ) -> ApiResult<Json<RecurrencePreview>> {
        Ok(Json(domain::series::preview(&cx, input.0).await?))
    }

    /// Get a maintenance
    #[oai(path = "/maintenances/:id", method = "get", operation_id = "get_maintenance")]
    async fn get(&self, cx: Caller, id: Path<MaintenanceId>) -> ApiResult<Revised<Maintenance>> {
        let maintenance = domain::maintenance::get(&cx, id.0).await?;
        let revision = maintenance.updated_at;
        Ok(Revised(maintenance, revision))
    }

    /// Change or move a maintenance
    #[oai(path = "/maintenances/:id", method = "patch", operation_id = "update_maintenance")]
    async fn update(
        &self,
        cx: Caller,
        id: Path<MaintenanceId>,
        #[oai(name = "If-Match")] if_match: Header<Option<String>>,
        input: Input<MaintenancePatch>,
    ) -> ApiResult<Revised<Maintenance>> {
        let maintenance = domain::maintenance::update(&cx, id.0, input.0, expected(if_match.0)?).await?;
        let revision = maintenance.updated_at;
        Ok(Revised(maintenance, revision))
    }

    /// Delete a maintenance with its timeline
    #[oai(path = "/maintenances/:id", method = "delete", operation_id = "delete_maintenance")]
    async fn delete(&self, cx: Caller, id: Path<MaintenanceId>) -> ApiResult<Done> {
        domain::maintenance::delete(&cx, id.0).await?;
        Ok(Done)
    }

    /// Start a maintenance, early or late
    #[oai(
        path = "/maintenances/:id/start",
        method = "post",
        operation_id = "start_maintenance"
    )]
    async fn start(
        &self,
        cx: Caller,
        id: Path<MaintenanceId>,
        input: Input<AdvanceMaintenance>,
    ) -> ApiResult<Json<Maintenance>> {
        Ok(Json(domain::maintenance::start(&cx, id.0, input.0).await?))
    }

    /// Verify a maintenance whose work is done
    #[oai(
        path = "/maintenances/:id/verify",
        method = "post",
        operation_id = "verify_maintenance"
    )]
    async fn verify(
        &self,
        cx: Caller,
        id: Path<MaintenanceId>,
        input: Input<AdvanceMaintenance>,
    ) -> ApiResult<Json<Maintenance>> {
        Ok(Json(domain::maintenance::verify(&cx, id.0, input.0).await?))
    }

    /// Complete a maintenance, early or late
    #[oai(
        path = "/maintenances/:id/complete",
        method = "post",
        operation_id = "complete_maintenance"
    )]
    async fn complete(
        &self,
        cx: Caller,
        id: Path<MaintenanceId>,
        input: Input<AdvanceMaintenance>,
    ) -> ApiResult<Json<Maintenance>> {
        Ok(Json(domain::maintenance::complete(&cx, id.0, input.0).await?))
    }

    /// Cancel a maintenance, or its whole series
    #[oai(
        path = "/maintenances/:id/cancel",
        method = "post",
        operation_id = "cancel_maintenance"
    )]
    async fn cancel(
        &self,
        cx: Caller,
        id: Path<MaintenanceId>,
        input: Input<CancelMaintenance>,
    ) -> ApiResult<Json<Maintenance>> {
        Ok(Json(domain::maintenance::cancel(&cx, id.0, input.0).await?))
    }

    /// Add an update to a maintenance
    #[oai(
        path = "/maintenances/:id/updates",
        method = "post",
        operation_id = "create_maintenance_update"
    )]
    async fn add_update(
        &self,
        cx: Caller,
        id: Path<MaintenanceId>,
        input: Input<NewMaintenanceUpdate>,
    ) -> ApiResult<Created<Maintenance>> {
        created(domain::maintenance::add_update(&cx, id.0, input.0).await?)
    }
}

fn created(maintenance: Maintenance) -> ApiResult<Created<Maintenance>> {
    let address = format!("/api/v3/maintenances/{}", maintenance.id);
    Ok(Created(maintenance, address))
}
