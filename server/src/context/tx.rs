//! A write: *allow → check → change → tell → record*. [`Ctx::begin`] opens it, [`Tx::commit`] is the only way out.

use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ActiveValue::NotSet, ColumnTrait, DatabaseTransaction, EntityTrait, ExprTrait, QueryFilter, Set,
    SqliteTransactionMode, TransactionOptions, TransactionTrait,
};
use shared::event::Event;
use shared::{EventId, IncidentId, PageId, Timestamp};

use super::{Audit, Ctx, Job, News, outbox};
use crate::entity::{audit, event, page};
use crate::error::Result;

/// An open transaction with one `now`, and what is to be told once it is committed.
pub struct Tx<'a> {
    pub cx: &'a Ctx,
    conn: DatabaseTransaction,
    now: Timestamp,
    touched: Vec<PageId>,
    has_work: bool,
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
        let row = event::ActiveModel {
            id: NotSet,
            page_id: Set(page),
            kind: Set(what.kind()),
            subject: Set(subject.to_owned()),
            incident_id: Set(what.incident().map(|IncidentId(id)| id)),
            payload: Set(serde_json::to_string(what).map_err(anyhow::Error::from)?),
            created_at: Set(self.now),
        };
        let event = row.insert(&self.conn).await?;
        self.enqueue(&Job::FanOut { event: event.id }).await?;
        Ok(event.id)
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

    /// Records what was done and commits; then the caches forget, the streams tell, and the workers
    /// wake, here and in the other processes.
    pub async fn commit(self, entry: Audit) -> Result<()> {
        self.record(entry).await?;
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

    async fn record(&self, entry: Audit) -> Result<()> {
        let Audit::Entry {
            action,
            subject_kind,
            subject_id,
            subject_name,
            before,
            after,
        } = entry
        else {
            return Ok(());
        };
        let Ctx { actor, origin, .. } = self.cx;
        audit::ActiveModel {
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
        }
        .insert(&self.conn)
        .await?;
        Ok(())
    }
}
