//! Sizes in nodes, from nodes, chips, megawatts or dollars; and whether a site's power holds its pools. Knows no tenant.

use super::desk::Desk;
use super::hardware::Hardware;
use super::time::Times;
use crate::spec::{Size, SizeUnit};
use crate::units::{IdVec, SimTime};
use crate::world::model::{Pool, Site, SiteId};

/// Most chips of one size: counts of chips stay far inside 32 bits.
const MOST_CHIPS: f64 = 1e9;

/// Whole nodes of a size, at medians. Nodes and chips must be whole; megawatts and dollars round down.
pub(super) fn nodes(desk: &mut Desk<'_>, hardware: &Hardware, size: &Size) -> u32 {
    let amount = desk.number(&size.amount);
    let chips_per_node = f64::from(hardware.chips_per_node);
    let nodes = match size.unit {
        SizeUnit::Nodes => whole_nodes(desk, size, amount, 1.0),
        SizeUnit::Chips => whole_nodes(desk, size, amount, chips_per_node),
        SizeUnit::Mw => nodes_for(desk, size, amount, hardware.power.full_mw as f64 * chips_per_node / 1e9, "power"),
        SizeUnit::Usd => {
            let usd = desk.median_of(&hardware.cost_usd_per_chip) * chips_per_node;
            nodes_for(desk, size, amount, usd, "price")
        }
    };
    if MOST_CHIPS < nodes * chips_per_node {
        let message = format!("`{}` is {} chips", size.amount.path, nodes * chips_per_node);
        desk.problem(size.amount.origin, &size.amount.path, message, "at most a billion chips");
        return 0;
    }
    nodes as u32
}

/// `amount` in nodes of `each`; a part of a node is a problem that names the nearest whole ones.
fn whole_nodes(desk: &mut Desk<'_>, size: &Size, amount: f64, each: f64) -> f64 {
    let nodes = amount / each;
    if nodes == nodes.floor() {
        return nodes;
    }
    let leaf = &size.amount;
    let (below, above) = (nodes.floor() * each, nodes.ceil() * each);
    let message = format!("`{}` = {amount} is not a whole number of nodes ({each} to a node)", leaf.path);
    desk.problem(leaf.origin, &leaf.path, message, format!("write {below} or {above}"));
    nodes.floor()
}

/// Whole nodes of `each` (megawatts or dollars) within `amount`.
fn nodes_for(desk: &mut Desk<'_>, size: &Size, amount: f64, each: f64, what: &str) -> f64 {
    let leaf = &size.amount;
    if each <= 0.0 {
        let message = format!("`{}` needs the {what} of a chip, and this pool has none", leaf.path);
        desk.problem(leaf.origin, &leaf.path, message, "give `instance` and `site`, or write nodes or chips");
        return 0.0;
    }
    // The half-ulp that 10 nodes' worth of megawatts loses must not cost a node.
    let nodes = (amount / each * (1.0 + 1e-12)).floor();
    if nodes == 0.0 && 0.0 < amount {
        let message = format!("`{}` = {amount} is less than one node, which takes {each}", leaf.path);
        desk.problem(leaf.origin, &leaf.path, message, format!("write at least {each}"));
    }
    nodes
}

/// Megawatts at the meter of `nodes` of a pool, all at work.
pub(super) fn megawatts(pool: &Pool, nodes: u64) -> f64 {
    nodes as f64 * f64::from(pool.chips_per_node) * pool.power.full_mw as f64 / 1e9
}

/// Nodes planned in a pool from each instant on, before slip; in order of time, from the run's first instant.
pub(super) fn planned(pool: &Pool) -> Vec<(SimTime, u64)> {
    let mut changes: Vec<(SimTime, i64)> = pool.deliveries.iter().map(|d| (d.at, i64::from(d.nodes))).collect();
    changes.extend(pool.retirements.iter().map(|(at, nodes)| (*at, -i64::from(*nodes))));
    changes.sort();
    let mut now: i64 = pool.initial.iter().map(|vintage| i64::from(vintage.nodes)).sum();
    let mut levels = vec![(SimTime::ZERO, now.max(0) as u64)];
    for (at, change) in changes {
        now += change;
        levels.push((at, now.max(0) as u64));
    }
    super::sites::last_at_each_instant(levels.into_iter())
}

/// Most nodes ever planned in a pool.
pub(super) fn most_planned(pool: &Pool) -> u64 {
    planned(pool).iter().map(|level| level.1).max().unwrap_or(0)
}

/// The value in force at `at` of levels in order of time; `before` ahead of the first.
pub(super) fn level_at<T: Copy>(levels: &[(SimTime, T)], at: SimTime, before: T) -> T {
    let past = levels.partition_point(|level| level.0 <= at);
    past.checked_sub(1).map_or(before, |last| levels[last].1)
}

/// Pools whose megawatts exceed their site's are a problem, with the first date.
pub(super) fn check_sites(desk: &mut Desk<'_>, times: &Times, sites: &IdVec<Site>, pools: &IdVec<Pool>) {
    for (id, site) in sites.enumerate() {
        if !site.mw.is_empty() {
            check_site(desk, times, id, site, pools);
        }
    }
}

fn check_site(desk: &mut Desk<'_>, times: &Times, id: SiteId, site: &Site, pools: &IdVec<Pool>) {
    let here: Vec<(&Pool, Vec<(SimTime, u64)>)> =
        pools.iter().filter(|pool| pool.site == Some(id)).map(|pool| (pool, planned(pool))).collect();
    let mut instants: Vec<SimTime> = here.iter().flat_map(|(_, levels)| levels.iter().map(|level| level.0)).collect();
    instants.extend(site.mw.iter().map(|step| step.0));
    instants.sort();
    for at in instants {
        let needed: f64 = here.iter().map(|(pool, levels)| megawatts(pool, level_at(levels, at, 0))).sum();
        let given = level_at(&site.mw, at, 0.0);
        if given * (1.0 + 1e-9) < needed {
            let table = &desk.spec.sites[id.index()];
            let on = times.date(at.max(times.start));
            let message = format!(
                "pools at `{}` need {needed:.3} MW at the meter on {on}, and the site has {given} MW",
                site.name
            );
            let remedy = format!("raise `{}.mw` by then, or make the pools smaller or later", table.path);
            return desk.problem(table.origin, &format!("{}.mw", table.path), message, remedy);
        }
    }
}
