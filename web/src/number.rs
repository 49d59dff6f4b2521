//! Numbers with a decimal point, in and out of texts. The browser has what this takes; ours would be tables of many kilobytes.

/// The number as a program writes it: `0.5`, `12`.
pub fn write(value: f64) -> String {
    imp::write(value)
}

/// The number that a text is, if it is one: `12`, `-0.5`.
pub fn read(text: &str) -> Option<f64> {
    let is_plain = text.bytes().any(|byte| byte.is_ascii_digit())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    let value = if is_plain { imp::read(text) } else { f64::NAN };
    value.is_finite().then_some(value)
}

/// The number with so many places.
pub fn fixed(value: f64, places: u8) -> String {
    imp::fixed(value, places)
}

#[cfg(target_arch = "wasm32")]
mod imp {
    use js_sys::Number;

    pub fn write(value: f64) -> String {
        Number::from(value)
            .to_string_with_radix(10)
            .map(String::from)
            .unwrap_or_default()
    }

    pub fn read(text: &str) -> f64 {
        wasm_bindgen::JsValue::from_str(text).unchecked_into_f64()
    }

    pub fn fixed(value: f64, places: u8) -> String {
        Number::from(value)
            .to_fixed(places)
            .map(String::from)
            .unwrap_or_default()
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod imp {
    pub fn write(value: f64) -> String {
        value.to_string()
    }

    pub fn read(text: &str) -> f64 {
        text.parse().unwrap_or(f64::NAN)
    }

    pub fn fixed(value: f64, places: u8) -> String {
        let places = usize::from(places);
        format!("{value:.places$}")
    }
}
