//! Setting the scene in a line each. Seeds act as the system itself and check nothing: that is the stories' part.

use server::context::Ctx;
use server::domain;
use shared::component::{Component, ComponentGroup, NewComponent, NewComponentGroup};
use shared::subscriber::{NewSubscriber, Scope, Subscriber};
use shared::{ComponentGroupId, ComponentId};

/// Makes things.
pub struct Seed {
    cx: Ctx,
}

impl Seed {
    pub fn new(cx: &Ctx) -> Self {
        Self {
            cx: cx.as_system("test"),
        }
    }

    /// A public, operational component.
    pub async fn component(&self, name: &str) -> Component {
        self.make(NewComponent::named(name)).await
    }

    /// A component under a heading.
    pub async fn component_in(&self, group: ComponentGroupId, name: &str) -> Component {
        self.make(NewComponent {
            group_id: Some(group),
            ..NewComponent::named(name)
        })
        .await
    }

    async fn make(&self, input: NewComponent) -> Component {
        domain::component::create(&self.cx, input).await.expect("a component")
    }

    /// A heading.
    pub async fn group(&self, name: &str) -> ComponentGroup {
        self.group_in(None, name).await
    }

    /// A heading under another.
    pub async fn group_in(&self, parent: Option<ComponentGroupId>, name: &str) -> ComponentGroup {
        let input = NewComponentGroup {
            page_id: None,
            parent_id: parent,
            name: name.into(),
            description: None,
        };
        domain::component_group::create(&self.cx, input).await.expect("a group")
    }

    /// Someone confirmed who hears of everything.
    pub async fn subscriber(&self, email: &str) -> Subscriber {
        self.subscribe(email, None).await
    }

    /// Someone confirmed who follows only some components and groups.
    pub async fn follower(&self, email: &str, components: &[ComponentId], groups: &[ComponentGroupId]) -> Subscriber {
        let scope = Scope {
            components: components.to_vec(),
            groups: groups.to_vec(),
            ..Scope::all()
        };
        self.subscribe(email, Some(scope)).await
    }

    async fn subscribe(&self, email: &str, scope: Option<Scope>) -> Subscriber {
        let input = NewSubscriber {
            scope,
            ..NewSubscriber::by_mail(email)
        };
        domain::subscriber::create(&self.cx, input).await.expect("a subscriber")
    }
}
