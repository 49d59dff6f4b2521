//! How a page counts, what is put right later, and months: every figure follows the same rules.

use harness::{Refusal, TestApp, hours, minutes};
use serde_json::json;
use server::domain::uptime::{History, verify};
use shared::component::{Component, ComponentStatus};
use shared::incident::Incident;
use shared::list::StatusCorrectionList;
use shared::page::Page;
use shared::status_page::Cause;
use shared::uptime::{MonthUptime, PageUptime, StatusCorrection, UptimeExplanation, UptimeMonths};

use super::uptime::{DAY, a_bad_morning, bar, figure, set};

async fn change_page(app: &TestApp, patch: serde_json::Value) {
    let page = app.seed().component("Only to know the page").await.page_id;
    let _: Page = app
        .admin()
        .await
        .patch(&format!("/pages/{page}"), &patch)
        .await
        .unwrap();
}

async fn uptime(app: &TestApp) -> PageUptime {
    app.second_node().await.visitor().get("/public/uptime").await.unwrap()
}

async fn correct(app: &TestApp, component: &Component, input: serde_json::Value) -> Result<StatusCorrection, Refusal> {
    let path = format!("/components/{}/corrections", component.id);
    app.admin().await.post(&path, &input).await
}

async fn months(app: &TestApp, component: &Component) -> Vec<MonthUptime> {
    let path = format!("/public/components/{}/uptime/months", component.code);
    let told: UptimeMonths = app.second_node().await.visitor().get(&path).await.unwrap();
    told.months
}

harness::on_every_database! {
    /// Half an hour of a partial outage, half an hour of maintenance, an hour up.
    async fn a_page_counts_as_its_settings_say(app: TestApp) {
        let api = app.seed().component("API").await;
        set(&app, &api, ComponentStatus::PartialOutage).await;
        app.clock.advance(minutes(30));
        set(&app, &api, ComponentStatus::UnderMaintenance).await;
        app.clock.advance(minutes(30));
        set(&app, &api, ComponentStatus::Operational).await;
        app.clock.advance(hours(1));
        assert_eq!(uptime(&app).await.components[0].percent.as_deref(), Some("90.000"));

        change_page(&app, json!({ "partial_outage_percent": 100, "counts_maintenance": true, "uptime_places": 1 })).await;
        let told = uptime(&app).await;
        assert_eq!(told.components[0].percent.as_deref(), Some("75.000"));
        assert_eq!((told.weights.partial_outage, told.weights.counts_maintenance, told.places), (1.0, true, 1));
        let (_, html) = app.visitor().page("/components/api").await;
        for words in ["75.0% of the time it was up", "a partial outage for 100% of its time", "Maintenance counts as time up."] {
            assert!(html.contains(words), "{words} is missing in {html}");
        }
        let path = format!("/pages/{}", api.page_id);
        let refusal = app.admin().await.patch::<Page>(&path, &json!({ "partial_outage_percent": 101, "uptime_places": 4 })).await.unwrap_err();
        assert_eq!(refusal.fields(), ["partial_outage_percent", "uptime_places"]);
    }

    async fn a_group_says_the_mean_the_worst_or_the_weighted_mean(app: TestApp) {
        let outer = app.seed().group("Europe").await;
        let inner = app.seed().group_in(Some(outer.id), "Frankfurt").await;
        let api = app.seed().component_in(inner.id, "API").await;
        let website = app.seed().component_in(outer.id, "Website").await;
        let patch = json!({ "uptime_weight": 3 });
        let _: Component = app.admin().await.patch(&format!("/components/{}", website.id), &patch).await.unwrap();
        set(&app, &api, ComponentStatus::MajorOutage).await;
        app.clock.advance(hours(1));
        set(&app, &api, ComponentStatus::Operational).await;
        app.clock.advance(hours(1));

        for (rule, figure, words) in [
            ("mean", "75.000", "75.00%<span class=\"unseen\"> mean of 2 components"),
            ("worst", "50.000", "50.00%<span class=\"unseen\"> the worst of 2 components"),
            ("weighted", "87.500", "87.50%<span class=\"unseen\"> weighted mean of 2 components"),
        ] {
            let _: Page = app.admin().await.patch(&format!("/pages/{}", api.page_id), &json!({ "group_uptime": rule })).await.unwrap();
            let told = uptime(&app).await;
            let figures: Vec<_> = told.groups.iter().map(|group| (group.percent.as_str(), group.components)).collect();
            assert_eq!(figures, [(figure, 2), ("50.000", 1)]);
            let (_, html) = app.visitor().page("/").await;
            let html = html.replace("<!>", "");
            assert!(html.contains(words), "{words} is missing in {html}");
        }
    }

    /// Three days, each with half an hour down; on the second it was a false alarm.
    async fn what_was_found_out_later_stands_beside_what_was_believed(app: TestApp) {
        let api = app.seed().component("API").await;
        for _ in 0..3 {
            a_bad_morning(&app, &api).await;
            app.clock.advance(hours(22));
        }
        app.run_jobs().await;
        assert_eq!(bar(&app).await.exceptions.len(), 3);

        let made = correct(&app, &api, json!({
            "from": "2026-11-25T10:00:00Z", "to": "2026-11-25T13:00:00Z", "status": "operational", "reason": "The probe was broken.",
        })).await.unwrap();
        assert_eq!((made.is_at_least, made.author.as_deref()), (false, Some("Ana Silva")));
        let bar = bar(&app).await;
        let days: Vec<_> = bar.exceptions.iter().map(|day| day.day.as_str()).collect();
        assert_eq!(days, ["2026-11-24", "2026-11-26"]);
        let of_the_day = "?from=2026-11-25T00:00:00Z&to=2026-11-26T00:00:00Z";
        assert_eq!(figure(&app.second_node().await, &api, of_the_day).await.unwrap().percent.as_deref(), Some("100"));
        assert_eq!(verify(&app.database.connect().await).await.unwrap(), History::Sound(3));

        // The day that is not over yet.
        a_bad_morning(&app, &api).await;
        correct(&app, &api, json!({
            "from": "2026-11-27T11:00:00Z", "to": "2026-11-27T11:15:00Z", "status": "partial_outage", "reason": "It worked for most.",
        })).await.unwrap();
        let told: UptimeExplanation = app.visitor().get(&format!("/public/components/{}/uptime/explain", api.code)).await.unwrap();
        let reasons: Vec<_> = told.corrections.iter().map(|one| one.reason.as_str()).collect();
        assert_eq!(reasons, ["The probe was broken.", "It worked for most."]);
        let last: Vec<_> = told.intervals.iter().rev().take(3).map(|one| (one.status, one.cause)).collect();
        assert_eq!(last[1..], [
            (ComponentStatus::MajorOutage, Some(Cause::Member)),
            (ComponentStatus::PartialOutage, Some(Cause::Correction)),
        ]);
        // Closed, it says the same.
        let range = "?from=2026-11-24T10:00:00Z&to=2026-11-28T00:00:00Z";
        let before = figure(&app.second_node().await, &api, range).await.unwrap().down_ms;
        app.clock.advance(DAY);
        app.run_jobs().await;
        let after = figure(&app.second_node().await, &api, range).await.unwrap();
        assert_eq!((before, after.down_ms), (4_770_000, 4_770_000));
        let (_, html) = app.visitor().page("/components/api").await;
        assert!(html.contains("Put right later") && html.contains("The probe was broken."), "{html}");

        let list: StatusCorrectionList = app.admin().await.get(&format!("/components/{}/corrections", api.id)).await.unwrap();
        assert_eq!(list.items.len(), 2);
        for (input, field) in [
            (json!({ "from": "2026-11-25T10:00:00Z", "to": "2026-11-25T10:00:00Z", "status": "operational", "reason": "A" }), "to"),
            (json!({ "from": "2026-11-25T10:00:00Z", "to": "2027-11-25T10:00:00Z", "status": "operational", "reason": "A" }), "to"),
            (json!({ "from": "2020-11-25T10:00:00Z", "to": "2026-11-25T10:00:00Z", "status": "operational", "reason": "A" }), "from"),
            (json!({ "from": "2026-11-25T10:00:00Z", "to": "2026-11-25T11:00:00Z", "status": "operational", "reason": "" }), "reason"),
        ] {
            assert_eq!(correct(&app, &api, input).await.unwrap_err().fields(), [field]);
        }
    }

    async fn months_are_closed_and_say_when_they_were_put_right(app: TestApp) {
        let api = app.seed().component("API").await;
        a_bad_morning(&app, &api).await;
        app.clock.advance(DAY * 75);
        app.run_jobs().await;
        let told = months(&app, &api).await;
        let names: Vec<_> = told.iter().map(|month| (month.month.as_str(), month.is_closed, month.down_ms)).collect();
        assert_eq!(names, [
            ("2027-02", false, 0), ("2027-01", true, 0), ("2026-12", true, 0), ("2026-11", true, 1_800_000),
        ]);
        correct(&app, &api, json!({
            "from": "2026-12-24T10:00:00Z", "to": "2026-12-24T11:00:00Z", "status": "major_outage", "reason": "Nobody was looking.",
        })).await.unwrap();
        let told = months(&app, &api).await;
        assert_eq!((told[2].is_corrected, told[2].down_ms, told[1].is_corrected), (true, 3_600_000, false));
        assert_eq!(verify(&app.database.connect().await).await.unwrap(), History::Sound(75));
        let (_, html) = app.visitor().page("/components/api").await;
        assert!(html.contains("December 2026") && html.contains("(put right later)"), "{html}");
    }

    /// The clocks change on 28 March 2027 in Berlin; the outage begins the evening before and lasts to the evening after.
    async fn an_outage_across_midnights_and_a_day_of_23_hours(app: TestApp) {
        let api = app.seed().component("API").await;
        let _: Page = app.admin().await.patch(&format!("/pages/{}", api.page_id), &json!({ "time_zone": "Europe/Berlin" })).await.unwrap();
        app.clock.advance(DAY * 123 + hours(8));
        set(&app, &api, ComponentStatus::MajorOutage).await;
        app.clock.advance(DAY + hours(2));
        set(&app, &api, ComponentStatus::Operational).await;
        app.clock.advance(DAY);
        let open = bar(&app).await;
        let days: Vec<_> = open.exceptions.iter().map(|day| (day.day.as_str(), day.major_outage_s, day.percent.as_deref())).collect();
        assert_eq!(days, [
            ("2027-03-27", Some(5 * 3_600), Some("79.166")),
            ("2027-03-28", Some(21 * 3_600), Some("8.695")),
        ]);
        app.run_jobs().await;
        assert_eq!(bar(&app).await, open);
    }

    /// Down for eleven years, over three leap days.
    async fn an_outage_of_eleven_years(app: TestApp) {
        let api = app.seed().component("API").await;
        app.clock.advance(hours(14));
        set(&app, &api, ComponentStatus::MajorOutage).await;
        app.clock.advance(DAY * (365 * 11 + 3));
        set(&app, &api, ComponentStatus::Operational).await;
        app.clock.advance(DAY);
        app.run_jobs().await;
        let report = figure(&app, &api, "?from=2026-11-24T10:00:00Z").await.unwrap();
        assert_eq!(report.down_ms, 86_400_000 * (365 * 11 + 3));
        let path = format!("/public/components/{}/uptime/months?months=600", api.code);
        let told: UptimeMonths = app.visitor().get(&path).await.unwrap();
        let down: u64 = told.months.iter().map(|month| month.down_ms).sum();
        assert_eq!((told.months.len(), down), (133, report.down_ms));
        let leap = told.months.iter().find(|month| month.month == "2028-02").unwrap();
        assert_eq!(leap.down_ms, 29 * 86_400_000);
    }

    /// Told two days later: it counts for the hour it lasted, as what it was no better than.
    async fn an_incident_that_is_told_when_it_is_over_counts(app: TestApp) {
        let api = app.seed().component("API").await;
        app.clock.advance(DAY * 2);
        app.run_jobs().await;
        let late = json!({
            "title": "Slow at night", "message": "We found it in the logs.", "status": "resolved",
            "started_at": "2026-11-25T02:00:00Z", "resolved_at": "2026-11-25T03:00:00Z",
            "components": [{ "id": api.id, "status": "major_outage" }],
        });
        let made: Incident = app.admin().await.post("/incidents", &late).await.unwrap();
        let range = "?from=2026-11-25T00:00:00Z&to=2026-11-26T00:00:00Z";
        assert_eq!(figure(&app.second_node().await, &api, range).await.unwrap().down_ms, 3_600_000);
        let path = format!("/public/components/{}/uptime/explain{range}", api.code);
        let told: UptimeExplanation = app.second_node().await.visitor().get(&path).await.unwrap();
        let causes: Vec<_> = told.intervals.iter().map(|one| (one.status, one.cause_id.clone())).collect();
        assert_eq!(causes[1], (ComponentStatus::MajorOutage, Some(made.code)));
        assert_eq!(told.corrections[0].reason, "Slow at night");

        // One that was kept as a draft first counts once it is told.
        let draft = json!({
            "title": "Slow again", "message": "The same.", "status": "resolved", "is_draft": true,
            "started_at": "2026-11-25T04:00:00Z", "resolved_at": "2026-11-25T05:00:00Z",
            "components": [{ "id": api.id, "status": "major_outage" }],
        });
        let draft: Incident = app.admin().await.post("/incidents", &draft).await.unwrap();
        assert_eq!(figure(&app.second_node().await, &api, range).await.unwrap().down_ms, 3_600_000);
        let publish = json!({ "is_draft": false });
        let _: Incident = app.admin().await.patch(&format!("/incidents/{}", draft.id), &publish).await.unwrap();
        assert_eq!(figure(&app.second_node().await, &api, range).await.unwrap().down_ms, 7_200_000);
    }
}
