//! How concentrated a total is: shares, the Herfindahl-Hirschman index, the effective number, the largest one and two.
//!
//! It knows no lab and no base (revenue, chips, margin); which of them is meant is the metric's to say. Methods 3.2.

/// The concentration of a total over its parts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Concentration {
    /// Sum of the squared shares in percent [points]: 10,000 for one part, 10,000/n for n equal ones.
    pub hhi: f64,
    /// Inverse of the sum of the squared shares [-]: as if there were so many equal parts.
    pub effective_number: f64,
    /// Share of the largest part, in [0, 1].
    pub cr1: f64,
    /// Share of the two largest parts together, in [0, 1].
    pub cr2: f64,
}

/// Shares of the amounts in their total [-], in the order given; None when the total is not positive or an amount is
/// negative.
///
/// A negative amount (a margin that is a loss) has no share: the caller says what it wants instead.
pub fn shares(amounts: &[f64]) -> Option<Vec<f64>> {
    let total: f64 = amounts.iter().sum();
    let defined = 0.0 < total && total.is_finite() && amounts.iter().all(|amount| 0.0 <= *amount);
    defined.then(|| amounts.iter().map(|amount| amount / total).collect())
}

/// Concentration of the amounts; None where `shares` is None. Adding parts of amount 0 changes nothing. Eq. (30).
pub fn concentration(amounts: &[f64]) -> Option<Concentration> {
    let shares = shares(amounts)?;
    let squares: f64 = shares.iter().map(|s| s * s).sum();
    let (mut first, mut second) = (0.0, 0.0);
    for &share in &shares {
        if first < share {
            (first, second) = (share, first);
        } else if second < share {
            second = share;
        }
    }
    Some(Concentration { hhi: 10_000.0 * squares, effective_number: 1.0 / squares, cr1: first, cr2: first + second })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Methods 3.2, golden/methods/stats_risk.json concentration.
    #[test]
    fn the_table_of_indices() {
        let golden: [(&[f64], f64, f64, f64, f64); 5] = [
            (&[50.0, 30.0, 20.0], 3800.0, 2.6315789473684212, 0.5, 0.8),
            (&[10.0, 40.0, 20.0, 30.0], 3000.0, 3.3333333333333317, 0.4, 0.7),
            (&[1.0, 1.0, 1.0, 1.0], 2500.0, 4.0, 0.25, 0.5),
            (&[0.7, 0.1, 0.1, 0.05, 0.05], 5150.0, 1.9417475728155347, 0.7, 0.8),
            (&[7.0, 0.0, 0.0], 10_000.0, 1.0, 1.0, 1.0),
        ];
        for (amounts, hhi, effective, cr1, cr2) in golden {
            let got = concentration(amounts).unwrap();
            for (got, want) in [(got.hhi, hhi), (got.effective_number, effective), (got.cr1, cr1), (got.cr2, cr2)] {
                assert!((got - want).abs() < 1e-9 * want, "{amounts:?}: {got} against {want}");
            }
        }
    }

    /// Merging shares a and b raises the index by 2 a b: 40, 30, 20, 10 to 40, 50, 10 is 3000 to 4200.
    #[test]
    fn a_merger_adds_twice_the_product() {
        assert!((concentration(&[40.0, 50.0, 10.0]).unwrap().hhi - 4200.0).abs() < 1e-9);
    }

    #[test]
    fn nothing_has_no_shares() {
        for amounts in [&[][..], &[0.0, 0.0], &[-1.0], &[2.0, -1.0], &[f64::NAN], &[f64::INFINITY, 1.0]] {
            assert_eq!(shares(amounts), None, "{amounts:?}");
            assert_eq!(concentration(amounts), None, "{amounts:?}");
        }
    }
}
