//! Ten thousand incidents lie behind: every list asks the database no more than with ten, and is walked to its end.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use harness::{TestApp, hours};
use sea_orm::{ActiveValue::NotSet, EntityTrait, Set};
use server::context::Ctx;
use server::domain::incident::{self, IncidentFilter};
use server::domain::paging::Paging;
use server::domain::{feed, page, status_page};
use server::entity::{
    incident as incident_row, incident_component, incident_tag, incident_update, incident_update_component,
};
use shared::component::{Component, ComponentStatus};
use shared::incident::{Impact, IncidentStatus, Visibility};
use shared::{IncidentId, IncidentUpdateId, PageId, Timestamp};

/// Rows in one statement.
const ROWS: usize = 500;
/// Apart from each other, so that ten thousand are two years.
const APART: u64 = 2;

/// Resolved incidents, the newest first and each with two entries, written as the server would have over the years.
async fn past(app: &TestApp, component: &Component, numbers: std::ops::Range<i64>) {
    let numbers: Vec<i64> = numbers.collect();
    for some in numbers.chunks(ROWS) {
        let db = &app.cx.db;
        let rows = some.iter().map(|n| row(component.page_id, *n, app.clock.now()));
        incident_row::Entity::insert_many(rows)
            .exec_without_returning(db)
            .await
            .unwrap();
        let parts = some.iter().map(|n| incident_component::ActiveModel {
            incident_id: Set(IncidentId(*n)),
            component_id: Set(component.id),
            status: Set(ComponentStatus::PartialOutage),
        });
        incident_component::Entity::insert_many(parts)
            .exec_without_returning(db)
            .await
            .unwrap();
        let tags = some.iter().map(|n| incident_tag::ActiveModel {
            incident_id: Set(IncidentId(*n)),
            tag: Set("db".into()),
        });
        incident_tag::Entity::insert_many(tags)
            .exec_without_returning(db)
            .await
            .unwrap();
        let entries = some
            .iter()
            .flat_map(|n| [entry(*n, 0, app.clock.now()), entry(*n, 1, app.clock.now())]);
        incident_update::Entity::insert_many(entries)
            .exec_without_returning(db)
            .await
            .unwrap();
        let words = some.iter().map(|n| incident_update_component::ActiveModel {
            update_id: Set(IncidentUpdateId(2 * n)),
            component_id: Set(component.id),
            status: Set(ComponentStatus::PartialOutage),
        });
        incident_update_component::Entity::insert_many(words)
            .exec_without_returning(db)
            .await
            .unwrap();
    }
}

fn began(n: i64, now: Timestamp) -> Timestamp {
    now - hours(APART * u64::try_from(n).unwrap())
}

fn row(page: PageId, n: i64, now: Timestamp) -> incident_row::ActiveModel {
    let at = began(n, now);
    incident_row::ActiveModel {
        id: Set(IncidentId(n)),
        page_id: Set(page),
        title: Set(format!("Incident {n}")),
        status: Set(IncidentStatus::Resolved),
        impact: Set(Impact::Major),
        is_impact_set: Set(false),
        visibility: Set(Visibility::Public),
        published_at: Set(Some(at)),
        started_at: Set(at),
        resolved_at: Set(Some(at + hours(1))),
        last_update_at: Set(at + hours(1)),
        created_at: Set(at),
        updated_at: Set(at + hours(1)),
        publish_at: Set(None),
        notify_on_publish: Set(true),
        is_sticky: Set(n == 3),
        merged_into: Set(None),
        team_reminded_at: Set(None),
        links: Set(None),
        metadata: Set(None),
    }
}

fn entry(n: i64, place: i64, now: Timestamp) -> incident_update::ActiveModel {
    incident_update::ActiveModel {
        id: Set(IncidentUpdateId(2 * n + place)),
        incident_id: Set(IncidentId(n)),
        status: Set(if place == 0 {
            IncidentStatus::Investigating
        } else {
            IncidentStatus::Resolved
        }),
        message: Set("Something was said.".into()),
        author_id: NotSet,
        author_name: NotSet,
        created_at: Set(began(n, now) + hours(u64::try_from(place).unwrap())),
        edited_at: NotSet,
    }
}

/// How many questions each list asks, by its name.
async fn questions(app: &TestApp, component: &Component) -> Vec<(&'static str, usize)> {
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = asked.clone();
    let mut cx = app.cx.as_system("test");
    cx.db.set_metric_callback(move |_| {
        counter.fetch_add(1, Ordering::SeqCst);
    });
    let row = page::default(&cx).await.unwrap();
    let mut counts = Vec::new();
    let mut count = |name| counts.push((name, asked.swap(0, Ordering::SeqCst)));
    count("page");
    status_page::build(&cx, row.id).await.unwrap();
    count("front");
    status_page::history(&cx, &row, None).await.unwrap();
    count("history");
    status_page::neighbours(&cx, &row, "2026-11").await.unwrap();
    count("months");
    status_page::incidents_of(&cx, row.id, &component.code).await.unwrap();
    count("component");
    feed::of_page(&cx, row.id).await.unwrap();
    count("feed");
    let filter = IncidentFilter {
        tag: Some("db".into()),
        ..IncidentFilter::default()
    };
    incident::list(&cx, filter, &Paging::new(None, None).unwrap())
        .await
        .unwrap();
    count("console");
    counts
}

/// Every incident once, by cursor.
async fn walk(cx: &Ctx) -> usize {
    let (mut found, mut cursor) = (Vec::new(), None);
    loop {
        let paging = Paging::new(cursor, Some(200)).unwrap();
        let list = incident::list(cx, IncidentFilter::default(), &paging).await.unwrap();
        found.extend(list.items.iter().map(|incident| incident.id));
        cursor = list.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    assert!(
        found.windows(2).all(|pair| pair[0] < pair[1]),
        "the newest has the smallest number"
    );
    found.len()
}

harness::on_every_database! {
    async fn ten_thousand_incidents_cost_no_more_than_ten(app: TestApp) {
        let component = app.seed().component("API").await;
        past(&app, &component, 1..11).await;
        let few = questions(&app, &component).await;
        past(&app, &component, 11..10_001).await;
        assert_eq!(questions(&app, &component).await, few);
        assert_eq!(walk(&app.cx.as_system("test")).await, 10_000);
        let page = status_page::build(&app.cx, component.page_id).await.unwrap();
        assert_eq!((page.incidents.len(), page.incidents[0].title.as_str()), (1, "Incident 3"));
        assert_eq!(page.recent.len(), 83, "one every two hours for a week, and one of them stands at the top");
        let month = app.visitor().page("/history?month=2025-03").await;
        assert_eq!(month.0, 200);
    }
}
