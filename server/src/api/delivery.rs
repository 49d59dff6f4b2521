//! `/deliveries`

use poem_openapi::OpenApi;
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use shared::channel::Channel;
use shared::delivery::{
    DeliveriesRetried, Delivery, DeliveryDetail, DeliveryProgress, DeliveryStatus, RetryDeliveries,
};
use shared::list::DeliveryList;
use shared::{DeliveryId, IncidentId, MaintenanceId, PageId};

use super::extract::Caller;
use super::input::Input;
use super::{ApiResult, Tag};
use crate::domain;
use crate::domain::delivery::DeliveryFilter;
use crate::domain::paging::Paging;

pub struct DeliveryApi;

#[OpenApi(tag = "Tag::Subscribers")]
impl DeliveryApi {
    /// List deliveries, newest first
    ///
    /// Addresses are hidden from those who may not manage subscribers.
    #[oai(path = "/deliveries", method = "get", operation_id = "list_deliveries")]
    #[allow(clippy::too_many_arguments)]
    async fn list(
        &self,
        cx: Caller,
        page_id: Query<Option<PageId>>,
        incident_id: Query<Option<IncidentId>>,
        maintenance_id: Query<Option<MaintenanceId>>,
        status: Query<Option<DeliveryStatus>>,
        channel: Query<Option<Channel>>,
        cursor: Query<Option<String>>,
        limit: Query<Option<u32>>,
    ) -> ApiResult<Json<DeliveryList>> {
        let filter = DeliveryFilter {
            page_id: page_id.0,
            incident_id: incident_id.0,
            maintenance_id: maintenance_id.0,
            status: status.0,
            channel: channel.0,
        };
        let paging = Paging::new(cursor.0, limit.0)?;
        Ok(Json(domain::delivery::list(&cx, filter, &paging).await?))
    }

    /// Count deliveries
    ///
    /// How many wait, arrived and were given up: of everything, a page, an incident or a maintenance.
    #[oai(
        path = "/deliveries/progress",
        method = "get",
        operation_id = "get_delivery_progress"
    )]
    async fn progress(
        &self,
        cx: Caller,
        page_id: Query<Option<PageId>>,
        incident_id: Query<Option<IncidentId>>,
        maintenance_id: Query<Option<MaintenanceId>>,
        channel: Query<Option<Channel>>,
    ) -> ApiResult<Json<DeliveryProgress>> {
        let filter = DeliveryFilter {
            page_id: page_id.0,
            incident_id: incident_id.0,
            maintenance_id: maintenance_id.0,
            status: None,
            channel: channel.0,
        };
        Ok(Json(domain::delivery::progress(&cx, filter).await?))
    }

    /// Send all again that were given up
    #[oai(path = "/deliveries/retry", method = "post", operation_id = "retry_deliveries")]
    async fn retry_all(&self, cx: Caller, input: Input<RetryDeliveries>) -> ApiResult<Json<DeliveriesRetried>> {
        Ok(Json(domain::delivery::retry_all(&cx, input.0).await?))
    }

    /// Get a delivery with its tries
    #[oai(path = "/deliveries/:id", method = "get", operation_id = "get_delivery")]
    async fn get(&self, cx: Caller, id: Path<DeliveryId>) -> ApiResult<Json<DeliveryDetail>> {
        Ok(Json(domain::delivery::get(&cx, id.0).await?))
    }

    /// Send it again, now
    #[oai(path = "/deliveries/:id/retry", method = "post", operation_id = "retry_delivery")]
    async fn retry(&self, cx: Caller, id: Path<DeliveryId>) -> ApiResult<Json<Delivery>> {
        Ok(Json(domain::delivery::retry(&cx, id.0).await?))
    }
}
