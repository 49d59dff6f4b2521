//! How a page counts: what weighs how much, and what the figure of a group is.

use std::collections::HashMap;

use shared::uptime::{GroupUptime, GroupUptimeRule, Ratio, Weights};
use shared::{Coded, ComponentGroupId};

use crate::entity::{component, component_group, page};

/// What counts as downtime on a page, and how much.
pub fn weights(page: &page::Model) -> Weights {
    Weights {
        partial: u32::try_from(page.partial_outage_percent).unwrap_or(0) * 10,
        counts_maintenance: page.counts_maintenance,
    }
}

/// Decimal places that the page writes.
pub fn places(page: &page::Model) -> u8 {
    u8::try_from(page.uptime_places).unwrap_or(2)
}

/// The figure of all components together.
pub fn of_all(rule: GroupUptimeRule, figures: &[(&component::Model, Ratio)]) -> Option<String> {
    let parts: Vec<_> = figures
        .iter()
        .map(|(component, ratio)| (*ratio, weight(component)))
        .collect();
    rule.of(&parts).map(Ratio::percent)
}

fn weight(component: &component::Model) -> u32 {
    u32::try_from(component.uptime_weight).unwrap_or(1)
}

/// The figures of the groups from those of the components, in the order of the groups.
pub fn of_groups(
    rule: GroupUptimeRule,
    groups: &[component_group::Model],
    figures: &[(&component::Model, Ratio)],
) -> Vec<GroupUptime> {
    let parents: HashMap<ComponentGroupId, Option<ComponentGroupId>> =
        groups.iter().map(|group| (group.id, group.parent_id)).collect();
    let mut parts: HashMap<ComponentGroupId, Vec<(Ratio, u32)>> = HashMap::new();
    for (component, ratio) in figures {
        let mut above = component.group_id;
        // A cycle would be cut.
        for _ in 0..=parents.len() {
            let Some(group) = above else { break };
            parts.entry(group).or_default().push((*ratio, weight(component)));
            above = parents.get(&group).copied().flatten();
        }
    }
    let figure = |group: &component_group::Model| {
        let parts = parts.get(&group.id)?;
        Some(GroupUptime {
            group_id: group.id.code(),
            percent: rule.of(parts)?.percent(),
            components: u32::try_from(parts.len()).unwrap_or(u32::MAX),
        })
    };
    groups.iter().filter_map(figure).collect()
}
