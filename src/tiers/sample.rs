//! Which ticks are played again: some of each stratum of load, burst and ramp, and always those where the fluid tier is least to be believed.
//! Eq. (164). Plays nothing.

use crate::kernel::tier::Tick;
use crate::record::{RunRecord, ServiceTickRow};
use crate::stats::draw::{Purpose, RunKey};
use crate::world::World;
use std::collections::BTreeMap;

/// Lower ends of the strata of peak load, of the index of dispersion, of the ramp of demand within a tick over its mean.
const LOADS: [f64; 6] = [0.0, 0.5, 0.7, 0.8, 0.9, 1.0];
const BURSTS: [f64; 3] = [0.0, 4.0, 32.0];
const RAMPS: [f64; 3] = [0.0, 0.05, 0.15];
/// Peak load above which a service's highest is always played.
const HIGH: f64 = 0.9;

/// A stratum: places in the lists of lower ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Band {
    /// Of peak load.
    pub load: usize,
    /// Of the index of dispersion.
    pub burst: usize,
    /// Of the ramp, up or down.
    pub ramp: usize,
}

impl Band {
    fn of(load: f64, idc: f64, ramp: f64) -> Band {
        let place = |ends: &[f64], value: f64| ends.iter().rposition(|end| *end <= value).unwrap_or(0);
        Band { load: place(&LOADS, load), burst: place(&BURSTS, idc), ramp: place(&RAMPS, ramp.abs()) }
    }

    /// In words: the intervals.
    pub fn words(self) -> [String; 3] {
        let part = |ends: &[f64], at: usize| match ends.get(at + 1) {
            Some(next) => format!("{} to {next}", ends[at]),
            None => format!("{} and more", ends[at]),
        };
        [part(&LOADS, self.load), part(&BURSTS, self.burst), part(&RAMPS, self.ramp)]
    }
}

/// A tick of a service in which it was asked for something and had replicas.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// What the run did.
    pub row: ServiceTickRow,
    /// The tick.
    pub tick: Tick,
    /// Index of dispersion of the service at its rate in the tick.
    pub idc: f64,
    /// Stratum.
    pub band: Band,
}

/// Why a tick was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The highest load above 0.9 of its service.
    Highest,
    /// The steepest ramp of its service.
    Steepest,
    /// By chance from its stratum.
    Stratum,
}

/// A chosen tick.
#[derive(Clone, Debug, PartialEq)]
pub struct Chosen {
    /// Its place among the candidates.
    pub at: usize,
    /// Why.
    pub why: Why,
}

/// Ticks that can be played, of a record with a row for each tick.
pub fn candidates(world: &World, record: &RunRecord) -> Vec<Candidate> {
    let rows = record.service_ticks.iter().filter(|row| 0 < row.did.demanded && 0 < row.did.ready);
    rows.map(|row| {
        let terms = &world.services[row.service];
        let load = row.did.required as f64 / row.did.ready as f64;
        let k = (row.at.0 as i64 - world.start.0 as i64).div_euclid(world.tick.0 as i64);
        let tick = Tick::new(terms, k, world.tick, load, row.did.ready as f64 / world.tick.0 as f64);
        let per_s = row.did.demanded as f64 / terms.tokens_per_request() / (world.tick.0 as f64 / 1e6);
        let idc = terms.bursts.idc_at(per_s);
        let band = Band::of(tick.peak(), idc, tick.ramp());
        Candidate { row: *row, tick, idc, band }
    })
    .collect()
}

/// At most `windows` of them, in order of time and service: each service's highest load above 0.9 and steepest ramp, the highest and the
/// steepest of all first where there is not room for all of them; then one by one from each stratum of each service, by chance.
pub fn choose(candidates: &[Candidate], windows: usize, seed: u64) -> Vec<Chosen> {
    let mut chosen: Vec<Chosen> = Vec::new();
    let take = |at: usize, why: Why, chosen: &mut Vec<Chosen>| {
        if chosen.len() < windows && chosen.iter().all(|one| one.at != at) {
            chosen.push(Chosen { at, why });
        }
    };
    let highest = leaders(candidates, |one| Some(one.tick.peak()).filter(|peak| HIGH < *peak));
    let steepest = leaders(candidates, |one| Some(one.tick.ramp().abs()).filter(|ramp| 0.0 < *ramp));
    for rank in 0..highest.len().max(steepest.len()) {
        [(&highest, Why::Highest), (&steepest, Why::Steepest)]
            .into_iter()
            .filter_map(|(list, why)| list.get(rank).map(|at| (*at, why)))
            .for_each(|(at, why)| take(at, why, &mut chosen));
    }
    let draws =
        RunKey { study_seed: seed, draw: 0, replication: 0 }.prefix(Purpose::Resample, "windows of services", 0);
    let mut strata: BTreeMap<(usize, Band), Vec<(u64, usize)>> = BTreeMap::new();
    for (at, one) in candidates.iter().enumerate() {
        strata.entry((one.row.service.index(), one.band)).or_default().push((draws.bits(at as i64), at));
    }
    let mut strata: Vec<Vec<(u64, usize)>> = strata.into_values().collect();
    strata.iter_mut().for_each(|stratum| stratum.sort_unstable());
    // Where there are more strata than windows, chance says which go first.
    strata.sort_unstable();
    for round in 0..strata.iter().map(Vec::len).max().unwrap_or(0) {
        strata.iter().filter_map(|stratum| stratum.get(round)).for_each(|(_, at)| take(*at, Why::Stratum, &mut chosen));
        if windows <= chosen.len() {
            break;
        }
    }
    chosen.sort_by_key(|one| one.at);
    chosen
}

/// The first candidate of each service at which a figure is largest, the largest first.
fn leaders(candidates: &[Candidate], figure: impl Fn(&Candidate) -> Option<f64>) -> Vec<usize> {
    let mut best: BTreeMap<usize, (f64, usize)> = BTreeMap::new();
    for (at, one) in candidates.iter().enumerate() {
        let Some(value) = figure(one) else { continue };
        let of = best.entry(one.row.service.index()).or_insert((value, at));
        if of.0 < value {
            *of = (value, at);
        }
    }
    let mut found: Vec<(f64, usize)> = best.into_values().collect();
    found.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    found.into_iter().map(|(_, at)| at).collect()
}
