//! How wide a text is in the letters of badges.

/// Size of the letters in pixels.
pub const SIZE: u32 = 11;

/// Advance widths of Verdana from space to tilde, in thousandths of the size. Where another font is used, the letters are
/// spread over the same width (`textLength`).
#[rustfmt::skip]
const WIDTHS: [u32; 95] = [
    352, 394, 459, 818, 636, 1076, 727, 269, 454, 454, 636, 818, 364, 454, 364, 454, 636, 636, 636, 636, 636, 636, 636, 636,
    636, 636, 454, 454, 818, 818, 818, 545, 1000, 684, 686, 698, 771, 632, 575, 775, 751, 421, 455, 693, 557, 843, 748, 787,
    603, 787, 695, 684, 616, 732, 684, 989, 685, 615, 685, 454, 454, 454, 818, 636, 636, 601, 623, 521, 623, 596, 352, 623,
    633, 274, 344, 592, 274, 973, 633, 607, 623, 623, 427, 521, 394, 633, 592, 818, 592, 592, 525, 635, 454, 635, 818,
];

/// The width of a text in whole pixels.
pub fn of(text: &str) -> u32 {
    let thousandths: u32 = text.chars().map(advance).sum();
    (thousandths * SIZE).div_ceil(1_000)
}

fn advance(letter: char) -> u32 {
    let place = u32::from(letter)
        .checked_sub(32)
        .and_then(|place| usize::try_from(place).ok());
    let known = place.and_then(|place| WIDTHS.get(place)).copied();
    // From Hangul on most letters are as wide as they are high; the others are about as wide as ours.
    known.unwrap_or(if letter >= '\u{1100}' { 1_000 } else { 650 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_letters_are_wider() {
        assert!(of("WWW") > 2 * of("iii"));
        assert_eq!(of(""), 0);
        assert_eq!(of("状态"), 22);
    }
}
