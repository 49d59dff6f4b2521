//! What a write leaves in the audit trail.

use serde::Serialize;
use serde_json::Value;

/// What was done to which thing. A commit takes one, so that no write can forget it.
// One lives at a time and is used up at once: a box would cost more than the unused bytes.
#[allow(clippy::large_enum_variant)]
#[derive(Debug)]
pub enum Audit {
    /// Something a person or a program did.
    Entry {
        action: &'static str,
        subject_kind: &'static str,
        subject_id: Option<i64>,
        subject_name: String,
        before: Option<Value>,
        after: Option<Value>,
    },
    /// The server's own bookkeeping, such as a delivery being sent: it has records of its own.
    Bookkeeping,
}

impl Audit {
    /// `action` is the noun and the verb, `incident.resolve`; `id` and `name` tell which one.
    pub fn of(action: &'static str, id: impl Into<Option<i64>>, name: impl Into<String>) -> Self {
        let subject_kind = action.split('.').next().unwrap_or(action);
        Self::Entry {
            action,
            subject_kind,
            subject_id: id.into(),
            subject_name: name.into(),
            before: None,
            after: None,
        }
    }

    /// What it was.
    #[must_use]
    pub fn before(mut self, value: &impl Serialize) -> Self {
        if let Self::Entry { before, .. } = &mut self {
            *before = serde_json::to_value(value).ok();
        }
        self
    }

    /// What it is now.
    #[must_use]
    pub fn after(mut self, value: &impl Serialize) -> Self {
        if let Self::Entry { after, .. } = &mut self {
            *after = serde_json::to_value(value).ok();
        }
        self
    }
}
