//! Fits the shares of peaks to measured rates, and says which of them the rows tell apart. No chance: the same rows give the same bits.

use super::architecture::Architecture;
use super::card::{Deployment, Lengths, card};
use super::efficiency::Efficiency;
use super::hardware::Hardware;
use super::simplex::least;
use crate::stats::math;

/// A measured rate with what it was measured on.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// Chip.
    pub hardware: Hardware,
    /// Model.
    pub architecture: Architecture,
    /// On how many chips, in which formats.
    pub deployment: Deployment,
    /// Of the requests.
    pub lengths: Lengths,
    /// Of the whole replica, saturated [1/s].
    pub output_tokens_per_s: f64,
}

impl Case {
    /// What the model says [1/s]; `None` where it refuses.
    pub fn modelled(&self, shares: &Efficiency) -> Option<f64> {
        let Case { hardware, architecture, deployment, lengths, .. } = self;
        let card = card(hardware, architecture, *deployment, *lengths, shares, true, &[]).ok()?;
        Some(card.saturated().output_tokens_per_s)
    }
}

/// One of the four shares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Share {
    /// [`Efficiency::mfu`].
    Mfu,
    /// [`Efficiency::mbu`].
    Mbu,
    /// [`Efficiency::overhead_s_per_layer`].
    Overhead,
    /// [`Efficiency::link_share`].
    Link,
}

impl Share {
    /// All of them, in the order of the fit.
    pub const ALL: [Share; 4] = [Share::Mfu, Share::Mbu, Share::Overhead, Share::Link];

    /// In tables.
    pub fn word(self) -> &'static str {
        match self {
            Share::Mfu => "MFU",
            Share::Mbu => "MBU",
            Share::Overhead => "overhead a layer",
            Share::Link => "link share",
        }
    }

    /// Where it may lie. The bandwidth of memory is bounded at 0.85, above which no published kernel stays in a whole step: saturated rates
    /// alone would push it to 1 and the overhead up.
    pub fn bounds(self) -> (f64, f64) {
        match self {
            Share::Mfu => (0.2, 1.0),
            Share::Mbu => (0.3, 0.85),
            Share::Overhead => (0.0, 1e-3),
            Share::Link => (0.1, 1.0),
        }
    }

    fn of(self, shares: &Efficiency) -> f64 {
        match self {
            Share::Mfu => shares.mfu,
            Share::Mbu => shares.mbu,
            Share::Overhead => shares.overhead_s_per_layer,
            Share::Link => shares.link_share,
        }
    }
}

/// Link share where no row has more than one chip: half, as sums of activations are small messages.
pub const LINK_SHARE_UNSEEN: f64 = 0.5;

/// What the rows say.
#[derive(Clone, Debug, PartialEq)]
pub struct Fit {
    /// Best shares.
    pub shares: Efficiency,
    /// Mean of |ln(modelled / measured)| [-].
    pub mean_abs_log_error: f64,
    /// What the rows do not tell, in words; empty where all is told.
    pub doubts: Vec<String>,
    /// For each share: the loss in [`Fit::mean_abs_log_error`] when it is held 20 % lower and 20 % higher and the others are fitted anew; `None` where
    /// that is out of bounds or the share was held fixed.
    pub loss: [[Option<f64>; 2]; 4],
}

/// Loss below which a fifth more or less of a share makes no difference that a row's error of measurement could not make.
pub const TELLING_LOSS: f64 = 0.005;

/// Shares with the least mean absolute logarithm of modelled over measured. Eq. (119).
pub fn fit(cases: &[Case]) -> Fit {
    assert!(!cases.is_empty(), "a fit without rows");
    let mut bounds = Share::ALL.map(Share::bounds);
    let mut doubts = Vec::new();
    let several = cases.iter().any(|case| case.deployment.tensor_parallel > 1);
    if !several {
        bounds[Share::Link as usize] = (LINK_SHARE_UNSEEN, LINK_SHARE_UNSEEN);
        doubts.push(format!(
            "link share (the TP penalty) is not identified: all rows are on one chip; held at {LINK_SHARE_UNSEEN}"
        ));
    } else if one_size_a_model(cases) {
        doubts.push("link share (the TP penalty) is not told apart from the model: every model stands on one number of chips only".into());
    }
    let (best, error) = descend(cases, &bounds);
    let loss = Share::ALL.map(|share| losses(cases, &bounds, share, &best, error));
    for share in Share::ALL {
        doubts.extend(doubt(share, share.of(&best), bounds[share as usize], loss[share as usize]));
    }
    Fit { shares: best, mean_abs_log_error: error, doubts, loss }
}

/// Whether each model was measured on one number of chips only.
fn one_size_a_model(cases: &[Case]) -> bool {
    cases.iter().all(|a| {
        let same = |b: &&Case| b.architecture.name == a.architecture.name;
        cases.iter().filter(same).all(|b| b.deployment.tensor_parallel == a.deployment.tensor_parallel)
    })
}

fn shares(point: &[f64; 4]) -> Efficiency {
    let [mfu, mbu, overhead_s_per_layer, link_share] = *point;
    Efficiency { mfu, mbu, overhead_s_per_layer, link_share, software: 1.0 }
}

/// The best of descents from three corners of what is plausible.
fn descend(cases: &[Case], bounds: &[(f64, f64); 4]) -> (Efficiency, f64) {
    const STARTS: [[f64; 4]; 3] = [[0.5, 0.6, 5e-5, 0.5], [0.65, 0.8, 2e-4, 0.3], [0.5, 0.8, 2e-5, 0.8]];
    let value = |point: &[f64; 4]| mean_abs_log_error(cases, &shares(point));
    let found = STARTS.map(|start| {
        // Once more from where it stopped: a simplex that has gone flat against a wall stands up again.
        let (first, _) = least(&value, start, bounds);
        least(&value, first, bounds)
    });
    let (point, error) = found.into_iter().reduce(|a, b| if b.1 < a.1 { b } else { a }).expect("three starts");
    (shares(&point), error)
}

/// Mean of |ln(modelled / measured)|; a row that the model refuses counts as e^10 off.
pub fn mean_abs_log_error(cases: &[Case], shares: &Efficiency) -> f64 {
    let miss = |case: &Case| {
        case.modelled(shares).map_or(10.0, |modelled| math::ln(modelled / case.output_tokens_per_s).abs())
    };
    cases.iter().map(miss).sum::<f64>() / cases.len() as f64
}

/// Mean of |modelled / measured - 1| [-].
pub fn mean_abs_error(cases: &[Case], shares: &Efficiency) -> f64 {
    let miss =
        |case: &Case| case.modelled(shares).map_or(1.0, |modelled| (modelled / case.output_tokens_per_s - 1.0).abs());
    cases.iter().map(miss).sum::<f64>() / cases.len() as f64
}

fn losses(cases: &[Case], bounds: &[(f64, f64); 4], share: Share, best: &Efficiency, error: f64) -> [Option<f64>; 2] {
    let (low, high) = bounds[share as usize];
    [0.8, 1.2].map(|by| {
        let held = by * share.of(best);
        (low < high && low <= held && held <= high).then(|| {
            let mut bounds = *bounds;
            bounds[share as usize] = (held, held);
            descend(cases, &bounds).1 - error
        })
    })
}

/// What a share's place and losses leave open.
fn doubt(share: Share, value: f64, (low, high): (f64, f64), loss: [Option<f64>; 2]) -> Option<String> {
    let word = share.word();
    let near = |bound: f64| (value - bound).abs() <= 1e-6 * (high - low);
    if low == high {
        return None;
    }
    if near(low) || near(high) {
        return Some(format!("{word} stands at its bound of {}: these rows alone do not hold it", number(value)));
    }
    let vague = loss.iter().flatten().any(|loss| *loss < TELLING_LOSS);
    vague.then(|| {
        format!("{word} is held loosely: a fifth more or less of it costs less than {TELLING_LOSS} once the others are fitted anew")
    })
}

fn number(value: f64) -> String {
    if value != 0.0 && value < 0.01 { format!("{value:.3e}") } else { format!("{value:.4}") }
}
