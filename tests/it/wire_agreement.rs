//! Both ends print the same text: serde, which the browser and the clients use, and poem-openapi, which the server uses.

use poem_openapi::types::{ParseFromJSON, ToJSON};
use serde::Serialize;
use serde::de::DeserializeOwned;
use shared::access::{Permission, Role};
use shared::announcement::{AnnouncementPatch, NewAnnouncement, PublicAnnouncement};
use shared::channel::{Channel, WebhookFormat};
use shared::component::{Component, ComponentPatch, ComponentStatus, NewComponent, SetComponentStatus};
use shared::event::EventKind;
use shared::incident::{
    AffectedComponent, ComponentEffect, Impact, Incident, IncidentPatch, IncidentStatus, IncidentUpdate, NewIncident,
    Visibility,
};
use shared::incident_detail::{IncidentLink, Metadata};
use shared::maintenance::{
    AdvanceMaintenance, CancelMaintenance, Maintenance, MaintenancePatch, MaintenanceStatus, MaintenanceUpdate,
    NewMaintenance, NewMaintenanceUpdate, PreviewRecurrence, RecurrencePreview,
};
use shared::metric::{
    MetricAggregation, MetricAuth, MetricBucket, MetricLevel, MetricPatch, MetricRange, MetricSeries, MetricSource,
    MetricThreshold, NewMetricPoints, PublicMetric,
};
use shared::page::{Page, PagePatch};
use shared::postmortem::{Postmortem, PublishPostmortem, WritePostmortem};
use shared::preferences::{Digest, Preferences, QuietHours};
use shared::problem::{Code, FieldCode, FieldError, Problem};
use shared::status_page::{Overall, PublicEffect, PublicIncident, PublicPage, StatusPage};
use shared::subscriber::{Scope, Subscriber, Subscription};
use shared::template::{NewTemplate, RenderTemplate, TemplateKind, TemplateVariable};
use shared::uptime::GroupUptimeRule;
use shared::{
    ComponentGroupId, ComponentId, IncidentId, IncidentUpdateId, MaintenanceId, MaintenanceUpdateId, PageId, Patch,
    SubscriberId, SubscriptionId, Timestamp,
};

/// What serde writes, poem-openapi writes too, and each reads what the other wrote.
fn agree<T>(value: &T)
where
    T: Serialize + DeserializeOwned + ToJSON + ParseFromJSON + PartialEq + std::fmt::Debug,
{
    let by_serde = serde_json::to_value(value).unwrap();
    let by_poem = value.to_json().unwrap();
    assert_eq!(by_serde, by_poem);
    assert_eq!(
        &T::parse_from_json(Some(by_serde))
            .map_err(|error| error.into_message())
            .unwrap(),
        value
    );
    assert_eq!(&serde_json::from_value::<T>(by_poem).unwrap(), value);
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn incident() -> Incident {
    let part = AffectedComponent {
        id: ComponentId(3),
        name: "API".into(),
        status: ComponentStatus::PartialOutage,
    };
    let update = IncidentUpdate {
        id: IncidentUpdateId(9),
        status: IncidentStatus::Identified,
        message: "Grüße & <b>\"quotes\"</b>\n状态".into(),
        components: vec![part.clone()],
        author: None,
        created_at: at("2026-11-24T03:00:00.000Z"),
        edited_at: None,
    };
    Incident {
        id: IncidentId(7),
        code: "1e6nt6at8r4o".into(),
        page_id: PageId(1),
        title: "Slow API".into(),
        status: IncidentStatus::Identified,
        impact: Impact::Major,
        is_impact_set: false,
        visibility: Visibility::Public,
        is_draft: false,
        publish_at: None,
        notify_on_publish: true,
        is_sticky: true,
        merged_into: Some(IncidentId(8)),
        is_forgotten: false,
        components: vec![part],
        updates: vec![update],
        tags: vec!["eu-west".into()],
        links: vec![IncidentLink {
            label: "Ticket".into(),
            url: "https://tickets.acme.test/7".into(),
        }],
        metadata: Metadata::from([
            ("shift".into(), serde_json::json!({"on_call": ["ana", null], "n": 1.5})),
            ("nothing".into(), serde_json::Value::Null),
        ]),
        started_at: at("2026-11-24T02:59:59.999Z"),
        resolved_at: None,
        created_at: at("2026-11-24T03:00:00.000Z"),
        updated_at: at("2026-11-24T03:00:00.001Z"),
    }
}

fn maintenance() -> Maintenance {
    let update = MaintenanceUpdate {
        id: MaintenanceUpdateId(4),
        status: MaintenanceStatus::InProgress,
        message: String::new(),
        author: None,
        created_at: at("2026-11-24T22:00:00.000Z"),
    };
    Maintenance {
        id: MaintenanceId(2),
        code: "m41nt3nance1".into(),
        page_id: PageId(1),
        title: "Larger database".into(),
        message: "Orders **wait**.\n".into(),
        status: MaintenanceStatus::InProgress,
        components: vec![AffectedComponent {
            id: ComponentId(3),
            name: "API".into(),
            status: ComponentStatus::UnderMaintenance,
        }],
        updates: vec![update],
        starts_at: at("2026-11-24T22:00:00.000Z"),
        ends_at: at("2026-11-24T23:30:00.000Z"),
        actual_started_at: Some(at("2026-11-24T22:00:00.001Z")),
        actual_ended_at: None,
        starts_by_itself: true,
        ends_by_itself: false,
        is_quiet: true,
        reminder_minutes: Some(60),
        reminded_at: None,
        recurrence: Some("FREQ=WEEKLY;BYDAY=TU".into()),
        recurrence_time_zone: Some("Europe/Berlin".into()),
        series_id: Some(MaintenanceId(1)),
        created_at: at("2026-11-01T00:00:00.000Z"),
        updated_at: at("2026-11-24T22:00:00.001Z"),
    }
}

fn page() -> PublicPage {
    PublicPage {
        id: "k3v9q0x2m1za".into(),
        name: "Acme".into(),
        description: None,
        website_url: Some("https://acme.test".into()),
        url: "https://status.acme.test".into(),
        locale: "en".into(),
        time_zone: "Europe/Berlin".into(),
        accent: "#0f766e".into(),
    }
}

#[test]
fn answers_are_the_same_text() {
    agree(&incident());
    agree(&Incident {
        resolved_at: Some(at("2026-11-24T04:00:00.000Z")),
        ..incident()
    });
    agree(&maintenance());
    agree(&Maintenance {
        recurrence: None,
        recurrence_time_zone: None,
        series_id: None,
        reminder_minutes: None,
        ..maintenance()
    });
    agree(&RecurrencePreview {
        starts_at: vec![at("2026-12-01T22:00:00.000Z")],
    });
    agree(&Component {
        id: ComponentId(3),
        code: "c0mp0nent001".into(),
        page_id: PageId(1),
        group_id: Some(ComponentGroupId(2)),
        name: "API".into(),
        slug: "api".into(),
        description: None,
        link: None,
        status: ComponentStatus::Operational,
        effective_status: ComponentStatus::UnderMaintenance,
        position: 0,
        is_public: true,
        uptime_weight: 1,
        created_at: at("2026-01-01T00:00:00.000Z"),
        updated_at: at("2026-01-01T00:00:00.000Z"),
    });
    agree(&Page {
        id: PageId(1),
        code: "k3v9q0x2m1za".into(),
        slug: "acme".into(),
        name: "Acme".into(),
        description: Some("Hello".into()),
        website_url: None,
        host: None,
        is_default: true,
        locale: "en".into(),
        time_zone: "UTC".into(),
        accent: "#0f766e".into(),
        partial_outage_percent: 30,
        counts_maintenance: false,
        uptime_places: 2,
        group_uptime: GroupUptimeRule::Weighted,
        channels: vec![Channel::Email, Channel::Webhook],
        created_at: at("2026-01-01T00:00:00.000Z"),
        updated_at: at("2026-01-01T00:00:00.000Z"),
    });
    agree(&Subscriber {
        id: SubscriberId(1),
        page_id: PageId(1),
        locale: "de".into(),
        labels: vec!["press".into()],
        subscriptions: vec![Subscription {
            id: SubscriptionId(1),
            channel: Channel::Email,
            target: "ana@example.org".into(),
            scope: Scope {
                groups: vec![ComponentGroupId(2)],
                components: vec![],
                incidents: vec![IncidentId(3)],
            },
            preferences: Preferences {
                kinds: vec![EventKind::IncidentOpened],
                least_impact: Some(Impact::Major),
                digest: Some(Digest::Hourly),
                quiet_hours: Some(QuietHours {
                    from: "22:00".into(),
                    to: "07:00".into(),
                }),
                time_zone: Some("Europe/Berlin".into()),
                paused_until: Some(at("2026-12-24T03:00:00.000Z")),
                webhook_format: Some(WebhookFormat::Statuspage),
            },
            confirmed_at: None,
            suspended_at: None,
        }],
        created_at: at("2026-01-01T00:00:00.000Z"),
    });
    agree(&StatusPage {
        page: page(),
        version: 12,
        as_of: at("2026-11-24T03:00:00.000Z"),
        overall: Overall {
            status: ComponentStatus::MajorOutage,
            open_incidents: 1,
        },
        incidents: vec![PublicIncident {
            id: "1e6nt6at8r4o".into(),
            title: "Slow API".into(),
            status: IncidentStatus::Investigating,
            impact: Impact::None,
            is_forgotten: false,
            components: vec![PublicEffect {
                id: "c0mp0nent001".into(),
                name: "API".into(),
                status: ComponentStatus::Unknown,
            }],
            updates: vec![],
            links: vec![],
            started_at: at("2026-11-24T03:00:00.000Z"),
            resolved_at: None,
            updated_at: at("2026-11-24T03:00:00.000Z"),
        }],
        maintenances: vec![],
        upcoming: vec![],
        groups: vec![],
        components: vec![],
        recent: vec![],
    });
}

#[test]
fn writings_are_the_same_text() {
    agree(&Postmortem {
        incident_id: IncidentId(7),
        message: "Grüße".into(),
        published_at: None,
        edited_at: None,
        author: Some("Ana".into()),
        created_at: at("2026-11-24T03:00:00.000Z"),
        updated_at: at("2026-11-24T03:00:00.000Z"),
    });
    agree(&WritePostmortem::saying("A disk"));
    agree(&PublishPostmortem { notify: None });
    agree(&PublicAnnouncement {
        id: "c0de".into(),
        title: "Moving".into(),
        message: "Soon".into(),
        starts_at: at("2026-11-24T03:00:00.000Z"),
        ends_at: None,
        updated_at: at("2026-11-24T03:00:00.000Z"),
    });
    agree(&NewAnnouncement::titled("Moving", "Soon"));
    agree(&AnnouncementPatch {
        ends_at: Patch::Clear,
        ..AnnouncementPatch::nothing()
    });
    agree(&NewTemplate {
        page_id: None,
        kind: TemplateKind::Incident,
        name: "Provider".into(),
        title: Some("{{ provider }}".into()),
        message: "Down".into(),
        status: None,
        impact: Some(Impact::Minor),
        components: vec![ComponentEffect {
            id: ComponentId(3),
            status: ComponentStatus::MajorOutage,
        }],
        variables: vec![TemplateVariable::text("provider", "Provider")],
    });
    agree(&RenderTemplate {
        variables: [("provider".to_owned(), "Paylane".to_owned())].into(),
    });
}

#[test]
fn numbers_over_time_are_the_same_text() {
    let slow = MetricThreshold {
        value: 300.0,
        label: "Slow".into(),
        level: MetricLevel::Warning,
    };
    agree(&MetricSource {
        url: "https://prometheus.acme.test".into(),
        query: "up".into(),
        interval_s: 15,
        auth: MetricAuth::Bearer,
        username: None,
        has_secret: true,
        last_success_at: None,
        last_error: Some("the answer is the HTTP status 503; 200 is expected".into()),
        last_error_at: Some(at("2026-11-24T03:00:00.000Z")),
    });
    let buckets = [0.1 + 0.2, -1e15, 0.0, 7.0].map(|value| MetricBucket {
        at: at("2026-11-24T03:00:00.000Z"),
        value,
    });
    agree(&PublicMetric {
        slug: "latency".into(),
        name: "Latency".into(),
        description: None,
        unit: "ms".into(),
        aggregation: MetricAggregation::P95,
        places: 1,
        default_range: MetricRange::Day,
        thresholds: vec![slow.clone()],
        series: MetricSeries {
            range: MetricRange::Hour,
            from: at("2026-11-24T02:01:00.000Z"),
            to: at("2026-11-24T03:00:00.000Z"),
            bucket_s: 60,
            buckets: buckets.into(),
        },
    });
    agree(&NewMetricPoints::one(1.5));
    agree(&MetricPatch {
        thresholds: Some(vec![slow]),
        ..MetricPatch::nothing()
    });
}

#[test]
fn problems_are_the_same_text() {
    agree(&Problem::new(Code::NotFound));
    let errors = vec![FieldError::new(
        "components[0].id",
        FieldCode::Unknown,
        "there is no component 7",
    )];
    agree(&Problem {
        detail: Some("why".into()),
        instance: Some("id".into()),
        errors,
        ..Problem::new(Code::Invalid)
    });
}

#[test]
fn requests_are_the_same_text() {
    agree(&NewIncident::investigating("Slow API").affecting(ComponentId(3), ComponentStatus::DegradedPerformance));
    agree(&NewIncident {
        publish_at: Some(at("2026-11-24T04:00:00.000Z")),
        tags: vec!["db".into()],
        ..NewIncident::investigating("Slow API")
    });
    agree(&IncidentPatch {
        publish_at: Patch::Clear,
        metadata: Some(Metadata::new()),
        ..IncidentPatch::nothing()
    });
    let (from, to) = (at("2026-11-24T22:00:00.000Z"), at("2026-11-24T23:30:00.000Z"));
    agree(
        &NewMaintenance::between("Larger database", from, to)
            .on(ComponentId(3))
            .again("FREQ=DAILY"),
    );
    agree(&AdvanceMaintenance {
        message: None,
        notify: Some(false),
    });
    agree(&CancelMaintenance {
        message: Some("Not this time.".into()),
        whole_series: Some(true),
        notify: None,
    });
    agree(&NewMaintenanceUpdate {
        message: "Half of it is done.".into(),
        notify: None,
    });
    agree(&PreviewRecurrence {
        starts_at: from,
        recurrence: "FREQ=WEEKLY".into(),
        time_zone: None,
    });
    agree(&NewComponent::named("API"));
    agree(&SetComponentStatus {
        status: ComponentStatus::PartialOutage,
        notify: Some(false),
    });
}

#[test]
fn a_patch_keeps_its_three_states() {
    let patch = |link| ComponentPatch {
        group_id: Patch::Keep,
        name: None,
        slug: None,
        description: Patch::Clear,
        link,
        is_public: None,
        uptime_weight: None,
    };
    agree(&patch(Patch::Keep));
    agree(&patch(Patch::Clear));
    agree(&patch(Patch::Set("https://example.org".to_owned())));
    let text = serde_json::to_string(&patch(Patch::Keep)).unwrap();
    assert_eq!(text, r#"{"description":null}"#);
    for reminder_minutes in [Patch::Keep, Patch::Clear, Patch::Set(30)] {
        agree(&MaintenancePatch {
            reminder_minutes,
            recurrence: Patch::Clear,
            ..MaintenancePatch::nothing()
        });
    }
    assert!(serde_json::from_str::<PagePatch>(r#"{"nmae":"typing mistake"}"#).is_err());
}

#[test]
fn words_are_the_same_everywhere() {
    for status in ComponentStatus::ALL {
        agree(status);
    }
    for status in MaintenanceStatus::ALL {
        agree(status);
    }
    for permission in Permission::ALL {
        agree(permission);
    }
    for role in Role::ALL {
        assert_eq!(Role::from_word(role.as_str()), Some(*role));
        agree(role);
    }
}
