//! DKIM (RFC 6376): a mail signed by the domain it comes from, and the DNS records that let others check it.
//!
//! Headers and body are signed in the relaxed form, which survives what mail servers do to spaces on the way. The headers that
//! people see are named once more than they are there, so that nobody can add a second one.

use std::fmt;
use std::path::Path;

use anyhow::{Context as _, anyhow, bail};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use url::Url;

use crate::config;

/// Signed where they are there.
const SIGNED: &[&str] = &[
    "from",
    "to",
    "subject",
    "date",
    "message-id",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
    "auto-submitted",
    "list-id",
    "list-unsubscribe",
    "list-unsubscribe-post",
];
/// No second one may be added.
const SEALED: &[&str] = &["from", "to", "subject", "date"];
/// Characters of base64 to a line of a header, and to a line of a key file.
const LINE: usize = 64;
/// What one string of a TXT record holds.
const STRING_MAX: usize = 255;

/// What signs our mail.
pub struct Dkim {
    domain: String,
    selector: String,
    key: Key,
}

enum Key {
    Rsa(Box<RsaKeyPair>),
    Ed25519(Box<Ed25519KeyPair>),
}

impl fmt::Debug for Dkim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}._domainkey.{}", self.selector, self.domain)
    }
}

/// A record to publish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DnsRecord {
    pub name: String,
    /// Of a TXT record, without quotes.
    pub text: String,
    /// What it is for.
    pub reason: &'static str,
}

impl fmt::Display for DnsRecord {
    /// As it stands in a zone file.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let strings = chunks(&self.text, STRING_MAX).map(|part| format!("\"{part}\""));
        let strings: Vec<String> = strings.collect();
        write!(f, "{}. IN TXT {}", self.name, strings.join(" "))
    }
}

/// The records by which others tell that our mail is ours. The first is missing where no key is set.
pub fn dns_records(config: &config::Mail) -> anyhow::Result<Vec<DnsRecord>> {
    let domain = domain_of(config);
    let relay = Url::parse(config.smtp_url.reveal()).ok();
    let relay = relay
        .as_ref()
        .and_then(Url::host_str)
        .filter(|host| host.contains('.') && host.parse::<std::net::IpAddr>().is_err());
    let senders = relay.map_or_else(|| "mx".to_owned(), |host| format!("mx a:{host}"));
    let key = Dkim::new(config)?.map(|dkim| dkim.record()).transpose()?;
    let advice = [
        DnsRecord {
            name: domain.clone(),
            text: format!("v=spf1 {senders} ~all"),
            reason: "SPF: who may send for the domain. Where there is a record already, add to it: a second one is an error",
        },
        DnsRecord {
            name: format!("_dmarc.{domain}"),
            text: format!("v=DMARC1; p=none; rua=mailto:postmaster@{domain}"),
            reason: "DMARC: what others do with mail that is not ours. Once the reports show that ours passes: p=quarantine",
        },
    ];
    Ok(key.into_iter().chain(advice).collect())
}

/// A new key, as it stands in a file: RSA, which every receiver can check.
pub fn new_key() -> anyhow::Result<String> {
    let key = RsaKeyPair::generate(KeySize::Rsa2048).map_err(|_| anyhow!("no key could be made"))?;
    let der = AsDer::<Pkcs8V1Der<'_>>::as_der(&key).map_err(|_| anyhow!("the key cannot be written down"))?;
    let text = STANDARD.encode(der.as_ref());
    let lines: Vec<&str> = chunks(&text, LINE).collect();
    Ok(format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
        lines.join("\n")
    ))
}

/// The domain that signs: the one that is set, else that of our address.
fn domain_of(config: &config::Mail) -> String {
    let own = config
        .from
        .rsplit_once('@')
        .map(|(_, domain)| domain)
        .unwrap_or_default();
    let domain = if config.dkim_domain.is_empty() {
        own
    } else {
        &config.dkim_domain
    };
    domain.to_ascii_lowercase()
}

impl Dkim {
    /// Nothing where no key is set.
    pub fn new(config: &config::Mail) -> anyhow::Result<Option<Self>> {
        if config.dkim_key_file.is_empty() {
            return Ok(None);
        }
        let path = Path::new(&config.dkim_key_file);
        let key = Key::read(path).with_context(|| format!("mail.dkim_key_file: {}", path.display()))?;
        Ok(Some(Self {
            domain: domain_of(config),
            selector: config.dkim_selector.clone(),
            key,
        }))
    }

    /// The header that goes before a mail, with its line end.
    pub fn sign(&self, mail: &str) -> anyhow::Result<String> {
        let (head, body) = mail.split_once("\r\n\r\n").context("a mail with headers and a body")?;
        let fields = fields(&format!("{head}\r\n"));
        let there = |name: &&&str| fields.iter().any(|(found, _)| found == **name);
        let names: Vec<&str> = SIGNED.iter().filter(there).chain(SEALED).copied().collect();
        let hash = STANDARD.encode(Sha256::digest(relaxed_body(body)));
        let header = format!(
            "DKIM-Signature: v=1; a={}-sha256; c=relaxed/relaxed; d={}; s={};\r\n\th={};\r\n\tbh={hash};\r\n\tb=",
            self.key.algorithm(),
            self.domain,
            self.selector,
            names.join(":\r\n\t "),
        );
        let signed = format!("{}{}", signed_fields(&names, &fields), relaxed_field(&header));
        let signature = STANDARD.encode(self.key.sign(signed.as_bytes())?);
        let lines: Vec<&str> = chunks(&signature, LINE).collect();
        Ok(format!("{header}{}\r\n", lines.join("\r\n\t ")))
    }

    fn record(&self) -> anyhow::Result<DnsRecord> {
        let (kind, key) = match &self.key {
            Key::Rsa(key) => {
                let der: PublicKeyX509Der<'_> = key
                    .public_key()
                    .as_der()
                    .map_err(|_| anyhow!("the key cannot be written down"))?;
                ("rsa", STANDARD.encode(der.as_ref()))
            }
            Key::Ed25519(key) => ("ed25519", STANDARD.encode(key.public_key().as_ref())),
        };
        Ok(DnsRecord {
            name: format!("{}._domainkey.{}", self.selector, self.domain),
            text: format!("v=DKIM1; k={kind}; p={key}"),
            reason: "DKIM: the key that our signatures are checked with",
        })
    }
}

impl Key {
    fn read(path: &Path) -> anyhow::Result<Self> {
        let pem = std::fs::read(path)?;
        let key = PrivateKeyDer::from_pem_slice(&pem).map_err(|_| anyhow!("found no private key in PEM form"))?;
        let rsa = |key: RsaKeyPair| Self::Rsa(Box::new(key));
        let found = match &key {
            PrivateKeyDer::Pkcs1(der) => RsaKeyPair::from_der(der.secret_pkcs1_der()).map(rsa),
            PrivateKeyDer::Pkcs8(der) => RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()).map(rsa).or_else(|_| {
                Ed25519KeyPair::from_pkcs8_maybe_unchecked(der.secret_pkcs8_der())
                    .map(|key| Self::Ed25519(Box::new(key)))
            }),
            _ => bail!("found a key of another kind, expected RSA or Ed25519"),
        };
        found.map_err(|_| anyhow!("found a key that cannot be used, expected RSA of 2048 bits or more, or Ed25519"))
    }

    const fn algorithm(&self) -> &'static str {
        match self {
            Self::Rsa(_) => "rsa",
            Self::Ed25519(_) => "ed25519",
        }
    }

    fn sign(&self, text: &[u8]) -> anyhow::Result<Vec<u8>> {
        match self {
            Self::Rsa(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text, &mut signature)
                    .map_err(|_| anyhow!("the DKIM key does not sign"))?;
                Ok(signature)
            }
            // RFC 8463: the hash is what is signed.
            Self::Ed25519(key) => Ok(key.sign(&Sha256::digest(text)).as_ref().to_vec()),
        }
    }
}

/// Header fields by their names in small letters, each whole with its line end.
fn fields(head: &str) -> Vec<(String, String)> {
    let mut fields: Vec<(String, String)> = Vec::new();
    for line in head.split_inclusive("\r\n") {
        match fields.last_mut() {
            Some((_, field)) if line.starts_with([' ', '\t']) => field.push_str(line),
            _ => {
                let name = line.split(':').next().unwrap_or_default();
                fields.push((name.trim_end().to_ascii_lowercase(), line.to_owned()));
            }
        }
    }
    fields
}

/// In the order they are named. One that is named once more than it is there adds nothing.
fn signed_fields(names: &[&str], fields: &[(String, String)]) -> String {
    let mut left: Vec<&(String, String)> = fields.iter().collect();
    let mut signed = String::new();
    for name in names {
        if let Some(at) = left.iter().rposition(|(found, _)| found == name) {
            signed.push_str(&relaxed_field(&left.remove(at).1));
            signed.push_str("\r\n");
        }
    }
    signed
}

/// Section 3.4.2, without a line end.
fn relaxed_field(field: &str) -> String {
    let (name, value) = field.split_once(':').unwrap_or((field, ""));
    let words: Vec<&str> = value
        .split([' ', '\t', '\r', '\n'])
        .filter(|word| !word.is_empty())
        .collect();
    format!("{}:{}", name.trim_end().to_ascii_lowercase(), words.join(" "))
}

/// Section 3.4.4: spaces become one, those at line ends and empty lines at the end go.
fn relaxed_body(body: &str) -> String {
    let mut relaxed = String::with_capacity(body.len());
    for line in body.split("\r\n") {
        let mut is_gap = false;
        for c in line.trim_end_matches([' ', '\t']).chars() {
            let is_space = matches!(c, ' ' | '\t');
            if !(is_space && is_gap) {
                relaxed.push(if is_space { ' ' } else { c });
            }
            is_gap = is_space;
        }
        relaxed.push_str("\r\n");
    }
    let end = relaxed.trim_end_matches("\r\n").len();
    relaxed.truncate(end);
    if !relaxed.is_empty() {
        relaxed.push_str("\r\n");
    }
    relaxed
}

/// ASCII, in pieces.
fn chunks(text: &str, size: usize) -> impl Iterator<Item = &str> {
    (0..text.len())
        .step_by(size)
        .map(move |at| &text[at..(at + size).min(text.len())])
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};

    use super::*;
    use crate::config::{Config, Secret};

    fn settings(folder: &tempfile::TempDir) -> config::Mail {
        let path = folder.path().join("dkim.pem");
        std::fs::write(&path, new_key().unwrap()).unwrap();
        let mut mail = Config::defaults().unwrap().mail;
        mail.from = "Status@Example.org".into();
        mail.dkim_key_file = path.display().to_string();
        mail
    }

    #[test]
    fn spaces_are_relaxed_as_in_the_example_of_the_standard() {
        let fields = fields("A: X\r\nB : Y\t\r\n\tZ  \r\n");
        assert_eq!(signed_fields(&["a", "b", "a"], &fields), "a:X\r\nb:Y Z\r\n");
        assert_eq!(relaxed_body(" C \r\nD \t E\r\n\r\n\r\n"), " C\r\nD E\r\n");
        assert_eq!(relaxed_body(""), "");
    }

    #[test]
    fn a_signature_holds_for_the_mail_it_was_made_for() {
        let folder = tempfile::tempdir().unwrap();
        let dkim = Dkim::new(&settings(&folder)).unwrap().unwrap();
        let mail = "From: a@example.org\r\nSubject: Hm\r\nX-Other: 1\r\n\r\nHello\r\n";
        let header = dkim.sign(mail).unwrap();
        assert!(
            header.starts_with("DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.org; s=signet;\r\n\t")
        );
        assert!(header.lines().all(|line| line.len() < 200), "{header}");
        let (unsigned, signature) = header.rsplit_once("b=").unwrap();
        let signature = STANDARD
            .decode(signature.split_whitespace().collect::<String>())
            .unwrap();
        let signed = format!(
            "from:a@example.org\r\nsubject:Hm\r\n{}",
            relaxed_field(&format!("{unsigned}b="))
        );
        let record = dkim.record().unwrap();
        let key = STANDARD.decode(record.text.split_once("p=").unwrap().1).unwrap();
        let verify =
            |text: &str| UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &key).verify(text.as_bytes(), &signature);
        assert!(verify(&signed).is_ok());
        assert!(verify(&signed.replace("Hm", "Ha")).is_err());
    }

    #[test]
    fn the_records_say_who_signs_and_who_sends() {
        let folder = tempfile::tempdir().unwrap();
        let mut mail = settings(&folder);
        mail.smtp_url = Secret::new("smtp://user:hunter2@mail.example.net:587");
        let records = dns_records(&mail).unwrap();
        let zone: Vec<String> = records.iter().map(ToString::to_string).collect();
        assert!(
            zone[0].starts_with("signet._domainkey.example.org. IN TXT \"v=DKIM1; k=rsa; p="),
            "{}",
            zone[0]
        );
        // 2048 bits do not fit into one string.
        assert_eq!(zone[0].matches('"').count(), 4);
        assert_eq!(zone[1], "example.org. IN TXT \"v=spf1 mx a:mail.example.net ~all\"");
        assert!(!zone.concat().contains("hunter2"));
    }

    #[test]
    fn a_file_without_a_key_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let mut mail = settings(&folder);
        std::fs::write(&mail.dkim_key_file, "no key").unwrap();
        let error = format!("{:#}", Dkim::new(&mail).unwrap_err());
        assert!(
            error.contains("mail.dkim_key_file") && error.contains("dkim.pem"),
            "{error}"
        );
        mail.dkim_key_file = String::new();
        assert!(Dkim::new(&mail).unwrap().is_none());
    }
}
