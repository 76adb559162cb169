//! Losses over the runs of a cell: tail of the NPV, and how the labs' margins move together. Does not choose the runs.

use crate::stats::tail::{Tail, tail};

/// Level of the reported tail.
pub const LEVEL: f64 = 0.90;

/// VaR and ES at 0.90 of loss = - NPV total over the runs of a cell, n_tail = n - ceil(0.9 n - 1e-9); refused below ten.
pub fn npv_tail(npv_totals: &[f64]) -> Result<Tail, String> {
    let losses: Vec<f64> = npv_totals.iter().map(|npv| -npv).collect();
    tail(&losses, LEVEL)
}

/// Correlation (Pearson) of two labs' margins over the same runs; None below two runs or where one of them never varies.
pub fn correlation(a: &[f64], b: &[f64]) -> Option<f64> {
    assert!(a.len() == b.len(), "{} margins against {}", a.len(), b.len());
    let n = a.len() as f64;
    let mean = |x: &[f64]| x.iter().sum::<f64>() / n;
    let (mean_a, mean_b) = (mean(a), mean(b));
    let (mut aa, mut bb, mut ab) = (0.0, 0.0, 0.0);
    for (x, y) in a.iter().zip(b) {
        aa += (x - mean_a) * (x - mean_a);
        bb += (y - mean_b) * (y - mean_b);
        ab += (x - mean_a) * (y - mean_b);
    }
    (2 <= a.len() && 0.0 < aa && 0.0 < bb).then(|| (ab / (aa * bb).sqrt()).clamp(-1.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 100 runs with NPV 1..=100: losses -100..-1; ceil(90) = 90, so VaR = -11, ES = mean of -10..-1 = -5.5, n_tail 10; 99 runs: 9.
    #[test]
    fn a_tail_of_ten_is_told_and_of_nine_refused() {
        let npv: Vec<f64> = (1..=100).map(f64::from).collect();
        let told = npv_tail(&npv).unwrap();
        assert_eq!((told.var, told.n_tail), (-11.0, 10));
        assert!((told.es + 5.5).abs() < 1e-9, "{told:?}");
        assert!(npv_tail(&npv[..99]).unwrap_err().contains("leave 9"));
    }

    /// Means 2 and 4; deviations (-1, 0, 1) and (-2, 1, 1): 3 / sqrt(2 x 6) = 0.866025.
    #[test]
    fn margins_that_move_together() {
        let got = correlation(&[1.0, 2.0, 3.0], &[2.0, 5.0, 5.0]).unwrap();
        assert!((got - 0.866_025_403_784_438_6).abs() < 1e-12, "{got}");
        assert_eq!(correlation(&[1.0, 1.0], &[2.0, 3.0]), None);
        assert_eq!(correlation(&[1.0], &[2.0]), None);
    }
}
