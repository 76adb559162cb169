//! Laws of chance with a mean and a shape, and their values at a given uniform number.
//!
//! It draws nothing (`draw` does) and rejects nothing: a value is the quantile function at u, so that a changed mean
//! moves every value the same way and shifts nobody else's.
mod build;
mod residual;
mod transform;

pub use build::LawKind;

use super::math::{exp, expm1, lgamma, ln, log1p, pow, square};
use super::quantile::{
    exponential_quantile, gamma_cdf, gamma_quantile_of_tails, normal_cdf, normal_quantile_of_tails, threshold_of_tails,
};

/// A distribution of one number; the unit is its owner's (seconds, chips, a ratio).
///
/// Build one with `by_mean`, `by_p5_p95` or, where the fields say all, by hand; `check` tells what is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Law {
    /// Always `value`.
    Constant {
        /// The value.
        value: f64,
    },
    /// Exponential.
    Exponential {
        /// Mean, positive.
        mean: f64,
    },
    /// Sum of `stages` exponentials; squared coefficient of variation 1 / stages.
    Erlang {
        /// Number of stages, at least 1.
        stages: u32,
        /// Mean of the sum, positive.
        mean: f64,
    },
    /// Gamma; squared coefficient of variation 1 / shape.
    Gamma {
        /// Shape, positive; a whole number is an Erlang law of so many stages.
        shape: f64,
        /// Mean, positive.
        mean: f64,
    },
    /// Weibull, P(X > x) = e^-(x/scale)^shape.
    Weibull {
        /// Shape, positive: below 1 long gaps and bursts, 1 exponential, above 1 regular.
        shape: f64,
        /// The value that a share e^-1 exceeds, positive.
        scale: f64,
    },
    /// e^N with N normal.
    Lognormal {
        /// Mean of the logarithm.
        mu: f64,
        /// Standard deviation of the logarithm, positive.
        sigma: f64,
    },
    /// Exponential of mean `mean_1` with probability `p_1`, else of mean `mean_2`.
    Hyperexponential {
        /// Probability of the first branch, in [0, 1].
        p_1: f64,
        /// Mean of the first branch, positive.
        mean_1: f64,
        /// Mean of the second branch, positive.
        mean_2: f64,
    },
    /// Uniform between two ends.
    Uniform {
        /// Lower end.
        low: f64,
        /// Upper end, above the lower.
        high: f64,
    },
    /// Normal; it has negative values, so it suits differences and growth rates, not durations.
    Normal {
        /// Mean.
        mean: f64,
        /// Standard deviation, positive.
        sd: f64,
    },
    /// Triangular between two ends.
    Triangular {
        /// Lower end.
        low: f64,
        /// Most likely value, between the ends.
        mode: f64,
        /// Upper end, above the lower.
        high: f64,
    },
}

impl Law {
    /// The value at the uniform number `u` in (0, 1), by one number alone; increasing in u.
    ///
    /// The value of a hyperexponential is then found numerically; where two numbers are at hand, `quantile2` is fast.
    pub fn quantile(&self, u: f64) -> f64 {
        assert!(0.0 < u && u < 1.0, "a quantile at u = {u}");
        self.value_at_tails(u, 1.0 - u)
    }

    /// The value at two uniform numbers, the first for the branch of a hyperexponential, the second for the time; other
    /// laws ignore the first.
    ///
    /// A changed mean moves the value in proportion and leaves the branch alone, so paired runs stay paired.
    pub fn quantile2(&self, u_branch: f64, u_time: f64) -> f64 {
        match *self {
            Law::Hyperexponential { p_1, mean_1, mean_2 } => {
                (if u_branch < p_1 { mean_1 } else { mean_2 }) * exponential_quantile(u_time)
            }
            Law::Constant { .. }
            | Law::Exponential { .. }
            | Law::Erlang { .. }
            | Law::Gamma { .. }
            | Law::Weibull { .. }
            | Law::Lognormal { .. }
            | Law::Uniform { .. }
            | Law::Normal { .. }
            | Law::Triangular { .. } => self.quantile(u_time),
        }
    }

    /// Whether `quantile2` reads its first number.
    pub fn needs_branch(&self) -> bool {
        matches!(self, Law::Hyperexponential { .. })
    }

    /// Mean, in the owner's unit.
    pub fn mean(&self) -> f64 {
        match *self {
            Law::Constant { value } => value,
            Law::Exponential { mean } | Law::Erlang { mean, .. } | Law::Normal { mean, .. } => mean,
            Law::Gamma { mean, .. } => mean,
            Law::Weibull { shape, scale } => scale * exp(lgamma(1.0 + 1.0 / shape)),
            Law::Lognormal { mu, sigma } => exp(mu + 0.5 * sigma * sigma),
            Law::Hyperexponential { p_1, mean_1, mean_2 } => p_1 * mean_1 + (1.0 - p_1) * mean_2,
            Law::Uniform { low, high } => 0.5 * (low + high),
            Law::Triangular { low, mode, high } => (low + mode + high) / 3.0,
        }
    }

    /// Variance, in the square of the owner's unit.
    pub fn variance(&self) -> f64 {
        match *self {
            Law::Constant { .. } => 0.0,
            Law::Exponential { mean } => square(mean),
            Law::Erlang { stages, mean } => square(mean) / f64::from(stages),
            Law::Gamma { shape, mean } => square(mean) / shape,
            Law::Weibull { shape, .. } => square(self.mean()) * expm1(weibull_log_ratio(1.0 / shape)),
            Law::Lognormal { sigma, .. } => square(self.mean()) * expm1(sigma * sigma),
            Law::Hyperexponential { p_1, mean_1, mean_2 } => {
                2.0 * (p_1 * square(mean_1) + (1.0 - p_1) * square(mean_2)) - square(self.mean())
            }
            Law::Uniform { low, high } => square(high - low) / 12.0,
            Law::Normal { sd, .. } => square(sd),
            Law::Triangular { low, mode, high } => {
                (square(high - low) + square(mode - low) - (high - low) * (mode - low)) / 18.0
            }
        }
    }

    /// Squared coefficient of variation, variance / mean^2 [-]; None where the mean is 0.
    pub fn scv(&self) -> Option<f64> {
        let mean = self.mean();
        (mean != 0.0).then(|| self.variance() / square(mean))
    }

    /// Median, in the owner's unit: the value of `--fixed`.
    pub fn median(&self) -> f64 {
        self.quantile(0.5)
    }

    /// Whether no value is below 0, as a duration or a size must not be.
    pub fn is_nonnegative(&self) -> bool {
        match *self {
            Law::Constant { value } => 0.0 <= value,
            Law::Uniform { low, .. } | Law::Triangular { low, .. } => 0.0 <= low,
            Law::Normal { .. } => false,
            Law::Exponential { .. } | Law::Erlang { .. } | Law::Gamma { .. } | Law::Weibull { .. } => true,
            Law::Lognormal { .. } | Law::Hyperexponential { .. } => true,
        }
    }

    /// P(X <= x) [-].
    pub fn cdf(&self, x: f64) -> f64 {
        self.tails(x).0
    }

    /// P(X > x) [-], exact in relative terms far into the tail.
    pub fn survival(&self, x: f64) -> f64 {
        self.tails(x).1
    }

    /// (P(X <= x), P(X > x)), each as exact as the law allows.
    fn tails(&self, x: f64) -> (f64, f64) {
        match *self {
            Law::Constant { value } => {
                if x < value {
                    (0.0, 1.0)
                } else {
                    (1.0, 0.0)
                }
            }
            Law::Exponential { mean } => {
                if x <= 0.0 {
                    (0.0, 1.0)
                } else {
                    (-expm1(-x / mean), exp(-x / mean))
                }
            }
            Law::Erlang { stages, mean } => gamma_cdf(f64::from(stages), x * f64::from(stages) / mean),
            Law::Gamma { shape, mean } => gamma_cdf(shape, x * shape / mean),
            Law::Weibull { shape, scale } => {
                if x <= 0.0 {
                    return (0.0, 1.0);
                }
                let threshold = pow(x / scale, shape);
                (-expm1(-threshold), exp(-threshold))
            }
            Law::Lognormal { mu, sigma } => {
                if x <= 0.0 {
                    return (0.0, 1.0);
                }
                let z = (ln(x) - mu) / sigma;
                (normal_cdf(z), normal_cdf(-z))
            }
            Law::Hyperexponential { p_1, mean_1, mean_2 } => {
                if x <= 0.0 {
                    return (0.0, 1.0);
                }
                let upper = p_1 * exp(-x / mean_1) + (1.0 - p_1) * exp(-x / mean_2);
                (-p_1 * expm1(-x / mean_1) - (1.0 - p_1) * expm1(-x / mean_2), upper)
            }
            Law::Uniform { low, high } => {
                let inside = x.clamp(low, high);
                ((inside - low) / (high - low), (high - inside) / (high - low))
            }
            Law::Normal { mean, sd } => (normal_cdf((x - mean) / sd), normal_cdf((mean - x) / sd)),
            Law::Triangular { low, mode, high } => {
                if x <= low {
                    (0.0, 1.0)
                } else if x < mode {
                    let lower = square(x - low) / ((high - low) * (mode - low));
                    (lower, 1.0 - lower)
                } else if x < high {
                    let upper = square(high - x) / ((high - low) * (high - mode));
                    (1.0 - upper, upper)
                } else {
                    (1.0, 0.0)
                }
            }
        }
    }

    /// The value x with P(X <= x) = lower and P(X > x) = upper, from whichever tail has the digits.
    fn value_at_tails(&self, lower: f64, upper: f64) -> f64 {
        match *self {
            Law::Constant { value } => value,
            Law::Exponential { mean } => mean * threshold_of_tails(lower, upper),
            Law::Erlang { stages, mean } => {
                mean / f64::from(stages) * gamma_quantile_of_tails(f64::from(stages), lower, upper)
            }
            Law::Gamma { shape, mean } => mean / shape * gamma_quantile_of_tails(shape, lower, upper),
            Law::Weibull { shape, scale } => scale * pow(threshold_of_tails(lower, upper), 1.0 / shape),
            Law::Lognormal { mu, sigma } => exp(mu + sigma * normal_quantile_of_tails(lower, upper)),
            Law::Hyperexponential { p_1, mean_1, mean_2 } => {
                hyperexponential_at(p_1, mean_1, mean_2, threshold_of_tails(lower, upper))
            }
            Law::Uniform { low, high } => low + (high - low) * lower,
            Law::Normal { mean, sd } => mean + sd * normal_quantile_of_tails(lower, upper),
            Law::Triangular { low, mode, high } => {
                if lower * (high - low) < mode - low {
                    low + (lower * (high - low) * (mode - low)).sqrt()
                } else {
                    high - (upper * (high - low) * (high - mode)).sqrt()
                }
            }
        }
    }
}

/// ln(1 + scv) of a Weibull law with 1/shape = y: ln Gamma(1 + 2y) - 2 ln Gamma(1 + y); increasing in y >= 0. Eq. (50).
fn weibull_log_ratio(y: f64) -> f64 {
    lgamma(1.0 + 2.0 * y) - 2.0 * lgamma(1.0 + y)
}

/// x with p_1 e^(-x/mean_1) + (1-p_1) e^(-x/mean_2) = e^-threshold, by Newton on the logarithm: it is convex, so x
/// climbs from the left.
fn hyperexponential_at(p_1: f64, mean_1: f64, mean_2: f64, threshold: f64) -> f64 {
    let p_2 = 1.0 - p_1;
    let slow = mean_1.max(mean_2);
    // A life of the faster branch alone is a lower bound.
    let mut x = mean_1.min(mean_2) * threshold;
    for _ in 0..200 {
        let (one, two) = (p_1 * exp(-x / mean_1 + x / slow), p_2 * exp(-x / mean_2 + x / slow));
        let fallen = p_1 * expm1(-x / mean_1) + p_2 * expm1(-x / mean_2);
        let log_survival = if -0.5 < fallen { log1p(fallen) } else { ln(one + two) - x / slow };
        let slope = (one / mean_1 + two / mean_2) / (one + two);
        let next = x + (log_survival + threshold) / slope;
        if next.is_nan() || next <= x {
            break;
        }
        x = next;
    }
    x
}

#[cfg(test)]
mod testing {
    //! What the tests of the three files share.
    use super::*;

    pub fn close(got: f64, want: f64, relative: f64, what: &str) {
        assert!((got - want).abs() <= relative * want.abs(), "{what}: got {got:?}, want {want:?}");
    }

    pub fn all() -> Vec<Law> {
        let by_mean = |kind, scv| Law::by_mean(kind, 3.0, scv).unwrap();
        vec![
            by_mean(LawKind::Exponential, None),
            by_mean(LawKind::Erlang, Some(0.5)),
            by_mean(LawKind::Erlang, Some(0.125)),
            by_mean(LawKind::Lognormal, Some(4.0)),
            by_mean(LawKind::Hyperexponential, Some(4.0)),
            by_mean(LawKind::Uniform, Some(0.3)),
            by_mean(LawKind::Normal, Some(0.04)),
            by_mean(LawKind::Triangular, Some(0.1)),
            Law::Triangular { low: 1.0, mode: 1.0, high: 4.0 },
            by_mean(LawKind::Gamma, Some(4.0)),
            by_mean(LawKind::Gamma, Some(0.3)),
            by_mean(LawKind::Weibull, Some(4.0)),
            by_mean(LawKind::Weibull, Some(0.3)),
        ]
    }

    /// Mean of a function of u over a midpoint grid.
    pub fn over_u(n: u32, f: impl Fn(f64) -> f64) -> f64 {
        (0..n).map(|i| f((f64::from(i) + 0.5) / f64::from(n))).sum::<f64>() / f64::from(n)
    }
}

#[cfg(test)]
mod tests {
    use super::testing::{all, close, over_u};
    use super::*;

    #[test]
    fn values_invert_the_distribution_and_have_its_mean() {
        for law in all() {
            law.check().unwrap();
            for u in [1e-9, 0.01, 0.3, 0.5, 0.8, 0.99, 1.0 - 1e-9] {
                let x = law.quantile(u);
                // A value of 1 + 1e-9 cannot say 1e-9 to nine digits.
                close(law.cdf(x), u, if 0.001 < u { 1e-9 } else { 1e-5 }, &format!("{law:?} at {u}"));
                close(law.survival(x), 1.0 - u, 1e-6, &format!("{law:?} at {u}"));
            }
            close(over_u(20_000, |u| law.quantile(u)), law.mean(), 3e-3, &format!("{law:?}"));
            close(law.cdf(law.median()), 0.5, 1e-12, &format!("{law:?}"));
            assert_eq!(LawKind::parse("lognormal"), Some(LawKind::Lognormal));
        }
    }

    /// Golden draws: these very bits on every CPU, with or without FMA.
    #[test]
    fn values_have_fixed_bits() {
        let bits: Vec<String> = all()
            .iter()
            .map(|law| {
                let sum = [0.0004, 0.2, 0.5, 0.77, 0.9999].iter().fold(0u64, |h, &u| {
                    h.rotate_left(7) ^ law.quantile(u).to_bits() ^ law.quantile2(u, 1.0 - u).to_bits().rotate_left(1)
                });
                format!("{sum:016x}")
            })
            .collect();
        assert_eq!(
            bits.join(" "),
            "ab79a7ac1204c905 fc078888eed81037 94d28fad6526b57a 762bd555860355a1 e2d9a857e7cf990e \
             7f83304ddd51466f d25cbb49d0dc5425 3999129bf9be2f9e f4be046e4d7168fa \
             433da818a426b7e7 5ae55d6172e52d53 fed392c04c60f0ac 89db76b7bd8b029c"
        );
    }

    /// Both by statrs, over shapes .05 to 100 and both tails to 1e-12, in relative terms; of gamma the quantile has a test of its
    /// own, here its scale and that of the density's moments.
    #[test]
    fn gamma_and_weibull_are_those_of_statrs() {
        use statrs::distribution::{ContinuousCDF, Gamma, Weibull};
        for shape in [0.05, 0.1, 0.3, 0.5, 1.0, 1.7, 3.0, 12.0, 100.0] {
            let (weibull, gamma) = (Law::Weibull { shape, scale: 2.5 }, Law::Gamma { shape, mean: 2.5 });
            let (reference, its_gamma) = (Weibull::new(shape, 2.5).unwrap(), Gamma::new(shape, shape / 2.5).unwrap());
            for tail in [1e-12, 1e-9, 1e-6, 1e-3, 0.01, 0.1, 0.3, 0.5] {
                for u in [tail, 1.0 - tail] {
                    let x = weibull.quantile(u);
                    // Its tail falls as (x/scale)^shape: an error of x is one of the logarithm over shape x threshold.
                    let threshold = -f64::ln_1p(-u);
                    let off = if u < 0.5 {
                        (reference.cdf(x) / u - 1.0) * u / ((1.0 - u) * threshold * shape)
                    } else {
                        (reference.sf(x) / (1.0 - u) - 1.0) / (threshold * shape)
                    };
                    assert!(off.abs() < 1e-10, "shape {shape} at {u}: {off:e}");
                    close(x, 2.5 * threshold.powf(1.0 / shape), 1e-10, "by hand");
                    let y = gamma.quantile(u);
                    if 1e-300 < y {
                        close(gamma.cdf(y), its_gamma.cdf(y), 1e-10, "gamma below");
                        close(gamma.survival(y), its_gamma.sf(y), 1e-10, "gamma above");
                    }
                }
            }
        }
        let law = Law::by_mean(LawKind::Gamma, 3.0, Some(4.0)).unwrap();
        assert_eq!(law, Law::Gamma { shape: 0.25, mean: 3.0 });
    }

    /// With one number for the branch and one for the time, the mixture has the same law as with one number.
    #[test]
    fn two_numbers_give_the_law_of_one() {
        let law = Law::by_mean(LawKind::Hyperexponential, 1.0, Some(4.0)).unwrap();
        assert!(law.needs_branch() && !Law::Exponential { mean: 1.0 }.needs_branch());
        for x in [0.1, 1.0, 5.0] {
            let share = over_u(1000, |u| over_u(1000, |v| f64::from(u8::from(law.quantile2(u, v) <= x))));
            assert!((share - law.cdf(x)).abs() < 1e-3, "at {x}: {share} against {}", law.cdf(x));
        }
        let twice = Law::by_mean(LawKind::Hyperexponential, 2.0, Some(4.0)).unwrap();
        close(twice.quantile2(0.95, 0.3), 2.0 * law.quantile2(0.95, 0.3), 1e-15, "scale");
    }
}
