//! Where the chips went: the four fractions of design 5, availability, megawatts, chip-hours by tenant, pool and price kind.
//! Ratios of integrals over the period; averages of ratios nowhere.

use super::{Better, Metric, Period, Scope, Sheet, chip_hours, ratio, sum, value};
use crate::record::{CellMonth, RunRecord};
use crate::world::{PoolId, Source, WorkloadId, World};
use std::ops::Range;

static INSTALLED: Metric = Metric {
    name: "installed_chips",
    unit: "chips",
    what: "Chips in the ground, mean over time: installed chip-hours / hours.",
    better: Better::Neither,
};
static AVAILABILITY: Metric = Metric {
    name: "availability",
    unit: "-",
    what: "Up chip-hours / installed chip-hours. Idle and reserved nodes do not fail here.",
    better: Better::More,
};
static ALLOCATED: Metric = Metric {
    name: "allocated_fraction",
    unit: "-",
    what: "Chip-hours held by gangs and replicas / (gangs + replicas + idle); reserved chips are in neither. Eq. (9).",
    better: Better::More,
};
static BUSY: Metric = Metric {
    name: "busy_fraction",
    unit: "-",
    what: "(productive + checkpoint + lost + restart + yielding + replicas at work) chip-hours / (gangs + replicas + idle). Eq. (10).",
    better: Better::More,
};
static GOODPUT: Metric = Metric {
    name: "goodput_fraction",
    unit: "-",
    what: "(Productive + replicas at work) chip-hours / (gangs + replicas + idle): work that was kept. Eq. (11).",
    better: Better::More,
};
static MFU: Metric = Metric {
    name: "mfu",
    unit: "-",
    what: "Useful FLOP (campaign efficiency included) / (allocated chip-time x BF16 peak), over workloads that state an MFU. Eq. (12).",
    better: Better::More,
};
static RESERVED: Metric = Metric {
    name: "reserved_chips",
    unit: "chips",
    what: "Reserved and offered chips, mean over time: billed, not simulated, in none of the fractions.",
    better: Better::Neither,
};
static IDLE: Metric = Metric {
    name: "idle_chips",
    unit: "chips",
    what: "Up chips that nobody holds, mean over time.",
    better: Better::Less,
};
static FRAGMENTED: Metric = Metric {
    name: "fragmented_fraction",
    unit: "-",
    what: "Of the idle chips, those on nodes of which a part is held, chip-hours over chip-hours: a gang of whole nodes finds no room there.",
    better: Better::Less,
};
static SERVING: Metric = Metric {
    name: "serving_chips",
    unit: "chips",
    what: "Chips of replicas, ready or starting, mean over time.",
    better: Better::Neither,
};
static STARTING: Metric = Metric {
    name: "starting_chips",
    unit: "chips",
    what: "Of those: of replicas that are starting.",
    better: Better::Less,
};
static TRAINING: Metric = Metric {
    name: "gang_chips",
    unit: "chips",
    what: "Chips of gangs beside services, mean over time.",
    better: Better::Neither,
};
static MW_INSTALLED: Metric = Metric {
    name: "mw_installed",
    unit: "MW",
    what: "Installed chips at full power at the meter, mean: chips x TDP x host overhead x PUE.",
    better: Better::Neither,
};
static MW_USED: Metric = Metric {
    name: "mw_used",
    unit: "MW",
    what: "Power drawn at the meter, mean: idle chips draw the idle share, gangs full power, reserved chips by reserved_busy.",
    better: Better::Neither,
};
pub(super) static CHIP_HOURS: Metric = Metric {
    name: "allocated_chip_hours",
    unit: "chip-h",
    what: "Chip-hours a workload's gangs held on a pool, or in all.",
    better: Better::Neither,
};
pub(super) static PRODUCTIVE: Metric = Metric {
    name: "productive_chip_hours",
    unit: "chip-h",
    what: "Of those: work that was kept.",
    better: Better::More,
};
pub(super) static CHECKPOINT: Metric = Metric {
    name: "checkpoint_chip_hours",
    unit: "chip-h",
    what: "Of those: completed checkpoints.",
    better: Better::Less,
};
pub(super) static LOST: Metric = Metric {
    name: "lost_chip_hours",
    unit: "chip-h",
    what: "Of those: work and unfinished checkpoints that interruptions, or a notice too short to save, destroyed.",
    better: Better::Less,
};
pub(super) static RESTART: Metric = Metric {
    name: "restart_chip_hours",
    unit: "chip-h",
    what: "Of those: loading after an interruption.",
    better: Better::Less,
};
pub(super) static YIELDING: Metric = Metric {
    name: "yielding_chip_hours",
    unit: "chip-h",
    what: "Of those: writing the checkpoint with which a gang makes room.",
    better: Better::Less,
};
static BILLED: Metric = Metric {
    name: "billed_chip_hours",
    unit: "chip-h",
    what: "Chip-hours beyond the lab's guarantee, billed at the workload's price kind.",
    better: Better::Neither,
};
static COVERED: Metric = Metric {
    name: "covered_chip_hours",
    unit: "chip-h",
    what: "Chip-hours held within the lab's guarantee or its capacity blocks: paid for, used or not.",
    better: Better::Neither,
};
static UNUSED: Metric = Metric {
    name: "unused_guarantee_chip_hours",
    unit: "chip-h",
    what: "Guaranteed chip-hours that were up and offered, and held by none of the lab's gangs.",
    better: Better::Neither,
};
static GUARANTEED: Metric = Metric {
    name: "guaranteed_chip_hours",
    unit: "chip-h",
    what: "Guaranteed chip-hours that were up and offered: billed used or not.",
    better: Better::Neither,
};
static UNDELIVERED: Metric = Metric {
    name: "undelivered_chip_hours",
    unit: "chip-h",
    what: "Guaranteed or reserved chip-hours that were late or down: not billed, excused from the commitment.",
    better: Better::Less,
};
static BLOCKED: Metric = Metric {
    name: "blocked_chip_hours",
    unit: "chip-h",
    what: "Guaranteed or reserved chip-hours that were up while other labs' gangs still held them: not billed, excused.",
    better: Better::Less,
};
static RESERVED_HOURS: Metric = Metric {
    name: "reserved_chip_hours",
    unit: "chip-h",
    what: "Reserved chip-hours that were up and offered: billed, not simulated.",
    better: Better::Neither,
};

static BLOCK: Metric = Metric {
    name: "block_chip_hours",
    unit: "chip-h",
    what: "Chip-hours in capacity blocks in force, up and offered: paid when they were booked; the last half hour of a block is in none.",
    better: Better::Neither,
};
static UNUSED_BLOCK: Metric = Metric {
    name: "unused_block_chip_hours",
    unit: "chip-h",
    what: "Of those: held by none of the lab's gangs.",
    better: Better::Neither,
};
static MISSED_BLOCK: Metric = Metric {
    name: "missed_block_chip_hours",
    unit: "chip-h",
    what: "Chip-hours in capacity blocks in force that were late or down, or that others' gangs still held: paid, and not delivered.",
    better: Better::Less,
};

/// In the order of their columns.
pub static METRICS: &[&Metric] = &[
    &INSTALLED,
    &AVAILABILITY,
    &ALLOCATED,
    &BUSY,
    &GOODPUT,
    &MFU,
    &RESERVED,
    &IDLE,
    &FRAGMENTED,
    &SERVING,
    &STARTING,
    &TRAINING,
    &MW_INSTALLED,
    &MW_USED,
    &CHIP_HOURS,
    &PRODUCTIVE,
    &CHECKPOINT,
    &LOST,
    &RESTART,
    &YIELDING,
    &BILLED,
    &COVERED,
    &GUARANTEED,
    &UNUSED,
    &UNDELIVERED,
    &BLOCKED,
    &RESERVED_HOURS,
    &BLOCK,
    &UNUSED_BLOCK,
    &MISSED_BLOCK,
];

/// Figures of pools and of who held them, for every period.
pub fn measure(world: &World, record: &RunRecord, every: &[Period], sheet: &mut Sheet) {
    for period in every {
        let months = period.months(world);
        for pool in world.pools.ids() {
            measure_pool(world, record, pool, *period, &months, sheet);
        }
        for (id, _) in world.cells.enumerate() {
            let row = cell(record, id.index(), &months);
            let scope = Scope::Cell(id);
            for (metric, value) in [
                (&CHIP_HOURS, row.allocated),
                (&PRODUCTIVE, row.productive),
                (&CHECKPOINT, row.checkpoint),
                (&LOST, row.lost),
                (&RESTART, row.restart),
                (&YIELDING, row.yielding),
                (&BILLED, row.billed),
                (&COVERED, row.covered),
            ] {
                sheet.put(metric, scope, *period, Some(chip_hours(value)));
            }
        }
        measure_shares(world, record, *period, &months, sheet);
    }
}

fn measure_pool(
    world: &World,
    record: &RunRecord,
    pool: PoolId,
    period: Period,
    months: &Range<u16>,
    sheet: &mut Sheet,
) {
    let rows = &record.pools[pool.index()];
    let us = months_us(world, months);
    let installed = sum(rows, months, |row| row.installed) as f64;
    let gangs = sum(rows, months, |row| row.gangs) as f64;
    let idle = sum(rows, months, |row| row.idle) as f64;
    let serving = sum(rows, months, |row| row.ready + row.starting) as f64;
    let at_work = sum(rows, months, |row| row.at_work);
    let spent = pool_phases(world, record, pool, months);
    let busy = spent.productive + spent.checkpoint + spent.lost + spent.restart + spent.yielding + at_work;
    let held = gangs + serving;
    let scope = Scope::Pool(pool);
    let mut put = |metric, value| sheet.put(metric, scope, period, value);
    put(&INSTALLED, ratio(installed, us));
    put(&AVAILABILITY, ratio(sum(rows, months, |row| row.up) as f64, installed));
    put(&ALLOCATED, ratio(held, held + idle));
    put(&BUSY, ratio(busy as f64, held + idle));
    put(&GOODPUT, ratio((spent.productive + at_work) as f64, held + idle));
    put(&RESERVED, ratio(sum(rows, months, |row| row.reserved) as f64, us));
    put(&IDLE, ratio(idle, us));
    if world.services.iter().any(|service| service.places.iter().any(|place| place.pool == pool)) {
        put(&SERVING, ratio(serving, us));
        put(&STARTING, ratio(sum(rows, months, |row| row.starting) as f64, us));
        put(&TRAINING, ratio(gangs, us));
    }
    if 1 < world.pools[pool].chips_per_node {
        put(&FRAGMENTED, ratio(sum(rows, months, |row| row.fragmented) as f64, idle));
    }
    if world.pools[pool].site.is_some() {
        put(&MFU, mfu(world, record, pool, months));
        put(&MW_INSTALLED, ratio(sum(rows, months, |row| row.installed_mw_us) as f64 / 1e9, us));
        put(&MW_USED, ratio(sum(rows, months, |row| row.energy_mw_us) as f64 / 1e9, us));
    }
}

/// Length of the metered part of the months [us].
pub(super) fn months_us(world: &World, months: &Range<u16>) -> f64 {
    months
        .clone()
        .map(|month| {
            let from = world.months[usize::from(month)].max(world.measure_from);
            world.month_end(month).0.saturating_sub(from.0)
        })
        .sum::<u64>() as f64
}

fn cell(record: &RunRecord, cell: usize, months: &Range<u16>) -> CellMonth {
    let rows = &record.cells[cell];
    CellMonth {
        allocated: sum(rows, months, |row| row.allocated),
        billed: sum(rows, months, |row| row.billed),
        covered: sum(rows, months, |row| row.covered),
        productive: sum(rows, months, |row| row.productive),
        checkpoint: sum(rows, months, |row| row.checkpoint),
        lost: sum(rows, months, |row| row.lost),
        restart: sum(rows, months, |row| row.restart),
        yielding: sum(rows, months, |row| row.yielding),
        ready: sum(rows, months, |row| row.ready),
        starting: sum(rows, months, |row| row.starting),
        at_work: sum(rows, months, |row| row.at_work),
    }
}

fn pool_phases(world: &World, record: &RunRecord, pool: PoolId, months: &Range<u16>) -> CellMonth {
    let mut total = CellMonth::default();
    for (id, _) in world.cells.enumerate().filter(|(_, cell)| cell.pool == pool) {
        let row = cell(record, id.index(), months);
        total.allocated += row.allocated;
        total.productive += row.productive;
        total.checkpoint += row.checkpoint;
        total.lost += row.lost;
        total.restart += row.restart;
        total.yielding += row.yielding;
    }
    total
}

/// Sum of MFU x productive over sum of allocated chip-time, of the cells that state an MFU (the peak cancels: one chip a pool).
/// A campaign's useful FLOP are its headline FLOP x campaign efficiency.
fn mfu(world: &World, record: &RunRecord, pool: PoolId, months: &Range<u16>) -> Option<f64> {
    let (mut useful, mut allocated) = (0.0, 0.0);
    for (id, terms) in world.cells.enumerate().filter(|(_, cell)| cell.pool == pool) {
        if let Some(mfu) = &terms.mfu {
            let row = cell(record, id.index(), months);
            useful += value(record, mfu) * delivered(world, record, terms.workload) * row.productive as f64;
            allocated += row.allocated as f64;
        }
    }
    ratio(useful, allocated)
}

/// Useful over headline throughput while productive: the campaign efficiency, 1 for other workloads.
fn delivered(world: &World, record: &RunRecord, workload: WorkloadId) -> f64 {
    match &world.workloads[workload].source {
        Source::Campaigns(campaigns) => value(record, &campaigns.campaign_efficiency),
        Source::Stream(_) | Source::Trace(_) | Source::Service(_) => 1.0,
    }
}

fn measure_shares(world: &World, record: &RunRecord, period: Period, months: &Range<u16>, sheet: &mut Sheet) {
    for pool in world.pools.ids() {
        for tenant in world.tenants.ids() {
            let rows = &record.shares[pool.index()][tenant.index()];
            if rows.is_empty() {
                continue;
            }
            let total = |field: fn(&crate::record::ShareMonth) -> u128| sum(rows, months, field);
            let (offered, reserved) = (total(|row| row.offered), total(|row| row.reserved_offered));
            let scope = Scope::Share(pool, tenant);
            sheet.put(&GUARANTEED, scope, period, Some(chip_hours(offered)));
            sheet.put(&UNUSED, scope, period, Some(chip_hours(total(|row| row.unused))));
            sheet.put(&RESERVED_HOURS, scope, period, Some(chip_hours(reserved)));
            sheet.put(&UNDELIVERED, scope, period, Some(chip_hours(total(|row| row.late + row.reserved_late))));
            sheet.put(&BLOCKED, scope, period, Some(chip_hours(total(|row| row.blocked + row.reserved_blocked))));
            if world.pools[pool].blocks.iter().any(|block| block.tenant == tenant) {
                let missed = total(|row| row.block_late + row.block_blocked);
                sheet.put(&BLOCK, scope, period, Some(chip_hours(total(|row| row.block_offered))));
                sheet.put(&UNUSED_BLOCK, scope, period, Some(chip_hours(total(|row| row.block_unused))));
                sheet.put(&MISSED_BLOCK, scope, period, Some(chip_hours(missed)));
            }
        }
    }
}
