//! What is left of a life that is under way: at a known age, or found at an unknown one.
//!
//! It keeps no clock; a hazard that changes with the state of the world is `clock`. Coupling D2.
use super::{Law, hyperexponential_at};
use crate::stats::math::{exp, expm1, pow, square};
use crate::stats::quantile::{exponential_quantile, gamma_cdf, lognormal_cdf, normal_cdf, normal_pdf};

impl Law {
    /// What is left, at age `age` >= 0, of a life that has lasted so long: F^-1(F(a) + u (1 - F(a))) - a. Coupling D2,
    /// coupled.json 14.
    ///
    /// Increasing in u; 0 where the law allows no such age (it is due now).
    pub fn residual(&self, u: f64, age: f64) -> f64 {
        assert!(0.0 < u && u < 1.0 && 0.0 <= age, "residual life at u = {u}, age {age}");
        match *self {
            Law::Exponential { mean } => mean * exponential_quantile(u),
            Law::Hyperexponential { p_1, mean_1, mean_2 } => {
                // The branch is now known better, by e^(-age/mean): what is left is hyperexponential again.
                let slow = mean_1.max(mean_2);
                let weight_1 = p_1 * exp(-age / mean_1 + age / slow);
                let weight_2 = (1.0 - p_1) * exp(-age / mean_2 + age / slow);
                hyperexponential_at(weight_1 / (weight_1 + weight_2), mean_1, mean_2, exponential_quantile(u))
            }
            Law::Constant { .. }
            | Law::Erlang { .. }
            | Law::Gamma { .. }
            | Law::Weibull { .. }
            | Law::Lognormal { .. }
            | Law::Uniform { .. }
            | Law::Normal { .. }
            | Law::Triangular { .. } => {
                let (lower, upper) = self.tails(age);
                if upper <= 0.0 {
                    return 0.0;
                }
                (self.value_at_tails(lower + u * upper, (1.0 - u) * upper) - age).max(0.0)
            }
        }
    }

    /// What is left of a life found going on at an unknown age, at `u`: the equilibrium law with density (1 - F)/mean.
    /// Coupling D2.
    ///
    /// None for a law with negative values or mean 0. Its mean is E[X^2] / (2 E[X]).
    pub fn equilibrium_residual(&self, u: f64) -> Option<f64> {
        assert!(0.0 < u && u < 1.0, "equilibrium residual at u = {u}");
        if !self.is_nonnegative() || self.mean() <= 0.0 {
            return None;
        }
        let target = u * self.mean();
        Some(bisect_up(self.mean(), |x| self.mean_up_to(x) < target))
    }

    /// E[min(X, x)] for a law without negative values and x >= 0: the integral of the survival from 0.
    pub fn mean_up_to(&self, x: f64) -> f64 {
        match *self {
            Law::Constant { value } => value.min(x),
            Law::Exponential { mean } => -mean * expm1(-x / mean),
            Law::Erlang { stages, mean } => gamma_mean_up_to(f64::from(stages), mean, x),
            Law::Gamma { shape, mean } => gamma_mean_up_to(shape, mean, x),
            // scale/k times the incomplete gamma function of 1/k at (x/scale)^k.
            Law::Weibull { shape, scale } => self.mean() * gamma_cdf(1.0 / shape, pow(x / scale, shape)).0,
            Law::Lognormal { mu, sigma } => {
                self.mean() * lognormal_cdf(x, mu + sigma * sigma, sigma) + x * self.survival(x)
            }
            Law::Hyperexponential { p_1, mean_1, mean_2 } => {
                -p_1 * mean_1 * expm1(-x / mean_1) - (1.0 - p_1) * mean_2 * expm1(-x / mean_2)
            }
            Law::Uniform { low, high } => {
                if x <= low {
                    x
                } else {
                    self.mean() - 0.5 * square((high - x).max(0.0)) / (high - low)
                }
            }
            Law::Normal { mean, sd } => {
                let z = (x - mean) / sd;
                mean * normal_cdf(z) - sd * normal_pdf(z) + x * normal_cdf(-z)
            }
            Law::Triangular { low, mode, high } => {
                let cube = |v: f64| v * v * v;
                if x <= low {
                    x
                } else if x < mode {
                    x - cube(x - low) / (3.0 * (high - low) * (mode - low))
                } else if x < high {
                    self.mean() - cube(high - x) / (3.0 * (high - low) * (high - mode))
                } else {
                    self.mean()
                }
            }
        }
    }
}

/// E[min(X, x)] of a gamma law.
fn gamma_mean_up_to(shape: f64, mean: f64, x: f64) -> f64 {
    mean * gamma_cdf(shape + 1.0, x * shape / mean).0 + x * gamma_cdf(shape, x * shape / mean).1
}

/// The first x > 0, to the last bit, at which `is_before` turns false; starts looking at `scale`.
pub(super) fn bisect_up(scale: f64, is_before: impl Fn(f64) -> bool) -> f64 {
    let (mut lo, mut hi) = (0.0, scale);
    while is_before(hi) && hi < f64::MAX / 2.0 {
        lo = hi;
        hi *= 2.0;
    }
    loop {
        let middle = 0.5 * (lo + hi);
        if middle <= lo || hi <= middle {
            return hi;
        }
        if is_before(middle) { lo = middle } else { hi = middle }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::law::LawKind;
    use crate::stats::law::testing::{all, close, over_u};

    /// golden/coupled.json, entry 14: p5 4, p95 9 months; mu 1.79175946923, sigma .246505282576, mean 6.18509209875;
    /// residual at age 4: median 2.09346582752, mean 2.31993866351; at age 2: mean 4.18510991409; in equilibrium: mean
    /// 3.28629099002.
    #[test]
    fn residual_life_at_the_start_date() {
        let law = Law::by_p5_p95(None, 4.0, 9.0).unwrap();
        let Law::Lognormal { mu, sigma } = law else { unreachable!("a bare pair is lognormal") };
        close(mu, 1.79175946923, 1e-11, "mu");
        close(sigma, 0.246505282576, 1e-11, "sigma");
        close(law.mean(), 6.18509209875, 1e-11, "mean");
        close(law.residual(0.5, 4.0), 2.09346582752, 1e-11, "median at age 4");
        close(over_u(100_000, |u| law.residual(u, 4.0)), 2.31993866351, 1e-5, "mean at age 4");
        close(over_u(100_000, |u| law.residual(u, 2.0)), 4.18510991409, 1e-5, "mean at age 2");
        close(over_u(20_000, |u| law.equilibrium_residual(u).unwrap()), 3.28629099002, 1e-4, "equilibrium");
        close(law.cdf(4.0), 0.05, 1e-12, "p5");
        close(law.cdf(9.0), 0.95, 1e-12, "p95");
    }

    /// P(residual <= x) = (F(a + x) - F(a)) / (1 - F(a)) for every law, far into the tail as well.
    #[test]
    fn residual_life_is_the_conditional_law() {
        for law in all() {
            for age in [0.0, 1.5, 3.9] {
                if law.survival(age) == 0.0 {
                    continue;
                }
                for u in [0.01, 0.5, 0.99] {
                    let x = law.residual(u, age);
                    close(
                        law.survival(age + x),
                        (1.0 - u) * law.survival(age),
                        1e-9,
                        &format!("{law:?} at {age}, {u}"),
                    );
                }
            }
        }
        let h2 = Law::by_mean(LawKind::Hyperexponential, 1.0, Some(4.0)).unwrap();
        let Law::Hyperexponential { mean_2, .. } = h2 else { unreachable!("asked for a hyperexponential law") };
        close(h2.residual(0.5, 1e5), mean_2 * std::f64::consts::LN_2, 1e-12, "only the slow branch is left");
        assert_eq!(Law::Constant { value: 5.0 }.residual(0.3, 2.0), 3.0);
        assert_eq!(Law::Constant { value: 5.0 }.residual(0.3, 6.0), 0.0);
    }

    /// E[X^2] / (2 E[X]) = mean (1 + scv) / 2.
    #[test]
    fn equilibrium_residual_has_its_mean() {
        for law in all().into_iter().filter(Law::is_nonnegative) {
            let got = over_u(20_000, |u| law.equilibrium_residual(u).unwrap());
            let want = 0.5 * law.mean() * (1.0 + law.scv().unwrap());
            close(got, want, 2e-2, &format!("{law:?}"));
        }
        assert_eq!(Law::Normal { mean: 1.0, sd: 1.0 }.equilibrium_residual(0.5), None);
    }
}
