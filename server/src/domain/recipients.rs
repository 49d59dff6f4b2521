//! Who should hear of an event: confirmed subscriptions that follow everything, name an affected component or a group it stands
//! in, however deep, or the incident itself; that wish to hear of its kind and impact, and are neither paused nor suspended.

use std::collections::{HashMap, HashSet};

use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    Select,
};
use shared::access::Permission;
use shared::channel::Channel;
use shared::event::{Event, EventKind};
use shared::incident::{Impact, PreviewRecipients, RecipientCount, RecipientPreview};
use shared::{ComponentGroupId, ComponentId, EventId, IncidentId, PageId, SubscriptionId, Timestamp, Validate};

use super::{maintenance, page};
use crate::context::Ctx;
use crate::entity::{
    component, component_group, event, incident, incident_component, subscription, subscription_scope,
};
use crate::error::Result;

/// Those an event concerns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audience {
    page: PageId,
    who: Who,
    /// The kind of what happened; none where it is only asked who follows.
    kind: Option<EventKind>,
    /// How bad it is, if it is an incident.
    impact: Option<Impact>,
    /// When it happened. Those who came later have not missed it; they have not asked for it.
    at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Who {
    /// Everyone on the page, but for those who follow other incidents and nothing else.
    All { incident: Option<IncidentId> },
    /// Those who follow everything, or any of these.
    Followers {
        components: Vec<ComponentId>,
        groups: Vec<ComponentGroupId>,
        incident: Option<IncidentId>,
    },
}

/// Those who should hear of an event, if there is such an event.
pub async fn of_event(cx: &Ctx, id: EventId) -> Result<Option<Audience>> {
    let Some(row) = event::Entity::find_by_id(id).one(&cx.db).await? else {
        return Ok(None);
    };
    let what: Event = serde_json::from_str(&row.payload).map_err(anyhow::Error::from)?;
    let components = match what {
        Event::IncidentOpened { incident, .. }
        | Event::IncidentUpdated { incident, .. }
        | Event::IncidentResolved { incident, .. }
        | Event::PostmortemPublished { incident } => affected(cx, incident).await?,
        Event::ComponentStatusChanged { component, .. } => vec![component],
        Event::AnnouncementPublished { .. } => Vec::new(),
        Event::MaintenancePlanned { maintenance }
        | Event::MaintenanceReminder { maintenance }
        | Event::MaintenanceStarted { maintenance, .. }
        | Event::MaintenanceUpdated { maintenance, .. }
        | Event::MaintenanceEnded { maintenance, .. }
        | Event::MaintenanceCancelled { maintenance, .. } => maintenance::component_ids(&cx.db, maintenance).await?,
    };
    let incident = what.incident();
    let impact = match incident {
        Some(incident) => impact(cx, incident).await?,
        None => None,
    };
    Ok(Some(Audience {
        page: row.page_id,
        who: concerned(&cx.db, row.page_id, components, incident).await?,
        kind: Some(row.kind),
        impact,
        at: row.created_at,
    }))
}

async fn impact(cx: &Ctx, id: IncidentId) -> Result<Option<Impact>> {
    let row = incident::Entity::find_by_id(id).one(&cx.db).await?;
    Ok(row.map(|row| row.impact))
}

async fn affected(cx: &Ctx, incident: IncidentId) -> Result<Vec<ComponentId>> {
    let ids = incident_component::Entity::find()
        .select_only()
        .column(incident_component::Column::ComponentId)
        .filter(incident_component::Column::IncidentId.eq(incident))
        .into_tuple()
        .all(&cx.db)
        .await?;
    Ok(ids)
}

/// How many would hear of an incident with these components.
pub async fn preview(cx: &Ctx, input: PreviewRecipients) -> Result<RecipientPreview> {
    cx.actor.require(Permission::ManageIncidents)?;
    input.validate()?;
    let page = page::resolve(cx, input.page_id).await?.id;
    let audience = Audience {
        page,
        impact: input.impact,
        who: concerned(&cx.db, page, input.components, input.incident_id).await?,
        kind: input.kind,
        at: cx.clock.now(),
    };
    let counts: Vec<(Channel, i64)> = audience
        .subscriptions()
        .select_only()
        .column(subscription::Column::Channel)
        .column_as(subscription::Column::Id.count(), "people")
        .group_by(subscription::Column::Channel)
        .into_tuple()
        .all(&cx.db)
        .await?;
    let count = |(channel, people)| RecipientCount {
        channel,
        people: u64::try_from(people).unwrap_or(0),
    };
    let channels: Vec<RecipientCount> = counts.into_iter().map(count).collect();
    Ok(RecipientPreview {
        total: channels.iter().map(|count| count.people).sum(),
        channels,
    })
}

/// What is about no component in particular is for all.
async fn concerned(
    conn: &impl ConnectionTrait,
    page: PageId,
    components: Vec<ComponentId>,
    incident: Option<IncidentId>,
) -> Result<Who> {
    if components.is_empty() {
        return Ok(Who::All { incident });
    }
    let groups = groups_above(conn, page, &components).await?;
    Ok(Who::Followers {
        components,
        groups,
        incident,
    })
}

async fn groups_above(
    conn: &impl ConnectionTrait,
    page: PageId,
    components: &[ComponentId],
) -> Result<Vec<ComponentGroupId>> {
    let nearest: Vec<Option<ComponentGroupId>> = component::Entity::find()
        .select_only()
        .column(component::Column::GroupId)
        .filter(component::Column::Id.is_in(components.to_vec()))
        .into_tuple()
        .all(conn)
        .await?;
    let parents: Vec<(ComponentGroupId, Option<ComponentGroupId>)> = component_group::Entity::find()
        .select_only()
        .columns([component_group::Column::Id, component_group::Column::ParentId])
        .filter(component_group::Column::PageId.eq(page))
        .into_tuple()
        .all(conn)
        .await?;
    Ok(with_ancestors(
        nearest.into_iter().flatten(),
        &parents.into_iter().collect(),
    ))
}

/// The groups and all they stand in. A ring of groups, which no rule lets in, ends where it began.
fn with_ancestors(
    groups: impl Iterator<Item = ComponentGroupId>,
    parents: &HashMap<ComponentGroupId, Option<ComponentGroupId>>,
) -> Vec<ComponentGroupId> {
    let mut found = HashSet::new();
    for group in groups {
        let mut next = Some(group);
        while let Some(group) = next.filter(|group| found.insert(*group)) {
            next = parents.get(&group).copied().flatten();
        }
    }
    let mut found: Vec<_> = found.into_iter().collect();
    found.sort_unstable();
    found
}

impl Audience {
    /// The last of the next `limit` subscriptions after one, by number; none if there are no more.
    pub async fn end_of_batch(
        &self,
        conn: &impl ConnectionTrait,
        after: SubscriptionId,
        limit: u64,
    ) -> Result<Option<SubscriptionId>> {
        let ids: Vec<SubscriptionId> = self
            .subscriptions()
            .select_only()
            .column(subscription::Column::Id)
            .filter(subscription::Column::Id.gt(after))
            .order_by_asc(subscription::Column::Id)
            .limit(limit)
            .into_tuple()
            .all(conn)
            .await?;
        Ok(ids.last().copied())
    }

    /// The subscriptions after one and up to another.
    pub fn between(&self, after: SubscriptionId, end: SubscriptionId) -> Select<subscription::Entity> {
        self.subscriptions()
            .filter(subscription::Column::Id.gt(after))
            .filter(subscription::Column::Id.lte(end))
            .order_by_asc(subscription::Column::Id)
    }

    fn subscriptions(&self) -> Select<subscription::Entity> {
        let confirmed = subscription::Entity::find()
            .filter(subscription::Column::PageId.eq(self.page))
            .filter(subscription::Column::ConfirmedAt.lte(self.at))
            .filter(subscription::Column::SuspendedAt.is_null())
            .filter(not_paused(self.at))
            .apply_if(self.kind, |select, kind| select.filter(wishes_kind(kind)))
            .apply_if(self.impact, |select, impact| {
                select.filter(subscription::Column::LeastImpact.lte(impact.rank()))
            });
        match &self.who {
            Who::All { incident } => confirmed.filter(names(
                Condition::any()
                    .add(subscription_scope::Column::ComponentId.is_not_null())
                    .add(subscription_scope::Column::GroupId.is_not_null()),
                *incident,
            )),
            Who::Followers {
                components,
                groups,
                incident,
            } => confirmed.filter(names(
                Condition::any()
                    .add(subscription_scope::Column::ComponentId.is_in(components.clone()))
                    .add(subscription_scope::Column::GroupId.is_in(groups.clone())),
                *incident,
            )),
        }
    }
}

fn not_paused(at: Timestamp) -> Condition {
    Condition::any()
        .add(subscription::Column::PausedUntil.is_null())
        .add(subscription::Column::PausedUntil.lte(at))
}

fn wishes_kind(kind: EventKind) -> Condition {
    let kinds = Expr::col((subscription::Entity, subscription::Column::Kinds));
    Condition::any()
        .add(subscription::Column::Kinds.eq(0))
        .add(kinds.bit_and(kind.bit()).ne(0))
}

/// Follows everything, or names one of these or the incident.
fn names(parts: Condition, incident: Option<IncidentId>) -> Condition {
    let incident = incident.map(|id| subscription_scope::Column::IncidentId.eq(id));
    let named = subscription_scope::Entity::find()
        .select_only()
        .column(subscription_scope::Column::SubscriptionId)
        .filter(parts.add_option(incident))
        .into_query();
    Condition::any()
        .add(subscription::Column::FollowsAll.eq(true))
        .add(subscription::Column::Id.in_subquery(named))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_brings_all_it_stands_in() {
        let id = ComponentGroupId;
        let parents = HashMap::from([(id(1), None), (id(2), Some(id(1))), (id(3), Some(id(2))), (id(9), None)]);
        assert_eq!(with_ancestors([id(3)].into_iter(), &parents), [id(1), id(2), id(3)]);
    }

    #[test]
    fn a_ring_of_groups_ends() {
        let id = ComponentGroupId;
        let parents = HashMap::from([(id(1), Some(id(2))), (id(2), Some(id(1)))]);
        assert_eq!(with_ancestors([id(1)].into_iter(), &parents), [id(1), id(2)]);
    }
}
