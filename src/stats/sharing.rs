//! Closed forms for queues that take jobs off or sort them by size: preemptive priorities, work lost to them, one server shared by turns,
//! by attained service, or given to the shortest. Simulates nothing.

use super::law::Law;
use super::math::exp;
use super::queueing::{erlang_c, mmc_mean_wait};

/// M/M/c of two classes, the first of which takes the second's servers; who is taken off goes on where he was.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PreemptivePair {
    /// Mean time in the system of the first class [time].
    pub first: f64,
    /// Of the second [time].
    pub second: f64,
    /// Jobs of the second class taken off [1/time].
    pub preemptions: f64,
}

/// Two classes at one service rate on `servers` >= 1, preemptive resume; None when unstable. Eq. (60); coupled.json 4a.
///
/// The first class sees M/M/c of its own, and the two together are M/M/c, for whoever runs, servers work. An arrival of the first takes a
/// server when all are busy, not all with its like: the first cannot fill them unless all are busy.
pub fn preemptive_pair(first: f64, second: f64, service_rate: f64, servers: u32) -> Option<PreemptivePair> {
    let customers = |rate: f64| Some(rate * (mmc_mean_wait(rate, service_rate, servers)? + 1.0 / service_rate));
    let (one, both) = (customers(first)?, customers(first + second)?);
    let busy = |rate: f64| erlang_c(servers, rate / service_rate);
    Some(PreemptivePair {
        first: one / first,
        second: (both - one) / second,
        preemptions: first * (busy(first + second) - busy(first)),
    })
}

/// What endless tasks get of the servers that a first class leaves, when each arrival takes one of them off and its unsaved work is lost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FillIn {
    /// Servers held by the tasks, mean.
    pub allocated: f64,
    /// Of these: work kept.
    pub goodput: f64,
    /// Tasks taken off [1/time].
    pub preemptions: f64,
}

/// M/M/c of the first class with endless tasks on all other servers, each saving at the instants of a Poisson process of rate `saves`
/// without cost; an arrival takes off any task with equal chance. None when unstable. Eq. (61); coupled.json 4b.
pub fn fill_in(arrivals: f64, service_rate: f64, servers: u32, saves: f64) -> Option<FillIn> {
    let c = servers as usize;
    if f64::from(servers) * service_rate <= arrivals {
        return None;
    }
    let offered = arrivals / service_rate;
    // Stationary law of the first class; from c on it is geometric.
    let mut weights = vec![1.0];
    (1..=c).for_each(|n| weights.push(weights[n - 1] * offered / n as f64));
    let load = offered / f64::from(servers);
    let total: f64 = weights[..c].iter().sum::<f64>() + weights[c] / (1.0 - load);
    let p: Vec<f64> = weights.iter().map(|w| w / total).collect();
    // W_n = E[unsaved work; n]: 0 = (c-n) p_n - (saves + arrivals + n mu) W_n + arrivals (1 - 1/(c-n+1)) W_(n-1) + (n+1) mu W_(n+1), by
    // elimination from n = 0 up.
    let spare = |n: usize| (c - n) as f64;
    let (mut ratio, mut value) = (vec![0.0; c], vec![0.0; c]);
    for n in 0..c {
        let below = if n == 0 { 0.0 } else { arrivals * (1.0 - 1.0 / (spare(n) + 1.0)) };
        let (before, carried) = if n == 0 { (0.0, 0.0) } else { (ratio[n - 1], value[n - 1]) };
        let own = saves + arrivals + n as f64 * service_rate - below * before;
        // From c no work comes back: nobody fills in there.
        ratio[n] = if n + 1 < c { (n + 1) as f64 * service_rate / own } else { 0.0 };
        value[n] = (spare(n) * p[n] + below * carried) / own;
    }
    let mut unsaved = vec![0.0; c + 1];
    for n in (0..c).rev() {
        unsaved[n] = value[n] + ratio[n] * unsaved[n + 1];
    }
    Some(FillIn {
        allocated: (0..c).map(|n| spare(n) * p[n]).sum(),
        goodput: saves * unsaved.iter().sum::<f64>(),
        preemptions: arrivals * p[..c].iter().sum::<f64>(),
    })
}

/// Poisson streams of jobs that share one server: (rate, law of the time a job takes alone).
#[derive(Clone, Debug, PartialEq)]
pub struct OneServer(pub Vec<(f64, Law)>);

impl OneServer {
    /// Load [-].
    pub fn load(&self) -> f64 {
        self.0.iter().map(|(rate, law)| rate * law.mean()).sum()
    }

    /// Mean time of a job of that size when all in the system share the server evenly: size / (1 - load) [time]; None when unstable.
    /// Eq. (62); Kleinrock 1967.
    pub fn processor_sharing(&self, size: f64) -> Option<f64> {
        let load = self.load();
        (load < 1.0).then(|| size / (1.0 - load))
    }

    /// Mean time of a job of that size when the server is shared by those who have had least of it [time]; None when that is not finite.
    /// Eq. (63); Nuyens and Wierman 2008, (1): with jobs cut at the size, load r and second moment m, m rate / (2 (1 - r)^2) + size / (1 - r).
    pub fn foreground_background(&self, size: f64) -> Option<f64> {
        let (load, square) = self.cut_at(size);
        (load < 1.0).then(|| 0.5 * square / ((1.0 - load) * (1.0 - load)) + size / (1.0 - load))
    }

    /// The same with levels of attained service, first come first served within each, of a job that is done at the end of the level
    /// ]`from`, `size`] [time]. Eq. (64); Kleinrock 1976, (4.40).
    pub fn level(&self, from: f64, size: f64) -> Option<f64> {
        let ((below, _), (load, square)) = (self.cut_at(from), self.cut_at(size));
        (load < 1.0).then(|| (0.5 * square / (1.0 - load) + size) / (1.0 - below))
    }

    /// Mean wait of a job of that size when the shortest waiting goes first, nobody is taken off, and equal sizes go in order of arrival
    /// [time]; None when unstable up to its size. Eq. (65); Phipps 1956.
    pub fn shortest_first(&self, size: f64) -> Option<f64> {
        let second = |law: &Law| law.variance() + law.mean() * law.mean();
        let residual: f64 = self.0.iter().map(|(rate, law)| 0.5 * rate * second(law)).sum();
        let (below, up_to) = (self.load_below(size, false), self.load_below(size, true));
        (self.load() < 1.0).then(|| residual / ((1.0 - below) * (1.0 - up_to)))
    }

    /// Load of jobs shorter than `size`, and with `equal` of those as long.
    fn load_below(&self, size: f64, equal: bool) -> f64 {
        let part = |law: &Law| match law {
            Law::Constant { value } if *value < size || equal && *value == size => *value,
            Law::Constant { .. } => 0.0,
            // E[X; X <= x] = E[min(X, x)] - x P(X > x).
            other => other.mean_up_to(size) - size * other.survival(size),
        };
        self.0.iter().map(|(rate, law)| rate * part(law)).sum()
    }

    /// Load, and rate times second moment, of jobs cut at `size`.
    fn cut_at(&self, size: f64) -> (f64, f64) {
        let square = |law: &Law| match *law {
            Law::Constant { value } => value.min(size) * value.min(size),
            Law::Exponential { mean } => cut_square(mean, size),
            Law::Hyperexponential { p_1, mean_1, mean_2 } => {
                p_1 * cut_square(mean_1, size) + (1.0 - p_1) * cut_square(mean_2, size)
            }
            // The integral of 2 t P(X > t), by Simpson.
            ref other => {
                let (panels, step) = (2_000, size / 2_000.0);
                let at = |k: i32| 2.0 * f64::from(k) * step * other.survival(f64::from(k) * step);
                let inner: f64 = (1..panels).map(|k| if k % 2 == 1 { 4.0 } else { 2.0 } * at(k)).sum();
                (at(0) + inner + at(panels)) * step / 3.0
            }
        };
        let load = self.0.iter().map(|(rate, law)| rate * law.mean_up_to(size)).sum();
        (load, self.0.iter().map(|(rate, law)| rate * square(law)).sum())
    }
}

/// E[min(X, x)^2] of an exponential law: 2 m^2 (1 - e^(-x/m) (1 + x/m)).
fn cut_square(mean: f64, x: f64) -> f64 {
    2.0 * mean * mean * (1.0 - exp(-x / mean) * (1.0 + x / mean))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::law::LawKind;

    fn close(got: f64, want: f64, what: &str) {
        assert!((got - want).abs() <= 1e-9 * want.abs(), "{what}: got {got:?}, want {want:?}");
    }

    /// Restated from golden/coupled.json, 4a and 4b.
    #[test]
    fn a_first_class_and_what_it_leaves() {
        let pair = preemptive_pair(4.0, 4.0, 1.0, 10).unwrap();
        close(pair.first, 1.00146912084, "first");
        close(pair.second, 1.40771102995, "second");
        close(pair.preemptions, 1.60146170292, "preemptions");
        let rest = fill_in(6.0, 1.0, 10, 0.5).unwrap();
        close(rest.allocated, 4.0, "allocated");
        close(rest.goodput, 1.15664805194, "goodput");
        close(rest.preemptions, 5.39220454388, "preemptions");
        // Saved all the time, nothing is lost; never, nothing is kept.
        assert!((fill_in(6.0, 1.0, 10, 1e9).unwrap().goodput - 4.0).abs() < 1e-6);
        assert!(fill_in(6.0, 1.0, 10, 1e-9).unwrap().goodput < 1e-6);
        assert_eq!((preemptive_pair(4.0, 6.0, 1.0, 10), fill_in(10.0, 1.0, 10, 1.0)), (None, None));
    }

    /// The mix of scenarios/theory: limits of the formulas against one another, and two of them by hand.
    #[test]
    fn one_server_by_size() {
        let mix = OneServer(vec![
            (0.3, Law::by_mean(LawKind::Hyperexponential, 1.0, Some(4.0)).unwrap()),
            (0.1, Law::Constant { value: 0.5 }),
            (0.1, Law::Constant { value: 1.0 }),
            (0.075, Law::Constant { value: 2.0 }),
        ]);
        close(mix.load(), 0.6, "load");
        close(mix.processor_sharing(2.0).unwrap(), 5.0, "PS");
        // A level of no width is foreground-background.
        for size in [0.5, 1.0, 2.0] {
            let (fine, limit) = (mix.level(size - 1e-12, size).unwrap(), mix.foreground_background(size).unwrap());
            assert!((fine - limit).abs() < 1e-9 * limit, "{size}: {fine} {limit}");
        }
        close(mix.foreground_background(1.0).unwrap(), 2.026753823808026, "FB");
        // One level for all is first come first served: Pollaczek-Khinchine, 0.8 / 2 / 0.2, and the service.
        let equal = OneServer(vec![(0.8, Law::Constant { value: 1.0 })]);
        close(equal.level(0.0, 1.0).unwrap(), 3.0, "FIFO");
        close(equal.shortest_first(1.0).unwrap(), 2.0, "all alike");
        // Exponential lengths cut by Simpson and by hand.
        let gamma = OneServer(vec![(0.5, Law::Gamma { shape: 1.0, mean: 1.0 })]);
        let exponential = OneServer(vec![(0.5, Law::Exponential { mean: 1.0 })]);
        close(gamma.foreground_background(2.0).unwrap(), exponential.foreground_background(2.0).unwrap(), "Simpson");
        // Phipps by hand: 0.3 an hour exponential, mean 1, and the constants; E[S^2] rate / 2 = 0.3 + (0.025 + 0.1 + 0.3) / 2.
        let mix = OneServer(vec![
            (0.3, Law::Exponential { mean: 1.0 }),
            (0.1, Law::Constant { value: 0.5 }),
            (0.1, Law::Constant { value: 1.0 }),
            (0.075, Law::Constant { value: 2.0 }),
        ]);
        let below = 0.3 * (1.0 - (-1.0f64).exp() * 2.0) + 0.05;
        close(mix.shortest_first(1.0).unwrap(), 0.5125 / (1.0 - below) / (1.0 - below - 0.1), "SJF");
        assert_eq!(OneServer(vec![(1.0, Law::Constant { value: 1.0 })]).processor_sharing(1.0), None);
    }
}
