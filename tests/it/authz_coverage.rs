//! Every operation refuses strangers, and the weakest role where it should. A new operation without a line here fails.

use std::collections::BTreeSet;

use harness::TestApp;
use reqwest::Method;
use serde_json::{Value, json};
use shared::access::Role;

/// Open to everyone: reading a page, subscribing, and the doors that credentials come in by.
const PUBLIC: &[&str] = &[
    "get_status",
    "get_history",
    "get_public_incident",
    "get_component_uptime",
    "get_page_uptime",
    "explain_component_uptime",
    "get_component_months",
    "search_history",
    "get_public_maintenance",
    "get_public_postmortem",
    "get_public_announcements",
    "get_public_metrics",
    "get_public_metric",
    "stream_status",
    "get_setup",
    "complete_setup",
    "create_session",
    "refresh_session",
    "delete_session",
    "accept_invitation",
    "subscribe",
    "confirm_subscription",
    "confirm_by_code",
    "get_subscription",
    "update_subscription",
    "unsubscribe",
];

/// Open to every member: looking at the console, and one's own account.
const ANY_MEMBER: &[&str] = &[
    "get_me",
    "update_me",
    "change_password",
    "get_delivery_progress",
    "list_pages",
    "get_page",
    "list_component_groups",
    "get_component_group",
    "list_components",
    "get_component",
    "list_status_corrections",
    "list_incidents",
    "get_incident",
    "list_incident_update_revisions",
    "list_maintenances",
    "get_maintenance",
    "get_postmortem",
    "list_templates",
    "get_template",
    "render_template",
    "list_announcements",
    "get_announcement",
    "list_metrics",
    "get_metric",
    "list_deliveries",
    "get_delivery",
    "get_system",
];

/// A body that passes the parser, so that the answer is the permission's.
fn body(operation: &str) -> Option<Value> {
    Some(match operation {
        "create_page" | "create_component_group" | "create_component" => json!({"name": "A"}),
        "create_metric" => json!({"name": "A", "unit": "ms"}),
        "push_metric_points" => json!({"value": 1.0}),
        "reorder_metrics" => json!({"metrics": []}),
        "try_metric_source" => json!({"url": "https://a.example.org", "query": "up", "auth": "none"}),
        "set_metric_source" => {
            json!({"url": "https://a.example.org", "query": "up", "auth": "none", "interval_s": 60})
        }
        "create_status_correction" => {
            json!({"from": "2026-01-01T00:00:00Z", "to": "2026-01-01T01:00:00Z", "status": "operational", "reason": "A"})
        }
        "create_incident" => json!({"title": "A", "message": "A"}),
        "schedule_maintenance" => {
            json!({"title": "A", "message": "A", "starts_at": "2027-01-01T00:00:00Z", "ends_at": "2027-01-01T01:00:00Z"})
        }
        "preview_recurrence" => json!({"starts_at": "2027-01-01T00:00:00Z", "recurrence": "FREQ=DAILY"}),
        "create_template" => json!({"kind": "incident_update", "name": "A", "message": "A"}),
        "create_announcement" => json!({"title": "A", "message": "A"}),
        "write_postmortem" => json!({"message": "A"}),
        "create_maintenance_update" => json!({"message": "A"}),
        "merge_incident" => json!({"into": 2}),
        "create_incident_update" | "resolve_incident" | "reopen_incident" => json!({"message": "A"}),
        "set_component_status" => json!({"status": "operational"}),
        "import_subscribers" => json!({"csv": "target\na@example.org\n"}),
        "create_subscriber" => json!({"target": "a@example.org"}),
        "send_test_mail" => json!({"email": "a@example.org"}),
        "create_member" => json!({"email": "a@example.org", "name": "A", "role": "viewer"}),
        "update_page"
        | "update_component_group"
        | "update_component"
        | "update_incident"
        | "update_incident_update"
        | "update_maintenance"
        | "start_maintenance"
        | "verify_maintenance"
        | "complete_maintenance"
        | "cancel_maintenance"
        | "publish_postmortem"
        | "update_template"
        | "render_template"
        | "update_announcement"
        | "update_member"
        | "update_metric"
        | "update_subscriber"
        | "reorder_components"
        | "preview_recipients"
        | "retry_deliveries"
        | "update_me" => json!({}),
        "change_password" => json!({"current_password": "x", "new_password": "y"}),
        _ => return None,
    })
}

#[tokio::test]
async fn every_operation_refuses_strangers_and_the_weakest_role() {
    let app = TestApp::start().await;
    let viewer = app.member(Role::Viewer).await;
    let mut listed: BTreeSet<&str> = PUBLIC.iter().chain(ANY_MEMBER).copied().collect();
    for (operation, method, path) in operations() {
        listed.remove(operation.as_str());
        if PUBLIC.contains(&operation.as_str()) {
            continue;
        }
        let ask = |client: &harness::Client| {
            let request = client.call(method.clone(), &path);
            match body(&operation) {
                Some(body) => request.json(&body).send(),
                None => request.send(),
            }
        };
        let stranger = ask(&app.visitor()).await.unwrap();
        assert_eq!(stranger.status(), 401, "{operation} lets strangers in");
        let forged = ask(&app.visitor().bearing("eyJhbGciOiJIUzI1NiJ9.e30.x")).await.unwrap();
        assert_eq!(forged.status(), 401, "{operation} believes a forged token");
        let answer = ask(&viewer).await.unwrap().status();
        if ANY_MEMBER.contains(&operation.as_str()) {
            assert!(answer != 401 && answer != 403, "{operation} refuses a viewer: {answer}");
        } else {
            assert_eq!(answer, 403, "{operation} lets a viewer in");
        }
    }
    assert!(listed.is_empty(), "listed here, but not in the API: {listed:?}");
}

fn operations() -> Vec<(String, Method, String)> {
    let document: Value = serde_json::from_str(&server::api::document()).unwrap();
    let mut found = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let path = path
                .split('/')
                .map(|part| if part.starts_with('{') { "1" } else { part })
                .collect::<Vec<_>>()
                .join("/");
            let method = method.to_uppercase().parse().unwrap();
            found.push((operation["operationId"].as_str().unwrap().to_owned(), method, path));
        }
    }
    found
}
