//! Closed forms of queueing theory, the yardstick of `verify`.
//!
//! It simulates nothing and approximates nothing; service of two phases on several servers is `phase`, gangs under
//! failures are `renewal`. Rates and times share one unit, the caller's. None means unstable: the wait has no mean.
use super::law::Law;
use super::math::{cos, exp, ln, sin};
use std::f64::consts::PI;

/// Probability that an arriving request is lost, M/M/c/c and M/G/c/c (Erlang B) [-]. Erlang 1917; recursion B = aB/(k +
/// aB).
///
/// `offered` >= 0 is the offered load in erlangs; `servers` = 0 loses all.
pub fn erlang_b(servers: u32, offered: f64) -> f64 {
    assert!(0.0 <= offered, "offered load {offered}");
    (1..=servers).fold(1.0, |b, k| offered * b / (f64::from(k) + offered * b))
}

/// Probability that an arriving request waits, M/M/c queue (Erlang C) [-]. Erlang 1917.
///
/// `servers` >= 1; `offered` is the offered load in erlangs, 0 <= offered. Returns 1 when offered >= servers (the queue
/// is unstable).
pub fn erlang_c(servers: u32, offered: f64) -> f64 {
    assert!(1 <= servers && 0.0 <= offered, "Erlang C of {servers} servers, load {offered}");
    let c = f64::from(servers);
    if c <= offered {
        return 1.0;
    }
    let b = erlang_b(servers, offered);
    b / (1.0 - offered / c * (1.0 - b))
}

/// Mean wait in M/M/c, C/(c mu - lambda) [time]; None when unstable.
pub fn mmc_mean_wait(arrival_rate: f64, service_rate: f64, servers: u32) -> Option<f64> {
    let spare = f64::from(servers) * service_rate - arrival_rate;
    (0.0 < spare).then(|| erlang_c(servers, arrival_rate / service_rate) / spare)
}

/// Quantile of the wait in M/M/c at `p` in [0, 1): ln(C/(1-p))/(c mu - lambda) where p > 1 - C, else 0 [time]; None
/// when unstable.
pub fn mmc_wait_quantile(arrival_rate: f64, service_rate: f64, servers: u32, p: f64) -> Option<f64> {
    assert!(0.0 <= p && p < 1.0, "quantile at p = {p}");
    let spare = f64::from(servers) * service_rate - arrival_rate;
    (0.0 < spare).then(|| (ln(erlang_c(servers, arrival_rate / service_rate) / (1.0 - p)) / spare).max(0.0))
}

/// P(wait > t) in M/M/c, C e^(-(c mu - lambda) t) [-]; None when unstable. At t = 0 it is Erlang C.
pub fn mmc_wait_exceeds(arrival_rate: f64, service_rate: f64, servers: u32, t: f64) -> Option<f64> {
    let spare = f64::from(servers) * service_rate - arrival_rate;
    (0.0 < spare).then(|| erlang_c(servers, arrival_rate / service_rate) * exp(-spare * t.max(0.0)))
}

/// Mean wait in M/G/1, first come first served, rho (1 + scv) E[S] / (2 (1 - rho)) [time]; None when unstable.
/// Pollaczek-Khinchine.
pub fn mg1_mean_wait(arrival_rate: f64, mean_service: f64, scv: f64) -> Option<f64> {
    let load = arrival_rate * mean_service;
    (load < 1.0).then(|| load * (1.0 + scv) * mean_service / (2.0 * (1.0 - load)))
}

/// Probability that an arriving request waits in GI/M/1 [-]: the root sigma in (0, 1) of sigma = A*(mu (1 - sigma)), A* the
/// transform of the law of the intervals; None when unstable. Eq. (53).
///
/// The wait is 0 with probability 1 - sigma and else exponential: its mean is sigma / (mu (1 - sigma)).
pub fn gim1_p_wait(interval: &Law, service_rate: f64) -> Option<f64> {
    assert!(0.0 < service_rate && interval.is_nonnegative(), "GI/M/1 with {interval:?}, service at {service_rate}");
    if interval.mean() * service_rate <= 1.0 {
        return None;
    }
    // The map is convex and increasing: from 0 it climbs to the root and never passes it.
    let mut sigma = 0.0;
    for _ in 0..100_000 {
        let next = interval.laplace(service_rate * (1.0 - sigma));
        if next - sigma <= 1e-15 {
            break;
        }
        sigma = next;
    }
    Some(sigma)
}

/// Mean wait in M/D/c, service of exactly `service_time` [time]; None when unstable. Crommelin 1932.
///
/// Lq = (a^2 - c(c-1))/(2(c-a)) + sum over k = 1..c-1 of 1/(1 - z_k), z_k the roots of z^c = e^(a(z-1)) inside the unit
/// circle.
pub fn mdc_mean_wait(arrival_rate: f64, service_time: f64, servers: u32) -> Option<f64> {
    assert!(0.0 < arrival_rate && 0.0 < service_time && 1 <= servers, "M/D/{servers} at rate {arrival_rate}");
    let (a, c) = (arrival_rate * service_time, f64::from(servers));
    if c <= a {
        return None;
    }
    // The two terms cancel at many servers. Re 1/(1 - z) = 1/2 + (1 - |z|^2)/(2 |1 - z|^2), and the halves are gathered
    // with the first term: (a^2 - c(c-1))/(2(c-a)) + (c-1)/2 = (a^2 - a(c-1))/(2(c-a)) = a/(2(c-a)) - a/2.
    let roots: f64 = (1..servers).map(|k| root_excess(a / c, 2.0 * PI * f64::from(k) / c)).sum();
    let queue = a / (2.0 * (c - a)) - 0.5 * a + roots;
    Some((queue / arrival_rate).max(0.0))
}

/// Mean wait of each class in M/M/c with non-preemptive priorities, the most urgent first [time]. Cobham 1954.
///
/// All classes are served at `service_rate`. None when all classes together are unstable, though the first ones may not
/// be: ask for those alone.
pub fn cobham_waits(arrival_rates: &[f64], service_rate: f64, servers: u32) -> Option<Vec<f64>> {
    let capacity = f64::from(servers) * service_rate;
    let total: f64 = arrival_rates.iter().sum();
    if capacity <= total {
        return None;
    }
    let residual = erlang_c(servers, total / service_rate) / capacity;
    let mut load = 0.0;
    Some(
        arrival_rates
            .iter()
            .map(|rate| {
                let before = load;
                load += rate / capacity;
                residual / ((1.0 - before) * (1.0 - load))
            })
            .collect(),
    )
}

/// Mean time in M/G/1 under processor sharing of a job that needs `service` alone: service/(1 - rho) [time]; None when
/// unstable.
pub fn processor_sharing_time(arrival_rate: f64, mean_service: f64, service: f64) -> Option<f64> {
    let load = arrival_rate * mean_service;
    (load < 1.0).then(|| service / (1.0 - load))
}

/// Machines that fail and wait for one of a few repairmen, in steady state.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MachineRepair {
    /// Mean share of the machines that are up [-].
    pub availability: f64,
    /// Mean number of machines down.
    pub mean_down: f64,
    /// Mean time from failure to the end of the repair, waiting included [time]; None where nothing fails.
    pub mean_down_time: Option<f64>,
    /// Mean number at work.
    pub mean_at_work: f64,
}

/// M/M/r//N: `machines` >= 1 that fail at `fail_rate` >= 0 each while up, `repairmen` >= 1 who repair at `repair_rate`
/// > 0 each.
pub fn machine_repair(machines: u32, repairmen: u32, fail_rate: f64, repair_rate: f64) -> MachineRepair {
    machine_repair_with_spares(machines, 0, repairmen, fail_rate, repair_rate)
}

/// The same with `spares` beside the machines, which take the place of those that fail and do not fail while they stand idle: `machines` of
/// all that are up work. Eq. (66); Palm 1947, Gross and Harris 1998, 2.7.
pub fn machine_repair_with_spares(
    machines: u32,
    spares: u32,
    repairmen: u32,
    fail_rate: f64,
    repair_rate: f64,
) -> MachineRepair {
    assert!(1 <= machines && 1 <= repairmen, "{machines} machines, {repairmen} repairmen");
    assert!(0.0 <= fail_rate && 0.0 < repair_rate, "fail rate {fail_rate}, repair rate {repair_rate}");
    let all = machines + spares;
    let at_work = |down: u32| f64::from((all - down).min(machines));
    let (mut weight, mut total, mut down, mut work) = (1.0f64, 1.0f64, 0.0f64, f64::from(machines));
    for k in 1..=all {
        weight *= at_work(k - 1) * fail_rate / (f64::from(k.min(repairmen)) * repair_rate);
        total += weight;
        down += f64::from(k) * weight;
        work += at_work(k) * weight;
        // Weights may climb far above the first one before they fall.
        if 1e200 < total {
            (weight, total, down, work) = (weight * 1e-200, total * 1e-200, down * 1e-200, work * 1e-200);
        }
    }
    let (mean_down, mean_at_work) = (down / total, work / total);
    let availability = 1.0 - mean_down / f64::from(all);
    let failures = mean_at_work * fail_rate;
    let mean_down_time = (0.0 < failures).then(|| mean_down / failures);
    MachineRepair { availability, mean_down, mean_down_time, mean_at_work }
}

/// (1 - |z|^2)/(2 |1 - z|^2) at the root of z = e^(i angle) e^(load (z - 1)) inside the unit circle, by Newton from a
/// fixed point.
fn root_excess(load: f64, angle: f64) -> f64 {
    let image = |x: f64, y: f64| {
        let size = exp(load * (x - 1.0));
        (size * cos(angle + load * y), size * sin(angle + load * y))
    };
    let (mut x, mut y) = (0.0, 0.0);
    for _ in 0..30 {
        (x, y) = image(x, y);
    }
    for _ in 0..100 {
        let (fx, fy) = image(x, y);
        // f(z) = z - image, f' = 1 - load x image.
        let (rx, ry, sx, sy) = (x - fx, y - fy, 1.0 - load * fx, -load * fy);
        let size = sx * sx + sy * sy;
        let (dx, dy) = ((rx * sx + ry * sy) / size, (ry * sx - rx * sy) / size);
        (x, y) = (x - dx, y - dy);
        if dx.abs() + dy.abs() < 1e-16 {
            break;
        }
    }
    (1.0 - x * x - y * y) / (2.0 * ((1.0 - x) * (1.0 - x) + y * y))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(got: f64, want: f64, what: &str) {
        assert!((got - want).abs() <= 1e-9 * want.abs(), "{what}: got {got:?}, want {want:?}");
    }

    // All values below are restated from golden/methods/queueing.json.

    #[test]
    fn erlang_b_and_c() {
        for (servers, offered, want) in [
            (1, 0.5, 0.3333333333333333),
            (5, 3.0, 0.11005434782608696),
            (10, 5.0, 0.01838457033664814),
            (10, 10.0, 0.21458234310734736),
            (100, 84.0, 0.009872528609200787),
            (1000, 970.0, 0.009529193271718587),
        ] {
            close(erlang_b(servers, offered), want, "B");
        }
        for (servers, offered, want) in [
            (1, 0.5, 0.5),
            (2, 1.0, 0.33333333333333337),
            (5, 4.0, 0.5541125541125541),
            (10, 8.0, 0.4091801507964435),
            (100, 90.0, 0.21694048090636625),
            (110, 100.0, 0.23700750028505277),
        ] {
            close(erlang_c(servers, offered), want, "C");
        }
        assert_eq!((erlang_c(3, 3.0), erlang_c(3, 0.0), erlang_b(0, 2.0)), (1.0, 0.0, 1.0));
    }

    #[test]
    fn waits_in_mmc() {
        for (rate, servers, mean, quantiles) in [
            (
                0.8,
                1,
                4.000000000000001,
                [2.350018146228679, 10.397207708399183, 13.862943611198904, 21.910133173369406],
            ),
            (1.5, 2, 1.2857142857142856, [0.502628856561812, 3.7215046814300132, 5.107799042549901, 8.326674867418102]),
            (8.0, 10, 0.20459007539822174, [0.0, 0.7044926697863958, 1.0510662600663678, 1.855785216283418]),
            (90.0, 100, 0.021694048090636624, [0.0, 0.07744528483928252, 0.14676000289527696, 0.307703794138687]),
        ] {
            close(mmc_mean_wait(rate, 1.0, servers).unwrap(), mean, "Wq");
            for (p, want) in [0.5, 0.9, 0.95, 0.99].into_iter().zip(quantiles) {
                close(mmc_wait_quantile(rate, 1.0, servers, p).unwrap(), want, "quantile");
            }
        }
        // min_servers_SLO: 58 servers for 50 erlangs keep P(wait <= .1) at .9126361501305835, 57 at .8776061632889095.
        close(1.0 - mmc_wait_exceeds(50.0, 1.0, 58, 0.1).unwrap(), 0.9126361501305835, "58");
        close(1.0 - mmc_wait_exceeds(50.0, 1.0, 57, 0.1).unwrap(), 0.8776061632889095, "57");
        assert_eq!((mmc_mean_wait(2.0, 1.0, 2), mmc_wait_quantile(3.0, 1.0, 2, 0.5)), (None, None));
    }

    #[test]
    fn one_server_with_any_service() {
        for (scv, want) in [(0.0, 2.0), (0.5, 3.0), (1.0, 4.0), (4.0, 10.0)] {
            close(mg1_mean_wait(0.8, 1.0, scv).unwrap(), want, "P-K");
        }
        close(mg1_mean_wait(0.5, 1.0, 2.0).unwrap(), 1.5, "H2");
        assert_eq!((mg1_mean_wait(1.0, 1.0, 1.0), processor_sharing_time(1.0, 1.0, 1.0)), (None, None));
        close(processor_sharing_time(0.8, 1.0, 2.0).unwrap(), 10.0, "PS");
    }

    /// GI/M/1 by hand: exponential intervals give rho; constant ones at rho = 1/2 the root of sigma = e^(-2 (1 - sigma)).
    #[test]
    fn renewal_arrivals_at_one_server() {
        close(gim1_p_wait(&Law::Exponential { mean: 1.25 }, 1.0).unwrap(), 0.8, "M/M/1");
        close(gim1_p_wait(&Law::Constant { value: 2.0 }, 1.0).unwrap(), 0.20318786997997992, "D/M/1");
        // Intervals of two stages of rate 1, service of rate 1: sigma (2 - sigma)^2 = 1, less the root 1: sigma^2 - 3 sigma + 1 = 0.
        let two = gim1_p_wait(&Law::Erlang { stages: 2, mean: 2.0 }, 1.0).unwrap();
        close(two, 0.5 * (3.0 - 5.0f64.sqrt()), "E2/M/1");
        close(gim1_p_wait(&Law::Gamma { shape: 2.0, mean: 2.0 }, 1.0).unwrap(), two, "gamma of two stages");
        assert_eq!(gim1_p_wait(&Law::Exponential { mean: 1.0 }, 1.0), None);
    }

    /// mdc_exact: .656694006415938 and .10982778971258263 (iterated, so good to 2e-11); c = 1 is Pollaczek-Khinchine,
    /// 2.
    #[test]
    fn constant_service_on_several_servers() {
        for (rate, servers, want) in [(1.5, 2, 0.656694006415938), (8.0, 10, 0.10982778971258263), (0.8, 1, 2.0)] {
            close(mdc_mean_wait(rate, 1.0, servers).unwrap(), want, "Crommelin");
        }
        // Heavy traffic: half the wait of M/M/c; light traffic: nearly none, and never below 0.
        let half = mdc_mean_wait(199.9, 1.0, 200).unwrap() / mmc_mean_wait(199.9, 1.0, 200).unwrap();
        assert!((half - 0.5).abs() < 0.01, "{half}");
        assert!(mdc_mean_wait(10.0, 1.0, 100).unwrap() < 1e-12);
        assert_eq!(mdc_mean_wait(2.0, 1.0, 2), None);
    }

    #[test]
    fn priorities_share_the_fifo_wait() {
        let got = cobham_waits(&[2.0, 3.0, 3.0], 1.0, 10).unwrap();
        for (got, want) in got.iter().zip([0.051147518849555436, 0.10229503769911087, 0.4091801507964436]) {
            close(*got, want, "class");
        }
        close((2.0 * got[0] + 3.0 * got[1] + 3.0 * got[2]) / 8.0, mmc_mean_wait(8.0, 1.0, 10).unwrap(), "conservation");
        let one = cobham_waits(&[0.3, 0.5], 1.0, 1).unwrap();
        close(one[0], 1.142857142857143, "first");
        close(one[1], 5.714285714285716, "second");
        assert_eq!(cobham_waits(&[0.3, 0.7], 1.0, 1), None);
    }

    #[test]
    fn machines_wait_for_repairmen() {
        let few = machine_repair(5, 1, 0.1, 1.0);
        close(few.availability, 0.8720956462891947, "availability");
        close(few.mean_down_time.unwrap(), 1.4666321779617175, "down time");
        let many = machine_repair(1000, 4, 0.001, 0.25);
        close(many.availability, 0.9740701422861092, "availability");
        close(many.mean_down, 25.929857713890733, "mean down");
        close(many.mean_down_time.unwrap(), 26.62011346845541, "down time");
        // Two spares for five, by the balance of eight states worked out apart.
        let spared = machine_repair_with_spares(5, 2, 1, 0.1, 1.0);
        close(spared.availability, 0.8772265145444789, "with spares");
        close(spared.mean_at_work, 4.854114135748469, "at work");
        // As many repairmen as machines: each is up mu/(lambda + mu) of the time, however large the weights in between.
        close(machine_repair(3000, 3000, 2.0, 1.0).availability, 1.0 / 3.0, "no queue");
        assert_eq!(
            machine_repair(3, 1, 0.0, 1.0),
            MachineRepair { availability: 1.0, mean_down: 0.0, mean_down_time: None, mean_at_work: 3.0 }
        );
    }
}
