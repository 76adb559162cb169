//! Runs a plan in parallel: the only user of rayon. Results are collected in plan order, so that any number of threads gives
//! the same bytes. Knows no file.

use super::outcome::{CellOutcome, Outcome, RunFigures};
use super::plan::{CellPlan, Plan};
use super::tiers::check_tiers;
use crate::kernel::{Run, simulate};
use crate::measure::{Sheet, measure};
use crate::record::{RunKey, RunRecord};
use crate::world::World;
use rayon::prelude::*;

/// Told about every finished run.
pub type Progress<'a> = &'a (dyn Fn(usize) + Sync);

/// Runs every cell of a plan that is not equal to an earlier one.
pub fn run_plan(plan: &Plan, progress: Progress) -> Outcome {
    in_threads(plan.threads, || {
        let mut outcomes: Vec<CellOutcome> = Vec::with_capacity(plan.cells.len());
        for cell in &plan.cells {
            let outcome = match cell.same_as {
                Some(at) => CellOutcome::same(cell, at, &outcomes[at]),
                None => run_cell(plan, cell, progress),
            };
            outcomes.push(outcome);
        }
        let unloaded = unloaded_margins(plan, progress);
        Outcome::new(plan, outcomes, unloaded)
    })
}

/// Does work on so many threads, or as many as there are.
pub fn in_threads<T: Send>(threads: Option<usize>, work: impl FnOnce() -> T + Send) -> T {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.unwrap_or(0)).build();
    pool.expect("a thread pool can be built").install(work)
}

/// Runs of a plan: of every cell that has its own, and the further ones without loadings.
pub fn runs_of(plan: &Plan) -> usize {
    let cells = plan.cells.iter().filter(|cell| cell.same_as.is_none()).count();
    (cells + usize::from(unloaded_cell(plan).is_some())) * plan.runs_per_cell()
}

fn run_cell(plan: &Plan, cell: &CellPlan, progress: Progress) -> CellOutcome {
    let keys: Vec<RunKey> = (0..plan.draws)
        .flat_map(|draw| (0..plan.replications).map(move |replication| RunKey { draw, replication }))
        .collect();
    let runs: Vec<(RunFigures, Option<RunRecord>)> = keys
        .par_iter()
        .map(|key| {
            let run = Run { key: *key, fixed: plan.fixed, no_loadings: false };
            let record = simulate(&cell.world, run);
            let figures = figures(&cell.world, &record);
            progress(1);
            let first = *key == RunKey::default();
            (figures, first.then_some(record))
        })
        .collect();
    let mut outcome = CellOutcome::new(cell, runs);
    let windows = cell.world.model_error_windows as usize;
    if 0 < windows && !cell.world.services.is_empty() {
        outcome.tiers = Some(check_tiers(&cell.world, &outcome.first, windows, cell.world.seed, &|_| {}));
    }
    outcome
}

/// Everything the study keeps of a run.
fn figures(world: &World, record: &RunRecord) -> RunFigures {
    let mut sheet = Sheet::default();
    measure(world, record, &mut sheet);
    crate::finance::figures::figures(world, record, &mut sheet);
    if let Err(mismatches) = crate::finance::reconcile::reconcile(world, record) {
        panic!("the second route to the dollars disagrees: {mismatches:?}");
    }
    RunFigures::new(world, record, sheet)
}

/// Margins by lab of further runs of the first cell in which unknowns load on no factor: what correlation is left without
/// common causes. Empty when nothing loads on a factor.
fn unloaded_margins(plan: &Plan, progress: Progress) -> Vec<Vec<f64>> {
    let Some(cell) = unloaded_cell(plan) else { return Vec::new() };
    let keys: Vec<RunKey> = (0..plan.draws)
        .flat_map(|draw| (0..plan.replications).map(move |replication| RunKey { draw, replication }))
        .collect();
    keys.par_iter()
        .map(|key| {
            let record = simulate(&cell.world, Run { key: *key, fixed: false, no_loadings: true });
            progress(1);
            margins(&cell.world, &record)
        })
        .collect()
}

/// The first cell, where its unknowns load on factors.
fn unloaded_cell(plan: &Plan) -> Option<&CellPlan> {
    let loads = |world: &World| world.unknowns.iter().any(|unknown| !unknown.loads_on.is_empty());
    plan.cells.first().filter(|cell| loads(&cell.world) && !plan.fixed)
}

/// Margin of each lab over the whole study [USD], by tenant.
pub fn margins(world: &World, record: &RunRecord) -> Vec<f64> {
    let all = crate::measure::Period::All.months(world);
    let margin = |tenant| crate::finance::margin::lab_margin(world, record, tenant, all.clone()).margin();
    world.tenants.ids().map(margin).collect()
}
