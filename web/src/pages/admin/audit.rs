//! The audit trail: who did what, and what it was before.

use leptos::prelude::*;
use serde_json::Value;
use shared::audit::{ActorKind, AuditEntry};
use shared::list::AuditList;

use super::parts::{FilterTabs, Moment, ScreenHead, query_value};
use crate::api::{AuditFilter, use_api};
use crate::i18n::t::admin::{audit, common, nav};
use crate::i18n::use_locale;
use crate::json;
use crate::ui::load::{load, loaded};
use crate::ui::pager::Pager;
use crate::ui::table::Empty;

#[component]
pub fn Audit() -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let (kind, cursor) = (query_value("kind"), query_value("cursor"));
    let list = load(move || {
        let filter = AuditFilter {
            subject_kind: kind.get(),
            cursor: cursor.get(),
        };
        async move { api.list_audit(&filter).await }
    });
    let tabs = vec![
        ("", audit::all(locale)),
        ("incident", nav::incidents(locale)),
        ("maintenance", nav::maintenance(locale)),
        ("component", nav::components(locale)),
        ("component_group", audit::groups(locale)),
        ("subscriber", nav::subscribers(locale)),
        ("member", nav::team(locale)),
        ("page", nav::page(locale)),
    ];
    view! {
        <ScreenHead title=nav::audit(locale)/>
        <div class="toolbar"><FilterTabs label=common::filter(locale) name="kind" choices=tabs/></div>
        {loaded(list, move |list| view! { <Entries list/> }.into_any())}
    }
}

#[component]
fn Entries(list: RwSignal<AuditList>) -> impl IntoView {
    let locale = use_locale();
    let next = Signal::derive(move || list.with(|list| list.next_cursor.clone()));
    let body = move || {
        let items = list.get().items;
        match items.is_empty() {
            true => view! { <Empty title=audit::none(locale) text=audit::none_text(locale)/> }.into_any(),
            false => {
                let entries = items.into_iter().map(|entry| view! { <Entry entry/> });
                view! { <ol class="audit">{entries.collect_view()}</ol> }.into_any()
            }
        }
    };
    view! {
        {body}
        <Pager next_cursor=next/>
    }
}

#[component]
fn Entry(entry: AuditEntry) -> impl IntoView {
    let locale = use_locale();
    let actor = match entry.actor_kind {
        ActorKind::Member | ActorKind::Subscriber => entry.actor_name.clone(),
        ActorKind::Visitor => audit::visitor(locale).into(),
        ActorKind::System => audit::system(locale).into(),
    };
    let changes = differences(entry.before.as_ref(), entry.after.as_ref());
    let more = [
        (audit::request(locale), entry.request_id),
        (audit::address(locale), entry.ip_address),
    ];
    let more = more
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect::<Vec<_>>();
    let summary = view! {
        <span class="audit-who">{actor}</span>
        <code class="audit-what">{entry.action}</code>
        <span class="audit-subject">{entry.subject_name}</span>
        <span class="audit-when"><Moment at=entry.created_at/></span>
    };
    if changes.is_empty() && more.is_empty() {
        return view! { <li class="audit-entry"><p class="audit-line">{summary}</p></li> }.into_any();
    }
    let more = more
        .into_iter()
        .map(|(name, value)| view! { <p class="line-more">{name}": "<code>{value}</code></p> });
    view! {
        <li class="audit-entry">
            <details>
                <summary class="audit-line">{summary}</summary>
                <Changes changes/>
                {more.collect_view()}
            </details>
        </li>
    }
    .into_any()
}

#[component]
fn Changes(changes: Vec<Change>) -> impl IntoView {
    let locale = use_locale();
    if changes.is_empty() {
        return ().into_any();
    }
    let row = |change: Change| {
        view! {
            <tr>
                <th scope="row"><code>{change.path}</code></th>
                <td class="diff-before">{change.before.map(|text| view! { <del>{text}</del> })}</td>
                <td class="diff-after">{change.after.map(|text| view! { <ins>{text}</ins> })}</td>
            </tr>
        }
    };
    view! {
        <div class="table-frame">
            <table class="diff">
                <caption class="unseen">{audit::changes(locale)}</caption>
                <thead>
                    <tr>
                        <th scope="col">{audit::field(locale)}</th>
                        <th scope="col">{audit::before(locale)}</th>
                        <th scope="col">{audit::after(locale)}</th>
                    </tr>
                </thead>
                <tbody>{changes.into_iter().map(row).collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}

/// One value that is not what it was.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Change {
    path: String,
    before: Option<String>,
    after: Option<String>,
}

/// What differs between two states, value by value.
fn differences(before: Option<&Value>, after: Option<&Value>) -> Vec<Change> {
    let mut changes = Vec::new();
    compare("", before, after, &mut changes);
    changes
}

fn compare(path: &str, before: Option<&Value>, after: Option<&Value>, changes: &mut Vec<Change>) {
    let (before, after) = (
        before.filter(|value| !value.is_null()),
        after.filter(|value| !value.is_null()),
    );
    if before == after {
        return;
    }
    let keys = keys(before, after);
    if keys.is_empty() {
        changes.push(Change {
            path: path.into(),
            before: before.map(plain),
            after: after.map(plain),
        });
        return;
    }
    for key in keys {
        let inner = if path.is_empty() {
            key.clone()
        } else {
            format!("{path}.{key}")
        };
        compare(
            &inner,
            before.and_then(|value| value.get(&key)),
            after.and_then(|value| value.get(&key)),
            changes,
        );
    }
}

/// The fields of two objects; none unless each of them is an object or absent.
fn keys(before: Option<&Value>, after: Option<&Value>) -> Vec<String> {
    let sides = [before, after].into_iter().flatten();
    let mut keys = Vec::new();
    for side in sides {
        let Value::Object(fields) = side else { return Vec::new() };
        keys.extend(fields.keys().cloned());
    }
    keys.sort();
    keys.dedup();
    keys
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => json::write(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_differs_is_shown_however_deep() {
        let before = json!({ "title": "Slow", "page": { "name": "A", "host": null }, "same": 1 });
        let after = json!({ "title": "Slow API", "page": { "name": "A", "host": "x" }, "same": 1 });
        let change = |path: &str, before: Option<&str>, after: &str| Change {
            path: path.into(),
            before: before.map(Into::into),
            after: Some(after.into()),
        };
        let expected = [
            change("page.host", None, "x"),
            change("title", Some("Slow"), "Slow API"),
        ];
        assert_eq!(differences(Some(&before), Some(&after)), expected);
    }

    #[test]
    fn what_was_made_shows_every_value() {
        assert_eq!(differences(None, Some(&json!({ "a": 1, "b": [1, 2] }))).len(), 2);
    }
}
