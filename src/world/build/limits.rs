//! `[run]`, and what is too large to try: refused before anything runs. Measures nothing.

use super::desk::Desk;
use crate::units::Span;
use crate::world::model::{Source, Stream, World};

/// Most runs of a study.
const MOST_RUNS: u128 = 10_000_000;
/// Most arrivals expected in one run.
const MOST_ARRIVALS: f64 = 2e9;
/// Largest estimate of what all runs record [bytes].
const MOST_BYTES: f64 = (8u64 << 30) as f64;
/// Bytes of records: of a cell or a pool each month, of a run besides, of a row of jobs.csv.
const MONTH_BYTES: f64 = 160.0;
const RUN_BYTES: f64 = 2048.0;
const JOB_ROW_BYTES: f64 = 96.0;

/// How the study is run.
pub(super) struct Run {
    pub seed: u64,
    pub draws: u32,
    pub replications: u32,
    pub job_rows: bool,
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
    let arrivals = arrivals(desk, world);
    if MOST_ARRIVALS < arrivals {
        let message = format!("about {arrivals:.2e} jobs arrive in one run");
        desk.problem(
            Default::default(),
            "scenario.end",
            message,
            "at most 2e9: shorten the scenario or lower the rates",
        );
    }
    let changes = changes(desk, world);
    if MOST_ARRIVALS < changes {
        let message = format!("arrival rates change about {changes:.2e} times in one run");
        let remedy = "at most 2e9: shorten the scenario or lengthen the `mean_time` of the states";
        desk.problem(Default::default(), "scenario.end", message, remedy);
    }
    let rows = (world.months.len() * (world.cells.len() + world.pools.len())) as f64;
    let jobs = if world.job_rows { cells as f64 * arrivals * JOB_ROW_BYTES } else { 0.0 };
    let bytes = runs as f64 * (RUN_BYTES + rows * MONTH_BYTES) + jobs;
    if MOST_BYTES < bytes {
        let message = format!("the records of {runs} runs take about {:.1} GiB", bytes / (1u64 << 30) as f64);
        desk.problem(origin, "run.draws", message, "at most 8 GiB: fewer runs, a shorter scenario, or `jobs = false`");
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
        Source::Stream(_) | Source::Campaigns(_) | Source::Trace(_) => 0.0,
    };
    world.workloads.iter().map(|workload| of(&workload.source)).sum()
}

/// Jobs expected in one run, at medians.
fn arrivals(desk: &Desk<'_>, world: &World) -> f64 {
    let hours = Span(world.end.0).hours();
    let of = |source: &Source| match source {
        Source::Stream(stream) => desk.median_of(&stream.per_day) * hours / 24.0,
        Source::Campaigns(campaigns) => hours / desk.median_of(&campaigns.every_h).max(1e-9),
        Source::Trace(jobs) => jobs.len() as f64,
    };
    world.workloads.iter().map(|workload| of(&workload.source)).sum()
}
