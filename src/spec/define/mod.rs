//! The one definition of the scenario file: tables, keys, types, units and ranges. The reader, the JSON Schema and the
//! manual are made from it. Does not read anything.

mod buying;
mod demand;
mod failures;
mod money;
mod services;
mod study;
mod supply;

use super::rules::{self, Rule};
use super::tree::{Node, Value};

/// The whole file.
pub(super) use study::ROOT;

/// A table of the file: what may stand in it.
pub(super) struct Table {
    /// As the manual calls it, e.g. `[pools.X]`.
    pub title: &'static str,
    /// One sentence.
    pub doc: &'static str,
    /// Every key, those that come later included.
    pub keys: &'static [Key],
    /// Keys of which at most (or exactly) one may be given.
    pub groups: &'static [Group],
    /// Whether `source`, `as_of`, `confidence` and `reason` may stand beside its numbers, for all of them, and `low` and `high` beside
    /// its one amount.
    pub noted: bool,
    /// What must hold between its keys.
    pub rule: Option<Rule>,
}

/// One key of a table.
pub(super) struct Key {
    pub name: &'static str,
    pub kind: Kind,
    pub required: bool,
    /// Meaning, and the default after a semicolon.
    pub doc: &'static str,
}

/// Keys of which at most one may be given, or exactly one when `required`.
pub(super) struct Group {
    pub keys: &'static [&'static str],
    pub required: bool,
}

/// What a number may be.
#[derive(Clone, Copy)]
pub(super) struct Range {
    pub unit: &'static str,
    pub min: f64,
    pub max: f64,
    /// Values above the limit come with a later feature.
    pub later_above: Option<(f64, &'static str)>,
}

/// What a name refers to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Refers {
    Cloud,
    Site,
    Pool,
    Lab,
    /// A lab or a cloud.
    Party,
    /// Full path `labs.X.workloads.Y`.
    Workload,
    /// Full path `investments.X`.
    Investment,
    /// Full path `contracts.X`.
    Contract,
    Bet,
    /// A bet, or one of its parts: `bet.invest`, `bet.host`, `bet.resell`.
    BetPart,
    /// Judged elsewhere (catalog) or not at all.
    Anything,
}

/// Type of a value.
pub(super) enum Kind {
    /// A number in its unit, in any leaf form.
    Number(Range),
    /// A duration with its unit, in any leaf form; hours inside.
    Duration(Range),
    /// A duration or a law of durations.
    DurationOr(Range, &'static Table),
    /// A whole number.
    Integer(i64, i64),
    /// A whole number or a mix of them.
    IntegerOr(i64, i64, &'static Table),
    /// A calendar date or date-time, UTC.
    Date,
    /// Any text.
    Text,
    /// `true` or `false`.
    Bool,
    /// One of the words; the second list comes later, each with its feature.
    Choice(&'static [&'static str], &'static [(&'static str, &'static str)]),
    /// The name of a thing.
    Name(Refers),
    /// A list of names.
    Names(Refers),
    /// A list of numbers.
    Numbers(Range),
    /// A list of whole numbers.
    Integers(i64, i64),
    /// A table with known keys.
    Table(&'static Table),
    /// A table whose `kind` says which keys it has; the second list comes later.
    Variant(&'static [(&'static str, &'static Table)], &'static [(&'static str, &'static str)]),
    /// A table whose keys are names.
    Map(Refers, &'static Kind),
    /// One number for all, or one by name.
    NumberOrMap(Range, &'static Kind),
    /// A list of tables, whose elements may carry a `name`.
    List(&'static Kind),
    /// `{ "path" = value }`.
    Set,
    /// Another file or several.
    Extends,
    /// Read by a later version; the text names the feature.
    Later(&'static str),
}

/// Longest list and largest table of names.
pub(super) const MOST_ENTRIES: usize = 10_000;
/// Longest text [characters].
pub(super) const LONGEST_TEXT: usize = 4_000;

impl Table {
    /// The key of that name.
    pub fn key(&self, name: &str) -> Option<&'static Key> {
        let keys: &'static [Key] = self.keys;
        keys.iter().find(|key| key.name == name)
    }
    /// Names of the keys that may be written today.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        let keys: &'static [Key] = self.keys;
        keys.iter().filter(|key| !matches!(key.kind, Kind::Later(_))).map(|key| key.name)
    }
}

impl Kind {
    /// Kind of the entry `name` of a table of this kind; None when no such entry may stand there.
    pub fn child(&'static self, node: &Node, name: &str) -> Option<&'static Kind> {
        match self {
            Kind::Table(table) | Kind::IntegerOr(_, _, table) | Kind::DurationOr(_, table) => {
                table.key(name).map(|k| &k.kind)
            }
            Kind::Variant(..) => self.table(node)?.key(name).map(|k| &k.kind),
            Kind::Map(_, of) | Kind::NumberOrMap(_, of) => Some(of),
            _ => None,
        }
    }
    /// The table that describes `node`, where its keys are fixed.
    pub fn table(&'static self, node: &Node) -> Option<&'static Table> {
        match self {
            Kind::Table(table) => Some(table),
            Kind::Variant(tables, _) => {
                let Value::Table(entries) = &node.value else { return None };
                let Value::Text(tag) = &entries.get("kind")?.node.value else { return None };
                tables.iter().find(|(name, _)| name == tag).map(|(_, table)| *table)
            }
            _ => None,
        }
    }
    /// True when `extends` and `--set` look inside a value of this kind instead of replacing it.
    pub fn is_container(&self) -> bool {
        matches!(self, Kind::Table(_) | Kind::Variant(..) | Kind::Map(..))
    }
}

const fn key(name: &'static str, kind: Kind, doc: &'static str) -> Key {
    Key { name, kind, required: false, doc }
}
const fn must(name: &'static str, kind: Kind, doc: &'static str) -> Key {
    Key { name, kind, required: true, doc }
}
const fn later(name: &'static str, feature: &'static str) -> Key {
    Key { name, kind: Kind::Later(feature), required: false, doc: "" }
}
const fn range(unit: &'static str, min: f64, max: f64) -> Range {
    Range { unit, min, max, later_above: None }
}
const fn number(unit: &'static str, min: f64, max: f64) -> Kind {
    Kind::Number(range(unit, min, max))
}
/// At least `min` hours, at most 100 years.
const fn duration(min: f64) -> Kind {
    Kind::Duration(range("h", min, 876_600.0))
}
const fn share() -> Kind {
    Kind::Number(range("-", 0.0, 1.0))
}
const fn table(title: &'static str, doc: &'static str, keys: &'static [Key]) -> Table {
    Table { title, doc, keys, groups: &[], noted: false, rule: None }
}

/// Most chips, nodes and megawatts anywhere.
const MOST_CHIPS: f64 = 1e9;
const MOST_CHIPS_I: i64 = 1_000_000_000;
const MOST_MW: f64 = 1e6;
const MOST_USD: f64 = 1e14;

const SIZE_NODES: Key = key("nodes", number("nodes", 0.0, MOST_CHIPS), "Size in nodes.");
const SIZE_CHIPS: Key = key("chips", number("chips", 0.0, MOST_CHIPS), "Size in chips.");
const SIZE_MW: Key = key("mw", number("MW at the meter", 0.0, MOST_MW), "Size in megawatts at the meter.");
const SIZE_USD: Key = key("usd", number("USD at unit cost", 0.0, MOST_USD), "Size in dollars at unit cost.");
const SIZES: &[&str] = &["nodes", "chips", "mw", "usd"];

const LAWS: Kind = Kind::Choice(
    &["constant", "exponential", "erlang", "gamma", "weibull", "lognormal", "hyperexponential"],
    &[("empirical", "empirical distributions")],
);
const SCV: Key = key("scv", number("-", 0.0, 1e4), "Squared coefficient of variation, where the shape leaves it open.");
const CV: Key = key("cv", number("-", 0.0, 100.0), "Coefficient of variation, in place of its square.");
const SPREAD: &[Group] = &[Group { keys: &["scv", "cv"], required: false }];

/// A law of times.
static LAW_OF_TIME: Table = Table {
    rule: Some(rules::law),
    groups: SPREAD,
    noted: true,
    ..table(
        "law of a time",
        "A distribution given by its mean.",
        &[must("dist", LAWS, "Shape."), must("mean", duration(0.0), "Mean."), SCV, CV],
    )
};

/// A law of work.
static LAW_OF_WORK: Table = Table {
    rule: Some(rules::law),
    groups: SPREAD,
    noted: true,
    ..table(
        "law of a work",
        "A distribution given by its mean.",
        &[must("dist", LAWS, "Shape."), must("mean", number("chip-hours", 0.0, 1e12), "Mean."), SCV, CV],
    )
};

/// A law of tokens.
static LAW_OF_TOKENS: Table = Table {
    rule: Some(rules::law),
    groups: SPREAD,
    noted: true,
    ..table(
        "law of tokens",
        "A distribution given by its mean.",
        &[must("dist", LAWS, "Shape."), must("mean", number("tokens", 0.0, 1e18), "Mean."), SCV, CV],
    )
};

/// A law of ratios.
static LAW_OF_RATIO: Table = Table {
    rule: Some(rules::law),
    groups: SPREAD,
    ..table(
        "law of a ratio",
        "A distribution given by its mean.",
        &[must("dist", LAWS, "Shape."), must("mean", number("-", 0.0, 1e6), "Mean."), SCV, CV],
    )
};
