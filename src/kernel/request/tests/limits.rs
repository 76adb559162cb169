//! Limits in which the request tier is a queue of theory: |mean - exact| <= 4 standard errors, and those <= 0.5 % of the value (2 % for the
//! sources of reference coupling, entry 13), by batch means.

use super::*;
use crate::stats::batches::Batches;
use crate::stats::draw::RunKey;
use crate::stats::law::{Law, LawKind};
use crate::stats::queueing::mg1_mean_wait;
use crate::workload::requests::{Clients, Gaps, Generate, Generated, Length, Lengths, Process, State};

const KEY: RunKey = RunKey { study_seed: 5, draw: 0, replication: 0 };

fn generated(gaps: Gaps, input: Length, output: u32, requests: u64) -> Generated {
    let lengths = Lengths::Apart { input, output: Length::Constant(output) };
    let terms = Generate { process: Process::One(gaps), lengths, classes: vec![1.0], requests, until_s: f64::INFINITY };
    Generated::new(&terms, KEY, "services.test").unwrap()
}

fn poisson(per_s: f64) -> Gaps {
    Gaps::by_rate(per_s, 1.0, LawKind::Gamma).unwrap()
}

/// Waits until the first token, in nanoseconds.
#[derive(Default)]
struct Waits(Batches);

impl Sink for Waits {
    fn done(&mut self, done: &Done) {
        self.0.record(done.first_ns.expect("served") - done.at_ns);
    }
}

fn one_at_a_time(times: Affine) -> Terms<Affine> {
    let mut terms = terms();
    (terms.models[0].times, terms.models[0].max_batch) = (times, 1);
    terms
}

fn agrees(batches: &Batches, exact_s: f64, least: f64) {
    let (mean, error) = (batches.mean().unwrap().value / 1e9, batches.standard_error().unwrap() / 1e9);
    println!("{mean:.5} s against {exact_s:.5} s, standard error {:.3} %", 100.0 * error / exact_s);
    assert!((mean - exact_s).abs() <= 4.0 * error, "{mean} against {exact_s}, standard error {error}");
    assert!(error <= least * exact_s, "standard error {error} of {exact_s}");
}

/// Batch 1 and constant lengths: M/D/1 at load 0.6, mean wait rho/(2(1 - rho)) = 0.75 and 1 s of service.
#[test]
fn batch_one_and_constant_lengths_is_m_d_1() {
    let terms = one_at_a_time(Affine { step_s: 1.0, ..Affine::default() });
    let mut waits = Waits::default();
    serve(&terms, &mut generated(poisson(0.6), Length::Constant(1), 1, 2_000_000), &mut waits, None);
    assert!((mg1_mean_wait(0.6, 1.0, 0.0).unwrap() - 0.75).abs() < 1e-12);
    agrees(&waits.0, 1.75, 0.005);
}

/// Batch 1 and exponential lengths: M/M/1 at load 0.6, 1/(1 - rho) = 2.5 s in the system.
#[test]
fn batch_one_and_exponential_lengths_is_m_m_1() {
    let terms = one_at_a_time(Affine { prompt_token_s: 1e-6, ..Affine::default() });
    let mut waits = Waits::default();
    let lengths = Length::Law { law: Law::Exponential { mean: 1e6 }, most: 1_000_000_000 };
    serve(&terms, &mut generated(poisson(0.6), lengths, 1, 4_000_000), &mut waits, None);
    agrees(&waits.0, 2.5, 0.005);
}

/// Number in the system through time.
#[derive(Default)]
struct Number(Vec<(u64, i64)>);

impl Sink for Number {
    fn done(&mut self, done: &Done) {
        self.0.extend([(done.at_ns, 1), (done.end_ns, -1)]);
    }
}

/// No limit to the batch and 10 ms an iteration whatever is in it: M/D/infinity. A request waits for the next boundary, 5 ms on average, and
/// stays 100 iterations: 50/s x 1.005 s = 50.25 are there, Poisson, so that E[N(N - 1)] is the square of that.
#[test]
fn without_limit_and_fixed_steps_is_m_d_infinity() {
    let mut terms = terms();
    (terms.models[0].times, terms.models[0].chunked) = (Affine { step_s: 0.01, ..Affine::default() }, true);
    let mut number = Number::default();
    let requests = 2_000_000;
    serve(&terms, &mut generated(poisson(50.0), Length::Constant(1), 100, requests), &mut number, None);
    let mut steps = number.0;
    steps.sort_unstable();
    // From 10 s to 39,000 s in 40 stretches.
    let stretch = (39_000_000_000_000 - 10_000_000_000) / 40;
    let (mut first, mut second) = (Vec::new(), Vec::new());
    let (mut n, mut before, mut end) = (0_i64, 0_u64, 10_000_000_000_u64);
    let (mut sum, mut pairs, mut from) = (0_i128, 0_i128, None);
    for (at, change) in steps {
        while end <= at && first.len() < 40 {
            if from.is_some() {
                let rest = i128::from(end - before);
                first.push((sum + rest * i128::from(n)) as f64 / stretch as f64);
                second.push((pairs + rest * i128::from(n * (n - 1))) as f64 / stretch as f64);
            }
            (sum, pairs, before, from) = (0, 0, end, Some(end));
            end += stretch;
        }
        sum += i128::from(at - before) * i128::from(n);
        pairs += i128::from(at - before) * i128::from(n * (n - 1));
        (before, n) = (at, n + change);
    }
    for (values, exact) in [(first, 50.25_f64), (second, 50.25 * 50.25)] {
        let all: crate::stats::accumulate::Accumulator = values.into_iter().collect();
        let (mean, error) = (all.mean().unwrap(), all.standard_error().unwrap());
        println!("{mean:.3} against {exact:.3}, standard error {:.3} %", 100.0 * error / exact);
        assert!((mean - exact).abs() <= 4.0 * error && error <= 0.005 * exact, "{mean} against {exact}, {error}");
    }
}

/// Delays of an on-off source: how many of the work's middle stay below each bound, in thousandths.
struct Delays {
    mean: Batches,
    below: [(f64, Batches); 4],
    service_s: f64,
}

impl Sink for Delays {
    fn done(&mut self, done: &Done) {
        let wait_s = (done.first_ns.unwrap() - done.at_ns) as f64 / 1e9 - self.service_s;
        // Mean backlog = load x (wait + half a service), Brumelle 1971.
        self.mean.record((wait_s + 0.5 * self.service_s).mul_add(1e9, 0.0) as u64);
        // The middle of its work is delayed by 3/8 of a service more: half of what comes meanwhile, less what is served of it.
        let delay = wait_s + 0.375 * self.service_s;
        self.below.iter_mut().for_each(|(bound, batches)| batches.record(if delay <= *bound { 1_000 } else { 0 }));
    }
}

/// An on-off source at 4 times the capacity for 60 s on average, off for 420 s: load 0.5, mean backlog 157.5 s, and the share of the work
/// delayed by at most w is 1 - e^(-zw) with z = (1/60)/3 - 1/420 (Anick, Mitra, Sondhi 1982; reference coupling, entry 13). Requests of 0.2 s.
#[test]
fn on_off_bursts_of_short_requests() {
    let service_s = 0.2;
    let on = State { per_s: 4.0 / service_s, mean_s: 60.0, even: true };
    let off = State { per_s: 0.0, mean_s: 420.0, even: true };
    let terms = one_at_a_time(Affine { step_s: service_s, ..Affine::default() });
    let mut delays = Delays {
        mean: Batches::default(),
        below: [2.0, 10.0, 60.0, 600.0].map(|bound| (bound, Batches::default())),
        service_s,
    };
    let mut arrivals = generated(Gaps::States(vec![on, off]), Length::Constant(1), 1, 30_000_000);
    let totals = serve(&terms, &mut arrivals, &mut delays, None);
    let load = totals.spent().busy_ns as f64 / (totals.end_ns - totals.first_ns) as f64;
    let z = 1.0 / 60.0 / 3.0 - 1.0 / 420.0;
    println!("load {load:.4}, backlog {:.2} s", load * delays.mean.mean().unwrap().value / 1e9);
    // The mean wait is that of the fluid, 1/z; times the load of this very run it is the backlog.
    agrees(&delays.mean, 1.0 / z, 0.02);
    assert!((0.5 / z - 157.5).abs() < 1e-9 && (load - 0.5).abs() < 0.02, "load {load}");
    for (bound, batches) in &delays.below {
        let exact = -crate::stats::math::expm1(-z * bound);
        let (mean, error) = (batches.mean().unwrap().value / 1e3, batches.standard_error().unwrap() / 1e3);
        println!("within {bound} s: {mean:.5} against {exact:.5}, standard error {:.2} %", 100.0 * error / exact);
        assert!((mean - exact).abs() <= 4.0 * error && error <= 0.02 * exact, "{bound}: {mean}, {exact}, {error}");
    }
}

/// Gaps of generated requests have their rate and their coefficient of variation; clients share by Zipf: of three with exponent 1 the first
/// has 6/11. The same key gives the same requests, another name others.
#[test]
fn generators_have_their_moments() {
    let moments = |gaps: Gaps| {
        let mut generated = generated(gaps, Length::Constant(1), 1, 400_000);
        let (mut arrival, mut before) = (Arrival::default(), 0);
        let mut all = crate::stats::accumulate::Accumulator::default();
        while generated.next(&mut arrival) {
            all.push((arrival.at_ns - before) as f64 / 1e9);
            before = arrival.at_ns;
        }
        (all.mean().unwrap(), all.sd().unwrap() / all.mean().unwrap(), all.standard_error().unwrap())
    };
    for (cv, kind) in [(1.0, LawKind::Gamma), (2.0, LawKind::Gamma), (2.0, LawKind::Weibull), (0.0, LawKind::Gamma)] {
        let (mean, found, error) = moments(Gaps::by_rate(5.0, cv, kind).unwrap());
        assert!((mean - 0.2).abs() <= 4.0 * error + 1e-9 && (found - cv).abs() <= 0.03 * cv.max(1.0), "{mean} {found}");
    }
    let clients = Clients { clients: 3, exponent: 1.0, per_s: 11.0, cv: 1.0, kind: LawKind::Gamma };
    assert!(clients.rates().iter().zip([6.0, 3.0, 2.0]).all(|(rate, want)| (rate - want).abs() < 1e-12));
    // Reference coupling, entry 15: 162 clients with exponent 1.2, shares of the largest and of the ten largest.
    let many = Clients { clients: 162, exponent: 1.2, per_s: 1.0, ..clients }.rates();
    assert!(
        (many[0] - 0.264183774319).abs() < 1e-11 && (many[..10].iter().sum::<f64>() - 0.651929830748).abs() < 1e-11
    );
    assert!(Gaps::by_rate(0.0, 1.0, LawKind::Gamma).unwrap_err().contains("positive"));
    let seen = Lengths::Seen(vec![(5, 7), (11, 13)]);
    let terms = Generate {
        process: Process::Many(clients),
        lengths: seen,
        classes: vec![1.0, 1.0],
        requests: 1_000,
        until_s: 1e9,
    };
    let list = |name: &str| {
        let mut generated = Generated::new(&terms, KEY, name).unwrap();
        let mut arrival = Arrival::default();
        std::iter::from_fn(|| generated.next(&mut arrival).then(|| arrival.clone())).collect::<Vec<_>>()
    };
    let all = list("a");
    assert!(
        all.is_sorted_by_key(|it| it.at_ns) && all.iter().all(|it| [(5, 7), (11, 13)].contains(&(it.input, it.output)))
    );
    assert!(all == list("a") && all != list("b") && all.iter().any(|it| it.class == 1));
}
