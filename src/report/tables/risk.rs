//! `risk.csv`: the tail of the NPV, how the labs' margins move together, and what an exit at `decide_at` would leave.

use super::own;
use crate::measure::{Period, Scope};
use crate::report::csv_out::{Cell, to_csv};
use crate::risk::loss::{LEVEL, npv_tail};
use crate::stats::interval::{correlation, correlation_interval};
use crate::study::{CONFIDENCE, CellOutcome, Outcome, Plan, summarize};
use crate::world::World;

/// `risk.csv`.
pub fn risk(plan: &Plan, outcome: &Outcome) -> String {
    let headers =
        ["strategy", "future", "measure", "name", "level", "unit", "n", "n_tail", "value", "low", "high", "note"];
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    for (n, (planned, cell)) in own(plan, outcome).enumerate() {
        let mut table = Table { start: [cell.strategy.clone(), cell.future.clone()], rows: &mut rows };
        for cloud in planned.world.clouds.ids() {
            tail(&mut table, &planned.world, cell, Scope::Cloud(cloud));
        }
        margins(
            &mut table,
            outcome,
            &planned.world,
            "margin_correlation",
            &cell.margins,
            "interval by a jackknife over draws",
        );
        if n == 0 && !outcome.unloaded_margins.is_empty() {
            let note = "further runs of this cell with every loading on a common factor at 0; interval by a jackknife over draws";
            margins(
                &mut table,
                outcome,
                &planned.world,
                "margin_correlation_no_loadings",
                &outcome.unloaded_margins,
                note,
            );
        }
        exits(&mut table, outcome, &planned.world, cell);
    }
    to_csv(&headers, rows)
}

struct Table<'a> {
    start: [String; 2],
    rows: &'a mut Vec<Vec<Cell>>,
}

impl Table<'_> {
    #[allow(clippy::too_many_arguments)]
    fn push(
        &mut self,
        measure: &str,
        name: &str,
        level: Option<f64>,
        unit: &str,
        n: [Option<usize>; 2],
        value: [Option<f64>; 3],
        note: &str,
    ) {
        let mut row: Vec<Cell> = self.start.iter().map(|s| Cell::from(s.as_str())).collect();
        row.extend([measure.into(), name.into(), level.into(), unit.into()]);
        row.extend(n.map(|n| Cell::from(n.map(|n| n as i64))));
        row.extend(value.map(Cell::from));
        row.push(note.into());
        self.rows.push(row);
    }
}

fn tail(table: &mut Table, world: &World, cell: &CellOutcome, scope: Scope) {
    let Some(series) = cell.series("npv_total", scope, Period::All) else { return };
    let totals: Vec<f64> = series.into_iter().flatten().collect();
    let (name, n) = (scope.name(world), Some(totals.len()));
    match npv_tail(&totals) {
        Ok(tail) => {
            let counts = [n, Some(tail.n_tail)];
            let note = "loss = - NPV total over the runs of the cell (draws and chance mixed)";
            table.push("npv_loss_var", &name, Some(LEVEL), "USD", counts, [Some(tail.var), None, None], note);
            table.push("npv_loss_es", &name, Some(LEVEL), "USD", counts, [Some(tail.es), None, None], note);
        }
        Err(why) => {
            for measure in ["npv_loss_var", "npv_loss_es"] {
                table.push(measure, &name, Some(LEVEL), "USD", [n, None], [None; 3], &format!("refused: {why}"));
            }
        }
    }
}

/// Correlation over runs of each pair of labs outside the group, with its interval over draws.
fn margins(table: &mut Table, outcome: &Outcome, world: &World, measure: &str, margins_usd: &[Vec<f64>], note: &str) {
    let labs: Vec<_> = world.tenants.enumerate().filter(|(_, lab)| !lab.own && lab.contract.is_some()).collect();
    for (i, (a, lab_a)) in labs.iter().enumerate() {
        for (b, lab_b) in &labs[i + 1..] {
            let series = |tenant: &crate::world::TenantId| -> Vec<f64> {
                margins_usd.iter().map(|run| run[tenant.index()]).collect()
            };
            let (x, y) = (series(a), series(b));
            if x.is_empty() {
                continue;
            }
            let r = correlation(&x, &y);
            let interval = correlation_interval(&x, &y, outcome.replications as usize, outcome.independent, CONFIDENCE);
            let value = [r, interval.map(|i| i.0), interval.map(|i| i.1)];
            let name = format!("{} x {}", lab_a.name, lab_b.name);
            let note = if r.is_none() { "a margin does not vary" } else { note };
            table.push(measure, &name, Some(CONFIDENCE), "-", [Some(x.len()), None], value, note);
        }
    }
}

fn exits(table: &mut Table, outcome: &Outcome, world: &World, cell: &CellOutcome) {
    let mut push = |measure: &str, name: &str, unit: &str, values: Vec<Option<f64>>, note: &str| {
        if let Some(s) = summarize(&values, outcome.replications as usize, outcome.independent) {
            table.push(measure, name, None, unit, [Some(s.n), None], [Some(s.mean), Some(s.p05), Some(s.p95)], note);
        }
    };
    for (id, contract) in world.contracts.enumerate() {
        let values = cell.remaining_at_decide.iter().map(|run| run[id.index()]).collect();
        let note = "still committed if the contract ended at decide_at; low and high are p05 and p95 over runs";
        push("remaining_commitment_at_decide", &contract.name, "USD", values, note);
    }
    for (id, lab) in world.tenants.enumerate().filter(|(_, lab)| lab.contract.is_some()) {
        let values = cell.stranded_at_decide.iter().map(|run| run[id.index()]).collect();
        let note = "guaranteed, reserved and beyond them in the month before; at the meter, full power";
        push("stranded_mw_at_decide", &lab.name, "MW", values, note);
    }
}
