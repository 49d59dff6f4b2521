//! Every language says the same things: the same files, the same keys, the same placeholders.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::floors::root;

/// The first language; the others are held against it.
const FIRST: &str = "en";

/// A key of one language is a key of all, with the same placeholders.
#[test]
fn every_language_has_the_same_words() {
    let first = words_of(&locales().join(FIRST));
    assert!(!first.is_empty(), "there are no words for the browser");
    for language in languages() {
        let words = words_of(&locales().join(&language));
        let missing: Vec<_> = first.keys().filter(|key| !words.contains_key(*key)).collect();
        let extra: Vec<_> = words.keys().filter(|key| !first.contains_key(*key)).collect();
        assert!(
            missing.is_empty() && extra.is_empty(),
            "{language}: missing {missing:?}, unknown {extra:?}"
        );
        for (key, text) in &words {
            assert_eq!(
                placeholders(text),
                placeholders(&first[key]),
                "{language}: placeholders of {key}"
            );
            assert!(!text.trim().is_empty(), "{language}: {key} is empty");
        }
    }
}

/// The sentences of mails are there in each language, and nothing else is.
#[test]
fn every_mail_speaks_every_language() {
    let first = mail_words(FIRST);
    for language in languages() {
        let words = mail_words(&language);
        assert!(
            words.keys().eq(first.keys()),
            "{language}: {:?} differ",
            first.keys().filter(|key| !words.contains_key(*key)).collect::<Vec<_>>()
        );
        for (key, text) in &words {
            assert_eq!(
                placeholders(text),
                placeholders(&first[key]),
                "{language}: placeholders of {key}"
            );
        }
    }
}

/// Whoever reads mails as text misses nothing.
#[test]
fn every_mail_is_written_twice() {
    for event in ["component", "incident", "maintenance", "note", "writing"] {
        for part in ["txt", "html"] {
            let file = mails().join(format!("{event}.{part}.j2"));
            assert!(file.is_file(), "{} is missing", file.display());
        }
    }
}

fn mails() -> PathBuf {
    root().join("server/templates/mail")
}

fn mail_words(language: &str) -> BTreeMap<String, String> {
    let text = fs::read_to_string(mails().join(format!("{language}.json"))).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn locales() -> PathBuf {
    root().join("web/locales")
}

fn languages() -> Vec<String> {
    fs::read_dir(locales())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect()
}

/// Every text of a language under its file and path, `status.headline.operational`.
fn words_of(folder: &Path) -> BTreeMap<String, String> {
    let mut words = BTreeMap::new();
    for file in files(folder) {
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        let value: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap())
            .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        collect(&name, &value, &mut words);
    }
    words
}

fn collect(path: &str, value: &Value, words: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(fields) => fields
            .iter()
            .for_each(|(key, value)| collect(&format!("{path}.{key}"), value, words)),
        Value::String(text) => drop(words.insert(path.to_owned(), text.clone())),
        other => panic!("{path}: found {other}, expected a text"),
    }
}

/// The names between braces, each once.
fn placeholders(text: &str) -> BTreeSet<String> {
    text.split('{')
        .skip(1)
        .filter_map(|rest| rest.split_once('}'))
        .map(|(name, _)| name.trim().to_owned())
        .filter(|name| !name.is_empty())
        .collect()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}
