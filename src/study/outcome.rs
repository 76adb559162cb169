//! What a study leaves: per-run figures of every cell and one full record of each. Computes no statistic.

use super::plan::{CellPlan, Plan};
use super::tiers::TierCheck;
use crate::finance::{cash, commitment};
use crate::measure::{Key, Period, Scope, Sheet};
use crate::record::{PostingKind, RunRecord};
use crate::risk::concentration::{self, Axis, Base};
use crate::stats::shares::Concentration;
use crate::units::Money;
use crate::world::{CloudId, World};
use std::collections::BTreeMap;

/// Concentration of one run at one month's end, trailing twelve months.
#[derive(Clone, Debug, PartialEq)]
pub struct ConcentrationRow {
    /// Whose shares.
    pub axis: Axis,
    /// Of what.
    pub base: Base,
    /// Last month of the window.
    pub month: u16,
    /// Shares by name; names with nothing are absent.
    pub shares: Vec<(String, f64)>,
    /// Indices.
    pub index: Concentration,
    /// Share of the productive chip-hours that the base can count [-]; None where that is no question.
    pub covered: Option<f64>,
}

/// What is kept of one run.
#[derive(Debug)]
pub(super) struct RunFigures {
    sheet: Sheet,
    cash: Vec<(CloudId, cash::CashLine)>,
    concentration: Vec<ConcentrationRow>,
    margins: Vec<f64>,
    remaining_at_decide: Vec<Option<f64>>,
    stranded_at_decide: Vec<Option<f64>>,
}

impl RunFigures {
    pub fn new(world: &World, record: &RunRecord, sheet: Sheet) -> RunFigures {
        let money = !world.sites.is_empty();
        let cash = world
            .clouds
            .ids()
            .flat_map(|cloud| cash::cash_lines(world, record, cloud).into_iter().map(move |line| (cloud, line)));
        let decide = world.decide_at;
        let remaining =
            |contract| decide.and_then(|at| commitment::remaining(world, record, contract, at)).map(Money::usd);
        RunFigures {
            cash: cash.collect(),
            concentration: if money { concentrations(world, record) } else { Vec::new() },
            margins: if money { super::execute::margins(world, record) } else { Vec::new() },
            remaining_at_decide: world.contracts.ids().map(remaining).collect(),
            stranded_at_decide: world
                .tenants
                .ids()
                .map(|tenant| commitment::stranded(world, record, tenant).map(|s| s.mw()))
                .collect(),
            sheet,
        }
    }
}

/// Every axis and base at the end of each quarter.
fn concentrations(world: &World, record: &RunRecord) -> Vec<ConcentrationRow> {
    let mut rows = Vec::new();
    for month in (0..world.months.len() as u16).filter(|month| (month + 1) % 3 == 0) {
        for axis in Axis::ALL {
            for base in Base::ALL {
                if let Some(shares) = concentration::trailing(world, record, axis, base, month) {
                    let names = shares.names.into_iter().map(|(name, _, share)| (name, share)).collect();
                    let (index, covered) = (shares.index, shares.covered);
                    rows.push(ConcentrationRow { axis, base, month, shares: names, index, covered });
                }
            }
        }
    }
    rows
}

/// All runs of one strategy under one future.
#[derive(Debug)]
pub struct CellOutcome {
    /// Strategy.
    pub strategy: String,
    /// Future.
    pub future: String,
    /// Position of the cell whose runs these are, when it is equal by construction.
    pub same_as: Option<usize>,
    /// Which figures.
    pub keys: Vec<Key>,
    /// By run in plan order (draw by draw), then key.
    pub values: Vec<Vec<Option<f64>>>,
    /// Sums over the runs of cash lines: (cloud, kind, year) -> (external, internal) [micro-USD].
    pub cash: BTreeMap<(CloudId, PostingKind, i16), (i128, i128)>,
    /// By run.
    pub concentration: Vec<Vec<ConcentrationRow>>,
    /// By run, then tenant [USD].
    pub margins: Vec<Vec<f64>>,
    /// By run, then contract [USD].
    pub remaining_at_decide: Vec<Vec<Option<f64>>>,
    /// By run, then tenant [MW].
    pub stranded_at_decide: Vec<Vec<Option<f64>>>,
    /// Draw 0, replication 0.
    pub first: RunRecord,
    /// Windows of that run in both tiers of serving, where the scenario asks for them.
    pub tiers: Option<TierCheck>,
}

impl CellOutcome {
    pub(super) fn new(cell: &CellPlan, runs: Vec<(RunFigures, Option<RunRecord>)>) -> CellOutcome {
        let mut outcome = CellOutcome {
            strategy: cell.strategy.clone(),
            future: cell.future.clone(),
            same_as: None,
            keys: Vec::new(),
            values: Vec::new(),
            cash: BTreeMap::new(),
            concentration: Vec::new(),
            margins: Vec::new(),
            remaining_at_decide: Vec::new(),
            stranded_at_decide: Vec::new(),
            first: RunRecord::default(),
            tiers: None,
        };
        for (figures, record) in runs {
            if outcome.keys.is_empty() {
                outcome.keys = figures.sheet.keys;
            } else {
                assert!(outcome.keys == figures.sheet.keys, "every run of a cell has the same figures");
            }
            outcome.values.push(figures.sheet.values);
            for (cloud, line) in figures.cash {
                let sum = outcome.cash.entry((cloud, line.kind, line.year)).or_default();
                sum.0 += line.amount.0;
                sum.1 += line.internal.0;
            }
            outcome.concentration.push(figures.concentration);
            outcome.margins.push(figures.margins);
            outcome.remaining_at_decide.push(figures.remaining_at_decide);
            outcome.stranded_at_decide.push(figures.stranded_at_decide);
            if let Some(record) = record {
                outcome.first = record;
            }
        }
        outcome
    }

    /// A cell that is equal by construction keeps no runs of its own.
    pub(super) fn same(cell: &CellPlan, at: usize, of: &CellOutcome) -> CellOutcome {
        CellOutcome {
            strategy: cell.strategy.clone(),
            future: cell.future.clone(),
            same_as: Some(of.same_as.unwrap_or(at)),
            keys: Vec::new(),
            values: Vec::new(),
            cash: BTreeMap::new(),
            concentration: Vec::new(),
            margins: Vec::new(),
            remaining_at_decide: Vec::new(),
            stranded_at_decide: Vec::new(),
            first: RunRecord::default(),
            tiers: None,
        }
    }

    /// Model error of a figure of a service over the first run; None where no window told.
    pub fn model_error(&self, key: &Key) -> Option<f64> {
        let (Scope::Service(id), Period::All) = (key.scope, key.period) else { return None };
        let errors = self.tiers.iter().flat_map(|check| &check.errors);
        let mut of = errors.filter(|one| one.service == id && one.figure.metric() == key.metric.name);
        of.next().map(|one| one.error)
    }

    /// Values of one figure over the runs, in plan order; None where there is no such figure.
    pub fn series(&self, metric: &str, scope: Scope, period: Period) -> Option<Vec<Option<f64>>> {
        let at = self.keys.iter().position(|k| k.metric.name == metric && k.scope == scope && k.period == period)?;
        Some(self.values.iter().map(|run| run[at]).collect())
    }
}

/// What a study leaves.
#[derive(Debug)]
pub struct Outcome {
    /// In plan order.
    pub cells: Vec<CellOutcome>,
    /// Draws.
    pub draws: u32,
    /// Replications.
    pub replications: u32,
    /// Runs are independent: the file names nothing unknown.
    pub independent: bool,
    /// Margins by run and tenant of the first cell without loadings.
    pub unloaded_margins: Vec<Vec<f64>>,
}

impl Outcome {
    pub(super) fn new(plan: &Plan, cells: Vec<CellOutcome>, unloaded_margins: Vec<Vec<f64>>) -> Outcome {
        Outcome {
            cells,
            draws: plan.draws,
            replications: plan.replications,
            independent: plan.independent(),
            unloaded_margins,
        }
    }

    /// The cell whose runs stand for cell `at`.
    pub fn runs_of(&self, at: usize) -> &CellOutcome {
        &self.cells[self.cells[at].same_as.unwrap_or(at)]
    }
}
