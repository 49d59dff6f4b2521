//! Adding, changing and deleting components and groups, each in a dialog over the tree.

use leptos::prelude::*;
use shared::component::{
    Component, ComponentGroup, ComponentGroupPatch, ComponentPatch, NewComponent, NewComponentGroup, check_weight,
};
use shared::{Check, ComponentGroupId, ComponentId, Patch, Validate};

use super::component_tree::{Key, Tree};
use super::components::{Board, Doing};
use super::parts::filled;
use crate::api::{Versioned, use_api};
use crate::i18n::t::admin::{common, components};
use crate::i18n::use_locale;
use crate::state::page::use_pages;
use crate::ui::dialog::{Confirm, Dialog};
use crate::ui::field::{CheckField, ProseField, SelectField, TextField};
use crate::ui::form::{Form, FormErrors, SubmitButton};
use crate::ui::load::{load, loaded};
use crate::ui::toast::use_toasts;

/// A signal that is true while `is_mine` holds, and that ends what is being done when it is set to false.
pub fn open_while(board: Board, is_mine: fn(&Doing) -> bool) -> RwSignal<bool> {
    let open = RwSignal::new(false);
    Effect::new(move |_| {
        let mine = board.doing.with(is_mine);
        if open.get_untracked() != mine {
            open.set(mine);
        }
    });
    Effect::new(move |_| {
        if !open.get() && board.doing.with_untracked(is_mine) {
            board.doing.set(Doing::Nothing);
        }
    });
    open
}

#[component]
pub fn ComponentDialog(board: Board) -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let open = open_while(board, |doing| {
        matches!(doing, Doing::AddComponent | Doing::Edit(Key::Component(_)))
    });
    let edited = move || match board.doing.get_untracked() {
        Doing::Edit(Key::Component(id)) => Some(id),
        _ => None,
    };
    let title = Signal::derive(move || match board.doing.get() {
        Doing::Edit(_) => components::edit(locale).to_owned(),
        _ => components::add(locale).to_owned(),
    });
    let form = move || match edited() {
        None => view! { <ComponentForm board before=None/> }.into_any(),
        // Read anew, so that what is changed is what is there now.
        Some(id) => loaded(load(move || async move { api.get_component(id).await }), move |found| {
            let before = Some(found.get_untracked());
            view! { <ComponentForm board before/> }.into_any()
        }),
    };
    view! { <Dialog open title>{form()}</Dialog> }
}

/// What is typed for a component, whether it is new or not.
#[derive(Clone)]
struct ComponentInput {
    name: String,
    slug: String,
    description: String,
    link: String,
    group: Option<ComponentGroupId>,
    is_public: bool,
    /// As typed.
    uptime_weight: String,
}

impl ComponentInput {
    fn into_new(self, page: Option<shared::PageId>) -> NewComponent {
        NewComponent {
            page_id: page,
            group_id: self.group,
            name: self.name,
            slug: filled(&self.slug),
            description: filled(&self.description),
            link: filled(&self.link),
            status: None,
            is_public: Some(self.is_public),
        }
    }

    fn into_patch(self, before: &Component) -> ComponentPatch {
        ComponentPatch {
            // Moving puts it last; leaving it alone keeps its place.
            group_id: if self.group == before.group_id {
                Patch::Keep
            } else {
                self.group.into()
            },
            name: Some(self.name),
            slug: Some(self.slug).filter(|slug| *slug != before.slug),
            description: filled(&self.description).into(),
            link: filled(&self.link).into(),
            is_public: Some(self.is_public),
            // What is no number is none that is possible, so that the rule says which are.
            uptime_weight: Some(self.uptime_weight.trim().parse().unwrap_or(0)),
        }
    }
}

impl Validate for ComponentInput {
    fn check(&self, check: &mut Check) {
        self.clone().into_new(None).check(check);
        check_weight(check, self.uptime_weight.trim().parse().unwrap_or(0));
    }
}

#[component]
fn ComponentForm(board: Board, before: Option<Versioned<Component>>) -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let pages = use_pages();
    let page = untrack(|| pages.current_id());
    let toasts = use_toasts();
    let form = Form::new();
    let known = before.as_ref().map(|found| found.item.clone());
    let text =
        |read: fn(&Component) -> Option<String>| RwSignal::new(known.as_ref().and_then(read).unwrap_or_default());
    let name = text(|component| Some(component.name.clone()));
    let slug = text(|component| Some(component.slug.clone()));
    let description = text(|component| component.description.clone());
    let link = text(|component| component.link.clone());
    let group = RwSignal::new(group_word(known.as_ref().and_then(|component| component.group_id)));
    let is_public = RwSignal::new(known.as_ref().is_none_or(|component| component.is_public));
    let weight = known.as_ref().map_or(1, |component| component.uptime_weight);
    let weight = RwSignal::new(weight.to_string());
    let is_new = before.is_none();
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let input = ComponentInput {
            name: name.get_untracked(),
            slug: slug.get_untracked(),
            description: description.get_untracked(),
            link: link.get_untracked(),
            group: group.get_untracked().parse().ok(),
            is_public: is_public.get_untracked(),
            uptime_weight: weight.get_untracked(),
        };
        let before = before.clone();
        let send = move |input: ComponentInput, key| async move {
            match before {
                None => api.create_component(&input.into_new(page), &key).await,
                Some(Versioned { item, etag }) => api.update_component(item.id, &input.into_patch(&item), etag).await,
            }
        };
        form.submit(input, send, move |saved: Component| {
            finish(board, toasts, common::saved_named(locale, saved.name))
        });
    };
    let slug_hint = if is_new {
        components::slug_hint(locale)
    } else {
        components::slug_change_hint(locale)
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            <TextField form name="name" label=components::name(locale) value=name is_required=true/>
            <ProseField form name="description" label=components::description(locale) hint=components::description_hint(locale) value=description rows=2/>
            <SelectField form name="group_id" label=components::group(locale) value=group options=parents(board, None)/>
            <TextField form name="link" label=components::link(locale) hint=components::link_hint(locale) value=link kind="url"/>
            <TextField form name="slug" label=components::slug(locale) hint=slug_hint value=slug/>
            <CheckField form name="is_public" label=components::is_public(locale) hint=components::is_public_hint(locale) value=is_public/>
            {(!is_new).then(|| view! {
                <TextField form name="uptime_weight" label=components::uptime_weight(locale) hint=components::uptime_weight_hint(locale) value=weight kind="number"/>
            })}
            <FormErrors form/>
            <div class="form-actions">
                <SubmitButton form label=if is_new { components::add(locale) } else { common::save(locale) }/>
            </div>
        </form>
    }
}

#[component]
pub fn GroupDialog(board: Board) -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let open = open_while(board, |doing| {
        matches!(doing, Doing::AddGroup | Doing::Edit(Key::Group(_)))
    });
    let edited = move || match board.doing.get_untracked() {
        Doing::Edit(Key::Group(id)) => Some(id),
        _ => None,
    };
    let title = Signal::derive(move || match board.doing.get() {
        Doing::Edit(_) => components::edit_group(locale).to_owned(),
        _ => components::add_group(locale).to_owned(),
    });
    let form = move || match edited() {
        None => view! { <GroupForm board before=None/> }.into_any(),
        Some(id) => loaded(
            load(move || async move { api.get_component_group(id).await }),
            move |found| {
                let before = Some(found.get_untracked());
                view! { <GroupForm board before/> }.into_any()
            },
        ),
    };
    view! { <Dialog open title>{form()}</Dialog> }
}

#[component]
fn GroupForm(board: Board, before: Option<Versioned<ComponentGroup>>) -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let pages = use_pages();
    let page = untrack(|| pages.current_id());
    let toasts = use_toasts();
    let form = Form::new();
    let known = before.as_ref().map(|found| found.item.clone());
    let name = RwSignal::new(known.as_ref().map(|group| group.name.clone()).unwrap_or_default());
    let description = RwSignal::new(
        known
            .as_ref()
            .and_then(|group| group.description.clone())
            .unwrap_or_default(),
    );
    let parent = RwSignal::new(group_word(known.as_ref().and_then(|group| group.parent_id)));
    let is_new = before.is_none();
    let own = known.as_ref().map(|group| Key::Group(group.id));
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let input = NewComponentGroup {
            page_id: page,
            parent_id: parent.get_untracked().parse().ok(),
            name: name.get_untracked(),
            description: filled(&description.get_untracked()),
        };
        let before = before.clone();
        let send = move |input: NewComponentGroup, key| async move {
            match before {
                None => api.create_component_group(&input, &key).await,
                Some(Versioned { item, etag }) => {
                    api.update_component_group(item.id, &group_patch(input, &item), etag)
                        .await
                }
            }
        };
        let done = move |saved: ComponentGroup| finish(board, toasts, common::saved_named(locale, saved.name));
        form.submit(input, send, done);
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            <TextField form name="name" label=components::name(locale) value=name is_required=true/>
            <ProseField form name="description" label=components::description(locale) value=description rows=2/>
            <SelectField form name="parent_id" label=components::parent(locale) value=parent options=parents(board, own)/>
            <FormErrors form/>
            <div class="form-actions">
                <SubmitButton form label=if is_new { components::add_group(locale) } else { common::save(locale) }/>
            </div>
        </form>
    }
}

fn group_patch(input: NewComponentGroup, before: &ComponentGroup) -> ComponentGroupPatch {
    let is_moved = input.parent_id != before.parent_id;
    ComponentGroupPatch {
        parent_id: if is_moved { input.parent_id.into() } else { Patch::Keep },
        name: Some(input.name),
        description: input.description.into(),
    }
}

/// Asks before something is deleted, and says what becomes of what stood in it.
#[component]
pub fn Deleting(board: Board) -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let toasts = use_toasts();
    let open = RwSignal::new(false);
    let subject = RwSignal::new(None::<Key>);
    Effect::new(move |_| {
        if let Doing::Delete(key) = board.doing.get() {
            subject.set(Some(key));
            open.set(true);
            board.doing.set(Doing::Nothing);
        }
    });
    let name = move || name_of(board, subject.get());
    let is_group = move || matches!(subject.get(), Some(Key::Group(_)));
    let title = Signal::derive(move || components::delete_title(locale, name()));
    let text = Signal::derive(move || {
        let text = if is_group() {
            components::delete_group_text(locale)
        } else {
            components::delete_text(locale)
        };
        text.to_owned()
    });
    let delete = move |()| {
        let done = move |()| finish(board, toasts, components::deleted(locale).to_owned());
        match subject.get_untracked() {
            Some(Key::Group(id)) => toasts.attempt(locale, delete_group(api, id), done),
            Some(Key::Component(id)) => toasts.attempt(locale, delete_component(api, id), done),
            None => {}
        }
    };
    view! { <Confirm open title text action=common::delete(locale) on_confirm=delete/> }
}

/// What stands in the row. Reactive.
pub fn name_of(board: Board, key: Option<Key>) -> String {
    let parts = board.parts.get().unwrap_or_default();
    let rows = Tree::new(&parts.groups, &parts.components).rows();
    let row = rows.into_iter().find(|row| Some(row.node.key()) == key);
    row.map(|row| row.node.name().to_owned()).unwrap_or_default()
}

async fn delete_group(api: crate::api::Api, id: ComponentGroupId) -> crate::api::ApiResult<()> {
    api.delete_component_group(id).await
}

async fn delete_component(api: crate::api::Api, id: ComponentId) -> crate::api::ApiResult<()> {
    api.delete_component(id).await
}

fn finish(board: Board, toasts: crate::ui::toast::Toasts, text: String) {
    board.doing.set(Doing::Nothing);
    toasts.say(text);
    board.parts.reload();
}

fn group_word(group: Option<ComponentGroupId>) -> String {
    group.map(|id| id.to_string()).unwrap_or_default()
}

/// The groups something can stand in, indented by their depth; the first choice is none.
fn parents(board: Board, own: Option<Key>) -> Signal<Vec<(String, String)>> {
    let locale = use_locale();
    Signal::derive(move || {
        let parts = board.parts.get().unwrap_or_default();
        let tree = Tree::new(&parts.groups, &parts.components);
        let option = |(group, depth): (ComponentGroup, usize)| {
            (
                group.id.to_string(),
                format!("{}{}", "\u{2003}".repeat(depth), group.name),
            )
        };
        let none = (String::new(), components::no_group(locale).to_owned());
        std::iter::once(none)
            .chain(tree.possible_parents(own).into_iter().map(option))
            .collect()
    })
}
