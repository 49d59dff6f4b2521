//! Incidents as they are read, and by whom: rows of six tables put together in a fixed number of queries.

use std::collections::HashMap;

use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};
use shared::incident::{AffectedComponent, Incident, IncidentUpdate};
use shared::status_page::{PublicEffect, PublicIncident, PublicUpdate};
use shared::{Coded, IncidentId, IncidentUpdateId, Timestamp};

use super::{incident_detail, status};
use crate::context::Actor;
use crate::entity::{component, incident, incident_component, incident_update, incident_update_component};
use crate::error::{Error, Result};

/// One incident with its timeline.
pub async fn view(conn: &impl ConnectionTrait, row: incident::Model, now: Timestamp) -> Result<Incident> {
    views(conn, vec![row], now)
        .await?
        .pop()
        .ok_or_else(|| Error::not_found("incident"))
}

/// Incidents with their timelines, in the order given.
pub async fn views(conn: &impl ConnectionTrait, rows: Vec<incident::Model>, now: Timestamp) -> Result<Vec<Incident>> {
    let ids: Vec<IncidentId> = rows.iter().map(|row| row.id).collect();
    let mut tags = incident_detail::tags(conn, &ids).await?;
    let mut views = untagged(conn, rows, now).await?;
    for view in &mut views {
        view.tags = tags.remove(&view.id).unwrap_or_default();
    }
    Ok(views)
}

/// What visitors may know of incidents, in the order given. They are not told of tags, so nobody asks for them.
pub async fn publics(
    conn: &impl ConnectionTrait,
    rows: Vec<incident::Model>,
    now: Timestamp,
    is_public: impl Fn(&AffectedComponent) -> bool,
) -> Result<Vec<PublicIncident>> {
    let views = untagged(conn, rows, now).await?;
    Ok(views.into_iter().map(|view| public(view, &is_public)).collect())
}

/// The incidents that someone finds on the page: published, not merged into another, and public; those who are signed in
/// also find what is for them only.
pub fn shown_to(actor: &Actor) -> Condition {
    Condition::all()
        .add(incident::Column::PublishedAt.is_not_null())
        .add(incident::Column::MergedInto.is_null())
        .add(incident::Column::Visibility.is_in(status::seen_by(actor).iter().copied()))
}

async fn untagged(conn: &impl ConnectionTrait, rows: Vec<incident::Model>, now: Timestamp) -> Result<Vec<Incident>> {
    let ids: Vec<IncidentId> = rows.iter().map(|row| row.id).collect();
    let mut components = affected(conn, &ids).await?;
    let mut updates = timelines(conn, &ids).await?;
    let view = |row: incident::Model| {
        let components = components.remove(&row.id).unwrap_or_default();
        let updates = updates.remove(&row.id).unwrap_or_default();
        assemble(row, components, updates, now)
    };
    Ok(rows.into_iter().map(view).collect())
}

fn assemble(
    row: incident::Model,
    components: Vec<AffectedComponent>,
    updates: Vec<IncidentUpdate>,
    now: Timestamp,
) -> Incident {
    let is_forgotten = status::is_forgotten(row.status, row.last_update_at, now);
    let incident::Model {
        id,
        page_id,
        title,
        status,
        impact,
        is_impact_set,
        visibility,
        published_at,
        started_at,
        resolved_at,
        last_update_at: _,
        created_at,
        updated_at,
        publish_at,
        notify_on_publish,
        is_sticky,
        merged_into,
        team_reminded_at: _,
        links,
        metadata,
    } = row;
    Incident {
        id,
        code: id.code(),
        page_id,
        title,
        status,
        impact,
        is_impact_set,
        visibility,
        is_draft: published_at.is_none(),
        publish_at,
        notify_on_publish,
        is_sticky,
        merged_into,
        is_forgotten,
        components,
        updates,
        tags: Vec::new(),
        links: incident_detail::read(links.as_deref()),
        metadata: incident_detail::read(metadata.as_deref()),
        started_at,
        resolved_at,
        created_at,
        updated_at,
    }
}

async fn affected(
    conn: &impl ConnectionTrait,
    ids: &[IncidentId],
) -> Result<HashMap<IncidentId, Vec<AffectedComponent>>> {
    let rows = incident_component::Entity::find()
        .find_also_related(component::Entity)
        .filter(incident_component::Column::IncidentId.is_in(ids.to_vec()))
        .order_by_asc(component::Column::Position)
        .order_by_asc(component::Column::Id)
        .all(conn)
        .await?;
    let mut found: HashMap<_, Vec<_>> = HashMap::new();
    for (effect, component) in rows {
        let Some(component) = component else { continue };
        let part = AffectedComponent {
            id: component.id,
            name: component.name,
            status: effect.status,
        };
        found.entry(effect.incident_id).or_default().push(part);
    }
    Ok(found)
}

async fn timelines(
    conn: &impl ConnectionTrait,
    ids: &[IncidentId],
) -> Result<HashMap<IncidentId, Vec<IncidentUpdate>>> {
    let rows = incident_update::Entity::find()
        .filter(incident_update::Column::IncidentId.is_in(ids.to_vec()))
        .order_by_desc(incident_update::Column::CreatedAt)
        .order_by_desc(incident_update::Column::Id)
        .all(conn)
        .await?;
    let mut said = said_of_components(conn, ids).await?;
    let mut found: HashMap<_, Vec<_>> = HashMap::new();
    for row in rows {
        let incident_update::Model {
            id,
            incident_id,
            status,
            message,
            author_id: _,
            author_name,
            created_at,
            edited_at,
        } = row;
        let components = said.remove(&id).unwrap_or_default();
        let update = IncidentUpdate {
            id,
            status,
            message,
            components,
            author: author_name,
            created_at,
            edited_at,
        };
        found.entry(incident_id).or_default().push(update);
    }
    Ok(found)
}

async fn said_of_components(
    conn: &impl ConnectionTrait,
    ids: &[IncidentId],
) -> Result<HashMap<IncidentUpdateId, Vec<AffectedComponent>>> {
    use sea_orm::{QuerySelect, QueryTrait};
    let updates = incident_update::Entity::find()
        .select_only()
        .column(incident_update::Column::Id)
        .filter(incident_update::Column::IncidentId.is_in(ids.to_vec()))
        .into_query();
    let rows = incident_update_component::Entity::find()
        .find_also_related(component::Entity)
        .filter(incident_update_component::Column::UpdateId.in_subquery(updates))
        .all(conn)
        .await?;
    let mut found: HashMap<_, Vec<_>> = HashMap::new();
    for (effect, component) in rows {
        let Some(component) = component else { continue };
        let part = AffectedComponent {
            id: component.id,
            name: component.name,
            status: effect.status,
        };
        found.entry(effect.update_id).or_default().push(part);
    }
    Ok(found)
}

/// What visitors may know of an incident: no author, no component that is not public.
pub fn public(incident: Incident, is_public: impl Fn(&AffectedComponent) -> bool) -> PublicIncident {
    let effects = |parts: &[AffectedComponent]| {
        parts
            .iter()
            .filter(|part| is_public(part))
            .map(PublicEffect::of)
            .collect()
    };
    let update = |update: &IncidentUpdate| PublicUpdate {
        id: update.id.code(),
        status: update.status,
        message: update.message.clone(),
        components: effects(&update.components),
        created_at: update.created_at,
        edited_at: update.edited_at,
    };
    PublicIncident {
        id: incident.code,
        title: incident.title,
        status: incident.status,
        impact: incident.impact,
        is_forgotten: incident.is_forgotten,
        components: effects(&incident.components),
        updates: incident.updates.iter().map(update).collect(),
        links: incident.links,
        started_at: incident.started_at,
        resolved_at: incident.resolved_at,
        updated_at: incident.updated_at,
    }
}
