//! The two streams: what was asked for goes to standard output, everything else to standard error.
//! Knows whether somebody is looking; formats nothing.

use std::io::{self, IsTerminal, Write};

/// Writes what was asked for. A closed pipe is an error to pass on, never a panic.
pub fn say(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Writes to standard error; if that is closed there is nobody left to tell.
pub fn tell(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// Whether errors may have colour: standard error is a terminal, and neither `NO_COLOR` nor `TERM=dumb` is set.
pub fn colour() -> bool {
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
    io::stderr().is_terminal() && !no_color && !dumb
}

/// Width of the terminal [characters]; None when standard output is none, so that nothing is cut.
pub fn width() -> Option<usize> {
    terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| usize::from(width.0))
}

/// Lines of `text` no longer than `width`; a cut is marked.
pub fn cut(text: &str, width: Option<usize>) -> String {
    let Some(width) = width.filter(|width| *width > 1) else { return text.to_owned() };
    let line = |line: &str| match line.char_indices().nth(width) {
        None => line.to_owned(),
        Some(_) => line.chars().take(width - 1).chain(['…']).collect(),
    };
    text.lines().map(|text| line(text) + "\n").collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_terminal_cuts() {
        assert_eq!(cut("abcdef\nabc\n", Some(4)), "abc…\nabc\n");
        assert_eq!(cut("abcdef\nabc\n", None), "abcdef\nabc\n");
    }
}
