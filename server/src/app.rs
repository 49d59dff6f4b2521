//! Wiring: settings to context, context to doors and workers, and a quiet end.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use poem::{Endpoint, EndpointExt, Response};
use tokio_util::sync::CancellationToken;

use crate::api::{self, Prometheus, Tester};
use crate::cli::ProcessRole;
use crate::config::Config;
use crate::context::secrets::private_folder;
use crate::context::{Actor, Clock, Ctx, Line, Replica, Secrets, database, follow};
use crate::http::front::Front;
use crate::http::listener::{self, Limits};
use crate::http::middleware::Doors;
use crate::http::socket;
use crate::jobs::{self, Env};
use crate::notify::Mailer;
use crate::{demo, domain, site};

/// Serves, works, or both, until told to stop.
pub async fn run(config: Config, role: ProcessRole, is_demo: bool, stop: CancellationToken) -> anyhow::Result<()> {
    let cx = Ctx {
        stop: stop.clone(),
        ..start(config, Clock::system()).await?
    };
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
    let env = Env::new(&cx, Mailer::new(&cx.config)?)?;
    let serving = async {
        match role {
            ProcessRole::All | ProcessRole::Api => serve(env.clone()).await,
            ProcessRole::Worker => Ok(()),
        }
    };
    let working = async {
        match role {
            ProcessRole::All | ProcessRole::Worker => jobs::background::run(work(cx.clone(), stop.clone())).await,
            ProcessRole::Api => Ok(()),
        }
    };
    tokio::spawn(follow::follow(cx.clone(), stop.clone()));
    // Whichever fails takes the other along: half a server is a silent failure.
    tokio::try_join!(serving, working).map(drop)
}

/// Does what is to be done in the background until told to stop, with connections of its own.
async fn work(cx: Ctx, stop: CancellationToken) -> anyhow::Result<()> {
    let db = database::open_for_jobs(&cx.config).await?;
    let cx = Ctx { db, ..cx };
    let env = Env::new(&cx, Mailer::new(&cx.config)?)?;
    jobs::worker::run(env, stop).await
}

/// Opens the database, brings it up to date, and puts the context together.
pub async fn start(config: Config, clock: Clock) -> anyhow::Result<Ctx> {
    private_folder(&config.data_dir)?;
    let secrets = Secrets::load(&config)?;
    database::migrate(&config).await?;
    let db = database::open(&config).await?;
    let line = Line::new(&db, &config, &secrets)?;
    let cx = Ctx {
        line,
        replica: database::open_replica(&config).await?.map(Replica::new),
        ..Ctx::new(db, config, secrets, clock)
    };
    domain::setup::check_app_key(&cx.as_system("setup")).await?;
    domain::page::ensure_default(&cx.as_system("setup")).await?;
    domain::target::seal_all(&cx.as_system("setup")).await?;
    follow::look(&cx).await?;
    Ok(cx)
}

/// All doors of the server.
pub fn doors(env: &Env) -> impl Endpoint<Output = Response> + use<> {
    let api = api::service();
    let mailer: Tester = Arc::new(env.clone());
    let prometheus: Prometheus = Arc::new(env.clone());
    let doors = Doors {
        cx: env.cx.acting(Actor::Visitor),
    };
    let all = site::routes().nest("/api/v3", api);
    all.data(mailer).data(prometheus).with(doors)
}

/// Answers requests until told to stop, then lets open ones end.
pub async fn serve(env: Env) -> anyhow::Result<()> {
    let http = &env.cx.config.http;
    let port = socket::bind(http).with_context(|| format!("cannot listen on {}", http.listen))?;
    serve_on(env, port).await
}

/// As [`serve`], on a port that is open already.
pub async fn serve_on(env: Env, port: TcpListener) -> anyhow::Result<()> {
    tracing::info!("listening on {}", port.local_addr()?);
    let leaving = leave(env.cx.clone(), port.try_clone()?);
    let front = Front::new(env.cx.acting(Actor::Visitor));
    let limits = Limits {
        connections: env.cx.config.http.max_connections,
        silence: Duration::from_secs(env.cx.config.http.idle_timeout_s),
    };
    listener::serve(port, front, doors(&env), limits, leaving).await?;
    Ok(())
}

/// Done when the port may be closed: told to stop, given notice, and with no connection left that is only half ours.
async fn leave(cx: Ctx, port: TcpListener) {
    cx.stop.cancelled().await;
    tokio::time::sleep(Duration::from_secs(cx.config.http.shutdown_notice_s)).await;
    socket::last_call(&port).await;
}
