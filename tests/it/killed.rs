//! kill -9 again and again, at any moment, while people write and mails go out: what was confirmed is there, and is told.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use harness::app::PASSWORD;
use harness::servers::free_port;
use harness::{Client, Node, TestApp};
use reqwest::{Method, StatusCode};
use sea_orm::EntityTrait;
use server::entity::{component, incident};
use shared::ComponentId;
use shared::component::{ComponentStatus, SetComponentStatus};
use shared::incident::NewIncident;

/// People who open incidents at the same time, and tools that set a status.
const PEOPLE: usize = 3;
const TOOLS: usize = 3;

harness::on_every_database! {
    async fn heavy_what_was_confirmed_survives_three_kills(app: TestApp) {
        survives(&app, 3).await;
    }

    async fn long_what_was_confirmed_survives_twenty_kills(app: TestApp) {
        survives(&app, 20).await;
    }
}

/// What the server said it had done.
#[derive(Default)]
struct Confirmed {
    titles: BTreeSet<String>,
    /// The last status of each component; what came after it nobody confirmed.
    statuses: BTreeMap<ComponentId, ComponentStatus>,
}

type Notes = Arc<Mutex<Confirmed>>;

async fn survives(app: &TestApp, kills: u64) {
    app.seed().subscriber("ana@example.org").await;
    let mut components = Vec::new();
    for n in 0..TOOLS {
        components.push(app.seed().component(&format!("Part {n}")).await.id);
    }
    // So that there is an owner, who then signs in where the clock runs.
    app.admin().await;
    let address = format!("127.0.0.1:{}", free_port());
    let settings = [
        ("SIGNET_HTTP__LISTEN", address.as_str()),
        ("SIGNET_JOBS__LEASE_S", "5"),
        ("SIGNET_JOBS__POLL_MS", "100"),
    ];
    let mut node = Node::new(app, &["serve"], &settings);
    node.start_ready().await;
    let stranger = Client::stranger(&format!("http://{address}"));
    let owner = stranger.sign_in("owner@example.org", PASSWORD).await.unwrap();

    let notes = Notes::default();
    for kill in 0..kills {
        let mut writers = tokio::task::JoinSet::new();
        for n in 0..PEOPLE {
            writers.spawn(open_incidents(owner.clone(), format!("{kill}/{n}"), notes.clone()));
        }
        for id in &components {
            writers.spawn(set_statuses(owner.clone(), *id, notes.clone()));
        }
        // Somewhere among the first requests: another place each time.
        tokio::time::sleep(Duration::from_millis(300 + kill * 137 % 700)).await;
        node.kill();
        while let Some(ended) = writers.join_next().await {
            ended.unwrap();
        }
        node.start_ready().await;
    }
    everything_is_there(app, &notes).await;
    everything_is_told(app).await;
}

/// Opens incidents until the server is gone.
async fn open_incidents(owner: Client, name: String, notes: Notes) {
    for n in 0.. {
        let title = format!("Incident {name}/{n}.");
        let sent = owner
            .call(Method::POST, "/incidents")
            .json(&NewIncident::investigating(&title))
            .send()
            .await;
        match sent {
            Ok(answer) if answer.status().is_success() => notes.lock().unwrap().titles.insert(title),
            // Two writers waited for each other, and the database chose this one: nothing was confirmed.
            Ok(answer) if answer.status() == StatusCode::SERVICE_UNAVAILABLE => continue,
            Ok(answer) => panic!("{}: {}", answer.status(), answer.text().await.unwrap()),
            Err(_) => return,
        };
    }
}

/// Sets a status again and again until the server is gone.
async fn set_statuses(owner: Client, id: ComponentId, notes: Notes) {
    let statuses = [ComponentStatus::MajorOutage, ComponentStatus::Operational];
    for n in 0.. {
        let status = statuses[n % 2];
        let sent = owner
            .call(Method::PUT, &format!("/components/{id}/status"))
            .json(&SetComponentStatus {
                status,
                notify: Some(false),
            })
            .send()
            .await;
        match sent {
            Ok(answer) if answer.status().is_success() => notes.lock().unwrap().statuses.insert(id, status),
            // Two writers waited for each other, and the database chose this one: nothing was confirmed.
            Ok(answer) if answer.status() == StatusCode::SERVICE_UNAVAILABLE => continue,
            Ok(answer) => panic!("{}: {}", answer.status(), answer.text().await.unwrap()),
            Err(_) => return,
        };
    }
}

async fn everything_is_there(app: &TestApp, notes: &Notes) {
    let stored: BTreeSet<String> = incidents(app).await.into_iter().collect();
    let confirmed = notes.lock().unwrap().titles.clone();
    let lost: Vec<_> = confirmed.difference(&stored).collect();
    assert!(
        !confirmed.is_empty() && lost.is_empty(),
        "of {} are lost: {lost:?}",
        confirmed.len()
    );

    let statuses = notes.lock().unwrap().statuses.clone();
    for (id, confirmed) in statuses {
        let row = component::Entity::find_by_id(id)
            .one(&app.cx.db)
            .await
            .unwrap()
            .unwrap();
        let timeline = app.timeline(id).await;
        // A change may have been made whose answer did not arrive any more, but only one.
        let last: Vec<_> = timeline.iter().rev().take(2).map(|change| change.to_status).collect();
        assert!(
            last.contains(&confirmed),
            "{confirmed:?} was confirmed, the timeline ends with {last:?}"
        );
        assert_eq!(last.first(), Some(&row.status), "the timeline ends with what is shown");
    }
}

async fn everything_is_told(app: &TestApp) {
    let titles = incidents(app).await;
    harness::until("everyone has heard of every incident", async || {
        let letters = app.mailbox().to("ana@example.org");
        titles
            .iter()
            .all(|title| letters.iter().any(|letter| letter.subject.contains(title)))
    })
    .await;
}

async fn incidents(app: &TestApp) -> Vec<String> {
    let rows = incident::Entity::find().all(&app.cx.db).await.unwrap();
    rows.into_iter().map(|row| row.title).collect()
}
