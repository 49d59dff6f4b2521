//! A visitor subscribes with wishes of their own, changes them, pauses, and leaves by the link that mail programs use.

use reqwest::Method;
use thirtyfour::prelude::*;

use crate::browser::{Browser, until};
use crate::product::Product;

const ANA: &str = "ana@example.org";

#[tokio::test]
async fn a_visitor_subscribes_pauses_and_leaves() {
    let product = Product::start(&["--demo"]).await;
    let browser = Browser::start().await;

    browser.open(&format!("{}/subscribe", product.url)).await;
    browser.fill("E-mail address", ANA).await;
    tick(&browser, "input[name=scope][value=chosen]").await;
    tick(&browser, "input[name=component]").await;
    tick(&browser, ".preferences > summary").await;
    browser.choose("How often", "hourly").await;
    browser.shoot("subscribe-wishes").await;
    send(&browser).await;
    browser.sees(ANA).await;

    until("the question arrives", async || product.mailbox.to(ANA).len() == 1).await;
    browser.open(&product.mailbox.last_to(ANA).link("/confirm/")).await;
    send(&browser).await;
    browser.sees("You are subscribed").await;

    let manage = product
        .mailbox
        .last_to(ANA)
        .link("/confirm/")
        .replace("/confirm/", "/manage/");
    browser.open(&manage).await;
    let chosen = browser.find(By::Css("#digest option[selected]")).await;
    assert_eq!(chosen.attr("value").await.unwrap().as_deref(), Some("hourly"));
    browser.choose("Pause", "7").await;
    browser.shoot("manage").await;
    send(&browser).await;
    browser.sees("Your changes are saved").await;
    browser.sees("Paused until").await;

    let leave = manage.replace("/manage/", "/unsubscribe/");
    let one_click = [("List-Unsubscribe", "One-Click")];
    let left = reqwest::Client::new()
        .request(Method::POST, &leave)
        .form(&one_click)
        .send()
        .await
        .unwrap();
    assert_eq!(left.status(), 200);
    browser.open(&manage).await;
    browser.sees("too old").await;
    browser.quit().await;
}

async fn tick(browser: &Browser, selector: &str) {
    browser.find(By::Css(selector)).await.click().await.unwrap();
}

async fn send(browser: &Browser) {
    tick(browser, "main button[type=submit]").await;
}
