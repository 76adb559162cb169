//! What a strategy is without: bets become contracts, investments and tagged deliveries. Switches nothing off itself.

use super::decided;
use super::desk::{Desk, did_you_mean};
use super::time::Times;
use crate::spec::{self, At, Named, SetLeaf};
use crate::units::IdVec;
use crate::world::model::{ContractId, InvestmentId, Param, Without, Workload, WorkloadId};

/// What `strategy` switches off and sets at `decide_at`; an unknown name is a problem.
pub(super) fn without(desk: &mut Desk<'_>, strategy: &str, times: &Times, workloads: &IdVec<Workload>) -> Without {
    let spec = desk.spec;
    let mut without = Without::default();
    let Some(table) = chosen(desk, &spec.strategies, strategy, "strategy") else { return without };
    for name in &table.table.without {
        switch_off(desk, name, &mut without);
    }
    without.contracts.sort();
    without.contracts.dedup();
    without.investments.sort();
    without.investments.dedup();
    without.hosts_of.sort();
    without.hosts_of.dedup();
    if let (None, Some(first)) = (times.decide_at, table.table.without.first()) {
        let message = format!("strategy `{strategy}` is without a bet, and there is no `decide_at` at which it acts");
        desk.problem(
            first.origin,
            &first.path,
            message,
            "write `[scenario] decide_at`, the start to differ from the start",
        );
    }
    if times.decide_at.is_some() {
        for leaf in &table.table.set {
            set_at_decision(desk, leaf, workloads, &mut without);
        }
    }
    for id in &without.contracts {
        desk.note(format!(
            "contract {} states no termination terms: it ends at decide_at without fee",
            spec.contracts[id.index()].name
        ));
    }
    without
}

/// Judges the name of the future; its changes are in the tables already.
pub(super) fn check_future(desk: &mut Desk<'_>, future: &str) {
    let spec = desk.spec;
    chosen(desk, &spec.futures, future, "future");
}

/// The table of that name; without any table there is one named `base`.
fn chosen<'a, T>(desk: &mut Desk<'_>, tables: &'a [Named<T>], name: &str, what: &str) -> Option<&'a Named<T>> {
    let found = tables.iter().find(|table| table.name == name);
    if found.is_none() && !(tables.is_empty() && name == "base") {
        let names = tables.iter().map(|table| table.name.as_str()).chain(tables.is_empty().then_some("base"));
        let remedy = did_you_mean(name, names, what);
        desk.problem(Default::default(), "", format!("there is no {what} `{name}`"), remedy);
    }
    found
}

/// One entry of `without`: a bet, or one of its parts.
fn switch_off(desk: &mut Desk<'_>, name: &At<String>, without: &mut Without) {
    let bets = &desk.spec.bets;
    let (bet_name, part) =
        name.value.split_once('.').map_or((name.value.as_str(), None), |(bet, part)| (bet, Some(part)));
    let Some(bet) = bets.iter().find(|bet| bet.name == bet_name) else {
        let remedy = did_you_mean(bet_name, bets.iter().map(|bet| bet.name.as_str()), "bet");
        return desk.problem(name.origin, &name.path, format!("there is no bet `{bet_name}`"), remedy);
    };
    match part {
        None => {
            invest_off(desk, &bet.table, without);
            host_off(desk, bet, without);
        }
        Some("invest") => invest_off(desk, &bet.table, without),
        Some("host") => host_off(desk, bet, without),
        Some("resell") => {}
        Some(other) => {
            let remedy = did_you_mean(other, ["invest", "host", "resell"].into_iter(), "part");
            desk.problem(name.origin, &name.path, format!("a bet has no part `{other}`"), remedy);
        }
    }
}

fn invest_off(desk: &mut Desk<'_>, bet: &spec::Bet, without: &mut Without) {
    let spec = desk.spec;
    for path in &bet.invest {
        match spec.investments.iter().position(|investment| investment.path == path.value) {
            Some(index) => without.investments.push(InvestmentId::new(index)),
            None => {
                absent(desk, path, spec.investments.iter().map(|investment| investment.path.as_str()), "investment")
            }
        }
    }
}

fn host_off(desk: &mut Desk<'_>, bet: &Named<spec::Bet>, without: &mut Without) {
    let spec = desk.spec;
    without.hosts_of.push(bet.name.clone());
    for path in &bet.table.host {
        match spec.contracts.iter().position(|contract| contract.path == path.value) {
            Some(index) => without.contracts.push(ContractId::new(index)),
            None => absent(desk, path, spec.contracts.iter().map(|contract| contract.path.as_str()), "contract"),
        }
    }
}

fn absent<'n>(desk: &mut Desk<'_>, path: &At<String>, names: impl Iterator<Item = &'n str>, what: &str) {
    let remedy = did_you_mean(&path.value, names, what);
    desk.problem(path.origin, &path.path, format!("there is no {what} `{}`", path.value), remedy);
}

/// Leaves that an `Effect` could change at `decide_at` and no strategy can set there yet, with their last part.
const NOT_YET: [&str; 8] = [
    "sites.*.power_usd_per_mwh",
    "sites.*.facility_usd_per_mw_year",
    "sites.*.operations_usd_per_mw_year",
    "sites.*.mw.*.mw",
    "pools.*.cost_usd_per_chip",
    "contracts.*.price.ratio",
    "contracts.*.price.usd_per_chip_hour",
    "contracts.*.price.usd_per_chip_hour.*",
];

/// A leaf set at `decide_at`: the volume of a workload; shares of chips and prices stand in the tables already (`decided`).
fn set_at_decision(desk: &mut Desk<'_>, leaf: &SetLeaf, workloads: &IdVec<Workload>, without: &mut Without) {
    let at = &leaf.path;
    let number = leaf.toml.trim().parse::<f64>().ok();
    let matching: Vec<WorkloadId> = workloads
        .enumerate()
        .filter(|(_, workload)| matches(&at.value, &format!("{}.volume", workload.path)))
        .map(|w| w.0)
        .collect();
    if matching.is_empty() {
        let decide = desk.spec.scenario.decide_at.as_ref().expect("asked before").value;
        let (message, remedy) = match (decided::dated(desk.written, &at.value, decide), number) {
            (Ok(_), Some(_)) => return,
            (Ok(_), None) => {
                let message = format!("`{}` = {} is not a number, and a decision is one", at.value, leaf.toml.trim());
                (message, "write one number".to_owned())
            }
            (Err(why), _) if !why.is_empty() => {
                let message = format!("`{}` cannot be set at `decide_at`: {why}", at.value);
                (message, "set a leaf that holds at `decide_at` or later".to_owned())
            }
            (Err(_), _) if NOT_YET.iter().any(|leaf| alike(&at.value, leaf)) => {
                let message = format!("`{}` cannot be set at `decide_at` yet", at.value);
                (
                    message,
                    format!("{ELSE}; other prices and sites' power come with strategies with levers of their own"),
                )
            }
            (Err(_), _) => {
                let message = format!("`{}` cannot change at `decide_at`: a run holds it fixed", at.value);
                (message, format!("{ELSE}; or drop `decide_at` so that strategies differ from the start"))
            }
        };
        return desk.problem(at.origin, &at.path, message, remedy);
    }
    let Some(share) = number.filter(|share| (0.0..=1.0).contains(share)) else {
        let message = format!("`{}` = {} is not a share that a strategy can set at `decide_at`", at.value, leaf.toml);
        return desk.problem(at.origin, &at.path, message, "write a number from 0 to 1");
    };
    without.volumes.extend(matching.into_iter().map(|workload| (workload, Param::Fixed(share))));
}

/// What can be set at `decide_at` today.
const ELSE: &str =
    "set a workload's `volume`, chips of `pools.X.guaranteed` or `.reserved`, or a price or step of `pools.X.prices`";

/// Whether a path as written may lie under a pattern, either with wildcards.
fn alike(path: &str, pattern: &str) -> bool {
    let (path, pattern): (Vec<&str>, Vec<&str>) = (path.split(['.', '[']).collect(), pattern.split('.').collect());
    path.len() == pattern.len() && path.iter().zip(&pattern).all(|(a, b)| *a == "*" || *b == "*" || a == b)
}

/// Whether a dotted path is the pattern's, where `*` stands for one name.
pub(super) fn matches(pattern: &str, path: &str) -> bool {
    let (mut wanted, mut given) = (pattern.split('.'), path.split('.'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return true,
            (Some(w), Some(g)) if w == "*" || w == g => {}
            _ => return false,
        }
    }
}
