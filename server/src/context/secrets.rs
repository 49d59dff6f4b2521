//! The installation's key, and the keys derived from it. None of them prints.

use std::fmt;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::config::Config;

/// The installation's key. What it signs cannot be forged without it.
#[derive(Clone)]
pub struct Secrets {
    app_key: [u8; 32],
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

impl Secrets {
    /// The configured key, or the one in the data directory, which is made at the first start.
    pub fn load(config: &Config) -> anyhow::Result<Self> {
        match Self::find(config)? {
            Some(secrets) => Ok(secrets),
            None => {
                let secrets = Self::random();
                secrets.keep(config)?;
                Ok(secrets)
            }
        }
    }

    /// The configured key, or the one in the data directory, if there is one.
    pub fn find(config: &Config) -> anyhow::Result<Option<Self>> {
        if !config.secrets.app_key.is_empty() {
            return Self::parse(config.secrets.app_key.reveal())
                .context("secrets.app_key")
                .map(Some);
        }
        if !config.secrets.app_key_file.is_empty() {
            let path = Path::new(&config.secrets.app_key_file);
            let text = fs::read_to_string(path)
                .with_context(|| format!("secrets.app_key_file: cannot read {}", path.display()))?;
            return Self::parse(&text)
                .with_context(|| format!("secrets.app_key_file: {}", path.display()))
                .map(Some);
        }
        let path = Self::path(config);
        match fs::read_to_string(&path) {
            Ok(text) => Self::parse(&text).with_context(|| path.display().to_string()).map(Some),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
    }

    /// Where a key lives that no setting names.
    pub fn path(config: &Config) -> PathBuf {
        config.data_dir.join("secrets").join("app.key")
    }

    /// Writes the key into the data directory, for its owner only; one that is there already is an error.
    pub fn keep(&self, config: &Config) -> anyhow::Result<()> {
        let path = Self::path(config);
        write_private(&path, &self.reveal()).with_context(|| format!("cannot write {}", path.display()))
    }

    /// A key that dies with the process, for tests.
    pub fn random() -> Self {
        Self {
            app_key: rand::random(),
        }
    }

    /// The key itself in 64 hexadecimal digits, for the two places that keep it: its file and a sealed backup.
    pub fn reveal(&self) -> String {
        hex::encode(self.app_key)
    }

    /// Reads what [`Secrets::reveal`] gives; anything else is an error that does not repeat it.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let mut app_key = [0; 32];
        if hex::decode_to_slice(text.trim(), &mut app_key).is_err() {
            bail!(
                "found {} characters, expected 64 hexadecimal digits (make some: openssl rand -hex 32)",
                text.trim().len()
            );
        }
        Ok(Self { app_key })
    }

    /// A key for one purpose; keys of different purposes say nothing about each other (HKDF, RFC 5869).
    pub fn key(&self, purpose: &str) -> [u8; 32] {
        let mut key = [0; 32];
        // 32 bytes is far below the 255 × 32 that HKDF-SHA-256 can give, so this cannot fail.
        let _ = Hkdf::<Sha256>::new(None, &self.app_key).expand(purpose.as_bytes(), &mut key);
        key
    }

    /// Signs messages under the key of a purpose, which is derived once.
    pub fn signer(&self, purpose: &str) -> Signer {
        #[allow(clippy::expect_used)]
        let mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&self.key(purpose)).expect("HMAC takes keys of any length");
        Signer(mac)
    }

    /// A short text that tells one key from another without telling the key.
    pub fn fingerprint(&self) -> String {
        hex::encode(&self.key("fingerprint")[..8])
    }
}

/// The key of one purpose, ready to sign.
pub struct Signer(Hmac<Sha256>);

impl Signer {
    /// HMAC-SHA-256 of a message.
    pub fn sign(&self, message: &[u8]) -> [u8; 32] {
        self.0.clone().chain_update(message).finalize().into_bytes().into()
    }
}

/// The SHA-256 of a random token, as it is stored. Tokens have 256 bits, so no salt and no slow hash is needed.
pub fn hash_token(token: &str) -> String {
    hex::encode(Sha256::digest(token.as_bytes()))
}

/// A token of 256 random bits that fits into an address.
pub fn random_token() -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())
}

/// Makes a folder that only its owner may look into: it holds addresses of people.
pub fn private_folder(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    if let Some(parent) = path.parent() {
        private_folder(parent)?;
    }
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
