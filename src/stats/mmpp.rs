//! MMPP/M/1 exactly: Poisson arrivals whose rate follows a Markov chain in continuous time, one exponential server.
//!
//! It approximates nothing; modulated arrivals at several servers, or with other service, have no answer here.
use super::chain::Chain;
use super::matrix::Matrix;
use super::phase::{Waiting, return_and_ratio};

/// Arrivals in states: state i has rate `rates[i]`, is left for state j at rate `leaving[i][j]` (the diagonal is not read).
#[derive(Clone, Debug, PartialEq)]
pub struct Mmpp {
    /// Arrival rate by state, at least 0 [per unit of time].
    pub rates: Vec<f64>,
    /// Rate of change from state to state, at least 0 [per unit of time].
    pub leaving: Vec<Vec<f64>>,
}

impl Mmpp {
    /// Waiting at one server of rate `service_rate`, first come first served, as the arrivals see it; None when unstable or where
    /// not every state is reached from every other. Eq. (51).
    ///
    /// Levels repeat from the empty system on: pi_n = pi_0 R^n, and pi_0 = (1 - rho) g with g = g G (Lucantoni 1991; Fischer and
    /// Meier-Hellstern 1993).
    pub fn wait_at_one_server(&self, service_rate: f64) -> Option<Waiting> {
        assert!(0.0 < service_rate, "service at {service_rate}");
        let n = self.rates.len();
        let mean_rate = self.mean_rate()?;
        if service_rate <= mean_rate {
            return None;
        }
        let mut up = Matrix::zeros(n, n);
        let mut same = Matrix::zeros(n, n);
        for (i, row) in self.leaving.iter().enumerate() {
            up.add_at(i, i, self.rates[i]);
            same.add_at(i, i, -self.rates[i] - service_rate);
            for j in (0..n).filter(|j| *j != i) {
                same.add_at(i, j, row[j]);
                same.add_at(i, i, -row[j]);
            }
        }
        let (back, ratio) = return_and_ratio(&up, &same, &Matrix::diagonal(n, service_rate));
        // The state at the ends of busy periods.
        let ends = Chain::new(&(0..n).map(|i| back.after(&unit(n, i))).collect::<Vec<_>>())?;
        let empty: Vec<f64> = ends.visits().iter().map(|share| (1.0 - mean_rate / service_rate) * share).collect();
        let rest = Matrix::diagonal(n, 1.0).plus(-1.0, &ratio);
        let all = rest.solve(&Matrix::diagonal(n, 1.0));
        let customers: f64 = all.after(&all.after(&ratio.after(&empty))).iter().sum();
        let at_once: f64 = empty.iter().zip(&self.rates).map(|(p, rate)| p * rate).sum();
        Some(Waiting { mean_wait: customers / mean_rate - 1.0 / service_rate, p_wait: 1.0 - at_once / mean_rate })
    }

    /// Long-run arrival rate [per unit of time]; None where not every state is reached from every other.
    pub fn mean_rate(&self) -> Option<f64> {
        let n = self.rates.len();
        let row = |i: usize| (0..n).map(|j| if i == j { 0.0 } else { self.leaving[i][j] }).collect::<Vec<f64>>();
        let rows: Vec<Vec<f64>> = (0..n).map(row).collect();
        let chain = Chain::new(&rows)?;
        let times: Vec<f64> = chain.visits().iter().zip(&rows).map(|(v, row)| v / row.iter().sum::<f64>()).collect();
        let arrivals: f64 = times.iter().zip(&self.rates).map(|(time, rate)| time * rate).sum();
        Some(arrivals / times.iter().sum::<f64>())
    }
}

fn unit(n: usize, at: usize) -> Vec<f64> {
    (0..n).map(|i| f64::from(u8::from(i == at))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two(rates: [f64; 2]) -> Mmpp {
        Mmpp { rates: rates.to_vec(), leaving: vec![vec![0.0, 1.0 / 12.0], vec![0.25, 0.0]] }
    }

    /// Equal rates are M/M/1; the wait of unequal ones by plain iteration of R and the boundary equations, in another language:
    /// 3.699529465243005 h, and .7167450891261635 of the arrivals wait.
    #[test]
    fn two_states_at_one_server() {
        let even = two([0.8, 0.8]).wait_at_one_server(1.0).unwrap();
        assert!((even.mean_wait - 4.0).abs() < 1e-11 && (even.p_wait - 0.8).abs() < 1e-12, "{even:?}");
        let bursty = two([1.0 / 6.0, 1.5]);
        assert!((bursty.mean_rate().unwrap() - 0.5).abs() < 1e-15);
        let wait = bursty.wait_at_one_server(1.0).unwrap();
        assert!((wait.mean_wait - 3.699529465243005).abs() < 1e-9, "{wait:?}");
        assert!((wait.p_wait - 0.7167450891261635).abs() < 1e-10, "{wait:?}");
        assert_eq!(bursty.wait_at_one_server(0.5), None);
    }

    /// A state of rate 0: on-off arrivals are renewals whose intervals are hyperexponential (Kuczura 1973), so GI/M/1 answers too.
    /// On at rate 1, left at 1/2, entered at 1/3: the intervals have rates z with z^2 - (1 + 1/2 + 1/3) z + 1/3 = 0.
    #[test]
    fn on_off_arrivals_are_renewals() {
        use crate::stats::law::Law;
        use crate::stats::queueing::gim1_p_wait;
        let on_off = Mmpp { rates: vec![1.0, 0.0], leaving: vec![vec![0.0, 0.5], vec![1.0 / 3.0, 0.0]] };
        let (sum, product) = (1.0f64 + 0.5 + 1.0 / 3.0, 1.0 / 3.0);
        let root = (sum * sum / 4.0 - product).sqrt();
        let (fast, slow) = (sum / 2.0 + root, sum / 2.0 - root);
        let p_1 = (1.0 - slow) / (fast - slow);
        let law = Law::Hyperexponential { p_1, mean_1: 1.0 / fast, mean_2: 1.0 / slow };
        let sigma = gim1_p_wait(&law, 0.7).unwrap();
        let wait = on_off.wait_at_one_server(0.7).unwrap();
        assert!((wait.p_wait - sigma).abs() < 1e-9, "{wait:?} {sigma}");
        assert!((wait.mean_wait - sigma / (0.7 * (1.0 - sigma))).abs() < 1e-8, "{wait:?}");
    }
}
