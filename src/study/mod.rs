//! Studies: strategies x futures x draws x replications, planned, run in parallel and reduced in plan order.
//! Draws nothing itself and writes no file.

mod execute;
mod outcome;
mod plan;
mod reduce;
mod tiers;

pub use execute::{Progress, in_threads, run_plan, runs_of};
pub use outcome::{CellOutcome, ConcentrationRow, Outcome};
pub use plan::{CellPlan, Options, Plan, plan, with_the_worlds};
pub use reduce::{CONFIDENCE, Difference, Summary, differences, summarize, two_level};
pub use tiers::{Played, TierCheck, check_tiers};

use crate::measure::Metric;

/// Every metric of every layer, in the order of their columns.
pub fn registry() -> Vec<&'static Metric> {
    let mut all = crate::measure::registry();
    all.extend(crate::finance::figures::METRICS);
    all
}
