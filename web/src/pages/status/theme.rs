//! The style sheet that gives a page its one colour.
//!
//! Operators choose any colour. As a ground it gets black or white letters; as the colour of links it is darkened on
//! light pages and lightened on dark ones until it can be read (WCAG 2.2, 4.5 to 1).

/// The darkest ground that links stand on in the light theme, and the lightest in the dark one (`tokens.css`).
const LIGHT_GROUND: Colour = Colour([0xf4, 0xf2, 0xee]);
const DARK_GROUND: Colour = Colour([0x24, 0x22, 0x20]);
const BLACK: Colour = Colour([0x10, 0x10, 0x10]);
const WHITE: Colour = Colour([0xff, 0xff, 0xff]);
const READABLE: f64 = 4.5;

/// The style sheet for an accent of six hexadecimal digits, with or without `#`; none for anything else.
pub fn theme_css(accent: &str) -> Option<String> {
    let accent = Colour::parse(accent.trim_start_matches('#'))?;
    let on_accent = if accent.contrast(WHITE) >= READABLE {
        WHITE
    } else {
        BLACK
    };
    let light = accent.towards_until_readable(Colour([0, 0, 0]), LIGHT_GROUND);
    let dark = accent.towards_until_readable(WHITE, DARK_GROUND);
    let (accent, on_accent, light, dark) = (accent.hex(), on_accent.hex(), light.hex(), dark.hex());
    Some(format!(
        ":root{{--accent:{accent};--on-accent:{on_accent};--link:{light}}}\
         @media (prefers-color-scheme:dark){{:root{{--link:{dark}}}}}"
    ))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Colour([u8; 3]);

impl Colour {
    fn parse(digits: &str) -> Option<Self> {
        let is_plain = digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit());
        let number = u32::from_str_radix(digits, 16).ok().filter(|_| is_plain)?;
        let [_, red, green, blue] = number.to_be_bytes();
        Some(Self([red, green, blue]))
    }

    fn hex(self) -> String {
        let Self([red, green, blue]) = self;
        format!("#{red:02x}{green:02x}{blue:02x}")
    }

    /// The first of 20 steps towards `end` that can be read on `ground`.
    fn towards_until_readable(self, end: Self, ground: Self) -> Self {
        let steps = (0..=20).map(|step| self.mixed(end, f64::from(step) / 20.0));
        steps
            .into_iter()
            .find(|step| step.contrast(ground) >= READABLE)
            .unwrap_or(end)
    }

    fn mixed(self, other: Self, share: f64) -> Self {
        let mix = |a: u8, b: u8| (f64::from(a) * (1.0 - share) + f64::from(b) * share).round();
        let channel = |i: usize| {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "between two bytes"
            )]
            let byte = mix(self.0[i], other.0[i]) as u8;
            byte
        };
        Self([channel(0), channel(1), channel(2)])
    }

    /// From 1 (the same) to 21 (black on white).
    fn contrast(self, other: Self) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    fn luminance(self) -> f64 {
        let linear = |byte: u8| {
            let share = f64::from(byte) / 255.0;
            if share <= 0.04045 {
                share / 12.92
            } else {
                ((share + 0.055) / 1.055).powf(2.4)
            }
        };
        let [red, green, blue] = self.0.map(linear);
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_colour_gives_links_that_can_be_read() {
        for accent in ["#ffdd00", "#000000", "#ffffff", "#0f766e", "#7f7f7f", "#ff0000"] {
            let css = theme_css(accent).unwrap();
            let links = css
                .split("--link:")
                .skip(1)
                .map(|rest| Colour::parse(&rest[1..7]).unwrap())
                .collect::<Vec<_>>();
            assert!(links[0].contrast(LIGHT_GROUND) >= READABLE, "{css}");
            assert!(links[1].contrast(DARK_GROUND) >= READABLE, "{css}");
        }
    }

    #[test]
    fn what_is_no_colour_gives_nothing() {
        for wrong in ["", "12345", "red;}*{x:y", "+12345", "1234567"] {
            assert_eq!(theme_css(wrong), None, "{wrong:?}");
        }
    }
}
