//! Who may look at whom: the `use crate::…` lines of the server against the table in ARCHITECTURE.md.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Modules of the server's root that every floor may use.
const COMMON: [&str; 2] = ["error", "metrics"];

/// Floors only look down.
#[test]
fn floors_only_look_down() {
    let table = table();
    let mut offences = Vec::new();
    for file in sources(&root().join("server/src"))
        .into_iter()
        .filter(|file| !is_test(file))
    {
        let floor = floor_of(&file);
        let allowed = table
            .get(&floor)
            .unwrap_or_else(|| panic!("{floor} is not in the table of ARCHITECTURE.md"));
        for used in uses(&fs::read_to_string(&file).unwrap()) {
            if used != floor && !COMMON.contains(&used.as_str()) && !allowed.contains(&used) {
                offences.push(format!("{}: {floor} may not use {used}", file.display()));
            }
        }
    }
    assert!(offences.is_empty(), "{}", offences.join("\n"));
}

/// The browser's crate and the vocabulary know nothing of the server, nor the schema history of anyone.
#[test]
fn crates_only_look_down() {
    for (crate_name, forbidden) in [
        ("shared", &["server", "migrations", "web", "openapi"][..]),
        ("migrations", &["server", "shared", "web", "openapi"][..]),
        ("web", &["server", "migrations", "openapi"][..]),
        ("openapi", &["server", "migrations", "web"][..]),
        ("server", &["openapi", "tests"][..]),
    ] {
        let manifest = fs::read_to_string(root().join(crate_name).join("Cargo.toml")).unwrap();
        for name in forbidden {
            assert!(
                !dependencies(&manifest).contains(name),
                "{crate_name} may not depend on {name}"
            );
        }
    }
}

/// The names in the sections of a manifest that list what a crate is built with.
fn dependencies(manifest: &str) -> BTreeSet<&str> {
    let mut found = BTreeSet::new();
    let mut is_list = false;
    for line in manifest.lines() {
        if let Some(section) = line.strip_prefix('[') {
            is_list = section.starts_with("dependencies]") || section.starts_with("build-dependencies]");
        } else if is_list {
            found.extend(line.split(['.', ' ', '=']).next());
        }
    }
    found
}

/// The project's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

/// Rows like "| `domain` | auth, entity, context, error |" of the section "Who may look at whom".
fn table() -> BTreeMap<String, BTreeSet<String>> {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let (_, section) = text
        .split_once("Who may look at whom")
        .expect("the section with the table");
    let section = section.split("\n## ").next().unwrap_or(section);
    let mut table = BTreeMap::new();
    for line in section.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').collect();
        let allowed: BTreeSet<String> = words(cells[1]).collect();
        for module in words(cells[0]) {
            table.insert(module, allowed.clone());
        }
    }
    assert!(
        table.len() > 8,
        "the table of ARCHITECTURE.md was not understood: {table:?}"
    );
    table
}

fn words(cell: &str) -> impl Iterator<Item = String> {
    cell.split(',')
        .map(|word| word.trim().trim_matches('`').to_owned())
        .filter(|word| !word.is_empty() && word != "–")
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("src/lib.rs") {
            files.push(path);
        }
    }
    files
}

/// Tests of a floor may stand on all of them.
fn is_test(file: &Path) -> bool {
    file.ends_with("tests.rs") || file.ends_with("testing.rs")
}

/// `server/src/domain/incident.rs` is on the floor `domain`, `server/src/app.rs` on the floor `app`.
fn floor_of(file: &Path) -> String {
    let inside = file.strip_prefix(root().join("server/src")).unwrap();
    let first = inside.components().next().unwrap().as_os_str().to_string_lossy();
    first.trim_end_matches(".rs").to_owned()
}

/// The modules of the root that a file names as `crate::x`, outside its tests.
fn uses(text: &str) -> BTreeSet<String> {
    let text = text.split("#[cfg(test)]").next().unwrap_or(text);
    let mut found = BTreeSet::new();
    for line in text.lines().map(str::trim_start).filter(|line| !line.starts_with("//")) {
        for (_, rest) in line
            .match_indices("crate::")
            .map(|(at, word)| (at, &line[at + word.len()..]))
        {
            // `use crate::{domain, error::Error}` names several.
            let parts: Vec<&str> = match rest.strip_prefix('{') {
                Some(list) => list.split(',').collect(),
                None => vec![rest],
            };
            found.extend(parts.into_iter().map(module).filter(|name| !name.is_empty()));
        }
    }
    found
}

/// The leading word, unless it is a type or a macro of the root.
fn module(path: &str) -> String {
    let word: String = path
        .trim_start()
        .chars()
        .take_while(|c| c.is_ascii_lowercase() || *c == '_' || c.is_ascii_digit())
        .collect();
    word
}
