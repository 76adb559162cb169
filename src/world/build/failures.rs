//! Causes of failure, racks and spares of a pool: shares add up, racks are known, what stands by is there. Draws none.

use super::desk::{Desk, did_you_mean};
use super::hardware::Hardware;
use super::sizes::planned;
use super::streams::law_of_mean;
use crate::spec::{self, CauseSpec, Named};
use crate::units::{Id, IdVec};
use crate::world::catalog::Takes;
use crate::world::failures::{Cause, Interruption, InterruptionId, Spares};
use crate::world::model::{LawOf, Param, Pool};
use crate::world::outages::Place;
use crate::world::rules::{Placement, Rules};
use std::collections::BTreeSet;

/// How far shares may add up beside 1: they are written with few digits.
const SHARES_OFF: f64 = 1e-6;

/// Why gangs may be interrupted in this world: what every world has, then the causes that its pools state, by name.
pub(super) fn interruptions(desk: &Desk<'_>) -> IdVec<Interruption> {
    let mut named = BTreeSet::new();
    for pool in &desk.spec.pools {
        named.extend(pool.table.failures.causes.iter().map(|cause| cause.name.clone()));
        if let Some(chip) = &pool.table.failures.causes_of
            && let Ok(chip) = desk.catalog.chip(&chip.value)
        {
            named.extend(desk.catalog.causes_of(&chip.name).map(|row| row.cause.clone()));
        }
    }
    let given = Interruption::NAMES.map(str::to_owned);
    let new = named.into_iter().filter(|name| !given.contains(name));
    IdVec(given.iter().cloned().chain(new).map(|name| Interruption { name }).collect())
}

/// Failures per chip-hour that the pool's causes state for themselves; None: its one rate holds.
pub(super) fn stated_rate(desk: &mut Desk<'_>, pool: &Named<spec::Pool>) -> Option<f64> {
    let rates: Vec<_> =
        pool.table.failures.causes.iter().filter_map(|cause| cause.table.per_chip_hour.as_ref()).collect();
    (!rates.is_empty()).then(|| rates.into_iter().map(|leaf| desk.number(leaf)).sum())
}

/// Causes of a pool's failures; without any stated, one that takes the node.
pub(super) fn causes(
    desk: &mut Desk<'_>,
    pool: &Named<spec::Pool>,
    hardware: &Hardware,
    names: &IdVec<Interruption>,
) -> Vec<Cause> {
    let written = &pool.table.failures;
    let repair = written.repair.as_ref().and_then(|repair| law_of_mean(desk, &repair.time));
    for cause in written.causes.iter().filter(|cause| Interruption::NAMES.contains(&cause.name.as_str())) {
        let message = format!("cause `{}` has the name of what interrupts gangs in every world", cause.name);
        desk.problem(cause.origin, &cause.path, message, "give it a name of its own");
    }
    if let (Some(of), Some(_)) = (&written.causes_of, written.causes.first()) {
        let message = format!("pool `{}` states causes of its own and those of `{}`", pool.name, of.value);
        desk.problem(of.origin, &of.path, message, "keep `causes`, or `causes_of`");
    }
    let shares = match (&written.causes_of, written.causes.is_empty()) {
        (_, false) => of_pool(desk, pool, hardware, names, &repair),
        (Some(chip), true) => of_catalog(desk, pool, hardware, chip, names, &repair),
        (None, true) => Vec::new(),
    };
    cumulative(shares, repair)
}

/// A cause and its share, not yet added up.
type Shared = (f64, InterruptionId, Takes, Option<LawOf>);

/// Shares of 1 over all: rates over their sum, shares as they are. The last ends at 1, so that every draw finds a cause.
fn cumulative(shares: Vec<Shared>, repair: Option<LawOf>) -> Vec<Cause> {
    let total: f64 = shares.iter().map(|cause| cause.0).sum();
    if total <= 0.0 {
        return vec![Cause { is: Interruption::FAILURE, cumulative: 1.0, takes: Takes::Node, repair }];
    }
    let mut sum = 0.0;
    let mut causes: Vec<Cause> = Vec::new();
    for (share, is, takes, repair) in shares {
        sum += share / total;
        causes.push(Cause { is, cumulative: sum, takes, repair });
    }
    causes.last_mut().expect("a share above 0").cumulative = 1.0;
    causes
}

fn of_pool(
    desk: &mut Desk<'_>,
    pool: &Named<spec::Pool>,
    hardware: &Hardware,
    names: &IdVec<Interruption>,
    repair: &Option<LawOf>,
) -> Vec<Shared> {
    let written = &pool.table.failures;
    let rated = |cause: &&Named<CauseSpec>| cause.table.per_chip_hour.is_some();
    let mixed = written.causes.iter().find(rated).zip(written.causes.iter().find(|cause| !rated(cause)));
    if let Some((_, share)) = mixed {
        let message =
            format!("causes of pool `{}` state rates, and `{}` a share of what they are", pool.name, share.name);
        desk.problem(share.origin, &share.path, message, "write `per_chip_hour` of each, or `share` of each");
        return Vec::new();
    }
    if let (Some(_), Some(leaf)) = (written.causes.iter().find(rated), &written.per_chip_hour) {
        let message = format!("pool `{}` states its failures and those of each cause", pool.name);
        desk.problem(
            leaf.origin,
            &leaf.path,
            message,
            "leave out `failures_per_chip_hour`, or write a `share` of each cause",
        );
    }
    let mut shares = Vec::new();
    for cause in &written.causes {
        let leaf = cause.table.per_chip_hour.as_ref().or(cause.table.share.as_ref()).expect("one of them is written");
        shares.push((desk.number(leaf), id_of(names, &cause.name), takes(cause), of_cause(desk, cause, repair)));
    }
    if !written.causes.iter().any(|cause| rated(&cause)) {
        let sum: f64 = shares.iter().map(|cause| cause.0).sum();
        if SHARES_OFF < (sum - 1.0).abs() {
            let message = format!("shares of the causes of pool `{}` add up to {sum:.6}", pool.name);
            desk.problem(
                pool.origin,
                &format!("{}.causes", pool.path),
                message,
                "they are of all failures: make them 1",
            );
        }
        check_rate(desk, pool, hardware, &format!("{}.causes", pool.path));
    }
    shares
}

fn takes(cause: &Named<CauseSpec>) -> Takes {
    cause.table.takes.as_ref().and_then(|word| Takes::parse(&word.value)).unwrap_or(Takes::Node)
}

/// Repair of what a cause takes down; a job alone has nothing to repair.
fn of_cause(desk: &mut Desk<'_>, cause: &Named<CauseSpec>, repair: &Option<LawOf>) -> Option<LawOf> {
    match (&cause.table.repair, takes(cause)) {
        (None, Takes::Job) => None,
        (Some(law), Takes::Job) => {
            let message = format!("`{}` takes the job alone and has a repair", cause.path);
            desk.problem(
                law.dist.origin,
                &format!("{}.repair", cause.path),
                message,
                "leave out `repair`, or let it take the node",
            );
            None
        }
        (Some(law), Takes::Node | Takes::Rack) => law_of_mean(desk, law),
        (None, Takes::Node | Takes::Rack) => repair.clone(),
    }
}

fn of_catalog(
    desk: &mut Desk<'_>,
    pool: &Named<spec::Pool>,
    hardware: &Hardware,
    chip: &spec::At<String>,
    names: &IdVec<Interruption>,
    repair: &Option<LawOf>,
) -> Vec<Shared> {
    let catalog = desk.catalog;
    let known = catalog.chip(&chip.value).map_or(chip.value.as_str(), |known| known.name.as_str());
    let rows: Vec<_> = catalog.causes_of(known).collect();
    if rows.is_empty() {
        let have: BTreeSet<&str> = catalog.failure_causes.iter().map(|row| row.chip.as_str()).collect();
        let remedy = format!("{}, or write `causes` of your own", did_you_mean(&chip.value, have.into_iter(), "chip"));
        let message = format!("the catalog tells no causes of failure of `{}` apart", chip.value);
        desk.problem(chip.origin, &chip.path, message, remedy);
        return Vec::new();
    }
    check_rate(desk, pool, hardware, &chip.path);
    let shared = rows.into_iter().map(|row| {
        let path = format!("catalog.failure_causes.{}.{}", row.chip, row.cause);
        let share = desk.known(path, &row.share).expect("shares are published");
        let repair = if row.takes == Takes::Job { None } else { repair.clone() };
        (share, id_of(names, &row.cause), row.takes, repair)
    });
    shared.collect()
}

/// Shares are of something.
fn check_rate(desk: &mut Desk<'_>, pool: &Named<spec::Pool>, hardware: &Hardware, path: &str) {
    if hardware.failures_per_chip_hour == 0.0 && pool.table.failures.per_chip_hour.is_none() {
        let message = format!("pool `{}` has shares of failures and no failures", pool.name);
        desk.problem(pool.origin, path, message, format!("set `{}.failures_per_chip_hour`", pool.path));
    }
}

fn id_of(names: &IdVec<Interruption>, name: &str) -> InterruptionId {
    Id::new(names.iter().position(|known| known.name == name).expect("every cause is listed"))
}

/// Nodes in a rack: as written, else the UltraServer, else the catalog's scale-up domain; asked only where something befalls racks.
pub(super) fn rack_nodes(desk: &mut Desk<'_>, pool: &Named<spec::Pool>, built: &Pool, rules: &Rules) -> Option<u32> {
    let table = &pool.table;
    let by_cause = built.causes.iter().any(|cause| cause.takes == Takes::Rack);
    let asked = by_cause || built.outages.iter().any(|outage| outage.place != Place::Pool);
    if asked && built.unlimited {
        let message = format!("pool `{}` is unlimited and has racks that fail", pool.name);
        desk.problem(pool.origin, &pool.path, message, "leave out its racks, or `unlimited`");
        return None;
    }
    let scale_up = || {
        let instance = desk.catalog.instance(&built.instance).ok()?;
        let nodes = instance.scale_up_chips / instance.chips;
        (1 < nodes).then_some(nodes as u32)
    };
    let written = table.failures.rack_nodes.as_ref().or(table.ultraserver_nodes.as_ref());
    let nodes = written.map(|at| at.value.clamp(1, 100_000) as u32).or_else(scale_up);
    let group = if rules.placement == Placement::UltraServer { built.ultraserver_nodes } else { 1 };
    match nodes {
        None if asked => {
            let path = format!("{}.rack_nodes", pool.path);
            let message =
                format!("something befalls racks of pool `{}`, and how many nodes one has is not known", pool.name);
            desk.problem(pool.origin, &path, message, format!("set `{path}`"));
            None
        }
        Some(nodes) if nodes % group != 0 => {
            let path = format!("{}.rack_nodes", pool.path);
            let message = format!("racks of {nodes} nodes in pool `{}` cut its UltraServers of {group}", pool.name);
            desk.problem(pool.origin, &path, message, format!("a multiple of {group}"));
            None
        }
        nodes => nodes.filter(|_| asked),
    }
}

/// Racks that are there once everything has come.
pub(super) fn racks(pool: &Pool) -> u32 {
    let coming: u64 = pool.deliveries.iter().map(|delivery| u64::from(delivery.nodes)).sum();
    let standing: u64 = pool.initial.iter().map(|vintage| u64::from(vintage.nodes)).sum();
    pool.rack_nodes.map_or(0, |nodes| (standing + coming).div_ceil(u64::from(nodes)) as u32)
}

/// An outage of a rack that is never there is a problem.
pub(super) fn check_racks(desk: &mut Desk<'_>, pool: &Named<spec::Pool>, built: &Pool) {
    for outage in &pool.table.failures.outages {
        let Some(rack) = outage
            .table
            .rack
            .as_ref()
            .filter(|rack| built.rack_nodes.is_some() && i64::from(racks(built)) <= rack.value)
        else {
            continue;
        };
        let (racks, nodes) = (racks(built), built.rack_nodes.unwrap_or(1));
        let message = format!("pool `{}` has no rack {}: it has {racks} racks of {nodes} nodes", pool.name, rack.value);
        desk.problem(
            rack.origin,
            &rack.path,
            message,
            format!("racks are counted from 0: at most {}", racks.max(1) - 1),
        );
    }
}

/// Nodes that stand by; the others must be more than none at any time that the pool has nodes.
pub(super) fn spares(desk: &mut Desk<'_>, pool: &Named<spec::Pool>, built: &Pool, rules: &Rules) -> Option<Spares> {
    let written = pool.table.failures.spares.as_ref()?;
    let after_h = written.after.as_ref().map_or(Param::Fixed(0.0), |leaf| desk.param(leaf, (0.0, 1e6)));
    let (nodes, least) =
        (written.nodes.value, planned(built).iter().map(|level| level.1).filter(|nodes| 0 < *nodes).min());
    let group = if rules.placement == Placement::UltraServer { built.ultraserver_nodes } else { 1 };
    if least.is_none_or(|least| i64::try_from(least).unwrap_or(i64::MAX) <= nodes) {
        let message =
            format!("pool `{}` keeps {nodes} nodes as spares and has at times {}", pool.name, least.unwrap_or(0));
        desk.problem(
            written.nodes.origin,
            &written.nodes.path,
            message,
            "spares are of the pool's nodes: fewer of them, or more nodes",
        );
        return None;
    }
    let nodes = nodes as u32;
    if !nodes.is_multiple_of(group) {
        let message = format!("{nodes} spares of pool `{}` cut its UltraServers of {group}", pool.name);
        desk.problem(written.nodes.origin, &written.nodes.path, message, format!("a multiple of {group}"));
        return None;
    }
    Some(Spares { nodes, after_h })
}
