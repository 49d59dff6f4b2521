//! The audit trail: who did what to which thing, and what it was before.

use serde_json::Value;

use crate::{AuditId, Timestamp};

words! {
    /// What kind of actor did it.
    pub enum ActorKind {
        Member = "member",
        /// A subscriber, through the link in a mail.
        Subscriber = "subscriber",
        /// A visitor without a name.
        Visitor = "visitor",
        /// The server itself: a schedule, a job, the command line.
        System = "system",
    }
}

output! {
    /// One thing that was done.
    pub struct AuditEntry {
        pub id: AuditId,
        pub actor_kind: ActorKind,
        pub actor_id: Option<i64>,
        /// The name at the time.
        pub actor_name: String,
        /// A verb after a noun: `incident.resolve`.
        pub action: String,
        /// The kind of thing: `incident`.
        pub subject_kind: String,
        pub subject_id: Option<i64>,
        /// Its name or title at the time.
        pub subject_name: String,
        pub before: Option<Value>,
        pub after: Option<Value>,
        /// Quote it to find the lines in the log.
        pub request_id: Option<String>,
        pub ip_address: Option<String>,
        pub created_at: Timestamp,
    }
}
