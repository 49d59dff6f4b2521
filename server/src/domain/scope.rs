//! Which components a subscription is about: written, read, and told by codes to those who know no numbers.

use std::collections::HashMap;

use sea_orm::{
    ActiveValue::NotSet, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, Set,
};
use shared::problem::FieldCode;
use shared::subscriber::{PublicScope, Scope};
use shared::{Coded, ComponentGroupId, ComponentId, PageId, SubscriptionId};

use crate::entity::{component, component_group, subscription_scope};
use crate::error::{Error, Result};

/// The numbers behind the codes of a form. A code that is none is an error at its place.
pub fn from_codes(scope: &PublicScope) -> Result<Scope> {
    Ok(Scope {
        groups: numbers("groups", &scope.groups)?,
        components: numbers("components", &scope.components)?,
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
    }
}

/// Refuses what is not on the page.
pub async fn check(conn: &impl ConnectionTrait, page: PageId, scope: &Scope) -> Result<()> {
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
    Ok(())
}

/// Puts a scope in place of the one before. Whether it is all is a column of the subscription.
pub async fn write(conn: &impl ConnectionTrait, id: SubscriptionId, scope: &Scope) -> Result<()> {
    subscription_scope::Entity::delete_many()
        .filter(subscription_scope::Column::SubscriptionId.eq(id))
        .exec(conn)
        .await?;
    let row = |component_id, group_id| subscription_scope::ActiveModel {
        id: NotSet,
        subscription_id: Set(id),
        component_id: Set(component_id),
        group_id: Set(group_id),
    };
    let groups = scope.groups.iter().map(|group| row(None, Some(*group)));
    let rows: Vec<_> = scope
        .components
        .iter()
        .map(|component| row(Some(*component), None))
        .chain(groups)
        .collect();
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
    }
    Ok(scopes)
}

fn unknown(field: impl Into<String>) -> Error {
    Error::field(field, FieldCode::Unknown, "is not on this page")
}
