//! Many subscribers at once, from a table and into one.

use std::collections::HashSet;

use csv::{ReaderBuilder, StringRecord, WriterBuilder};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use shared::access::Permission;
use shared::channel::Channel;
use shared::preferences::Preferences;
use shared::problem::FieldCode;
use shared::subscriber::{IMPORT_MAX, ImportSubscribers, NewSubscriber, RefusedLine, Scope, SubscriberImport};
use shared::{PageId, Validate};

use super::subscription::{self as wishes, Wish};
use super::{page as pages, target};
use crate::context::{Audit, Ctx};
use crate::entity::{page, subscriber, subscription};
use crate::error::{Error, Result};

/// Rows in one transaction: bounds how long others wait for the database.
const ROWS: usize = 200;
/// Lines whose reasons are told.
const REASONS: usize = 100;

/// Takes in a table, or tells what would become of it. Safe to repeat: who is subscribed already stays as they are.
pub async fn import(cx: &Ctx, input: ImportSubscribers) -> Result<SubscriberImport> {
    cx.actor.require(Permission::ManageSubscribers)?;
    input.validate()?;
    let page = pages::resolve(cx, input.page_id).await?;
    let is_dry_run = input.is_dry_run.unwrap_or(false);
    let is_confirmed = input.is_confirmed.unwrap_or(false);

    let mut outcome = SubscriberImport {
        is_dry_run,
        added: 0,
        known: 0,
        refused: Vec::new(),
        refused_count: 0,
    };
    let mut seen = known(cx, page.id).await?;
    let mut new = Vec::new();
    for (line, row) in rows(&input.csv)? {
        match row.and_then(|row| wish(&page, row)) {
            Ok(wish) if seen.insert(target::hash(&cx.secrets, wish.channel, &wish.target)) => new.push(wish),
            Ok(_) => outcome.known += 1,
            Err(reason) => refuse(&mut outcome, line, reason),
        }
    }
    outcome.added = u32::try_from(new.len()).unwrap_or(u32::MAX);
    if !is_dry_run {
        for some in new.chunks_mut(ROWS) {
            add(cx, some, is_confirmed).await?;
        }
    }
    Ok(outcome)
}

fn refuse(outcome: &mut SubscriberImport, line: u32, reason: String) {
    outcome.refused_count += 1;
    if outcome.refused.len() < REASONS {
        outcome.refused.push(RefusedLine { line, reason });
    }
}

/// The addresses of a page, as they are found by.
async fn known(cx: &Ctx, page: PageId) -> Result<HashSet<String>> {
    use sea_orm::QuerySelect;
    let hashes: Vec<Option<String>> = subscription::Entity::find()
        .select_only()
        .column(subscription::Column::TargetHash)
        .filter(subscription::Column::PageId.eq(page))
        .into_tuple()
        .all(&cx.db)
        .await?;
    Ok(hashes.into_iter().flatten().collect())
}

async fn add(cx: &Ctx, some: &mut [Wish], is_confirmed: bool) -> Result<()> {
    let mut tx = cx.begin().await?;
    for wish in some.iter_mut() {
        wish.confirmed_at = is_confirmed.then(|| tx.now());
        let row = wishes::insert(&tx, wish).await?;
        if !is_confirmed {
            wishes::ask(&mut tx, row.id).await?;
        }
    }
    let count = format!("{} subscribers", some.len());
    tx.commit(Audit::of("subscriber.import", None, count)).await
}

/// A line by the names of its columns.
struct Row {
    columns: Vec<String>,
    cells: StringRecord,
}

impl Row {
    fn cell(&self, name: &str) -> Option<String> {
        let place = self.columns.iter().position(|column| column == name)?;
        let cell = self.cells.get(place)?.trim();
        (!cell.is_empty()).then(|| cell.to_owned())
    }
}

/// The lines of a table with their numbers.
fn rows(text: &str) -> Result<Vec<(u32, Result<Row, String>)>> {
    let wrong = |reason: String| Error::field("csv", FieldCode::BadFormat, reason);
    let mut reader = ReaderBuilder::new()
        .flexible(true)
        .from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let heads = reader.headers().map_err(|error| wrong(error.to_string()))?;
    let columns: Vec<String> = heads.iter().map(|head| head.trim().to_lowercase()).collect();
    if !columns.iter().any(|column| column == "target") {
        return Err(wrong(format!(
            "has the columns {}, expected one called target",
            columns.join(", ")
        )));
    }
    let mut rows = Vec::new();
    for (i, record) in reader.records().enumerate() {
        if i >= IMPORT_MAX {
            return Err(wrong(format!("has more than {IMPORT_MAX} lines")));
        }
        let row = record.map_err(|error| error.to_string());
        let line = row
            .as_ref()
            .ok()
            .and_then(|cells| cells.position())
            .map_or(i as u64 + 2, csv::Position::line);
        let row = row.map(|cells| Row {
            columns: columns.clone(),
            cells,
        });
        rows.push((u32::try_from(line).unwrap_or(u32::MAX), row));
    }
    Ok(rows)
}

/// What a line wishes, by the rules of one that is typed in.
fn wish(page: &page::Model, row: Row) -> Result<Wish, String> {
    let channel = match row.cell("channel") {
        Some(word) => {
            Channel::from_word(&word.to_lowercase()).ok_or_else(|| format!("there is no channel {word:?}"))?
        }
        None => Channel::Email,
    };
    let labels = row.cell("labels").unwrap_or_default();
    let labels = labels.split(';').map(str::trim).filter(|label| !label.is_empty());
    let input = NewSubscriber {
        channel: Some(channel),
        locale: row.cell("locale"),
        labels: labels.map(str::to_owned).collect(),
        ..NewSubscriber::by_mail(row.cell("target").unwrap_or_default())
    };
    input.validate().map_err(|errors| {
        let told = errors
            .into_iter()
            .map(|error| format!("{} {}", error.field, error.message));
        told.collect::<Vec<_>>().join("; ")
    })?;
    let time_zone = row.cell("time_zone");
    pages::check_time_zone(time_zone.as_deref())
        .map_err(|_| "time_zone is not in the list of time zones".to_owned())?;
    let target = channel
        .parse_target(&input.target)
        .map_err(|flaw| format!("target {}", flaw.message))?;
    Ok(Wish {
        page: page.id,
        channel,
        target,
        scope: Scope::all(),
        preferences: Preferences {
            time_zone,
            ..Preferences::everything()
        },
        locale: input.locale.unwrap_or_else(|| page.locale.clone()),
        labels: input.labels,
        confirmed_at: None,
    })
}

/// All subscribers of a page as a table that [`import`] takes.
pub async fn export(cx: &Ctx, page_id: Option<PageId>) -> Result<String> {
    cx.actor.require(Permission::ManageSubscribers)?;
    let page = pages::resolve(cx, page_id).await?;
    let rows = subscription::Entity::find()
        .find_also_related(subscriber::Entity)
        .filter(subscription::Column::PageId.eq(page.id))
        .order_by_asc(subscription::Column::Id)
        .all(&cx.db)
        .await?;
    let count = format!("{} subscribers", rows.len());
    let mut table = WriterBuilder::new().from_writer(Vec::new());
    let broken = anyhow::Error::from;
    let heads = ["channel", "target", "locale", "labels", "time_zone", "confirmed_at"];
    table.write_record(heads).map_err(broken)?;
    for (row, owner) in rows {
        let owner = owner.ok_or_else(|| Error::not_found("subscriber"))?;
        let confirmed_at = row.confirmed_at.map(|at| at.to_string()).unwrap_or_default();
        let target = target::open(&cx.secrets, &row)?;
        let target = if target.starts_with('=') {
            plain(&target)
        } else {
            target
        };
        let labels = plain(&owner.labels.replace(',', ";"));
        let zone = owner.time_zone.unwrap_or_default();
        let cells = [
            row.channel.as_str(),
            &target,
            &owner.locale,
            &labels,
            &zone,
            &confirmed_at,
        ];
        table.write_record(cells).map_err(broken)?;
    }
    let bytes = table.into_inner().map_err(|error| broken(error.into_error().into()))?;
    let tx = cx.begin().await?;
    tx.commit(Audit::of("subscriber.export", None, count)).await?;
    Ok(String::from_utf8(bytes).map_err(anyhow::Error::from)?)
}

/// A spreadsheet must not take it for a formula.
fn plain(cell: &str) -> String {
    match cell.starts_with(['=', '+', '-', '@']) {
        true => format!("'{cell}"),
        false => cell.to_owned(),
    }
}
