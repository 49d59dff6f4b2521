//! A visitor costs nothing: public answers are bytes, serialized, hashed and compressed once per change.

use std::collections::HashMap;
use std::future::Future;
use std::io::Write;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use sha2::{Digest, Sha256};
use shared::PageId;
use shared::status_page::StatusChanged;
use tokio::sync::broadcast;

use crate::entity::page;
use crate::error::{Error, Result};

/// Bounds what another node's change can leave standing here, should its message be missed.
const TIME_TO_LIVE: Duration = Duration::from_secs(30);
/// Bytes of answers kept; a visitor asking for many different addresses pushes out the oldest.
const MAX_BYTES: u64 = 32 * 1024 * 1024;
/// Compression once per change can take its time, but not a visitor's: 5 of 11 is where brotli's gain flattens.
const BROTLI_QUALITY: i32 = 5;

/// Which public answer.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Cached {
    /// `/api/v3/status`
    Status,
    /// An HTML page by its path and query, in a language.
    Document { path: String, locale: &'static str },
    /// A JSON answer by its path and query.
    Json { path: String },
}

/// An answer, ready to be sent.
#[derive(Debug, Clone)]
pub struct Body {
    pub status: u16,
    pub content_type: &'static str,
    pub etag: String,
    pub identity: bytes::Bytes,
    pub gzip: bytes::Bytes,
    pub brotli: bytes::Bytes,
}

impl Body {
    /// Hashes and compresses an answer, once.
    pub fn new(status: u16, content_type: &'static str, bytes: Vec<u8>) -> Self {
        Self {
            status,
            content_type,
            etag: format!("\"{}\"", hex::encode(&Sha256::digest(&bytes)[..12])),
            gzip: gzip(&bytes).into(),
            brotli: brotli(&bytes).into(),
            identity: bytes.into(),
        }
    }

    fn weight(&self) -> u32 {
        u32::try_from(self.identity.len() + self.gzip.len() + self.brotli.len() + 256).unwrap_or(u32::MAX)
    }
}

// Writing into memory cannot fail; should it ever, an empty body is what "not compressed" looks like to the sender.
fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(6));
    encoder
        .write_all(bytes)
        .and_then(|()| encoder.finish())
        .unwrap_or_default()
}

fn brotli(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let params = brotli::enc::BrotliEncoderParams {
        quality: BROTLI_QUALITY,
        ..Default::default()
    };
    match brotli::BrotliCompress(&mut &bytes[..], &mut out, &params) {
        Ok(_) => out,
        Err(_) => Vec::new(),
    }
}

/// All pages there are.
pub type Pages = Arc<Vec<Arc<page::Model>>>;

/// The cache, the versions of pages, and the line on which changes are told.
#[derive(Clone)]
pub struct Cache {
    bodies: moka::future::Cache<(PageId, i64, Cached), Arc<Body>>,
    pages: moka::future::Cache<(), Pages>,
    versions: Arc<RwLock<HashMap<PageId, i64>>>,
    changes: broadcast::Sender<(PageId, StatusChanged)>,
}

impl Default for Cache {
    fn default() -> Self {
        let bodies = moka::future::Cache::builder()
            .max_capacity(MAX_BYTES)
            .weigher(|_, body: &Arc<Body>| body.weight())
            .time_to_live(TIME_TO_LIVE)
            .build();
        let pages = moka::future::Cache::builder()
            .max_capacity(1)
            .time_to_live(TIME_TO_LIVE)
            .build();
        Self {
            bodies,
            pages,
            versions: Arc::default(),
            changes: broadcast::channel(64).0,
        }
    }
}

impl Cache {
    /// The cached answer, or the one that `make` gives. Many asking at once are one `make`.
    pub async fn get(&self, page: PageId, what: Cached, make: impl Future<Output = Result<Body>>) -> Result<Arc<Body>> {
        let key = (page, self.version(page), what);
        if let Some(body) = self.bodies.get(&key).await {
            crate::metrics::CACHE_HITS.inc();
            return Ok(body);
        }
        crate::metrics::CACHE_MISSES.inc();
        let made = self.bodies.try_get_with(key, async { make.await.map(Arc::new) }).await;
        made.map_err(|error: Arc<Error>| error.repeat())
    }

    /// All pages, by which host names and codes are found.
    pub async fn pages(&self, load: impl Future<Output = Result<Vec<page::Model>>>) -> Result<Pages> {
        let load = async {
            load.await
                .map(|rows| Arc::new(rows.into_iter().map(Arc::new).collect()))
        };
        self.pages
            .try_get_with((), load)
            .await
            .map_err(|error: Arc<Error>| error.repeat())
    }

    /// A page has reached a version: older answers are not served again, and open streams are told.
    pub fn changed(&self, page: PageId, version: i64) {
        let mut versions = self.versions.write().unwrap_or_else(PoisonError::into_inner);
        let known = versions.entry(page).or_default();
        if version > *known {
            *known = version;
            drop(versions);
            self.pages.invalidate_all();
            // Nobody listening is not an error.
            let _ = self.changes.send((page, StatusChanged { version }));
        }
    }

    /// Changes from now on, of all pages.
    pub fn subscribe(&self) -> broadcast::Receiver<(PageId, StatusChanged)> {
        self.changes.subscribe()
    }

    /// The version a page has reached.
    pub fn version(&self, page: PageId) -> i64 {
        self.versions
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&page)
            .copied()
            .unwrap_or_default()
    }
}
