//! How sure means and quantiles of one long series are, whose neighbours depend on each other: batch means in bounded memory.
//!
//! It keeps no value: batches are histograms that double in length. What the values are is their owner's.

use super::accumulate::Accumulator;
use super::histogram::Histogram;
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

/// A figure and the ends of its interval; None where there are too few batches for one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The figure, over all values.
    pub value: f64,
    /// Half-width of its 95 % interval.
    pub half_width: Option<f64>,
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
        let sum: u128 = self.full.iter().chain([&self.open]).map(|batch| batch.sum).sum();
        let value = (0 < self.count()).then(|| sum as f64 / self.count() as f64)?;
        let means = self.full.iter().map(|batch| batch.sum as f64 / batch.values as f64);
        Some(Estimate { value, half_width: half_width(means) })
    }

    /// Standard error of the mean by batch means; None of too few batches.
    pub fn standard_error(&self) -> Option<f64> {
        let means: Accumulator = self.full.iter().map(|batch| batch.sum as f64 / batch.values as f64).collect();
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
        Some(Estimate { value, half_width: half_width(groups) })
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
    /// s = 4,760.95, t_15 = 2.13145, 2,536.9.
    #[test]
    fn intervals_by_hand() {
        let mut batches = Batches::default();
        (0..256u64).for_each(|n| batches.record(n / 16 * 1_000));
        let mean = batches.mean().unwrap();
        assert!((mean.value - 7_500.0).abs() < 1e-9 && (mean.half_width.unwrap() - 2_536.9).abs() < 0.1, "{mean:?}");
        let median = batches.quantile(0.5).unwrap();
        assert!((median.half_width.unwrap() - 2_536.9).abs() < 10.0, "{median:?}");
        assert_eq!(batches.quantile(0.99).unwrap().half_width, None, "two batches of 112 values are too few");
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
