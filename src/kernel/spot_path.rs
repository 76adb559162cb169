//! The spot price of a pool over its on-demand price: a mean-reverting process at equal steps, clamped. Knows no date and no dollar.

use crate::stats::draw::Prefix;
use crate::stats::math::{exp, square};
use crate::stats::quantile::normal_quantile;

/// Parameters of the process. Eq. (95).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SpotPath {
    /// Mean before the clamp [-].
    pub mean: f64,
    /// Standard deviation in the long run, before the clamp [-].
    pub sd: f64,
    /// Steps after which e^-1 of a deviation is left.
    pub relaxation_steps: f64,
    /// Clamp [-].
    pub bounds: (f64, f64),
}

impl SpotPath {
    /// Ratios of steps `first` to `last` with their numbers, in order; `first` <= 0 <= `last`.
    ///
    /// Exact in distribution at its steps, whatever their length, and in its long run at every one. Step 0 is drawn first and the steps before
    /// it backwards (the process is reversible), so that the length of a spin-up moves nothing after the start.
    pub fn ratios(&self, draws: &Prefix, first: i64, last: i64) -> Vec<(i64, f64)> {
        assert!(first <= 0 && 0 <= last, "steps {first} to {last} leave out the start");
        let kept = exp(-1.0 / self.relaxation_steps);
        let fresh = (1.0 - square(kept)).sqrt();
        let z = |step: i64| normal_quantile(draws.unit(step));
        let start = z(0);
        let mut path = Vec::with_capacity((last - first + 1) as usize);
        let mut y = start;
        for step in (first..0).rev() {
            y = kept * y + fresh * z(step);
            path.push((step, y));
        }
        path.reverse();
        path.push((0, start));
        y = start;
        for step in 1..=last {
            y = kept * y + fresh * z(step);
            path.push((step, y));
        }
        for (_, y) in &mut path {
            *y = (self.mean + self.sd * *y).clamp(self.bounds.0, self.bounds.1);
        }
        path
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::draw::{Purpose, RunKey};

    /// A longer spin-up and a later end move nothing between; step 1 is the arithmetic of Eq. (95).
    #[test]
    fn a_path_is_one_path() {
        let draws = RunKey { study_seed: 7, draw: 1, replication: 0 }.prefix(Purpose::Spot, "pools.p", 0);
        let path = SpotPath { mean: 0.4, sd: 0.1, relaxation_steps: 5.0, bounds: (0.0, 2.0) };
        let (short, long) = (path.ratios(&draws, -3, 4), path.ratios(&draws, -9, 30));
        assert_eq!(short[..], long[6..14]);
        let z = |step| normal_quantile(draws.unit(step));
        let rho = exp(-0.2);
        let expected = 0.4 + 0.1 * (rho * z(0) + (1.0 - rho * rho).sqrt() * z(1));
        assert!((short[4].1 - expected).abs() < 1e-15, "{} {expected}", short[4].1);
    }
}
