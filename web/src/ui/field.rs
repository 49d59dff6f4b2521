//! Fields of forms: a label, a control, a hint, and the error right under it, tied together for screen readers.

use leptos::prelude::*;

use super::form::Form;
use crate::i18n::use_locale;
use crate::state::problem::explain_field;

/// A line of text.
#[component]
pub fn TextField(
    form: Form,
    name: &'static str,
    #[prop(into)] label: String,
    #[prop(optional, into)] hint: String,
    value: RwSignal<String>,
    #[prop(default = "text")] kind: &'static str,
    #[prop(optional)] autocomplete: &'static str,
    #[prop(optional)] is_required: bool,
    /// Where work begins when the form appears in a dialog.
    #[prop(optional)]
    wants_focus: bool,
    /// The id of a `datalist` with suggestions.
    #[prop(optional, into)]
    list: String,
) -> impl IntoView {
    let frame = Frame::new(form, name, hint);
    let control = view! {
        <input
            id=frame.id.clone()
            class="input"
            type=kind
            name=name
            autocomplete=(!autocomplete.is_empty()).then_some(autocomplete)
            list=(!list.is_empty()).then_some(list)
            aria-required=is_required.then_some("true")
            aria-invalid=frame.invalid()
            aria-describedby=frame.described_by()
            data-autofocus=wants_focus.then_some("")
            bind:value=value
        />
    };
    frame.around(label, control.into_any())
}

/// Several lines of text.
#[component]
pub fn ProseField(
    form: Form,
    name: &'static str,
    #[prop(into)] label: String,
    #[prop(optional, into)] hint: String,
    value: RwSignal<String>,
    #[prop(default = 4)] rows: u32,
    #[prop(optional)] is_required: bool,
) -> impl IntoView {
    let frame = Frame::new(form, name, hint);
    let control = view! {
        <textarea
            id=frame.id.clone()
            class="input"
            name=name
            rows=rows
            aria-required=is_required.then_some("true")
            aria-invalid=frame.invalid()
            aria-describedby=frame.described_by()
            bind:value=value
        ></textarea>
    };
    frame.around(label, control.into_any())
}

/// One of several words. `options` are pairs of value and text.
#[component]
pub fn SelectField(
    form: Form,
    name: &'static str,
    #[prop(into)] label: String,
    #[prop(optional, into)] hint: String,
    value: RwSignal<String>,
    #[prop(into)] options: Signal<Vec<(String, String)>>,
) -> impl IntoView {
    let frame = Frame::new(form, name, hint);
    let control = view! {
        <select
            id=frame.id.clone()
            class="input"
            name=name
            aria-invalid=frame.invalid()
            aria-describedby=frame.described_by()
            on:change:target=move |event| value.set(event.target().value())
        >
            {move || options.get().into_iter().map(|(word, text)| view! { <Choice word text value/> }).collect_view()}
        </select>
    };
    frame.around(label, control.into_any())
}

#[component]
fn Choice(word: String, text: String, value: RwSignal<String>) -> impl IntoView {
    let own = word.clone();
    view! { <option value=word prop:selected=move || value.with(|value| *value == own)>{text}</option> }
}

/// Yes or no.
#[component]
pub fn CheckField(
    form: Form,
    name: &'static str,
    #[prop(into)] label: String,
    #[prop(optional, into)] hint: String,
    value: RwSignal<bool>,
) -> impl IntoView {
    let id = form.field_id(name);
    let hint_id = format!("{id}-hint");
    let described_by = (!hint.is_empty()).then(|| hint_id.clone());
    view! {
        <div class="field-check">
            <input
                id=id.clone()
                type="checkbox"
                name=name
                aria-describedby=described_by
                prop:checked=value
                on:change:target=move |event| value.set(event.target().checked())
            />
            <div>
                <label for=id>{label}</label>
                {(!hint.is_empty()).then(|| view! { <p class="hint" id=hint_id>{hint}</p> })}
            </div>
        </div>
    }
}

/// What all fields have around their control.
struct Frame {
    form: Form,
    name: &'static str,
    id: String,
    hint: String,
}

impl Frame {
    fn new(form: Form, name: &'static str, hint: String) -> Self {
        form.claim(name);
        let id = form.field_id(name);
        Self { form, name, id, hint }
    }

    fn invalid(&self) -> impl Fn() -> Option<&'static str> + Send + Sync + 'static {
        let (form, name) = (self.form, self.name);
        move || form.error(name).map(|_| "true")
    }

    fn described_by(&self) -> impl Fn() -> Option<String> + Send + Sync + 'static {
        let (form, name, id) = (self.form, self.name, self.id.clone());
        let has_hint = !self.hint.is_empty();
        move || {
            let error = form.error(name).map(|_| format!("{id}-error"));
            let hint = has_hint.then(|| format!("{id}-hint"));
            let ids = error.into_iter().chain(hint).collect::<Vec<_>>();
            (!ids.is_empty()).then(|| ids.join(" "))
        }
    }

    fn around(self, label: String, control: AnyView) -> AnyView {
        let locale = use_locale();
        let Self { form, name, id, hint } = self;
        let (hint_id, error_id) = (format!("{id}-hint"), format!("{id}-error"));
        let error = move || {
            let error_id = error_id.clone();
            let error = form.error(name)?;
            Some(view! { <p class="field-error" id=error_id>{explain_field(locale, &error)}</p> })
        };
        view! {
            <div class="field">
                <label for=id>{label}</label>
                {control}
                {error}
                {(!hint.is_empty()).then(|| view! { <p class="hint" id=hint_id>{hint}</p> })}
            </div>
        }
        .into_any()
    }
}
