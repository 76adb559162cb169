//! Dotted paths of `--set` and `set`: what they match, and how a value is put there. Does not judge the value.

use super::define::{Kind, ROOT};
use super::merge;
use super::suggest;
use super::tree::{Entry, Node, Value, join};

/// One place that a path matches.
pub(super) struct Target {
    steps: Vec<Step>,
    /// Kind of the value there; None inside a leaf table.
    pub kind: Option<&'static Kind>,
    /// Its own dotted path.
    pub path: String,
    rivals: Vec<&'static str>,
}

impl Target {
    /// Puts `value` in the place of what stands there; false where nothing does.
    pub fn replace(&self, tree: &mut Node, value: Value) -> bool {
        let mut node = tree;
        for step in &self.steps {
            let next = match (&mut node.value, step) {
                (Value::Table(entries), Step::Key(name)) => entries.get_mut(name).map(|entry| &mut entry.node),
                (Value::List(items), Step::Index(i)) => items.get_mut(*i),
                _ => None,
            };
            let Some(next) = next else { return false };
            node = next;
        }
        node.value = value;
        true
    }
}

/// Message and remedy.
pub(super) type Refusal = (String, String);

#[derive(Clone)]
enum Step {
    Key(String),
    Index(usize),
}

#[derive(Clone, PartialEq, Debug)]
enum Segment {
    Key(String),
    Index(usize),
    Any,
}

const LONGEST_PATH: usize = 1000;
static ROOT_KIND: Kind = Kind::Table(&ROOT);

/// Every place of `tree` that `path` matches; at least one, or what is wrong.
pub(super) fn targets(tree: &Node, path: &str) -> Result<Vec<Target>, Refusal> {
    let segments = parse(path)?;
    let mut walk = Walk { found: Vec::new(), refusal: None };
    walk.visit(Some(tree), &ROOT_KIND, &segments, &mut Vec::new(), "");
    let nothing = || (format!("`{path}` matches nothing"), "the table must be declared".to_owned());
    if walk.found.is_empty() { Err(walk.refusal.unwrap_or_else(nothing)) } else { Ok(walk.found) }
}

/// Puts `value` at every place that `path` matches.
pub(super) fn apply(tree: &mut Node, path: &str, value: &Node) -> Result<(), Refusal> {
    let wild = parse(path)?.contains(&Segment::Any);
    for target in targets(tree, path)? {
        let mut value = value.clone();
        if wild {
            mark(&mut value, path);
        }
        put(tree, &target, value);
    }
    Ok(())
}

/// Notes the wildcard path in every node of a value.
fn mark(node: &mut Node, pattern: &str) {
    node.pattern = Some(pattern.to_owned());
    match &mut node.value {
        Value::Table(entries) => {
            entries.iter_mut().for_each(|(name, entry)| mark(&mut entry.node, &join(pattern, name)))
        }
        Value::List(items) => items.iter_mut().enumerate().for_each(|(i, item)| mark(item, &format!("{pattern}[{i}]"))),
        _ => {}
    }
}

fn put(tree: &mut Node, target: &Target, value: Node) {
    let mut node = tree;
    let (last, parents) = target.steps.split_last().expect("a path has a segment");
    for step in parents {
        node = match (&mut node.value, step) {
            (Value::Table(entries), Step::Key(name)) => {
                let fresh =
                    || Entry { key: value.origin, node: Node::new(Value::Table(Default::default()), value.origin) };
                &mut entries.entry(name.clone()).or_insert_with(fresh).node
            }
            (Value::List(items), Step::Index(i)) => &mut items[*i],
            _ => return,
        };
    }
    if let (Value::Table(entries), Step::Key(name)) = (&mut node.value, last) {
        for rival in &target.rivals {
            entries.remove(*rival);
        }
        match entries.get_mut(name) {
            Some(existing) => {
                existing.key = value.origin;
                merge::overlay(&mut existing.node, value, target.kind);
            }
            None => drop(entries.insert(name.clone(), Entry { key: value.origin, node: value })),
        }
    }
}

struct Walk {
    found: Vec<Target>,
    refusal: Option<Refusal>,
}

impl Walk {
    fn refuse(&mut self, message: String, remedy: impl Into<String>) {
        self.refusal.get_or_insert((message, remedy.into()));
    }

    fn visit(
        &mut self,
        node: Option<&Node>,
        kind: &'static Kind,
        segments: &[Segment],
        steps: &mut Vec<Step>,
        path: &str,
    ) {
        let Some((first, rest)) = segments.split_first() else { return };
        match kind {
            Kind::Later(feature) => {
                self.refuse(format!("`{path}` is not read yet: it comes with {feature}"), "take it out for now")
            }
            Kind::List(_) => self.visit_list(node, kind, first, rest, steps, path),
            Kind::Table(_) | Kind::Variant(..) | Kind::Map(..) => {
                self.visit_table(node, kind, first, rest, steps, path)
            }
            Kind::NumberOrMap(..)
                if node.is_none_or(|n| n.entries().is_some_and(|e| !super::leaf::is_leaf_table(e))) =>
            {
                self.visit_table(node, kind, first, rest, steps, path);
            }
            _ => self.visit_leaf(node, segments, steps, path),
        }
    }

    fn visit_table(
        &mut self,
        node: Option<&Node>,
        kind: &'static Kind,
        first: &Segment,
        rest: &[Segment],
        steps: &mut Vec<Step>,
        path: &str,
    ) {
        let present = || node.and_then(Node::entries).into_iter().flat_map(|entries| entries.keys());
        let names: Vec<String> = match first {
            Segment::Key(name) => vec![name.clone()],
            Segment::Any => present().cloned().collect(),
            Segment::Index(_) => return self.refuse(format!("`{path}` is not a list"), "name the entry"),
        };
        let empty = Node::new(Value::Table(Default::default()), Default::default());
        let here = node.unwrap_or(&empty);
        for name in names {
            let own = join(path, &name);
            let Some(child) = kind.child(here, &name) else {
                if self.refusal.is_some() {
                    continue; // Only the first is told, and looking for what was meant is slow.
                }
                let known: Vec<&str> = kind.table(here).into_iter().flat_map(|t| t.names()).collect();
                let place = if path.is_empty() { "the file".into() } else { format!("`{path}`") };
                self.refuse(format!("{place} has no key `{name}`"), suggest::remedy(&name, known, "key"));
                continue;
            };
            let next = here.get(&name);
            let is_map = matches!(kind, Kind::Map(..));
            if is_map && next.is_none() && (child.is_container() || matches!(child, Kind::List(_))) {
                let remedy = suggest::remedy(&name, present().map(String::as_str), "such table");
                self.refuse(
                    format!("`{own}` is not declared"),
                    format!("{remedy} (`set` changes leaves; the table must be declared)"),
                );
                continue;
            }
            steps.push(Step::Key(name.clone()));
            if rest.is_empty() {
                self.arrive(child, here, kind, &name, steps, own);
            } else {
                self.visit(next, child, rest, steps, &own);
            }
            steps.pop();
        }
    }

    fn arrive(
        &mut self,
        child: &'static Kind,
        here: &Node,
        kind: &'static Kind,
        name: &str,
        steps: &[Step],
        path: String,
    ) {
        match child {
            Kind::Later(feature) => {
                self.refuse(format!("`{path}` is not read yet: it comes with {feature}"), "take it out for now")
            }
            Kind::Map(..) | Kind::Variant(..) | Kind::Set => {
                self.refuse(
                    format!("`{path}` is a table: `set` changes leaves"),
                    format!("name a leaf below it: {path}.X"),
                );
            }
            Kind::Table(_) if matches!(kind, Kind::Map(..)) || path == name => {
                self.refuse(
                    format!("`{path}` is a table: `set` changes leaves"),
                    format!("name a leaf below it: {path}.X"),
                );
            }
            Kind::Extends => self.refuse("`extends` cannot be set".into(), "write it in the file"),
            _ => {
                let rivals = merge::rivals(here, kind, name);
                self.found.push(Target { steps: steps.to_vec(), kind: Some(child), path, rivals });
            }
        }
    }

    fn visit_list(
        &mut self,
        node: Option<&Node>,
        kind: &'static Kind,
        first: &Segment,
        rest: &[Segment],
        steps: &mut Vec<Step>,
        path: &str,
    ) {
        let Kind::List(element) = kind else { return };
        let items = match node.map(|node| &node.value) {
            Some(Value::List(items)) => &items[..],
            _ => &[],
        };
        let name_of = |item: &Node| item.get("name").and_then(Node::text).map(str::to_owned);
        let chosen = |i: usize, item: &Node| match first {
            Segment::Any => true,
            Segment::Index(index) => i == *index,
            Segment::Key(name) => name_of(item).as_deref() == Some(name),
        };
        let mut any = false;
        for (i, item) in items.iter().enumerate().filter(|(i, item)| chosen(*i, item)) {
            any = true;
            let own = name_of(item).map_or_else(|| format!("{path}[{i}]"), |name| join(path, &name));
            if rest.is_empty() {
                self.refuse(
                    format!("`{own}` is a table: `set` changes leaves"),
                    format!("name a leaf below it: {own}.X"),
                );
                continue;
            }
            steps.push(Step::Index(i));
            self.visit(Some(item), element, rest, steps, &own);
            steps.pop();
        }
        if !any && self.refusal.is_none() {
            let names: Vec<String> = items.iter().filter_map(name_of).collect();
            let written = match first {
                Segment::Key(name) => name.clone(),
                Segment::Index(i) => format!("[{i}]"),
                Segment::Any => "*".into(),
            };
            let remedy = suggest::remedy(&written, names.iter().map(String::as_str), "element with a name");
            self.refuse(format!("`{path}` has no element `{written}`"), remedy);
        }
    }

    /// Inside `{ unknown = { p5 = ... } }`: only what is written can be changed.
    fn visit_leaf(&mut self, node: Option<&Node>, segments: &[Segment], steps: &mut [Step], path: &str) {
        let mut at = node;
        let mut steps = steps.to_vec();
        let mut own = path.to_owned();
        for segment in segments {
            let Segment::Key(name) = segment else {
                return self.refuse(format!("`{path}` is one value"), "the path ends there");
            };
            let Some(next) = at.and_then(|node| node.get(name)) else {
                return self.refuse(format!("`{own}` has no `{name}` to change"), format!("set `{path}` as a whole"));
            };
            at = Some(next);
            own = join(&own, name);
            steps.push(Step::Key(name.clone()));
        }
        self.found.push(Target { steps, kind: None, path: own, rivals: Vec::new() });
    }
}

/// `pools.*.deliveries[0].at`, with quotes around parts that hold dots.
fn parse(path: &str) -> Result<Vec<Segment>, Refusal> {
    let refusal = || {
        (
            format!("`{path}` is not a path"),
            "a path is names joined by dots, e.g. pools.x.deliveries.second.at".to_owned(),
        )
    };
    if path.len() > LONGEST_PATH {
        return Err(("a path this long matches nothing".into(), format!("at most {LONGEST_PATH} characters")));
    }
    let mut out = Vec::new();
    let mut rest = path.trim();
    loop {
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''));
        let (segment, after) = match quote {
            Some(quote) => {
                let end = rest[1..].find(quote).ok_or_else(refusal)?;
                (Segment::Key(rest[1..=end].to_owned()), &rest[end + 2..])
            }
            None => {
                let end = rest.find(['.', '[']).unwrap_or(rest.len());
                let word = rest[..end].trim();
                if word.is_empty() {
                    return Err(refusal());
                }
                (if word == "*" { Segment::Any } else { Segment::Key(word.to_owned()) }, &rest[end..])
            }
        };
        out.push(segment);
        rest = after;
        while let Some(inner) = rest.strip_prefix('[') {
            let (index, after) = inner.split_once(']').ok_or_else(refusal)?;
            out.push(match index.trim() {
                "*" => Segment::Any,
                digits => Segment::Index(digits.parse().map_err(|_| refusal())?),
            });
            rest = after;
        }
        if rest.is_empty() {
            return Ok(out);
        }
        rest = rest.strip_prefix('.').ok_or_else(refusal)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_names_joined_by_dots() {
        let key = |name: &str| Segment::Key(name.into());
        assert_eq!(
            parse("pools.*.x[0].at"),
            Ok(vec![key("pools"), Segment::Any, key("x"), Segment::Index(0), key("at")])
        );
        assert_eq!(parse("mfu.\"a.b\""), Ok(vec![key("mfu"), key("a.b")]));
        for bad in ["", ".", "a.", "a..b", "a[", "a[x]", "\"a", "a[0]b"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
