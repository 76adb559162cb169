//! A window at a load that stays, rises or falls: what the points of the table are measured in. Eq. (170).

use crate::kernel::request::{self, AFTER_S, PATIENCE_S, Pace, Promised, Reference, Window};
use crate::perf::StepTimes;
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
    /// Seconds that a mean answer takes on it \[s\].
    pub request_s: f64,
}

impl Mix {
    /// Share of the answers in all tokens.
    pub fn output_share(&self) -> f64 {
        self.mean_tokens.1 / (self.mean_tokens.0 + self.mean_tokens.1)
    }
}

/// How the load moves in a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// It stays.
    Flat,
    /// It rises to its peak.
    Rising,
    /// It falls from its peak, which came before the window's begin.
    Falling,
}

/// Share of the peak from which ramps come and to which they go: what an hour of the steepest real profile changes.
const FOOT: f64 = 0.6;

/// Measures a window of `length_s` at a peak load on so many replicas.
pub fn window<S: StepTimes + Clone>(
    reference: &Reference<S>,
    mix: &Mix,
    (load, replicas, dispersion): (f64, u32, f64),
    (shape, length_s): (Shape, f64),
    key: RunKey,
) -> Window {
    let from_s = request::before_s(mix.request_s);
    let to_s = from_s + length_s;
    let (begin, end) = match shape {
        Shape::Flat => (1.0, 1.0),
        Shape::Rising => (FOOT, 1.0),
        Shape::Falling => (1.0, FOOT),
    };
    let points = vec![(0.0, begin), (from_s, begin), (to_s, end), (to_s + AFTER_S, end)];
    let per_s = load * f64::from(replicas) * mix.replica_per_s;
    let pace = Pace { per_s, dispersion, points, from_s, to_s };
    assert_eq!(reference.patience_s, Some(PATIENCE_S), "the table is of this patience");
    request::window(reference, &mix.lengths, replicas, &pace, Promised::default(), key)
}
