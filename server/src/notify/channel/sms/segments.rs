//! How many parts a text is sent, and paid for, as; and texts made to fit.
//!
//! A text of the GSM alphabet (3GPP TS 23.038) has 160 characters of 7 bits; any other has 70 of 16 bits. What is longer
//! is sent in parts of 153 or 67, for each part says where it belongs. A few characters count twice, and none is cut in two.

/// How the characters are written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    /// The GSM alphabet, 7 bits each.
    Gsm,
    /// UTF-16.
    Ucs2,
}

const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// Behind an escape: two characters each.
const EXTENSION: &str = "\u{c}^{}\\[~]|€";

/// The narrowest that can write all of a text.
pub fn coding(text: &str) -> Coding {
    let is_gsm = text.chars().all(|c| BASIC.contains(c) || EXTENSION.contains(c));
    if is_gsm { Coding::Gsm } else { Coding::Ucs2 }
}

impl Coding {
    const fn whole(self) -> usize {
        match self {
            Self::Gsm => 160,
            Self::Ucs2 => 70,
        }
    }

    const fn part(self) -> usize {
        match self {
            Self::Gsm => 153,
            Self::Ucs2 => 67,
        }
    }

    fn size(self, c: char) -> usize {
        match self {
            Self::Gsm if EXTENSION.contains(c) => 2,
            Self::Gsm => 1,
            Self::Ucs2 => c.len_utf16(),
        }
    }
}

/// Parts that a text is sent as; an empty one is sent too.
pub fn count(text: &str) -> usize {
    let coding = coding(text);
    if text.chars().map(|c| coding.size(c)).sum::<usize>() <= coding.whole() {
        return 1;
    }
    let (mut parts, mut used) = (1, 0);
    for size in text.chars().map(|c| coding.size(c)) {
        if used + size > coding.part() {
            parts += 1;
            used = 0;
        }
        used += size;
    }
    parts
}

/// The text and the link in at most `most` parts. The text is shortened; the link is whole, or not there if it alone is too long.
pub fn fit(text: &str, link: Option<&str>, most: usize) -> String {
    let text = narrowed(text);
    let link = link.filter(|link| count(&format!("... {link}")) <= most);
    let whole = joined(&text, link);
    if count(&whole) <= most {
        return whole;
    }
    let ends: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    let cut = |end: &usize| joined(&format!("{}...", text[..*end].trim_end()), link);
    let fitting = ends.partition_point(|end| count(&cut(end)) <= most);
    ends.get(fitting.saturating_sub(1)).map(cut).unwrap_or_default()
}

fn joined(text: &str, link: Option<&str>) -> String {
    match link {
        Some(link) => format!("{text} {link}"),
        None => text.to_owned(),
    }
}

/// A single curly quote would make a text twice as dear.
fn narrowed(text: &str) -> String {
    let mut narrow = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '“' | '”' | '„' | '«' | '»' => narrow.push('"'),
            '‘' | '’' | '‚' | '`' => narrow.push('\''),
            '–' | '—' | '‐' | '‑' => narrow.push('-'),
            '…' => narrow.push_str("..."),
            '•' => narrow.push('*'),
            '\u{a0}' | '\u{202f}' | '\u{2009}' | '\t' => narrow.push(' '),
            '\u{200b}' => {}
            other => narrow.push(other),
        }
    }
    narrow
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn parts_are_counted_as_networks_do() {
        for (text, parts) in [
            (String::new(), 1),
            ("a".repeat(160), 1),
            ("a".repeat(161), 2),
            ("a".repeat(306), 2),
            ("a".repeat(307), 3),
            ("€".repeat(80), 1),
            ("€".repeat(81), 2),
            // The escape and its character stay together: 152 of 153 are used.
            ("€".repeat(152), 2),
            ("€".repeat(153), 3),
            ("ж".repeat(70), 1),
            ("ж".repeat(71), 2),
            ("ж".repeat(134), 2),
            ("ж".repeat(135), 3),
            ("😀".repeat(35), 1),
            ("😀".repeat(36), 2),
            // 33 pairs in 67: one is left free.
            ("😀".repeat(66), 2),
            ("😀".repeat(67), 3),
        ] {
            assert_eq!(
                count(&text),
                parts,
                "{} × {:?}",
                text.chars().count(),
                text.chars().next()
            );
        }
        assert_eq!(coding("Größe: 5 € [ok]"), Coding::Gsm);
        assert_eq!(coding("ça"), Coding::Ucs2);
    }

    #[test]
    fn typographic_marks_do_not_make_a_text_dear() {
        assert_eq!(fit("“Slow” – it’s…", None, 1), "\"Slow\" - it's...");
    }

    #[test]
    fn a_link_that_is_too_long_is_left_out() {
        let link = format!("https://example.org/{}", "x".repeat(200));
        assert_eq!(fit("Slow", Some(&link), 1), "Slow");
    }

    /// Every way to cut a text into parts, tried: the fewest that are enough.
    fn fewest(sizes: &[usize], room: usize) -> usize {
        let mut best = vec![usize::MAX; sizes.len() + 1];
        best[0] = 0;
        for start in 0..sizes.len() {
            let mut used = 0;
            for end in start..sizes.len() {
                used += sizes[end];
                if used > room {
                    break;
                }
                best[end + 1] = best[end + 1].min(best[start].saturating_add(1));
            }
        }
        best[sizes.len()]
    }

    proptest! {
        #[test]
        fn nobody_finds_fewer_parts(text in "[a-z€\\[]{150,500}|[жa😀]{60,250}") {
            let coding = coding(&text);
            let sizes: Vec<usize> = text.chars().map(|c| coding.size(c)).collect();
            let parts = match sizes.iter().sum::<usize>() <= coding.whole() {
                true => 1,
                false => fewest(&sizes, coding.part()),
            };
            prop_assert_eq!(count(&text), parts);
        }

        #[test]
        fn what_was_made_to_fit_fits_and_ends_with_the_link(text in "[a-z€ ]{0,500}|[жa😀 ]{0,250}", most in 1usize..4) {
            let link = "https://status.example.org/incidents/abc123";
            let fitted = fit(&text, Some(link), most);
            prop_assert!(count(&fitted) <= most, "{}", fitted);
            prop_assert!(fitted.ends_with(link));
            // Nothing is cut without need.
            if count(&format!("{text} {link}")) <= most {
                prop_assert_eq!(fitted, format!("{text} {link}"));
            }
        }
    }
}
