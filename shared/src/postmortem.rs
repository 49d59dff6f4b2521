//! Postmortems: what an incident taught, as a document of its own beside the timeline.

use crate::{Check, IncidentId, Timestamp, Validate};

/// Longest postmortem, in characters.
pub const POSTMORTEM_MAX: usize = 50_000;

output! {
    /// What an incident taught.
    pub struct Postmortem {
        pub incident_id: IncidentId,
        /// Markdown.
        pub message: String,
        /// Absent while it is a draft, which only members see.
        pub published_at: Option<Timestamp>,
        /// When it was last changed after it was published.
        pub edited_at: Option<Timestamp>,
        /// Who wrote it last; visitors are not told.
        pub author: Option<String>,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
    }

    /// A postmortem as its visitors see it.
    pub struct PublicPostmortem {
        /// The incident's code, as in its address `/incidents/{code}/postmortem`.
        pub incident_id: String,
        /// The incident's title.
        pub title: String,
        /// Markdown.
        pub message: String,
        pub published_at: Timestamp,
        /// When it was last changed after it was published.
        pub edited_at: Option<Timestamp>,
    }
}

input! {
    /// What a postmortem says.
    pub struct WritePostmortem {
        /// Markdown.
        pub message: String,
    }

    /// How a postmortem is published.
    pub struct PublishPostmortem {
        /// Tell those who hear of the incident. True if left out.
        pub notify: Option<bool>,
    }
}

impl WritePostmortem {
    pub fn saying(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
        }
    }
}

impl Validate for WritePostmortem {
    fn check(&self, check: &mut Check) {
        check.prose("message", &self.message, POSTMORTEM_MAX);
    }
}

impl Validate for PublishPostmortem {
    /// There is nothing to get wrong about it.
    fn check(&self, _: &mut Check) {}
}
