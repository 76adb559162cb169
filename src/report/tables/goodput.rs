//! `goodput.csv`: where the time of gangs went and what interrupted them, by lab, workload and reason.

use super::{own, six};
use crate::measure::{Scope, is_goodput};
use crate::report::csv_out::{Cell, to_csv};
use crate::study::{Outcome, Plan, summarize};

/// `goodput.csv`.
pub fn goodput(plan: &Plan, outcome: &Outcome) -> String {
    let headers = [
        "strategy",
        "future",
        "scope_kind",
        "scope",
        "reason",
        "metric",
        "unit",
        "n",
        "mean",
        "ci_low",
        "ci_high",
        "p05",
        "p50",
        "p95",
    ];
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    for (planned, cell) in own(plan, outcome) {
        let world = &planned.world;
        for (at, key) in cell.keys.iter().enumerate().filter(|(_, key)| is_goodput(key)) {
            let (whose, reason) = match key.scope {
                Scope::LabReason(lab, reason) => (Scope::Tenant(lab), Some(reason)),
                Scope::WorkloadReason(workload, reason) => (Scope::Workload(workload), Some(reason)),
                other => (other, None),
            };
            let values: Vec<Option<f64>> = cell.values.iter().map(|run| run[at]).collect();
            let mut row: Vec<Cell> = vec![cell.strategy.as_str().into(), cell.future.as_str().into()];
            row.extend([Cell::from(whose.kind()), whose.name(world).into()]);
            row.push(reason.map_or(String::new(), |reason| world.interruptions[reason].name.clone()).into());
            row.extend([Cell::from(key.metric.name), Cell::from(key.metric.unit)]);
            match summarize(&values, outcome.replications as usize, outcome.independent) {
                Some(summary) => {
                    row.push((summary.n as i64).into());
                    row.extend(six(&summary));
                }
                None => {
                    row.push(Cell::from(0));
                    row.extend(std::iter::repeat_with(|| Cell::Blank).take(6));
                }
            }
            rows.push(row);
        }
    }
    to_csv(&headers, rows)
}
