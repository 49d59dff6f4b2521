//! Components: what can be up or down; groups: headings over several of them.

use crate::page::slug;
use crate::problem::FieldCode;
use crate::text::{NAME_MAX, WebUrl};
use crate::uptime::UPTIME_WEIGHT_MAX;
use crate::{Check, ComponentGroupId, ComponentId, PageId, Patch, Timestamp, Validate};

words! {
    /// How a component is.
    pub enum ComponentStatus {
        /// As it should be.
        Operational = "operational",
        /// Nobody can say.
        Unknown = "unknown",
        /// Worked on as planned.
        UnderMaintenance = "under_maintenance",
        /// Works, but slowly or not always.
        DegradedPerformance = "degraded_performance",
        /// Does not work for some.
        PartialOutage = "partial_outage",
        /// Does not work.
        MajorOutage = "major_outage",
    }

    /// What components are sorted by.
    pub enum ComponentSort {
        /// Their place among their siblings.
        Position = "position",
        Name = "name",
        UpdatedAt = "updated_at",
    }
}

impl ComponentStatus {
    /// How bad it is, 0 (operational) to 5 (major outage); the one order used everywhere.
    pub const fn badness(self) -> u8 {
        match self {
            Self::Operational => 0,
            Self::Unknown => 1,
            Self::UnderMaintenance => 2,
            Self::DegradedPerformance => 3,
            Self::PartialOutage => 4,
            Self::MajorOutage => 5,
        }
    }

    /// The worse of two.
    #[must_use]
    pub fn worse(self, other: Self) -> Self {
        if other.badness() > self.badness() { other } else { self }
    }
}

output! {
    /// Something that can be up or down.
    pub struct Component {
        pub id: ComponentId,
        /// 12 characters, stable for ever.
        pub code: String,
        pub page_id: PageId,
        pub group_id: Option<ComponentGroupId>,
        pub name: String,
        pub slug: String,
        /// A line of explanation.
        pub description: Option<String>,
        pub link: Option<String>,
        /// What was set for it: the baseline.
        pub status: ComponentStatus,
        /// What visitors see: the baseline, a running maintenance, and open incidents together.
        pub effective_status: ComponentStatus,
        /// Place among its siblings, from 0.
        pub position: i32,
        /// Shown to visitors.
        pub is_public: bool,
        /// What it weighs in the uptime of its groups, where they are weighted; 1 to 100.
        pub uptime_weight: u32,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
    }

    /// A heading over components and other groups.
    pub struct ComponentGroup {
        pub id: ComponentGroupId,
        pub page_id: PageId,
        /// The group this one stands in.
        pub parent_id: Option<ComponentGroupId>,
        pub name: String,
        pub description: Option<String>,
        pub position: i32,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
    }
}

input! {
    /// A component to add; it comes last among its siblings.
    pub struct NewComponent {
        /// The default page if left out.
        pub page_id: Option<PageId>,
        pub group_id: Option<ComponentGroupId>,
        pub name: String,
        /// Made from the name if left out.
        pub slug: Option<String>,
        pub description: Option<String>,
        pub link: Option<String>,
        /// Operational if left out.
        pub status: Option<ComponentStatus>,
        /// True if left out.
        pub is_public: Option<bool>,
    }

    /// What to change about a component; what is left out stays. Its status has an operation of its own.
    pub struct ComponentPatch {
        #[serde(default, skip_serializing_if = "Patch::is_keep")]
        pub group_id: Patch<ComponentGroupId>,
        pub name: Option<String>,
        pub slug: Option<String>,
        #[serde(default, skip_serializing_if = "Patch::is_keep")]
        pub description: Patch<String>,
        #[serde(default, skip_serializing_if = "Patch::is_keep")]
        pub link: Patch<String>,
        pub is_public: Option<bool>,
        /// 1 to 100.
        pub uptime_weight: Option<u32>,
    }

    /// A new baseline status.
    pub struct SetComponentStatus {
        pub status: ComponentStatus,
        /// Tell subscribers, if what visitors see changes. True if left out.
        pub notify: Option<bool>,
    }

    /// A group to add; it comes last among its siblings.
    pub struct NewComponentGroup {
        /// The default page if left out.
        pub page_id: Option<PageId>,
        pub parent_id: Option<ComponentGroupId>,
        pub name: String,
        pub description: Option<String>,
    }

    /// What to change about a group; what is left out stays.
    pub struct ComponentGroupPatch {
        #[serde(default, skip_serializing_if = "Patch::is_keep")]
        pub parent_id: Patch<ComponentGroupId>,
        pub name: Option<String>,
        #[serde(default, skip_serializing_if = "Patch::is_keep")]
        pub description: Patch<String>,
    }

    /// Where one component stands.
    pub struct ComponentPlace {
        pub id: ComponentId,
        pub group_id: Option<ComponentGroupId>,
        pub position: i32,
    }

    /// Where one group stands.
    pub struct GroupPlace {
        pub id: ComponentGroupId,
        pub parent_id: Option<ComponentGroupId>,
        pub position: i32,
    }

    /// A new order of a page's tree. What is not named keeps its place.
    pub struct ReorderComponents {
        /// The default page if left out.
        pub page_id: Option<PageId>,
        #[serde(default)]
        #[cfg_attr(feature = "openapi", oai(default))]
        pub groups: Vec<GroupPlace>,
        #[serde(default)]
        #[cfg_attr(feature = "openapi", oai(default))]
        pub components: Vec<ComponentPlace>,
    }
}

/// Deepest nesting of groups.
pub const GROUP_DEPTH_MAX: usize = 5;
/// Longest description of a component or group.
pub const DESCRIPTION_MAX: usize = 1_000;

impl NewComponent {
    /// A component with a name and nothing else said.
    pub fn named(name: impl Into<String>) -> Self {
        Self {
            page_id: None,
            group_id: None,
            name: name.into(),
            slug: None,
            description: None,
            link: None,
            status: None,
            is_public: None,
        }
    }
}

impl Validate for NewComponent {
    fn check(&self, check: &mut Check) {
        check.line("name", &self.name, NAME_MAX);
        slug(check, self.slug.as_ref());
        check.optional_prose("description", self.description.as_ref(), DESCRIPTION_MAX);
        link(check, self.link.as_ref());
    }
}

impl Validate for ComponentPatch {
    fn check(&self, check: &mut Check) {
        if let Some(name) = &self.name {
            check.line("name", name, NAME_MAX);
        }
        slug(check, self.slug.as_ref());
        check.optional_prose("description", self.description.value(), DESCRIPTION_MAX);
        link(check, self.link.value());
        if let Some(weight) = self.uptime_weight {
            check_weight(check, weight);
        }
    }
}

impl Validate for NewComponentGroup {
    fn check(&self, check: &mut Check) {
        check.line("name", &self.name, NAME_MAX);
        check.optional_prose("description", self.description.as_ref(), DESCRIPTION_MAX);
    }
}

impl Validate for ComponentGroupPatch {
    fn check(&self, check: &mut Check) {
        if let Some(name) = &self.name {
            check.line("name", name, NAME_MAX);
        }
        check.optional_prose("description", self.description.value(), DESCRIPTION_MAX);
    }
}

impl Validate for ReorderComponents {
    fn check(&self, check: &mut Check) {
        check.at_most("groups", &self.groups, 1_000);
        check.at_most("components", &self.components, 5_000);
        check.distinct("groups", &self.groups.iter().map(|place| place.id).collect::<Vec<_>>());
        check.distinct(
            "components",
            &self.components.iter().map(|place| place.id).collect::<Vec<_>>(),
        );
    }
}

/// The weight of a component in its groups' uptime.
pub fn check_weight(check: &mut Check, weight: u32) {
    let text = format!("is not between 1 and {UPTIME_WEIGHT_MAX}");
    let is_good = (1..=UPTIME_WEIGHT_MAX).contains(&weight);
    check.ensure(is_good, "uptime_weight", FieldCode::OutOfRange, &text);
}

fn link(check: &mut Check, value: Option<&String>) {
    if let Some(value) = value.filter(|value| !value.is_empty()) {
        check.take("link", WebUrl::parse(value));
    }
}
