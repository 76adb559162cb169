//! How numbers and lists read in titles, tables and sentences. It decides nothing.
pub use crate::report::chart::short;

/// A blank for what is not known.
pub fn maybe(value: Option<f64>) -> String {
    value.map(short).unwrap_or_default()
}

/// A share as a whole percentage: "61 %"; never 0 % or 100 % unless it is.
pub fn percent(share: f64) -> String {
    match share * 100.0 {
        p if 0.0 < p && p < 0.5 => "below 1\u{a0}%".to_string(),
        p if 99.5 <= p && p < 100.0 => "over 99\u{a0}%".to_string(),
        // An empty sum is a negative zero.
        p => format!("{:.0}\u{a0}%", p + 0.0),
    }
}

/// "a to b", both ends there; else blank.
pub fn span(low: Option<f64>, high: Option<f64>) -> String {
    match (low, high) {
        (Some(low), Some(high)) => format!("{} to {}", short(low), short(high)),
        _ => String::new(),
    }
}

/// "±x"; blank when not known.
pub fn error(half_width: Option<f64>) -> String {
    half_width.map(|h| format!("\u{b1}{}", short(h))).unwrap_or_default()
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

/// One unit for a column of dollars, so that its numbers stand under each other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dollars {
    /// "USD bn".
    pub unit: &'static str,
    size: f64,
}

impl Dollars {
    /// The unit in which the largest of `values` reads well.
    pub fn fit(values: impl Iterator<Item = f64>) -> Dollars {
        match values.fold(0.0, |most: f64, v| most.max(v.abs())) {
            most if most >= 2e8 => Dollars { unit: "USD bn", size: 1e9 },
            most if most >= 2e5 => Dollars { unit: "USD M", size: 1e6 },
            _ => Dollars { unit: "USD", size: 1.0 },
        }
    }

    /// A number of them, three digits of it and no finer than a hundredth.
    pub fn show(self, value: f64) -> String {
        short(self.of(value))
    }

    fn of(self, value: f64) -> f64 {
        (value / self.size * 100.0).round() / 100.0
    }

    /// A number or a blank.
    pub fn maybe(self, value: Option<f64>) -> String {
        value.map(|v| self.show(v)).unwrap_or_default()
    }

    /// "a to b", both ends there; else blank.
    pub fn span(self, low: Option<f64>, high: Option<f64>) -> String {
        span(low.map(|v| self.of(v)), high.map(|v| self.of(v)))
    }

    /// "±x"; blank when not known.
    pub fn error(self, half_width: Option<f64>) -> String {
        error(half_width.map(|v| self.of(v)))
    }

    /// With its sign always shown.
    pub fn signed(self, value: f64) -> String {
        signed(self.of(value))
    }
}
