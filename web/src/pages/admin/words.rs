//! Words of the contract in the reader's language, as far as only the console shows them.

use shared::access::Role;
use shared::announcement::AnnouncementStatus;
use shared::delivery::{AttemptOutcome, DeliveryStatus};
use shared::event::EventKind;
use shared::incident::Visibility;
use shared::metric::{Metric, MetricAggregation, MetricAuth, MetricLevel, MetricRange};
use shared::template::{TemplateKind, VariableKind};

use crate::i18n::Locale;
use crate::i18n::t;
use crate::i18n::t::admin::{announcements, deliveries, incidents, metrics, roles, templates};
use crate::number;

/// "Editor"
pub fn role(locale: Locale, role: Role) -> &'static str {
    match role {
        Role::Owner => roles::owner(locale),
        Role::Admin => roles::admin(locale),
        Role::Editor => roles::editor(locale),
        Role::Viewer => roles::viewer(locale),
    }
}

/// What the role is for.
pub fn role_purpose(locale: Locale, role: Role) -> &'static str {
    match role {
        Role::Owner => roles::owner_purpose(locale),
        Role::Admin => roles::admin_purpose(locale),
        Role::Editor => roles::editor_purpose(locale),
        Role::Viewer => roles::viewer_purpose(locale),
    }
}

/// "Given up"
pub fn delivery_status(locale: Locale, status: DeliveryStatus) -> &'static str {
    match status {
        DeliveryStatus::Waiting => deliveries::waiting(locale),
        DeliveryStatus::Delivered => deliveries::delivered(locale),
        DeliveryStatus::GivenUp => deliveries::given_up(locale),
    }
}

/// "Failed for now"
pub fn outcome(locale: Locale, outcome: AttemptOutcome) -> &'static str {
    match outcome {
        AttemptOutcome::Delivered => deliveries::delivered(locale),
        AttemptOutcome::FailedForNow => deliveries::failed_for_now(locale),
        AttemptOutcome::Refused => deliveries::refused(locale),
    }
}

/// "Incident opened"
pub fn event(locale: Locale, kind: EventKind) -> &'static str {
    match kind {
        EventKind::IncidentOpened => deliveries::incident_opened(locale),
        EventKind::IncidentUpdated => deliveries::incident_updated(locale),
        EventKind::IncidentResolved => deliveries::incident_resolved(locale),
        EventKind::ComponentStatusChanged => deliveries::component_status_changed(locale),
        EventKind::MaintenancePlanned => deliveries::maintenance_planned(locale),
        EventKind::MaintenanceReminder => deliveries::maintenance_reminder(locale),
        EventKind::MaintenanceStarted => deliveries::maintenance_started(locale),
        EventKind::MaintenanceUpdated => deliveries::maintenance_updated(locale),
        EventKind::MaintenanceEnded => deliveries::maintenance_ended(locale),
        EventKind::MaintenanceCancelled => deliveries::maintenance_cancelled(locale),
        EventKind::PostmortemPublished => deliveries::postmortem_published(locale),
        EventKind::AnnouncementPublished => deliveries::announcement_published(locale),
    }
}

/// "Hidden"
pub fn visibility(locale: Locale, visibility: Visibility) -> &'static str {
    match visibility {
        Visibility::Public => incidents::visible_to_all(locale),
        Visibility::SignedIn => incidents::visible_to_signed_in(locale),
        Visibility::Hidden => incidents::visible_to_members(locale),
    }
}

/// "For an incident"
pub fn template_kind(locale: Locale, kind: TemplateKind) -> &'static str {
    match kind {
        TemplateKind::Incident => templates::for_incident(locale),
        TemplateKind::IncidentUpdate => templates::for_incident_update(locale),
        TemplateKind::Maintenance => templates::for_maintenance(locale),
        TemplateKind::MaintenanceUpdate => templates::for_maintenance_update(locale),
    }
}

/// "One line"
pub fn variable_kind(locale: Locale, kind: VariableKind) -> &'static str {
    match kind {
        VariableKind::Text => templates::kind_text(locale),
        VariableKind::LongText => templates::kind_long_text(locale),
        VariableKind::Number => templates::kind_number(locale),
        VariableKind::Choice => templates::kind_choice(locale),
        VariableKind::DateTime => templates::kind_date_time(locale),
        VariableKind::Component => templates::kind_component(locale),
    }
}

/// "Shown"
pub fn announcement_status(locale: Locale, status: AnnouncementStatus) -> &'static str {
    match status {
        AnnouncementStatus::Draft => announcements::draft(locale),
        AnnouncementStatus::Scheduled => announcements::scheduled(locale),
        AnnouncementStatus::Active => announcements::active(locale),
        AnnouncementStatus::Ended => announcements::ended(locale),
    }
}

/// "Mean"
pub fn aggregation(locale: Locale, aggregation: MetricAggregation) -> &'static str {
    match aggregation {
        MetricAggregation::Sum => t::status::metrics::aggregation::sum(locale),
        MetricAggregation::Avg => t::status::metrics::aggregation::avg(locale),
        MetricAggregation::Min => t::status::metrics::aggregation::min(locale),
        MetricAggregation::Max => t::status::metrics::aggregation::max(locale),
        MetricAggregation::Last => t::status::metrics::aggregation::last(locale),
        MetricAggregation::P95 => t::status::metrics::aggregation::p95(locale),
    }
}

/// "24 hours"
pub fn range(locale: Locale, range: MetricRange) -> &'static str {
    match range {
        MetricRange::Hour => t::status::metrics::range::hour(locale),
        MetricRange::Day => t::status::metrics::range::day(locale),
        MetricRange::Week => t::status::metrics::range::week(locale),
        MetricRange::Month => t::status::metrics::range::month(locale),
        MetricRange::Quarter => t::status::metrics::range::quarter(locale),
    }
}

/// "warning"
pub fn level(locale: Locale, level: MetricLevel) -> &'static str {
    match level {
        MetricLevel::Normal => t::status::metrics::level::normal(locale),
        MetricLevel::Warning => t::status::metrics::level::warning(locale),
        MetricLevel::Critical => t::status::metrics::level::critical(locale),
    }
}

/// "Name and password"
pub fn auth(locale: Locale, auth: MetricAuth) -> &'static str {
    match auth {
        MetricAuth::None => metrics::auth_none(locale),
        MetricAuth::Basic => metrics::auth_basic(locale),
        MetricAuth::Bearer => metrics::auth_bearer(locale),
    }
}

/// "12.5 ms", as the language writes it.
pub fn figure(locale: Locale, metric: &Metric, value: f64) -> String {
    let places = u8::try_from(metric.places).unwrap_or(0);
    let number = number::fixed(value, places).replace('.', t::status::uptime::decimal(locale));
    format!("{number}\u{a0}{}", metric.unit)
}
