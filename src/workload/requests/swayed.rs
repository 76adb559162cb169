//! Requests whose rate one factor after another moves: what many clients share. Knows no client.

use super::{Arrival, Arrivals};
use crate::stats::draw::Sequence;
use crate::stats::law::{Law, LawKind};

/// A factor of mean 1 for each window, side by side from 0, gamma distributed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sway {
    /// Coefficient of variation, above 0 [-].
    pub cv: f64,
    /// Length of a window, above 0 \[s\].
    pub window_s: f64,
}

/// Requests of a source, moved in time so that the rate is multiplied by the factor of each window. Eq. (153).
///
/// Times of the source are operational, as in Eq. (142): numbers in a window keep the index of dispersion I that the source has, and the factor adds its
/// variance. Over windows side by side with n requests in the mean it is I + n cv^2.
#[derive(Clone, Debug)]
pub struct Swayed<A> {
    source: A,
    law: Law,
    chance: Sequence,
    window_s: f64,
    until_ns: u64,
    /// The window under way: its number, operational time at its begin, its factor.
    window: u64,
    before_s: f64,
    factor: f64,
}

impl<A: Arrivals> Swayed<A> {
    /// No request from `until_s` on; the error says what is wrong with the terms.
    pub fn new(source: A, sway: Sway, until_s: f64, mut chance: Sequence) -> Result<Swayed<A>, String> {
        let Sway { cv, window_s } = sway;
        if !(0.0 < window_s && window_s.is_finite()) {
            return Err(format!("a window of {window_s} s"));
        }
        if !(0.0 < cv && cv.is_finite()) {
            return Err(format!("a coefficient of variation of {cv}"));
        }
        let law = Law::by_mean(LawKind::Gamma, 1.0, Some(cv * cv))?;
        let factor = law.quantile(chance.unit());
        let until_ns = (until_s * 1e9).round() as u64;
        Ok(Swayed { source, law, chance, window_s, until_ns, window: 0, before_s: 0.0, factor })
    }

    /// When the integral of the factors is `s`.
    fn time(&mut self, s: f64) -> f64 {
        loop {
            let whole = self.factor * self.window_s;
            if s - self.before_s < whole {
                return self.window as f64 * self.window_s + (s - self.before_s) / self.factor;
            }
            self.before_s += whole;
            self.window += 1;
            self.factor = self.law.quantile(self.chance.unit());
        }
    }
}

impl<A: Arrivals> Arrivals for Swayed<A> {
    fn next(&mut self, into: &mut Arrival) -> bool {
        if !self.source.next(into) {
            return false;
        }
        into.at_ns = (self.time(into.at_ns as f64 / 1e9) * 1e9).round() as u64;
        into.at_ns < self.until_ns
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::draw::{Purpose, RunKey};
    use crate::stats::law::LawKind;
    use crate::workload::requests::{Clients, Gaps, Generate, Generated, Length, Lengths, Process};
    use crate::world::{Bursts, rate_scv};

    const KEY: RunKey = RunKey { study_seed: 17, draw: 0, replication: 0 };
    const WINDOW_S: f64 = 60.0;

    /// Requests that are there already, by time.
    struct Listed(std::vec::IntoIter<u64>);
    impl Arrivals for Listed {
        fn next(&mut self, into: &mut Arrival) -> bool {
            let next = self.0.next();
            into.at_ns = next.unwrap_or(0);
            next.is_some()
        }
    }

    fn times(mut source: impl Arrivals) -> Vec<u64> {
        let mut arrival = Arrival::default();
        std::iter::from_fn(|| source.next(&mut arrival).then_some(arrival.at_ns)).collect()
    }

    fn swayed(source: impl Arrivals, cv: f64, entity: &str) -> Vec<u64> {
        let chance = KEY.prefix(Purpose::Modulation, entity, 0).sequence(0);
        times(Swayed::new(source, Sway { cv, window_s: WINDOW_S }, f64::INFINITY, chance).unwrap())
    }

    /// Index of dispersion of numbers in so many windows side by side, and its standard error from 20 batches of them.
    fn dispersion(times: &[u64], windows: usize) -> (f64, f64) {
        let mut counts = vec![0.0; windows];
        for at in times {
            let window = (*at as f64 / 1e9 / WINDOW_S) as usize;
            if let Some(count) = counts.get_mut(window) {
                *count += 1.0;
            }
        }
        let mean = counts.iter().sum::<f64>() / windows as f64;
        let batches: Vec<f64> = counts
            .chunks_exact(windows / 20)
            .map(|batch| batch.iter().map(|n| (n - mean) * (n - mean)).sum::<f64>() / batch.len() as f64 / mean)
            .collect();
        let n = batches.len() as f64;
        let found = batches.iter().sum::<f64>() / n;
        let variance = batches.iter().map(|one| (one - found) * (one - found)).sum::<f64>() / (n - 1.0);
        (found, (variance / n).sqrt())
    }

    /// Clients with shares 1, 1/2 .. 1/12 of 40 requests a second, each with gamma gaps (index 4), a rate of its own that moves (cv 0.3) and one that moves
    /// with all others' (cv 0.2). Numbers over the window have the index of Eq. (153), and without one of the parts what is left of it.
    #[test]
    fn clients_have_the_dispersion_of_the_closed_form() {
        let clients = Clients { clients: 12, exponent: 1.0, per_s: 40.0, cv: 2.0, kind: LawKind::Gamma };
        let windows = 4_000;
        let until_s = windows as f64 * WINDOW_S * 1.2;
        let one = |(at, per_s): (usize, f64), own_cv: f64| -> Vec<u64> {
            let terms = Generate {
                process: Process::One(Gaps::by_rate(per_s, clients.cv, clients.kind).unwrap()),
                lengths: Lengths::Apart { input: Length::Constant(1), output: Length::Constant(1) },
                classes: vec![1.0],
                requests: u64::MAX,
                until_s,
            };
            let name = format!("client {at}");
            let generated = Generated::new(&terms, KEY, &name).unwrap();
            if own_cv == 0.0 { times(generated) } else { swayed(generated, own_cv, &name) }
        };
        for (own_cv, common_cv) in [(0.0, 0.2), (0.3, 0.0), (0.3, 0.2), (0.0, 0.0)] {
            let rates = clients.rates().into_iter().enumerate();
            let mut all: Vec<u64> = rates.flat_map(|client| one(client, own_cv)).collect();
            all.sort_unstable();
            let all = if common_cv == 0.0 { all } else { swayed(Listed(all.into_iter()), common_cv, "all") };
            let (found, error) = dispersion(&all, windows);
            let scv = rate_scv(12, 1.0, own_cv, common_cv);
            let exact = Bursts { idc: 4.0, rate_scv: scv, window_s: WINDOW_S }.idc_at(40.0);
            assert!((found - exact).abs() < 4.0 * error, "{own_cv} {common_cv}: {found} +- {error}, {exact}");
            assert!(error < 0.05 * exact, "{error} of {exact} proves nothing");
        }
    }

    #[test]
    fn terms_that_cannot_be_are_refused() {
        let chance = || KEY.prefix(Purpose::Modulation, "x", 0).sequence(0);
        for (cv, window_s) in [(0.0, 60.0), (f64::NAN, 60.0), (0.2, 0.0), (0.2, f64::INFINITY)] {
            assert!(
                Swayed::new(Listed(vec![].into_iter()), Sway { cv, window_s }, 1e3, chance()).is_err(),
                "{cv} {window_s}"
            );
        }
    }
}
