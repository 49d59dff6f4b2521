//! What each subscriber wishes to hear, and when: kinds, impact, one incident, pauses, quiet hours, digests; and where it is kept.

use harness::{Told, days, hours};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use reqwest::Method;
use sea_orm::{ConnectionTrait as _, EntityTrait as _};
use serde_json::json;
use server::domain;
use server::entity::subscription;
use shared::component::ComponentStatus::{self, DegradedPerformance, MajorOutage, Operational, PartialOutage};
use shared::event::EventKind;
use shared::incident::{Impact, NewIncident, NewIncidentUpdate, ResolveIncident};
use shared::preferences::{Digest, Preferences, QuietHours};
use shared::subscriber::{ImportSubscribers, NewSubscriber, Scope, SubscriberPatch};
use shared::{ComponentGroupId, ComponentId, Timestamp};

fn wishing(address: &str, preferences: Preferences) -> NewSubscriber {
    NewSubscriber {
        preferences: Some(preferences),
        ..NewSubscriber::by_mail(address)
    }
}

harness::on_every_database! {
    /// Someone who only wants to know when it is over, and someone who only wants to hear of the worst.
    async fn each_hears_the_kinds_and_the_impact_they_wish_for(app: TestApp) {
        let admin = app.admin().await;
        let api = app.seed().component("API").await;
        let over = Preferences { kinds: vec![EventKind::IncidentResolved], ..Preferences::everything() };
        let worst = Preferences { least_impact: Some(Impact::Critical), ..Preferences::everything() };
        for subscriber in [wishing("over@example.org", over), wishing("worst@example.org", worst)] {
            admin.api().create_subscriber(&subscriber).await.told().unwrap();
        }
        let small = NewIncident::investigating("Slow API").affecting(api.id, DegradedPerformance);
        let small = admin.api().create_incident(&small).await.told().unwrap();
        admin.api().resolve_incident(small.id.0, &ResolveIncident::saying("Over.")).await.told().unwrap();
        let large = NewIncident::investigating("No API").affecting(api.id, MajorOutage);
        admin.api().create_incident(&large).await.told().unwrap();
        app.run_jobs().await;
        let subjects = |address: &str| app.mailbox().to(address).into_iter().map(|mail| mail.subject).collect::<Vec<_>>();
        assert_eq!(subjects("over@example.org"), ["[Status] Resolved: Slow API"]);
        assert_eq!(subjects("worst@example.org"), ["[Status] No API"]);
    }

    /// A visitor follows one incident from its page, hears of it to the end, and of no other.
    async fn one_incident_can_be_followed_alone(app: TestApp) {
        let admin = app.admin().await;
        let api = app.seed().component("API").await;
        let slow = NewIncident::investigating("Slow API").affecting(api.id, PartialOutage);
        let slow = admin.api().create_incident(&slow).await.told().unwrap();
        app.run_jobs().await;
        let (status, form) = app.visitor().page(&format!("/subscribe?incident={}", slow.code)).await;
        assert_eq!(status, 200);
        assert!(form.contains("Slow API") && form.contains(&format!("value=\"{}\"", slow.code)), "{form}");
        let fields = [("target", "ana@example.org"), ("scope", "chosen"), ("incident", slow.code.as_str())];
        let sent = app.visitor().request(Method::POST, "/subscribe").form(&fields).send().await.unwrap();
        assert_eq!(sent.status(), 202);
        app.run_jobs().await;
        let link = app.mailbox().last_to("ana@example.org").link("/confirm/");
        app.visitor().request(Method::POST, link.strip_prefix(&app.base).unwrap()).send().await.unwrap();

        // One that is about no component in particular is for everybody else.
        let general = NewIncident::investigating("In general");
        admin.api().create_incident(&general).await.told().unwrap();
        let other = NewIncident::investigating("Another").affecting(api.id, PartialOutage);
        admin.api().create_incident(&other).await.told().unwrap();
        let update = NewIncidentUpdate::new(shared::incident::IncidentStatus::Identified, "Found.");
        admin.api().create_incident_update(slow.id.0, &update).await.told().unwrap();
        app.run_jobs().await;
        let mails = app.mailbox().to("ana@example.org");
        assert_eq!(mails.len(), 2, "the question, and the update");
        assert!(mails[1].subject.contains("Slow API"));
    }

    /// What happens during a pause is never told; afterwards all is as before.
    async fn a_pause_ends_by_itself(app: TestApp) {
        let admin = app.admin().await;
        let until = app.clock.now() + days(1);
        let paused = Preferences { paused_until: Some(until), ..Preferences::everything() };
        admin.api().create_subscriber(&wishing("ana@example.org", paused)).await.told().unwrap();
        admin.api().create_incident(&NewIncident::investigating("Unheard")).await.told().unwrap();
        app.run_jobs().await;
        app.clock.advance(days(2));
        let admin = app.admin().await;
        app.run_jobs().await;
        assert!(app.mailbox().to("ana@example.org").is_empty());
        admin.api().create_incident(&NewIncident::investigating("Heard")).await.told().unwrap();
        app.run_jobs().await;
        assert_eq!(app.mailbox().to("ana@example.org").len(), 1);
    }

    /// What happens at night is told in the morning of whoever sleeps.
    async fn quiet_hours_are_those_of_the_subscriber(app: TestApp) {
        let admin = app.admin().await;
        // It is 10:00 in London and 02:00 in Los Angeles.
        let night = QuietHours { from: "22:00".into(), to: "07:00".into() };
        for (address, zone) in [("london@example.org", "Europe/London"), ("la@example.org", "America/Los_Angeles")] {
            let wishes = Preferences { quiet_hours: Some(night.clone()), time_zone: Some(zone.into()), ..Preferences::everything() };
            admin.api().create_subscriber(&wishing(address, wishes)).await.told().unwrap();
        }
        admin.api().create_incident(&NewIncident::investigating("Slow API")).await.told().unwrap();
        app.run_jobs().await;
        assert_eq!(app.mailbox().to("london@example.org").len(), 1);
        assert!(app.mailbox().to("la@example.org").is_empty());
        app.clock.advance(hours(4));
        app.run_jobs().await;
        assert!(app.mailbox().to("la@example.org").is_empty(), "it is six in the morning");
        app.clock.advance(hours(1));
        app.run_jobs().await;
        assert_eq!(app.mailbox().to("la@example.org").len(), 1);
    }

    /// Three events of an hour are one mail at its end, and the log says of each that it arrived.
    async fn a_digest_is_one_mail(app: TestApp) {
        let admin = app.admin().await;
        let wishes = Preferences { digest: Some(Digest::Hourly), ..Preferences::everything() };
        admin.api().create_subscriber(&wishing("ana@example.org", wishes)).await.told().unwrap();
        for title in ["First", "Second <b>", "Third"] {
            admin.api().create_incident(&NewIncident::investigating(title)).await.told().unwrap();
        }
        app.run_jobs().await;
        assert!(app.mailbox().is_empty());
        app.clock.advance(hours(1));
        let admin = app.admin().await;
        app.run_jobs().await;
        let mails = app.mailbox().to("ana@example.org");
        assert_eq!(mails.len(), 1);
        assert_eq!(mails[0].subject, "[Status] Summary (3)");
        for title in ["First", "Second", "Third"] {
            assert!(mails[0].text.contains(title), "{}", mails[0].text);
        }
        let log = admin.api().list_deliveries(None, None, None, None, None, None, None).await.told().unwrap();
        assert!(log.items.iter().all(|delivery| delivery.status == shared::delivery::DeliveryStatus::Delivered), "{log:?}");
    }

    /// The manage page shows wishes, takes others, and says what is wrong with them.
    async fn wishes_are_changed_behind_the_link(app: TestApp) {
        let admin = app.admin().await;
        app.seed().subscriber("ana@example.org").await;
        admin.api().create_incident(&NewIncident::investigating("Slow API")).await.told().unwrap();
        app.run_jobs().await;
        let link = app.mailbox().last_to("ana@example.org").link("/manage/");
        let path = link.strip_prefix(&app.base).unwrap();
        let send = async |fields: &[(&str, &str)]| {
            let answer = app.visitor().request(Method::POST, path).form(fields).send().await.unwrap();
            (answer.status().as_u16(), answer.text().await.unwrap())
        };
        let wishes = [
            ("scope", "all"), ("preferences", "1"), ("kind", "incident_opened"), ("least_impact", "major"), ("digest", "daily"),
            ("quiet_from", "22:00"), ("quiet_to", "06:30"), ("time_zone", "Europe/Berlin"), ("pause", "7"),
        ];
        let (status, html) = send(&wishes).await;
        assert_eq!(status, 200);
        assert!(html.contains("Your changes are saved") && html.contains("Paused until"), "{html}");
        let list = admin.api().list_subscribers(None, None, None, None, None).await.told().unwrap();
        assert_eq!(list.items[0].subscriptions[0].preferences, Preferences {
            kinds: vec![EventKind::IncidentOpened],
            least_impact: Some(Impact::Major),
            digest: Some(Digest::Daily),
            quiet_hours: Some(QuietHours { from: "22:00".into(), to: "06:30".into() }),
            time_zone: Some("Europe/Berlin".into()),
            paused_until: Some(app.clock.now() + days(7)),
            webhook_format: None,
        });
        let (_, html) = send(&[("scope", "all"), ("preferences", "1"), ("quiet_from", "22:00"), ("pause", "keep")]).await;
        assert!(html.contains("Give both times"), "{html}");
        let (_, html) = send(&[("scope", "all"), ("preferences", "1"), ("time_zone", "Mars/Olympus")]).await;
        assert!(html.contains("not a time zone"), "{html}");
    }

    /// Nobody who takes the database away reads whom we write to; what was there before is sealed at the next start.
    async fn addresses_are_kept_sealed(app: TestApp) {
        let admin = app.admin().await;
        app.seed().subscriber("secret.person@example.org").await;
        let row = subscription::Entity::find().one(&app.cx.db).await.unwrap().unwrap();
        let kept = format!("{row:?}");
        assert!(!kept.contains("secret.person") && row.sealed_target.is_some(), "{kept}");
        let find = async |q: &str| admin.api().list_subscribers(None, None, None, None, Some(q)).await.told().unwrap().items.len();
        assert_eq!(find("Secret.Person@example.org").await, find("secret.person@example.org").await);
        assert_eq!((find("secret.person@example.org").await, find("secret").await), (1, 0));

        app.cx.db.execute_unprepared("UPDATE subscription SET target = 'old@example.org', sealed_target = NULL, target_hash = NULL").await.unwrap();
        domain::target::seal_all(&app.cx).await.unwrap();
        let row = subscription::Entity::find().one(&app.cx.db).await.unwrap().unwrap();
        assert_eq!(row.target, "");
        assert_eq!(find("old@example.org").await, 1);
    }

    /// A table with old friends, newcomers, twins and nonsense; tried first, then taken, then taken again.
    async fn a_table_of_subscribers_is_taken_once(app: TestApp) {
        let admin = app.admin().await;
        app.seed().subscriber("old@example.org").await;
        let csv = "Target,Channel,Labels,time_zone\nold@example.org,,,\nnew@example.org,,press;VIP,Europe/Berlin\nNEW@example.org,email,,\nnobody,,,\n+4915112345678,sms,,\nx@example.org,pigeon,,\ny@example.org,,,Mars/Olympus\n";
        let table = |is_dry_run| ImportSubscribers { page_id: None, csv: csv.into(), is_dry_run: Some(is_dry_run), is_confirmed: Some(true) };
        let count = async || admin.api().list_subscribers(None, None, None, None, None).await.told().unwrap().items.len();
        let tried = admin.api().import_subscribers(&table(true)).await.told().unwrap();
        assert_eq!((tried.added, tried.refused_count, count().await), (2, 3, 1), "{tried:?}");
        assert_eq!(tried.refused.iter().map(|line| line.line).collect::<Vec<_>>(), [5, 7, 8]);
        let taken = admin.api().import_subscribers(&table(false)).await.told().unwrap();
        assert_eq!((taken.added, taken.known, count().await), (2, tried.known, 3));
        let again = admin.api().import_subscribers(&table(false)).await.told().unwrap();
        assert_eq!((again.added, count().await), (0, 3));
        let found = admin.api().list_subscribers(None, None, None, None, Some("vip")).await.told().unwrap();
        assert_eq!(found.items[0].subscriptions[0].target, "new@example.org");
        let exported = admin.api().export_subscribers(None).await.told().unwrap().csv;
        assert!(exported.contains("email,new@example.org,en,press;VIP,Europe/Berlin,2026-11-24T10:00:00.000Z"), "{exported}");
        let wrong = ImportSubscribers { csv: "email\na@example.org".into(), ..table(true) };
        assert_eq!(admin.api().import_subscribers(&wrong).await.told().unwrap_err().fields(), ["csv"]);
    }

    /// Labels of the team's own, and what is refused.
    async fn operators_label_people_and_choose_for_them(app: TestApp) {
        let admin = app.admin().await;
        let input = NewSubscriber { labels: vec!["press".into(), "VIP".into()], ..NewSubscriber::by_mail("ana@example.org") };
        let ana = admin.api().create_subscriber(&input).await.told().unwrap();
        app.seed().subscriber("bob@example.org").await;
        let found = admin.api().list_subscribers(None, None, None, None, Some("vip")).await.told().unwrap();
        assert_eq!(found.items.iter().map(|one| one.id).collect::<Vec<_>>(), [ana.id]);
        let patch = SubscriberPatch { labels: Some(vec!["a,b".into()]), scope: None, preferences: None, locale: None };
        let refusal = admin.api().update_subscriber(ana.id.0, &patch).await.told().unwrap_err();
        assert_eq!(refusal.fields(), ["labels[0]"]);
        let closed = json!({ "channel": "webhook", "target": "https://example.org/hook" });
        let answer = app.visitor().call(Method::POST, "/subscriptions").json(&closed).send().await.unwrap();
        assert_eq!(answer.status(), 422, "the page offers mail only");
        let patch = json!({ "channels": ["email", "pagerduty"] });
        let answer = admin.call(Method::PATCH, "/pages/1").json(&patch).send().await.unwrap();
        assert_eq!(answer.status(), 422, "that is for the team");
    }
}

/// Who hears, as the rules say it in words.
fn hears(person: &Person, event: &Happening, at: Timestamp) -> bool {
    let wishes = &person.preferences;
    let is_wished = wishes.kinds.is_empty() || wishes.kinds.contains(&EventKind::IncidentOpened);
    let is_bad_enough = wishes.least_impact.is_none_or(|least| event.impact >= least);
    let is_awake = wishes.paused_until.is_none_or(|until| until <= at);
    let concerns = person.is_for_all
        || event.components.is_empty()
        || event
            .components
            .iter()
            .any(|part| person.components.contains(part) || person.groups.contains(&(part / 2)));
    is_wished && is_bad_enough && is_awake && concerns
}

#[derive(Debug, Clone)]
struct Person {
    is_for_all: bool,
    components: Vec<usize>,
    groups: Vec<usize>,
    preferences: Preferences,
}

#[derive(Debug, Clone)]
struct Happening {
    components: Vec<usize>,
    impact: Impact,
}

const PARTS: usize = 6;

fn any_person() -> impl Strategy<Value = Person> {
    let some = |count| proptest::collection::btree_set(0..count, 0..3);
    let kinds = proptest::sample::subsequence(EventKind::ALL.to_vec(), 0..EventKind::ALL.len());
    let impact = proptest::option::of(proptest::sample::select(Impact::ALL));
    (
        some(PARTS),
        some(PARTS / 2),
        kinds,
        impact,
        proptest::option::of(-1..2_i64),
    )
        .prop_map(|(components, groups, kinds, least_impact, pause)| {
            let now = Timestamp::from_millis(harness::clock::START);
            let paused_until = pause.map(|hours| Timestamp::from_millis(now.as_millis() + hours * 3_600_000));
            Person {
                is_for_all: components.is_empty() && groups.is_empty(),
                components: components.into_iter().collect(),
                groups: groups.into_iter().collect(),
                preferences: Preferences {
                    kinds,
                    least_impact,
                    paused_until,
                    ..Preferences::everything()
                },
            }
        })
}

/// A matrix of people and incidents: who is written to is who should hear, and nobody twice.
#[tokio::test(flavor = "multi_thread")]
async fn who_hears_is_what_the_rules_say() {
    let app = harness::TestApp::start().await;
    let admin = app.admin().await;
    let mut groups: Vec<ComponentGroupId> = Vec::new();
    let mut parts: Vec<ComponentId> = Vec::new();
    for n in 0..PARTS {
        if n % 2 == 0 {
            groups.push(app.seed().group(&format!("Group {n}")).await.id);
        }
        parts.push(app.seed().component_in(groups[n / 2], &format!("Part {n}")).await.id);
    }
    let mut runner = TestRunner::deterministic();
    let people: Vec<Person> = (0..40)
        .map(|_| any_person().new_tree(&mut runner).unwrap().current())
        .collect();
    for (n, person) in people.iter().enumerate() {
        let scope = Scope {
            groups: person.groups.iter().map(|group| groups[*group]).collect(),
            components: person.components.iter().map(|part| parts[*part]).collect(),
            ..Scope::all()
        };
        let input = NewSubscriber {
            scope: Some(scope),
            ..wishing(&format!("p{n}@example.org"), person.preferences.clone())
        };
        domain::subscriber::create(&app.cx.as_system("test"), input)
            .await
            .unwrap();
    }
    let severities: [(ComponentStatus, Impact); 4] = [
        (Operational, Impact::None),
        (DegradedPerformance, Impact::Minor),
        (PartialOutage, Impact::Major),
        (MajorOutage, Impact::Critical),
    ];
    for round in 0..12_usize {
        let (status, impact) = severities[round % 4];
        let components: Vec<usize> = (0..PARTS).filter(|part| (round * 7 + part * 5) % 4 == 0).collect();
        let impact = if components.is_empty() { Impact::None } else { impact };
        let event = Happening { components, impact };
        let mut incident = NewIncident::investigating(format!("Round {round}"));
        for part in &event.components {
            incident = incident.affecting(parts[*part], status);
        }
        app.mailbox().clear();
        admin.api().create_incident(&incident).await.told().unwrap();
        app.run_jobs().await;
        for (n, person) in people.iter().enumerate() {
            let heard = app.mailbox().to(&format!("p{n}@example.org")).len();
            let expected = usize::from(hears(person, &event, app.clock.now()));
            assert_eq!(heard, expected, "p{n} {person:?} {event:?}");
        }
    }
}
