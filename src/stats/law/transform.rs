//! Laplace transforms of laws: what a queue with intervals of any law asks of it.
//!
//! It inverts none. Laws without a closed form are integrated over the unit exponential.
use super::Law;
use crate::stats::math::{exp, expm1, pow};

impl Law {
    /// E[e^-sX] [-] for s >= 0 per unit of X. Closed where the law allows, else integrated to about 1e-12 (a triangular law has a
    /// kink and keeps some six digits).
    pub fn laplace(&self, s: f64) -> f64 {
        assert!(0.0 <= s, "Laplace transform at {s}");
        match *self {
            Law::Constant { value } => exp(-s * value),
            Law::Exponential { mean } => 1.0 / (1.0 + s * mean),
            Law::Erlang { stages, mean } => gamma_laplace(f64::from(stages), mean, s),
            Law::Gamma { shape, mean } => gamma_laplace(shape, mean, s),
            Law::Hyperexponential { p_1, mean_1, mean_2 } => {
                p_1 / (1.0 + s * mean_1) + (1.0 - p_1) / (1.0 + s * mean_2)
            }
            Law::Weibull { .. }
            | Law::Lognormal { .. }
            | Law::Uniform { .. }
            | Law::Normal { .. }
            | Law::Triangular { .. } => over_exponential(|e| exp(-s * self.value_at_tails(-expm1(-e), exp(-e)))),
        }
    }
}

fn gamma_laplace(shape: f64, mean: f64, s: f64) -> f64 {
    pow(1.0 + s * mean / shape, -shape)
}

/// Mean of f over the unit exponential, by the double-exponential substitution e = exp(t - exp(-t)) (Takahasi and Mori 1974).
fn over_exponential(f: impl Fn(f64) -> f64) -> f64 {
    const STEPS_PER_UNIT: i32 = 64;
    let term = |k: i32| {
        let t = f64::from(k) / f64::from(STEPS_PER_UNIT);
        let e = exp(t - exp(-t));
        f(e) * exp(-e) * e * (1.0 + exp(-t))
    };
    // Outside [-4.5, 4.5] the weight is below 1e-38.
    let ends = 9 * STEPS_PER_UNIT / 2;
    (-ends..=ends).map(term).sum::<f64>() / f64::from(STEPS_PER_UNIT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::law::LawKind;
    use crate::stats::law::testing::{all, close, over_u};

    #[test]
    fn the_transform_is_the_mean_of_the_exponential() {
        for law in all() {
            for s in [0.0, 0.1, 1.0] {
                let want = over_u(20_000, |u| exp(-s * law.quantile(u)));
                close(law.laplace(s), want, 5e-4, &format!("{law:?} at {s}"));
            }
        }
    }

    /// Integrated against closed: a Weibull law of shape 1 is exponential, a gamma law integrated is the power, and a uniform one
    /// on [0, 2] has (1 - e^-2s)/(2s).
    #[test]
    fn integrals_reach_the_closed_forms() {
        let weibull = Law::by_mean(LawKind::Weibull, 3.0, Some(1.0)).unwrap();
        let uniform = Law::Uniform { low: 0.0, high: 2.0 };
        for s in [0.01, 0.7, 5.0, 40.0] {
            close(weibull.laplace(s), 1.0 / (1.0 + 3.0 * s), 1e-12, "Weibull");
            close(uniform.laplace(s), -expm1(-2.0 * s) / (2.0 * s), 1e-11, "uniform");
            for scv in [0.25, 4.0] {
                let gamma = Law::by_mean(LawKind::Gamma, 3.0, Some(scv)).unwrap();
                let got = over_exponential(|e| exp(-s * gamma.value_at_tails(-expm1(-e), exp(-e))));
                close(got, gamma.laplace(s), 1e-11, "gamma");
            }
        }
    }
}
