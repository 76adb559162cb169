//! A table of cells and its three forms: aligned text, CSV, JSON.
//!
//! It does not know where the cells come from, and does not print.
use serde_json::{Map, Value, json};

/// Which side of its column a cell leans on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// A column: its name (unit last), its side, and whether the aligned text shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Name; key in CSV and JSON.
    pub name: String,
    /// Side.
    pub align: Align,
    /// False for columns that only machines read (ranges, sources of single fields).
    pub in_text: bool,
}

impl Column {
    /// A column of words.
    pub fn left(name: &str) -> Column {
        Column { name: name.to_string(), align: Align::Left, in_text: true }
    }

    /// A column of numbers.
    pub fn right(name: &str) -> Column {
        Column { name: name.to_string(), align: Align::Right, in_text: true }
    }

    /// A column that the aligned text leaves out.
    pub fn hidden(name: &str) -> Column {
        Column { name: name.to_string(), align: Align::Left, in_text: false }
    }
}

/// One cell. Blank is neither zero nor a word.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Nothing to say here: blank in CSV, null in JSON.
    Blank,
    /// A figure that no source gives: `n.p.` to people, as a blank to machines, which find the words in a status column.
    NotPublished,
    /// Words.
    Text(String),
    /// A number, and how the aligned text shows it; CSV and JSON give it in full.
    Number {
        /// The number.
        value: f64,
        /// As shown.
        shown: String,
    },
}

impl Cell {
    /// Words; an empty string is a blank.
    pub fn text(words: &str) -> Cell {
        if words.is_empty() { Cell::Blank } else { Cell::Text(words.to_string()) }
    }

    /// A number, shown by [`show`].
    pub fn number(value: f64) -> Cell {
        Cell::Number { value, shown: show(value) }
    }

    /// A number or a blank.
    pub fn maybe(value: Option<f64>) -> Cell {
        value.map_or(Cell::Blank, Cell::number)
    }

    /// A number, or that it is not published.
    pub fn published(value: Option<f64>) -> Cell {
        value.map_or(Cell::NotPublished, Cell::number)
    }

    fn shown(&self) -> &str {
        match self {
            Cell::Blank => "",
            Cell::NotPublished => "n.p.",
            Cell::Text(words) => words,
            Cell::Number { shown, .. } => shown,
        }
    }
}

/// A number for people: whole with thousands commas from 1,000 on, else at most four significant digits, never rounded to zero.
pub fn show(value: f64) -> String {
    let size = value.abs();
    if size >= 1000.0 {
        let digits = format!("{size:.0}");
        let mut out = String::new();
        for (index, digit) in digits.chars().enumerate() {
            if index > 0 && (digits.len() - index).is_multiple_of(3) {
                out.push(',');
            }
            out.push(digit);
        }
        return if value < 0.0 { format!("-{out}") } else { out };
    }
    if size > 0.0 && size < 0.001 {
        return format!("{value:.2e}");
    }
    let decimals = [(100.0, 1), (10.0, 2), (1.0, 3)].into_iter().find(|&(from, _)| size >= from).map_or(4, |(_, d)| d);
    let text = format!("{value:.decimals$}");
    text.trim_end_matches('0').trim_end_matches('.').to_string()
}

/// A titled table with notes below it.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// One line above it.
    pub title: String,
    /// Columns.
    pub columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
    /// Lines below it: arithmetic, caveats.
    pub notes: Vec<String>,
}

impl Table {
    /// A table without rows.
    pub fn new(title: &str, columns: Vec<Column>) -> Table {
        Table { title: title.to_string(), columns, rows: Vec::new(), notes: Vec::new() }
    }

    /// Adds a row of as many cells as there are columns.
    pub fn push(&mut self, row: Vec<Cell>) {
        assert!(
            row.len() == self.columns.len(),
            "{}: {} cells for {} columns",
            self.title,
            row.len(),
            self.columns.len()
        );
        self.rows.push(row);
    }

    /// Adds a line below the table.
    pub fn note(&mut self, line: String) {
        self.notes.push(line);
    }

    /// Rows in order.
    pub fn rows(&self) -> &[Vec<Cell>] {
        &self.rows
    }

    /// Aligned text: title, a rule, columns two spaces apart, notes. The last column is never padded.
    pub fn to_text(&self) -> String {
        let shown: Vec<usize> = (0..self.columns.len()).filter(|&index| self.columns[index].in_text).collect();
        let width = |index: usize| {
            let cells = self.rows.iter().map(|row| row[index].shown().chars().count());
            cells.chain([self.columns[index].name.chars().count()]).max().unwrap_or_default()
        };
        let widths: Vec<usize> = shown.iter().map(|&index| width(index)).collect();
        let line = |cell: &dyn Fn(usize) -> String| {
            let parts = shown.iter().zip(&widths).map(|(&index, &width)| match self.columns[index].align {
                Align::Left => format!("{:<width$}", cell(index)),
                Align::Right => format!("{:>width$}", cell(index)),
            });
            parts.collect::<Vec<_>>().join("  ").trim_end().to_string()
        };
        let mut lines = vec![self.title.clone()];
        if !self.columns.is_empty() {
            lines.push(line(&|index| self.columns[index].name.clone()));
            lines.push(widths.iter().map(|&width| "-".repeat(width)).collect::<Vec<_>>().join("  "));
        }
        lines.extend(self.rows.iter().map(|row| line(&|index| row[index].shown().to_string())));
        lines.extend(self.notes.iter().map(|note| format!("  {note}")));
        lines.join("\n") + "\n"
    }

    /// CSV with a header line, every column, numbers in full. Title and notes are left out.
    pub fn to_csv(&self) -> String {
        let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::Any(b'\n')).from_writer(Vec::new());
        let header = self.columns.iter().map(|column| column.name.clone());
        writer.write_record(header).expect("writing to memory does not fail");
        for row in &self.rows {
            let cells = row.iter().map(|cell| match cell {
                Cell::Number { value, .. } => format!("{value}"),
                Cell::Text(words) => words.clone(),
                Cell::Blank | Cell::NotPublished => String::new(),
            });
            writer.write_record(cells).expect("rows are as long as the header");
        }
        let bytes = writer.into_inner().expect("writing to memory does not fail");
        String::from_utf8(bytes).expect("cells are text")
    }

    /// `{title, rows: [{column: cell}], notes}`; a blank is null, a number a number.
    pub fn to_json(&self) -> Value {
        let rows: Vec<Value> = self
            .rows
            .iter()
            .map(|row| {
                let cells = self.columns.iter().zip(row).map(|(column, cell)| {
                    let value = match cell {
                        Cell::Blank | Cell::NotPublished => Value::Null,
                        Cell::Text(words) => json!(words),
                        Cell::Number { value, .. } => json!(value),
                    };
                    (column.name.clone(), value)
                });
                Value::Object(cells.collect::<Map<String, Value>>())
            })
            .collect();
        json!({ "title": self.title, "rows": rows, "notes": self.notes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small() -> Table {
        let mut table =
            Table::new("two chips", vec![Column::left("chip"), Column::hidden("source"), Column::right("usd")]);
        table.push(vec![Cell::text("a"), Cell::text("x, y"), Cell::number(12345.5)]);
        table.push(vec![Cell::text("long name"), Cell::text(""), Cell::maybe(None)]);
        table.note("12,346 = 12,346".to_string());
        table
    }

    #[test]
    fn text_aligns_words_left_and_numbers_right() {
        let want = "two chips\nchip          usd\n---------  ------\na          12,346\nlong name\n  12,346 = 12,346\n";
        assert_eq!(small().to_text(), want);
    }

    #[test]
    fn machines_get_every_column_and_the_number_in_full() {
        assert_eq!(small().to_csv(), "chip,source,usd\na,\"x, y\",12345.5\nlong name,,\n");
        let json = small().to_json().to_string();
        let rows = r#"[{"chip":"a","source":"x, y","usd":12345.5},{"chip":"long name","source":null,"usd":null}]"#;
        assert_eq!(json, format!(r#"{{"title":"two chips","rows":{rows},"notes":["12,346 = 12,346"]}}"#));
    }

    #[test]
    fn numbers_keep_four_digits_and_never_vanish() {
        let shown = [0.0, 1.973e-5, 0.12, 1.8214285, 13.35, 700.1, 999.96, 1400000.0, -2500.0].map(show);
        assert_eq!(shown, ["0", "1.97e-5", "0.12", "1.821", "13.35", "700.1", "1000", "1,400,000", "-2,500"]);
    }
}
