//! The few things only the browser knows: random numbers, the clock, its stores.

use futures::channel::oneshot;
use leptos::prelude::window;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::future_to_promise;

/// A random UUID (version 4). Not `crypto.randomUUID`, which plain HTTP in a local network lacks.
pub fn random_uuid() -> String {
    let mut bytes = [0_u8; 16];
    if let Ok(crypto) = window().crypto() {
        // It fails only for more than 65,536 bytes.
        let _ = crypto.get_random_values_with_u8_array(&mut bytes);
    }
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!(
        "{}-{}-{}-{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..]
    )
}

/// Milliseconds since 1970.
pub fn now_ms() -> i64 {
    // A clock's value is a whole number far below 2^53.
    js_sys::Date::now() as i64
}

/// Does something while no other tab of this browser does what has the same name. Nothing if the browser ended it.
/// Browsers offer no locks over plain HTTP; there it is simply done.
pub async fn alone<T: 'static>(name: &str, doing: impl Future<Output = T> + 'static) -> Option<T> {
    let locks = js_sys::Reflect::get(&window().navigator(), &"locks".into()).ok();
    let Some(locks) = locks.filter(|locks| !locks.is_undefined()) else {
        return Some(doing.await);
    };
    let request = js_sys::Reflect::get(&locks, &"request".into()).ok()?;
    let (sender, receiver) = oneshot::channel();
    let held = Closure::once_into_js(move |_lock: JsValue| {
        future_to_promise(async move {
            // Whoever asked may be gone; the lock is given back all the same.
            let _ = sender.send(doing.await);
            Ok(JsValue::UNDEFINED)
        })
    });
    let request = request.dyn_into::<js_sys::Function>().ok()?;
    request.call2(&locks, &name.into(), &held).ok()?;
    receiver.await.ok()
}

/// A text as part of a query string.
pub fn encode(text: &str) -> String {
    js_sys::encode_uri_component(text).into()
}

/// What is kept under a name in this browser.
pub fn recall(name: &str) -> Option<String> {
    window().local_storage().ok()??.get_item(name).ok()?
}

/// Keeps a text under a name in this browser. A full or forbidden store is no reason to stop working.
pub fn remember(name: &str, text: &str) {
    if let Ok(Some(store)) = window().local_storage() {
        let _ = store.set_item(name, text);
    }
}

/// Forgets what is kept under a name.
pub fn forget(name: &str) {
    if let Ok(Some(store)) = window().local_storage() {
        let _ = store.remove_item(name);
    }
}

/// The part of the address after `#`, which the server never sees.
pub fn fragment() -> String {
    let hash = window().location().hash().unwrap_or_default();
    hash.trim_start_matches('#').to_owned()
}

/// The first language the browser asks for, such as `de-AT`.
pub fn language() -> String {
    window().navigator().language().unwrap_or_default()
}

/// The time zone of the browser, such as `Europe/Berlin`.
pub fn time_zone() -> Option<String> {
    let options = js_sys::Intl::DateTimeFormat::default().resolved_options();
    js_sys::Reflect::get(&options, &"timeZone".into()).ok()?.as_string()
}

/// Every time zone the browser knows; empty where it does not tell.
pub fn time_zones() -> Vec<String> {
    let found = js_sys::Reflect::get(&js_sys::global(), &"Intl".into())
        .and_then(|intl| Ok((js_sys::Reflect::get(&intl, &"supportedValuesOf".into())?, intl)));
    let Ok((function, intl)) = found else { return Vec::new() };
    let Ok(function) = function.dyn_into::<js_sys::Function>() else {
        return Vec::new();
    };
    let zones = function.call1(&intl, &"timeZone".into()).ok();
    zones.map_or_else(Vec::new, |zones| {
        js_sys::Array::from(&zones)
            .iter()
            .filter_map(|zone| zone.as_string())
            .collect()
    })
}

/// Puts a text on the clipboard.
pub fn copy(text: &str) {
    // Without the permission nothing is copied, and the text is still there to be marked.
    let _ = window().navigator().clipboard().write_text(text);
}

/// Moves the focus to the first element that matches.
pub fn focus(selector: &str) {
    let found = leptos::prelude::document().query_selector(selector).ok().flatten();
    if let Some(element) = found.and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok()) {
        let _ = element.focus();
    }
}

/// True if nothing on the page has the focus, so that taking it disturbs nobody.
pub fn has_free_focus() -> bool {
    let active = leptos::prelude::document().active_element();
    active.is_none_or(|element| matches!(element.tag_name().as_str(), "BODY" | "A" | "MAIN"))
}

/// True if the keys pressed on this element write text, or choose in it.
pub fn takes_keys(target: Option<web_sys::EventTarget>) -> bool {
    let element = target.and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    element.is_some_and(|element| {
        element
            .closest("input, textarea, select, dialog")
            .is_ok_and(|found| found.is_some())
    })
}
