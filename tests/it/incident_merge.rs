//! Two incidents that are one; what stays on top; tags, links and data of one's own.

use harness::{Client, Told, days, minutes};
use serde_json::{Value, json};
use shared::IncidentId;
use shared::component::ComponentStatus::{DegradedPerformance, MajorOutage, Operational, PartialOutage};
use shared::incident::{
    Impact, Incident, IncidentPatch, IncidentStatus, NewIncident, NewIncidentUpdate, ResolveIncident, Visibility,
};
use shared::incident_detail::{IncidentLink, Metadata};
use shared::incident_entry::MergeIncident;
use shared::list::IncidentList;
use shared::problem::Code;

async fn open(admin: &Client, input: NewIncident) -> Incident {
    admin.api().create_incident(&input).await.told().unwrap()
}

async fn merge(admin: &Client, id: IncidentId, into: IncidentId) -> Result<Incident, harness::Refusal> {
    admin
        .post(&format!("/incidents/{id}/merge"), &MergeIncident { into })
        .await
}

async fn listed(admin: &Client, query: &str) -> Vec<IncidentId> {
    let list: IncidentList = admin.get(&format!("/incidents{query}")).await.unwrap();
    list.items.iter().map(|incident| incident.id).collect()
}

harness::on_every_database! {
    /// Two people opened the same outage: one of the two stays, and whoever has the other's address is led there.
    async fn two_incidents_become_one(app: TestApp) {
        let admin = app.admin().await;
        let (api, website) = (app.seed().component("API").await, app.seed().component("Website").await);
        let first = open(&admin, NewIncident::investigating("Slow API").affecting(api.id, DegradedPerformance)).await;
        let double = NewIncident::investigating("All is down").affecting(api.id, MajorOutage).affecting(website.id, PartialOutage);
        let double = open(&admin, double).await;
        let older = open(&admin, NewIncident::investigating("Also this")).await;
        merge(&admin, older.id, double.id).await.unwrap();
        // What was told before she came is not told to her.
        app.run_jobs().await;
        app.seed().subscriber("ana@example.org").await;

        let merged = merge(&admin, double.id, first.id).await.unwrap();
        assert_eq!((merged.status, merged.merged_into, merged.updates.len()), (IncidentStatus::Resolved, Some(first.id), 1));
        let kept: Incident = admin.get(&format!("/incidents/{}", first.id)).await.unwrap();
        assert_eq!(kept.components.iter().map(|part| part.status).collect::<Vec<_>>(), [MajorOutage, PartialOutage]);
        assert_eq!((kept.impact, kept.updates.len()), (Impact::Critical, 1));
        app.run_jobs().await;
        assert!(app.mailbox().letters().is_empty());

        assert_eq!(listed(&admin, "").await, [first.id]);
        assert_eq!(listed(&admin, "?is_merged=true").await, [older.id, double.id]);
        let page = app.visitor().api().get_status(None).await.told().unwrap();
        assert_eq!((page.overall.status, page.incidents.len(), page.recent.len()), (MajorOutage, 1, 0));
        for code in [&double.code, &older.code] {
            let answer = app.visitor().request(reqwest::Method::GET, &format!("/incidents/{code}?lang=de")).send().await.unwrap();
            assert_eq!(answer.status(), 308);
            assert_eq!(answer.headers()["location"], format!("/incidents/{}?lang=de", first.code));
            let answer = app.visitor().call(reqwest::Method::GET, &format!("/public/incidents/{code}")).send().await.unwrap();
            assert_eq!(answer.headers()["location"], format!("/api/v3/public/incidents/{}", first.code));
        }
        let (_, feed) = app.visitor().page("/feed.atom").await;
        assert!(feed.contains("Slow API") && !feed.contains("All is down"));

        let update = NewIncidentUpdate::new(IncidentStatus::Identified, "X");
        let refusal = admin.api().create_incident_update(double.id.0, &update).await.told().unwrap_err();
        assert_eq!(refusal.code(), Code::Conflict);
        admin.api().delete_incident(first.id.0).await.told().unwrap();
        assert_eq!(app.visitor().page(&format!("/incidents/{}", double.code)).await.0, 404);
        let page = app.visitor().api().get_status(None).await.told().unwrap();
        assert_eq!((page.overall.status, page.recent.len()), (Operational, 0));
    }

    /// What cannot be one stays two.
    async fn what_cannot_be_one_is_refused(app: TestApp) {
        let admin = app.admin().await;
        let (one, two) = (open(&admin, NewIncident::investigating("One")).await, open(&admin, NewIncident::investigating("Two")).await);
        let draft = open(&admin, NewIncident { is_draft: Some(true), ..NewIncident::investigating("Draft") }).await;
        let hidden = open(&admin, NewIncident { visibility: Some(Visibility::Hidden), ..NewIncident::investigating("Hidden") }).await;
        let page: shared::page::Page = admin.post("/pages", &json!({"name": "Other"})).await.unwrap();
        let foreign = open(&admin, NewIncident { page_id: Some(page.id), ..NewIncident::investigating("Elsewhere") }).await;
        for into in [one.id, draft.id, hidden.id, foreign.id, IncidentId(4711)] {
            let refusal = merge(&admin, one.id, into).await.unwrap_err();
            assert_eq!((refusal.code(), refusal.fields()), (Code::Invalid, vec!["into"]), "{into}");
        }
        merge(&admin, two.id, one.id).await.unwrap();
        assert_eq!(merge(&admin, two.id, one.id).await.unwrap_err().code(), Code::Conflict);
        assert_eq!(merge(&admin, hidden.id, two.id).await.unwrap_err().fields(), ["into"], "it is merged itself");
        assert_eq!(merge(&admin, IncidentId(4711), one.id).await.unwrap_err().code(), Code::NotFound);
    }

    /// What everyone should read stays on top, also when it is over, until somebody takes it down.
    async fn a_sticky_incident_stays_on_top(app: TestApp) {
        let admin = app.admin().await;
        let sticky = open(&admin, NewIncident { is_sticky: Some(true), ..NewIncident::investigating("Change your passwords") }).await;
        app.clock.advance(minutes(1));
        open(&admin, NewIncident::investigating("Slow API")).await;
        admin.api().resolve_incident(sticky.id.0, &ResolveIncident::saying("It is over.")).await.told().unwrap();
        app.clock.advance(days(60));
        let titles = async || {
            let page = app.visitor().api().get_status(None).await.told().unwrap();
            assert_eq!(page.overall.open_incidents, 0, "the other is forgotten");
            page.incidents.into_iter().map(|incident| incident.title).collect::<Vec<_>>()
        };
        assert_eq!(titles().await, ["Change your passwords", "Slow API"]);
        let (_, html) = app.visitor().page("/").await;
        assert!(html.contains("Change your passwords"));

        let down = IncidentPatch { is_sticky: Some(false), ..IncidentPatch::nothing() };
        app.admin().await.api().update_incident(sticky.id.0, None, &down).await.told().unwrap();
        assert_eq!(titles().await, ["Slow API"]);
    }

    /// Tags find incidents again; links are for everyone, data of one's own for programs.
    async fn tags_links_and_data_of_ones_own_are_kept(app: TestApp) {
        let admin = app.admin().await;
        let link = |label: &str, url: &str| IncidentLink { label: label.into(), url: url.into() };
        let data: Metadata = serde_json::from_value(json!({"ticket": 4711, "on_call": {"ana": null}, "q": "\u{0}'\""})).unwrap();
        let input = NewIncident {
            tags: vec!["eu-west".into(), "db".into()],
            links: vec![link("Ticket <7>", "https://tickets.example.org/7?a=1&b=2")],
            metadata: data.clone(),
            ..NewIncident::investigating("Slow")
        };
        let incident = open(&admin, input).await;
        let other = open(&admin, NewIncident { tags: vec!["db".into()], ..NewIncident::investigating("Other") }).await;
        assert_eq!((&incident.tags[..], &incident.metadata), (&["db".to_owned(), "eu-west".to_owned()][..], &data));
        assert_eq!(listed(&admin, "?tag=db").await, [other.id, incident.id]);
        assert_eq!(listed(&admin, "?tag=eu-west").await, [incident.id]);
        assert_eq!(admin.get::<IncidentList>("/incidents?tag=EU%20West").await.unwrap_err().fields(), ["tag"]);

        let seen: Value = app.visitor().get(&format!("/public/incidents/{}", incident.code)).await.unwrap();
        assert_eq!(seen["links"][0]["label"], "Ticket <7>");
        assert!(seen.get("metadata").is_none() && seen.get("tags").is_none());

        let less = IncidentPatch {
            tags: Some(vec!["db".into()]),
            links: Some(Vec::new()),
            metadata: Some(Metadata::new()),
            ..IncidentPatch::nothing()
        };
        let changed = admin.api().update_incident(incident.id.0, None, &less).await.told().unwrap();
        assert_eq!((changed.tags.len(), changed.links.len(), changed.metadata.len()), (1, 0, 0));
        let wrong = IncidentPatch {
            tags: Some(vec!["a b".into()]),
            links: Some(vec![link("x", "javascript:alert(1)")]),
            metadata: Some(Metadata::from([("a".into(), Value::from("x".repeat(17_000)))])),
            ..IncidentPatch::nothing()
        };
        let refusal = admin.api().update_incident(incident.id.0, None, &wrong).await.told().unwrap_err();
        assert_eq!(refusal.fields(), ["tags[0]", "links[0].url", "metadata"]);
        let no_object = json!({"title": "X", "message": "X", "metadata": [1]});
        assert_eq!(admin.post::<Incident>("/incidents", &no_object).await.unwrap_err().code(), Code::Malformed);
    }
}
