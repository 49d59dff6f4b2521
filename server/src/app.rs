//! Wiring: settings to context, context to doors and workers, and a quiet end.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use poem::{Endpoint, EndpointExt, Response};
use sea_orm::{EntityTrait, QuerySelect};
use tokio_util::sync::CancellationToken;

use crate::api::{self, TestMailer};
use crate::cli::ProcessRole;
use crate::config::Config;
use crate::context::secrets::private_folder;
use crate::context::{Actor, Clock, Ctx, Secrets, database};
use crate::entity::page;
use crate::http::front::Front;
use crate::http::listener::{self, Limits};
use crate::http::middleware::Doors;
use crate::jobs::{self, Env};
use crate::notify::Mailer;
use crate::{demo, domain, site};

/// How often a process asks whether another one has changed a page.
const WATCH: Duration = Duration::from_millis(1000);

/// Serves, works, or both, until told to stop.
pub async fn run(config: Config, role: ProcessRole, is_demo: bool, stop: CancellationToken) -> anyhow::Result<()> {
    let cx = start(config, Clock::system()).await?;
    if is_demo {
        demo::fill(&cx).await?;
        println!(
            "\n  The demo is at {}\n  Sign in at {0}/admin as {} with the password {}\n",
            cx.config.public_url(),
            demo::EMAIL,
            demo::PASSWORD
        );
    } else if role != ProcessRole::Worker
        && let Some(link) = domain::setup::prepare(&cx.as_system("setup")).await?
    {
        println!("\n  This installation has no owner yet. Open this link once to become it:\n\n  {link}\n");
    }
    let env = Env::new(&cx, Mailer::new(&cx.config)?);
    let serving = async {
        match role {
            ProcessRole::All | ProcessRole::Api => serve(env.clone(), stop.clone()).await,
            ProcessRole::Worker => Ok(()),
        }
    };
    let working = async {
        match role {
            ProcessRole::All | ProcessRole::Worker => jobs::worker::run(env.clone(), stop.clone()).await,
            ProcessRole::Api => Ok(()),
        }
    };
    // Whichever fails takes the other along: half a server is a silent failure.
    tokio::try_join!(serving, working).map(drop)
}

/// Opens the database, brings it up to date, and puts the context together.
pub async fn start(config: Config, clock: Clock) -> anyhow::Result<Ctx> {
    private_folder(&config.data_dir)?;
    let secrets = Secrets::load(&config)?;
    database::migrate(&config).await?;
    let db = database::open(&config).await?;
    let cx = Ctx::new(db, config, secrets, clock);
    domain::setup::check_app_key(&cx.as_system("setup")).await?;
    domain::page::ensure_default(&cx.as_system("setup")).await?;
    read_versions(&cx).await?;
    Ok(cx)
}

/// All doors of the server.
pub fn doors(env: &Env) -> impl Endpoint<Output = Response> + use<> {
    let api = api::service();
    let mailer: TestMailer = Arc::new(env.clone());
    let doors = Doors {
        cx: env.cx.acting(Actor::Visitor),
    };
    site::routes().nest("/api/v3", api).data(mailer).with(doors)
}

/// Answers requests until told to stop, then lets open ones end.
pub async fn serve(env: Env, stop: CancellationToken) -> anyhow::Result<()> {
    let address = env.cx.config.http.listen;
    let listener = std::net::TcpListener::bind(address).with_context(|| format!("cannot listen on {address}"))?;
    serve_on(env, listener, stop).await
}

/// As [`serve`], on a port that is open already.
pub async fn serve_on(env: Env, listener: std::net::TcpListener, stop: CancellationToken) -> anyhow::Result<()> {
    listener.set_nonblocking(true)?;
    let listener = tokio::net::TcpListener::from_std(listener)?;
    tracing::info!("listening on {}", listener.local_addr()?);
    let watcher = tokio::spawn(watch(env.cx.clone(), stop.clone()));
    let front = Front::new(env.cx.acting(Actor::Visitor));
    let limits = Limits {
        connections: env.cx.config.http.max_connections,
        silence: Duration::from_secs(env.cx.config.http.idle_timeout_s),
    };
    let served = listener::serve(listener, front, doors(&env), limits, stop).await;
    watcher.abort();
    Ok(served?)
}

/// Hears of changes that other processes made, by the version each page carries.
async fn watch(cx: Ctx, stop: CancellationToken) {
    while !stop.is_cancelled() {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(WATCH) => {}
        }
        if let Err(error) = read_versions(&cx).await {
            tracing::warn!(%error, "the versions of the pages cannot be read");
        }
    }
}

async fn read_versions(cx: &Ctx) -> crate::error::Result<()> {
    let query = page::Entity::find()
        .select_only()
        .columns([page::Column::Id, page::Column::Version]);
    for (id, version) in query.into_tuple::<(shared::PageId, i64)>().all(&cx.db).await? {
        cx.cache.changed(id, version);
    }
    Ok(())
}
