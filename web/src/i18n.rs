//! The words of the pages, by language.
//!
//! They stand in `locales/<language>/<topic>.json`; the build makes a function of each, so a text that is missing or
//! misses an argument does not compile. Numbers choose between `one` and `other` by the rule of the language.

use leptos::prelude::*;

/// A language the pages are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Locale {
    #[default]
    En,
    De,
}

/// The texts: `t::common::save(locale)`, `t::status::resolved_after(locale, "2 h")`.
#[rustfmt::skip]
#[allow(clippy::all, missing_docs)]
pub mod t {
    use super::Locale;
    include!(concat!(env!("OUT_DIR"), "/texts.rs"));
}

impl Locale {
    /// Every language, in the order it is offered.
    pub const ALL: &'static [Self] = &[Self::En, Self::De];

    /// The language tag, as in `?lang=de` and `<html lang="de">`.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::De => "de",
        }
    }

    /// The name of the language in itself.
    pub const fn own_name(self) -> &'static str {
        match self {
            Self::En => "English",
            Self::De => "Deutsch",
        }
    }

    /// The direction the language is written in, as in `<html dir="ltr">`.
    pub const fn direction(self) -> &'static str {
        match self {
            Self::En | Self::De => "ltr",
        }
    }

    /// The language for a tag; regions are ignored (`de-AT` is German).
    pub fn from_tag(tag: &str) -> Option<Self> {
        let language = tag.split(['-', '_']).next()?.to_ascii_lowercase();
        Self::ALL.iter().copied().find(|locale| locale.tag() == language)
    }

    /// True if the language uses its singular for this number.
    pub const fn is_one(self, count: u64) -> bool {
        match self {
            Self::En | Self::De => count == 1,
        }
    }
}

/// Makes the language known to all components below.
pub fn provide_locale(locale: Locale) {
    provide_context(locale);
}

/// The language of this page; English where nobody said.
pub fn use_locale() -> Locale {
    use_context().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_of_the_vocabulary_has_its_texts() {
        let tags = Locale::ALL.iter().map(|locale| locale.tag()).collect::<Vec<_>>();
        assert_eq!(tags, shared::text::LOCALES);
    }

    #[test]
    fn regions_and_case_do_not_matter() {
        assert_eq!(Locale::from_tag("de-AT"), Some(Locale::De));
        assert_eq!(Locale::from_tag("EN"), Some(Locale::En));
        assert_eq!(Locale::from_tag("fr"), None);
    }
}
