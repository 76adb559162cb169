//! What can be read of a file in which problems were found, so that the world is checked too: numbers that were refused have stand-ins,
//! tables that cannot be read are taken out with all that names them. Reports nothing.

use super::define::{Kind, Range};
use super::model::Spec;
use super::paths;
use super::problem::Problem;
use super::read::judge;
use super::syntax::Lost;
use super::tree::{Node, Value};
use std::collections::BTreeSet;

/// Rounds of taking out before the file is given up.
const MOST_ROUNDS: usize = 50;

/// What a number that was refused could have been, within its range: from the least to the most, and usual sizes between, since the most
/// of one number may be too much beside the others.
const STAND_INS: [f64; 6] = [f64::MIN, 1.0, 100.0, 1e4, 1e6, f64::MAX];

/// A part of a file that reads without a problem.
#[derive(Debug)]
pub struct Readable {
    /// Its tables, without strategies, futures and bets.
    pub spec: Spec,
    contracts_lost: bool,
    /// Sites that a pool was taken from.
    thinned_sites: BTreeSet<String>,
}

impl Readable {
    /// Whether a problem of this part may come from what was taken out.
    pub fn hides(&self, problem: &Problem) -> bool {
        let path = &problem.path;
        let priced = path.ends_with(".price") || path.contains(".guaranteed.") || path.contains(".reserved.");
        self.contracts_lost && priced
            || self.thinned_sites.iter().any(|site| path.strip_prefix(site).is_some_and(|rest| rest.starts_with('.')))
    }
}

/// The file with one stand-in after the other for the numbers that were refused; empty where what is wrong may bear on everything. A
/// problem of the world that all have does not come from those numbers.
pub(super) fn readable(tree: &Node) -> Vec<Readable> {
    let parts: Option<Vec<Readable>> = STAND_INS.into_iter().map(|value| Salvage::of(tree, value).settle()).collect();
    parts.unwrap_or_default()
}

struct Salvage {
    tree: Node,
    stand_in: f64,
    replaced: BTreeSet<String>,
    contracts_lost: bool,
    thinned_sites: BTreeSet<String>,
}

impl Salvage {
    fn of(tree: &Node, stand_in: f64) -> Salvage {
        let mut tree = tree.clone();
        // What differs by strategy and future waits until the file reads; with the bets goes what names them.
        for group in ["strategies", "futures", "bets"] {
            take(&mut tree, &[group]);
        }
        for pool in names(&tree, "pools") {
            each_delivery(&mut tree, &pool, |delivery| _ = take(delivery, &["for_bet"]));
        }
        Salvage { tree, stand_in, replaced: BTreeSet::new(), contracts_lost: false, thinned_sites: BTreeSet::new() }
    }

    fn settle(mut self) -> Option<Readable> {
        for _ in 0..MOST_ROUNDS {
            let (spec, problems) = judge(&self.tree, &Lost::default(), 0);
            if problems.is_empty() {
                let Salvage { contracts_lost, thinned_sites, .. } = self;
                return Some(Readable { spec: spec?, contracts_lost, thinned_sites });
            }
            let mut gone: BTreeSet<String> = BTreeSet::new();
            for problem in &problems {
                // Two problems of one table take it out once.
                if gone.iter().any(|table| problem.path.starts_with(table.as_str())) {
                    continue;
                }
                if !self.replace(&problem.path) {
                    gone.insert(self.take_out(&problem.path)?);
                }
            }
        }
        None
    }

    fn within(&self, range: &Range) -> f64 {
        self.stand_in.clamp(range.min, range.later_above.map_or(range.max, |later| later.0))
    }

    /// Puts a stand-in where a number was refused; false where it is none, or has been put there.
    fn replace(&mut self, path: &str) -> bool {
        let mut path = path;
        while path.contains('.') {
            let found = paths::targets(&self.tree, path).ok();
            let target = found.as_deref().and_then(|targets| targets.first());
            let value = match target.and_then(|target| target.kind) {
                Some(Kind::Number(range)) => Some(Value::Float(self.within(range))),
                Some(Kind::Duration(range)) => Some(Value::Text(format!("{:?}h", self.within(range)))),
                _ => None,
            };
            if let (Some(target), Some(value)) = (target, value) {
                // What stood in it, a source or a range, goes with it.
                return self.replaced.insert(path.to_owned()) && target.replace(&mut self.tree, value);
            }
            path = path.rsplit_once(['.', '[']).expect("it has one").0;
        }
        false
    }

    /// Takes out the table that a problem lies in; None where everything may depend on it. Returns its path.
    fn take_out(&mut self, path: &str) -> Option<String> {
        let parts: Vec<&str> = path.split(['.', '[']).collect();
        let gone: Vec<&str> = match parts[..] {
            ["scenario", "name" | "title" | "question", ..]
            | ["run", "draws" | "replications" | "seed" | "jobs" | "fleet", ..] => parts[..2].to_vec(),
            ["pools", _, "guaranteed" | "reserved" | "borrowable", _, ..] | ["labs", _, "workloads", _, ..] => {
                parts[..4].to_vec()
            }
            ["labs", _, "services", _, ..] => {
                self.lose_second_choices();
                parts[..4].to_vec()
            }
            ["contracts", _, ..] => {
                self.contracts_lost = true;
                parts[..2].to_vec()
            }
            ["pools", pool, ..] => {
                self.lose_pool(pool);
                parts[..2].to_vec()
            }
            ["initial", "fleet", pool, ..] => {
                self.lose_pool(pool);
                take(&mut self.tree, &["pools", pool]);
                parts[..3].to_vec()
            }
            ["initial", "campaigns" | "cash", _, ..] => parts[..3].to_vec(),
            ["clouds" | "sites" | "labs" | "investments", _, ..] => parts[..2].to_vec(),
            _ => return None,
        };
        take(&mut self.tree, &gone).then(|| gone.join("."))
    }

    /// What a service sheds may go to the one that is taken out: nobody's goes anywhere then.
    fn lose_second_choices(&mut self) {
        for lab in names(&self.tree, "labs") {
            let services = self.tree.get("labs").and_then(|labs| labs.get(&lab)?.get("services"));
            let services: Vec<String> =
                services.and_then(Node::entries).map(|all| all.keys().cloned().collect()).unwrap_or_default();
            for service in services {
                take(&mut self.tree, &["labs", &lab, "services", &service, "second_choice"]);
            }
        }
    }

    fn lose_pool(&mut self, pool: &str) {
        let site = self.tree.get("pools").and_then(|pools| pools.get(pool)?.get("site")?.text());
        self.thinned_sites.extend(site.map(|site| format!("sites.{site}")));
    }
}

fn names(tree: &Node, group: &str) -> Vec<String> {
    tree.get(group).and_then(Node::entries).map(|entries| entries.keys().cloned().collect()).unwrap_or_default()
}

/// Takes the entry at the end of plain keys out; false where there is none.
fn take(tree: &mut Node, keys: &[&str]) -> bool {
    let Some((last, parents)) = keys.split_last() else { return false };
    let mut node = tree;
    for key in parents {
        let Value::Table(entries) = &mut node.value else { return false };
        let Some(entry) = entries.get_mut(*key) else { return false };
        node = &mut entry.node;
    }
    let Value::Table(entries) = &mut node.value else { return false };
    entries.remove(*last).is_some()
}

fn each_delivery(tree: &mut Node, pool: &str, mut change: impl FnMut(&mut Node)) {
    let mut node = tree;
    for key in ["pools", pool, "deliveries"] {
        let Value::Table(entries) = &mut node.value else { return };
        let Some(entry) = entries.get_mut(key) else { return };
        node = &mut entry.node;
    }
    if let Value::List(items) = &mut node.value {
        items.iter_mut().for_each(&mut change);
    }
}
