//! The choice of components in a form that works without the app: radio buttons, and boxes that CSS shows when needed.

use leptos::prelude::*;
use shared::status_page::{PublicComponent, PublicGroup};
use shared::subscriber::PublicScope;

use crate::components::component_tree::{Branch, tree};
use crate::i18n::{t, use_locale};

/// Everything, or what is ticked. Fields: `scope` (`all` or `chosen`), and `group`, `component` repeated.
#[component]
pub fn ScopeFields(
    groups: Vec<PublicGroup>,
    components: Vec<PublicComponent>,
    scope: Option<PublicScope>,
) -> impl IntoView {
    let locale = use_locale();
    let scope = scope.unwrap_or_else(PublicScope::all);
    let is_all = scope.is_all();
    let (alone, branches) = tree(&groups, components);
    view! {
        <fieldset class="scope">
            <legend>{t::status::scope::legend(locale)}</legend>
            <label class="choice">
                <input type="radio" name="scope" value="all" checked=is_all/>
                <span>{t::status::scope::all(locale)}</span>
            </label>
            <label class="choice">
                <input type="radio" name="scope" value="chosen" checked=!is_all/>
                <span>{t::status::scope::chosen(locale)}</span>
            </label>
            <div class="scope-choices" role="group" aria-label=t::status::components(locale)>
                {boxes(&alone, &scope)}
                {branches.iter().map(|branch| branch_boxes(branch, &scope)).collect_view()}
            </div>
        </fieldset>
    }
}

fn branch_boxes(branch: &Branch, scope: &PublicScope) -> AnyView {
    let group = &branch.group;
    view! {
        <div class="scope-group">
            <label class="choice">
                <input type="checkbox" name="group" value=group.id.clone() checked=scope.groups.contains(&group.id)/>
                <span><strong>{group.name.clone()}</strong>" "<span class="quiet small">{t::status::scope::whole_group(use_locale())}</span></span>
            </label>
            <div class="scope-inner">
                {boxes(&branch.components, scope)}
                {branch.groups.iter().map(|inner| branch_boxes(inner, scope)).collect_view()}
            </div>
        </div>
    }
    .into_any()
}

fn boxes(components: &[PublicComponent], scope: &PublicScope) -> AnyView {
    let one = |component: &PublicComponent| {
        let is_ticked = scope.components.contains(&component.id);
        view! {
            <label class="choice">
                <input type="checkbox" name="component" value=component.id.clone() checked=is_ticked/>
                <span>{component.name.clone()}</span>
            </label>
        }
    };
    components.iter().map(one).collect_view().into_any()
}
