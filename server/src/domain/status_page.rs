//! The public read model: what a visitor sees, built in a fixed number of queries whatever the size of the page. Members who
//! are signed in see more incidents of it; whoever asks is the actor of the context.

use std::collections::{HashMap, HashSet};

use chrono::{Datelike, NaiveDate};
use chrono_tz::Tz;
use sea_orm::sea_query::Query;
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select,
};
use shared::incident::AffectedComponent;
use shared::maintenance::MaintenanceStatus;
use shared::problem::FieldCode;
use shared::status_page::{
    HISTORY_DAYS, HistoryMonth, Overall, PublicComponent, PublicGroup, PublicIncident, PublicMaintenance, PublicPage,
    StatusPage,
};
use shared::time::days;
use shared::{Coded, ComponentGroupId, ComponentId, IncidentId, MaintenanceId, PageId, Timestamp};

use super::calendar::midnight;
use super::{incident_view, maintenance_view, page as page_domain, status, timeline};
use crate::context::Ctx;
use crate::entity::{component, component_group, incident, incident_component, maintenance, page};
use crate::error::{Error, Result};

/// The most incidents one answer shows; a page with more than that open at once has other worries.
const INCIDENTS_MAX: u64 = 200;

/// Incidents on the page of one component.
const INCIDENTS_OF_COMPONENT: u64 = 20;

/// All that the front of a page shows.
pub async fn build(cx: &Ctx, page: PageId) -> Result<StatusPage> {
    cx.read_public(move |cx| async move {
        let page = page_domain::resolve(&cx, Some(page)).await?;
        front(&cx, &page).await
    })
    .await
}

async fn front(cx: &Ctx, page: &page::Model) -> Result<StatusPage> {
    let now = cx.clock.now();
    let groups = groups(cx, page.id).await?;
    let components = components(cx, page.id).await?;
    let statuses = timeline::effective(&cx.db, &components, now).await?;
    let is_public = public_ids(&components);
    let (incidents, recent) = incidents(cx, page.id, now, &is_public).await?;
    let (maintenances, upcoming) = maintenances(cx, page.id, &is_public).await?;
    let is_news = |incident: &&PublicIncident| incident.status.is_open() && !incident.is_forgotten;
    let open_incidents = incidents.iter().filter(is_news).count();
    Ok(StatusPage {
        page: public_page(cx, page),
        version: page.version,
        as_of: now,
        overall: Overall {
            status: status::overall(statuses.values().copied()),
            open_incidents: u32::try_from(open_incidents).unwrap_or(u32::MAX),
        },
        incidents,
        maintenances,
        upcoming,
        groups: public_groups(groups, &components, &statuses),
        components: components
            .into_iter()
            .map(|row| public_component(row, &statuses))
            .collect(),
        recent,
    })
}

/// A page as its visitors know it.
pub fn public_page(cx: &Ctx, row: &page::Model) -> PublicPage {
    let url = match &row.host {
        Some(host) if !row.is_default => format!("https://{host}"),
        _ => cx.config.public_url(),
    };
    PublicPage {
        id: row.id.code(),
        name: row.name.clone(),
        description: row.description.clone(),
        website_url: row.website_url.clone(),
        url,
        locale: row.locale.clone(),
        time_zone: row.time_zone.clone(),
        accent: row.accent.clone(),
    }
}

/// One incident, if visitors may see it.
pub async fn incident(cx: &Ctx, page: PageId, code: &str) -> Result<PublicIncident> {
    let id = IncidentId::from_code(code).ok_or_else(|| Error::not_found("incident"))?;
    cx.read_public(move |cx| async move { one_incident(&cx, page, id).await })
        .await
}

async fn one_incident(cx: &Ctx, page: PageId, id: IncidentId) -> Result<PublicIncident> {
    let which = Condition::all().add(incident::Column::Id.eq(id));
    let is_public = public_ids(&components(cx, page).await?);
    let found = shown_incidents(cx, page, which, &is_public, 1).await?.pop();
    found.ok_or_else(|| Error::not_found("incident"))
}

/// The code of the incident that one was merged into, if it is there for whoever asks.
pub async fn merged_into(cx: &Ctx, page: PageId, code: &str) -> Result<String> {
    let missing = || Error::not_found("incident");
    let id = IncidentId::from_code(code).ok_or_else(missing)?;
    cx.read_public(move |cx| async move {
        let merged = Query::select()
            .column(incident::Column::MergedInto)
            .from(incident::Entity)
            .and_where(incident::Column::Id.eq(id))
            .and_where(incident::Column::PublishedAt.is_not_null())
            .and_where(incident::Column::Visibility.is_in(status::seen_by(&cx.actor).iter().copied()))
            .to_owned();
        let into = incident::Entity::find()
            .filter(incident::Column::PageId.eq(page))
            .filter(incident::Column::Id.in_subquery(merged))
            .filter(incident_view::shown_to(&cx.actor))
            .one(&cx.db)
            .await?;
        into.map(|row| row.id.code()).ok_or_else(missing)
    })
    .await
}

/// One maintenance; one that was called off says so.
pub async fn maintenance(cx: &Ctx, page: PageId, code: &str) -> Result<PublicMaintenance> {
    let id = MaintenanceId::from_code(code).ok_or_else(|| Error::not_found("maintenance"))?;
    cx.read_public(move |cx| async move { one_maintenance(&cx, page, id).await })
        .await
}

async fn one_maintenance(cx: &Ctx, page: PageId, id: MaintenanceId) -> Result<PublicMaintenance> {
    let row = maintenance::Entity::find_by_id(id)
        .filter(maintenance::Column::PageId.eq(page))
        .one(&cx.db)
        .await?;
    let view = maintenance_view::views(&cx.db, row.into_iter().collect()).await?.pop();
    let is_public = public_ids(&components(cx, page).await?);
    let view = view.ok_or_else(|| Error::not_found("maintenance"))?;
    Ok(maintenance_view::public(view, |part| is_public.contains(&part.id)))
}

/// What happened in a month (`2026-11`) of the page's time zone; the present one if left out.
pub async fn history(cx: &Ctx, page: &page::Model, month: Option<&str>) -> Result<HistoryMonth> {
    let now = cx.clock.now();
    let zone: Tz = page.time_zone.parse().unwrap_or(Tz::UTC);
    let first = match month {
        Some(text) => first_day(text)?,
        None => now
            .to_utc()
            .with_timezone(&zone)
            .date_naive()
            .with_day(1)
            .unwrap_or_default(),
    };
    let id = page.id;
    cx.read_public(move |cx| async move { month_of(&cx, id, zone, first).await })
        .await
}

async fn month_of(cx: &Ctx, page: PageId, zone: Tz, first: NaiveDate) -> Result<HistoryMonth> {
    let next = first + chrono::Months::new(1);
    let (from, to) = (midnight(zone, first), midnight(zone, next));
    let is_public = public_ids(&components(cx, page).await?);
    let began = incident::Column::StartedAt
        .gte(from)
        .and(incident::Column::StartedAt.lt(to));
    let incidents = shown_incidents(cx, page, Condition::all().add(began), &is_public, INCIDENTS_MAX).await?;
    let over = maintenance::Entity::find()
        .filter(maintenance::Column::PageId.eq(page))
        .filter(maintenance::Column::Status.eq(MaintenanceStatus::Completed))
        .filter(
            maintenance::Column::StartsAt
                .gte(from)
                .and(maintenance::Column::StartsAt.lt(to)),
        )
        .order_by_desc(maintenance::Column::StartsAt)
        .limit(INCIDENTS_MAX)
        .all(&cx.db)
        .await?;
    let maintenances = maintenance_view::views(&cx.db, over).await?;
    let maintenances = maintenances
        .into_iter()
        .map(|view| maintenance_view::public(view, |part| is_public.contains(&part.id)));
    Ok(HistoryMonth {
        month: first.format("%Y-%m").to_string(),
        incidents,
        maintenances: maintenances.collect(),
    })
}

fn first_day(month: &str) -> Result<NaiveDate> {
    let wrong = || Error::field("month", FieldCode::BadFormat, "is not a month like 2026-11");
    let well_formed = month.len() == 7
        && month
            .bytes()
            .enumerate()
            .all(|(i, b)| if i == 4 { b == b'-' } else { b.is_ascii_digit() });
    if !well_formed {
        return Err(wrong());
    }
    let day = NaiveDate::parse_from_str(&format!("{month}-01"), "%Y-%m-%d").map_err(|_| wrong())?;
    if (1970..=9998).contains(&day.year()) {
        Ok(day)
    } else {
        Err(wrong())
    }
}

pub(super) async fn groups(cx: &Ctx, page: PageId) -> Result<Vec<component_group::Model>> {
    let query = component_group::Entity::find().filter(component_group::Column::PageId.eq(page));
    Ok(query
        .order_by_asc(component_group::Column::Position)
        .order_by_asc(component_group::Column::Id)
        .all(&cx.db)
        .await?)
}

/// The public components of a page.
pub(super) async fn components(cx: &Ctx, page: PageId) -> Result<Vec<component::Model>> {
    let query = component::Entity::find()
        .filter(component::Column::PageId.eq(page))
        .filter(component::Column::IsPublic.eq(true));
    Ok(query
        .order_by_asc(component::Column::Position)
        .order_by_asc(component::Column::Id)
        .all(&cx.db)
        .await?)
}

pub(super) fn public_ids(components: &[component::Model]) -> HashSet<ComponentId> {
    components.iter().map(|row| row.id).collect()
}

/// The newest incidents that touched a component.
pub async fn incidents_of(cx: &Ctx, page: PageId, code: &str) -> Result<Vec<PublicIncident>> {
    let id = ComponentId::from_code(code).ok_or_else(|| Error::not_found("component"))?;
    cx.read_public(move |cx| async move {
        let touching = incident_component::Entity::find()
            .select_only()
            .column(incident_component::Column::IncidentId)
            .filter(incident_component::Column::ComponentId.eq(id))
            .into_query();
        let which = Condition::all().add(incident::Column::Id.in_subquery(touching));
        let is_public = public_ids(&components(&cx, page).await?);
        shown_incidents(&cx, page, which, &is_public, INCIDENTS_OF_COMPONENT).await
    })
    .await
}

/// What stands at the top, open or sticky, the sticky ones first; and the others that were resolved lately.
async fn incidents(
    cx: &Ctx,
    page: PageId,
    now: Timestamp,
    is_public: &HashSet<ComponentId>,
) -> Result<(Vec<PublicIncident>, Vec<PublicIncident>)> {
    let since = now - days(HISTORY_DAYS);
    let at_the_top_or_recent = Condition::any()
        .add(incident::Column::ResolvedAt.is_null())
        .add(incident::Column::ResolvedAt.gte(since))
        .add(incident::Column::IsSticky.eq(true));
    let rows = shown(cx, page, at_the_top_or_recent)
        .order_by_desc(incident::Column::IsSticky)
        .order_by_desc(incident::Column::StartedAt)
        .order_by_desc(incident::Column::Id)
        .limit(INCIDENTS_MAX)
        .all(&cx.db)
        .await?;
    let (mut rows, recent): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.status.is_open() || row.is_sticky);
    let top = rows.len();
    rows.extend(recent);
    let mut found = incident_view::publics(&cx.db, rows, now, |part| is_public.contains(&part.id)).await?;
    let recent = found.split_off(top);
    Ok((found, recent))
}

/// The newest first.
async fn shown_incidents(
    cx: &Ctx,
    page: PageId,
    which: Condition,
    is_public: &HashSet<ComponentId>,
    most: u64,
) -> Result<Vec<PublicIncident>> {
    let rows = shown(cx, page, which)
        .order_by_desc(incident::Column::StartedAt)
        .order_by_desc(incident::Column::Id)
        .limit(most)
        .all(&cx.db)
        .await?;
    incident_view::publics(&cx.db, rows, cx.clock.now(), |part| is_public.contains(&part.id)).await
}

fn shown(cx: &Ctx, page: PageId, which: Condition) -> Select<incident::Entity> {
    incident::Entity::find()
        .filter(incident::Column::PageId.eq(page))
        .filter(incident_view::shown_to(&cx.actor))
        .filter(which)
}

/// Maintenance going on, and to come. What is late is still one of them.
async fn maintenances(
    cx: &Ctx,
    page: PageId,
    is_public: &HashSet<ComponentId>,
) -> Result<(Vec<PublicMaintenance>, Vec<PublicMaintenance>)> {
    let live = [
        MaintenanceStatus::Scheduled,
        MaintenanceStatus::InProgress,
        MaintenanceStatus::Verifying,
    ];
    let rows = maintenance::Entity::find()
        .filter(maintenance::Column::PageId.eq(page))
        .filter(maintenance::Column::Status.is_in(live))
        .order_by_asc(maintenance::Column::StartsAt)
        .limit(INCIDENTS_MAX)
        .all(&cx.db)
        .await?;
    let visible = |part: &AffectedComponent| is_public.contains(&part.id);
    let views = maintenance_view::views(&cx.db, rows)
        .await?
        .into_iter()
        .map(|view| maintenance_view::public(view, visible));
    Ok(views.partition(|view: &PublicMaintenance| view.status.is_running()))
}

fn public_groups(
    rows: Vec<component_group::Model>,
    components: &[component::Model],
    statuses: &HashMap<ComponentId, shared::component::ComponentStatus>,
) -> Vec<PublicGroup> {
    let parents: HashMap<ComponentGroupId, Option<ComponentGroupId>> =
        rows.iter().map(|row| (row.id, row.parent_id)).collect();
    let placed = components
        .iter()
        .filter_map(|row| Some((row.group_id?, *statuses.get(&row.id)?)));
    let worst = status::of_groups(&parents, placed);
    let group = |row: component_group::Model| PublicGroup {
        id: row.id.code(),
        parent_id: row.parent_id.map(Coded::code),
        name: row.name,
        description: row.description,
        status: worst
            .get(&row.id)
            .copied()
            .unwrap_or(shared::component::ComponentStatus::Operational),
    };
    rows.into_iter().map(group).collect()
}

fn public_component(
    row: component::Model,
    statuses: &HashMap<ComponentId, shared::component::ComponentStatus>,
) -> PublicComponent {
    PublicComponent {
        id: row.id.code(),
        group_id: row.group_id.map(Coded::code),
        slug: row.slug,
        name: row.name,
        description: row.description,
        link: row.link,
        status: statuses.get(&row.id).copied().unwrap_or(row.status),
    }
}

/// The months before and after that can be shown: back to the month of the page's first incident or maintenance, on to
/// the present one.
pub async fn neighbours(cx: &Ctx, page: &page::Model, month: &str) -> Result<(Option<String>, Option<String>)> {
    let zone: Tz = page.time_zone.parse().unwrap_or(Tz::UTC);
    let first = first_day(month)?;
    let of = |at: Timestamp| {
        at.to_utc()
            .with_timezone(&zone)
            .date_naive()
            .with_day(1)
            .unwrap_or_default()
    };
    let id = page.id;
    let oldest = cx
        .read_public(move |cx| async move {
            let query = shown(&cx, id, Condition::all());
            Ok(query.order_by_asc(incident::Column::StartedAt).one(&cx.db).await?)
        })
        .await?;
    let begin = oldest.map_or_else(|| of(cx.clock.now()), |row| of(row.started_at));
    let name = |day: NaiveDate| day.format("%Y-%m").to_string();
    let older = (first > begin).then(|| name(first - chrono::Months::new(1)));
    let newer = (first < of(cx.clock.now())).then(|| name(first + chrono::Months::new(1)));
    Ok((older, newer))
}
