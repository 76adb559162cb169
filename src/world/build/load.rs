//! How much one run is expected to do: jobs that arrive, failures, jobs alive at once. At medians; refuses nothing.

use super::desk::Desk;
use super::sizes::{most_planned, planned};
use crate::stats::renewal::{Checkpointed, WallTime};
use crate::units::{SimTime, Span};
use crate::world::model::{Cell, CellId, Domain, Failures, Param, Pool, PoolId, Source, Work, Workload, World};

/// Of random work, and of a mean that is not known, the largest that is looked at: a job in a million, a draw in a thousand.
const LARGEST_JOB: f64 = 1.0 - 1e-6;
const LARGEST_DRAW: f64 = 0.999;

/// What one workload brings to one run.
pub(super) struct Load {
    /// Jobs that arrive; the share that is ours of them stays.
    pub jobs: f64,
    pub ours: f64,
    /// Sampled failures of all its jobs, never more than its pools have chip-hours for.
    pub failures: f64,
    /// The most that is expected of one job: by its own work, and by the time there is.
    pub failures_of_a_job: f64,
    pub failures_in_the_time: f64,
    /// Chip-hours that its jobs would hold.
    pub chip_hours: f64,
    /// Jobs running at once, were there room for all.
    pub running: f64,
}

/// Jobs of one size.
struct Batch {
    jobs: f64,
    chips: f64,
    /// Work of the mean job and of a large one on the reference chip [h].
    hours: f64,
    large_h: f64,
}

/// What `workload` brings to a run.
pub(super) fn of(desk: &Desk<'_>, world: &World, workload: &Workload) -> Load {
    let hours = run_hours(world);
    let ours = desk.median_of(&workload.volume);
    let mut load = Load {
        jobs: 0.0,
        ours,
        failures: 0.0,
        failures_of_a_job: 0.0,
        failures_in_the_time: 0.0,
        chip_hours: 0.0,
        running: 0.0,
    };
    let worst = |batch: &Batch, work_h: f64| -> (WallTime, f64) {
        let walls = workload.cells.iter().map(|id| wall(desk, world, workload, *id, batch.chips, work_h));
        walls.fold((NO_TIME, 0.0), |worst, this| if worst.0.mean < this.0.mean { this } else { worst })
    };
    for batch in batches(desk, world, workload) {
        load.jobs += batch.jobs;
        if ours * batch.jobs == 0.0 {
            continue;
        }
        let (mean, _) = worst(&batch, batch.hours);
        load.chip_hours += ours * batch.jobs * batch.chips * mean.mean;
        load.running += ours * batch.jobs * (mean.mean / hours).min(1.0);
        if workload.failures == Failures::Sampled {
            let (large, rate) = worst(&batch, batch.large_h);
            load.failures += ours * batch.jobs * mean.failures;
            load.failures_of_a_job = load.failures_of_a_job.max(large.failures);
            load.failures_in_the_time = load.failures_in_the_time.max(rate * hours);
        }
    }
    let exposed = |id: &CellId| exposed(&world.pools[world.cells[*id].pool], hours);
    load.failures = load.failures.min(workload.cells.iter().map(exposed).sum());
    load
}

/// Length of a run, spin-up included [h].
pub(super) fn run_hours(world: &World) -> f64 {
    Span(world.end.0).hours()
}

/// Chip-hours a domain's pools can give to gangs in a run: what is planned, less what is reserved.
pub(super) fn capacity_chip_hours(world: &World, domain: &Domain) -> f64 {
    let of_pool = |id: &PoolId| {
        let pool = &world.pools[*id];
        let planned: Vec<(SimTime, f64)> =
            planned(pool).into_iter().map(|(at, nodes)| (at, nodes as f64 * f64::from(pool.chips_per_node))).collect();
        let mut reserved = 0.0;
        for (n, share) in pool.reserved.iter().enumerate() {
            let next = pool.reserved[n + 1..].iter().find(|later| later.tenant == share.tenant);
            let until = next.map_or(world.end, |later| later.at).min(world.end);
            reserved += f64::from(share.chips) * Span(until.0.saturating_sub(share.at.0)).hours();
        }
        (integral(&planned, world.end) - reserved).max(0.0)
    };
    domain.pools.iter().map(of_pool).sum()
}

/// Chip-hours of levels in order of time, up to `end`.
fn integral(levels: &[(SimTime, f64)], end: SimTime) -> f64 {
    let until = |n: usize| levels.get(n + 1).map_or(end, |next| next.0).min(end);
    levels.iter().enumerate().map(|(n, (at, chips))| chips * Span(until(n).0.saturating_sub(at.0)).hours()).sum()
}

/// Failures of a pool whose chips are all at work all the time.
fn exposed(pool: &Pool, hours: f64) -> f64 {
    most_planned(pool) as f64 * f64::from(pool.chips_per_node) * pool.failures_per_chip_hour * hours
}

const NO_TIME: WallTime = WallTime { mean: 0.0, sd: 0.0, lost: 0.0, restart: 0.0, failures: 0.0 };

/// Wall time of a gang of `chips` with `work_h` on a cell, and its failures an hour [1/h].
fn wall(desk: &Desk<'_>, world: &World, workload: &Workload, cell: CellId, chips: f64, work_h: f64) -> (WallTime, f64) {
    let rate = match workload.failures {
        Failures::Off => 0.0,
        Failures::Sampled | Failures::Goodput => chips * world.pools[world.cells[cell].pool].failures_per_chip_hour,
    };
    let work_h = work_h / speed(desk, world, workload, &world.cells[cell]);
    let (interval, checkpoint) = match &workload.checkpoint {
        Some(terms) => (desk.median_of(&terms.interval.mean).max(1e-9), desk.median_of(&terms.cost)),
        None => (work_h.max(1e-9), 0.0),
    };
    let full = (work_h / interval).floor();
    let gang = Checkpointed {
        // Saturates: so many segments take longer than any run.
        full_segments: full as u64,
        work: interval,
        rest: (work_h - full * interval).max(0.0),
        checkpoint,
        restart: desk.median_of(&workload.restart_h),
        mtbf: 1.0 / rate,
    };
    (gang.wall_time(), rate)
}

/// Speed of a cell against the reference chip, as a run has it.
fn speed(desk: &Desk<'_>, world: &World, workload: &Workload, cell: &Cell) -> f64 {
    let first = workload.cells.first().and_then(|id| world.cells[*id].mfu.as_ref());
    let by_mfu = cell.mfu.as_ref().zip(first).map_or(1.0, |(here, first)| desk.median_of(here) / desk.median_of(first));
    (desk.median_of(&cell.speed) * by_mfu).max(1e-9)
}

fn batches(desk: &Desk<'_>, world: &World, workload: &Workload) -> Vec<Batch> {
    let hours = run_hours(world);
    match &workload.source {
        Source::Stream(stream) => {
            let jobs = desk.median_of(&stream.per_day) * hours / 24.0;
            let (law, is_chip_hours) = match &stream.work {
                Work::ChipHours(law) => (law, true),
                Work::Hours(law) => (law, false),
                Work::Tokens(law, _) => (law, true),
            };
            let per_hour = if let Work::Tokens(_, per_hour) = &stream.work { *per_hour } else { 1.0 };
            let (mean, large) = (desk.median_of(&law.mean), high(desk, &law.mean) * law.shape.quantile(LARGEST_JOB));
            let mut below = 0.0;
            let size = |(chips, cumulative): &(u32, f64)| {
                let share = cumulative - std::mem::replace(&mut below, *cumulative);
                let chips = f64::from(*chips);
                let gang = if is_chip_hours { chips * per_hour } else { 1.0 };
                Batch { jobs: jobs * share, chips, hours: mean / gang, large_h: large / gang }
            };
            stream.chips.iter().map(size).collect()
        }
        Source::Campaigns(campaigns) => {
            let chips = f64::from(campaigns.chips);
            let jobs = 1.0 + hours / desk.median_of(&campaigns.every_h).max(1e-9);
            let Some(first) = workload.cells.first() else { return Vec::new() };
            let cell = &world.cells[*first];
            let peak = world.chips[world.pools[cell.pool].chip].bf16_tflops;
            let (Some(peak), Some(mfu)) = (peak, &cell.mfu) else { return Vec::new() };
            let efficiency = desk.median_of(&campaigns.campaign_efficiency);
            let flop_per_hour = chips * peak * 1e12 * desk.median_of(mfu) * efficiency * 3600.0;
            let (hours, large_h) =
                (desk.median_of(&campaigns.flops) / flop_per_hour, high(desk, &campaigns.flops) / flop_per_hour);
            vec![Batch { jobs, chips, hours, large_h }]
        }
        Source::Trace(rows) => {
            let length = world.end.since(world.start);
            let played = rows.iter().filter(|row| row.submit < length);
            let batch = |row: &crate::world::model::TraceJob| {
                let hours = row.duration.hours();
                Batch { jobs: 1.0, chips: f64::from(row.chips), hours, large_h: hours }
            };
            played.map(batch).collect()
        }
        Source::Service(_) => Vec::new(),
    }
}

/// A parameter at the large end of its draws.
fn high(desk: &Desk<'_>, param: &Param) -> f64 {
    match param {
        Param::Fixed(value) => *value,
        Param::Unknown(id) => {
            let unknown = &desk.unknowns[id.index()];
            unknown.law.quantile(LARGEST_DRAW).min(unknown.range.1)
        }
        Param::Varies(law, _) => law.quantile(LARGEST_JOB),
    }
}
