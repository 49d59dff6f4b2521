//! Moments in the text, readable for machines too.

use leptos::prelude::*;
use shared::Timestamp;

use crate::time::use_clock;

/// "24 November, 03:12"
#[component]
pub fn Time(at: Timestamp) -> impl IntoView {
    view! { <time datetime=at.to_string()>{use_clock().moment(at)}</time> }
}

/// "5 minutes ago", with the moment itself on hover.
#[cfg(feature = "csr")]
#[component]
pub fn TimeAgo(at: Timestamp) -> impl IntoView {
    let locale = crate::i18n::use_locale();
    let said = crate::time::ago(locale, crate::time::browser::now().since(at));
    view! { <time datetime=at.to_string() title=use_clock().moment(at)>{said}</time> }
}
