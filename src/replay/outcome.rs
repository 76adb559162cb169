//! What a replay came to, by queue. Figures of the record; draws and writes nothing.

use super::clerk::Notes;
use super::fleet::Fleet;
use crate::record::{CellMonth, RunRecord, WorkloadTotals};
use crate::trace::Facts;
use crate::units::SimTime;
use crate::world::{CellId, PoolId, World};

/// What became of a queue's jobs and chips.
#[derive(Clone, Debug)]
pub struct QueueOutcome {
    /// Name; `all` for the whole log.
    pub name: String,
    /// Nodes that it can use.
    pub nodes: u64,
    /// Their chips.
    pub chips: u64,
    /// Jobs that can never fit.
    pub never_fit: u64,
    /// Of those, the ones that were not played: where nothing overflows.
    pub not_run: u64,
    /// Counters and histograms of the jobs played.
    pub totals: WorkloadTotals,
    /// Chip-time on its own chips by what it was spent on [chip-us].
    pub spent: CellMonth,
    /// Chip-time that the log's jobs ask for, those that can never fit included [chip-us].
    pub demand_chip_us: u128,
    /// The same of the jobs that were played [chip-us].
    pub played_chip_us: u128,
    /// Chip-time in the cloud [chip-us].
    pub overflow_chip_us: u128,
    /// From the first submission to the last end of a job of this queue [us].
    pub window_us: u64,
    /// Integral of free chips over the whole run, and of those on completely free nodes [chip-us].
    pub idle_chip_us: u128,
}

/// What a replay came to.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// By queue, in the order of the fleet.
    pub queues: Vec<QueueOutcome>,
    /// All of them.
    pub all: QueueOutcome,
    /// All queues share one pool.
    pub shared: bool,
    /// Events the kernel handled.
    pub events: u64,
}

impl QueueOutcome {
    /// Jobs in all.
    pub fn jobs(&self) -> u64 {
        self.totals.submitted + self.not_run
    }

    /// Mean wait of the jobs that started [s]; None where none did.
    pub fn wait_mean_s(&self) -> Option<f64> {
        mean_s(self.totals.wait_us, self.totals.started)
    }

    /// Mean completion time of the jobs that finished [s].
    pub fn jct_mean_s(&self) -> Option<f64> {
        mean_s(self.totals.jct_us, self.totals.finished)
    }

    /// Quantile of the wait [s].
    pub fn wait_quantile_s(&self, p: f64) -> Option<f64> {
        self.totals.waits.quantile(p).map(|us| us / 1e6)
    }

    /// Quantile of the completion time [s].
    pub fn jct_quantile_s(&self, p: f64) -> Option<f64> {
        self.totals.jcts.quantile(p).map(|us| us / 1e6)
    }

    /// Chip-time held over that of its chips from the first submission to its last end.
    pub fn allocated_fraction(&self) -> Option<f64> {
        let capacity = u128::from(self.chips) * u128::from(self.window_us);
        (capacity > 0).then(|| self.spent.allocated as f64 / capacity as f64)
    }
}

fn mean_s(sum_us: u128, n: u64) -> Option<f64> {
    (n > 0).then(|| sum_us as f64 / n as f64 / 1e6)
}

impl Outcome {
    pub(super) fn of(world: &World, fleet: &Fleet, facts: &Facts, record: &RunRecord, notes: &Notes) -> Outcome {
        let queues: Vec<QueueOutcome> =
            (0..fleet.queues.len()).map(|queue| one(world, fleet, facts, record, notes, queue)).collect();
        let chips = |queue: &QueueOutcome| queue.chips;
        let nodes: u64 = fleet.nodes.iter().sum();
        let mut all = QueueOutcome {
            name: "all".into(),
            nodes,
            chips: if fleet.shared { fleet.chips(0) } else { queues.iter().map(chips).sum() },
            never_fit: 0,
            not_run: 0,
            totals: WorkloadTotals::default(),
            spent: CellMonth::default(),
            demand_chip_us: queues.iter().map(|queue| queue.demand_chip_us).sum(),
            played_chip_us: queues.iter().map(|queue| queue.played_chip_us).sum(),
            overflow_chip_us: 0,
            window_us: queues.iter().map(|queue| queue.window_us).max().unwrap_or(0),
            idle_chip_us: 0,
        };
        for queue in &queues {
            all.never_fit += queue.never_fit;
            all.not_run += queue.not_run;
            all.totals.add(&queue.totals);
            add(&mut all.spent, &queue.spent);
            all.overflow_chip_us += queue.overflow_chip_us;
        }
        all.idle_chip_us = record.pools.iter().flatten().map(|month| month.idle).sum();
        Outcome { queues, all, shared: fleet.shared, events: record.events_handled }
    }
}

fn add(sum: &mut CellMonth, more: &CellMonth) {
    sum.allocated += more.allocated;
    sum.productive += more.productive;
    sum.checkpoint += more.checkpoint;
    sum.lost += more.lost;
    sum.restart += more.restart;
    sum.yielding += more.yielding;
}

fn one(world: &World, fleet: &Fleet, facts: &Facts, record: &RunRecord, notes: &Notes, queue: usize) -> QueueOutcome {
    let mut spent = CellMonth::default();
    let mut overflow_chip_us = 0;
    let cells = world.cells.ids().filter(|cell| world.cells[*cell].workload.index() == queue);
    for (cell, months) in cells.map(|cell: CellId| (cell, &record.cells[cell.index()])) {
        for month in months {
            if world.pools[world.cells[cell].pool].unlimited {
                overflow_chip_us += month.allocated;
            } else {
                add(&mut spent, month);
            }
        }
    }
    let totals = record.workloads[queue].clone();
    let pool = fleet.pool_of(queue as u16);
    let end = totals.last_finish.unwrap_or(SimTime::ZERO).max(world.start);
    let idle = |pool: PoolId| record.pools[pool.index()].iter().map(|month| month.idle).sum();
    let named = format!("q{pool:04}");
    let months = facts.tally.months.iter();
    let demand_chip_us: u128 = months.filter_map(|month| month.by_queue.get(queue)).map(|d| d.chip_us).sum();
    QueueOutcome {
        name: fleet.queues[queue].clone(),
        nodes: fleet.nodes[pool],
        chips: fleet.chips(queue as u16),
        never_fit: notes.never_fit[queue],
        not_run: notes.not_run[queue],
        totals,
        spent,
        demand_chip_us,
        played_chip_us: demand_chip_us - notes.not_run_chip_us[queue],
        overflow_chip_us,
        window_us: end.since(world.start).0,
        idle_chip_us: world.pool_named(&named).map_or(0, idle),
    }
}
