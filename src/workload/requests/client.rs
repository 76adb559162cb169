//! When one client sends: a renewal process, or states of different rates that follow one another. Knows no lengths.

use crate::stats::draw::Sequence;
use crate::stats::law::{Law, LawKind};
use crate::stats::math::pow;
use crate::stats::quantile::exponential_quantile;

/// Gaps between the requests of one client.
#[derive(Clone, Debug, PartialEq)]
pub enum Gaps {
    /// Independent gaps of one law [s]. Poisson arrivals are exponential gaps.
    Renewal(Law),
    /// States in a ring, each of exponential length (Markov-modulated).
    States(Vec<State>),
}

/// A state of [`Gaps::States`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct State {
    /// Requests per second while it lasts; 0 for silence.
    pub per_s: f64,
    /// Mean length [s].
    pub mean_s: f64,
    /// Whether requests come at equal distances, the first half a distance after its begin; else as a Poisson process.
    pub even: bool,
}

impl Gaps {
    /// Gaps at this rate with this coefficient of variation: exponential at 1, else of `kind` (gamma or Weibull); evenly spaced at 0.
    /// The error says what is wrong.
    pub fn by_rate(per_s: f64, cv: f64, kind: LawKind) -> Result<Gaps, String> {
        if !(0.0 < per_s && per_s.is_finite()) {
            return Err(format!("a rate of {per_s} requests per second; give a positive number"));
        }
        if !(0.0 <= cv && cv.is_finite()) {
            return Err(format!("a coefficient of variation of {cv}; give 0 or more"));
        }
        let law = match cv {
            0.0 => Law::by_mean(LawKind::Constant, 1.0 / per_s, None),
            1.0 => Law::by_mean(LawKind::Exponential, 1.0 / per_s, None),
            _ => Law::by_mean(kind, 1.0 / per_s, Some(cv * cv)),
        };
        law.map(Gaps::Renewal)
    }
}

/// Many clients, the k-th of them with a share proportional to k^-`exponent` of the whole rate (Zipf), all with equal burstiness.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Clients {
    /// How many.
    pub clients: u32,
    /// Exponent; 0 makes them equal.
    pub exponent: f64,
    /// Rate of all together [1/s].
    pub per_s: f64,
    /// Coefficient of variation of each client's gaps.
    pub cv: f64,
    /// Law of the gaps.
    pub kind: LawKind,
}

impl Clients {
    /// Rate of each client [1/s], the largest first.
    pub fn rates(&self) -> Vec<f64> {
        let weights: Vec<f64> = (1..=self.clients).map(|k| pow(f64::from(k), -self.exponent)).collect();
        let all: f64 = weights.iter().sum();
        weights.into_iter().map(|weight| self.per_s * weight / all).collect()
    }
}

/// A client on its way through time.
#[derive(Clone, Debug)]
pub(super) struct Client {
    gaps: Gaps,
    chance: Sequence,
    at_s: f64,
    state: usize,
    /// When the state ends [s].
    until_s: f64,
}

impl Client {
    pub fn new(gaps: Gaps, chance: Sequence) -> Client {
        let mut client = Client { gaps, chance, at_s: 0.0, state: 0, until_s: 0.0 };
        if let Gaps::States(states) = &client.gaps {
            // The ring is entered at its last state's end, so that the first state begins at 0.
            client.state = states.len() - 1;
        }
        client
    }

    /// When it sends next [s]; infinite when never again.
    pub fn next_s(&mut self) -> f64 {
        match &self.gaps {
            Gaps::Renewal(law) => {
                self.at_s += if law.needs_branch() {
                    let branch = self.chance.unit();
                    law.quantile2(branch, self.chance.unit())
                } else {
                    law.quantile(self.chance.unit())
                };
                self.at_s
            }
            Gaps::States(states) if states.iter().all(|state| state.per_s <= 0.0) => f64::INFINITY,
            Gaps::States(states) => {
                let mut fresh = false;
                loop {
                    let state = &states[self.state];
                    if 0.0 < state.per_s {
                        let gap = match (state.even, fresh) {
                            (true, true) => 0.5 / state.per_s,
                            (true, false) => 1.0 / state.per_s,
                            (false, _) => exponential_quantile(self.chance.unit()) / state.per_s,
                        };
                        if self.at_s + gap < self.until_s {
                            self.at_s += gap;
                            return self.at_s;
                        }
                    }
                    self.at_s = self.until_s;
                    self.state = (self.state + 1) % states.len();
                    self.until_s += states[self.state].mean_s * exponential_quantile(self.chance.unit());
                    fresh = true;
                }
            }
        }
    }
}
