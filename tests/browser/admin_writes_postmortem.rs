//! What an incident taught: drafted in the console, published, and read by a visitor who comes from the incident. One that was
//! merged into another has nothing to write.

use harness::app::PASSWORD;
use harness::{TestApp, Told};
use shared::incident::{Incident, NewIncident, ResolveIncident};
use shared::incident_entry::MergeIncident;

use crate::browser::Browser;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_admin_writes_a_postmortem() {
    let app = TestApp::start().await;
    let (slow, same) = (over(&app, "Slow API").await, over(&app, "API is slow").await);
    merge(&app, &same, &slow).await;
    let browser = Browser::start().await;
    browser.sign_in(&app.base, "owner@example.org", PASSWORD).await;

    browser.open(&format!("{}/admin/incidents/{}", app.base, same.id)).await;
    browser.sees("Timeline").await;
    assert!(!browser.text().await.contains("Postmortem"), "it went into another");

    browser.open(&format!("{}/admin/incidents/{}", app.base, slow.id)).await;
    browser.press("Write a postmortem").await;
    browser.fill("Text", "# What happened\n\nA disk was **full**.").await;
    browser.sees("A disk was full.").await;
    browser.shoot("console-postmortem").await;
    browser.press_in_dialog("Save").await;
    browser.sees("Only the team sees it.").await;

    let console = browser.driver.window().await.unwrap();
    let visitor = browser.driver.new_tab().await.unwrap();
    browser.driver.switch_to_window(visitor.clone()).await.unwrap();
    let public = format!("{}/incidents/{}", app.base, slow.code);
    browser.open(&public).await;
    browser.sees("It is fast again.").await;
    assert!(
        !browser.text().await.contains("postmortem"),
        "a draft is the team's own"
    );

    browser.driver.switch_to_window(console).await.unwrap();
    browser.press("Publish postmortem").await;
    browser.press_in_dialog("Publish postmortem").await;
    browser.sees("Take back").await;
    browser.shoot("console-incident-with-postmortem").await;

    browser.driver.switch_to_window(visitor).await.unwrap();
    browser.open(&public).await;
    browser.press("Read what we learned from it").await;
    browser.sees("What happened").await;
    browser.sees("A disk was full.").await;
    browser.shoot("postmortem").await;
    browser.quit().await;
}

/// An incident that was opened and resolved.
async fn over(app: &TestApp, title: &str) -> Incident {
    let admin = app.admin().await;
    let incident = admin
        .api()
        .create_incident(&NewIncident::investigating(title))
        .await
        .told()
        .unwrap();
    let end = ResolveIncident::saying("It is fast again.");
    admin.api().resolve_incident(incident.id.0, &end).await.told().unwrap()
}

async fn merge(app: &TestApp, one: &Incident, other: &Incident) {
    let input = MergeIncident { into: other.id };
    let _: Incident = app
        .admin()
        .await
        .post(&format!("/incidents/{}/merge", one.id), &input)
        .await
        .unwrap();
}
