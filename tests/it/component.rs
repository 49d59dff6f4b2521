//! Components and the groups they stand in.

use harness::Told;
use serde_json::json;
use shared::Coded;
use shared::component::{Component, ComponentGroup, ComponentStatus, SetComponentStatus};
use shared::list::{AuditList, ComponentList};
use shared::problem::Code;

harness::on_every_database! {
    /// A status set by hand is seen at once, told once, and leaves a line in the trail.
    async fn a_status_set_by_hand_is_seen_and_told(app: TestApp) {
        let admin = app.admin().await;
        let group = app.seed().group("Product").await;
        let api = app.seed().component_in(group.id, "API").await;
        app.seed().subscriber("ana@example.org").await;
        let down = SetComponentStatus { status: ComponentStatus::MajorOutage, notify: None };

        for _ in 0..2 {
            admin.api().set_component_status(api.id.0, &down).await.told().unwrap();
        }
        app.run_jobs().await;
        let page = app.visitor().api().get_status(None).await.told().unwrap();
        assert_eq!(page.groups[0].status, ComponentStatus::MajorOutage);
        assert_eq!(app.mailbox().to("ana@example.org").len(), 1, "nothing is told twice");
        let trail: AuditList = admin.get("/audit?subject_kind=component").await.unwrap();
        assert_eq!(trail.items[0].action, "component.set_status");
        assert_eq!(trail.items[0].before, Some(json!("major_outage")));
    }

    /// Monitoring tools set many at once: each is answered for itself, and the timeline has no gap.
    async fn statuses_set_at_the_same_moment_are_each_answered_and_told(app: TestApp) {
        let api = app.admin().await.api();
        let components = [app.seed().component("API").await.id, app.seed().component("Website").await.id];
        app.seed().subscriber("ana@example.org").await;
        let statuses = [ComponentStatus::MajorOutage, ComponentStatus::DegradedPerformance, ComponentStatus::Operational];
        let set = |n: usize| {
            let (api, id) = (api.clone(), if n == 7 { 999 } else { components[n % 2].0 });
            async move { api.set_component_status(id, &SetComponentStatus { status: statuses[n % 3], notify: None }).await.told() }
        };
        let answers = futures::future::join_all((0..60).map(set)).await;

        for (n, answer) in answers.into_iter().enumerate() {
            match answer {
                Ok(component) => assert_eq!((component.id, component.status), (components[n % 2], statuses[n % 3])),
                Err(refusal) => assert_eq!((n, refusal.code()), (7, Code::NotFound)),
            }
        }
        let mut changes = 0;
        for id in components {
            let timeline = app.timeline(id).await;
            let page = app.visitor().api().get_status(None).await.told().unwrap();
            let shown = page.components.iter().find(|component| component.id == id.code()).unwrap();
            assert_eq!(timeline.last().unwrap().to_status, shown.status);
            changes += timeline.len() - 1;
        }
        app.run_jobs().await;
        assert_eq!(app.mailbox().to("ana@example.org").len(), changes);
    }

    /// The tree takes a new order as a whole, or not at all.
    async fn the_tree_is_put_in_a_new_order(app: TestApp) {
        let admin = app.admin().await;
        let (a, b) = (app.seed().group("A").await, app.seed().group("B").await);
        let one = app.seed().component("One").await;
        let two = app.seed().component("Two").await;
        let order = json!({
            "groups": [{"id": b.id, "position": 0}, {"id": a.id, "parent_id": b.id, "position": 0}],
            "components": [{"id": two.id, "group_id": a.id, "position": 0}, {"id": one.id, "position": 1}],
        });
        let _: () = admin.post("/components/reorder", &order).await.unwrap();
        let moved = admin.api().get_component(two.id.0).await.told().unwrap();
        assert_eq!(moved.group_id, Some(a.id));

        let circle = json!({"groups": [{"id": b.id, "parent_id": a.id, "position": 0}]});
        let refusal = admin.post::<()>("/components/reorder", &circle).await.unwrap_err();
        assert_eq!((refusal.code(), refusal.fields()), (Code::Invalid, vec!["groups[0].parent_id"]));

        // Deleting a group moves what stands in it up.
        admin.api().delete_component_group(a.id.0).await.told().unwrap();
        let moved = admin.api().get_component(two.id.0).await.told().unwrap();
        assert_eq!(moved.group_id, Some(b.id));
    }

    /// Names may repeat; addresses do not.
    async fn two_components_never_share_an_address(app: TestApp) {
        let admin = app.admin().await;
        let first = app.seed().component("API").await;
        let second = app.seed().component("API").await;
        assert_eq!((first.slug.as_str(), second.slug.as_str()), ("api", "api-2"));
        let refusal = admin.patch::<Component>(&format!("/components/{}", second.id), &json!({"slug": "api"})).await.unwrap_err();
        assert_eq!((refusal.code(), refusal.fields()), (Code::SlugTaken, vec!["slug"]));
        let list: ComponentList = admin.get("/components?q=AP&sort=name").await.unwrap();
        assert_eq!(list.items.len(), 2);
        let group = admin.post::<ComponentGroup>("/component-groups", &json!({"name": "X", "parent_id": 999})).await.unwrap_err();
        assert_eq!(group.fields(), ["parent_id"]);
    }
}
