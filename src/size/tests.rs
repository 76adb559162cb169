//! Small worlds whose answer is known: by closed form, by trying every combination, by direction.

use super::*;
use crate::kernel::request::Model;
use crate::perf::{Admission, Affine, Basis};
use crate::stats::draw::RunKey;
use crate::stats::law::LawKind;
use crate::stats::queueing;
use crate::workload::requests::{Arrival, Arrivals, Gaps, Generate, Generated, Length, Lengths, Process};
use proptest::prelude::*;

/// Answers of one token that take `seconds` each, one at a time: a queue before servers.
fn server(seconds: f64, usd: f64, replicas: u32, shape: usize) -> Offer<Affine> {
    let model = Model {
        times: Affine { step_s: seconds, ..Affine::default() },
        kv_tokens: 1 << 40,
        kv_reserve: 0,
        max_batch: 1,
        max_batch_tokens: 1 << 20,
        max_context: 1 << 40,
        chunked: false,
        transfer_s: (0.0, 0.0),
    };
    Offer {
        instance: format!("i{shape}x{replicas}"),
        chip: format!("c{shape}"),
        chips_per_instance: u64::from(replicas),
        chips_per_replica: 1,
        replicas_per_instance: replicas,
        usd_per_instance_hour: usd,
        price: "stated".into(),
        shape,
        model,
        replica_per_s: 1.0 / seconds,
        table: Admission::fluid(),
        window_s: seconds,
        basis: Basis::Measured,
    }
}

fn generated(per_s: f64, cv: f64, requests: u64) -> Load {
    let one = || Length::Constant(1);
    let generate = Generate {
        process: Process::One(Gaps::by_rate(per_s, cv, LawKind::Gamma).unwrap()),
        lengths: Lengths::Apart { input: one(), output: one() },
        classes: vec![1.0],
        requests,
        until_s: f64::INFINITY,
    };
    let key = RunKey { study_seed: 7, draw: 0, replication: 0 };
    Load::gather(&mut Generated::new(&generate, key, "size.tests").unwrap()).unwrap()
}

struct Listed(Vec<u64>, usize);

impl Arrivals for Listed {
    fn next(&mut self, into: &mut Arrival) -> bool {
        let Some(at_ns) = self.0.get(self.1) else { return false };
        *into = Arrival { at_ns: *at_ns, row: self.1 as u64, input: 1, output: 1, ..Arrival::default() };
        self.1 += 1;
        true
    }
}

fn listed(at_ns: &[u64]) -> Result<Load, String> {
    Load::gather(&mut Listed(at_ns.to_vec(), 0))
}

fn within(ttft_s: f64, share: f64) -> Promise {
    Promise { ttft_s: Some(ttft_s), tpot_s: None, share }
}

fn answer(offers: &[Offer<Affine>], load: &Load, promise: Promise) -> Answer {
    size(&mut Yard::new(offers, load, promise, None))
}

fn best_usd(offers: &[Offer<Affine>], load: &Load, promise: Promise) -> f64 {
    answer(offers, load, promise).found.map_or(f64::INFINITY, |found| found.best.usd_per_hour)
}

/// Requests every 101 ms that take a second: ten servers serve each at once, nine fall behind by a tenth for as long as it lasts.
#[test]
fn even_requests_by_hand() {
    let load = listed(&(0..1_000).map(|n| n * 101_000_000).collect::<Vec<_>>()).unwrap();
    let found = answer(&[server(1.0, 3.0, 1, 0)], &load, within(1.0, 1.0)).found.unwrap();
    assert_eq!((&found.best.parts[..], found.best.usd_per_hour), (&[(0, 10)][..], 30.0));
    assert_eq!(found.best.trial.attained, 1_000);
    // In instances of four: three of them, of whose twelve replicas ten are needed.
    let found = answer(&[server(1.0, 12.0, 4, 0)], &load, within(1.0, 1.0)).found.unwrap();
    assert_eq!((&found.best.parts[..], found.replicas_needed), (&[(0, 3)][..], Some(10)));
    let ttft = &found.bindings[0];
    assert_eq!((ttft.constraint, ttft.saves_usd_per_hour), (Constraint::Ttft, 24.0));
    // Memory is no constraint, nor are bursts where there are none.
    assert!(found.bindings[1..].iter().all(|binding| binding.saves_usd_per_hour == 0.0), "{:?}", found.bindings);
    assert!((found.load_with_one_less.unwrap() - 1.0 / 0.101 / 8.0).abs() < 1e-9);
}

/// One server of constant times before Poisson arrivals: P(wait = 0) = 1 - rho, and in M/D/1 the mean wait is rho s / (2 (1 - rho)). With a target of
/// the service time alone, exactly those who do not wait meet it.
#[test]
fn one_server_is_an_m_d_1() {
    let (rho, n) = (0.3, 40_000);
    let load = generated(rho, 1.0, n);
    let offers = [server(1.0, 1.0, 1, 0)];
    let mut yard = Yard::new(&offers, &load, within(1.0, 0.5), None);
    let share = yard.trial(&[(0, 1)]).share();
    // Neighbours depend on each other: of a busy period of 1/(1 - rho) requests in the mean one does not wait; twice the error of independent ones.
    let error = 4.0 * 2.0 * (rho * (1.0 - rho) / n as f64).sqrt();
    assert!((share - (1.0 - rho)).abs() < error, "{share}");
    // So one server is enough for a share a little below 1 - rho, and not for one a little above.
    for (wanted, servers) in [(1.0 - rho - error, 1), (1.0 - rho + error, 2)] {
        let found = answer(&offers, &load, within(1.0, wanted)).found.unwrap();
        assert_eq!(found.best.parts, [(0, servers)]);
    }
}

/// Poisson arrivals, no wait allowed: requests that were lost would leave the fewest at the servers (Erlang B, whatever the law of times), one common
/// queue would keep all servers busy while anybody waits (Erlang C); a queue before each server lies between. Clumps of the same rate need more than
/// Erlang's C says, and more the larger they are.
#[test]
fn bursts_need_more_than_erlang_says() {
    let (per_s, share) = (20.0, 0.95);
    let by = |p: fn(u32, f64) -> f64| (1..80).find(|n| p(*n, per_s) <= 1.0 - share).unwrap();
    let common = |n: u32, a: f64| if a < f64::from(n) { queueing::erlang_c(n, a) } else { 1.0 };
    let (lost, common) = (by(queueing::erlang_b), by(common));
    let needed = |cv: f64| {
        let load = generated(per_s, cv, 20_000);
        answer(&[server(1.0, 1.0, 1, 0)], &load, within(1.0, share)).found.unwrap().best.parts[0].1
    };
    let (poisson, bursty, clumps) = (needed(1.0), needed(2.5), needed(6.0));
    assert!((lost..=common).contains(&poisson), "{poisson} servers, Erlang {lost} to {common}");
    assert!(common < bursty && bursty < clumps, "{common} {bursty} {clumps}");
}

/// Counts 3, 1, 3, 1 ... in windows of a second: mean 2, sample variance 20/19 over 20 windows.
#[test]
fn dispersion_by_hand() {
    let mut at = Vec::new();
    for second in 0..20_u64 {
        let n = if second % 2 == 0 { 3 } else { 1 };
        at.extend((0..n).map(|place| second * 1_000_000_000 + place * 100_000_000));
    }
    at.push(20_000_000_000);
    let found = listed(&at).unwrap().dispersion(1.0);
    assert_eq!(found.windows, 20);
    assert!((found.index - 20.0 / 19.0 / 2.0).abs() < 1e-12, "{found:?}");
    // Two windows are too few: a tenth of the span, two seconds, always four.
    let wide = listed(&at).unwrap().dispersion(10.0);
    assert_eq!((wide.windows, wide.window_s, wide.index), (10, 2.0, 0.0));
    // Of renewals it goes to the square of the variation of their gaps; of Poisson arrivals it is 1, whose error is sqrt(2/windows).
    let poisson = generated(50.0, 1.0, 50_000).dispersion(1.0);
    assert!((poisson.index - 1.0).abs() < 4.0 * (2.0 / poisson.windows as f64).sqrt(), "{poisson:?}");
    let clumps = generated(50.0, 3.0, 200_000).dispersion(20.0);
    assert!((clumps.index / 9.0 - 1.0).abs() < 4.0 * (2.0 / clumps.windows as f64).sqrt() + 0.1, "{clumps:?}");
}

#[test]
fn loads_without_a_rate() {
    assert_eq!(listed(&[]).unwrap_err(), "0 requests have no rate");
    assert_eq!(listed(&[5]).unwrap_err(), "1 requests have no rate");
    assert!(listed(&[5, 5, 5]).unwrap_err().starts_with("all 3 requests arrive at one instant"));
    let load = listed(&[0, 1, 10]).unwrap();
    let even = load.even();
    let mut at = even.arrivals();
    let mut next = Arrival::default();
    let mut times = Vec::new();
    while at.next(&mut next) {
        times.push((next.at_ns, next.row));
    }
    assert_eq!(times, [(0, 0), (5, 1), (10, 2)]);
}

/// A request alone on a replica meets what `alone` says, request by request: a fleet of one replica a request attains exactly that number.
#[test]
fn alone_is_the_most() {
    let times = Affine { step_s: 0.01, prompt_token_s: 0.001, decode_s: 0.0, context_token_s: 1e-5 };
    let generate = Generate {
        process: Process::One(Gaps::by_rate(3.0, 2.0, LawKind::Gamma).unwrap()),
        lengths: Lengths::Seen(vec![(50, 20), (400, 3), (900, 200), (30, 1), (5_000, 7), (250, 90)]),
        classes: vec![1.0],
        requests: 300,
        until_s: f64::INFINITY,
    };
    let key = RunKey { study_seed: 3, draw: 0, replication: 0 };
    let load = Load::gather(&mut Generated::new(&generate, key, "alone").unwrap()).unwrap();
    for chunked in [false, true] {
        let mut offer = server(1.0, 1.0, 1, 0);
        offer.model = Model { times, max_batch: 64, max_batch_tokens: 256, chunked, kv_tokens: 4_000, ..offer.model };
        let promise = Promise { ttft_s: Some(0.93), tpot_s: Some(0.0125), share: 0.5 };
        let most = candidates::alone(&offer.model, &load, &promise);
        let offers = [offer];
        let trial = Yard::new(&offers, &load, promise, None).trial(&[(0, 300)]);
        assert_eq!(trial.attained, most);
        assert!(0 < most && most < 300 && 0 < trial.refused, "{trial:?}");
    }
}

/// Two fleets of the same replicas are one: request by request the same ends.
#[test]
fn equal_fleets_are_one() {
    let load = generated(20.0, 2.0, 5_000);
    let offers = [server(1.0, 1.0, 1, 0), server(1.0, 1.0, 1, 1)];
    let mut yard = Yard::new(&offers, &load, within(2.0, 0.9), None);
    let (one, two) = (yard.trial(&[(0, 22)]), yard.trial(&[(0, 9), (1, 13)]));
    assert_eq!(one, two);
}

/// A slow server beside a fast one gets a request only where the fast one would need longer: two requests at once, times 1 and 3 s; the second
/// waits for the fast one. With four at once the third goes to the slow one (3 s against 3), ties to the first; the fourth to the slow one.
#[test]
fn unlike_fleets_by_hand() {
    let offers = [server(1.0, 1.0, 1, 0), server(3.0, 1.0, 1, 1)];
    let served = |n: usize, most_s: f64| {
        let mut at = vec![0; n];
        at.push(100_000_000_000);
        let load = listed(&at).unwrap();
        Yard::new(&offers, &load, within(most_s, 0.1), None).trial(&[(0, 1), (1, 1)]).attained - 1
    };
    // Ends at 1, 2; at 1, 2, 3, 3.
    assert_eq!([1.0, 2.0].map(|most| served(2, most)), [1, 2]);
    assert_eq!([1.0, 2.0, 3.0].map(|most| served(4, most)), [1, 2, 4]);
}

/// What every combination up to the pure answers costs, tried one by one.
fn brute_force(offers: &[Offer<Affine>], load: &Load, promise: Promise, most: u32) -> f64 {
    let mut yard = Yard::new(offers, load, promise, None);
    let mut best = f64::INFINITY;
    for a in 0..=most {
        for b in 0..=most {
            for c in 0..=if 2 < offers.len() { most } else { 0 } {
                let parts: Vec<(usize, u32)> = [(0, a), (1, b), (2, c)].into_iter().filter(|part| 0 < part.1).collect();
                if parts.is_empty() || 2 < parts.len() {
                    continue;
                }
                let usd = super::offer::usd_per_hour(offers, &parts);
                if usd < best && yard.keeps(&parts) {
                    best = usd;
                }
            }
        }
    }
    best
}

/// Every 145 ms a request of a second: seven servers. Large instances of four servers at 3.4, small ones of one at 1: seven servers are one large and three small, cheaper than two large or
/// seven small.
#[test]
fn a_large_and_small_ones_are_cheaper_than_either() {
    let load = listed(&(0..700).map(|n| n * 145_000_000).collect::<Vec<_>>()).unwrap();
    let offers = [server(1.0, 3.4, 4, 0), server(1.0, 1.0, 1, 0)];
    let found = answer(&offers, &load, within(1.0, 1.0)).found.unwrap();
    assert_eq!(found.best.parts, [(0, 1), (1, 3)]);
    assert!((found.best.usd_per_hour - 6.4).abs() < 1e-12);
    assert_eq!(found.second.as_ref().unwrap().parts, [(0, 2)]);
    let apart = found.apart.unwrap();
    assert!((apart.usd_per_hour - 0.4).abs() < 1e-12 && apart.sigma == 0.0 && apart.is_told());
    assert_eq!(found.other_chips, None);
}

/// A mix of rates 6 a and 1 b against one of 6 a and 1 c of the same speeds: shares 6/7 cancel, 1/7 of two cards of 0.1 each is left.
#[test]
fn what_two_mixes_share_is_not_in_doubt() {
    let offers = [server(1.0, 1.0, 1, 0), server(1.0, 1.0, 1, 1), server(1.0, 1.2, 1, 2)];
    let mix = |parts: Vec<(usize, u32)>| Mix {
        usd_per_hour: super::offer::usd_per_hour(&offers, &parts),
        trial: Trial::default(),
        parts,
    };
    let (a, b, alone) = (mix(vec![(0, 6), (1, 1)]), mix(vec![(0, 6), (2, 1)]), mix(vec![(1, 7)]));
    let near = super::answer::apart(&offers, &a, &b);
    assert!((near.sigma - 0.1 * 2.0_f64.sqrt() / 7.0).abs() < 1e-12 && near.is_told(), "{near:?}");
    let far = super::answer::apart(&offers, &a, &alone);
    assert!((far.sigma - 0.1 * 2.0_f64.sqrt() * 6.0 / 7.0).abs() < 1e-12 && !far.is_told(), "{far:?}");
    assert_eq!(super::answer::apart(&offers, &a, &a).sigma, 0.0);
}

/// The search for mixes against trying them all.
#[test]
fn mixes_are_those_of_brute_force() {
    for (cv, seconds, usd) in [
        (1.0, [1.0, 2.0], [2.3, 1.0]),
        (2.0, [0.5, 2.0], [4.4, 1.2]),
        (1.0, [0.4, 1.1], [3.1, 1.15]),
        (3.0, [1.0, 1.5], [1.3, 1.0]),
        (1.5, [0.25, 1.0], [5.0, 1.7]),
    ] {
        let load = generated(3.0, cv, 1_500);
        let offers = [server(seconds[0], usd[0], 1, 0), server(seconds[1], usd[1], 1, 1)];
        for share in [0.8, 0.95] {
            let promise = within(3.0, share);
            let (found, all) = (best_usd(&offers, &load, promise), brute_force(&offers, &load, promise, 14));
            assert!((found - all).abs() < 1e-9, "{cv} {seconds:?} {share}: {found}, by trying all {all}");
        }
    }
}

/// Instances of several replicas of three kinds.
#[test]
fn mixes_of_three_kinds_are_those_of_brute_force() {
    let load = generated(4.0, 1.5, 1_200);
    let offers = [server(0.5, 6.1, 3, 0), server(1.0, 2.4, 2, 1), server(1.0, 1.3, 1, 1)];
    let promise = within(2.5, 0.95);
    let (found, all) = (best_usd(&offers, &load, promise), brute_force(&offers, &load, promise, 9));
    assert!((found - all).abs() < 1e-9, "{found}, by trying all {all}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// The smallest that is enough, wherever the guess lies.
    #[test]
    fn smallest_is_that_of_a_scan(guess in 0..300_u32, most in 0..200_u32, from in 1..260_u32) {
        let found = smallest(guess, most, |n| from <= n);
        prop_assert_eq!(found, (from <= most).then_some(from));
    }

    /// A looser promise is never dearer, a higher rate never cheaper, and one offer less never cheaper.
    #[test]
    fn more_is_asked_more_is_paid(
        (a, b) in (2..12_u32, 2..12_u32), (usd_a, usd_b) in (10..40_u32, 10..40_u32), cv in 0..3_u32, share in 80..97_u32,
    ) {
        let offers = [
            server(f64::from(a) / 8.0, f64::from(usd_a) / 10.0, 2, 0),
            server(f64::from(b) / 8.0, f64::from(usd_b) / 10.0, 1, 1),
        ];
        let load = generated(3.0, f64::from(cv), 600);
        let (ttft_s, share) = (2.0, f64::from(share) / 100.0);
        let usd = best_usd(&offers, &load, within(ttft_s, share));
        prop_assert!(best_usd(&offers, &load, within(ttft_s * 1.5, share)) <= usd);
        prop_assert!(best_usd(&offers, &load, within(ttft_s, share - 0.1)) <= usd);
        prop_assert!(usd <= best_usd(&offers[..1], &load, within(ttft_s, share)));
        prop_assert!(usd <= best_usd(&offers[1..], &load, within(ttft_s, share)));
        // The same requests in half the time.
        let faster = generated(6.0, f64::from(cv), 600);
        prop_assert!(usd <= best_usd(&offers, &faster, within(ttft_s, share)));
    }
}

/// One server of a second, requests every 2 s: a load of a half. At a scale of 2 they come as one leaves, and none waits; at 2.2 the k-th (from 0) waits k x (1 - 2/2.2) s,
/// so that its first token comes after 1 + k/11 s: of 101 the median is the 50th, 1 + 50/11 s. Every answer is one token: no time per token.
#[test]
fn levels_by_hand() {
    let load = listed(&(0..101).map(|n| n * 2_000_000_000).collect::<Vec<_>>()).unwrap();
    let offers = [server(1.0, 3.6, 1, 0)];
    let mut yard = Yard::new(&offers, &load, within(1.5, 0.99), None);
    let answer = size(&mut yard);
    let levels = levels(&yard, &answer);
    let [curve] = &levels.curves[..] else { panic!("{levels:?}") };
    assert_eq!((curve.instances, curve.best_of_chip, curve.levels.len(), levels.requests), (1, true, 9, 101));
    let asked = curve.asked();
    assert_eq!((asked.load, asked.per_s, asked.rate_scale), (0.5, 0.5, 1.0));
    assert_eq!(
        asked.trial,
        answer.found.unwrap().best.trial,
        "the load that was asked for is the trial that verified it"
    );
    // 101 tokens of prompts and 101 of answers in 201 s at USD 3.60 an hour.
    let usd = 3.6 * 201.0 / 3600.0 / 202.0 * 1e6;
    assert!((asked.usd_per_million_tokens.unwrap() / usd - 1.0).abs() < 1e-12);
    assert!((asked.output_tokens_per_s_per_chip - 101.0 / 201.0).abs() < 1e-12);
    let at = |of: f64| curve.levels.iter().find(|level| (level.load - of).abs() < 1e-9).unwrap();
    let ttft = |of: f64, p: usize| at(of).ttft_s[p].unwrap().value;
    assert!((ttft(1.0, 2) - 1.0).abs() < 2e-3 && at(1.0).keeps);
    assert!((ttft(1.1, 0) / (1.0 + 50.0 / 11.0) - 1.0).abs() < 2e-3, "{}", ttft(1.1, 0));
    assert!(!at(1.1).keeps && !at(1.1).keeps_ttft);
    assert!((curve.fullest().unwrap().load - 1.0).abs() < 1e-9);
    assert_eq!(asked.tpot_s, [None; 3]);
}

/// Six chips have curves, the cheapest ones; the seventh is named.
#[test]
fn chips_without_a_curve_are_named() {
    let load = listed(&(0..50).map(|n| n * 2_000_000_000).collect::<Vec<_>>()).unwrap();
    let offers: Vec<Offer<Affine>> = (0..7).map(|shape| server(1.0, 8.0 - shape as f64, 1, shape)).collect();
    let mut yard = Yard::new(&offers, &load, within(1.5, 0.99), None);
    let answer = size(&mut yard);
    let levels = levels(&yard, &answer);
    assert_eq!(levels.curves.iter().map(|curve| curve.offer).collect::<Vec<_>>(), [6, 5, 4, 3, 2, 1]);
    assert_eq!((&levels.left_out[..], levels.untried), (&["c0".to_owned()][..], 0));
}

proptest! {
    /// The frontier is what trying every pair leaves: nothing is at least as good in both and better in one.
    #[test]
    fn frontier_is_that_of_brute_force(points in proptest::collection::vec((0..12_u32, 0..12_u32), 0..40)) {
        let all: Vec<Trade> =
            points.iter().map(|(slow, dear)| Trade { slow: f64::from(*slow), dear: f64::from(*dear) }).collect();
        let beats = |a: &Trade, b: &Trade| a.slow <= b.slow && a.dear <= b.dear && a != b;
        let first = |at: usize| all.iter().position(|other| *other == all[at]) == Some(at);
        let mut want: Vec<usize> =
            (0..all.len()).filter(|at| first(*at) && !all.iter().any(|other| beats(other, &all[*at]))).collect();
        want.sort_by(|a, b| all[*a].slow.total_cmp(&all[*b].slow));
        prop_assert_eq!(frontier(&all), want);
    }
}
