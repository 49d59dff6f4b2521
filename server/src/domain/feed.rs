//! What feeds and calendars tell of a page: its incidents and what they taught, its maintenance and its announcements, by
//! when there was news of them.

use std::cmp::Reverse;
use std::time::Duration;

use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};
use shared::announcement::{AnnouncementStatus, PublicAnnouncement};
use shared::maintenance::MaintenanceStatus;
use shared::postmortem::PublicPostmortem;
use shared::status_page::{PublicIncident, PublicMaintenance};
use shared::time::days;
use shared::{Coded, ComponentId, MaintenanceId, PageId, Timestamp};

use super::status_page::{components, public_ids};
use super::{incident_view, maintenance_view, postmortem as postmortems};
use crate::context::{Actor, Ctx};
use crate::entity::{
    announcement, component, incident, incident_component, maintenance, maintenance_component, postmortem,
};
use crate::error::{Error, Result};

/// The most entries a feed has.
const ENTRIES_MAX: u64 = 50;
/// How long a calendar remembers what is over.
const CALENDAR_PAST: Duration = days(90);
/// The most events a calendar has.
const EVENTS_MAX: u64 = 500;

/// Something a feed tells of.
#[derive(Debug, Clone, PartialEq)]
pub enum Story {
    Incident(PublicIncident),
    Maintenance(Planned),
    Postmortem(PublicPostmortem),
    Announcement(PublicAnnouncement),
}

/// A maintenance, and when it was announced.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    pub maintenance: PublicMaintenance,
    pub created_at: Timestamp,
}

impl Story {
    /// When there was news of it last. For an incident that is its latest update: a corrected title is none.
    pub fn updated_at(&self) -> Timestamp {
        match self {
            Self::Incident(incident) => incident
                .updates
                .first()
                .map_or(incident.started_at, |update| update.created_at),
            Self::Maintenance(planned) => planned.maintenance.updated_at,
            Self::Postmortem(postmortem) => postmortem.edited_at.unwrap_or(postmortem.published_at),
            Self::Announcement(announcement) => announcement.starts_at,
        }
    }
}

/// What happened on a page, latest news first.
pub async fn of_page(cx: &Ctx, page: PageId) -> Result<Vec<Story>> {
    cx.read_public(move |cx| async move { stories(&cx, page, None).await })
        .await
}

/// The name of a public component and what happened to it, latest news first.
pub async fn of_component(cx: &Ctx, page: PageId, slug: &str) -> Result<(String, Vec<Story>)> {
    let slug = slug.to_owned();
    cx.read_public(move |cx| {
        let slug = slug.clone();
        async move {
            let component = by_slug(&cx, page, &slug).await?;
            let stories = stories(&cx, page, Some(component.id)).await?;
            Ok((component.name, stories))
        }
    })
    .await
}

/// Maintenance for calendars, soonest first: what is to come, going on, or over for less than 90 days; cancelled ones too,
/// so that calendars hear of it.
pub async fn calendar(cx: &Ctx, page: PageId) -> Result<Vec<Planned>> {
    cx.read_public(move |cx| async move {
        let live = [
            MaintenanceStatus::Scheduled,
            MaintenanceStatus::InProgress,
            MaintenanceStatus::Verifying,
        ];
        let which = Condition::any()
            .add(maintenance::Column::Status.is_in(live))
            .add(maintenance::Column::EndsAt.gte(cx.clock.now() - CALENDAR_PAST));
        let mut planned = maintenances(&cx, page, which, EVENTS_MAX).await?;
        planned.sort_by_key(|planned| planned.maintenance.starts_at);
        Ok(planned)
    })
    .await
}

/// One maintenance for calendars, also if it was cancelled.
pub async fn planned(cx: &Ctx, page: PageId, code: &str) -> Result<Planned> {
    let missing = || Error::not_found("maintenance");
    let id = MaintenanceId::from_code(code).ok_or_else(missing)?;
    cx.read_public(move |cx| async move {
        let which = Condition::all().add(maintenance::Column::Id.eq(id));
        maintenances(&cx, page, which, 1).await?.pop().ok_or_else(missing)
    })
    .await
}

async fn by_slug(cx: &Ctx, page: PageId, slug: &str) -> Result<component::Model> {
    let found = component::Entity::find()
        .filter(component::Column::PageId.eq(page))
        .filter(component::Column::IsPublic.eq(true))
        .filter(component::Column::Slug.eq(slug))
        .one(&cx.db)
        .await?;
    found.ok_or_else(|| Error::not_found("component"))
}

async fn stories(cx: &Ctx, page: PageId, touching: Option<ComponentId>) -> Result<Vec<Story>> {
    let planned = maintenances(cx, page, maintenances_touching(touching), ENTRIES_MAX).await?;
    let incidents = incidents(cx, page, incidents_touching(touching)).await?;
    let mut stories: Vec<Story> = planned.into_iter().map(Story::Maintenance).collect();
    stories.extend(incidents.into_iter().map(Story::Incident));
    let lessons = lessons(cx, page, incidents_touching(touching)).await?;
    stories.extend(lessons.into_iter().map(Story::Postmortem));
    // They are about no component.
    if touching.is_none() {
        let announcements = announcements(cx, page).await?;
        stories.extend(announcements.into_iter().map(Story::Announcement));
    }
    stories.sort_by_key(|story| Reverse(story.updated_at()));
    stories.truncate(ENTRIES_MAX as usize);
    Ok(stories)
}

fn incidents_touching(component: Option<ComponentId>) -> Condition {
    let ids = |id: ComponentId| {
        let parts = incident_component::Entity::find().select_only();
        parts
            .column(incident_component::Column::IncidentId)
            .filter(incident_component::Column::ComponentId.eq(id))
            .into_query()
    };
    Condition::all().add_option(component.map(|id| incident::Column::Id.in_subquery(ids(id))))
}

fn maintenances_touching(component: Option<ComponentId>) -> Condition {
    let ids = |id: ComponentId| {
        let parts = maintenance_component::Entity::find().select_only();
        parts
            .column(maintenance_component::Column::MaintenanceId)
            .filter(maintenance_component::Column::ComponentId.eq(id))
            .into_query()
    };
    Condition::all().add_option(component.map(|id| maintenance::Column::Id.in_subquery(ids(id))))
}

async fn incidents(cx: &Ctx, page: PageId, which: Condition) -> Result<Vec<PublicIncident>> {
    let rows = incident::Entity::find()
        .filter(incident::Column::PageId.eq(page))
        .filter(incident_view::shown_to(&Actor::Visitor))
        .filter(which)
        .order_by_desc(incident::Column::LastUpdateAt)
        .order_by_desc(incident::Column::Id)
        .limit(ENTRIES_MAX)
        .all(&cx.db)
        .await?;
    let is_public = public_ids(&components(cx, page).await?);
    incident_view::publics(&cx.db, rows, cx.clock.now(), |part| is_public.contains(&part.id)).await
}

async fn lessons(cx: &Ctx, page: PageId, which: Condition) -> Result<Vec<PublicPostmortem>> {
    let rows = postmortem::Entity::find()
        .find_also_related(incident::Entity)
        .filter(postmortem::Column::PublishedAt.is_not_null())
        .filter(incident::Column::PageId.eq(page))
        .filter(incident_view::shown_to(&Actor::Visitor))
        .filter(which)
        .order_by_desc(postmortem::Column::UpdatedAt)
        .limit(ENTRIES_MAX)
        .all(&cx.db)
        .await?;
    let public = |(row, incident): (postmortem::Model, Option<incident::Model>)| postmortems::view(incident?, row);
    Ok(rows.into_iter().filter_map(public).collect())
}

/// Those that visitors see, and those they saw.
async fn announcements(cx: &Ctx, page: PageId) -> Result<Vec<PublicAnnouncement>> {
    let begun = [AnnouncementStatus::Active, AnnouncementStatus::Ended];
    let rows = announcement::Entity::find()
        .filter(announcement::Column::PageId.eq(page))
        .filter(announcement::Column::Status.is_in(begun))
        .filter(announcement::Column::ActualStartedAt.is_not_null())
        .order_by_desc(announcement::Column::ActualStartedAt)
        .order_by_desc(announcement::Column::Id)
        .limit(ENTRIES_MAX)
        .all(&cx.db)
        .await?;
    Ok(rows.into_iter().map(PublicAnnouncement::from).collect())
}

async fn maintenances(cx: &Ctx, page: PageId, which: Condition, limit: u64) -> Result<Vec<Planned>> {
    let rows = maintenance::Entity::find()
        .filter(maintenance::Column::PageId.eq(page))
        .filter(which)
        .order_by_desc(maintenance::Column::UpdatedAt)
        .order_by_desc(maintenance::Column::Id)
        .limit(limit)
        .all(&cx.db)
        .await?;
    let is_public = public_ids(&components(cx, page).await?);
    let views = maintenance_view::views(&cx.db, rows).await?;
    let planned = |view: shared::maintenance::Maintenance| Planned {
        created_at: view.created_at,
        maintenance: maintenance_view::public(view, |part| is_public.contains(&part.id)),
    };
    Ok(views.into_iter().map(planned).collect())
}
