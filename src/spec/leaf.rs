//! Numeric leaves in all their forms: plain, with a source, not known, varying. Does not know which field they fill.

use super::cook::{Cook, END_KEYS, NOTE_KEYS, last};
use super::define::{Kind, Range, Table};
use super::duration;
use super::model::{Dist, Leaf, Note, Origin, Quantity, Spread};
use super::suggest;
use super::tree::{Entries, Node, Value, join};

const LEAF_KEYS: &[&str] =
    &["value", "unknown", "varies", "loads_on", "each", "source", "as_of", "confidence", "reason", "low", "high"];
const SPREAD_KEYS: &[&str] = &["p5", "p95", "dist"];
const DISTS: &[&str] = &["lognormal", "normal", "uniform", "triangular"];
const CONFIDENCES: &[&str] = &["high", "medium", "low", "estimate"];

/// True when a table is a leaf form rather than a table of names.
pub(super) fn is_leaf_table(entries: &Entries) -> bool {
    let known = |key: &String| LEAF_KEYS.contains(&key.as_str()) || SPREAD_KEYS.contains(&key.as_str());
    entries.keys().any(known)
}

impl Cook<'_> {
    /// A leaf of kind `Number` or `Duration`.
    pub(super) fn leaf(&mut self, node: &Node, kind: &'static Kind, path: &str) -> Option<Leaf> {
        match kind {
            Kind::Duration(range) => self.leaf_in(node, range, true, path),
            Kind::Number(range) => self.leaf_in(node, range, false, path),
            _ => unreachable!("only numbers and durations are leaves"),
        }
    }

    /// A leaf within `range`; `time` says that it is a duration.
    pub(super) fn leaf_in(&mut self, node: &Node, range: &Range, time: bool, path: &str) -> Option<Leaf> {
        let Value::Table(entries) = &node.value else {
            let value = self.amount(node, range, time, path)?;
            let note = self.plain_note(range, time, path);
            return Some(Leaf { quantity: Quantity::Fixed(value), origin: node.origin, path: path.to_owned(), note });
        };
        let before = self.problems.len();
        if entries.contains_key("p5") || entries.contains_key("p95") {
            let pair = node.to_toml();
            let message = format!("`{}` is a bare pair: once per draw, or once per event?", last(path));
            self.error(
                node.origin,
                path,
                message,
                format!("say {{ unknown = {pair} }} for once per draw, or {{ varies = {pair} }} for once per event"),
            );
            return None;
        }
        for (name, entry) in entries {
            if !LEAF_KEYS.contains(&name.as_str()) {
                let remedy = suggest::remedy(name, LEAF_KEYS.iter().copied(), "key");
                self.error(entry.key, &join(path, name), format!("a number has no key `{name}`"), remedy);
            }
        }
        let note = self.leaf_note(entries, range, time, path);
        let forms: Vec<&str> =
            ["value", "unknown", "varies"].into_iter().filter(|f| entries.contains_key(*f)).collect();
        let quantity = match forms[..] {
            [form] => self.quantity(node, form, entries, range, time, path),
            [] => {
                self.error(
                    node.origin,
                    path,
                    format!("`{}` has no value", last(path)),
                    "one of `value`, `unknown`, `varies`",
                );
                None
            }
            [first, second, ..] => {
                let key = entries[second].key;
                self.error(
                    key,
                    path,
                    format!("`{second}` beside `{first}`"),
                    "keep one of `value`, `unknown`, `varies`",
                );
                None
            }
        };
        let quantity = quantity.filter(|_| self.problems.len() == before)?;
        Some(Leaf { quantity, origin: node.origin, path: path.to_owned(), note })
    }

    fn quantity(
        &mut self,
        node: &Node,
        form: &str,
        entries: &Entries,
        range: &Range,
        time: bool,
        path: &str,
    ) -> Option<Quantity> {
        let inner = &entries[form].node;
        if form == "value" {
            for key in ["loads_on", "each"].into_iter().filter_map(|key| entries.get(key)) {
                let remedy = "take it out, or say `unknown` or `varies`";
                self.error(key.key, path, "a fixed value loads on nothing", remedy);
            }
            return self.amount(inner, range, time, path).map(Quantity::Fixed);
        }
        if self.unnamed && form == "unknown" {
            let remedy = "give the element a name: `name = \"...\"`";
            self.error(inner.origin, path, "an `unknown` in an element without a name has no stable path", remedy);
        }
        let each = match entries.get("each").map(|e| &e.node) {
            None => false,
            Some(Node { value: Value::Bool(yes), .. }) => *yes,
            Some(other) => return self.wrong_type(other, &join(path, "each"), "true or false", "each = true"),
        };
        let loads_on = self.loads(entries, path);
        let (dist, p5, p95) = self.pair(inner, range, time, &join(path, form))?;
        let key = node.pattern.clone().filter(|_| !each).unwrap_or_else(|| path.to_owned());
        let spread = Spread { dist, p5, p95, loads_on: loads_on?, each, key };
        Some(if form == "unknown" { Quantity::Unknown(spread) } else { Quantity::Varies(spread) })
    }

    fn pair(&mut self, node: &Node, range: &Range, time: bool, path: &str) -> Option<(Dist, f64, f64)> {
        let Some(entries) = node.entries() else {
            return self.wrong_type(node, path, "a pair", "e.g. { p5 = 1.0, p95 = 3.0 }");
        };
        for (name, entry) in entries {
            if !SPREAD_KEYS.contains(&name.as_str()) {
                let remedy = match name.as_str() {
                    "loads_on" | "each" | "source" | "as_of" | "confidence" | "reason" | "low" | "high" => {
                        format!("`{name}` stands beside `{}`, not inside", last(path))
                    }
                    _ => suggest::remedy(name, SPREAD_KEYS.iter().copied(), "key"),
                };
                self.error(entry.key, &join(path, name), format!("a pair has no key `{name}`"), remedy);
            }
        }
        let mut end = |key: &str| match entries.get(key) {
            Some(entry) => self.amount(&entry.node, range, time, &join(path, key)),
            None => {
                self.error(node.origin, path, format!("`{key}` is missing"), "a pair is { p5 = ..., p95 = ... }");
                None
            }
        };
        let (p5, p95) = (end("p5"), end("p95"));
        let (p5, p95) = (p5?, p95?);
        if p5 >= p95 {
            self.error(node.origin, path, "`p5` is not below `p95`", "a pair is { p5 = lower, p95 = higher }");
            return None;
        }
        let dist = match entries.get("dist").map(|entry| &entry.node) {
            None => Dist::Lognormal,
            Some(node) => match node.text() {
                Some("lognormal") => Dist::Lognormal,
                Some("normal") => Dist::Normal,
                Some("uniform") => Dist::Uniform,
                Some("triangular") => Dist::Triangular,
                other => {
                    let written = other.map_or_else(|| node.to_toml(), |text| format!("\"{text}\""));
                    let known = format!("\"{}\"", DISTS.join("\" | \""));
                    self.error(node.origin, &join(path, "dist"), format!("`dist` cannot be {written}"), known);
                    return None;
                }
            },
        };
        if dist == Dist::Lognormal && p5 <= 0.0 {
            let remedy = "with p5 at or below 0 say `dist = \"normal\" | \"uniform\" | \"triangular\"`";
            self.error(node.origin, path, "a lognormal pair needs 0 < p5", remedy);
            return None;
        }
        Some((dist, p5, p95))
    }

    fn loads(&mut self, entries: &Entries, path: &str) -> Option<Vec<(String, f64)>> {
        let Some(entry) = entries.get("loads_on") else { return Some(Vec::new()) };
        let own = join(path, "loads_on");
        let Some(loads) = entry.node.entries() else {
            return self.wrong_type(&entry.node, &own, "a table", "e.g. { ai_demand = 0.8 }");
        };
        let mut out = Vec::new();
        let mut squares = 0.0;
        for (factor, load) in loads {
            let path = join(&own, factor);
            if !self.names.factors.contains(factor)
                && !self.lost.all
                && !self.lost.names.contains("factors")
                && !self.lost.keys.contains(factor)
            {
                let remedy = suggest::remedy(factor, self.names.factors.iter().map(String::as_str), "factor");
                self.error(load.key, &path, format!("`[factors]` has no `{factor}`"), remedy);
            }
            let range = Range { unit: "-", min: -1.0, max: 1.0, later_above: None };
            let weight = self.amount(&load.node, &range, false, &path)?;
            squares += weight * weight;
            out.push((factor.clone(), weight));
        }
        if squares > 1.0 + 1e-12 {
            let message = format!("the squared loads add up to {squares:.2}, more than 1");
            self.error(
                entry.node.origin,
                &own,
                message,
                "loads are correlations with independent factors: make them smaller",
            );
            return None;
        }
        Some(out)
    }

    /// One number in its range; a duration as hours.
    fn amount(&mut self, node: &Node, range: &Range, time: bool, path: &str) -> Option<f64> {
        let value = match (&node.value, time) {
            (Value::Integer(n), false) => *n as f64,
            (Value::Float(x), false) => *x,
            (Value::Integer(0), true) => 0.0,
            (Value::Text(text), true) => match duration::hours(text) {
                Ok(hours) => hours,
                Err(message) => {
                    self.error(node.origin, path, message, duration::LOOKS);
                    return None;
                }
            },
            (Value::Integer(_) | Value::Float(_), true) => {
                let written = node.to_toml();
                let remedy = format!("e.g. \"{written}h\" or \"{written}d\"; {}", duration::LOOKS);
                self.error(node.origin, path, format!("`{}` needs a unit of time", last(path)), remedy);
                return None;
            }
            (Value::Huge(_), _) => f64::INFINITY,
            (Value::Text(text), false) => {
                let remedy = match text.replace(',', "").trim().parse::<f64>() {
                    Ok(_) => format!("write {} without quotes", text.replace(',', "").trim()),
                    Err(_) => format!("a plain number in {}, e.g. 1_000 or 2.5; the unit is not written", range.unit),
                };
                return self.wrong_type(node, path, "a number", &remedy);
            }
            (_, true) => return self.wrong_type(node, path, "a duration", duration::LOOKS),
            (_, false) => return self.wrong_type(node, path, "a number", &format!("a number in {}", range.unit)),
        };
        if !(range.min <= value && value <= range.max) {
            let limits = if time {
                format!("from {} h to {} h ({:.0} years)", range.min, range.max, range.max / 8766.0)
            } else {
                let unit = if range.unit == "-" { String::new() } else { format!(" [{}]", range.unit) };
                format!("from {} to {}{unit}", number(range.min), number(range.max))
            };
            self.error(node.origin, path, format!("`{}` is out of range: {}", last(path), node.to_toml()), limits);
            return None;
        }
        if let Some((limit, feature)) = range.later_above
            && value > limit
        {
            return self.comes_later(node.origin, path, &format!("`{}` above {limit}", last(path)), feature);
        }
        Some(value)
    }

    fn leaf_note(&mut self, entries: &Entries, range: &Range, time: bool, path: &str) -> Note {
        let mut note = self.table_note(entries, path).or(&self.note);
        let mut end = |key: &str| entries.get(key).and_then(|e| self.amount(&e.node, range, time, &join(path, key)));
        note.low = end("low");
        note.high = end("high");
        if let Some(low) = entries.get("low") {
            self.ordered_ends(&note, low.node.origin, path);
        }
        note
    }

    fn ordered_ends(&mut self, note: &Note, origin: Origin, path: &str) {
        if let (Some(low), Some(high)) = (note.low, note.high)
            && low > high
        {
            self.error(origin, path, "`low` is above `high`", "low = lower, high = higher");
        }
    }

    /// What the table says of a number without a word of its own.
    fn plain_note(&mut self, range: &Range, time: bool, path: &str) -> Note {
        let mut note = self.note.clone();
        if let Some([low, high]) = self.ends.clone() {
            let table = path.rsplit_once('.').map_or("", |(table, _)| table);
            note.low = self.amount(&low, range, time, &join(table, "low"));
            note.high = self.amount(&high, range, time, &join(table, "high"));
            self.ordered_ends(&note, low.origin, path);
        }
        note
    }

    /// `low` and `high` of a table, both or neither, where it has one plain number to be in between.
    pub(super) fn table_ends(&mut self, entries: &Entries, table: &Table, path: &str) -> Option<[Node; 2]> {
        let given: Vec<&str> = END_KEYS.iter().copied().filter(|key| entries.contains_key(*key)).collect();
        let first = entries.get(*given.first()?)?;
        let is_amount = |kind: &Kind| matches!(kind, Kind::Number(_) | Kind::Duration(_) | Kind::Numbers(_));
        // A number in a table of its own speaks for itself.
        let plain = |key: &str| entries.get(key).is_some_and(|entry| entry.node.entries().is_none());
        let amounts = table.keys.iter().filter(|key| is_amount(&key.kind) && plain(key.name)).count();
        if amounts != 1 {
            let message = format!("`{}` beside {amounts} numbers: it is the range of one", given[0]);
            let remedy = "write { value = ..., low = ..., high = ... } where the number stands";
            self.error(first.key, &join(path, given[0]), message, remedy);
            return None;
        }
        if given.len() == 1 {
            let message = format!("`{}` without its other end", given[0]);
            self.error(first.key, &join(path, given[0]), message, "low = lower, high = higher");
            return None;
        }
        let [low, high] = END_KEYS else { unreachable!("a range has two ends") };
        Some([entries[*low].node.clone(), entries[*high].node.clone()])
    }

    /// `source`, `as_of`, `confidence` and `reason` of a table.
    pub(super) fn table_note(&mut self, entries: &Entries, path: &str) -> Note {
        let mut note = Note::default();
        for key in NOTE_KEYS {
            let Some(node) = entries.get(*key).map(|entry| &entry.node) else { continue };
            let text = match &node.value {
                Value::Text(text) => text.clone(),
                Value::Date(date) if *key == "as_of" => date.to_string(),
                _ => {
                    self.wrong_type::<()>(node, &join(path, key), "a text in quotes", "e.g. \"estimate\"");
                    continue;
                }
            };
            match *key {
                "source" => note.source = Some(text),
                "as_of" => note.as_of = Some(text),
                "reason" => note.reason = Some(text),
                _ => {
                    if !CONFIDENCES.contains(&text.as_str()) {
                        let known = format!("\"{}\"", CONFIDENCES.join("\" | \""));
                        self.error(node.origin, &join(path, key), format!("`confidence` cannot be \"{text}\""), known);
                    }
                    note.confidence = Some(text);
                }
            }
        }
        note
    }
}

/// A limit as people write it.
pub(super) fn number(x: f64) -> String {
    if x.abs() >= 1e6 { format!("{x:e}") } else { format!("{x}") }
}
