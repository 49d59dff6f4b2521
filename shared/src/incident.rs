//! Incidents: unplanned events and their timelines.

use std::time::Duration;

use crate::channel::Channel;
use crate::component::ComponentStatus;
use crate::event::EventKind;
use crate::incident_detail::{IncidentLink, Metadata, check_links, check_metadata, check_tags};
use crate::problem::FieldCode;
use crate::text::{NAME_MAX, PROSE_MAX};
use crate::time::days;
use crate::{Check, ComponentId, IncidentId, IncidentUpdateId, PageId, Patch, Timestamp, Validate};

words! {
    /// Where an incident stands.
    pub enum IncidentStatus {
        /// Something is wrong; nobody knows what.
        Investigating = "investigating",
        /// The cause is known.
        Identified = "identified",
        /// A fix is in; it is being watched.
        Monitoring = "monitoring",
        /// Over.
        Resolved = "resolved",
    }

    /// How bad an incident is.
    pub enum Impact {
        None = "none",
        Minor = "minor",
        Major = "major",
        Critical = "critical",
    }

    /// Who can see an incident.
    pub enum Visibility {
        /// Everyone.
        Public = "public",
        /// Members who are signed in, on the page as well. Nobody else learns of it, and it colours nothing.
        SignedIn = "signed_in",
        /// Only members, in the console.
        Hidden = "hidden",
    }

    /// What incidents are sorted by.
    pub enum IncidentSort {
        StartedAt = "started_at",
        UpdatedAt = "updated_at",
    }
}

/// An open incident nobody has touched for this long is forgotten: it stays listed, but no longer colours anything.
pub const FORGOTTEN_AFTER: Duration = days(30);

impl Visibility {
    /// True if everyone who can see something of the other visibility can see something of this one.
    pub fn reaches(self, other: Self) -> bool {
        // Declared from the most to the fewest.
        self <= other
    }
}

impl IncidentStatus {
    /// An incident moves freely between its open states and ends from any of them; only reopening leads back.
    pub const fn may_become(self, next: Self) -> bool {
        match (self, next) {
            (Self::Resolved, Self::Resolved) => false,
            (Self::Resolved, Self::Investigating | Self::Identified | Self::Monitoring) => true,
            (Self::Investigating | Self::Identified | Self::Monitoring, _) => true,
        }
    }

    /// Not over yet.
    pub const fn is_open(self) -> bool {
        !matches!(self, Self::Resolved)
    }
}

impl Impact {
    /// 0 for none, up to 3.
    pub const fn rank(self) -> i32 {
        self as i32
    }

    /// The impact of a rank.
    pub fn from_rank(rank: i32) -> Self {
        Self::ALL
            .iter()
            .copied()
            .rfind(|impact| impact.rank() <= rank)
            .unwrap_or(Self::None)
    }

    /// What the worst status among the affected components amounts to.
    pub fn of(components: impl IntoIterator<Item = ComponentStatus>) -> Self {
        let worst = components
            .into_iter()
            .fold(ComponentStatus::Operational, ComponentStatus::worse);
        match worst {
            ComponentStatus::Operational | ComponentStatus::Unknown | ComponentStatus::UnderMaintenance => Self::None,
            ComponentStatus::DegradedPerformance => Self::Minor,
            ComponentStatus::PartialOutage => Self::Major,
            ComponentStatus::MajorOutage => Self::Critical,
        }
    }
}

output! {
    /// A component in an incident or an update, with its status as far as this incident goes.
    pub struct AffectedComponent {
        pub id: ComponentId,
        pub name: String,
        pub status: ComponentStatus,
    }

    /// One entry in an incident's timeline.
    pub struct IncidentUpdate {
        pub id: IncidentUpdateId,
        pub status: IncidentStatus,
        /// Markdown.
        pub message: String,
        /// What this update said of components.
        pub components: Vec<AffectedComponent>,
        /// The member who wrote it; visitors are not told.
        pub author: Option<String>,
        /// The time it stands under.
        pub created_at: Timestamp,
        /// When it was last changed, if it was; what it said before is kept.
        pub edited_at: Option<Timestamp>,
    }

    /// An unplanned event.
    pub struct Incident {
        pub id: IncidentId,
        /// The last part of its address, `/incidents/{code}`.
        pub code: String,
        pub page_id: PageId,
        pub title: String,
        pub status: IncidentStatus,
        /// Computed from the components unless set.
        pub impact: Impact,
        /// True if `impact` was set by hand.
        pub is_impact_set: bool,
        pub visibility: Visibility,
        /// Not published yet: only members see it and nobody was told.
        pub is_draft: bool,
        /// When the draft publishes itself.
        pub publish_at: Option<Timestamp>,
        /// Tell subscribers when the draft publishes itself.
        pub notify_on_publish: bool,
        /// Stays at the top of the page, also after its end.
        pub is_sticky: bool,
        /// The incident it turned out to be. Visitors are led there, and lists leave this one out.
        pub merged_into: Option<IncidentId>,
        /// Open, but without an update for 30 days: listed, yet colouring nothing.
        pub is_forgotten: bool,
        /// The latest status of each component it touches.
        pub components: Vec<AffectedComponent>,
        /// Newest first.
        pub updates: Vec<IncidentUpdate>,
        /// In the order of the alphabet.
        pub tags: Vec<String>,
        pub links: Vec<IncidentLink>,
        pub metadata: Metadata,
        pub started_at: Timestamp,
        pub resolved_at: Option<Timestamp>,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
    }

    /// Who would hear of an incident if it were published now.
    pub struct RecipientPreview {
        pub total: u64,
        /// By channel; those that nobody would hear on are left out.
        pub channels: Vec<RecipientCount>,
    }

    /// How many would hear on a channel.
    pub struct RecipientCount {
        pub channel: Channel,
        pub people: u64,
    }
}

input! {
    /// A component and the status it has in an incident.
    pub struct ComponentEffect {
        pub id: ComponentId,
        pub status: ComponentStatus,
    }

    /// An incident to open.
    pub struct NewIncident {
        /// The default page if left out.
        pub page_id: Option<PageId>,
        pub title: String,
        /// Investigating if left out.
        pub status: Option<IncidentStatus>,
        /// The first update, in Markdown.
        pub message: String,
        #[serde(default)]
        #[cfg_attr(feature = "openapi", oai(default))]
        pub components: Vec<ComponentEffect>,
        /// Computed from the components if left out.
        pub impact: Option<Impact>,
        /// Public if left out.
        pub visibility: Option<Visibility>,
        /// Keep it a draft. False if left out.
        pub is_draft: Option<bool>,
        /// When the draft publishes itself, in the future. An incident with it is a draft until then.
        pub publish_at: Option<Timestamp>,
        /// Tell subscribers. True if left out, but for one that is over already; drafts tell when they are published, and
        /// what is not public tells nobody.
        pub notify: Option<bool>,
        /// When it began; now if left out. Not in the future.
        pub started_at: Option<Timestamp>,
        /// When it ended, for one that is over already: after it began, and not in the future.
        pub resolved_at: Option<Timestamp>,
        /// Keep it at the top of the page, also after its end. False if left out.
        pub is_sticky: Option<bool>,
        /// Up to 10 different ones of the form `eu-west`, of 30 characters at most.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", oai(default))]
        pub tags: Vec<String>,
        /// Up to 20.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", oai(default))]
        pub links: Vec<IncidentLink>,
        /// Up to 16 KiB when written out.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", oai(default))]
        pub metadata: Metadata,
    }

    /// What to change about an incident itself; what is left out stays.
    pub struct IncidentPatch {
        pub title: Option<String>,
        pub impact: Option<Impact>,
        pub visibility: Option<Visibility>,
        /// `false` publishes a draft. A published incident cannot become a draft again.
        pub is_draft: Option<bool>,
        /// When the draft publishes itself, in the future; `null` when somebody will.
        #[serde(default, skip_serializing_if = "Patch::is_keep")]
        pub publish_at: Patch<Timestamp>,
        /// Not after the first entry of its timeline.
        pub started_at: Option<Timestamp>,
        /// Tell subscribers when this publishes the draft, or when it publishes itself. True if left out.
        pub notify: Option<bool>,
        pub is_sticky: Option<bool>,
        /// In place of those it has.
        pub tags: Option<Vec<String>>,
        /// In place of those it has.
        pub links: Option<Vec<IncidentLink>>,
        /// In place of those it has.
        pub metadata: Option<Metadata>,
    }

    /// An entry to add to an incident's timeline.
    pub struct NewIncidentUpdate {
        /// Unchanged if left out. Resolving has an operation of its own.
        pub status: Option<IncidentStatus>,
        /// Markdown.
        pub message: String,
        /// New statuses; components not named keep theirs.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", oai(default))]
        pub components: Vec<ComponentEffect>,
        /// When it happened; now if left out. Not before the incident began, and not in the future. An entry that is not the
        /// latest changes nothing of how the incident stands; a resolved one takes entries from before its end.
        pub created_at: Option<Timestamp>,
        /// Tell subscribers. True if left out, but for an entry that is not the latest.
        pub notify: Option<bool>,
    }

    /// How an incident ends.
    pub struct ResolveIncident {
        /// The last update, in Markdown.
        pub message: String,
        /// Also set the baseline of its components to operational. False if left out.
        pub restore_components: Option<bool>,
        /// Tell subscribers. True if left out.
        pub notify: Option<bool>,
    }

    /// Why an incident is open again.
    pub struct ReopenIncident {
        /// Markdown.
        pub message: String,
        /// Investigating if left out.
        pub status: Option<IncidentStatus>,
        /// Tell subscribers. True if left out.
        pub notify: Option<bool>,
    }

    /// Which components an incident would touch.
    pub struct PreviewRecipients {
        /// The default page if left out.
        pub page_id: Option<PageId>,
        #[serde(default)]
        #[cfg_attr(feature = "openapi", oai(default))]
        pub components: Vec<ComponentId>,
        /// One that is open already, for those who follow it.
        pub incident_id: Option<IncidentId>,
        /// Of any kind if left out.
        pub kind: Option<EventKind>,
        /// Of any impact if left out.
        pub impact: Option<Impact>,
    }
}

/// The most components one incident touches.
pub const AFFECTED_MAX: usize = 500;

impl NewIncident {
    /// An incident with a title, under investigation; the message repeats the title until one is given.
    pub fn investigating(title: impl Into<String>) -> Self {
        let title = title.into();
        Self {
            page_id: None,
            message: title.clone(),
            title,
            status: None,
            components: Vec::new(),
            impact: None,
            visibility: None,
            is_draft: None,
            publish_at: None,
            notify: None,
            started_at: None,
            resolved_at: None,
            is_sticky: None,
            tags: Vec::new(),
            links: Vec::new(),
            metadata: Metadata::new(),
        }
    }

    /// Adds a component and the status it has.
    #[must_use]
    pub fn affecting(mut self, id: ComponentId, status: ComponentStatus) -> Self {
        self.components.push(ComponentEffect { id, status });
        self
    }

    /// Gives the first update its text.
    #[must_use]
    pub fn saying(mut self, message: impl Into<String>) -> Self {
        self.message = message.into();
        self
    }
}

impl IncidentPatch {
    /// Changes nothing; say what it should change instead.
    pub const fn nothing() -> Self {
        Self {
            title: None,
            impact: None,
            visibility: None,
            is_draft: None,
            publish_at: Patch::Keep,
            started_at: None,
            notify: None,
            is_sticky: None,
            tags: None,
            links: None,
            metadata: None,
        }
    }
}

impl NewIncidentUpdate {
    /// An update with a status and a text.
    pub fn new(status: IncidentStatus, message: impl Into<String>) -> Self {
        Self {
            status: Some(status),
            message: message.into(),
            components: Vec::new(),
            created_at: None,
            notify: None,
        }
    }
}

impl ResolveIncident {
    /// The end, with a last word.
    pub fn saying(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            restore_components: None,
            notify: None,
        }
    }
}

impl Validate for NewIncident {
    fn check(&self, check: &mut Check) {
        check.line("title", &self.title, NAME_MAX);
        check.prose("message", &self.message, PROSE_MAX);
        effects(check, &self.components);
        check.ensure(
            self.publish_at.is_none() || self.is_draft != Some(false),
            "publish_at",
            FieldCode::NotAllowed,
            "is given for an incident that is no draft; only drafts are published later",
        );
        self.check_end(check);
        check_tags(check, &self.tags);
        check_links(check, &self.links);
        check_metadata(check, &self.metadata);
    }
}

impl NewIncident {
    fn check_end(&self, check: &mut Check) {
        let Some(end) = self.resolved_at else { return };
        check.ensure(
            self.started_at.is_none_or(|start| start <= end),
            "resolved_at",
            FieldCode::OutOfRange,
            "is before started_at",
        );
        check.ensure(
            self.status.is_none_or(|status| !status.is_open()),
            "status",
            FieldCode::NotAllowed,
            "is open, but resolved_at says that it is over",
        );
    }
}

impl Validate for IncidentPatch {
    fn check(&self, check: &mut Check) {
        if let Some(title) = &self.title {
            check.line("title", title, NAME_MAX);
        }
        check_tags(check, self.tags.as_deref().unwrap_or_default());
        check_links(check, self.links.as_deref().unwrap_or_default());
        if let Some(metadata) = &self.metadata {
            check_metadata(check, metadata);
        }
    }
}

impl Validate for NewIncidentUpdate {
    fn check(&self, check: &mut Check) {
        check.prose("message", &self.message, PROSE_MAX);
        effects(check, &self.components);
    }
}

impl Validate for ResolveIncident {
    fn check(&self, check: &mut Check) {
        check.prose("message", &self.message, PROSE_MAX);
    }
}

impl Validate for ReopenIncident {
    fn check(&self, check: &mut Check) {
        check.prose("message", &self.message, PROSE_MAX);
        let open = self.status.is_none_or(IncidentStatus::is_open);
        check.ensure(
            open,
            "status",
            FieldCode::NotAllowed,
            "is resolved; a reopened incident is open",
        );
    }
}

impl Validate for PreviewRecipients {
    fn check(&self, check: &mut Check) {
        check.at_most("components", &self.components, AFFECTED_MAX);
    }
}

fn effects(check: &mut Check, components: &[ComponentEffect]) {
    check.at_most("components", components, AFFECTED_MAX);
    check.distinct(
        "components",
        &components.iter().map(|effect| effect.id).collect::<Vec<_>>(),
    );
}
