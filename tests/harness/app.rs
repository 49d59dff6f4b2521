//! The whole product for one story: a database of its own, the real doors on a loopback port, a held clock, a mailbox.

use std::net::TcpListener;
use std::sync::Arc;

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use server::config::{Config, Secret};
use server::context::{Clock, Ctx, follow};
use server::entity::status_change;
use server::jobs::{self, Env};
use server::notify::Mailer;
use shared::ComponentId;
use shared::access::Role;
use shared::member::NewMember;
use tokio_util::sync::CancellationToken;

use crate::client::Client;
use crate::clock;
use crate::db::{DatabaseKind, TestDatabase};
use crate::mailbox::Mailbox;
use crate::seed::Seed;

/// Long, and no word that a meter of strength knows.
pub const PASSWORD: &str = "quarry-lantern-51-Osprey";

/// A running Signet.
pub struct TestApp {
    pub cx: Ctx,
    pub clock: Clock,
    pub base: String,
    pub database: Arc<TestDatabase>,
    env: Env,
    mailbox: Mailbox,
    stop: CancellationToken,
}

/// Tells a story on a kind of database; used by [`crate::on_every_database!`].
pub fn tell<F: Future<Output = ()>>(kind: DatabaseKind, story: impl FnOnce(TestApp) -> F) {
    if !DatabaseKind::all().contains(&kind) {
        eprintln!("not told: SIGNET_TEST_DATABASES leaves {} out", kind.word());
        return;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    runtime
        .expect("a runtime")
        .block_on(async { story(TestApp::start_on(kind).await).await });
}

impl TestApp {
    /// On SQLite, for stories in which the database does not matter.
    pub async fn start() -> Self {
        Self::start_on(DatabaseKind::Sqlite).await
    }

    pub async fn start_on(kind: DatabaseKind) -> Self {
        Self::start_with(kind, |_| {}).await
    }

    /// With settings of the story's own.
    pub async fn start_with(kind: DatabaseKind, change: impl FnOnce(&mut Config)) -> Self {
        Self::start_in(TestDatabase::create(kind).await, clock::held(), change).await
    }

    /// In a database that the story has made, by a clock of its choosing.
    pub async fn start_in(database: TestDatabase, clock: Clock, change: impl FnOnce(&mut Config)) -> Self {
        Self::node(Arc::new(database), Mailbox::start(), clock, change).await
    }

    /// Another process on the same database, with the same clock and the same key.
    pub async fn second_node(&self) -> Self {
        self.second_node_with(|_| {}).await
    }

    /// The same with settings of its own.
    pub async fn second_node_with(&self, change: impl FnOnce(&mut Config)) -> Self {
        Self::node(self.database.clone(), self.mailbox.clone(), self.clock.clone(), change).await
    }

    /// On a database that a story has filled, in whatever way.
    pub async fn on(database: Arc<TestDatabase>, change: impl FnOnce(&mut Config)) -> Self {
        Self::node(database, Mailbox::start(), clock::held(), change).await
    }

    async fn node(
        database: Arc<TestDatabase>,
        mailbox: Mailbox,
        clock: Clock,
        change: impl FnOnce(&mut Config),
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");

        let mut config = config(&database, &mailbox);
        config.http.listen = address;
        change(&mut config);
        let stop = CancellationToken::new();
        let started = server::app::start(config, clock.clone()).await;
        let cx = Ctx {
            stop: stop.clone(),
            ..started.expect("a server that starts")
        };
        let env = Env::new(&cx, Mailer::new(&cx.config).expect("a mailer")).expect("channels");

        tokio::spawn(follow::follow(cx.clone(), stop.clone()));
        tokio::spawn(server::app::serve_on(env.clone(), listener));
        let base = format!("http://{address}");
        Self {
            cx,
            clock,
            base,
            database,
            env,
            mailbox,
            stop,
        }
    }

    /// Does the work that is due by the held clock, and what comes of it. How much it was.
    pub async fn run_jobs(&self) -> u64 {
        jobs::run_jobs(&self.env).await.expect("jobs that can be claimed")
    }

    /// What a counter at `/metrics` stands at; a counter that has not counted yet is not there, and stands at 0.
    pub async fn metric(&self, name: &str) -> f64 {
        let (_, text) = self.visitor().page("/metrics").await;
        let value = text
            .lines()
            .find_map(|line| line.strip_prefix(name)?.trim().parse().ok());
        value.unwrap_or(0.0)
    }

    /// Works like a process that was started as a worker, until the app is gone.
    pub fn spawn_worker(&self) {
        tokio::spawn(jobs::worker::run(self.env.clone(), self.stop.clone()));
    }

    /// What visitors saw of a component, oldest first. A timeline with a gap is a failure.
    pub async fn timeline(&self, component: ComponentId) -> Vec<status_change::Model> {
        let timeline = status_change::Entity::find()
            .filter(status_change::Column::ComponentId.eq(component))
            .order_by_asc(status_change::Column::Id)
            .all(&self.cx.db)
            .await
            .expect("a timeline");
        assert!(timeline.windows(2).all(|pair| pair[0].to_status == pair[1].from_status));
        timeline
    }

    pub const fn mailbox(&self) -> &Mailbox {
        &self.mailbox
    }

    /// Sets the scene.
    pub fn seed(&self) -> Seed {
        Seed::new(&self.cx)
    }

    /// Someone nobody knows.
    pub fn visitor(&self) -> Client {
        Client::stranger(&self.base)
    }

    /// The owner, signed in just now.
    pub async fn admin(&self) -> Client {
        self.member(Role::Owner).await
    }

    /// Someone with a role, signed in just now.
    pub async fn member(&self, role: Role) -> Client {
        let email = format!("{role}@example.org");
        let input = NewMember {
            email: email.clone(),
            name: "Ana Silva".into(),
            role,
        };
        let cx = self.cx.as_system("test");
        let added = server::domain::member::add_with_password(&cx, input, PASSWORD.to_owned());
        // The second time in a story the member is there already, and signing in tells.
        drop(added.await);
        self.visitor().sign_in(&email, PASSWORD).await.expect("a sign-in")
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

fn config(database: &TestDatabase, mailbox: &Mailbox) -> Config {
    let mut config = Config::defaults().expect("the defaults");
    config.data_dir = database.folder.path().to_path_buf();
    config.database.url = Secret::new(database.url.clone());
    config.database.max_connections = 8;
    config.mail.smtp_url = Secret::new(mailbox.url());
    config.mail.from = "status@example.org".into();
    config
}
