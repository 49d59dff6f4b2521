//! Backup, restore and move: a company's data go through every database and come back as they were.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use harness::{DatabaseKind, TestApp, TestDatabase, Told};
use migrations::{Migrator, MigratorTrait};
use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DatabaseConnection, DbBackend, EntityTrait, IntoActiveModel, Set, Statement,
    TransactionTrait,
};
use server::backup::{self, schema};
use server::config::{Config, Secret};
use server::context::{Clock, Ctx, Secrets, database};
use server::{demo, domain, entity};
use shared::IncidentId;
use shared::announcement::NewAnnouncement;
use shared::component::NewComponent;
use shared::incident::{NewIncident, ResolveIncident};
use shared::postmortem::WritePostmortem;
use shared::template::{NewTemplate, TemplateKind, TemplateVariable};

const PASSPHRASE: &str = "correct horse battery staple";

/// A database, and what a server there would be told.
struct Home {
    database: Arc<TestDatabase>,
    config: Config,
}

impl Home {
    async fn new(kind: DatabaseKind) -> Self {
        let database = Arc::new(TestDatabase::create(kind).await);
        let mut config = Config::defaults().unwrap();
        config.data_dir = database.folder.path().to_path_buf();
        config.database.url = Secret::new(database.url.clone());
        Self { database, config }
    }

    /// With an imagined company, and what is hard to carry.
    async fn of_a_company() -> Self {
        let home = Self::new(DatabaseKind::Sqlite).await;
        let app = home.serve().await;
        demo::fill(&app.cx).await.unwrap();
        add_oddities(&app).await;
        home
    }

    async fn serve(&self) -> TestApp {
        TestApp::on(self.database.clone(), |config| {
            config.data_dir = self.config.data_dir.clone()
        })
        .await
    }

    async fn dump(&self) -> Dump {
        dump(&self.database.connect().await).await
    }

    fn file(&self) -> PathBuf {
        self.database.folder.path().join("signet.backup")
    }

    async fn backup(&self) -> PathBuf {
        let file = self.file();
        let taken = backup::backup(&self.config, &Clock::system(), &file, &passphrase()).await;
        assert_eq!(counts(&taken.unwrap()), counts_of(&self.dump().await));
        file
    }

    async fn restore(&self, file: &Path) -> anyhow::Result<backup::Tallies> {
        backup::restore(&self.config, file, &passphrase(), false).await
    }
}

fn passphrase() -> Secret {
    Secret::new(PASSPHRASE)
}

/// A heading under one that was made later, the longest text there is, all planes of Unicode, and nothing at all.
async fn add_oddities(app: &TestApp) {
    let child = app.seed().group("Under a later one").await;
    let parent = app.seed().group("Später – 后来 – 𝛑🦀").await;
    let db = &app.cx.db;
    let row = entity::component_group::Entity::find_by_id(child.id)
        .one(db)
        .await
        .unwrap()
        .unwrap();
    let mut row = row.into_active_model();
    row.parent_id = Set(Some(parent.id));
    row.description = Set(Some(String::new()));
    row.update(db).await.unwrap();
    let long = "🦀".repeat(19_900) + "'\"\\\r\n\t%_;--";
    let input = NewIncident::investigating("Quotes ' \" \\ and ` in a title").saying(long);
    let cx = app.cx.as_system("test");
    let incident = domain::incident::create(&cx, input).await.unwrap();
    add_writings(&cx, incident.id).await;
}

/// What is written before, after and besides incidents.
async fn add_writings(cx: &Ctx, incident: IncidentId) {
    let end = ResolveIncident::saying("Über");
    domain::incident::resolve(cx, incident, end).await.unwrap();
    let lesson = WritePostmortem::saying("# Größe\n\n🦀");
    domain::postmortem::write(cx, incident, lesson, None).await.unwrap();
    let announcement = NewAnnouncement::titled("Umzug", "🦀");
    domain::announcement::create(cx, announcement).await.unwrap();
    let template = NewTemplate {
        page_id: None,
        kind: TemplateKind::IncidentUpdate,
        name: "Später".into(),
        title: None,
        message: "{{ when }} 🦀".into(),
        status: None,
        impact: None,
        components: Vec::new(),
        variables: vec![TemplateVariable {
            default: Some("später".into()),
            ..TemplateVariable::text("when", "Wann?")
        }],
    };
    domain::template::create(cx, template).await.unwrap();
}

/// Every row of every table as the entities see it, sorted.
type Dump = BTreeMap<&'static str, Vec<String>>;

macro_rules! dump {
    ($db:expr; $($table:ident)+) => {{
        let mut dump = Dump::new();
        $(
            let rows = entity::$table::Entity::find().all($db).await.unwrap();
            let mut rows: Vec<String> = rows.iter().map(|row| format!("{row:?}")).collect();
            rows.sort();
            dump.insert(stringify!($table), rows);
        )+
        dump
    }};
}

async fn dump(db: &DatabaseConnection) -> Dump {
    dump!(db; announcement attempt audit component component_group delivery event idempotency incident
        incident_component incident_tag incident_update incident_update_component incident_update_revision maintenance
        maintenance_component maintenance_update member metric metric_point metric_rollup metric_source outbox page
        postmortem session setting sign_in_throttle status_change status_correction subscriber subscription
        subscription_scope template template_component uptime_day uptime_day_correction uptime_month)
}

fn counts(tallies: &backup::Tallies) -> BTreeMap<String, usize> {
    let count = |(name, tally): (&String, &backup::Tally)| (name.clone(), usize::try_from(tally.rows).unwrap());
    tallies.iter().map(count).collect()
}

fn counts_of(dump: &Dump) -> BTreeMap<String, usize> {
    dump.iter()
        .map(|(name, rows)| ((*name).to_owned(), rows.len()))
        .collect()
}

/// What everyone who works there would try first: signing in, looking around, adding something.
async fn is_at_home(home: &Home) {
    let app = home.serve().await;
    let owner = app.visitor().sign_in(demo::EMAIL, demo::PASSWORD).await.unwrap();
    assert!(app.visitor().page("/").await.1.contains("Fernwood"));
    let before = entity::component::Entity::find().all(&app.cx.db).await.unwrap();
    let added = owner
        .api()
        .create_component(&NewComponent::named("Newcomer"))
        .await
        .told()
        .unwrap();
    assert!(
        before.iter().all(|component| component.id.0 < added.id.0),
        "an id was given again"
    );
    owner
        .api()
        .create_incident(&NewIncident::investigating("After the move"))
        .await
        .told()
        .unwrap();
}

const JOURNEY: [DatabaseKind; 3] = [DatabaseKind::Postgres, DatabaseKind::MySql, DatabaseKind::Sqlite];

fn journey() -> impl Iterator<Item = DatabaseKind> {
    JOURNEY.into_iter().filter(|kind| DatabaseKind::all().contains(kind))
}

/// SQLite → PostgreSQL → MySQL → SQLite, each time through a file.
#[tokio::test(flavor = "multi_thread")]
async fn a_company_is_restored_on_every_database() {
    let mut home = Home::of_a_company().await;
    let original = home.dump().await;
    for kind in journey() {
        let file = home.backup().await;
        let next = Home::new(kind).await;
        next.restore(&file)
            .await
            .unwrap_or_else(|error| panic!("{kind:?}: {error:#}"));
        assert_eq!(next.dump().await, original, "{kind:?}");
        is_at_home(&next).await;
        // What was added there goes; the next one is to find what the first one had.
        backup::restore(&next.config, &file, &passphrase(), true).await.unwrap();
        assert_eq!(next.dump().await, original, "{kind:?}, in place of what was there");
        home = next;
    }
}

/// The same journey without files.
#[tokio::test(flavor = "multi_thread")]
async fn a_company_moves_through_every_database() {
    let mut home = Home::of_a_company().await;
    let original = home.dump().await;
    let mut left_behind = Vec::new();
    for kind in journey() {
        let mut next = Home::new(kind).await;
        backup::move_to(&home.config, &next.config, false)
            .await
            .unwrap_or_else(|error| panic!("{kind:?}: {error:#}"));
        assert_eq!(next.dump().await, original, "{kind:?}");
        next.config.data_dir.clone_from(&home.config.data_dir);
        left_behind.push(std::mem::replace(&mut home, next));
    }
    is_at_home(&home).await;
    let refusal = backup::move_to(&left_behind[0].config, &home.config, false)
        .await
        .unwrap_err()
        .to_string();
    assert!(
        refusal.contains("members") && refusal.contains("--replace"),
        "{refusal}"
    );
}

/// A server that was not stopped: what it writes during the move would be left behind, so nothing moves.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_during_a_move_is_noticed() {
    if !DatabaseKind::all().contains(&DatabaseKind::Postgres) {
        return;
    }
    let (home, next) = (
        Home::new(DatabaseKind::Postgres).await,
        Home::new(DatabaseKind::Sqlite).await,
    );
    drop(home.serve().await);
    let db = home.database.connect().await;
    // The last table can be read only when the change is made: by then the others have been.
    let change = db.begin().await.unwrap();
    change
        .execute_unprepared("LOCK TABLE outbox IN ACCESS EXCLUSIVE MODE")
        .await
        .unwrap();
    let (from, to) = (home.config.clone(), next.config.clone());
    let moving = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(backup::move_to(&from, &to, false))
    });
    let waiting = "SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'outbox'::regclass";
    let waits = || db.query_one_raw(Statement::from_string(DbBackend::Postgres, waiting));
    while !moving.is_finished() && waits().await.unwrap().is_none() {}
    change
        .execute_unprepared("UPDATE page SET version = version + 1")
        .await
        .unwrap();
    change.commit().await.unwrap();

    let refusal = moving.join().unwrap().unwrap_err().to_string();
    assert!(
        refusal.contains("table page changed") && refusal.contains("stop every signet"),
        "{refusal}"
    );
    assert!(next.dump().await["page"].is_empty());
}

harness::on_every_database! {
    /// Incidents are published all the time; in the backup none is half there.
    async fn a_backup_beside_a_writer_is_one_moment(app: TestApp) {
        let is_over = Arc::new(AtomicBool::new(false));
        let (tell, mut told) = tokio::sync::watch::channel(0);
        let writer = tokio::spawn({
            let (cx, is_over) = (app.cx.as_system("test"), is_over.clone());
            async move {
                for n in 1.. {
                    domain::incident::create(&cx, NewIncident::investigating(format!("Incident {n}"))).await.unwrap();
                    tell.send_replace(n);
                    if is_over.load(Ordering::SeqCst) {
                        return n;
                    }
                }
                0
            }
        });
        let at_least = *told.wait_for(|n| *n >= 5).await.unwrap();
        let file = app.database.folder.path().join("beside.backup");
        backup::backup(&app.cx.config, &Clock::system(), &file, &passphrase()).await.unwrap();
        is_over.store(true, Ordering::SeqCst);
        let at_most = writer.await.unwrap();

        let copy = Home::new(DatabaseKind::Sqlite).await;
        copy.restore(&file).await.unwrap();
        let db = copy.database.connect().await;
        let incidents: BTreeSet<_> =
            entity::incident::Entity::find().all(&db).await.unwrap().into_iter().map(|row| row.id).collect();
        let updates: BTreeSet<_> =
            entity::incident_update::Entity::find().all(&db).await.unwrap().into_iter().map(|row| row.incident_id).collect();
        let events: BTreeSet<_> =
            entity::event::Entity::find().all(&db).await.unwrap().into_iter().filter_map(|row| row.incident_id).collect();
        // The last one may have been written down before the moment of the backup, and only noticed after it.
        assert!((at_least..=at_most).contains(&incidents.len()), "{at_least}, {}, {at_most}", incidents.len());
        assert_eq!(updates, incidents);
        assert_eq!(events, incidents.iter().map(|id| id.0).collect());
    }

    /// What is not the backup, or not all of it, changes nothing.
    async fn a_spoilt_backup_is_refused_in_words(app: TestApp) {
        demo::fill(&app.cx).await.unwrap();
        let before = dump(&app.cx.db).await;
        let source = Home::new(DatabaseKind::Sqlite).await;
        source.serve().await.seed().component("API").await;
        let file = source.backup().await;
        let bytes = std::fs::read(&file).unwrap();

        let refused = async |bytes: &[u8], passphrase: &str, words: &str| {
            let spoilt = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(spoilt.path(), bytes).unwrap();
            let mut config = (*app.cx.config).clone();
            config.data_dir = spoilt.path().with_extension("data");
            let refusal = backup::restore(&config, spoilt.path(), &Secret::new(passphrase), true).await;
            let refusal = format!("{:#}", refusal.expect_err(words));
            assert!(refusal.contains(words), "{refusal}, expected {words}");
            assert!(!Secrets::path(&config).exists());
        };
        refused(&bytes, "correct horse battery stable", "passphrase").await;
        refused(b"PRAGMA foreign_keys=OFF;", PASSPHRASE, "another kind of file").await;
        refused(&bytes[..bytes.len() - 1], PASSPHRASE, "cut short").await;
        refused(&bytes[..bytes.len() / 2], PASSPHRASE, "cut short").await;
        refused(&[&bytes[..], b"more"].concat(), PASSPHRASE, "damaged").await;
        for at in [bytes.len() / 2, bytes.len() - 1] {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1;
            refused(&flipped, PASSPHRASE, "damaged").await;
        }
        assert_eq!(dump(&app.cx.db).await, before);
    }

    /// Nobody's data and nobody's key are lost by a slip.
    async fn what_is_in_use_is_not_overwritten(app: TestApp) {
        demo::fill(&app.cx).await.unwrap();
        let before = dump(&app.cx.db).await;
        let other = Home::new(DatabaseKind::Sqlite).await;
        drop(other.serve().await);
        let file = other.backup().await;
        let config = &*app.cx.config;

        let refusal = backup::restore(config, &file, &passphrase(), true).await.unwrap_err().to_string();
        assert!(refusal.contains("key") && refusal.contains("app.key"), "{refusal}");
        std::fs::remove_file(Secrets::path(config)).unwrap();
        let refusal = backup::restore(config, &file, &passphrase(), false).await.unwrap_err().to_string();
        assert!(refusal.contains("1 members") && refusal.contains("--replace"), "{refusal}");
        assert!(!Secrets::path(config).exists());
        assert_eq!(dump(&app.cx.db).await, before);
        let refusal = backup::backup(&other.config, &Clock::system(), &file, &passphrase()).await.unwrap_err().to_string();
        assert!(refusal.contains("expected a new name"), "{refusal}");
    }
}

/// A backup of an earlier schema is brought up to date when it is restored.
#[tokio::test(flavor = "multi_thread")]
async fn an_older_backup_is_brought_up_to_date() {
    let old = Home::new(DatabaseKind::Sqlite).await;
    Secrets::load(&old.config).unwrap();
    database::migrate_to(&old.config, 3).await.unwrap();
    let ana = "INSERT INTO member (id, email, name, role, is_active, locale, created_at, updated_at) \
               VALUES (7, 'ana@example.org', 'Ana', 'owner', true, 'en', -1, 9007199254740993)";
    old.database.connect().await.execute_unprepared(ana).await.unwrap();
    backup::backup(&old.config, &Clock::system(), &old.file(), &passphrase())
        .await
        .unwrap();
    for kind in DatabaseKind::all() {
        let home = Home::new(kind).await;
        drop(home.serve().await);
        std::fs::remove_file(Secrets::path(&home.config)).unwrap();
        home.restore(&old.file())
            .await
            .unwrap_or_else(|error| panic!("{kind:?}: {error:#}"));
        let db = home.database.connect().await;
        assert_eq!(database::applied(&db).await.unwrap(), names(), "{kind:?}");
        let members = entity::member::Entity::find().all(&db).await.unwrap();
        assert_eq!(members.len(), 1);
        assert_eq!((members[0].id.0, members[0].created_at.as_millis()), (7, -1));

        let refusal = backup::restore(&home.config, &old.file(), &passphrase(), true)
            .await
            .unwrap_err()
            .to_string();
        assert!(refusal.contains("give an empty one"), "{refusal}");
    }
}

fn names() -> Vec<String> {
    Migrator::migrations()
        .iter()
        .map(|migration| migration.name().to_owned())
        .collect()
}

/// What a database says it holds, and what a backup takes along, are the same tables and columns.
#[tokio::test]
async fn every_column_of_every_database_is_in_the_backup() {
    let tables = schema::tables(&names()).await.unwrap();
    let taken: BTreeSet<(String, String)> = tables
        .iter()
        .flat_map(|table| table.names().into_iter().map(|column| (table.name.clone(), column)))
        .collect();
    for kind in DatabaseKind::all() {
        let home = Home::new(kind).await;
        database::migrate(&home.config).await.unwrap();
        assert_eq!(live(&home.database.connect().await).await, taken, "{kind:?}");
    }
    // `dump!` of this file is a list, and a list can fall behind.
    let home = Home::new(DatabaseKind::Sqlite).await;
    database::migrate(&home.config).await.unwrap();
    let dumped: BTreeSet<&str> = home.dump().await.into_keys().collect();
    assert_eq!(dumped, tables.iter().map(|table| table.name.as_str()).collect());
}

async fn live(db: &DatabaseConnection) -> BTreeSet<(String, String)> {
    let sql = match db.get_database_backend() {
        DbBackend::Postgres => {
            "SELECT table_name::text, column_name::text FROM information_schema.columns WHERE table_schema = current_schema()"
        }
        DbBackend::MySql => {
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = database()"
        }
        _ => {
            "SELECT t.name, c.name FROM pragma_table_list t, pragma_table_info(t.name) c WHERE t.name NOT LIKE 'sqlite_%'"
        }
    };
    let statement = Statement::from_string(db.get_database_backend(), sql);
    let rows = db.query_all_raw(statement).await.unwrap();
    let names = rows
        .iter()
        .map(|row| (row.try_get_by_index(0).unwrap(), row.try_get_by_index(1).unwrap()));
    names
        .filter(|(table, _): &(String, String)| table != "seaql_migrations")
        .collect()
}

/// An operator's evening: take a backup, restore it elsewhere, move on to another database; all on the command line.
#[tokio::test(flavor = "multi_thread")]
async fn the_commands_do_as_they_say() {
    let home = Home::of_a_company().await;
    let original = home.dump().await;
    let file = home.file().display().to_string();
    let secret = home.config.data_dir.join("passphrase");
    std::fs::write(&secret, format!("{PASSPHRASE}\n")).unwrap();
    let secret = secret.display().to_string();

    let said = said(signet(&home, &["backup", &file, "--passphrase-file", &secret]));
    assert!(
        said.contains("incident_update\n") && said.contains("Saved in"),
        "{said}"
    );
    let refused = signet(&home, &["backup", &file, "--passphrase-file", &secret]);
    assert!(!refused.status.success());

    let copy = Home::new(DatabaseKind::Sqlite).await;
    let restored = self::said(signet(&copy, &["restore", &file]));
    assert!(restored.contains("Restored from"), "{restored}");
    assert_eq!(copy.dump().await, original);
    for private in [home.file(), Secrets::path(&copy.config)] {
        assert_eq!(
            private.metadata().unwrap().permissions().mode() & 0o777,
            0o600,
            "{}",
            private.display()
        );
    }

    for kind in journey() {
        let next = Home::new(kind).await;
        let moved = self::said(signet(&copy, &["move", "--to", &next.database.url]));
        assert!(moved.contains("SIGNET_DATABASE__URL"), "{moved}");
        assert_eq!(next.dump().await, original, "{kind:?}");
    }
}

fn signet(home: &Home, arguments: &[&str]) -> Output {
    let binary = harness::binary();
    Command::new(&binary)
        .args(arguments)
        .env("SIGNET_DATA_DIR", &home.config.data_dir)
        .env("SIGNET_DATABASE__URL", &home.database.url)
        .env("SIGNET_BACKUP_PASSPHRASE", PASSPHRASE)
        .output()
        .unwrap_or_else(|error| panic!("{binary}: {error}; build it with cargo build -p server"))
}

fn said(output: Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
