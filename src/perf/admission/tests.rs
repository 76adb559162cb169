//! The table of admission by hand: between points, on other replicas, at other speeds, with promises; and what no table can be.

use super::*;

/// At load 26/23 a fluid server sheds 3 of 26.
#[test]
fn the_bound_by_hand() {
    let fluid = Admission::fluid();
    assert!((fluid.at(26.0 / 23.0, 23.0).shed - 3.0 / 26.0).abs() < 1e-15);
    assert_eq!((fluid.at(1.0, 1.0).shed, fluid.at(f64::INFINITY, 0.0).shed), (0.0, 1.0));
    assert!(!fluid.is_measured());
}

/// Loads 0.5 and 1, replicas 1 and 4, dispersions 1 and 16, one mix whose replica takes half a second.
fn rows() -> Vec<AdmissionRow> {
    let mut rows = Vec::new();
    for (load, a) in [(0.5, 0.1), (1.0, 0.3)] {
        for (replicas, b) in [(1.0, 1.0), (4.0, 0.5)] {
            for (dispersion, c) in [(1.0, 0.5), (16.0, 1.0)] {
                let shed = a * b * c;
                let waits_s = [0.5, 0.9, 0.95, 0.99].map(|p| 10.0 * p * shed);
                let outcome = Outcome { shed, waits_s, tpot_ratio: 1.0 + shed, tpot_spread: [0.9, 1.2, 1.5] };
                rows.push(AdmissionRow {
                    load,
                    replicas,
                    dispersion,
                    output_share: 0.2,
                    replica_per_s: 2.0,
                    capacity_ratio: 0.8,
                    outcome,
                });
            }
        }
    }
    rows
}

fn clock(iteration_s: f64, batch: f64) -> Clock {
    Clock { iteration_s, batch }
}

fn asked(table: &AdmissionTable, dispersion: f64, output_share: f64, seconds_per_request: f64) -> Cut {
    table.of(&Asked { dispersion, output_share, seconds_per_request, clocks: None })
}

fn carded(table: &AdmissionTable, dispersion: f64, clocks: &[Clock]) -> Cut {
    table.of(&Asked { dispersion, output_share: 0.2, seconds_per_request: 0.5, clocks: Some(clocks) })
}

/// The reference has 8 requests at a time in iterations of 0.1 s. A replica with 32 in iterations of 0.2 s takes what the reference does
/// before bursts a quarter as large, twice as long: dispersion 16 is as 4, three quarters of 0.3 at load 1 on one replica are 0.225; waits of 10 p x 0.225 are
/// stretched by 2 short of patience, time per token is 1.225 x 0.2 s. What is shed, 0.3, is by the seconds of a request, which are the reference's.
#[test]
fn another_replica_is_the_reference_on_another_clock() {
    let table = AdmissionTable::new(&rows()).unwrap().with_clocks(|_, per_s| clock(0.1, 4.0 * per_s));
    let cut = carded(&table, 16.0, &[clock(0.2, 16.0), clock(0.2, 32.0)]);
    let outcome = cut.outcomes[cut.replicas.len()];
    let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} {b}");
    close(outcome.shed, 0.3);
    let wait = 10.0 * 0.5 * 0.225;
    let without = 2.0 * wait / (1.0 - wait / 30.0);
    close(outcome.waits_s[0], without / (1.0 + without / 30.0));
    let served = cut.promise(Promise::default()).at(1.0, 1.0);
    close(served.tpot_s, 1.225 * 0.2);
    // Itself it is looked up as it is.
    let same = carded(&table, 16.0, &[clock(0.1, 4.0), clock(0.1, 8.0)]);
    assert_eq!(same.outcomes[0], rows()[1].outcome);
}

/// Waits stretched and back are the same; short ones are theta times as long, of patience and more they stay.
#[test]
fn clocks_and_patience() {
    for wait in [0.0, 0.01, 3.0, 29.0] {
        assert!((stretched(stretched(wait, 2.5), 0.4) - wait).abs() < 1e-12, "{wait}");
    }
    assert!((stretched(1e-6, 3.0) / 3e-6 - 1.0).abs() < 1e-6);
    assert_eq!((stretched(30.0, 0.1), stretched(31.0, 7.0), stretched(-1.0, 2.0)), (30.0, 31.0, -1.0));
    assert!(stretched(29.0, 10.0) < 30.0);
}

/// A replica twice as fast keeps half as long a promise as well, and its times are half as long; nothing else is shed. To the bit as it was at speed 1.
#[test]
fn a_draw_of_the_speed_moves_times() {
    let table = AdmissionTable::new(&rows()).unwrap();
    let with = |ttft_s, tpot_s| {
        let promise = Promise { ttft_s: Some(ttft_s), tpot_s: Some(tpot_s), alone_s: vec![(0.5, 0.01), (0.5, 0.02)] };
        carded(&table, 16.0, &[clock(0.2, 1.0); 2]).promise(promise)
    };
    let (slow, fast) = (with(0.2, 0.3), with(0.1, 0.15).faster(2.0));
    let (slow, fast) = (slow.at(0.5, 1.0), fast.at(0.5, 1.0));
    // Patience bends what is stretched by less than a hundredth at waits below 0.3 s.
    assert!((slow.attained - fast.attained).abs() < 0.01 && 0.1 < slow.attained, "{slow:?} {fast:?}");
    assert!((slow.ttft_p99_s / fast.ttft_p99_s / 2.0 - 1.0).abs() < 0.04, "{slow:?} {fast:?}");
    assert_eq!((slow.tpot_s, slow.shed), (2.0 * fast.tpot_s, fast.shed));
    let same = with(0.2, 0.3);
    assert_eq!(same.faster(1.0).lines, same.lines);
}

/// At dispersion 16: 0.1 and 0.3 on one replica, half of it on four; 2 is half way from 1 to 4 by ratios. At 4, half way from 1 to 16, three
/// quarters of it; at 4 with replicas four times as slow as the reference, as at 16.
#[test]
fn between_points_by_hand() {
    let table = AdmissionTable::new(&rows()).unwrap();
    let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} {b}");
    let cut = |dispersion, share, seconds| asked(&table, dispersion, share, seconds).promise(Promise::default());
    let bursty = cut(16.0, 0.7, 0.5);
    close(bursty.at(0.75, 1.0).shed, 0.2);
    close(bursty.at(0.75, 2.0).shed, 0.15);
    close(bursty.at(0.1, 4.0).shed, 0.05);
    close(bursty.at(2.0, 1.0).shed, 0.5);
    close(cut(4.0, 0.2, 0.5).at(0.75, 1.0).shed, 0.15);
    close(cut(4.0, 0.2, 2.0).at(0.75, 2.0).shed, 0.15);
    close(cut(1e9, 0.2, 0.5).at(0.75, 2.0).shed, 0.15);
    close(table.capacity_ratio(0.9), 0.8);
}

/// 128 replicas are as four with a 32nd of the bursts: dispersion 1 + 127/32, and the loads between 4 and 8 as 4 has them.
#[test]
fn more_replicas_than_were_measured() {
    let table = AdmissionTable::new(&rows()).unwrap();
    let of =
        |dispersion, replicas| asked(&table, dispersion, 0.2, 0.5).promise(Promise::default()).at(1.0, replicas).shed;
    assert!((of(128.0, 128.0) - of(1.0 + 127.0 / 32.0, 4.0)).abs() < 1e-12);
    assert!(of(128.0, 1e9) < of(128.0, 128.0) && of(128.0, 128.0) < of(128.0, 4.0));
}

/// Loads 0.5 and 1 on one replica at dispersion 16 shed 0.1 and 0.3: over both 0.2; promises are weighed by the answered, 0.9 and 0.7.
#[test]
fn a_tick_between_two_loads_by_hand() {
    let table = AdmissionTable::new(&rows()).unwrap();
    let promise = Promise { ttft_s: Some(1.5), tpot_s: None, alone_s: vec![(1.0, 0.5)] };
    let admission = carded(&table, 16.0, &[clock(0.5, 1.0), clock(1.0, 1.0)]).promise(promise);
    let (a, b, both) = (admission.at(0.5, 1.0), admission.at(1.0, 1.0), admission.over((0.5, 1.0), 1.0));
    let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} {b}");
    close(both.shed, 0.2);
    close(both.attained, (0.9 * a.attained + 0.7 * b.attained) / 1.6);
    close(both.tpot_s, (0.9 * 0.5 * 1.1 + 0.7 * 1.3) / 1.6);
}

/// Half of the prompts take 0 s, half 2 s; waits are uniform to 1 s up to the median and longer beyond.
#[test]
fn prompts_of_their_own_length_by_hand() {
    let outcome = Outcome { waits_s: [1.0, 2.0, 3.0, 4.0], ..Outcome::default() };
    let promise = Promise { alone_s: vec![(0.5, 0.0), (0.5, 2.0)], ..Promise::default() };
    let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} {b}");
    close(promise.ttft_within(&outcome, 1.0, 1.0), 0.25);
    close(promise.ttft_within(&outcome, 3.0, 1.0), 0.5 * 0.95 + 0.5 * 0.5);
    let p99 = promise.ttft_p99_s(&outcome);
    assert!((promise.ttft_within(&outcome, p99, 1.0) - 0.99).abs() < 1e-4, "{p99}");
}

/// Quantiles 1, 2, 3, 4 s: half of them within 1 s, a quarter within 0.5; beyond 4 the tail falls from 5 to 1 % a second.
#[test]
fn shares_within_by_hand() {
    let outcome = Outcome { waits_s: [1.0, 2.0, 3.0, 4.0], tpot_spread: [0.5, 1.0, 2.0], ..Outcome::default() };
    let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} {b}");
    [(-1.0, 0.0), (0.5, 0.25), (1.0, 0.5), (1.5, 0.7), (4.0, 0.99), (5.0, 0.998)]
        .into_iter()
        .for_each(|(x, p)| close(outcome.waits_within(x), p));
    // Half way from 1 to 2 in logarithms the root of a tenth is left of 10 %; as far below the median as 1 is above it are 10 %.
    [(0.25, 0.1), (0.5, 0.5), (2f64.sqrt(), 1.0 - 0.1 * 0.1f64.sqrt()), (2.0, 0.99), (4.0, 0.999)]
        .into_iter()
        .for_each(|(x, p)| close(outcome.tpots_within(x), p));
    assert_eq!((outcome.tpots_within(0.0), outcome.tpots_within(-1.0)), (0.0, 0.0));
    let same = Outcome { tpot_spread: [1.0; 3], ..outcome };
    assert_eq!((same.tpots_within(0.99), same.tpots_within(1.0)), (0.0, 1.0));
    assert_eq!(Outcome::default().waits_within(0.0), 1.0);
}

/// Load 1, one replica, dispersion 16: sheds 0.3, waits 1.5, 2.7, 2.85, 2.97 s, ratio 1.3. Alone 0.5 s: 2 s to the first token leave a wait of
/// 1.5, which half have; tokens at 0.2 s a card's are 0.26 s, and 0.39 s, 1.5 times as long, are the 99th percentile.
#[test]
fn promises_by_hand() {
    let table = AdmissionTable::new(&rows()).unwrap();
    let promise = Promise { ttft_s: Some(2.0), tpot_s: Some(0.39), alone_s: vec![(1.0, 0.5)] };
    let served = carded(&table, 16.0, &[clock(0.2, 1.0); 2]).promise(promise).at(1.0, 1.0);
    let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} {b}");
    close(served.attained, 0.5 * 0.99);
    assert!((served.ttft_p99_s - 3.47).abs() < 4e-3, "{}", served.ttft_p99_s);
    close(served.tpot_s, 0.26);
    close(served.shed, 0.3);
}

#[test]
fn tables_that_cannot_be_are_refused() {
    let error = |change: fn(&mut Vec<AdmissionRow>)| {
        let mut rows = rows();
        change(&mut rows);
        AdmissionTable::new(&rows).unwrap_err()
    };
    assert!(error(|rows| rows.truncate(7)).starts_with("no line of load 1, 4 replicas"));
    assert!(error(|rows| rows.swap(0, 1)).starts_with("no line of load 0.5"));
    assert!(error(|rows| rows[4].outcome.shed = 0.0).starts_with("line 5: less"));
    assert!(error(Vec::clear).starts_with("as many lines"));
}

/// Axes of loads to 1, replicas to 4, dispersions 1 to 16, one mix of 0.2: on a reference replica 17 is beyond, on up to 4 x 16/15 replicas; on one that takes
/// twice as long 9 is, as 18 and on up to 4 x 8/7; below 1, another share, more replicas and more load.
#[test]
fn every_end_that_is_read_is_told() {
    let table = AdmissionTable::new(&rows()).unwrap();
    let within = Range { replicas: (1.0, 4.0), peak_load: 1.0 };
    let of = |dispersion, output_share, seconds_per_request, range| {
        table.beyond(&Asked { dispersion, output_share, seconds_per_request, clocks: None }, &range)
    };
    assert_eq!(of(16.0, 0.2, 0.5, within), []);
    let [Beyond::Bursts { dispersion, most, replicas }] = of(17.0, 0.2, 0.5, within)[..] else { panic!() };
    assert_eq!((dispersion, most), (17.0, 16.0));
    assert!((replicas - 64.0 / 15.0).abs() < 1e-12, "{replicas}");
    let [Beyond::Bursts { dispersion, replicas, .. }] = of(9.0, 0.2, 1.0, within)[..] else { panic!() };
    assert!((dispersion - 18.0).abs() < 1e-12 && (replicas - 32.0 / 7.0).abs() < 1e-12, "{dispersion} {replicas}");
    assert_eq!(of(9.0, 0.2, 1.0, Range { replicas: (5.0, 4.0), ..within }), []);
    assert_eq!(of(0.5, 0.2, 0.5, within), [Beyond::Smooth { dispersion: 0.5, least: 1.0 }]);
    assert_eq!(
        of(1.0, 0.3, 0.5, Range { replicas: (1.0, 4.5), peak_load: 1.5 }),
        [
            Beyond::Mix { output_share: 0.3, end: 0.2 },
            Beyond::Replicas { replicas: 4.5, most: 4.0 },
            Beyond::Load { load: 1.5, most: 1.0 }
        ]
    );
}
