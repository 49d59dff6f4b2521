//! Two processes on one database: a change made at one door is seen at the other.

use futures::StreamExt;
use harness::Told;
use reqwest::Method;
use shared::component::ComponentStatus;
use shared::incident::NewIncident;

harness::on_every_database! {
    /// The visitor of one node hears of what an operator publishes on the other.
    async fn two_processes_tell_each_others_news(app: TestApp) {
        let other = app.second_node().await;
        let admin = app.admin().await;
        let api = app.seed().component("API").await;
        let response = other.visitor().call(Method::GET, "/stream").send().await.unwrap();
        let mut stream = response.bytes_stream();
        stream.next().await.unwrap().unwrap();

        let down = NewIncident::investigating("Slow API").affecting(api.id, ComponentStatus::MajorOutage);
        admin.api().create_incident(&down).await.told().unwrap();
        loop {
            let heard = stream.next().await.unwrap().unwrap();
            assert!(String::from_utf8_lossy(&heard).contains("status"), "{heard:?}");
            let page = other.visitor().api().get_status(None).await.told().unwrap();
            if page.overall.status == ComponentStatus::MajorOutage {
                break;
            }
        }
        assert!(other.visitor().page("/").await.1.contains("Slow API"));
    }

    /// What is due again and again is done once, however many nodes look at the clock.
    async fn two_processes_share_one_schedule(app: TestApp) {
        let other = app.second_node().await;
        let (one, two) = tokio::join!(app.run_jobs(), other.run_jobs());
        let first = one + two;
        assert!(first > 0);
        let (one, two) = tokio::join!(app.run_jobs(), other.run_jobs());
        assert_eq!(one + two, 0, "the same ticks again");
        app.clock.advance(harness::minutes(1));
        let (one, two) = tokio::join!(app.run_jobs(), other.run_jobs());
        assert!(one + two > 0 && one + two <= first);
    }
}
