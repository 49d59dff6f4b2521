//! Incidents, as operators open and end them and as visitors and subscribers learn of them.

use harness::client::Answer;
use harness::{Client, TestApp, Told, days, minutes};
use shared::component::{ComponentStatus, SetComponentStatus};
use shared::incident::{
    Impact, Incident, IncidentPatch, IncidentStatus, NewIncident, NewIncidentUpdate, ReopenIncident, ResolveIncident,
    Visibility,
};
use shared::list::IncidentList;
use shared::problem::Code;
use shared::status_page::StatusPage;
use shared::{ComponentId, IncidentId};

use ComponentStatus::{DegradedPerformance, MajorOutage, Operational, PartialOutage};

async fn open(admin: &Client, input: NewIncident) -> Incident {
    admin.api().create_incident(&input).await.told().unwrap()
}

async fn status(app: &TestApp) -> StatusPage {
    app.visitor().api().get_status(None).await.told().unwrap()
}

async fn seen(app: &TestApp, id: ComponentId) -> ComponentStatus {
    let code = shared::Coded::code(id);
    status(app)
        .await
        .components
        .into_iter()
        .find(|component| component.id == code)
        .unwrap()
        .status
}

harness::on_every_database! {
    /// The main job: open, update, resolve; page, mail and timeline follow.
    async fn an_incident_is_told_from_its_beginning_to_its_end(app: TestApp) {
        let admin = app.admin().await;
        let (api, website) = (app.seed().component("API").await, app.seed().component("Website").await);
        app.seed().subscriber("ana@example.org").await;

        let input = NewIncident::investigating("Slow API").affecting(api.id, PartialOutage).affecting(website.id, DegradedPerformance);
        let incident = open(&admin, input.saying("Requests take **ten** seconds.")).await;
        assert_eq!(incident.impact, Impact::Major);
        let page = status(&app).await;
        assert_eq!((page.overall.status, page.overall.open_incidents), (PartialOutage, 1));
        assert_eq!(page.incidents[0].title, "Slow API");
        app.run_jobs().await;
        let mail = app.mailbox().last_to("ana@example.org");
        assert!(mail.subject.contains("Slow API") && mail.html.contains("<strong>ten</strong>"));

        app.clock.advance(minutes(10));
        let update = NewIncidentUpdate::new(IncidentStatus::Identified, "A disk was full.");
        let incident = admin.api().create_incident_update(incident.id.0, &update).await.told().unwrap();
        assert_eq!(incident.updates.len(), 2);
        assert_eq!(incident.updates[0].message, "A disk was full.");

        app.clock.advance(minutes(10));
        // An access token lives 15 minutes.
        let admin = app.admin().await;
        let end = ResolveIncident::saying("It is fast again.");
        let incident = admin.api().resolve_incident(incident.id.0, &end).await.told().unwrap();
        assert_eq!(incident.impact, Impact::Major, "a resolved incident keeps the impact it had");
        assert_eq!(status(&app).await.overall.status, Operational);
        app.run_jobs().await;
        assert_eq!(app.mailbox().to("ana@example.org").len(), 3);
    }

    /// A status set by hand stays what it was, unless the resolver says otherwise.
    async fn resolving_writes_nothing_back_unless_asked(app: TestApp) {
        let admin = app.admin().await;
        let api = app.seed().component("API").await;
        let slow = SetComponentStatus { status: DegradedPerformance, notify: None };
        admin.api().set_component_status(api.id.0, &slow).await.told().unwrap();
        let incident = open(&admin, NewIncident::investigating("Down").affecting(api.id, MajorOutage)).await;
        assert_eq!(seen(&app, api.id).await, MajorOutage);

        admin.api().resolve_incident(incident.id.0, &ResolveIncident::saying("Over")).await.told().unwrap();
        assert_eq!(seen(&app, api.id).await, DegradedPerformance);

        let again = ReopenIncident { message: "Not over".into(), status: None, notify: None };
        admin.api().reopen_incident(incident.id.0, &again).await.told().unwrap();
        assert_eq!(seen(&app, api.id).await, MajorOutage);
        let end = ResolveIncident { restore_components: Some(true), ..ResolveIncident::saying("Really over") };
        admin.api().resolve_incident(incident.id.0, &end).await.told().unwrap();
        assert_eq!(seen(&app, api.id).await, Operational);
    }

    /// Hidden, draft and forgotten incidents leave the banner alone and nobody is told of them.
    async fn what_visitors_should_not_see_colours_nothing(app: TestApp) {
        let admin = app.admin().await;
        let api = app.seed().component("API").await;
        app.seed().subscriber("ana@example.org").await;

        let hidden = NewIncident { visibility: Some(Visibility::Hidden), ..NewIncident::investigating("Secret").affecting(api.id, MajorOutage) };
        let hidden = open(&admin, hidden).await;
        let draft = NewIncident { is_draft: Some(true), ..NewIncident::investigating("Draft").affecting(api.id, MajorOutage) };
        let draft = open(&admin, draft).await;
        app.run_jobs().await;
        assert_eq!(status(&app).await.overall.status, Operational);
        assert!(app.mailbox().letters().is_empty());
        for incident in [&hidden, &draft] {
            let (answer, _) = app.visitor().page(&format!("/incidents/{}", incident.code)).await;
            assert_eq!(answer, 404);
        }

        let publish = IncidentPatch { is_draft: Some(false), ..IncidentPatch::nothing() };
        admin.api().update_incident(draft.id.0, None, &publish).await.told().unwrap();
        app.run_jobs().await;
        assert_eq!(status(&app).await.overall.status, MajorOutage);
        assert_eq!(app.mailbox().to("ana@example.org").len(), 1);

        app.clock.advance(days(31));
        app.run_jobs().await;
        let page = status(&app).await;
        assert_eq!((page.overall.status, page.overall.open_incidents), (Operational, 0));
        assert!(page.incidents[0].is_forgotten);
    }

    /// Two people edit the same incident: the second is told.
    async fn a_change_made_on_old_sight_is_refused(app: TestApp) {
        let admin = app.admin().await;
        let incident = open(&admin, NewIncident::investigating("Slow API")).await;
        let path = format!("/api/v3/incidents/{}", incident.id);
        let etag = admin.request(reqwest::Method::GET, &path).send().await.unwrap().headers()["etag"].clone();
        let patch = |title: &str| IncidentPatch { title: Some(title.into()), ..IncidentPatch::nothing() };
        let send = |title: &str| admin.request(reqwest::Method::PATCH, &path).header("if-match", etag.clone()).json(&patch(title)).send();
        assert_eq!(send("First").await.unwrap().status(), 200);
        let second = harness::client::read::<Incident>(send("Second").await.unwrap()).await.unwrap_err();
        assert_eq!((second.status.as_u16(), second.code()), (412, Code::Changed));
    }

    /// A request repeated with its key is carried out once.
    async fn a_repeated_request_opens_one_incident(app: TestApp) {
        let admin = app.admin().await;
        let send = |title: &str| {
            let request = admin.call(reqwest::Method::POST, "/incidents").header("idempotency-key", "5f0c");
            request.json(&NewIncident::investigating(title)).send()
        };
        let first: Incident = harness::client::read(send("Slow API").await.unwrap()).await.unwrap();
        let again: Incident = harness::client::read(send("Slow API").await.unwrap()).await.unwrap();
        assert_eq!(first.id, again.id);
        let other = harness::client::read::<Incident>(send("Another").await.unwrap()).await.unwrap_err();
        assert_eq!(other.code(), Code::IdempotencyMismatch);
        let list = all_incidents(&admin, None, None, None).await.unwrap();
        assert_eq!(list.items.len(), 1);
    }

    /// Lists are walked to their end by cursor, each item once.
    async fn a_long_list_is_walked_by_cursor(app: TestApp) {
        let admin = app.admin().await;
        for i in 0..7 {
            open(&admin, NewIncident::investigating(format!("Incident {i}"))).await;
        }
        let (mut found, mut cursor) = (Vec::<IncidentId>::new(), None::<String>);
        loop {
                        let list = all_incidents(&admin, cursor.as_deref(), Some(3), None).await.unwrap();
            found.extend(list.items.iter().map(|incident| incident.id));
            cursor = list.next_cursor;
            if cursor.is_none() { break; }
        }
        assert_eq!(found.len(), 7);
        assert!(found.windows(2).all(|pair| pair[0] > pair[1]), "newest first");
        let list = all_incidents(&admin, None, None, Some("incident 5")).await.unwrap();
        assert_eq!(list.items.len(), 1);
    }
}

async fn all_incidents(
    client: &Client,
    cursor: Option<&str>,
    limit: Option<u32>,
    q: Option<&str>,
) -> Answer<IncidentList> {
    client
        .api()
        .list_incidents(
            None,
            cursor,
            None,
            None,
            Some(true),
            None,
            limit,
            None,
            None,
            q,
            None,
            None,
            None,
        )
        .await
        .told()
}
