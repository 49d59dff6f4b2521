//! The port: taken so that a second process may take it too, and left so that no connection is lost on the way.

use std::net::TcpListener;
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};

use crate::config::Http;

/// Connections that wait to be accepted.
const BACKLOG: i32 = 1024;
/// Handshakes that had begun before the port closed are done by then, on any network a proxy is reached over.
const LAST_CALL: Duration = Duration::from_millis(200);

/// Opens the configured port, without blocking.
pub fn bind(http: &Http) -> std::io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(http.listen), Type::STREAM, Some(Protocol::TCP))?;
    // A port whose last connections are still being forgotten is free.
    socket.set_reuse_address(true)?;
    socket.set_reuse_port(http.reuse_port)?;
    socket.bind(&http.listen.into())?;
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

/// Begins no more connections on the port, and waits until those begun can have been accepted; then it may be closed.
///
/// Closing alone would break what the system has accepted on our behalf, with requests in it that nobody may send twice.
pub async fn last_call(port: &TcpListener) {
    if let Err(error) = refuse_new(port) {
        tracing::warn!(%error, "connections that come in this moment may break");
    }
    tokio::time::sleep(LAST_CALL).await;
}

/// Drops what begins a connection (a segment with SYN) and lets all else through. The other side begins again a second
/// later, and is then refused or taken by another process: both harmless, for it has not sent anything yet.
#[cfg(target_os = "linux")]
fn refuse_new(port: &TcpListener) -> std::io::Result<()> {
    use socket2::{SockFilter, SockRef};

    // Classic BPF, in which a filter sees a segment from its TCP header on (socket(7), linux/filter.h).
    const LOAD_BYTE: u16 = 0x30;
    const JUMP_IF_ANY_BIT: u16 = 0x45;
    const RETURN: u16 = 0x06;
    const FLAGS: u32 = 13;
    const SYN: u32 = 0x02;
    SockRef::from(port).attach_filter(&[
        SockFilter::new(LOAD_BYTE, 0, 0, FLAGS),
        SockFilter::new(JUMP_IF_ANY_BIT, 0, 1, SYN),
        SockFilter::new(RETURN, 0, 0, 0),
        SockFilter::new(RETURN, 0, 0, u32::MAX),
    ])
}

/// Elsewhere there is no such filter, and the moment between the last accepting and the closing stays.
#[cfg(not(target_os = "linux"))]
fn refuse_new(_: &TcpListener) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpStream;
    use tokio::time::timeout;

    use super::*;
    use crate::config::Config;

    fn http() -> Http {
        Http {
            listen: ([127, 0, 0, 1], 0).into(),
            ..Config::defaults().unwrap().http
        }
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn at_the_last_call_what_has_begun_comes_in_and_nothing_new_begins() {
        let port = bind(&http()).unwrap();
        let address = port.local_addr().unwrap();
        let early = TcpStream::connect(address).await.unwrap();
        last_call(&port).await;
        let late = timeout(Duration::from_millis(300), TcpStream::connect(address)).await;
        assert!(late.is_err(), "{late:?}");

        let (_, from) = port.accept().unwrap();
        assert_eq!(from, early.local_addr().unwrap());
        let next = port.accept().unwrap_err();
        assert_eq!(next.kind(), std::io::ErrorKind::WouldBlock);
    }

    #[tokio::test]
    async fn two_share_a_port_only_if_both_agree() {
        let shared = Http {
            reuse_port: true,
            ..http()
        };
        let first = bind(&shared).unwrap();
        let same = |reuse_port| Http {
            listen: first.local_addr().unwrap(),
            reuse_port,
            ..shared.clone()
        };
        assert!(bind(&same(true)).is_ok());
        assert!(bind(&same(false)).is_err());
    }
}
