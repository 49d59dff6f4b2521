//! A database for each story, gone when the story is over.

use sea_orm::{ConnectionTrait, Database, DatabaseConnection};
use tempfile::TempDir;

use crate::servers::PrivatePostgres;

/// A kind of database that Signet runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DatabaseKind {
    Sqlite,
    Postgres,
    MySql,
}

impl DatabaseKind {
    const EACH: [Self; 3] = [Self::Sqlite, Self::Postgres, Self::MySql];

    /// The kinds to test on: `SIGNET_TEST_DATABASES=sqlite,postgres`, or all three.
    pub fn all() -> Vec<Self> {
        let wanted = std::env::var("SIGNET_TEST_DATABASES").unwrap_or_else(|_| "sqlite,postgres,mysql".into());
        let wanted: Vec<&str> = wanted.split(',').map(str::trim).collect();
        for word in &wanted {
            assert!(
                Self::EACH.iter().any(|kind| kind.word() == *word),
                "SIGNET_TEST_DATABASES: found {word:?}, expected sqlite, postgres or mysql"
            );
        }
        Self::EACH
            .into_iter()
            .filter(|kind| wanted.contains(&kind.word()))
            .collect()
    }

    /// How it is written in `SIGNET_TEST_DATABASES` and in the names of tests.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
            Self::MySql => "mysql",
        }
    }

    /// Where a database can be made, for the kinds that are servers.
    fn server_url(self) -> Option<String> {
        let (variable, otherwise) = match self {
            Self::Sqlite => return None,
            Self::Postgres => ("SIGNET_TEST_POSTGRES_URL", "postgres://root@127.0.0.1:5432/postgres"),
            Self::MySql => ("SIGNET_TEST_MYSQL_URL", "mysql://root@127.0.0.1:3306/mysql"),
        };
        Some(std::env::var(variable).unwrap_or_else(|_| otherwise.into()))
    }
}

/// An empty database of one's own, and a folder for the files of the same story.
pub struct TestDatabase {
    pub kind: DatabaseKind,
    pub url: String,
    pub folder: TempDir,
    /// The server to drop it on, and its name there.
    drop_on: Option<(String, String)>,
}

impl TestDatabase {
    pub async fn create(kind: DatabaseKind) -> Self {
        let folder = data_folder();
        match kind.server_url() {
            Some(server) => Self::create_on(kind, server, folder).await,
            None => Self::in_file(&folder.path().join("signet.db").display().to_string(), folder),
        }
    }

    /// On a server that a story has started for itself.
    pub async fn on_server(server: &PrivatePostgres) -> Self {
        Self::create_on(DatabaseKind::Postgres, server.url("postgres"), data_folder()).await
    }

    /// SQLite in a folder of the story's own choosing.
    pub fn in_folder(place: &std::path::Path) -> Self {
        Self::in_file(&place.join("signet.db").display().to_string(), data_folder())
    }

    fn in_file(path: &str, folder: TempDir) -> Self {
        Self {
            kind: DatabaseKind::Sqlite,
            url: format!("sqlite://{path}?mode=rwc"),
            folder,
            drop_on: None,
        }
    }

    async fn create_on(kind: DatabaseKind, server: String, folder: TempDir) -> Self {
        let name = format!("signet_test_{}", uuid::Uuid::new_v4().simple());
        run(&server, &format!("CREATE DATABASE {name}"))
            .await
            .expect("a database server that lets us make databases");
        let (base, _) = server.rsplit_once('/').expect("a URL with a database");
        Self {
            kind,
            url: format!("{base}/{name}"),
            folder,
            drop_on: Some((server, name)),
        }
    }

    /// A connection beside the server's own.
    pub async fn connect(&self) -> DatabaseConnection {
        Database::connect(&self.url).await.expect("a connection")
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let Some((server, name)) = self.drop_on.take() else {
            return;
        };
        let force = if self.kind == DatabaseKind::Postgres {
            " WITH (FORCE)"
        } else {
            ""
        };
        // On a thread of its own: a runtime cannot be waited for inside another one.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .ok()?;
            runtime
                .block_on(run(&server, &format!("DROP DATABASE IF EXISTS {name}{force}")))
                .ok()
        });
        // A database left behind hurts nobody; a panic in a destructor would hide what failed.
        drop(dropping.join());
    }
}

fn data_folder() -> TempDir {
    tempfile::Builder::new()
        .prefix("signet-test-")
        .tempdir()
        .expect("a folder")
}

async fn run(url: &str, statement: &str) -> Result<(), sea_orm::DbErr> {
    let mut options = sea_orm::ConnectOptions::new(url);
    options.max_connections(1).sqlx_logging(false);
    let connection = Database::connect(options).await?;
    connection.execute_unprepared(statement).await?;
    connection.close().await
}
