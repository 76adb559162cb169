//! The desk on which a world is built: the inputs, what was found wrong, what the reader must be told.
//! Knows how to turn a leaf into a number or a parameter, not what any leaf means.

use crate::spec::{At, Leaf, Named, Origin, Problem, Quantity, Spec};
use crate::stats::law::Law;
use crate::world::catalog::{Catalog, Known};
use crate::world::model::{Assumption, Param, Unknown, UnknownId};
use std::collections::{BTreeMap, BTreeSet};

use super::assumptions::number;
use super::unknowns::{law_of, loads};

/// Inputs and findings.
pub(super) struct Desk<'a> {
    pub spec: &'a Spec,
    /// As the file has it, without what the strategy sets at `decide_at`.
    pub written: &'a Spec,
    pub catalog: &'a Catalog,
    pub problems: Vec<Problem>,
    pub notes: BTreeSet<String>,
    /// In order of key; filled by `unknowns::collect` before anything asks for a parameter.
    pub unknowns: Vec<Unknown>,
    /// Names of the common factors, in order.
    pub factors: Vec<String>,
    /// Catalog figures that pools and sites use, and defaults taken, by path.
    pub used: BTreeMap<String, Assumption>,
}

/// Share of draws beyond the allowed values from which on the reader is told.
const TOLD_BEYOND: f64 = 1e-4;

impl<'a> Desk<'a> {
    pub fn new(spec: &'a Spec, written: &'a Spec, catalog: &'a Catalog) -> Self {
        Desk {
            spec,
            written,
            catalog,
            problems: Vec::new(),
            notes: BTreeSet::new(),
            unknowns: Vec::new(),
            factors: Vec::new(),
            used: BTreeMap::new(),
        }
    }

    /// Notes a problem at the value of `path`.
    pub fn problem(&mut self, origin: Origin, path: &str, message: impl Into<String>, remedy: impl Into<String>) {
        self.problems.push(Problem::at(origin, message, remedy).on(path));
    }

    /// Notes what the reader must be told.
    pub fn note(&mut self, text: impl Into<String>) {
        self.notes.insert(text.into());
    }

    /// `default` for a key that is not written, plausible from low to high: a row of the assumptions, and the reader is told.
    pub fn assume(&mut self, path: String, default: f64, (low, high): (f64, f64), reason: &str) -> f64 {
        self.note(format!("{path} is not stated: {} is taken ({reason})", number(default)));
        let (source, confidence) = ("default of hedgerow".to_owned(), "estimate".to_owned());
        let (value, reason) = (number(default), reason.to_owned());
        let range = format!("{}..{}", number(low), number(high));
        let row = Assumption { path: path.clone(), value, range, source, confidence, reason, ..Assumption::default() };
        self.used.insert(path, row);
        default
    }

    /// Tells of every unknown how many of its draws lie beyond what its fields allow, and are taken at the bound.
    pub fn note_clamped(&mut self) {
        let told: Vec<String> = self.unknowns.iter().filter_map(clamped).collect();
        self.notes.extend(told);
    }

    /// A parameter that has one value a run; `allowed` bounds its draws.
    pub fn param(&mut self, leaf: &Leaf, allowed: (f64, f64)) -> Param {
        match &leaf.quantity {
            Quantity::Fixed(value) => Param::Fixed(*value),
            Quantity::Unknown(spread) => self.unknown(&spread.key, allowed),
            Quantity::Varies(_) => {
                let message = format!("`{}` is one number a run and cannot vary by event", leaf.path);
                self.problem(leaf.origin, &leaf.path, message, "say `unknown` in place of `varies`");
                Param::Fixed(self.median(leaf))
            }
        }
    }

    /// A parameter that may be drawn for each event.
    pub fn param_by_event(&mut self, leaf: &Leaf, allowed: (f64, f64)) -> Param {
        let Quantity::Varies(spread) = &leaf.quantity else { return self.param(leaf, allowed) };
        match law_of(spread) {
            Ok(law) => Param::Varies(law, loads(self, leaf, spread)),
            Err(message) => {
                let (message, remedy) = fault_and_cure(&message);
                self.problem(leaf.origin, &leaf.path, message, remedy);
                Param::Fixed(spread.p5)
            }
        }
    }

    /// `leaf` as a parameter, or `default` when it is not written.
    pub fn param_or(&mut self, leaf: &Option<Leaf>, allowed: (f64, f64), default: f64) -> Param {
        leaf.as_ref().map_or(Param::Fixed(default), |leaf| self.param(leaf, allowed))
    }

    /// One number for the whole study; an unknown is taken at its median and the reader is told.
    pub fn number(&mut self, leaf: &Leaf) -> f64 {
        match &leaf.quantity {
            Quantity::Fixed(value) => *value,
            Quantity::Unknown(_) => {
                self.note(format!(
                    "{} is not known; it enters at its median {}, one value for the study",
                    leaf.path,
                    self.median(leaf)
                ));
                self.median(leaf)
            }
            Quantity::Varies(_) => {
                let message = format!("`{}` is one number for the study and cannot vary by event", leaf.path);
                self.problem(leaf.origin, &leaf.path, message, "write one number");
                self.median(leaf)
            }
        }
    }

    /// Median of a leaf; sizes are converted at medians.
    pub fn median(&self, leaf: &Leaf) -> f64 {
        match &leaf.quantity {
            Quantity::Fixed(value) => *value,
            Quantity::Unknown(spread) | Quantity::Varies(spread) => {
                law_of(spread).map_or(spread.p5, |law: Law| law.median())
            }
        }
    }

    /// Median of a parameter of this world.
    pub fn median_of(&self, param: &Param) -> f64 {
        match param {
            Param::Fixed(value) => *value,
            Param::Unknown(id) => self.unknowns[id.index()].law.median(),
            Param::Varies(law, _) => law.median(),
        }
    }

    pub fn unknown(&mut self, key: &str, allowed: (f64, f64)) -> Param {
        let found = self.unknowns.binary_search_by(|unknown| unknown.key.as_str().cmp(key));
        let index = found.unwrap_or_else(|_| panic!("unknown `{key}` was not collected: `leaves` misses its field"));
        let range = &mut self.unknowns[index].range;
        *range = (range.0.max(allowed.0), range.1.min(allowed.1));
        Param::Unknown(UnknownId::new(index))
    }

    /// Position of the table that `name` refers to; else a problem with the nearest name.
    pub fn find<T>(&mut self, tables: &[Named<T>], name: &At<String>, what: &str) -> Option<usize> {
        let found = tables.iter().position(|table| table.name == name.value);
        if found.is_none() {
            let remedy = did_you_mean(&name.value, tables.iter().map(|table| table.name.as_str()), what);
            self.problem(name.origin, &name.path, format!("there is no {what} `{}`", name.value), remedy);
        }
        found
    }

    /// A catalog figure, noted as used under `path`.
    pub fn known(&mut self, path: String, known: &Known<f64>) -> Option<f64> {
        let value = known.value()?;
        let range = known.range().map_or(String::new(), |(low, high)| format!("{}..{}", number(*low), number(*high)));
        let (source, reason) = match known {
            Known::Estimate { reason, .. } => ("estimate".to_owned(), reason.clone()),
            Known::Sourced { source, .. } => (source.clone(), String::new()),
            Known::NotPublished => (String::new(), String::new()),
        };
        let row = Assumption {
            path: path.clone(),
            value: number(value),
            range,
            source,
            as_of: known.as_of().unwrap_or("").to_owned(),
            confidence: known.confidence().word().to_owned(),
            reason,
        };
        self.used.insert(path, row);
        Some(value)
    }
}

/// What is said of an unknown whose draws may lie beyond its allowed values; None where fewer than one in 10,000 do.
pub(super) fn clamped(unknown: &Unknown) -> Option<String> {
    let (least, most) = unknown.range;
    let below = if least.is_finite() { unknown.law.cdf(least) } else { 0.0 };
    let above = if most.is_finite() { unknown.law.survival(most) } else { 0.0 };
    let side = |share: f64, word: &str, bound: f64| {
        (TOLD_BEYOND < share).then(|| format!("{:.2} % of draws lie {word} {}", 100.0 * share, number(bound)))
    };
    let sides: Vec<String> = [side(below, "below", least), side(above, "above", most)].into_iter().flatten().collect();
    (!sides.is_empty()).then(|| format!("{}: {} and count as that", unknown.key, sides.join(", ")))
}

/// What is wrong with a law, and what would be right: the laws say both, apart by a semicolon.
pub(super) fn fault_and_cure(words: &str) -> (&str, &str) {
    words.split_once("; ").unwrap_or((words, "write another `dist`, or another shape"))
}

/// "did you mean `x`?", or what there is.
pub(super) fn did_you_mean<'a>(word: &str, names: impl Iterator<Item = &'a str>, what: &str) -> String {
    let names: Vec<&str> = names.collect();
    let limit = (word.chars().count() / 3).clamp(1, 4);
    let near = names.iter().map(|name| (strsim::osa_distance(word, name), *name)).min();
    match near {
        Some((distance, name)) if distance <= limit => format!("did you mean `{name}`?"),
        Some(_) if names.len() <= 20 => format!("known: {}", names.join(", ")),
        Some(_) => format!("known: {}, ...", names[..20].join(", ")),
        None => format!("no {what} is declared"),
    }
}
