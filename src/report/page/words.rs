//! How numbers and lists read in titles, tables and sentences. It decides nothing.
pub use crate::report::chart::{error, percent, short};

/// A blank for what is not known.
pub fn maybe(value: Option<f64>) -> String {
    value.map(short).unwrap_or_default()
}

/// "59 to 64 %", both ends there; else blank.
pub fn percent_span(low: Option<f64>, high: Option<f64>) -> String {
    let Some((low, high)) = low.zip(high) else { return String::new() };
    match (percent(low), percent(high)) {
        (a, b) if a == b => a,
        (a, b) if a.starts_with(|c: char| c.is_ascii_digit()) => format!("{} to {b}", a.trim_end_matches("\u{a0}%")),
        (a, b) => format!("{a} to {b}"),
    }
}

/// "a to b", both ends there; else blank.
pub fn span(low: Option<f64>, high: Option<f64>) -> String {
    match (low, high) {
        (Some(low), Some(high)) => format!("{} to {}", short(low), short(high)),
        _ => String::new(),
    }
}

/// A number with its sign always shown.
pub fn signed(value: f64) -> String {
    if value > 0.0 { format!("+{}", short(value)) } else { short(value) }
}

/// "a", "a and b", "a, b and c".
pub fn list(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_string(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

/// A name of a table as words: "capex_order" is "capex order".
pub fn plain(name: &str) -> String {
    name.replace('_', " ")
}

/// The first letter large.
pub fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// "71.2 ±12": a mean with half the width of its interval; blank when not known, alone where no run differs.
pub fn with_error(mean: Option<f64>, half_width: Option<f64>) -> String {
    let Some(mean) = mean else { return String::new() };
    half_width.filter(|h| *h > 0.0).map_or_else(|| short(mean), |h| format!("{} \u{b1}{}", short(mean), error(h)))
}

/// "0.345 [0.16, 0.51]": a value with its interval; the value alone where there is none.
pub fn with_interval(value: f64, low: Option<f64>, high: Option<f64>) -> String {
    match (low, high) {
        (Some(low), Some(high)) => format!("{} [{}, {}]", short(value), short(low), short(high)),
        _ => short(value),
    }
}

/// One unit for all numbers of a table or chart, so that they stand under each other and keep three digits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Unit {
    /// "bn", "M" or nothing.
    pub word: &'static str,
    size: f64,
}

impl Unit {
    /// The unit in which the largest of `values` reads well.
    pub fn fit(values: impl IntoIterator<Item = f64>) -> Unit {
        match values.into_iter().fold(0.0, |most: f64, v| most.max(v.abs())) {
            most if most >= 999.5e6 => Unit { word: "bn", size: 1e9 },
            most if most >= 999.5e3 => Unit { word: "M", size: 1e6 },
            _ => Unit { word: "", size: 1.0 },
        }
    }

    /// Its name with what it counts: "USD bn", "M chip-h".
    pub fn of_dollars(self) -> String {
        format!("USD {}", self.word).trim_end().to_string()
    }

    /// A value in this unit, as a number for a chart.
    pub fn of(self, value: f64) -> f64 {
        value / self.size
    }

    /// A value in this unit.
    pub fn show(self, value: f64) -> String {
        short(self.of(value))
    }

    /// A value in this unit with its word: "77.6 bn".
    pub fn words(self, value: f64) -> String {
        format!("{}\u{a0}{}", self.show(value), self.word).trim_end().to_string()
    }

    /// A mean among others of a table, with its error; what is nothing beside them is "~0".
    pub fn among(self, mean: Option<f64>, half_width: Option<f64>) -> String {
        let tiny = |v: f64| v != 0.0 && self.of(v).abs() < 5e-4;
        if mean.is_some_and(tiny) { "~0".to_string() } else { self.with_error(mean, half_width) }
    }

    /// A number or a blank.
    pub fn maybe(self, value: Option<f64>) -> String {
        value.map(|v| self.show(v)).unwrap_or_default()
    }

    /// "a to b", both ends there; else blank.
    pub fn span(self, low: Option<f64>, high: Option<f64>) -> String {
        span(low.map(|v| self.of(v)), high.map(|v| self.of(v)))
    }

    /// A mean with half the width of its interval; blank when not known.
    pub fn with_error(self, mean: Option<f64>, half_width: Option<f64>) -> String {
        with_error(mean.map(|v| self.of(v)), half_width.map(|h| self.of(h)))
    }

    /// The same with its sign always shown.
    pub fn signed(self, mean: Option<f64>, half_width: Option<f64>) -> String {
        let plus = if mean.is_some_and(|m| m > 0.0) { "+" } else { "" };
        format!("{plus}{}", self.with_error(mean, half_width))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 0.39 bn is 390 M, and its error of 3 M is not nought; 1,200 M is 1.2 bn, beside which 719 M is 0.719.
    #[test]
    fn a_unit_leaves_three_digits() {
        let small = Unit::fit([280e6, -390.4e6]);
        assert_eq!(
            (small.of_dollars(), small.with_error(Some(-390.4e6), Some(3.04e6))),
            ("USD M".into(), "\u{2212}390 \u{b1}3".into())
        );
        let large = Unit::fit([1.2e9, -719e6]);
        assert_eq!(
            (large.show(1.2e9), large.show(-719e6), large.words(1.2e9)),
            ("1.2".into(), "\u{2212}0.719".into(), "1.2\u{a0}bn".into())
        );
        assert_eq!(Unit::fit([]).of_dollars(), "USD");
    }
}
