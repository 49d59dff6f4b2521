//! Incidents and updates of the past, and updates that turned out to be wrong.

use harness::{Client, Told, hours, minutes};
use shared::access::Role;
use shared::component::ComponentStatus::{MajorOutage, Operational, PartialOutage};
use shared::incident::{
    Impact, Incident, IncidentPatch, IncidentStatus, NewIncident, NewIncidentUpdate, ResolveIncident,
};
use shared::incident_entry::IncidentUpdatePatch;
use shared::list::IncidentUpdateRevisionList;
use shared::problem::Code;
use shared::{IncidentId, Timestamp};

use IncidentStatus::{Identified, Investigating, Monitoring, Resolved};

async fn open(admin: &Client, input: NewIncident) -> Incident {
    admin.api().create_incident(&input).await.told().unwrap()
}

async fn add(admin: &Client, id: IncidentId, update: NewIncidentUpdate) -> Result<Incident, harness::Refusal> {
    admin.api().create_incident_update(id.0, &update).await.told()
}

fn at(time: Timestamp, status: IncidentStatus, message: &str) -> NewIncidentUpdate {
    NewIncidentUpdate {
        created_at: Some(time),
        ..NewIncidentUpdate::new(status, message)
    }
}

fn saying(message: &str) -> IncidentUpdatePatch {
    IncidentUpdatePatch {
        message: Some(message.into()),
        created_at: None,
    }
}

fn standing_at(time: Timestamp) -> IncidentUpdatePatch {
    IncidentUpdatePatch {
        message: None,
        created_at: Some(time),
    }
}

fn messages(incident: &Incident) -> Vec<&str> {
    incident.updates.iter().map(|update| update.message.as_str()).collect()
}

harness::on_every_database! {
    /// Yesterday's outage is written down today: it is in the history, and nobody is disturbed.
    async fn an_incident_of_the_past_is_written_down(app: TestApp) {
        let admin = app.admin().await;
        let api = app.seed().component("API").await;
        app.seed().subscriber("ana@example.org").await;
        let now = app.clock.now();
        let (began, ended) = (now - hours(30), now - hours(28));
        let past = NewIncident { started_at: Some(began), resolved_at: Some(ended), ..NewIncident::investigating("Disk full") };
        let incident = open(&admin, past.clone().affecting(api.id, MajorOutage).saying("A disk was full for two hours.")).await;
        assert_eq!((incident.status, incident.impact, incident.resolved_at), (Resolved, Impact::Critical, Some(ended)));
        let entry = |time, status, message| add(&admin, incident.id, at(time, status, message));
        entry(began, Investigating, "Requests fail.").await.unwrap();
        let told = entry(began + hours(1), Identified, "It is the disk.").await.unwrap();
        assert_eq!(messages(&told), ["A disk was full for two hours.", "It is the disk.", "Requests fail."]);
        assert_eq!((told.status, told.resolved_at), (Resolved, Some(ended)));

        let page = app.visitor().api().get_status(None).await.told().unwrap();
        assert_eq!((page.overall.status, page.incidents.len(), page.recent.len()), (Operational, 0, 1));
        assert_eq!(page.recent[0].updates.len(), 3);
        app.run_jobs().await;
        assert!(app.mailbox().letters().is_empty());

        let loud = NewIncident { notify: Some(true), ..past };
        open(&admin, loud).await;
        app.run_jobs().await;
        assert!(app.mailbox().last_to("ana@example.org").subject.contains("Resolved"));
    }

    /// What does not fit into time is named.
    async fn times_that_cannot_be_are_refused(app: TestApp) {
        let admin = app.admin().await;
        let now = app.clock.now();
        let new = |began: Option<Timestamp>, ended: Option<Timestamp>| NewIncident { started_at: began, resolved_at: ended, ..NewIncident::investigating("X") };
        let open_end = NewIncident { status: Some(Identified), ..new(Some(now - hours(2)), Some(now - hours(1))) };
        let wrong = [
            (new(Some(now + hours(1)), None), "started_at"),
            (new(Some(now - hours(1)), Some(now + hours(1))), "resolved_at"),
            (new(Some(now - hours(1)), Some(now - hours(2))), "resolved_at"),
            (new(None, Some(now - hours(2))), "resolved_at"),
            (open_end, "status"),
        ];
        for (input, field) in wrong {
            let refusal = admin.api().create_incident(&input).await.told().unwrap_err();
            assert_eq!((refusal.code(), refusal.fields()), (Code::Invalid, vec![field]));
        }
        let incident = open(&admin, new(Some(now - hours(3)), None)).await;
        for time in [now - hours(4), now + minutes(1)] {
            let refusal = add(&admin, incident.id, at(time, Identified, "X")).await.unwrap_err();
            assert_eq!(refusal.fields(), ["created_at"]);
        }
        add(&admin, incident.id, at(now - hours(2), Identified, "X")).await.unwrap();
        let late = IncidentPatch { started_at: Some(now - hours(1)), ..IncidentPatch::nothing() };
        let refusal = admin.api().update_incident(incident.id.0, None, &late).await.told().unwrap_err();
        assert_eq!(refusal.fields(), ["started_at"], "the timeline begins before that");

        admin.api().resolve_incident(incident.id.0, &ResolveIncident::saying("Over")).await.told().unwrap();
        let refusal = add(&admin, incident.id, NewIncidentUpdate::new(Monitoring, "X")).await.unwrap_err();
        assert_eq!(refusal.code(), Code::Conflict, "after its end only its past can be added to");
        add(&admin, incident.id, at(now - hours(1), Monitoring, "X")).await.unwrap();
    }

    /// An update of an hour ago, written now, does not undo what was said since.
    async fn an_update_of_the_past_changes_nothing_of_the_present(app: TestApp) {
        let admin = app.admin().await;
        let (api, website) = (app.seed().component("API").await, app.seed().component("Website").await);
        let now = app.clock.now();
        let incident = open(&admin, NewIncident { started_at: Some(now - hours(2)), ..NewIncident::investigating("Slow").affecting(api.id, PartialOutage) }).await;
        let past = NewIncidentUpdate {
            components: vec![
                shared::incident::ComponentEffect { id: api.id, status: MajorOutage },
                shared::incident::ComponentEffect { id: website.id, status: MajorOutage },
            ],
            ..at(now - hours(1), Monitoring, "It seemed to be over.")
        };
        let incident = add(&admin, incident.id, past).await.unwrap();
        assert_eq!((incident.status, incident.updates[1].status), (Investigating, Monitoring));
        let statuses: Vec<_> = incident.components.iter().map(|part| part.status).collect();
        assert_eq!(statuses, [PartialOutage, MajorOutage], "of the website nothing was said since");
    }

    /// A wrong word is corrected: everyone reads the new one, the team finds the old one.
    async fn an_update_is_corrected_and_its_history_kept(app: TestApp) {
        let admin = app.admin().await;
        app.seed().subscriber("ana@example.org").await;
        let now = app.clock.now();
        let incident = open(&admin, NewIncident { notify: Some(false), started_at: Some(now - hours(2)), ..NewIncident::investigating("Slow").saying("It is the disc.") }).await;
        let path = format!("/incidents/{}/updates/{}", incident.id, incident.updates[0].id);
        app.clock.advance(minutes(1));
        let edited: Incident = admin.patch(&path, &saying("It is the **disk**.")).await.unwrap();
        assert_eq!((messages(&edited), edited.updates[0].edited_at), (vec!["It is the **disk**."], Some(app.clock.now())));
        let edited: Incident = admin.patch(&path, &saying("It is the **disk**.")).await.unwrap();
        let moved: Incident = admin.patch(&path, &standing_at(now - hours(1))).await.unwrap();
        assert_eq!((moved.updates[0].created_at, edited.updates.len()), (now - hours(1), 1));

        let viewer = app.member(Role::Viewer).await;
        let kept: IncidentUpdateRevisionList = viewer.get(&format!("{path}/revisions")).await.unwrap();
        let kept: Vec<_> = kept.items.iter().map(|old| (old.message.as_str(), old.stood_at, old.editor.as_deref())).collect();
        assert_eq!(kept, [("It is the **disk**.", now, Some("Ana Silva")), ("It is the disc.", now, Some("Ana Silva"))]);
        assert_eq!(viewer.patch::<Incident>(&path, &saying("X")).await.unwrap_err().code(), Code::Forbidden);
        let seen: serde_json::Value = app.visitor().get(&format!("/public/incidents/{}", incident.code)).await.unwrap();
        assert!(seen["updates"][0]["edited_at"].is_string() && !seen.to_string().contains("disc"));
        let (_, html) = app.visitor().page(&format!("/incidents/{}", incident.code)).await;
        assert!(html.contains("<strong>disk</strong>") && html.contains("Edited"), "{html}");
        app.run_jobs().await;
        assert!(app.mailbox().letters().is_empty(), "a correction is no news");

        let refusal = admin.patch::<Incident>(&path, &IncidentUpdatePatch { message: None, created_at: None }).await.unwrap_err();
        assert_eq!(refusal.fields(), ["message"]);
    }

    /// An entry keeps its place among the others; moving the last one moves the end.
    async fn an_update_moves_between_its_neighbours(app: TestApp) {
        let admin = app.admin().await;
        let now = app.clock.now();
        let incident = open(&admin, NewIncident { started_at: Some(now - hours(4)), ..NewIncident::investigating("Slow") }).await;
        app.clock.advance(minutes(5));
        add(&admin, incident.id, NewIncidentUpdate::new(Identified, "Second")).await.unwrap();
        app.clock.advance(minutes(5));
        let incident = admin.api().resolve_incident(incident.id.0, &ResolveIncident::saying("Third")).await.told().unwrap();
        let path = |n: usize| format!("/incidents/{}/updates/{}", incident.id, incident.updates[n].id);
        let refusal = admin.patch::<Incident>(&path(1), &standing_at(now - hours(1))).await.unwrap_err();
        assert_eq!(refusal.fields(), ["created_at"]);
        let moved: Incident = admin.patch(&path(0), &standing_at(now + minutes(6))).await.unwrap();
        assert_eq!((moved.resolved_at, moved.status), (Some(now + minutes(6)), Resolved));
        let elsewhere = open(&admin, NewIncident::investigating("Another")).await;
        let foreign = format!("/incidents/{}/updates/{}", elsewhere.id, incident.updates[0].id);
        assert_eq!(admin.patch::<Incident>(&foreign, &saying("X")).await.unwrap_err().code(), Code::NotFound);
    }

    /// An entry that should not be there goes, and what it said of components with it; the latest stays.
    async fn an_update_is_taken_out(app: TestApp) {
        let admin = app.admin().await;
        let api = app.seed().component("API").await;
        let incident = open(&admin, NewIncident::investigating("Slow").affecting(api.id, PartialOutage).saying("First")).await;
        app.clock.advance(minutes(1));
        let worse = NewIncidentUpdate {
            components: vec![shared::incident::ComponentEffect { id: api.id, status: MajorOutage }],
            ..NewIncidentUpdate::new(Identified, "Second")
        };
        add(&admin, incident.id, worse).await.unwrap();
        app.clock.advance(minutes(1));
        let incident = add(&admin, incident.id, NewIncidentUpdate::new(Identified, "Third")).await.unwrap();
        let path = |n: usize| format!("/incidents/{}/updates/{}", incident.id, incident.updates[n].id);
        assert_eq!(admin.delete(&path(0)).await.unwrap_err().code(), Code::Conflict);
        admin.delete(&path(1)).await.unwrap();
        let left: Incident = admin.get(&format!("/incidents/{}", incident.id)).await.unwrap();
        assert_eq!((messages(&left), left.components[0].status), (vec!["Third", "First"], PartialOutage));
        let page = app.visitor().api().get_status(None).await.told().unwrap();
        assert_eq!(page.overall.status, PartialOutage);
    }
}
