//! A card before requests of unequal lengths that come at random: memory as tokens come, prompts one by one into iterations. Eq. (172).

use super::roofline::Parts;
use crate::stats::math::{exp, ln};
use crate::stats::quantile::normal_cdf;

/// Mean and mean square of lengths over the card's length and its square.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moments {
    /// Mean [-].
    pub mean: f64,
    /// Mean square [-].
    pub square: f64,
}

impl Moments {
    /// Of a lognormal law of mean `mean` and squared coefficient of variation `scv`, cut at `most`: whatever is longer is as long as that.
    pub fn lognormal(mean: f64, scv: f64, most: f64) -> Moments {
        let variance = ln(1.0 + scv);
        if variance <= 0.0 {
            let one = (most / mean).min(1.0);
            return Moments { mean: one, square: one * one };
        }
        let (sd, cut) = (variance.sqrt(), most / mean);
        // The law over its mean has mu = - variance/2.
        let z = (ln(cut) + variance / 2.0) / sd;
        let beyond = 1.0 - normal_cdf(z);
        Moments {
            mean: normal_cdf(z - sd) + cut * beyond,
            square: (1.0 + scv) * normal_cdf(z - 2.0 * sd) + cut * cut * beyond,
        }
    }
}

/// Lengths of prompts and answers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mixed {
    /// Of prompts.
    pub input: Moments,
    /// Of answers.
    pub output: Moments,
}

/// Chances below this are left out.
const TINY: f64 = 1e-9;

/// Mean of what `parts(n)` says over n of a Poisson law of this mean: prompts that an iteration finds. Above a mean of 500 the mean itself.
pub(super) fn over_prompts(mean: f64, parts: impl Fn(f64) -> Parts) -> Parts {
    if 500.0 < mean {
        return parts(mean);
    }
    let (mut chance, mut told, mut n) = (exp(-mean), 0.0, 0.0);
    let mut sum = Parts::default();
    while told < 1.0 - TINY && (n <= mean || TINY < chance) {
        sum.add(&parts(n), chance);
        told += chance;
        n += 1.0;
        chance *= mean / n;
    }
    let mut whole = Parts::default();
    whole.add(&sum, 1.0 / told);
    whole
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::law::{Law, LawKind};

    /// Against the sum over a million quantiles of the law, cut: without a cut 1 and 1 + scv.
    #[test]
    fn moments_of_a_cut_law() {
        let law = Law::by_mean(LawKind::Lognormal, 1.0, Some(3.0)).unwrap();
        for most in [0.2, 1.0, 5.0, 1e6] {
            let n = 1_000_000;
            let cut = (0..n).map(|k| law.quantile((f64::from(k) + 0.5) / f64::from(n)).min(most));
            let (mean, square) = cut.fold((0.0, 0.0), |(a, b), x| (a + x / f64::from(n), b + x * x / f64::from(n)));
            let found = Moments::lognormal(1.0, 3.0, most);
            assert!(
                (found.mean - mean).abs() < 1e-3 * mean && (found.square - square).abs() < 1e-2 * square,
                "{most} {found:?}"
            );
        }
        let whole = Moments::lognormal(700.0, 3.0, 1e12);
        assert!((whole.mean - 1.0).abs() < 1e-9 && (whole.square - 4.0).abs() < 1e-6);
        assert_eq!(Moments::lognormal(2.0, 0.0, 1.0), Moments { mean: 0.5, square: 0.25 });
    }

    /// The longer of 1 and n/2, n of mean 2: 1 + sum over n > 2 of (n/2 - 1) p = 1 + e^-2 (2 (1 - ...)): by its complement, E[n/2] = 1, and below 2
    /// it is 1 instead of 0 and 1/2: 1 + e^-2 + e^-2 x 2 / 2.
    #[test]
    fn iterations_find_prompts_at_random() {
        let parts = |n: f64| Parts { matmul_s: (n / 2.0).max(1.0), ..Parts::default() };
        let exact = 1.0 + 2.0 * exp(-2.0);
        assert!((over_prompts(2.0, parts).total_s() - exact).abs() < 1e-7);
        assert_eq!(over_prompts(0.0, parts).total_s(), 1.0);
        assert_eq!(over_prompts(1e6, parts).total_s(), 5e5);
    }
}
