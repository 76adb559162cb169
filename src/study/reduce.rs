//! Statistics over the runs of a cell and paired differences between cells. Uses per-run values only; merges nothing.

use super::outcome::{CellOutcome, Outcome};
use crate::measure::{Better, Key};
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
    /// Share of draws in which `a` is the better one: its mean difference lies on the better side of zero; equal is not better. None of a
    /// metric that has no better side.
    pub share_of_draws_better: Option<f64>,
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
        rows.push(Difference {
            key: *key,
            summary,
            correlation: paired.as_ref().and_then(|p| p.correlation),
            variance_reduction: paired.as_ref().and_then(|p| p.variance_reduction),
            share_of_draws_better: share_better(&means, key.metric.better),
        });
    }
    rows
}

/// Share of differences on the better side of zero.
fn share_better(deltas: &[f64], better: Better) -> Option<f64> {
    let is_better = |delta: &&f64| match better {
        Better::More => 0.0 < **delta,
        Better::Less => **delta < 0.0,
        Better::Neither => false,
    };
    let known = better != Better::Neither && !deltas.is_empty();
    known.then(|| deltas.iter().filter(is_better).count() as f64 / deltas.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of four draws one costs 5 more, two 1 less and one the same: dearer is better in none, cheaper in two of four; a size is neither.
    #[test]
    fn the_better_side_is_the_metrics() {
        let deltas = [5.0, -1.0, -1.0, 0.0];
        assert_eq!(share_better(&deltas, Better::Less), Some(0.5));
        assert_eq!(share_better(&deltas, Better::More), Some(0.25));
        assert_eq!(share_better(&deltas, Better::Neither), None);
        assert_eq!(share_better(&[], Better::More), None);
    }

    /// What strategies are compared on, and which way it is better.
    #[test]
    fn costs_and_waits_are_better_when_less() {
        let of = |name: &str| crate::study::registry().into_iter().find(|metric| metric.name == name).unwrap().better;
        for less in [
            "wait_mean",
            "jct_mean",
            "campaign_delay",
            "capex",
            "power_cost",
            "facility_cost",
            "operations_cost",
            "equity_paid",
        ] {
            assert_eq!(of(less), Better::Less, "{less}");
        }
        for more in
            ["npv_total", "npv_operations", "npv_equity", "revenue", "margin_usd", "jobs_finished", "goodput_fraction"]
        {
            assert_eq!(of(more), Better::More, "{more}");
        }
        for neither in ["mw_used", "installed_chips", "terminal_book", "internal_revenue"] {
            assert_eq!(of(neither), Better::Neither, "{neither}");
        }
    }
}
