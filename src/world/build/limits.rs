//! `[run]`, and what is too large to try: refused before anything runs. Measures nothing.

use super::desk::Desk;
use super::load::{self, Load};
use super::sizes::most_planned;
use crate::spec::Origin;
use crate::units::Span;
use crate::world::model::{CellId, DomainId, Pool, Source, Stream, Workload, World};

/// Most runs of a study.
const MOST_RUNS: u128 = 10_000_000;
/// Most arrivals and failures expected in one run.
const MOST_EVENTS: f64 = 2e9;
/// Most outages of racks expected in one run: they are listed before it begins.
const MOST_OUTAGES: f64 = 1e7;
/// Most failures of one gang while its clocks run all the time: 2^20 are numbered (Eq. 1), and 48 standard deviations lie between.
const MOST_IN_THE_TIME: f64 = 1e6;
/// Most failures expected of one gang by its own work: geometric, so that 2^20 are as likely as e^-21.
const MOST_OF_A_JOB: f64 = 5e4;
/// Largest estimate of what all runs record [bytes].
const MOST_BYTES: f64 = 8.0 * GIB;
const GIB: f64 = (1u64 << 30) as f64;
/// Bytes of records: of a cell or a pool each month, of a run besides, of a row of jobs.csv.
const MONTH_BYTES: f64 = 160.0;
const RUN_BYTES: f64 = 2048.0;
const JOB_ROW_BYTES: f64 = 96.0;
/// The same of a row of a tick.
const TICK_ROW_BYTES: f64 = 280.0;
/// Bytes of a job alive, with its place in a queue; a test of the kernel holds it to that.
pub const JOB_ALIVE_BYTES: usize = 416;
/// Runs that are under way at once, at most: a file is judged alike on every machine.
const ABREAST: u128 = 8;

/// How the study is run.
pub(super) struct Run {
    pub seed: u64,
    pub draws: u32,
    pub replications: u32,
    pub job_rows: bool,
    pub tick_rows: bool,
    pub model_error_windows: u32,
    pub fleet_sized: bool,
}

/// `[run]` with its defaults: one draw, one replication, seed 1, a sized fleet.
pub(super) fn run(desk: &Desk<'_>) -> Run {
    let run = &desk.spec.run;
    let count = |at: &Option<crate::spec::At<i64>>| {
        at.as_ref().map_or(1, |at| u32::try_from(at.value.max(1)).unwrap_or(u32::MAX))
    };
    Run {
        seed: run.seed.as_ref().map_or(1, |at| at.value.max(0) as u64),
        draws: count(&run.draws),
        replications: count(&run.replications),
        job_rows: run.jobs.as_ref().is_some_and(|at| at.value),
        tick_rows: run.ticks.as_ref().is_some_and(|at| at.value),
        model_error_windows: run.model_error_windows.as_ref().map_or(0, |at| at.value as u32),
        fleet_sized: run.fleet.as_ref().is_none_or(|at| at.value == "sized"),
    }
}

/// Refuses studies that no machine finishes.
pub(super) fn check(desk: &mut Desk<'_>, world: &World) {
    let spec = desk.spec;
    let cells = (spec.strategies.len().max(1) * spec.futures.len().max(1)) as u128;
    let runs = cells * u128::from(world.draws) * u128::from(world.replications);
    let origin = spec.run.draws.as_ref().map_or_else(Default::default, |at| at.origin);
    if MOST_RUNS < runs {
        let message = format!("{runs} runs (strategies x futures x draws x replications)");
        desk.problem(origin, "run.draws", message, format!("at most {MOST_RUNS}: fewer draws or replications"));
    }
    let loads: Vec<(&Workload, Load)> =
        world.workloads.iter().map(|workload| (workload, load::of(desk, world, workload))).collect();
    let arrivals: f64 = loads.iter().map(|(_, load)| load.jobs).sum();
    let failures: f64 = loads.iter().map(|(_, load)| load.failures).sum();
    if MOST_EVENTS < arrivals + failures {
        let failing = if failures < 1.0 { String::new() } else { format!(" and {failures:.2e} failures happen") };
        let message = format!("about {arrivals:.2e} jobs arrive{failing} in one run");
        desk.problem(
            Default::default(),
            "scenario.end",
            message,
            "at most 2e9 together: shorten the scenario or lower the rates",
        );
    }
    let ticks = world.end.0 as f64 / world.tick.0.max(1) as f64;
    let places: usize = world.services.iter().map(|service| service.places.len()).sum();
    if MOST_EVENTS < ticks * places as f64 {
        let origin = spec.run.tick.as_ref().map_or_else(Default::default, |leaf| leaf.origin);
        let message =
            format!("services are stepped about {:.2e} times in one run, pool by pool", ticks * places as f64);
        desk.problem(origin, "run.tick", message, "at most 2e9: a longer `tick`, or a shorter scenario");
    }
    let changes = changes(desk, world);
    if MOST_EVENTS < changes {
        let message = format!("arrival rates change about {changes:.2e} times in one run");
        let remedy = "at most 2e9: shorten the scenario or lengthen the `mean_time` of the states";
        desk.problem(Default::default(), "scenario.end", message, remedy);
    }
    let years = Span(world.end.0).hours() / 8766.0;
    let outages: f64 = world.pools.iter().map(|pool| super::outages::expected(desk, pool, years)).sum();
    if MOST_OUTAGES < outages {
        let message = format!("about {outages:.1e} racks go dark in one run");
        let remedy = "at most 1e7: shorten the scenario or lower `per_year` of each rack";
        desk.problem(Default::default(), "scenario.end", message, remedy);
    }
    for (workload, load) in &loads {
        check_failures(desk, world, workload, load);
    }
    let abreast = runs.min(ABREAST) as f64;
    let mut alive_bytes = 0.0;
    for id in world.domains.ids() {
        alive_bytes += check_alive(desk, world, id, &loads, abreast);
    }
    let rows = (world.months.len() * (world.cells.len() + world.pools.len())) as f64;
    let jobs = if world.job_rows { cells as f64 * arrivals * JOB_ROW_BYTES } else { 0.0 };
    let of_ticks = if (world.tick_rows || 0 < world.model_error_windows) && 0 < places {
        cells as f64 * ticks * (world.services.len() + world.pools.len()) as f64 * TICK_ROW_BYTES
    } else {
        0.0
    };
    let bytes = runs as f64 * (RUN_BYTES + rows * MONTH_BYTES) + jobs + of_ticks;
    // Where the jobs alone are too many, that has been said.
    if alive_bytes < MOST_BYTES && MOST_BYTES < bytes + alive_bytes {
        let message = format!("the records of {runs} runs take about {:.1} GiB", (bytes + alive_bytes) / GIB);
        desk.problem(
            origin,
            "run.draws",
            message,
            "at most 8 GiB: fewer runs, a shorter scenario, or `jobs = false` and `ticks = false`",
        );
    }
}

/// Changes of state of modulated streams expected in one run, at medians.
fn changes(desk: &Desk<'_>, world: &World) -> f64 {
    let hours = Span(world.end.0).hours();
    let of = |source: &Source| match source {
        Source::Stream(Stream { modulated: Some(modulated), .. }) => {
            let visits = modulated.chain.visits().iter().zip(&modulated.states);
            hours / visits.map(|(visits, state)| visits * desk.median_of(&state.mean_h)).sum::<f64>()
        }
        Source::Stream(_) | Source::Campaigns(_) | Source::Trace(_) | Source::Service(_) => 0.0,
    };
    world.workloads.iter().map(|workload| of(&workload.source)).sum()
}

/// A gang whose failures are beyond all numbers never gets through, and is refused before it is tried.
fn check_failures(desk: &mut Desk<'_>, world: &World, workload: &Workload, load: &Load) {
    if load.failures_in_the_time <= MOST_IN_THE_TIME || load.failures_of_a_job <= MOST_OF_A_JOB {
        return;
    }
    let rate = |id: &&CellId| world.pools[world.cells[**id].pool].failures_per_chip_hour;
    let worst = workload.cells.iter().max_by(|a, b| rate(a).total_cmp(&rate(b))).expect("it fails somewhere");
    let pool = &desk.spec.pools[world.cells[*worst].pool.index()];
    let path = format!("{}.failures_per_chip_hour", pool.path);
    let origin = match &pool.table.failures.per_chip_hour {
        Some(leaf) => leaf.origin,
        None => written(desk, workload),
    };
    let message = format!(
        "a gang of `{}` would fail {:.1e} times before it is done, {:.1e} times in the time there is",
        workload.path, load.failures_of_a_job, load.failures_in_the_time
    );
    let remedy = format!(
        "at most {MOST_OF_A_JOB:.0e} times: lower `{path}` or the gang's chips, write checkpoints more often \
         (`{}.checkpoint.interval`), or say `failures = \"goodput\"`",
        workload.path
    );
    desk.problem(origin, &path, message, remedy);
}

/// Bytes of the jobs alive at once in a domain, over all runs under way: those that run, and those that pile up where more work is
/// offered than its pools can do.
fn check_alive(desk: &mut Desk<'_>, world: &World, id: DomainId, loads: &[(&Workload, Load)], abreast: f64) -> f64 {
    let domain = &world.domains[id];
    let here = || loads.iter().filter(|(workload, _)| workload.domain == id && !workload.cells.is_empty());
    let offered: f64 = here().map(|(_, load)| load.chip_hours).sum();
    let capacity = load::capacity_chip_hours(world, domain);
    let chips: f64 = domain.pools.iter().map(|id| most_chips(&world.pools[*id])).sum();
    let undone = if capacity < offered { 1.0 - capacity / offered } else { 0.0 };
    let waits = |load: &Load| undone * load.ours * load.jobs;
    let waiting: f64 = here().map(|(_, load)| waits(load)).sum();
    let waiting = domain.rules.queue_limit.map_or(waiting, |limit| waiting.min(limit as f64));
    let running: f64 = here().map(|(_, load)| load.running).sum();
    let bytes = (waiting + running.min(chips)) * JOB_ALIVE_BYTES as f64 * abreast;
    if MOST_BYTES < bytes {
        let most = here().max_by(|(_, a), (_, b)| (waits(a) + a.running).total_cmp(&(waits(b) + b.running)));
        let (workload, _) = most.expect("jobs come from somewhere");
        let (jobs, times) = (waiting + running.min(chips), offered / capacity);
        let message = format!(
            "about {jobs:.1e} jobs are alive at once in `{}`: the work offered is {times:.1} times what its pools can do",
            domain.name
        );
        let remedy = format!(
            "{:.1} GiB for {abreast} runs at once, at most 8: lower the rates, make the pools larger, set a `queue_limit`, \
             or shorten the scenario",
            bytes / GIB
        );
        desk.problem(written(desk, workload), &workload.path, message, remedy);
    }
    bytes
}

fn most_chips(pool: &Pool) -> f64 {
    most_planned(pool) as f64 * f64::from(pool.chips_per_node)
}

/// Where a workload is written.
fn written(desk: &Desk<'_>, workload: &Workload) -> Origin {
    let all = desk.spec.labs.iter().flat_map(|lab| &lab.table.workloads);
    all.filter(|table| table.path == workload.path).map(|table| table.origin).next().unwrap_or_default()
}
