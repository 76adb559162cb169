//! What a lab leaves after the chips it held, and what idles: margins at `book` unit cost. Accrual views; no cash, no equity.

use super::book::{months_of, unit_cost};
use crate::measure::chip_hours;
use crate::record::{PostingKind, RunRecord, Sku};
use crate::units::{Money, SimTime};
use crate::world::{EventKind, LISTED, PoolId, PriceKind, TenantId, World};
use std::ops::Range;

/// A lab over some months.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct LabMargin {
    /// Usage, reservation, reserved inference and shortfall billed to it [USD].
    pub billed: f64,
    /// Chip-hours its gangs held [h].
    pub gang_chip_hours: f64,
    /// Chip-hours reserved for it, up and offered [h].
    pub reserved_chip_hours: f64,
    /// Those chip-hours x the pools' unit cost [USD].
    pub cost: f64,
}

impl LabMargin {
    /// Billed less cost [USD].
    pub fn margin(self) -> f64 {
        self.billed - self.cost
    }
}

/// What a lab was billed less its gang and reserved chip-hours x the `book` unit cost of their pools over the months.
///
/// A guarantee it pays for and leaves idle costs it nothing here: see [`idle`].
pub fn lab_margin(world: &World, record: &RunRecord, tenant: TenantId, months: Range<u16>) -> LabMargin {
    let mut margin = LabMargin { billed: billed(world, record, tenant, &months), ..LabMargin::default() };
    for pool in world.pools.ids() {
        let held = chip_hours(gang_chip_us(world, record, pool, tenant, &months).allocated);
        let reserved = chip_hours(share_sum(record, pool, tenant, &months, |share| share.reserved_offered));
        margin.gang_chip_hours += held;
        margin.reserved_chip_hours += reserved;
        margin.cost += cost_of(world, record, pool, &months, held + reserved);
    }
    margin
}

/// Chip-hours at the pool's unit cost [USD]; a pool that was never up has neither.
fn cost_of(world: &World, record: &RunRecord, pool: PoolId, months: &Range<u16>, hours: f64) -> f64 {
    if hours == 0.0 {
        return 0.0;
    }
    let unit = unit_cost(world, record, pool, months.clone());
    hours * unit.unwrap_or_else(|| panic!("{}: {hours} chip-hours of chips that were never up", world.pools[pool].name))
}

fn billed(world: &World, record: &RunRecord, tenant: TenantId, months: &Range<u16>) -> f64 {
    let payer = world.tenants[tenant].party;
    let lines = record.postings.iter().filter(|posting| posting.payer == payer && months.contains(&posting.month));
    lines.map(|posting| posting.amount).sum::<Money>().usd()
}

/// Chips of a pool nobody used over some months: lines of their own, nobody's margin.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Idle {
    /// Up, idle and in nobody's guarantee [h].
    pub uncommitted_chip_hours: f64,
    /// ... x the pool's unit cost [USD].
    pub uncommitted_cost: f64,
    /// Guaranteed or in blocks, offered, paid and not used [h].
    pub unused_chip_hours: f64,
    /// ... x the pool's unit cost [USD].
    pub unused_cost: f64,
}

/// Idle chip-time of a pool, split by whether somebody paid for it. Eq. (29).
pub fn idle(world: &World, record: &RunRecord, pool: PoolId, months: Range<u16>) -> Idle {
    let rows = months_of(&record.pools[pool.index()], &months);
    let idle: u128 = rows.iter().map(|month| month.idle).sum();
    let paid = |lab| unused_guarantee(record, pool, lab, &months) + unused_blocks(record, pool, lab, &months);
    let unused: u128 = world.tenants.ids().map(paid).sum();
    assert!(unused <= idle, "{}: {unused} chip-us offered and unused, only {idle} idle", world.pools[pool].name);
    let (free, unused) = (chip_hours(idle - unused), chip_hours(unused));
    Idle {
        uncommitted_chip_hours: free,
        uncommitted_cost: cost_of(world, record, pool, &months, free),
        unused_chip_hours: unused,
        unused_cost: cost_of(world, record, pool, &months, unused),
    }
}

/// What a lab paid for and did not use over some months.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct UnusedCommitment {
    /// Guaranteed chip-hours offered and not held [h].
    pub chip_hours: f64,
    /// Its reservation lines x the share of the offered chip-time not used [USD].
    pub reservation: f64,
    /// Shortfalls [USD].
    pub shortfall: f64,
}

/// Unused commitment of a lab: the unused part of its guarantees at the price paid, and its shortfalls.
pub fn unused_commitment(world: &World, record: &RunRecord, tenant: TenantId, months: Range<u16>) -> UnusedCommitment {
    let mut line = UnusedCommitment::default();
    for pool in world.pools.ids() {
        let offered = share_sum(record, pool, tenant, &months, |share| share.offered);
        let unused = unused_guarantee(record, pool, tenant, &months);
        if 0 < offered {
            let sku = Sku::Share(pool, tenant);
            let lines = record.postings.iter().filter(|posting| {
                posting.kind == PostingKind::Reservation && posting.sku == sku && months.contains(&posting.month)
            });
            let paid: f64 = lines.map(|posting| posting.amount.usd()).sum();
            line.reservation += paid * unused as f64 / offered as f64;
        }
        line.chip_hours += chip_hours(unused);
    }
    let payer = world.tenants[tenant].party;
    let shortfalls = record.postings.iter().filter(|posting| {
        posting.kind == PostingKind::Shortfall && posting.payer == payer && months.contains(&posting.month)
    });
    line.shortfall = shortfalls.map(|posting| posting.amount.usd()).sum();
    line
}

/// Offered and held by nobody [chip-us].
fn unused_guarantee(record: &RunRecord, pool: PoolId, tenant: TenantId, months: &Range<u16>) -> u128 {
    share_sum(record, pool, tenant, months, |share| share.unused)
}

/// In blocks, offered and held by nobody [chip-us].
pub(crate) fn unused_blocks(record: &RunRecord, pool: PoolId, tenant: TenantId, months: &Range<u16>) -> u128 {
    share_sum(record, pool, tenant, months, |share| share.block_unused)
}

/// What a lab paid for capacity blocks of a pool and did not use over some months [USD]: chip-time that was free for its gangs, at the mean
/// price of its blocks there, each at the price of the day it was booked (those of before the start: at the first). Eq. (99). None: it has none.
pub fn unused_block_usd(
    world: &World,
    record: &RunRecord,
    pool: PoolId,
    tenant: TenantId,
    months: Range<u16>,
) -> Option<f64> {
    let slot = LISTED.iter().position(|kind| *kind == PriceKind::CapacityBlock).expect("listed") as u32;
    let rate = |at: SimTime| {
        let of_pool = record.events.iter().filter(|row| {
            let change = row.change;
            change.kind == EventKind::Price && (change.subject as usize, change.object) == (pool.index(), slot)
        });
        of_pool.take_while(|row| row.at <= at).last().map_or(0.0, |row| row.change.value as f64 / 1e9)
    };
    let mine = || world.pools[pool].blocks.iter().filter(|block| block.tenant == tenant);
    let all: f64 = mine().map(|block| block.chip_us() as f64).sum();
    let usd: f64 = mine().map(|block| block.chip_us() as f64 * rate(block.booked.unwrap_or(SimTime::ZERO))).sum();
    (all > 0.0).then(|| usd / all * chip_hours(unused_blocks(record, pool, tenant, &months)))
}

/// Gang chip-time of a lab on a pool over some months [chip-us].
pub(crate) struct GangTime {
    /// Held.
    pub allocated: u128,
    /// Held beyond the guarantee.
    pub billed: u128,
}

pub(crate) fn gang_chip_us(
    world: &World,
    record: &RunRecord,
    pool: PoolId,
    tenant: TenantId,
    months: &Range<u16>,
) -> GangTime {
    let mut time = GangTime { allocated: 0, billed: 0 };
    for (cell, terms) in world.cells.enumerate() {
        if terms.pool == pool && world.workloads[terms.workload].tenant == tenant {
            for month in months_of(&record.cells[cell.index()], months) {
                time.allocated += month.allocated;
                time.billed += month.billed;
            }
        }
    }
    time
}

pub(crate) fn share_sum(
    record: &RunRecord,
    pool: PoolId,
    tenant: TenantId,
    months: &Range<u16>,
    of: fn(&crate::record::ShareMonth) -> u128,
) -> u128 {
    let rows = record.shares.get(pool.index()).and_then(|tenants| tenants.get(tenant.index()));
    rows.map_or(0, |rows| months_of(rows, months).iter().map(of).sum())
}
