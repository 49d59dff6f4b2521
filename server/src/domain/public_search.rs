//! Search in what visitors may read: titles and all that was written under them.
//!
//! Every word must stand somewhere in it, in any case and as a part of a longer word too. It reads all of them, which is why
//! one place may not ask too often.

use std::cmp::Reverse;
use std::collections::HashMap;

use sea_orm::sea_query::SimpleExpr;
use sea_orm::{ColumnTrait, Condition, EntityTrait, ExprTrait, QueryFilter, QuerySelect, QueryTrait};
use shared::list::Order;
use shared::maintenance::MaintenanceStatus;
use shared::problem::FieldCode;
use shared::status_page::{HitKind, SearchHit, SearchResults};
use shared::{Coded, IncidentId, MaintenanceId, PageId, Timestamp, text};

use super::paging::{Paging, SortKey};
use super::{incident_view, public_throttle, search};
use crate::context::Ctx;
use crate::entity::{incident, incident_update, maintenance, maintenance_update};
use crate::error::{Error, Result};

/// The most words that are looked for.
const WORDS_MAX: usize = 8;
/// Characters of an excerpt before and after the first word found.
const AROUND: usize = 60;

/// What to look for: one to eight words, in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted(Vec<String>);

impl Wanted {
    /// From what was typed; nothing if there is no word in it.
    pub fn parse(q: &str) -> Result<Option<Self>> {
        if q.trim().is_empty() {
            return Ok(None);
        }
        let line = text::line(q.trim(), text::NAME_MAX);
        let line = line.map_err(|flaw| Error::field("q", FieldCode::BadFormat, flaw.message))?;
        let words: Vec<String> = line.split_whitespace().map(str::to_lowercase).collect();
        if words.len() > WORDS_MAX {
            let text = format!("has {} words; at most {WORDS_MAX} are looked for", words.len());
            return Err(Error::field("q", FieldCode::TooLong, text));
        }
        Ok(Some(Self(words)))
    }

    /// The words as one text, the same for the same search.
    pub fn text(&self) -> String {
        self.0.join(" ")
    }

    /// The first of the words in a text with what stands around it.
    fn excerpt(&self, text: &str) -> Option<String> {
        let chars: Vec<char> = text.chars().collect();
        // In lower case a text may be longer; only where it is not, places in both are the same.
        let lower: Vec<char> = chars.iter().map(|c| c.to_lowercase().next().unwrap_or(*c)).collect();
        let at = self.0.iter().find_map(|word| {
            let word: Vec<char> = word.chars().collect();
            lower.windows(word.len()).position(|part| part == word)
        })?;
        let (from, to) = (at.saturating_sub(AROUND), (at + AROUND).min(chars.len()));
        let part: String = chars[from..to].iter().collect();
        let part = part.split_whitespace().collect::<Vec<_>>().join(" ");
        let (before, after) = (if from > 0 { "…" } else { "" }, if to < chars.len() { "…" } else { "" });
        Some(format!("{before}{part}{after}"))
    }
}

/// The incidents and maintenances of a page in which all words stand, newest first.
pub async fn find(cx: &Ctx, page: PageId, wanted: &Wanted, paging: &Paging) -> Result<SearchResults> {
    public_throttle::searching(cx)?;
    let (wanted, paging) = (wanted.clone(), paging.clone());
    cx.read_public(move |cx| {
        let (wanted, paging) = (wanted.clone(), paging.clone());
        async move {
            let mut found = incidents(&cx, page, &wanted, &paging).await?;
            found.extend(maintenances(&cx, page, &wanted, &paging).await?);
            found.sort_by_key(|hit| Reverse((hit.began_at, hit.number)));
            let (mut found, next_cursor) =
                paging.cut(found, |hit| (SortKey::Number(hit.began_at.as_millis()), hit.number));
            quote(&cx, &wanted, &mut found).await?;
            Ok(SearchResults {
                items: found.into_iter().map(|found| found.hit(&wanted)).collect(),
                next_cursor,
            })
        }
    })
    .await
}

/// A row that fits. Numbers tell both kinds apart in one order: even ones are incidents, odd ones maintenances.
struct Found {
    kind: HitKind,
    id: i64,
    number: i64,
    title: String,
    began_at: Timestamp,
    /// What was written under the title, newest last.
    texts: Vec<String>,
}

impl Found {
    fn hit(self, wanted: &Wanted) -> SearchHit {
        let excerpt = self.texts.iter().find_map(|text| wanted.excerpt(text));
        SearchHit {
            kind: self.kind,
            id: match self.kind {
                HitKind::Incident => IncidentId(self.id).code(),
                HitKind::Maintenance => MaintenanceId(self.id).code(),
            },
            excerpt: excerpt.unwrap_or_else(|| self.title.clone()),
            title: self.title,
            began_at: self.began_at,
        }
    }
}

async fn incidents(cx: &Ctx, page: PageId, wanted: &Wanted, paging: &Paging) -> Result<Vec<Found>> {
    let holds = |word: &String| {
        let told = incident_update::Entity::find()
            .select_only()
            .column(incident_update::Column::IncidentId)
            .filter(search::contains(incident_update::Column::Message, word))
            .into_query();
        search::contains(incident::Column::Title, word).or(incident::Column::Id.in_subquery(told))
    };
    let query = incident::Entity::find()
        .filter(incident::Column::PageId.eq(page))
        .filter(incident_view::shown_to(&cx.actor))
        .filter(all(wanted, holds));
    let (began, id) = (incident::Column::StartedAt, incident::Column::Id);
    let rows = paging.apply_mixed(query, began, id, Order::Desc, |number| (number + 1).div_euclid(2));
    let found = |row: incident::Model| Found {
        kind: HitKind::Incident,
        id: row.id.0,
        number: row.id.0 * 2,
        title: row.title,
        began_at: row.started_at,
        texts: Vec::new(),
    };
    Ok(rows.all(&cx.db).await?.into_iter().map(found).collect())
}

async fn maintenances(cx: &Ctx, page: PageId, wanted: &Wanted, paging: &Paging) -> Result<Vec<Found>> {
    let holds = |word: &String| {
        let told = maintenance_update::Entity::find()
            .select_only()
            .column(maintenance_update::Column::MaintenanceId)
            .filter(search::contains(maintenance_update::Column::Message, word))
            .into_query();
        search::contains(maintenance::Column::Title, word)
            .or(search::contains(maintenance::Column::Message, word))
            .or(maintenance::Column::Id.in_subquery(told))
    };
    let query = maintenance::Entity::find()
        .filter(maintenance::Column::PageId.eq(page))
        .filter(maintenance::Column::Status.ne(MaintenanceStatus::Cancelled))
        .filter(all(wanted, holds));
    let (began, id) = (maintenance::Column::StartsAt, maintenance::Column::Id);
    let rows = paging.apply_mixed(query, began, id, Order::Desc, |number| number.div_euclid(2));
    let found = |row: maintenance::Model| Found {
        kind: HitKind::Maintenance,
        id: row.id.0,
        number: row.id.0 * 2 + 1,
        title: row.title,
        began_at: row.starts_at,
        texts: vec![row.message],
    };
    Ok(rows.all(&cx.db).await?.into_iter().map(found).collect())
}

fn all(wanted: &Wanted, holds: impl Fn(&String) -> SimpleExpr) -> Condition {
    wanted.0.iter().map(holds).fold(Condition::all(), Condition::add)
}

/// Reads what was written under those that are told, in two queries for all.
async fn quote(cx: &Ctx, wanted: &Wanted, found: &mut [Found]) -> Result<()> {
    let of_kind = |kind| found.iter().filter(move |one| one.kind == kind).map(|one| one.id);
    let first = wanted.0.first().map(String::as_str).unwrap_or_default();
    let ids: Vec<IncidentId> = of_kind(HitKind::Incident).map(IncidentId).collect();
    let updates = incident_update::Entity::find()
        .filter(incident_update::Column::IncidentId.is_in(ids))
        .filter(search::contains(incident_update::Column::Message, first))
        .all(&cx.db)
        .await?;
    let ids: Vec<MaintenanceId> = of_kind(HitKind::Maintenance).map(MaintenanceId).collect();
    let entries = maintenance_update::Entity::find()
        .filter(maintenance_update::Column::MaintenanceId.is_in(ids))
        .filter(search::contains(maintenance_update::Column::Message, first))
        .all(&cx.db)
        .await?;
    let mut texts: HashMap<(HitKind, i64), Vec<String>> = HashMap::new();
    for row in updates {
        texts
            .entry((HitKind::Incident, row.incident_id.0))
            .or_default()
            .push(row.message);
    }
    for row in entries {
        texts
            .entry((HitKind::Maintenance, row.maintenance_id.0))
            .or_default()
            .push(row.message);
    }
    for one in found {
        one.texts.extend(texts.remove(&(one.kind, one.id)).unwrap_or_default());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_parted_and_nothing_is_nothing() {
        assert_eq!(Wanted::parse("  ").unwrap(), None);
        assert_eq!(Wanted::parse(" Slow  API ").unwrap().unwrap().text(), "slow api");
        assert!(Wanted::parse("a b c d e f g h i").is_err());
        assert!(Wanted::parse("a\u{0}b").is_err());
    }

    #[test]
    fn an_excerpt_shows_the_word_in_its_place() {
        let wanted = Wanted::parse("ÜBER").unwrap().unwrap();
        let long = format!("{} geht über alles {}", "vorher ".repeat(20), "nachher ".repeat(20));
        let excerpt = wanted.excerpt(&long).unwrap();
        assert!(
            excerpt.starts_with('…') && excerpt.ends_with('…') && excerpt.contains("geht über alles"),
            "{excerpt}"
        );
        assert_eq!(wanted.excerpt("nothing of it"), None);
        assert_eq!(wanted.excerpt("über"), Some("über".into()));
    }
}
