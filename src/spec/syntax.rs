//! Syntax errors, all of them, and a text without them in which every byte keeps its place. Knows TOML, not scenarios.

use std::collections::BTreeSet;
use std::ops::Range;
use toml::de::DeTable;

/// A text that parses, and what was wrong with the one it was made from.
pub(super) struct Recovered {
    /// The text with the statements at fault blanked out.
    pub text: String,
    /// Where, what, and what would be right.
    pub errors: Vec<SyntaxError>,
    /// What the blanked statements may have declared.
    pub lost: Lost,
}

/// One syntax error.
pub(super) struct SyntaxError {
    pub span: Range<usize>,
    pub message: String,
    pub remedy: String,
}

/// Words of statements that could not be read: nobody should complain that they are missing.
#[derive(Clone, Debug, Default)]
pub(super) struct Lost {
    /// Last part of each lost key.
    pub keys: BTreeSet<String>,
    /// Every part of each lost table header.
    pub names: BTreeSet<String>,
    /// A whole file is lost: anything may have been in it.
    pub all: bool,
}

/// One line, or several where brackets or strings span them.
struct Statement {
    range: Range<usize>,
    is_header: bool,
    /// Where a bracket or string opens that nothing closes.
    unclosed: Option<usize>,
}

const ROUNDS: usize = 10;
const MOST_ERRORS: usize = 1000;

/// Finds every syntax error, blanking what is at fault and reading again, so that one error hides no other.
pub(super) fn recover(text: &str) -> Recovered {
    let statements = statements(text);
    let mut bytes = text.as_bytes().to_vec();
    let mut errors = Vec::new();
    let mut lost = Lost::default();
    let mut blamed = BTreeSet::new();
    for (index, statement) in statements.iter().enumerate() {
        if let Some(open) = statement.unclosed {
            blamed.insert(index);
            blank(text, &mut bytes, &statements, index, &mut lost);
            errors.push(unclosed(text, open));
        }
    }
    for _ in 0..ROUNDS {
        let found = {
            let current = String::from_utf8_lossy(&bytes);
            DeTable::parse_recoverable(&current).1
        };
        let mut news = false;
        for error in found {
            let span = error.span().unwrap_or(0..0);
            let index =
                statements.partition_point(|s| s.range.end <= span.start).min(statements.len().saturating_sub(1));
            if !blamed.insert(index) || errors.len() >= MOST_ERRORS {
                continue;
            }
            news = true;
            let duplicate = error.message().contains("duplicate key");
            if !(duplicate && statements.get(index).is_some_and(|s| s.is_header)) {
                blank(text, &mut bytes, &statements, index, &mut lost);
            }
            let (message, remedy) = explain(error.message(), text.get(span.clone()).unwrap_or(""));
            errors.push(SyntaxError { span, message, remedy });
        }
        if !news {
            break;
        }
    }
    Recovered { text: String::from_utf8_lossy(&bytes).into_owned(), errors, lost }
}

/// Puts spaces in place of a statement; a header takes its table with it.
fn blank(text: &str, bytes: &mut [u8], statements: &[Statement], index: usize, lost: &mut Lost) {
    let Some(statement) = statements.get(index) else { return };
    let written = &text[statement.range.clone()];
    let word = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    let mut end = statement.range.end;
    if statement.is_header {
        let line = written.lines().next().unwrap_or("");
        let line = line.split('#').next().unwrap_or("");
        lost.names.extend(line.split(|c: char| !word(c)).filter(|w| !w.is_empty()).map(str::to_owned));
        let next = statements[index + 1..].iter().find(|s| s.is_header);
        end = next.map_or(text.len(), |s| s.range.start);
    } else {
        let key = written.split('=').next().unwrap_or("");
        let last = key.trim().rsplit('.').next().unwrap_or("").trim_matches(|c: char| !word(c));
        let first: String = last.chars().take_while(|c| word(*c)).collect();
        lost.keys.insert(first);
    }
    for b in &mut bytes[statement.range.start..end] {
        if *b != b'\n' && *b != b'\r' {
            *b = b' ';
        }
    }
}

fn unclosed(text: &str, open: usize) -> SyntaxError {
    let rest = &text[open..];
    let (mark, close) = match rest.as_bytes().first() {
        Some(b'[') => ("[", "]"),
        Some(b'{') => ("{", "}"),
        Some(b'"') => ("\"\"\"", "\"\"\""),
        _ => ("'''", "'''"),
    };
    SyntaxError {
        span: open..open + mark.len(),
        message: format!("this `{mark}` is never closed"),
        remedy: format!("add the missing `{close}`"),
    }
}

/// The parser's message in plainer words, and a cure.
fn explain(message: &str, found: &str) -> (String, String) {
    let cure = |text: &str| (message.to_owned(), text.to_owned());
    if message.starts_with("string values must be quoted") || message.starts_with("invalid boolean") {
        return match found.trim() {
            "" => ("a key without a value".into(), "write a value after `=`".into()),
            words if words.contains(char::is_whitespace) => {
                (format!("`{words}` is not a value"), "one value, or one text in quotes".into())
            }
            word => (format!("`{word}` is not a value"), "a text needs quotes around it".into()),
        };
    }
    if message.contains("duplicate key") {
        return (format!("`{found}` is given twice"), "keep one of the two".into());
    }
    if message.starts_with("key with no value") {
        return ("a key without a value".into(), "write `key = value`".into());
    }
    if message.contains("date") || message.contains("time") {
        return cure("a date is written 2026-12-31, without quotes");
    }
    if message.contains("string") {
        return cure("a text ends on its line with the quote it began with");
    }
    if message.contains("comma") {
        return cure("put a comma between the two");
    }
    if message.contains("float")
        || message.contains("integer")
        || message.contains("digit")
        || message.contains("leading zero")
    {
        return cure("a number is written 1_000, 3.5 or 6e26");
    }
    cure("TOML is `key = value`: texts in quotes, lists in [ ], tables in { }")
}

fn statements(text: &str) -> Vec<Statement> {
    let bytes = text.as_bytes();
    let mut out = Vec::new();
    let mut start = 0;
    while start < bytes.len() {
        let (end, unclosed) = statement_end(text, start);
        let is_header = text[start..end].trim_start().starts_with('[');
        out.push(Statement { range: start..end, is_header, unclosed });
        start = end;
    }
    out
}

/// End of the statement that starts at `start`, and what it leaves open.
fn statement_end(text: &str, start: usize) -> (usize, Option<usize>) {
    let bytes = text.as_bytes();
    let mut open: Vec<usize> = Vec::new();
    let mut crossed = None;
    let mut at = start;
    while at < bytes.len() {
        match bytes[at] {
            b'\n' => {
                at += 1;
                let Some(innermost) = open.last() else { return (at, crossed) };
                let next = line_at(text, at);
                if looks_like_header(next) || (bytes[*innermost] == b'[' && looks_like_key(next)) {
                    return (at, crossed.or(Some(*innermost)));
                }
            }
            b'#' => at += line_at(text, at).len(),
            quote @ (b'"' | b'\'') => {
                let triple = [quote; 3];
                if bytes[at..].starts_with(&triple) {
                    match end_of_long_string(&bytes[at + 3..], quote) {
                        Some(length) => at += 3 + length,
                        None => return (next_header(text, at), Some(at)),
                    }
                } else {
                    at += short_string(&bytes[at..], quote);
                }
            }
            b'[' | b'{' => {
                open.push(at);
                at += 1;
            }
            b']' | b'}' => {
                // A bracket of the other kind: the innermost one is what nobody closed.
                let opener = if bytes[at] == b']' { b'[' } else { b'{' };
                while let Some(innermost) = open.pop()
                    && bytes[innermost] != opener
                {
                    crossed.get_or_insert(innermost);
                }
                at += 1;
            }
            _ => at += 1,
        }
    }
    (bytes.len(), crossed.or(open.last().copied()))
}

/// The rest of the line at `at`, without its line break.
fn line_at(text: &str, at: usize) -> &str {
    let rest = &text.as_bytes()[at..];
    let length = rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
    text.get(at..at + length).unwrap_or("")
}

/// Length of a one-line string with both quotes; up to the line's end when it is not closed.
fn short_string(bytes: &[u8], quote: u8) -> usize {
    let mut i = 1;
    while i < bytes.len() {
        match bytes[i] {
            b'\n' => return i,
            b'\\' if quote == b'"' && bytes.get(i + 1).is_some_and(|b| *b != b'\n') => i += 2,
            b if b == quote => return i + 1,
            _ => i += 1,
        }
    }
    bytes.len()
}

/// Length up to and with the closing three quotes.
fn end_of_long_string(bytes: &[u8], quote: u8) -> Option<usize> {
    let mut i = 0;
    while i < bytes.len() {
        match bytes[i] {
            b'\\' if quote == b'"' => i += 2,
            b if b == quote && bytes[i..].starts_with(&[quote; 3]) => {
                let more = bytes[i + 3..].iter().take(2).take_while(|b| **b == quote).count();
                return Some(i + 3 + more);
            }
            _ => i += 1,
        }
    }
    None
}

/// Start of the next line that looks like a table header, or the end.
fn next_header(text: &str, from: usize) -> usize {
    let mut at = from;
    loop {
        let line = line_at(text, at).len();
        at = (at + line + 1).min(text.len());
        if at == text.len() || looks_like_header(line_at(text, at)) {
            return at;
        }
    }
}

fn is_key_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '"' | '\'' | ' ')
}

/// `[a.b]`: a bare word cannot stand alone in a list of values.
fn looks_like_header(line: &str) -> bool {
    let Some(inner) = line.trim_start().strip_prefix('[') else { return false };
    let inner = inner.strip_prefix('[').unwrap_or(inner).trim_start();
    if !inner.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        return false;
    }
    let rest = inner.trim_start_matches(is_key_char);
    let Some(after) = rest.strip_prefix(']') else { return false };
    let after = after.strip_prefix(']').unwrap_or(after).trim();
    after.is_empty() || after.starts_with('#')
}

/// `key =`.
fn looks_like_key(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && line.trim_start_matches(is_key_char).starts_with('=')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, errors: usize, left: &str) {
        let recovered = recover(text);
        let messages: Vec<&String> = recovered.errors.iter().map(|e| &e.message).collect();
        assert_eq!(messages.len(), errors, "{text:?}: {messages:?}");
        let words: Vec<&str> = recovered.text.split_whitespace().collect();
        assert_eq!(words.join(" "), left, "{text:?}");
        assert_eq!(recovered.text.len(), text.len(), "every byte keeps its place");
    }

    #[test]
    fn one_error_hides_no_other() {
        check("a = 1\nfoo bar\nb = bare\nc = 3", 2, "a = 1 c = 3");
        check("a = [1, 2\nb = 2\n[t]\nc = 3", 1, "b = 2 [t] c = 3");
        check("[t\nc = 3\n[u]\nd = 4", 1, "[u] d = 4");
        check("a = \"\"\"x\ny\n[t]\nz = 1", 1, "[t] z = 1");
        check("a = 1\na = 2\n[t]\n[t]\nb = 1", 2, "a = 1 [t] [t] b = 1");
        check("a = [\n  [1, 2],\n  [\"b\"]\n]\nb = {x = 1,\n y = 2}", 0, "a = [ [1, 2], [\"b\"] ] b = {x = 1, y = 2}");
    }
}
