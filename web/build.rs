//! Turns `locales/<language>/<topic>.json` into functions, one per text: `t::status::subscribe(locale)`.
//!
//! English is the pattern. A text that another language lacks, has too many of, or gives other `{arguments}` stops
//! the build and is named. An object with `one` and `other` is a plural; any other object is a module.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

use serde_json::Value;

const LANGUAGES: [&str; 2] = ["en", "de"];

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    println!("cargo:rerun-if-changed=locales");
    println!("cargo:rerun-if-changed=build.rs");
    let texts = LANGUAGES
        .map(read_language)
        .into_iter()
        .collect::<Result<Vec<_>, _>>()?;
    let mut problems = Vec::new();
    let mut code = String::new();
    module(&mut code, &mut problems, "", &texts.iter().collect::<Vec<_>>())?;
    if !problems.is_empty() {
        return Err(format!("locales do not agree:\n{}", problems.join("\n")).into());
    }
    fs::write(Path::new(&env::var("OUT_DIR")?).join("texts.rs"), code)?;
    Ok(())
}

/// All topics of a language as one object.
fn read_language(language: &str) -> Result<Value, Failure> {
    let mut topics = serde_json::Map::new();
    for entry in fs::read_dir(Path::new("locales").join(language))? {
        let path = entry?.path();
        let Some(topic) = path.file_stem().and_then(|stem| stem.to_str()) else {
            continue;
        };
        let text = fs::read_to_string(&path)?;
        let value = serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
        topics.insert(topic.into(), value);
    }
    Ok(Value::Object(topics))
}

fn module(code: &mut String, problems: &mut Vec<String>, path: &str, texts: &[&Value]) -> Result<(), Failure> {
    let none = serde_json::Map::new();
    let maps = texts.iter().map(|text| text.as_object().unwrap_or(&none));
    let maps = maps.collect::<Vec<_>>();
    for (language, map) in LANGUAGES.iter().zip(&maps) {
        let surplus = map.keys().filter(|key| !maps[0].contains_key(*key));
        problems.extend(surplus.map(|key| format!("{language}: {path}{key} is not in {}", LANGUAGES[0])));
    }
    for key in maps[0].keys() {
        let values = maps.iter().map(|map| map.get(key).unwrap_or(&Value::Null));
        item(code, problems, path, key, &values.collect::<Vec<_>>())?;
    }
    Ok(())
}

fn item(code: &mut String, problems: &mut Vec<String>, path: &str, key: &str, texts: &[&Value]) -> Result<(), Failure> {
    let is_module = texts[0].as_object().is_some_and(|map| !map.contains_key("other"));
    if !is_module {
        return function(code, problems, path, key, texts);
    }
    writeln!(code, "pub mod r#{key} {{ use super::*;")?;
    module(code, problems, &format!("{path}{key}."), texts)?;
    writeln!(code, "}}")?;
    Ok(())
}

fn function(
    code: &mut String,
    problems: &mut Vec<String>,
    path: &str,
    key: &str,
    texts: &[&Value],
) -> Result<(), Failure> {
    let is_plural = texts[0].is_object();
    let forms = texts.iter().map(|text| forms(text)).collect::<Vec<_>>();
    let arguments = arguments(&forms[0]);
    for (language, forms) in LANGUAGES.iter().zip(&forms) {
        let fits = forms.contains_key("other")
            && forms.contains_key("one") == is_plural
            && self::arguments(forms).iter().all(|name| arguments.contains(name))
            && self::arguments(forms).len() == arguments.len();
        if !fits {
            problems.push(format!(
                "{language}: {path}{key} is missing or has other forms or {{arguments}}"
            ));
        }
    }
    let sample = forms[0].get("other").cloned().unwrap_or_default();
    writeln!(code, "/// {}", sample.replace('\n', " "))?;
    write!(code, "pub fn r#{key}(locale: Locale")?;
    if is_plural {
        write!(code, ", count: u64")?;
    }
    for name in arguments.iter().filter(|name| !is_plural || *name != "count") {
        write!(code, ", {name}: impl std::fmt::Display")?;
    }
    let is_plain = arguments.is_empty() && !is_plural;
    let result = if is_plain { "&'static str" } else { "String" };
    writeln!(
        code,
        ") -> {result} {{ match (locale, {}) {{",
        if is_plural { "locale.is_one(count)" } else { "false" }
    )?;
    for (language, forms) in LANGUAGES.iter().zip(&forms) {
        for (form, text) in forms {
            let literal = if is_plain {
                format!("{text:?}")
            } else {
                format!("format!({text:?})")
            };
            let one = if form == "one" { "true" } else { "_" };
            writeln!(code, "(Locale::{}, {one}) => {literal},", variant(language))?;
        }
    }
    writeln!(code, "}} }}")?;
    Ok(())
}

/// The forms of a text by their names, `one` before `other`; a text without number has only `other`.
fn forms(text: &Value) -> BTreeMap<String, String> {
    match text {
        Value::String(text) => BTreeMap::from([("other".into(), text.clone())]),
        Value::Object(map) => map
            .iter()
            .filter_map(|(form, text)| Some((form.clone(), text.as_str()?.to_owned())))
            .collect(),
        _ => BTreeMap::new(),
    }
}

/// The names in braces, in the order they are met.
fn arguments(forms: &BTreeMap<String, String>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let parts = forms.values().flat_map(|text| text.split('{').skip(1));
    for name in parts.filter_map(|part| part.split('}').next()) {
        if !names.iter().any(|known| known == name) {
            names.push(name.into());
        }
    }
    names
}

/// `en` → `En`, the variant of `Locale`.
fn variant(language: &str) -> String {
    let (first, rest) = language.split_at(1);
    format!("{}{rest}", first.to_uppercase())
}
