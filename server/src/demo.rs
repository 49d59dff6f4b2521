//! An imagined company for `signet serve --demo`: components, ninety days of history, an open incident, planned work.
//!
//! It is told through the same use cases people use, with the clock set back and moved on between them.

use std::time::Duration;

use shared::access::Role;
use shared::component::{ComponentStatus, NewComponent, NewComponentGroup};
use shared::incident::{IncidentStatus, NewIncident, NewIncidentUpdate, ResolveIncident};
use shared::maintenance::NewMaintenance;
use shared::member::NewMember;
use shared::metric::{
    MetricAggregation, MetricLevel, MetricThreshold, NewMetric, NewMetricPoint, NewMetricPoints, POINTS_MAX,
};
use shared::page::PagePatch;
use shared::subscriber::{NewSubscriber, Scope};
use shared::time::{days, hours, minutes};
use shared::{ComponentGroupId, ComponentId, Patch};

use crate::context::{Clock, Ctx};
use crate::domain::{
    component, component_group, incident, maintenance, member, metric, metric_points, page, subscriber,
};
use crate::error::Result;

/// Who can sign in to the demo.
pub const EMAIL: &str = "owner@demo.example";
/// With which password; the data are thrown away and everybody may know it.
pub const PASSWORD: &str = "lantern-orchard-velvet-9";

use ComponentStatus::{DegradedPerformance, MajorOutage, PartialOutage};

/// One past incident: days ago, how long, what, and what was said.
struct Past {
    days_ago: u64,
    minutes: u64,
    title: &'static str,
    component: &'static str,
    status: ComponentStatus,
    told: [&'static str; 3],
}

const HISTORY: &[Past] = &[
    Past {
        days_ago: 83,
        minutes: 47,
        title: "Card payments declined",
        component: "Card payments",
        status: PartialOutage,
        told: [
            "Some card payments are declined. Bank transfers work.",
            "Our card processor has a fault in one of its regions. We send payments through the other.",
            "All card payments go through again. Nobody was charged twice.",
        ],
    },
    Past {
        days_ago: 61,
        minutes: 95,
        title: "Search is slow",
        component: "Search",
        status: DegradedPerformance,
        told: [
            "Searches take up to ten seconds.",
            "A rebuild of the index takes more memory than planned. We move it to a larger machine.",
            "Searches are as fast as they were.",
        ],
    },
    Past {
        days_ago: 44,
        minutes: 22,
        title: "Sign-in unavailable",
        component: "Web app",
        status: MajorOutage,
        told: [
            "Nobody can sign in to the web app. The mobile app is not affected.",
            "A certificate was not renewed. We install the new one.",
            "Signing in works. Renewals now warn us two weeks ahead.",
        ],
    },
    Past {
        days_ago: 30,
        minutes: 180,
        title: "Webhooks arrive late",
        component: "Webhooks",
        status: DegradedPerformance,
        told: [
            "Webhooks arrive up to an hour late. None is lost.",
            "One receiver answers very slowly and holds up the others. We give it a queue of its own.",
            "The queue is empty and webhooks arrive at once.",
        ],
    },
    Past {
        days_ago: 12,
        minutes: 64,
        title: "Exports fail",
        component: "Exports",
        status: PartialOutage,
        told: [
            "Exports of more than 10,000 rows fail.",
            "The disk for temporary files was full.",
            "Exports work. Those that failed were run again.",
        ],
    },
    Past {
        days_ago: 3,
        minutes: 38,
        title: "Delays in Frankfurt",
        component: "Frankfurt",
        status: DegradedPerformance,
        told: [
            "Requests to Frankfurt are slower than usual.",
            "Our provider repairs a network link. Traffic goes another way.",
            "Answer times are normal again.",
        ],
    },
];

/// Tells the story into an empty installation.
pub async fn fill(cx: &Ctx) -> Result<()> {
    let cx = cx.as_system("demo");
    let start = Ctx {
        clock: Clock::held_at(cx.clock.now() - days(91)),
        ..cx.clone()
    };
    let owner = NewMember {
        email: EMAIL.into(),
        name: "Mara Lind".into(),
        role: Role::Owner,
    };
    member::add_with_password(&start, owner, PASSWORD.to_owned()).await?;
    name_page(&start).await?;
    let parts = build_tree(&start).await?;
    for past in HISTORY {
        tell(&cx, &parts, past).await?;
    }
    open_incident(&cx, &parts).await?;
    plan(&cx, &parts).await?;
    measure(&cx).await?;
    subscribers(&cx, &parts).await
}

async fn name_page(cx: &Ctx) -> Result<()> {
    let id = page::default(cx).await?.id;
    let patch = PagePatch {
        name: Some("Fernwood".into()),
        slug: None,
        description: Patch::Set("Orders, stock and deliveries for small shops.".into()),
        website_url: Patch::Set("https://fernwood.example".into()),
        host: Patch::Keep,
        locale: None,
        time_zone: Some("Europe/Berlin".into()),
        accent: Some("#0f766e".into()),
        ..PagePatch::default()
    };
    page::update(cx, id, patch, None).await?;
    Ok(())
}

/// The components by name.
struct Parts(Vec<(String, ComponentId)>);

impl Parts {
    fn id(&self, name: &str) -> ComponentId {
        self.0
            .iter()
            .find(|(known, _)| known == name)
            .map_or(ComponentId(0), |(_, id)| *id)
    }
}

async fn build_tree(cx: &Ctx) -> Result<Parts> {
    let product = group(cx, None, "Product").await?;
    let developers = group(cx, None, "For developers").await?;
    let money = group(cx, None, "Payments").await?;
    let infrastructure = group(cx, None, "Infrastructure").await?;
    let regions = group(cx, Some(infrastructure), "Regions").await?;
    let tree: &[(Option<ComponentGroupId>, &str, &str)] = &[
        (Some(product), "Web app", "app.fernwood.example"),
        (Some(product), "Mobile app", "iOS and Android"),
        (Some(product), "Search", "Finding orders, items and customers"),
        (Some(product), "Exports", "Spreadsheets and accounting files"),
        (Some(developers), "API", "api.fernwood.example"),
        (Some(developers), "Webhooks", "Calls to your own systems"),
        (Some(money), "Card payments", "Through our processor"),
        (Some(money), "Invoices", "Written and sent at night"),
        (Some(infrastructure), "Database", "Where your orders are kept"),
        (Some(regions), "Frankfurt", "Europe"),
        (Some(regions), "Virginia", "North America"),
        (None, "Help centre", "help.fernwood.example"),
    ];
    let mut parts = Vec::new();
    for (group, name, description) in tree {
        let mut input = NewComponent::named(*name);
        input.group_id = *group;
        input.description = Some((*description).into());
        parts.push(((*name).to_owned(), component::create(cx, input).await?.id));
    }
    Ok(Parts(parts))
}

async fn group(cx: &Ctx, parent_id: Option<ComponentGroupId>, name: &str) -> Result<ComponentGroupId> {
    let input = NewComponentGroup {
        page_id: None,
        parent_id,
        name: name.into(),
        description: None,
    };
    Ok(component_group::create(cx, input).await?.id)
}

async fn tell(cx: &Ctx, parts: &Parts, past: &Past) -> Result<()> {
    let clock = Clock::held_at(cx.clock.now() - days(past.days_ago));
    let then = Ctx {
        clock: clock.clone(),
        ..cx.clone()
    };
    let third = Duration::from_secs(past.minutes * 20);
    let mut input = NewIncident::investigating(past.title)
        .affecting(parts.id(past.component), past.status)
        .saying(past.told[0]);
    input.notify = Some(false);
    let id = incident::create(&then, input).await?.id;
    clock.advance(third);
    let mut found = NewIncidentUpdate::new(IncidentStatus::Identified, past.told[1]);
    found.notify = Some(false);
    incident::add_update(&then, id, found).await?;
    clock.advance(third * 2);
    let end = ResolveIncident {
        notify: Some(false),
        ..ResolveIncident::saying(past.told[2])
    };
    incident::resolve(&then, id, end).await?;
    Ok(())
}

async fn open_incident(cx: &Ctx, parts: &Parts) -> Result<()> {
    let clock = Clock::held_at(cx.clock.now() - minutes(42));
    let then = Ctx {
        clock: clock.clone(),
        ..cx.clone()
    };
    let input = NewIncident::investigating("API answers slowly, some requests fail")
        .affecting(parts.id("API"), PartialOutage)
        .affecting(parts.id("Webhooks"), DegradedPerformance)
        .saying("About one request in twenty fails, and the others take longer than usual. We are looking into it.");
    let id = incident::create(
        &then,
        NewIncident {
            notify: Some(false),
            ..input
        },
    )
    .await?
    .id;
    clock.advance(minutes(17));
    let update = NewIncidentUpdate::new(
        IncidentStatus::Identified,
        "One of the machines behind the API has a failing disk. **No data is lost**: we take the machine out and add two others.",
    );
    incident::add_update(
        &then,
        id,
        NewIncidentUpdate {
            notify: Some(false),
            ..update
        },
    )
    .await?;
    Ok(())
}

async fn plan(cx: &Ctx, parts: &Parts) -> Result<()> {
    let starts_at = cx.clock.now() + days(2);
    let input = NewMaintenance {
        message:
            "We move to a newer database. Orders can be read the whole time; new ones wait for up to five minutes."
                .into(),
        notify: Some(false),
        ..NewMaintenance::between("Database upgrade", starts_at, starts_at + hours(2))
    };
    let input = input.on(parts.id("Database")).on(parts.id("Invoices"));
    maintenance::schedule(cx, input).await?;
    Ok(())
}

/// A day of answer times: a wave, a little noise, and a bad quarter of an hour.
async fn measure(cx: &Ctx) -> Result<()> {
    let input = NewMetric {
        description: Some("From the first byte of a request to the last of its answer, measured in Frankfurt.".into()),
        aggregation: Some(MetricAggregation::P95),
        thresholds: vec![MetricThreshold {
            value: 300.0,
            label: "Our goal".into(),
            level: MetricLevel::Warning,
        }],
        ..NewMetric::named("Answer time of the API", "ms")
    };
    let id = metric::create(cx, input).await?.id;
    let now = cx.clock.now();
    let point = |minute: u32| {
        let wave = (f64::from(minute) / 229.0).sin() * 40.0;
        let noise = f64::from(minute * 7_919 % 61);
        let trouble = if (300..315).contains(&minute) { 190.0 } else { 0.0 };
        NewMetricPoint {
            value: 120.0 + wave + noise + trouble,
            at: Some(now - minutes(minute.into())),
        }
    };
    let points: Vec<NewMetricPoint> = (0..24 * 60).map(point).collect();
    for some in points.chunks(POINTS_MAX) {
        metric_points::push(cx, id, NewMetricPoints::many(some.to_vec())).await?;
    }
    Ok(())
}

async fn subscribers(cx: &Ctx, parts: &Parts) -> Result<()> {
    let everything = [
        "ana@shop.example",
        "ben@bakery.example",
        "chidi@books.example",
        "dora@garden.example",
        "emil@coffee.example",
    ];
    for email in everything {
        subscriber::create(cx, subscribed(email, None)).await?;
    }
    let only_api = Scope {
        components: vec![parts.id("API")],
        ..Scope::all()
    };
    subscriber::create(cx, subscribed("dev@agency.example", Some(only_api))).await?;
    Ok(())
}

fn subscribed(email: &str, scope: Option<Scope>) -> NewSubscriber {
    NewSubscriber {
        scope,
        ..NewSubscriber::by_mail(email)
    }
}
