//! Planned work: planned in the console to come again every week, it begins and ends by itself, and an open page shows it.

use harness::app::PASSWORD;
use harness::{Client, TestApp, hours, minutes};
use shared::list::PageList;
use shared::maintenance::MaintenanceStatus;
use shared::page::Page;
use thirtyfour::prelude::*;

use crate::browser::{Browser, until};

const TITLE: &str = "Larger database";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn planned_work_begins_and_ends_by_itself() {
    let app = TestApp::start().await;
    app.seed().component("Website").await;
    app.seed().component("API").await;
    app.seed().subscriber("bea@example.org").await;
    in_berlin(&app.admin().await).await;
    let browser = Browser::start().await;

    sign_in(&browser, &app).await;
    plan(&browser).await;
    let console = browser.driver.window().await.unwrap();

    let visitor = browser.driver.new_tab().await.unwrap();
    browser.driver.switch_to_window(visitor.clone()).await.unwrap();
    browser.open(&app.base).await;
    browser.sees("Upcoming maintenance").await;
    browser.sees(TITLE).await;
    assert!(browser.text().await.contains("All systems are operational"));
    browser.shoot("maintenance-upcoming").await;

    // 22:00 in Berlin, on the day after the one on which stories begin at 10:00 UTC.
    pass(&app, hours(35)).await;
    browser.sees("Maintenance is in progress").await;
    browser.sees("Under maintenance").await;
    until("the title tells", async || {
        browser.title().await.contains("Under maintenance")
    })
    .await;
    browser.shoot("maintenance-running").await;

    pass(&app, minutes(90)).await;
    browser.sees("All systems are operational").await;
    // The next one stands there already.
    browser.sees("2 December").await;
    assert!(!browser.text().await.contains("Maintenance in progress"));
    browser.open(&format!("{}/history?month=2026-11", app.base)).await;
    browser.sees(TITLE).await;
    browser.sees("Completed").await;
    browser.press(TITLE).await;
    browser.sees("Orders wait for some minutes.").await;
    browser.shoot("maintenance-over").await;

    browser.driver.switch_to_window(console).await.unwrap();
    leave_one_out(&browser).await;
    change_the_series(&browser).await;
    work_by_hand(&browser).await;
    look_around(&browser).await;
    let list = all(&app).await;
    let found = list.iter().map(|(status, starts_at)| (*status, starts_at.as_str()));
    let expected = [
        (MaintenanceStatus::Completed, "2026-11-25T21:00:00.000Z"),
        (MaintenanceStatus::Cancelled, "2026-12-02T21:00:00.000Z"),
        (MaintenanceStatus::Completed, "2026-12-09T20:30:00.000Z"),
        (MaintenanceStatus::Scheduled, "2026-12-23T20:30:00.000Z"),
    ];
    assert!(found.eq(expected), "{list:?}");
    browser.quit().await;
}

async fn in_berlin(admin: &Client) {
    let pages: PageList = admin.get("/pages").await.unwrap();
    let address = format!("/pages/{}", pages.items[0].id);
    let zone = serde_json::json!({ "time_zone": "Europe/Berlin" });
    admin.patch::<Page>(&address, &zone).await.unwrap();
}

async fn sign_in(browser: &Browser, app: &TestApp) {
    browser.sign_in(&app.base, "owner@example.org", PASSWORD).await;
    browser.sees("Nothing runs and nothing is planned").await;
}

/// On Wednesdays from ten at night, for an hour and a half.
async fn plan(browser: &Browser) {
    browser.press("Maintenance").await;
    browser.sees("Nothing is planned").await;
    browser.press("Plan maintenance").await;
    browser.fill("Title", TITLE).await;
    browser.set_moment("Begins", "2026-11-25T22:00").await;
    browser.set_moment("Ends", "2026-11-25T23:30").await;
    browser.choose("Repeat", "weekly").await;
    browser.sees("Wednesday, 2 December").await;
    browser.fill("Message", "Orders wait for **some** minutes.").await;
    browser
        .find(By::XPath("//label[normalize-space(.) = 'API']"))
        .await
        .click()
        .await
        .unwrap();
    browser.choose("Remind subscribers", "1440").await;
    browser.sees("1 message will be sent").await;
    browser.shoot("console-maintenance-plan").await;
    browser.press("Plan maintenance").await;
    browser.sees("Skip this one").await;
    browser.sees("22:00 – 23:30").await;
    browser.sees("Every week on Wednesday").await;
    browser.shoot("console-maintenance").await;
}

/// The one in a week is left out, and the one in two weeks begins half an hour earlier.
async fn leave_one_out(browser: &Browser) {
    browser.press("Maintenance").await;
    browser.press(TITLE).await;
    browser.sees("2 December").await;
    browser.press("Skip this one").await;
    browser.sees("the next of the series is planned").await;
    browser.shoot("console-maintenance-skip").await;
    browser.press_in_dialog("Skip this one").await;
    browser.sees("Cancelled").await;

    browser.press("Maintenance").await;
    browser.press(TITLE).await;
    browser.sees("9 December").await;
    browser.press("Move").await;
    browser.set_moment("Begins", "2026-12-09T21:30").await;
    browser.press_in_dialog("Move").await;
    browser.sees("21:30 – 23:00").await;
}

/// From this one on it comes every other week.
async fn change_the_series(browser: &Browser) {
    browser.press("Edit").await;
    browser.fill("Every", "2").await;
    browser.sees("Wednesday, 23 December").await;
    browser.shoot("console-maintenance-edit").await;
    browser.press_in_dialog("Save changes").await;
    browser.sees("Every 2 weeks on Wednesday").await;
}

/// Started early, with a word in between, and ended early.
async fn work_by_hand(browser: &Browser) {
    browser.press("Start now").await;
    browser.press_in_dialog("Start now").await;
    browser.sees("In progress").await;
    browser.press("Move the end").await;
    browser.press("30 min more").await;
    browser.press_in_dialog("Save changes").await;
    browser.sees("21:30 – 23:30").await;
    browser.fill("Message", "Half of it is done.").await;
    browser.press("Post update").await;
    browser.sees("Half of it is done.").await;
    browser.shoot("console-maintenance-running").await;
    browser.press("Complete").await;
    browser.press_in_dialog("Complete").await;
    browser.sees("23 December").await;
}

async fn look_around(browser: &Browser) {
    browser.press("Maintenance").await;
    browser.press("Past").await;
    browser.sees("Completed").await;
    browser.sees("Cancelled").await;
    browser.shoot("console-maintenances").await;
    browser.press("Overview").await;
    browser.sees("23 December").await;
    browser.shoot("console-overview-maintenance").await;
}

async fn pass(app: &TestApp, span: std::time::Duration) {
    app.clock.advance(span);
    app.run_jobs().await;
}

/// Where each stands and when it is, the soonest first.
async fn all(app: &TestApp) -> Vec<(MaintenanceStatus, String)> {
    let admin = app.admin().await;
    let list: shared::list::MaintenanceList = admin.get("/maintenances?order=asc").await.unwrap();
    let told = list
        .items
        .into_iter()
        .map(|one| (one.status, one.starts_at.to_string()));
    told.collect()
}
