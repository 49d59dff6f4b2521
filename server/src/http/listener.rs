//! Connections: taken in, bounded in number and in time, and let go in peace when the server stops.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::combinators::BoxBody;
use http_body_util::{Either, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use poem::http::uri::Scheme;
use poem::http::{Request, Response};
use poem::web::{LocalAddr, RemoteAddr};
use poem::{Addr, Endpoint};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::front::Front;
use super::patience::Patience;

/// How long open requests may take once the server was told to stop.
const DRAIN: Duration = Duration::from_secs(20);
/// The system is out of files or memory: trying again at once would only burn time.
const OUT_OF_MEANS: Duration = Duration::from_millis(50);

type Body = Either<Full<Bytes>, BoxBody<Bytes, io::Error>>;

/// What every connection is handed.
struct House<E> {
    front: Front,
    doors: E,
    limits: Limits,
    /// Cancelled when the port is closed: connections end with the request they are at.
    closing: CancellationToken,
}

/// How much is let in, and for how long.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections open at once; more wait.
    pub connections: usize,
    /// How long a request may take to say what it wants, and a connection to stay silent between two of them.
    pub silence: Duration,
}

/// Answers requests until `leaving` is done, then lets open ones end.
pub async fn serve<E>(
    port: std::net::TcpListener,
    front: Front,
    doors: E,
    limits: Limits,
    leaving: impl Future<Output = ()>,
) -> io::Result<()>
where
    E: Endpoint<Output = poem::Response> + 'static,
{
    port.set_nonblocking(true)?;
    let listener = TcpListener::from_std(port)?;
    let closing = CancellationToken::new();
    let house = Arc::new(House {
        front,
        doors,
        limits,
        closing: closing.clone(),
    });
    tokio::pin!(leaving);
    let places = Arc::new(Semaphore::new(limits.connections));
    let open = TaskTracker::new();
    loop {
        let place = tokio::select! {
            () = &mut leaving => break,
            place = Arc::clone(&places).acquire_owned() => place,
        };
        let (socket, peer) = tokio::select! {
            () = &mut leaving => break,
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "a connection cannot be taken");
                    tokio::time::sleep(OUT_OF_MEANS).await;
                    continue;
                }
            },
        };
        let house = Arc::clone(&house);
        open.spawn(async move {
            house.attend(socket, peer).await;
            drop(place);
        });
    }
    drop(listener);
    closing.cancel();
    open.close();
    if tokio::time::timeout(DRAIN, open.wait()).await.is_err() {
        tracing::warn!("{} connections were still open after {DRAIN:?}", open.len());
    }
    Ok(())
}

/// HTTP/1.1, which every proxy speaks to what is behind it. Telling HTTP/2 apart would mean waiting for a client's first bytes
/// without an end.
fn protocol(limits: &Limits, patience: Patience) -> http1::Builder {
    let mut protocol = http1::Builder::new();
    protocol.timer(patience).header_read_timeout(limits.silence);
    protocol
}

impl<E: Endpoint<Output = poem::Response> + 'static> House<E> {
    async fn attend(self: Arc<Self>, socket: TcpStream, peer: SocketAddr) {
        // Without it the second half of an answer waits for the other side's acknowledgement of the first.
        socket.set_nodelay(true).ok();
        let Ok(local) = socket.local_addr() else { return };
        let house = Arc::clone(&self);
        let service = service_fn(move |request| {
            let house = Arc::clone(&house);
            async move { Ok::<_, Infallible>(house.answer(request, local, peer).await) }
        });
        let patience = Patience::new(self.limits.silence);
        let connection = protocol(&self.limits, patience.clone()).serve_connection(TokioIo::new(socket), service);
        tokio::pin!(connection);
        tokio::select! {
            // How a client leaves is its own affair.
            _ = connection.as_mut() => return,
            never = patience.watch() => match never {},
            () = self.closing.cancelled() => connection.as_mut().graceful_shutdown(),
        }
        connection.await.ok();
    }

    async fn answer(&self, request: Request<Incoming>, local: SocketAddr, peer: SocketAddr) -> Response<Body> {
        let ask = self.front.ask(&request, peer.ip());
        if let Some(ready) = ask.as_ref().and_then(|ask| self.front.answer(ask, &request)) {
            return ready.map(|bytes| Either::Left(Full::new(bytes)));
        }
        let path = ask.as_ref().map(|_| request.uri().path().to_owned());
        let request = (
            request,
            LocalAddr(Addr::SocketAddr(local)),
            RemoteAddr(Addr::SocketAddr(peer)),
            Scheme::HTTP,
        );
        let response = self.doors.get_response(request.into()).await;
        if let (Some(ask), Some(path)) = (ask, path) {
            self.front.remember(ask, &path, &response);
        }
        Response::<BoxBody<Bytes, io::Error>>::from(response).map(Either::Right)
    }
}
