//! Judges a tree against the definition: unknown keys, types, units, ranges, what is required. Reports every problem and
//! returns typed values; does not know the structs they end in.

use super::define::{self, Key, Kind, LONGEST_TEXT, MOST_ENTRIES, Refers, Table};
use super::duration;
use super::model::{At, Leaf, Named, Note, Origin};
use super::names::Names;
use super::problem::Problem;
use super::suggest;
use super::syntax::Lost;
use super::tree::{Entries, Entry, Node, Value, join};
use crate::units::Date;
use std::collections::{BTreeMap, BTreeSet};

/// A judged value.
#[derive(Clone, Debug)]
pub(super) enum Cooked {
    Leaf(Leaf),
    Integer(At<i64>),
    Text(At<String>),
    Bool(At<bool>),
    Date(At<Date>),
    Texts(Vec<At<String>>),
    Leaves(Vec<Leaf>),
    Integers(Vec<At<i64>>),
    Record(Record),
    Records(Vec<Record>),
    Map(Vec<Named<Cooked>>),
    Set(Vec<SetEntry>),
}

/// A judged table: its values by key.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub table: &'static Table,
    pub path: String,
    pub origin: Origin,
    pub fields: BTreeMap<&'static str, Cooked>,
}

/// One entry of a `set` table.
#[derive(Clone, Debug)]
pub(super) struct SetEntry {
    pub path: At<String>,
    pub node: Node,
}

impl std::fmt::Debug for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.title)
    }
}

/// Judges values, collecting problems.
pub(super) struct Cook<'a> {
    pub names: &'a Names,
    pub lost: &'a Lost,
    pub problems: Vec<Problem>,
    /// The table of the enclosing `source`, `as_of` ...
    pub note: Note,
    /// `low` and `high` of the table under judgement, for its one amount.
    pub ends: Option<[Node; 2]>,
    /// Inside an element of a list that has no name.
    pub unnamed: bool,
    /// Keys of the table under judgement that are there and were refused: a rule does not call them missing.
    pub refused: Vec<&'static str>,
}

impl<'a> Cook<'a> {
    /// Nothing judged yet.
    pub fn new(names: &'a Names, lost: &'a Lost) -> Self {
        Cook {
            names,
            lost,
            problems: Vec::new(),
            note: Note::default(),
            ends: None,
            unnamed: false,
            refused: Vec::new(),
        }
    }

    /// Records an error.
    pub fn error(&mut self, origin: Origin, path: &str, message: impl Into<String>, remedy: impl Into<String>) {
        if self.problems.len() < MOST_PROBLEMS {
            self.problems.push(Problem::at(origin, message, remedy).on(path));
        }
    }

    /// The judged value; None when it is refused, the problems saying why.
    pub fn cook(&mut self, node: &Node, kind: &'static Kind, path: &str) -> Option<Cooked> {
        match kind {
            Kind::Number(_) | Kind::Duration(_) => self.leaf(node, kind, path).map(Cooked::Leaf),
            Kind::Integer(min, max) => self.integer(node, *min, *max, path).map(Cooked::Integer),
            Kind::IntegerOr(min, max, table) => match &node.value {
                Value::Table(_) => self.record(node, table, path).map(Cooked::Record),
                _ => self.integer(node, *min, *max, path).map(Cooked::Integer),
            },
            Kind::DurationOr(range, table) => match node.entries() {
                // A number that is not known has a `dist` too, but no mean.
                Some(entries) if entries.contains_key("mean") => self.record(node, table, path).map(Cooked::Record),
                _ => self.leaf_in(node, range, true, path).map(Cooked::Leaf),
            },
            Kind::Date => self.date(node, path).map(Cooked::Date),
            Kind::Text => self.text(node, path, "a text in quotes").map(Cooked::Text),
            Kind::Bool => match &node.value {
                Value::Bool(yes) => Some(Cooked::Bool(at(*yes, node, path))),
                _ => self.wrong_type(node, path, "true or false", "write `true` or `false`, without quotes"),
            },
            Kind::Choice(now, later) => self.choice(node, now, later, path).map(Cooked::Text),
            Kind::Name(refers) => {
                let name = self.text(node, path, "a name in quotes")?;
                self.refer(&name, *refers);
                Some(Cooked::Text(name))
            }
            Kind::Names(refers) => self.name_list(node, *refers, path).map(Cooked::Texts),
            Kind::Numbers(range) => {
                let items = self.items(node, path, "a list of numbers", "e.g. [1, 2, 4]")?;
                let range = *range;
                let leaf = |cook: &mut Self, (i, item): (usize, &Node)| {
                    cook.leaf_in(item, &range, false, &format!("{path}[{i}]"))
                };
                let leaves: Vec<_> =
                    self.unnamed(|cook| items.iter().enumerate().map(|item| leaf(cook, item)).collect());
                leaves.into_iter().collect::<Option<Vec<_>>>().map(Cooked::Leaves)
            }
            Kind::Integers(min, max) => {
                let items = self.items(node, path, "a list of whole numbers", "e.g. [8, 64]")?;
                let all: Vec<_> = items
                    .iter()
                    .enumerate()
                    .map(|(i, item)| self.integer(item, *min, *max, &format!("{path}[{i}]")))
                    .collect();
                all.into_iter().collect::<Option<Vec<_>>>().map(Cooked::Integers)
            }
            Kind::Table(table) => self.record(node, table, path).map(Cooked::Record),
            Kind::Variant(tables, later) => self.variant(node, kind, tables, later, path),
            Kind::Map(refers, of) => self.map(node, *refers, of, path).map(Cooked::Map),
            Kind::NumberOrMap(range, of) => match node.entries() {
                Some(entries) if !entries.is_empty() && !super::leaf::is_leaf_table(entries) => {
                    self.map(node, Refers::Anything, of, path).map(Cooked::Map)
                }
                _ => self.leaf_in(node, range, false, path).map(Cooked::Leaf),
            },
            Kind::List(Kind::Table(table)) => self.list(node, table, path).map(Cooked::Records),
            Kind::Set => self.set(node, path).map(Cooked::Set),
            Kind::List(_) => unreachable!("lists hold tables"),
            Kind::Extends => None,
            Kind::Later(feature) => self.comes_later(node.origin, path, &format!("`{}`", last(path)), feature),
        }
    }

    /// Judges with elements of a list that cannot have names.
    fn unnamed<T>(&mut self, judge: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.unnamed, true);
        let out = judge(self);
        self.unnamed = before;
        out
    }

    /// Refuses a value of the wrong type.
    pub fn wrong_type<T>(&mut self, node: &Node, path: &str, expected: &str, remedy: &str) -> Option<T> {
        let found = node.type_name();
        self.error(node.origin, path, format!("`{}` must be {expected}, not {found}", last(path)), remedy);
        None
    }

    /// Refuses what a later version will read.
    pub fn comes_later<T>(&mut self, origin: Origin, path: &str, what: &str, feature: &str) -> Option<T> {
        self.error(origin, path, format!("{what} is not read yet: it comes with {feature}"), "take it out for now");
        None
    }

    fn integer(&mut self, node: &Node, min: i64, max: i64, path: &str) -> Option<At<i64>> {
        let remedy = format!("a whole number from {min} to {max}");
        match &node.value {
            Value::Integer(n) if min <= *n && *n <= max => Some(at(*n, node, path)),
            Value::Integer(_) | Value::Huge(_) => {
                self.error(node.origin, path, format!("`{}` is out of range: {}", last(path), node.to_toml()), remedy);
                None
            }
            Value::Float(x) if x.fract() == 0.0 && x.abs() < 1e15 => {
                self.wrong_type(node, path, "a whole number", &format!("write {}", *x as i64))
            }
            _ => self.wrong_type(node, path, "a whole number", &remedy),
        }
    }

    fn date(&mut self, node: &Node, path: &str) -> Option<At<Date>> {
        match &node.value {
            Value::Date(date) => match duration::date(date) {
                Ok(date) => Some(at(date, node, path)),
                Err(message) => {
                    self.error(node.origin, path, message, "a date from 1970-01-01 to 2200-12-31, e.g. 2026-12-31");
                    None
                }
            },
            Value::Text(text) if text.parse::<toml::value::Datetime>().is_ok() => {
                self.wrong_type(node, path, "a date", &format!("write {text} without quotes"))
            }
            _ => self.wrong_type(node, path, "a date", "e.g. 2026-12-31, without quotes"),
        }
    }

    fn text(&mut self, node: &Node, path: &str, expected: &str) -> Option<At<String>> {
        let Value::Text(text) = &node.value else {
            let remedy = match &node.value {
                Value::List(_) | Value::Table(_) => "write one text in quotes".into(),
                _ => format!("write {}", super::tree::quote(&node.to_toml())),
            };
            return self.wrong_type(node, path, expected, &remedy);
        };
        if text.chars().count() > LONGEST_TEXT {
            self.error(
                node.origin,
                path,
                format!("`{}` is too long", last(path)),
                format!("at most {LONGEST_TEXT} characters"),
            );
            return None;
        }
        Some(at(text.clone(), node, path))
    }

    fn choice(&mut self, node: &Node, now: &[&str], later: &[(&str, &str)], path: &str) -> Option<At<String>> {
        let word = self.text(node, path, "one of the words below, in quotes")?;
        if now.contains(&word.value.as_str()) {
            return Some(word);
        }
        if let Some((name, feature)) = later.iter().find(|(name, _)| *name == word.value) {
            return self.comes_later(node.origin, path, &format!("`{name}`"), feature);
        }
        let known: Vec<String> = now.iter().map(|w| format!("\"{w}\"")).collect();
        let known = known.join(" | ");
        let remedy = match suggest::nearest(&word.value, now.iter().copied()) {
            Some(near) => format!("did you mean \"{near}\"? ({known})"),
            None => known,
        };
        self.error(node.origin, path, format!("`{}` cannot be \"{}\"", last(path), word.value), remedy);
        None
    }

    fn name_list(&mut self, node: &Node, refers: Refers, path: &str) -> Option<Vec<At<String>>> {
        let items = self.items(node, path, "a list of names", "e.g. [\"a\", \"b\"]")?;
        let mut out: Vec<At<String>> = Vec::new();
        for (i, item) in items.iter().enumerate() {
            let Some(name) = self.text(item, &format!("{path}[{i}]"), "a name in quotes") else { continue };
            self.refer(&name, refers);
            if out.iter().any(|other| other.value == name.value) {
                self.error(item.origin, path, format!("`{}` is named twice", name.value), "keep one of the two");
            }
            out.push(name);
        }
        Some(out)
    }

    fn items<'n>(&mut self, node: &'n Node, path: &str, expected: &str, remedy: &str) -> Option<&'n [Node]> {
        match &node.value {
            Value::List(items) if items.len() <= MOST_ENTRIES => Some(items),
            Value::List(items) => {
                self.error(
                    node.origin,
                    path,
                    format!("a list of {} is too long", items.len()),
                    format!("at most {MOST_ENTRIES}"),
                );
                None
            }
            _ => self.wrong_type(node, path, expected, remedy),
        }
    }

    fn variant(
        &mut self,
        node: &Node,
        kind: &'static Kind,
        tables: &'static [(&'static str, &'static Table)],
        later: &[(&str, &str)],
        path: &str,
    ) -> Option<Cooked> {
        let Some(entries) = node.entries() else {
            return self.wrong_type(node, path, "a table", "kind = \"stream\" ...");
        };
        if let Some(table) = kind.table(node) {
            return self.record(node, table, path).map(Cooked::Record);
        }
        let now: Vec<&str> = tables.iter().map(|(name, _)| *name).collect();
        match entries.get("kind") {
            Some(entry) => drop(self.choice(&entry.node, &now, later, &join(path, "kind"))),
            None if self.lost.all || self.lost.keys.contains("kind") => {}
            None => self.error(node.origin, path, "`kind` is missing", format!("kind = \"{}\"", now.join("\" | \""))),
        }
        None
    }

    /// Judges a table with fixed keys.
    pub fn record(&mut self, node: &Node, table: &'static Table, path: &str) -> Option<Record> {
        let Some(entries) = node.entries() else {
            let known: Vec<&str> = table.names().take(6).collect();
            return self.wrong_type(node, path, "a table", &format!("e.g. {{ {} = ... }}", known.join(" = ..., ")));
        };
        let before = self.problems.len();
        let outer_note = self.note.clone();
        let mut ends = None;
        if table.noted {
            self.note = self.table_note(entries, path).or(&outer_note);
            ends = self.table_ends(entries, table, path);
        }
        let outer_ends = std::mem::replace(&mut self.ends, ends);
        let mut fields = BTreeMap::new();
        for (name, entry) in entries {
            match table.key(name) {
                Some(key) => {
                    if let Some(value) = self.cook(&entry.node, &key.kind, &join(path, name)) {
                        fields.insert(key.name, value);
                    }
                }
                None if table.noted && (NOTE_KEYS.contains(&name.as_str()) || END_KEYS.contains(&name.as_str())) => {}
                None => self.unknown_key(entry, name, table, path),
            }
        }
        (self.note, self.ends) = (outer_note, outer_ends);
        self.missing(node, entries, table, path);
        if let Some(rule) = table.rule {
            let given = table.keys.iter().filter(|key| entries.contains_key(key.name));
            self.refused = given.map(|key| key.name).filter(|name| !fields.contains_key(name)).collect();
            rule(self, &fields, node.origin, path);
        }
        // A record with a problem inside is still judged around it, but nothing is built from it.
        (self.problems.len() == before).then_some(Record { table, path: path.to_owned(), origin: node.origin, fields })
    }

    fn unknown_key(&mut self, entry: &Entry, name: &str, table: &'static Table, path: &str) {
        let (notes, ends) = if table.noted { (NOTE_KEYS, END_KEYS) } else { (&[][..], &[][..]) };
        let place = if path.is_empty() { "the file".to_owned() } else { format!("`{path}`") };
        let candidates: Vec<&str> = table.names().chain(notes.iter().copied()).chain(ends.iter().copied()).collect();
        let remedy = match suggest::nearest(name, candidates.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("it may hold {}", candidates.join(", ")),
        };
        self.error(entry.key, &join(path, name), format!("{place} has no key `{name}`"), remedy);
    }

    fn missing(&mut self, node: &Node, entries: &Entries, table: &'static Table, path: &str) {
        let what = |key: &Key| format!("{}: {}", key.name, key.doc);
        for key in table.keys.iter().filter(|key| key.required && !self.lost.all) {
            if !entries.contains_key(key.name)
                && !self.lost.keys.contains(key.name)
                && !self.lost.names.contains(key.name)
            {
                let place = if path.is_empty() { "the file".to_owned() } else { format!("`{path}`") };
                self.error(node.origin, path, format!("{place} needs `{}`", key.name), what(key));
            }
        }
        for group in table.groups {
            let given: Vec<&&str> = group.keys.iter().filter(|key| entries.contains_key(**key)).collect();
            let all = group.keys.join("`, `");
            if given.len() > 1 {
                let second = &entries[*given[1]];
                let message = format!("`{}` beside `{}`: they say the same thing twice", given[1], given[0]);
                self.error(second.key, path, message, format!("keep one of `{all}`"));
            }
            let lost = self.lost.all || group.keys.iter().any(|key| self.lost.keys.contains(*key));
            if given.is_empty() && group.required && !lost {
                self.error(
                    node.origin,
                    path,
                    format!("`{path}` needs one of `{all}`"),
                    format!("e.g. {} = ...", group.keys[0]),
                );
            }
        }
    }

    fn map(&mut self, node: &Node, refers: Refers, of: &'static Kind, path: &str) -> Option<Vec<Named<Cooked>>> {
        let Some(entries) = node.entries() else {
            return self.wrong_type(node, path, "a table of names", "e.g. { name = ... }");
        };
        if entries.len() > MOST_ENTRIES {
            self.error(
                node.origin,
                path,
                format!("{} entries are too many", entries.len()),
                format!("at most {MOST_ENTRIES}"),
            );
            return None;
        }
        let mut out = Vec::new();
        for (name, entry) in entries {
            let own = join(path, name);
            // Chips may have dots in their names; what paths lead through may not.
            if !is_name(name) || (of.is_container() && name.contains('.')) {
                let remedy = "letters, digits, `_` and `-`, at most 64";
                self.error(entry.key, &own, format!("`{name}` cannot be a name"), remedy);
                continue;
            }
            if refers != Refers::Anything {
                self.refer(&At { value: name.clone(), origin: entry.key, path: own.clone() }, refers);
            }
            if let Some(table) = self.cook(&entry.node, of, &own) {
                out.push(Named { name: name.clone(), path: own, origin: entry.key, table });
            }
        }
        Some(out)
    }

    fn list(&mut self, node: &Node, table: &'static Table, path: &str) -> Option<Vec<Record>> {
        let items = self.items(node, path, "a list of tables", "e.g. [{ ... }, { ... }]")?;
        let mut seen = BTreeSet::new();
        let mut out = Vec::new();
        for (i, item) in items.iter().enumerate() {
            let name = item.get("name").and_then(Node::text);
            let own = name.map_or_else(|| format!("{path}[{i}]"), |name| join(path, name));
            if let Some(name) = name {
                let origin = item.get("name").map_or(item.origin, |n| n.origin);
                if !is_name(name) || name.contains('.') {
                    let remedy = "letters, digits, `_` and `-`, at most 64";
                    self.error(origin, &own, format!("`{name}` cannot be a name"), remedy);
                }
                if !seen.insert(name) {
                    self.error(
                        origin,
                        &own,
                        format!("two elements are named `{name}`"),
                        "names tell elements apart: change one",
                    );
                }
            }
            let outer = std::mem::replace(&mut self.unnamed, name.is_none());
            out.extend(self.record(item, table, &own));
            self.unnamed = outer;
        }
        Some(out)
    }

    fn set(&mut self, node: &Node, path: &str) -> Option<Vec<SetEntry>> {
        let Some(entries) = node.entries() else {
            return self.wrong_type(node, path, "a table", "e.g. set = { \"pools.x.slip\" = \"3mo\" }");
        };
        let entry = |(name, entry): (&String, &Entry)| SetEntry {
            path: At { value: name.clone(), origin: entry.key, path: join(path, name) },
            node: entry.node.clone(),
        };
        Some(entries.iter().map(entry).collect())
    }

    fn refer(&mut self, name: &At<String>, refers: Refers) {
        if let Some((message, remedy)) = self.names.judge(&name.value, refers, self.lost) {
            self.error(name.origin, &name.path, message, remedy);
        }
    }
}

/// Problems of one file that are kept; nobody reads so many.
const MOST_PROBLEMS: usize = 10_000;

/// Keys that may stand beside the numbers of a noted table.
pub(super) const NOTE_KEYS: &[&str] = &["source", "as_of", "confidence", "reason"];
/// Keys that may stand beside its one amount.
pub(super) const END_KEYS: &[&str] = &["low", "high"];

/// A value with its place.
pub(super) fn at<T>(value: T, node: &Node, path: &str) -> At<T> {
    At { value, origin: node.origin, path: path.to_owned() }
}

/// Last part of a dotted path, for messages.
pub(super) fn last(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}

/// True for what may name a thing.
pub(super) fn is_name(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    !name.is_empty() && name.len() <= 64 && name.bytes().all(plain)
}

/// Judges the whole file.
pub(super) fn cook_file(cook: &mut Cook<'_>, tree: &Node) -> Option<Record> {
    cook.record(tree, &define::ROOT, "")
}
