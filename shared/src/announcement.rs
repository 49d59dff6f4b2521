//! Announcements: what a page tells its visitors that is neither an incident nor maintenance.

use crate::problem::FieldCode;
use crate::text::{NAME_MAX, PROSE_MAX};
use crate::{AnnouncementId, Check, PageId, Patch, Timestamp, Validate};

words! {
    /// Where an announcement stands.
    pub enum AnnouncementStatus {
        /// Only members see it.
        Draft = "draft",
        /// The clock will show it.
        Scheduled = "scheduled",
        /// Visitors see it on the front of the page.
        Active = "active",
        /// Over: it is gone from the front, and stays in the feeds.
        Ended = "ended",
    }
}

impl AnnouncementStatus {
    /// Visitors see it, or have seen it.
    pub const fn has_begun(self) -> bool {
        matches!(self, Self::Active | Self::Ended)
    }
}

output! {
    /// Something that all visitors should know.
    pub struct Announcement {
        pub id: AnnouncementId,
        pub code: String,
        pub page_id: PageId,
        pub title: String,
        /// Markdown.
        pub message: String,
        pub status: AnnouncementStatus,
        /// As planned.
        pub starts_at: Timestamp,
        /// As planned; without it, it stays until someone ends it.
        pub ends_at: Option<Timestamp>,
        /// When visitors began to see it.
        pub actual_started_at: Option<Timestamp>,
        /// When they ceased to.
        pub actual_ended_at: Option<Timestamp>,
        /// Subscribers are told when it begins.
        pub notify: bool,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
    }

    /// An announcement as its visitors see it.
    pub struct PublicAnnouncement {
        /// The announcement's code.
        pub id: String,
        pub title: String,
        /// Markdown.
        pub message: String,
        /// When visitors began to see it.
        pub starts_at: Timestamp,
        /// As planned, or when it really ended.
        pub ends_at: Option<Timestamp>,
        pub updated_at: Timestamp,
    }

    /// What a page announces just now.
    pub struct PublicAnnouncements {
        /// Newest first.
        pub items: Vec<PublicAnnouncement>,
    }
}

input! {
    /// Something to announce.
    pub struct NewAnnouncement {
        /// The default page if left out.
        pub page_id: Option<PageId>,
        pub title: String,
        /// Markdown.
        pub message: String,
        /// Now if left out. One that begins later is shown, and told, by the clock.
        pub starts_at: Option<Timestamp>,
        /// After its beginning, and not in the past. Without it, it stays until someone ends it.
        pub ends_at: Option<Timestamp>,
        /// Keep it a draft. False if left out.
        pub is_draft: Option<bool>,
        /// Tell all subscribers of the page when it begins. True if left out.
        pub notify: Option<bool>,
    }

    /// What to change about an announcement; what is left out stays.
    pub struct AnnouncementPatch {
        pub title: Option<String>,
        /// Markdown.
        pub message: Option<String>,
        /// Only before it has begun.
        pub starts_at: Option<Timestamp>,
        /// Only before it has ended.
        #[serde(default, skip_serializing_if = "Patch::is_keep")]
        pub ends_at: Patch<Timestamp>,
        /// `false` publishes a draft. A published announcement cannot become a draft again.
        pub is_draft: Option<bool>,
        /// Only before it has begun.
        pub notify: Option<bool>,
    }
}

impl NewAnnouncement {
    /// From now on, until someone ends it; all subscribers are told.
    pub fn titled(title: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            page_id: None,
            title: title.into(),
            message: message.into(),
            starts_at: None,
            ends_at: None,
            is_draft: None,
            notify: None,
        }
    }
}

impl AnnouncementPatch {
    /// Changes nothing.
    pub const fn nothing() -> Self {
        Self {
            title: None,
            message: None,
            starts_at: None,
            ends_at: Patch::Keep,
            is_draft: None,
            notify: None,
        }
    }
}

impl Validate for NewAnnouncement {
    fn check(&self, check: &mut Check) {
        check.line("title", &self.title, NAME_MAX);
        check.prose("message", &self.message, PROSE_MAX);
        if let (Some(starts_at), Some(ends_at)) = (self.starts_at, self.ends_at) {
            window(check, starts_at, ends_at);
        }
    }
}

impl Validate for AnnouncementPatch {
    fn check(&self, check: &mut Check) {
        if let Some(title) = &self.title {
            check.line("title", title, NAME_MAX);
        }
        if let Some(message) = &self.message {
            check.prose("message", message, PROSE_MAX);
        }
        if let (Some(starts_at), Some(ends_at)) = (self.starts_at, self.ends_at.value()) {
            window(check, starts_at, *ends_at);
        }
    }
}

/// The end comes after the beginning; the server asks the same where one of them is left out.
pub fn window(check: &mut Check, starts_at: Timestamp, ends_at: Timestamp) {
    if starts_at >= ends_at {
        let message = format!("is {ends_at}; expected a moment after starts_at, {starts_at}");
        check.fail("ends_at", FieldCode::OutOfRange, message);
    }
}
