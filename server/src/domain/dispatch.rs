//! What a batch of deliveries says, and to whom: all of it read in a fixed number of queries.

use std::collections::HashMap;
use std::sync::Arc;

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use shared::announcement::{AnnouncementStatus, PublicAnnouncement};
use shared::component::ComponentStatus;
use shared::event::{Event, EventKind};
use shared::incident::AffectedComponent;
use shared::maintenance::MaintenanceStatus;
use shared::postmortem::PublicPostmortem;
use shared::status_page::{PublicIncident, PublicMaintenance, PublicPage, PublicUpdate};
use shared::{
    AnnouncementId, Coded, ComponentId, EventId, IncidentId, IncidentUpdateId, MaintenanceId, MaintenanceUpdateId,
    PageId, SubscriberId, SubscriptionId, Timestamp,
};

use super::delivery::Batch;
use super::{incident_view, maintenance_view, postmortem, status, status_page};
use crate::auth::link;
use crate::context::Ctx;
use crate::entity::{announcement, component, delivery, event, incident, maintenance, page, subscriber, subscription};
use crate::error::Result;

/// A delivery with all that is needed to write it.
#[derive(Debug, Clone)]
pub struct Dispatch {
    pub delivery: delivery::Model,
    pub target: String,
    pub locale: String,
    /// The secret of the receiver's own links.
    pub token: String,
    pub page: Arc<PublicPage>,
    pub story: Arc<Story>,
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
        name: String,
        from: ComponentStatus,
        to: ComponentStatus,
        at: Timestamp,
    },
    /// Nothing any more, and why.
    Gone(&'static str),
}

/// Reads what a batch says. Deliveries whose subscription has just ended are left out; they end with it.
pub async fn load(cx: &Ctx, batch: &Batch) -> Result<Vec<Dispatch>> {
    let receivers = receivers(cx, batch).await?;
    let events = events(cx, batch).await?;
    let pages = pages(cx, &events).await?;
    let mut stories = HashMap::new();
    for row in events.values() {
        stories.insert(row.id, Arc::new(story(cx, row).await?));
    }
    let sealer = link::Sealer::new(&cx.secrets);
    let dispatch = |delivery: &delivery::Model| {
        let (subscription, locale) = receivers.get(&delivery.subscription_id)?;
        let page = pages.get(&events.get(&delivery.event_id)?.page_id)?;
        Some(Dispatch {
            target: subscription.target.clone(),
            locale: locale.clone(),
            token: sealer.token(subscription.id, &subscription.target),
            page: Arc::clone(page),
            story: Arc::clone(stories.get(&delivery.event_id)?),
            delivery: delivery.clone(),
        })
    };
    Ok(batch.deliveries.iter().filter_map(dispatch).collect())
}

type Receivers = HashMap<SubscriptionId, (subscription::Model, String)>;

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
    let locales: HashMap<SubscriberId, String> = subscribers.into_iter().map(|row| (row.id, row.locale)).collect();
    let receiver = |row: subscription::Model| {
        let locale = locales.get(&row.subscriber_id)?.clone();
        Some((row.id, (row, locale)))
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
            name: row.name,
            from,
            to,
            at,
        },
        Some(_) => Story::Gone("the component is not public any more"),
        None => Story::Gone("the component was deleted"),
    })
}
