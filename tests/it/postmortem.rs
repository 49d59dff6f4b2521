//! Postmortems, from a draft that only members see to a document that visitors, feeds and subscribers learn of.

use harness::{Client, TestApp, Told, minutes};
use reqwest::Method;
use shared::access::Role;
use shared::component::ComponentStatus;
use shared::incident::{Incident, IncidentPatch, NewIncident, ReopenIncident, ResolveIncident, Visibility};
use shared::incident_entry::MergeIncident;
use shared::postmortem::{Postmortem, PublicPostmortem, PublishPostmortem, WritePostmortem};
use shared::problem::Code;
use shared::status_page::StatusPage;

const DRAFT: &str = "# What happened\n\nA disk was **full** <script>alert(1)</script>.";

/// An incident on a component that is over.
async fn resolved(app: &TestApp, admin: &Client) -> Incident {
    let api = app.seed().component("API").await;
    let input = NewIncident::investigating("Slow API").affecting(api.id, ComponentStatus::PartialOutage);
    let quiet = NewIncident {
        notify: Some(false),
        ..input
    };
    let incident = admin.api().create_incident(&quiet).await.told().unwrap();
    let end = ResolveIncident {
        notify: Some(false),
        ..ResolveIncident::saying("Over")
    };
    admin.api().resolve_incident(incident.id.0, &end).await.told().unwrap()
}

fn path(incident: &Incident) -> String {
    format!("/incidents/{}/postmortem", incident.id)
}

fn public(incident: &Incident) -> String {
    format!("/incidents/{}/postmortem", incident.code)
}

async fn write(admin: &Client, incident: &Incident, message: &str) -> Postmortem {
    admin
        .put(&path(incident), &WritePostmortem::saying(message))
        .await
        .unwrap()
}

async fn publish(admin: &Client, incident: &Incident, notify: Option<bool>) -> Postmortem {
    admin
        .post(&format!("{}/publish", path(incident)), &PublishPostmortem { notify })
        .await
        .unwrap()
}

async fn seen(app: &TestApp, incident: &Incident) -> (u16, String) {
    let (status, html) = app.visitor().page(&public(incident)).await;
    (status.as_u16(), html)
}

/// A browser in which a viewer has signed in.
async fn browser(app: &TestApp) -> Client {
    app.member(Role::Viewer).await;
    let browser = app.visitor();
    let signed_in = browser.sign_in("viewer@example.org", harness::app::PASSWORD).await;
    signed_in.unwrap();
    browser
}

harness::on_every_database! {
    /// The main job: a draft, published, told to those who hear of the incident, and changed for the better.
    async fn a_postmortem_is_written_published_and_told(app: TestApp) {
        let admin = app.admin().await;
        let incident = resolved(&app, &admin).await;
        let website = app.seed().component("Website").await;
        app.seed().subscriber("ana@example.org").await;
        app.seed().follower("ben@example.org", &[website.id], &[]).await;

        let draft = write(&admin, &incident, DRAFT).await;
        assert_eq!((draft.published_at, draft.author.as_deref()), (None, Some("Ana Silva")));
        assert_eq!(seen(&app, &incident).await.0, 404, "a draft is the members' own");
        let (_, html) = app.visitor().page(&format!("/incidents/{}", incident.code)).await;
        assert!(!html.contains("/postmortem"));

        let published = publish(&admin, &incident, None).await;
        assert_eq!((published.published_at, published.edited_at), (Some(app.clock.now()), None));
        let (status, html) = seen(&app, &incident).await;
        assert!(status == 200 && html.contains("<h2>What happened</h2>") && html.contains("<strong>full</strong>"), "{html}");
        assert!(html.contains("Postmortem: Slow API") && !html.contains("<script>alert") && !html.contains("noindex"));
        let (_, html) = app.visitor().page(&format!("/incidents/{}", incident.code)).await;
        assert!(html.contains(&format!("href=\"{}\"", public(&incident))), "the incident leads to it: {html}");
        app.run_jobs().await;
        assert_eq!(app.mailbox().letters().len(), 1, "ben does not follow the API");
        let mail = app.mailbox().last_to("ana@example.org");
        assert!(mail.subject.contains("What we learned: Slow API") && mail.text.contains(&public(&incident)), "{}", mail.text);

        app.clock.advance(minutes(5));
        let edited = write(&admin, &incident, "A disk was full. We watch it now.").await;
        assert_eq!((edited.published_at, edited.edited_at), (published.published_at, Some(app.clock.now())));
        let read: PublicPostmortem = app.visitor().get(&format!("/public{}", public(&incident))).await.unwrap();
        assert_eq!((read.title.as_str(), read.message.as_str()), ("Slow API", "A disk was full. We watch it now."));
        assert_eq!(read.edited_at, edited.edited_at);
        app.run_jobs().await;
        assert_eq!(app.mailbox().letters().len(), 1, "a correction is told to nobody");
        let own = format!("/incidents/{}/feed.atom", incident.code);
        for feed in ["/feed.atom", "/feed.rss", "/feed.json", "/components/api/feed.json", own.as_str()] {
            let (_, text) = app.visitor().page(feed).await;
            assert!(text.contains("Postmortem: Slow API") && text.contains("We watch it now"), "{feed}: {text}");
        }
    }

    /// What is taken back, deleted or hidden with its incident is gone for visitors, and from the feeds.
    async fn what_is_taken_back_is_gone(app: TestApp) {
        let admin = app.admin().await;
        let incident = resolved(&app, &admin).await;
        write(&admin, &incident, DRAFT).await;
        publish(&admin, &incident, Some(false)).await;
        app.run_jobs().await;
        assert!(app.mailbox().letters().is_empty());

        let hide = |visibility| IncidentPatch { visibility: Some(visibility), ..IncidentPatch::nothing() };
        for (visibility, expected) in [(Visibility::Hidden, 404), (Visibility::Public, 200)] {
            let _: Incident = admin.patch(&format!("/incidents/{}", incident.id), &hide(visibility)).await.unwrap();
            assert_eq!(seen(&app, &incident).await.0, expected);
            let (_, feed) = app.visitor().page("/feed.json").await;
            assert_eq!(feed.contains("Postmortem: Slow API"), expected == 200);
        }
        let draft: Postmortem = admin.post(&format!("{}/unpublish", path(&incident)), &()).await.unwrap();
        assert_eq!((draft.published_at, seen(&app, &incident).await.0), (None, 404));
        publish(&admin, &incident, Some(false)).await;
        admin.delete(&path(&incident)).await.unwrap();
        assert_eq!(seen(&app, &incident).await.0, 404);
        assert_eq!(admin.get::<Postmortem>(&path(&incident)).await.unwrap_err().code(), Code::NotFound);
    }

    /// What an incident for members taught is theirs alone; that of one that was merged leads on as the incident does.
    async fn it_is_seen_where_its_incident_is(app: TestApp) {
        let admin = app.admin().await;
        let incident = resolved(&app, &admin).await;
        write(&admin, &incident, DRAFT).await;
        publish(&admin, &incident, Some(false)).await;
        let for_members = IncidentPatch { visibility: Some(Visibility::SignedIn), ..IncidentPatch::nothing() };
        let _: Incident = admin.patch(&format!("/incidents/{}", incident.id), &for_members).await.unwrap();
        let browser = browser(&app).await;
        let before: StatusPage = app.visitor().get("/status").await.unwrap();
        write(&admin, &incident, "Told to members").await;
        let (own, api) = (public(&incident), format!("/api/v3/public{}", public(&incident)));
        for path in [&own, &api] {
            // Asked by a member first: what they got must not be what visitors get.
            let answer = browser.request(Method::GET, path).send().await.unwrap();
            assert_eq!(answer.status(), 200, "{path}");
            assert_eq!(answer.headers()["cache-control"], "private, no-store", "{path}");
            assert!(answer.text().await.unwrap().contains("Told to members"), "{path}");
            assert_eq!(app.visitor().page(path).await.0, 404, "{path}");
        }
        for feed in ["/feed.json", "/components/api/feed.json"] {
            assert!(!browser.page(feed).await.1.contains("Told to members"), "{feed}");
        }
        let after: StatusPage = app.visitor().get("/status").await.unwrap();
        assert_eq!(after.version, before.version);

        let other = NewIncident { notify: Some(false), ..NewIncident::investigating("All is down") };
        let other = admin.api().create_incident(&other).await.told().unwrap();
        let merge = MergeIncident { into: other.id };
        let _: Incident = admin.post(&format!("/incidents/{}/merge", incident.id), &merge).await.unwrap();
        let there = [format!("/incidents/{}", other.code), format!("/api/v3/public/incidents/{}/postmortem", other.code)];
        for (path, there) in [&own, &api].into_iter().zip(there) {
            let answer = browser.request(Method::GET, path).send().await.unwrap();
            assert_eq!(answer.status(), 308, "{path}");
            assert_eq!(answer.headers()["location"], there);
            assert_eq!(app.visitor().page(path).await.0, 404, "{path}");
        }
    }

    /// It is for what is over; what is reopened keeps the one it has.
    async fn it_waits_until_the_incident_is_over(app: TestApp) {
        let admin = app.admin().await;
        let incident = resolved(&app, &admin).await;
        write(&admin, &incident, DRAFT).await;
        publish(&admin, &incident, Some(false)).await;
        let again = ReopenIncident { message: "Not over".into(), status: None, notify: Some(false) };
        admin.api().reopen_incident(incident.id.0, &again).await.told().unwrap();
        assert_eq!(seen(&app, &incident).await.0, 200);
        write(&admin, &incident, "There is more to it.").await;
        admin.delete(&path(&incident)).await.unwrap();
        let refusal = admin.put::<Postmortem>(&path(&incident), &WritePostmortem::saying("x")).await.unwrap_err();
        assert_eq!(refusal.code(), Code::Conflict);
        assert!(refusal.problem.detail.unwrap().contains("investigating"));
    }

    /// Two people write at once: the second is told. And nobody writes a book.
    async fn the_second_writer_is_told(app: TestApp) {
        let admin = app.admin().await;
        let incident = resolved(&app, &admin).await;
        write(&admin, &incident, DRAFT).await;
        let etag = admin.call(Method::GET, &path(&incident)).send().await.unwrap().headers()["etag"].clone();
        let send = |message: &str| {
            let request = admin.call(Method::PUT, &path(&incident)).header("if-match", etag.clone());
            request.json(&WritePostmortem::saying(message)).send()
        };
        assert_eq!(send("First").await.unwrap().status(), 200);
        assert_eq!(send("Second").await.unwrap().status(), 412);
        let book = WritePostmortem::saying("x".repeat(50_001));
        let refusal = admin.put::<Postmortem>(&path(&incident), &book).await.unwrap_err();
        assert_eq!((refusal.code(), refusal.fields()), (Code::Invalid, vec!["message"]));
        write(&admin, &incident, &"ü".repeat(50_000)).await;
    }
}
