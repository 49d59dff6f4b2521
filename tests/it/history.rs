//! What is past and still to be found: months with their days, and the search over everything that was told.

use harness::{TestApp, Told, hours};
use serde_json::json;
use shared::component::ComponentStatus;
use shared::incident::{ComponentEffect, Incident, NewIncident};
use shared::problem::Code;
use shared::status_page::{HitKind, SearchResults};

use super::uptime::{DAY, set};

async fn tell(app: &TestApp, title: &str, message: &str) -> Incident {
    let input = NewIncident {
        message: message.to_owned(),
        ..NewIncident::investigating(title)
    };
    app.admin().await.api().create_incident(&input).await.told().unwrap()
}

async fn search(app: &TestApp, query: &str) -> SearchResults {
    app.visitor().get(&format!("/public/search?{query}")).await.unwrap()
}

fn titles(found: &SearchResults) -> Vec<&str> {
    found.items.iter().map(|hit| hit.title.as_str()).collect()
}

harness::on_every_database! {
    async fn words_are_found_wherever_they_were_told(app: TestApp) {
        tell(&app, "Slow checkout", "Payments take **minutes** instead of seconds.").await;
        app.clock.advance(hours(1));
        let mails = tell(&app, "Mails are late", "The queue is long.").await;
        let update = json!({ "message": "Große Rückstände bei Zahlungen." });
        let _: Incident = app.admin().await.post(&format!("/incidents/{}/updates", mails.id), &update).await.unwrap();
        let planned = json!({
            "title": "Database upgrade", "message": "Payments pause for a minute.",
            "starts_at": "2026-12-01T00:00:00Z", "ends_at": "2026-12-01T01:00:00Z",
        });
        let _: serde_json::Value = app.admin().await.post("/maintenances", &planned).await.unwrap();
        let draft = NewIncident { is_draft: Some(true), ..NewIncident::investigating("Payments draft") };
        let _: Incident = app.admin().await.api().create_incident(&draft).await.told().unwrap();

        let found = search(&app, "q=PAYMENTS").await;
        assert_eq!(titles(&found), ["Database upgrade", "Slow checkout"]);
        assert_eq!(found.items.iter().map(|hit| hit.kind).collect::<Vec<_>>(), [HitKind::Maintenance, HitKind::Incident]);
        assert_eq!(found.items[1].excerpt, "Payments take **minutes** instead of seconds.");
        assert_eq!(titles(&search(&app, "q=r%C3%BCckst%C3%A4nde").await), ["Mails are late"]);
        assert_eq!(titles(&search(&app, "q=late+queue").await), ["Mails are late"]);
        assert!(search(&app, "q=payments+queue").await.items.is_empty());
        assert!(search(&app, "q=%25").await.items.is_empty(), "a sign is no wildcard");

        let first = search(&app, "q=payments&limit=1").await;
        let rest = search(&app, &format!("q=payments&limit=1&cursor={}", first.next_cursor.clone().unwrap())).await;
        assert_eq!((titles(&first), titles(&rest)), (vec!["Database upgrade"], vec!["Slow checkout"]));
        assert_eq!(rest.next_cursor, None);

        let (status, html) = app.visitor().page("/search?q=payments").await;
        assert_eq!(status, 200);
        for words in ["Slow checkout", "Payments take minutes instead of seconds.", "value=\"payments\"", "noindex"] {
            assert!(html.contains(words), "{words} is missing in {html}");
        }
        let (_, html) = app.visitor().page("/search?q=%3Cscript%3Ealert(1)%3C/script%3E").await;
        assert!(html.contains("Nothing holds all of") && !html.contains("<script>alert"), "{html}");
        let (_, html) = app.visitor().page("/search?q=a+b+c+d+e+f+g+h+i").await;
        assert!(html.contains("At most eight words"), "{html}");
        let refusal = app.visitor().get::<SearchResults>("/public/search?q=").await.unwrap_err();
        assert_eq!((refusal.code(), refusal.fields()), (Code::Invalid, vec!["q"]));
    }

    /// Thirty searches a minute are enough for anyone; the same one again costs nothing.
    async fn who_searches_too_often_is_told_to_wait(app: TestApp) {
        let mut refused = 0;
        for n in 0..40 {
            let answer = app.visitor().get::<SearchResults>(&format!("/public/search?q=word{n}")).await;
            refused += u32::from(answer.is_err_and(|refusal| refusal.code() == Code::RateLimited));
        }
        assert!((8..=10).contains(&refused), "{refused}");
        let page = app.visitor().page("/search?q=another").await;
        assert_eq!(page.0, 429, "a page that waits is not a broken one");
        search(&app, "q=word0").await;
    }

    /// A bad day in November is marked there, also a year later.
    async fn a_month_shows_its_bad_days(app: TestApp) {
        let api = app.seed().component("API").await;
        app.clock.advance(hours(1));
        let input = NewIncident {
            components: vec![ComponentEffect { id: api.id, status: ComponentStatus::PartialOutage }],
            ..NewIncident::investigating("Slow API")
        };
        let incident: Incident = app.admin().await.api().create_incident(&input).await.told().unwrap();
        app.clock.advance(DAY);
        let done = json!({ "message": "It is fixed." });
        let _: Incident = app.admin().await.post(&format!("/incidents/{}/resolve", incident.id), &done).await.unwrap();
        app.clock.advance(DAY);
        let marks = ["href=\"#day-2026-11-24\"", "Tuesday, 24 November: Partial outage", "Wednesday, 25 November: Partial outage"];
        for later in [std::time::Duration::ZERO, DAY * 400] {
            app.clock.advance(later);
            app.run_jobs().await;
            let (_, html) = app.second_node().await.visitor().page("/history?month=2026-11").await;
            let html = html.replace(" 2026:", ":");
            for words in marks {
                assert!(html.contains(words), "{words} is missing in {html}");
            }
            assert!(html.contains("id=\"day-2026-11-24\""));
        }
        set(&app, &api, ComponentStatus::Operational).await;
    }
}
