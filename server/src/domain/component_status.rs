//! Setting the status of components. Monitoring tools do it by the thousand, so changes that arrive together share a
//! transaction; each still has its own entry in the timeline and in the audit trail.

use std::collections::{BTreeSet, HashMap};

use sea_orm::sea_query::{CaseStatement, Expr, SimpleExpr};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use shared::access::Permission;
use shared::component::{Component, ComponentStatus, SetComponentStatus};
use shared::event::Event;
use shared::{ComponentId, PageId, Timestamp};

use super::revision;
use super::timeline::{self, Influences, Reason};
use crate::context::{Audit, Ctx, StatusWrite, Tx};
use crate::entity::{component, status_change};
use crate::error::{Error, Result, is_deadlock};

/// Two that wait for each other are told apart by refusing one; hundreds should not be refused for that.
const DEADLOCKS: usize = 3;

/// Sets the baseline. Subscribers hear of it if what visitors see changes.
pub async fn set(cx: &Ctx, id: ComponentId, input: SetComponentStatus) -> Result<Component> {
    cx.actor.require(Permission::SetStatus)?;
    let write = StatusWrite {
        cx: cx.clone(),
        id,
        input,
    };
    let outcome = cx.status_writes(id).submit(write, write_all).await;
    outcome.unwrap_or_else(|| Err(Error::Internal(anyhow::anyhow!("the group of the change broke off"))))
}

async fn write_all(writes: Vec<StatusWrite>) -> Vec<Result<Component>> {
    let mut written = write_together(&writes).await;
    for _ in 0..DEADLOCKS {
        match &written {
            Err(Error::Database(error)) if is_deadlock(error) => written = write_together(&writes).await,
            Ok(_) | Err(_) => break,
        }
    }
    written.unwrap_or_else(|error| writes.iter().map(|_| Err(error.repeat())).collect())
}

async fn write_together(writes: &[StatusWrite]) -> Result<Vec<Result<Component>>> {
    let Some(first) = writes.first() else {
        return Ok(Vec::new());
    };
    let cx = first.cx.as_system("status");
    let mut tx = cx.begin().await?;
    let mut board = Board::load(&tx, writes).await?;
    let outcomes = writes.iter().map(|write| board.set(write)).collect();
    let entries = board.save(&mut tx).await?;
    tx.commit_all(entries).await?;
    Ok(outcomes)
}

/// The components that are set, as they are after the changes so far, and what is to be written for these.
struct Board<'a> {
    now: Timestamp,
    rows: HashMap<ComponentId, component::Model>,
    influences: Influences,
    seen: HashMap<ComponentId, ComponentStatus>,
    set: BTreeSet<ComponentId>,
    changes: Vec<status_change::ActiveModel>,
    news: Vec<(PageId, Event, String)>,
    entries: Vec<(&'a Ctx, Audit)>,
}

impl<'a> Board<'a> {
    async fn load(tx: &Tx<'_>, writes: &[StatusWrite]) -> Result<Self> {
        let ids: BTreeSet<ComponentId> = writes.iter().map(|write| write.id).collect();
        let ids: Vec<ComponentId> = ids.into_iter().collect();
        // Held until the end, and in one order everywhere: two nodes setting the same components take turns.
        let rows = component::Entity::find()
            .filter(component::Column::Id.is_in(ids.clone()))
            .order_by_asc(component::Column::Id)
            .lock_exclusive()
            .all(tx.conn())
            .await?;
        Ok(Self {
            now: tx.now(),
            rows: rows.into_iter().map(|row| (row.id, row)).collect(),
            influences: Influences::load(tx.conn(), &ids, tx.now()).await?,
            seen: timeline::last_seen(tx.conn(), &ids).await?,
            set: BTreeSet::new(),
            changes: Vec::new(),
            news: Vec::new(),
            entries: Vec::new(),
        })
    }

    fn set(&mut self, write: &'a StatusWrite) -> Result<Component> {
        let row = self
            .rows
            .get_mut(&write.id)
            .ok_or_else(|| Error::not_found("component"))?;
        let was = row.status;
        row.status = write.input.status;
        row.updated_at = revision::next(row.updated_at, self.now);
        self.set.insert(write.id);

        let reason = Reason::set_by(&write.cx.actor, write.input.notify.unwrap_or(true));
        let to = self.influences.effective(row);
        let from = self.seen.insert(row.id, to);
        if from != Some(to) {
            self.changes.push(timeline::change(row, from, to, reason, self.now));
            self.news
                .extend(timeline::news(row, from, to, self.influences.tells(row.id, reason)));
        }
        let after = row.clone().into_component(to);
        let entry = Audit::of("component.set_status", write.id.0, &after.name)
            .before(&was)
            .after(&after.status);
        self.entries.push((&write.cx, entry));
        Ok(after)
    }

    async fn save(self, tx: &mut Tx<'_>) -> Result<Vec<(&'a Ctx, Audit)>> {
        if self.set.is_empty() {
            return Ok(self.entries);
        }
        let rows: Vec<&component::Model> = self.set.iter().filter_map(|id| self.rows.get(id)).collect();
        component::Entity::update_many()
            .col_expr(component::Column::Status, each(&rows, |row| Expr::value(row.status)))
            .col_expr(
                component::Column::UpdatedAt,
                each(&rows, |row| Expr::value(row.updated_at)),
            )
            .filter(component::Column::Id.is_in(self.set.iter().copied()))
            .exec(tx.conn())
            .await?;
        let pages: BTreeSet<PageId> = rows.iter().map(|row| row.page_id).collect();
        if !self.changes.is_empty() {
            status_change::Entity::insert_many(self.changes)
                .exec_without_returning(tx.conn())
                .await?;
            pages.into_iter().for_each(|page| tx.touch(page));
        }
        tx.emit_all(&self.news).await?;
        Ok(self.entries)
    }
}

/// `CASE WHEN id = … THEN … END`: another value for each row, in one statement.
fn each(rows: &[&component::Model], value: impl Fn(&component::Model) -> SimpleExpr) -> SimpleExpr {
    let cases = rows.iter().fold(CaseStatement::new(), |cases, row| {
        cases.case(component::Column::Id.eq(row.id), value(row))
    });
    cases.into()
}
