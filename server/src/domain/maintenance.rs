//! Maintenance: planned work that starts and ends on time.

use sea_orm::{
    ActiveModelTrait, ActiveValue::NotSet, ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, IntoActiveModel,
    QueryFilter, QueryOrder, Set,
};
use shared::access::Permission;
use shared::incident::AffectedComponent;
use shared::maintenance::{Maintenance, MaintenanceStatus, NewMaintenance, STATUS_WHILE_RUNNING};
use shared::problem::FieldCode;
use shared::status_page::{Cause, PublicEffect, PublicMaintenance};
use shared::{Coded, ComponentId, MaintenanceId, PageId, Timestamp, Validate};

use super::timeline::{self, Reason};
use super::{page, revision};
use crate::context::{Audit, Ctx, Tx};
use crate::entity::{component, incident, maintenance, maintenance_component};
use crate::error::{Error, Result};

/// Plans work.
pub async fn schedule(cx: &Ctx, input: NewMaintenance) -> Result<Maintenance> {
    cx.actor.require(Permission::ManageMaintenance)?;
    input.validate()?;

    let page = page::resolve(cx, input.page_id).await?.id;
    let mut tx = cx.begin().await?;
    let row = maintenance::ActiveModel {
        id: NotSet,
        page_id: Set(page),
        title: Set(input.title),
        message: Set(input.message),
        status: Set(MaintenanceStatus::Scheduled),
        starts_at: Set(input.starts_at),
        ends_at: Set(input.ends_at),
        created_at: Set(tx.now()),
        updated_at: Set(tx.now()),
    }
    .insert(tx.conn())
    .await?;
    for (i, component) in input.components.iter().enumerate() {
        add_component(&tx, &row, *component, i).await?;
    }
    let maintenance = views(tx.conn(), vec![row])
        .await?
        .pop()
        .ok_or_else(|| Error::not_found("maintenance"))?;
    tx.touch(page);
    tx.commit(Audit::of("maintenance.schedule", maintenance.id.0, &maintenance.title).after(&maintenance))
        .await?;
    Ok(maintenance)
}

async fn add_component(tx: &Tx<'_>, row: &maintenance::Model, id: ComponentId, i: usize) -> Result<()> {
    let known = component::Entity::find_by_id(id)
        .filter(component::Column::PageId.eq(row.page_id))
        .one(tx.conn())
        .await?;
    if known.is_none() {
        return Err(Error::field(
            format!("components[{i}]"),
            FieldCode::Unknown,
            format!("there is no component {id} on this page"),
        ));
    }
    maintenance_component::ActiveModel {
        maintenance_id: Set(row.id),
        component_id: Set(id),
    }
    .insert(tx.conn())
    .await?;
    Ok(())
}

/// Starts what is due and ends what is over; then notes what the passing of time alone has changed, such as an
/// incident that was forgotten. Safe to repeat.
pub async fn sweep(cx: &Ctx) -> Result<()> {
    let now = cx.clock.now();
    let due = maintenance::Column::Status
        .eq(MaintenanceStatus::Scheduled)
        .and(maintenance::Column::StartsAt.lte(now));
    let over = maintenance::Column::Status
        .is_in([MaintenanceStatus::InProgress, MaintenanceStatus::Verifying])
        .and(maintenance::Column::EndsAt.lte(now));
    for row in maintenance::Entity::find().filter(due.or(over)).all(&cx.db).await? {
        advance(cx, row.id).await?;
    }
    for page in forgetting_pages(cx, now).await? {
        let ids = component_ids(cx, page).await?;
        let mut tx = cx.begin().await?;
        timeline::record(
            &mut tx,
            &ids,
            Reason {
                cause: Cause::System,
                id: None,
                notify: false,
            },
        )
        .await?;
        tx.commit(Audit::Bookkeeping).await?;
    }
    Ok(())
}

async fn advance(cx: &Ctx, id: MaintenanceId) -> Result<()> {
    let mut tx = cx.begin().await?;
    let Some(row) = maintenance::Entity::find_by_id(id).one(tx.conn()).await? else {
        return Ok(());
    };
    let status = if row.ends_at <= tx.now() {
        MaintenanceStatus::Completed
    } else {
        MaintenanceStatus::InProgress
    };
    if row.status == status || matches!(row.status, MaintenanceStatus::Completed | MaintenanceStatus::Cancelled) {
        return Ok(());
    }
    let updated_at = revision::next(row.updated_at, tx.now());
    let row = maintenance::Model {
        status,
        updated_at,
        ..row
    }
    .into_active_model()
    .reset_all()
    .update(tx.conn())
    .await?;
    let ids = components_of(tx.conn(), id).await?;
    timeline::record(
        &mut tx,
        &ids,
        Reason {
            cause: Cause::Maintenance,
            id: Some(id.0),
            notify: false,
        },
    )
    .await?;
    tx.touch(row.page_id);
    tx.commit(Audit::of("maintenance.advance", id.0, &row.title).after(&status))
        .await
}

/// Pages with open incidents that nobody has touched for long. What was noted before is not noted again.
async fn forgetting_pages(cx: &Ctx, now: Timestamp) -> Result<Vec<PageId>> {
    let line = now - shared::incident::FORGOTTEN_AFTER;
    let rows = incident::Entity::find()
        .filter(incident::Column::ResolvedAt.is_null())
        .filter(incident::Column::LastUpdateAt.lte(line))
        .all(&cx.db)
        .await?;
    let mut pages: Vec<PageId> = rows.into_iter().map(|row| row.page_id).collect();
    pages.sort_unstable();
    pages.dedup();
    Ok(pages)
}

async fn component_ids(cx: &Ctx, page: PageId) -> Result<Vec<ComponentId>> {
    let rows = component::Entity::find()
        .filter(component::Column::PageId.eq(page))
        .all(&cx.db)
        .await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

async fn components_of(conn: &impl ConnectionTrait, id: MaintenanceId) -> Result<Vec<ComponentId>> {
    let rows = maintenance_component::Entity::find()
        .filter(maintenance_component::Column::MaintenanceId.eq(id))
        .all(conn)
        .await?;
    Ok(rows.into_iter().map(|row| row.component_id).collect())
}

/// Maintenance with its components, in the order given.
pub async fn views(conn: &impl ConnectionTrait, rows: Vec<maintenance::Model>) -> Result<Vec<Maintenance>> {
    let ids: Vec<MaintenanceId> = rows.iter().map(|row| row.id).collect();
    let parts = maintenance_component::Entity::find()
        .find_also_related(component::Entity)
        .filter(maintenance_component::Column::MaintenanceId.is_in(ids))
        .order_by_asc(component::Column::Position)
        .all(conn)
        .await?;
    let components_of = |id: MaintenanceId| {
        let own = parts.iter().filter(|(part, _)| part.maintenance_id == id);
        own.filter_map(|(_, component)| component.as_ref())
            .map(|component| AffectedComponent {
                id: component.id,
                name: component.name.clone(),
                status: STATUS_WHILE_RUNNING,
            })
            .collect()
    };
    let view = |row: maintenance::Model| {
        let maintenance::Model {
            id,
            page_id,
            title,
            message,
            status,
            starts_at,
            ends_at,
            created_at,
            updated_at,
        } = row;
        let components = components_of(id);
        Maintenance {
            id,
            code: id.code(),
            page_id,
            title,
            message,
            status,
            components,
            starts_at,
            ends_at,
            created_at,
            updated_at,
        }
    };
    Ok(rows.into_iter().map(view).collect())
}

/// What visitors may know of it.
pub fn public(maintenance: Maintenance, is_public: impl Fn(&AffectedComponent) -> bool) -> PublicMaintenance {
    let components = maintenance
        .components
        .iter()
        .filter(|part| is_public(part))
        .map(PublicEffect::of)
        .collect();
    PublicMaintenance {
        id: maintenance.code,
        title: maintenance.title,
        message: maintenance.message,
        status: maintenance.status,
        components,
        starts_at: maintenance.starts_at,
        ends_at: maintenance.ends_at,
        updated_at: maintenance.updated_at,
    }
}
