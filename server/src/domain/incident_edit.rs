//! Changes of an incident itself, and how a draft becomes one that everybody sees: by hand here, by itself in
//! `incident_clock`.

use shared::access::Permission;
use shared::event::Event;
use shared::incident::{Incident, IncidentPatch};
use shared::problem::FieldCode;
use shared::{IncidentId, Patch, Timestamp, Validate};

use super::incident::{check_start, finish, lock, save, tell};
use super::incident_view::view;
use super::{incident_detail, incident_timeline, revision};
use crate::context::{Ctx, Tx};
use crate::entity::incident;
use crate::error::{Error, Result};

/// Changes the incident itself; publishing a draft tells subscribers.
pub async fn update(cx: &Ctx, id: IncidentId, patch: IncidentPatch, expected: Option<Timestamp>) -> Result<Incident> {
    cx.actor.require(Permission::ManageIncidents)?;
    patch.validate()?;

    let mut tx = cx.begin().await?;
    let before = lock(&tx, id).await?;
    revision::unchanged(before.updated_at, expected)?;
    check_patch(&tx, &before, &patch).await?;
    let was = view(tx.conn(), before.clone(), tx.now()).await?;
    if let Some(tags) = &patch.tags {
        incident_detail::set_tags(&tx, id, tags).await?;
    }
    let notify = patch.notify;
    let publishes = before.published_at.is_none() && patch.is_draft == Some(false);
    let mut row = apply(before, patch)?;
    if publishes {
        row = published(&tx, row).await?;
    }
    let row = save(&tx, row).await?;
    if was.is_draft {
        tell_published(&mut tx, &row, notify).await?;
    }
    finish(tx, row, "incident.edit", Some(was)).await
}

/// A draft as everybody sees it from now on. Where nobody said when it began, it begins now, and with it what it says.
pub async fn published(tx: &Tx<'_>, draft: incident::Model) -> Result<incident::Model> {
    let now = tx.now();
    let begins_now = draft.started_at == draft.created_at;
    if begins_now {
        incident_timeline::move_entries(tx, draft.id, draft.created_at, now).await?;
    }
    Ok(incident::Model {
        published_at: Some(now),
        publish_at: None,
        started_at: if begins_now { now } else { draft.started_at },
        // It has been waiting, and is not forgotten because of that.
        last_update_at: now,
        ..draft
    })
}

/// Tells subscribers of a draft that is one no longer. One that is over already is no news.
pub async fn tell_published(tx: &mut Tx<'_>, row: &incident::Model, notify: Option<bool>) -> Result<()> {
    let update = incident_timeline::latest(tx.conn(), row.id).await?;
    match update.filter(|_| row.published_at.is_some() && row.status.is_open()) {
        Some(update) => {
            let event = Event::IncidentOpened {
                incident: row.id,
                update,
            };
            tell(tx, row, notify, event).await
        }
        None => Ok(()),
    }
}

async fn check_patch(tx: &Tx<'_>, before: &incident::Model, patch: &IncidentPatch) -> Result<()> {
    let is_published = before.published_at.is_some();
    if patch.is_draft == Some(true) && is_published {
        return Err(Error::field(
            "is_draft",
            FieldCode::NotAllowed,
            "a published incident cannot become a draft again; hide it instead",
        ));
    }
    if let Some(at) = patch.publish_at.value() {
        if is_published || patch.is_draft == Some(false) {
            return Err(Error::field(
                "publish_at",
                FieldCode::NotAllowed,
                "is given for an incident that is no draft; only drafts are published later",
            ));
        }
        check_publish_at(*at, tx.now())?;
    }
    let Some(start) = patch.started_at else {
        return Ok(());
    };
    check_start(start, tx.now())?;
    match incident_timeline::first(tx.conn(), before.id).await? {
        Some(first) if start > first => Err(Error::field(
            "started_at",
            FieldCode::OutOfRange,
            format!("is after the first entry of the timeline: {first}"),
        )),
        _ => Ok(()),
    }
}

/// Refuses a moment that has been.
pub fn check_publish_at(at: Timestamp, now: Timestamp) -> Result<()> {
    if at <= now {
        return Err(Error::field(
            "publish_at",
            FieldCode::OutOfRange,
            format!("is not in the future; it is {now} now"),
        ));
    }
    Ok(())
}

fn apply(before: incident::Model, patch: IncidentPatch) -> Result<incident::Model> {
    let IncidentPatch {
        title,
        impact,
        visibility,
        is_draft: _,
        publish_at,
        started_at,
        notify,
        is_sticky,
        tags: _,
        links,
        metadata,
    } = patch;
    let is_scheduled = matches!(publish_at, Patch::Set(_));
    Ok(incident::Model {
        title: title.unwrap_or(before.title),
        impact: impact.unwrap_or(before.impact),
        is_impact_set: before.is_impact_set || impact.is_some(),
        visibility: visibility.unwrap_or(before.visibility),
        publish_at: publish_at.apply(before.publish_at),
        notify_on_publish: notify.filter(|_| is_scheduled).unwrap_or(before.notify_on_publish),
        started_at: started_at.unwrap_or(before.started_at),
        is_sticky: is_sticky.unwrap_or(before.is_sticky),
        links: match links {
            Some(links) => incident_detail::written_links(&links)?,
            None => before.links,
        },
        metadata: match metadata {
            Some(metadata) => incident_detail::written_metadata(&metadata)?,
            None => before.metadata,
        },
        ..before
    })
}
