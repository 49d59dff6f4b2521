//! The names of statuses in the reader's language.

use shared::channel::Channel;
use shared::component::ComponentStatus;
use shared::incident::{Impact, IncidentStatus};
use shared::maintenance::MaintenanceStatus;

use crate::i18n::{Locale, t};

/// "Partial outage"
pub fn component_status(locale: Locale, status: ComponentStatus) -> &'static str {
    match status {
        ComponentStatus::Operational => t::common::component_status::operational(locale),
        ComponentStatus::Unknown => t::common::component_status::unknown(locale),
        ComponentStatus::UnderMaintenance => t::common::component_status::under_maintenance(locale),
        ComponentStatus::DegradedPerformance => t::common::component_status::degraded_performance(locale),
        ComponentStatus::PartialOutage => t::common::component_status::partial_outage(locale),
        ComponentStatus::MajorOutage => t::common::component_status::major_outage(locale),
    }
}

/// "Investigating"
pub fn incident_status(locale: Locale, status: IncidentStatus) -> &'static str {
    match status {
        IncidentStatus::Investigating => t::common::incident_status::investigating(locale),
        IncidentStatus::Identified => t::common::incident_status::identified(locale),
        IncidentStatus::Monitoring => t::common::incident_status::monitoring(locale),
        IncidentStatus::Resolved => t::common::incident_status::resolved(locale),
    }
}

/// "Scheduled"
pub fn maintenance_status(locale: Locale, status: MaintenanceStatus) -> &'static str {
    match status {
        MaintenanceStatus::Scheduled => t::common::maintenance_status::scheduled(locale),
        MaintenanceStatus::InProgress => t::common::maintenance_status::in_progress(locale),
        MaintenanceStatus::Verifying => t::common::maintenance_status::verifying(locale),
        MaintenanceStatus::Completed => t::common::maintenance_status::completed(locale),
        MaintenanceStatus::Cancelled => t::common::maintenance_status::cancelled(locale),
    }
}

/// "Minor"
pub fn impact(locale: Locale, impact: Impact) -> &'static str {
    match impact {
        Impact::None => t::common::impact::none(locale),
        Impact::Minor => t::common::impact::minor(locale),
        Impact::Major => t::common::impact::major(locale),
        Impact::Critical => t::common::impact::critical(locale),
    }
}

/// "E-mail"
pub fn channel_name(locale: Locale, channel: Channel) -> &'static str {
    use t::common::channel as words;
    match channel {
        Channel::Email => words::email(locale),
        Channel::Sms => words::sms(locale),
        Channel::Webhook => words::webhook(locale),
        Channel::Slack => words::slack(locale),
        Channel::Teams => words::teams(locale),
        Channel::Discord => words::discord(locale),
        Channel::Telegram => words::telegram(locale),
        Channel::Matrix => words::matrix(locale),
        Channel::Mattermost => words::mattermost(locale),
        Channel::Ntfy => words::ntfy(locale),
        Channel::Pagerduty => words::pagerduty(locale),
        Channel::Opsgenie => words::opsgenie(locale),
    }
}
