//! What fleets do at other loads: the same requests closer together or further apart, and which of all that no other is better than in latency and
//! cost. It looks for no fleet.

use super::answer::Answer;
use super::load::Load;
use super::offer::{Mix, Offer, Promise};
use super::trial::{Trial, Yard, is_enough};
use crate::perf::StepTimes;
use crate::stats::batches::Estimate;

/// Loads over what the saturated replicas serve \[-\].
const LOADS: [f64; 9] = [0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0, 1.1];
/// Chips that have a curve.
const MOST_CHIPS: usize = 6;
/// Curves of them, numbers of chips of a replica apart.
const MOST_CURVES: usize = 18;
/// Requests of a run, the first of the load.
const MOST_REQUESTS: usize = 30_000;

/// A fleet at a load.
#[derive(Clone, Debug, PartialEq)]
pub struct Level {
    /// Requests a second over those that its saturated replicas serve \[-\]. Eq. (183).
    pub load: f64,
    /// By which the load's own rate is multiplied: 1 is the load that was asked for.
    pub rate_scale: f64,
    /// Requests \[1/s\].
    pub per_s: f64,
    /// Its run.
    pub trial: Trial,
    /// Time to first token at 50, 90 and 99 % \[s\]; None of nobody.
    pub ttft_s: [Option<Estimate>; 3],
    /// Time per token after it at the same \[s\].
    pub tpot_s: [Option<Estimate>; 3],
    /// Tokens of answers by a chip, used or not \[1/s\].
    pub output_tokens_per_s_per_chip: f64,
    /// Price of the fleet over a million tokens of prompts and answers \[USD\]; None of no token. Eq. (141).
    pub usd_per_million_tokens: Option<f64>,
    /// Whether the promise is kept.
    pub keeps: bool,
    /// Whether that of the first token is.
    pub keeps_ttft: bool,
}

/// A fleet through the loads.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// By number.
    pub offer: usize,
    /// The smallest number that keeps the promise.
    pub instances: u32,
    /// Whether it is the cheapest of its chip.
    pub best_of_chip: bool,
    /// By load, ascending.
    pub levels: Vec<Level>,
}

impl Curve {
    /// At the load that was asked for.
    pub fn asked(&self) -> &Level {
        self.levels.iter().find(|level| level.rate_scale == 1.0).expect("the load that was asked for is among them")
    }

    /// Loads up to the first that does not keep the promise: what may be called within it.
    pub fn within(&self) -> impl Iterator<Item = &Level> {
        self.levels.iter().take_while(|level| level.keeps)
    }

    /// The highest load tried up to which every one keeps the promise; None: not even the least.
    pub fn fullest(&self) -> Option<&Level> {
        self.within().last()
    }
}

/// All that was measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Levels {
    /// The cheapest of each chip, the cheapest chip first, then their other numbers of chips a replica.
    pub curves: Vec<Curve>,
    /// Chips that keep the promise and have no curve, the cheaper first.
    pub left_out: Vec<String>,
    /// Other numbers of chips a replica that were not measured.
    pub untried: usize,
    /// Requests of a run.
    pub requests: u64,
}

impl Level {
    /// How slow it is for the frontier: 99 % of the times per token, or to the first where answers have no other \[s\]; None of nobody.
    pub fn slow_s(&self) -> Option<f64> {
        self.tpot_s[2].or(self.ttft_s[2]).map(|found| found.value)
    }
}

impl Levels {
    /// (curve, level) of the choices between how slow and how dear, from the fastest; `dear` says what is to be little. Eq. (184).
    ///
    /// Only levels that keep the promise of the first token are choices; where none is made, those at which replicas are not overloaded.
    pub fn choices(&self, promise: &Promise, dear: impl Fn(&Level) -> Option<f64>) -> Vec<(usize, usize)> {
        let mut places = Vec::new();
        let mut trades = Vec::new();
        for (at, curve) in self.curves.iter().enumerate() {
            for (place, level) in curve.levels.iter().enumerate() {
                let stands = level.keeps_ttft && (promise.ttft_s.is_some() || level.load <= 1.0);
                let trade = level.slow_s().zip(dear(level)).filter(|_| stands);
                if let Some((slow, dear)) = trade {
                    places.push((at, place));
                    trades.push(Trade { slow, dear });
                }
            }
        }
        frontier(&trades).into_iter().map(|at| places[at]).collect()
    }
}

/// Runs the cheapest fleet of each chip, and of its other numbers of chips a replica, through the loads. Eq. (183).
pub fn levels<S: StepTimes + Clone>(yard: &Yard<'_, S>, answer: &Answer) -> Levels {
    let mut pure: Vec<&Mix> = answer.candidates.iter().filter_map(|candidate| candidate.mix.as_ref()).collect();
    pure.sort_by(|a, b| a.order(b));
    let offer = |mix: &Mix| &yard.offers[mix.parts[0].0];
    let mut chips: Vec<&str> = Vec::new();
    let mut shapes: Vec<usize> = Vec::new();
    let (mut best, mut others) = (Vec::new(), Vec::new());
    for mix in pure {
        let Offer { chip, shape, .. } = offer(mix);
        let known = chips.contains(&chip.as_str());
        if !known {
            chips.push(chip);
        }
        // Of the same replicas in several instance types the cheapest.
        if shapes.contains(shape) || chips[MOST_CHIPS.min(chips.len())..].contains(&chip.as_str()) {
            continue;
        }
        shapes.push(*shape);
        if known { others.push(mix.parts[0]) } else { best.push(mix.parts[0]) }
    }
    let room = MOST_CURVES - best.len();
    // The first ones of a log may come slower than all of it: they are played at the rate that was asked for.
    let load = yard.load.first(MOST_REQUESTS);
    let load = load.scaled(yard.load.per_s() / load.per_s());
    let curve = |(fleet, best_of_chip): ((usize, u32), bool)| curve(yard, &load, fleet, best_of_chip);
    let chosen = best.iter().map(|fleet| (*fleet, true)).chain(others.iter().take(room).map(|fleet| (*fleet, false)));
    Levels {
        curves: chosen.map(curve).collect(),
        left_out: chips.iter().skip(MOST_CHIPS).map(|chip| (*chip).to_owned()).collect(),
        untried: others.len().saturating_sub(room),
        requests: load.requests(),
    }
}

fn curve<S: StepTimes + Clone>(yard: &Yard<'_, S>, load: &Load, fleet: (usize, u32), best_of_chip: bool) -> Curve {
    let saturated_per_s = f64::from(fleet.1) * yard.offers[fleet.0].instance_per_s();
    let mut scales: Vec<f64> = LOADS.iter().map(|of| of * saturated_per_s / load.per_s()).chain([1.0]).collect();
    scales.sort_by(f64::total_cmp);
    // A load next to the one that was asked for gives way to it.
    scales.retain(|scale| *scale == 1.0 || 1e-6 < (scale - 1.0).abs());
    scales.dedup();
    let level = |rate_scale: f64| level(yard, load, fleet, (rate_scale, saturated_per_s));
    Curve { offer: fleet.0, instances: fleet.1, best_of_chip, levels: scales.into_iter().map(level).collect() }
}

fn level<S: StepTimes + Clone>(
    yard: &Yard<'_, S>,
    load: &Load,
    fleet: (usize, u32),
    (rate_scale, saturated_per_s): (f64, f64),
) -> Level {
    let offer = &yard.offers[fleet.0];
    let measured = yard.measured(fleet, &load.scaled(rate_scale));
    let (trial, per_s) = (measured.trial, rate_scale * load.per_s());
    let chips = f64::from(fleet.1) * offer.chips_per_instance as f64;
    let enough = |met: u64| is_enough(met, trial.requests, yard.promise.share);
    Level {
        load: per_s / saturated_per_s,
        rate_scale,
        per_s,
        ttft_s: measured.ttft_s,
        tpot_s: measured.tpot_s,
        output_tokens_per_s_per_chip: measured.output_tokens as f64 / trial.duration_s / chips,
        usd_per_million_tokens: trial.usd_per_million_tokens(f64::from(fleet.1) * offer.usd_per_instance_hour),
        keeps: enough(trial.attained),
        keeps_ttft: enough(trial.attained_ttft),
        trial,
    }
}

/// A choice: how slow, how dear.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trade {
    /// Less is better.
    pub slow: f64,
    /// Less is better.
    pub dear: f64,
}

/// Places of those that no other is better than in one and at least as good as in the other, from the fastest; of equal ones the first. Eq. (184).
pub fn frontier(all: &[Trade]) -> Vec<usize> {
    let mut order: Vec<usize> =
        (0..all.len()).filter(|at| all[*at].slow.is_finite() && all[*at].dear.is_finite()).collect();
    order.sort_by(|a, b| {
        let (one, other) = (&all[*a], &all[*b]);
        one.slow.total_cmp(&other.slow).then(one.dear.total_cmp(&other.dear)).then(a.cmp(b))
    });
    let mut least = f64::INFINITY;
    order.retain(|at| {
        let better = all[*at].dear < least;
        least = least.min(all[*at].dear);
        better
    });
    order
}
