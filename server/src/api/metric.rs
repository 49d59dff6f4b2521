//! `/metrics`

use std::sync::Arc;

use poem::web::Data;
use poem_openapi::OpenApi;
use poem_openapi::param::{Header, Path, Query};
use poem_openapi::payload::Json;
use shared::list::MetricList;
use shared::metric::{
    Metric, MetricPatch, MetricPointsTaken, MetricSourceTrial, NewMetric, NewMetricPoints, ReorderMetrics,
    SetMetricSource, TryMetricSource,
};
use shared::{MetricId, PageId};

use super::extract::{Caller, Created, Done, Revised, expected};
use super::input::Input;
use super::{ApiResult, Tag};
use crate::domain::metric_source::AsksPrometheus;
use crate::domain::paging::Paging;
use crate::domain::{metric, metric_points, metric_source};

pub struct MetricApi;

/// Who asks a Prometheus; the app hands it in.
pub type Prometheus = Arc<dyn AsksPrometheus>;

#[OpenApi(tag = "Tag::Metrics")]
impl MetricApi {
    /// List metrics
    ///
    /// In the order of their page.
    #[oai(path = "/metrics", method = "get", operation_id = "list_metrics")]
    async fn list(
        &self,
        cx: Caller,
        page_id: Query<Option<PageId>>,
        cursor: Query<Option<String>>,
        limit: Query<Option<u32>>,
    ) -> ApiResult<Json<MetricList>> {
        let paging = Paging::new(cursor.0, limit.0)?;
        Ok(Json(metric::list(&cx, page_id.0, &paging).await?))
    }

    /// Add a metric
    #[oai(path = "/metrics", method = "post", operation_id = "create_metric")]
    async fn create(&self, cx: Caller, input: Input<NewMetric>) -> ApiResult<Created<Metric>> {
        let metric = metric::create(&cx, input.0).await?;
        let address = format!("/api/v3/metrics/{}", metric.id);
        Ok(Created(metric, address))
    }

    /// Put metrics in a new order
    #[oai(path = "/metrics/reorder", method = "post", operation_id = "reorder_metrics")]
    async fn reorder(&self, cx: Caller, input: Input<ReorderMetrics>) -> ApiResult<Done> {
        metric::reorder(&cx, input.0).await?;
        Ok(Done)
    }

    /// Try a source
    ///
    /// It is asked once, at once; the answer is the number it gave, or why there is none.
    #[oai(path = "/metrics/try-source", method = "post", operation_id = "try_metric_source")]
    async fn try_source(
        &self,
        cx: Caller,
        prometheus: Data<&Prometheus>,
        input: Input<TryMetricSource>,
    ) -> ApiResult<Json<MetricSourceTrial>> {
        let trial = metric_source::try_out(&cx, input.0, prometheus.0.as_ref()).await?;
        Ok(Json(trial))
    }

    /// Get a metric
    #[oai(path = "/metrics/:id", method = "get", operation_id = "get_metric")]
    async fn get(&self, cx: Caller, id: Path<MetricId>) -> ApiResult<Revised<Metric>> {
        let metric = metric::get(&cx, id.0).await?;
        let revision = metric.updated_at;
        Ok(Revised(metric, revision))
    }

    /// Change a metric
    #[oai(path = "/metrics/:id", method = "patch", operation_id = "update_metric")]
    async fn update(
        &self,
        cx: Caller,
        id: Path<MetricId>,
        #[oai(name = "If-Match")] if_match: Header<Option<String>>,
        input: Input<MetricPatch>,
    ) -> ApiResult<Revised<Metric>> {
        let metric = metric::update(&cx, id.0, input.0, expected(if_match.0)?).await?;
        let revision = metric.updated_at;
        Ok(Revised(metric, revision))
    }

    /// Delete a metric
    ///
    /// Its points go with it.
    #[oai(path = "/metrics/:id", method = "delete", operation_id = "delete_metric")]
    async fn delete(&self, cx: Caller, id: Path<MetricId>) -> ApiResult<Done> {
        metric::delete(&cx, id.0).await?;
        Ok(Done)
    }

    /// Add points
    ///
    /// One, or up to 1,000 at once: all of them or none. Visitors see them within a minute. The same points may be sent again.
    #[oai(path = "/metrics/:id/points", method = "post", operation_id = "push_metric_points")]
    async fn push(
        &self,
        cx: Caller,
        id: Path<MetricId>,
        input: Input<NewMetricPoints>,
    ) -> ApiResult<Json<MetricPointsTaken>> {
        Ok(Json(metric_points::push(&cx, id.0, input.0).await?))
    }

    /// Set where points are pulled from
    ///
    /// A Prometheus is asked a query again and again. Its password or token is kept sealed and is never told.
    #[oai(path = "/metrics/:id/source", method = "put", operation_id = "set_metric_source")]
    async fn set_source(
        &self,
        cx: Caller,
        id: Path<MetricId>,
        input: Input<SetMetricSource>,
    ) -> ApiResult<Json<Metric>> {
        Ok(Json(metric_source::set(&cx, id.0, input.0).await?))
    }

    /// Pull points no more
    #[oai(
        path = "/metrics/:id/source",
        method = "delete",
        operation_id = "delete_metric_source"
    )]
    async fn delete_source(&self, cx: Caller, id: Path<MetricId>) -> ApiResult<Done> {
        metric_source::remove(&cx, id.0).await?;
        Ok(Done)
    }
}
