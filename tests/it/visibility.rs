//! Incidents for those who are signed in: members find them on the page, and for everyone else there is no trace of them.

use harness::{Client, TestApp, Told, minutes};
use reqwest::Method;
use shared::access::Role;
use shared::component::ComponentStatus::{MajorOutage, Operational};
use shared::incident::{Incident, IncidentPatch, NewIncident, Visibility};
use shared::status_page::{HistoryMonth, StatusPage};

const SECRET: &str = "Signing keys leaked";

async fn open(admin: &Client, input: NewIncident) -> Incident {
    admin.api().create_incident(&input).await.told().unwrap()
}

fn secret() -> NewIncident {
    NewIncident {
        visibility: Some(Visibility::SignedIn),
        ..NewIncident::investigating(SECRET)
    }
}

/// A browser in which a viewer has signed in: it shows cookies, and no access token.
async fn browser(app: &TestApp) -> Client {
    app.member(Role::Viewer).await;
    let browser = app.visitor();
    browser
        .sign_in("viewer@example.org", harness::app::PASSWORD)
        .await
        .unwrap();
    browser
}

async fn everywhere(client: &Client, incident: &Incident, slug: &str) -> Vec<(String, bool)> {
    let mut found = Vec::new();
    for path in [
        "/".to_owned(),
        "/history".to_owned(),
        format!("/incidents/{}", incident.code),
        format!("/components/{slug}"),
        "/feed.atom".to_owned(),
        "/feed.json".to_owned(),
        "/feed.rss".to_owned(),
        format!("/components/{slug}/feed.atom"),
        format!("/incidents/{}/feed.atom", incident.code),
        "/badge.json".to_owned(),
        "/search?q=signing".to_owned(),
        "/api/v3/public/search?q=signing".to_owned(),
        "/api/v3/status".to_owned(),
        "/api/v3/history".to_owned(),
        format!("/api/v3/public/incidents/{}", incident.code),
    ] {
        let (_, text) = client.page(&path).await;
        found.push((path, text.contains(SECRET)));
    }
    found
}

harness::on_every_database! {
    /// Members find it wherever incidents stand; visitors nowhere, and nothing they see differs because of it.
    async fn an_incident_for_members_is_on_the_page_for_members_only(app: TestApp) {
        let admin = app.admin().await;
        let api = app.seed().component("API").await;
        app.seed().subscriber("ana@example.org").await;
        let before: StatusPage = app.visitor().get("/status").await.unwrap();
        let incident = open(&admin, secret().affecting(api.id, MajorOutage)).await;
        let browser = browser(&app).await;
        // Asked by members first: what they got must not be what visitors get.
        let seen = everywhere(&browser, &incident, &api.slug).await;
        let places: Vec<&str> = seen.iter().filter(|(_, is_there)| *is_there).map(|(path, _)| path.as_str()).collect();
        let own = [format!("/incidents/{}", incident.code), format!("/components/{}", api.slug), format!("/api/v3/public/incidents/{}", incident.code)];
        assert_eq!(places, ["/", "/history", &own[0], &own[1], "/search?q=signing", "/api/v3/public/search?q=signing", "/api/v3/status", "/api/v3/history", &own[2]]);
        let of_token: HistoryMonth = admin.get("/history").await.unwrap();
        assert_eq!(of_token.incidents.len(), 1);

        for (path, is_there) in everywhere(&app.visitor(), &incident, &api.slug).await {
            assert!(!is_there, "a visitor finds it at {path}");
        }
        for path in [&own[0], &own[2]] {
            assert_eq!(app.visitor().page(path).await.0, 404);
        }
        let after: StatusPage = app.visitor().get("/status").await.unwrap();
        assert_eq!((after.overall.status, after.version, after.overall.open_incidents), (Operational, before.version, 0));
        let explained = app.visitor().page(&format!("/api/v3/public/components/{}/uptime/explain", api.code)).await.1;
        assert!(!explained.contains("\"incident\""), "{explained}");
        app.run_jobs().await;
        assert!(app.mailbox().letters().is_empty());

        let public = IncidentPatch { visibility: Some(Visibility::Public), ..IncidentPatch::nothing() };
        app.admin().await.api().update_incident(incident.id.0, None, &public).await.told().unwrap();
        let page: StatusPage = app.visitor().get("/status").await.unwrap();
        assert_eq!((page.overall.status, page.incidents.len()), (MajorOutage, 1));
    }
}

/// What was made for a member says that it is theirs alone, and is made anew each time; a visitor's answer is not.
#[tokio::test]
async fn what_members_get_is_kept_nowhere() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let incident = open(&admin, secret()).await;
    let browser = browser(&app).await;
    let own = format!("/incidents/{}", incident.code);
    for path in ["/", "/history", own.as_str(), "/api/v3/status"] {
        let answer = browser.request(Method::GET, path).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        assert_eq!(answer.headers()["cache-control"], "private, no-store", "{path}");
        assert!(
            !answer.headers().contains_key("etag") && !answer.headers().contains_key("access-control-allow-origin")
        );
    }
    let answer = app.visitor().request(Method::GET, "/").send().await.unwrap();
    assert!(
        answer.headers()["cache-control"]
            .to_str()
            .unwrap()
            .starts_with("public")
    );

    // Hidden is only for the console.
    let hide = IncidentPatch {
        visibility: Some(Visibility::Hidden),
        ..IncidentPatch::nothing()
    };
    admin
        .api()
        .update_incident(incident.id.0, None, &hide)
        .await
        .told()
        .unwrap();
    assert!(!browser.page("/").await.1.contains(SECRET));
    assert_eq!(browser.page(&own).await.0, 404);
}

/// Who signs out, is disabled, or forges a cookie is a visitor.
#[tokio::test]
async fn without_a_sign_in_that_holds_one_is_a_visitor() {
    let app = TestApp::start().await;
    open(&app.admin().await, secret()).await;
    let browser = browser(&app).await;
    assert!(browser.page("/").await.1.contains(SECRET));

    let forged = "signet_pass=1.0f3c.AAAA; signet_pass=x; a=b";
    let answer = app
        .visitor()
        .request(Method::GET, "/")
        .header("cookie", forged)
        .send()
        .await;
    assert!(!answer.unwrap().text().await.unwrap().contains(SECRET));
    let stolen = app.visitor().bearing("eyJhbGciOiJIUzI1NiJ9.e30.x");
    assert!(!stolen.page("/").await.1.contains(SECRET));

    let signed_out = browser.call(Method::POST, "/sessions/logout").send().await.unwrap();
    assert_eq!(signed_out.headers().get_all("set-cookie").iter().count(), 2);
    assert!(!browser.page("/").await.1.contains(SECRET));

    let again = self::browser(&app).await;
    assert!(again.page("/").await.1.contains(SECRET));
    app.clock.advance(minutes(60 * 24 * 31));
    // How long a process believes that someone is signed in does not go by the held clock.
    app.cx.sign_ins.invalidate_all();
    assert!(!again.page("/").await.1.contains(SECRET), "the sign-in has ended");
}
