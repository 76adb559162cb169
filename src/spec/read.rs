//! Reads a scenario: files, `extends`, `--set`, and the judgement of the whole. The only file of this layer that touches the disk.

use super::build;
use super::cook::{Cook, SetEntry, cook_file};
use super::define::{Kind, ROOT};
use super::merge;
use super::model::{At, Note, Origin, SetLeaf, Spec};
use super::names::Names;
use super::paths;
use super::problem::{Problem, Problems};
use super::sources::Sources;
use super::syntax::{self, Lost};
use super::tree::{self, Node, Value, join};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use toml::de::{DeTable, DeValue};

/// Largest file read [bytes].
const LARGEST_FILE: u64 = 4 << 20;
/// Most files one scenario may extend, and most texts after `--set`.
const MOST_FILES: usize = 64;
const MOST_SETS: usize = 1000;

/// A scenario that was read without an error.
#[derive(Debug)]
pub struct Read {
    /// The tables.
    pub spec: Spec,
    /// Where every value came from.
    pub sources: Sources,
    pub(super) tree: Node,
}

/// Reads a scenario file with `--set` arguments (`path=value`); every problem at once.
pub fn read(path: &Path, sets: &[String]) -> Result<Read, Problems> {
    let mut reader = Reader::default();
    let tree = reader.file(path, Origin::default(), &mut Vec::new());
    reader.finish(tree, sets)
}

/// Reads a scenario from text; `extends` is relative to the folder of `name`, and nothing else touches the disk.
pub fn read_text(name: &str, text: &str, sets: &[String]) -> Result<Read, Problems> {
    read_bytes(name, text.as_bytes().to_vec(), sets)
}

/// The same from bytes, whatever they are.
pub fn read_bytes(name: &str, bytes: Vec<u8>, sets: &[String]) -> Result<Read, Problems> {
    let mut reader = Reader::default();
    let tree = reader.bytes(Path::new(name), bytes, &mut vec![(PathBuf::from(name), name.to_owned())]);
    reader.finish(tree, sets)
}

impl Read {
    /// The tables with a strategy's or future's `set` applied, judged anew.
    pub fn with_overrides(&self, overrides: &[SetLeaf]) -> Result<Spec, Problems> {
        let mut tree = self.tree.clone();
        let mut problems = Vec::new();
        for leaf in overrides {
            let origin = leaf.path.origin;
            let applied = match DeValue::parse(&leaf.toml) {
                Ok(value) => {
                    let node = tree::from_value(value.get_ref(), 0..0, 0, &mut Sources::scratch());
                    paths::apply(&mut tree, &leaf.path.value, &node.with_origin(origin))
                }
                Err(error) => Err((error.message().to_owned(), "a value as TOML writes it".to_owned())),
            };
            if let Err((message, remedy)) = applied {
                problems.push(Problem::at(origin, message, remedy).on(&leaf.path.path));
            }
        }
        let (spec, more) = judge(&tree, &Lost::default(), problems.len());
        problems.extend(more);
        match spec {
            Some(spec) if problems.is_empty() => Ok(spec),
            _ => Err(Problems::new(self.sources.clone(), problems)),
        }
    }
}

/// Problems and texts so far.
#[derive(Default)]
struct Reader {
    sources: Sources,
    problems: Vec<Problem>,
    lost: Lost,
    files: usize,
}

impl Reader {
    fn error(&mut self, origin: Origin, message: impl Into<String>, remedy: impl Into<String>) {
        self.problems.push(Problem::at(origin, message, remedy));
    }

    /// The tree of a file with everything it extends; `from` is where it was named.
    fn file(&mut self, path: &Path, from: Origin, chain: &mut Vec<(PathBuf, String)>) -> Option<Node> {
        let name = path.to_string_lossy().into_owned();
        self.files += 1;
        if self.files > MOST_FILES {
            self.lost.all = true;
            self.error(from, "too many files", format!("one scenario extends at most {MOST_FILES}"));
            return None;
        }
        let identity = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        if chain.iter().any(|(other, _)| *other == identity) {
            self.lost.all = true;
            let names: Vec<&str> = chain.iter().map(|(_, name)| name.as_str()).chain([name.as_str()]).collect();
            self.error(
                from,
                format!("`extends` goes in a circle: {}", names.join(" -> ")),
                "take one of these `extends` out",
            );
            return None;
        }
        match load(path) {
            Ok(bytes) => {
                chain.push((identity, name));
                let tree = self.bytes(path, bytes, chain);
                chain.pop();
                tree
            }
            Err((message, remedy)) => {
                self.lost.all = true;
                self.error(from, message, remedy);
                None
            }
        }
    }

    fn bytes(&mut self, path: &Path, bytes: Vec<u8>, chain: &mut Vec<(PathBuf, String)>) -> Option<Node> {
        let name = path.to_string_lossy().into_owned();
        if bytes.contains(&0) {
            self.error(Origin::default(), format!("`{name}` is not a text file"), "a scenario is a TOML file in UTF-8");
            return None;
        }
        let (text, bad) = decode(&bytes);
        let recovered = syntax::recover(&text);
        let index = self.sources.add_text(name, text, Some(bytes));
        let start = self.sources.add_place(index, 0..0, None);
        if let Some(offset) = bad {
            let origin = self.sources.add_place(index, offset..offset + 1, None);
            self.error(origin, "this is not UTF-8", "save the file as UTF-8");
        }
        if self.sources.text(index).trim().is_empty() {
            self.error(start, "the file is empty", "`hedgerow new queue DIR` writes one that runs");
            return None;
        }
        for error in recovered.errors {
            let origin = self.sources.add_place(index, error.span, None);
            self.error(origin, error.message, error.remedy);
        }
        self.lost.keys.extend(recovered.lost.keys);
        self.lost.names.extend(recovered.lost.names);
        let (document, _) = DeTable::parse_recoverable(&recovered.text);
        let own = tree::from_document(document.get_ref(), index, &mut self.sources);
        Some(self.extend(own, path, chain))
    }

    /// Lays a tree over the files it extends.
    fn extend(&mut self, mut own: Node, path: &Path, chain: &mut Vec<(PathBuf, String)>) -> Node {
        let Value::Table(entries) = &mut own.value else { return own };
        let Some(entry) = entries.remove("extends") else { return own };
        let named: Vec<Node> = match entry.node.value {
            Value::List(items) => items,
            _ => vec![entry.node],
        };
        let mut base: Option<Node> = None;
        for node in named {
            let Some(file) = node.text() else {
                let found = node.type_name();
                self.error(node.origin, format!("`extends` must be a file, not {found}"), "extends = \"base.toml\"");
                continue;
            };
            let target = path.parent().unwrap_or(Path::new("")).join(file);
            let Some(tree) = self.file(&target, node.origin, chain) else { continue };
            match &mut base {
                None => base = Some(tree),
                Some(base) => merge::overlay(base, tree, Some(&WHOLE)),
            }
        }
        match base {
            None => own,
            Some(mut base) => {
                merge::overlay(&mut base, own, Some(&WHOLE));
                base
            }
        }
    }

    /// Applies `--set`, judges, and builds.
    fn finish(mut self, tree: Option<Node>, sets: &[String]) -> Result<Read, Problems> {
        let Some(mut tree) = tree else { return Err(Problems::new(self.sources, self.problems)) };
        if sets.len() > MOST_SETS {
            self.error(
                Origin::default(),
                "too many --set",
                format!("at most {MOST_SETS}; write a file that extends this one"),
            );
        }
        for (i, set) in sets.iter().take(MOST_SETS).enumerate() {
            self.set(&mut tree, i + 1, set);
        }
        self.mark_sets(&tree);
        let before = self.problems.len();
        let (spec, more) = judge(&tree, &self.lost, before);
        self.problems.extend(more);
        match spec {
            Some(spec) if self.problems.is_empty() => Ok(Read { spec, sources: self.sources, tree }),
            // Where statements or files are lost, nobody knows what is missing.
            _ if 0 < before => Err(Problems::new(self.sources, self.problems)),
            _ => Err(Problems::new(self.sources, self.problems).within(tree)),
        }
    }

    /// One `--set path=value`; the value is TOML, and a single bare word is a text.
    fn set(&mut self, tree: &mut Node, number: usize, set: &str) {
        let index = self.sources.add_text(format!("--set #{number}"), set.to_owned(), None);
        let whole = self.sources.add_place(index, 0..set.len(), None);
        let Some((path, value)) = split_set(set) else {
            return self.error(
                whole,
                "`--set` needs a path and a value",
                "--set path=value, e.g. --set pools.x.nodes=100",
            );
        };
        let offset = set.len() - value.len();
        let node = match DeValue::parse(value.trim_end()) {
            Ok(parsed) => tree::from_value(parsed.get_ref(), 0..0, index, &mut self.sources),
            Err(_) if is_word(value.trim()) => Node::new(Value::Text(value.trim().to_owned()), whole),
            Err(error) => {
                let origin = self.sources.add_place(index, offset..set.len(), None);
                return self.error(
                    origin,
                    error.message().to_owned(),
                    "a value as TOML writes it: 1_000, \"9mo\", 2026-12-31, [1, 2]",
                );
            }
        };
        let origin = self.sources.add_place(index, offset..set.trim_end().len().max(offset), None);
        if let Err((message, remedy)) = paths::apply(tree, path, &node.with_origin(origin)) {
            let origin = self.sources.add_place(index, 0..path.len(), None);
            self.problems.push(Problem::at(origin, message, remedy).on(path));
        }
    }

    /// Notes in the sources which values stand in a `set` table.
    fn mark_sets(&mut self, tree: &Node) {
        for entry in set_entries(tree) {
            let via = entry.path.path.rsplit_once(".set.").map_or("set", |(table, _)| table);
            self.sources.mark_via(entry.path.origin, &format!("{via}.set"));
        }
    }
}

static WHOLE: Kind = Kind::Table(&ROOT);

/// The tables of a merged tree (None when it, or the reading `before`, found a problem), and every problem.
pub(super) fn judge(tree: &Node, lost: &Lost, before: usize) -> (Option<Spec>, Vec<Problem>) {
    let names = Names::of(tree);
    let mut cook = Cook::new(&names, lost);
    let root = cook_file(&mut cook, tree);
    let entries = set_entries(tree);
    if let Some(entry) = entries.get(MOST_SETS) {
        let remedy = format!("at most {MOST_SETS} in all strategies and futures; `*` matches many leaves at once");
        cook.error(entry.path.origin, &entry.path.path, "too many `set` entries", remedy);
    }
    for entry in entries.iter().take(MOST_SETS) {
        judge_set(&mut cook, tree, entry);
    }
    let problems = std::mem::take(&mut cook.problems);
    let root = root.filter(|_| before == 0 && problems.is_empty());
    (root.map(build::spec), problems)
}

/// Judges one entry of a `set` table: what it matches, and its value there.
fn judge_set(cook: &mut Cook<'_>, tree: &Node, entry: &SetEntry) {
    match paths::targets(tree, &entry.path.value) {
        Err((message, remedy)) => cook.error(entry.path.origin, &entry.path.path, message, remedy),
        Ok(targets) => {
            let Some(target) = targets.first() else { return };
            if let Some(kind) = target.kind.filter(|kind| !kind.is_container()) {
                cook.note = Note::default();
                cook.unnamed = target.path.contains('[');
                cook.cook(&entry.node, kind, &target.path);
                cook.unnamed = false;
            }
        }
    }
}

/// Every entry of the `set` tables of strategies and futures.
fn set_entries(tree: &Node) -> Vec<SetEntry> {
    let mut out = Vec::new();
    for group in ["strategies", "futures"] {
        for (name, table) in tree.get(group).and_then(Node::entries).into_iter().flatten() {
            let path = join(&join(group, name), "set");
            for (leaf, entry) in table.node.get("set").and_then(Node::entries).into_iter().flatten() {
                let at = At { value: leaf.clone(), origin: entry.key, path: join(&path, leaf) };
                out.push(SetEntry { path: at, node: entry.node.clone() });
            }
        }
    }
    out
}

/// The bytes of a file, or what is wrong with it.
fn load(path: &Path) -> Result<Vec<u8>, (String, String)> {
    let name = path.display();
    let metadata =
        std::fs::metadata(path).map_err(|error| (format!("cannot read `{name}`: {}", plain(&error)), nearby(path)))?;
    if metadata.is_dir() {
        return Err((format!("`{name}` is a folder"), "name the scenario file in it".into()));
    }
    if !metadata.is_file() {
        return Err((format!("`{name}` is not a file"), "a scenario is a TOML file".into()));
    }
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).and_then(|file| file.take(LARGEST_FILE + 1).read_to_end(&mut bytes));
    file.map_err(|error| (format!("cannot read `{name}`: {}", plain(&error)), String::new()))?;
    if bytes.len() as u64 > LARGEST_FILE {
        return Err((format!("`{name}` is too large"), format!("a scenario has at most {} MiB", LARGEST_FILE >> 20)));
    }
    Ok(bytes)
}

/// The reason without the platform's error number.
fn plain(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".into(),
        std::io::ErrorKind::PermissionDenied => "permission denied".into(),
        kind => kind.to_string(),
    }
}

/// A file of the same folder with a name like this one.
fn nearby(path: &Path) -> String {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let Some(name) = path.file_name().and_then(|n| n.to_str()) else { return String::new() };
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .take(1000)
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.ends_with(".toml"))
        .collect();
    names.sort();
    match super::suggest::nearest(name, names.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{}`?", path.with_file_name(near).display()),
        None => "give the path of a scenario file".into(),
    }
}

/// Text in which every invalid byte is a `?`, and where the first one was.
fn decode(bytes: &[u8]) -> (String, Option<usize>) {
    match std::str::from_utf8(bytes) {
        Ok(text) => (text.to_owned(), None),
        Err(first) => {
            let mut out = String::with_capacity(bytes.len());
            for chunk in bytes.utf8_chunks() {
                out.push_str(chunk.valid());
                out.extend(chunk.invalid().iter().map(|_| '?'));
            }
            (out, Some(first.valid_up_to()))
        }
    }
}

/// `path=value` at the first `=` outside quotes.
fn split_set(set: &str) -> Option<(&str, &str)> {
    let mut quote = None;
    for (i, c) in set.char_indices() {
        match (quote, c) {
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if c == open => quote = None,
            (None, '=') => return Some((set[..i].trim(), set[i + 1..].trim_start())),
            _ => {}
        }
    }
    None
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
}
