//! One tick in both tiers. Eq. (165).

use super::figure::{FIGURES, Figure};
use super::sample::Candidate;
use crate::kernel::request::Window;
use crate::kernel::tier::{Bench, Sample};
use crate::stats::draw::RunKey;
use crate::stats::interval::t_interval;
use crate::world::World;

/// Plays of a tick.
const REPLICATIONS: u32 = 4;
const CONFIDENCE: f64 = 0.95;

/// Whether the fluid tier is within its tolerance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is.
    Ok,
    /// It is not, and the request tier's own interval may be why.
    Unsure,
    /// It is not, by more than the request tier's own interval.
    Miss,
}

impl Verdict {
    /// In a word.
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Ok => "ok",
            Verdict::Unsure => "unsure",
            Verdict::Miss => "MISS",
        }
    }
}

/// A figure in both tiers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Found {
    /// Which.
    pub figure: Figure,
    /// Fluid.
    pub fluid: f64,
    /// Request: mean over plays.
    pub request: f64,
    /// Half-width of its 95 % t interval.
    pub half_width: f64,
}

impl Found {
    /// Model error: fluid less request, in the figure's unit.
    pub fn error(&self) -> f64 {
        self.fluid - self.request
    }

    /// The same on the scale of the tolerance.
    pub fn scaled(&self) -> f64 {
        self.figure.scaled(self.error(), self.request)
    }

    /// Judged against the tolerance.
    pub fn verdict(&self) -> Verdict {
        let (off, tolerance) = (self.scaled().abs(), self.figure.tolerance());
        if off <= tolerance {
            Verdict::Ok
        } else if off - self.figure.scaled(self.half_width, self.request) <= tolerance {
            Verdict::Unsure
        } else {
            Verdict::Miss
        }
    }
}

/// A tick in both tiers.
#[derive(Clone, Debug, PartialEq)]
pub struct Compared {
    /// How it was played.
    pub sample: Sample,
    /// Requests looked at, of all plays.
    pub requests: u64,
    /// Figures that both tiers have.
    pub found: Vec<Found>,
}

/// Plays a tick and sets what the fluid tier said beside it. `saturated_per_s` is what a replica of the request tier serves at most.
pub fn compare(world: &World, candidate: &Candidate, bench: &Bench, saturated_per_s: f64, seed: u64) -> Compared {
    let sample = bench.sample(&candidate.tick);
    let plays: Vec<Window> = (0..REPLICATIONS)
        .map(|replication| {
            let key = RunKey { study_seed: seed, draw: 0, replication };
            bench.play(&candidate.tick, "window", key)
        })
        .collect();
    // The numbers that come are known: what is served of them is what is measured.
    let load = candidate.tick.load * bench.fluid_per_s() / saturated_per_s;
    let request = |figure: Figure, window: &Window| match figure {
        Figure::Busy => window.shed().map(|shed| load * (1.0 - shed)),
        Figure::Tpot => window.mean_tpot_s(),
        Figure::Attained => window.shed().zip(window.kept()).map(|(shed, kept)| (1.0 - shed) * kept),
        Figure::Shed => window.shed(),
        Figure::Ttft => window.ttft_s(0.99),
    };
    let found = FIGURES.into_iter().filter_map(|figure| {
        let fluid = fluid(world, candidate, figure)?;
        let values: Vec<f64> = plays.iter().filter_map(|window| request(figure, window)).collect();
        let interval = t_interval(&values, CONFIDENCE).filter(|_| values.len() == plays.len())?;
        Some(Found { figure, fluid, request: interval.mean, half_width: interval.half_width? })
    });
    Compared { sample, requests: plays.iter().map(|window| window.arrived).sum(), found: found.collect() }
}

/// What the fluid tier said of a tick; None where it says nothing that a request could contradict.
fn fluid(world: &World, candidate: &Candidate, figure: Figure) -> Option<f64> {
    let (did, terms) = (&candidate.row.did, &world.services[candidate.row.service]);
    let card = terms.places.first().is_some_and(|place| place.card.is_some());
    let of_served = |sum: u128| (0 < did.first).then(|| sum as f64 / did.first as f64);
    let of_demanded = |sum: u128| sum as f64 / did.demanded as f64;
    let measured = terms.admission.is_measured() && card;
    match figure {
        Figure::Busy => Some(candidate.tick.load * of_demanded(did.first)),
        Figure::Tpot => of_served(did.tpot).filter(|_| measured && terms.admission.has_tpot()).map(|us| us / 1e6),
        Figure::Attained => (measured && terms.promises).then(|| of_demanded(did.attained)),
        Figure::Shed => Some(of_demanded(did.shed)),
        Figure::Ttft => of_served(did.ttft_p99).filter(|_| measured).map(|us| us / 1e6),
    }
}
