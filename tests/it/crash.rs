//! kill -9 in the middle of a fan-out: everyone hears, and hardly anyone twice.

use std::collections::HashMap;
use std::process::{Child, Command, Stdio};

use futures::{StreamExt, stream};
use harness::TestApp;
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
        first.kill().unwrap();
        first.wait().unwrap();
        let mut second = worker(&app);
        app.mailbox().reaches(PEOPLE).await;
        second.kill().unwrap();
        second.wait().unwrap();

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
        let input = NewSubscriber {
            page_id: None,
            email,
            scope: None,
            locale: None,
            is_confirmed: Some(true),
        };
        domain::subscriber::create(cx, input).await.unwrap();
    };
    stream::iter(0..PEOPLE).for_each_concurrent(4, subscribe).await;
}

/// A worker of its own, as an operator starts it; SIGKILL is what `kill` sends.
fn worker(app: &TestApp) -> Child {
    let binary = harness::binary();
    Command::new(&binary)
        .arg("worker")
        .env("SIGNET_DATA_DIR", app.database.folder.path())
        .env("SIGNET_DATABASE__URL", &app.database.url)
        .env("SIGNET_MAIL__SMTP_URL", app.mailbox().url())
        .env("SIGNET_MAIL__FROM", "status@example.org")
        .env("SIGNET_MAIL__CONCURRENCY", IN_FLIGHT.to_string())
        .env("SIGNET_JOBS__LEASE_S", "5")
        .env("SIGNET_JOBS__POLL_MS", "100")
        .env("SIGNET_LOG__LEVEL", "warn")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| panic!("{binary}: {error}; build it with cargo build -p server"))
}
