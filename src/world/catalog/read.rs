//! Reads the embedded catalog files row by row; a cell that cannot be read is our bug and asserts with its file and line.
//!
//! It does not know what the columns mean.
use super::known::{Confidence, Known, Provenance};
use csv::StringRecord;

/// What a cell says when a figure exists nowhere: distinct from blank and from zero.
pub(super) const NOT_PUBLISHED: &str = "not published";

/// One row of an embedded file, with the names of its columns and its place for messages.
pub(super) struct Row<'a> {
    file: &'a str,
    line: u64,
    columns: &'a StringRecord,
    cells: StringRecord,
}

/// All rows of `text` through `make`, in file order.
pub(super) fn rows<T>(file: &str, text: &str, make: impl Fn(&Row<'_>) -> T) -> Vec<T> {
    let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).from_reader(text.as_bytes());
    let columns = reader.headers().unwrap_or_else(|error| panic!("catalog/{file}: {error}")).clone();
    let made: Vec<T> = reader
        .into_records()
        .map(|record| {
            let cells = record.unwrap_or_else(|error| panic!("catalog/{file}: {error}"));
            let line = cells.position().map_or(0, csv::Position::line);
            make(&Row { file, line, columns: &columns, cells })
        })
        .collect();
    assert!(!made.is_empty(), "catalog/{file}: no rows");
    made
}

impl Row<'_> {
    /// Stops with the file and line of this row.
    pub(super) fn bug(&self, what: &str) -> ! {
        panic!("catalog/{}:{}: {what}: {:?}", self.file, self.line, self.cells)
    }

    fn cell(&self, column: &str) -> &str {
        match self.columns.iter().position(|name| name == column) {
            Some(index) => &self.cells[index],
            None => self.bug(&format!("no column `{column}`")),
        }
    }

    /// Text as written; may be blank.
    pub(super) fn maybe_text(&self, column: &str) -> String {
        self.cell(column).to_string()
    }

    /// Text that must be there.
    pub(super) fn text(&self, column: &str) -> String {
        let cell = self.cell(column);
        if cell.is_empty() {
            self.bug(&format!("`{column}` is blank"));
        }
        cell.to_string()
    }

    fn parse(&self, column: &str, cell: &str) -> f64 {
        match cell.parse::<f64>() {
            Ok(number) if number.is_finite() => number,
            _ => self.bug(&format!("`{column}` is not a number")),
        }
    }

    /// A number that must be there.
    pub(super) fn number(&self, column: &str) -> f64 {
        self.parse(column, self.cell(column))
    }

    /// A number, or blank.
    pub(super) fn maybe_number(&self, column: &str) -> Option<f64> {
        let cell = self.cell(column);
        if cell.is_empty() { None } else { Some(self.parse(column, cell)) }
    }

    /// A number, or the words `not published`; blank is a bug.
    pub(super) fn published_number(&self, column: &str) -> Option<f64> {
        let cell = self.cell(column);
        if cell == NOT_PUBLISHED { None } else { Some(self.parse(column, cell)) }
    }

    /// Text, or the words `not published`; blank is a bug.
    pub(super) fn published_text(&self, column: &str) -> Option<String> {
        let text = self.text(column);
        if text == NOT_PUBLISHED { None } else { Some(text) }
    }

    /// A whole number that must be there.
    pub(super) fn count(&self, column: &str) -> u64 {
        match self.cell(column).parse::<u64>() {
            Ok(count) => count,
            Err(_) => self.bug(&format!("`{column}` is not a whole number")),
        }
    }

    /// `yes` or `no`.
    pub(super) fn yes(&self, column: &str) -> bool {
        match self.cell(column) {
            "yes" => true,
            "no" => false,
            _ => self.bug(&format!("`{column}` is neither yes nor no")),
        }
    }

    /// An ISO date, month or year.
    pub(super) fn date(&self, column: &str) -> String {
        let text = self.text(column);
        if !is_iso_prefix(&text) {
            self.bug(&format!("`{column}` is not a date"));
        }
        text
    }

    /// `source`, `as_of` and `confidence` of this row, all of which must be there.
    pub(super) fn provenance(&self) -> Provenance {
        let Some(confidence) = Confidence::parse(self.cell("confidence")) else {
            self.bug("`confidence` is no word of ours")
        };
        Provenance { source: self.text("source"), as_of: self.date("as_of"), confidence }
    }

    /// The number in `value`, `low` and `high` with the row's status and provenance.
    pub(super) fn known(&self, value: &str, low: &str, high: &str) -> Known<f64> {
        let range = match (self.maybe_number(low), self.maybe_number(high)) {
            (Some(low), Some(high)) => Some((low, high)),
            (None, None) => None,
            _ => self.bug("half a range"),
        };
        if let (Some((low, high)), Some(value)) = (range, self.maybe_number(value))
            && !(low <= value && value <= high)
        {
            self.bug("the value lies outside its range");
        }
        let Provenance { source, as_of, confidence } = self.provenance();
        match (self.cell("status"), confidence) {
            ("sourced", Confidence::High | Confidence::Medium | Confidence::Low) => {
                Known::Sourced { value: self.number(value), range, source, as_of, confidence }
            }
            ("estimate", Confidence::Estimate) => {
                let Some((low, high)) = range else { self.bug("an estimate without a range") };
                Known::Estimate { value: self.number(value), low, high, reason: source, as_of }
            }
            (NOT_PUBLISHED, Confidence::Absent) if self.cell(value).is_empty() && range.is_none() => {
                Known::NotPublished
            }
            _ => self.bug("status, value and confidence do not go together"),
        }
    }

    /// The text in `value` with the row's status and provenance; an estimated text has no range but itself.
    pub(super) fn known_text(&self, value: &str) -> Known<String> {
        let Provenance { source, as_of, confidence } = self.provenance();
        match (self.cell("status"), confidence) {
            ("sourced", Confidence::High | Confidence::Medium | Confidence::Low) => {
                Known::Sourced { value: self.text(value), range: None, source, as_of, confidence }
            }
            ("estimate", Confidence::Estimate) => {
                let text = self.text(value);
                Known::Estimate { value: text.clone(), low: text.clone(), high: text, reason: source, as_of }
            }
            (NOT_PUBLISHED, Confidence::Absent) if self.cell(value).is_empty() => Known::NotPublished,
            _ => self.bug("status, value and confidence do not go together"),
        }
    }
}

/// True for `yyyy`, `yyyy-mm` and `yyyy-mm-dd`.
fn is_iso_prefix(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let widths = [4, 2, 2];
    (1..=3).contains(&parts.len())
        && parts.iter().zip(widths).all(|(part, width)| part.len() == width && part.bytes().all(|b| b.is_ascii_digit()))
}
