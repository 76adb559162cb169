//! What is wrong with rows: kind, line, column, cure; the first twenty named, the rest counted. Prints nothing.

use super::line::{Broken, Record};
use crate::spec::{Problem, Problems, Sources};
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

/// Why a row cannot be a job.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    /// More or fewer fields than the header: cut off, or another separator.
    Fields,
    /// A figure is missing.
    Empty,
    /// Text or NaN in place of a number.
    NotANumber,
    /// A date or time that is none.
    NotADate,
    /// Below zero.
    Negative,
    /// A part of a chip beyond whole ones.
    NotWhole,
    /// Zero chips, where a job must have some.
    Zero,
    /// Beyond anything that can be meant.
    TooLarge,
    /// Ends before it starts.
    Backwards,
    /// The id of an earlier row.
    DuplicateId,
    /// A quote that is not closed.
    Quote,
    /// Longer than a mebibyte.
    LongLine,
    /// More different queues or classes than can be told apart.
    Names,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Fields => "wrong number of fields",
            Kind::Empty => "empty field",
            Kind::NotANumber => "not a number",
            Kind::NotADate => "not a date",
            Kind::Negative => "negative",
            Kind::NotWhole => "not whole",
            Kind::Zero => "zero chips",
            Kind::TooLarge => "too large",
            Kind::Backwards => "ends before it starts",
            Kind::DuplicateId => "duplicate id",
            Kind::Quote => "unclosed quote",
            Kind::LongLine => "line too long",
            Kind::Names => "too many names",
        })
    }
}

/// One thing wrong with the row at hand.
#[derive(Debug)]
pub(super) struct Flaw {
    pub kind: Kind,
    /// Where, in bytes of the raw line.
    pub place: Range<usize>,
    pub message: String,
    pub cure: String,
}

/// Rows with faults named before the rest is counted.
const NAMED: usize = 20;

/// A flaw with its line.
#[derive(Debug)]
struct Named {
    line: usize,
    text: String,
    place: Range<usize>,
    message: String,
    cure: String,
}

/// Every fault of a file.
#[derive(Default, Debug)]
pub(super) struct Faults {
    named: Vec<Named>,
    flaws: u64,
    /// Rows by their first flaw.
    pub rows: BTreeMap<Kind, u64>,
}

impl Faults {
    /// Notes the flaws of a row.
    #[cold]
    pub fn row(&mut self, record: &Record, flaws: &mut Vec<Flaw>) {
        if let Some(first) = flaws.first() {
            *self.rows.entry(first.kind).or_default() += 1;
        }
        for flaw in flaws.drain(..) {
            self.flaws += 1;
            if self.named.len() < NAMED {
                self.named.push(Named::new(record, flaw));
            }
        }
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.flaws == 0
    }

    /// As problems of the file `name`, each with its line, column and cure.
    pub fn problems(&self, name: &str) -> Problems {
        let mut sources = Sources::default();
        let mut list = Vec::new();
        if (self.named.len() as u64) < self.flaws {
            let rows: u64 = self.rows.values().sum();
            let kinds: Vec<String> = self.rows.iter().map(|(kind, rows)| format!("{rows} {kind}")).collect();
            let message =
                format!("{rows} rows of `{name}` cannot be read ({}); the first {NAMED} follow", kinds.join(", "));
            list.push(Problem::at(Default::default(), message, "correct them, or leave them out"));
        }
        for named in &self.named {
            let origin = sources.excerpt(name, named.line, &named.text, named.place.clone());
            list.push(Problem::at(origin, &named.message, &named.cure));
        }
        Problems::new(sources, list)
    }
}

impl Named {
    /// Cuts the line of the flaw out of its row, which may span several.
    fn new(record: &Record, flaw: Flaw) -> Named {
        let lossy = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let raw = &record.raw;
        let start = flaw.place.start.min(raw.len());
        let end = flaw.place.end.clamp(start, raw.len());
        let first = raw[..start].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let last = raw[start..].iter().position(|byte| *byte == b'\n').map_or(raw.len(), |at| start + at);
        let line = record.line as usize + raw[..first].iter().filter(|byte| **byte == b'\n').count();
        let before = lossy(&raw[first..start]);
        let within = lossy(&raw[start..end.min(last)]);
        let place = before.len()..before.len() + within.len();
        let text = before + &within + &lossy(&raw[end.min(last)..last]);
        Named { line, text, place, message: flaw.message, cure: flaw.cure }
    }
}

/// What is wrong with a line as such.
pub(super) fn broken(record: &Record, broken: Broken) -> Flaw {
    match broken {
        Broken::TooLong => Flaw {
            kind: Kind::LongLine,
            place: 0..1,
            message: "the line is longer than a mebibyte".into(),
            cure: "a row a line; is this a text file?".into(),
        },
        Broken::Unclosed(at) => Flaw {
            kind: Kind::Quote,
            place: at..record.raw.len(),
            message: "the quote is not closed".into(),
            cure: "close it with \", or take it out; a quote inside a quoted text is doubled".into(),
        },
    }
}

/// A new queue or class where 65,536 are known.
#[cold]
pub(super) fn too_many_names() -> Flaw {
    let message = "more than 65,536 different queues or classes".to_owned();
    Flaw { kind: Kind::Names, place: 0..0, message, cure: "is the column a queue, and not a user or a job?".into() }
}

/// What is wrong with a figure, and what would be right; `what` says what it should be.
pub(super) fn figure(kind: Kind, column: &str, text: &[u8], what: &str) -> (String, String) {
    let text: String = String::from_utf8_lossy(text).chars().take(60).collect();
    let message = match kind {
        Kind::Empty => format!("`{column}` is empty"),
        Kind::NotADate => format!("`{column}` is `{text}`, not a date and time"),
        Kind::Negative => format!("`{column}` is negative: {text}"),
        Kind::NotWhole => format!("`{column}` is `{text}`, not a whole number"),
        Kind::Zero => format!("`{column}` is 0"),
        Kind::TooLarge => format!("`{column}` is too large: {text}"),
        _ => format!("`{column}` is `{text}`, not a number"),
    };
    (message, what.to_owned())
}
