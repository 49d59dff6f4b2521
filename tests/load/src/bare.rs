//! The least that could be done: the same bytes without anything around them, the same rows without a server.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use poem::http::header;
use poem::listener::TcpListener;
use poem::web::Data;
use poem::{EndpointExt, Response, Route, Server, get, handler};
use sea_orm::sqlx;

/// `bare-poem PORT FILE`: poem, answering every request with the bytes of a file.
pub async fn poem(arguments: &[String]) -> anyhow::Result<()> {
    let [port, file] = arguments else {
        anyhow::bail!("expected a port and a file");
    };
    // They live as long as the process, so that sending them costs no copy.
    let bytes: Bytes = Box::leak(std::fs::read(file).with_context(|| file.to_owned())?.into_boxed_slice());
    let app = Route::new().at("/", get(answer)).data(bytes);
    Server::new(TcpListener::bind(format!("127.0.0.1:{port}")))
        .run(app)
        .await?;
    Ok(())
}

type Bytes = &'static [u8];

#[handler]
fn answer(bytes: Data<&Bytes>) -> Response {
    Response::builder()
        .header(header::CONTENT_ENCODING, "br")
        .content_type("text/html; charset=utf-8")
        .body(*bytes.0)
}

/// `bare-commits URL CONNECTIONS SECONDS`: commits of one row each, as fast as the database takes them. Prints how many per
/// second.
pub async fn commits(arguments: &[String]) -> anyhow::Result<()> {
    let [url, connections, seconds] = arguments else {
        anyhow::bail!("expected a URL, a number of connections and seconds");
    };
    let (connections, seconds) = (connections.parse()?, Duration::from_secs(seconds.parse()?));
    let done = if url.starts_with("sqlite") {
        sqlite(url, seconds).await?
    } else {
        postgres(url, connections, seconds).await?
    };
    println!("{}", f64::from(done) / seconds.as_secs_f64());
    Ok(())
}

const TABLE: &str = "CREATE TABLE IF NOT EXISTS bare (id INTEGER, status TEXT, at BIGINT)";

/// SQLite has one writer, so one connection is the fastest.
async fn sqlite(url: &str, time: Duration) -> anyhow::Result<u32> {
    use sqlx::ConnectOptions as _;
    use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
    let options: SqliteConnectOptions = url.parse()?;
    let options = options
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .disable_statement_logging();
    let mut connection = options.connect().await?;
    sqlx::query(TABLE).execute(&mut connection).await?;
    let (begun, mut done) = (Instant::now(), 0);
    while begun.elapsed() < time {
        sqlx::query("INSERT INTO bare (id, status, at) VALUES (?, ?, ?)")
            .bind(i64::from(done))
            .bind("operational")
            .bind(0_i64)
            .execute(&mut connection)
            .await?;
        done += 1;
    }
    Ok(done)
}

async fn postgres(url: &str, connections: usize, time: Duration) -> anyhow::Result<u32> {
    use sqlx::ConnectOptions as _;
    use sqlx::postgres::PgConnectOptions;
    let options: PgConnectOptions = url.parse()?;
    let mut connection = options.connect().await?;
    sqlx::query(TABLE).execute(&mut connection).await?;
    let mut writers = Vec::new();
    for _ in 0..connections {
        let mut connection = options.connect().await?;
        writers.push(tokio::spawn(async move {
            let (begun, mut done) = (Instant::now(), 0_u32);
            while begun.elapsed() < time {
                sqlx::query("INSERT INTO bare (id, status, at) VALUES ($1, $2, $3)")
                    .bind(done as i32)
                    .bind("operational")
                    .bind(0_i64)
                    .execute(&mut connection)
                    .await?;
                done += 1;
            }
            anyhow::Ok(done)
        }));
    }
    let mut done = 0;
    for writer in writers {
        done += writer.await??;
    }
    Ok(done)
}
