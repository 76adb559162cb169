//! A histogram of durations with fixed bins, merged and stored without loss.
//!
//! It keeps counts, not sums: totals that must be exact are integers elsewhere. The bins are the same for every
//! histogram, so adding two is adding counts, in any order.

/// log2 of the bins an octave has.
const SUB_BITS: u32 = 9;
/// Bins an octave: each at most 1/512 = 0.195 % of its lower end wide.
const SUB: usize = 1 << SUB_BITS;
/// Octaves of u64, the exact values below 512 being the first.
const OCTAVES: usize = 64 - SUB_BITS as usize + 1;

/// Counts of whole microseconds (or any other u64), in log-linear bins: exact below 1,024, then at most 0.2 % wide.
///
/// An empty one takes half a kilobyte; an octave takes 4 KiB when it is first touched, and recording is free of
/// allocation from then on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Histogram {
    octaves: [Option<Box<[u64; SUB]>>; OCTAVES],
}

impl Histogram {
    /// Number of bins; a bin's number is below it.
    pub const BINS: u32 = (OCTAVES * SUB) as u32;

    /// A histogram of nothing.
    pub const fn new() -> Histogram {
        Histogram { octaves: [const { None }; OCTAVES] }
    }

    /// Counts one value.
    #[inline]
    pub fn record(&mut self, value: u64) {
        self.add(bin_of(value), 1);
    }

    /// Counts a value `times` times.
    #[inline]
    pub fn record_many(&mut self, value: u64, times: u64) {
        if 0 < times {
            self.add(bin_of(value), times);
        }
    }

    /// Adds another histogram; exact, and in any order the same. Panics beyond 2^64 counts in a bin.
    pub fn merge(&mut self, other: &Histogram) {
        for (mine, theirs) in self.octaves.iter_mut().zip(&other.octaves) {
            if let Some(theirs) = theirs {
                let mine = mine.get_or_insert_with(|| Box::new([0; SUB]));
                for (sum, add) in mine.iter_mut().zip(theirs.iter()) {
                    *sum = sum.checked_add(*add).expect("a bin counts at most 2^64 values");
                }
            }
        }
    }

    /// Number of values recorded.
    pub fn count(&self) -> u64 {
        self.bins().map(|(_, count)| count).sum()
    }

    /// Whether nothing was recorded.
    pub fn is_empty(&self) -> bool {
        self.bins().next().is_none()
    }

    /// The bins that hold something, as (bin, count) in increasing order: what is stored.
    pub fn bins(&self) -> impl Iterator<Item = (u32, u64)> + '_ {
        self.octaves.iter().enumerate().filter_map(|(octave, counts)| counts.as_ref().map(|c| (octave, c))).flat_map(
            |(octave, counts)| {
                counts
                    .iter()
                    .enumerate()
                    .filter(|&(_, &count)| 0 < count)
                    .map(move |(sub, &count)| ((octave * SUB + sub) as u32, count))
            },
        )
    }

    /// The histogram of stored (bin, count) pairs; the error names a bin that does not exist or a count of 0, which is
    /// never stored.
    pub fn from_bins(bins: impl IntoIterator<Item = (u32, u64)>) -> Result<Histogram, String> {
        let mut histogram = Histogram::new();
        for (bin, count) in bins {
            if Histogram::BINS <= bin {
                return Err(format!("histogram bin {bin} does not exist; bins end at {}", Histogram::BINS - 1));
            }
            if count == 0 {
                return Err(format!("histogram bin {bin} is stored with count 0; empty bins are left out"));
            }
            histogram.add(bin as usize, count);
        }
        Ok(histogram)
    }

    /// Lowest and highest value of a bin, both inside it.
    pub fn bin_ends(bin: u32) -> (u64, u64) {
        assert!(bin < Histogram::BINS, "histogram bin {bin} of {}", Histogram::BINS);
        let (octave, sub) = (bin as usize / SUB, (bin as usize % SUB) as u64);
        if octave == 0 {
            return (sub, sub);
        }
        let shift = octave as u32 - 1;
        let low = (sub + SUB as u64) << shift;
        (low, low + ((1 << shift) - 1))
    }

    /// The quantile at `p` in [0, 1], in the unit recorded; None of nothing.
    ///
    /// Rank p (n - 1) as in type 7; inside a bin the values are taken as evenly spread. Exact below 1,024 (a 0 stays
    /// 0); the error is at most 0.2 % above.
    pub fn quantile(&self, p: f64) -> Option<f64> {
        assert!(0.0 <= p && p <= 1.0, "quantile at p = {p}");
        let count = self.count();
        if count == 0 {
            return None;
        }
        let rank = p * (count - 1) as f64;
        let below = rank.floor() as u64;
        let (low, rest) = (self.value_at(below), rank - below as f64);
        Some(if rest == 0.0 { low } else { low + rest * (self.value_at(below + 1) - low) })
    }

    /// The value of rank `rank` from 0, the values of a bin taken as evenly spread over it.
    fn value_at(&self, rank: u64) -> f64 {
        let mut below = 0;
        for (bin, count) in self.bins() {
            if rank < below + count {
                let (low, high) = Histogram::bin_ends(bin);
                return low as f64 + (high - low) as f64 * (((rank - below) as f64 + 0.5) / count as f64);
            }
            below += count;
        }
        panic!("rank {rank} of {below} values");
    }

    #[inline]
    fn add(&mut self, bin: usize, times: u64) {
        let counts = self.octaves[bin / SUB].get_or_insert_with(|| Box::new([0; SUB]));
        counts[bin % SUB] += times;
    }
}

impl Default for Histogram {
    fn default() -> Self {
        Histogram::new()
    }
}

/// Values below 512 are their own bin; above, the nine bits after the leading one choose the bin of the octave.
#[inline]
fn bin_of(value: u64) -> usize {
    let leading = 63 - (value | SUB as u64 >> 1).leading_zeros();
    if leading < SUB_BITS {
        return value as usize;
    }
    let shift = leading - SUB_BITS;
    (shift as usize + 1) * SUB + ((value >> shift) as usize - SUB)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::draw::{Purpose, RunKey};
    use crate::stats::interval::quantile_type7;
    use crate::stats::math::exp;

    fn of(values: impl IntoIterator<Item = u64>) -> Histogram {
        let mut histogram = Histogram::new();
        values.into_iter().for_each(|v| histogram.record(v));
        histogram
    }

    #[test]
    fn bins_tile_the_integers_and_are_narrow() {
        let mut next = 0u64;
        for bin in 0..Histogram::BINS {
            let (low, high) = Histogram::bin_ends(bin);
            assert_eq!(low, next, "bin {bin}");
            assert_eq!((bin_of(low), bin_of(high)), (bin as usize, bin as usize));
            assert!(
                (high - low) as f64 <= 0.002 * low as f64 && (1024 <= low || low == high),
                "bin {bin}: {low}..{high}"
            );
            next = high.wrapping_add(1);
        }
        assert_eq!(next, 0, "the last bin ends at u64::MAX");
    }

    #[test]
    fn quantiles_of_small_values_are_exact() {
        let h = of([0, 0, 0, 5, 1000]);
        assert_eq!([0.0, 0.25, 0.5, 0.75, 1.0].map(|p| h.quantile(p).unwrap()), [0.0, 0.0, 0.0, 5.0, 1000.0]);
        // Type 7 between the values: rank .9 x 4 = 3.6, so 5 + .6 x 995 = 602.
        assert!((h.quantile(0.9).unwrap() - 602.0).abs() < 1e-9);
        assert_eq!(Histogram::new().quantile(0.5), None);
        assert_eq!(of([1 << 40]).quantile(0.3).map(|v| (v / (1u64 << 40) as f64 - 1.0).abs() < 0.002), Some(true));
    }

    /// 20,000 waits over nine decades: every quantile within 0.2 % of the one of the sorted values.
    #[test]
    fn quantiles_are_within_the_width_of_a_bin() {
        let prefix = RunKey { study_seed: 1, draw: 0, replication: 0 }.prefix(Purpose::Work, "waits", 0);
        let values: Vec<u64> = (0..20_000).map(|i| exp(20.0 * prefix.unit(i)) as u64).collect();
        let mut sorted: Vec<f64> = values.iter().map(|&v| v as f64).collect();
        sorted.sort_by(f64::total_cmp);
        let histogram = of(values);
        let mut before = 0.0;
        for step in 0..=1000 {
            let p = f64::from(step) / 1000.0;
            let (got, want) = (histogram.quantile(p).unwrap(), quantile_type7(&sorted, p).unwrap());
            assert!((got - want).abs() <= 0.002 * want && before <= got, "p {p}: {got} against {want}");
            before = got;
        }
    }

    #[test]
    fn merging_is_exact_in_any_order_and_storage_loses_nothing() {
        let parts: Vec<Histogram> = (0..5u64).map(|k| of((0..300).map(|i| (i + 1) << (7 * k)))).collect();
        let mut forward = Histogram::new();
        parts.iter().for_each(|p| forward.merge(p));
        let mut nested = parts[4].clone();
        let mut inner = parts[2].clone();
        inner.merge(&parts[3]);
        nested.merge(&inner);
        nested.merge(&parts[0]);
        nested.merge(&parts[1]);
        assert_eq!(forward, nested);
        assert_eq!(forward.count(), 1500);
        assert_eq!(Histogram::from_bins(forward.bins()).unwrap(), forward);
        assert!(Histogram::from_bins([(Histogram::BINS, 1)]).unwrap_err().contains("does not exist"));
        assert!(Histogram::from_bins([(3, 0)]).unwrap_err().contains("count 0"));
    }

    #[test]
    fn nothing_is_empty_and_many_is_many_times_one() {
        let mut h = Histogram::new();
        h.record_many(77, 0);
        assert!(h.is_empty() && h == Histogram::default());
        h.record_many(77, 3);
        assert_eq!(h, of([77, 77, 77]));
    }
}
