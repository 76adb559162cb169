//! Scheduling domains: which pools share a queue, and by which rules. Knows no node.

use super::desk::Desk;
use crate::spec::{self, At, Named, Schedule};
use crate::units::{IdVec, Span};
use crate::world::live::LISTED;
use crate::world::model::{Domain, Pool, PoolId, PriceKind, TenantId};
use crate::world::rules::{Backfill, Order, Overflow, Placement, PoolChoice, Preemption, Rules, Victim, Yield};
use std::collections::BTreeMap;

/// Domains of the file's pools; a pool without `domain` is one of its own.
pub(super) fn domains(desk: &mut Desk<'_>) -> IdVec<Domain> {
    let spec = desk.spec;
    let mut members: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, pool) in spec.pools.iter().enumerate() {
        members.entry(name(pool)).or_default().push(index);
    }
    IdVec(members.into_iter().map(|(name, pools)| one(desk, name, &pools)).collect())
}

fn name(pool: &Named<spec::Pool>) -> &str {
    pool.table.domain.as_ref().map_or(&pool.name, |domain| &domain.value)
}

fn one(desk: &mut Desk<'_>, name: &str, pools: &[usize]) -> Domain {
    let spec = desk.spec;
    let mut written: Option<(&Named<spec::Pool>, Rules)> = None;
    for index in pools {
        let pool = &spec.pools[*index];
        if pool.table.schedule == Schedule::default() {
            continue;
        }
        let these = rules(desk, pool);
        match &written {
            Some((first, before)) if *before != these => {
                let message = format!(
                    "pools `{}` and `{}` share the domain `{name}` but not their schedule",
                    first.name, pool.name
                );
                let path = format!("{}.schedule", pool.path);
                desk.problem(pool.origin, &path, message, format!("write `schedule` on one pool of `{name}` only"));
            }
            Some(_) => {}
            None => written = Some((pool, these)),
        }
    }
    Domain {
        name: name.to_owned(),
        pools: pools.iter().map(|index| PoolId::new(*index)).collect(),
        rules: written.map_or(Rules::default(), |(_, rules)| rules),
    }
}

/// A gang that has its nodes for itself is rounded up to them when it is submitted, before it has a pool: nodes of a domain are then of one size.
pub(super) fn check_nodes(desk: &mut Desk<'_>, domains: &IdVec<Domain>, pools: &IdVec<Pool>) {
    for domain in domains.iter().filter(|domain| domain.rules.placement == Placement::WholeNode) {
        let mut bounded = domain.pools.iter().filter(|pool| !pools[**pool].unlimited);
        let Some(first) = bounded.next() else { continue };
        let size = |pool: &PoolId| pools[*pool].chips_per_node;
        let Some(other) = bounded.find(|pool| size(pool) != size(first)) else { continue };
        let message = format!(
            "pools `{}` and `{}` of domain `{}` have nodes of {} and {} chips: `whole_node` rounds a gang up to nodes before it has a pool",
            pools[*first].name,
            pools[*other].name,
            domain.name,
            size(first),
            size(other)
        );
        let written =
            desk.spec.pools.iter().find(|pool| pool.table.schedule.placement.is_some() && name(pool) == domain.name);
        let Some(at) = written.and_then(|pool| pool.table.schedule.placement.as_ref()) else { continue };
        desk.problem(
            at.origin,
            &at.path,
            message,
            "put nodes of each size in a `domain` of their own, or choose another placement",
        );
    }
}

/// What a word of the file stands for; the reader has refused all others.
fn word<T: Copy>(at: &Option<At<String>>, words: &[(&str, T)], default: T) -> T {
    let written = at.as_ref().and_then(|at| words.iter().find(|(word, _)| *word == at.value));
    written.map_or(default, |(_, value)| *value)
}

/// The rules of a pool's schedule.
fn rules(desk: &mut Desk<'_>, pool: &Named<spec::Pool>) -> Rules {
    let schedule = &pool.table.schedule;
    let default = Rules::default();
    let orders = [
        ("fifo", Order::Fifo),
        ("sjf", Order::Sjf),
        ("srtf", Order::Srtf),
        ("priority", Order::Priority),
        ("las", Order::Las),
        ("fair_share", Order::FairShare),
    ];
    let backfills = [
        ("strict", Backfill::Strict),
        ("skip_ahead", Backfill::SkipAhead),
        ("easy", Backfill::Easy),
        ("conservative", Backfill::Conservative),
    ];
    let preemptions = [("off", Preemption::Off), ("class", Preemption::Class), ("order_key", Preemption::OrderKey)];
    let placements = [
        ("first_fit", Placement::FirstFit),
        ("best_fit", Placement::BestFit),
        ("spread", Placement::Spread),
        ("whole_node", Placement::WholeNode),
        ("ultraserver", Placement::UltraServer),
        ("split", Placement::Split),
    ];
    let choices = [
        ("in_order", PoolChoice::InOrder),
        ("cheapest_feasible", PoolChoice::CheapestFeasible),
        ("fastest", PoolChoice::Fastest),
        ("least_loaded", PoolChoice::LeastLoaded),
        ("throughput_matrix", PoolChoice::ThroughputMatrix),
    ];
    let (las_levels, las_quantum) = las(desk, schedule);
    let rules = Rules {
        order: word(&schedule.order, &orders, default.order),
        backfill: word(&schedule.backfill, &backfills, default.backfill),
        preemption: word(&schedule.preemption, &preemptions, default.preemption),
        placement: word(&schedule.placement, &placements, default.placement),
        pool_choice: word(&schedule.pool_choice, &choices, default.pool_choice),
        yields: word(&schedule.yields, &[("graceful", Yield::Graceful), ("abrupt", Yield::Abrupt)], default.yields),
        victim: word(&schedule.victim, &[("least_lost", Victim::LeastLost), ("hash", Victim::Hash)], default.victim),
        notice: schedule.notice.as_ref().map(|leaf| Span::from_hours(desk.number(leaf))),
        lend_overhead: schedule.lend_overhead.as_ref().map_or(default.lend_overhead, |leaf| desk.number(leaf)),
        lend_margin: schedule.lend_margin.as_ref().map_or(default.lend_margin, |leaf| desk.number(leaf)),
        serving_lease: schedule.serving_lease.as_ref().map(|leaf| Span::from_hours(desk.number(leaf))),
        serving_margin: schedule.serving_margin.as_ref().map(|leaf| desk.number(leaf)),
        restart_costs: Vec::new(),
        oracle: schedule.oracle.as_ref().is_some_and(|at| at.value),
        las_levels,
        las_quantum,
        weights: weights(desk, schedule),
        plan_depth: schedule.plan_depth.as_ref().map_or(default.plan_depth, |at| at.value.max(1) as usize),
        queue_limit: schedule.queue_limit.as_ref().map(|at| at.value.max(0) as u64),
        overflow: schedule.overflow.as_ref().and_then(|overflow| self::overflow(desk, pool, overflow)),
        resize_every: schedule
            .resize_every
            .as_ref()
            .map_or(default.resize_every, |leaf| Span(Span::from_hours(desk.number(leaf)).0.max(1))),
        compat: None,
    };
    if rules.order == Order::Las && rules.las_levels.is_empty() && rules.las_quantum.is_none() {
        let path = format!("{}.schedule.las", pool.path);
        let message = format!("order `las` of pool `{}` has neither levels nor turns", pool.name);
        desk.problem(pool.origin, &path, message, "las = { levels_chip_hours = [1, 10, 100] }, or a quantum");
    }
    if let Some(why) = crate::world::rules::refused(&rules) {
        let path = format!("{}.schedule", pool.path);
        desk.problem(pool.origin, &path, format!("pool `{}`: {why}", pool.name), "`list policies` shows what combines");
    }
    rules
}

/// Thresholds [chip-us] and the turn.
fn las(desk: &mut Desk<'_>, schedule: &Schedule) -> (Vec<u128>, Option<Span>) {
    let Some(las) = &schedule.las else { return (Vec::new(), None) };
    let hours: Vec<f64> = las.levels_chip_hours.iter().map(|leaf| desk.number(leaf)).collect();
    if let Some(at) = hours.windows(2).position(|pair| pair[1] <= pair[0]) {
        let leaf = &las.levels_chip_hours[at + 1];
        desk.problem(leaf.origin, &leaf.path, format!("{} is not above {}", hours[at + 1], hours[at]), "ascending");
    }
    let levels = hours.iter().map(|hours| (hours * Span::HOUR.0 as f64).round() as u128).collect();
    (levels, las.quantum.as_ref().map(|leaf| Span(Span::from_hours(desk.number(leaf)).0.max(1))))
}

/// By tenant, in the order of the file's labs.
fn weights(desk: &mut Desk<'_>, schedule: &Schedule) -> Vec<f64> {
    let labs = &desk.spec.labs;
    let mut weights = vec![1.0; labs.len()];
    for named in &schedule.weights {
        if let Some(at) = labs.iter().position(|lab| lab.name == named.name) {
            weights[TenantId::new(at).index()] = desk.number(&named.table);
        }
    }
    weights
}

fn overflow(desk: &mut Desk<'_>, pool: &Named<spec::Pool>, overflow: &spec::OverflowSpec) -> Option<Overflow> {
    let (mut to, mut limited) = (None, true);
    if let Some(name) = &overflow.to {
        let at = desk.spec.pools.iter().position(|pool| pool.name == name.value)?;
        let there = &desk.spec.pools[at];
        let unlimited = there.table.unlimited.as_ref().is_some_and(|at| at.value);
        if !unlimited && self::name(there) != self::name(pool) {
            let message = format!("jobs overflow to `{}`, which has a limit and another scheduler", there.name);
            let remedy =
                format!("put `domain = \"{}\"` on it too, or name a pool with `unlimited = true`", self::name(pool));
            desk.problem(name.origin, &name.path, message, remedy);
        }
        (to, limited) = (Some(PoolId::new(at)), !unlimited);
    } else if overflow.price.is_none() {
        let message = format!("overflow of pool `{}` names neither another pool nor another price", pool.name);
        let remedy = "write `to`, or `price`: what jobs accept as well that have waited for long";
        desk.problem(overflow.after.origin, &overflow.after.path, message, remedy);
    }
    let planned = pool.table.schedule.backfill.as_ref().filter(|word| word.value == "conservative");
    if let (Some(word), true) = (planned, limited) {
        let message = format!(
            "pool `{}`: `conservative` promises starts, and who overflows takes chips of its domain",
            pool.name
        );
        desk.problem(
            word.origin,
            &word.path,
            message,
            "name a pool with `unlimited = true`, or write backfill = \"easy\"",
        );
    }
    let kinds = LISTED.map(|kind| (kind.name(), kind));
    let price = word(&overflow.price, &kinds, PriceKind::OnDemand);
    Some(Overflow { after: Span::from_hours(desk.number(&overflow.after)), to, price })
}
