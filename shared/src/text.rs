//! Texts with a form: parsed once, then trusted.

use std::fmt;

use crate::problem::FieldCode;

/// Why a text is not of the form it should have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flaw {
    pub code: FieldCode,
    /// What was found and what is expected.
    pub message: String,
}

pub(crate) fn flaw<T>(code: FieldCode, message: impl Into<String>) -> Result<T, Flaw> {
    Err(Flaw {
        code,
        message: message.into(),
    })
}

/// Longest title or name, in characters.
pub const NAME_MAX: usize = 200;
/// Longest message or description, in characters.
pub const PROSE_MAX: usize = 20_000;

/// One line: 1 to `max` characters, not only spaces, no control characters (NUL would not even be storable).
pub fn line(value: &str, max: usize) -> Result<&str, Flaw> {
    if value.chars().any(char::is_control) {
        return flaw(
            FieldCode::BadFormat,
            "has control characters; one line of plain text is expected",
        );
    }
    sized(value, max)
}

/// Several lines: 1 to `max` characters, no control characters but line breaks and tabs.
pub fn prose(value: &str, max: usize) -> Result<&str, Flaw> {
    if value
        .chars()
        .any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
    {
        return flaw(
            FieldCode::BadFormat,
            "has control characters; plain text or Markdown is expected",
        );
    }
    sized(value, max)
}

fn sized(value: &str, max: usize) -> Result<&str, Flaw> {
    let length = value.chars().count();
    match value.trim() {
        "" => flaw(FieldCode::Required, "is empty"),
        _ if length > max => flaw(
            FieldCode::TooLong,
            format!("has {length} characters; at most {max} are taken"),
        ),
        _ => Ok(value),
    }
}

/// A text with a form of its own, which only its parser makes.
macro_rules! texts {
    ($($(#[$meta:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            pub fn as_str(&self) -> &str {
                &self.0
            }

            pub fn into_string(self) -> String {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )+};
}

texts! {
    /// Lower-case words joined by single hyphens: `eu-west-api`.
    Slug,
    /// An address mail can be sent to, in lower case.
    EmailAddress,
    /// An absolute `http` or `https` address.
    WebUrl,
}

impl Slug {
    /// Longest slug.
    pub const MAX: usize = 60;

    /// 1 to 60 lower-case letters, digits and single hyphens between them.
    pub fn parse(text: &str) -> Result<Self, Flaw> {
        let word = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        if text.len() <= Self::MAX && text.split('-').all(word) {
            return Ok(Self(text.into()));
        }
        flaw(
            FieldCode::BadFormat,
            "is not of the form eu-west-api: lower-case letters, digits, single hyphens, 60 at most",
        )
    }

    /// The nearest slug to a name: `EU West API` gives `eu-west-api`. A name without Latin letters gives `fallback`.
    pub fn from_name(name: &str, fallback: &str) -> Self {
        let words = name
            .split(|c: char| !c.is_ascii_alphanumeric())
            .filter(|word| !word.is_empty());
        let mut slug = words.collect::<Vec<_>>().join("-").to_ascii_lowercase();
        slug.truncate(Self::MAX);
        let slug = slug.trim_end_matches('-');
        Self(if slug.is_empty() { fallback.into() } else { slug.into() })
    }
}

impl EmailAddress {
    /// Longest address (RFC 5321, 4.5.3.1.3, less the angle brackets).
    pub const MAX: usize = 254;

    /// `local@domain` as RFC 5321 has it without quoting, address literals or comments, and not only a host name.
    /// The whole is lowered: mailboxes that differ only in case do not exist in practice.
    pub fn parse(text: &str) -> Result<Self, Flaw> {
        let text = text.trim();
        if text.is_empty() {
            return flaw(FieldCode::Required, "is empty");
        }
        let parts = text.rsplit_once('@');
        match parts {
            Some((local, domain)) if text.len() <= Self::MAX && is_local_part(local) && is_mail_domain(domain) => {
                Ok(Self(text.to_lowercase()))
            }
            _ => flaw(FieldCode::BadFormat, "is not an e-mail address like ana@example.org"),
        }
    }
}

fn is_local_part(local: &str) -> bool {
    let atom = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+/=?^_`{|}~-".contains(&b);
    local.len() <= 64 && local.split('.').all(|part| !part.is_empty() && part.bytes().all(atom))
}

fn is_mail_domain(domain: &str) -> bool {
    domain.contains('.') && is_host(domain)
}

/// A host name (RFC 1123): labels of letters, digits and inner hyphens.
pub(crate) fn is_host(host: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    host.len() <= 253 && host.split('.').all(label)
}

/// A host name that a page can be served at, lower case and without a port: `status.example.org`.
pub fn host(text: &str) -> Result<String, Flaw> {
    if is_host(text) {
        return Ok(text.to_ascii_lowercase());
    }
    flaw(
        FieldCode::BadFormat,
        "is not a host name like status.example.org (no scheme, no port)",
    )
}

impl WebUrl {
    /// Longest address.
    pub const MAX: usize = 2_000;

    /// `http://` or `https://`, then a host, then anything without spaces or control characters.
    pub fn parse(text: &str) -> Result<Self, Flaw> {
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        let host = rest.and_then(|rest| rest.split(['/', '?', '#']).next());
        let plain = text.len() <= Self::MAX
            && !text
                .chars()
                .any(|c| c.is_control() || c.is_whitespace() || "<>\"`{}|\\^".contains(c));
        match host {
            Some(host) if plain && is_authority(host) => Ok(Self(text.into())),
            _ => flaw(
                FieldCode::BadFormat,
                "is not a web address like https://example.org/status",
            ),
        }
    }
}

fn is_authority(authority: &str) -> bool {
    let (host, port) = authority.rsplit_once(':').unwrap_or((authority, "80"));
    is_host(host) && port.parse::<u16>().is_ok()
}

/// Languages the pages and mails are written in; the first is the default.
pub const LOCALES: &[&str] = &["en", "de"];

/// One of [`LOCALES`].
pub fn locale(text: &str) -> Result<&'static str, Flaw> {
    match LOCALES.iter().find(|known| **known == text) {
        Some(known) => Ok(known),
        None => flaw(
            FieldCode::Unknown,
            format!("{text:?} is not a language we have: {}", LOCALES.join(", ")),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn addresses_are_lowered_and_checked() {
        assert_eq!(
            EmailAddress::parse(" Ana@Example.ORG ").unwrap().as_str(),
            "ana@example.org"
        );
        for wrong in [
            "",
            "ana",
            "ana@",
            "@example.org",
            "a b@example.org",
            "ana@example",
            "ana@-x.org",
            "a..b@example.org",
            "ana@exa\u{0}mple.org",
        ] {
            assert!(EmailAddress::parse(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn slugs_come_from_names() {
        assert_eq!(Slug::from_name("EU West: API (v2)", "x").as_str(), "eu-west-api-v2");
        assert_eq!(Slug::from_name("Größe", "x").as_str(), "gr-e");
        assert_eq!(Slug::from_name("状态", "component-7").as_str(), "component-7");
    }

    #[test]
    fn web_addresses_have_a_scheme_and_a_host() {
        assert!(WebUrl::parse("https://example.org:8443/a?b#c").is_ok());
        for wrong in [
            "javascript:alert(1)",
            "https://",
            "https://a b",
            "ftp://example.org",
            "https://example.org:99999",
            "https://x\"y",
        ] {
            assert!(WebUrl::parse(wrong).is_err(), "{wrong:?}");
        }
    }

    proptest! {
        #[test]
        fn a_slug_made_from_any_name_is_a_slug(name in ".*") {
            let slug = Slug::from_name(&name, "component");
            prop_assert_eq!(Slug::parse(slug.as_str()), Ok(slug));
        }

        #[test]
        fn no_text_makes_a_parser_panic(text in ".*") {
            let _ = (Slug::parse(&text), EmailAddress::parse(&text), WebUrl::parse(&text), line(&text, 5), prose(&text, 5));
        }
    }
}
