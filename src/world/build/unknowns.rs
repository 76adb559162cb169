//! What is not known, one entry a key, and the laws of spreads. Draws nothing.

use super::desk::{Desk, did_you_mean, fault_and_cure};
use super::leaves::leaves;
use crate::spec::{Dist, Leaf, Quantity, Spread};
use crate::stats::law::{Law, LawKind};
use crate::world::model::Unknown;
use std::collections::BTreeMap;

/// Notes every unknown of the file on the desk, in order of key, and returns the common factors in order of name.
pub(super) fn collect(desk: &mut Desk<'_>) -> Vec<String> {
    let mut names: Vec<String> = desk.spec.factors.iter().map(|factor| factor.value.0.clone()).collect();
    names.sort();
    names.dedup();
    desk.factors = names.clone();
    let mut by_key: BTreeMap<String, (Unknown, &Leaf)> = BTreeMap::new();
    for leaf in leaves(desk.spec) {
        let Quantity::Unknown(spread) = &leaf.quantity else { continue };
        let law = law_of(spread).unwrap_or_else(|message| {
            let (message, remedy) = fault_and_cure(&message);
            desk.problem(leaf.origin, &leaf.path, format!("`{}`: {message}", leaf.path), remedy);
            Law::Constant { value: spread.p5 }
        });
        let loads_on = loads(desk, leaf, spread);
        let range = (f64::NEG_INFINITY, f64::INFINITY);
        let unknown = Unknown { key: spread.key.clone(), law, loads_on, range };
        let (first, at) = by_key.entry(spread.key.clone()).or_insert_with(|| (unknown.clone(), leaf));
        if (first.law, &first.loads_on) != (unknown.law, &unknown.loads_on) {
            let message = format!("`{}` and `{}` share the key `{}` but differ", at.path, leaf.path, spread.key);
            desk.problem(leaf.origin, &leaf.path, message, "give both the same spread, or add `each = true`");
        }
    }
    let carded =
        desk.spec.labs.iter().flat_map(|lab| &lab.table.services).any(|service| super::cards::by_card(&service.table));
    let mut unknowns: Vec<Unknown> = by_key.into_values().map(|(unknown, _)| unknown).collect();
    if carded {
        // One draw for all cards: what is not known of one is not known of the others.
        let (key, law) = (super::cards::SPEED.to_owned(), Law::Normal { mean: 0.0, sd: 1.0 });
        let at = unknowns.partition_point(|unknown| unknown.key < key);
        unknowns.insert(at, Unknown { key, law, loads_on: Vec::new(), range: (f64::NEG_INFINITY, f64::INFINITY) });
    }
    desk.unknowns = unknowns;
    names
}

/// The law of a spread: two quantiles and a shape.
pub(super) fn law_of(spread: &Spread) -> Result<Law, String> {
    let kind = match spread.dist {
        Dist::Lognormal => LawKind::Lognormal,
        Dist::Normal => LawKind::Normal,
        Dist::Uniform => LawKind::Uniform,
        Dist::Triangular => LawKind::Triangular,
    };
    Law::by_p5_p95(Some(kind), spread.p5, spread.p95)
}

/// Factor numbers and weights; unknown names and too large weights are problems.
pub(super) fn loads(desk: &mut Desk<'_>, leaf: &Leaf, spread: &Spread) -> Vec<(usize, f64)> {
    let mut loads = Vec::new();
    for (name, weight) in &spread.loads_on {
        match desk.factors.binary_search(name) {
            Ok(factor) => loads.push((factor, *weight)),
            Err(_) => {
                let remedy = did_you_mean(name, desk.factors.iter().map(String::as_str), "factor");
                desk.problem(leaf.origin, &leaf.path, format!("there is no factor `{name}`"), remedy);
            }
        }
    }
    loads.sort_by_key(|load| load.0);
    let explained: f64 = loads.iter().map(|(_, weight)| weight * weight).sum();
    if 1.0 + 1e-12 < explained {
        let message = format!("the squared weights of `{}` sum to {explained}", leaf.path);
        desk.problem(leaf.origin, &leaf.path, message, "make them sum to at most 1");
    }
    loads
}
