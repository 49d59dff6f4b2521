//! The one place where status is decided: pure, and the same for page, API, badges and feeds.
//!
//! The stored status of a component is its baseline. A maintenance in progress replaces it. Each incident that
//! [counts](counts) can only worsen that. Nothing is written back when an incident ends.

use std::collections::HashMap;
use std::hash::Hash;

use shared::Timestamp;
use shared::component::ComponentStatus;
use shared::incident::{FORGOTTEN_AFTER, IncidentStatus, Visibility};

use crate::context::Actor;
use crate::entity::incident;

/// What visitors see of one component.
pub fn effective(
    baseline: ComponentStatus,
    maintenance: Option<ComponentStatus>,
    incidents: impl IntoIterator<Item = ComponentStatus>,
) -> ComponentStatus {
    incidents
        .into_iter()
        .fold(maintenance.unwrap_or(baseline), ComponentStatus::worse)
}

/// The worst among the parts; a page with no components is operational.
pub fn overall(parts: impl IntoIterator<Item = ComponentStatus>) -> ComponentStatus {
    parts
        .into_iter()
        .fold(ComponentStatus::Operational, ComponentStatus::worse)
}

/// The worst in each group and all groups inside it. `parent` leads one group up; a cycle would be cut.
pub fn of_groups<G: Copy + Eq + Hash>(
    parents: &HashMap<G, Option<G>>,
    components: impl IntoIterator<Item = (G, ComponentStatus)>,
) -> HashMap<G, ComponentStatus> {
    let mut worst: HashMap<G, ComponentStatus> = parents
        .keys()
        .map(|group| (*group, ComponentStatus::Operational))
        .collect();
    for (group, status) in components {
        let mut at = Some(group);
        for _ in 0..=parents.len() {
            let Some(group) = at else { break };
            if let Some(entry) = worst.get_mut(&group) {
                *entry = entry.worse(status);
            }
            at = parents.get(&group).copied().flatten();
        }
    }
    worst
}

/// What someone sees on the page. Members who look at it without being signed in are visitors.
pub fn seen_by(actor: &Actor) -> &'static [Visibility] {
    match actor {
        Actor::Member { .. } => &[Visibility::Public, Visibility::SignedIn],
        Actor::Visitor | Actor::Subscriber { .. } | Actor::System(_) => &[Visibility::Public],
    }
}

/// True if visitors may see the incident: published, and public. Only then does it colour anything: what everybody sees
/// of a component, and its uptime, must not tell of what only some may know. When it was published does not matter: by the clock
/// of another node, or by ours after it was set back, that may be a moment to come.
pub fn is_visible(row: &incident::Model) -> bool {
    row.visibility == Visibility::Public && row.published_at.is_some()
}

/// True if nobody has touched an open incident for [`FORGOTTEN_AFTER`].
pub fn is_forgotten(status: IncidentStatus, last_update_at: Timestamp, now: Timestamp) -> bool {
    status.is_open() && last_update_at + FORGOTTEN_AFTER <= now
}

/// True if the incident colours its components: open, visible, and not forgotten.
pub fn counts(row: &incident::Model, now: Timestamp) -> bool {
    row.status.is_open() && is_visible(row) && !is_forgotten(row.status, row.last_update_at, now)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_status() -> impl Strategy<Value = ComponentStatus> {
        proptest::sample::select(ComponentStatus::ALL)
    }

    proptest! {
        #[test]
        fn an_incident_never_makes_anything_better(
            baseline in any_status(),
            maintenance in proptest::option::of(any_status()),
            incidents in proptest::collection::vec(any_status(), 0..5),
        ) {
            let without = effective(baseline, maintenance, []);
            let with = effective(baseline, maintenance, incidents.clone());
            prop_assert!(with.badness() >= without.badness());
            prop_assert!(with == without || incidents.contains(&with));
        }

        #[test]
        fn the_order_of_incidents_does_not_matter(baseline in any_status(), mut incidents in proptest::collection::vec(any_status(), 0..5)) {
            let forward = effective(baseline, None, incidents.clone());
            incidents.reverse();
            prop_assert_eq!(forward, effective(baseline, None, incidents));
        }

        #[test]
        fn a_group_is_as_bad_as_the_worst_inside_it(statuses in proptest::collection::vec(any_status(), 1..8)) {
            let parents = HashMap::from([(1, None), (2, Some(1)), (3, Some(2))]);
            let parts = statuses.iter().enumerate().map(|(i, status)| (1 + i % 3, *status));
            let worst = of_groups(&parents, parts);
            prop_assert_eq!(worst[&1], overall(statuses));
        }
    }

    #[test]
    fn maintenance_replaces_the_baseline_even_a_worse_one() {
        let seen = effective(
            ComponentStatus::MajorOutage,
            Some(ComponentStatus::UnderMaintenance),
            [],
        );
        assert_eq!(seen, ComponentStatus::UnderMaintenance);
    }

    #[test]
    fn groups_in_a_circle_do_not_hang() {
        let parents = HashMap::from([(1, Some(2)), (2, Some(1))]);
        let worst = of_groups(&parents, [(1, ComponentStatus::MajorOutage)]);
        assert_eq!(worst[&2], ComponentStatus::MajorOutage);
    }
}
