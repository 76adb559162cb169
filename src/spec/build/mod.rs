//! Judged tables into the structs of the model, by name. Judges nothing: a wrong name here is our mistake and panics.

mod demand;
mod failures;
mod money;
mod services;
mod supply;

use super::cook::{Cooked, Record, SetEntry};
use super::model::*;
use crate::units::Date;

/// The whole file, from the judged root.
pub(super) fn spec(mut root: Record) -> Spec {
    let mut not_modelled = Vec::new();
    let mut initial = root.record("initial");
    let investments = root.tables("investments", |t| money::investment(t, &mut not_modelled));
    let bets = root.tables("bets", |t| money::bet(t, &mut not_modelled));
    Spec {
        scenario: root.record("scenario").map(scenario).unwrap_or_default(),
        run: root.record("run").map(run).unwrap_or_default(),
        clouds: root.tables("clouds", supply::cloud),
        sites: root.tables("sites", supply::site),
        regions: root.tables("regions", failures::region),
        pools: root.tables("pools", supply::pool),
        labs: root.tables("labs", demand::lab),
        contracts: root.tables("contracts", money::contract),
        investments,
        bets,
        strategies: root.tables("strategies", |mut t| Strategy { without: t.texts("without"), set: t.set("set") }),
        futures: root.tables("futures", |mut t| Future { set: t.set("set") }),
        factors: root.map("factors", factor),
        initial: initial.as_mut().map(opening).unwrap_or_default(),
        not_modelled,
    }
}

fn scenario(mut t: Record) -> Scenario {
    Scenario {
        name: t.text("name"),
        title: t.text("title"),
        question: t.text("question"),
        start: t.date("start"),
        end: t.date("end"),
        decide_at: t.date("decide_at"),
        analysis: t.text("analysis"),
        warm_up: t.leaf("warm_up"),
        spin_up: t.leaf("spin_up"),
    }
}

fn run(mut t: Record) -> RunSpec {
    RunSpec {
        draws: t.integer("draws"),
        replications: t.integer("replications"),
        seed: t.integer("seed"),
        tick: t.leaf("tick"),
        failures: t.text("failures"),
        fleet: t.text("fleet"),
        jobs: t.bool("jobs"),
        ticks: t.bool("ticks"),
        model_error_windows: t.integer("model_error_windows"),
    }
}

fn factor(named: Named<Cooked>) -> At<(String, String)> {
    let Cooked::Text(text) = named.table else { panic!("`{}` is not a text", named.path) };
    At { value: (named.name, text.value), origin: text.origin, path: named.path }
}

fn opening(t: &mut Record) -> Initial {
    let vintage = |mut t: Record| Vintage { in_service: t.must_date("in_service"), size: t.must_size() };
    Initial {
        fleet: t.map("fleet", |named| rename(named, |c| records(c).into_iter().map(vintage).collect())),
        campaigns: t.tables("campaigns", |mut t| RunningCampaign {
            workload: t.must_text("workload"),
            age: t.must_leaf("age"),
        }),
        cash: t.leaves_by_name("cash"),
    }
}

/// The same name with its value made into another.
fn rename<T>(named: Named<Cooked>, make: impl FnOnce(Cooked) -> T) -> Named<T> {
    Named { name: named.name, path: named.path, origin: named.origin, table: make(named.table) }
}

/// The tables of a list.
fn records(cooked: Cooked) -> Vec<Record> {
    match cooked {
        Cooked::Records(list) => list,
        other => panic!("not a list of tables: {other:?}"),
    }
}

/// Writes an accessor that takes a field of one kind.
macro_rules! accessor {
    ($name:ident, $must:ident, $variant:ident, $type:ty) => {
        fn $name(&mut self, key: &'static str) -> Option<$type> {
            match self.take(key)? {
                Cooked::$variant(value) => Some(value),
                other => panic!("`{}` of {} is {other:?}", key, self.table.title),
            }
        }
        #[allow(dead_code)]
        fn $must(&mut self, key: &'static str) -> $type {
            self.$name(key).unwrap_or_else(|| panic!("`{key}` of {} is required", self.table.title))
        }
    };
}

impl Record {
    /// Whether tables of this kind have the key at all.
    fn knows(&self, key: &str) -> bool {
        self.table.key(key).is_some()
    }
    fn has(&self, key: &'static str) -> bool {
        self.fields.contains_key(key)
    }
    fn take(&mut self, key: &'static str) -> Option<Cooked> {
        assert!(self.table.key(key).is_some(), "`{key}` is not defined in {}", self.table.title);
        self.fields.remove(key)
    }
    accessor!(leaf, must_leaf, Leaf, Leaf);
    accessor!(integer, must_integer, Integer, At<i64>);
    accessor!(text, must_text, Text, At<String>);
    accessor!(bool, must_bool, Bool, At<bool>);
    accessor!(date, must_date, Date, At<Date>);
    accessor!(record, must_record, Record, Record);

    fn texts(&mut self, key: &'static str) -> Vec<At<String>> {
        match self.take(key) {
            None => Vec::new(),
            Some(Cooked::Texts(list)) => list,
            Some(other) => panic!("`{key}` of {} is {other:?}", self.table.title),
        }
    }
    fn leaves(&mut self, key: &'static str) -> Vec<Leaf> {
        match self.take(key) {
            None => Vec::new(),
            Some(Cooked::Leaves(list)) => list,
            Some(other) => panic!("`{key}` of {} is {other:?}", self.table.title),
        }
    }
    /// The tables of a list.
    fn list<T>(&mut self, key: &'static str, make: impl FnMut(Record) -> T) -> Vec<T> {
        self.take(key).map(records).unwrap_or_default().into_iter().map(make).collect()
    }
    /// The entries of a table of names.
    fn map<T>(&mut self, key: &'static str, make: impl FnMut(Named<Cooked>) -> T) -> Vec<T> {
        match self.take(key) {
            None => Vec::new(),
            Some(Cooked::Map(entries)) => entries.into_iter().map(make).collect(),
            Some(other) => panic!("`{key}` of {} is {other:?}", self.table.title),
        }
    }
    /// Tables with fixed keys, by name.
    fn tables<T>(&mut self, key: &'static str, mut make: impl FnMut(Record) -> T) -> Tables<T> {
        self.map(key, |named| {
            rename(named, |cooked| match cooked {
                Cooked::Record(record) => make(record),
                other => panic!("not a table: {other:?}"),
            })
        })
    }
    /// Numbers by name.
    fn leaves_by_name(&mut self, key: &'static str) -> Tables<Leaf> {
        self.map(key, named_leaf)
    }
    /// Numbers by name, or one of the name `""` that stands for all.
    fn leaf_or_by_name(&mut self, key: &'static str) -> Tables<Leaf> {
        match self.take(key) {
            None => Vec::new(),
            Some(Cooked::Map(entries)) => entries.into_iter().map(named_leaf).collect(),
            Some(Cooked::Leaf(leaf)) => {
                vec![Named { name: String::new(), path: leaf.path.clone(), origin: leaf.origin, table: leaf }]
            }
            Some(other) => panic!("`{key}` of {} is {other:?}", self.table.title),
        }
    }
    fn law(&mut self, key: &'static str) -> Option<LawSpec> {
        self.record(key).map(law_spec)
    }
    fn size(&mut self) -> Option<Size> {
        let units =
            [("nodes", SizeUnit::Nodes), ("chips", SizeUnit::Chips), ("mw", SizeUnit::Mw), ("usd", SizeUnit::Usd)];
        units.into_iter().find_map(|(key, unit)| Some(Size { unit, amount: self.leaf(key)? }))
    }
    fn must_size(&mut self) -> Size {
        self.size().unwrap_or_else(|| panic!("a size is required in {}", self.table.title))
    }
    fn set(&mut self, key: &'static str) -> Vec<SetLeaf> {
        let leaf = |entry: SetEntry| SetLeaf { path: entry.path, toml: entry.node.to_toml() };
        match self.take(key) {
            None => Vec::new(),
            Some(Cooked::Set(entries)) => entries.into_iter().map(leaf).collect(),
            Some(other) => panic!("`{key}` of {} is {other:?}", self.table.title),
        }
    }
}

fn law_spec(mut t: Record) -> LawSpec {
    LawSpec { dist: t.must_text("dist"), mean: t.must_leaf("mean"), scv: t.leaf("scv"), cv: t.leaf("cv") }
}

fn named_leaf(named: Named<Cooked>) -> Named<Leaf> {
    rename(named, |cooked| match cooked {
        Cooked::Leaf(leaf) => leaf,
        other => panic!("not a number: {other:?}"),
    })
}
