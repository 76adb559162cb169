//! The hazard clock: a threshold drawn once, a hazard that changes, and the exact moment at which the one reaches the
//! other.
//!
//! It neither draws its number nor knows what rings; whoever owns the hazard cuts time where the hazard changes.
//! Coupling C4.
use super::quantile::exponential_quantile;

/// A clock that rings when the integral of its hazard reaches E = -ln(1 - u).
///
/// The threshold is the clock's own, so a raised hazard can only bring the ring forward, and a stretch at hazard 0 (a
/// pause) changes nothing but the date. Having been silent so far tells nothing about the threshold that is left: a
/// clock started at a known age is a fresh one. A life whose hazard is not constant takes its rest from
/// `Law::residual`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HazardClock {
    threshold: f64,
    accumulated: f64,
}

impl HazardClock {
    /// A clock at 0 with the threshold of the uniform number `u` in [0, 1).
    pub fn new(u: f64) -> HazardClock {
        assert!(0.0 <= u && u < 1.0, "hazard clock at u = {u}");
        HazardClock { threshold: exponential_quantile(u), accumulated: 0.0 }
    }

    /// Lets `dt` pass at a constant `hazard` [per unit of dt] and tells when, from the start of the stretch, the clock
    /// rang; None if it did not.
    ///
    /// Exact for a piecewise-constant hazard. A clock rings once: asking on after the ring is our bug.
    pub fn advance(&mut self, hazard: f64, dt: f64) -> Option<f64> {
        assert!(0.0 <= hazard && hazard.is_finite(), "hazard {hazard}");
        assert!(0.0 <= dt && dt.is_finite(), "time step {dt}");
        assert!(!self.has_rung(), "a clock of threshold {} has rung already", self.threshold);
        let reached = self.accumulated + hazard * dt;
        if reached < self.threshold {
            self.accumulated = reached;
            return None;
        }
        // The division may round past the end of the stretch.
        let offset = ((self.threshold - self.accumulated) / hazard).min(dt);
        self.accumulated = self.threshold;
        Some(offset)
    }

    /// Time to the ring if `hazard` stayed as it is; None at hazard 0. For an event that is posted and re-posted when
    /// the hazard changes.
    pub fn time_left(&self, hazard: f64) -> Option<f64> {
        assert!(0.0 <= hazard && hazard.is_finite(), "hazard {hazard}");
        (0.0 < hazard).then(|| self.remaining() / hazard)
    }

    /// Integrated hazard still to come before the ring [-].
    pub fn remaining(&self) -> f64 {
        self.threshold - self.accumulated
    }

    /// Integrated hazard so far [-]: identity B4.10 compares its mean with that of the rings.
    pub fn accumulated(&self) -> f64 {
        self.accumulated
    }

    /// Whether the threshold has been reached.
    pub fn has_rung(&self) -> bool {
        self.threshold <= self.accumulated
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::draw::{Purpose, RunKey};
    use crate::stats::interval::paired_difference;
    use crate::stats::math::{exp, expm1};

    /// Time of the ring under stretches of (hazard, length); None within them.
    fn ring(u: f64, stretches: &[(f64, f64)]) -> Option<f64> {
        let mut clock = HazardClock::new(u);
        let mut now = 0.0;
        for &(hazard, dt) in stretches {
            if let Some(offset) = clock.advance(hazard, dt) {
                return Some(now + offset);
            }
            now += dt;
        }
        None
    }

    /// golden/coupled.json, 3 hand_crossing: threshold .25, hazard .03 on [0,2), .12 on [2,5), .03 after: 2 + (.25 -
    /// .06)/.12 = 3.583333.
    #[test]
    fn rings_where_the_integral_crosses() {
        let u = -expm1(-0.25);
        let at = ring(u, &[(0.03, 2.0), (0.12, 3.0), (0.03, 100.0)]).unwrap();
        assert!((at - 3.583_333_333_333).abs() < 1e-11, "{at}");
        let ticks = vec![(0.03, 0.25); 8].into_iter().chain(vec![(0.12, 0.25); 12]).collect::<Vec<_>>();
        assert!((ring(u, &ticks).unwrap() - at).abs() < 1e-12, "a finer tick moves nothing");
    }

    /// golden/coupled.json, 3 crn_exit_indicator: exit by 8 years at .03 and .04 a year with the same thresholds. p1
    /// .213372138933, p2 .273850962926; variance of the difference .0568211358413, of independent ones .366701082291,
    /// factor 6.45360352027.
    #[test]
    fn the_same_threshold_pairs_two_hazards() {
        let n = 200_000;
        let by_8y = |hazard| {
            let left = move |i: u32| ring((f64::from(i) + 0.5) / f64::from(n), &[(hazard, 8.0)]).is_some();
            (0..n).map(|i| if left(i) { 1.0 } else { 0.0 }).collect::<Vec<f64>>()
        };
        let pair = paired_difference(&by_8y(0.04), &by_8y(0.03), 0.95).unwrap();
        assert!((pair.mean - (0.273850962926 - 0.213372138933)).abs() < 1e-5, "{pair:?}");
        assert!((pair.variance - 0.0568211358413).abs() < 1e-5, "{pair:?}");
        assert!((pair.variance_reduction.unwrap() - 6.45360352027).abs() < 2e-3, "{pair:?}");
    }

    /// Coupling C test (e): a hazard that is never lower never delays a ring, in any stretch, for any threshold.
    #[test]
    fn a_raised_hazard_never_delays() {
        let key = RunKey { study_seed: 1, draw: 0, replication: 0 };
        let (uniforms, levels) = (key.prefix(Purpose::Shock, "exit", 0), key.prefix(Purpose::Varies, "exit", 0));
        for i in 0..5_000 {
            let low: Vec<(f64, f64)> = (0..20).map(|k| (levels.unit(i * 40 + k), 0.1)).collect();
            let high: Vec<(f64, f64)> =
                low.iter().zip(20..).map(|(&(h, dt), k)| (h + (levels.unit(i * 40 + k) - 0.5).max(0.0), dt)).collect();
            let (first, second) = (ring(uniforms.unit(i), &high), ring(uniforms.unit(i), &low));
            if let Some(late) = second {
                assert!(first.is_some_and(|early| early <= late), "{first:?} after {late}");
            }
        }
    }

    /// A campaign paused for 3 at hazard 0 rings 3 later in the calendar, at the same exposure.
    #[test]
    fn a_pause_does_not_change_the_exposure() {
        for i in 1..100 {
            let u = f64::from(i) / 100.0;
            let straight = ring(u, &[(0.5, 1.0), (0.5, 50.0)]).unwrap();
            let paused = ring(u, &[(0.5, 1.0), (0.0, 3.0), (0.5, 50.0)]).unwrap();
            assert_eq!(paused - straight > 1.0, straight > 1.0);
            assert!((paused - straight - if straight <= 1.0 { 0.0 } else { 3.0 }).abs() < 1e-12);
        }
    }

    /// Kolmogorov-Smirnov against Exp(.2) by ticks of one month: D sqrt(n) below 1.95 (level .001).
    #[test]
    fn rings_are_exponential() {
        let prefix = RunKey { study_seed: 5, draw: 0, replication: 0 }.prefix(Purpose::Shock, "lab.exit", 0);
        let n = 4000;
        let ticks = vec![(0.2, 1.0 / 12.0); 12 * 200];
        let mut times: Vec<f64> = (0..n).map(|i| ring(prefix.unit(i), &ticks).unwrap()).collect();
        times.sort_by(f64::total_cmp);
        let distance = times
            .iter()
            .enumerate()
            .map(|(i, t)| (1.0 - exp(-0.2 * t) - (i as f64 + 0.5) / n as f64).abs())
            .fold(0.0, f64::max);
        assert!(distance * (n as f64).sqrt() < 1.95, "{distance}");
    }

    #[test]
    fn time_left_is_where_advance_rings() {
        let mut clock = HazardClock::new(0.7);
        assert_eq!(clock.time_left(0.0), None);
        assert_eq!(clock.advance(0.0, 1e9), None);
        let left = clock.time_left(0.4).unwrap();
        assert_eq!(clock.advance(0.4, 0.25 * left), None);
        let offset = clock.advance(0.4, left).unwrap();
        assert!((offset - 0.75 * left).abs() < 1e-12 && clock.has_rung() && clock.remaining() == 0.0);
        assert_eq!(HazardClock::new(0.0).remaining(), 0.0);
    }
}
