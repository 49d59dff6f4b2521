//! Tables: a caption for screen readers, and on phones one card per row.

use leptos::prelude::*;

/// A table. On narrow screens each cell shows its `data-label` instead of the heads.
#[component]
pub fn Table(
    /// What the table holds; not shown, but read out.
    #[prop(into)]
    caption: String,
    heads: Vec<&'static str>,
    children: Children,
) -> impl IntoView {
    let heads = heads.into_iter().map(|head| view! { <th scope="col">{head}</th> });
    view! {
        <div class="table-frame">
            <table class="table">
                <caption class="unseen">{caption}</caption>
                <thead><tr>{heads.collect_view()}</tr></thead>
                <tbody>{children()}</tbody>
            </table>
        </div>
    }
}

/// What stands in place of an empty list: what would be here, and how it comes about.
#[component]
pub fn Empty(
    #[prop(into)] title: String,
    #[prop(into)] text: String,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="empty">
            <p class="empty-title">{title}</p>
            <p>{text}</p>
            {children.map(|children| view! { <div class="empty-actions">{children()}</div> })}
        </div>
    }
}
