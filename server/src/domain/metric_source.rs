//! Where points of a metric are pulled from: a Prometheus and a query, asked again and again.
//!
//! A source is claimed by moving the moment it is due on, so of several processes one asks, and a process that is killed while
//! it asks loses one point, which is a gap in the chart. Asking is `jobs::pull_metrics`' business.

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set};
use shared::access::Permission;
use shared::metric::{Metric, MetricAuth, MetricSourceTrial, SetMetricSource, TryMetricSource, VALUE_MAX};
use shared::problem::FieldCode;
use shared::time::hours;
use shared::{MetricId, Timestamp, Validate};
use url::Url;

use super::metric;
use super::metric_points::{self, Points};
use crate::context::{Audit, Ctx, Secrets, Tx};
use crate::entity::metric_source;
use crate::error::{Error, Result};

const PURPOSE: &str = "metric source";
/// What fits into the column, in characters.
const REASON_MAX: usize = 500;

/// What is asked, and as whom.
#[derive(Clone, PartialEq, Eq)]
pub struct Question {
    pub url: String,
    pub query: String,
    /// The value of the header, with a password or token in it.
    pub authorization: Option<String>,
}

/// Whoever can ask a Prometheus; the domain cannot.
#[async_trait]
pub trait AsksPrometheus: Send + Sync {
    /// The number it gives, or why there is none, fit to be shown.
    async fn ask(&self, question: &Question) -> std::result::Result<f64, String>;
}

/// A source whose time has come, and which is ours to ask.
pub struct Due {
    pub metric_id: MetricId,
    /// An error if its secret cannot be opened any more.
    pub question: std::result::Result<Question, String>,
}

/// Sets where a metric is pulled from; it is asked soon.
pub async fn set(cx: &Ctx, id: MetricId, input: SetMetricSource) -> Result<Metric> {
    cx.actor.require(Permission::ManageMetrics)?;
    input.validate()?;

    let tx = cx.begin().await?;
    let row = metric::lock(&tx, id).await?;
    let known = find(tx.conn(), id).await?;
    let sealed = match secret(&cx.secrets, known.as_ref(), &Asked::from(&input), id)? {
        Some(secret) => Some(cx.secrets.seal(PURPOSE, &id.to_string(), &secret)?),
        None => None,
    };
    let before = row.clone().into_metric(known);
    replace(&tx, id, input, sealed).await?;
    let after = metric::view(tx.conn(), row).await?;
    tx.commit(
        Audit::of("metric.set_source", id.0, &after.name)
            .before(&before.source)
            .after(&after.source),
    )
    .await?;
    Ok(after)
}

/// From now on its points are pushed, if any come.
pub async fn remove(cx: &Ctx, id: MetricId) -> Result<()> {
    cx.actor.require(Permission::ManageMetrics)?;
    let tx = cx.begin().await?;
    let row = metric::lock(&tx, id).await?;
    let known = find(tx.conn(), id).await?;
    metric_source::Entity::delete_by_id(id).exec(tx.conn()).await?;
    let before = row.into_metric(known);
    tx.commit(Audit::of("metric.remove_source", id.0, &before.name).before(&before.source))
        .await
}

/// Asks a source once, before it is set.
pub async fn try_out(cx: &Ctx, input: TryMetricSource, prometheus: &dyn AsksPrometheus) -> Result<MetricSourceTrial> {
    cx.actor.require(Permission::ManageMetrics)?;
    input.validate()?;

    let known = match input.metric_id {
        Some(id) => find(&cx.db, id).await?,
        None => None,
    };
    let asked = Asked::from(&input);
    let secret = secret(
        &cx.secrets,
        known.as_ref(),
        &asked,
        input.metric_id.unwrap_or(MetricId(0)),
    )?;
    let question = asked.question(secret);
    let tx = cx.begin().await?;
    tx.commit(Audit::of(
        "metric.try_source",
        input.metric_id.map(|id| id.0),
        host(&input.url),
    ))
    .await?;
    Ok(match prometheus.ask(&question).await.and_then(usable) {
        Ok(value) => MetricSourceTrial {
            value: Some(value),
            error: None,
        },
        Err(error) => MetricSourceTrial {
            value: None,
            error: Some(error),
        },
    })
}

/// Claims sources that are due, the longest waiting first.
pub async fn claim(cx: &Ctx, limit: u64) -> Result<Vec<Due>> {
    let now = cx.clock.now();
    // None waits longer than an hour: what is further ahead was put there by a clock that has been set back since.
    let is_due = Condition::any()
        .add(metric_source::Column::DueAt.lte(now))
        .add(metric_source::Column::DueAt.gt(now + hours(1)));
    let rows = metric_source::Entity::find()
        .filter(is_due)
        .order_by_asc(metric_source::Column::DueAt)
        .limit(limit)
        .all(&cx.db)
        .await?;
    let mut ours = Vec::new();
    for row in rows {
        let taken = metric_source::Entity::update_many()
            .col_expr(metric_source::Column::DueAt, Expr::value(next(&row, now)))
            .filter(metric_source::Column::MetricId.eq(row.metric_id))
            .filter(metric_source::Column::DueAt.eq(row.due_at))
            .exec(&cx.db)
            .await?;
        if taken.rows_affected == 1 {
            ours.push(due(&cx.secrets, &row));
        }
    }
    Ok(ours)
}

/// Keeps what came of asking: a point, or why there is none. A metric that is gone meanwhile is no failure.
pub async fn record(cx: &Ctx, id: MetricId, at: Timestamp, outcome: std::result::Result<f64, String>) -> Result<()> {
    cx.actor.require(Permission::ManageMetrics)?;
    let _turn = cx.point_turn(id).await;
    let tx = cx.begin().await?;
    let Ok(row) = metric::lock(&tx, id).await else {
        return Ok(());
    };
    match outcome.and_then(usable) {
        Ok(value) => {
            metric_points::store(&tx, row, &Points::from([(at, value + 0.0)])).await?;
            note(&tx, id, Some(at), None).await?;
        }
        Err(reason) => note(&tx, id, None, Some(reason)).await?,
    }
    tx.commit(Audit::Bookkeeping).await
}

async fn note(tx: &Tx<'_>, id: MetricId, success: Option<Timestamp>, reason: Option<String>) -> Result<()> {
    use metric_source::Column;
    let failed_at = reason.as_ref().map(|_| tx.now());
    let reason = reason.map(|reason| reason.chars().take(REASON_MAX).collect::<String>());
    let mut update = metric_source::Entity::update_many()
        .col_expr(Column::LastError, Expr::value(reason))
        .col_expr(Column::LastErrorAt, Expr::value(failed_at))
        .filter(Column::MetricId.eq(id));
    if let Some(at) = success {
        update = update.col_expr(Column::LastSuccessAt, Expr::value(at));
    }
    update.exec(tx.conn()).await?;
    Ok(())
}

fn usable(value: f64) -> std::result::Result<f64, String> {
    if value.is_finite() && value.abs() <= VALUE_MAX {
        Ok(value)
    } else {
        Err(format!(
            "the answer is {value}; a number from -1e15 to 1e15 is expected"
        ))
    }
}

async fn find(conn: &impl ConnectionTrait, id: MetricId) -> Result<Option<metric_source::Model>> {
    Ok(metric_source::Entity::find_by_id(id).one(conn).await?)
}

async fn replace(tx: &Tx<'_>, id: MetricId, input: SetMetricSource, sealed: Option<String>) -> Result<()> {
    let SetMetricSource {
        url,
        query,
        interval_s,
        auth,
        username,
        secret: _,
    } = input;
    let row = metric_source::ActiveModel {
        metric_id: Set(id),
        url: Set(url),
        query: Set(query),
        interval_s: Set(interval_s.into()),
        auth: Set(auth),
        username: Set(username.filter(|_| auth == MetricAuth::Basic)),
        sealed_secret: Set(sealed),
        due_at: Set(tx.now()),
        last_success_at: Set(None),
        last_error: Set(None),
        last_error_at: Set(None),
        created_at: Set(tx.now()),
    };
    metric_source::Entity::delete_by_id(id).exec(tx.conn()).await?;
    metric_source::Entity::insert(row)
        .exec_without_returning(tx.conn())
        .await?;
    Ok(())
}

/// What both inputs say of a source.
struct Asked<'a> {
    url: &'a str,
    query: &'a str,
    auth: MetricAuth,
    username: Option<&'a str>,
    secret: Option<&'a str>,
}

impl<'a> From<&'a SetMetricSource> for Asked<'a> {
    fn from(input: &'a SetMetricSource) -> Self {
        Self {
            url: &input.url,
            query: &input.query,
            auth: input.auth,
            username: input.username.as_deref(),
            secret: input.secret.as_deref(),
        }
    }
}

impl<'a> From<&'a TryMetricSource> for Asked<'a> {
    fn from(input: &'a TryMetricSource) -> Self {
        Self {
            url: &input.url,
            query: &input.query,
            auth: input.auth,
            username: input.username.as_deref(),
            secret: input.secret.as_deref(),
        }
    }
}

impl Asked<'_> {
    fn question(&self, secret: Option<String>) -> Question {
        let authorization = match (self.auth, secret) {
            (MetricAuth::Basic, secret) => {
                let pair = format!("{}:{}", self.username.unwrap_or_default(), secret.unwrap_or_default());
                Some(format!("Basic {}", STANDARD.encode(pair)))
            }
            (MetricAuth::Bearer, Some(token)) => Some(format!("Bearer {token}")),
            (MetricAuth::Bearer, None) | (MetricAuth::None, _) => None,
        };
        Question {
            url: self.url.to_owned(),
            query: self.query.to_owned(),
            authorization,
        }
    }
}

/// The password or token to use: the one given, or the one kept if it was given for the same server and the same use. Otherwise
/// whoever may name another server could have it sent there.
fn secret(
    secrets: &Secrets,
    known: Option<&metric_source::Model>,
    asked: &Asked<'_>,
    id: MetricId,
) -> Result<Option<String>> {
    if asked.auth == MetricAuth::None {
        return Ok(None);
    }
    if let Some(secret) = asked.secret {
        return Ok(Some(secret.to_owned()));
    }
    let kept = known.filter(|row| row.auth == asked.auth && origin(&row.url) == origin(asked.url));
    match kept.and_then(|row| row.sealed_secret.as_ref()) {
        Some(sealed) => Ok(Some(secrets.unseal(PURPOSE, &id.to_string(), sealed)?)),
        None => Err(Error::field(
            "secret",
            FieldCode::Required,
            "is missing; a password or token is kept for one server and one use only",
        )),
    }
}

/// Scheme, host and port; nothing for what is no address, which is like no other.
fn origin(url: &str) -> Option<url::Origin> {
    Url::parse(url).ok().map(|url| url.origin())
}

fn host(url: &str) -> String {
    let host = Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned));
    host.unwrap_or_default()
}

/// The next moment of its rhythm that is still to come.
fn next(row: &metric_source::Model, now: Timestamp) -> Timestamp {
    let interval = row.interval_s.max(1) * 1_000;
    let (due, now) = (row.due_at.as_millis(), now.as_millis());
    let missed = (now - due).max(0) / interval;
    // A rhythm that a set-back clock has put far ahead begins anew.
    let due = if due > now { now } else { due };
    Timestamp::from_millis(due + (missed + 1) * interval)
}

fn due(secrets: &Secrets, row: &metric_source::Model) -> Due {
    let asked = Asked {
        url: &row.url,
        query: &row.query,
        auth: row.auth,
        username: row.username.as_deref(),
        secret: None,
    };
    let question = secret(secrets, Some(row), &asked, row.metric_id)
        .map(|secret| asked.question(secret))
        .map_err(|_| "the password or token cannot be opened with this installation's key: give it again".to_owned());
    Due {
        metric_id: row.metric_id,
        question,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn row(secrets: &Secrets) -> metric_source::Model {
        metric_source::Model {
            metric_id: MetricId(7),
            url: "https://prometheus.example.org/prom".into(),
            query: "up".into(),
            interval_s: 60,
            auth: MetricAuth::Bearer,
            username: None,
            sealed_secret: Some(secrets.seal(PURPOSE, "7", "hunter2").unwrap()),
            due_at: Timestamp::from_millis(1_000_000),
            last_success_at: None,
            last_error: None,
            last_error_at: None,
            created_at: Timestamp::from_millis(0),
        }
    }

    #[test]
    fn a_kept_secret_goes_to_its_own_server_only() {
        let secrets = Secrets::random();
        let row = row(&secrets);
        let ask = |url, auth| {
            let asked = Asked {
                url,
                query: "up",
                auth,
                username: Some("ana"),
                secret: None,
            };
            secret(&secrets, Some(&row), &asked, MetricId(7))
        };
        let kept = ask("https://prometheus.example.org/other", MetricAuth::Bearer).unwrap();
        assert_eq!(kept.as_deref(), Some("hunter2"));
        for elsewhere in [
            "https://evil.example.org/prom",
            "http://prometheus.example.org/prom",
            "https://prometheus.example.org:8443/prom",
        ] {
            assert!(ask(elsewhere, MetricAuth::Bearer).is_err(), "{elsewhere}");
        }
        assert!(ask(&row.url, MetricAuth::Basic).is_err());
        assert_eq!(ask("https://evil.example.org", MetricAuth::None).unwrap(), None);
    }

    #[test]
    fn a_source_keeps_its_rhythm_and_skips_what_it_missed() {
        let row = row(&Secrets::random());
        let seconds = Duration::from_secs;
        assert_eq!(next(&row, row.due_at), row.due_at + seconds(60));
        assert_eq!(next(&row, row.due_at + seconds(59)), row.due_at + seconds(60));
        assert_eq!(next(&row, row.due_at + seconds(150)), row.due_at + seconds(180));
        let set_back = row.due_at - hours(5);
        assert_eq!(next(&row, set_back), set_back + seconds(60));
    }
}
