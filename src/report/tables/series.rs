//! `pools.csv` and `tenants.csv`: months down, figures across, each with the range over runs.

use super::own;
use crate::measure::{Key, Period, Scope};
use crate::report::csv_out::{Cell, to_csv};
use crate::study::{CellOutcome, Outcome, Plan, summarize};
use crate::world::World;

/// Figures of a pool by month.
const POOL_FIGURES: [&str; 10] = [
    "installed_chips",
    "availability",
    "allocated_fraction",
    "busy_fraction",
    "goodput_fraction",
    "mfu",
    "reserved_chips",
    "idle_chips",
    "mw_installed",
    "mw_used",
];

/// Positions of a cell's figures by (metric, scope, month).
struct Index<'a> {
    cell: &'a CellOutcome,
    replications: usize,
    independent: bool,
    at: std::collections::BTreeMap<(&'static str, Scope, u16), usize>,
}

impl<'a> Index<'a> {
    fn new(outcome: &Outcome, cell: &'a CellOutcome) -> Self {
        let month = |key: &Key| match key.period {
            Period::Month(month) => Some(month),
            Period::All | Period::Year(_) => None,
        };
        let keyed = cell.keys.iter().enumerate();
        let at = keyed.filter_map(|(i, key)| Some(((key.metric.name, key.scope, month(key)?), i))).collect();
        Index { cell, replications: outcome.replications as usize, independent: outcome.independent, at }
    }

    /// mean, p05, p95 and n of a figure.
    fn three(&self, metric: &'static str, scope: Scope, month: u16) -> ([Cell; 3], usize) {
        let found = self.at.get(&(metric, scope, month)).and_then(|at| {
            let values: Vec<Option<f64>> = self.cell.values.iter().map(|run| run[*at]).collect();
            summarize(&values, self.replications, self.independent)
        });
        match found {
            Some(s) => ([s.mean.into(), s.p05.into(), s.p95.into()], s.n),
            None => ([Cell::Blank, Cell::Blank, Cell::Blank], 0),
        }
    }
}

fn months(world: &World) -> std::ops::Range<u16> {
    0..world.months.len() as u16
}

/// `pools.csv`.
pub fn pools(plan: &Plan, outcome: &Outcome) -> String {
    let mut headers: Vec<String> = ["strategy", "future", "month", "pool", "site", "n"].map(str::to_owned).to_vec();
    headers.extend(POOL_FIGURES.iter().flat_map(|m| [(*m).to_owned(), format!("{m}_p05"), format!("{m}_p95")]));
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    for (planned, cell) in own(plan, outcome) {
        let (world, index) = (&planned.world, Index::new(outcome, cell));
        for month in months(world) {
            for (pool, terms) in world.pools.enumerate() {
                let site = terms.site.map(|site| world.sites[site].name.clone());
                let mut row: Vec<Cell> = vec![cell.strategy.as_str().into(), cell.future.as_str().into()];
                row.extend([
                    world.month_names[usize::from(month)].as_str().into(),
                    terms.name.as_str().into(),
                    site.into(),
                ]);
                let figures: Vec<([Cell; 3], usize)> =
                    POOL_FIGURES.iter().map(|metric| index.three(metric, Scope::Pool(pool), month)).collect();
                row.push((figures.iter().map(|f| f.1).max().unwrap_or(0) as i64).into());
                row.extend(figures.into_iter().flat_map(|f| f.0));
                rows.push(row);
            }
        }
    }
    to_csv(&headers.iter().map(String::as_str).collect::<Vec<_>>(), rows)
}

/// Figures of a lab on a pool by month.
const TENANT_FIGURES: [&str; 4] =
    ["allocated_chip_hours", "billed_chip_hours", "guaranteed_chip_hours", "reserved_chip_hours"];

/// `tenants.csv`: chip-hours by lab x pool x price kind; guarantees and reservations are rows of their own.
pub fn tenants(plan: &Plan, outcome: &Outcome) -> String {
    let mut headers: Vec<String> =
        ["strategy", "future", "month", "lab", "pool", "workload", "price_kind", "n"].map(str::to_owned).to_vec();
    headers.extend(TENANT_FIGURES.iter().flat_map(|m| [(*m).to_owned(), format!("{m}_p05"), format!("{m}_p95")]));
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    for (planned, cell) in own(plan, outcome) {
        let (world, index) = (&planned.world, Index::new(outcome, cell));
        for month in months(world) {
            let start = |lab: &str, pool: &str, workload: &str, kind: &str| -> Vec<Cell> {
                let month = world.month_names[usize::from(month)].as_str();
                [cell.strategy.as_str(), cell.future.as_str(), month, lab, pool, workload, kind]
                    .map(Cell::from)
                    .to_vec()
            };
            let mut push = |mut row: Vec<Cell>, scope: Scope, shown: [bool; 4]| {
                let figures = TENANT_FIGURES.iter().zip(shown).map(|(metric, shown)| {
                    if shown { index.three(metric, scope, month) } else { ([Cell::Blank, Cell::Blank, Cell::Blank], 0) }
                });
                let figures: Vec<_> = figures.collect();
                row.push((figures.iter().map(|f| f.1).max().unwrap_or(0) as i64).into());
                row.extend(figures.into_iter().flat_map(|f| f.0));
                rows.push(row);
            };
            for (id, terms) in world.cells.enumerate() {
                let workload = &world.workloads[terms.workload];
                let lab = world.tenants[workload.tenant].name.as_str();
                let pool = world.pools[terms.pool].name.as_str();
                push(
                    start(lab, pool, &workload.name, workload.price.name()),
                    Scope::Cell(id),
                    [true, true, false, false],
                );
            }
            for (pool, terms) in world.pools.enumerate() {
                for (tenant, lab) in world.tenants.enumerate() {
                    if cell.first.shares.get(pool.index()).is_some_and(|s| !s[tenant.index()].is_empty()) {
                        let scope = Scope::Share(pool, tenant);
                        push(start(&lab.name, &terms.name, "", "guaranteed"), scope, [false, false, true, false]);
                        push(start(&lab.name, &terms.name, "", "reserved"), scope, [false, false, false, true]);
                    }
                }
            }
        }
    }
    to_csv(&headers.iter().map(String::as_str).collect::<Vec<_>>(), rows)
}
