//! The CSV files of a study as text, one module a family of files. Computes statistics through `study`, draws no chart.

mod concentration;
mod goodput;
mod manifest;
mod money;
mod risk;
mod rows;
mod series;
mod services;
mod summary;

pub use manifest::inputs;

use crate::report::csv_out::Cell;
use crate::spec::Read;
use crate::study::{CellPlan, Outcome, Plan, Summary};

/// Every file of a finished study but charts and page: (name, text), the manifest last.
///
/// `read` gives the hashes of the files that were read, the resolved configuration and what is read but not modelled.
pub fn tables(plan: &Plan, outcome: &Outcome, read: &Read) -> Vec<(String, String)> {
    let months = series::Index::all(plan, outcome);
    let mut files: Vec<(String, String)> = vec![
        ("summary.csv".into(), summary::summary(plan, outcome)),
        ("pools.csv".into(), series::pools(&months)),
        ("tenants.csv".into(), series::tenants(&months)),
        ("goodput.csv".into(), goodput::goodput(plan, outcome)),
        ("differences.csv".into(), summary::differences(plan, outcome)),
    ];
    if plan.cells.iter().any(|cell| !cell.world.sites.is_empty()) {
        files.push(("cashflow.csv".into(), money::cashflow(plan, outcome)));
        files.push(("ledger.csv".into(), money::ledger(plan, outcome)));
        files.push(("concentration.csv".into(), concentration::concentration(plan, outcome)));
        files.push(("risk.csv".into(), risk::risk(plan, outcome)));
    }
    files.push(("assumptions.csv".into(), rows::assumptions(plan)));
    files.push(("events.csv".into(), rows::events(plan, outcome)));
    if plan.cells.iter().any(|cell| cell.world.job_rows) {
        files.push(("jobs.csv".into(), rows::jobs(plan, outcome)));
    }
    if plan.cells.iter().any(|cell| !cell.world.services.is_empty()) {
        files.push(("services.csv".into(), services::services(&months)));
        if plan.cells.iter().any(|cell| cell.world.tick_rows) {
            files.push(("services_by_tick.csv".into(), services::services_by_tick(plan, outcome)));
            files.push(("pools_by_tick.csv".into(), services::pools_by_tick(plan, outcome)));
        }
    }
    let windows = || own(plan, outcome).filter_map(|(planned, cell)| cell.tiers.as_ref().map(|check| (planned, check)));
    if windows().next().is_some() {
        let checks = windows().map(|(plan, check)| (plan.strategy.as_str(), plan.future.as_str(), &plan.world, check));
        files.push(("model_error.csv".into(), super::tiers::model_error_csv(checks)));
    }
    let manifest = manifest::manifest(plan, outcome, read, &files);
    files.push(("manifest.json".into(), manifest));
    files
}

/// Cells whose runs are their own, with what they were planned from.
fn own<'a>(
    plan: &'a Plan,
    outcome: &'a Outcome,
) -> impl Iterator<Item = (&'a CellPlan, &'a crate::study::CellOutcome)> {
    plan.cells.iter().zip(&outcome.cells).filter(|(_, cell)| cell.same_as.is_none())
}

/// `mean, ci_low, ci_high, p05, p50, p95`.
fn six(summary: &Summary) -> [Cell; 6] {
    let ends = summary.half_width.map(|h| (summary.mean - h, summary.mean + h));
    [
        summary.mean.into(),
        ends.map(|e| e.0).into(),
        ends.map(|e| e.1).into(),
        summary.p05.into(),
        summary.p50.into(),
        summary.p95.into(),
    ]
}
