//! The states of a modulated stream from its start, forwards and backwards, and the integrated rate along them.
//! Draws a state when a point gets that far, and knows no job.

use super::profile::Profile;
use crate::stats::chain::{cumulative, pick};
use crate::stats::draw::{Prefix, Purpose, RunKey};
use crate::stats::quantile::exponential_quantile;
use crate::units::Span;
use crate::world::{Live, Modulated, World};

/// Attributes of a sojourn's numbers: how long it lasts, which state it is in.
const LENGTH: u32 = 0;
const STATE: u32 = 1;

/// Turns operational time into real time along a path of states. Eq. (51).
#[derive(Debug)]
pub struct Modulation<'w> {
    states: States<'w>,
    profile: Profile,
    after: Stretch,
    before: Stretch,
}

/// What a state is in this run, and the numbers of the path.
#[derive(Debug)]
struct States<'w> {
    terms: &'w Modulated,
    /// Rate over the long-run mean, by state [-].
    factor: Vec<f64>,
    mean_us: Vec<f64>,
    length: Prefix,
    state: Prefix,
}

/// A stretch of one state, away from the start on its side: sojourns 0, 1, 2 ... after it, -1, -2 ... before it. Sojourns 0 and -1
/// are the two parts of the one that is under way at the start.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    sojourn: i64,
    /// None beyond the run, where nobody looks: the rate is the mean from there on.
    state: Option<usize>,
    /// Its two ends in real time from the start, the nearer first [us].
    from_us: f64,
    to_us: f64,
    /// Operational time from the start to its two ends [us], both positive.
    from_flat_us: f64,
    to_flat_us: f64,
    /// End of the run on this side, from the start [us].
    limit_us: f64,
}

impl<'w> Modulation<'w> {
    /// The path of the stream at `path` in this run: at the start its state is drawn from the long run.
    pub fn new(world: &World, terms: &'w Modulated, profile: Profile, path: &str, live: &Live, key: RunKey) -> Self {
        let states = States::new(terms, path, live, key);
        let first = states.at_start();
        let (end, start) = (world.end.since(world.start).0 as f64, world.start.0 as f64);
        let after = Stretch::first(0, first, end).drawn(&states, &profile);
        let before = Stretch::first(-1, first, start).drawn(&states, &profile);
        Modulation { states, profile, after, before }
    }

    /// Real time at which the integrated rate over its mean reaches `flat_us`, both from the start; negative before it.
    ///
    /// On each side points must be asked for in order, away from the start.
    pub fn real(&mut self, flat_us: f64) -> f64 {
        let stretch = if flat_us < 0.0 { &mut self.before } else { &mut self.after };
        assert!(stretch.from_flat_us <= flat_us.abs(), "point {flat_us} lies before {stretch:?}");
        while stretch.to_flat_us <= flat_us.abs() {
            *stretch = stretch.further(&self.states).drawn(&self.states, &self.profile);
        }
        stretch.real(flat_us.abs(), &self.states, &self.profile)
    }
}

impl<'w> States<'w> {
    fn new(terms: &'w Modulated, path: &str, live: &Live, key: RunKey) -> Self {
        let mean_h: Vec<f64> = terms.states.iter().map(|state| live.value(&state.mean_h)).collect();
        let rate: Vec<f64> = terms.states.iter().map(|state| live.value(&state.rate)).collect();
        let time: Vec<f64> = terms.chain.visits().iter().zip(&mean_h).map(|(visits, mean)| visits * mean).collect();
        let mean_rate = time.iter().zip(&rate).map(|(time, rate)| time * rate).sum::<f64>() / time.iter().sum::<f64>();
        assert!(0.0 < mean_rate, "the states of {path} have mean rate {mean_rate}");
        States {
            terms,
            factor: rate.iter().map(|rate| rate / mean_rate).collect(),
            mean_us: mean_h.iter().map(|mean| mean * Span::HOUR.0 as f64).collect(),
            length: key.prefix(Purpose::Modulation, path, LENGTH),
            state: key.prefix(Purpose::Modulation, path, STATE),
        }
    }

    /// By shares of time: visits x mean time.
    fn at_start(&self) -> usize {
        let time: Vec<f64> = self.terms.chain.visits().iter().zip(&self.mean_us).map(|(v, mean)| v * mean).collect();
        pick(&cumulative(&time), self.state.unit(0))
    }

    /// The state that borders `state` on the side of `sojourn`.
    fn beside(&self, state: usize, sojourn: i64) -> usize {
        let u = self.state.unit(sojourn);
        if sojourn < 0 { self.terms.chain.previous(state, u) } else { self.terms.chain.next(state, u) }
    }
}

impl Stretch {
    /// The part of the sojourn under way at the start that lies on the side of `sojourn`, not yet drawn: it has no memory.
    fn first(sojourn: i64, state: usize, limit_us: f64) -> Stretch {
        let (nil, state) = (0.0, Some(state));
        Stretch { sojourn, state, from_us: nil, to_us: nil, from_flat_us: nil, to_flat_us: nil, limit_us }
    }

    /// The next one away from the start, not yet drawn.
    fn further(&self, states: &States<'_>) -> Stretch {
        let state = self.state.unwrap_or_else(|| panic!("nothing lies beyond {self:?}"));
        let sojourn = if self.sojourn < 0 { self.sojourn - 1 } else { self.sojourn + 1 };
        let state = Some(states.beside(state, sojourn));
        Stretch { sojourn, state, from_us: self.to_us, from_flat_us: self.to_flat_us, ..*self }
    }

    /// With its length; one that begins beyond the run never ends.
    fn drawn(mut self, states: &States<'_>, profile: &Profile) -> Stretch {
        let Some(state) = self.state.filter(|_| self.from_us.abs() < self.limit_us) else {
            (self.state, self.to_us, self.to_flat_us) = (None, f64::INFINITY, f64::INFINITY);
            return self;
        };
        let length = exponential_quantile(states.length.unit(self.sojourn)) * states.mean_us[state];
        self.to_us = if self.sojourn < 0 { self.from_us - length } else { self.from_us + length };
        let flat_us = (profile.flat(self.to_us) - profile.flat(self.from_us)).abs();
        self.to_flat_us = self.from_flat_us + states.factor[state] * flat_us;
        self
    }

    /// Where in it the operational time reaches `flat_us`.
    fn real(&self, flat_us: f64, states: &States<'_>, profile: &Profile) -> f64 {
        let into = flat_us - self.from_flat_us;
        let side = if self.sojourn < 0 { -1.0 } else { 1.0 };
        let Some(state) = self.state else { return profile.invert(profile.flat(self.from_us) + side * into) };
        let at = profile.invert(profile.flat(self.from_us) + side * into / states.factor[state]);
        // The divisions may round past an end.
        at.clamp(self.from_us.min(self.to_us), self.from_us.max(self.to_us))
    }
}
