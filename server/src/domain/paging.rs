//! Long lists by keyset: the cursor holds the last item's sort key and id, so no page costs more than the first.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, Order as SqlOrder, QueryFilter, QueryOrder, QuerySelect, Select, Value,
};
use serde::{Deserialize, Serialize};
use shared::list::{DEFAULT_LIMIT, MAX_LIMIT, Order};
use shared::problem::FieldCode;

use crate::error::{Error, Result};

/// Which part of a list.
#[derive(Debug, Clone, Default)]
pub struct Paging {
    cursor: Option<Cursor>,
    limit: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Cursor(SortKey, i64);

/// What a list is sorted by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum SortKey {
    Number(i64),
    Text(String),
}

impl From<SortKey> for Value {
    fn from(key: SortKey) -> Self {
        match key {
            SortKey::Number(number) => number.into(),
            SortKey::Text(text) => text.into(),
        }
    }
}

impl Paging {
    /// What the caller asked for, checked.
    pub fn new(cursor: Option<String>, limit: Option<u32>) -> Result<Self> {
        let limit = limit.unwrap_or(DEFAULT_LIMIT);
        if !(1..=MAX_LIMIT).contains(&limit) {
            return Err(Error::field(
                "limit",
                FieldCode::OutOfRange,
                format!("is {limit}; 1 to {MAX_LIMIT} are possible"),
            ));
        }
        Ok(Self {
            cursor: cursor.map(|text| Cursor::read(&text)).transpose()?,
            limit: limit.into(),
        })
    }

    /// Sorts a query by a column and its id, goes on after the cursor, and takes one more than asked for.
    pub fn apply<E: EntityTrait>(&self, query: Select<E>, key: E::Column, id: E::Column, order: Order) -> Select<E> {
        self.apply_mixed(query, key, id, order, |id| id)
    }

    /// As [`Paging::apply`], for a list of several kinds of rows: `own` turns the number in the cursor into an id of this kind.
    pub fn apply_mixed<E: EntityTrait>(
        &self,
        query: Select<E>,
        key: E::Column,
        id: E::Column,
        order: Order,
        own: impl Fn(i64) -> i64,
    ) -> Select<E> {
        let sql_order = match order {
            Order::Asc => SqlOrder::Asc,
            Order::Desc => SqlOrder::Desc,
        };
        let query = query
            .order_by(key, sql_order.clone())
            .order_by(id, sql_order)
            .limit(self.limit + 1);
        match &self.cursor {
            None => query,
            Some(Cursor(last_key, last_id)) => query.filter(after(key, id, order, last_key.clone(), own(*last_id))),
        }
    }

    /// Cuts the one row too many off and gives the cursor that leads on from the last row kept.
    pub fn cut<M>(&self, mut rows: Vec<M>, key_and_id: impl Fn(&M) -> (SortKey, i64)) -> (Vec<M>, Option<String>) {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        if rows.len() <= limit {
            return (rows, None);
        }
        rows.truncate(limit);
        let next = rows.last().map(|row| {
            let (key, id) = key_and_id(row);
            Cursor(key, id).write()
        });
        (rows, next)
    }
}

fn after<C: ColumnTrait>(key: C, id: C, order: Order, last_key: SortKey, last_id: i64) -> Condition {
    let (beyond, same) = match order {
        Order::Asc => (key.gt(last_key.clone()), id.gt(last_id)),
        Order::Desc => (key.lt(last_key.clone()), id.lt(last_id)),
    };
    Condition::any()
        .add(beyond)
        .add(Condition::all().add(key.eq(last_key)).add(same))
}

impl Cursor {
    fn write(&self) -> String {
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default())
    }

    fn read(text: &str) -> Result<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok();
        let cursor: Option<Self> = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        match cursor {
            // A database cannot compare with NUL.
            Some(Self(SortKey::Text(text), _)) if text.contains('\0') => None,
            other => other,
        }
        .ok_or_else(|| Error::field("cursor", FieldCode::BadFormat, "is not a cursor from an earlier answer"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_leads_back_to_where_it_was_cut() {
        let paging = Paging::new(None, Some(2)).unwrap();
        let (rows, next) = paging.cut(vec![5, 6, 7], |row| (SortKey::Number(*row), *row));
        assert_eq!(rows, [5, 6]);
        let Cursor(key, id) = Cursor::read(&next.unwrap()).unwrap();
        assert_eq!((key, id), (SortKey::Number(6), 6));
    }

    #[test]
    fn nonsense_is_not_a_cursor() {
        assert!(Paging::new(Some("nonsense".into()), None).is_err());
        assert!(Paging::new(None, Some(0)).is_err());
        assert!(Paging::new(None, Some(201)).is_err());
    }
}
