//! Maintenance, as operators plan it, as the clock carries it out, and as visitors and subscribers learn of it.

use harness::{Client, TestApp, Told, days, hours, minutes};
use shared::access::Role;
use shared::component::ComponentStatus::{self, MajorOutage, Operational, PartialOutage, UnderMaintenance};
use shared::component::SetComponentStatus;
use shared::event::EventKind;
use shared::incident::NewIncident;
use shared::list::{DeliveryList, MaintenanceList};
use shared::maintenance::{
    AdvanceMaintenance, CancelMaintenance, Maintenance, MaintenancePatch, MaintenanceStatus, NewMaintenance,
    NewMaintenanceUpdate,
};
use shared::problem::Code;
use shared::status_page::{PublicMaintenance, StatusPage};
use shared::{ComponentId, Timestamp};

use MaintenanceStatus::{Cancelled, Completed, InProgress, Scheduled, Verifying};

/// In an hour, for two hours.
fn soon(app: &TestApp) -> NewMaintenance {
    let starts_at = app.clock.now() + hours(1);
    NewMaintenance::between("Database upgrade", starts_at, starts_at + hours(2))
}

async fn plan(admin: &Client, input: NewMaintenance) -> Maintenance {
    admin.post("/maintenances", &input).await.unwrap()
}

async fn get(admin: &Client, maintenance: &Maintenance) -> Maintenance {
    admin.get(&format!("/maintenances/{}", maintenance.id)).await.unwrap()
}

async fn advance(admin: &Client, maintenance: &Maintenance, verb: &str) -> Maintenance {
    let input = AdvanceMaintenance {
        message: None,
        notify: None,
    };
    admin
        .post(&format!("/maintenances/{}/{verb}", maintenance.id), &input)
        .await
        .unwrap()
}

async fn cancel(admin: &Client, maintenance: &Maintenance, whole_series: bool) -> Maintenance {
    let input = CancelMaintenance {
        message: Some("Not this time.".into()),
        whole_series: Some(whole_series),
        notify: None,
    };
    admin
        .post(&format!("/maintenances/{}/cancel", maintenance.id), &input)
        .await
        .unwrap()
}

/// All of them, the soonest first.
async fn all(admin: &Client) -> Vec<Maintenance> {
    let list: MaintenanceList = admin.get("/maintenances?order=asc").await.unwrap();
    list.items
}

async fn status(app: &TestApp) -> StatusPage {
    app.visitor().api().get_status(None).await.told().unwrap()
}

async fn seen(app: &TestApp, id: ComponentId) -> ComponentStatus {
    let code = shared::Coded::code(id);
    let page = status(app).await;
    page.components
        .into_iter()
        .find(|component| component.id == code)
        .unwrap()
        .status
}

/// An access token lives 15 minutes.
async fn later(app: &TestApp, span: std::time::Duration) -> Client {
    app.clock.advance(span);
    app.run_jobs().await;
    app.admin().await
}

harness::on_every_database! {
    /// The main job: planned once, it comes every week, starts and ends by the clock, and the page follows.
    async fn a_weekly_maintenance_starts_and_ends_by_the_clock(app: TestApp) {
        let admin = app.admin().await;
        let api = app.seed().component("API").await;
        app.seed().subscriber("ana@example.org").await;
        let first = plan(&admin, soon(&app).on(api.id).again("FREQ=WEEKLY")).await;
        assert_eq!((first.status, first.series_id), (Scheduled, Some(first.id)));
        assert_eq!(status(&app).await.upcoming.len(), 1);

        let admin = later(&app, hours(1)).await;
        let page = status(&app).await;
        assert_eq!((page.maintenances.len(), page.upcoming.len(), page.overall.status), (1, 1, UnderMaintenance));
        assert_eq!(page.maintenances[0].updates[0].status, InProgress);
        assert_eq!(page.upcoming[0].starts_at, first.starts_at + days(7));

        let _ = later(&app, hours(2)).await;
        let page = status(&app).await;
        assert_eq!((page.maintenances.len(), page.upcoming.len(), page.overall.status), (0, 1, Operational));
        let public: PublicMaintenance = app.visitor().get(&format!("/public/maintenances/{}", first.code)).await.unwrap();
        let told: Vec<_> = public.updates.iter().map(|update| update.status).collect();
        assert_eq!(told, [Completed, InProgress]);
        let subjects: Vec<String> = app.mailbox().to("ana@example.org").iter().map(|mail| mail.subject.clone()).collect();
        assert_eq!(subjects.len(), 3, "planned, started, ended: {subjects:?}");
        drop(admin);

        let admin = later(&app, days(7)).await;
        let statuses: Vec<_> = all(&admin).await.iter().map(|maintenance| maintenance.status).collect();
        assert_eq!(statuses, [Completed, Completed, Scheduled]);
    }

    /// Two nodes whose clocks tick together make the next one once.
    async fn two_nodes_make_one_next(app: TestApp) {
        let admin = app.admin().await;
        let other = app.second_node().await;
        plan(&admin, soon(&app).again("FREQ=DAILY")).await;
        app.clock.advance(hours(1));
        let (cx, cx2) = (app.cx.as_system("test"), other.cx.as_system("test"));
        let sweep = server::domain::maintenance_clock::sweep;
        let (one, two) = tokio::join!(sweep(&cx), sweep(&cx2));
        // A database may refuse one of two that wait for each other; the job comes back.
        drop((one, two));
        sweep(&cx).await.unwrap();
        sweep(&cx2).await.unwrap();
        let admin = app.admin().await;
        let found = all(&admin).await;
        assert_eq!(found.iter().map(|maintenance| maintenance.status).collect::<Vec<_>>(), [InProgress, Scheduled]);
        assert_eq!(found[0].updates.len(), 1);
    }

    /// Whoever asks what is worked on just now is not told what is planned or over.
    async fn what_runs_is_listed_alone(app: TestApp) {
        let admin = app.admin().await;
        let running = plan(&admin, soon(&app)).await;
        let over = plan(&admin, soon(&app)).await;
        let planned = plan(&admin, soon(&app)).await;
        advance(&admin, &running, "start").await;
        advance(&admin, &over, "start").await;
        advance(&admin, &over, "complete").await;
        for (question, expected) in [
            ("is_running=true", &[running.id][..]),
            ("is_running=false&order=asc", &[over.id, planned.id]),
            ("is_running=false&is_over=false", &[planned.id]),
            ("is_over=true", &[over.id]),
        ] {
            let list: MaintenanceList = admin.get(&format!("/maintenances?{question}")).await.unwrap();
            let found: Vec<_> = list.items.iter().map(|one| one.id).collect();
            assert_eq!(found, expected, "{question}");
        }
        advance(&admin, &running, "verify").await;
        let list: MaintenanceList = admin.get("/maintenances?is_running=true").await.unwrap();
        assert_eq!(list.items.len(), 1, "what is being verified is not over");
    }

    /// People start early and end late; the plan and what happened are both kept.
    async fn started_early_and_ended_late(app: TestApp) {
        let admin = app.admin().await;
        let api = app.seed().component("API").await;
        let planned = plan(&admin, NewMaintenance { ends_by_itself: Some(false), ..soon(&app).on(api.id) }).await;
        let started = advance(&admin, &planned, "start").await;
        assert_eq!(started.actual_started_at, Some(app.clock.now()));
        assert_eq!((started.starts_at, seen(&app, api.id).await), (planned.starts_at, UnderMaintenance));

        let admin = later(&app, hours(5)).await;
        assert_eq!(status(&app).await.maintenances.len(), 1, "late, and still there");
        assert_eq!(advance(&admin, &planned, "verify").await.status, Verifying);
        let update = NewMaintenanceUpdate { message: "It **looks** good.".into(), notify: None };
        let _: Maintenance = admin.post(&format!("/maintenances/{}/updates", planned.id), &update).await.unwrap();
        let ended = advance(&admin, &planned, "complete").await;
        assert_eq!(ended.actual_ended_at, Some(app.clock.now()));
        assert_eq!(ended.updates.len(), 4);
        let (answer, html) = app.visitor().page(&format!("/maintenance/{}", planned.code)).await;
        assert!(answer == 200 && html.contains("<strong>looks</strong>"));
        let input = AdvanceMaintenance { message: None, notify: None };
        let again = admin.post::<Maintenance>(&format!("/maintenances/{}/start", planned.id), &input).await.unwrap_err();
        assert_eq!(again.code(), Code::Conflict);
    }

    /// One of a series is moved, another skipped, and the series goes on; until it is called off as a whole.
    async fn one_is_moved_one_is_skipped_and_the_series_ends(app: TestApp) {
        let admin = app.admin().await;
        let first = plan(&admin, soon(&app).again("FREQ=DAILY")).await;
        let moved = MaintenancePatch {
            starts_at: Some(first.starts_at + hours(3)),
            ends_at: Some(first.ends_at + hours(3)),
            ..MaintenancePatch::nothing()
        };
        let moved: Maintenance = admin.patch(&format!("/maintenances/{}", first.id), &moved).await.unwrap();
        assert_eq!(moved.starts_at, first.starts_at + hours(3));

        cancel(&admin, &first, false).await;
        let found = all(&admin).await;
        assert_eq!(found.iter().map(|maintenance| maintenance.status).collect::<Vec<_>>(), [Cancelled, Scheduled]);
        assert_eq!(found[1].starts_at, first.starts_at + days(1), "the rule does not move with one of its series");
        let (answer, html) = app.visitor().page(&format!("/maintenance/{}", first.code)).await;
        assert!(answer == 200 && html.contains("Not this time."));

        assert!(admin.delete(&format!("/maintenances/{}", found[1].id)).await.is_err(), "it is to come");
        cancel(&admin, &found[1], true).await;
        let _ = later(&app, days(3)).await;
        let found = all(&app.admin().await).await;
        assert_eq!(found.iter().map(|maintenance| maintenance.status).collect::<Vec<_>>(), [Cancelled, Cancelled]);
    }

    /// While a quiet one runs nobody is mailed about its components; afterwards they are again.
    async fn a_quiet_one_keeps_its_components_quiet(app: TestApp) {
        let admin = app.admin().await;
        let (api, website) = (app.seed().component("API").await, app.seed().component("Website").await);
        app.seed().subscriber("ana@example.org").await;
        let quiet = NewMaintenance { is_quiet: Some(true), notify: Some(false), ..soon(&app).on(api.id) };
        let quiet = plan(&admin, quiet).await;
        let silent = AdvanceMaintenance { message: None, notify: Some(false) };
        let _: Maintenance = admin.post(&format!("/maintenances/{}/start", quiet.id), &silent).await.unwrap();

        let open = |title: &str, id| NewIncident::investigating(title).affecting(id, MajorOutage);
        let quiet_one = admin.api().create_incident(&open("API is down", api.id)).await.told().unwrap();
        app.run_jobs().await;
        assert!(app.mailbox().letters().is_empty());
        admin.api().delete_incident(quiet_one.id.0).await.told().unwrap();
        admin.api().create_incident(&open("Website is down", website.id)).await.told().unwrap();
        app.run_jobs().await;
        assert_eq!(app.mailbox().letters().len(), 1);

        let _: Maintenance = admin.post(&format!("/maintenances/{}/complete", quiet.id), &silent).await.unwrap();
        let slow = SetComponentStatus { status: PartialOutage, notify: None };
        admin.api().set_component_status(api.id.0, &slow).await.told().unwrap();
        app.run_jobs().await;
        assert_eq!(app.mailbox().letters().len(), 2);
    }

    /// Operators find what was sent of a maintenance, and of no other.
    async fn what_was_sent_of_a_maintenance_is_found(app: TestApp) {
        let admin = app.admin().await;
        app.seed().subscriber("ana@example.org").await;
        let (ours, other) = (plan(&admin, soon(&app)).await, plan(&admin, soon(&app)).await);
        app.run_jobs().await;
        advance(&admin, &ours, "start").await;
        app.run_jobs().await;

        let found: DeliveryList = admin.get(&format!("/deliveries?maintenance_id={}", ours.id)).await.unwrap();
        let kinds: Vec<_> = found.items.iter().map(|delivery| delivery.event_kind).collect();
        assert_eq!(kinds, [EventKind::MaintenanceStarted, EventKind::MaintenancePlanned]);
        assert!(found.items.iter().all(|delivery| delivery.maintenance_id == Some(ours.id)));
        let found: DeliveryList = admin.get(&format!("/deliveries?maintenance_id={}", other.id)).await.unwrap();
        assert_eq!(found.items.len(), 1);
        let all: DeliveryList = admin.get("/deliveries").await.unwrap();
        assert_eq!(all.items.len(), 3);
    }

    /// The reminder comes once, to those who follow what is worked on.
    async fn the_reminder_comes_once(app: TestApp) {
        let admin = app.admin().await;
        let (api, website) = (app.seed().component("API").await, app.seed().component("Website").await);
        app.seed().follower("ana@example.org", &[api.id], &[]).await;
        app.seed().follower("ben@example.org", &[website.id], &[]).await;
        let input = NewMaintenance { reminder_minutes: Some(30), notify: Some(false), ..soon(&app).on(api.id) };
        let planned = plan(&admin, input).await;
        app.run_jobs().await;
        assert!(app.mailbox().letters().is_empty());
        for _ in 0..3 {
            app.clock.advance(minutes(10));
            app.run_jobs().await;
        }
        app.clock.advance(minutes(10));
        app.run_jobs().await;
        assert_eq!(app.mailbox().letters().len(), 1);
        let mail = app.mailbox().last_to("ana@example.org");
        assert!(mail.subject.contains("Database upgrade") && mail.text.contains("Under maintenance"));
        assert!(get(&app.admin().await, &planned).await.reminded_at.is_some());
    }

    /// In the week the clocks change, two in the night is still two in the night.
    async fn a_change_of_clocks_keeps_the_local_hour(app: TestApp) {
        let admin = app.admin().await;
        let at = |text| Timestamp::parse(text).unwrap();
        let starts_at = at("2027-03-23T02:00:00+01:00");
        let input = NewMaintenance {
            recurrence_time_zone: Some("Europe/Berlin".into()),
            ..NewMaintenance::between("Backup drill", starts_at, starts_at + hours(1)).again("FREQ=WEEKLY;BYDAY=TU")
        };
        let first = plan(&admin, input).await;
        advance(&admin, &first, "start").await;
        let found = all(&admin).await;
        assert_eq!(found[1].starts_at, at("2027-03-30T02:00:00+02:00"));
        assert_eq!(found[1].ends_at, at("2027-03-30T03:00:00+02:00"));
    }

    /// What is wrong is named, with what was found and what is expected.
    async fn bad_windows_and_bad_rules_are_named(app: TestApp) {
        let admin = app.admin().await;
        let now = app.clock.now();
        let good = soon(&app);
        let wrong = [
            (NewMaintenance { ends_at: good.starts_at, ..good.clone() }, "ends_at", "after starts_at"),
            (NewMaintenance::between("Past", now - hours(2), now - hours(1)), "ends_at", "after now"),
            (good.clone().again("on tuesdays"), "recurrence", "FREQ=WEEKLY;BYDAY=TU"),
            (good.clone().again("FREQ=SECONDLY"), "recurrence", "FREQ=HOURLY or slower"),
            (good.clone().again("FREQ=DAILY;COUNT=1"), "recurrence", "nothing after the first"),
            (good.clone().on(ComponentId(4711)), "components[0].id", "4711"),
        ];
        for (input, field, expected) in wrong {
            let refusal = admin.post::<Maintenance>("/maintenances", &input).await.unwrap_err();
            assert_eq!((refusal.code(), refusal.fields()), (Code::Invalid, vec![field]));
            let message = &refusal.problem.errors[0].message;
            assert!(message.contains(expected), "{message}");
        }
        assert!(all(&admin).await.is_empty());
    }

    /// Viewers look; they plan and change nothing.
    async fn viewers_may_look_and_nothing_else(app: TestApp) {
        let planned = plan(&app.admin().await, soon(&app)).await;
        let viewer = app.member(Role::Viewer).await;
        assert_eq!(get(&viewer, &planned).await.id, planned.id);
        let input = AdvanceMaintenance { message: None, notify: None };
        for verb in ["start", "verify", "complete"] {
            let refusal = viewer.post::<Maintenance>(&format!("/maintenances/{}/{verb}", planned.id), &input).await;
            assert_eq!(refusal.unwrap_err().code(), Code::Forbidden);
        }
        let refusal = viewer.post::<Maintenance>("/maintenances", &soon(&app)).await.unwrap_err();
        assert_eq!(refusal.code(), Code::Forbidden);
    }
}
