//! The links in mails to subscribers: signed, so that nothing about them has to be stored.
//!
//! A token is the subscription's number and a seal over the number and the address, 32 characters in all. It is good
//! until the subscription is deleted or its address changes, which is what an unsubscribe link has to be.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use shared::SubscriptionId;
use subtle::ConstantTimeEq as _;

use crate::context::{Secrets, Signer};

const PURPOSE: &str = "subscription-link";
const SEAL_BYTES: usize = 16;

/// A token taken apart; whether its seal is ours is only known beside the address.
#[derive(Debug, Clone, Copy)]
pub struct Link {
    pub subscription: SubscriptionId,
    seal: [u8; SEAL_BYTES],
}

/// The token for a subscription at an address.
pub fn token(secrets: &Secrets, subscription: SubscriptionId, target: &str) -> String {
    Sealer::new(secrets).token(subscription, target)
}

/// Makes many tokens.
pub struct Sealer(Signer);

impl Sealer {
    pub fn new(secrets: &Secrets) -> Self {
        Self(secrets.signer(PURPOSE))
    }

    /// The token for a subscription at an address.
    pub fn token(&self, subscription: SubscriptionId, target: &str) -> String {
        let mut bytes = subscription.0.to_be_bytes().to_vec();
        bytes.extend(self.seal(subscription, target));
        URL_SAFE_NO_PAD.encode(bytes)
    }

    fn seal(&self, subscription: SubscriptionId, target: &str) -> [u8; SEAL_BYTES] {
        let mut message = subscription.0.to_be_bytes().to_vec();
        message.extend(target.as_bytes());
        let whole = self.0.sign(&message);
        let mut seal = [0; SEAL_BYTES];
        seal.copy_from_slice(&whole[..SEAL_BYTES]);
        seal
    }
}

impl Link {
    /// Takes a token apart, if it has the form of one.
    pub fn parse(token: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (id, seal) = bytes.split_first_chunk::<8>()?;
        Some(Self {
            subscription: SubscriptionId(i64::from_be_bytes(*id)),
            seal: seal.try_into().ok()?,
        })
    }

    /// True if we made it, for this address.
    pub fn is_for(&self, secrets: &Secrets, target: &str) -> bool {
        let ours = Sealer::new(secrets).seal(self.subscription, target);
        ours.ct_eq(&self.seal).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_opens_its_own_subscription_and_no_other() {
        let secrets = Secrets::random();
        let token = token(&secrets, SubscriptionId(7), "ana@example.org");
        assert_eq!(token.len(), 32);
        let link = Link::parse(&token).unwrap();
        assert_eq!(link.subscription, SubscriptionId(7));
        assert!(link.is_for(&secrets, "ana@example.org"));
        assert!(!link.is_for(&secrets, "eve@example.org"));
        assert!(!link.is_for(&Secrets::random(), "ana@example.org"));
    }

    #[test]
    fn a_forged_number_breaks_the_seal() {
        let secrets = Secrets::random();
        let mut bytes = URL_SAFE_NO_PAD
            .decode(token(&secrets, SubscriptionId(7), "ana@example.org"))
            .unwrap();
        bytes[7] = 8;
        let link = Link::parse(&URL_SAFE_NO_PAD.encode(bytes)).unwrap();
        assert_eq!(link.subscription, SubscriptionId(8));
        assert!(!link.is_for(&secrets, "ana@example.org"));
    }

    #[test]
    fn nonsense_is_no_link() {
        for text in ["", "x", "%%%", "AAAAAAAAAAc", &"A".repeat(33)] {
            assert!(Link::parse(text).is_none(), "{text:?}");
        }
    }
}
