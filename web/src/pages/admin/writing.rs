//! A long text in Markdown and, beside it, what readers will see.

use leptos::prelude::*;

use crate::i18n::t::admin::composer;
use crate::i18n::use_locale;
use crate::ui::field::ProseField;
use crate::ui::form::Form;
use crate::ui::markdown::{to_article, to_html};
use crate::ui::prose::Prose;

/// The field `message` of a form.
#[component]
pub fn WritingField(
    form: Form,
    #[prop(into)] label: String,
    #[prop(into)] hint: String,
    value: RwSignal<String>,
    #[prop(default = 6)] rows: u32,
    /// It stands under a title of its own, so its headings are headings.
    #[prop(optional)]
    is_article: bool,
) -> impl IntoView {
    let locale = use_locale();
    let html = move || value.with(|text| if is_article { to_article(text) } else { to_html(text) });
    view! {
        <div class="message">
            <ProseField form name="message" label hint value rows is_required=true/>
            <section class="preview" aria-label=composer::preview(locale)>
                <p class="preview-title" aria-hidden="true">{composer::preview(locale)}</p>
                <Show
                    when=move || value.with(|text| !text.trim().is_empty())
                    fallback=move || view! { <p class="hint">{composer::preview_empty(locale)}</p> }
                >
                    {move || view! { <Prose html=html()/> }}
                </Show>
            </section>
        </div>
    }
}
