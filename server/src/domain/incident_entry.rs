//! Entries of an incident's timeline that turned out to be wrong: corrected, or taken out. What an entry said before it was
//! changed is kept in `incident_update_revision`.

use sea_orm::{ActiveModelTrait, ActiveValue::NotSet, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, Set};
use shared::access::Permission;
use shared::incident::Incident;
use shared::incident_entry::IncidentUpdatePatch;
use shared::list::{IncidentUpdateRevisionList, Order};
use shared::problem::FieldCode;
use shared::{ComponentId, IncidentId, IncidentUpdateId, Timestamp, Validate};

use super::incident::{finish, lock, save};
use super::incident_timeline::{all, check_time, weigh_anew};
use super::incident_view::view;
use super::paging::{Paging, SortKey};
use super::revision;
use crate::context::{Ctx, Tx};
use crate::entity::{incident, incident_update, incident_update_component, incident_update_revision};
use crate::error::{Error, Result};

/// Changes what an entry says, or the time it stands under. Nobody is told.
pub async fn update(
    cx: &Ctx,
    id: IncidentId,
    update: IncidentUpdateId,
    patch: IncidentUpdatePatch,
    expected: Option<Timestamp>,
) -> Result<Incident> {
    cx.actor.require(Permission::ManageIncidents)?;
    patch.validate()?;

    let tx = cx.begin().await?;
    let before = lock(&tx, id).await?;
    revision::unchanged(before.updated_at, expected)?;
    let entries = all(tx.conn(), id).await?;
    let place = place_of(&entries, update)?;
    let at = patch.created_at.unwrap_or(entries[place].created_at);
    check_move(&before, &entries, place, at, tx.now())?;
    let was = view(tx.conn(), before.clone(), tx.now()).await?;
    rewrite(&tx, &entries[place], patch.message, at).await?;
    let row = if place == 0 { stands_since(before, at) } else { before };
    let row = save(&tx, row).await?;
    finish(tx, row, "incident.edit_update", Some(was)).await
}

/// Takes an entry out of the timeline. The latest says how the incident stands, so it stays.
pub async fn delete(cx: &Ctx, id: IncidentId, update: IncidentUpdateId) -> Result<()> {
    cx.actor.require(Permission::ManageIncidents)?;
    let tx = cx.begin().await?;
    let before = lock(&tx, id).await?;
    let entries = all(tx.conn(), id).await?;
    if place_of(&entries, update)? == 0 {
        return Err(Error::conflict(
            "it is the latest entry, which says how the incident stands: change it, or add another first",
        ));
    }
    let was = view(tx.conn(), before.clone(), tx.now()).await?;
    let named = named_by(&tx, update).await?;
    incident_update::Entity::delete_by_id(update).exec(tx.conn()).await?;
    weigh_anew(&tx, id, &named).await?;
    let row = save(&tx, before).await?;
    finish(tx, row, "incident.delete_update", Some(was)).await.map(drop)
}

/// What an entry said before, newest first.
pub async fn revisions(
    cx: &Ctx,
    id: IncidentId,
    update: IncidentUpdateId,
    paging: &Paging,
) -> Result<IncidentUpdateRevisionList> {
    cx.actor.require(Permission::ReadConsole)?;
    let entry = incident_update::Entity::find_by_id(update)
        .filter(incident_update::Column::IncidentId.eq(id))
        .one(&cx.db)
        .await?;
    let entry = entry.ok_or_else(|| Error::not_found("update"))?;
    let all = incident_update_revision::Entity::find().filter(incident_update_revision::Column::UpdateId.eq(entry.id));
    let column = incident_update_revision::Column::Id;
    let rows = paging.apply(all, column, column, Order::Desc).all(&cx.db).await?;
    let (rows, next_cursor) = paging.cut(rows, |row| (SortKey::Number(row.id.0), row.id.0));
    Ok(IncidentUpdateRevisionList {
        items: rows.into_iter().map(Into::into).collect(),
        next_cursor,
    })
}

fn place_of(entries: &[incident_update::Model], update: IncidentUpdateId) -> Result<usize> {
    let place = entries.iter().position(|entry| entry.id == update);
    place.ok_or_else(|| Error::not_found("update"))
}

/// An entry keeps its place among the others, so that moving it changes nothing else.
fn check_move(
    row: &incident::Model,
    entries: &[incident_update::Model],
    place: usize,
    at: Timestamp,
    now: Timestamp,
) -> Result<()> {
    if at == entries[place].created_at {
        return Ok(());
    }
    check_time(row, at, now)?;
    let newer = place.checked_sub(1).map(|place| &entries[place]);
    let older = entries.get(place + 1);
    let is_between = newer.is_none_or(|entry| at < entry.created_at) && older.is_none_or(|entry| at > entry.created_at);
    if is_between {
        return Ok(());
    }
    let name = |entry: Option<&incident_update::Model>| {
        entry.map_or_else(|| "nothing".to_owned(), |entry| entry.created_at.to_string())
    };
    Err(Error::field(
        "created_at",
        FieldCode::OutOfRange,
        format!(
            "is not between the entries around it: after {}, before {}",
            name(older),
            name(newer)
        ),
    ))
}

/// The latest entry stands under another time: so does what follows from it.
fn stands_since(row: incident::Model, at: Timestamp) -> incident::Model {
    incident::Model {
        resolved_at: row.resolved_at.map(|_| at),
        last_update_at: at,
        ..row
    }
}

/// Keeps what the entry says, and writes what it says from now on.
async fn rewrite(tx: &Tx<'_>, entry: &incident_update::Model, message: Option<String>, at: Timestamp) -> Result<()> {
    let message = message.unwrap_or_else(|| entry.message.clone());
    if message == entry.message && at == entry.created_at {
        return Ok(());
    }
    let editor = tx.cx.actor.member().ok();
    incident_update_revision::ActiveModel {
        id: NotSet,
        update_id: Set(entry.id),
        message: Set(entry.message.clone()),
        stood_at: Set(entry.created_at),
        editor_id: Set(editor),
        editor_name: Set(editor.map(|_| tx.cx.actor.name().to_owned())),
        edited_at: Set(tx.now()),
    }
    .insert(tx.conn())
    .await?;
    let entry = incident_update::Model {
        message,
        created_at: at,
        edited_at: Some(tx.now()),
        ..entry.clone()
    };
    entry.into_active_model().reset_all().update(tx.conn()).await?;
    Ok(())
}

async fn named_by(tx: &Tx<'_>, update: IncidentUpdateId) -> Result<Vec<ComponentId>> {
    let rows = incident_update_component::Entity::find()
        .filter(incident_update_component::Column::UpdateId.eq(update))
        .all(tx.conn())
        .await?;
    Ok(rows.into_iter().map(|row| row.component_id).collect())
}
