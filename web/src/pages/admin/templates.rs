//! The list of templates. It is reached from the incidents and from the palette.

use leptos::prelude::*;
use leptos_router::components::A;
use shared::access::Permission;
use shared::list::TemplateList;
use shared::template::{Template, TemplateKind};

use super::parts::{FilterTabs, Moment, ScreenHead, SearchField, query_value};
use super::words;
use crate::api::{TemplateFilter, use_api};
use crate::i18n::t::admin::{common, incidents, templates};
use crate::i18n::use_locale;
use crate::routes::admin as href;
use crate::state::page::use_pages;
use crate::ui::icon::{Glyph, Icon};
use crate::ui::load::{load, loaded};
use crate::ui::pager::Pager;
use crate::ui::table::{Empty, Table};

#[component]
pub fn Templates() -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let filter = filter_of_address();
    let list = load(move || {
        let filter = filter.get();
        async move { api.list_templates(&filter).await }
    });
    let kind = |kind: &TemplateKind| (kind.as_str(), words::template_kind(locale, *kind));
    let mut tabs = vec![("", templates::all(locale))];
    tabs.extend(TemplateKind::ALL.iter().map(kind));
    view! {
        <ScreenHead title=templates::title(locale)><NewTemplateLink/></ScreenHead>
        <div class="toolbar">
            <FilterTabs label=common::filter(locale) name="kind" choices=tabs/>
            <SearchField label=templates::search(locale)/>
        </div>
        {loaded(list, move |list| view! { <Rows list filter/> }.into_any())}
    }
}

#[component]
fn NewTemplateLink() -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    view! {
        <Show when=move || api.may(Permission::ManageTemplates)>
            <A href=href::NEW_TEMPLATE attr:class="button button-primary">
                <Glyph icon=Icon::Plus/>
                {templates::new(locale)}
            </A>
        </Show>
    }
}

fn filter_of_address() -> Memo<TemplateFilter> {
    let pages = use_pages();
    let (kind, text, cursor) = (query_value("kind"), query_value("q"), query_value("cursor"));
    Memo::new(move |_| TemplateFilter {
        page: pages.current_id(),
        kind: kind.get().and_then(|word| TemplateKind::from_word(&word)),
        text: text.get().unwrap_or_default(),
        cursor: cursor.get(),
        limit: None,
    })
}

#[component]
fn Rows(list: RwSignal<TemplateList>, filter: Memo<TemplateFilter>) -> impl IntoView {
    let locale = use_locale();
    let next = Signal::derive(move || list.with(|list| list.next_cursor.clone()));
    let body = move || {
        let items = list.get().items;
        if items.is_empty() {
            let is_narrow = filter.with_untracked(|filter| !filter.text.is_empty() || filter.kind.is_some());
            return match is_narrow {
                true => view! { <Empty title=common::nothing_found(locale) text=common::nothing_found_text(locale)/> }.into_any(),
                false => view! { <Empty title=templates::none(locale) text=templates::none_text(locale)><NewTemplateLink/></Empty> }.into_any(),
            };
        }
        let heads = vec![
            templates::name(locale),
            templates::kind(locale),
            incidents::updated(locale),
        ];
        let rows = items
            .into_iter()
            .map(|template| view! { <Row template/> })
            .collect_view();
        view! { <Table caption=templates::title(locale) heads>{rows}</Table> }.into_any()
    };
    view! {
        {body}
        <Pager next_cursor=next/>
    }
}

#[component]
fn Row(template: Template) -> impl IntoView {
    let locale = use_locale();
    view! {
        <tr>
            <td>
                <A href=href::template(template.id) attr:class="row-link">{template.name}</A>
                <p class="line-more">{template.title}</p>
            </td>
            <td data-label=templates::kind(locale)>{words::template_kind(locale, template.kind)}</td>
            <td data-label=incidents::updated(locale)><Moment at=template.updated_at/></td>
        </tr>
    }
}
