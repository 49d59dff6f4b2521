//! What a batch of deliveries says, and to whom: all of it read in a fixed number of queries.

use std::collections::HashMap;
use std::sync::Arc;

use chrono_tz::Tz;
use sea_orm::{ColumnTrait, EntityTrait, JoinType, QueryFilter, QueryOrder, QuerySelect, RelationTrait};
use shared::announcement::{AnnouncementStatus, PublicAnnouncement};
use shared::channel::Channel;
use shared::component::ComponentStatus;
use shared::event::{Event, EventKind};
use shared::incident::AffectedComponent;
use shared::maintenance::MaintenanceStatus;
use shared::postmortem::PublicPostmortem;
use shared::preferences::Digest;
use shared::status_page::{PublicIncident, PublicMaintenance, PublicPage, PublicUpdate};
use shared::{
    AnnouncementId, Coded, ComponentId, DeliveryId, EventId, IncidentId, IncidentUpdateId, MaintenanceId,
    MaintenanceUpdateId, PageId, SubscriberId, SubscriptionId, Timestamp,
};

use super::delivery::{self, Batch};
use super::{incident_view, maintenance_view, postmortem, preferences, status, status_page, target};
use crate::auth::link;
use crate::context::Ctx;
use crate::entity::{
    announcement, component, delivery as delivery_row, event, incident, maintenance, page, subscriber, subscription,
};
use crate::error::Result;

/// A delivery with all that is needed to write it.
#[derive(Debug, Clone)]
pub struct Dispatch {
    pub delivery: delivery_row::Model,
    pub subscription: Arc<subscription::Model>,
    pub target: String,
    /// What a webhook's signatures are made with.
    pub secret: Option<String>,
    pub locale: String,
    /// In which quiet hours and mornings are counted.
    pub zone: Tz,
    /// The secret of the receiver's own links.
    pub token: String,
    pub page: Arc<PublicPage>,
    /// What the other side calls the first message about the same incident.
    pub thread: Option<String>,
    pub story: Arc<Story>,
}

impl Dispatch {
    /// Until when its receiver wishes it to wait; none if it may go now.
    pub fn held_until(&self, now: Timestamp) -> Option<Timestamp> {
        preferences::held_until(&self.subscription, self.zone, self.delivery.created_at, now)
    }

    /// True if its receiver wants all that happened in one message.
    pub fn is_for_digest(&self) -> bool {
        self.subscription.digest != Digest::None
    }
}

/// What there is to say.
#[derive(Debug, Clone)]
pub enum Story {
    Incident {
        kind: EventKind,
        incident: PublicIncident,
        update: PublicUpdate,
    },
    Maintenance {
        kind: EventKind,
        maintenance: PublicMaintenance,
        /// What is said this time, in Markdown; may be empty.
        message: String,
    },
    Postmortem(PublicPostmortem),
    Announcement(PublicAnnouncement),
    Component {
        code: String,
        name: String,
        from: ComponentStatus,
        to: ComponentStatus,
        at: Timestamp,
    },
    /// Nothing any more, and why.
    Gone(&'static str),
}

/// What of a batch may go now, and what waits, until when.
#[derive(Debug, Default)]
pub struct Ready {
    pub dispatches: Vec<Dispatch>,
    pub held: Vec<(DeliveryId, Timestamp)>,
}

/// Reads what a batch says and to whom, takes in what else is due for their digests, and tells what has to wait.
pub async fn ready(cx: &Ctx, batch: &mut Batch) -> Result<Ready> {
    let mut ready = Ready::default();
    sort(&mut ready, load(cx, batch).await?, cx.clock.now());
    let digests = ready.dispatches.iter().filter(|dispatch| dispatch.is_for_digest());
    let digests: Vec<SubscriptionId> = digests.map(|dispatch| dispatch.subscription.id).collect();
    let mut more = batch.same();
    delivery::claim_for(cx, &mut more, &digests).await?;
    sort(&mut ready, load(cx, &more).await?, cx.clock.now());
    batch.join(more);
    Ok(ready)
}

fn sort(ready: &mut Ready, dispatches: Vec<Dispatch>, now: Timestamp) {
    for dispatch in dispatches {
        match dispatch.held_until(now) {
            Some(at) => ready.held.push((dispatch.delivery.id, at)),
            None => ready.dispatches.push(dispatch),
        }
    }
}

/// Reads what a batch says. Deliveries whose subscription has just ended are left out; they end with it.
async fn load(cx: &Ctx, batch: &Batch) -> Result<Vec<Dispatch>> {
    let receivers = receivers(cx, batch).await?;
    let events = events(cx, batch).await?;
    let pages = pages(cx, &events).await?;
    let mut stories = HashMap::new();
    for row in events.values() {
        stories.insert(row.id, Arc::new(story(cx, row).await?));
    }
    let threads = threads(cx, batch, &events).await?;
    let sealer = link::Sealer::new(&cx.secrets);
    let unreadable = Arc::new(Story::Gone("the address was sealed under another key"));
    let dispatch = |delivery: &delivery_row::Model| {
        let (subscription, owner) = receivers.get(&delivery.subscription_id)?;
        let event = events.get(&delivery.event_id)?;
        let page = pages.get(&event.page_id)?;
        let opened = target::open(&cx.secrets, subscription).ok();
        let story = match opened {
            Some(_) => stories.get(&delivery.event_id)?,
            None => &unreadable,
        };
        let target = opened.unwrap_or_default();
        let zone = owner.time_zone.as_ref().unwrap_or(&page.time_zone);
        let thread = event
            .incident_id
            .and_then(|incident| threads.get(&(subscription.id, incident)));
        Some(Dispatch {
            secret: target::open_secret(&cx.secrets, subscription).ok().flatten(),
            locale: owner.locale.clone(),
            zone: zone.parse().unwrap_or(Tz::UTC),
            token: sealer.token(subscription.id, &target),
            target,
            subscription: Arc::clone(subscription),
            page: Arc::clone(page),
            thread: thread.cloned(),
            story: Arc::clone(story),
            delivery: delivery.clone(),
        })
    };
    Ok(batch.deliveries.iter().filter_map(dispatch).collect())
}

/// What the first messages about incidents are called, by whom they went to and the incident.
async fn threads(
    cx: &Ctx,
    batch: &Batch,
    events: &HashMap<EventId, event::Model>,
) -> Result<HashMap<(SubscriptionId, i64), String>> {
    let incidents: Vec<i64> = events.values().filter_map(|row| row.incident_id).collect();
    let chats = batch.deliveries.iter().filter(|row| row.channel != Channel::Email);
    let chats: Vec<SubscriptionId> = chats.map(|row| row.subscription_id).collect();
    if incidents.is_empty() || chats.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(SubscriptionId, i64, String)> = delivery_row::Entity::find()
        .select_only()
        .column(delivery_row::Column::SubscriptionId)
        .column(event::Column::IncidentId)
        .column(delivery_row::Column::MessageId)
        .join(JoinType::InnerJoin, delivery_row::Relation::Event.def())
        .filter(event::Column::IncidentId.is_in(incidents))
        .filter(delivery_row::Column::SubscriptionId.is_in(chats))
        .filter(delivery_row::Column::MessageId.is_not_null())
        .order_by_desc(delivery_row::Column::Id)
        .into_tuple()
        .all(&cx.db)
        .await?;
    // The oldest comes last and stays.
    let thread = |(subscription, incident, message)| ((subscription, incident), message);
    Ok(rows.into_iter().map(thread).collect())
}

type Receivers = HashMap<SubscriptionId, (Arc<subscription::Model>, Arc<subscriber::Model>)>;

async fn receivers(cx: &Ctx, batch: &Batch) -> Result<Receivers> {
    let ids: Vec<SubscriptionId> = batch.deliveries.iter().map(|row| row.subscription_id).collect();
    let subscriptions = subscription::Entity::find()
        .filter(subscription::Column::Id.is_in(ids))
        .all(&cx.db)
        .await?;
    let ids: Vec<SubscriberId> = subscriptions.iter().map(|row| row.subscriber_id).collect();
    let subscribers = subscriber::Entity::find()
        .filter(subscriber::Column::Id.is_in(ids))
        .all(&cx.db)
        .await?;
    let owners: HashMap<SubscriberId, Arc<subscriber::Model>> =
        subscribers.into_iter().map(|row| (row.id, Arc::new(row))).collect();
    let receiver = |row: subscription::Model| {
        let owner = Arc::clone(owners.get(&row.subscriber_id)?);
        Some((row.id, (Arc::new(row), owner)))
    };
    Ok(subscriptions.into_iter().filter_map(receiver).collect())
}

async fn events(cx: &Ctx, batch: &Batch) -> Result<HashMap<EventId, event::Model>> {
    let ids: Vec<EventId> = batch.deliveries.iter().map(|row| row.event_id).collect();
    let rows = event::Entity::find()
        .filter(event::Column::Id.is_in(ids))
        .all(&cx.db)
        .await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

async fn pages(cx: &Ctx, events: &HashMap<EventId, event::Model>) -> Result<HashMap<PageId, Arc<PublicPage>>> {
    let ids: Vec<PageId> = events.values().map(|row| row.page_id).collect();
    let rows = page::Entity::find()
        .filter(page::Column::Id.is_in(ids))
        .all(&cx.db)
        .await?;
    let public = |row: page::Model| (row.id, Arc::new(status_page::public_page(cx, &row)));
    Ok(rows.into_iter().map(public).collect())
}

async fn story(cx: &Ctx, row: &event::Model) -> Result<Story> {
    let Ok(what) = serde_json::from_str::<Event>(&row.payload) else {
        return Ok(Story::Gone("the event cannot be read"));
    };
    match what {
        Event::IncidentOpened { incident, update }
        | Event::IncidentUpdated { incident, update }
        | Event::IncidentResolved { incident, update } => incident_story(cx, row.kind, incident, update).await,
        Event::ComponentStatusChanged { component, from, to } => {
            component_story(cx, component, from, to, row.created_at).await
        }
        Event::PostmortemPublished { incident } => postmortem_story(cx, incident).await,
        Event::AnnouncementPublished { announcement } => announcement_story(cx, announcement).await,
        Event::MaintenancePlanned { .. }
        | Event::MaintenanceReminder { .. }
        | Event::MaintenanceStarted { .. }
        | Event::MaintenanceUpdated { .. }
        | Event::MaintenanceEnded { .. }
        | Event::MaintenanceCancelled { .. } => match what.maintenance() {
            Some((maintenance, update)) => maintenance_story(cx, row.kind, maintenance, update).await,
            None => Ok(Story::Gone("the event cannot be read")),
        },
    }
}

async fn incident_story(cx: &Ctx, kind: EventKind, id: IncidentId, update: IncidentUpdateId) -> Result<Story> {
    let now = cx.clock.now();
    let Some(row) = incident::Entity::find_by_id(id).one(&cx.db).await? else {
        return Ok(Story::Gone("the incident was deleted"));
    };
    if !status::is_visible(&row) {
        return Ok(Story::Gone("the incident is not public any more"));
    }
    let view = incident_view::view(&cx.db, row, now).await?;
    let shown = public_ids(cx, &view.components).await?;
    let incident = incident_view::public(view, |part| shown.contains(&part.id));
    let code = update.code();
    match incident.updates.iter().find(|update| update.id == code).cloned() {
        Some(update) => Ok(Story::Incident { kind, incident, update }),
        None => Ok(Story::Gone("the update was deleted")),
    }
}

async fn maintenance_story(
    cx: &Ctx,
    kind: EventKind,
    id: MaintenanceId,
    update: Option<MaintenanceUpdateId>,
) -> Result<Story> {
    let Some(row) = maintenance::Entity::find_by_id(id).one(&cx.db).await? else {
        return Ok(Story::Gone("the maintenance was deleted"));
    };
    if kind == EventKind::MaintenanceReminder && row.status != MaintenanceStatus::Scheduled {
        return Ok(Story::Gone("the maintenance is not to come any more"));
    }
    let view = maintenance_view::view(&cx.db, row).await?;
    let message = match update {
        None => Some(view.message.clone()),
        Some(id) => view
            .updates
            .iter()
            .find(|update| update.id == id)
            .map(|update| update.message.clone()),
    };
    let shown = public_ids(cx, &view.components).await?;
    let maintenance = maintenance_view::public(view, |part| shown.contains(&part.id));
    Ok(Story::Maintenance {
        kind,
        maintenance,
        message: message.unwrap_or_default(),
    })
}

async fn postmortem_story(cx: &Ctx, id: IncidentId) -> Result<Story> {
    let incident = incident::Entity::find_by_id(id).one(&cx.db).await?;
    Ok(match postmortem::published(&cx.db, incident).await? {
        Some(postmortem) => Story::Postmortem(postmortem),
        None => Story::Gone("the postmortem is not public any more"),
    })
}

async fn announcement_story(cx: &Ctx, id: AnnouncementId) -> Result<Story> {
    let row = announcement::Entity::find_by_id(id).one(&cx.db).await?;
    Ok(match row {
        Some(row) if row.status == AnnouncementStatus::Active => Story::Announcement(row.into()),
        Some(_) => Story::Gone("the announcement is over"),
        None => Story::Gone("the announcement was deleted"),
    })
}

async fn public_ids(cx: &Ctx, parts: &[AffectedComponent]) -> Result<Vec<ComponentId>> {
    let rows = component::Entity::find()
        .filter(component::Column::Id.is_in(parts.iter().map(|part| part.id)))
        .filter(component::Column::IsPublic.eq(true))
        .all(&cx.db)
        .await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

async fn component_story(
    cx: &Ctx,
    id: ComponentId,
    from: ComponentStatus,
    to: ComponentStatus,
    at: Timestamp,
) -> Result<Story> {
    let row = component::Entity::find_by_id(id).one(&cx.db).await?;
    Ok(match row {
        Some(row) if row.is_public => Story::Component {
            code: row.id.code(),
            name: row.name,
            from,
            to,
            at,
        },
        Some(_) => Story::Gone("the component is not public any more"),
        None => Story::Gone("the component was deleted"),
    })
}
