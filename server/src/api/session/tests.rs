//! The doors of sign-in, knocked at as a browser does.

use poem::Endpoint;
use poem::http::StatusCode;
use poem::test::{TestClient, TestResponse};
use serde_json::{Value, json};
use shared::access::Role;
use shared::member::{Invitation, SetupState};
use shared::problem::{Code, Problem};
use shared::session::Session;

use super::*;
use crate::app;
use crate::jobs::Env;
use crate::notify::Mailer;
use crate::testing::{self, App};

const PASSWORD: &str = "lantern orbit velvet";

/// A browser: it keeps its cookie and its access token.
struct Browser<E> {
    client: TestClient<E>,
    cookie: String,
    token: String,
}

fn browser(app: &App) -> Browser<impl Endpoint + use<>> {
    let env = Env::new(app, Mailer::new(&app.config).unwrap()).unwrap();
    Browser {
        client: TestClient::new(app::doors(&env)),
        cookie: String::new(),
        token: String::new(),
    }
}

impl<E: Endpoint> Browser<E> {
    async fn post(&mut self, path: &str, body: Value) -> TestResponse {
        let mut request = self.client.post(format!("/api/v3{path}")).body_json(&body);
        if !self.cookie.is_empty() {
            request = request.header("cookie", &self.cookie);
        }
        if !self.token.is_empty() {
            request = request.header("authorization", format!("Bearer {}", self.token));
        }
        let response = request.send().await;
        if let Some(set) = response.0.header("set-cookie") {
            self.cookie = set.split(';').next().unwrap_or_default().to_owned();
        }
        response
    }

    async fn get(&self, path: &str) -> TestResponse {
        let request = self.client.get(format!("/api/v3{path}"));
        request
            .header("authorization", format!("Bearer {}", self.token))
            .send()
            .await
    }

    async fn enter(&mut self, path: &str, body: Value) -> Session {
        let response = self.post(path, body).await;
        response.assert_status(StatusCode::CREATED);
        let session: Session = response.json().await.value().deserialize();
        self.token.clone_from(&session.access_token);
        session
    }
}

async fn problem(response: TestResponse) -> Problem {
    response.assert_content_type("application/problem+json");
    response.json().await.value().deserialize()
}

async fn set_up(app: &App, browser: &mut Browser<impl Endpoint>) -> Session {
    let link = domain::setup::prepare(app).await.unwrap().unwrap();
    let token = link.split_once('#').unwrap().1;
    let answers = json!({ "token": token, "email": "ana@example.org", "name": "Ana Silva", "password": PASSWORD });
    browser.enter("/setup", answers).await
}

#[tokio::test]
async fn the_first_owner_sets_up_stays_signed_in_and_signs_out() {
    let app = testing::app().await;
    let mut ana = browser(&app);
    let before: SetupState = ana.get("/setup").await.json().await.value().deserialize();
    assert!(before.is_needed);
    set_up(&app, &mut ana).await;
    ana.get("/me").await.assert_status_is_ok();

    let first = ana.cookie.clone();
    let response = ana.post("/sessions/refresh", json!({})).await;
    response.assert_status_is_ok();
    let next: Session = response.json().await.value().deserialize();
    assert_ne!(ana.cookie, first);
    ana.token = next.access_token;
    ana.get("/me").await.assert_status_is_ok();

    ana.post("/sessions/logout", json!({}))
        .await
        .assert_status(StatusCode::NO_CONTENT);
    assert_eq!(ana.cookie, "signet_refresh=");
    let gone = problem(ana.get("/me").await).await;
    assert_eq!(gone.code, Code::Unauthenticated);
    let gone = problem(ana.post("/sessions/refresh", json!({})).await).await;
    assert_eq!(gone.code, Code::Unauthenticated);
    assert!(gone.instance.is_some(), "the request id is in the problem");
}

#[tokio::test]
async fn an_invited_editor_joins_and_finds_the_members_closed() {
    let app = testing::app().await;
    let (mut ana, mut bob) = (browser(&app), browser(&app));
    set_up(&app, &mut ana).await;
    let input = json!({ "email": "bob@example.org", "name": "Bob", "role": "editor" });
    let response = ana.post("/members", input).await;
    response.assert_status(StatusCode::CREATED);
    let invitation: Invitation = response.json().await.value().deserialize();
    let token = invitation.url.split_once('#').unwrap().1;

    let session = bob
        .enter(
            "/invitations/accept",
            json!({ "token": token, "password": "copper meadow tangent" }),
        )
        .await;
    assert_eq!(session.me.member.role, Role::Editor);
    for path in ["/members", "/audit", "/members/1"] {
        let problem = problem(bob.get(path).await).await;
        assert_eq!(problem.code, Code::Forbidden, "{path}");
    }
    ana.get("/members?q=bob").await.assert_status_is_ok();
    ana.get("/audit?subject_kind=member&subject_id=2")
        .await
        .assert_status_is_ok();
}

#[tokio::test]
async fn too_many_misses_are_told_when_to_come_back() {
    let app = testing::app().await;
    let mut ana = browser(&app);
    set_up(&app, &mut ana).await;
    let wrong = json!({ "email": "ana@example.org", "password": "wrong" });
    for _ in 0..6 {
        let problem = problem(ana.post("/sessions", wrong.clone()).await).await;
        assert_eq!(problem.code, Code::Unauthenticated);
    }
    let response = ana.post("/sessions", wrong).await;
    response.assert_status(StatusCode::TOO_MANY_REQUESTS);
    response.assert_header("retry-after", "2");
}

fn at(public_url: &str) -> Config {
    let mut config = Config::defaults().unwrap();
    config.http.public_url = public_url.into();
    config
}

#[test]
fn the_cookie_is_out_of_reach_for_scripts_and_other_sites() {
    let sent = REFRESH.holding(&at("https://status.example.org"), "abc");
    for part in [
        "signet_refresh=abc",
        "HttpOnly",
        "SameSite=Strict",
        "Path=/api/v3/sessions",
        "Secure",
        "Max-Age=2592000",
    ] {
        assert!(sent.contains(part), "{part} is not in {sent}");
    }
}

#[test]
fn the_pass_goes_to_the_page_with_those_who_follow_a_link_to_it() {
    let sent = PASS.holding(&at("https://status.example.org"), "abc");
    for part in [
        "signet_pass=abc",
        "HttpOnly",
        "SameSite=Lax",
        "Path=/",
        "Secure",
        "Max-Age=2592000",
    ] {
        assert!(sent.contains(part), "{part} is not in {sent}");
    }
}

#[test]
fn on_ones_own_machine_the_cookie_works_without_https() {
    for url in ["http://localhost:8000", "http://127.0.0.1:8000", ""] {
        assert!(!REFRESH.holding(&at(url), "abc").contains("Secure"), "{url}");
    }
    for url in [
        "http://localhost.example.org",
        "http://status.example.org",
        "https://localhost",
    ] {
        assert!(REFRESH.holding(&at(url), "abc").contains("Secure"), "{url}");
    }
}

#[test]
fn signing_out_takes_the_cookie_back() {
    let sent = REFRESH.holding(&at(""), "");
    assert!(
        sent.starts_with("signet_refresh=;") && sent.contains("Max-Age=0"),
        "{sent}"
    );
}
