//! The schema history: forward, back and forward again, on each database; and two processes that start together.

use harness::db::{DatabaseKind, TestDatabase};
use migrations::{Migrator, MigratorTrait};
use server::config::{Config, Secret};
use server::context::database;

/// What goes up comes down, and goes up again.
#[tokio::test]
async fn history_goes_forward_and_back() {
    for kind in DatabaseKind::all() {
        let home = TestDatabase::create(kind).await;
        let db = home.connect().await;
        for round in 0..2 {
            Migrator::up(&db, None)
                .await
                .unwrap_or_else(|error| panic!("{kind:?}, up, round {round}: {error}"));
            assert_eq!(pending(&db).await, 0, "{kind:?}");
            Migrator::down(&db, None)
                .await
                .unwrap_or_else(|error| panic!("{kind:?}, down, round {round}: {error}"));
            assert_eq!(pending(&db).await, Migrator::migrations().len(), "{kind:?}");
        }
    }
}

/// Servers that start together on an empty database all find it ready.
#[tokio::test]
async fn servers_may_start_together() {
    for kind in DatabaseKind::all() {
        let home = TestDatabase::create(kind).await;
        let starts: Vec<_> = (0..4).map(|_| start_elsewhere(config(&home))).collect();
        for start in starts {
            start
                .join()
                .unwrap()
                .unwrap_or_else(|error| panic!("{kind:?}: {error:#}"));
        }
        assert_eq!(pending(&home.connect().await).await, 0, "{kind:?}");
    }
}

/// On a thread and a runtime of its own, as another process would: waiting for the lock may hold its thread.
fn start_elsewhere(config: Config) -> std::thread::JoinHandle<Result<(), String>> {
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime
            .map_err(|error| error.to_string())?
            .block_on(database::migrate(&config))
            .map_err(|error| format!("{error:#}"))
    })
}

/// A server does not touch a database that a newer version has migrated.
#[tokio::test]
async fn a_newer_schema_is_left_alone() {
    use sea_orm::ConnectionTrait;
    for kind in DatabaseKind::all() {
        let home = TestDatabase::create(kind).await;
        let config = config(&home);
        database::migrate(&config).await.unwrap();
        let insert =
            "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m29991231_000001_from_the_future', 0)";
        home.connect().await.execute_unprepared(insert).await.unwrap();
        let refusal = database::migrate(&config)
            .await
            .expect_err("a newer schema")
            .to_string();
        assert!(
            refusal.contains("m29991231") || refusal.contains("newer"),
            "{kind:?}: {refusal}"
        );
    }
}

fn config(home: &TestDatabase) -> Config {
    let mut config = Config::defaults().unwrap();
    config.data_dir = home.folder.path().to_path_buf();
    config.database.url = Secret::new(home.url.clone());
    config
}

async fn pending(db: &sea_orm::DatabaseConnection) -> usize {
    Migrator::get_pending_migrations(db).await.unwrap().len()
}
