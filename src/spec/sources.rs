//! Where every value came from: files, `--set` arguments and positions in them. Reads no file.

use super::model::Origin;

/// Texts that values were read from, and the places in them that [`Origin`]s stand for.
#[derive(Clone, Debug)]
pub struct Sources {
    texts: Vec<Text>,
    places: Vec<Place>,
}

/// A text that values were read from.
#[derive(Clone, Debug)]
pub(super) struct Text {
    /// Path of a file as given, or `--set #2`.
    pub name: String,
    /// What was parsed; invalid bytes replaced one for one, so that positions hold.
    pub text: String,
    /// The bytes of a file, for hashing; None for `--set`.
    bytes: Option<Vec<u8>>,
    /// Byte offset of each line's first character.
    lines: Vec<u32>,
    /// Lines of the file before this text: 0 but for excerpts.
    skipped: usize,
}

/// What an origin stands for.
#[derive(Clone, Debug)]
struct Place {
    text: Option<u32>,
    start: u32,
    end: u32,
    via: Option<String>,
}

/// Line and column of a place, both from 1; the column counts characters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl Default for Sources {
    fn default() -> Self {
        Sources { texts: Vec::new(), places: vec![Place { text: None, start: 0, end: 0, via: None }] }
    }
}

impl Sources {
    /// Where `origin` stands: `file.toml:12:5`, `file.toml:12:5 (futures.X.set)`, `--set #2` or `default`.
    pub fn describe(&self, origin: Origin) -> String {
        let place = self.place(origin);
        let Some(text) = place.text.map(|index| &self.texts[index as usize]) else { return "default".into() };
        let mut out = text.name.clone();
        if text.bytes.is_some() || 0 < text.skipped {
            let at = text.position(place.start as usize);
            out += &format!(":{}:{}", at.line, at.column);
        }
        if let Some(via) = &place.via {
            out += &format!(" ({via})");
        }
        out
    }

    /// Every file read, in reading order: its path as given and its bytes.
    pub fn inputs(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.texts.iter().filter_map(|text| Some((text.name.as_str(), text.bytes.as_deref()?)))
    }

    /// File, line and column of `origin`; None for defaults.
    pub fn position(&self, origin: Origin) -> Option<(&str, Position)> {
        let (text, range) = self.span(origin)?;
        Some((&text.name, text.position(range.start)))
    }

    /// Order of an origin in the files as read; defaults first.
    pub(super) fn order(&self, origin: Origin) -> (u32, u32) {
        let place = self.place(origin);
        (place.text.map_or(0, |index| index + 1), place.start)
    }

    /// An origin in a file too large to be kept: `text` is its line number `line`, and `range` the bytes of it that are meant.
    pub fn excerpt(&mut self, file: &str, line: usize, text: &str, range: std::ops::Range<usize>) -> Origin {
        let index = self.add_text(file.to_owned(), text.to_owned(), None);
        self.texts[index].skipped = line.max(1) - 1;
        self.add_place(index, range, None)
    }

    /// The text and byte range an origin stands for.
    pub(super) fn span(&self, origin: Origin) -> Option<(&Text, std::ops::Range<usize>)> {
        let place = self.place(origin);
        let text = &self.texts[place.text? as usize];
        Some((text, place.start as usize..place.end as usize))
    }

    /// Sources with one empty text, for values whose origin is known otherwise.
    pub(super) fn scratch() -> Sources {
        let mut sources = Sources::default();
        sources.add_text(String::new(), String::new(), None);
        sources
    }

    /// Adds a text; `bytes` for a file.
    pub(super) fn add_text(&mut self, name: String, text: String, bytes: Option<Vec<u8>>) -> usize {
        let lines =
            std::iter::once(0).chain(text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(i, _)| i as u32 + 1));
        let lines = lines.collect();
        self.texts.push(Text { name, text, bytes, lines, skipped: 0 });
        self.texts.len() - 1
    }

    /// The text added as `index`.
    pub(super) fn text(&self, index: usize) -> &str {
        &self.texts[index].text
    }

    /// An origin for a byte range of a text.
    pub(super) fn add_place(&mut self, text: usize, range: std::ops::Range<usize>, via: Option<String>) -> Origin {
        let length = self.texts[text].text.len();
        let (start, end) = (range.start.min(length), range.end.min(length));
        self.places.push(Place { text: Some(text as u32), start: start as u32, end: end.max(start) as u32, via });
        Origin(self.places.len() as u32 - 1)
    }

    /// Notes that the value at `origin` is applied by the named `set` table.
    pub(super) fn mark_via(&mut self, origin: Origin, via: &str) {
        self.places[origin.0 as usize].via = Some(via.to_owned());
    }

    fn place(&self, origin: Origin) -> &Place {
        self.places.get(origin.0 as usize).unwrap_or(&self.places[0])
    }
}

impl Text {
    /// Line and column of a byte offset.
    pub(super) fn position(&self, offset: usize) -> Position {
        let line = self.lines.partition_point(|start| *start as usize <= offset).max(1);
        let start = self.lines[line - 1] as usize;
        let column = self.text.get(start..offset).map_or(offset - start, |text| text.chars().count()) + 1;
        Position { line: self.skipped + line, column }
    }
    /// The text of a line (from 1) without its line break.
    pub(super) fn line(&self, line: usize) -> &str {
        let start = self.line_start(line);
        let end = self.lines.get(line - self.skipped).map_or(self.text.len(), |next| *next as usize);
        self.text[start..end].trim_end_matches(['\n', '\r'])
    }
    /// Byte offset of a line's start.
    pub(super) fn line_start(&self, line: usize) -> usize {
        self.lines[line - self.skipped - 1] as usize
    }
}
