//! Markov chains of a few states: which state follows, how often each is visited, and the same chain run backwards.
//!
//! It knows no time (how long a state lasts is its owner's) and draws nothing: a step is a quantile at a given number.

/// An irreducible Markov chain, forwards and backwards.
#[derive(Clone, Debug, PartialEq)]
pub struct Chain {
    /// Cumulative probabilities of the next state, by state.
    next: Vec<Vec<f64>>,
    /// Cumulative probabilities of the state before, by state.
    previous: Vec<Vec<f64>>,
    visits: Vec<f64>,
}

impl Chain {
    /// The chain whose row i weighs the states that follow state i; weights at least 0, scaled to sum 1.
    ///
    /// None unless every state is reached from every other; a matrix that is not square is our mistake.
    pub fn new(weights: &[Vec<f64>]) -> Option<Chain> {
        let n = weights.len();
        assert!(weights.iter().all(|row| row.len() == n), "a chain of {n} states needs {n} weights a row");
        if n == 0 || !connected(n, |i, j| 0.0 < weights[i][j]) || !connected(n, |i, j| 0.0 < weights[j][i]) {
            return None;
        }
        let rows: Vec<Vec<f64>> = weights.iter().map(|row| scaled(row)).collect();
        let visits = stationary(&rows);
        let back = |i: usize| (0..n).map(|j| visits[j] * rows[j][i]).collect::<Vec<f64>>();
        Some(Chain {
            next: rows.iter().map(|row| cumulative(row)).collect(),
            previous: (0..n).map(|i| cumulative(&scaled(&back(i)))).collect(),
            visits,
        })
    }

    /// State 0, 1, ... `states` - 1, then 0 again; at least two states.
    pub fn cycle(states: usize) -> Chain {
        assert!(2 <= states, "a cycle of {states} states");
        let row = |i: usize| (0..states).map(|j| f64::from(u8::from(j == (i + 1) % states))).collect();
        Chain::new(&(0..states).map(row).collect::<Vec<_>>()).expect("a cycle passes every state")
    }

    /// Share of the visits that each state has in the long run [-]: the solution of visits = visits x transitions, sum 1.
    pub fn visits(&self) -> &[f64] {
        &self.visits
    }

    /// The state after `state` at the uniform number `u`.
    pub fn next(&self, state: usize, u: f64) -> usize {
        pick(&self.next[state], u)
    }

    /// The state before `state` at the uniform number `u`: the reversed chain, visits_j p_ji / visits_i (Kelly 1979, 1.7).
    pub fn previous(&self, state: usize, u: f64) -> usize {
        pick(&self.previous[state], u)
    }
}

/// The first place whose cumulative probability lies above `u`.
pub fn pick(cumulative: &[f64], u: f64) -> usize {
    cumulative.partition_point(|sum| *sum <= u).min(cumulative.len() - 1)
}

/// Running sums of weights over their total; the last is 1 whatever the rounding. Weights must not all be 0.
pub fn cumulative(weights: &[f64]) -> Vec<f64> {
    let total: f64 = weights.iter().sum();
    assert!(0.0 < total, "weights that sum to {total}");
    let mut sum = 0.0;
    let mut sums: Vec<f64> = weights
        .iter()
        .map(|weight| {
            sum += weight;
            sum / total
        })
        .collect();
    // A place of weight 0 at the end must not be found either.
    let last = weights.iter().rposition(|weight| 0.0 < *weight).expect("a weight is above 0");
    sums[last..].fill(1.0);
    sums
}

fn scaled(row: &[f64]) -> Vec<f64> {
    let total: f64 = row.iter().sum();
    row.iter().map(|weight| weight / total).collect()
}

/// Whether state 0 leads to every state.
fn connected(n: usize, leads: impl Fn(usize, usize) -> bool) -> bool {
    let mut reached = vec![false; n];
    let mut open = vec![0];
    reached[0] = true;
    while let Some(i) = open.pop() {
        let fresh: Vec<usize> = (0..n).filter(|j| !reached[*j] && leads(i, *j)).collect();
        fresh.iter().for_each(|j| reached[*j] = true);
        open.extend(fresh);
    }
    reached.iter().all(|there| *there)
}

/// Long-run shares of visits by elimination without subtractions (Grassmann, Taksar and Heyman 1985).
fn stationary(rows: &[Vec<f64>]) -> Vec<f64> {
    let n = rows.len();
    let mut p = rows.to_vec();
    for k in (1..n).rev() {
        let (below, rest) = p.split_at_mut(k);
        let row = &rest[0][..k];
        let leaving: f64 = row.iter().sum();
        for other in below {
            other[k] /= leaving;
            let into = other[k];
            other.iter_mut().zip(row).for_each(|(sum, weight)| *sum += into * weight);
        }
    }
    let mut shares: Vec<f64> = vec![1.0];
    while shares.len() < n {
        let k = shares.len();
        shares.push(shares.iter().zip(&p).map(|(share, row)| share * row[k]).sum());
    }
    scaled(&shares)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: 0 -> 1 always, 1 -> 0 or 2 evenly, 2 -> 0 always. Visits a, b, c with b = a, c = b/2, so .4 .4 .2; before 0
    /// stood 1 (.4 x .5 = .2) as often as 2 (.2 x 1 = .2).
    #[test]
    fn three_states_by_hand() {
        let chain = Chain::new(&[vec![0.0, 3.0, 0.0], vec![1.0, 0.0, 1.0], vec![2.0, 0.0, 0.0]]).unwrap();
        for (got, want) in chain.visits().iter().zip([0.4, 0.4, 0.2]) {
            assert!((got - want).abs() < 1e-15, "{got} {want}");
        }
        assert_eq!([0.01, 0.49, 0.51, 0.99].map(|u| chain.next(1, u)), [0, 0, 2, 2]);
        assert_eq!([0.01, 0.49, 0.51, 0.99].map(|u| chain.previous(0, u)), [1, 1, 2, 2]);
        assert_eq!(
            [0.01, 0.99].map(|u| (chain.next(0, u), chain.previous(1, u), chain.previous(2, u))),
            [(1, 0, 1); 2]
        );
    }

    #[test]
    fn a_cycle_runs_both_ways() {
        let chain = Chain::cycle(4);
        assert_eq!(chain.visits(), [0.25; 4]);
        assert_eq!(
            (chain.next(3, 0.5), chain.next(1, 0.5), chain.previous(0, 0.5), chain.previous(2, 0.5)),
            (0, 2, 3, 1)
        );
    }

    #[test]
    fn a_state_that_is_never_left_or_reached_makes_no_chain() {
        assert_eq!(Chain::new(&[vec![0.0, 1.0], vec![0.0, 1.0]]), None);
        assert_eq!(Chain::new(&[vec![1.0, 0.0], vec![1.0, 0.0]]), None);
        assert_eq!(Chain::new(&[vec![0.0, 0.0], vec![1.0, 0.0]]), None);
        assert_eq!(Chain::new(&[]), None);
    }

    #[test]
    fn a_place_without_weight_is_never_picked() {
        let sums = cumulative(&[0.0, 1.0, 0.0, 3.0, 0.0]);
        assert_eq!(sums, [0.0, 0.25, 0.25, 1.0, 1.0]);
        assert_eq!([1e-16, 0.2499, 0.25, 1.0 - 1e-16].map(|u| pick(&sums, u)), [1, 1, 3, 3]);
    }
}
