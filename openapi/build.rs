//! Makes the client from openapi.json. Types that `shared` has are taken from there, so an answer of the client is the
//! same type that the server gave.

use std::collections::BTreeMap;
use std::path::Path;
use std::{env, fs};

use progenitor::{GenerationSettings, Generator, InterfaceStyle};
use serde_json::Value;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    println!("cargo::rerun-if-changed=openapi.json");
    println!("cargo::rerun-if-changed=../shared/src");
    let mut document: Value = serde_json::from_str(&fs::read_to_string("openapi.json")?)?;
    simplify(&mut document);

    let mut settings = GenerationSettings::default();
    settings.with_interface(InterfaceStyle::Positional);
    for (name, path) in vocabulary(Path::new("../shared/src"))? {
        settings.with_replacement(name, path, std::iter::empty());
    }
    let client = Generator::new(&settings).generate_tokens(&serde_json::from_value(document)?)?;
    fs::write(Path::new(&env::var("OUT_DIR")?).join("client.rs"), client.to_string())?;
    Ok(())
}

/// Leaves out what progenitor cannot read: the stream of events, which is no request with an answer, and the content
/// type of problems, which are JSON all the same.
fn simplify(document: &mut Value) {
    if let Some(paths) = document["paths"].as_object_mut() {
        paths.retain(|_, operations| !operations.to_string().contains("text/event-stream"));
    }
    as_plain_json(document);
}

fn as_plain_json(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            if let Some(content) = fields.get_mut("content").and_then(Value::as_object_mut) {
                let typed = content
                    .keys()
                    .find(|kind| kind.contains("json") && *kind != "application/json")
                    .cloned();
                if let Some(body) = typed.and_then(|kind| content.remove(&kind)) {
                    content.insert("application/json".into(), body);
                }
            }
            fields.values_mut().for_each(as_plain_json);
        }
        Value::Array(items) => items.iter_mut().for_each(as_plain_json),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Each public type of `shared` and its path, as its files name them.
fn vocabulary(folder: &Path) -> Result<BTreeMap<String, String>, Failure> {
    let mut types = BTreeMap::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let Some(module) = path.file_stem().and_then(|stem| stem.to_str()) else {
            continue;
        };
        for line in fs::read_to_string(&path)?.lines() {
            let declared = line.trim_start();
            // `lists!` declares a page of a list as `IncidentList of …`.
            if let Some((name, _)) = declared
                .split_once("List of ")
                .filter(|(name, _)| name.bytes().all(|b| b.is_ascii_alphanumeric()))
            {
                types.insert(format!("{name}List"), format!("shared::{module}::{name}List"));
            }
            let rest = declared
                .strip_prefix("pub struct ")
                .or_else(|| declared.strip_prefix("pub enum "));
            let Some(rest) = rest else { continue };
            let name: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric()).collect();
            // Generic types and the templates of macros have no schema of their own.
            if !name.is_empty() && !rest[name.len()..].starts_with('<') {
                types.insert(name.clone(), format!("shared::{module}::{name}"));
            }
        }
    }
    Ok(types)
}
