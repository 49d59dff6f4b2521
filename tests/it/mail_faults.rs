//! A mail server on a bad day: nobody is lost, nobody hears twice, and the log says what happened.

use harness::{Manner, Mood, TestApp, Told, minutes};
use sea_orm::ConnectionTrait;
use shared::delivery::{Delivery, DeliveryStatus};
use shared::incident::NewIncident;

/// More than there are connections, so that some always wait.
const PEOPLE: usize = 40;

harness::on_every_database! {
    /// One mail finds out for all that nobody listens; the others lose no try over it.
    async fn a_server_that_refuses_connections_is_waited_for(app: TestApp) {
        app.mailbox().behave(Manner::Absent).await;
        tell_everyone(&app).await;
        all_wait_but_one_has_tried(&app, "cannot be reached").await;
        app.mailbox().behave(Manner::Polite).await;
        each_hears_once(&app).await;
    }

    async fn a_server_that_never_says_a_word_is_waited_for(app: TestApp) {
        let app = app.second_node_with(|config| config.mail.timeout_s = 1).await;
        app.mailbox().behave(Manner::Silent).await;
        tell_everyone(&app).await;
        all_wait_but_one_has_tried(&app, "does not answer within 1s").await;
        app.mailbox().behave(Manner::Polite).await;
        each_hears_once(&app).await;
    }

    async fn a_server_that_is_too_busy_to_greet_us_is_waited_for(app: TestApp) {
        app.mailbox().behave(Manner::Crowded(0)).await;
        tell_everyone(&app).await;
        all_wait_but_one_has_tried(&app, "421").await;
        app.mailbox().behave(Manner::Polite).await;
        each_hears_once(&app).await;
    }

    /// Whoever is turned away on one connection waits for another, and loses no try.
    async fn a_server_that_talks_to_three_at_a_time_gets_three_connections(app: TestApp) {
        app.mailbox().behave(Manner::Crowded(3)).await;
        tell_everyone(&app).await;
        each_heard_once(&app);
        assert!(deliveries(&app).await.iter().all(|delivery| delivery.attempt_count == 1));
    }

    /// A connection that ended between two mails is no failed try.
    async fn a_server_that_hangs_up_after_each_mail_gets_all_of_them(app: TestApp) {
        app.mailbox().behave(Manner::HangsUpAfterEach).await;
        tell_everyone(&app).await;
        each_heard_once(&app);
        assert!(deliveries(&app).await.iter().all(|delivery| delivery.attempt_count == 1));
    }

    async fn a_server_that_hangs_up_in_the_middle_of_a_mail_is_sent_it_again(app: TestApp) {
        app.mailbox().behave(Manner::HangsUpHalfWay).await;
        tell_everyone(&app).await;
        assert!(app.mailbox().is_empty());
        let tried = deliveries(&app).await;
        assert!(tried.iter().all(|delivery| delivery.status == DeliveryStatus::Waiting));
        assert!(tried.iter().any(|delivery| delivery.last_error.is_some()));
        app.mailbox().behave(Manner::Polite).await;
        each_hears_once(&app).await;
    }

    async fn a_mail_that_was_cut_off_is_sent_again(app: TestApp) {
        app.mailbox().behave(Manner::HangsUpAtTheEnd).await;
        tell_everyone(&app).await;
        assert!(app.mailbox().is_empty());
        let tried = deliveries(&app).await;
        assert!(tried.iter().all(|delivery| delivery.attempt_count == 1 && delivery.last_error.is_some()));
        app.mailbox().behave(Manner::Polite).await;
        each_hears_once(&app).await;
    }

    async fn a_server_that_says_later_is_asked_later(app: TestApp) {
        app.mailbox().answer("", Mood::Busy);
        tell_everyone(&app).await;
        let tried = deliveries(&app).await;
        assert!(tried.iter().all(|delivery| delivery.attempt_count == 1));
        assert!(tried.iter().all(|delivery| delivery.last_error.as_ref().unwrap().contains("451")));
        app.mailbox().answer("", Mood::Willing);
        each_hears_once(&app).await;
    }

    /// The others hear at once, on the same connections.
    async fn a_mailbox_that_is_not_there_is_given_up_with_the_reason(app: TestApp) {
        app.mailbox().answer("person7@", Mood::Refusing);
        tell_everyone(&app).await;
        assert_eq!(app.mailbox().len(), PEOPLE - 1);
        let given_up: Vec<_> = deliveries(&app).await.into_iter().filter(|delivery| delivery.status == DeliveryStatus::GivenUp).collect();
        assert_eq!(given_up.len(), 1);
        assert_eq!(given_up[0].target, "person7@example.org");
        assert!(given_up[0].last_error.as_ref().unwrap().contains("no such mailbox"));
    }

    /// Rows that nothing can be made of, in front of the queue: they are set aside, and everyone hears.
    async fn what_cannot_be_read_holds_nobody_up(app: TestApp) {
        let connection = app.database.connect().await;
        for payload in ["nonsense", "{\"kind\": \"of a later version\"}", "null"] {
            let row = format!(
                "INSERT INTO outbox (kind, payload, run_at, attempts, created_at) VALUES ('fan_out', '{payload}', 0, 0, 0)"
            );
            connection.execute_unprepared(&row).await.unwrap();
        }
        tell_everyone(&app).await;
        each_heard_once(&app);
        let admin = app.admin().await;
        assert_eq!(admin.api().get_system().await.told().unwrap().jobs_parked, 3);
    }
}

async fn tell_everyone(app: &TestApp) {
    for number in 0..PEOPLE {
        app.seed().subscriber(&format!("person{number}@example.org")).await;
    }
    let admin = app.admin().await;
    // What the schedule wants is out of the way.
    app.run_jobs().await;
    admin
        .api()
        .create_incident(&NewIncident::investigating("Slow API"))
        .await
        .told()
        .unwrap();
    app.run_jobs().await;
}

async fn deliveries(app: &TestApp) -> Vec<Delivery> {
    let admin = app.admin().await;
    let list = admin
        .api()
        .list_deliveries(None, None, None, Some(100), None, None, None)
        .await;
    list.told().unwrap().items
}

async fn all_wait_but_one_has_tried(app: &TestApp, reason: &str) {
    assert!(app.mailbox().is_empty());
    let all = deliveries(app).await;
    assert_eq!(all.len(), PEOPLE);
    assert!(all.iter().all(|delivery| delivery.status == DeliveryStatus::Waiting));
    let tried: Vec<_> = all.iter().filter(|delivery| delivery.attempt_count > 0).collect();
    assert_eq!(tried.len(), 1, "{tried:?}");
    let said = tried[0].last_error.as_ref().unwrap();
    assert!(said.contains(reason), "{said}");
}

async fn each_hears_once(app: &TestApp) {
    app.clock.advance(minutes(2));
    app.run_jobs().await;
    each_heard_once(app);
    let all = deliveries(app).await;
    assert!(all.iter().all(|delivery| delivery.status == DeliveryStatus::Delivered));
}

fn each_heard_once(app: &TestApp) {
    for number in 0..PEOPLE {
        let letters = app.mailbox().to(&format!("person{number}@example.org"));
        assert_eq!(letters.len(), 1, "person{number}");
    }
}
