//! Mean and variance of numbers as they pass by, for reporting.
//!
//! What must be exact or merge in any order is an integer or a `Histogram`; these sums round, so they are folded in
//! plan order.

/// Running mean and variance of what was pushed (Welford 1962).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Accumulator {
    count: u64,
    mean: f64,
    squares: f64,
}

impl Accumulator {
    /// Adds one value; a NaN makes every answer NaN.
    pub fn push(&mut self, value: f64) {
        self.count += 1;
        let from_old = value - self.mean;
        self.mean += from_old / self.count as f64;
        self.squares += from_old * (value - self.mean);
    }

    /// Number of values.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Mean; None of nothing.
    pub fn mean(&self) -> Option<f64> {
        (0 < self.count).then_some(self.mean)
    }

    /// Sample variance, by n - 1; None of fewer than two.
    pub fn variance(&self) -> Option<f64> {
        (1 < self.count).then(|| self.squares / (self.count - 1) as f64)
    }

    /// Sample standard deviation; None of fewer than two.
    pub fn sd(&self) -> Option<f64> {
        self.variance().map(f64::sqrt)
    }

    /// Standard error of the mean of independent values; None of fewer than two.
    pub fn standard_error(&self) -> Option<f64> {
        self.variance().map(|variance| (variance / self.count as f64).sqrt())
    }
}

impl FromIterator<f64> for Accumulator {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        let mut accumulator = Accumulator::default();
        values.into_iter().for_each(|value| accumulator.push(value));
        accumulator
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2, 4, 4, 4, 5, 5, 7, 9 have mean 5 and squares 32: variance 32/7. A large offset takes nothing away.
    #[test]
    fn mean_and_variance_by_hand() {
        for offset in [0.0, 1e9] {
            let a: Accumulator = [2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0].into_iter().map(|v| v + offset).collect();
            assert_eq!(a.mean(), Some(5.0 + offset));
            assert!((a.variance().unwrap() - 32.0 / 7.0).abs() < 1e-6, "{a:?}");
            assert!((a.standard_error().unwrap() - (32.0_f64 / 56.0).sqrt()).abs() < 1e-6, "{a:?}");
        }
    }

    #[test]
    fn empty_is_not_zero() {
        let mut a = Accumulator::default();
        assert_eq!((a.mean(), a.variance(), a.sd(), a.standard_error()), (None, None, None, None));
        a.push(3.0);
        assert_eq!((a.mean(), a.variance(), a.count()), (Some(3.0), None, 1));
    }
}
