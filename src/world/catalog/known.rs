//! A value together with how we know it: read in a source, estimated within a range, or not published.
//!
//! It does not decide whether a missing value matters; whoever uses the field does.
use std::fmt;

/// How far a catalog row is to be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    /// Read in the source named.
    High,
    /// Read in a secondary page, or sources disagree.
    Medium,
    /// A weak source, named.
    Low,
    /// Not read anywhere: an estimate, with its range and reason.
    Estimate,
    /// No figure at all, so nothing to trust (rows that say `not published`).
    Absent,
}

impl Confidence {
    /// As written in the catalog files; `None` for any other word.
    pub fn parse(word: &str) -> Option<Confidence> {
        Some(match word {
            "high" => Confidence::High,
            "medium" => Confidence::Medium,
            "low" => Confidence::Low,
            "estimate" => Confidence::Estimate,
            "none" => Confidence::Absent,
            _ => return None,
        })
    }

    /// The word in the catalog files.
    pub fn word(self) -> &'static str {
        match self {
            Confidence::High => "high",
            Confidence::Medium => "medium",
            Confidence::Low => "low",
            Confidence::Estimate => "estimate",
            Confidence::Absent => "none",
        }
    }
}

impl fmt::Display for Confidence {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.word())
    }
}

/// Where a row comes from. Every row of the catalog carries one.
#[derive(Clone, Debug, PartialEq)]
pub struct Provenance {
    /// Page, file or computation; of an estimate, its reason.
    pub source: String,
    /// Date the figure holds for or was read, ISO: `2026`, `2026-07` or `2026-07-20`.
    pub as_of: String,
    /// How far to trust it.
    pub confidence: Confidence,
}

/// A value and how we know it. `NotPublished` is neither blank nor zero.
#[derive(Clone, Debug, PartialEq)]
pub enum Known<T> {
    /// Read in a source.
    Sourced {
        /// The figure.
        value: T,
        /// Low and high end, where the source gives a range.
        range: Option<(T, T)>,
        /// Where it was read.
        source: String,
        /// Its date, ISO prefix.
        as_of: String,
        /// high, medium or low.
        confidence: Confidence,
    },
    /// Nobody published it, or it was not read: an estimate.
    Estimate {
        /// Central value.
        value: T,
        /// Low end of the range.
        low: T,
        /// High end of the range.
        high: T,
        /// Why this value and this range.
        reason: String,
        /// Date of the estimate or of what it rests on, ISO prefix.
        as_of: String,
    },
    /// No source gives it and no estimate was made.
    NotPublished,
}

impl<T> Known<T> {
    /// The value, if there is one.
    pub fn get(&self) -> Option<&T> {
        match self {
            Known::Sourced { value, .. } | Known::Estimate { value, .. } => Some(value),
            Known::NotPublished => None,
        }
    }

    /// Low and high end, if the source or the estimate gives a range.
    pub fn range(&self) -> Option<(&T, &T)> {
        match self {
            Known::Sourced { range, .. } => range.as_ref().map(|(low, high)| (low, high)),
            Known::Estimate { low, high, .. } => Some((low, high)),
            Known::NotPublished => None,
        }
    }

    /// `sourced`, `estimate` or `not published`, as in the `status` column.
    pub fn status(&self) -> &'static str {
        match self {
            Known::Sourced { .. } => "sourced",
            Known::Estimate { .. } => "estimate",
            Known::NotPublished => "not published",
        }
    }

    /// Source of a sourced value, reason of an estimate.
    pub fn source(&self) -> Option<&str> {
        match self {
            Known::Sourced { source, .. } => Some(source),
            Known::Estimate { reason, .. } => Some(reason),
            Known::NotPublished => None,
        }
    }

    /// Date of the value, ISO prefix.
    pub fn as_of(&self) -> Option<&str> {
        match self {
            Known::Sourced { as_of, .. } | Known::Estimate { as_of, .. } => Some(as_of),
            Known::NotPublished => None,
        }
    }

    /// How far to trust it.
    pub fn confidence(&self) -> Confidence {
        match self {
            Known::Sourced { confidence, .. } => *confidence,
            Known::Estimate { .. } => Confidence::Estimate,
            Known::NotPublished => Confidence::Absent,
        }
    }

    /// True when there is neither a source nor an estimate.
    pub fn is_not_published(&self) -> bool {
        matches!(self, Known::NotPublished)
    }
}

impl Known<f64> {
    /// The number, if there is one: never a zero in place of a missing one.
    pub fn value(&self) -> Option<f64> {
        self.get().copied()
    }
}
