//! What ties closed time together: each hash covers the one before it, so that a row changed by hand, or left out, shows.

use std::collections::HashMap;

use sea_orm::{ColumnTrait, DatabaseConnection, EntityTrait, QueryFilter, QueryOrder};
use sha2::{Digest, Sha256};
use shared::component::ComponentStatus;
use shared::uptime::Spent;
use shared::{ComponentId, StatusCorrectionId};

use super::closing::day_of;
use crate::domain::calendar::Day;
use crate::entity::{component, uptime_day, uptime_day_correction, uptime_month};
use crate::error::Result;

/// What a day's hash covers, one field after the other.
pub fn of_day(before: &str, component: ComponentId, day: &Day, spent: &Spent, end: ComponentStatus) -> String {
    let (from, to) = (day.starts_at.as_millis(), day.ends_at.as_millis());
    let text = format!("{before}|{component}|{}|{from}|{to}|{}|{end}", day.date, columns(spent));
    hex::encode(Sha256::digest(text))
}

/// What the hash of a corrected day covers; `before` is that of the day as it was until then.
pub fn of_correction(before: &str, component: ComponentId, day: &str, id: StatusCorrectionId, spent: &Spent) -> String {
    let text = format!("{before}|{component}|{day}|{id}|{}", columns(spent));
    hex::encode(Sha256::digest(text))
}

/// What a month's hash covers; `before` is that of the month before it.
pub fn of_month(before: &str, component: ComponentId, month: &str, spent: &Spent) -> String {
    let text = format!("{before}|{component}|{month}|{}", columns(spent));
    hex::encode(Sha256::digest(text))
}

fn columns(spent: &Spent) -> String {
    spent.columns().map(|ms| ms.to_string()).join("|")
}

/// Whether closed time is still what was written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum History {
    /// So many days fit together.
    Sound(usize),
    /// This day or month of a component, or one before it, was changed or taken away.
    Broken { component: ComponentId, day: String },
}

/// Looks at every closed day and month of every component.
pub async fn verify(db: &DatabaseConnection) -> Result<History> {
    let mut days = 0;
    for component in component::Entity::find().all(db).await? {
        let id = component.id;
        let closed = uptime_day::Entity::find()
            .filter(uptime_day::Column::ComponentId.eq(id))
            .order_by_asc(uptime_day::Column::StartsAt)
            .all(db)
            .await?;
        let corrected = uptime_day_correction::Entity::find()
            .filter(uptime_day_correction::Column::ComponentId.eq(id))
            .order_by_asc(uptime_day_correction::Column::CorrectionId)
            .all(db)
            .await?;
        let months = uptime_month::Entity::find()
            .filter(uptime_month::Column::ComponentId.eq(id))
            .order_by_asc(uptime_month::Column::Month)
            .all(db)
            .await?;
        let broken = broken_day(&closed)
            .or_else(|| broken_correction(&closed, &corrected))
            .or_else(|| broken_month(&months));
        if let Some(day) = broken {
            return Ok(History::Broken { component: id, day });
        }
        days += closed.len();
    }
    Ok(History::Sound(days))
}

/// The first closed day whose hash does not fit what it says and the day before it.
fn broken_day(rows: &[uptime_day::Model]) -> Option<String> {
    let mut before = "";
    for row in rows {
        let fits = day_of(row)
            .is_some_and(|day| of_day(before, row.component_id, &day, &row.spent(), row.end_status) == row.hash);
        if !fits {
            return Some(row.day.clone());
        }
        before = &row.hash;
    }
    None
}

fn broken_correction(closed: &[uptime_day::Model], rows: &[uptime_day_correction::Model]) -> Option<String> {
    let mut last: HashMap<&str, &str> = closed.iter().map(|row| (row.day.as_str(), row.hash.as_str())).collect();
    for row in rows {
        let before = last.get(row.day.as_str()).copied().unwrap_or_default();
        if of_correction(before, row.component_id, &row.day, row.correction_id, &row.spent()) != row.hash {
            return Some(row.day.clone());
        }
        last.insert(&row.day, &row.hash);
    }
    None
}

fn broken_month(rows: &[uptime_month::Model]) -> Option<String> {
    let mut before = "";
    for row in rows {
        if of_month(before, row.component_id, &row.month, &row.spent()) != row.hash {
            return Some(row.month.clone());
        }
        before = &row.hash;
    }
    None
}
