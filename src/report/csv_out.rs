//! CSV text that a spreadsheet opens without surprises: no formula from a user's name, no exponent, empty is blank.
//! It does not touch files.

/// One cell of a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Words, perhaps a user's: made harmless.
    Text(String),
    /// A number; not finite is blank.
    Number(f64),
    /// A count.
    Integer(i64),
    /// Not known or not applicable: blank, never 0.
    Blank,
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_string())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<f64> for Cell {
    fn from(value: f64) -> Self {
        Self::Number(value)
    }
}

impl From<i64> for Cell {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Blank, Into::into)
    }
}

/// Header and rows as CSV text, lines ended by `\n`. Every row must be as long as the header.
pub fn to_csv(headers: &[&str], rows: impl IntoIterator<Item = Vec<Cell>>) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(headers.iter().map(|h| harmless(h))).expect("memory accepts a record");
    for (i, row) in rows.into_iter().enumerate() {
        assert_eq!(row.len(), headers.len(), "row {i} has {} cells, the header {}", row.len(), headers.len());
        writer.write_record(row.into_iter().map(written)).expect("memory accepts a record");
    }
    let bytes = writer.into_inner().expect("memory accepts every byte");
    String::from_utf8(bytes).expect("every cell was UTF-8")
}

/// Shortest digits that read back to the same number, without exponent or a negative zero; blank when not finite.
pub fn number(value: f64) -> String {
    match value {
        v if !v.is_finite() => String::new(),
        0.0 => "0".to_string(),
        v => format!("{v}"),
    }
}

/// Text that no spreadsheet takes for a formula: a quote in front of = + - @, also behind blanks, tabs and line ends.
pub fn harmless(text: &str) -> String {
    // The unit of a share: a lone hyphen is no formula.
    if text == "-" {
        return text.to_string();
    }
    let tab_first = text.starts_with(['\t', '\r', '\n']);
    if tab_first || text.trim_start().starts_with(['=', '+', '-', '@', '\u{FF1D}', '\u{FF0B}', '\u{FF0D}', '\u{FF20}'])
    {
        format!("'{text}")
    } else {
        text.to_string()
    }
}

fn written(cell: Cell) -> String {
    match cell {
        Cell::Text(text) => harmless(&text),
        Cell::Number(value) => number(value),
        Cell::Integer(value) => value.to_string(),
        Cell::Blank => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A name that would run is quoted, a negative number is not, a missing value is blank.
    #[test]
    fn cells_are_harmless_exact_and_blank_when_empty() {
        let rows = vec![
            vec!["=HYPERLINK(\"x\")".into(), (-0.1).into(), Some(3_i64).into()],
            vec!["-1+2".into(), 1e21.into(), None::<f64>.into()],
            vec![" @cmd, or".into(), 1e-7.into(), f64::NAN.into()],
            vec!["lab \"a\"\nb".into(), (-0.0).into(), Cell::Blank],
        ];
        let text = to_csv(&["name", "value", "+n"], rows);
        let want = "name,value,'+n\n\"'=HYPERLINK(\"\"x\"\")\",-0.1,3\n'-1+2,1000000000000000000000,\n\
                    \"' @cmd, or\",0.0000001,\n\"lab \"\"a\"\"\nb\",0,\n";
        assert_eq!(text, want);
    }

    #[test]
    fn numbers_read_back_the_same() {
        for value in [0.1 + 0.2, 1.0 / 3.0, 5e-324, f64::MAX, -123_456_789.123_456_79] {
            let text = number(value);
            assert_eq!(text.parse::<f64>().unwrap(), value);
            assert!(!text.contains(['e', 'E']), "{text}");
        }
    }
}
