//! Sealing: what must be kept and given back as it was, such as a password for another server, is kept encrypted under the
//! installation's key. Where only a comparison is needed, a hash is kept instead.

use anyhow::anyhow;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};

use super::Secrets;

/// Random nonces of this length do not meet (XChaCha20).
const NONCE: usize = 24;

impl Secrets {
    /// Encrypts a text for one purpose and one place, such as the id of a row: put elsewhere, it does not open.
    pub fn seal(&self, purpose: &str, place: &str, text: &str) -> anyhow::Result<String> {
        let nonce: [u8; NONCE] = rand::random();
        let payload = Payload {
            msg: text.as_bytes(),
            aad: place.as_bytes(),
        };
        let sealed = self.cipher(purpose).encrypt(XNonce::from_slice(&nonce), payload);
        let sealed = sealed.map_err(|_| anyhow!("a secret cannot be sealed"))?;
        Ok(STANDARD_NO_PAD.encode([nonce.as_slice(), &sealed].concat()))
    }

    /// What was sealed for the purpose and place. An error if it was not, or under another key.
    pub fn unseal(&self, purpose: &str, place: &str, sealed: &str) -> anyhow::Result<String> {
        let wrong = || anyhow!("a secret was sealed under another key or for another place");
        let bytes = STANDARD_NO_PAD.decode(sealed).map_err(|_| wrong())?;
        let (nonce, msg) = bytes.split_at_checked(NONCE).ok_or_else(wrong)?;
        let payload = Payload {
            msg,
            aad: place.as_bytes(),
        };
        let text = self.cipher(purpose).decrypt(XNonce::from_slice(nonce), payload);
        String::from_utf8(text.map_err(|_| wrong())?).map_err(|_| wrong())
    }

    fn cipher(&self, purpose: &str) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&self.key(purpose).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_opens_only_with_its_key_for_its_purpose_and_in_its_place() {
        let secrets = Secrets::random();
        let sealed = secrets.seal("metric source", "7", "hunter2").unwrap();
        assert!(!sealed.contains("hunter2"));
        assert_eq!(secrets.unseal("metric source", "7", &sealed).unwrap(), "hunter2");
        assert!(secrets.unseal("metric source", "8", &sealed).is_err());
        assert!(secrets.unseal("web hook", "7", &sealed).is_err());
        assert!(Secrets::random().unseal("metric source", "7", &sealed).is_err());
        for nonsense in ["", "AAAA", "not base64!"] {
            assert!(secrets.unseal("metric source", "7", nonsense).is_err());
        }
    }
}
