//! Postmortems: written once an incident is over, published when they are good, and kept whatever becomes of the incident.

use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect, Set,
};
use shared::access::Permission;
use shared::event::Event;
use shared::postmortem::{Postmortem, PublicPostmortem, PublishPostmortem, WritePostmortem};
use shared::{Code, Coded, IncidentId, PageId, Timestamp, Validate};

use super::{incident as incidents, incident_view, revision, status};
use crate::context::{Audit, Ctx, Tx};
use crate::entity::{incident, postmortem};
use crate::error::{Error, Result};

pub async fn get(cx: &Ctx, id: IncidentId) -> Result<Postmortem> {
    cx.actor.require(Permission::ReadConsole)?;
    let row = postmortem::Entity::find_by_id(id).one(&cx.db).await?;
    Ok(row.ok_or_else(missing)?.into())
}

/// Writes the first draft, or in place of what was there. Whoever read it before says which revision.
pub async fn write(
    cx: &Ctx,
    id: IncidentId,
    input: WritePostmortem,
    expected: Option<Timestamp>,
) -> Result<Postmortem> {
    cx.actor.require(Permission::ManageIncidents)?;
    input.validate()?;

    let tx = cx.begin().await?;
    let incident = incidents::lock(&tx, id).await?;
    let before = postmortem::Entity::find_by_id(id).one(tx.conn()).await?;
    let Some(before) = before else {
        must_be_over(&incident)?;
        let row = draft(&tx, id, input).insert(tx.conn()).await?;
        return finish(tx, &incident, row, "postmortem.write", None).await;
    };
    revision::unchanged(before.updated_at, expected)?;
    let author = tx.cx.actor.member().ok();
    let next = postmortem::Model {
        message: input.message,
        edited_at: before.published_at.map(|_| tx.now()),
        author_id: author,
        author_name: author.map(|_| tx.cx.actor.name().to_owned()),
        ..before.clone()
    };
    let row = put(&tx, next).await?;
    finish(tx, &incident, row, "postmortem.write", Some(before)).await
}

/// Shows it to those who see the incident. Those who hear of that are told, unless it is not there for all visitors.
pub async fn publish(cx: &Ctx, id: IncidentId, input: PublishPostmortem) -> Result<Postmortem> {
    cx.actor.require(Permission::ManageIncidents)?;

    let mut tx = cx.begin().await?;
    let incident = incidents::lock(&tx, id).await?;
    let before = find(&tx, id).await?;
    must_be_over(&incident)?;
    if before.published_at.is_some() {
        return Err(Error::conflict("the postmortem is published already"));
    }
    let next = postmortem::Model {
        published_at: Some(tx.now()),
        ..before.clone()
    };
    let row = put(&tx, next).await?;
    if input.notify.unwrap_or(true) && is_told(&incident) {
        let event = Event::PostmortemPublished { incident: id };
        tx.emit(incident.page_id, &event, &incident.title).await?;
    }
    finish(tx, &incident, row, "postmortem.publish", Some(before)).await
}

/// Takes it back: it is a draft again.
pub async fn unpublish(cx: &Ctx, id: IncidentId) -> Result<Postmortem> {
    cx.actor.require(Permission::ManageIncidents)?;
    let tx = cx.begin().await?;
    let incident = incidents::lock(&tx, id).await?;
    let before = find(&tx, id).await?;
    if before.published_at.is_none() {
        return Err(Error::conflict("the postmortem is a draft already"));
    }
    let next = postmortem::Model {
        published_at: None,
        edited_at: None,
        ..before.clone()
    };
    let row = put(&tx, next).await?;
    finish(tx, &incident, row, "postmortem.unpublish", Some(before)).await
}

pub async fn delete(cx: &Ctx, id: IncidentId) -> Result<()> {
    cx.actor.require(Permission::ManageIncidents)?;
    let mut tx = cx.begin().await?;
    let incident = incidents::lock(&tx, id).await?;
    let before = Postmortem::from(find(&tx, id).await?);
    postmortem::Entity::delete_by_id(id).exec(tx.conn()).await?;
    if before.published_at.is_some() && status::is_visible(&incident) {
        tx.touch(incident.page_id);
    }
    tx.commit(Audit::of("postmortem.delete", id.0, &incident.title).before(&before))
        .await
}

/// The postmortem of an incident, if whoever asks may see both.
pub async fn public(cx: &Ctx, page: PageId, code: &str) -> Result<PublicPostmortem> {
    let id = IncidentId::from_code(code).ok_or_else(missing)?;
    let found = cx
        .read_public(move |cx| async move {
            let incident = incident::Entity::find_by_id(id)
                .filter(incident::Column::PageId.eq(page))
                .filter(incident_view::shown_to(&cx.actor))
                .one(&cx.db)
                .await?;
            of_shown(&cx.db, incident).await
        })
        .await?;
    found.ok_or_else(missing)
}

/// As [`public`], where most incidents have none.
pub async fn public_if_any(cx: &Ctx, page: PageId, code: &str) -> Result<Option<PublicPostmortem>> {
    match public(cx, page, code).await {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.code() == Code::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// What all visitors may read about an incident, if anything.
pub async fn published(
    conn: &impl ConnectionTrait,
    incident: Option<incident::Model>,
) -> Result<Option<PublicPostmortem>> {
    of_shown(conn, incident.filter(is_told)).await
}

/// True if all visitors find the incident: one that was merged into another leads there.
fn is_told(incident: &incident::Model) -> bool {
    status::is_visible(incident) && incident.merged_into.is_none()
}

async fn of_shown(conn: &impl ConnectionTrait, incident: Option<incident::Model>) -> Result<Option<PublicPostmortem>> {
    let Some(incident) = incident else {
        return Ok(None);
    };
    let row = postmortem::Entity::find_by_id(incident.id).one(conn).await?;
    Ok(row.and_then(|row| view(incident, row)))
}

/// A postmortem as visitors read it; none while it is a draft.
pub fn view(incident: incident::Model, row: postmortem::Model) -> Option<PublicPostmortem> {
    Some(PublicPostmortem {
        incident_id: incident.id.code(),
        title: incident.title,
        message: row.message,
        published_at: row.published_at?,
        edited_at: row.edited_at,
    })
}

/// The last lines of every write that leaves a postmortem.
async fn finish(
    mut tx: Tx<'_>,
    incident: &incident::Model,
    row: postmortem::Model,
    action: &'static str,
    before: Option<postmortem::Model>,
) -> Result<Postmortem> {
    // A draft that was one before is nothing to visitors, and so is all that belongs to an incident they do not see.
    let was_seen = before.as_ref().is_some_and(|before| before.published_at.is_some());
    if status::is_visible(incident) && (was_seen || row.published_at.is_some()) {
        tx.touch(incident.page_id);
    }
    let after = Postmortem::from(row);
    let mut audit = Audit::of(action, incident.id.0, &incident.title).after(&after);
    if let Some(before) = before {
        audit = audit.before(&Postmortem::from(before));
    }
    tx.commit(audit).await?;
    Ok(after)
}

fn draft(tx: &Tx<'_>, id: IncidentId, input: WritePostmortem) -> postmortem::ActiveModel {
    let author = tx.cx.actor.member().ok();
    postmortem::ActiveModel {
        incident_id: Set(id),
        message: Set(input.message),
        published_at: Set(None),
        edited_at: Set(None),
        author_id: Set(author),
        author_name: Set(author.map(|_| tx.cx.actor.name().to_owned())),
        created_at: Set(tx.now()),
        updated_at: Set(tx.now()),
    }
}

async fn put(tx: &Tx<'_>, row: postmortem::Model) -> Result<postmortem::Model> {
    let next = postmortem::Model {
        updated_at: revision::next(row.updated_at, tx.now()),
        ..row
    };
    Ok(next.into_active_model().reset_all().update(tx.conn()).await?)
}

/// The incident's row is held, so nobody else writes here.
async fn find(tx: &Tx<'_>, id: IncidentId) -> Result<postmortem::Model> {
    let row = postmortem::Entity::find_by_id(id)
        .lock_exclusive()
        .one(tx.conn())
        .await?;
    row.ok_or_else(missing)
}

fn must_be_over(incident: &incident::Model) -> Result<()> {
    match incident.status.is_open() {
        true => Err(Error::conflict(format!(
            "the incident is {}: its postmortem can wait until it is resolved",
            incident.status
        ))),
        false => Ok(()),
    }
}

fn missing() -> Error {
    Error::not_found("postmortem")
}
