//! Maintenance as calendars (RFC 5545): all of it, or one.

use icalendar::{Calendar, Component, Event, EventLike, EventStatus, Property};
use poem::web::{Path, Query};
use poem::{Request, Response, handler};
use shared::Timestamp;
use shared::maintenance::MaintenanceStatus;
use shared::status_page::PublicPage;
use web::routes::public as href;
use web::ui::markdown::to_plain;

use super::file;
use super::page::{Visit, Wishes};
use crate::context::Draft;
use crate::domain::feed::{self, Planned};
use crate::domain::status_page;

const CALENDAR: &str = "text/calendar; charset=utf-8";

/// `/maintenance.ics`
#[handler]
pub async fn all(request: &Request, Query(wishes): Query<Wishes>) -> Response {
    file::answer(request, &wishes, href::CALENDAR, async |visit| {
        Ok(write(visit, &feed::calendar(&visit.cx, visit.page.id).await?))
    })
    .await
}

/// `/maintenance/{code}.ics`
#[handler]
pub async fn one(request: &Request, Path(name): Path<String>, Query(wishes): Query<Wishes>) -> Response {
    let code = name.strip_suffix(".ics").unwrap_or(&name);
    file::answer(request, &wishes, &href::calendar(code), async |visit| {
        let planned = feed::planned(&visit.cx, visit.page.id, code).await?;
        Ok(write(visit, &[planned]))
    })
    .await
}

fn write(visit: &Visit, planned: &[Planned]) -> Draft {
    let page = status_page::public_page(&visit.cx, &visit.page);
    let mut calendar = Calendar::empty();
    for (key, value) in [
        ("VERSION", "2.0"),
        ("PRODID", "-//Signet//Status page//EN"),
        ("CALSCALE", "GREGORIAN"),
        ("METHOD", "PUBLISH"),
        ("X-WR-CALNAME", &*escaped(&page.name)),
        ("X-WR-TIMEZONE", &page.time_zone),
    ] {
        calendar.append_property(Property::new(key, value));
    }
    for planned in planned {
        calendar.push(event(&page, planned));
    }
    Draft::found(CALENDAR, calendar.to_string().into_bytes())
}

fn event(page: &PublicPage, planned: &Planned) -> Event {
    let Planned {
        maintenance,
        created_at,
    } = planned;
    let changed = maintenance.updated_at.to_utc();
    Event::new()
        .uid(&format!("{}@{}", maintenance.id, file::host(&page.url)))
        .sequence(sequence(*created_at, maintenance.updated_at))
        .created(created_at.to_utc())
        // When the file is written would be another moment for each visitor, and the file never the same.
        .timestamp(changed)
        .last_modified(changed)
        .starts(maintenance.starts_at.to_utc())
        .ends(maintenance.ends_at.to_utc())
        .status(status(maintenance.status))
        .summary(&maintenance.title)
        .description(&description(planned))
        .url(&format!("{}{}", page.url, href::maintenance(&maintenance.id)))
        // Work on a product is no reason to look busy.
        .add_property("TRANSP", "TRANSPARENT")
        .done()
}

fn description(planned: &Planned) -> String {
    let parts = planned.maintenance.components.iter().map(|part| part.name.as_str());
    let parts = parts.collect::<Vec<_>>().join(", ");
    let message = to_plain(&planned.maintenance.message);
    if parts.is_empty() {
        message
    } else {
        format!("{message}\n\n{parts}")
    }
}

const fn status(status: MaintenanceStatus) -> EventStatus {
    match status {
        MaintenanceStatus::Cancelled => EventStatus::Cancelled,
        MaintenanceStatus::Scheduled
        | MaintenanceStatus::InProgress
        | MaintenanceStatus::Verifying
        | MaintenanceStatus::Completed => EventStatus::Confirmed,
    }
}

/// Which revision this is: tenths of a second from the announcement to the last change, rounded up, so that the first is 0
/// and the first change is 1 at least. Seven years fit into the 31 bits that calendars have for it.
fn sequence(created_at: Timestamp, updated_at: Timestamp) -> u32 {
    let tenths = updated_at.since(created_at).as_millis().div_ceil(100);
    u32::try_from(tenths).unwrap_or(u32::MAX).min(i32::MAX.unsigned_abs())
}

/// A text that the library does not know for one, since its name begins with `X-`.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace(';', "\\;").replace(',', "\\,")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_change_is_a_higher_revision_and_always_fits() {
        let at = Timestamp::from_millis;
        assert_eq!(sequence(at(5_000), at(5_000)), 0);
        assert_eq!(sequence(at(5_000), at(5_001)), 1);
        assert_eq!(sequence(at(5_000), at(6_000)), 10);
        assert_eq!(sequence(at(0), at(i64::MAX)), 2_147_483_647);
    }
}
