//! The public page's app: takes over the document the server wrote, without moving a pixel, and keeps it live.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web::pages::status::state::State;
use web::pages::status::{Prepared, StatusPageView, live};
use web::time::Clock;
use web_sys::{Element, HtmlElement, NodeList};

fn main() {
    // Without its data or its place the app has nothing to do; what the server wrote stays.
    take_over();
}

fn take_over() -> Option<()> {
    let served = Prepared::find_in(&document().document_element()?.outer_html())?;
    let old = document().get_element_by_id("app")?;
    let new = document().create_element("div").ok()?.dyn_into::<HtmlElement>().ok()?;
    new.set_id("app");
    mount(served, new.clone());
    carry_over(&old, &new);
    let focused = focus_index(&old);
    old.replace_with_with_node_1(&new).ok()?;
    focus(&new, focused)
}

fn mount(served: Prepared, place: HtmlElement) {
    let (locale, frame) = (served.document().locale, &served.document().frame);
    let clock = Clock::of_visitor(locale, &frame.page.time_zone, frame.as_of);
    leptos::mount::mount_to(place, move || {
        let state = State::provide(served, clock.clone());
        live::follow(state.clone(), locale, clock);
        view! { <StatusPageView state/> }
    })
    .forget();
}

/// What the visitor has unfolded stays unfolded.
fn carry_over(old: &Element, new: &Element) -> Option<()> {
    let before = old.query_selector_all("details").ok()?;
    let after = new.query_selector_all("details").ok()?;
    for (from, to) in elements(&before).zip(elements(&after)) {
        to.toggle_attribute_with_force("open", from.has_attribute("open"))
            .ok()?;
    }
    Some(())
}

const FOCUSABLE: &str = "a[href],button,summary";

/// Which of the things that can have the focus has it.
fn focus_index(old: &Element) -> Option<usize> {
    let active = document().active_element()?;
    let all = old.query_selector_all(FOCUSABLE).ok()?;
    elements(&all).position(|one| one == active)
}

fn focus(new: &Element, index: Option<usize>) -> Option<()> {
    let all = new.query_selector_all(FOCUSABLE).ok()?;
    let one = elements(&all).nth(index?)?;
    one.dyn_into::<HtmlElement>().ok()?.focus().ok()
}

fn elements(list: &NodeList) -> impl Iterator<Item = Element> + '_ {
    (0..list.length()).filter_map(|i| list.get(i)?.dyn_into().ok())
}
