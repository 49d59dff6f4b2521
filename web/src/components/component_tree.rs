//! Components in their groups. A group is folded unless something in it is wrong.

use leptos::prelude::*;
use shared::component::ComponentStatus;
use shared::status_page::{PublicComponent, PublicGroup};

use crate::components::status_badge::StatusBadge;
use crate::i18n::{t, use_locale};
use crate::pages::status::drawn::DrawnPart;
use crate::ui::icon::{Glyph, Icon};

/// A group with all that stands in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Branch {
    pub group: PublicGroup,
    pub components: Vec<PublicComponent>,
    pub groups: Vec<Branch>,
}

/// All components of a page: those on their own first, then the groups.
#[component]
pub fn ComponentTree(groups: Vec<PublicGroup>, components: Vec<PublicComponent>) -> impl IntoView {
    let locale = use_locale();
    let (alone, branches) = tree(&groups, components);
    let is_empty = alone.is_empty() && branches.is_empty();
    (!is_empty).then(|| {
        view! {
            <section aria-labelledby="components">
                <h2 id="components">{t::status::components(locale)}</h2>
                <div class="tree">
                    <Rows components=alone/>
                    {branches.into_iter().map(group).collect_view()}
                </div>
            </section>
        }
    })
}

/// The components on their own, and the groups nested. A group whose parent is missing stands on its own.
pub fn tree(groups: &[PublicGroup], components: Vec<PublicComponent>) -> (Vec<PublicComponent>, Vec<Branch>) {
    let is_known = |id: &Option<String>| groups.iter().any(|group| Some(&group.id) == id.as_ref());
    let (grouped, alone): (Vec<_>, Vec<_>) = components.into_iter().partition(|one| is_known(&one.group_id));
    let roots = groups.iter().filter(|group| !is_known(&group.parent_id));
    let branches = roots.map(|root| branch(root, groups, &grouped)).collect();
    (alone, branches)
}

fn branch(root: &PublicGroup, groups: &[PublicGroup], components: &[PublicComponent]) -> Branch {
    let is_inside = |parent: &Option<String>| parent.as_ref() == Some(&root.id);
    let below = groups.iter().filter(|group| is_inside(&group.parent_id));
    Branch {
        group: root.clone(),
        components: components
            .iter()
            .filter(|one| is_inside(&one.group_id))
            .cloned()
            .collect(),
        groups: below.map(|group| branch(group, groups, components)).collect(),
    }
}

fn group(branch: Branch) -> AnyView {
    let Branch {
        group:
            PublicGroup {
                id,
                name,
                description,
                status,
                ..
            },
        components,
        groups,
    } = branch;
    view! {
        <details class="group" id=format!("group-{id}") open=status != ComponentStatus::Operational>
            <summary>
                <span class="fold"><Glyph icon=Icon::Forward/></span>
                <span class="row-name">{name}</span>
                <DrawnPart name=format!("uptime-{id}")/>
                <StatusBadge status/>
            </summary>
            <div class="group-body">
                {description.map(|text| view! { <p class="group-description quiet small">{text}</p> })}
                <Rows components/>
                {groups.into_iter().map(self::group).collect_view()}
            </div>
        </details>
    }
    .into_any()
}

#[component]
fn Rows(components: Vec<PublicComponent>) -> impl IntoView {
    (!components.is_empty()).then(|| {
        view! {
            <ul class="rows">{components.into_iter().map(|component| view! { <Row component/> }).collect_view()}</ul>
        }
    })
}

#[component]
fn Row(component: PublicComponent) -> impl IntoView {
    let PublicComponent {
        id,
        slug,
        name,
        description,
        link,
        status,
        ..
    } = component;
    let title = match link {
        Some(address) => view! { <a href=address rel="noopener">{name}</a> }.into_any(),
        None => name.into_any(),
    };
    view! {
        <li class="row" id=format!("component-{slug}")>
            <span class="row-name">
                {title}
                {description.map(|text| view! { <span class="row-description quiet small">{text}</span> })}
            </span>
            <StatusBadge status/>
            <DrawnPart name=format!("uptime-{id}")/>
        </li>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(id: &str, parent: Option<&str>) -> PublicGroup {
        PublicGroup {
            id: id.into(),
            parent_id: parent.map(Into::into),
            name: id.into(),
            description: None,
            status: ComponentStatus::Operational,
        }
    }

    fn component(id: &str, group: Option<&str>) -> PublicComponent {
        PublicComponent {
            id: id.into(),
            group_id: group.map(Into::into),
            slug: id.into(),
            name: id.into(),
            description: None,
            link: None,
            status: ComponentStatus::Operational,
        }
    }

    fn names(components: &[PublicComponent]) -> Vec<&str> {
        components.iter().map(|one| one.id.as_str()).collect()
    }

    #[test]
    fn groups_nest_and_keep_their_order() {
        let groups = [group("eu", None), group("api", Some("eu")), group("us", None)];
        let (alone, branches) = tree(
            &groups,
            vec![
                component("a", Some("api")),
                component("b", None),
                component("c", Some("eu")),
            ],
        );
        assert_eq!(names(&alone), ["b"]);
        assert_eq!(branches.len(), 2);
        assert_eq!(names(&branches[0].components), ["c"]);
        assert_eq!(names(&branches[0].groups[0].components), ["a"]);
    }

    #[test]
    fn nothing_is_lost_when_a_group_is_not_public() {
        let (alone, branches) = tree(
            &[group("in", Some("hidden"))],
            vec![component("a", Some("hidden")), component("b", Some("in"))],
        );
        assert_eq!(names(&alone), ["a"]);
        assert_eq!(names(&branches[0].components), ["b"]);
    }
}
