//! Which components a subscription is about: written, read, and told by codes to those who know no numbers.

use std::collections::HashMap;

use sea_orm::{
    ActiveValue::NotSet, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, Set,
};
use shared::incident::Visibility;
use shared::problem::FieldCode;
use shared::subscriber::{PublicScope, Scope};
use shared::{Coded, ComponentGroupId, ComponentId, IncidentId, PageId, SubscriptionId};

use crate::entity::{component, component_group, incident, subscription_scope};
use crate::error::{Error, Result};

/// The numbers behind the codes of a form. A code that is none is an error at its place.
pub fn from_codes(scope: &PublicScope) -> Result<Scope> {
    Ok(Scope {
        groups: numbers("groups", &scope.groups)?,
        components: numbers("components", &scope.components)?,
        incidents: numbers("incidents", &scope.incidents)?,
    })
}

fn numbers<I: Coded>(field: &str, codes: &[String]) -> Result<Vec<I>> {
    let number = |(i, code): (usize, &String)| I::from_code(code).ok_or_else(|| unknown(format!("scope.{field}[{i}]")));
    codes.iter().enumerate().map(number).collect()
}

pub fn to_codes(scope: &Scope) -> PublicScope {
    PublicScope {
        groups: scope.groups.iter().map(|id| id.code()).collect(),
        components: scope.components.iter().map(|id| id.code()).collect(),
        incidents: scope.incidents.iter().map(|id| id.code()).collect(),
    }
}

/// Refuses what is not on the page. An incident that was followed before may have gone from there since.
pub async fn check(conn: &impl ConnectionTrait, page: PageId, scope: &Scope, before: Option<&Scope>) -> Result<()> {
    let groups = component_group::Entity::find()
        .filter(component_group::Column::PageId.eq(page))
        .filter(component_group::Column::Id.is_in(scope.groups.clone()))
        .count(conn)
        .await?;
    if groups != scope.groups.len() as u64 {
        return Err(unknown("scope.groups"));
    }
    let components = component::Entity::find()
        .filter(component::Column::PageId.eq(page))
        .filter(component::Column::Id.is_in(scope.components.clone()))
        .count(conn)
        .await?;
    if components != scope.components.len() as u64 {
        return Err(unknown("scope.components"));
    }
    let is_new = |id: &&IncidentId| !before.is_some_and(|before| before.incidents.contains(id));
    let new: Vec<IncidentId> = scope.incidents.iter().filter(is_new).copied().collect();
    let incidents = incident::Entity::find()
        .filter(incident::Column::PageId.eq(page))
        .filter(incident::Column::Id.is_in(new.clone()))
        .filter(incident::Column::Visibility.eq(Visibility::Public))
        .filter(incident::Column::PublishedAt.is_not_null())
        .count(conn)
        .await?;
    if incidents != new.len() as u64 {
        return Err(unknown("scope.incidents"));
    }
    Ok(())
}

/// Puts a scope in place of the one before. Whether it is all is a column of the subscription.
pub async fn write(conn: &impl ConnectionTrait, id: SubscriptionId, scope: &Scope) -> Result<()> {
    subscription_scope::Entity::delete_many()
        .filter(subscription_scope::Column::SubscriptionId.eq(id))
        .exec(conn)
        .await?;
    let row = |component_id, group_id, incident_id| subscription_scope::ActiveModel {
        id: NotSet,
        subscription_id: Set(id),
        component_id: Set(component_id),
        group_id: Set(group_id),
        incident_id: Set(incident_id),
    };
    let components = scope.components.iter().map(|id| row(Some(*id), None, None));
    let groups = scope.groups.iter().map(|id| row(None, Some(*id), None));
    let incidents = scope.incidents.iter().map(|id| row(None, None, Some(*id)));
    let rows: Vec<_> = components.chain(groups).chain(incidents).collect();
    if !rows.is_empty() {
        subscription_scope::Entity::insert_many(rows)
            .exec_without_returning(conn)
            .await?;
    }
    Ok(())
}

/// The scopes of subscriptions; those that name nothing are absent.
pub async fn read(conn: &impl ConnectionTrait, ids: &[SubscriptionId]) -> Result<HashMap<SubscriptionId, Scope>> {
    let rows = subscription_scope::Entity::find()
        .filter(subscription_scope::Column::SubscriptionId.is_in(ids.to_vec()))
        .order_by_asc(subscription_scope::Column::Id)
        .all(conn)
        .await?;
    let mut scopes: HashMap<SubscriptionId, Scope> = HashMap::new();
    for row in rows {
        let scope = scopes.entry(row.subscription_id).or_insert_with(Scope::all);
        scope
            .components
            .extend(row.component_id.into_iter().collect::<Vec<ComponentId>>());
        scope
            .groups
            .extend(row.group_id.into_iter().collect::<Vec<ComponentGroupId>>());
        scope.incidents.extend(row.incident_id);
    }
    Ok(scopes)
}

fn unknown(field: impl Into<String>) -> Error {
    Error::field(field, FieldCode::Unknown, "is not on this page")
}
