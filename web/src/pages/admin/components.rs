//! Components and their groups: the tree as visitors will see it, with everything that can be done to it.

use leptos::prelude::*;
use shared::ComponentId;
use shared::access::Permission;
use shared::component::{Component, ComponentGroup, ComponentStatus, SetComponentStatus};

use super::component_dialogs::{ComponentDialog, Deleting, GroupDialog};
use super::component_tree::{Key, Node, Row, Spot, Step, Tree};
use super::corrections::CorrectionsDialog;
use super::parts::{ComponentBadge, ScreenHead};
use super::picker::{Parts, load_parts};
use crate::api::{SubmitKey, use_api};
use crate::components::words;
use crate::i18n::t::admin::{common, components, corrections, nav};
use crate::i18n::use_locale;
use crate::state::browser;
use crate::state::page::use_pages;
use crate::ui::icon::{Glyph, Icon};
use crate::ui::load::{Loader, loaded};
use crate::ui::menu::{Menu, MenuOpen};
use crate::ui::table::Empty;
use crate::ui::toast::use_toasts;

/// Which dialog is open, and about what.
#[derive(Debug, Clone, PartialEq)]
pub enum Doing {
    Nothing,
    AddComponent,
    AddGroup,
    Edit(Key),
    Delete(Key),
    /// How it was.
    Correct(ComponentId),
}

/// What all parts of the screen share.
#[derive(Clone, Copy)]
pub struct Board {
    pub parts: Loader<Parts>,
    pub doing: RwSignal<Doing>,
    /// Tell subscribers when a status is set.
    notify: RwSignal<bool>,
    /// What is being dragged, and where it would land.
    dragged: RwSignal<Option<Key>>,
    spot: RwSignal<Option<Spot>>,
    /// Read out to those who do not see things move.
    news: RwSignal<String>,
}

#[component]
pub fn Components() -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let board = Board {
        parts: load_parts(),
        doing: RwSignal::new(Doing::Nothing),
        notify: RwSignal::new(true),
        dragged: RwSignal::new(None),
        spot: RwSignal::new(None),
        news: RwSignal::new(String::new()),
    };
    provide_context(board);
    view! {
        <ScreenHead title=nav::components(locale)>
            <Show when=move || api.may(Permission::ManageComponents)><AddButtons/></Show>
        </ScreenHead>
        <Show when=move || api.may(Permission::SetStatus)>
            <div class="toolbar">
                <label class="check">
                    <input
                        type="checkbox"
                        prop:checked=board.notify
                        on:change:target=move |event| board.notify.set(event.target().checked())
                    />
                    {components::notify(locale)}
                </label>
            </div>
        </Show>
        {loaded(board.parts, move |parts| view! { <TreeView parts/> }.into_any())}
        <p class="unseen" aria-live="polite">{board.news}</p>
        <ComponentDialog board/>
        <GroupDialog board/>
        <Deleting board/>
        <CorrectionsDialog board/>
    }
}

#[component]
fn AddButtons() -> impl IntoView {
    let locale = use_locale();
    let doing = expect_context::<Board>().doing;
    view! {
        <button type="button" class="button" on:click=move |_| doing.set(Doing::AddGroup)>{components::add_group(locale)}</button>
        <button type="button" class="button button-primary" on:click=move |_| doing.set(Doing::AddComponent)>
            <Glyph icon=Icon::Plus/>
            {components::add(locale)}
        </button>
    }
}

#[component]
fn TreeView(parts: RwSignal<Parts>) -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let tree = Memo::new(move |_| parts.with(|parts| Tree::new(&parts.groups, &parts.components)));
    let rows = Memo::new(move |_| tree.with(Tree::rows));
    let is_empty = Memo::new(move |_| tree.with(Tree::is_empty));
    view! {
        <Show
            when=move || !is_empty.get()
            fallback=move || view! {
                <Empty title=components::none(locale) text=components::none_text(locale)>
                    <Show when=move || api.may(Permission::ManageComponents)><AddButtons/></Show>
                </Empty>
            }
        >
            <ul class="tree">
                // A row is made anew only when something in it changes, so the focus stays on a button that moves a row.
                <For each=move || rows.get() key=|row| row.node.key() let:row>
                    <TreeRow key=row.node.key() rows tree/>
                </For>
            </ul>
        </Show>
    }
}

#[component]
fn TreeRow(key: Key, rows: Memo<Vec<Row>>, tree: Memo<Tree>) -> impl IntoView {
    let board = expect_context::<Board>();
    let api = use_api();
    let row = Memo::new(move |_| rows.with(|rows| rows.iter().find(|row| row.node.key() == key).cloned()));
    let depth = move || row.with(|row| row.as_ref().map_or(0, |row| row.depth));
    let may_move = move || api.may(Permission::ManageComponents);
    let mark = move || match board.spot.get() {
        Some(Spot::Before(at)) if at == key => "before",
        Some(Spot::After(at)) if at == key => "after",
        Some(Spot::Inside(group)) if Key::Group(group) == key => "inside",
        _ => "",
    };
    let content = move || {
        row.get().map(|Row { node, .. }| match node {
            Node::Group(group) => view! { <GroupRow group tree/> }.into_any(),
            Node::Component(component) => view! { <ComponentRow component tree/> }.into_any(),
        })
    };
    let drop = use_drop(tree);
    view! {
        <li
            class="tree-row"
            class:tree-row-group=matches!(key, Key::Group(_))
            data-depth=depth
            data-row=row_name(key)
            data-drop=mark
            draggable=move || may_move().then_some("true")
            on:dragstart=move |_| board.dragged.set(Some(key))
            on:dragend=move |_| {
                board.dragged.set(None);
                board.spot.set(None);
            }
            on:dragover=move |event| {
                if board.dragged.get_untracked().is_some() {
                    event.prevent_default();
                    board.spot.set(Some(spot_under(&event, key)));
                }
            }
            on:drop=move |event| {
                event.prevent_default();
                drop();
            }
        >
            {content}
        </li>
    }
}

/// The upper part of a row is before it, the lower part after it; the middle of a group is inside.
fn spot_under(event: &web_sys::DragEvent, key: Key) -> Spot {
    use wasm_bindgen::JsCast;
    let target = event
        .current_target()
        .and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    let share = target.map_or(0.5, |row| {
        let frame = row.get_bounding_client_rect();
        (f64::from(event.client_y()) - frame.top()) / frame.height().max(1.0)
    });
    match key {
        Key::Group(group) if (0.25..0.75).contains(&share) => Spot::Inside(group),
        _ if share < 0.5 => Spot::Before(key),
        _ => Spot::After(key),
    }
}

fn use_drop(tree: Memo<Tree>) -> impl Fn() + Clone + 'static {
    let board = expect_context::<Board>();
    let rearrange = use_rearrange();
    move || {
        let dropped = board.dragged.get_untracked().zip(board.spot.get_untracked());
        board.dragged.set(None);
        board.spot.set(None);
        let before = tree.get_untracked();
        if let Some(after) = dropped.and_then(|(key, spot)| before.drop(key, spot)) {
            rearrange(&before, after);
        }
    }
}

/// Shows the new order at once and tells the server; if it refuses, the old order comes back.
fn use_rearrange() -> impl Fn(&Tree, Tree) + Clone + 'static {
    let locale = use_locale();
    let api = use_api();
    let pages = use_pages();
    let toasts = use_toasts();
    let board = expect_context::<Board>();
    move |before, after| {
        let input = before.difference(&after, untrack(|| pages.current_id()));
        let (groups, components) = after.into_parts();
        board.parts.put(Parts { groups, components });
        let key = SubmitKey::new();
        leptos::task::spawn_local(async move {
            if let Err(error) = api.reorder_components(&input, &key).await {
                toasts.complain(locale, &error);
                board.parts.reload();
            }
        });
    }
}

#[component]
fn GroupRow(group: ComponentGroup, tree: Memo<Tree>) -> impl IntoView {
    let key = Key::Group(group.id);
    view! {
        <Handle/>
        <div class="tree-main">
            <h2 class="tree-group">{group.name.clone()}</h2>
            {group.description.map(|text| view! { <p class="line-more">{text}</p> })}
        </div>
        <RowMenu key name=group.name tree/>
    }
}

#[component]
fn ComponentRow(component: Component, tree: Memo<Tree>) -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let key = Key::Component(component.id);
    let name = component.name.clone();
    let status = component.effective_status;
    let differs = component.effective_status != component.status;
    let control = {
        let component = component.clone();
        move || match api.may(Permission::SetStatus) {
            true => view! { <StatusSelect component=component.clone()/> }.into_any(),
            false => ().into_any(),
        }
    };
    view! {
        <Handle/>
        <div class="tree-main">
            <span class="tree-name">{name.clone()}</span>
            {(!component.is_public).then(|| view! { <span class="tag">{components::private(locale)}</span> })}
            {component.description.map(|text| view! { <p class="line-more">{text}</p> })}
            {differs.then(|| view! { <p class="line-more">{components::seen_as(locale)}" "<ComponentBadge status/></p> })}
        </div>
        {control}
        <Show when=move || !api.may(Permission::SetStatus)><ComponentBadge status/></Show>
        <RowMenu key name tree/>
    }
}

#[component]
fn Handle() -> impl IntoView {
    let api = use_api();
    view! {
        <Show when=move || api.may(Permission::ManageComponents)>
            <span class="tree-handle" aria-hidden="true"><Glyph icon=Icon::Grip/></span>
        </Show>
    }
}

/// The baseline status, changed with one choice.
#[component]
fn StatusSelect(component: Component) -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let toasts = use_toasts();
    let board = expect_context::<Board>();
    let (id, present) = (component.id, component.status);
    let name = StoredValue::new(component.name.clone());
    let choose = move |word: String| {
        let Some(status) = ComponentStatus::from_word(&word) else {
            return;
        };
        let input = SetComponentStatus {
            status,
            notify: Some(board.notify.get_untracked()),
        };
        leptos::task::spawn_local(async move {
            match api.set_component_status(id, &input).await {
                Ok(_) => toasts.say(components::status_set(
                    locale,
                    name.get_value(),
                    words::component_status(locale, status),
                )),
                Err(error) => toasts.complain(locale, &error),
            }
            // Right or wrong, the screen shows what the server has.
            board.parts.reload();
        });
    };
    let option = |status: &'static ComponentStatus| {
        view! {
            <option value=status.as_str() prop:selected=*status == present>{words::component_status(locale, *status)}</option>
        }
    };
    view! {
        <span class="status-select" data-status=present.as_str()>
            <super::parts::StatusMark status=present/>
            <select
                class="input"
                aria-label=components::status_of(locale, &component.name)
                on:change:target=move |event| choose(event.target().value())
            >
                {ComponentStatus::ALL.iter().map(option).collect_view()}
            </select>
        </span>
    }
}

/// Everything else that can be done to a row: the keyboard's way of dragging it, editing and deleting.
#[component]
fn RowMenu(key: Key, #[prop(into)] name: String, tree: Memo<Tree>) -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let doing = expect_context::<Board>().doing;
    let label = components::more(locale, &name);
    let name = StoredValue::new(name);
    let moves = move || {
        let button = |(step, text): (Step, &'static str)| {
            view! { <MoveButton key step text name=name.get_value() tree/> }
        };
        [
            (Step::Up, components::move_up(locale)),
            (Step::Down, components::move_down(locale)),
            (Step::In, components::move_in(locale)),
            (Step::Out, components::move_out(locale)),
        ]
        .map(button)
        .collect_view()
    };
    let correct = move || match key {
        Key::Component(id) => view! {
            <button type="button" on:click=move |_| doing.set(Doing::Correct(id))>{corrections::menu(locale)}</button>
        }
        .into_any(),
        Key::Group(_) => ().into_any(),
    };
    let label = StoredValue::new(label);
    view! {
        <Show when=move || api.may(Permission::ManageComponents)>
            <Menu label=label.get_value()>
                <button type="button" on:click=move |_| doing.set(Doing::Edit(key))>{common::edit(locale)}</button>
                {moves()}
                {correct()}
                <button type="button" class="menu-danger" on:click=move |_| doing.set(Doing::Delete(key))>{common::delete(locale)}</button>
            </Menu>
        </Show>
    }
}

#[component]
fn MoveButton(key: Key, step: Step, text: &'static str, name: String, tree: Memo<Tree>) -> impl IntoView {
    let locale = use_locale();
    let board = expect_context::<Board>();
    let rearrange = use_rearrange();
    let MenuOpen(is_open) = expect_context();
    let possible = Memo::new(move |_| is_open.get() && tree.with(|tree| tree.step(key, step).is_some()));
    let go = move |_| {
        let before = tree.get_untracked();
        let Some(after) = before.step(key, step) else { return };
        let place = after
            .rows()
            .iter()
            .position(|row| row.node.key() == key)
            .unwrap_or_default()
            + 1;
        board.news.set(components::moved(locale, &name, place));
        rearrange(&before, after);
        // The menu closes; its button is where the next move begins.
        request_animation_frame(move || browser::focus(&format!("[data-row=\"{}\"] summary", row_name(key))));
    };
    view! { <button type="button" disabled=move || !possible.get() on:click=go>{text}</button> }
}

fn row_name(key: Key) -> String {
    match key {
        Key::Group(id) => format!("group-{id}"),
        Key::Component(id) => format!("component-{id}"),
    }
}
