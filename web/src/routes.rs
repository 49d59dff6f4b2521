//! Addresses: one function per page, so that a link cannot be misspelt.

/// The public page. Every address is a document of its own.
pub mod public {
    /// The front of the page.
    pub const OVERVIEW: &str = "/";
    /// The form for new subscribers.
    pub const SUBSCRIBE: &str = "/subscribe";
    pub const SUBSCRIBE_CODE: &str = "/subscribe/code";
    /// This month's history.
    pub const HISTORY: &str = "/history";
    /// Search in the history.
    pub const SEARCH: &str = "/search";
    /// The page's feeds, and its maintenance as a calendar.
    pub const FEED_ATOM: &str = "/feed.atom";
    pub const FEED_RSS: &str = "/feed.rss";
    pub const FEED_JSON: &str = "/feed.json";
    pub const CALENDAR: &str = "/maintenance.ics";
    /// The API's documentation.
    pub const API_DOCS: &str = "/api/v3/docs";

    /// The style sheet that gives a page its colour, by six hexadecimal digits.
    pub fn theme(accent: &str) -> String {
        format!("/theme/{accent}.css")
    }

    /// An incident, by its code.
    pub fn incident(code: &str) -> String {
        format!("/incidents/{code}")
    }

    /// What an incident taught, by the incident's code.
    pub fn postmortem(code: &str) -> String {
        format!("/incidents/{code}/postmortem")
    }

    /// A component, by its slug.
    pub fn component(slug: &str) -> String {
        format!("/components/{slug}")
    }

    /// What a component's uptime is made from, as JSON, by its code.
    pub fn explanation(code: &str) -> String {
        format!("/api/v3/public/components/{code}/uptime/explain")
    }

    /// A metric over its own range, by its slug.
    pub fn chart(slug: &str) -> String {
        format!("/charts/{slug}")
    }

    /// A metric over a range.
    pub fn chart_over(slug: &str, range: shared::metric::MetricRange) -> String {
        format!("/charts/{slug}?range={range}")
    }

    /// The same as JSON.
    pub fn chart_data(slug: &str, range: shared::metric::MetricRange) -> String {
        format!("/api/v3/public/metrics/{slug}?range={range}")
    }

    /// A maintenance, by its code.
    pub fn maintenance(code: &str) -> String {
        format!("/maintenance/{code}")
    }

    /// A maintenance as an event for a calendar.
    pub fn calendar(code: &str) -> String {
        format!("/maintenance/{code}.ics")
    }

    /// The question behind the link in a confirmation mail.
    pub fn confirm(token: &str) -> String {
        format!("/confirm/{token}")
    }

    /// What a subscriber can change.
    pub fn manage(token: &str) -> String {
        format!("/manage/{token}")
    }

    /// The question behind the link at the end of every mail.
    pub fn unsubscribe(token: &str) -> String {
        format!("/unsubscribe/{token}")
    }

    /// How to embed an address of this page.
    #[cfg(feature = "ssr")]
    pub fn oembed(address: &str) -> String {
        let address: String = url::form_urlencoded::byte_serialize(address.as_bytes()).collect();
        format!("/oembed?url={address}")
    }

    /// What was found of some words, from a cursor on.
    #[cfg(feature = "ssr")]
    pub fn search(q: &str, cursor: &str) -> String {
        let q: String = url::form_urlencoded::byte_serialize(q.as_bytes()).collect();
        format!("{SEARCH}?q={q}&cursor={cursor}")
    }

    /// A month of history, as in `2026-11`.
    pub fn history(month: &str) -> String {
        format!("/history?month={month}")
    }
}

/// The console. Its addresses are understood in the browser only; the server sends the same app for all of them.
pub mod admin {
    use shared::{DeliveryId, IncidentId, MaintenanceId, MetricId, TemplateId};

    /// What is wrong, what failed to send, whether the system is well.
    pub const OVERVIEW: &str = "/admin";
    /// The first owner's form; the secret follows after `#`.
    pub const SETUP: &str = "/admin/setup";
    /// An invited member's form; the secret follows after `#`.
    pub const JOIN: &str = "/admin/join";
    pub const INCIDENTS: &str = "/admin/incidents";
    pub const NEW_INCIDENT: &str = "/admin/incidents/new";
    pub const MAINTENANCE: &str = "/admin/maintenance";
    pub const PLAN_MAINTENANCE: &str = "/admin/maintenance/new";
    pub const ANNOUNCEMENTS: &str = "/admin/announcements";
    pub const TEMPLATES: &str = "/admin/templates";
    pub const NEW_TEMPLATE: &str = "/admin/templates/new";
    pub const COMPONENTS: &str = "/admin/components";
    pub const SUBSCRIBERS: &str = "/admin/subscribers";
    pub const DELIVERIES: &str = "/admin/deliveries";
    pub const METRICS: &str = "/admin/metrics";
    pub const TEAM: &str = "/admin/team";
    pub const AUDIT: &str = "/admin/audit";
    pub const SETTINGS: &str = "/admin/settings";

    /// An incident, by its id.
    pub fn incident(id: IncidentId) -> String {
        format!("{INCIDENTS}/{id}")
    }

    /// The incidents that have a tag.
    pub fn incidents_tagged(tag: &str) -> String {
        format!("{INCIDENTS}?tag={tag}")
    }

    /// A maintenance, by its id.
    pub fn maintenance(id: MaintenanceId) -> String {
        format!("{MAINTENANCE}/{id}")
    }

    /// A metric, by its id.
    pub fn metric(id: MetricId) -> String {
        format!("{METRICS}/{id}")
    }

    /// A template, by its id.
    pub fn template(id: TemplateId) -> String {
        format!("{TEMPLATES}/{id}")
    }

    /// A delivery, by its id.
    pub fn delivery(id: DeliveryId) -> String {
        format!("{DELIVERIES}/{id}")
    }

    /// What was sent because of an incident.
    pub fn deliveries_of(id: IncidentId) -> String {
        format!("{DELIVERIES}?incident={id}")
    }

    /// What was sent because of a maintenance.
    pub fn deliveries_of_maintenance(id: MaintenanceId) -> String {
        format!("{DELIVERIES}?maintenance={id}")
    }
}
