//! Stories of mails, from the wish to the answer of the other side.

use std::fs;
use std::time::Duration;

use sea_orm::{EntityTrait, PaginatorTrait};
use shared::access::Role;
use shared::component::{ComponentStatus, NewComponent, NewComponentGroup};
use shared::delivery::DeliveryStatus;
use shared::incident::{NewIncident, PreviewRecipients, ResolveIncident};
use shared::subscriber::{NewSubscriber, PublicScope, Scope, Subscribe};
use shared::time::{hours, minutes};
use shared::{Coded, ComponentGroupId, ComponentId};

use super::{Env, run_jobs};
use crate::config::Secret;
use crate::context::{Ctx, Job};
use crate::domain::delivery::DeliveryFilter;
use crate::domain::paging::Paging;
use crate::domain::{
    component, component_group, delivery, incident, page, recipients, subscriber, subscription, target,
};
use crate::entity::{delivery as delivery_row, subscription as subscription_row};
use crate::notify::Mailer;
use crate::testing::{self, App};

struct Office {
    app: App,
    env: Env,
    owner: Ctx,
}

impl Office {
    async fn open() -> Self {
        let app = testing::app().await;
        page::ensure_default(&app).await.unwrap();
        let env = Env::new(&app, Mailer::new(&app.config).unwrap()).unwrap();
        let owner = app.as_role(Role::Owner);
        Self { app, env, owner }
    }

    /// Mail goes to a server that is not there.
    async fn without_mail_server() -> Self {
        let office = Self::open().await;
        let mut config = office.app.config.as_ref().clone();
        config.mail.smtp_url = Secret::new("smtp://127.0.0.1:1");
        let env = Env::new(&office.app, Mailer::new(&config).unwrap()).unwrap();
        Self { env, ..office }
    }

    async fn work(&self) -> u64 {
        run_jobs(&self.env).await.unwrap()
    }

    /// The mails so far, as they would go over the wire, long lines joined.
    fn mails(&self) -> Vec<String> {
        let Ok(files) = fs::read_dir(self.app.config.mail_dir()) else {
            return Vec::new();
        };
        let read = |file: std::io::Result<fs::DirEntry>| fs::read_to_string(file.unwrap().path()).unwrap();
        files.map(read).map(|mail| mail.replace("=\r\n", "")).collect()
    }

    fn mails_to(&self, address: &str) -> Vec<String> {
        let to = format!("To: {address}\r\n");
        self.mails().into_iter().filter(|mail| mail.contains(&to)).collect()
    }

    async fn ask(&self, email: &str) {
        let page = page::default(&self.app).await.unwrap();
        let wish = Subscribe {
            page: None,
            channel: None,
            target: email.into(),
            preferences: None,
            scope: None,
            locale: Some("de".into()),
        };
        subscription::subscribe(&self.app, &page, wish).await.unwrap();
    }

    async fn confirmed(&self, email: &str, scope: Scope) {
        let input = NewSubscriber {
            scope: Some(scope),
            ..NewSubscriber::by_mail(email)
        };
        subscriber::create(&self.owner, input).await.unwrap();
    }

    async fn group(&self, name: &str, parent_id: Option<ComponentGroupId>) -> ComponentGroupId {
        let input = NewComponentGroup {
            page_id: None,
            parent_id,
            name: name.into(),
            description: None,
        };
        component_group::create(&self.owner, input).await.unwrap().id
    }

    async fn component(&self, name: &str, group_id: Option<ComponentGroupId>) -> ComponentId {
        let input = NewComponent {
            page_id: None,
            group_id,
            name: name.into(),
            slug: None,
            description: None,
            link: None,
            status: None,
            is_public: None,
        };
        component::create(&self.owner, input).await.unwrap().id
    }

    async fn deliveries(&self) -> Vec<shared::delivery::Delivery> {
        let paging = Paging::new(None, None).unwrap();
        let list = delivery::list(&self.owner, DeliveryFilter::default(), &paging)
            .await
            .unwrap();
        list.items
    }
}

fn token_in(mail: &str, place: &str) -> String {
    let after = mail.split(&format!("/{place}/")).nth(1).unwrap();
    after.chars().take(32).collect()
}

fn of_component(id: ComponentId) -> Scope {
    Scope {
        components: vec![id],
        ..Scope::all()
    }
}

fn of_group(id: ComponentGroupId) -> Scope {
    Scope {
        groups: vec![id],
        ..Scope::all()
    }
}

/// From the wish to the first incident and to the end, with the links that were in the mails.
#[tokio::test]
async fn someone_subscribes_confirms_hears_and_leaves() {
    let office = Office::open().await;
    office.ask("ana@example.org").await;
    office.work().await;
    let mails = office.mails_to("ana@example.org");
    assert_eq!(mails.len(), 1);
    let token = token_in(&mails[0], "confirm");
    assert!(!mails[0].contains("List-Unsubscribe"));

    incident::create(&office.owner, NewIncident::investigating("Too early"))
        .await
        .unwrap();
    office.work().await;
    assert_eq!(office.mails().len(), 1, "nothing before the confirmation");

    assert!(subscription::confirm(&office.app, &token).await.unwrap().is_confirmed);
    subscription::confirm(&office.app, &token).await.unwrap();
    office.app.clock.advance(minutes(1));
    let opened = incident::create(&office.owner, NewIncident::investigating("Slow API").saying("**Hm.**"))
        .await
        .unwrap();
    office.work().await;
    incident::resolve(&office.owner, opened.id, ResolveIncident::saying("Over."))
        .await
        .unwrap();
    office.work().await;
    let mails = office.mails_to("ana@example.org");
    assert_eq!(mails.len(), 3);
    let link = format!("/incidents/{}", opened.code);
    let news = mails.iter().filter(|mail| mail.contains(&link)).collect::<Vec<_>>();
    assert_eq!(news.len(), 2);
    assert!(
        news.iter()
            .all(|mail| mail.contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"))
    );

    let token = token_in(news[0], "unsubscribe");
    subscription::unsubscribe(&office.app, &token).await.unwrap();
    subscription::unsubscribe(&office.app, &token).await.unwrap();
    assert!(subscription::lookup(&office.app, &token).await.is_err());
    assert_eq!(subscription_row::Entity::find().count(&office.app.db).await.unwrap(), 0);
}

/// Asking again and again sends one mail in five minutes; asking for someone who is in sends one an hour, to them.
#[tokio::test]
async fn asking_again_neither_floods_nor_tells() {
    let office = Office::open().await;
    for _ in 0..3 {
        office.ask("ana@example.org").await;
        office.work().await;
    }
    assert_eq!(office.mails().len(), 1);
    office.app.clock.advance(minutes(5));
    office.ask("Ana@Example.org").await;
    office.work().await;
    assert_eq!(office.mails().len(), 2);

    let token = token_in(&office.mails()[0], "confirm");
    subscription::confirm(&office.app, &token).await.unwrap();
    office.app.clock.advance(hours(1));
    for _ in 0..2 {
        office.ask("ana@example.org").await;
        office.work().await;
    }
    let reminders = office.mails().iter().filter(|mail| mail.contains("/manage/")).count();
    assert_eq!((office.mails().len(), reminders), (3, 1));
}

/// Whoever follows a component hears of it, as do those who follow what it stands in; others do not.
#[tokio::test]
async fn subscribers_hear_only_of_what_they_follow() {
    let office = Office::open().await;
    let platform = office.group("Platform", None).await;
    let core = office.group("Core", Some(platform)).await;
    let elsewhere = office.group("Elsewhere", None).await;
    let (api, shop) = (
        office.component("API", Some(core)).await,
        office.component("Shop", None).await,
    );
    office.confirmed("all@example.org", Scope::all()).await;
    office.confirmed("api@example.org", of_component(api)).await;
    office.confirmed("platform@example.org", of_group(platform)).await;
    office.confirmed("shop@example.org", of_component(shop)).await;
    office.confirmed("elsewhere@example.org", of_group(elsewhere)).await;

    let preview = PreviewRecipients {
        page_id: None,
        components: vec![api],
        incident_id: None,
        kind: None,
        impact: None,
    };
    assert_eq!(recipients::preview(&office.owner, preview).await.unwrap().total, 3);
    let outage = NewIncident::investigating("Slow API").affecting(api, ComponentStatus::PartialOutage);
    incident::create(&office.owner, outage).await.unwrap();
    office.work().await;
    let mut told: Vec<_> = office
        .deliveries()
        .await
        .into_iter()
        .map(|delivery| delivery.target)
        .collect();
    told.sort();
    assert_eq!(told, ["all@example.org", "api@example.org", "platform@example.org"]);

    incident::create(&office.owner, NewIncident::investigating("About everything"))
        .await
        .unwrap();
    office.work().await;
    assert_eq!(office.mails().len(), 3 + 5);
}

#[tokio::test]
async fn spreading_an_event_twice_writes_each_delivery_once() {
    let office = Office::open().await;
    office.confirmed("ana@example.org", Scope::all()).await;
    incident::create(&office.owner, NewIncident::investigating("Slow"))
        .await
        .unwrap();
    office.work().await;
    let row = delivery_row::Entity::find().one(&office.app.db).await.unwrap().unwrap();

    super::dispatch(&office.env, Job::FanOut { event: row.event_id })
        .await
        .unwrap();
    office.work().await;
    assert_eq!(delivery_row::Entity::find().count(&office.app.db).await.unwrap(), 1);
    assert_eq!(delivery::get(&office.owner, row.id).await.unwrap().attempts.len(), 1);
}

/// More than one batch of recipients, each told once.
#[tokio::test]
async fn a_thousand_are_each_told_once() {
    let office = Office::open().await;
    for number in 0..1_100 {
        office
            .confirmed(&format!("reader{number}@example.org"), Scope::all())
            .await;
    }
    incident::create(&office.owner, NewIncident::investigating("Slow"))
        .await
        .unwrap();
    office.work().await;
    assert_eq!(office.mails().len(), 1_100);
}

#[tokio::test]
async fn a_delivery_that_fails_is_tried_again_and_given_up_in_the_end() {
    let office = Office::without_mail_server().await;
    office.confirmed("ana@example.org", Scope::all()).await;
    incident::create(&office.owner, NewIncident::investigating("Slow"))
        .await
        .unwrap();
    office.work().await;
    let waiting = office.deliveries().await.remove(0);
    assert_eq!((waiting.status, waiting.attempt_count), (DeliveryStatus::Waiting, 1));
    assert_eq!(waiting.next_attempt_at, Some(office.app.clock.now() + minutes(1)));
    assert!(waiting.last_error.is_some());

    for _ in 0..6 {
        office.app.clock.advance(hours(25));
        office.work().await;
    }
    let given_up = delivery::get(&office.owner, waiting.id).await.unwrap();
    assert_eq!(given_up.delivery.status, DeliveryStatus::GivenUp);
    assert_eq!(given_up.attempts.len(), 7);

    let again = Office {
        env: Env::new(&office.app, Mailer::new(&office.app.config).unwrap()).unwrap(),
        ..office
    };
    delivery::retry(&again.owner, waiting.id).await.unwrap();
    again.work().await;
    let sent = delivery::get(&again.owner, waiting.id).await.unwrap();
    assert_eq!(
        (sent.delivery.status, sent.attempts.len()),
        (DeliveryStatus::Delivered, 8)
    );
}

#[tokio::test]
async fn what_was_taken_back_before_it_was_sent_is_not_sent() {
    let office = Office::open().await;
    office.confirmed("ana@example.org", Scope::all()).await;
    let opened = incident::create(&office.owner, NewIncident::investigating("Oops"))
        .await
        .unwrap();
    incident::delete(&office.owner, opened.id).await.unwrap();
    office.work().await;
    assert!(office.mails().is_empty());
}

/// Those who may not manage subscribers see that something was sent, not to whom.
#[tokio::test]
async fn viewers_see_no_addresses() {
    let office = Office::open().await;
    office.confirmed("ana@example.org", Scope::all()).await;
    incident::create(&office.owner, NewIncident::investigating("Slow"))
        .await
        .unwrap();
    office.work().await;
    let viewer = office.app.as_role(Role::Viewer);
    let paging = Paging::new(None, None).unwrap();
    let list = delivery::list(&viewer, DeliveryFilter::default(), &paging)
        .await
        .unwrap();
    assert_eq!(list.items[0].target, "a…@example.org");
    assert!(delivery::retry(&viewer, list.items[0].id).await.is_err());
}

#[tokio::test]
async fn a_subscriber_chooses_by_codes_and_wrong_ones_are_named() {
    let office = Office::open().await;
    let api = office.component("API", None).await;
    let page = page::default(&office.app).await.unwrap();
    let wish = |codes: Vec<String>| Subscribe {
        page: None,
        channel: None,
        target: "ana@example.org".into(),
        preferences: None,
        scope: Some(PublicScope {
            components: codes,
            ..PublicScope::all()
        }),
        locale: None,
    };
    let wrong = subscription::subscribe(&office.app, &page, wish(vec!["nonsense".into()])).await;
    assert!(
        wrong.unwrap_err().to_problem().errors[0]
            .field
            .starts_with("scope.components")
    );
    subscription::subscribe(&office.app, &page, wish(vec![api.code()]))
        .await
        .unwrap();
    office.work().await;
    let token = token_in(&office.mails()[0], "confirm");
    let seen = subscription::lookup(&office.app, &token).await.unwrap();
    assert_eq!((seen.is_confirmed, seen.scope.components), (false, vec![api.code()]));
}

/// An unconfirmed address is forgotten after a week.
#[tokio::test]
async fn what_nobody_confirmed_is_forgotten() {
    let office = Office::open().await;
    office.ask("ana@example.org").await;
    office.confirmed("ben@example.org", Scope::all()).await;
    office.work().await;
    office.app.clock.advance(Duration::from_secs(8 * 24 * 3_600));
    office.work().await;
    let left = subscription_row::Entity::find().all(&office.app.db).await.unwrap();
    let address = |row: &subscription_row::Model| target::open(&office.app.secrets, row).unwrap();
    assert_eq!(left.iter().map(address).collect::<Vec<_>>(), ["ben@example.org"]);
}
