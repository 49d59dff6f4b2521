//! The timeline of an incident: where an entry belongs by its time, and what the entries make of components.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ActiveValue::NotSet, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait, Set,
};
use shared::component::ComponentStatus;
use shared::incident::{ComponentEffect, IncidentStatus};
use shared::problem::FieldCode;
use shared::{ComponentId, IncidentId, IncidentUpdateId, Timestamp};

use crate::context::Tx;
use crate::entity::{incident, incident_component, incident_update, incident_update_component};
use crate::error::{Error, Result};

/// Where a new entry comes into the timeline.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    pub at: Timestamp,
    /// How the incident stood before it.
    pub before: IncidentStatus,
    /// Nothing comes after it, so it says how the incident stands.
    pub is_latest: bool,
}

/// The place for an entry at a time, if there is one. `asked` is nothing for an entry of this moment.
pub async fn place(tx: &Tx<'_>, row: &incident::Model, asked: Option<Timestamp>) -> Result<Place> {
    let at = asked.unwrap_or(tx.now());
    check_time(row, at, tx.now())?;
    let entries = all(tx.conn(), row.id).await?;
    let is_latest = entries.first().is_none_or(|newest| newest.created_at <= at);
    let earlier = entries.iter().find(|entry| entry.created_at <= at);
    if !row.status.is_open() && is_latest {
        return Err(Error::conflict(
            "the incident is resolved: reopen it first, or give a time before its end",
        ));
    }
    Ok(Place {
        at,
        before: earlier.map_or(IncidentStatus::Investigating, |entry| entry.status),
        is_latest,
    })
}

/// Writes an entry, and for each component it names the incident's new word on it, unless a later entry has one.
pub async fn append(
    tx: &Tx<'_>,
    row: &incident::Model,
    status: IncidentStatus,
    message: &str,
    components: &[ComponentEffect],
    at: Timestamp,
) -> Result<IncidentUpdateId> {
    let author = tx.cx.actor.member().ok();
    let update = incident_update::ActiveModel {
        id: NotSet,
        incident_id: Set(row.id),
        status: Set(status),
        message: Set(message.to_owned()),
        author_id: Set(author),
        author_name: Set(author.map(|_| tx.cx.actor.name().to_owned())),
        created_at: Set(at),
        edited_at: Set(None),
    }
    .insert(tx.conn())
    .await?;
    let settled = if components.is_empty() {
        HashSet::new()
    } else {
        named_after(tx, row.id, at).await?
    };
    for effect in components {
        incident_update_component::ActiveModel {
            update_id: Set(update.id),
            component_id: Set(effect.id),
            status: Set(effect.status),
        }
        .insert(tx.conn())
        .await?;
        if !settled.contains(&effect.id) {
            set_effect(tx, row.id, effect).await?;
        }
    }
    Ok(update.id)
}

/// Sets what an incident makes of a component.
pub async fn set_effect(tx: &Tx<'_>, incident: IncidentId, effect: &ComponentEffect) -> Result<()> {
    incident_component::Entity::delete_by_id((incident, effect.id))
        .exec(tx.conn())
        .await?;
    incident_component::ActiveModel {
        incident_id: Set(incident),
        component_id: Set(effect.id),
        status: Set(effect.status),
    }
    .insert(tx.conn())
    .await?;
    Ok(())
}

/// What an incident makes of its components.
pub async fn effects(conn: &impl ConnectionTrait, id: IncidentId) -> Result<Vec<incident_component::Model>> {
    Ok(incident_component::Entity::find()
        .filter(incident_component::Column::IncidentId.eq(id))
        .all(conn)
        .await?)
}

/// The whole timeline, newest first.
pub async fn all(conn: &impl ConnectionTrait, id: IncidentId) -> Result<Vec<incident_update::Model>> {
    Ok(incident_update::Entity::find()
        .filter(incident_update::Column::IncidentId.eq(id))
        .order_by_desc(incident_update::Column::CreatedAt)
        .order_by_desc(incident_update::Column::Id)
        .all(conn)
        .await?)
}

/// When the timeline begins, if it has.
pub async fn first(conn: &impl ConnectionTrait, id: IncidentId) -> Result<Option<Timestamp>> {
    let entries = all(conn, id).await?;
    Ok(entries.last().map(|entry| entry.created_at))
}

/// The latest entry.
pub async fn latest(conn: &impl ConnectionTrait, id: IncidentId) -> Result<Option<IncidentUpdateId>> {
    let entries = all(conn, id).await?;
    Ok(entries.first().map(|entry| entry.id))
}

/// The entries that stand under one time stand under another from now on.
pub async fn move_entries(tx: &Tx<'_>, id: IncidentId, from: Timestamp, to: Timestamp) -> Result<()> {
    incident_update::Entity::update_many()
        .col_expr(incident_update::Column::CreatedAt, Expr::value(to))
        .filter(incident_update::Column::IncidentId.eq(id))
        .filter(incident_update::Column::CreatedAt.eq(from))
        .exec(tx.conn())
        .await?;
    Ok(())
}

pub fn check_time(row: &incident::Model, at: Timestamp, now: Timestamp) -> Result<()> {
    let flaw = |message: String| Error::field("created_at", FieldCode::OutOfRange, message);
    if at > now {
        return Err(flaw("is in the future".into()));
    }
    if at < row.started_at {
        return Err(flaw(format!("is before the incident began: {}", row.started_at)));
    }
    Ok(())
}

/// The components that entries after a moment have a word on.
async fn named_after(tx: &Tx<'_>, id: IncidentId, at: Timestamp) -> Result<HashSet<ComponentId>> {
    let later = incident_update::Entity::find()
        .select_only()
        .column(incident_update::Column::Id)
        .filter(incident_update::Column::IncidentId.eq(id))
        .filter(incident_update::Column::CreatedAt.gt(at))
        .into_query();
    let rows = incident_update_component::Entity::find()
        .filter(incident_update_component::Column::UpdateId.in_subquery(later))
        .all(tx.conn())
        .await?;
    Ok(rows.into_iter().map(|row| row.component_id).collect())
}

/// What the incident makes of components now that an entry is gone: the latest word that is left on each, else the worst
/// of those that were merged into it, else nothing.
pub async fn weigh_anew(tx: &Tx<'_>, id: IncidentId, components: &[ComponentId]) -> Result<()> {
    let mut words = merged_words(tx, id, components).await?;
    let entries: Vec<IncidentUpdateId> = all(tx.conn(), id).await?.into_iter().map(|entry| entry.id).collect();
    let mut said = incident_update_component::Entity::find()
        .filter(incident_update_component::Column::UpdateId.is_in(entries.clone()))
        .filter(incident_update_component::Column::ComponentId.is_in(components.to_vec()))
        .all(tx.conn())
        .await?;
    // From the oldest on, so that the latest has the last word.
    said.sort_by_key(|row| Reverse(entries.iter().position(|entry| *entry == row.update_id)));
    words.extend(said.into_iter().map(|row| (row.component_id, row.status)));
    for component in components {
        match words.get(component) {
            Some(status) => {
                let effect = ComponentEffect {
                    id: *component,
                    status: *status,
                };
                set_effect(tx, id, &effect).await?;
            }
            None => {
                incident_component::Entity::delete_by_id((id, *component))
                    .exec(tx.conn())
                    .await?;
            }
        }
    }
    Ok(())
}

async fn merged_words(
    tx: &Tx<'_>,
    id: IncidentId,
    components: &[ComponentId],
) -> Result<HashMap<ComponentId, ComponentStatus>> {
    let rows = incident_component::Entity::find()
        .find_also_related(incident::Entity)
        .filter(incident::Column::MergedInto.eq(id))
        .filter(incident_component::Column::ComponentId.is_in(components.to_vec()))
        .all(tx.conn())
        .await?;
    let mut words = HashMap::new();
    for (row, _) in rows {
        let word = words.entry(row.component_id).or_insert(row.status);
        *word = word.worse(row.status);
    }
    Ok(words)
}
