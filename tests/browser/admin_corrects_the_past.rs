//! An outage that nobody saw: entered afterwards in the console, it stands there with its reason, and visitors read it too.

use harness::app::PASSWORD;
use harness::{TestApp, hours};
use thirtyfour::prelude::*;

use crate::browser::Browser;

const REASON: &str = "A switch dropped every second packet.";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_admin_corrects_the_past() {
    let app = TestApp::start().await;
    app.seed().component("Website").await;
    app.admin().await;
    app.clock.advance(hours(5));
    let browser = Browser::start().await;
    browser.sign_in(&app.base, "owner@example.org", PASSWORD).await;

    open(&browser).await;
    browser.sees("Nothing was corrected so far.").await;
    browser.press_and_stay("Correct").await;
    browser.sees("This is needed.").await;
    browser.set_moment("From", "2026-11-24T11:00").await;
    browser.set_moment("Until", "2026-11-24T12:30").await;
    browser.choose("It was", "partial_outage").await;
    browser.fill("Reason", REASON).await;
    browser.shoot("console-correction").await;
    browser.press_in_dialog("Correct").await;
    browser.sees("The past is put right").await;

    open(&browser).await;
    browser.sees(REASON).await;
    browser.sees("11:00 – 12:30").await;
    browser.shoot("console-corrections").await;

    browser.open(&format!("{}/components/website", app.base)).await;
    browser.sees(REASON).await;
    browser.quit().await;
}

async fn open(browser: &Browser) {
    browser.press("Components").await;
    let menu = By::Css("summary[aria-label='More for Website']");
    browser.find(menu).await.click().await.unwrap();
    browser.press("Correct the past…").await;
    browser.sees("How Website really was").await;
}
