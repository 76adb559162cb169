//! A window at a load: what the points of the table are measured in. Eq. (170).

use crate::kernel::request::{self, PATIENCE_S, Pace, Promised, Reference, Window};
use crate::perf::{Card, StepTimes};
use crate::stats::draw::RunKey;

/// Requests of one kind, and what one replica makes of them.
#[derive(Clone, Debug)]
pub struct Mix {
    /// Lengths.
    pub lengths: request::Mix,
    /// Means \[tokens\].
    pub mean_tokens: (f64, f64),
    /// Requests that a saturated replica serves \[1/s\]: load 1.
    pub replica_per_s: f64,
    /// The card of the replica before requests of these lengths.
    pub card: Card,
    /// Seconds that a mean answer takes on it \[s\].
    pub request_s: f64,
}

impl Mix {
    /// Share of the answers in all tokens.
    pub fn output_share(&self) -> f64 {
        self.mean_tokens.1 / (self.mean_tokens.0 + self.mean_tokens.1)
    }
}

/// Measures a window of `length_s` at a load on so many replicas. The load stays: what moves in a tick is its path's, see Eq. (168).
pub fn window<S: StepTimes + Clone>(
    reference: &Reference<S>,
    mix: &Mix,
    (load, replicas, dispersion): (f64, u32, f64),
    length_s: f64,
    key: RunKey,
) -> Window {
    let from_s = request::before_s(mix.request_s);
    let to_s = from_s + length_s;
    let per_s = load * f64::from(replicas) * mix.replica_per_s;
    let pace = Pace { per_s, dispersion, sway: None, points: vec![(0.0, 1.0), (to_s, 1.0)], from_s, to_s };
    assert_eq!(reference.patience_s, Some(PATIENCE_S), "the table is of this patience");
    request::window(reference, &mix.lengths, replicas, &pace, Promised::default(), key)
}
