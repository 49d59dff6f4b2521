//! What the house stands on gives way: the database stops, the disk fills, the clock jumps. Nothing that was confirmed is
//! lost, nothing is shown that is not true, and all goes on by itself.

use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use harness::servers::PrivatePostgres;
use harness::{Client, DatabaseKind, TestApp, TestDatabase, Told, hours};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use server::context::Clock;
use server::jobs::queue::{self, Lane};
use shared::ComponentId;
use shared::component::Component;
use shared::incident::NewIncident;
use shared::problem::{Code, Problem};
use shared::session::Session;

const PEOPLE: usize = 60;

/// PostgreSQL stops in the middle of everything and is back after a moment.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn heavy_postgres_stops_and_comes_back() {
    postgres_stops_for(Duration::from_secs(1)).await;
}

/// The same, for longer than anybody waits for a connection.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn long_postgres_stops_for_half_a_minute() {
    postgres_stops_for(Duration::from_secs(30)).await;
}

async fn postgres_stops_for(pause: Duration) {
    if !DatabaseKind::all().contains(&DatabaseKind::Postgres) {
        return;
    }
    let mut postgres = PrivatePostgres::start().await;
    let database = TestDatabase::on_server(&postgres).await;
    let app = TestApp::start_in(database, Clock::system(), |config| {
        config.database.acquire_timeout_ms = 500;
        config.jobs.lease_s = 5;
        config.jobs.poll_ms = 100;
    })
    .await;
    app.spawn_worker();
    for n in 0..PEOPLE {
        app.seed().subscriber(&format!("person{n}@example.org")).await;
    }
    let admin = app.admin().await;
    let mut writers = Vec::new();
    for n in 0..4 {
        let component = app.seed().component(&format!("Part {n}")).await;
        writers.push(Writer::start(&admin, component.id));
    }
    assert!(open(&admin, "Slow API").await);
    app.mailbox().holds(PEOPLE / 4).await;

    postgres.stop();
    let visitor = app.visitor();
    let all = async |is_so: fn(&Book) -> bool| writers.iter().all(|writer| is_so(&writer.book()));
    harness::until("everyone was refused", async || all(|book| book.refused > 0).await).await;
    assert_eq!(visitor.page("/health/live").await.0, StatusCode::OK);
    assert_eq!(visitor.page("/health/ready").await.0, StatusCode::SERVICE_UNAVAILABLE);
    tokio::time::sleep(pause).await;
    postgres.start_again().await;

    harness::until("it is ready again", async || {
        visitor.page("/health/ready").await.0 == 200
    })
    .await;
    harness::until("everyone writes again", async || {
        all(|book| book.is_last_confirmed).await
    })
    .await;
    harness::until("other processes are heard again", async || {
        app.metric("signet_line_up").await == 1.0
    })
    .await;
    for writer in writers {
        writer.stop(&admin).await;
    }
    app.mailbox().reaches(PEOPLE).await;
    assert!(visitor.page("/").await.1.contains("Slow API"));
}

/// Someone who counts up in a component's description without a pause, and keeps book of what was answered.
struct Writer {
    component: ComponentId,
    book: Arc<Mutex<Book>>,
    at_work: tokio::task::JoinHandle<()>,
}

#[derive(Default)]
struct Book {
    /// The last number that was confirmed.
    confirmed: u64,
    is_last_confirmed: bool,
    refused: u64,
    is_closed: bool,
}

impl Writer {
    fn start(admin: &Client, component: ComponentId) -> Self {
        let book = Arc::new(Mutex::new(Book::default()));
        let (ours, admin) = (book.clone(), admin.clone());
        let at_work = tokio::spawn(async move {
            for n in 1.. {
                if ours.lock().unwrap().is_closed {
                    return;
                }
                let patch = json!({ "description": n.to_string() });
                let request = admin.call(Method::PATCH, &format!("/components/{component}"));
                let is_done = is_done(request.json(&patch)).await;
                ours.lock().unwrap().note(n, is_done);
            }
        });
        Self {
            component,
            book,
            at_work,
        }
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        assert!(!self.at_work.is_finished(), "an answer was neither yes nor \"not now\"");
        self.book.lock().unwrap()
    }

    /// Ends the work; what was confirmed last must be there, or what came after it.
    async fn stop(self, admin: &Client) {
        self.book.lock().unwrap().is_closed = true;
        self.at_work.await.unwrap();
        let found: Component = admin.get(&format!("/components/{}", self.component)).await.unwrap();
        let found: u64 = found.description.unwrap().parse().unwrap();
        let confirmed = self.book.lock().unwrap().confirmed;
        assert!(found >= confirmed, "{confirmed} was confirmed, and {found} is there");
    }
}

impl Book {
    fn note(&mut self, n: u64, is_done: bool) {
        self.is_last_confirmed = is_done;
        if is_done {
            self.confirmed = n;
        } else {
            self.refused += 1;
        }
    }
}

async fn open(admin: &Client, title: &str) -> bool {
    is_done(
        admin
            .call(Method::POST, "/incidents")
            .json(&NewIncident::investigating(title)),
    )
    .await
}

/// True if it was confirmed; false if it was refused as one refuses for the moment. Nothing else is an answer.
async fn is_done(request: RequestBuilder) -> bool {
    let answer = request.send().await.unwrap();
    if answer.status().is_success() {
        return true;
    }
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.headers()["retry-after"], "5");
    let problem: Problem = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    assert_eq!(problem.code, Code::Unavailable);
    assert!(problem.detail.is_some_and(|detail| detail.contains("the database")));
    false
}

/// The disk of the database is full: what is there is read, nothing is half-written, and with room all goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn heavy_a_full_disk_refuses_writes_and_keeps_reading() {
    let disk = SmallDisk::mount();
    let app = TestApp::start_in(TestDatabase::in_folder(disk.path()), harness::clock::held(), |_| {}).await;
    let admin = app.admin().await;
    assert!(open(&admin, "Before the disk was full").await);

    let filler = disk.fill();
    let mut confirmed = vec!["Before the disk was full".to_owned()];
    // What the files have room for already is used up first.
    for n in 0..1_000 {
        let title = format!("While it was filling, {n}.");
        if !open(&admin, &title).await {
            break;
        }
        confirmed.push(title);
    }
    let refused = admin
        .api()
        .create_incident(&NewIncident::investigating("Too much"))
        .await
        .told()
        .unwrap_err();
    assert!(
        refused.problem.detail.as_ref().unwrap().contains("no room"),
        "{refused:?}"
    );
    let listed = titles(&admin).await;
    assert_eq!(listed.len(), confirmed.len());
    assert_eq!(app.visitor().page("/health/ready").await.0, 200);
    assert!(app.visitor().page("/").await.1.contains("Before the disk was full"));

    std::fs::remove_file(filler).unwrap();
    assert!(open(&admin, "After there was room").await);
    confirmed.push("After there was room".to_owned());
    let mut listed = titles(&admin).await;
    listed.sort();
    confirmed.sort();
    assert_eq!(listed, confirmed);
    app.run_jobs().await;
}

async fn titles(admin: &Client) -> Vec<String> {
    let mut found = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let after = cursor.map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
        let list: shared::list::IncidentList = admin.get(&format!("/incidents?limit=100{after}")).await.unwrap();
        found.extend(list.items.into_iter().map(|incident| incident.title));
        match list.next_cursor {
            Some(next) => cursor = Some(next),
            None => return found,
        }
    }
}

/// A file system in memory that a few writes fill.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn mount() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=4m", "signet-test"])
            .arg(folder.path())
            .output()
            .unwrap();
        let words = String::from_utf8_lossy(&mounted.stderr);
        assert!(
            mounted.status.success(),
            "a small disk needs root's right to mount: {words}"
        );
        Self(folder)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Leaves no byte of it free. The file that did it.
    fn fill(&self) -> std::path::PathBuf {
        use std::io::Write;
        let path = self.path().join("filler");
        let mut file = std::fs::File::create(&path).unwrap();
        while file.write(&[0; 4096]).is_ok_and(|written| written > 0) {}
        path
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: the server's connections close a moment after the story ends.
        drop(Command::new("umount").arg("--lazy").arg(self.path()).status());
    }
}

harness::on_every_database! {
    /// The clock is set an hour forward and back again: nobody hears twice, and nothing waits for the hour to come round.
    async fn the_clock_jumps_forward_and_back(app: TestApp) {
        app.seed().subscriber("ana@example.org").await;
        app.admin().await.api().create_incident(&NewIncident::investigating("Before")).await.told().unwrap();
        app.run_jobs().await;

        app.clock.advance(hours(1));
        let admin = app.admin().await;
        app.run_jobs().await;
        admin.api().create_incident(&NewIncident::investigating("In the hour to come")).await.told().unwrap();
        // A worker takes the job of telling and dies.
        assert_eq!(queue::claim(&app.cx, Lane::General, 1).await.unwrap().len(), 1);

        app.clock.turn_back(hours(1));
        assert!(app.visitor().page("/").await.1.contains("In the hour to come"));
        assert_eq!(app.run_jobs().await, 0, "ticks of this minute were done before");
        app.clock.advance(queue::lease_time(&app.cx));
        assert!(app.run_jobs().await > 0);
        let subjects = subjects(&app);
        assert_eq!(subjects.len(), 2, "{subjects:?}");
        assert!(subjects[0].contains("Before") && subjects[1].contains("In the hour to come"), "{subjects:?}");

        // Whoever signed in by the wrong clock gets another token and stays.
        let refused = admin.get::<Value>("/incidents").await.unwrap_err();
        assert_eq!(refused.code(), Code::Unauthenticated);
        let session: Session = admin.post("/sessions/refresh", &()).await.unwrap();
        admin.bearing(session.access_token).get::<Value>("/incidents").await.unwrap();
    }
}

fn subjects(app: &TestApp) -> Vec<String> {
    app.mailbox()
        .to("ana@example.org")
        .into_iter()
        .map(|letter| letter.subject)
        .collect()
}
