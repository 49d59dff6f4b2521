//! A write: *allow → check → change → tell → record*. [`Ctx::begin`] opens it, [`Tx::commit`] is the only way out.

use std::sync::atomic::{AtomicBool, Ordering};

use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ActiveValue::NotSet, ColumnTrait, DatabaseTransaction, EntityTrait, ExprTrait, QueryFilter,
    QueryOrder, Set, SqliteTransactionMode, TransactionOptions, TransactionTrait,
};
use shared::event::Event;
use shared::{EventId, IncidentId, MaintenanceId, PageId, Timestamp};

use super::{Audit, Ctx, Job, News, outbox};
use crate::entity::{audit, event, page};
use crate::error::Result;

/// Rows in one statement; the database with the lowest limit takes 32,766 values.
const ROWS: usize = 500;

/// An open transaction with one `now`, and what is to be told once it is committed.
pub struct Tx<'a> {
    pub cx: &'a Ctx,
    conn: DatabaseTransaction,
    now: Timestamp,
    touched: Vec<PageId>,
    has_work: bool,
    forgets_sign_ins: AtomicBool,
}

impl Ctx {
    /// Opens a write. On SQLite it takes the write lock at once, so that it never fails half-way for want of it.
    pub async fn begin(&self) -> Result<Tx<'_>> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..Default::default()
        };
        let conn = self.db.begin_with_options(options).await?;
        Ok(Tx {
            cx: self,
            conn,
            now: self.clock.now(),
            touched: Vec::new(),
            has_work: false,
            forgets_sign_ins: AtomicBool::new(false),
        })
    }
}

impl Tx<'_> {
    /// What queries run on.
    pub const fn conn(&self) -> &DatabaseTransaction {
        &self.conn
    }

    /// The moment of the whole transaction.
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// Tells subscribers: the event and the job that spreads it commit with the change. `subject` is a title or a name.
    pub async fn emit(&mut self, page: PageId, what: &Event, subject: &str) -> Result<EventId> {
        let row = self.event(page, what, subject)?;
        let event = row.insert(&self.conn).await?;
        self.enqueue(&Job::FanOut { event: event.id }).await?;
        Ok(event.id)
    }

    /// As [`Tx::emit`], for many events at once: page, event and subject.
    pub async fn emit_all(&mut self, news: &[(PageId, Event, String)]) -> Result<()> {
        match news {
            [] => Ok(()),
            [(page, event, subject)] => self.emit(*page, event, subject).await.map(drop),
            many => {
                let after = self.last_event().await?;
                for some in many.chunks(ROWS) {
                    let rows = some
                        .iter()
                        .map(|(page, event, subject)| self.event(*page, event, subject));
                    event::Entity::insert_many(rows.collect::<Result<Vec<_>>>()?)
                        .exec_without_returning(&self.conn)
                        .await?;
                }
                // Databases do not all tell the ids of many new rows. Events of others in between are spread twice, which
                // changes nothing.
                let through = self.last_event().await?;
                self.enqueue(&Job::FanOutAll { after, through }).await
            }
        }
    }

    async fn last_event(&self) -> Result<EventId> {
        let last = event::Entity::find()
            .order_by_desc(event::Column::Id)
            .one(&self.conn)
            .await?;
        Ok(last.map_or(EventId(0), |row| row.id))
    }

    fn event(&self, page: PageId, what: &Event, subject: &str) -> Result<event::ActiveModel> {
        Ok(event::ActiveModel {
            id: NotSet,
            page_id: Set(page),
            kind: Set(what.kind()),
            subject: Set(subject.to_owned()),
            incident_id: Set(what.incident().map(|IncidentId(id)| id)),
            maintenance_id: Set(what.maintenance().map(|(MaintenanceId(id), _)| id)),
            payload: Set(serde_json::to_string(what).map_err(anyhow::Error::from)?),
            created_at: Set(self.now),
        })
    }

    /// Adds a job that starts once this is committed.
    pub async fn enqueue(&mut self, job: &Job) -> Result<()> {
        outbox::enqueue(&self.conn, job, self.now, self.now, None).await?;
        self.has_work = true;
        Ok(())
    }

    /// What visitors of the page see has changed.
    pub fn touch(&mut self, page: PageId) {
        if !self.touched.contains(&page) {
            self.touched.push(page);
        }
    }

    /// A sign-in ends or a member changes: nobody is believed to be who they were.
    pub fn forget_sign_ins(&self) {
        self.forgets_sign_ins.store(true, Ordering::Relaxed);
    }

    /// Records what was done and commits; then the caches forget, the streams tell, and the workers wake, here and in the
    /// other processes.
    pub async fn commit(self, entry: Audit) -> Result<()> {
        let cx = self.cx;
        self.commit_all(vec![(cx, entry)]).await
    }

    /// As [`Tx::commit`], for what several callers did.
    pub async fn commit_all(self, entries: Vec<(&Ctx, Audit)>) -> Result<()> {
        self.record(entries).await?;
        let mut news = News {
            has_work: self.has_work,
            ..News::default()
        };
        for page in &self.touched {
            news.pages.push((*page, self.raise_version(*page).await?));
        }
        let Self { cx, conn, .. } = self;
        cx.line.tell_with(&conn, &news).await?;
        conn.commit().await?;
        if self.forgets_sign_ins.into_inner() {
            cx.sign_ins.invalidate_all();
        }
        cx.line.tell_after(&news);
        news.take_in(cx);
        Ok(())
    }

    async fn raise_version(&self, id: PageId) -> Result<i64> {
        page::Entity::update_many()
            .col_expr(page::Column::Version, Expr::col(page::Column::Version).add(1))
            .filter(page::Column::Id.eq(id))
            .exec(&self.conn)
            .await?;
        let row = page::Entity::find_by_id(id).one(&self.conn).await?;
        Ok(row.map_or(0, |row| row.version))
    }

    async fn record(&self, entries: Vec<(&Ctx, Audit)>) -> Result<()> {
        let rows: Vec<audit::ActiveModel> = entries
            .into_iter()
            .filter_map(|(cx, entry)| self.entry(cx, entry))
            .collect();
        for some in rows.chunks(ROWS) {
            audit::Entity::insert_many(some.to_vec())
                .exec_without_returning(&self.conn)
                .await?;
        }
        Ok(())
    }

    fn entry(&self, cx: &Ctx, entry: Audit) -> Option<audit::ActiveModel> {
        let Audit::Entry {
            action,
            subject_kind,
            subject_id,
            subject_name,
            before,
            after,
        } = entry
        else {
            return None;
        };
        let Ctx { actor, origin, .. } = cx;
        Some(audit::ActiveModel {
            id: NotSet,
            actor_kind: Set(actor.kind()),
            actor_id: Set(actor.number()),
            actor_name: Set(actor.name().to_owned()),
            action: Set(action.to_owned()),
            subject_kind: Set(subject_kind.to_owned()),
            subject_id: Set(subject_id),
            subject_name: Set(subject_name),
            before: Set(before.map(|value| value.to_string())),
            after: Set(after.map(|value| value.to_string())),
            request_id: Set(origin.request_id.clone()),
            ip_address: Set(origin.ip.map(|ip| ip.to_string())),
            created_at: Set(self.now),
        })
    }
}
