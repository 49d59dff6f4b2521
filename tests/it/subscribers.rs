//! Subscribing, confirming, hearing, leaving.

use harness::{Told, minutes};
use reqwest::Method;
use serde_json::json;
use shared::component::ComponentStatus::PartialOutage;
use shared::delivery::DeliveryStatus;
use shared::incident::{NewIncident, PreviewRecipients};

harness::on_every_database! {
    /// Nothing is sent to an address whose owner has not agreed.
    async fn an_address_hears_only_after_its_owner_confirmed(app: TestApp) {
        let admin = app.admin().await;
        let form = [("target", "ana@example.org"), ("scope", "all")];
        let sent = app.visitor().request(Method::POST, "/subscribe").form(&form).send().await.unwrap();
        assert_eq!(sent.status(), 202);
        app.run_jobs().await;
        admin.api().create_incident(&NewIncident::investigating("Too early")).await.told().unwrap();
        app.run_jobs().await;
        assert_eq!(app.mailbox().to("ana@example.org").len(), 1, "only the question");

        let link = app.mailbox().last_to("ana@example.org").link("/confirm/");
        let path = link.strip_prefix(&app.base).unwrap();
        assert_eq!(app.visitor().page(path).await.0, 200);
        let list = admin.api().list_subscribers(None, Some(true), None, None, None).await.told().unwrap();
        assert!(list.items.is_empty(), "opening the link is not agreeing: mail scanners open links");
        assert_eq!(app.visitor().request(Method::POST, path).send().await.unwrap().status(), 200);

        admin.api().create_incident(&NewIncident::investigating("Slow API")).await.told().unwrap();
        app.run_jobs().await;
        let mail = app.mailbox().last_to("ana@example.org");
        assert!(mail.subject.contains("Slow API"));
        assert_eq!(mail.header("List-Unsubscribe-Post").as_deref(), Some("List-Unsubscribe=One-Click"));
        assert!(mail.header("Message-ID").unwrap().contains("delivery-"));

        // RFC 8058: the mail program posts to the address in the header.
        let header = mail.header("List-Unsubscribe").unwrap();
        let address = header.split(['<', '>']).find(|part| part.starts_with("http")).unwrap().to_owned();
        let one_click = app.visitor().request(Method::POST, address.strip_prefix(&app.base).unwrap());
        assert_eq!(one_click.form(&[("List-Unsubscribe", "One-Click")]).send().await.unwrap().status(), 200);
        admin.api().create_incident(&NewIncident::investigating("Unheard")).await.told().unwrap();
        app.run_jobs().await;
        assert_eq!(app.mailbox().to("ana@example.org").len(), 2);
    }

    /// Someone who follows only the website hears nothing about the API; a group stands for all that is in it.
    async fn subscribers_hear_only_about_components_they_follow(app: TestApp) {
        let admin = app.admin().await;
        let group = app.seed().group("Platform").await;
        let api = app.seed().component_in(group.id, "API").await;
        let website = app.seed().component("Website").await;
        app.seed().follower("website@example.org", &[website.id], &[]).await;
        app.seed().follower("platform@example.org", &[], &[group.id]).await;
        app.seed().subscriber("all@example.org").await;

        let question = PreviewRecipients { page_id: None, components: vec![api.id], incident_id: None, kind: None, impact: None };
        let preview = admin.api().preview_recipients(&question).await.told().unwrap();
        assert_eq!(preview.total, 2);
        admin.api().create_incident(&NewIncident::investigating("Slow API").affecting(api.id, PartialOutage)).await.told().unwrap();
        app.run_jobs().await;
        assert!(app.mailbox().to("website@example.org").is_empty());
        assert_eq!(app.mailbox().to("platform@example.org").len(), 1);
        assert_eq!(app.mailbox().to("all@example.org").len(), 1);
    }

    /// The answer to subscribing never tells whether an address is known.
    async fn the_answer_is_the_same_for_known_and_unknown(app: TestApp) {
        app.seed().subscriber("known@example.org").await;
        let mut answers = Vec::new();
        for email in ["known@example.org", "unknown@example.org"] {
            let response = app.visitor().call(Method::POST, "/subscriptions").json(&json!({"target": email})).send().await.unwrap();
            answers.push((response.status(), response.text().await.unwrap()));
        }
        assert_eq!(answers[0], answers[1]);
        assert_eq!(answers[0].0, 202);
    }

    /// A mail server that is busy is asked again; one that knows no such mailbox is not.
    async fn a_busy_server_is_asked_again_and_a_refusal_is_final(app: TestApp) {
        use harness::mailbox::Mood;
        let admin = app.admin().await;
        app.seed().subscriber("busy@example.org").await;
        app.seed().subscriber("gone@example.org").await;
        app.mailbox().answer("busy@", Mood::Busy);
        app.mailbox().answer("gone@", Mood::Refusing);
        admin.api().create_incident(&NewIncident::investigating("Slow API")).await.told().unwrap();
        app.run_jobs().await;
        let given_up = admin.api().list_deliveries(None, None, None, None, None, None, Some(&DeliveryStatus::GivenUp)).await.told().unwrap();
        assert_eq!(given_up.items[0].target, "gone@example.org");
        assert!(given_up.items[0].last_error.is_some());

        app.mailbox().answer("busy@", Mood::Willing);
        app.clock.advance(minutes(10));
        app.run_jobs().await;
        assert_eq!(app.mailbox().to("busy@example.org").len(), 1);

        app.mailbox().answer("gone@", Mood::Willing);
        admin.api().retry_delivery(given_up.items[0].id.0).await.told().unwrap();
        app.run_jobs().await;
        assert_eq!(app.mailbox().to("gone@example.org").len(), 1);
    }
}
