//! CSV text as rows whose cells are asked for by name. It knows no table of ours.
use std::rc::Rc;

use super::data::DataError;
use crate::report::csv_out;

/// A table: its header and its rows.
pub struct Sheet {
    file: String,
    headers: Rc<Vec<String>>,
    records: Vec<csv::StringRecord>,
}

impl Sheet {
    /// Read CSV text; empty text is an empty table.
    pub fn parse(file: &str, text: &str) -> Result<Sheet, DataError> {
        let bad = |e: csv::Error| DataError::Csv { file: file.to_string(), message: e.to_string() };
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let headers = Rc::new(reader.headers().map_err(bad)?.iter().map(plain).collect());
        let records = reader.records().collect::<Result<_, _>>().map_err(bad)?;
        Ok(Sheet { file: file.to_string(), headers, records })
    }

    /// Names of the columns.
    pub fn headers(&self) -> &[String] {
        &self.headers
    }

    /// Every row through `read`, in order.
    pub fn map<T>(self, read: impl Fn(Row) -> Result<T, DataError>) -> Result<Vec<T>, DataError> {
        let Sheet { file, headers, records } = self;
        let row = |(k, cells)| Row { file: &file, headers: &headers, line: k + 2, cells };
        records.iter().enumerate().map(|r| read(row(r))).collect()
    }
}

/// One row.
pub struct Row<'a> {
    file: &'a str,
    headers: &'a [String],
    line: usize,
    cells: &'a csv::StringRecord,
}

impl<'a> Row<'a> {
    /// Whether there is such a column.
    pub fn has(&self, column: &str) -> bool {
        self.headers.iter().any(|h| h == column)
    }

    /// Words, without the quote that keeps a spreadsheet from running them.
    pub fn text(&self, column: &str) -> Result<String, DataError> {
        self.cell(column).map(plain)
    }

    /// A number; blank is `None`.
    pub fn number(&self, column: &str) -> Result<Option<f64>, DataError> {
        self.number_at(self.place(column)?)
    }

    /// The number of a column by its place; blank, or beyond the row, is `None`.
    pub fn number_at(&self, place: usize) -> Result<Option<f64>, DataError> {
        let text = self.cells.get(place).unwrap_or_default().trim();
        if text.is_empty() {
            return Ok(None);
        }
        let number = text.parse::<f64>().ok().filter(|v| v.is_finite());
        number.map(Some).ok_or_else(|| self.not_a_number(&self.headers[place], text))
    }

    /// A number that is never blank.
    pub fn must_number(&self, column: &str) -> Result<f64, DataError> {
        self.number(column)?.ok_or_else(|| self.not_a_number(column, ""))
    }

    /// What a cell holds in place of a number.
    pub fn not_a_number(&self, column: &str, text: &str) -> DataError {
        let (file, column, text) = (self.file.to_string(), column.to_string(), text.to_string());
        DataError::NotANumber { file, line: self.line, column, text }
    }

    fn cell(&self, column: &str) -> Result<&'a str, DataError> {
        Ok(self.cells.get(self.place(column)?).unwrap_or_default())
    }

    fn place(&self, column: &str) -> Result<usize, DataError> {
        let missing = || DataError::MissingColumn { file: self.file.to_string(), column: column.to_string() };
        self.headers.iter().position(|h| h == column).ok_or_else(missing)
    }
}

/// Undo [`csv_out::harmless`].
fn plain(text: &str) -> String {
    match text.strip_prefix('\'') {
        Some(rest) if csv_out::harmless(rest) != rest => rest.to_string(),
        _ => text.to_string(),
    }
}
