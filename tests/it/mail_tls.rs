//! Mail over TLS: with a certificate of an authority that we trust, and never with another.

use harness::{Mailbox, Protection, TestApp, Told};
use server::config::Secret;
use shared::incident::NewIncident;

/// What is on record of a mail to the only subscriber: nothing if it was taken.
async fn complaint(app: &TestApp) -> Option<String> {
    let admin = app.admin().await;
    admin
        .api()
        .create_incident(&NewIncident::investigating("Slow API"))
        .await
        .told()
        .unwrap();
    app.run_jobs().await;
    let list = admin
        .api()
        .list_deliveries(None, None, None, None, None, None, None)
        .await;
    list.told().unwrap().items.remove(0).last_error
}

/// A process that sends to this server, and trusts the authority in the file if there is one.
async fn sends_to(app: &TestApp, url: String, authority: Option<&str>) -> TestApp {
    let path = app.database.folder.path().join("authority.pem");
    if let Some(pem) = authority {
        std::fs::write(&path, pem).unwrap();
    }
    app.seed().subscriber("ana@example.org").await;
    let change = |config: &mut server::config::Config| {
        config.mail.smtp_url = Secret::new(url);
        if authority.is_some() {
            config.mail.ca_file = path.display().to_string();
        }
    };
    app.second_node_with(change).await
}

harness::on_every_database! {
    async fn a_server_that_speaks_tls_from_the_start_gets_its_mail(app: TestApp) {
        let office = Mailbox::start_with(Protection::FromTheStart);
        let app = sends_to(&app, office.url(), Some(office.authority())).await;
        assert_eq!(complaint(&app).await, None);
        assert_eq!(office.to("ana@example.org").len(), 1);
    }

    async fn a_server_that_offers_starttls_gets_its_mail(app: TestApp) {
        let office = Mailbox::start_with(Protection::Offered);
        let url = format!("{}?tls=required", office.url());
        let app = sends_to(&app, url, Some(office.authority())).await;
        assert_eq!(complaint(&app).await, None);
        assert_eq!(office.to("ana@example.org").len(), 1);
    }

    async fn a_server_that_wants_a_password_gets_it_once_nobody_can_overhear(app: TestApp) {
        let office = Mailbox::start_with(Protection::OfferedWithLogin);
        let url = format!("{}?tls=required", office.url());
        let app = sends_to(&app, url, Some(office.authority())).await;
        assert_eq!(complaint(&app).await, None);
        assert_eq!(office.to("ana@example.org").len(), 1);
    }

    /// It is about us and no receiver, so the mail waits; and the password stands in no record.
    async fn a_wrong_password_costs_no_mail_and_is_not_told(app: TestApp) {
        let office = Mailbox::start_with(Protection::OfferedWithLogin);
        let url = format!("{}?tls=required", office.url()).replace("s3cret", "hunter2");
        let app = sends_to(&app, url, Some(office.authority())).await;
        let complaint = complaint(&app).await.unwrap();
        assert!(complaint.contains("535") && !complaint.contains("hunter2"), "{complaint}");
        assert!(office.is_empty());
    }

    /// A stranger's certificate is not good enough, even where TLS is only taken because it is offered.
    async fn a_certificate_of_a_stranger_is_refused(app: TestApp) {
        let stranger = Mailbox::start_with(Protection::None);
        let office = Mailbox::start_with(Protection::Offered);
        let url = format!("{}?tls=opportunistic", office.url());
        let app = sends_to(&app, url, Some(stranger.authority())).await;
        let complaint = complaint(&app).await.unwrap();
        assert!(complaint.contains("certificate"), "{complaint}");
        assert!(office.is_empty());
    }

    async fn a_certificate_of_a_stranger_is_refused_from_the_start(app: TestApp) {
        let office = Mailbox::start_with(Protection::FromTheStart);
        let app = sends_to(&app, office.url(), None).await;
        let complaint = complaint(&app).await.unwrap();
        assert!(complaint.contains("certificate"), "{complaint}");
        assert!(office.is_empty());
    }

    async fn nothing_goes_unprotected_where_protection_is_required(app: TestApp) {
        let office = Mailbox::start_with(Protection::None);
        let url = format!("{}?tls=required", office.url());
        let app = sends_to(&app, url, None).await;
        let complaint = complaint(&app).await.unwrap();
        assert!(complaint.contains("STARTTLS"), "{complaint}");
        assert!(office.is_empty());
    }
}
