//! Requests that the server makes: where they may go, how long they may take, and how much may come back.
//!
//! Addresses come from members, and the server stands inside a network that they may not. So a name is looked up here, what it
//! leads to is judged, and the connection goes to that very address: a name that leads elsewhere a moment later is of no use.
//! Redirections are not followed, and no proxy of the environment is asked.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use chrono::DateTime;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::{ACCEPT, AUTHORIZATION, DATE, HOST, HeaderMap, HeaderValue, RETRY_AFTER, USER_AGENT};
use hyper::rt::{Read, Write};
pub use hyper::{Method, header};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tokio_util::task::AbortOnDropHandle;
use url::{Host, Url};

use crate::config;

/// The most that an answer may hold.
const MOST_BYTES: usize = 1024 * 1024;
/// The most that is read of an answer to something sent: an id, or a reason.
const MOST_WORDS: usize = 64 * 1024;
const WHO: &str = concat!("Signet/", env!("CARGO_PKG_VERSION"));

/// What makes requests, by the settings of `[outbound]`.
#[derive(Debug, Clone)]
pub struct Outbound {
    allow_private: bool,
    patience: Duration,
}

/// What is asked. `Host` and `User-Agent` are ours; every other header is the asker's, and those with secrets are to be
/// marked as sensitive.
#[derive(Debug, Clone)]
pub struct Ask<'a> {
    pub method: Method,
    pub url: &'a Url,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    pub status: u16,
    /// How long the other side wants to be left alone, if it said so.
    pub retry_after: Option<Duration>,
    pub body: Bytes,
}

/// Why nothing came back; fit to be shown to whoever gave the address.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    #[error("{0} is not an address that begins with http:// or https://")]
    NotWeb(Url),
    #[error("there is no such host: {0}")]
    NoHost(String),
    #[error("{0} leads to a private address; where that is wanted, set outbound.allow_private")]
    Private(String),
    #[error("{0} leads to an address that nothing may be asked of")]
    Forbidden(String),
    #[error("{0} cannot be reached: {1}")]
    Unreachable(String, std::io::Error),
    #[error("TLS with {0} failed: {1}")]
    Tls(String, std::io::Error),
    #[error("{0} did not answer within {1} seconds")]
    TooSlow(String, u64),
    #[error("{0} answers with more than {MOST_BYTES} bytes")]
    TooLarge(String),
    #[error("{0} does not speak HTTP as expected")]
    Garbled(String),
    #[error("the name or password has characters that cannot be sent")]
    Unsendable,
}

impl Outbound {
    pub fn new(config: &config::Outbound) -> Self {
        Self {
            allow_private: config.allow_private,
            patience: Duration::from_secs(config.timeout_s),
        }
    }

    /// The same for addresses that stand in the settings: whoever writes those may reach what this machine reaches.
    #[must_use]
    pub fn trusting(&self) -> Self {
        Self {
            allow_private: true,
            ..self.clone()
        }
    }

    /// Reads what is there. `authorization` is the value of that header.
    pub async fn get(&self, url: &Url, authorization: Option<&str>) -> Result<Reply, Trouble> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        if let Some(authorization) = authorization {
            headers.insert(AUTHORIZATION, secret(authorization)?);
        }
        let ask = Ask {
            method: Method::GET,
            url,
            headers,
            body: Bytes::new(),
        };
        match self.patiently(ask, MOST_BYTES).await? {
            (reply, Whole::Yes) => Ok(reply),
            (_, Whole::No) => Err(Trouble::TooLarge(host_of(url))),
        }
    }

    /// Asks once. Of a long answer only the beginning is read: what was asked for has been done by then.
    pub async fn send(&self, ask: Ask<'_>) -> Result<Reply, Trouble> {
        Ok(self.patiently(ask, MOST_WORDS).await?.0)
    }

    async fn patiently(&self, ask: Ask<'_>, most: usize) -> Result<(Reply, Whole), Trouble> {
        let url = ask.url;
        match tokio::time::timeout(self.patience, self.ask(ask, most)).await {
            Ok(reply) => reply,
            Err(_) => Err(Trouble::TooSlow(host_of(url), self.patience.as_secs())),
        }
    }

    async fn ask(&self, ask: Ask<'_>, most: usize) -> Result<(Reply, Whole), Trouble> {
        let url = ask.url;
        let request = request(ask)?;
        let host = host_of(url);
        let address = self.address(url).await?;
        let tcp = TcpStream::connect(address)
            .await
            .map_err(|error| Trouble::Unreachable(host.clone(), error))?;
        if url.scheme() == "http" {
            return converse(TokioIo::new(tcp), request, host, most).await;
        }
        let name = ServerName::try_from(host.clone()).map_err(|_| Trouble::NoHost(host.clone()))?;
        let connector = CONNECTOR
            .as_ref()
            .map_err(|error| Trouble::Tls(host.clone(), std::io::Error::other(error.clone())))?;
        let tls = connector.connect(name, tcp).await;
        let tls = tls.map_err(|error| Trouble::Tls(host.clone(), error))?;
        converse(TokioIo::new(tls), request, host, most).await
    }

    /// The address that the connection will go to.
    async fn address(&self, url: &Url) -> Result<SocketAddr, Trouble> {
        let port = url.port_or_known_default().unwrap_or(443);
        let found: Vec<SocketAddr> = match url.host() {
            Some(Host::Ipv4(ip)) => vec![(ip, port).into()],
            Some(Host::Ipv6(ip)) => vec![(ip, port).into()],
            Some(Host::Domain(name)) => match tokio::net::lookup_host((name, port)).await {
                Ok(found) => found.collect(),
                Err(_) => Vec::new(),
            },
            None => Vec::new(),
        };
        let mut refusal = Trouble::NoHost(host_of(url));
        for address in found {
            match reach(address.ip()) {
                Reach::Public => return Ok(address),
                Reach::Private if self.allow_private => return Ok(address),
                Reach::Private => refusal = Trouble::Private(host_of(url)),
                Reach::Never => refusal = Trouble::Forbidden(host_of(url)),
            }
        }
        Err(refusal)
    }
}

/// An IPv6 address stands without its brackets.
fn host_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    host.trim_start_matches('[').trim_end_matches(']').to_owned()
}

/// A header's value that is not printed.
pub fn secret(text: &str) -> Result<HeaderValue, Trouble> {
    let mut value: HeaderValue = text.parse().map_err(|_| Trouble::Unsendable)?;
    value.set_sensitive(true);
    Ok(value)
}

type Request = hyper::Request<Full<Bytes>>;

fn request(ask: Ask<'_>) -> Result<Request, Trouble> {
    let Ask {
        method,
        url,
        headers,
        body,
    } = ask;
    let host = match (url.scheme(), url.host_str(), url.port()) {
        ("http" | "https", Some(host), None) => host.to_owned(),
        ("http" | "https", Some(host), Some(port)) => format!("{host}:{port}"),
        _ => return Err(Trouble::NotWeb(url.clone())),
    };
    let target = &url[url::Position::BeforePath..url::Position::AfterQuery];
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = method;
    *request.uri_mut() = target.parse().map_err(|_| Trouble::NotWeb(url.clone()))?;
    *request.headers_mut() = headers;
    let headers = request.headers_mut();
    headers.insert(HOST, host.parse().map_err(|_| Trouble::NotWeb(url.clone()))?);
    headers.insert(USER_AGENT, HeaderValue::from_static(WHO));
    Ok(request)
}

async fn converse<S>(stream: S, request: Request, host: String, most: usize) -> Result<(Reply, Whole), Trouble>
where
    S: Read + Write + Send + Unpin + 'static,
{
    let garbled = |_: hyper::Error| Trouble::Garbled(host.clone());
    let (mut sender, connection) = hyper::client::conn::http1::handshake(stream).await.map_err(garbled)?;
    // Ends with this function, however it ends.
    let _driving = AbortOnDropHandle::new(tokio::spawn(connection));
    let response = sender.send_request(request).await.map_err(garbled)?;
    let status = response.status().as_u16();
    let retry_after = retry_after(response.headers());
    let (body, whole) = read(response.into_body(), most).await.map_err(garbled)?;
    let reply = Reply {
        status,
        retry_after,
        body,
    };
    Ok((reply, whole))
}

/// Whether an answer was read to its end.
enum Whole {
    Yes,
    No,
}

async fn read(mut body: Incoming, most: usize) -> Result<(Bytes, Whole), hyper::Error> {
    let mut read = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else { continue };
        let room = most - read.len();
        read.extend_from_slice(&data[..data.len().min(room)]);
        if data.len() > room {
            return Ok((read.freeze(), Whole::No));
        }
    }
    Ok((read.freeze(), Whole::Yes))
}

/// Seconds, or a moment; the other side's own clock says how far off that is.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let now = DateTime::parse_from_rfc2822(headers.get(DATE)?.to_str().ok()?).ok()?;
    let then = DateTime::parse_from_rfc2822(text).ok()?;
    Some((then - now).to_std().unwrap_or_default())
}

// The roots are the same for every connection, and a session that is known is resumed.
static CONNECTOR: LazyLock<Result<TlsConnector, String>> =
    LazyLock::new(|| connector().map_err(|error| error.to_string()));

fn connector() -> Result<TlsConnector, tokio_rustls::rustls::Error> {
    let mut roots = RootCertStore::empty();
    roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

/// Who can be met at an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// Everyone.
    Public,
    /// Those in the same network, or on the same machine.
    Private,
    /// Nobody we have business with: neighbours on the wire, among them the desk where clouds hand out keys; groups; nothing.
    Never,
}

fn reach(ip: IpAddr) -> Reach {
    match ip {
        IpAddr::V4(ip) => reach_v4(ip),
        IpAddr::V6(ip) => match inner_v4(ip) {
            Some(inner) => reach_v4(inner),
            None => reach_v6(ip),
        },
    }
}

fn reach_v4(ip: Ipv4Addr) -> Reach {
    match ip.octets() {
        [169, 254, ..] | [0, ..] | [224..=255, ..] => Reach::Never,
        _ if ip.is_private() || ip.is_loopback() => Reach::Private,
        // Shared by the customers of a provider; protocol assignments; measuring; documentation.
        [100, 64..=127, ..] | [192, 0, 0, _] | [198, 18..=19, ..] => Reach::Private,
        _ if ip.is_documentation() => Reach::Private,
        _ => Reach::Public,
    }
}

fn reach_v6(ip: Ipv6Addr) -> Reach {
    // Where Amazon's machines ask for their keys.
    const KEYS: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);
    match ip.segments() {
        _ if ip.is_unspecified() || ip.is_multicast() || ip == KEYS => Reach::Never,
        [0xfe80..=0xfebf, ..] => Reach::Never,
        _ if ip.is_loopback() => Reach::Private,
        [0xfc00..=0xfdff, ..] | [0xfec0..=0xfeff, ..] => Reach::Private,
        // Documentation, and tunnels whose other end is not in the address we see.
        [0x2001, 0xdb8, ..] | [0x2001, 0, ..] => Reach::Private,
        // All that is given out to the public.
        [0x2000..=0x3fff, ..] => Reach::Public,
        _ => Reach::Private,
    }
}

/// The IPv4 address that an IPv6 address stands for: mapped, translated (RFC 6052) or of a tunnel (RFC 3056).
fn inner_v4(ip: Ipv6Addr) -> Option<Ipv4Addr> {
    let of = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Some(Ipv4Addr::new(a, b, c, d))
    };
    match ip.segments() {
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => of(high, low),
        [0, 0, 0, 0, 0, 0, high, low] if high != 0 => of(high, low),
        [0x2002, high, low, ..] => of(high, low),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outbound(allow_private: bool) -> Outbound {
        Outbound {
            allow_private,
            patience: Duration::from_secs(5),
        }
    }

    #[test]
    fn what_is_inside_is_told_from_what_is_outside() {
        let judge = |text: &str| reach(text.parse().unwrap());
        for public in ["93.184.216.34", "2606:2800:220:1::1", "::ffff:93.184.216.34"] {
            assert_eq!(judge(public), Reach::Public, "{public}");
        }
        for private in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "100.64.0.1",
            "::1",
            "fd12::1",
            "::ffff:10.0.0.1",
            "::ffff:127.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "::7f00:1",
            "2001:0:1::",
        ] {
            assert_eq!(judge(private), Reach::Private, "{private}");
        }
        for never in [
            "169.254.169.254",
            "0.0.0.0",
            "255.255.255.255",
            "224.0.0.1",
            "::",
            "fe80::1",
            "ff02::1",
            "fd00:ec2::254",
            "::ffff:169.254.169.254",
        ] {
            assert_eq!(judge(never), Reach::Never, "{never}");
        }
    }

    #[tokio::test]
    async fn other_ways_to_write_a_private_address_are_seen_through() {
        for inside in [
            "http://127.0.0.1/",
            "http://2130706433/",
            "http://0x7f.1/",
            "http://017700000001/",
            "http://[::1]/",
            "http://[::ffff:127.0.0.1]/",
            "http://localhost/",
        ] {
            let refusal = outbound(false).address(&Url::parse(inside).unwrap()).await.unwrap_err();
            assert!(matches!(refusal, Trouble::Private(_)), "{inside}: {refusal}");
        }
        let keys = Url::parse("http://169.254.169.254/latest/meta-data").unwrap();
        let refusal = outbound(true).get(&keys, None).await.unwrap_err();
        assert!(matches!(refusal, Trouble::Forbidden(_)), "{refusal}");
        let file = Url::parse("file:///etc/passwd").unwrap();
        assert!(matches!(
            outbound(true).get(&file, None).await.unwrap_err(),
            Trouble::NotWeb(_)
        ));
    }

    /// Answers one request with `answer` and gives what was asked.
    async fn listener(answer: &'static str) -> (Url, tokio::task::JoinHandle<String>) {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook?key=1", listener.local_addr().unwrap());
        let heard = tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut heard = vec![0; 4096];
            let length = socket.read(&mut heard).await.unwrap();
            socket.write_all(answer.as_bytes()).await.unwrap();
            String::from_utf8_lossy(&heard[..length]).into_owned()
        });
        (Url::parse(&url).unwrap(), heard)
    }

    async fn tell(url: &Url) -> Result<Reply, Trouble> {
        let mut headers = HeaderMap::new();
        headers.insert("x-kind", HeaderValue::from_static("news"));
        let ask = Ask {
            method: Method::PUT,
            url,
            headers,
            body: Bytes::from_static(b"{}"),
        };
        outbound(true).send(ask).await
    }

    #[tokio::test]
    async fn what_is_sent_arrives_as_it_is_and_the_answer_is_heard() {
        let (url, heard) = listener("HTTP/1.1 202 Accepted\r\ncontent-length: 2\r\n\r\nok").await;
        let reply = tell(&url).await.unwrap();
        assert_eq!((reply.status, reply.retry_after, &*reply.body), (202, None, &b"ok"[..]));
        let heard = heard.await.unwrap();
        assert!(heard.starts_with("PUT /hook?key=1 HTTP/1.1\r\n"), "{heard}");
        assert!(
            heard.contains("x-kind: news\r\n") && heard.ends_with("\r\n\r\n{}"),
            "{heard}"
        );
    }

    #[tokio::test]
    async fn who_is_busy_says_for_how_long_in_seconds_or_as_a_moment() {
        let busy = "HTTP/1.1 429 Slow Down\r\nretry-after: 7\r\ncontent-length: 0\r\n\r\n";
        let reply = tell(&listener(busy).await.0).await.unwrap();
        assert_eq!((reply.status, reply.retry_after), (429, Some(Duration::from_secs(7))));
        let closed = "HTTP/1.1 503 Closed\r\ndate: Tue, 24 Nov 2026 03:00:00 GMT\r\n\
                      retry-after: Tue, 24 Nov 2026 03:02:00 GMT\r\ncontent-length: 0\r\n\r\n";
        let reply = tell(&listener(closed).await.0).await.unwrap();
        assert_eq!(reply.retry_after, Some(Duration::from_secs(120)));
    }

    #[tokio::test]
    async fn an_answer_without_end_is_read_only_so_far() {
        let long: &'static str = Box::leak(format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(MOST_WORDS * 2)).into());
        let reply = tell(&listener(long).await.0).await.unwrap();
        assert_eq!(reply.body.len(), MOST_WORDS);
        let endless: &'static str = Box::leak(format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(MOST_BYTES + 1)).into());
        let refusal = outbound(true).get(&listener(endless).await.0, None).await.unwrap_err();
        assert!(matches!(refusal, Trouble::TooLarge(_)), "{refusal}");
    }

    #[tokio::test]
    async fn a_secret_that_no_header_can_hold_is_not_sent() {
        let url = Url::parse("http://127.0.0.1:1/").unwrap();
        let refusal = outbound(true).get(&url, Some("Bearer a\nb")).await.unwrap_err();
        assert!(!refusal.to_string().contains("a\nb"), "{refusal}");
    }
}
