//! Dialogs, on the browser's own `<dialog>`: focus stays inside, Escape closes, the page behind cannot be reached.

use leptos::html;
use leptos::prelude::*;

use super::form::fresh_number;
use crate::i18n::t::admin::common;
use crate::i18n::use_locale;
use crate::ui::icon::{Glyph, Icon};

/// What would be lost if the dialog closed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Typed {
    Nothing,
    Something,
    Warned,
}

/// A box over the page. Its content exists only while it is open, so it starts afresh each time.
#[component]
pub fn Dialog(
    open: RwSignal<bool>,
    #[prop(into)] title: Signal<String>,
    #[prop(optional)] is_wide: bool,
    children: ChildrenFn,
) -> impl IntoView {
    let locale = use_locale();
    let title_id = format!("dialog-{}", fresh_number());
    let node = show_while(open);
    let heading = title_id.clone();
    let typed = RwSignal::new(Typed::Nothing);
    Effect::new(move |_| {
        if open.get() {
            typed.set(Typed::Nothing);
        }
    });
    // The first try to leave what was typed only warns; the second one leaves.
    let may_leave = move || {
        let is_kept = typed.get_untracked() == Typed::Something;
        if is_kept {
            typed.set(Typed::Warned);
        }
        !is_kept
    };
    let cancel = move |event: web_sys::Event| {
        if !may_leave() {
            event.prevent_default();
        }
    };
    let close = move |_| {
        if may_leave() {
            open.set(false);
        }
    };
    view! {
        <dialog
            node_ref=node
            class="dialog"
            class:dialog-wide=is_wide
            aria-labelledby=title_id
            on:input=move |_| typed.set(Typed::Something)
            on:cancel=cancel
            on:close=move |_| open.set(false)
        >
            <Show when=move || open.get()>
                <header class="dialog-head">
                    <h2 id=heading.clone()>{title}</h2>
                    <button
                        type="button"
                        class="button button-quiet button-icon"
                        aria-label=common::close(locale)
                        on:click=close
                    >
                        <Glyph icon=Icon::Cross/>
                    </button>
                </header>
                <div class="dialog-warning" role="alert">
                    {move || (typed.get() == Typed::Warned).then(|| common::close_again(locale))}
                </div>
                <div class="dialog-body">{children()}</div>
            </Show>
        </dialog>
    }
}

/// A question before something that cannot be taken back. `text` says what will happen.
#[component]
pub fn Confirm(
    open: RwSignal<bool>,
    #[prop(into)] title: Signal<String>,
    #[prop(into)] text: Signal<String>,
    /// The verb of what will happen: "Delete incident".
    #[prop(into)]
    action: Signal<String>,
    #[prop(into)] on_confirm: Callback<()>,
) -> impl IntoView {
    let locale = use_locale();
    let confirm = move |_| {
        open.set(false);
        on_confirm.run(());
    };
    view! {
        <Dialog open title>
            <p>{text}</p>
            <div class="dialog-actions">
                <button type="button" class="button" data-autofocus on:click=move |_| open.set(false)>
                    {common::cancel(locale)}
                </button>
                <button type="button" class="button button-danger" on:click=confirm>{action}</button>
            </div>
        </Dialog>
    }
}

/// Opens and closes the element with the signal, and puts the focus where work begins.
pub fn show_while(open: RwSignal<bool>) -> NodeRef<html::Dialog> {
    let node = NodeRef::<html::Dialog>::new();
    Effect::new(move |_| {
        let Some(dialog) = node.get() else { return };
        match (open.get(), dialog.open()) {
            (true, false) => {
                // It fails only for a dialog that is not in the document.
                let _ = dialog.show_modal();
                request_animation_frame(move || focus_first(&dialog));
            }
            (false, true) => dialog.close(),
            _ => {}
        }
    });
    node
}

const FIRST: &str = ".dialog-body :is(input, select, textarea, [data-autofocus], button, a[href])";

fn focus_first(dialog: &web_sys::HtmlDialogElement) {
    use wasm_bindgen::JsCast;
    let wanted = dialog.query_selector("[data-autofocus]").ok().flatten();
    let found = wanted.or_else(|| dialog.query_selector(FIRST).ok().flatten());
    if let Some(element) = found.and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok()) {
        let _ = element.focus();
    }
}
