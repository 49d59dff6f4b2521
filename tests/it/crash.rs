//! kill -9 in the middle of a fan-out: everyone hears, and hardly anyone twice.

use std::collections::HashMap;

use futures::{StreamExt, stream};
use harness::{Node, TestApp};
use server::context::{Clock, Ctx};
use server::domain;
use shared::incident::NewIncident;
use shared::subscriber::NewSubscriber;

const PEOPLE: usize = 2_000;
/// What one process sends at the same time.
const IN_FLIGHT: usize = 16;

harness::on_every_database! {
    async fn heavy_a_killed_fan_out_reaches_everyone(app: TestApp) {
        let cx = Ctx { clock: Clock::system(), ..app.cx.as_system("test") };
        subscribe_many(&cx).await;
        domain::incident::create(&cx, NewIncident::investigating("Slow API")).await.unwrap();

        let mut first = worker(&app);
        app.mailbox().holds(PEOPLE / 5).await;
        first.kill();
        let mut second = worker(&app);
        app.mailbox().reaches(PEOPLE).await;
        second.kill();

        let mut received: HashMap<String, usize> = HashMap::new();
        for letter in app.mailbox().letters() {
            *received.entry(letter.to).or_default() += 1;
        }
        assert_eq!(received.len(), PEOPLE);
        let repeated: usize = received.values().map(|count| count - 1).sum();
        assert!(repeated <= IN_FLIGHT, "{repeated} came twice; {IN_FLIGHT} were in flight");
    }
}

async fn subscribe_many(cx: &Ctx) {
    let subscribe = |n: usize| async move {
        let email = format!("person{n}@example.org");
        domain::subscriber::create(cx, NewSubscriber::by_mail(email))
            .await
            .unwrap();
    };
    stream::iter(0..PEOPLE).for_each_concurrent(4, subscribe).await;
}

/// A worker of its own, as an operator starts it.
fn worker(app: &TestApp) -> Node {
    let in_flight = IN_FLIGHT.to_string();
    let settings = [
        ("SIGNET_MAIL__CONCURRENCY", in_flight.as_str()),
        ("SIGNET_JOBS__LEASE_S", "5"),
        ("SIGNET_JOBS__POLL_MS", "100"),
    ];
    let mut worker = Node::new(app, &["worker"], &settings);
    worker.start();
    worker
}
