//! A gang that checkpoints and fails: the mean and spread of its wall time, and where the time goes, in closed form.
//!
//! It places no gang and draws no failure; `goodput` mode advances a gang by it, and `sampled` mode must agree within 1
//! %. Design 5.
use super::math::{exp, expm1, square};

/// The work of a gang under exponential failures, all times in one unit.
///
/// Segments of `work` then `checkpoint`, `full_segments` of them, then a last one of `rest` then `checkpoint` (none
/// where rest is 0). A failure throws the segment back to its start; the restart that follows is itself exposed. There
/// is no restart before the first segment, and every attempt starts a fresh clock.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Checkpointed {
    /// Number of full segments.
    pub full_segments: u64,
    /// Work of a full segment, before its checkpoint [time].
    pub work: f64,
    /// Work of the last segment, 0 for none [time].
    pub rest: f64,
    /// Time to write a checkpoint [time].
    pub checkpoint: f64,
    /// Time to restart after a failure [time].
    pub restart: f64,
    /// Mean time between failures of the whole gang, infinity for none [time].
    pub mtbf: f64,
}

/// Where the wall time of a gang goes, on average, and how it spreads: mean = work and checkpoints + lost + restart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WallTime {
    /// Mean wall time [time].
    pub mean: f64,
    /// Standard deviation of the wall time [time].
    pub sd: f64,
    /// Mean time spent on work and checkpoints that a failure threw away [time].
    pub lost: f64,
    /// Mean time spent on restarts, the failed ones included [time].
    pub restart: f64,
    /// Mean number of failures, those during a restart included.
    pub failures: f64,
}

impl Checkpointed {
    /// Mean and standard deviation of the wall time and its parts; infinite where e^(segment/mtbf) is. Eq. (6).
    ///
    /// Per segment of length L, with M the time between failures and R the restart: failures = e^(R/M)(e^(L/M) - 1),
    /// mean = M failures, lost = M(e^(L/M) - 1) - L, restart = M(e^(L/M) - 1)(e^(R/M) - 1). The first attempt takes L,
    /// later ones R + L; a failed one takes a truncated exponential; the number of later failures is geometric. Daly
    /// 2006; the variance by conditioning.
    pub fn wall_time(&self) -> WallTime {
        let times = [self.work, self.rest, self.checkpoint, self.restart];
        assert!(times.iter().all(|t| 0.0 <= *t && t.is_finite()) && 0.0 < self.mtbf, "{self:?}");
        let full = self.segment(self.work + self.checkpoint);
        let n = self.full_segments as f64;
        let times_n = |value: f64| if self.full_segments == 0 { 0.0 } else { n * value };
        let last = (0.0 < self.rest).then(|| self.segment(self.rest + self.checkpoint));
        let sum = |part: fn(&Segment) -> f64| times_n(part(&full)) + last.as_ref().map_or(0.0, part);
        WallTime {
            mean: sum(|s| s.mean),
            sd: sum(|s| s.variance).sqrt(),
            lost: sum(|s| s.lost),
            restart: sum(|s| s.restart),
            failures: sum(|s| s.failures),
        }
    }

    fn segment(&self, length: f64) -> Segment {
        let m = self.mtbf;
        if m == f64::INFINITY || length == 0.0 {
            return Segment { mean: length, variance: 0.0, lost: 0.0, restart: 0.0, failures: 0.0 };
        }
        let (x, r) = (length / m, self.restart / m);
        let failures = exp(r) * expm1(x);
        let lost = m * expm1_less_x(x);
        let restart = m * expm1(x) * expm1(r);
        // After a first failure: that attempt's time, N failed attempts of at most R + L, and a last one of R + L.
        let p_fails = -expm1(-x);
        let (first_mean, first_variance) = truncated_exponential(m, x);
        let (later_mean, later_variance) = truncated_exponential(m, r + x);
        let later_failures = expm1(r + x);
        let after_mean = first_mean + later_failures * later_mean + self.restart;
        let after_variance = first_variance
            + later_failures * later_variance
            + later_failures * (1.0 + later_failures) * square(later_mean);
        let variance = p_fails * after_variance + p_fails * exp(-x) * square(after_mean);
        Segment { mean: length + lost + restart, variance, lost, restart, failures }
    }
}

struct Segment {
    mean: f64,
    variance: f64,
    lost: f64,
    restart: f64,
    failures: f64,
}

/// e^x - 1 - x for x >= 0.
fn expm1_less_x(x: f64) -> f64 {
    if 0.3 < x {
        return expm1(x) - x;
    }
    // x^2/2! + x^3/3! + ...; sixteen terms are past the last bit at 0.3.
    (2..=17).rev().fold(0.0, |sum, k| (sum + 1.0) * x / f64::from(k)) * x
}

/// Mean and variance of an exponential of mean `m`, given that it is below `m x` [time, time^2].
///
/// With the bound b = m x: mean b (1/x - 1/(e^x - 1)), variance b^2 (1/x^2 - e^x/(e^x - 1)^2); both differences cancel
/// at small x and take their series there.
fn truncated_exponential(m: f64, x: f64) -> (f64, f64) {
    let bound = m * x;
    let x2 = x * x;
    let (mean, variance) = if x < 0.1 {
        (
            0.5 - x / 12.0 * (1.0 - x2 / 60.0 * (1.0 - x2 / 42.0 * (1.0 - x2 / 40.0))),
            1.0 / 12.0 - x2 * (1.0 / 240.0 - x2 * (1.0 / 6048.0 - x2 * (1.0 / 172_800.0 - x2 / 5_322_240.0))),
        )
    } else {
        let e = -expm1(-x);
        (1.0 / x - exp(-x) / e, 1.0 / x2 - exp(-x) / square(e))
    };
    (bound * mean, square(bound) * variance)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::accumulate::Accumulator;
    use crate::stats::draw::{Purpose, RunKey, Sequence};
    use crate::stats::quantile::exponential_quantile;

    fn close(got: f64, want: f64, relative: f64, what: &str) {
        assert!((got - want).abs() <= relative * want.abs(), "{what}: got {got:?}, want {want:?}");
    }

    /// Mean wall time of `total_work` in segments of `interval`, whose number need not be whole, as in Daly 2006.
    fn makespan(total_work: f64, interval: f64, checkpoint: f64, restart: f64, mtbf: f64) -> f64 {
        let one = Checkpointed { full_segments: 1, work: interval, rest: 0.0, checkpoint, restart, mtbf };
        total_work / interval * one.wall_time().mean
    }

    /// golden/methods/stats_risk.json, checkpoint: at Young's and at Daly's interval.
    #[test]
    fn makespans_match_the_golden_values() {
        let golden = [
            (5.0, 1440.0, 10.0, 10000.0, 120.0, 116.6898148148148, [10957.983275483135, 10957.635649140728]),
            (
                0.03333333333333333,
                10.0,
                0.1,
                720.0,
                0.816496580927726,
                0.7944255617760461,
                [790.0190937556587, 789.9955139907598],
            ),
            (
                300.0,
                10800.0,
                600.0,
                2592000.0,
                2545.584412271571,
                2349.512783278163,
                [3504418.014391675, 3501957.789329719],
            ),
        ];
        for (c, m, r, total, young, daly, [at_young, at_daly]) in golden {
            close(makespan(total, young, c, r, m), at_young, 1e-12, "makespan at Young's");
            close(makespan(total, daly, c, r, m), at_daly, 1e-12, "makespan at Daly's");
        }
        // checkpoint_mc_check: tau 2400, C 300, R 600, M 10800, 30 days of work: 3502129.3925779555.
        close(makespan(2592000.0, 2400.0, 300.0, 600.0, 10800.0), 3502129.3925779555, 1e-12, "formula");
    }

    /// One segment, attempt by attempt: (wall, lost, restart, failures).
    fn one_segment(length: f64, gang: &Checkpointed, sequence: &mut Sequence) -> [f64; 4] {
        let (mut wall, mut lost, mut restart, mut failures) = (0.0, 0.0, 0.0, 0.0);
        let mut before = 0.0;
        loop {
            let fails_at = gang.mtbf * exponential_quantile(sequence.unit());
            if before + length <= fails_at {
                return [wall + before + length, lost, restart + before, failures];
            }
            wall += fails_at;
            restart += fails_at.min(before);
            lost += (fails_at - before).max(0.0);
            failures += 1.0;
            before = gang.restart;
        }
    }

    /// 20,000 gangs of three segments and a rest, from rare to frequent failures: mean, parts and variance within 4
    /// standard errors.
    #[test]
    fn sampled_gangs_agree() {
        let prefix = RunKey { study_seed: 9, draw: 0, replication: 0 }.prefix(Purpose::Fail, "gang", 0);
        for (item, mtbf) in [(0, 3.0), (1, 20.0), (2, 400.0)] {
            let gang = Checkpointed { full_segments: 3, work: 5.0, rest: 2.0, checkpoint: 0.5, restart: 1.5, mtbf };
            let mut sequence = prefix.sequence(item);
            let mut parts = [Accumulator::default(); 4];
            let mut walls = Vec::new();
            for _ in 0..20_000 {
                let segments = [5.5, 5.5, 5.5, 2.5].map(|length| one_segment(length, &gang, &mut sequence));
                let total: Vec<f64> = (0..4).map(|part| segments.iter().map(|s| s[part]).sum()).collect();
                parts.iter_mut().zip(&total).for_each(|(sum, value)| sum.push(*value));
                walls.push(total[0]);
            }
            let want = gang.wall_time();
            for (part, want) in parts.iter().zip([want.mean, want.lost, want.restart, want.failures]) {
                let standard_error = part.standard_error().unwrap();
                assert!(
                    (part.mean().unwrap() - want).abs() < 4.0 * standard_error,
                    "mtbf {mtbf}: {part:?} against {want}"
                );
            }
            let squares: Accumulator = walls.iter().map(|w| square(w - want.mean)).collect();
            let standard_error = squares.standard_error().unwrap();
            assert!(
                (squares.mean().unwrap() - square(want.sd)).abs() < 4.0 * standard_error,
                "mtbf {mtbf}: {squares:?} {want:?}"
            );
        }
    }

    /// mean = M failures = M e^(R/M)(e^(L/M) - 1) per segment, and = work + checkpoints + lost + restart.
    #[test]
    fn the_parts_add_up() {
        for mtbf in [0.7, 5.0, 300.0, 1e9] {
            let gang = Checkpointed { full_segments: 4, work: 5.0, rest: 2.0, checkpoint: 0.5, restart: 1.5, mtbf };
            let got = gang.wall_time();
            close(got.mean, mtbf * got.failures, 1e-12, "renewal reward");
            close(got.mean, 4.0 * 5.5 + 2.5 + got.lost + got.restart, 1e-12, "parts");
        }
        let none =
            Checkpointed { full_segments: 4, work: 5.0, rest: 0.0, checkpoint: 0.5, restart: 1.5, mtbf: f64::INFINITY };
        let want = WallTime { mean: 22.0, sd: 0.0, lost: 0.0, restart: 0.0, failures: 0.0 };
        assert_eq!(none.wall_time(), want);
        assert_eq!(Checkpointed { full_segments: 0, ..none }.wall_time(), WallTime { mean: 0.0, ..want });
    }

    /// As M grows: failures -> L/M, lost -> L^2/(2M), restart -> L R/M, variance -> (L/M) E[(R + U)^2], U uniform on
    /// (0, L).
    #[test]
    fn rare_failures_keep_their_digits() {
        let (length, restart) = (5.5, 1.5);
        for mtbf in [1e6, 1e9, 1e12, 1e15] {
            let gang = Checkpointed { full_segments: 1, work: 5.0, rest: 0.0, checkpoint: 0.5, restart, mtbf };
            let got = gang.wall_time();
            let near = 20.0 / mtbf + 1e-14;
            close(got.failures, length / mtbf, near, "failures");
            close(got.lost, square(length) / (2.0 * mtbf), near, "lost");
            close(got.restart, length * restart / mtbf, near, "restart");
            let square_mean = square(restart) + restart * length + square(length) / 3.0;
            close(square(got.sd), length / mtbf * square_mean, near, "variance");
        }
    }

    /// The series and the plain formulas meet where one hands over to the other.
    #[test]
    fn series_join_smoothly() {
        let (below, above) = (truncated_exponential(1.0, 0.1 - 1e-12), truncated_exponential(1.0, 0.1));
        close(below.0, above.0, 1e-10, "mean");
        close(below.1, above.1, 1e-10, "variance");
        close(expm1_less_x(0.3), expm1_less_x(0.3 + 1e-13), 1e-11, "e^x - 1 - x");
    }
}
