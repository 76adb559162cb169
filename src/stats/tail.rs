//! Tail measures of losses: value at risk and expected shortfall.
//!
//! It does not say over which runs, nor whose loss; gains are the caller's to negate. Methods 2.3.

/// Points beyond the VaR below which a tail is not reported: a mean of fewer is an anecdote.
pub const LEAST_TAIL: usize = 10;

/// Value at risk and expected shortfall at one level, in the unit of the losses.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tail {
    /// The loss exceeded with probability at most 1 - level: x_(ceil(n a)), type 1.
    pub var: f64,
    /// Mean loss in the worst 1 - level of cases (Acerbi and Tasche 2002).
    pub es: f64,
    /// Number of losses beyond the one at the VaR.
    pub n_tail: usize,
}

/// VaR and ES of `losses` at `level` (0.95 for the worst 5 %), or the reason why there are none.
///
/// Refuses when fewer than ten losses lie beyond the VaR: n - ceil(n a - 1e-9) < 10. Eq. (31).
pub fn tail(losses: &[f64], level: f64) -> Result<Tail, String> {
    let beyond = losses.len() - rank(losses.len(), level);
    if beyond < LEAST_TAIL {
        return Err(format!(
            "{} runs leave {beyond} beyond the {level} quantile and {LEAST_TAIL} are needed; ask for {} runs",
            losses.len(),
            runs_needed(level)
        ));
    }
    Ok(tail_of_any(losses, level).expect("a tail of ten is not empty"))
}

/// As `tail`, however few the losses; None of nothing. For tests against exact values.
///
/// ES = ((ceil(na) - na) x_(ceil(na)) + sum of the losses beyond) / (n (1 - a)); 1e-9 is taken from n a before the
/// ceiling, because n a is inexact in floating point.
pub fn tail_of_any(losses: &[f64], level: f64) -> Option<Tail> {
    assert!(0.0 < level && level < 1.0, "tail at level {level}");
    if losses.is_empty() {
        return None;
    }
    let mut sorted = losses.to_vec();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len();
    let at = rank(n, level);
    let var = sorted[at - 1];
    let n_level = n as f64 * level;
    let beyond: f64 = sorted[at..].iter().sum();
    let es = ((at as f64 - n_level).max(0.0) * var + beyond) / (n as f64 * (1.0 - level));
    // The weights add up to 1 but for rounding; the shortfall is never below the value at risk.
    Some(Tail { var, es: es.max(var), n_tail: n - at })
}

/// ceil(n a - 1e-9), the rank of the VaR counted from 1.
fn rank(n: usize, level: f64) -> usize {
    ((n as f64 * level - 1e-9).ceil().max(1.0) as usize).min(n)
}

/// The least n that leaves ten beyond the quantile.
fn runs_needed(level: f64) -> usize {
    let mut n = (LEAST_TAIL as f64 / (1.0 - level) - 1e-6).floor().max(1.0) as usize;
    while n - rank(n, level) < LEAST_TAIL {
        n += 1;
    }
    n
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::law::Law;
    use crate::stats::quantile::{normal_pdf, normal_quantile};

    fn close(got: f64, want: f64, relative: f64, what: &str) {
        assert!((got - want).abs() <= relative * want.abs(), "{what}: got {got:?}, want {want:?}");
    }

    /// golden/methods/stats_risk.json, var_es_empirical: 20 losses; at .925 the loss at the VaR counts by half.
    #[test]
    fn twenty_losses() {
        let losses = [
            12.0, -3.0, 4.5, 0.0, 22.0, 7.0, -1.0, 15.0, 3.0, 9.0, 1.0, 40.0, 5.0, -2.0, 8.0, 11.0, 2.0, 6.0, 30.0,
            10.0,
        ];
        let golden = [
            (0.8, 12.0, 26.75, 4),
            (0.9, 22.0, 35.0, 2),
            (0.925, 30.0, 36.666666666666686, 1),
            (0.95, 30.0, 40.0, 1),
            (0.975, 40.0, 40.0, 0),
            (0.99, 40.0, 40.0, 0),
        ];
        for (level, var, es, n_tail) in golden {
            let got = tail_of_any(&losses, level).unwrap();
            assert_eq!((got.var, got.n_tail), (var, n_tail), "at {level}");
            close(got.es, es, 1e-12, "ES");
        }
        assert_eq!(tail_of_any(&[], 0.9), None);
    }

    /// 199 runs leave 199 - 190 = 9 beyond the 95 % quantile, 200 leave 10.
    #[test]
    fn a_thin_tail_is_refused_with_the_cure() {
        let losses: Vec<f64> = (0..200).map(f64::from).collect();
        let told = tail(&losses[..199], 0.95).unwrap_err();
        assert!(told.contains("leave 9") && told.contains("ask for 200 runs"), "{told}");
        let got = tail(&losses, 0.95).unwrap();
        assert_eq!((got.var, got.n_tail), (189.0, 10));
        close(got.es, 194.5, 1e-12, "mean of 190..199");
        assert!(tail(&[], 0.95).is_err());
    }

    /// golden/methods/stats_risk.json, var_es_closed_form: normal(0,1) at .95: 1.6448536269514722, 2.0627128075074257 =
    /// phi(z)/(1-a); exponential of mean 2: 5.99146454710798, 7.99146454710798.
    #[test]
    fn many_quantiles_have_the_closed_form() {
        let n = 100_000;
        let grid = |law: Law| (0..n).map(|i| law.quantile((f64::from(i) + 0.5) / f64::from(n))).collect::<Vec<f64>>();
        let normal = tail(&grid(Law::Normal { mean: 0.0, sd: 1.0 }), 0.95).unwrap();
        close(normal.var, 1.6448536269514722, 1e-4, "VaR");
        close(normal.es, 2.0627128075074257, 1e-4, "ES");
        close(normal_pdf(normal_quantile(0.95)) / 0.05, 2.0627128075074257, 1e-12, "closed form");
        let exponential = tail(&grid(Law::Exponential { mean: 2.0 }), 0.95).unwrap();
        close(exponential.var, 5.99146454710798, 1e-3, "VaR");
        close(exponential.es, 7.99146454710798, 1e-3, "ES");
    }
}
