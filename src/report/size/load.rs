//! `load.csv` of sizing: fleets at loads around the one that was asked for. Decides nothing.

use super::About;
use crate::report::columns::headers;
use crate::report::csv_out::{Cell, to_csv};
use crate::size::{Curve, Level, Levels};
use crate::stats::batches::Estimate;

/// Curve by curve, each by load.
pub fn load_csv(about: &About<'_>, levels: &Levels) -> String {
    let best = levels.choices(&about.promise, |level| level.usd_per_million_tokens);
    let rows = levels.curves.iter().enumerate().flat_map(|(at, curve)| {
        let best = &best;
        let on = move |place: usize| best.contains(&(at, place));
        curve.levels.iter().enumerate().map(move |(place, level)| row(about, curve, level, on(place)))
    });
    to_csv(&headers("size/load.csv"), rows)
}

fn row(about: &About<'_>, curve: &Curve, level: &Level, on_frontier: bool) -> Vec<Cell> {
    let (offer, trial) = (&about.offers[curve.offer], &level.trial);
    let flag = |yes: bool| Cell::from(i64::from(yes));
    let mut row: Vec<Cell> = vec![
        offer.chip.as_str().into(),
        offer.instance.as_str().into(),
        f64::from(offer.chips_per_replica).into(),
        f64::from(curve.instances).into(),
        f64::from(trial.replicas).into(),
        flag(curve.best_of_chip),
        level.load.into(),
        level.rate_scale.into(),
        level.per_s.into(),
        (trial.requests as f64).into(),
    ];
    row.extend(level.ttft_s.iter().chain(&level.tpot_s).flat_map(|found| three(*found)));
    row.extend([
        trial.share().into(),
        trial.ends.map(|ends| ends.0).into(),
        trial.ends.map(|ends| ends.1).into(),
        (trial.shed as f64).into(),
        (trial.refused as f64).into(),
        trial.busy.into(),
        level.output_tokens_per_s_per_chip.into(),
        level.usd_per_million_tokens.into(),
        flag(on_frontier),
        offer.basis.word().into(),
        offer.basis.uncertainty_sigma().into(),
    ]);
    row
}

/// The figure and the ends of its interval.
fn three(found: Option<Estimate>) -> [Cell; 3] {
    let ends = found.and_then(|found| found.ends);
    [found.map(|found| found.value).into(), ends.map(|ends| ends.0).into(), ends.map(|ends| ends.1).into()]
}
