//! The days that are not closed yet, added up to now. What was added up once is remembered: however many entries a day has, a
//! change costs the reading of those of the last minutes.

use std::collections::HashMap;
use std::sync::Arc;

use chrono_tz::Tz;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use shared::component::ComponentStatus;
use shared::time::{days as whole_days, minutes};
use shared::uptime::Spent;
use shared::{ComponentId, PageId, Timestamp};

use super::closing::first_known;
use super::corrections;
use super::fold::{self, Change, Correction};
use crate::context::{ClosedDay, ClosedDays, Ctx, History, OpenDay, Tail, Tails};
use crate::domain::calendar::Day;
use crate::entity::{component, status_change};
use crate::error::Result;

/// Entries have their numbers before others can see them: once one is so old, none with a lower number is still to appear.
const SETTLED_MINUTES: u64 = 2;

/// An entry of the timeline.
#[derive(Debug, Clone, Copy)]
struct Entry {
    id: i64,
    component: ComponentId,
    at: Timestamp,
    status: ComponentStatus,
}

/// The days of each component that are not closed, up to now.
pub async fn days(
    cx: &Ctx,
    page: PageId,
    zone: Tz,
    (closed, components): (&ClosedDays, &[component::Model]),
) -> Result<HashMap<ComponentId, Vec<ClosedDay>>> {
    let now = cx.clock.now();
    let since = open_since(closed, components);
    let kept = cx.cache.tails(page).filter(|tails| tails.zone == zone);
    let entries = entries(cx, page, kept.as_deref(), since).await?;
    let is_settled = |entry: &Entry| entry.at <= now - minutes(SETTLED_MINUTES);
    let (old, new) = entries.split_at(entries.iter().take_while(|entry| is_settled(entry)).count());
    let tails = match kept {
        Some(kept) if old.is_empty() => kept,
        kept => {
            let tails = Arc::new(settled(kept.as_deref(), zone, closed, old));
            cx.cache.keep_tails(page, Arc::clone(&tails));
            tails
        }
    };
    let new = by_component(new);
    let corrections = corrections::of_page(&cx.db, page, since).await?;
    let whole = corrected_entries(cx, closed, &corrections).await?;
    let days_of = |row: &component::Model| {
        let history = closed.get(&row.id);
        let base = match corrections.get(&row.id) {
            // What was put right may lie anywhere in these days, so they are added up from their beginning.
            Some(found) => Base::of(history, None, zone).advanced(whole.get(&row.id), found, now),
            None => Base::of(history, tails.of.get(&row.id), zone).advanced(new.get(&row.id), &[], now),
        };
        let closed_day = |day: &OpenDay| ClosedDay {
            date: day.date,
            spent: day.spent,
        };
        Some((row.id, base?.days.iter().map(closed_day).collect()))
    };
    Ok(components.iter().filter_map(days_of).collect())
}

/// When the first of the days begins that are not closed.
fn open_since(closed: &ClosedDays, components: &[component::Model]) -> Timestamp {
    let ends = components
        .iter()
        .map(|row| closed.get(&row.id).map_or(row.created_at, |history| history.ends_at));
    ends.min().unwrap_or(Timestamp::from_millis(i64::MAX))
}

/// What was written down since the tails were, or since the days that are closed, in one query for all components.
async fn entries(cx: &Ctx, page: PageId, kept: Option<&Tails>, since: Timestamp) -> Result<Vec<Entry>> {
    let rows = match kept {
        // Few, of whatever page: found by their numbers alone.
        Some(tails) => status_change::Entity::find().filter(status_change::Column::Id.gt(tails.last_change_id)),
        // A clock may have been behind when it was written: what is in a closed day already is left out later, by its id.
        None => status_change::Entity::find()
            .filter(status_change::Column::PageId.eq(page))
            .filter(status_change::Column::CreatedAt.gte(since - whole_days(1))),
    };
    let rows = read(cx, rows).await?.into_iter();
    Ok(rows.filter(|(of, _)| *of == page).map(|(_, entry)| entry).collect())
}

async fn read(cx: &Ctx, select: Select<status_change::Entity>) -> Result<Vec<(PageId, Entry)>> {
    use status_change::Column;
    type Row = (PageId, i64, ComponentId, Timestamp, ComponentStatus);
    let rows: Vec<Row> = select
        .select_only()
        .columns([
            Column::PageId,
            Column::Id,
            Column::ComponentId,
            Column::CreatedAt,
            Column::ToStatus,
        ])
        .order_by_asc(Column::Id)
        .into_tuple()
        .all(&cx.db)
        .await?;
    let entry = |(page, id, component, at, status)| {
        let entry = Entry {
            id,
            component,
            at,
            status,
        };
        (page, entry)
    };
    Ok(rows.into_iter().map(entry).collect())
}

/// All that is not in closed days, of the components about which something was put right.
async fn corrected_entries(
    cx: &Ctx,
    closed: &ClosedDays,
    corrections: &HashMap<ComponentId, Vec<Correction>>,
) -> Result<HashMap<ComponentId, Vec<Entry>>> {
    use status_change::Column;
    if corrections.is_empty() {
        return Ok(HashMap::new());
    }
    let open = corrections.keys().map(|id| {
        let last_change_id = closed.get(id).map_or(0, |history| history.last_change_id);
        Condition::all()
            .add(Column::ComponentId.eq(*id))
            .add(Column::Id.gt(last_change_id))
    });
    let any = open.fold(Condition::any(), Condition::add);
    let rows = read(cx, status_change::Entity::find().filter(any)).await?;
    let entries: Vec<Entry> = rows.into_iter().map(|(_, entry)| entry).collect();
    Ok(by_component(&entries))
}

fn by_component(entries: &[Entry]) -> HashMap<ComponentId, Vec<Entry>> {
    let mut found: HashMap<ComponentId, Vec<Entry>> = HashMap::new();
    for entry in entries {
        found.entry(entry.component).or_default().push(*entry);
    }
    found
}

/// The tails with some entries more, up to the last of them.
fn settled(kept: Option<&Tails>, zone: Tz, closed: &ClosedDays, entries: &[Entry]) -> Tails {
    let mut of = kept.map(|tails| tails.of.clone()).unwrap_or_default();
    for (id, entries) in by_component(entries) {
        let base = Base::of(closed.get(&id), of.get(&id), zone);
        // Up to the last entry, and not to now: one that is still to come may be a moment older.
        let up_to = entries.iter().map(|entry| entry.at).max();
        let tail = up_to.and_then(|up_to| base.advanced(Some(&entries), &[], up_to));
        of.extend(tail.map(|tail| (id, tail)));
    }
    let before = kept.map_or(0, |tails| tails.last_change_id);
    Tails {
        zone,
        last_change_id: entries.last().map_or(before, |entry| entry.id),
        of,
    }
}

/// Where the adding up of a component goes on; nowhere yet if nothing was ever written down about it.
struct Base {
    tail: Option<Tail>,
    zone: Tz,
}

impl Base {
    /// The tail, without the days that have been closed since it was written, or the end of the days that are closed.
    fn of(history: Option<&History>, tail: Option<&Tail>, zone: Tz) -> Self {
        let tail = match (history, tail) {
            (Some(history), Some(tail)) if tail.at > history.ends_at => {
                let is_open = |day: &&OpenDay| day.starts_at >= history.ends_at;
                let days = tail.days.iter().filter(is_open).copied().collect();
                Some(Tail { days, ..*tail })
            }
            (Some(history), _) => Some(after(history, zone)),
            (None, tail) => tail.cloned(),
        };
        Self { tail, zone }
    }

    /// The same with the entries that are not in it, up to a moment.
    fn advanced(self, entries: Option<&Vec<Entry>>, corrections: &[Correction], to: Timestamp) -> Option<Tail> {
        let known = self.tail.as_ref().map_or(0, |tail| tail.last_change_id);
        let entries = entries.map(Vec::as_slice).unwrap_or_default();
        let entries: Vec<&Entry> = entries.iter().filter(|entry| entry.id > known).collect();
        let begun = entries.first().map(|first| begun(first.at, self.zone));
        let mut tail = self.tail.or(begun)?;
        let last = tail.days.last().map(|day| Day {
            date: day.date,
            starts_at: day.starts_at,
            ends_at: day.ends_at,
        });
        tail.days.extend(last?.until(self.zone, to).map(open_day));
        let changes: Vec<Change> = entries
            .iter()
            .map(|entry| Change::carried(entry.at, entry.status))
            .collect();
        let intervals = fold::intervals(Change::carried(tail.at, tail.status), &changes, tail.at, to);
        let intervals = fold::corrected(intervals, corrections);
        let bounds: Vec<_> = tail.days.iter().map(|day| (day.starts_at, day.ends_at)).collect();
        for (day, spent) in tail.days.iter_mut().zip(fold::spent_in(&intervals, &bounds)) {
            day.spent = day.spent.plus(spent);
        }
        tail.at = tail.at.max(to);
        if let Some(end) = entries.last() {
            (tail.status, tail.last_change_id) = (end.status, end.id);
        }
        Some(tail)
    }
}

/// The day after those that are closed, of which nothing has been added up.
fn after(history: &History, zone: Tz) -> Tail {
    let last = Day {
        date: history.days.last().map_or(chrono::NaiveDate::MIN, |day| day.date),
        starts_at: history.last_starts_at,
        ends_at: history.ends_at,
    };
    Tail {
        days: vec![open_day(last.following(zone))],
        at: history.ends_at,
        status: history.end_status,
        last_change_id: history.last_change_id,
    }
}

/// The day on which something is first known.
fn begun(at: Timestamp, zone: Tz) -> Tail {
    Tail {
        days: vec![open_day(first_known(zone, at))],
        at,
        status: ComponentStatus::Unknown,
        last_change_id: 0,
    }
}

fn open_day(day: Day) -> OpenDay {
    OpenDay {
        date: day.date,
        starts_at: day.starts_at,
        ends_at: day.ends_at,
        spent: Spent::default(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const COMPONENT: ComponentId = ComponentId(1);

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_millis(minute * 60_000)
    }

    /// Entries over some days, in the order in which they were written; clocks were now and then behind.
    fn any_entries() -> impl Strategy<Value = Vec<Entry>> {
        let entry = (0..120_i64, -30..1_i64, proptest::sample::select(ComponentStatus::ALL));
        proptest::collection::vec(entry, 1..60).prop_map(|found| {
            let mut minute = 0;
            let written = found.into_iter().zip(1..).map(|((later, behind, status), id)| {
                minute += later;
                Entry {
                    id,
                    component: COMPONENT,
                    at: at((minute + behind).max(0)),
                    status,
                }
            });
            written.collect()
        })
    }

    fn end(tails: &Tails, entries: &[Entry], to: Timestamp) -> Option<Tail> {
        let tail = tails.of.get(&COMPONENT);
        Base::of(None, tail, Tz::UTC).advanced(Some(&entries.to_vec()), &[], to)
    }

    proptest! {
        #[test]
        fn adding_up_in_steps_gives_what_adding_up_at_once_gives(
            entries in any_entries(),
            cuts in proptest::collection::vec(0..60_usize, 0..5),
        ) {
            let now = at(60 * 120);
            let none = Tails { zone: Tz::UTC, last_change_id: 0, of: HashMap::new() };
            let at_once = end(&none, &entries, now);
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(entries.len())).collect();
            cuts.sort_unstable();
            let mut tails = none;
            let mut done = 0;
            for cut in cuts {
                tails = settled(Some(&tails), Tz::UTC, &ClosedDays::new(), &entries[done..cut]);
                done = cut;
            }
            prop_assert_eq!(end(&tails, &entries[done..], now), at_once);
        }
    }
}
