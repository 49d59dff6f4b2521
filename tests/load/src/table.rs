//! What was measured, beside what it should reach.

use std::fmt::Write as _;

/// One line of the table.
struct Row {
    what: String,
    reach: String,
    measured: String,
    ratio: String,
    holds: bool,
}

/// The table that `make bench` prints and writes.
#[derive(Default)]
pub struct Table {
    rows: Vec<Row>,
}

impl Table {
    /// Something measured beside a peer: at least `reach` of what the peer does.
    pub fn at_least(&mut self, what: &str, (ours, unit): (f64, &str), (peer, theirs): (&str, f64), reach: f64) {
        let ratio = ours / theirs;
        self.add(Row {
            what: what.into(),
            reach: format!("≥ {reach} × {peer}"),
            measured: format!("{} {unit} (there {})", number(ours), number(theirs)),
            ratio: format!("{ratio:.2}"),
            holds: ratio >= reach,
        });
    }

    /// The same for what should be small.
    pub fn at_most(&mut self, what: &str, (ours, unit): (f64, &str), (peer, theirs): (&str, f64), reach: f64) {
        let ratio = ours / theirs;
        self.add(Row {
            what: what.into(),
            reach: format!("≤ {reach} × {peer}"),
            measured: format!("{} {unit} (there {})", number(ours), number(theirs)),
            ratio: format!("{ratio:.2}"),
            holds: ratio <= reach,
        });
    }

    /// Something that is measured by itself.
    pub fn below(&mut self, what: &str, (ours, unit): (f64, &str), limit: f64) {
        self.add(Row {
            what: what.into(),
            reach: format!("≤ {limit} {unit}"),
            measured: format!("{} {unit}", number(ours)),
            ratio: "–".into(),
            holds: ours <= limit,
        });
    }

    fn add(&mut self, row: Row) {
        eprintln!("  {} {}: {} ({})", mark(row.holds), row.what, row.measured, row.ratio);
        self.rows.push(row);
    }

    /// The table with the facts of the machine above it.
    pub fn to_markdown(&self, facts: &str) -> String {
        let mut text = format!("# What `make bench` measured\n\n{facts}\n\n");
        text.push_str("| what | reach | measured | ratio | |\n|---|---|---|---|---|\n");
        for row in &self.rows {
            let Row {
                what,
                reach,
                measured,
                ratio,
                holds,
            } = row;
            // Writing into a String cannot fail.
            let _ = writeln!(text, "| {what} | {reach} | {measured} | {ratio} | {} |", mark(*holds));
        }
        text
    }
}

const fn mark(holds: bool) -> &'static str {
    if holds { "reached" } else { "**short**" }
}

/// `71,234`, `12.3` or `0.45`
fn number(value: f64) -> String {
    if value < 100.0 {
        return format!("{value:.2}");
    }
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The middle of some measurements.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_can_be_read() {
        assert_eq!(number(1_234_567.0), "1,234,567");
        assert_eq!(number(100.0), "100");
        assert_eq!(number(0.456), "0.46");
    }

    #[test]
    fn the_median_is_the_middle() {
        assert!((median(vec![9.0, 1.0, 5.0]) - 5.0).abs() < f64::EPSILON);
    }
}
