//! Typed ids: an `IncidentId` is never taken for a `ComponentId`.
//!
//! Numbers are for the API and the database. Addresses that people share carry a [code](Coded::code) instead:
//! 12 characters, stable for ever, which do not tell how many incidents there have been.

use std::sync::LazyLock;

use sqids::Sqids;

macro_rules! ids {
    ($($(#[$meta:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        #[cfg_attr(feature = "openapi", derive(poem_openapi::NewType))]
        #[cfg_attr(feature = "db", derive(sea_orm::DeriveValueType))]
        #[cfg_attr(feature = "db", sea_orm(try_from_u64))]
        pub struct $name(pub i64);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = std::num::ParseIntError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    )+};
}

ids! {
    /// A public status page.
    PageId,
    /// A heading over components and other groups.
    ComponentGroupId,
    /// Something that can be up or down.
    ComponentId,
    /// An unplanned event.
    IncidentId,
    /// One entry in an incident's timeline.
    IncidentUpdateId,
    /// What was found out later about a component's status.
    StatusCorrectionId,
    /// Planned work.
    MaintenanceId,
    /// One entry in a maintenance's timeline.
    MaintenanceUpdateId,
    /// A title and a message written beforehand.
    TemplateId,
    /// Something that all visitors should know.
    AnnouncementId,
    /// A number over time.
    MetricId,
    /// Someone who wants to hear of events.
    SubscriberId,
    /// What a subscriber wants to hear, and where.
    SubscriptionId,
    /// Something subscribers may hear of.
    EventId,
    /// One event on its way to one subscription.
    DeliveryId,
    /// One try of a delivery.
    AttemptId,
    /// A person with a login.
    MemberId,
    /// One signed-in browser.
    SessionId,
    /// What an entry of a timeline said before it was changed.
    RevisionId,
    /// A unit of background work.
    JobId,
    /// An entry in the audit trail.
    AuditId,
}

/// An id that appears in public addresses.
pub trait Coded: Sized + Copy {
    /// Keeps codes of different kinds apart: the code of incident 7 is not the code of page 7.
    const KIND: u64;
    fn number(self) -> i64;
    fn from_number(number: i64) -> Self;

    /// 12 lower-case letters and digits (more only past 10¹³ rows).
    fn code(self) -> String {
        let number = u64::try_from(self.number()).unwrap_or_default();
        CODES.encode(&[Self::KIND, number]).unwrap_or_default()
    }

    /// The id behind a code, if the code is one that [`Coded::code`] gives.
    fn from_code(code: &str) -> Option<Self> {
        if code.len() > 32 || !code.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()) {
            return None;
        }
        let [kind, number] = CODES.decode(code)[..] else {
            return None;
        };
        let id = Self::from_number(i64::try_from(number).ok()?);
        // Sqids reads more texts than it writes; only the written one is the address.
        (kind == Self::KIND && id.code() == code).then_some(id)
    }
}

macro_rules! coded {
    ($($name:ident = $kind:literal),+ $(,)?) => {$(
        impl Coded for $name {
            const KIND: u64 = $kind;
            fn number(self) -> i64 { self.0 }
            fn from_number(number: i64) -> Self { Self(number) }
        }
    )+};
}

// Never renumber: codes are in mails, chats and search engines.
coded! { PageId = 1, ComponentId = 2, ComponentGroupId = 3, IncidentId = 4, IncidentUpdateId = 5, MaintenanceId = 6, MaintenanceUpdateId = 7, AnnouncementId = 9 }

// The order of the letters is part of every address ever given out: it must never change.
#[allow(clippy::expect_used)]
static CODES: LazyLock<Sqids> = LazyLock::new(|| {
    Sqids::builder()
        .alphabet("k3v9q0x2m1za5w7rhd8ntb4ycf6gjpseilou".chars().collect())
        .min_length(12)
        .build()
        .expect("the alphabet has 36 different characters")
});

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_code_leads_back_to_its_id_and_to_no_other_kind(number in 0..1_000_000_000_i64) {
            let code = IncidentId(number).code();
            prop_assert_eq!(code.len(), 12);
            prop_assert_eq!(IncidentId::from_code(&code), Some(IncidentId(number)));
            prop_assert_eq!(MaintenanceId::from_code(&code), None);
        }

        #[test]
        fn any_text_is_a_code_or_is_not(text in ".*") {
            let _ = IncidentId::from_code(&text);
        }
    }

    #[test]
    fn codes_never_change() {
        assert_eq!(IncidentId(1).code(), "1e6nt6at8r4o");
    }
}
