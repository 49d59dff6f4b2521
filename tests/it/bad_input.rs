//! Bad input gets a 4xx problem with a code; nothing is stored, nothing panics.

use reqwest::Method;
use serde_json::json;
use shared::component::{Component, ComponentGroup};
use shared::list::IncidentList;
use shared::page::Page;
use shared::problem::Code;

harness::on_every_database! {
    async fn nothing_bad_is_stored(app: TestApp) {
        let admin = app.admin().await;
        let long = "x".repeat(1_000_000);
        let bodies: Vec<(String, u16, Code)> = vec![
            ("{".into(), 400, Code::Malformed),
            ("[]".into(), 400, Code::Malformed),
            (json!({"title": 7, "message": "m"}).to_string(), 400, Code::Malformed),
            (json!({"title": "t", "message": "m", "colour": "red"}).to_string(), 400, Code::Malformed),
            (json!({"title": "t"}).to_string(), 400, Code::Malformed),
            (json!({"title": "t", "message": "m", "status": "broken"}).to_string(), 400, Code::Malformed),
            (json!({"title": "t", "message": "m", "started_at": "yesterday"}).to_string(), 400, Code::Malformed),
            (json!({"title": "t\u{0}", "message": "m"}).to_string(), 422, Code::Invalid),
            (json!({"title": "t", "message": "m\u{0}"}).to_string(), 422, Code::Invalid),
            (json!({"title": " ", "message": "m"}).to_string(), 422, Code::Invalid),
            (json!({"title": "x".repeat(201), "message": "m"}).to_string(), 422, Code::Invalid),
            (json!({"title": "t", "message": "m", "components": [{"id": 999, "status": "operational"}]}).to_string(), 422, Code::Invalid),
            (json!({"title": "t", "message": "m", "page_id": 999}).to_string(), 422, Code::Invalid),
            (json!({"title": "t", "message": "m", "started_at": "2999-01-01T00:00:00Z"}).to_string(), 422, Code::Invalid),
            (json!({"title": long, "message": "m"}).to_string(), 413, Code::TooLarge),
        ];
        for (body, status, code) in bodies {
            let shown: String = body.chars().take(120).collect();
            let request = admin.call(Method::POST, "/incidents").header("content-type", "application/json").body(body);
            let refusal = harness::client::read::<serde_json::Value>(request.send().await.unwrap()).await.unwrap_err();
            assert_eq!((refusal.status.as_u16(), refusal.code()), (status, code), "{shown}: {:?}", refusal.problem);
            assert!(refusal.problem.instance.is_some());
        }
        let wrong_type = admin.call(Method::POST, "/incidents").header("content-type", "text/plain").body("{}").send().await.unwrap();
        assert_eq!(wrong_type.status(), 415);
        let list: IncidentList = admin.get("/incidents").await.unwrap();
        assert!(list.items.is_empty());
    }

    async fn bad_addresses_and_questions_are_answered(app: TestApp) {
        let admin = app.admin().await;
        for (path, status) in [
            ("/incidents/abc", 404),
            ("/incidents/9223372036854775807", 404),
            ("/incidents/-1", 404),
            ("/incidents/99999999999999999999", 404),
            ("/incidents?limit=201", 422),
            ("/incidents?limit=0", 422),
            ("/incidents?limit=x", 400),
            ("/incidents?cursor=nonsense", 422),
            ("/incidents?q=%00", 422),
            ("/incidents?status=broken", 400),
            ("/nothing", 404),
        ] {
            let refusal = admin.get::<serde_json::Value>(path).await.unwrap_err();
            assert_eq!(refusal.status.as_u16(), status, "{path}: {:?}", refusal.problem);
        }
        let refusal = harness::client::read::<()>(admin.call(Method::TRACE, "/incidents").send().await.unwrap()).await.unwrap_err();
        assert_eq!(refusal.status.as_u16(), 405);
        let search: IncidentList = admin.get("/incidents?q=100%25_!'%22").await.unwrap();
        assert!(search.items.is_empty());
    }

    /// What stands on one page is unknown on another.
    async fn ids_of_another_page_are_refused(app: TestApp) {
        let admin = app.admin().await;
        let page: Page = admin.post("/pages", &json!({"name": "Other"})).await.unwrap();
        let theirs: Component = admin.post("/components", &json!({"name": "Theirs", "page_id": page.id})).await.unwrap();
        let group: ComponentGroup = admin.post("/component-groups", &json!({"name": "Theirs", "page_id": page.id})).await.unwrap();
        let effect = json!([{"id": theirs.id, "status": "major_outage"}]);
        for (path, body, field) in [
            ("/incidents", json!({"title": "t", "message": "m", "components": effect}), "components[0].id"),
            ("/components", json!({"name": "n", "group_id": group.id}), "group_id"),
            ("/component-groups", json!({"name": "n", "parent_id": group.id}), "parent_id"),
            ("/components/reorder", json!({"components": [{"id": theirs.id, "position": 0}]}), "components[0].id"),
        ] {
            let refusal = admin.post::<serde_json::Value>(path, &body).await.unwrap_err();
            assert_eq!((refusal.code(), refusal.fields()), (Code::Invalid, vec![field]), "{path}");
        }
    }

    /// An expired token is no token.
    async fn an_expired_token_is_refused(app: TestApp) {
        let admin = app.admin().await;
        assert!(admin.get::<serde_json::Value>("/me").await.is_ok());
        app.clock.advance(harness::minutes(16));
        assert_eq!(admin.get::<serde_json::Value>("/me").await.unwrap_err().code(), Code::Unauthenticated);
    }
}
