//! Statistics over the runs of a cell and paired differences between cells. Uses per-run values only; merges nothing.

use super::outcome::{CellOutcome, Outcome};
use crate::measure::Key;
use crate::stats::interval::{self, TwoLevel, paired_difference, quantile_type7, t_interval};

/// Level of every interval.
pub const CONFIDENCE: f64 = 0.95;

/// Statistics of one figure over the runs of a cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    /// Draws with at least one value.
    pub draws: usize,
    /// Runs with a value.
    pub n: usize,
    /// Mean.
    pub mean: f64,
    /// 95 % t interval of the mean: over draws, or over runs when nothing is unknown.
    pub half_width: Option<f64>,
    /// Type-7 quantiles over the runs.
    pub p05: f64,
    /// See `p05`.
    pub p50: f64,
    /// See `p05`.
    pub p95: f64,
    /// Share of the variance that is not known rather than chance.
    pub param_share: Option<f64>,
}

/// The two-level split of design 8, as `summary.csv` writes it. Coupled-model entry 11.
pub fn two_level(values: &[f64], replications: usize, independent: bool) -> Option<TwoLevel> {
    interval::two_level(values, replications, independent, CONFIDENCE)
}

/// Summary of the values of some runs in plan order; None when no run has one. Runs without a value are left out, and a
/// design that this unbalances is summarised over draw means.
pub fn summarize(values: &[Option<f64>], replications: usize, independent: bool) -> Option<Summary> {
    let present: Vec<f64> = values.iter().flatten().copied().collect();
    if present.is_empty() {
        return None;
    }
    let mut sorted = present.clone();
    sorted.sort_by(f64::total_cmp);
    let quantile = |p| quantile_type7(&sorted, p).expect("not empty");
    let draws: Vec<&[Option<f64>]> = values.chunks(replications).collect();
    let means: Vec<f64> = draws.iter().filter_map(|draw| mean(draw)).collect();
    let (mean, half_width, param_share) = if present.len() == values.len() {
        let split = two_level(&present, replications, independent).expect("not empty");
        (split.mean, split.half_width, split.param_share)
    } else if independent {
        let t = t_interval(&present, CONFIDENCE).expect("not empty");
        (t.mean, t.half_width, None)
    } else {
        let t = t_interval(&means, CONFIDENCE).expect("not empty");
        (t.mean, t.half_width, None)
    };
    let (p05, p50, p95) = (quantile(0.05), quantile(0.5), quantile(0.95));
    Some(Summary { draws: means.len(), n: present.len(), mean, half_width, p05, p50, p95, param_share })
}

fn mean(values: &[Option<f64>]) -> Option<f64> {
    let present: Vec<f64> = values.iter().flatten().copied().collect();
    (!present.is_empty()).then(|| present.iter().sum::<f64>() / present.len() as f64)
}

/// A figure of one cell less that of another, run by run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Difference {
    /// Which.
    pub key: Key,
    /// Statistics of the differences.
    pub summary: Summary,
    /// Correlation of the two over runs.
    pub correlation: Option<f64>,
    /// (Var A + Var B) / Var(A - B).
    pub variance_reduction: Option<f64>,
    /// Share of draws whose mean difference is above zero.
    pub share_of_draws_above: Option<f64>,
}

/// Paired differences `a - b` of the figures both have that `wanted` accepts.
pub fn differences(
    outcome: &Outcome,
    a: &CellOutcome,
    b: &CellOutcome,
    wanted: impl Fn(&Key) -> bool,
) -> Vec<Difference> {
    let replications = outcome.replications as usize;
    let mut rows = Vec::new();
    for (at, key) in a.keys.iter().enumerate().filter(|(_, key)| wanted(key)) {
        let Some(other) = b.keys.iter().position(|k| k == key) else { continue };
        let pairs: Vec<(Option<f64>, Option<f64>)> =
            a.values.iter().zip(&b.values).map(|(x, y)| (x[at], y[other])).collect();
        let deltas: Vec<Option<f64>> = pairs.iter().map(|(x, y)| Some((*x)? - (*y)?)).collect();
        let Some(summary) = summarize(&deltas, replications, outcome.independent) else { continue };
        let both: (Vec<f64>, Vec<f64>) = pairs.iter().filter_map(|(x, y)| Some(((*x)?, (*y)?))).unzip();
        let paired = paired_difference(&both.0, &both.1, CONFIDENCE);
        let means: Vec<f64> = deltas.chunks(replications).filter_map(mean).collect();
        let above = means.iter().filter(|delta| **delta > 0.0).count();
        rows.push(Difference {
            key: *key,
            summary,
            correlation: paired.as_ref().and_then(|p| p.correlation),
            variance_reduction: paired.as_ref().and_then(|p| p.variance_reduction),
            share_of_draws_above: (!means.is_empty()).then(|| above as f64 / means.len() as f64),
        });
    }
    rows
}
