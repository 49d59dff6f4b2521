//! Picking from the tree of a page: components with a new status, or what a subscription is about.

use leptos::prelude::*;
use shared::component::{Component, ComponentGroup, ComponentStatus};
use shared::incident::ComponentEffect;
use shared::maintenance::STATUS_WHILE_RUNNING;
use shared::subscriber::Scope;
use shared::{ComponentGroupId, ComponentId};

use super::component_tree::{Node, Tree};
use crate::api::{Api, ApiResult, ComponentFilter, use_api};
use crate::components::words;
use crate::i18n::t::admin::{picker, subscribers};
use crate::i18n::use_locale;
use crate::state::page::use_pages;
use crate::ui::form::{Form, fresh_number};
use crate::ui::load::{Loader, load, loaded};

/// So many components are seen at a glance; more need a search field.
const SHORT_LIST: usize = 12;

/// Both halves of a page's tree.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Parts {
    pub groups: Vec<ComponentGroup>,
    pub components: Vec<Component>,
}

/// Fetches the tree of the page that is worked on.
pub fn load_parts() -> Loader<Parts> {
    let api = use_api();
    let pages = use_pages();
    load(move || fetch_parts(api, pages.current_id()))
}

async fn fetch_parts(api: Api, page: Option<shared::PageId>) -> ApiResult<Parts> {
    let filter = ComponentFilter { page, status: None };
    let components = api.list_components(&filter);
    let groups = api.list_component_groups(page);
    let (components, groups) = futures::join!(components, groups);
    Ok(Parts {
        groups: groups?,
        components: components?,
    })
}

/// Tick the components that are affected and say how each is.
#[component]
pub fn EffectPicker(
    form: Form,
    effects: RwSignal<Vec<ComponentEffect>>,
    /// Components that are part of it already and stay so.
    #[prop(optional)]
    settled: Vec<ComponentId>,
    /// They are worked on, and have the status meanwhile.
    #[prop(optional)]
    is_planned: bool,
) -> impl IntoView {
    let locale = use_locale();
    let guess: fn(ComponentStatus) -> ComponentStatus = match is_planned {
        true => |_| STATUS_WHILE_RUNNING,
        false => first_guess,
    };
    let (hint, none) = match is_planned {
        true => (picker::planned_hint(locale), picker::no_components_to_plan(locale)),
        false => (picker::affected_hint(locale), picker::no_components(locale)),
    };
    let settled = StoredValue::new(settled);
    let filter = RwSignal::new(String::new());
    form.claim("components");
    let parts = load_parts();
    let rows = move |parts: RwSignal<Parts>| {
        let rows = move || {
            let tree = parts.with(|parts| Tree::new(&parts.groups, &parts.components));
            if tree.is_empty() {
                return view! { <p class="hint">{none}</p> }.into_any();
            }
            let is_filtered = filter.with(|text| !text.trim().is_empty());
            let row = |row: super::component_tree::Row| match row.node {
                Node::Group(_) if is_filtered => ().into_any(),
                Node::Component(component) if !filter.with(|text| has_words(&component.name, text)) => ().into_any(),
                Node::Group(group) => view! { <p class="pick-group" data-depth=row.depth>{group.name}</p> }.into_any(),
                Node::Component(component) => {
                    let is_settled = settled.with_value(|settled| settled.contains(&component.id));
                    view! { <EffectRow component depth=row.depth effects is_settled guess/> }.into_any()
                }
            };
            tree.rows().into_iter().map(row).collect_view().into_any()
        };
        let is_long = move || parts.with(|parts| parts.components.len() > SHORT_LIST);
        view! {
            <Show when=is_long>
                <input
                    type="search"
                    class="input"
                    aria-label=picker::search(locale)
                    placeholder=picker::search(locale)
                    bind:value=filter
                />
            </Show>
            <div class="pick">{rows}</div>
        }
        .into_any()
    };
    let error = move || {
        let error = form.error("components")?;
        Some(view! { <p class="field-error">{crate::state::problem::explain_field(locale, &error)}</p> })
    };
    view! {
        <fieldset class="field">
            <legend>{picker::affected(locale)}</legend>
            <p class="hint">{hint}</p>
            {loaded(parts, rows)}
            {error}
        </fieldset>
    }
}

#[component]
fn EffectRow(
    component: Component,
    depth: usize,
    effects: RwSignal<Vec<ComponentEffect>>,
    is_settled: bool,
    /// The status it gets when it is ticked, by the one it has.
    guess: fn(ComponentStatus) -> ComponentStatus,
) -> impl IntoView {
    let locale = use_locale();
    let id = component.id;
    let element = format!("effect-{}-{id}", fresh_number());
    let chosen = Memo::new(move |_| effects.with(|effects| status_of(effects, id)));
    let tick = move |is_on: bool| {
        effects.update(|effects| {
            effects.retain(|effect| effect.id != id);
            if is_on {
                effects.push(ComponentEffect {
                    id,
                    status: guess(component.effective_status),
                });
            }
        });
    };
    let choose = move |word: String| {
        let Some(status) = ComponentStatus::from_word(&word) else {
            return;
        };
        effects.update(|effects| {
            if let Some(effect) = effects.iter_mut().find(|effect| effect.id == id) {
                effect.status = status;
            }
        });
    };
    let options = move || {
        let option = |status: &'static ComponentStatus| {
            let status = *status;
            view! {
                <option value=status.as_str() prop:selected=move || chosen.get() == Some(status)>
                    {words::component_status(locale, status)}
                </option>
            }
        };
        ComponentStatus::ALL.iter().map(option).collect_view()
    };
    let label = picker::status_of(locale, &component.name);
    view! {
        <div class="pick-row" data-depth=depth>
            <input
                type="checkbox"
                id=element.clone()
                disabled=is_settled
                prop:checked=move || chosen.get().is_some()
                on:change:target=move |event| tick(event.target().checked())
            />
            <label for=element>{component.name.clone()}</label>
            <Show
                when=move || chosen.get().is_some()
                fallback=move || view! { <span class="pick-now">{words::component_status(locale, component.effective_status)}</span> }
            >
                <select class="input" aria-label=label.clone() on:change:target=move |event| choose(event.target().value())>
                    {options}
                </select>
            </Show>
        </div>
    }
}

/// True if the name has every word of the text.
fn has_words(name: &str, text: &str) -> bool {
    let name = name.to_lowercase();
    text.to_lowercase().split_whitespace().all(|word| name.contains(word))
}

fn status_of(effects: &[ComponentEffect], id: ComponentId) -> Option<ComponentStatus> {
    effects
        .iter()
        .find(|effect| effect.id == id)
        .map(|effect| effect.status)
}

/// Someone who ticks a healthy component means that it is not.
fn first_guess(present: ComponentStatus) -> ComponentStatus {
    match present {
        ComponentStatus::Operational | ComponentStatus::Unknown => ComponentStatus::PartialOutage,
        other => other,
    }
}

/// All components, or chosen groups and components.
#[component]
pub fn ScopePicker(scope: RwSignal<Scope>) -> impl IntoView {
    let locale = use_locale();
    let number = fresh_number();
    let is_all = RwSignal::new(scope.with_untracked(Scope::is_all));
    let parts = load_parts();
    let choose_all = move |_| {
        is_all.set(true);
        scope.set(Scope::all());
    };
    let rows = move |parts: RwSignal<Parts>| {
        let rows = move || {
            let tree = parts.with(|parts| Tree::new(&parts.groups, &parts.components));
            let row = |row: super::component_tree::Row| view! { <ScopeRow node=row.node depth=row.depth scope/> };
            tree.rows().into_iter().map(row).collect_view()
        };
        view! { <div class="pick">{rows}</div> }.into_any()
    };
    let (all_id, some_id) = (format!("scope-{number}-all"), format!("scope-{number}-some"));
    view! {
        <fieldset class="field">
            <legend>{subscribers::scope(locale)}</legend>
            <div class="field-check">
                <input type="radio" name=format!("scope-{number}") id=all_id.clone() prop:checked=is_all on:change=choose_all/>
                <label for=all_id>{subscribers::all_components(locale)}</label>
            </div>
            <div class="field-check">
                <input
                    type="radio"
                    name=format!("scope-{number}")
                    id=some_id.clone()
                    prop:checked=move || !is_all.get()
                    on:change=move |_| is_all.set(false)
                />
                <label for=some_id>{subscribers::chosen_components(locale)}</label>
            </div>
            <Show when=move || !is_all.get()>{loaded(parts, rows)}</Show>
        </fieldset>
    }
}

#[component]
fn ScopeRow(node: Node, depth: usize, scope: RwSignal<Scope>) -> impl IntoView {
    let element = format!("scope-row-{}", fresh_number());
    let (name, is_group) = match &node {
        Node::Group(group) => (group.name.clone(), true),
        Node::Component(component) => (component.name.clone(), false),
    };
    let key = match &node {
        Node::Group(group) => Part::Group(group.id),
        Node::Component(component) => Part::Component(component.id),
    };
    view! {
        <div class="pick-row" class:pick-row-group=is_group data-depth=depth>
            <input
                type="checkbox"
                id=element.clone()
                prop:checked=move || scope.with(|scope| key.is_in(scope))
                on:change:target=move |event| scope.update(|scope| key.set(scope, event.target().checked()))
            />
            <label for=element>{name}</label>
        </div>
    }
}

#[derive(Clone, Copy)]
enum Part {
    Group(ComponentGroupId),
    Component(ComponentId),
}

impl Part {
    fn is_in(self, scope: &Scope) -> bool {
        match self {
            Self::Group(id) => scope.groups.contains(&id),
            Self::Component(id) => scope.components.contains(&id),
        }
    }

    fn set(self, scope: &mut Scope, is_on: bool) {
        match self {
            Self::Group(id) => toggle(&mut scope.groups, id, is_on),
            Self::Component(id) => toggle(&mut scope.components, id, is_on),
        }
    }
}

fn toggle<T: PartialEq>(items: &mut Vec<T>, item: T, is_on: bool) {
    items.retain(|other| *other != item);
    if is_on {
        items.push(item);
    }
}
