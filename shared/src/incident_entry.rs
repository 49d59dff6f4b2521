//! Entries of an incident's timeline that turned out to be wrong, and incidents that turned out to be one.

use crate::problem::FieldCode;
use crate::text::PROSE_MAX;
use crate::{Check, IncidentId, IncidentUpdateId, RevisionId, Timestamp, Validate};

output! {
    /// What an entry said before it was changed.
    pub struct IncidentUpdateRevision {
        pub id: RevisionId,
        pub update_id: IncidentUpdateId,
        /// Markdown.
        pub message: String,
        /// The time it stood under.
        pub stood_at: Timestamp,
        /// The member who changed it.
        pub editor: Option<String>,
        /// When it was changed.
        pub edited_at: Timestamp,
    }
}

input! {
    /// What to change about an entry; what is left out stays. What it said before is kept.
    pub struct IncidentUpdatePatch {
        /// Markdown.
        pub message: Option<String>,
        /// Not before the entry below it nor after the one above it, not before the beginning and not in the future.
        pub created_at: Option<Timestamp>,
    }

    /// Which incident this one turned out to be.
    pub struct MergeIncident {
        /// It stays, and is what the address of this one leads to from then on.
        pub into: IncidentId,
    }
}

impl Validate for IncidentUpdatePatch {
    fn check(&self, check: &mut Check) {
        if let Some(message) = &self.message {
            check.prose("message", message, PROSE_MAX);
        }
        check.ensure(
            self.message.is_some() || self.created_at.is_some(),
            "message",
            FieldCode::Required,
            "neither a message nor a time is given; one of them is expected",
        );
    }
}

impl Validate for MergeIncident {
    fn check(&self, _: &mut Check) {}
}
