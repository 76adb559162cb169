//! How sure means and quantiles of one long series are, whose neighbours depend on each other: batch means in bounded memory.
//!
//! It keeps no value: batches are histograms that double in length. What the values are is their owner's.

use super::accumulate::Accumulator;
use super::histogram::Histogram;
use super::math;
use super::quantile::student_quantile;

/// Batches at most; then every two become one.
const MOST: usize = 40;
/// Values of a batch at first.
const FIRST: u64 = 16;
/// Fewer batches make no interval.
const LEAST: usize = 10;

/// A series as it comes, in whole units.
#[derive(Clone, Debug)]
pub struct Batches {
    size: u64,
    full: Vec<Batch>,
    open: Batch,
}

#[derive(Clone, Debug)]
struct Batch {
    values: u64,
    sum: u128,
    histogram: Histogram,
}

/// A figure and its interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The figure, over all values.
    pub value: f64,
    /// Ends of its 95 % interval, within what the figure can be; None where there are too few batches for one.
    pub ends: Option<(f64, f64)>,
}

impl Estimate {
    /// In another unit, so many of which make one of the old.
    pub fn scaled(self, by: f64) -> Estimate {
        Estimate { value: self.value * by, ends: self.ends.map(|(low, high)| (low * by, high * by)) }
    }

    /// Of a figure that is not negative: symmetric about its logarithm, whose error is that of the figure over it. Eq. (139).
    fn positive(value: f64, half: Option<f64>) -> Estimate {
        let ends = |half: f64| match 0.0 < value {
            true => (value * math::exp(-half / value), value * math::exp(half / value)),
            // What is 0 on the whole has no logarithm, and nothing below it.
            false => (0.0, half),
        };
        Estimate { value, ends: half.map(ends) }
    }

    /// Of a share: symmetric about the logarithm of its odds. Eq. (139).
    fn share(value: f64, half: Option<f64>) -> Estimate {
        let ends = |half: f64| {
            let (log_odds, error) = (math::ln(value / (1.0 - value)), half / (value * (1.0 - value)));
            let back = |x: f64| 1.0 / (1.0 + math::exp(-x));
            (back(log_odds - error), back(log_odds + error))
        };
        // All or none in every batch: nothing differs.
        let within = 0.0 < value && value < 1.0;
        Estimate { value, ends: half.map(|half| if within { ends(half) } else { (value, value) }) }
    }
}

impl Default for Batches {
    fn default() -> Batches {
        Batches { size: FIRST, full: Vec::with_capacity(MOST), open: Batch::new() }
    }
}

impl Batch {
    fn new() -> Batch {
        Batch { values: 0, sum: 0, histogram: Histogram::new() }
    }

    fn add(&mut self, other: &Batch) {
        self.values += other.values;
        self.sum += other.sum;
        self.histogram.merge(&other.histogram);
    }
}

impl Batches {
    /// The next value.
    #[inline]
    pub fn record(&mut self, value: u64) {
        self.open.values += 1;
        self.open.sum += u128::from(value);
        self.open.histogram.record(value);
        if self.open.values == self.size {
            self.close();
        }
    }

    fn close(&mut self) {
        self.full.push(std::mem::replace(&mut self.open, Batch::new()));
        if self.full.len() == MOST {
            for at in 0..MOST / 2 {
                let mut pair = self.full[2 * at].clone();
                pair.add(&self.full[2 * at + 1]);
                self.full[at] = pair;
            }
            self.full.truncate(MOST / 2);
            self.size *= 2;
        }
    }

    /// How many values.
    pub fn count(&self) -> u64 {
        self.full.iter().chain([&self.open]).map(|batch| batch.values).sum()
    }

    /// All values.
    pub fn histogram(&self) -> Histogram {
        let mut all = self.open.histogram.clone();
        self.full.iter().for_each(|batch| all.merge(&batch.histogram));
        all
    }

    /// Mean of all values and its interval by batch means; None of nothing. Eq. (139).
    pub fn mean(&self) -> Option<Estimate> {
        let (value, half) = self.mean_and_half()?;
        Some(Estimate::positive(value, half))
    }

    /// Mean of values from 0 to `whole` over it, and its interval by batch means; None of nothing. Eq. (139).
    pub fn share(&self, whole: u64) -> Option<Estimate> {
        let (value, half) = self.mean_and_half()?;
        let of = |x: f64| x / whole as f64;
        assert!(value <= whole as f64, "a mean of {value} of at most {whole}");
        Some(Estimate::share(of(value), half.map(of)))
    }

    fn mean_and_half(&self) -> Option<(f64, Option<f64>)> {
        let sum: u128 = self.full.iter().chain([&self.open]).map(|batch| batch.sum).sum();
        let value = (0 < self.count()).then(|| sum as f64 / self.count() as f64)?;
        Some((value, half_width(self.means())))
    }

    fn means(&self) -> impl Iterator<Item = f64> {
        self.full.iter().map(|batch| batch.sum as f64 / batch.values as f64)
    }

    /// How far the means of neighbouring batches are more alike than chance makes them, in standard deviations of the rank version of von Neumann's ratio
    /// (Bartels 1982) below its mean; None of too few batches, or of batches that are all the same. A run that is not stationary, or whose batches are
    /// shorter than its memory, has much of it, and intervals by batch means are then too narrow. Eq. (125).
    pub fn drift(&self) -> Option<f64> {
        let means: Vec<f64> = self.means().collect();
        let n = means.len();
        if n < LEAST {
            return None;
        }
        // Those that are equal share their ranks.
        let rank = |x: &f64| {
            let (below, same) = (means.iter().filter(|y| *y < x).count(), means.iter().filter(|y| *y == x).count());
            below as f64 + (same as f64 + 1.0) / 2.0
        };
        let ranks: Vec<f64> = means.iter().map(rank).collect();
        let k = n as f64;
        let squares: f64 = ranks.iter().map(|rank| math::square(rank - (k + 1.0) / 2.0)).sum();
        let steps: f64 = ranks.windows(2).map(|pair| math::square(pair[1] - pair[0])).sum();
        let variance = 4.0 * (k - 2.0) * (5.0 * k * k - 2.0 * k - 9.0) / (5.0 * k * (k + 1.0) * math::square(k - 1.0));
        (0.0 < squares).then(|| (2.0 - steps / squares) / variance.sqrt())
    }

    /// Standard error of the mean by batch means; None of too few batches.
    pub fn standard_error(&self) -> Option<f64> {
        let means: Accumulator = self.means().collect();
        means.standard_error().filter(|_| LEAST <= self.full.len())
    }

    /// The quantile at `p` of all values, and its interval from the quantiles of batches long enough to have one: 1/(1 - p) values and more.
    /// None of nothing. Eq. (139).
    pub fn quantile(&self, p: f64) -> Option<Estimate> {
        let value = self.histogram().quantile(p)?;
        let needed = (1.0 / (1.0 - p).max(1e-9)).ceil() as u64;
        let together = needed.div_ceil(self.size).max(1) as usize;
        let groups = self.full.chunks_exact(together).filter_map(|group| {
            let mut histogram = Histogram::new();
            group.iter().for_each(|batch| histogram.merge(&batch.histogram));
            histogram.quantile(p)
        });
        Some(Estimate::positive(value, half_width(groups)))
    }
}

/// t x standard error of values taken as independent; None below [`LEAST`].
fn half_width(values: impl Iterator<Item = f64>) -> Option<f64> {
    let all: Accumulator = values.collect();
    let error = all.standard_error().filter(|_| LEAST as u64 <= all.count())?;
    Some(student_quantile((all.count() - 1) as f64, 0.975) * error)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 16 batches of 16 values that are each constant, 0..16 x 1,000: the mean 7,500 and t x s/sqrt(16) of 0, 1,000, ... by hand:
    /// s = 4,760.95, t_15 = 2.13145, 2,536.9; as a share of the mean .338253, 7,500 e^-+.338253 = 5,347.6 and 10,518.8. As shares of 15,000 the odds are 1 and the
    /// error of their logarithm 4 x 2,536.9/15,000 = .676507: .33704 and .66296.
    #[test]
    fn intervals_by_hand() {
        let mut batches = Batches::default();
        (0..256u64).for_each(|n| batches.record(n / 16 * 1_000));
        let mean = batches.mean().unwrap();
        let near = |ends: Option<(f64, f64)>, low: f64, high: f64, most: f64| {
            let ends = ends.unwrap();
            assert!((ends.0 - low).abs() < most && (ends.1 - high).abs() < most, "{ends:?}");
        };
        assert!((mean.value - 7_500.0).abs() < 1e-9, "{mean:?}");
        near(mean.ends, 5_347.6, 10_518.8, 0.3);
        let share = batches.share(15_000).unwrap();
        assert!((share.value - 0.5).abs() < 1e-12);
        near(share.ends, 0.33704, 0.66296, 1e-5);
        let (value, half) = (batches.quantile(0.5).unwrap().value, 2_536.9);
        let around = |sign: f64| value * (sign * half / value).exp();
        near(batches.quantile(0.5).unwrap().ends, around(-1.0), around(1.0), 10.0);
        assert_eq!(batches.quantile(0.99).unwrap().ends, None, "two batches of 112 values are too few");
    }

    /// A queue that grows for a tenth of the run and is gone: 36 batches of a second and four of a thousand. Symmetric about the mean of 100.9 the interval
    /// would reach to about 5 below it; a time has no end below 0, a share none beyond 0 and 1, and the drift is told.
    #[test]
    fn no_interval_reaches_what_cannot_be() {
        let mut batches = Batches::default();
        (0..39 * 16u64).for_each(|n| batches.record(if n / 16 == 20 { 100_000 } else { 1 }));
        let mean = batches.mean().unwrap();
        let (low, high) = mean.ends.unwrap();
        assert!(0.0 < low && low < mean.value && mean.value < high, "{mean:?}");
        let half = batches.mean_and_half().unwrap().1.unwrap();
        assert!(mean.value - half < 0.0, "the symmetric one goes below 0: {} -+ {half}", mean.value);
        let share = batches.share(100_000).unwrap();
        let (low, high) = share.ends.unwrap();
        assert!(0.0 < low && low < share.value && share.value < high && high < 1.0, "{share:?}");
        let of = |value: u64| {
            let mut batches = Batches::default();
            (0..320).for_each(|_| batches.record(value));
            (batches.mean().unwrap().ends, batches.share(1_000).unwrap().ends, batches.drift())
        };
        assert_eq!(of(1_000), (Some((1_000.0, 1_000.0)), Some((1.0, 1.0)), None));
        assert_eq!(of(0), (Some((0.0, 0.0)), Some((0.0, 0.0)), None));
    }

    /// Independent exponential times: the interval holds the mean in 95 % of 600 runs, within four standard errors, and one run in a thousand is taken to drift. Times that
    /// rise through the run always are: ranks 1 to k differ by 1, and their ratio is (k - 1) 12/(k (k^2 - 1)) = 12/(k (k + 1)).
    #[test]
    fn intervals_hold_and_drift_is_told() {
        use crate::stats::draw::{Purpose, RunKey};
        let runs = 600u32;
        let (mut held, mut drifts) = (0, 0);
        for run in 0..runs {
            let key = RunKey { study_seed: 7, draw: 0, replication: run };
            let draws = key.prefix(Purpose::Resample, "batches", 0);
            let mut batches = Batches::default();
            (0..640).for_each(|n| batches.record((-1e6 * (1.0 - draws.unit(n)).ln()) as u64));
            let (low, high) = batches.mean().unwrap().ends.unwrap();
            held += u32::from(low <= 1e6 && 1e6 <= high);
            drifts += u32::from(3.09 < batches.drift().unwrap());
        }
        let share = f64::from(held) / f64::from(runs);
        assert!((share - 0.95).abs() < 4.0 * (0.95 * 0.05 / f64::from(runs)).sqrt(), "{share}");
        assert!(drifts <= 5, "{drifts} of {runs}");
        let mut rising = Batches::default();
        (0..16 * 20).for_each(|n| rising.record(n));
        let (k, z) = (20.0f64, rising.drift().unwrap());
        let variance = 4.0 * (k - 2.0) * (5.0 * k * k - 2.0 * k - 9.0) / (5.0 * k * (k + 1.0) * (k - 1.0).powi(2));
        assert!((z - (2.0 - 12.0 / (k * (k + 1.0))) / variance.sqrt()).abs() < 1e-9 && 4.0 < z, "{z}");
    }

    /// However long the series there are at most forty batches, and no value is lost.
    #[test]
    fn batches_double() {
        let mut batches = Batches::default();
        (0..100_000u64).for_each(|n| batches.record(n));
        assert!((MOST / 2..MOST).contains(&batches.full.len()), "{}", batches.full.len());
        assert_eq!(batches.count(), 100_000);
        assert!((batches.mean().unwrap().value - 49_999.5).abs() < 1e-6);
        assert!((batches.quantile(0.9).unwrap().value / 90_000.0 - 1.0).abs() < 2e-3);
    }
}
