//! Several generated loads side by side, each of a class and a model. Draws nothing itself.

use super::{Arrival, Arrivals, Generated};

/// A load and whose it is.
#[derive(Clone, Debug)]
pub struct Share {
    /// Its requests.
    pub source: Generated,
    /// Their class, by number.
    pub class: u8,
    /// The model they ask for, by number.
    pub model: u16,
}

/// The requests of all loads in order of arrival, ties to the first load; rows count all of them.
#[derive(Clone, Debug)]
pub struct Mixed {
    shares: Vec<Share>,
    /// The next of each; None when there is none.
    next: Vec<Option<Arrival>>,
    row: u64,
}

impl Mixed {
    /// Begins where they begin.
    pub fn new(mut shares: Vec<Share>) -> Mixed {
        let next = shares.iter_mut().map(draw).collect();
        Mixed { shares, next, row: 0 }
    }
}

fn draw(share: &mut Share) -> Option<Arrival> {
    let mut arrival = Arrival::default();
    share.source.next(&mut arrival).then_some(arrival)
}

impl Arrivals for Mixed {
    fn next(&mut self, into: &mut Arrival) -> bool {
        let ahead = self.next.iter().enumerate().filter_map(|(at, next)| Some((next.as_ref()?.at_ns, at)));
        let Some((_, at)) = ahead.min() else { return false };
        let (share, next) = (&mut self.shares[at], self.next[at].as_mut().expect("it is the first"));
        into.clone_from(next);
        (into.row, into.class, into.model) = (self.row, share.class, share.model);
        self.row += 1;
        if !share.source.next(next) {
            self.next[at] = None;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Gaps, Generate, Length, Lengths, Process};
    use super::*;
    use crate::stats::draw::RunKey;
    use crate::stats::law::LawKind;

    /// Two a second at equal distances and one a second beside them: at .5, 1 (the first load first), 1, 1.5, 2, 2, and the second load's last at 3.
    #[test]
    fn loads_side_by_side() {
        let share = |per_s: f64, requests: u64, class: u8, model: u16| {
            let process = Process::One(Gaps::by_rate(per_s, 0.0, LawKind::Gamma).unwrap());
            let lengths = Lengths::Apart { input: Length::Constant(5), output: Length::Constant(7) };
            let terms = Generate { process, lengths, classes: vec![1.0], requests, until_s: f64::INFINITY };
            Share {
                source: Generated::new(&terms, RunKey { study_seed: 1, draw: 0, replication: 0 }, "test").unwrap(),
                class,
                model,
            }
        };
        let mut mixed = Mixed::new(vec![share(2.0, 4, 0, 3), share(1.0, 3, 1, 0)]);
        let mut arrival = Arrival::default();
        let mut seen = Vec::new();
        while mixed.next(&mut arrival) {
            seen.push((arrival.at_ns / 1_000_000, arrival.row, arrival.class, arrival.model));
        }
        let first = |ms, row| (ms, row, 0, 3);
        let second = |ms, row| (ms, row, 1, 0);
        let want = [
            first(500, 0),
            first(1_000, 1),
            second(1_000, 2),
            first(1_500, 3),
            first(2_000, 4),
            second(2_000, 5),
            second(3_000, 6),
        ];
        assert_eq!(seen, want);
    }
}
