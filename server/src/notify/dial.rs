//! Where the mail server is, and how a conversation with it begins: TCP, TLS, a greeting, signing in.
//!
//! lettre speaks the protocol; the socket is opened here, because small packets must not wait for each other (Nagle's
//! algorithm costs 40 ms per mail), and because a certificate authority of one's own can be trusted.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task;
use std::time::Duration;

use anyhow::{Context as _, bail};
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{
    AsyncSmtpConnection, AsyncTokioStream, Certificate, TlsParameters, TlsParametersBuilder,
};
use lettre::transport::smtp::extension::ClientId;
use percent_encoding::percent_decode_str;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use url::Url;

use crate::config;

/// A mail server, and how it is spoken to.
pub struct Server {
    /// An IPv6 address stands without its brackets.
    host: String,
    port: u16,
    tls: Tls,
    hello: ClientId,
    credentials: Option<Credentials>,
    patience: Duration,
}

enum Tls {
    Never,
    IfOffered(TlsParameters),
    Required(TlsParameters),
    FromTheStart(TlsConnector, ServerName<'static>),
}

impl Server {
    /// The server of `mail.smtp_url`. An error names the setting at fault, and no password.
    pub fn new(mail: &config::Mail) -> anyhow::Result<Self> {
        let url = Url::parse(mail.smtp_url.reveal()).context("mail.smtp_url")?;
        let host = url.host_str().context("mail.smtp_url: found no host, expected one")?;
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let authority = authority(&mail.ca_file)?;
        let (tls, usual_port) = tls(&url, &host, authority.as_deref())?;
        Ok(Self {
            port: url.port().unwrap_or(usual_port),
            tls,
            hello: hello(&url),
            credentials: credentials(&url)?,
            patience: Duration::from_secs(mail.timeout_s),
            host,
        })
    }

    /// How long it may take to let us in, and to answer.
    pub const fn patience(&self) -> Duration {
        self.patience
    }

    /// Whom we say we are.
    pub const fn hello(&self) -> &ClientId {
        &self.hello
    }

    /// A connection that mails can be sent on.
    pub async fn dial(&self) -> anyhow::Result<AsyncSmtpConnection> {
        match tokio::time::timeout(self.patience, self.enter()).await {
            Ok(connection) => connection,
            Err(_) => bail!("{}:{} does not answer within {:?}", self.host, self.port, self.patience),
        }
    }

    async fn enter(&self) -> anyhow::Result<AsyncSmtpConnection> {
        let stream = self.stream().await?;
        let mut connection = AsyncSmtpConnection::connect_with_transport(stream, &self.hello).await?;
        match &self.tls {
            Tls::Required(parameters) => connection.starttls(parameters.clone(), &self.hello).await?,
            Tls::IfOffered(parameters) if connection.can_starttls() => {
                connection.starttls(parameters.clone(), &self.hello).await?;
            }
            Tls::IfOffered(_) | Tls::Never | Tls::FromTheStart(..) => {}
        }
        if let Some(credentials) = &self.credentials {
            connection.auth(DEFAULT_MECHANISMS, credentials).await?;
        }
        Ok(connection)
    }

    async fn stream(&self) -> anyhow::Result<Box<dyn AsyncTokioStream>> {
        let address = (self.host.as_str(), self.port);
        let tcp = TcpStream::connect(address)
            .await
            .with_context(|| format!("{}:{} cannot be reached", self.host, self.port))?;
        tcp.set_nodelay(true)?;
        match &self.tls {
            Tls::FromTheStart(connector, name) => {
                let encrypted = connector.connect(name.clone(), tcp).await.context("TLS")?;
                Ok(Box::new(Encrypted(encrypted)))
            }
            Tls::Never | Tls::IfOffered(_) | Tls::Required(_) => Ok(Box::new(tcp)),
        }
    }
}

/// How a URL wants its connections protected, and the usual port for that.
fn tls(url: &Url, host: &str, authority: Option<&[u8]>) -> anyhow::Result<(Tls, u16)> {
    let choice = url.query_pairs().find(|(name, _)| name == "tls");
    let choice = choice.as_ref().map(|(_, choice)| choice.as_ref());
    // For this very machine, nobody has vouched for a certificate.
    let is_local = matches!(host, "localhost" | "127.0.0.1" | "::1");
    Ok(match (url.scheme(), choice) {
        ("smtps", _) => {
            let name = ServerName::try_from(host.to_owned()).context("mail.smtp_url")?;
            (Tls::FromTheStart(connector(authority)?, name), 465)
        }
        ("smtp", Some("required")) => (Tls::Required(parameters(host, authority)?), 587),
        ("smtp", Some("opportunistic")) => (Tls::IfOffered(parameters(host, authority)?), 587),
        ("smtp", None) if is_local => (Tls::Never, 25),
        ("smtp", None) => (Tls::IfOffered(parameters(host, authority)?), 587),
        (_, Some(choice)) => bail!("mail.smtp_url: found tls={choice}, expected tls=required or tls=opportunistic"),
        (scheme, None) => bail!("mail.smtp_url: found {scheme}:, expected smtp: or smtps:"),
    })
}

fn parameters(host: &str, authority: Option<&[u8]>) -> anyhow::Result<TlsParameters> {
    let mut builder = TlsParametersBuilder::new(host.to_owned());
    if let Some(pem) = authority {
        builder = builder.add_root_certificate(Certificate::from_pem(pem).context("mail.ca_file")?);
    }
    Ok(builder.build_rustls()?)
}

fn connector(authority: Option<&[u8]>) -> anyhow::Result<TlsConnector> {
    let mut roots = RootCertStore::empty();
    roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    for certificate in CertificateDer::pem_slice_iter(authority.unwrap_or_default()) {
        roots
            .add(certificate.context("mail.ca_file")?)
            .context("mail.ca_file")?;
    }
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

/// The certificates of `mail.ca_file`, if there is one.
fn authority(file: &str) -> anyhow::Result<Option<Vec<u8>>> {
    if file.is_empty() {
        return Ok(None);
    }
    let pem = std::fs::read(Path::new(file)).with_context(|| format!("mail.ca_file: cannot read {file}"))?;
    if CertificateDer::pem_slice_iter(&pem).next().is_none() {
        bail!("mail.ca_file: found no certificate in {file}, expected one or more in PEM form");
    }
    Ok(Some(pem))
}

/// The path of the URL, as lettre reads it, or the name of this machine.
fn hello(url: &Url) -> ClientId {
    match url.path().trim_matches('/') {
        "" => ClientId::default(),
        name => ClientId::Domain(name.to_owned()),
    }
}

fn credentials(url: &Url) -> anyhow::Result<Option<Credentials>> {
    let Some(password) = url.password() else {
        return Ok(None);
    };
    let decode = |text| percent_decode_str(text).decode_utf8().context("mail.smtp_url");
    let (user, password) = (decode(url.username())?, decode(password)?);
    Ok(Some(Credentials::new(user.into_owned(), password.into_owned())))
}

/// TLS as a stream that lettre takes.
#[derive(Debug)]
struct Encrypted(TlsStream<TcpStream>);

impl AsyncTokioStream for Encrypted {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.0.get_ref().0.peer_addr()
    }
}

impl AsyncRead for Encrypted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut task::Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> task::Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, into)
    }
}

impl AsyncWrite for Encrypted {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut task::Context<'_>, bytes: &[u8]) -> task::Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> task::Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> task::Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Secret};

    fn server(url: &str) -> anyhow::Result<Server> {
        let mut mail = Config::defaults().unwrap().mail;
        mail.smtp_url = Secret::new(url);
        Server::new(&mail)
    }

    #[test]
    fn tls_is_taken_where_it_is_offered() {
        let tls = |url| server(url).unwrap().tls;
        assert!(matches!(tls("smtp://mail.example.org"), Tls::IfOffered(_)));
        assert!(matches!(tls("smtp://localhost:25"), Tls::Never));
        assert!(matches!(tls("smtp://[::1]:25"), Tls::Never));
        assert!(matches!(tls("smtp://localhost?tls=required"), Tls::Required(_)));
        assert!(matches!(tls("smtps://mail.example.org"), Tls::FromTheStart(..)));
    }

    #[test]
    fn the_usual_port_goes_with_the_way_of_protection() {
        let port = |url| server(url).unwrap().port;
        assert_eq!((port("smtp://localhost"), port("smtp://mail.example.org")), (25, 587));
        assert_eq!(
            (port("smtps://mail.example.org"), port("smtps://mail.example.org:26")),
            (465, 26)
        );
    }

    #[test]
    fn a_password_with_signs_in_it_is_decoded() {
        let given = server("smtp://ana%40example.org:a%2Fb%3A@localhost")
            .unwrap()
            .credentials;
        assert_eq!(given, Some(Credentials::new("ana@example.org".into(), "a/b:".into())));
    }

    #[test]
    fn an_unknown_wish_is_named_without_the_password() {
        let error = format!("{:#}", server("smtp://ana:hunter2@localhost?tls=maybe").err().unwrap());
        assert!(error.contains("tls=maybe") && !error.contains("hunter2"), "{error}");
    }
}
