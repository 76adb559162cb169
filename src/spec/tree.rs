//! The file as a tree of our own: owned, every value and key with its origin. Does not know what a key means.

use super::model::Origin;
use super::sources::Sources;
use std::collections::BTreeMap;
use std::fmt::Write;
use toml::de::{DeTable, DeValue};
use toml::value::Datetime;

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub value: Value,
    pub origin: Origin,
    /// The wildcard path that set it: the key of its `unknown`.
    pub pattern: Option<String>,
}

/// Entries by name.
pub(super) type Entries = BTreeMap<String, Entry>;

/// An entry of a table.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// Where the key stands.
    pub key: Origin,
    pub node: Node,
}

/// What TOML knows.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Text(String),
    Integer(i64),
    Float(f64),
    Bool(bool),
    Date(Datetime),
    List(Vec<Node>),
    Table(Entries),
    /// A number that no machine number holds, as written.
    Huge(String),
}

impl Node {
    /// A value of this origin.
    pub fn new(value: Value, origin: Origin) -> Node {
        Node { value, origin, pattern: None }
    }
    /// Its entries, when it is a table.
    pub fn entries(&self) -> Option<&Entries> {
        match &self.value {
            Value::Table(entries) => Some(entries),
            _ => None,
        }
    }
    /// The node at the end of plain keys.
    pub fn get(&self, key: &str) -> Option<&Node> {
        Some(&self.entries()?.get(key)?.node)
    }
    /// The text it holds.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }
    /// What it is, with its article.
    pub fn type_name(&self) -> &'static str {
        match &self.value {
            Value::Text(_) => "a text",
            Value::Integer(_) => "a whole number",
            Value::Float(_) | Value::Huge(_) => "a decimal number",
            Value::Bool(_) => "true or false",
            Value::Date(_) => "a date",
            Value::List(_) => "a list",
            Value::Table(_) => "a table",
        }
    }
    /// The same value, all of it with this origin.
    pub fn with_origin(mut self, origin: Origin) -> Node {
        self.origin = origin;
        match &mut self.value {
            Value::List(items) => items.iter_mut().for_each(|item| *item = item.clone().with_origin(origin)),
            Value::Table(entries) => entries.values_mut().for_each(|entry| {
                entry.key = origin;
                entry.node = entry.node.clone().with_origin(origin);
            }),
            _ => {}
        }
        self
    }
    /// As TOML on one line.
    pub fn to_toml(&self) -> String {
        let mut out = String::new();
        self.write_toml(&mut out);
        out
    }
    fn write_toml(&self, out: &mut String) {
        match &self.value {
            Value::Text(text) => out.push_str(&quote(text)),
            Value::Integer(n) => out.push_str(&n.to_string()),
            Value::Float(x) => out.push_str(&format!("{x:?}").replace("NaN", "nan")),
            Value::Huge(text) => out.push_str(text),
            Value::Bool(yes) => out.push_str(if *yes { "true" } else { "false" }),
            Value::Date(date) => out.push_str(&date.to_string()),
            Value::List(items) => {
                out.push('[');
                for (i, item) in items.iter().enumerate() {
                    out.push_str(if i == 0 { "" } else { ", " });
                    item.write_toml(out);
                }
                out.push(']');
            }
            Value::Table(entries) => {
                out.push('{');
                for (i, (name, entry)) in entries.iter().enumerate() {
                    out.push_str(if i == 0 { " " } else { ", " });
                    out.push_str(&bare_or_quoted(name));
                    out.push_str(" = ");
                    entry.node.write_toml(out);
                }
                out.push_str(if entries.is_empty() { "}" } else { " }" });
            }
        }
    }
}

/// A TOML basic string.
pub(super) fn quote(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// True when TOML needs no quotes around the key.
pub(super) fn is_bare(key: &str) -> bool {
    !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

/// A key as TOML writes it.
pub(super) fn bare_or_quoted(key: &str) -> String {
    if is_bare(key) { key.to_owned() } else { quote(key) }
}

/// The dotted path of `key` in the table at `path`.
pub(super) fn join(path: &str, key: &str) -> String {
    let key = if key.contains(['.', '"', '[', '*', ' ']) { quote(key) } else { key.to_owned() };
    if path.is_empty() { key } else { format!("{path}.{key}") }
}

/// Our tree of a parsed document; `text` is the index of its text in `sources`.
pub(super) fn from_document(table: &DeTable<'_>, text: usize, sources: &mut Sources) -> Node {
    let origin = sources.add_place(text, 0..0, None);
    Node::new(Value::Table(entries(table, text, sources)), origin)
}

fn entries(table: &DeTable<'_>, text: usize, sources: &mut Sources) -> Entries {
    let mut out = Entries::new();
    for (key, value) in table {
        let place = sources.add_place(text, key.span(), None);
        let node = from_value(value.get_ref(), value.span(), text, sources);
        out.insert(key.get_ref().to_string(), Entry { key: place, node });
    }
    out
}

/// Our tree of a parsed value that stands at `span`.
pub(super) fn from_value(
    value: &DeValue<'_>,
    span: std::ops::Range<usize>,
    text: usize,
    sources: &mut Sources,
) -> Node {
    let origin = sources.add_place(text, span, None);
    let value = match value {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Integer(n) => match i64::from_str_radix(n.as_str(), n.radix()) {
            Ok(n) => Value::Integer(n),
            Err(_) => Value::Huge(n.to_string()),
        },
        DeValue::Float(x) => match x.as_str().parse::<f64>() {
            Ok(parsed) if parsed.is_finite() || x.as_str().contains(['n', 'N']) => Value::Float(parsed),
            _ => Value::Huge(x.to_string()),
        },
        DeValue::Boolean(yes) => Value::Bool(*yes),
        DeValue::Datetime(date) => Value::Date(*date),
        DeValue::Array(items) => {
            let items = items.iter().map(|item| from_value(item.get_ref(), item.span(), text, sources));
            Value::List(items.collect())
        }
        DeValue::Table(table) => Value::Table(entries(table, text, sources)),
    };
    Node::new(value, origin)
}
