//! How bursty the requests of a service are, from its clients: what each has of its own, and what all share. Draws nothing.

use crate::stats::math::pow;
use crate::stats::quantile::{gamma_cdf, gamma_quantile};
use crate::stats::shares::concentration;

/// Bursts of the numbers of a service's requests over a window, at any rate. Eq. (153).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bursts {
    /// Index of dispersion that clients have whatever their rates, weighed by their rates [-].
    pub idc: f64,
    /// Squared coefficient of variation, over the window, of the rate of all clients together [-].
    pub rate_scv: f64,
    /// The window \[s\].
    pub window_s: f64,
}

impl Bursts {
    /// Index of dispersion of numbers over the window at a rate of all clients together \[requests/s\]. Eq. (153).
    pub fn idc_at(&self, per_s: f64) -> f64 {
        self.idc + self.rate_scv * per_s * self.window_s
    }

    /// Five rates over the mean rate, each of a fifth of the time: means of the fifths of a gamma law with mean 1 and variance `rate_scv`. Empty: the rate
    /// stays. Eq. (153).
    pub fn rates(&self) -> Vec<f64> {
        if self.rate_scv == 0.0 {
            return Vec::new();
        }
        let shape = 1.0 / self.rate_scv;
        // Mean of X up to x = F of the law of one stage more.
        let below: Vec<f64> = (0..=FIFTHS)
            .map(|n| {
                if n == FIFTHS {
                    1.0
                } else {
                    gamma_cdf(shape + 1.0, gamma_quantile(shape, n as f64 / FIFTHS as f64)).0
                }
            })
            .collect();
        below.windows(2).map(|ends| FIFTHS as f64 * (ends[1] - ends[0])).collect()
    }
}

/// Parts of the time between which rates are told apart.
const FIFTHS: usize = 5;

/// Squared coefficient of variation of the rate of `clients` together, at least one, the k-th of them with a share proportional to k^-`exponent`
/// (Zipf): each client's rate is moved by a factor of its own with coefficient of variation `own_cv`, and all by one factor with `common_cv`. The own
/// ones average out over the effective number of clients (Eq. (30)), the common one does not. Eq. (153).
pub fn rate_scv(clients: u64, exponent: f64, own_cv: f64, common_cv: f64) -> f64 {
    assert!(0 < clients, "nobody has no rate");
    let common = common_cv * common_cv;
    if own_cv == 0.0 {
        return common;
    }
    let weights: Vec<f64> = (1..=clients).map(|k| pow(k as f64, -exponent)).collect();
    let effective = concentration(&weights).expect("positive weights").effective_number;
    common + (1.0 + common) * own_cv * own_cv / effective
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: f64, b: f64) {
        assert!((a - b).abs() < 1e-9 * b.abs().max(1e-9), "{a} {b}");
    }

    /// Shares 6/11, 3/11, 2/11: squares add up to 49/121. Own factors of 0.5, a common one of 0.2: 0.04 + 1.04 x 0.25 x 49/121; at 10 a second over 60 s
    /// with an index of 3 whatever the rate, 3 + 600 times that.
    #[test]
    fn three_clients_by_hand() {
        let scv = rate_scv(3, 1.0, 0.5, 0.2);
        close(scv, 0.04 + 1.04 * 0.25 * 49.0 / 121.0);
        let bursts = Bursts { idc: 3.0, rate_scv: scv, window_s: 60.0 };
        close(bursts.idc_at(10.0), 3.0 + 600.0 * scv);
        assert_eq!(Bursts { idc: 3.0, rate_scv: 0.0, window_s: 60.0 }.idc_at(1e9).to_bits(), 3f64.to_bits());
    }

    /// Of an exponential law, variance 1, the fifths up to -ln(1 - n/5) have the means 5 ((1 - n/5)(1 + q_n) - (1 - (n+1)/5)(1 + q_(n+1))); what varies little stays near 1,
    /// and the mean is 1 whatever the variance.
    #[test]
    fn fifths_by_hand() {
        let of = |rate_scv: f64| Bursts { idc: 1.0, rate_scv, window_s: 60.0 }.rates();
        let upper = |n: f64| if n == 5.0 { 0.0 } else { (1.0 - n / 5.0) * (1.0 - (1.0 - n / 5.0).ln()) };
        for (n, rate) in of(1.0).iter().enumerate() {
            close(*rate, 5.0 * (upper(n as f64) - upper(n as f64 + 1.0)));
        }
        for scv in [1e-4, 0.01, 0.16, 1.0, 9.0] {
            close(of(scv).iter().sum::<f64>() / 5.0, 1.0);
        }
        assert!(of(0.0).is_empty() && of(1e-4).iter().all(|rate| (rate - 1.0).abs() < 0.02));
    }

    /// Equal clients: what is their own falls as their number grows, what they share stays. 100 clients with exponent 1 are as 16.458 equal ones
    /// (reference coupling, entry 15).
    #[test]
    fn what_is_common_does_not_average_out() {
        close(rate_scv(1, 1.3, 0.7, 0.0), 0.49);
        close(rate_scv(100, 0.0, 0.7, 0.0), 0.0049);
        close(rate_scv(1_000_000, 0.0, 0.0, 0.3), 0.09);
        assert!((rate_scv(100_000, 0.0, 0.7, 0.3) - 0.09 - 1.09 * 0.49e-5).abs() < 1e-12);
        assert!((1.0 / rate_scv(100, 1.0, 1.0, 0.0) - 16.458).abs() < 5e-4);
    }
}
