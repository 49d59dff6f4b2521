//! What the clock does to incidents: publishes drafts whose time has come, and reminds the team of those that nobody has
//! written about for long.

use std::time::Duration;

use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
use shared::access::Permission;
use shared::time::hours;
use shared::{IncidentId, MemberId, Timestamp};

use super::incident::{finish, lock, save};
use super::incident_edit::{published, tell_published};
use super::incident_view::view;
use super::{page, status, status_page};
use crate::context::{Audit, Ctx, Job, Tx};
use crate::entity::{incident, member};
use crate::error::Result;

/// Does all that is due by now. Safe to repeat, and on several nodes at once: each looks again under a lock.
pub async fn sweep(cx: &Ctx) -> Result<()> {
    for id in to_publish(cx).await? {
        publish(cx, id).await?;
    }
    let Some(silence) = silence(cx) else {
        return Ok(());
    };
    for id in to_remind(cx, silence).await? {
        remind(cx, id, silence).await?;
    }
    Ok(())
}

/// Drafts whose time has come, also while no server was running.
async fn to_publish(cx: &Ctx) -> Result<Vec<IncidentId>> {
    let rows = incident::Entity::find()
        .filter(incident::Column::PublishedAt.is_null())
        .filter(incident::Column::PublishAt.lte(cx.clock.now()))
        .all(&cx.db)
        .await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

fn is_due(row: &incident::Model, now: Timestamp) -> bool {
    row.published_at.is_none() && row.publish_at.is_some_and(|at| at <= now)
}

/// As by hand; another node, or a person, may have done it or put it off since we looked.
async fn publish(cx: &Ctx, id: IncidentId) -> Result<()> {
    let mut tx = cx.begin().await?;
    let before = lock(&tx, id).await?;
    if !is_due(&before, tx.now()) {
        return Ok(());
    }
    let was = view(tx.conn(), before.clone(), tx.now()).await?;
    let notify = before.notify_on_publish;
    let row = published(&tx, before).await?;
    let row = save(&tx, row).await?;
    tell_published(&mut tx, &row, Some(notify)).await?;
    finish(tx, row, "incident.publish", Some(was)).await.map(drop)
}

/// How long an open incident may go without an update until the team is reminded; nothing if never.
fn silence(cx: &Ctx) -> Option<Duration> {
    let after = cx.config.incidents.reminder_hours;
    (after > 0).then(|| hours(after))
}

async fn to_remind(cx: &Ctx, silence: Duration) -> Result<Vec<IncidentId>> {
    let now = cx.clock.now();
    let rows = incident::Entity::find()
        .filter(incident::Column::ResolvedAt.is_null())
        .filter(incident::Column::LastUpdateAt.lte(now - silence))
        .all(&cx.db)
        .await?;
    let quiet = rows.into_iter().filter(|row| is_silent(row, now, silence));
    Ok(quiet.map(|row| row.id).collect())
}

/// True if visitors wait for news and the team was not reminded of that lately. Of what is forgotten nobody waits for news.
fn is_silent(row: &incident::Model, now: Timestamp, silence: Duration) -> bool {
    let is_long_ago = |at: Timestamp| at + silence <= now;
    status::counts(row, now) && is_long_ago(row.last_update_at) && row.team_reminded_at.is_none_or(is_long_ago)
}

async fn remind(cx: &Ctx, id: IncidentId, silence: Duration) -> Result<()> {
    let mut tx = cx.begin().await?;
    let row = lock(&tx, id).await?;
    if !is_silent(&row, tx.now(), silence) {
        return Ok(());
    }
    // Not another revision: nothing that anyone edits has changed.
    let row = incident::Model {
        team_reminded_at: Some(tx.now()),
        ..row
    };
    let row = row.into_active_model().reset_all().update(tx.conn()).await?;
    for member in team(&tx).await? {
        let job = Job::RemindTeam {
            incident: id,
            member: member.id,
        };
        tx.enqueue(&job).await?;
    }
    tx.commit(Audit::of("incident.remind_team", id.0, &row.title)).await
}

/// Those who could write an update and have taken up their invitation.
async fn team(tx: &Tx<'_>) -> Result<Vec<member::Model>> {
    let rows = member::Entity::find()
        .filter(member::Column::IsActive.eq(true))
        .filter(member::Column::PasswordHash.is_not_null())
        .all(tx.conn())
        .await?;
    Ok(rows.into_iter().filter(writes).collect())
}

fn writes(member: &member::Model) -> bool {
    member.is_active && member.password_hash.is_some() && member.role.may(Permission::ManageIncidents)
}

/// What a member is reminded of.
#[derive(Debug)]
pub struct Reminder {
    pub to: String,
    pub locale: String,
    pub page: shared::status_page::PublicPage,
    pub title: String,
    /// Whole hours without an update.
    pub hours: u64,
    /// Where an update is written.
    pub url: String,
}

/// The reminder of an incident for a member, unless it is needless by now.
pub async fn reminder(cx: &Ctx, id: IncidentId, to: MemberId) -> Result<Option<Reminder>> {
    let now = cx.clock.now();
    let member = member::Entity::find_by_id(to).one(&cx.db).await?.filter(writes);
    let row = incident::Entity::find_by_id(id).one(&cx.db).await?;
    let row = row.filter(|row| status::counts(row, now) && row.team_reminded_at >= Some(row.last_update_at));
    let (Some(member), Some(row)) = (member, row) else {
        return Ok(None);
    };
    let page = page::resolve(cx, Some(row.page_id)).await?;
    Ok(Some(Reminder {
        to: member.email,
        locale: member.locale,
        page: status_page::public_page(cx, &page),
        hours: now.since(row.last_update_at).as_secs() / 3_600,
        title: row.title,
        url: format!("{}/admin/incidents/{id}", cx.config.public_url()),
    }))
}
