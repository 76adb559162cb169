//! How a stream's arrivals and its users' estimates depart from the simplest: rates that change at random, durations nobody knows.
//! Draws nothing.

use super::model::{LawOf, Param};
use crate::stats::chain::Chain;

/// An arrival rate that follows a Markov chain in continuous time. Eq. (51).
#[derive(Clone, Debug, PartialEq)]
pub struct Modulated {
    /// Its states, two or more, in the order of the file.
    pub states: Vec<State>,
    /// Which state follows which.
    pub chain: Chain,
}

/// One state of a modulated arrival rate.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// Rate relative to those of the other states [-].
    pub rate: Param,
    /// Mean time it lasts [h].
    pub mean_h: Param,
}

/// A user's estimate of a duration. Eq. (52).
#[derive(Clone, Debug, PartialEq)]
pub struct Estimate {
    /// Estimate over true duration on the reference chip [-].
    pub ratio: LawOf,
    /// Smallest ratio [-].
    pub at_least: Param,
}

/// What becomes of a job that runs beyond its user's estimate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OverEstimate {
    /// It runs on.
    Keep,
    /// It is taken off and does not come back.
    Kill,
}
