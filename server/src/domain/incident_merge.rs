//! Two incidents that turn out to be one: the duplicate ends quietly, and its address leads to the other.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use shared::access::Permission;
use shared::incident::{ComponentEffect, Incident, IncidentStatus};
use shared::incident_entry::MergeIncident;
use shared::problem::{Code, FieldCode};
use shared::{IncidentId, Validate};

use super::incident::{finish, lock, save, set_impact};
use super::incident_timeline::{effects, set_effect};
use super::incident_view::view;
use crate::context::{Ctx, Tx};
use crate::entity::incident;
use crate::error::{Error, Result};

/// Ends an incident as a duplicate of another, without telling anybody. Its timeline stays with it; its components join
/// the other, each with the worse of the two statuses.
pub async fn merge(cx: &Ctx, id: IncidentId, input: MergeIncident) -> Result<Incident> {
    cx.actor.require(Permission::ManageIncidents)?;
    input.validate()?;

    let tx = cx.begin().await?;
    let (before, into) = lock_both(&tx, id, input.into).await?;
    check(&before, &into)?;
    let was = view(tx.conn(), before.clone(), tx.now()).await?;
    join_components(&tx, id, into.id).await?;
    take_in(&tx, id, into).await?;
    let row = close(&tx, before, input.into).await?;
    finish(tx, row, "incident.merge", Some(was)).await
}

/// In the order of their numbers, so that two merges that meet wait for each other in one direction only.
async fn lock_both(tx: &Tx<'_>, id: IncidentId, into: IncidentId) -> Result<(incident::Model, incident::Model)> {
    let unknown = || Error::field("into", FieldCode::Unknown, format!("there is no incident {into}"));
    if id == into {
        return Err(Error::field("into", FieldCode::NotAllowed, "is this incident itself"));
    }
    let other = |found: Result<incident::Model>| {
        found.map_err(|error| {
            if error.code() == Code::NotFound {
                unknown()
            } else {
                error
            }
        })
    };
    if id < into {
        let row = lock(tx, id).await?;
        Ok((row, other(lock(tx, into).await)?))
    } else {
        let target = other(lock(tx, into).await);
        let row = lock(tx, id).await?;
        Ok((row, target?))
    }
}

fn check(before: &incident::Model, into: &incident::Model) -> Result<()> {
    if before.merged_into.is_some() {
        return Err(Error::conflict("the incident is merged already"));
    }
    let wrong = |message: &str| Err(Error::field("into", FieldCode::NotAllowed, message));
    if into.page_id != before.page_id {
        return wrong("is an incident of another page");
    }
    if into.merged_into.is_some() {
        return wrong("is merged into another incident itself");
    }
    let is_seen = into.published_at.is_some() && into.visibility.reaches(before.visibility);
    if before.published_at.is_some() && !is_seen {
        return wrong("is not shown to all who see this incident: publish it, or show it to them, first");
    }
    Ok(())
}

async fn join_components(tx: &Tx<'_>, id: IncidentId, into: IncidentId) -> Result<()> {
    let there = effects(tx.conn(), into).await?;
    for effect in effects(tx.conn(), id).await? {
        let known = there.iter().find(|other| other.component_id == effect.component_id);
        let status = known.map_or(effect.status, |other| other.status.worse(effect.status));
        let joined = ComponentEffect {
            id: effect.component_id,
            status,
        };
        set_effect(tx, into, &joined).await?;
    }
    Ok(())
}

/// What was merged into the duplicate leads to the other as well: nobody is sent from address to address.
async fn take_in(tx: &Tx<'_>, id: IncidentId, into: incident::Model) -> Result<()> {
    incident::Entity::update_many()
        .col_expr(incident::Column::MergedInto, Expr::value(into.id))
        .filter(incident::Column::MergedInto.eq(id))
        .exec(tx.conn())
        .await?;
    let effects = effects(tx.conn(), into.id).await?;
    let into = save(tx, into).await?;
    set_impact(tx, into, &effects).await?;
    Ok(())
}

async fn close(tx: &Tx<'_>, row: incident::Model, into: IncidentId) -> Result<incident::Model> {
    let row = incident::Model {
        status: IncidentStatus::Resolved,
        resolved_at: row.resolved_at.or(Some(tx.now())),
        publish_at: None,
        is_sticky: false,
        merged_into: Some(into),
        ..row
    };
    save(tx, row).await
}
