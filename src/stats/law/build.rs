//! Laws as a user asks for them: by mean and variability, or by a p5 and a p95.
//!
//! It gives no value of a law; it tells a mistake together with its cure, and leaves the place in the file to the
//! caller.
use super::residual::bisect_up;
use super::{Law, weibull_log_ratio};
use crate::stats::math::{exp, lgamma, ln, log1p};
use crate::stats::quantile::normal_quantile;

/// The name of a law, as written in a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LawKind {
    /// `constant`
    Constant,
    /// `exponential`
    Exponential,
    /// `erlang`
    Erlang,
    /// `gamma`
    Gamma,
    /// `weibull`
    Weibull,
    /// `lognormal`
    Lognormal,
    /// `hyperexponential`
    Hyperexponential,
    /// `uniform`
    Uniform,
    /// `normal`
    Normal,
    /// `triangular`
    Triangular,
}

impl LawKind {
    /// Every kind, in the order of the documentation.
    pub const ALL: [LawKind; 10] = [
        LawKind::Constant,
        LawKind::Exponential,
        LawKind::Erlang,
        LawKind::Gamma,
        LawKind::Weibull,
        LawKind::Lognormal,
        LawKind::Hyperexponential,
        LawKind::Uniform,
        LawKind::Normal,
        LawKind::Triangular,
    ];

    /// The name as written in a scenario.
    pub const fn name(self) -> &'static str {
        match self {
            LawKind::Constant => "constant",
            LawKind::Exponential => "exponential",
            LawKind::Erlang => "erlang",
            LawKind::Gamma => "gamma",
            LawKind::Weibull => "weibull",
            LawKind::Lognormal => "lognormal",
            LawKind::Hyperexponential => "hyperexponential",
            LawKind::Uniform => "uniform",
            LawKind::Normal => "normal",
            LawKind::Triangular => "triangular",
        }
    }

    /// The kind of that name; None for any other word (the caller suggests the nearest of `ALL`).
    pub fn parse(name: &str) -> Option<LawKind> {
        LawKind::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// Range of the scv of gamma and Weibull laws: below it their quantile loops grow long, above it nearly every value is 0.
const LEAST_SCV: f64 = 1e-4;
const MOST_SCV: f64 = 1e6;

impl Law {
    /// The law of `kind` with this mean and squared coefficient of variation (variance / mean^2) [-].
    ///
    /// `scv` is required where the kind leaves it open and refused where the kind fixes it to another value. Erlang
    /// needs 1/scv whole; gamma has shape 1/scv and weibull the shape of Eq. (50), both for scv from 1e-4 to 1e6;
    /// hyperexponential (balanced means: p_1 = (1 + sqrt((scv-1)/(scv+1)))/2, branch means mean/(2
    /// p_i)) needs scv >= 1; uniform and triangular are symmetric and stay above 0 for scv up to 1/3 and 1/6. The error
    /// says what is wrong and the cure.
    pub fn by_mean(kind: LawKind, mean: f64, scv: Option<f64>) -> Result<Law, String> {
        if !(0.0 < mean && mean < f64::INFINITY) {
            return Err(format!("mean is {mean}; give a positive number"));
        }
        if let Some(scv) = scv
            && !(0.0 <= scv && scv < f64::INFINITY)
        {
            return Err(format!("scv is {scv}; give the variance divided by the square of the mean, 0 or more"));
        }
        match kind {
            LawKind::Constant => fixed_scv(kind, scv, 0.0).map(|()| Law::Constant { value: mean }),
            LawKind::Exponential => fixed_scv(kind, scv, 1.0).map(|()| Law::Exponential { mean }),
            LawKind::Erlang => {
                let scv = open_scv(kind, scv, 0.0, 1.0)?;
                let stages = (1.0 / scv).round();
                if 1e-6 * stages < (1.0 / scv - stages).abs() || 10_000.0 < stages {
                    return Err(format!(
                        "erlang needs 1/scv to be a whole number up to 10000, and 1/{scv} = {}; give scv = {} or use lognormal",
                        1.0 / scv,
                        1.0 / stages.min(10_000.0)
                    ));
                }
                Ok(Law::Erlang { stages: stages as u32, mean })
            }
            LawKind::Gamma => Ok(Law::Gamma { shape: 1.0 / open_scv(kind, scv, LEAST_SCV, MOST_SCV)?, mean }),
            LawKind::Weibull => {
                let target = log1p(open_scv(kind, scv, LEAST_SCV, MOST_SCV)?);
                let y = bisect_up(1.0, |y| weibull_log_ratio(y) < target);
                Ok(Law::Weibull { shape: 1.0 / y, scale: mean * exp(-lgamma(1.0 + y)) })
            }
            LawKind::Lognormal => {
                let variance_of_log = log1p(open_scv(kind, scv, 0.0, f64::MAX)?);
                Ok(Law::Lognormal { mu: ln(mean) - 0.5 * variance_of_log, sigma: variance_of_log.sqrt() })
            }
            LawKind::Hyperexponential => {
                let scv = open_scv(kind, scv, 1.0, f64::MAX)?;
                let p_1 = 0.5 * (1.0 + ((scv - 1.0) / (scv + 1.0)).sqrt());
                // 1 - p_1 = 1 / ((scv + 1) 2 p_1), written so that it keeps its digits when p_1 is nearly 1.
                let p_2 = 1.0 / ((scv + 1.0) * 2.0 * p_1);
                Ok(Law::Hyperexponential { p_1, mean_1: mean / (2.0 * p_1), mean_2: mean / (2.0 * p_2) })
            }
            LawKind::Uniform => {
                let half = mean * (3.0 * open_scv(kind, scv, 0.0, 1.0 / 3.0)?).sqrt();
                Ok(Law::Uniform { low: (mean - half).max(0.0), high: mean + half })
            }
            LawKind::Normal => Ok(Law::Normal { mean, sd: mean * open_scv(kind, scv, 0.0, f64::MAX)?.sqrt() }),
            LawKind::Triangular => {
                let half = mean * (6.0 * open_scv(kind, scv, 0.0, 1.0 / 6.0)?).sqrt();
                Ok(Law::Triangular { low: (mean - half).max(0.0), mode: mean, high: mean + half })
            }
        }
    }

    /// The law with these 5 % and 95 % quantiles; without a kind it is lognormal, which needs 0 < p5. Design 4.6,
    /// coupled.json 14.
    ///
    /// Lognormal: mu = ln sqrt(p5 p95), sigma = ln(p95/p5) / (2 z_.95). Triangular is the symmetric one. The error says
    /// the cure.
    pub fn by_p5_p95(kind: Option<LawKind>, p5: f64, p95: f64) -> Result<Law, String> {
        if !(p5.is_finite() && p95.is_finite()) {
            return Err(format!("p5 = {p5}, p95 = {p95}; give two finite numbers"));
        }
        if p5 == p95 {
            return Err(format!("p5 and p95 are both {p5}; write the number itself, or give a range"));
        }
        if p95 < p5 {
            return Err(format!("p5 = {p5} is above p95 = {p95}; swap them"));
        }
        let middle = 0.5 * (p5 + p95);
        let half = 0.5 * (p95 - p5);
        match kind {
            None | Some(LawKind::Lognormal) if p5 <= 0.0 => Err(format!(
                "a lognormal law needs 0 < p5, and p5 is {p5}; raise it, or say dist = \"normal\", \"uniform\" or \"triangular\""
            )),
            None | Some(LawKind::Lognormal) => Ok(Law::Lognormal {
                mu: 0.5 * (ln(p5) + ln(p95)),
                sigma: (ln(p95) - ln(p5)) / (2.0 * normal_quantile(0.95)),
            }),
            Some(LawKind::Normal) => Ok(Law::Normal { mean: middle, sd: half / normal_quantile(0.95) }),
            Some(LawKind::Uniform) => Ok(Law::Uniform { low: middle - half / 0.9, high: middle + half / 0.9 }),
            Some(LawKind::Triangular) => {
                // F(low + x) = x^2 / (2 w^2) = 0.05 at x = w sqrt(0.1).
                let width = half / (1.0 - 0.1f64.sqrt());
                Ok(Law::Triangular { low: middle - width, mode: middle, high: middle + width })
            }
            Some(
                one @ (LawKind::Constant
                | LawKind::Exponential
                | LawKind::Erlang
                | LawKind::Gamma
                | LawKind::Weibull
                | LawKind::Hyperexponential),
            ) => Err(format!(
                "{} cannot be given by p5 and p95; use lognormal, normal, uniform or triangular, or give its mean",
                one.name()
            )),
        }
    }

    /// What is wrong with a law built by hand, and the cure; Ok for every law of `by_mean` and `by_p5_p95`.
    pub fn check(&self) -> Result<(), String> {
        let good = match *self {
            Law::Constant { value } => value.is_finite(),
            Law::Exponential { mean } => 0.0 < mean && mean.is_finite(),
            Law::Erlang { stages, mean } => 1 <= stages && 0.0 < mean && mean.is_finite(),
            Law::Gamma { shape, mean: size } | Law::Weibull { shape, scale: size } => {
                0.0 < shape && shape.is_finite() && 0.0 < size && size.is_finite()
            }
            Law::Lognormal { mu, sigma } => mu.is_finite() && 0.0 < sigma && sigma.is_finite(),
            Law::Hyperexponential { p_1, mean_1, mean_2 } => {
                (0.0..=1.0).contains(&p_1) && 0.0 < mean_1 && 0.0 < mean_2 && mean_1.is_finite() && mean_2.is_finite()
            }
            Law::Uniform { low, high } => low.is_finite() && high.is_finite() && low < high,
            Law::Normal { mean, sd } => mean.is_finite() && 0.0 < sd && sd.is_finite(),
            Law::Triangular { low, mode, high } => {
                low.is_finite() && high.is_finite() && low <= mode && mode <= high && low < high
            }
        };
        if good {
            Ok(())
        } else {
            Err(format!("{self:?} is not a law: give finite numbers, positive means and spreads, low < high"))
        }
    }
}

/// A kind that fixes its own scv: silence or the truth pass.
fn fixed_scv(kind: LawKind, scv: Option<f64>, own: f64) -> Result<(), String> {
    match scv {
        Some(other) if other != own => Err(format!(
            "{} has scv {own}, not {other}; leave scv out, or use erlang or lognormal{}",
            kind.name(),
            if 1.0 <= other { " or hyperexponential" } else { "" }
        )),
        Some(_) | None => Ok(()),
    }
}

/// A kind that leaves its scv open: it must be given, above 0 and inside the kind's range.
fn open_scv(kind: LawKind, scv: Option<f64>, least: f64, most: f64) -> Result<f64, String> {
    let name = kind.name();
    let Some(scv) = scv else {
        return Err(format!(
            "{name} needs scv, the variance divided by the square of the mean; exponential and constant do not"
        ));
    };
    if scv == 0.0 {
        return Err(format!("{name} needs scv above 0; use constant"));
    }
    if scv < least {
        return Err(format!("{name} needs scv of at least {least}, not {scv}; use erlang or lognormal"));
    }
    if most < scv {
        return Err(format!("{name} needs scv of at most {most}, not {scv}; use lognormal or hyperexponential"));
    }
    Ok(scv)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::law::testing::close;

    #[test]
    fn mean_and_scv_are_the_ones_asked_for() {
        for (kind, scv) in [
            (LawKind::Constant, 0.0),
            (LawKind::Exponential, 1.0),
            (LawKind::Erlang, 0.25),
            (LawKind::Erlang, 1.0 / 3.0),
            (LawKind::Gamma, 1e-4),
            (LawKind::Gamma, 0.3),
            (LawKind::Gamma, 1e6),
            (LawKind::Weibull, 1e-4),
            (LawKind::Weibull, 0.3),
            (LawKind::Weibull, 1.0),
            (LawKind::Weibull, 4.0),
            (LawKind::Weibull, 1e6),
            (LawKind::Lognormal, 4.0),
            (LawKind::Hyperexponential, 4.0),
            (LawKind::Hyperexponential, 1.0),
            (LawKind::Hyperexponential, 1e6),
            (LawKind::Uniform, 0.2),
            (LawKind::Normal, 0.2),
            (LawKind::Triangular, 0.1),
        ] {
            let law = Law::by_mean(kind, 7.0, Some(scv)).unwrap();
            close(law.mean(), 7.0, 1e-9, &format!("{law:?}"));
            close(law.scv().unwrap(), scv, 1e-9, &format!("{law:?}"));
        }
    }

    /// golden/methods/queueing.json, mphc_exact: H2 with balanced means, mean 1, SCV 4: p1 .8872983346207417, rates
    /// 1.7745966692414834 and .2254033307585166.
    #[test]
    fn hyperexponential_has_balanced_means() {
        let Law::Hyperexponential { p_1, mean_1, mean_2 } =
            Law::by_mean(LawKind::Hyperexponential, 1.0, Some(4.0)).unwrap()
        else {
            unreachable!("asked for a hyperexponential law")
        };
        close(p_1, 0.8872983346207417, 1e-15, "p1");
        close(mean_1, 1.0 / 1.7745966692414834, 1e-14, "mean 1");
        close(mean_2, 1.0 / 0.2254033307585166, 1e-14, "mean 2");
    }

    /// Weibull by hand: shape 1/2 has mean 2 scale and scv 5 (moments n! of the square root: 2!, 4!; 24/4 - 1); shape 1 is
    /// exponential; shape 2 (Rayleigh) has scv 4/pi - 1.
    #[test]
    fn weibull_shapes_are_solved_from_the_scv() {
        for (scv, want) in [(5.0, 0.5), (1.0, 1.0), (4.0 / std::f64::consts::PI - 1.0, 2.0), (19.0, 1.0 / 3.0)] {
            let Law::Weibull { shape, scale } = Law::by_mean(LawKind::Weibull, 6.0, Some(scv)).unwrap() else {
                unreachable!("asked for a Weibull law")
            };
            close(shape, want, 1e-13, "shape");
            if want == 0.5 {
                close(scale, 3.0, 1e-13, "scale");
            }
        }
    }

    #[test]
    fn five_and_ninety_five_per_cent_are_where_they_were_put() {
        for kind in [LawKind::Lognormal, LawKind::Normal, LawKind::Uniform, LawKind::Triangular] {
            let law = Law::by_p5_p95(Some(kind), 2.0, 11.0).unwrap();
            close(law.cdf(2.0), 0.05, 1e-12, kind.name());
            close(law.cdf(11.0), 0.95, 1e-12, kind.name());
        }
        assert!(Law::by_p5_p95(Some(LawKind::Normal), -2.0, 0.0).is_ok());
    }

    #[test]
    fn mistakes_are_told_with_the_cure() {
        let told = |result: Result<Law, String>, word: &str| {
            let message = result.unwrap_err();
            assert!(message.contains(word), "{message}");
        };
        told(Law::by_mean(LawKind::Erlang, 1.0, None), "needs scv");
        told(Law::by_mean(LawKind::Erlang, 1.0, Some(0.4)), "whole number");
        told(Law::by_mean(LawKind::Erlang, 1.0, Some(2.0)), "at most 1");
        told(Law::by_mean(LawKind::Exponential, 1.0, Some(2.0)), "leave scv out");
        told(Law::by_mean(LawKind::Hyperexponential, 1.0, Some(0.5)), "at least 1");
        told(Law::by_mean(LawKind::Lognormal, 1.0, Some(0.0)), "use constant");
        told(Law::by_mean(LawKind::Lognormal, 0.0, Some(1.0)), "positive");
        told(Law::by_mean(LawKind::Lognormal, 1.0, Some(f64::NAN)), "scv is NaN");
        told(Law::by_mean(LawKind::Gamma, 1.0, None), "needs scv");
        told(Law::by_mean(LawKind::Gamma, 1.0, Some(1e-5)), "at least");
        told(Law::by_mean(LawKind::Weibull, 1.0, Some(0.0)), "use constant");
        told(Law::by_mean(LawKind::Weibull, 1.0, Some(1e7)), "at most");
        told(Law::by_p5_p95(Some(LawKind::Weibull), 1.0, 3.0), "cannot be given");
        told(Law::by_p5_p95(None, 0.0, 1.0), "dist =");
        told(Law::by_p5_p95(None, 3.0, 1.0), "swap");
        told(Law::by_p5_p95(None, 3.0, 3.0), "number itself");
        told(Law::by_p5_p95(Some(LawKind::Erlang), 1.0, 3.0), "cannot be given");
        assert!(Law::Uniform { low: 2.0, high: 1.0 }.check().is_err());
    }
}
