//! `concentration.csv`: shares and indices by axis and base, trailing twelve months, at the end of each quarter.

use super::{own, six};
use crate::report::csv_out::{Cell, to_csv};
use crate::risk::concentration::{Axis, Base};
use crate::study::{CellOutcome, ConcentrationRow, Outcome, Plan, summarize};
use std::collections::BTreeSet;

/// `concentration.csv`.
pub fn concentration(plan: &Plan, outcome: &Outcome) -> String {
    let headers = [
        "strategy", "future", "period", "axis", "base", "measure", "name", "n", "mean", "ci_low", "ci_high", "p05",
        "p50", "p95",
    ];
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    for (planned, cell) in own(plan, outcome) {
        let world = &planned.world;
        for month in 0..world.months.len() as u16 {
            for axis in Axis::ALL {
                for base in Base::ALL {
                    let period = &world.month_names[usize::from(month)];
                    let start: Vec<Cell> = [&cell.strategy, &cell.future, period, axis.name(), base.name()]
                        .map(|s: &str| Cell::from(s))
                        .to_vec();
                    table(outcome, cell, (axis, base, month), &start, &mut rows);
                }
            }
        }
    }
    to_csv(&headers, rows)
}

fn table(outcome: &Outcome, cell: &CellOutcome, at: (Axis, Base, u16), start: &[Cell], rows: &mut Vec<Vec<Cell>>) {
    let found: Vec<Option<&ConcentrationRow>> =
        cell.concentration.iter().map(|run| run.iter().find(|row| (row.axis, row.base, row.month) == at)).collect();
    if found.iter().all(Option::is_none) {
        return;
    }
    let names: BTreeSet<&str> =
        found.iter().flatten().flat_map(|row| row.shares.iter().map(|(name, _)| name.as_str())).collect();
    let mut push = |measure: &str, name: &str, values: Vec<Option<f64>>| {
        let Some(summary) = summarize(&values, outcome.replications as usize, outcome.independent) else { return };
        let mut row = start.to_vec();
        row.extend([Cell::from(measure), Cell::from(name), Cell::from(summary.n as i64)]);
        row.extend(six(&summary));
        rows.push(row);
    };
    for name in names {
        // A name with nothing in a run that has a total holds a share of zero there.
        let share =
            |row: &ConcentrationRow| row.shares.iter().find(|(n, _)| n == name).map_or(0.0, |(_, share)| *share);
        push("share", name, found.iter().map(|row| row.map(share)).collect());
    }
    let index =
        |f: fn(&crate::stats::shares::Concentration) -> f64| found.iter().map(|row| row.map(|r| f(&r.index))).collect();
    push("hhi", "", index(|c| c.hhi));
    push("effective_number", "", index(|c| c.effective_number));
    push("cr1", "", index(|c| c.cr1));
    push("cr2", "", index(|c| c.cr2));
    push("covered", "", found.iter().map(|row| row.and_then(|r| r.covered)).collect());
}
