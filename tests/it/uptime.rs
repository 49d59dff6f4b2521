//! Uptime that can be checked: on the bar, in the figure, and in what the figure was made from.

use harness::{Refusal, TestApp, Told, hours, minutes};
use sea_orm::ConnectionTrait;
use serde_json::json;
use server::domain::uptime::{History, verify};
use shared::component::{Component, ComponentStatus, SetComponentStatus};
use shared::problem::Code;
use shared::status_page::Cause;
use shared::uptime::{ComponentUptime, PageUptime, UptimeExplanation, UptimeReport};

pub(super) const DAY: std::time::Duration = hours(24);

pub(super) async fn set(app: &TestApp, component: &Component, status: ComponentStatus) {
    let input = SetComponentStatus {
        status,
        notify: Some(false),
    };
    let admin = app.admin().await;
    admin
        .api()
        .set_component_status(component.id.0, &input)
        .await
        .told()
        .unwrap();
}

/// An hour up, half an hour down, half an hour up.
pub(super) async fn a_bad_morning(app: &TestApp, component: &Component) {
    app.clock.advance(hours(1));
    set(app, component, ComponentStatus::MajorOutage).await;
    app.clock.advance(minutes(30));
    set(app, component, ComponentStatus::Operational).await;
    app.clock.advance(minutes(30));
}

/// As a process sees it that has just been started.
pub(super) async fn bar(app: &TestApp) -> ComponentUptime {
    let node = app.second_node().await;
    let page: PageUptime = node.visitor().get("/public/uptime").await.unwrap();
    page.components[0].clone()
}

pub(super) async fn figure(app: &TestApp, component: &Component, query: &str) -> Result<UptimeReport, Refusal> {
    let path = format!("/public/components/{}/uptime{query}", component.code);
    app.visitor().get(&path).await
}

harness::on_every_database! {
    async fn half_an_hour_down_is_on_the_bar_and_in_the_figure_and_explained(app: TestApp) {
        let api = app.seed().component("API").await;
        a_bad_morning(&app, &api).await;

        let bar = bar(&app).await;
        assert_eq!((bar.percent.as_deref(), bar.measured_days, bar.known_from.as_deref()), (Some("75.000"), 1, Some("2026-11-24")));
        assert_eq!((bar.exceptions[0].status, bar.exceptions[0].major_outage_s), (ComponentStatus::MajorOutage, Some(1_800)));
        let report = figure(&app, &api, "").await.unwrap();
        assert_eq!((report.percent.as_deref(), report.measured_ms, report.down_ms), (Some("75.000"), 7_200_000, 1_800_000));

        let path = format!("/public/components/{}/uptime/explain?from=2026-11-24T10:30:00Z", api.code);
        let told: UptimeExplanation = app.visitor().get(&path).await.unwrap();
        let stretches: Vec<_> = told.intervals.iter().map(|one| (one.status, one.weight, one.to.since(one.from))).collect();
        assert_eq!(stretches, [
            (ComponentStatus::Operational, 0.0, minutes(30)),
            (ComponentStatus::MajorOutage, 1.0, minutes(30)),
            (ComponentStatus::Operational, 0.0, minutes(30)),
        ]);
        assert_eq!(told.intervals[1].cause, Some(Cause::Member));
        assert_eq!(told.report.percent.as_deref(), Some("66.666"));
        let (_, html) = app.visitor().page("/").await;
        assert!(html.contains("75.00% uptime in 1 day") && html.contains("href=\"/components/api\""));
        let (status, html) = app.visitor().page("/components/api").await;
        assert_eq!(status, 200);
        for words in ["75.00% of the time it was up: of 2 h that were measured, 30 min count as down", "Tuesday, 24 November", "in full", "a member of the team"] {
            assert!(html.contains(words), "{words} is missing in {html}");
        }
        assert_eq!(app.visitor().page("/components/nope").await.0, 404);
    }

    /// Before and after days are closed, and on another process, it is the same; a day changed by hand shows.
    async fn closed_days_say_what_they_said_when_they_were_open(app: TestApp) {
        let api = app.seed().component("API").await;
        for _ in 0..4 {
            a_bad_morning(&app, &api).await;
            app.clock.advance(hours(22));
        }
        set(&app, &api, ComponentStatus::PartialOutage).await;
        app.clock.advance(hours(1));
        let range = "?from=2026-11-24T10:45:00Z&to=2026-11-28T10:30:00Z";
        let (open_bar, open_figure) = (bar(&app).await, figure(&app, &api, range).await.unwrap());
        assert_eq!(open_bar.measured_days, 5);

        app.run_jobs().await;
        let connection = app.database.connect().await;
        assert_eq!(verify(&connection).await.unwrap(), History::Sound(4));
        assert_eq!(bar(&app).await, open_bar);
        let report = figure(&app.second_node().await, &api, range).await.unwrap();
        assert_eq!(report, open_figure);

        connection
            .execute_unprepared("UPDATE uptime_day SET major_outage_ms = 0, operational_ms = 86400000 WHERE day = '2026-11-26'")
            .await
            .unwrap();
        let broken = verify(&connection).await.unwrap();
        assert_eq!(broken, History::Broken { component: api.id, day: "2026-11-26".into() });
    }

    /// Ninety days of it: the bar holds the last ninety, and what is older is still in the figure of its range.
    async fn what_is_older_than_the_bar_is_still_known(app: TestApp) {
        let api = app.seed().component("API").await;
        a_bad_morning(&app, &api).await;
        app.clock.advance(DAY * 100);
        app.run_jobs().await;
        let bar = bar(&app).await;
        assert_eq!((bar.percent.as_deref(), bar.measured_days), (Some("100"), 90));
        assert!(bar.exceptions.is_empty());
        let report = figure(&app, &api, "?from=2026-11-24T00:00:00Z&to=2026-11-25T00:00:00Z").await.unwrap();
        assert_eq!((report.down_ms, report.unknown_ms), (1_800_000, 36_000_000));
    }

    async fn what_visitors_may_not_see_has_no_figure(app: TestApp) {
        let api = app.seed().component("API").await;
        app.clock.advance(hours(1));
        let hidden = app.seed().component("Vault").await;
        let patch = json!({ "is_public": false });
        let _: Component = app.admin().await.patch(&format!("/components/{}", hidden.id), &patch).await.unwrap();
        assert_eq!(figure(&app, &hidden, "").await.unwrap_err().code(), Code::NotFound);
        let refusal = figure(&app, &api, "?from=2026-11-24T12:00:00Z&to=2026-11-24T11:00:00Z").await.unwrap_err();
        assert_eq!((refusal.code(), refusal.fields()), (Code::Invalid, vec!["from"]));
    }
}
