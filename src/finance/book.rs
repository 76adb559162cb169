//! The fleet in the books: straight line over the useful life from the in-service date. A view: it posts nothing and moves no cash.

use super::value;
use crate::measure::chip_hours;
use crate::record::{PostingKind, RunRecord, Sku};
use crate::units::{SimTime, Span};
use crate::world::{EventKind, Pool, PoolId, World};
use std::ops::Range;

/// Chips that entered service together, and until when some of them stay.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Vintage {
    /// In service since [us from the run's begin]; negative: before it.
    pub since_us: i128,
    /// Chips.
    pub chips: f64,
    /// Retired at; None: still there at the end of the run.
    pub until: Option<SimTime>,
}

/// Every vintage of a pool in one run: what stood at the start and what was delivered; what really left takes the oldest first.
pub fn vintages(world: &World, record: &RunRecord, pool: PoolId) -> Vec<Vintage> {
    let terms = &world.pools[pool];
    let per_node = f64::from(terms.chips_per_node);
    let year_us = 365.25 * Span::DAY.0 as f64;
    let mut fleet: Vec<Vintage> = Vec::new();
    for vintage in &terms.initial {
        let since_us = i128::from(world.start.0) - (vintage.age_years * year_us).round() as i128;
        fleet.push(Vintage { since_us, chips: f64::from(vintage.nodes) * per_node, until: None });
    }
    for row in &record.events {
        if row.change.kind == EventKind::Delivery && row.change.subject as usize == pool.index() {
            let nodes = terms.deliveries[row.change.object as usize].nodes;
            fleet.push(Vintage { since_us: i128::from(row.at.0), chips: f64::from(nodes) * per_node, until: None });
        }
    }
    fleet.sort_by_key(|vintage| vintage.since_us);
    for row in &record.events {
        if row.change.kind == EventKind::Retirement && row.change.subject as usize == pool.index() {
            retire(&mut fleet, row.at, row.change.value as f64);
        }
    }
    fleet
}

/// Takes `chips` out at `at`, the oldest in service first, splitting the vintage that is only partly retired.
fn retire(fleet: &mut Vec<Vintage>, at: SimTime, mut chips: f64) {
    let mut n = 0;
    while 0.0 < chips && n < fleet.len() {
        let vintage = fleet[n];
        if vintage.until.is_none() && vintage.since_us <= i128::from(at.0) {
            let gone = vintage.chips.min(chips);
            fleet[n] = Vintage { chips: gone, until: Some(at), ..vintage };
            if gone < vintage.chips {
                fleet.insert(n + 1, Vintage { chips: vintage.chips - gone, ..vintage });
                n += 1;
            }
            chips -= gone;
        }
        n += 1;
    }
}

/// Cost of a pool's chip in this run [USD]: the last that came into force, else the parameter.
pub fn cost_per_chip(world: &World, record: &RunRecord, pool: PoolId) -> f64 {
    let of_pool = |row: &&crate::record::EventRow| {
        row.change.kind == EventKind::ChipCost && row.change.subject as usize == pool.index()
    };
    match record.events.iter().rev().find(of_pool) {
        Some(row) => row.change.value as f64 / 1e9,
        None => value(record, &world.pools[pool].cost_usd_per_chip),
    }
}

/// Book value of a pool at `at` [USD]: sum over chips in service of cost x max(0, 1 - age/life). Eq. (27).
pub fn book_value(world: &World, record: &RunRecord, pool: PoolId, at: SimTime) -> f64 {
    let cost = cost_per_chip(world, record, pool);
    let life_us = life_us(&world.pools[pool]);
    let now = i128::from(at.0);
    let in_service = |vintage: &&Vintage| vintage.since_us <= now && vintage.until.is_none_or(|until| at < until);
    let fleet = vintages(world, record, pool);
    let left = |vintage: &Vintage| (1.0 - (now - vintage.since_us) as f64 / life_us).max(0.0);
    fleet.iter().filter(in_service).map(|vintage| vintage.chips * cost * left(vintage)).sum()
}

/// Straight-line depreciation of a pool over [from, to) [USD]: cost x (time in service and within the life) / life. Eq. (28).
pub fn depreciation(world: &World, record: &RunRecord, pool: PoolId, from: SimTime, to: SimTime) -> f64 {
    let cost = cost_per_chip(world, record, pool);
    let life_us = life_us(&world.pools[pool]);
    let share = |vintage: &Vintage| {
        let begun = vintage.since_us.max(i128::from(from.0)) as f64;
        let gone = vintage.until.map_or(to, |until| until.min(to));
        let over = (vintage.since_us as f64 + life_us).min(gone.0 as f64);
        (over - begun).max(0.0) / life_us
    };
    vintages(world, record, pool).iter().map(|vintage| vintage.chips * cost * share(vintage)).sum()
}

fn life_us(pool: &Pool) -> f64 {
    assert!(0.0 < pool.useful_life_years, "{}: a useful life of {} years", pool.name, pool.useful_life_years);
    pool.useful_life_years * 365.25 * Span::DAY.0 as f64
}

/// Unit cost, label `book`, of a pool's up chip-hour over the months [USD per chip-hour].
///
/// (depreciation + power + facility + operations) / up chip-hours, without capital charge. None when nothing was up.
pub fn unit_cost(world: &World, record: &RunRecord, pool: PoolId, months: Range<u16>) -> Option<f64> {
    if months.is_empty() {
        return None;
    }
    let (from, to) = (world.months[usize::from(months.start)], world.month_end(months.end - 1));
    let up: u128 = months_of(&record.pools[pool.index()], &months).iter().map(|month| month.up).sum();
    let cash = running_cash(record, pool, &months);
    (0 < up).then(|| (depreciation(world, record, pool, from, to) + cash) / chip_hours(up))
}

/// Power, facility and operations of a pool over the months [USD].
pub fn running_cash(record: &RunRecord, pool: PoolId, months: &Range<u16>) -> f64 {
    let running = record.postings.iter().filter(|posting| {
        let owning = matches!(posting.kind, PostingKind::Power | PostingKind::Facility | PostingKind::Operations);
        owning && posting.sku == Sku::Pool(pool) && months.contains(&posting.month)
    });
    running.map(|posting| posting.amount.usd()).sum()
}

/// The months that a run metered, clipped to what there is.
pub fn months_of<'a, T>(all: &'a [T], months: &Range<u16>) -> &'a [T] {
    let to = usize::from(months.end).min(all.len());
    &all[usize::from(months.start).min(to)..to]
}
