//! The answer: the cheapest mix that keeps the promise, the runner-up, what binds, and how well cheapest and runner-up are told apart.

use super::binding::{Binding, bindings};
use super::guess::{MOST_REPLICAS, guess};
use super::mixes::{Tried, mixes};
use super::offer::{Mix, Offer, usd_per_hour};
use super::smallest::smallest;
use super::trial::{Trial, Yard, is_enough};
use crate::perf::StepTimes;
use std::collections::BTreeMap;

/// An offer alone, in its smallest number.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// By number.
    pub offer: usize,
    /// Replicas that the table takes. Eq. (178).
    pub by_table: u32,
    /// Its smallest number of instances; None: not even the most replicas keep the promise.
    pub mix: Option<Mix>,
}

/// How well the runner-up is told from the cheapest. Eq. (182).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Apart {
    /// What the runner-up costs more \[USD/h\].
    pub usd_per_hour: f64,
    /// The same over the cheapest's price \[-\].
    pub share: f64,
    /// Standard deviation of the logarithm of the ratio of their speeds \[-\]; 0 where both stand on the same cards.
    pub sigma: f64,
}

impl Apart {
    /// Whether the margin is more than what the cards are wrong by.
    pub fn is_told(&self) -> bool {
        self.sigma < crate::stats::math::log1p(self.share)
    }
}

/// What was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// The cheapest.
    pub best: Mix,
    /// The cheapest of other instance types.
    pub second: Option<Mix>,
    /// The cheapest without any chip of the cheapest.
    pub other_chips: Option<Mix>,
    /// Its margin.
    pub apart: Option<Apart>,
    /// What binds the cheapest.
    pub bindings: Vec<Binding>,
    /// Load over what the cheapest without its smallest part serves when saturated; above 1 it could not keep up. None: it is one instance.
    pub load_with_one_less: Option<f64>,
    /// Requests a second over what the answer's saturated replicas serve \[-\].
    pub load: f64,
    /// Replicas that would do, of the cheapest of one offer.
    pub replicas_needed: Option<u32>,
}

/// Everything that was tried.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Offers alone, in their order.
    pub candidates: Vec<Candidate>,
    /// Mixes of two that keep the promise and were the cheapest or the second when they were found.
    pub mixes: Vec<Mix>,
    /// How mixes were sought.
    pub tried: Tried,
    /// None: nothing keeps the promise.
    pub found: Option<Found>,
    /// Trials around the smallest number, of the cheapest offers on different chips: (offer, by instances).
    pub curves: Vec<(usize, Vec<(u32, Trial)>)>,
    /// Runs of the request tier.
    pub runs: u64,
}

/// Offers whose curves are drawn.
const CURVES: usize = 4;
/// Instances of a curve over the smallest number that is enough.
const AROUND: [f64; 8] = [0.5, 0.7, 0.8, 0.9, 1.0, 1.1, 1.3, 1.6];

/// Sizes the load. Eq. (177) to (182).
pub fn size<S: StepTimes + Clone>(yard: &mut Yard<'_, S>) -> Answer {
    let candidates: Vec<Candidate> = (0..yard.offers.len()).map(|offer| alone(yard, offer)).collect();
    let mut kept: Vec<Mix> = candidates.iter().filter_map(|candidate| candidate.mix.clone()).collect();
    let pure = kept.len();
    let tried = mixes(yard, &mut kept);
    let found = cheapest(kept.iter()).cloned().map(|best| found(yard, best, &kept));
    let curves = curves(yard, &kept[..pure]);
    Answer { candidates, mixes: kept.split_off(pure), tried, found, curves, runs: yard.runs }
}

fn alone<S: StepTimes + Clone>(yard: &mut Yard<'_, S>, offer: usize) -> Candidate {
    let of = &yard.offers[offer];
    let each = of.replicas_per_instance;
    let by_table = guess(of, yard.load.per_s(), yard.promise.share);
    // As many replicas as requests leave each alone, which is enough: no offer stands here that is too slow for that.
    let most = MOST_REPLICAS.min(yard.load.requests() as u32).div_ceil(each);
    let enough = smallest(by_table.div_ceil(each), most, |n| yard.keeps(&[(offer, n)]));
    let mix = enough.map(|instances| {
        let parts = vec![(offer, instances)];
        Mix { usd_per_hour: usd_per_hour(yard.offers, &parts), trial: yard.trial(&parts), parts }
    });
    Candidate { offer, by_table, mix }
}

/// The first of the cheapest, of equal prices the one that attains most.
fn cheapest<'m>(mixes: impl Iterator<Item = &'m Mix>) -> Option<&'m Mix> {
    mixes.min_by(|a, b| a.order(b))
}

fn found<S: StepTimes + Clone>(yard: &mut Yard<'_, S>, best: Mix, kept: &[Mix]) -> Found {
    let offers = yard.offers;
    let second = cheapest(kept.iter().filter(|mix| !mix.is_made_as(&best, offers))).cloned();
    let has = |mix: &Mix, chip: &str| mix.parts.iter().any(|part| offers[part.0].chip == chip);
    let apart_from = |mix: &&Mix| !best.parts.iter().any(|part| has(mix, &offers[part.0].chip));
    let other_chips = cheapest(kept.iter().filter(apart_from)).cloned();
    let apart = second.as_ref().map(|second| apart(yard.offers, &best, second));
    let bindings = bindings(yard, &best);
    let replicas_needed = match best.parts[..] {
        [(offer, instances)] => {
            let most = instances * yard.offers[offer].replicas_per_instance;
            smallest(most, most, |n| n == most || yard.keeps_replicas(offer, n))
        }
        _ => None,
    };
    let load_with_one_less = load_with_one_less(yard, &best);
    let load = yard.load.per_s() / per_s(yard, &best);
    Found { best, second, other_chips, apart, bindings, load_with_one_less, load, replicas_needed }
}

/// Eq. (182).
pub(super) fn apart<S>(offers: &[Offer<S>], best: &Mix, second: &Mix) -> Apart {
    let mut differs: BTreeMap<usize, (f64, f64)> = BTreeMap::new();
    for (mix, sign) in [(best, 1.0), (second, -1.0)] {
        let per_s = |part: &(usize, u32)| f64::from(part.1) * offers[part.0].instance_per_s();
        let all: f64 = mix.parts.iter().map(per_s).sum();
        for part in &mix.parts {
            let offer = &offers[part.0];
            let share = differs.entry(offer.shape).or_insert((0.0, offer.basis.uncertainty_sigma()));
            share.0 += sign * per_s(part) / all;
        }
    }
    let variance: f64 = differs.values().map(|(share, sigma)| (share * sigma) * (share * sigma)).sum();
    let usd_per_hour = second.usd_per_hour - best.usd_per_hour;
    Apart { usd_per_hour, share: usd_per_hour / best.usd_per_hour, sigma: variance.sqrt() }
}

/// Requests that its saturated replicas serve [1/s].
fn per_s<S>(yard: &Yard<'_, S>, mix: &Mix) -> f64 {
    mix.parts.iter().map(|part| f64::from(part.1) * yard.offers[part.0].instance_per_s()).sum()
}

fn load_with_one_less<S>(yard: &Yard<'_, S>, best: &Mix) -> Option<f64> {
    let all = per_s(yard, best);
    let least = best.parts.iter().map(|part| yard.offers[part.0].instance_per_s()).fold(f64::INFINITY, f64::min);
    let instances: u32 = best.parts.iter().map(|part| part.1).sum();
    (1 < instances).then(|| yard.load.per_s() / (all - least))
}

fn curves<S: StepTimes + Clone>(yard: &mut Yard<'_, S>, pure: &[Mix]) -> Vec<(usize, Vec<(u32, Trial)>)> {
    let mut ordered: Vec<&Mix> = pure.iter().collect();
    ordered.sort_by(|a, b| a.order(b));
    let mut chosen: Vec<(usize, u32)> = Vec::new();
    for mix in ordered {
        let (offer, instances) = mix.parts[0];
        let known = chosen.iter().any(|one| yard.offers[one.0].chip == yard.offers[offer].chip);
        if !known && chosen.len() < CURVES {
            chosen.push((offer, instances));
        }
    }
    let curve = |(offer, instances): (usize, u32)| {
        let mut numbers: Vec<u32> =
            AROUND.iter().map(|part| ((part * f64::from(instances)).round() as u32).max(1)).collect();
        numbers.push(instances + 1);
        numbers.sort_unstable();
        numbers.dedup();
        (offer, numbers.into_iter().map(|n| (n, yard.trial(&[(offer, n)]))).collect())
    };
    chosen.into_iter().map(curve).collect()
}

impl Answer {
    /// Whether a trial keeps the promise to that share.
    pub fn keeps(trial: &Trial, share: f64) -> bool {
        is_enough(trial.attained, trial.requests, share)
    }
}
