//! How sure a mean is: t intervals, the split into what is not known and what is chance, paired differences, plain
//! quantiles.
//!
//! It reads no record and names no metric; tails (VaR, ES) are `tail`. Coupling D3, entry 11 of coupled.json; methods
//! 2.5.
use super::accumulate::Accumulator;
use super::math::{exp, ln, square};
use super::quantile::student_quantile;

/// Mean and half-width of its confidence interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// Mean, in the unit of the values.
    pub mean: f64,
    /// Half-width of the interval, in the same unit; None of fewer than two values.
    pub half_width: Option<f64>,
}

/// The t interval of the mean of independent values at `confidence` (0.95 for 95 %); None of nothing.
pub fn t_interval(values: &[f64], confidence: f64) -> Option<Interval> {
    let all: Accumulator = values.iter().copied().collect();
    let half_width = all.variance().map(|v| half_width(v / values.len() as f64, values.len() - 1, confidence));
    all.mean().map(|mean| Interval { mean, half_width })
}

/// m draws of what is not known, r replications of chance in each: the mean, its error, and whose fault the spread is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TwoLevel {
    /// Mean over all m r runs.
    pub mean: f64,
    /// Half-width of the interval of that mean (`mc_half_width`); None of a single draw.
    pub half_width: Option<f64>,
    /// Mean square between draws, r x variance of the draws' means; None of a single draw or of independent rows.
    pub msb: Option<f64>,
    /// Mean square within draws; None when r < 2 or of independent rows.
    pub msw: Option<f64>,
    /// Variance owed to what is not known, (MSB - MSW)/r, not below 0; None where either is.
    pub sigma2_theta: Option<f64>,
    /// Variance owed to chance, MSW; None when r < 2 or of independent rows.
    pub sigma2_noise: Option<f64>,
    /// sigma2_theta / (sigma2_theta + sigma2_noise), in [0, 1]; None where either is, or where nothing varies.
    pub param_share: Option<f64>,
}

/// Splits the variance of `values`, listed draw by draw with `replications` in each. Eq. (32); coupling D3, coupled.json 11.
///
/// The interval has m - 1 degrees of freedom: replications of one draw share its unknowns. With `independent` (a design
/// in which no two rows share anything) all rows count, with n - 1, and nothing is split. None of nothing; a ragged
/// list is our bug.
pub fn two_level(values: &[f64], replications: usize, independent: bool, confidence: f64) -> Option<TwoLevel> {
    assert!(
        0 < replications && values.len().is_multiple_of(replications),
        "{} values, {replications} a draw",
        values.len()
    );
    if independent {
        let Interval { mean, half_width } = t_interval(values, confidence)?;
        let (msb, msw, sigma2_theta, sigma2_noise, param_share) = (None, None, None, None, None);
        return Some(TwoLevel { mean, half_width, msb, msw, sigma2_theta, sigma2_noise, param_share });
    }
    let r = replications as f64;
    let draws: Vec<Accumulator> = values.chunks_exact(replications).map(|row| row.iter().copied().collect()).collect();
    let means: Accumulator = draws.iter().filter_map(Accumulator::mean).collect();
    let within: Accumulator = draws.iter().filter_map(Accumulator::variance).collect();
    let msb = means.variance().map(|v| r * v);
    let msw = within.mean();
    let sigma2_theta = msb.zip(msw).map(|(between, within)| ((between - within) / r).max(0.0));
    let param_share = sigma2_theta
        .zip(msw)
        .filter(|(theta, noise)| 0.0 < theta + noise)
        .map(|(theta, noise)| theta / (theta + noise));
    let half_width = msb.map(|between| half_width(between / values.len() as f64, draws.len() - 1, confidence));
    means.mean().map(|mean| TwoLevel { mean, half_width, msb, msw, sigma2_theta, sigma2_noise: msw, param_share })
}

/// What pairing tells of a difference A - B. Eq. (33).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PairedDifference {
    /// Mean of A - B.
    pub mean: f64,
    /// Variance of A - B, by n - 1.
    pub variance: f64,
    /// Half-width of the t interval of the mean, n - 1 degrees of freedom.
    pub half_width: f64,
    /// Correlation of A and B [-]; None where one of them does not vary.
    pub correlation: Option<f64>,
    /// (Var A + Var B) / Var(A - B) [-]: how many times fewer runs pairing needs; None where the difference does not
    /// vary.
    pub variance_reduction: Option<f64>,
}

/// The paired difference of two equally long lists, run by run (or draw mean by draw mean); None of fewer than two
/// pairs.
pub fn paired_difference(a: &[f64], b: &[f64], confidence: f64) -> Option<PairedDifference> {
    assert!(a.len() == b.len(), "pairs of {} and {} values", a.len(), b.len());
    let difference: Accumulator = a.iter().zip(b).map(|(x, y)| x - y).collect();
    let (all_a, all_b): (Accumulator, Accumulator) = (a.iter().copied().collect(), b.iter().copied().collect());
    let (mean, variance) = difference.mean().zip(difference.variance())?;
    let (variance_a, variance_b) = all_a.variance().zip(all_b.variance())?;
    Some(PairedDifference {
        mean,
        variance,
        half_width: half_width(variance / a.len() as f64, a.len() - 1, confidence),
        correlation: correlation(a, b),
        variance_reduction: (0.0 < variance).then(|| (variance_a + variance_b) / variance),
    })
}

/// The quantile of type 7 (Hyndman and Fan 1996; the default of numpy and R) of values sorted upwards; None of nothing.
///
/// `p` in [0, 1]: the value at rank p (n - 1), the two neighbours joined by a line. Eq. (34).
pub fn quantile_type7(sorted: &[f64], p: f64) -> Option<f64> {
    assert!(0.0 <= p && p <= 1.0, "quantile at p = {p}");
    assert!(sorted.is_sorted_by(|a, b| a <= b), "a quantile of values out of order");
    let rank = p * sorted.len().checked_sub(1)? as f64;
    let below = rank.floor() as usize;
    let low = sorted[below];
    let high = sorted[(below + 1).min(sorted.len() - 1)];
    Some(low + (rank - below as f64) * (high - low))
}

/// t_{(1 + confidence)/2, df} x sqrt(variance of the mean).
fn half_width(variance_of_mean: f64, df: usize, confidence: f64) -> f64 {
    assert!(0.0 < confidence && confidence < 1.0, "confidence {confidence}");
    student_quantile(df as f64, 0.5 + 0.5 * confidence) * variance_of_mean.sqrt()
}

/// Correlation (Pearson) of two equally long lists [-]; None below two pairs or where one of them does not vary.
pub fn correlation(a: &[f64], b: &[f64]) -> Option<f64> {
    assert!(a.len() == b.len(), "pairs of {} and {} values", a.len(), b.len());
    let mean = |x: &[f64]| x.iter().copied().collect::<Accumulator>().mean();
    let (mean_a, mean_b) = mean(a).zip(mean(b))?;
    let (mut aa, mut bb, mut ab) = (0.0, 0.0, 0.0);
    for (x, y) in a.iter().zip(b) {
        aa += square(x - mean_a);
        bb += square(y - mean_b);
        // The product itself, not (aa + bb - (a - b)^2)/2, which cancels when the two are far apart in scale.
        ab += (x - mean_a) * (y - mean_b);
    }
    (2 <= a.len() && 0.0 < aa && 0.0 < bb).then(|| (ab / (aa * bb).sqrt()).clamp(-1.0, 1.0))
}

/// Ends of the interval of a correlation of runs listed draw by draw with `replications` in each. Eq. (35).
///
/// Runs of one draw share its unknowns and are no independent pairs, so that Fisher's 1/sqrt(n - 3) is too small. The standard error of
/// z = atanh r is the jackknife's over draws, each left out whole (Quenouille and Tukey; Efron and Tibshirani 1993, 11.5), and z +- t with
/// m - 1 degrees of freedom is turned back (Fisher 1921: on that scale r is near normal). With `independent` every run is a draw. None below
/// four draws, at r = +-1, or where leaving a draw out leaves no correlation.
pub fn correlation_interval(
    a: &[f64],
    b: &[f64],
    replications: usize,
    independent: bool,
    confidence: f64,
) -> Option<(f64, f64)> {
    let size = if independent { 1 } else { replications };
    assert!(0 < size && a.len().is_multiple_of(size), "{} values, {size} a draw", a.len());
    let m = a.len() / size;
    let z = fisher_z(correlation(a, b)?)?;
    let without = |list: &[f64], draw: usize| [&list[..draw * size], &list[(draw + 1) * size..]].concat();
    let left_out: Option<Vec<f64>> =
        (0..m).map(|draw| fisher_z(correlation(&without(a, draw), &without(b, draw))?)).collect();
    let spread = left_out?.into_iter().collect::<Accumulator>().variance()?;
    if m < 4 {
        return None;
    }
    // Sum of squares x (m - 1)/m, and the variance is that sum over m - 1.
    let variance = spread * square((m - 1) as f64) / m as f64;
    let half = half_width(variance, m - 1, confidence);
    Some((tanh(z - half), tanh(z + half)))
}

/// Fisher's z = atanh r; None at +-1.
fn fisher_z(r: f64) -> Option<f64> {
    (r.abs() < 1.0).then(|| 0.5 * ln((1.0 + r) / (1.0 - r)))
}

fn tanh(z: f64) -> f64 {
    let e = exp(-2.0 * z.abs());
    z.signum() * (1.0 - e) / (1.0 + e)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(got: f64, want: f64, what: &str) {
        assert!((got - want).abs() <= 1e-10 * want.abs(), "{what}: got {got:?}, want {want:?}");
    }

    /// golden/methods/stats_risk.json, t_interval.
    #[test]
    fn t_interval_of_ten() {
        let y = [4.31, 5.02, 4.77, 5.55, 4.9, 5.11, 4.68, 5.27, 4.95, 5.08];
        for (confidence, want) in
            [(0.90, 0.19565039887496805), (0.95, 0.24144281747988405), (0.99, 0.34685894614752816)]
        {
            let interval = t_interval(&y, confidence).unwrap();
            close(interval.mean, 4.964, "mean");
            close(interval.half_width.unwrap(), want, "half-width");
        }
        assert_eq!(t_interval(&[], 0.95), None);
        assert_eq!(t_interval(&[2.0], 0.95), Some(Interval { mean: 2.0, half_width: None }));
    }

    /// golden/coupled.json, entry 11; to the twelve digits it prints.
    #[test]
    fn two_levels_are_told_apart() {
        let rows = [10.2, 11.0, 9.7, 14.1, 13.2, 13.9, 8.0, 9.1, 8.7, 12.4, 11.1, 12.0, 16.3, 15.0, 15.8];
        let got = two_level(&rows, 3, false, 0.95).unwrap();
        let want = [
            (Some(got.mean), 12.0333333333333),
            (got.msb, 23.375),
            (got.msw, 0.367333333333333),
            (got.sigma2_theta, 7.66922222222222),
            (got.sigma2_noise, 0.367333333333333),
            (got.param_share, 0.95429219262),
            (got.half_width, 3.46592588393),
        ];
        for (got, want) in want {
            close(got.unwrap(), want, "entry 11");
        }
        let naive = two_level(&rows, 3, true, 0.95).unwrap();
        close(naive.half_width.unwrap(), 1.45897553138, "half_width_naive");
        assert_eq!((naive.param_share, naive.msb, naive.sigma2_noise), (None, None, None));
    }

    #[test]
    fn what_is_not_estimated_stays_blank() {
        let single = two_level(&[1.0, 2.0, 4.0], 1, false, 0.95).unwrap();
        assert_eq!(
            (single.msw, single.sigma2_noise, single.sigma2_theta, single.param_share),
            (None, None, None, None)
        );
        assert_eq!(single.half_width, t_interval(&[1.0, 2.0, 4.0], 0.95).unwrap().half_width);
        let one_draw = two_level(&[1.0, 2.0], 2, false, 0.95).unwrap();
        assert_eq!((one_draw.half_width, one_draw.msb, one_draw.msw), (None, None, Some(0.5)));
        let constant = two_level(&[3.0; 6], 2, false, 0.95).unwrap();
        assert_eq!((constant.half_width, constant.param_share), (Some(0.0), None));
        // Draws closer together than chance alone would leave them: the share is 0, not negative.
        assert_eq!(two_level(&[0.0, 2.0, 2.0, 0.0], 2, false, 0.95).unwrap().param_share, Some(0.0));
        assert_eq!(two_level(&[], 2, false, 0.95), None);
    }

    /// golden/methods/stats_risk.json, paired_t_crn; the factor there is Welch's: (sd_A^2 + sd_B^2)/sd_diff^2.
    #[test]
    fn pairing_is_worth_its_factor() {
        let a = [102.4, 98.7, 110.2, 95.1, 105.6, 99.9, 107.3, 101.0, 96.8, 104.4];
        let b = [99.8, 97.1, 108.9, 93.0, 103.1, 98.8, 104.2, 99.7, 94.1, 102.8];
        let got = paired_difference(&a, &b, 0.95).unwrap();
        close(got.mean, 1.99, "mean");
        close(got.variance.sqrt(), 0.7015063158027224, "sd");
        close(got.half_width, 0.5018273875915155, "half-width");
        close(got.correlation.unwrap(), 0.989296013268921, "correlation");
        close(got.variance_reduction.unwrap(), 93.21043124858933, "factor");
        let same = paired_difference(&a, &a, 0.95).unwrap();
        assert_eq!((same.mean, same.half_width, same.variance_reduction), (0.0, 0.0, None));
        assert_eq!(paired_difference(&[1.0], &[2.0], 0.95), None);
        assert_eq!(paired_difference(&[1.0, 1.0], &[2.0, 3.0], 0.95).unwrap().correlation, None);
    }

    /// golden/methods/stats_risk.json, quantile_types, type 7.
    #[test]
    fn quantile_of_type_7() {
        let mut x = [3.2, 1.1, 7.5, 4.4, 9.9, 2.7, 6.1, 5.0, 8.8, 0.6];
        x.sort_by(f64::total_cmp);
        for (p, want) in [(0.05, 0.825), (0.25, 2.825), (0.5, 4.7), (0.9, 8.91), (0.95, 9.405), (0.99, 9.801)] {
            close(quantile_type7(&x, p).unwrap(), want, "type 7");
        }
        assert_eq!(
            (quantile_type7(&x, 0.0), quantile_type7(&x, 1.0), quantile_type7(&[], 0.5)),
            (Some(0.6), Some(9.9), None)
        );
    }

    /// Means 2 and 4; deviations (-1, 0, 1) and (-2, 1, 1): 3 / sqrt(2 x 6) = 0.866025.
    #[test]
    fn lists_that_move_together() {
        close(correlation(&[1.0, 2.0, 3.0], &[2.0, 5.0, 5.0]).unwrap(), 0.866_025_403_784_438_6, "correlation");
        assert_eq!(correlation(&[1.0, 1.0], &[2.0, 3.0]), None);
        assert_eq!(correlation(&[1.0], &[2.0]), None);
    }

    /// Every pair twice says no more than once: the same interval, which Fisher's formula would narrow by the square root of two.
    #[test]
    fn a_correlation_of_copies_is_no_surer() {
        let a: Vec<f64> = (0..12).map(|i| f64::from(i * i % 17)).collect();
        let b: Vec<f64> = (0..12).map(|i| f64::from(i * i % 17 + i * 5 % 11)).collect();
        let twice = |x: &[f64]| -> Vec<f64> { x.iter().flat_map(|v| [*v, *v]).collect() };
        let once = correlation_interval(&a, &b, 1, false, 0.95).unwrap();
        let copied = correlation_interval(&twice(&a), &twice(&b), 2, false, 0.95).unwrap();
        close(copied.0, once.0, "low");
        close(copied.1, once.1, "high");
        let naive = correlation_interval(&twice(&a), &twice(&b), 2, true, 0.95).unwrap();
        assert!(naive.1 - naive.0 < 0.8 * (once.1 - once.0), "{naive:?} of {once:?}");
        assert_eq!(correlation_interval(&a[..3], &b[..3], 1, false, 0.95), None);
        assert_eq!(correlation_interval(&a, &a, 1, false, 0.95), None);
    }

    /// 50 draws x 2 replications, nine tenths of the variance shared within a draw, true correlation 0.6: of 1,000 intervals about 950
    /// hold it. Fisher's, of 100 pairs as if independent, hold it in about 830.
    #[test]
    fn a_correlation_lies_in_its_interval() {
        use crate::stats::quantile::normal_quantile;
        let mut state = 1_u64;
        let mut normal = || {
            // SplitMix64, so that the test has numbers of its own.
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut x = state;
            x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            normal_quantile(((x ^ (x >> 31)) >> 11) as f64 / (1_u64 << 53) as f64 + 1e-17)
        };
        let (rho, shared): (f64, f64) = (0.6, 0.9);
        let (mut by_draw, mut by_run) = (0, 0);
        for _ in 0..1000 {
            let (mut a, mut b) = (Vec::new(), Vec::new());
            let mut pair = || {
                let x = normal();
                (x, rho * x + (1.0 - rho * rho).sqrt() * normal())
            };
            for _ in 0..50 {
                let draw = pair();
                for _ in 0..2 {
                    let chance = pair();
                    a.push(shared.sqrt() * draw.0 + (1.0 - shared).sqrt() * chance.0);
                    b.push(shared.sqrt() * draw.1 + (1.0 - shared).sqrt() * chance.1);
                }
            }
            let holds = |(low, high): (f64, f64)| i32::from(low <= rho && rho <= high);
            by_draw += holds(correlation_interval(&a, &b, 2, false, 0.95).unwrap());
            let z = fisher_z(correlation(&a, &b).unwrap()).unwrap();
            let half = normal_quantile(0.975) / 97.0_f64.sqrt();
            by_run += holds((tanh(z - half), tanh(z + half)));
        }
        assert!((930..=970).contains(&by_draw), "{by_draw} of 1000");
        assert!(by_run < 880, "{by_run} of 1000");
    }
}
