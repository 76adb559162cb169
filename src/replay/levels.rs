//! Levels through time in a bounded number of bins that double their width as time goes on: a mean a bin, exact, whatever the length.
//! Does not know what they count.

/// Bins at most.
const MOST: usize = 384;
/// Width of a bin at first [us].
const FIRST_US: u64 = 1_000_000;

/// What changed within a bin: the sum of the changes, and of change x time left until the bin's end [unit us].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Bin {
    change: i64,
    moment: i128,
}

/// Several levels that begin at 0, over the same bins.
#[derive(Clone, Debug)]
pub struct Levels {
    width_us: u64,
    /// By level, as many bins each as time has reached.
    bins: Vec<Vec<Bin>>,
}

impl Levels {
    /// So many levels, all of them 0.
    pub fn new(levels: usize) -> Levels {
        Levels { width_us: FIRST_US, bins: vec![Vec::new(); levels] }
    }

    /// A level changes at an instant, in any order of time.
    #[inline]
    pub fn add(&mut self, level: usize, at_us: u64, change: i64) {
        while MOST as u64 <= at_us / self.width_us {
            self.halve();
        }
        let at = (at_us / self.width_us) as usize;
        let bins = &mut self.bins[level];
        if bins.len() <= at {
            bins.resize(at + 1, Bin::default());
        }
        let left = (at as u64 + 1) * self.width_us - at_us;
        bins[at].change += change;
        bins[at].moment += i128::from(change) * i128::from(left);
    }

    /// Two bins become one: what changed in the first lasts through the second.
    fn halve(&mut self) {
        let width = i128::from(self.width_us);
        for bins in &mut self.bins {
            let join = |pair: &[Bin]| {
                let second = pair.get(1).copied().unwrap_or_default();
                Bin {
                    change: pair[0].change + second.change,
                    moment: pair[0].moment + i128::from(pair[0].change) * width + second.moment,
                }
            };
            *bins = bins.chunks(2).map(join).collect();
        }
        self.width_us *= 2;
    }

    /// Width of a bin [us].
    pub fn width_us(&self) -> u64 {
        self.width_us
    }

    /// Integral of a level over each bin until `end_us`, the last one as far as that [unit us].
    pub fn integrals(&self, level: usize, end_us: u64) -> Vec<i128> {
        let mut before = 0_i128;
        let n = end_us.div_ceil(self.width_us) as usize;
        (0..n)
            .map(|at| {
                let bin = self.bins[level].get(at).copied().unwrap_or_default();
                let whole = before * i128::from(self.width_us) + bin.moment;
                before += i128::from(bin.change);
                let beyond = ((at as u64 + 1) * self.width_us).saturating_sub(end_us);
                whole - before * i128::from(beyond)
            })
            .collect()
    }

    /// Mean of a level in each bin until `end_us`.
    pub fn means(&self, level: usize, end_us: u64) -> Vec<f64> {
        let width = |at: usize| self.width_us.min(end_us - at as u64 * self.width_us);
        let integrals = self.integrals(level, end_us);
        integrals.into_iter().enumerate().map(|(at, sum)| sum as f64 / width(at) as f64).collect()
    }

    /// Integral of a level until `end_us` [unit us].
    pub fn integral(&self, level: usize, end_us: u64) -> i128 {
        self.integrals(level, end_us).into_iter().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: u64 = 1_000_000;

    /// 3 from 0.5 s, 5 from 2 s, 1 from 2.5 s until 4 s: integrals 1.5, 3, 2.5 + 0.5, 1.
    #[test]
    fn integrals_by_hand() {
        let mut levels = Levels::new(1);
        for (at, change) in [(S / 2, 3), (2 * S, 2), (5 * S / 2, -4)] {
            levels.add(0, at, change);
        }
        let micro = |halves: i128| halves * 500_000;
        assert_eq!(levels.integrals(0, 4 * S), [micro(3), micro(6), micro(6), micro(2)]);
        assert_eq!(levels.integral(0, 3 * S + S / 2), micro(16), "half of the last second");
    }

    /// However long it lasts there are few bins, and no unit of time is lost: a chip held from second n to n + 1 for every n.
    #[test]
    fn bins_double_and_lose_nothing() {
        let mut levels = Levels::new(2);
        let last = 100_000;
        for n in 0..last {
            levels.add(1, n * S, 2);
            levels.add(1, n * S + 7, -1);
            levels.add(1, (n + 1) * S, -1);
        }
        let end = last * S;
        assert_eq!(levels.integral(1, end), i128::from(end + 7 * last));
        assert!(levels.means(1, end).len() <= MOST && levels.integral(0, end) == 0);
    }
}
