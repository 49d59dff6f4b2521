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

/// While the database is away visitors see what was last known, and how old it is.
#[tokio::test]
async fn without_a_database_the_page_says_how_old_it_is() {
    let app = TestApp::start().await;
    app.seed().component("API").await;
    let visitor = app.visitor();
    for path in ["/", "/history"] {
        assert_eq!(visitor.page(path).await.0, 200);
    }
    visitor.api().get_status(None).await.told().unwrap();

    app.cx.db.clone().close().await.unwrap();
    // Something has changed since, which nobody can read.
    app.cx.cache.changed(shared::PageId(1), i64::MAX);
    for path in ["/", "/history"] {
        let (status, html) = visitor.page(path).await;
        assert_eq!(status, 200);
        assert!(
            html.contains("What you see here was true 0 minutes ago."),
            "{path}: {html}"
        );
    }
    let answer = visitor.call(reqwest::Method::GET, "/status").send().await.unwrap();
    assert!(answer.headers().contains_key("age"), "{answer:?}");
    assert!(answer.text().await.unwrap().contains("API"));

    assert_eq!(
        visitor.page("/incidents/nope").await.0,
        503,
        "nobody can say whether there is one"
    );
    assert_eq!(visitor.page("/health/ready").await.0, 503);
    assert_eq!(visitor.page("/health/live").await.0, 200);
}

/// A page of many components costs the database no more questions than one of few.
#[tokio::test]
async fn a_cold_read_asks_the_same_number_of_questions_whatever_the_size() {
    let app = TestApp::start().await;
    let mut counts = Vec::new();
    for _ in 0..2 {
        counts.push(questions(&app).await);
        for n in 0..20 {
            let component = app.seed().component(&format!("Part {n}")).await;
            let input = NewIncident::investigating("Slow").affecting(component.id, ComponentStatus::PartialOutage);
            server::domain::incident::create(&app.cx.as_system("test"), input)
                .await
                .unwrap();
        }
    }
    counts.push(questions(&app).await);
    // Without any incident there is nothing to ask about them.
    assert_eq!(counts[1], counts[2], "{counts:?}");
    assert!(counts[2] <= 16, "{counts:?}");
}

async fn questions(app: &TestApp) -> usize {
    let asked = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counter = asked.clone();
    let mut cx = app.cx.as_system("test");
    cx.db.set_metric_callback(move |_| {
        counter.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
    });
    let page = server::domain::page::default(&cx).await.unwrap();
    server::domain::status_page::build(&cx, page.id).await.unwrap();
    asked.load(std::sync::atomic::Ordering::SeqCst)
}
