//! `/public/metrics`: what anyone may read of metrics.

use poem::Request;
use poem_openapi::OpenApi;
use poem_openapi::param::{Path, Query};
use shared::metric::{MetricRange, PublicMetric, PublicMetrics};

use super::extract::Guest;
use super::status::{Bytes, json};
use super::{ApiResult, Tag};
use crate::context::Cached;
use crate::domain::{metric_series, page};
use crate::http;

pub struct PublicMetricApi;

#[OpenApi(tag = "Tag::Public")]
impl PublicMetricApi {
    /// Get the metrics of a page
    ///
    /// Each with what happened over a range, in buckets; without `range` over its own. New points show within a minute.
    #[oai(path = "/public/metrics", method = "get", operation_id = "get_public_metrics")]
    async fn list(
        &self,
        cx: Guest,
        request: &Request,
        page: Query<Option<String>>,
        range: Query<Option<MetricRange>>,
    ) -> ApiResult<Bytes<PublicMetrics>> {
        let row = page::public(&cx, page.0.as_deref(), http::host(request)).await?;
        let what = Cached::Json {
            path: format!("metrics?{}", word(range.0)),
        };
        let make = async { json(&metric_series::list(&cx, row.id, range.0).await?) };
        Ok(Bytes::new(&cx.cache.get(row.id, what, make).await?, request))
    }

    /// Get a metric of a page
    ///
    /// With what happened over a range, in buckets that begin at multiples of their width since 1970 UTC. A bucket without points
    /// is left out.
    #[oai(path = "/public/metrics/:slug", method = "get", operation_id = "get_public_metric")]
    async fn get(
        &self,
        cx: Guest,
        request: &Request,
        slug: Path<String>,
        page: Query<Option<String>>,
        range: Query<Option<MetricRange>>,
    ) -> ApiResult<Bytes<PublicMetric>> {
        let row = page::public(&cx, page.0.as_deref(), http::host(request)).await?;
        let what = Cached::Json {
            path: format!("metrics/{}?{}", slug.0, word(range.0)),
        };
        let make = async { json(&metric_series::get(&cx, row.id, &slug.0, range.0).await?) };
        Ok(Bytes::new(&cx.cache.get(row.id, what, make).await?, request))
    }
}

fn word(range: Option<MetricRange>) -> &'static str {
    range.map_or("", MetricRange::as_str)
}
