//! Corrections: how a component really was. They stay on record beside what was believed at the time.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use shared::access::Permission;
use shared::list::{Order, StatusCorrectionList};
use shared::problem::FieldCode;
use shared::uptime::{NewStatusCorrection, StatusCorrection};
use shared::{ComponentId, Timestamp, Validate};

use super::component as components;
use super::paging::{Paging, SortKey};
use super::uptime::{self, Finding, Range};
use crate::context::{Audit, Ctx, Tx};
use crate::entity::{component, incident, incident_component, status_correction};
use crate::error::{Error, Result};

/// What was put right about a component, newest first.
pub async fn list(cx: &Ctx, id: ComponentId, paging: &Paging) -> Result<StatusCorrectionList> {
    cx.actor.require(Permission::ReadConsole)?;
    components::find(&cx.db, id).await?;
    let of_component = status_correction::Entity::find().filter(status_correction::Column::ComponentId.eq(id));
    let (key, number) = (status_correction::Column::CreatedAt, status_correction::Column::Id);
    let rows = paging.apply(of_component, key, number, Order::Desc).all(&cx.db).await?;
    let (rows, next_cursor) = paging.cut(rows, |row| (SortKey::Number(row.created_at.as_millis()), row.id.0));
    Ok(StatusCorrectionList {
        items: rows.into_iter().map(StatusCorrection::from).collect(),
        next_cursor,
    })
}

/// Puts right how a component was; its uptime follows.
pub async fn create(cx: &Ctx, id: ComponentId, input: NewStatusCorrection) -> Result<StatusCorrection> {
    cx.actor.require(Permission::ManageComponents)?;
    input.validate()?;

    let mut tx = cx.begin().await?;
    let component = hold(&tx, id).await?;
    check(&component, &input, tx.now())?;
    let finding = Finding {
        range: Range {
            from: input.from,
            to: input.to,
        },
        status: input.status,
        is_at_least: false,
        reason: input.reason,
        incident: None,
    };
    let made = StatusCorrection::from(uptime::correct(&tx, &component, finding).await?);
    tx.touch(component.page_id);
    tx.commit(Audit::of("component.correct", id.0, &component.name).after(&made))
        .await?;
    Ok(made)
}

/// An incident that is told when it is over: each of its components was no better than it says.
pub async fn of_past_incident(
    tx: &Tx<'_>,
    incident: &incident::Model,
    effects: &[incident_component::Model],
) -> Result<()> {
    let Some(resolved_at) = incident.resolved_at else {
        return Ok(());
    };
    for effect in effects {
        let component = hold(tx, effect.component_id).await?;
        let range = Range {
            from: incident.started_at.max(component.created_at),
            to: resolved_at,
        };
        if range.from < range.to {
            let finding = Finding {
                range,
                status: effect.status,
                is_at_least: true,
                reason: incident.title.clone(),
                incident: Some(incident.id),
            };
            uptime::correct(tx, &component, finding).await?;
        }
    }
    Ok(())
}

fn check(component: &component::Model, input: &NewStatusCorrection, now: Timestamp) -> Result<()> {
    if input.to > now {
        let text = format!("is {}, which has not been yet", input.to);
        return Err(Error::field("to", FieldCode::OutOfRange, text));
    }
    if input.from < component.created_at {
        let text = format!(
            "is {}; the component is known only since {}",
            input.from, component.created_at
        );
        return Err(Error::field("from", FieldCode::OutOfRange, text));
    }
    Ok(())
}

/// Reads the component so that no day of it is closed meanwhile.
async fn hold(tx: &Tx<'_>, id: ComponentId) -> Result<component::Model> {
    component::Entity::find_by_id(id)
        .lock_exclusive()
        .one(tx.conn())
        .await?
        .ok_or_else(|| Error::not_found("component"))
}
