//! The JSON API, `/api/v3`: one file per resource, each handler three lines. Handlers translate; the domain decides.

mod announcement;
mod audit;
mod component;
mod component_group;
mod delivery;
pub mod extract;
mod incident;
mod incident_entry;
mod input;
mod maintenance;
mod me;
mod member;
mod metric;
mod page;
mod postmortem;
mod public_metric;
mod session;
mod setup;
pub mod status;
mod subscriber;
mod subscription;
mod system;
mod template;

use std::collections::BTreeMap;

use poem_openapi::{LicenseObject, OpenApiService, Tags};
use serde_json::Value;

pub use metric::Prometheus;
pub use system::Tester;

pub use crate::http::problem::ApiError;

/// What handlers return.
pub type ApiResult<T> = Result<T, ApiError>;

/// The headings of the API document.
#[derive(Tags)]
pub enum Tag {
    /// What anyone may read, without signing in.
    Public,
    /// Signing in, staying signed in, signing out; the first owner.
    Sessions,
    /// People with a login.
    Members,
    /// Public status pages.
    Pages,
    /// What can be up or down, and the headings over it.
    Components,
    /// Unplanned events and their timelines.
    Incidents,
    /// Planned work, once or again and again.
    Maintenance,
    /// Titles and messages written beforehand.
    Templates,
    /// What all visitors should know, without an incident.
    Announcements,
    /// Numbers over time, and the charts that visitors see of them.
    Metrics,
    /// Who hears of events, and what became of each message.
    Subscribers,
    /// How the installation itself is, and who did what.
    System,
}

type Apis = (
    (
        page::PageApi,
        component_group::ComponentGroupApi,
        component::ComponentApi,
    ),
    (
        incident::IncidentApi,
        incident_entry::IncidentEntryApi,
        postmortem::PostmortemApi,
        maintenance::MaintenanceApi,
        template::TemplateApi,
        announcement::AnnouncementApi,
        status::StatusApi,
    ),
    (metric::MetricApi, public_metric::PublicMetricApi),
    (
        session::SessionApi,
        setup::SetupApi,
        member::MemberApi,
        me::MeApi,
        audit::AuditApi,
    ),
    (
        subscriber::SubscriberApi,
        subscription::SubscriptionApi,
        delivery::DeliveryApi,
        system::SystemApi,
    ),
);

/// All operations, as a service that also tells its OpenAPI document.
pub fn service() -> OpenApiService<Apis, ()> {
    let apis = (
        (
            page::PageApi,
            component_group::ComponentGroupApi,
            component::ComponentApi,
        ),
        (
            incident::IncidentApi,
            incident_entry::IncidentEntryApi,
            postmortem::PostmortemApi,
            maintenance::MaintenanceApi,
            template::TemplateApi,
            announcement::AnnouncementApi,
            status::StatusApi,
        ),
        (metric::MetricApi, public_metric::PublicMetricApi),
        (
            session::SessionApi,
            setup::SetupApi,
            member::MemberApi,
            me::MeApi,
            audit::AuditApi,
        ),
        (
            subscriber::SubscriberApi,
            subscription::SubscriptionApi,
            delivery::DeliveryApi,
            system::SystemApi,
        ),
    );
    OpenApiService::new(apis, "Signet", env!("CARGO_PKG_VERSION"))
        .summary("The API of a self-hosted status page")
        .description(
            "Errors are problems as RFC 9457 has them, with a `code` for programs. Lists are walked with `cursor`. \
             `POST` takes an `Idempotency-Key`; `PATCH` takes `If-Match` with the `ETag` of an earlier answer.",
        )
        .license(LicenseObject::new("AGPL-3.0-or-later").identifier("AGPL-3.0-or-later"))
        .server("/api/v3")
}

/// The OpenAPI document, as it is checked in.
pub fn document() -> String {
    let document: Value = serde_json::from_str(&service().spec()).unwrap_or_default();
    serde_json::to_string_pretty(&sorted(document)).unwrap_or_default() + "\n"
}

/// By the names of fields: which order serde_json keeps depends on what else is built beside the server.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let fields: BTreeMap<_, _> = fields.into_iter().map(|(name, value)| (name, sorted(value))).collect();
            Value::Object(fields.into_iter().collect())
        }
        Value::Array(items) => items.into_iter().map(sorted).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value,
    }
}
