//! The public page without any script: what curl, crawlers and old browsers get.

use harness::{TestApp, Told};
use shared::component::ComponentStatus;
use shared::incident::NewIncident;

harness::on_every_database! {
    async fn the_page_answers_in_words(app: TestApp) {
        let admin = app.admin().await;
        let (api, _) = (app.seed().component("API").await, app.seed().component("Website").await);
        let input = NewIncident::investigating("Slow API").affecting(api.id, ComponentStatus::PartialOutage).saying("<script>alert(1)</script> slow");
        let incident = admin.api().create_incident(&input).await.told().unwrap();

        let (status, html) = app.visitor().page("/").await;
        assert_eq!(status, 200);
        for words in ["Slow API", "API", "Website", "Partial outage", "Operational"] {
            assert!(html.contains(words), "{words} is missing");
        }
        assert!(!html.contains("<script>alert"), "what people write is never markup");
        let (status, html) = app.visitor().page(&format!("/incidents/{}", incident.code)).await;
        assert_eq!(status, 200);
        assert!(html.contains("Slow API"));
        let (_, german) = app.visitor().page("/?lang=de").await;
        assert!(german.contains("lang=\"de\""));
        for nowhere in ["/incidents/nope", "/maintenance/nope", "/nope", "/history?month=2026-13", "/incidents/%00"] {
            assert_eq!(app.visitor().page(nowhere).await.0, 404, "{nowhere}");
        }
        assert_eq!(app.visitor().page("/history").await.0, 200);
    }
}

/// The same answer is not sent twice, and comes compressed for those who take it.
#[tokio::test]
async fn answers_are_cached_and_compressed() {
    let app = TestApp::start().await;
    app.seed().component("API").await;
    let get = |name: &'static str, value: String| {
        app.visitor()
            .request(reqwest::Method::GET, "/api/v3/status")
            .header(name, value)
            .send()
    };
    let first = get("accept-encoding", "br".into()).await.unwrap();
    assert_eq!(first.headers()["content-encoding"], "br");
    let etag = first.headers()["etag"].to_str().unwrap().to_owned();
    assert_eq!(get("if-none-match", etag.clone()).await.unwrap().status(), 304);
    app.seed().component("Website").await;
    assert_eq!(
        get("if-none-match", etag).await.unwrap().status(),
        200,
        "a change is a new answer"
    );
}

/// Every answer forbids what it does not need.
#[tokio::test]
async fn pages_forbid_foreign_scripts_and_frames() {
    let app = TestApp::start().await;
    for path in ["/", "/subscribe", "/nope"] {
        let response = app.visitor().request(reqwest::Method::GET, path).send().await.unwrap();
        let policy = response.headers()["content-security-policy"]
            .to_str()
            .unwrap()
            .to_owned();
        assert!(
            !policy.contains("unsafe-inline") && policy.contains("frame-ancestors 'none'"),
            "{path}: {policy}"
        );
        assert_eq!(response.headers()["x-content-type-options"], "nosniff");
        assert!(response.headers().contains_key("referrer-policy"));
        let html = response.text().await.unwrap();
        assert!(!html.contains(" style=\"") && !html.contains("onclick"), "{path}");
    }
}
