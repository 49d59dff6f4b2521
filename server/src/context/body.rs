//! The bytes of a public answer in every encoding: hashed and compressed once, sent many times.

use std::io::Write;

use bytes::Bytes;
use sha2::{Digest, Sha256};

/// Compression once per change can take its time, but not a visitor's: 5 of 11 is where brotli's gain flattens.
const BROTLI_QUALITY: i32 = 5;

/// An answer as it was made, not yet compressed.
#[derive(Debug, Clone)]
pub struct Draft {
    pub status: u16,
    pub content_type: &'static str,
    pub bytes: Vec<u8>,
}

/// An answer, ready to be sent.
#[derive(Debug, Clone)]
pub struct Body {
    pub status: u16,
    pub content_type: &'static str,
    pub etag: String,
    pub identity: Bytes,
    pub gzip: Bytes,
    pub brotli: Bytes,
}

impl Draft {
    /// What was asked for is there.
    pub const fn found(content_type: &'static str, bytes: Vec<u8>) -> Self {
        Self {
            status: 200,
            content_type,
            bytes,
        }
    }
}

impl From<Draft> for Body {
    /// Hashes and compresses: milliseconds of work.
    fn from(draft: Draft) -> Self {
        let Draft {
            status,
            content_type,
            bytes,
        } = draft;
        Self {
            status,
            content_type,
            etag: format!("\"{}\"", hex::encode(&Sha256::digest(&bytes)[..12])),
            gzip: gzip(&bytes).into(),
            brotli: brotli(&bytes).into(),
            identity: bytes.into(),
        }
    }
}

impl Body {
    /// What it takes of memory, in bytes.
    pub fn weight(&self) -> u32 {
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
