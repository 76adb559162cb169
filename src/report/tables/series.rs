//! `pools.csv` and `tenants.csv`: months down, figures across, each with the range over runs.

use super::own;
use crate::measure::{Key, Period, Scope};
use crate::report::csv_out::{Cell, to_csv};
use crate::study::{CellOutcome, CellPlan, Outcome, Plan, summarize};
use crate::world::{PoolId, TenantId, World};

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

/// Positions of a cell's figures by (month, scope, metric): in the order in which most are measured, and names are compared last.
pub(super) struct Index<'a> {
    /// Where they are of, and what the cell was planned from.
    pub planned: &'a CellPlan,
    pub cell: &'a CellOutcome,
    replications: usize,
    independent: bool,
    at: std::collections::BTreeMap<(u16, Scope, &'static str), usize>,
}

impl<'a> Index<'a> {
    /// Of every cell whose runs are its own: three tables ask.
    pub fn all(plan: &'a Plan, outcome: &'a Outcome) -> Vec<Self> {
        own(plan, outcome).map(|(planned, cell)| Index::new(outcome, planned, cell)).collect()
    }

    fn new(outcome: &Outcome, planned: &'a CellPlan, cell: &'a CellOutcome) -> Self {
        let month = |key: &Key| match key.period {
            Period::Month(month) => Some(month),
            Period::All | Period::Year(_) => None,
        };
        let keyed = cell.keys.iter().enumerate();
        let at = keyed.filter_map(|(i, key)| Some(((month(key)?, key.scope, key.metric.name), i))).collect();
        Index { planned, cell, replications: outcome.replications as usize, independent: outcome.independent, at }
    }

    /// mean, p05, p95 and n of a figure.
    pub fn three(&self, metric: &'static str, scope: Scope, month: u16) -> ([Cell; 3], usize) {
        let found = self.at.get(&(month, scope, metric)).and_then(|at| {
            let values: Vec<Option<f64>> = self.cell.values.iter().map(|run| run[*at]).collect();
            summarize(&values, self.replications, self.independent)
        });
        match found {
            Some(s) => ([s.mean.into(), s.p05.into(), s.p95.into()], s.n),
            None => ([Cell::Blank, Cell::Blank, Cell::Blank], 0),
        }
    }
}

pub(super) fn months(world: &World) -> std::ops::Range<u16> {
    0..world.months.len() as u16
}

/// `pools.csv`.
pub fn pools(months_of: &[Index<'_>]) -> String {
    let mut headers: Vec<String> = ["strategy", "future", "month", "pool", "site", "n"].map(str::to_owned).to_vec();
    headers.extend(POOL_FIGURES.iter().flat_map(|m| [(*m).to_owned(), format!("{m}_p05"), format!("{m}_p95")]));
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    for index in months_of {
        let (world, cell) = (&index.planned.world, index.cell);
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

/// Columns of a lab's chip-hours on a pool.
const TENANT_FIGURES: [&str; 2] = ["held_chip_hours", "unused_chip_hours"];

/// `tenants.csv`: chip-hours by lab x pool x workload x price kind, each hour in one row only: what gangs held within the guarantee and
/// beyond it apart, then what of the guarantee nobody held, then what is reserved. Rows add up to what the lab held and to what it was billed.
pub fn tenants(months_of: &[Index<'_>]) -> String {
    let mut headers: Vec<String> =
        ["strategy", "future", "month", "lab", "pool", "workload", "price_kind", "n"].map(str::to_owned).to_vec();
    headers.extend(TENANT_FIGURES.iter().flat_map(|m| [(*m).to_owned(), format!("{m}_p05"), format!("{m}_p95")]));
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    for index in months_of {
        let (world, cell) = (&index.planned.world, index.cell);
        let promised = |pool: PoolId, tenant: TenantId| {
            cell.first.shares.get(pool.index()).is_some_and(|shares| !shares[tenant.index()].is_empty())
        };
        for month in months(world) {
            let mut push = |words: [&str; 4], metric: &'static str, scope: Scope, held: bool| {
                let month_name = world.month_names[usize::from(month)].as_str();
                let start = [cell.strategy.as_str(), cell.future.as_str(), month_name].into_iter().chain(words);
                let mut row: Vec<Cell> = start.map(Cell::from).collect();
                let (figure, n) = index.three(metric, scope, month);
                let blank = [Cell::Blank, Cell::Blank, Cell::Blank];
                row.push((n as i64).into());
                row.extend(if held { [figure, blank] } else { [blank, figure] }.into_iter().flatten());
                rows.push(row);
            };
            for (id, terms) in world.cells.enumerate() {
                let workload = &world.workloads[terms.workload];
                let lab = world.tenants[workload.tenant].name.as_str();
                let pool = world.pools[terms.pool].name.as_str();
                let words = |kind| [lab, pool, workload.name.as_str(), kind];
                if world.in_blocks(id) {
                    push(words(terms.price.name()), "covered_chip_hours", Scope::Cell(id), true);
                    continue;
                }
                push(words(terms.price.name()), "billed_chip_hours", Scope::Cell(id), true);
                if promised(terms.pool, workload.tenant) {
                    push(words("guaranteed"), "covered_chip_hours", Scope::Cell(id), true);
                }
            }
            for (pool, terms) in world.pools.enumerate() {
                for (tenant, lab) in world.tenants.enumerate().filter(|(tenant, _)| promised(pool, *tenant)) {
                    let scope = Scope::Share(pool, tenant);
                    let words = |kind| [lab.name.as_str(), terms.name.as_str(), "", kind];
                    push(words("guaranteed"), "unused_guarantee_chip_hours", scope, false);
                    push(words("reserved"), "reserved_chip_hours", scope, true);
                    if terms.blocks.iter().any(|block| block.tenant == tenant) {
                        push(words("capacity_block"), "unused_block_chip_hours", scope, false);
                    }
                }
            }
        }
    }
    to_csv(&headers.iter().map(String::as_str).collect::<Vec<_>>(), rows)
}
