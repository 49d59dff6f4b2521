//! The main job: from the setup link to a resolved incident, with a visitor watching and a subscriber's mail.

use thirtyfour::prelude::*;

use crate::browser::{Browser, until};
use crate::product::Product;

const PASSWORD: &str = "lantern-orchard-velvet-9";

#[tokio::test]
async fn an_operator_publishes_and_everyone_hears() {
    let product = Product::start(&[]).await;
    let browser = Browser::start().await;

    set_up(&browser, &product).await;
    add_components(&browser, &product, &["Website", "API", "Exports"]).await;
    let console = browser.driver.window().await.unwrap();

    let visitor = browser.driver.new_tab().await.unwrap();
    browser.driver.switch_to_window(visitor.clone()).await.unwrap();
    subscribe(&browser, &product).await;
    browser.open(&product.url).await;
    browser.sees("Website").await;
    assert!(!browser.title().await.contains("outage"));
    browser.shoot("overview-operational").await;

    browser.driver.switch_to_window(console.clone()).await.unwrap();
    publish(&browser, &product).await;

    browser.driver.switch_to_window(visitor.clone()).await.unwrap();
    browser.sees("Slow API").await;
    until("the title tells", async || {
        browser.title().await.to_lowercase().contains("outage")
    })
    .await;
    let icon = browser
        .find(By::Css("link[rel=icon]"))
        .await
        .attr("href")
        .await
        .unwrap()
        .unwrap();
    assert!(icon.contains("outage"), "{icon}");
    browser.shoot("overview-incident").await;

    until("the mail arrives", async || {
        product.mailbox.to("a@example.org").len() == 2
    })
    .await;
    let mail = product.mailbox.last_to("a@example.org");
    assert!(mail.subject.contains("Slow API"), "{}", mail.subject);
    assert_eq!(
        mail.header("List-Unsubscribe-Post").as_deref(),
        Some("List-Unsubscribe=One-Click")
    );
    browser.open(&mail.link("/incidents/")).await;
    browser.sees("Requests take ten seconds.").await;
    browser.shoot("incident").await;
    browser.open(&product.url).await;

    browser.driver.switch_to_window(console).await.unwrap();
    update_and_resolve(&browser).await;
    browser.shoot("console-incident").await;

    browser.driver.switch_to_window(visitor).await.unwrap();
    until("the title is calm again", async || {
        !browser.title().await.to_lowercase().contains("outage")
    })
    .await;
    until("the last mail arrives", async || {
        product.mailbox.to("a@example.org").len() == 4
    })
    .await;
    browser.quit().await;
}

async fn set_up(browser: &Browser, product: &Product) {
    browser.open(&product.setup_link()).await;
    browser.fill("Name of the page", "Acme").await;
    browser.fill("Your name", "Ana").await;
    browser.fill("E-mail address", "ana@acme.example").await;
    browser.fill("Password", PASSWORD).await;
    browser.shoot("setup").await;
    browser.press("Create the page").await;
    browser.sees("First steps").await;
    browser.shoot("console-first-steps").await;
}

async fn add_components(browser: &Browser, product: &Product, names: &[&str]) {
    browser.press("Components").await;
    for name in names {
        browser.press("Add component").await;
        browser.fill("Name", name).await;
        browser
            .find(By::Css("dialog[open] button[type=submit]"))
            .await
            .click()
            .await
            .unwrap();
        until("the dialog closes", async || {
            browser.driver.find(By::Css("dialog[open]")).await.is_err()
        })
        .await;
        browser.sees(name).await;
    }
    browser.shoot("console-components").await;
    assert!(browser.address().await.starts_with(&product.url));
}

async fn subscribe(browser: &Browser, product: &Product) {
    browser.open(&format!("{}/subscribe", product.url)).await;
    browser
        .find(By::Id("target"))
        .await
        .send_keys("a@example.org")
        .await
        .unwrap();
    browser.shoot("subscribe").await;
    browser
        .find(By::Css("main button[type=submit]"))
        .await
        .click()
        .await
        .unwrap();
    until("the confirmation arrives", async || {
        product.mailbox.to("a@example.org").len() == 1
    })
    .await;
    browser
        .open(&product.mailbox.last_to("a@example.org").link("/confirm/"))
        .await;
    browser
        .find(By::Css("main button[type=submit]"))
        .await
        .click()
        .await
        .unwrap();
    browser.sees("a@example.org").await;
}

async fn publish(browser: &Browser, product: &Product) {
    browser.press("Incidents").await;
    browser.press("New incident").await;
    browser.fill("Title", "Slow API").await;
    browser.fill("Message", "Requests take ten seconds.").await;
    for name in ["Website", "API"] {
        browser
            .find(By::XPath(format!("//label[normalize-space(.) = '{name}']")))
            .await
            .click()
            .await
            .unwrap();
        let status = browser
            .find(By::Css(format!("select[aria-label='New status of {name}']")))
            .await;
        status
            .find(By::Css("option[value=major_outage]"))
            .await
            .unwrap()
            .click()
            .await
            .unwrap();
    }
    browser.sees("1 message will be sent").await;
    browser.shoot("console-composer").await;
    browser.press("Publish").await;
    browser.sees("Add an update").await;
    assert!(browser.address().await.starts_with(&product.url));
}

async fn update_and_resolve(browser: &Browser) {
    browser.fill("Message", "A disk was full.").await;
    browser.press("Post update").await;
    browser.sees("A disk was full.").await;
    let status = browser.field("Status").await;
    status
        .find(By::Css("option[value=resolved]"))
        .await
        .unwrap()
        .click()
        .await
        .unwrap();
    browser.fill("Message", "It is fast again.").await;
    browser.press("Resolve incident").await;
    browser.sees("It is fast again.").await;
    browser.sees("Reopen incident").await;
}
