//! A figure that can be checked: from the bar of the front to every stretch of time it is made from.

use harness::{Client, TestApp, Told, days, minutes};
use shared::component::ComponentStatus;
use shared::incident::{Incident, NewIncident, ResolveIncident};
use shared::uptime::UptimeExplanation;
use thirtyfour::prelude::*;

use crate::browser::Browser;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visitor_reads_what_a_figure_is_made_from() {
    let app = TestApp::start().await;
    let api = app.seed().component("API").await;
    app.clock.advance(days(3));
    app.run_jobs().await;
    let outage = NewIncident::investigating("Nobody can sign in").affecting(api.id, ComponentStatus::MajorOutage);
    let outage = app.admin().await.api().create_incident(&outage).await.told().unwrap();
    app.clock.advance(minutes(45));
    resolve(&app.admin().await, &outage).await;
    let path = format!("/public/components/{}/uptime/explain", api.code);
    let explanation: UptimeExplanation = app.visitor().get(&path).await.unwrap();

    let browser = Browser::start().await;
    browser.open(&app.base).await;
    let figure = browser.find(By::Css(".uptime-figure")).await;
    let told = figure.text().await.unwrap();
    // 45 minutes of three days and 45 minutes; cut, not rounded.
    assert_eq!(told, "98.96%");
    figure.click().await.unwrap();

    browser.sees("What the figure is made from").await;
    browser.sees("98.96% of the time it was up").await;
    let again = browser.find(By::Css(".uptime-figure")).await.text().await.unwrap();
    assert_eq!(again, told);
    browser.shoot("component-uptime").await;
    let intervals = browser.all("[aria-labelledby=made-from] tbody tr").await;
    assert_eq!(intervals.len(), explanation.intervals.len());
    let outages: Vec<_> = intervals.iter().filter(|row| row.contains("Major outage")).collect();
    assert!(
        outages.len() == 1 && outages[0].contains("45 min") && outages[0].contains("in full"),
        "{intervals:?}"
    );

    let cause = By::Css("[aria-labelledby=made-from] a[href^='/incidents/']");
    browser.find(cause).await.click().await.unwrap();
    browser.sees("Nobody can sign in").await;
    assert!(browser.address().await.ends_with(&outage.code));
    browser.quit().await;
}

async fn resolve(admin: &Client, incident: &Incident) {
    let input = ResolveIncident {
        message: "Everybody can.".into(),
        restore_components: None,
        notify: None,
    };
    let path = format!("/incidents/{}/resolve", incident.id);
    admin.post::<Incident>(&path, &input).await.unwrap();
}
