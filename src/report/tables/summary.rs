//! `summary.csv` and `differences.csv`: every figure with n and interval, and paired differences of every strategy to `neither`
//! and to the first.

use super::{own, six};
use crate::measure::{Key, Period, Scope, is_goodput};
use crate::report::csv_out::{Cell, to_csv};
use crate::study::{Outcome, Plan, differences as paired, summarize};

/// `summary.csv`: all and fiscal years.
pub fn summary(plan: &Plan, outcome: &Outcome) -> String {
    let headers = [
        "strategy",
        "future",
        "scope_kind",
        "scope",
        "period",
        "metric",
        "unit",
        "draws",
        "n",
        "mean",
        "ci_low",
        "ci_high",
        "p05",
        "p50",
        "p95",
        "param_share",
        "model_error",
    ];
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    for (planned, cell) in own(plan, outcome) {
        for (at, key) in cell.keys.iter().enumerate().filter(|(_, key)| listed(key)) {
            let values: Vec<Option<f64>> = cell.values.iter().map(|run| run[at]).collect();
            let mut row = vec![cell.strategy.as_str().into(), cell.future.as_str().into()];
            row.extend(names(key, &planned.world));
            match summarize(&values, outcome.replications as usize, outcome.independent) {
                Some(summary) => {
                    row.extend([Cell::from(summary.draws as i64), Cell::from(summary.n as i64)]);
                    row.extend(six(&summary));
                    row.push(summary.param_share.into());
                }
                None => {
                    row.extend([Cell::from(0), Cell::from(0)]);
                    row.extend(std::iter::repeat_with(|| Cell::Blank).take(7));
                }
            }
            row.push(cell.model_error(key).into());
            rows.push(row);
        }
    }
    to_csv(&headers, rows)
}

/// Figures of months and of the goodput table have files of their own.
fn listed(key: &Key) -> bool {
    !matches!(key.period, Period::Month(_)) && !is_goodput(key)
}

fn names(key: &Key, world: &crate::world::World) -> [Cell; 5] {
    [
        key.scope.kind().into(),
        key.scope.name(world).into(),
        key.period.name(world).into(),
        key.metric.name.into(),
        key.metric.unit.into(),
    ]
}

/// Figures that strategies are compared on.
fn compared(key: &Key) -> bool {
    key.period == Period::All
        && match key.scope {
            Scope::Cloud(_) => true,
            Scope::Workload(_) => ["wait_mean", "jct_mean", "jobs_finished", "campaign_delay", "campaigns_finished"]
                .contains(&key.metric.name),
            Scope::Pool(_) => ["allocated_fraction", "goodput_fraction", "mw_used"].contains(&key.metric.name),
            Scope::Tenant(_) => ["billed_usd", "margin_usd"].contains(&key.metric.name),
            Scope::Service(_) => {
                ["tokens_served", "shed_fraction", "tokens_lost", "slo_attainment"].contains(&key.metric.name)
            }
            Scope::Cell(_) | Scope::Share(..) | Scope::Campaign(..) | Scope::Contract(_) => false,
            Scope::LabReason(..) | Scope::WorkloadReason(..) => false,
        }
}

/// `differences.csv`. Strategies that are equal by construction say so instead of showing 0 +- 0.
pub fn differences(plan: &Plan, outcome: &Outcome) -> String {
    let headers = [
        "strategy",
        "versus",
        "future",
        "scope_kind",
        "scope",
        "metric",
        "unit",
        "n",
        "mean",
        "ci_low",
        "ci_high",
        "p05",
        "p50",
        "p95",
        "correlation",
        "variance_reduction",
        "share_of_draws_better",
        "note",
    ];
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    let mut references: Vec<&String> = plan.strategies.iter().filter(|name| *name == "neither").collect();
    references.extend(plan.strategies.iter().find(|name| name.as_str() != "neither"));
    for versus in references {
        for (at, cell) in outcome.cells.iter().enumerate().filter(|(_, cell)| cell.strategy != **versus) {
            let Some(other) = outcome.cells.iter().position(|c| c.strategy == **versus && c.future == cell.future)
            else {
                continue;
            };
            let start = [cell.strategy.as_str().into(), versus.as_str().into(), cell.future.as_str().into()];
            let same = |a: usize| outcome.cells[a].same_as.unwrap_or(a);
            if same(at) == same(other) {
                let mut row: Vec<Cell> = start.to_vec();
                row.extend(std::iter::repeat_with(|| Cell::Blank).take(14));
                row.push(format!("= {versus} (differs only in: {})", only(plan, at)).into());
                rows.push(row);
                continue;
            }
            let world = &plan.cells[at].world;
            for delta in paired(outcome, outcome.runs_of(at), outcome.runs_of(other), compared) {
                let mut row: Vec<Cell> = start.to_vec();
                row.extend([delta.key.scope.kind().into(), delta.key.scope.name(world).into()]);
                row.extend([delta.key.metric.name.into(), delta.key.metric.unit.into()]);
                row.push((delta.summary.n as i64).into());
                row.extend(six(&delta.summary));
                row.extend([
                    delta.correlation.into(),
                    delta.variance_reduction.into(),
                    delta.share_of_draws_better.into(),
                ]);
                row.push(note_of(outcome, at).into());
                rows.push(row);
            }
        }
    }
    to_csv(&headers, rows)
}

/// Says of a cell without runs of its own whose they are.
fn note_of(outcome: &Outcome, at: usize) -> String {
    match outcome.cells[at].same_as {
        Some(of) => format!("runs of {}", outcome.cells[of].strategy),
        None => String::new(),
    }
}

/// What two strategies that simulate the same differ in.
pub fn only(plan: &Plan, at: usize) -> &'static str {
    let without = &plan.cells[at].world.without;
    let conditional = |id: &crate::world::InvestmentId| plan.cells[at].world.investments[*id].conditional_usd > 0.0;
    if without.investments.iter().any(conditional) {
        "conditional equity, not modelled"
    } else {
        "nothing that is modelled"
    }
}
