//! What is wrong with a scenario: path, message, remedy, all at once, in the manner of rustc. Prints nothing.

use super::model::Origin;
use super::salvage::{self, Readable};
use super::sources::Sources;
use super::tree::Node;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use std::collections::BTreeSet;
use std::fmt;

/// How bad a problem is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Severity {
    /// The file is refused.
    Error,
    /// The file is read; the reader should know.
    Warning,
}

/// One thing wrong: where, what, and what would be right.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// Where the value stands.
    pub origin: Origin,
    /// Dotted path of the value; empty where there is none.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// What would be right.
    pub remedy: String,
    /// How bad it is.
    pub severity: Severity,
}

impl Problem {
    /// An error at `origin`: what is wrong, and what would be right (may be empty).
    pub fn at(origin: Origin, message: impl Into<String>, remedy: impl Into<String>) -> Problem {
        let (message, remedy) = (message.into(), remedy.into());
        Problem { origin, path: String::new(), message, remedy, severity: Severity::Error }
    }
    /// The same, said of the value at the dotted path.
    pub fn on(mut self, path: impl Into<String>) -> Problem {
        self.path = path.into();
        self
    }
    /// The same, as a warning.
    pub fn warning(mut self) -> Problem {
        self.severity = Severity::Warning;
        self
    }
}

/// Problems shown before the rest is only counted.
const SHOWN: usize = 100;
/// Longest line shown around a caret [characters].
const WIDEST_LINE: usize = 240;

/// Every problem found, with the texts they stand in.
#[derive(Clone, Debug, Default)]
pub struct Problems {
    list: Vec<Problem>,
    sources: Sources,
    /// What was read, where every problem lies in a value of its own.
    tree: Option<Box<Node>>,
}

impl Problems {
    /// Problems over these texts, sorted by position and without repetition.
    pub fn new(sources: Sources, list: Vec<Problem>) -> Problems {
        let mut problems = Problems { list, sources, tree: None };
        problems.tidy();
        problems
    }
    /// The same, with the tree in which they lie.
    pub(super) fn within(mut self, tree: Node) -> Problems {
        self.tree = Some(Box::new(tree));
        self
    }
    /// What can be read of the file all the same, with several stand-ins for the numbers that were refused; empty where it cannot be
    /// told what is missing.
    pub fn readable(&self) -> Vec<Readable> {
        self.tree.as_ref().map(|tree| salvage::readable(tree)).unwrap_or_default()
    }
    /// Adds more.
    pub fn extend(&mut self, more: impl IntoIterator<Item = Problem>) {
        self.list.extend(more);
        self.tidy();
    }
    /// The problems in order of position.
    pub fn iter(&self) -> std::slice::Iter<'_, Problem> {
        self.list.iter()
    }
    /// How many there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }
    /// True when there are none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
    /// True when one of them is an error.
    pub fn has_errors(&self) -> bool {
        self.list.iter().any(|problem| problem.severity == Severity::Error)
    }
    /// The texts the origins stand in.
    pub fn sources(&self) -> &Sources {
        &self.sources
    }

    fn tidy(&mut self) {
        let sources = &self.sources;
        self.list.sort_by(|a, b| {
            let key = |p: &Problem| (sources.order(p.origin), p.severity);
            key(a).cmp(&key(b)).then_with(|| a.message.cmp(&b.message)).then_with(|| a.path.cmp(&b.path))
        });
        let mut seen = BTreeSet::new();
        self.list.retain(|p| seen.insert((sources.order(p.origin), p.message.clone())));
    }

    /// As text in the manner of rustc, the first hundred; with colour codes only when asked.
    pub fn render(&self, colour: bool) -> String {
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        let mut out = String::new();
        for problem in self.list.iter().take(SHOWN) {
            out += &self.render_one(problem, &renderer);
            out += "\n\n";
        }
        let errors = self.list.iter().filter(|p| p.severity == Severity::Error).count();
        let warnings = self.list.len() - errors;
        if self.list.len() > SHOWN {
            out += &format!("... and {} more\n", self.list.len() - SHOWN);
        }
        let plural = |n: usize, noun: &str| format!("{n} {noun}{}", if n == 1 { "" } else { "s" });
        match (errors, warnings) {
            (0, 0) => {}
            (0, _) => out += &format!("{}\n", plural(warnings, "warning")),
            (_, 0) => out += &format!("{}\n", plural(errors, "error")),
            _ => out += &format!("{}, {}\n", plural(errors, "error"), plural(warnings, "warning")),
        }
        out
    }

    fn render_one(&self, problem: &Problem, renderer: &Renderer) -> String {
        let level = match problem.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let message = printable(&problem.message);
        let place = self.sources.span(problem.origin);
        let mut group = Group::with_title(level.primary_title(message));
        let path = printable(&problem.path);
        let remedy = printable(&problem.remedy);
        let shown;
        if let Some((text, range)) = place {
            let at = text.position(range.start);
            let line = text.line(at.line);
            let start = range.start - text.line_start(at.line);
            let end = (range.end - text.line_start(at.line)).min(line.len()).max(start);
            shown = Shown::new(line, start, end);
            group = group.element(
                Snippet::source(shown.line.as_str())
                    .line_start(at.line)
                    .path(text.name.as_str())
                    .annotation(AnnotationKind::Primary.span(shown.start..shown.end).label(path.as_str())),
            );
        } else if !path.is_empty() {
            group = group.element(Level::NOTE.message(path));
        }
        if !remedy.is_empty() {
            group = group.element(Level::HELP.message(remedy));
        }
        renderer.render(&[group]).lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
    }

    /// As a JSON list of objects: severity, path, file, line, column, message, remedy.
    pub fn to_json(&self) -> serde_json::Value {
        let one = |problem: &Problem| {
            let position = self.sources.position(problem.origin);
            serde_json::json!({
                "severity": match problem.severity { Severity::Error => "error", Severity::Warning => "warning" },
                "path": problem.path,
                "file": position.map(|(file, _)| file),
                "line": position.map(|(_, at)| at.line),
                "column": position.map(|(_, at)| at.column),
                "message": problem.message,
                "remedy": problem.remedy,
            })
        };
        serde_json::Value::Array(self.list.iter().map(one).collect())
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}
impl std::error::Error for Problems {}

/// Text without control characters, which could play with a terminal.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { '\u{fffd}' } else { c }).collect()
}

/// A line cut to a width that fits around the caret.
struct Shown {
    line: String,
    start: usize,
    end: usize,
}

impl Shown {
    /// `start` and `end` are byte offsets in `line`, moved to character boundaries.
    fn new(line: &str, start: usize, end: usize) -> Shown {
        let floor = |at: usize| (0..=at.min(line.len())).rev().find(|i| line.is_char_boundary(*i)).unwrap_or(0);
        let (start, end) = (floor(start), floor(end));
        let from = if line.chars().count() > WIDEST_LINE && start > WIDEST_LINE / 2 {
            floor(start - WIDEST_LINE / 2)
        } else {
            0
        };
        // Tabs and control characters become one space, so that columns hold.
        let clean = |text: &str| text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>();
        let before = clean(&line[from..start]);
        let within: String = clean(&line[start..end]).chars().take(WIDEST_LINE / 2).collect();
        let after: String = clean(&line[end..]).chars().take(WIDEST_LINE / 2).collect();
        let (start, end) = (before.len(), before.len() + within.len());
        Shown { line: before + &within + &after, start, end }
    }
}
