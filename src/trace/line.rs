//! Lines of a log and their fields, with the place of each: BOM, CRLF, quotes. Knows no column's meaning.
//!
//! Rows are split here and not by crate csv, whose fields have lost their place in the line once they are unquoted; the tests compare
//! the two field by field.

use super::layout::Form;
use std::io::{self, BufRead, BufReader, Read};
use std::ops::Range;

/// Bytes read at once.
const BUFFER: usize = 1 << 17;
/// Longest line [bytes].
const LONGEST: usize = 1 << 20;
/// Bytes behind an opening quote in which its end is looked for, beyond its own line.
const LONGEST_QUOTED: usize = 1 << 12;

/// What is wrong with a line as such.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Broken {
    /// More bytes than any row has.
    TooLong,
    /// A quote that begins here [byte of the line] and does not end.
    Unclosed(usize),
}

/// A row: its line as it stands, and its fields.
#[derive(Default, Debug)]
pub(super) struct Record {
    /// Line of the file, from 1.
    pub line: u64,
    /// The line without its end.
    pub raw: Vec<u8>,
    pub broken: Option<Broken>,
    /// Fields in `raw`, quotes included.
    places: Vec<Range<u32>>,
    /// Unquoted fields, used only when some field of the row has a quote.
    text: Vec<u8>,
    texts: Vec<Range<u32>>,
}

/// Rows of a text.
pub(super) struct Lines<R> {
    input: BufReader<R>,
    form: Form,
    /// Read before its time, in search of the end of a quote; from the index on it is still to come.
    ahead: (Vec<u8>, usize),
    next_line: u64,
    pub record: Record,
}

impl<R: Read> Lines<R> {
    pub fn new(input: R, form: Form) -> Lines<R> {
        let input = BufReader::with_capacity(BUFFER, input);
        Lines { input, form, ahead: (Vec::new(), 0), next_line: 1, record: Record::default() }
    }

    /// Reads the next line that is not blank and splits it; false at the end.
    pub fn read(&mut self) -> io::Result<bool> {
        loop {
            self.record.raw.clear();
            self.record.broken = None;
            self.record.line = self.next_line;
            if !self.line()? {
                return Ok(false);
            }
            if !self.record.raw.iter().all(u8::is_ascii_whitespace) {
                break;
            }
        }
        if self.form == Form::Comma && self.record.raw.contains(&b'"') {
            self.close_quotes()?;
        }
        self.record.split(self.form);
        Ok(true)
    }

    /// Appends a line without its end to the record; false at the end of the text.
    fn line(&mut self) -> io::Result<bool> {
        let raw = &mut self.record.raw;
        let before = raw.len();
        let (ahead, from) = &mut self.ahead;
        if *from < ahead.len() {
            let rest = &ahead[*from..];
            let end = rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |at| at + 1);
            raw.extend_from_slice(&rest[..end]);
            *from += end;
        }
        if raw.last() != Some(&b'\n') || raw.len() == before {
            let read = self.input.by_ref().take(LONGEST as u64).read_until(b'\n', raw)?;
            if read == LONGEST && raw.last() != Some(&b'\n') {
                self.record.broken = Some(Broken::TooLong);
                skip_line(&mut self.input)?;
            }
        }
        if raw.len() == before {
            return Ok(false);
        }
        if self.next_line == 1 && raw.starts_with(b"\xEF\xBB\xBF") {
            raw.drain(..3);
        }
        self.next_line += 1;
        trim_end(raw, before);
        Ok(true)
    }

    /// Appends lines until no quote is open; where that does not come soon, the first line stands alone and is broken.
    fn close_quotes(&mut self) -> io::Result<()> {
        let (own, line) = (self.record.raw.len(), self.next_line);
        let Some(opened) = open_quote(&self.record.raw) else { return Ok(()) };
        while self.record.broken.is_none() && self.record.raw.len() < own + LONGEST_QUOTED {
            self.record.raw.push(b'\n');
            if !self.line()? {
                break;
            }
            if open_quote(&self.record.raw).is_none() {
                return Ok(());
            }
        }
        let (ahead, from) = &self.ahead;
        let mut again = self.record.raw[own..].strip_prefix(b"\n").unwrap_or_default().to_vec();
        if !again.is_empty() {
            again.push(b'\n');
        }
        again.extend_from_slice(&ahead[*from..]);
        self.ahead = (again, 0);
        self.next_line = line;
        self.record.raw.truncate(own);
        self.record.broken = Some(Broken::Unclosed(opened));
        Ok(())
    }
}

fn skip_line(input: &mut impl BufRead) -> io::Result<()> {
    loop {
        let (used, done) = {
            let buffer = input.fill_buf()?;
            match buffer.iter().position(|byte| *byte == b'\n') {
                Some(at) => (at + 1, true),
                None => (buffer.len(), buffer.is_empty()),
            }
        };
        input.consume(used);
        if done {
            return Ok(());
        }
    }
}

/// Takes `\n` or `\r\n` off the end, not going below `least`.
fn trim_end(raw: &mut Vec<u8>, least: usize) {
    for end in [b'\n', b'\r'] {
        if least < raw.len() && raw.last() == Some(&end) {
            raw.pop();
        }
    }
}

/// Where the quote begins that is still open at the end.
fn open_quote(raw: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        if raw.get(at) == Some(&b'"') {
            match end_of_quoted(raw, at) {
                None => return Some(at),
                Some(end) => at = end,
            }
        }
        at += raw[at..].iter().position(|byte| *byte == b',')? + 1;
    }
}

/// Behind the quote that closes the one at `from`; a doubled quote is a quote of the text.
fn end_of_quoted(raw: &[u8], from: usize) -> Option<usize> {
    let mut at = from + 1;
    loop {
        at += raw[at..].iter().position(|byte| *byte == b'"')? + 1;
        if raw.get(at) != Some(&b'"') {
            return Some(at);
        }
        at += 1;
    }
}

impl Record {
    /// How many fields the row has.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// A field's text, unquoted, without the white space around it.
    #[inline]
    pub fn field(&self, index: usize) -> &[u8] {
        let of = |place: &Range<u32>| place.start as usize..place.end as usize;
        match self.texts.get(index) {
            None => self.raw[of(&self.places[index])].trim_ascii(),
            Some(text) => self.text[of(text)].trim_ascii(),
        }
    }

    /// Where a field stands in the line [bytes of `raw`]; behind its end when there is no such field.
    pub fn place(&self, index: usize) -> Range<usize> {
        let Some(place) = self.places.get(index) else { return self.raw.len()..self.raw.len() };
        let (start, end) = (place.start as usize, place.end as usize);
        let blank = self.raw[start..end].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let start = if blank == end - start { start } else { start + blank };
        start..start + self.raw[start..end].trim_ascii().len()
    }

    fn split(&mut self, form: Form) {
        self.places.clear();
        self.text.clear();
        self.texts.clear();
        match form {
            Form::Space => self.split_at_space(),
            Form::Comma if self.raw.contains(&b'"') && self.broken.is_none() => self.split_quoted(),
            Form::Comma => self.split_at_commas(),
        }
    }

    fn split_at_commas(&mut self) {
        let mut start = 0;
        for (at, byte) in self.raw.iter().enumerate() {
            if *byte == b',' {
                self.places.push(start..at as u32);
                start = at as u32 + 1;
            }
        }
        self.places.push(start..self.raw.len() as u32);
    }

    fn split_at_space(&mut self) {
        let mut start = None;
        for (at, byte) in self.raw.iter().chain(b" ").enumerate() {
            match (byte.is_ascii_whitespace(), start) {
                (true, Some(from)) => {
                    self.places.push(from..at as u32);
                    start = None;
                }
                (false, None) => start = Some(at as u32),
                _ => {}
            }
        }
    }

    /// As crate csv: a quote counts where it opens a field; what follows its end up to the comma is text.
    fn split_quoted(&mut self) {
        let mut at = 0;
        loop {
            let (start, text) = (at, self.text.len() as u32);
            if self.raw.get(at) == Some(&b'"') {
                at = end_of_quoted(&self.raw, at).unwrap_or(self.raw.len());
                let mut inner = self.raw[start + 1..at.max(start + 2) - 1].iter().copied();
                while let Some(byte) = inner.next() {
                    self.text.push(byte);
                    if byte == b'"' {
                        inner.next();
                    }
                }
            }
            let rest = &self.raw[at..];
            let end = at + rest.iter().position(|byte| *byte == b',').unwrap_or(rest.len());
            self.text.extend_from_slice(&self.raw[at..end]);
            self.places.push(start as u32..end as u32);
            self.texts.push(text..self.text.len() as u32);
            if end == self.raw.len() {
                return;
            }
            at = end + 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Fields of every row, as they are split here, without rows of one empty field in quotes.
    fn ours(text: &[u8]) -> Vec<Vec<Vec<u8>>> {
        let mut lines = Lines::new(text, Form::Comma);
        let mut rows = Vec::new();
        while lines.read().unwrap() {
            let record = &lines.record;
            assert_eq!(record.broken, None);
            rows.push((0..record.len()).map(|index| record.field(index).to_vec()).collect());
        }
        rows.retain(|row: &Vec<Vec<u8>>| *row != [Vec::<u8>::new()]);
        rows
    }

    /// The same through crate csv, without rows of nothing but white space, which are blank lines to us.
    fn theirs(text: &[u8]) -> Vec<Vec<Vec<u8>>> {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text);
        let fields = |row: csv::ByteRecord| row.iter().map(|field| field.trim_ascii().to_vec()).collect::<Vec<_>>();
        reader.byte_records().map(|row| fields(row.unwrap())).filter(|row| *row != [Vec::<u8>::new()]).collect()
    }

    proptest! {
        /// Quotes, doubled ones, lines inside them, and none: field by field as crate csv, wherever every quote is closed.
        #[test]
        fn rows_are_split_as_crate_csv_does(text in "([ab ]{0,2}(\"[a,\n]{0,2}(\"\")?[b,]{0,2}\")?[a]{0,1}[,\n]){0,12}") {
            // A quote opens a field only at its start; where text stands before it, it is a letter like any other and may be alone.
            let bare = text.lines().any(|line| line.split(',').any(|field| field.contains('"') && !field.starts_with('"')));
            if !bare {
                prop_assert_eq!(ours(text.as_bytes()), theirs(text.as_bytes()));
            }
        }
    }

    /// A quote that does not close costs its own line only.
    #[test]
    fn an_open_quote_does_not_swallow_the_rest() {
        let mut lines = Lines::new(&b"a,\"b\nc,d\n\ne"[..], Form::Comma);
        let mut found = Vec::new();
        while lines.read().unwrap() {
            found.push((lines.record.line, lines.record.broken, lines.record.raw.clone()));
        }
        let open = Some(Broken::Unclosed(2));
        assert_eq!(found, [(1, open, b"a,\"b".to_vec()), (2, None, b"c,d".to_vec()), (4, None, b"e".to_vec())]);
    }

    /// A line of two mebibytes is broken, and the next is read.
    #[test]
    fn a_long_line_is_not_held() {
        let text = "x".repeat(2 * LONGEST) + "\ny\n";
        let mut lines = Lines::new(text.as_bytes(), Form::Comma);
        assert!(lines.read().unwrap());
        assert_eq!((lines.record.broken, lines.record.raw.len()), (Some(Broken::TooLong), LONGEST));
        assert!(lines.read().unwrap());
        assert_eq!((lines.record.line, &lines.record.raw[..]), (2, &b"y"[..]));
    }
}
