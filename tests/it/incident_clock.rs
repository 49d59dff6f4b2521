//! What the clock does to incidents: drafts that publish themselves, and the reminder to the team.

use harness::{Client, DatabaseKind, TestApp, Told, days, hours, minutes};
use shared::access::Role;
use shared::audit::ActorKind;
use shared::component::ComponentStatus::{MajorOutage, Operational};
use shared::incident::{Incident, IncidentPatch, IncidentStatus, NewIncident, NewIncidentUpdate};
use shared::list::{AuditList, IncidentList};
use shared::problem::Code;
use shared::{IncidentId, Patch, Timestamp};

async fn open(admin: &Client, input: NewIncident) -> Incident {
    admin.api().create_incident(&input).await.told().unwrap()
}

async fn change(app: &TestApp, id: IncidentId, patch: IncidentPatch) -> Incident {
    let admin = app.admin().await;
    admin.api().update_incident(id.0, None, &patch).await.told().unwrap()
}

async fn get(app: &TestApp, id: IncidentId) -> Incident {
    app.admin().await.get(&format!("/incidents/{id}")).await.unwrap()
}

fn later(at: Timestamp) -> IncidentPatch {
    IncidentPatch {
        publish_at: Patch::Set(at),
        ..IncidentPatch::nothing()
    }
}

harness::on_every_database! {
    /// Written in the evening, published in the morning, while everybody sleeps.
    async fn a_draft_publishes_itself_when_its_time_has_come(app: TestApp) {
        let admin = app.admin().await;
        let api = app.seed().component("API").await;
        app.seed().subscriber("ana@example.org").await;
        let publish_at = app.clock.now() + hours(2);
        let input = NewIncident { publish_at: Some(publish_at), ..NewIncident::investigating("Slow API").affecting(api.id, MajorOutage) };
        let draft = open(&admin, input).await;
        assert!(draft.is_draft && draft.publish_at == Some(publish_at));
        let list: IncidentList = admin.get("/incidents?is_scheduled=true").await.unwrap();
        assert_eq!(list.items.iter().map(|incident| incident.id).collect::<Vec<_>>(), [draft.id]);

        app.clock.advance(hours(1));
        app.run_jobs().await;
        let page = app.visitor().api().get_status(None).await.told().unwrap();
        assert_eq!((page.overall.status, page.incidents.len()), (Operational, 0));

        app.clock.advance(hours(1));
        app.run_jobs().await;
        app.run_jobs().await;
        let page = app.visitor().api().get_status(None).await.told().unwrap();
        assert_eq!((page.overall.status, page.incidents.len()), (MajorOutage, 1));
        assert_eq!(app.mailbox().to("ana@example.org").len(), 1);
        assert!(app.mailbox().last_to("ana@example.org").subject.contains("Slow API"));
        let incident = get(&app, draft.id).await;
        assert!(!incident.is_draft && incident.publish_at.is_none());
        // Nobody said when it began, so it begins when it is told.
        assert_eq!((incident.started_at, incident.updates[0].created_at), (publish_at, publish_at));
        let trail: AuditList = app.admin().await.get(&format!("/audit?subject_kind=incident&subject_id={}", draft.id)).await.unwrap();
        let entry = trail.items.iter().find(|entry| entry.action == "incident.publish").unwrap();
        assert_eq!(entry.actor_kind, ActorKind::System);
    }

    /// It can be put off, and left to people again; a quiet one stays quiet; the past is not a time to publish at.
    async fn when_a_draft_publishes_itself_can_be_changed(app: TestApp) {
        let admin = app.admin().await;
        app.seed().subscriber("ana@example.org").await;
        let soon = app.clock.now() + hours(1);
        let scheduled = |title: &str| NewIncident { publish_at: Some(soon), notify: Some(false), ..NewIncident::investigating(title) };
        let (put_off, left) = (open(&admin, scheduled("Put off")).await, open(&admin, scheduled("Left to people")).await);
        assert!(!put_off.notify_on_publish);
        change(&app, put_off.id, later(soon + hours(1))).await;
        change(&app, left.id, IncidentPatch { publish_at: Patch::Clear, ..IncidentPatch::nothing() }).await;

        app.clock.advance(hours(1));
        app.run_jobs().await;
        assert!(get(&app, put_off.id).await.is_draft);
        app.clock.advance(hours(1));
        app.run_jobs().await;
        assert!(!get(&app, put_off.id).await.is_draft && get(&app, left.id).await.is_draft);
        assert!(app.mailbox().letters().is_empty());

        let admin = app.admin().await;
        for (id, at) in [(left.id, app.clock.now()), (put_off.id, app.clock.now() + hours(1))] {
            let refusal = admin.api().update_incident(id.0, None, &later(at)).await.told().unwrap_err();
            assert_eq!((refusal.code(), refusal.fields()), (Code::Invalid, vec!["publish_at"]));
        }
        let wrong = NewIncident { is_draft: Some(false), ..scheduled("Neither") };
        let refusal = admin.api().create_incident(&wrong).await.told().unwrap_err();
        assert_eq!(refusal.fields(), ["publish_at"]);
    }

    /// The server was down when the time came: it publishes as soon as it is there, and on two nodes once.
    async fn what_came_due_while_nobody_was_there_is_made_up_for(app: TestApp) {
        let admin = app.admin().await;
        app.seed().subscriber("ana@example.org").await;
        let input = NewIncident { publish_at: Some(app.clock.now() + hours(1)), ..NewIncident::investigating("Late") };
        let draft = open(&admin, input).await;
        app.clock.advance(days(40));
        let other = app.second_node().await;
        let (cx, cx2) = (app.cx.as_system("test"), other.cx.as_system("test"));
        let sweep = server::domain::incident_clock::sweep;
        // A database may refuse one of two that wait for each other; the job comes back.
        let (_, _) = tokio::join!(sweep(&cx), sweep(&cx2));
        sweep(&cx).await.unwrap();
        app.run_jobs().await;
        let incident = get(&app, draft.id).await;
        assert!(!incident.is_draft && !incident.is_forgotten);
        assert_eq!(app.mailbox().to("ana@example.org").len(), 1);
    }

    /// A day without a word brings the team a mail, and each further day another, until somebody writes.
    async fn the_team_is_reminded_of_an_incident_that_nobody_writes_about(app: TestApp) {
        let admin = app.admin().await;
        app.member(Role::Editor).await;
        app.member(Role::Viewer).await;
        let incident = open(&admin, NewIncident::investigating("Slow API")).await;
        open(&admin, NewIncident { is_draft: Some(true), ..NewIncident::investigating("A draft") }).await;
        for _ in 0..3 {
            app.clock.advance(hours(12));
            app.run_jobs().await;
            app.run_jobs().await;
        }
        let mails = |app: &TestApp| app.mailbox().letters().len();
        assert_eq!(mails(&app), 2, "the owner and the editor, once");
        let mail = app.mailbox().last_to("editor@example.org");
        assert!(mail.subject.contains("No news for 24 h: Slow API"), "{}", mail.subject);
        assert!(mail.text.contains(&format!("/admin/incidents/{}", incident.id)) && mail.text.contains("24 h old"));

        app.clock.advance(hours(12));
        app.run_jobs().await;
        assert_eq!(mails(&app), 4, "a day later");
        let admin = app.admin().await;
        let update = NewIncidentUpdate::new(IncidentStatus::Identified, "A disk was full.");
        admin.api().create_incident_update(incident.id.0, &update).await.told().unwrap();
        app.clock.advance(hours(23));
        app.run_jobs().await;
        assert_eq!(mails(&app), 4, "there is news");
    }
}

/// A reminder that waited for the mail server is not sent when there is an update by then; 0 hours means never.
#[tokio::test]
async fn a_reminder_that_is_needless_by_now_is_not_sent() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let incident = open(&admin, NewIncident::investigating("Slow API")).await;
    app.clock.advance(hours(25));
    server::domain::incident_clock::sweep(&app.cx.as_system("test"))
        .await
        .unwrap();
    let admin = app.admin().await;
    app.clock.advance(minutes(1));
    let update = NewIncidentUpdate::new(IncidentStatus::Identified, "A disk was full.");
    admin
        .api()
        .create_incident_update(incident.id.0, &update)
        .await
        .told()
        .unwrap();
    app.run_jobs().await;
    assert!(app.mailbox().letters().is_empty());

    let never = TestApp::start_with(DatabaseKind::Sqlite, |config| config.incidents.reminder_hours = 0).await;
    open(&never.admin().await, NewIncident::investigating("Slow API")).await;
    never.clock.advance(days(9));
    never.run_jobs().await;
    assert!(never.mailbox().letters().is_empty());
}
