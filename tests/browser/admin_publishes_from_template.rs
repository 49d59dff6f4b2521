//! Written down in calm, published in a hurry: a template with a gap becomes an incident that visitors read, and another
//! one a planned maintenance.

use harness::TestApp;
use harness::app::PASSWORD;
use shared::template::{NewTemplate, Template, TemplateKind};
use thirtyfour::prelude::*;

use crate::browser::Browser;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_admin_publishes_from_a_template() {
    let app = TestApp::start().await;
    app.seed().component("Payments").await;
    app.admin().await;
    let browser = Browser::start().await;
    browser.sign_in(&app.base, "owner@example.org", PASSWORD).await;

    write_it_down(&browser).await;
    publish(&browser).await;

    browser.open(&app.base).await;
    browser.sees("Paylane is down").await;
    browser.sees("We wait for Paylane.").await;
    browser.shoot("overview-from-template").await;
    browser.quit().await;
}

async fn write_it_down(browser: &Browser) {
    browser.press("Incidents").await;
    browser.press("Templates").await;
    browser.press("New template").await;
    browser.fill("Name", "Provider down").await;
    browser.fill("Title", "{{ provider }} is down").await;
    browser.fill("Message", "We wait for {{ provider }}.").await;
    browser.press("Add gap").await;
    browser.fill("Name in the text", "provider").await;
    browser.fill("Question", "Which provider?").await;
    browser.field("Must be filled in").await.click().await.unwrap();
    browser.shoot("console-template").await;
    browser.press("Save template").await;
    browser.sees("New incident").await;
    browser.shoot("console-templates").await;
}

async fn publish(browser: &Browser) {
    browser.press("Incidents").await;
    browser.press("New incident").await;
    browser.press("Start from a template").await;
    browser.press_and_stay("Fill in").await;
    browser.sees("This is needed.").await;
    browser.shoot("console-template-start").await;
    browser.fill("Which provider?", "Paylane").await;
    browser.press_in_dialog("Fill in").await;
    let title = browser.field("Title").await;
    assert_eq!(title.prop("value").await.unwrap().as_deref(), Some("Paylane is down"));
    browser.press("Publish").await;
    browser.sees("Add an update").await;
}

/// The same for planned work, and for what is said while it goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn maintenance_is_planned_from_a_template() {
    let app = TestApp::start().await;
    keep(
        &app,
        TemplateKind::Maintenance,
        "New disks",
        Some("New disks"),
        "Pages may be slow.",
    )
    .await;
    keep(
        &app,
        TemplateKind::MaintenanceUpdate,
        "Half done",
        None,
        "Half of it is done.",
    )
    .await;
    let browser = Browser::start().await;
    browser.sign_in(&app.base, "owner@example.org", PASSWORD).await;

    browser.press("Maintenance").await;
    browser.press("Plan maintenance").await;
    browser.set_moment("Begins", "2026-11-25T22:00").await;
    start(&browser).await;
    browser.shoot("console-maintenance-from-template").await;
    browser.press("Plan maintenance").await;
    browser.sees("Pages may be slow.").await;
    browser.sees("Nobody was told of it so far.").await;

    start(&browser).await;
    browser.press("Post update").await;
    browser.find(By::XPath("//ol//p[. = 'Half of it is done.']")).await;
    browser.quit().await;
}

async fn start(browser: &Browser) {
    browser.press("Start from a template").await;
    browser.press_in_dialog("Fill in").await;
}

async fn keep(app: &TestApp, kind: TemplateKind, name: &str, title: Option<&str>, message: &str) {
    let input = NewTemplate {
        page_id: None,
        kind,
        name: name.into(),
        title: title.map(Into::into),
        message: message.into(),
        status: None,
        impact: None,
        components: Vec::new(),
        variables: Vec::new(),
    };
    app.admin().await.post::<Template>("/templates", &input).await.unwrap();
}
