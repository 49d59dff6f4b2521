//! The words of mails in each language, from `templates/mail/<language>.json`.

use std::collections::HashMap;
use std::sync::LazyLock;

use minijinja::value::Kwargs;

/// Words by their key; `{name}` in them stands for a value.
type Words = HashMap<String, String>;

static ENGLISH: LazyLock<Words> = LazyLock::new(|| read(include_str!("../../templates/mail/en.json")));
static GERMAN: LazyLock<Words> = LazyLock::new(|| read(include_str!("../../templates/mail/de.json")));

// The files are part of the program; a test reads them.
#[allow(clippy::expect_used)]
fn read(json: &str) -> Words {
    serde_json::from_str(json).expect("words by their key")
}

/// The words for a key in a language, with values put in. English stands in for what another language lacks.
pub fn say(locale: &str, key: &str, values: &Kwargs) -> Result<String, minijinja::Error> {
    let Some(text) = find(locale, key) else {
        return Err(minijinja::Error::new(
            minijinja::ErrorKind::UndefinedError,
            format!("there are no words for {key:?}"),
        ));
    };
    let values: HashMap<&str, String> = values
        .args()
        .map(|name| Ok((name, values.get::<minijinja::Value>(name)?.to_string())))
        .collect::<Result<_, minijinja::Error>>()?;
    Ok(fill(text, &values))
}

/// The same outside of templates, with values by their names; empty if there are no such words.
pub fn tell(locale: &str, key: &str, values: &[(&str, &str)]) -> String {
    let values = values.iter().map(|(name, value)| (*name, (*value).to_owned()));
    fill(find(locale, key).unwrap_or_default(), &values.collect())
}

fn find(locale: &str, key: &str) -> Option<&'static str> {
    let words = if locale == "de" { &GERMAN } else { &ENGLISH };
    words.get(key).or_else(|| ENGLISH.get(key)).map(String::as_str)
}

// In one pass, so that a value with braces in it is not filled in turn.
fn fill(text: &str, values: &HashMap<&str, String>) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, tail)) = rest.split_once('{') {
        filled.push_str(before);
        let Some((name, after)) = tail.split_once('}') else {
            filled.push('{');
            rest = tail;
            continue;
        };
        filled.push_str(values.get(name).map_or("", String::as_str));
        rest = after;
    }
    filled + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_has_the_same_words_with_the_same_values() {
        let names = |text: &str| {
            let mut names: Vec<String> = text
                .split('{')
                .skip(1)
                .filter_map(|part| part.split_once('}').map(|(name, _)| name.to_owned()))
                .collect();
            names.sort();
            names
        };
        for (key, text) in ENGLISH.iter() {
            let other = GERMAN.get(key).unwrap_or_else(|| panic!("de lacks {key}"));
            assert_eq!(names(text), names(other), "{key}");
        }
        assert_eq!(ENGLISH.len(), GERMAN.len());
    }

    #[test]
    fn values_are_put_in_once() {
        let values = HashMap::from([("a", "{b}".to_owned()), ("b", "no".to_owned())]);
        assert_eq!(fill("x {a} y {c}z {", &values), "x {b} y z {");
    }
}
