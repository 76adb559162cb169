//! Losses over the runs of a cell: the tail of the NPV. Does not choose the runs.

use crate::stats::tail::{Tail, tail};

/// Level of the reported tail.
pub const LEVEL: f64 = 0.90;

/// VaR and ES [USD] at 0.90 of loss = - NPV total over the runs of a cell, n_tail = n - ceil(0.9 n - 1e-9); refused below ten.
pub fn npv_tail(npv_totals_usd: &[f64]) -> Result<Tail, String> {
    let losses: Vec<f64> = npv_totals_usd.iter().map(|npv| -npv).collect();
    tail(&losses, LEVEL)
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
}
