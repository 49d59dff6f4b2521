//! Tags, links and data of one's own: how they are kept with an incident, and found again.

use std::collections::HashMap;

use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Set,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use shared::IncidentId;
use shared::incident_detail::{self as rules, IncidentLink, Metadata};

use crate::context::Tx;
use crate::entity::{incident, incident_tag};
use crate::error::{Error, Result};

/// Links as the column has them; nothing if there are none.
pub fn written_links(links: &[IncidentLink]) -> Result<Option<String>> {
    if links.is_empty() {
        return Ok(None);
    }
    written(&links).map(Some)
}

/// Data of one's own as the column has them; nothing if there are none.
pub fn written_metadata(metadata: &Metadata) -> Result<Option<String>> {
    if metadata.is_empty() {
        return Ok(None);
    }
    written(metadata).map(Some)
}

fn written(value: &impl Serialize) -> Result<String> {
    Ok(serde_json::to_string(value).map_err(anyhow::Error::from)?)
}

/// What the columns hold. They hold nothing else than what was written here.
pub fn read<T: DeserializeOwned + Default>(column: Option<&str>) -> T {
    column
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default()
}

/// Puts tags in place of those before.
pub async fn set_tags(tx: &Tx<'_>, id: IncidentId, tags: &[String]) -> Result<()> {
    incident_tag::Entity::delete_many()
        .filter(incident_tag::Column::IncidentId.eq(id))
        .exec(tx.conn())
        .await?;
    if tags.is_empty() {
        return Ok(());
    }
    let row = |tag: &String| incident_tag::ActiveModel {
        incident_id: Set(id),
        tag: Set(tag.clone()),
    };
    incident_tag::Entity::insert_many(tags.iter().map(row))
        .exec_without_returning(tx.conn())
        .await?;
    Ok(())
}

/// The tags of many incidents, each in the order of the alphabet.
pub async fn tags(conn: &impl ConnectionTrait, ids: &[IncidentId]) -> Result<HashMap<IncidentId, Vec<String>>> {
    let rows = incident_tag::Entity::find()
        .filter(incident_tag::Column::IncidentId.is_in(ids.to_vec()))
        .order_by_asc(incident_tag::Column::Tag)
        .all(conn)
        .await?;
    let mut found: HashMap<_, Vec<_>> = HashMap::new();
    for row in rows {
        found.entry(row.incident_id).or_default().push(row.tag);
    }
    Ok(found)
}

/// The incidents that have a tag.
pub fn tagged(tag: &str) -> Result<Condition> {
    let tag = rules::tag(tag).map_err(|flaw| Error::field("tag", flaw.code, flaw.message))?;
    let having = incident_tag::Entity::find()
        .select_only()
        .column(incident_tag::Column::IncidentId)
        .filter(incident_tag::Column::Tag.eq(tag.as_str()))
        .into_query();
    Ok(Condition::all().add(incident::Column::Id.in_subquery(having)))
}
