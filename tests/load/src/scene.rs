//! What the server finds when it starts: components, an open incident, an owner, and as many subscribers as wanted.

use sea_orm::{ActiveValue::NotSet, EntityTrait, Set};
use server::config::{Config, Secret};
use server::context::{Clock, Ctx};
use server::domain;
use server::entity::{subscriber, subscription};
use shared::SubscriberId;
use shared::access::Role;
use shared::channel::Channel;
use shared::component::{ComponentStatus, NewComponent, NewComponentGroup};
use shared::incident::NewIncident;
use shared::member::NewMember;
use shared::subscriber::NewSubscriber;
use tempfile::TempDir;

pub const PASSWORD: &str = "quarry-lantern-51-Osprey";
const COMPONENTS: usize = 50;
/// Rows in one statement.
const ROWS: usize = 1_000;

/// A folder and a database, ready to be served.
pub struct Scene {
    pub folder: TempDir,
    pub database_url: String,
    pub components: Vec<i64>,
}

impl Scene {
    /// On SQLite in a folder of its own.
    pub async fn sqlite(subscribers: usize) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let url = sqlite_in(&folder);
        Self::set(folder, url, COMPONENTS, subscribers).await
    }

    /// On SQLite, without subscribers.
    pub async fn of_components(count: usize) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let url = sqlite_in(&folder);
        Self::set(folder, url, count, 0).await
    }

    /// On a database that is there and empty.
    pub async fn on(database_url: String, subscribers: usize) -> anyhow::Result<Self> {
        Self::set(tempfile::tempdir()?, database_url, COMPONENTS, subscribers).await
    }

    async fn set(
        folder: TempDir,
        database_url: String,
        component_count: usize,
        subscribers: usize,
    ) -> anyhow::Result<Self> {
        let cx = context(&folder, &database_url).await?;
        let owner = NewMember {
            email: "owner@example.org".into(),
            name: "Owner".into(),
            role: Role::Owner,
        };
        domain::member::add_with_password(&cx, owner, PASSWORD.into()).await?;
        let components = components(&cx, component_count).await?;
        let incident = NewIncident::investigating("Slow API")
            .affecting(shared::ComponentId(components[0]), ComponentStatus::DegradedPerformance);
        domain::incident::create(&cx, incident).await?;
        subscribe(&cx, subscribers).await?;
        cx.db.close().await?;
        Ok(Self {
            folder,
            database_url,
            components,
        })
    }

    /// What the product's own functions take. To be closed before the server is started.
    pub async fn context(&self) -> anyhow::Result<Ctx> {
        context(&self.folder, &self.database_url).await
    }
}

fn sqlite_in(folder: &TempDir) -> String {
    format!("sqlite://{}?mode=rwc", folder.path().join("signet.db").display())
}

async fn context(folder: &TempDir, database_url: &str) -> anyhow::Result<Ctx> {
    let mut config = Config::defaults()?;
    config.data_dir = folder.path().to_owned();
    config.database.url = Secret::new(database_url.to_owned());
    Ok(server::app::start(config, Clock::system()).await?.as_system("bench"))
}

async fn components(cx: &Ctx, count: usize) -> anyhow::Result<Vec<i64>> {
    let mut ids = Vec::new();
    let mut group = None;
    for n in 0..count {
        if n % 10 == 0 {
            let input = NewComponentGroup {
                page_id: None,
                parent_id: None,
                name: format!("Region {}", n / 10 + 1),
                description: None,
            };
            group = Some(domain::component_group::create(cx, input).await?.id);
        }
        let input = NewComponent {
            group_id: group,
            ..NewComponent::named(format!("Service {n}"))
        };
        ids.push(domain::component::create(cx, input).await?.id.0);
    }
    Ok(ids)
}

/// Confirmed subscribers of everything. One is made as the product does it, the others like it.
async fn subscribe(cx: &Ctx, count: usize) -> anyhow::Result<()> {
    if count == 0 {
        return Ok(());
    }
    first(cx).await?;
    let model = subscription::Entity::find().one(&cx.db).await?;
    let person = subscriber::Entity::find().one(&cx.db).await?;
    let (Some(model), Some(person)) = (model, person) else {
        anyhow::bail!("the first subscriber has no rows");
    };
    let mut next = person.id.0 + 1;
    let last = person.id.0 + i64::try_from(count)?;
    while next < last {
        let end = last.min(next + i64::try_from(ROWS)?);
        let people = (next..end).map(|id| {
            let mut row: subscriber::ActiveModel = person.clone().into();
            row.id = Set(SubscriberId(id));
            row
        });
        subscriber::Entity::insert_many(people)
            .exec_without_returning(&cx.db)
            .await?;
        let mut rows = Vec::new();
        for id in next..end {
            let kept = domain::target::seal(&cx.secrets, Channel::Email, &format!("person{id}@example.org"))?;
            let mut row: subscription::ActiveModel = model.clone().into();
            row.id = NotSet;
            row.subscriber_id = Set(SubscriberId(id));
            row.sealed_target = Set(Some(kept.sealed));
            row.target_hash = Set(Some(kept.hash));
            rows.push(row);
        }
        subscription::Entity::insert_many(rows)
            .exec_without_returning(&cx.db)
            .await?;
        next = end;
    }
    Ok(())
}

async fn first(cx: &Ctx) -> anyhow::Result<()> {
    domain::subscriber::create(cx, NewSubscriber::by_mail("person@example.org")).await?;
    Ok(())
}
