//! Services by hand and by closed form: a pool that serves by day and trains by night, tick by tick; what `check` refuses; and laws.
//!
//! Expected values are worked out beside each case or restated from golden/coupled.json; none comes from this crate.

use crate::story::{run, world};
use hedgerow::kernel::simulate;
use hedgerow::record::{PoolTickRow, RunRecord, ServiceMonth};
use hedgerow::spec;
use hedgerow::study::{self, Options};
use hedgerow::world::World;
use hedgerow::world::catalog::Catalog;

/// A chip of one to a node, 667 TFLOP/s at an mfu of a half: `hours` on `chips` are this many FLOP.
fn flops(chips: f64, hours: f64) -> f64 {
    chips * 667e12 * 0.5 * hours * 3600.0
}

const HOUR: f64 = 3.6e9;

fn of_service(record: &RunRecord, service: usize) -> Vec<ServiceMonth> {
    let rows = record.service_ticks.iter().filter(|row| row.service.index() == service);
    rows.map(|row| row.did).collect()
}

fn of_pool(record: &RunRecord, pool: usize) -> Vec<PoolTickRow> {
    record.pool_ticks.iter().filter(|row| row.pool.index() == pool).copied().collect()
}

/// coupled.json 20, every row. A pool of 100 chips, ticks of 1 h; a replica of 4 chips does 1 Mtok/h. The target of a tick is 1.25 x its
/// forecast, ordered 15 min before it. G1 (40 chips) goes before G2 (12 to 32 chips).
///   0:00 serving 40, G1 40, G2 20 | 0:45 serving 60, G2 20 -> 12 -> stopped | 1:45 serving 92, G1 stopped, 8 idle (G2 needs 12) |
///   3:00 serving 52, G1 restarts for 10 min, 8 idle.
fn hand_table() -> World {
    let text = format!(
        r#"
[scenario]
name = "hand"
start = 2026-01-01
end = 2026-01-01T04:00:00
spin_up = "0h"
[run]
ticks = true
jobs = true
[pools.p]
instance = "trn2.3xlarge"
chips = 100
failures_per_chip_hour = 0
schedule = {{ order = "priority", serving_lease = "0h" }}
[pools.other]
chips = 4
[labs.a.workloads.g1]
kind = "pretraining"
pools = ["p"]
priority = 2
mfu = {{ trn2 = 0.5 }}
flops = {:e}
chips = 40
restart = "10min"
[labs.a.workloads.g2]
kind = "pretraining"
pools = ["p"]
priority = 1
mfu = {{ trn2 = 0.5 }}
flops = {:e}
chips = {{ min = 12, max = 32, step = 4, scaling = {{ power = 1 }} }}
restart = "10min"
[labs.a.services.chat]
pools = ["p"]
replica = {{ chips = 4, prefill_tokens_per_second = 277.7777777777778, decode_tokens_per_second = 277.7777777777778 }}
demand = {{ tokens_per_second = 277.7777777777778, input_tokens = 300, output_tokens = 100, points = [8, 12, 26, 10], between = "steps" }}
forecast = {{ points = [8, 12, 18, 10] }}
autoscaler = {{ target = 1, headroom = 0.25, start_up = "15min" }}
second_choice = "labs.a.services.spare"
[labs.a.services.spare]
pools = ["other"]
replica = {{ chips = 1, prefill_tokens_per_second = 277.7777777777778, decode_tokens_per_second = 277.7777777777778 }}
demand = {{ tokens_per_second = 277.7777777777778, input_tokens = 300, output_tokens = 100, points = [2.5], between = "steps" }}
autoscaler = {{ target = 1, min = 4, max = 4 }}
"#,
        flops(40.0, 100.0),
        flops(32.0, 100.0),
    );
    world(&text)
}

#[test]
fn the_hand_worked_ticks() {
    let world = hand_table();
    let record = simulate(&world, run(0, 0));
    let chat = of_service(&record, 0);
    let mtok = |tokens: u128| tokens as f64 / 1e6;
    let rows: Vec<[f64; 6]> = chat
        .iter()
        .map(|did| {
            [
                did.ready as f64 / HOUR,
                mtok(did.demanded),
                mtok(did.first),
                mtok(did.shed),
                mtok(did.spilled),
                mtok(did.lost),
            ]
        })
        .collect();
    let expected = [
        [10.0, 8.0, 8.0, 0.0, 0.0, 0.0],
        [15.0, 12.0, 12.0, 0.0, 0.0, 0.0],
        [23.0, 26.0, 23.0, 3.0, 1.5, 1.5],
        [13.0, 10.0, 10.0, 0.0, 0.0, 0.0],
    ];
    assert_eq!(rows, expected);
    assert_eq!(of_service(&record, 1)[2].received, 1_500_000);
    // Ready, starting, gangs, reserved, idle, down, in chip-hours a tick: 5 replicas start in the last quarter of the first, 8 of the second.
    let pool: Vec<[f64; 6]> =
        of_pool(&record, 1).iter().map(|row| row.chips.map(|chip_us| chip_us as f64 / HOUR)).collect();
    let table = [
        [40.0, 5.0, 55.0, 0.0, 0.0, 0.0],
        [60.0, 8.0, 30.0, 0.0, 2.0, 0.0],
        [92.0, 0.0, 0.0, 0.0, 8.0, 0.0],
        [52.0, 0.0, 40.0, 0.0, 8.0, 0.0],
    ];
    assert_eq!(pool, table);
    let month = &record.pools[1][0];
    let hours = |chip_us: u128| chip_us as f64 / HOUR;
    assert_eq!([hours(month.ready + month.starting), hours(month.starting), hours(month.idle)], [257.0, 13.0, 18.0]);
    assert_eq!(hours(month.at_work), 212.0);
    let cell = |workload: usize| &record.cells[world.workloads.0[workload].cells[0].index()][0];
    assert_eq!([hours(cell(0).allocated), hours(cell(1).allocated)], [110.0, 15.0]);
    assert!((hours(cell(0).restart) - 40.0 / 6.0).abs() < 1e-9);
    assert_eq!([record.workloads[0].preemptions, record.workloads[1].preemptions], [1, 1]);
    assert_eq!((hours(cell(0).lost), hours(cell(1).lost)), (0.0, 0.0));
    let allocated = hours(month.gangs + month.ready + month.starting) / hours(month.installed);
    assert!((allocated - 0.955).abs() < 1e-12);
}

/// coupled.json 5. Serving needs u(t) = 0.55 + 0.3 cos(2 pi (t - 14) / 24) of the pool; two gangs of a quarter of it run while their tick's peak leaves
/// them room. Ticks of 10 min: the first runs in 104 of 144, 17.333 h a day, the second in 64, 10.667 h; a pause costs each one checkpoint (0.05 h) and
/// one restart (0.5 h): 0.25 x (17.333 + 10.667 - 2 x 0.55) = 6.725 pool-hours a day. The closed forms are 17.5747 h, 10.7208 h and 6.7989.
#[test]
fn day_and_night_gangs() {
    let points: Vec<String> = (0..144)
        .map(|tick| {
            let hour = (f64::from(tick) + 0.5) / 6.0;
            format!("{:.9}", 0.55 + 0.3 * (2.0 * std::f64::consts::PI * (hour - 14.0) / 24.0).cos())
        })
        .collect();
    // The profile has mean 0.55 and is scaled to 1: 1,000 replicas of a chip, each 1 token/s, serve 550 tokens/s on average.
    let text = format!(
        r#"
[scenario]
name = "night"
start = 2026-01-01
end = 2026-01-11
spin_up = "1d"
[run]
tick = "10min"
ticks = true
jobs = true
[pools.p]
instance = "trn2.3xlarge"
chips = 1000
failures_per_chip_hour = 0
schedule = {{ order = "priority", serving_lease = "0h" }}
[labs.a.workloads.g1]
kind = "pretraining"
pools = ["p"]
priority = 2
mfu = {{ trn2 = 0.5 }}
flops = {0:e}
chips = 250
restart = "30min"
checkpoint = {{ interval = "1000h", cost = "3min" }}
[labs.a.workloads.g2]
kind = "pretraining"
pools = ["p"]
priority = 1
mfu = {{ trn2 = 0.5 }}
flops = {0:e}
chips = 250
restart = "30min"
checkpoint = {{ interval = "1000h", cost = "3min" }}
[labs.a.services.chat]
pools = ["p"]
replica = {{ chips = 1, prefill_tokens_per_second = 1, decode_tokens_per_second = 1 }}
demand = {{ tokens_per_second = 550, input_tokens = 1, output_tokens = 1, period = "day", profile_points = [{1}] }}
autoscaler = {{ target = 1, min = 0 }}
"#,
        flops(250.0, 3000.0),
        points.join(", ")
    );
    let world = world(&text);
    let record = simulate(&world, run(0, 0));
    let days = 10.0;
    let cell = |workload: usize| &record.cells[world.workloads.0[workload].cells[0].index()][0];
    let hours = |chip_us: u128| chip_us as f64 / HOUR / 250.0 / days;
    let held = [hours(cell(0).allocated), hours(cell(1).allocated)];
    let goodput = 0.25 * (hours(cell(0).productive) + hours(cell(1).productive));
    let near = |found: f64, expected: f64, off: f64| assert!((found - expected).abs() < off, "{found} {expected}");
    near(held[0], 104.0 / 6.0, 1e-9);
    near(held[1], 64.0 / 6.0, 1e-9);
    near(goodput, 6.725, 1e-6);
    // Within 20 minutes of the closed form, a quarter of the pool for the third.
    near(held[0], 17.574_708_652_8, 1.0 / 3.0);
    near(held[1], 10.720_790_903_1, 1.0 / 3.0);
    near(goodput, 6.798_874_888_96, 0.25 * 2.0 / 3.0);
    assert_eq!((record.workloads[0].preemptions, record.workloads[1].preemptions), (10, 10));
    assert_eq!(record.services[0][0].lost, 0);
}

/// A day of 100 chips: 12 h by day need 80 chips, 12 h by night 20. A rigid gang of 60 chips and one of 20, the first before the second, and no lease:
/// by night 80 chips are free and both run, 12 h each; by day 20 are, and the second alone runs, so 24 h of it. A gang of 30 instead of the 20 has room
/// by night only beside 20 chips of serving if the first leaves it 20: never.
#[test]
fn two_levels_by_hand() {
    for (second, hours) in [(20, [12.0, 24.0]), (30, [12.0, 0.0])] {
        let points = [vec!["0.4"; 12], vec!["1.6"; 12]].concat().join(", ");
        let text = format!(
            r#"
[scenario]
name = "levels"
start = 2026-01-01
end = 2026-01-11
spin_up = "1d"
[pools.p]
instance = "trn2.3xlarge"
chips = 100
failures_per_chip_hour = 0
schedule = {{ order = "priority", backfill = "skip_ahead", serving_lease = "0h" }}
[labs.a.workloads.g1]
kind = "pretraining"
pools = ["p"]
priority = 2
mfu = {{ trn2 = 0.5 }}
flops = {0:e}
chips = 60
[labs.a.workloads.g2]
kind = "pretraining"
pools = ["p"]
priority = 1
mfu = {{ trn2 = 0.5 }}
flops = {0:e}
chips = {second}
[labs.a.services.chat]
pools = ["p"]
replica = {{ chips = 1, prefill_tokens_per_second = 1, decode_tokens_per_second = 1 }}
demand = {{ tokens_per_second = 50, input_tokens = 1, output_tokens = 1, period = "day", profile_points = [{points}], between = "steps" }}
autoscaler = {{ target = 1, min = 0 }}
"#,
            flops(60.0, 9000.0)
        );
        let world = world(&text);
        let record = simulate(&world, run(0, 0));
        for (workload, (chips, expected)) in [(60.0, hours[0]), (f64::from(second), hours[1])].into_iter().enumerate() {
            let cell = &record.cells[world.workloads.0[workload].cells[0].index()][0];
            let found = cell.allocated as f64 / HOUR / chips / 10.0;
            // The second of 30 chips starts in the spin-up, where nothing has priority over it yet.
            assert!(
                (found - expected).abs() < 1e-9,
                "gang {workload} beside {second}: {found} h a day, not {expected}"
            );
        }
        assert_eq!(record.services[0][0].lost, 0);
    }
}

/// Demand as a path, noise included, of a service beside gangs.
fn path_world(points: &str) -> World {
    world(&format!(
        r#"
[scenario]
name = "path"
start = 2026-01-05
end = 2026-01-07
[run]
ticks = true
[pools.p]
chips = 64
chips_per_node = 8
[labs.a.workloads.w]
kind = "stream"
pools = ["p"]
per_day = 30
chips = 8
duration = {{ dist = "exponential", mean = "3h" }}
checkpoint = {{ interval = "1h", cost = "2min" }}
restart = "5min"
[labs.a.services.chat]
pools = ["p"]
replica = {{ chips = 4, prefill_tokens_per_second = 900, decode_tokens_per_second = 60 }}
demand = {{ tokens_per_second = 2000, input_tokens = 500, output_tokens = 200, points = [{points}], every = "4h", noise = {{ sd = 0.2 }} }}
autoscaler = {{ target = 0.9, start_up = "10min", burst_sds = 1 }}
"#
    ))
}

/// One-tick information: points whose middles lie later than m move nothing in ticks before the one that holds m. The points stand at 2:00, 6:00, 10:00 and so
/// on; from the sixth on (22:00) they differ, so that demand does from 18:00 on, the middle before. Ticks that end by 18:00 are the same to
/// the byte, and a later one is not.
#[test]
fn nobody_sees_the_future() {
    let ours = simulate(&path_world("1, 1.4, 0.8, 1.9, 1.2, 0.9, 1.1, 0.5, 1.5, 1, 1, 1"), run(0, 0));
    let theirs = simulate(&path_world("1, 1.4, 0.8, 1.9, 1.2, 2.5, 0.2, 1.5, 2.5, 2, 0.1, 3"), run(0, 0));
    let (mut before, mut after) = (0, 0);
    for (a, b) in ours.service_ticks.iter().zip(&theirs.service_ticks) {
        let hour = a.at.since(ours.service_ticks[0].at).hours();
        if hour < 18.0 {
            assert_eq!(a, b, "at {hour} h");
            before += 1;
        } else {
            after += usize::from(a != b);
        }
    }
    for (a, b) in ours.pool_ticks.iter().zip(&theirs.pool_ticks) {
        assert!(18.0 <= a.at.since(ours.service_ticks[0].at).hours() || a == b);
    }
    assert!(before == 18 && 20 < after, "{before} {after}");
}

/// The order of services in the file changes nothing: neither who gets chips nor who gets what is left of a second choice.
#[test]
fn the_order_of_the_file_does_not_matter() {
    let head =
        "[scenario]\nname = \"o\"\nstart = 2026-01-05\nend = 2026-01-08\n[run]\nticks = true\n[pools.p]\nchips = 40\n";
    let service = |name: &str, rate: u32, second: &str| {
        format!(
            "[labs.a.services.{name}]\npools = [\"p\"]\nsecond_choice = \"labs.a.services.{second}\"\nreplica = {{ chips = 2, prefill_tokens_per_second = 100, decode_tokens_per_second = 100 }}\ndemand = {{ tokens_per_second = {rate}, input_tokens = 3, output_tokens = 1, profile = \"azure-conv\", noise = {{ sd = 0.4 }} }}\n"
        )
    };
    let services = [service("x", 700, "z"), service("y", 500, "z"), service("z", 300, "x")];
    let played = |order: [usize; 3]| {
        let text: String = order.iter().map(|at| services[*at].as_str()).collect();
        simulate(&world(&format!("{head}{text}")), run(0, 0)).to_bytes()
    };
    let first = played([0, 1, 2]);
    assert!(first == played([2, 0, 1]) && first == played([1, 2, 0]));
}

/// On every draw of a world without cost of switching, a pool that serves and trains does at least as much training, and loses no more tokens, than two
/// pools that split it: what serving leaves can only be more.
#[test]
fn lending_is_worth_something_on_every_draw() {
    let pools = |serving: u32| {
        format!(
            "[pools.p]\nchips = {}\nschedule = {{ serving_lease = \"0h\" }}\n[pools.q]\nchips = {serving}\n",
            60 - serving
        )
    };
    let text = |pools: &str, of_service: &str| {
        format!(
            r#"
[scenario]
name = "lend"
start = 2026-01-05
end = 2026-01-19
spin_up = "1w"
{pools}
[labs.a.workloads.w]
kind = "stream"
pools = ["p"]
per_day = 480
chips = 1
duration = {{ dist = "exponential", mean = "3h" }}
[labs.a.services.chat]
pools = ["{of_service}"]
replica = {{ chips = 1, prefill_tokens_per_second = 1, decode_tokens_per_second = 1 }}
demand = {{ tokens_per_second = {{ unknown = {{ p5 = 10, p95 = 25 }} }}, input_tokens = 1, output_tokens = 1, profile = "azure-code", noise = {{ sd = 0.3 }} }}
autoscaler = {{ target = 0.9, min = 0 }}
"#
        )
    };
    let one = "[pools.p]\nchips = 60\nschedule = { serving_lease = \"0h\" }\n";
    let (together, apart) = (world(&text(one, "p")), world(&text(&pools(30), "q")));
    for draw in 0..20 {
        let [a, b] = [&together, &apart].map(|world| simulate(world, run(draw, 0)));
        let trained = |record: &RunRecord| record.cells[0].iter().map(|month| month.productive).sum::<u128>();
        let lost = |record: &RunRecord| record.services[0].iter().map(|month| month.lost).sum::<u128>();
        assert!(lost(&a) <= lost(&b), "draw {draw}: {} tokens lost together, {} apart", lost(&a), lost(&b));
        assert!(trained(&b) <= trained(&a), "draw {draw}: {} trained together, {} apart", trained(&a), trained(&b));
    }
}

/// Random worlds: services of two labs on pools with guarantees, lending, outages, nodes of several chips and gangs of all kinds. Every identity is audited
/// in the run itself, and another run of the same gives the same bytes.
#[test]
fn random_worlds_keep_the_identities() {
    let mut state = 0x2545_f491_4f6c_dd1du64;
    let mut dice = |sides: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) % sides
    };
    for n in 0..40 {
        let mut text = format!(
            "[scenario]\nname = \"r\"\nstart = 2026-01-28\nend = 2026-02-04\nspin_up = \"1d\"\n[run]\nseed = {n}\nticks = true\ntick = \"{}\"\n",
            ["1h", "10min", "30min", "2h"][dice(4) as usize]
        );
        let per_node = [1, 4, 8][dice(3) as usize];
        let placement = ["first_fit", "best_fit", "spread"][dice(3) as usize];
        let preemption = ["off", "class", "order_key"][dice(3) as usize];
        let backfill = ["strict", "skip_ahead", "easy"][dice(3) as usize];
        text += &format!(
            "[pools.p]\nchips = 96\nchips_per_node = {per_node}\nfailures_per_chip_hour = {}\ndomain = \"d\"\nschedule = {{ placement = \"{placement}\", preemption = \"{preemption}\", backfill = \"{backfill}\", yield = \"{}\", notice = \"2min\" }}\n",
            ["0", "1e-3"][dice(2) as usize],
            ["graceful", "abrupt"][dice(2) as usize],
        );
        if dice(2) == 0 {
            text += "guaranteed = { a = [{ name = \"g\", at = 2026-01-01, chips = 48 }, { name = \"h\", at = 2026-01-31, chips = 24 }], b = [{ name = \"g\", at = 2026-01-01, chips = 24 }] }\n";
            text += "borrowable = { a = [{ name = \"g\", at = 2026-01-01, chips = 40 }], b = [{ name = \"g\", at = 2026-01-01, chips = 20 }] }\n";
        }
        if dice(2) == 0 {
            text += "outages = { o = { per_year = 100, duration = \"3h\" } }\n";
        }
        text += &format!(
            "[pools.q]\nchips = 48\nchips_per_node = {per_node}\ndomain = \"{}\"\nretirements = [{{ name = \"r\", at = 2026-01-30, chips = 8 }}]\n",
            ["d", "q"][dice(2) as usize]
        );
        for lab in ["a", "b"] {
            text += &format!(
                "[labs.{lab}.workloads.w]\nkind = \"stream\"\npools = [\"p\"]\nper_day = {}\nchips = {{ values = [8, 16, 40], weights = [3, 2, 1] }}\nduration = {{ dist = \"exponential\", mean = \"4h\" }}\ncheckpoint = {{ interval = \"1h\", cost = \"{}min\" }}\nrestart = \"10min\"\n",
                10 + dice(20),
                dice(4)
            );
            for name in ["x", "y"] {
                let pools = ["\"p\"", "\"q\", \"p\"", "\"p\", \"q\""][dice(3) as usize];
                let profile = [
                    "profile = \"azure-code\"",
                    "profile = \"servegen-deepseek-r1\"",
                    "points = [1, 2, 0, 3], every = \"12h\"",
                    "idc = 9",
                ][dice(4) as usize];
                text += &format!(
                    "[labs.{lab}.services.{name}]\npools = [{pools}]\npriority = {}\nreplica = {{ chips = {}, prefill_tokens_per_second = 100, decode_tokens_per_second = 30 }}\ndemand = {{ tokens_per_second = {}, input_tokens = 3, output_tokens = 1, {profile}, noise = {{ sd = 0.3, common_sd = 0.2 }}, growth = {{ multiple_per_year = 3, ceiling_multiple = 5 }} }}\nautoscaler = {{ target = 0.9, start_up = \"{}min\", cool_down = \"{}h\", burst_sds = {}, warm = {}, max_step = 6 }}\nsecond_choice = \"labs.{}.services.{}\"\n",
                    dice(3),
                    [1, 3, 4, 8, 16][dice(5) as usize],
                    100 + dice(600),
                    dice(90),
                    dice(3),
                    dice(2),
                    dice(2),
                    ["a", "b"][dice(2) as usize],
                    if name == "x" { "y" } else { "x" },
                );
                if dice(2) == 0 {
                    text += &format!(
                        "deferrable = {{ tokens_per_second = {}, deadline = \"{}h\" }}\n",
                        10 + dice(200),
                        [2, 4, 12][dice(3) as usize]
                    );
                }
            }
        }
        let played = std::panic::catch_unwind(|| {
            let world = world(&text);
            let record = simulate(&world, run(0, 0));
            // Measures assert too: what cannot befall a workload has not.
            hedgerow::measure::measure(&world, &record, &mut hedgerow::measure::Sheet::default());
            (record.to_bytes(), simulate(&world, run(0, 0)).to_bytes())
        });
        let (a, b) = played.unwrap_or_else(|_| panic!("world {n}:\n{text}"));
        assert!(a == b, "world {n} differs from itself");
        let again = RunRecord::from_bytes(&a).expect("its own bytes");
        assert_eq!(again.to_bytes(), a);
    }
}

/// Every mistake at once, each with its place and its cure.
#[test]
fn what_no_service_can_be() {
    let head = "[scenario]\nname = \"b\"\nstart = 2026-01-05\nend = 2026-01-08\n[pools.p]\nchips = 8\n";
    let service = |more: &str, replica: &str, demand: &str| {
        format!(
            "{head}[labs.a.services.x]\npools = [\"p\"]\n{more}\nreplica = {{ {replica} }}\ndemand = {{ {demand} }}\n"
        )
    };
    let (replica, demand) = (
        "chips = 4, prefill_tokens_per_second = 100, decode_tokens_per_second = 10",
        "tokens_per_second = 10, input_tokens = 3, output_tokens = 1",
    );
    let cases = [
        (
            service("", "chips = 4, prefill_tokens_per_second = 0, decode_tokens_per_second = 10", demand),
            "prefill_tokens_per_second",
        ),
        (service("", replica, "tokens_per_second = 0, input_tokens = 3, output_tokens = 1"), "tokens_per_second"),
        (service("", replica, "tokens_per_second = 9, input_tokens = 0, output_tokens = 0"), "has no token"),
        (service("", replica, "input_tokens = 3, output_tokens = 1"), "tokens_per_second"),
        (service("second_choice = \"labs.a.services.x\"", replica, demand), "is itself"),
        (service("second_choice = \"labs.a.services.y\"", replica, demand), "no service `labs.a.services.y`"),
        (
            service("", "chips = 16, prefill_tokens_per_second = 1, decode_tokens_per_second = 1", demand),
            "never has more than 8",
        ),
        (
            service("", "chips = { h100 = 4 }, prefill_tokens_per_second = 1, decode_tokens_per_second = 1", demand),
            "says nothing of",
        ),
        (service("slo = { tpot = \"50ms\" }", replica, demand), "takes 1.000e-1 s"),
        (service("slo = { ttft = \"1ms\" }", replica, demand), "reading a mean request"),
        (service("", replica, &format!("{demand}, profile = \"azur-code\"")), "azure-code"),
        (service("autoscaler = { min = 5, max = 2 }", replica, demand), "at most 2 replicas"),
        (
            service("deferrable = { tokens_per_second = 1, deadline = \"90min\" }", replica, demand),
            "no whole number of ticks",
        ),
        (
            service("", replica, demand).replace("[pools.p]", "[run]\ntick = \"7min\"\n[pools.p]"),
            "does not divide the day",
        ),
        (service("", replica, demand).replace("2026-01-08", "2026-01-08T00:20:00"), "between two steps"),
        (
            service("", replica, "tokens_per_second = 1e12, input_tokens = 3, output_tokens = 1, points = [1, 1e6]"),
            "asks for 3.6e21 tokens in a tick",
        ),
        (service("", replica, demand).replace("pools = [\"p\"]", "pools = []"), "names no pool"),
    ];
    for (text, words) in cases {
        let read = spec::read_text("bad.toml", &text, &[]);
        let plan = read
            .and_then(|read| study::plan(&read, Catalog::embedded(), &Options::default(), &|_| Err("no file".into())));
        let told = plan.err().map(|problems| problems.render(false)).unwrap_or_default();
        assert!(told.contains(words) && told.contains("bad.toml:"), "{words}:\n{told}\n{text}");
    }
}

/// A lease is for starts and growth, and lasts: serving needs 20 of 100 chips for 12 h and 80 for the next 12 h, forecast as it comes. An elastic gang of 20 to 80
/// chips keeps its 80 until serving wants them, though for the last hours before that the forecast leaves no lease of 4 h: 80 x 12 + 20 x 12 = 1,200
/// chip-hours a day, none idle.
#[test]
fn a_lease_is_not_taken_back_for_a_forecast() {
    let points = [vec!["0.4"; 12], vec!["1.6"; 12]].concat().join(", ");
    let text = format!(
        r#"
[scenario]
name = "lease"
start = 2026-01-01
end = 2026-01-06
spin_up = "1d"
[pools.p]
instance = "trn2.3xlarge"
chips = 100
failures_per_chip_hour = 0
schedule = {{ serving_lease = "4h", serving_margin = 0 }}
[labs.a.workloads.g]
kind = "pretraining"
pools = ["p"]
mfu = {{ trn2 = 0.5 }}
flops = {0:e}
chips = {{ min = 20, max = 80, step = 10, scaling = {{ power = 1 }}, resize_cost = "0h" }}
[labs.a.services.chat]
pools = ["p"]
replica = {{ chips = 1, prefill_tokens_per_second = 1, decode_tokens_per_second = 1 }}
demand = {{ tokens_per_second = 50, input_tokens = 1, output_tokens = 1, period = "day", profile_points = [{points}], between = "steps" }}
autoscaler = {{ target = 1, min = 0 }}
"#,
        flops(80.0, 9000.0)
    );
    let world = world(&text);
    let record = simulate(&world, run(0, 0));
    let cell = &record.cells[world.workloads.0[0].cells[0].index()][0];
    assert_eq!(cell.allocated as f64 / HOUR / 5.0, 1200.0);
    assert_eq!(record.workloads[0].preemptions, 0);
}

/// A guarantee that grows is served by the next plan: replicas of `a` hold 80 of 100 chips that nobody is promised until `b` is guaranteed 60 on the second
/// day, where its gang of 60 waits; from the tick after the next on `a` has 40, and sheds half of what it is asked for.
#[test]
fn replicas_leave_what_others_are_promised() {
    let text = r#"
[scenario]
name = "promise"
start = 2026-01-01
end = 2026-01-03
spin_up = "0h"
[run]
ticks = true
[pools.p]
chips = 100
guaranteed = { b = [{ name = "g", at = 2026-01-02, chips = 60 }] }
[labs.a.services.chat]
pools = ["p"]
replica = { chips = 1, prefill_tokens_per_second = 1, decode_tokens_per_second = 1 }
demand = { tokens_per_second = 80, input_tokens = 1, output_tokens = 1 }
autoscaler = { target = 1 }
[labs.b.workloads.w]
kind = "trace"
pools = ["p"]
file = "w.csv"
"#;
    let files = [("w.csv".to_owned(), "submit_s,chips,duration_s\n3600,60,172800\n".to_owned())].into();
    let record = simulate(&crate::story::world_with(text, &files), run(0, 0));
    let ready: Vec<f64> = of_service(&record, 0).iter().map(|did| did.ready as f64 / HOUR).collect();
    // Planned when the first tick of the second day begins, for the one after it.
    assert!(ready[..25].iter().all(|replicas| *replicas == 80.0), "{ready:?}");
    assert!(ready[25..].iter().all(|replicas| *replicas == 40.0), "{ready:?}");
    let pool = of_pool(&record, 0);
    assert_eq!(pool[24].chips[2], 0);
    assert_eq!(pool[25].chips[2] as f64 / HOUR, 60.0);
    assert_eq!(of_service(&record, 0)[30].lost, 40 * 3_600);
}

/// Nobody is guaranteed anything and no gang runs: three replicas find room, one service goes from two to one at 1:00 and the other from one to two.
/// The second orders at 0:45, waits for what the first gives back at 1:00, and has it ready at 1:15: 1.75 replica-hours in the second hour.
#[test]
fn replicas_that_wait_come_when_others_go() {
    let service = |name: &str, points: &str| {
        format!(
            r#"
[labs.a.services.{name}]
pools = ["p"]
replica = {{ chips = 4, prefill_tokens_per_second = 277.7777777777778, decode_tokens_per_second = 277.7777777777778 }}
demand = {{ tokens_per_second = 277.7777777777778, input_tokens = 300, output_tokens = 100, points = {points}, between = "steps" }}
forecast = {{ points = {points} }}
autoscaler = {{ target = 1, start_up = "15min" }}
"#
        )
    };
    let world = world(&format!(
        r#"
[scenario]
name = "wait"
start = 2026-01-01
end = 2026-01-01T03:00:00
spin_up = "0h"
[run]
ticks = true
[pools.p]
chips = 12
{}{}"#,
        service("falls", "[2, 1, 1]"),
        service("rises", "[1, 2, 2]")
    ));
    let record = simulate(&world, run(0, 0));
    let hours = |service, of: fn(&ServiceMonth) -> u128| -> Vec<f64> {
        of_service(&record, service).iter().map(|did| of(did) as f64 / HOUR).collect()
    };
    assert_eq!(hours(0, |did| did.ready), [2.0, 1.0, 1.0]);
    assert_eq!(hours(1, |did| did.ready), [1.0, 1.75, 2.0]);
    assert_eq!(hours(1, |did| did.starting), [0.0, 0.25, 0.0]);
}

/// Nodes of 16 chips, replicas of 8: three are wanted, then five, then one; they come as four, six and two. The pool has room for three nodes.
#[test]
fn replicas_by_whole_nodes() {
    let text = |chips: u32| {
        format!(
            r#"
[scenario]
name = "nodes"
start = 2026-01-01
end = 2026-01-01T04:00:00
spin_up = "0h"
[run]
ticks = true
[pools.p]
chips = 48
chips_per_node = 16
[labs.a.services.s]
pools = ["p"]
replica = {{ chips = {chips}, prefill_tokens_per_second = 277.7777777777778, decode_tokens_per_second = 277.7777777777778 }}
demand = {{ tokens_per_second = 277.7777777777778, input_tokens = 300, output_tokens = 100, points = [3, 5, 7, 1], between = "steps" }}
forecast = {{ points = [3, 5, 7, 1] }}
autoscaler = {{ target = 1, whole_nodes = true }}
"#
        )
    };
    let record = simulate(&world(&text(8)), run(0, 0));
    let ready: Vec<f64> = of_service(&record, 0).iter().map(|did| did.ready as f64 / HOUR).collect();
    assert_eq!(ready, [4.0, 6.0, 6.0, 2.0]);
    let text = text(5);
    let read = spec::read_text("nodes.toml", &text, &[]).map_err(|problems| problems.render(false)).expect("it reads");
    let planned = study::plan(&read, Catalog::embedded(), &Options::default(), &|_| Err("no files".into()));
    let problems = planned.map(|_| ()).expect_err("five do not divide sixteen").render(false);
    assert!(problems.contains("replicas of 5 chips do not fill nodes of 16 on pool `p`"), "{problems}");
}

/// Five replicas of a chip on a pool of ten; maintenance takes all down from 00:20 to 00:30 of the second day. The plan of the tick from 01:00 on stands: those
/// with a start-up of ten minutes are ordered at 00:50, when the pool is up again, and stand ready for all of it. 40 minutes of five replicas are lost; one
/// that takes 45 minutes to start is ordered at once, waits for the pool until 00:30, and is ready at 01:15.
#[test]
fn after_an_outage_the_next_tick_is_served() {
    for (start_up, minutes) in [("0h", 40.0), ("10min", 40.0), ("45min", 55.0)] {
        let text = format!(
            r#"
[scenario]
name = "dark"
start = 2026-01-01
end = 2026-01-03
spin_up = "1d"
[pools.p]
instance = "trn2.3xlarge"
chips = 10
failures_per_chip_hour = 0
maintenance = {{ m = {{ at = 2026-01-02T00:20:00, drain = "0h", duration = "10min" }} }}
[labs.a.services.chat]
pools = ["p"]
replica = {{ chips = 1, prefill_tokens_per_second = 1, decode_tokens_per_second = 1 }}
demand = {{ tokens_per_second = 5, input_tokens = 1, output_tokens = 1 }}
autoscaler = {{ target = 1, min = 0, start_up = "{start_up}" }}
"#
        );
        let world = world(&text);
        let record = simulate(&world, run(0, 0));
        let cell = &record.cells[world.services.0[0].places[0].cell.index()][0];
        let lost = 2.0 * 24.0 * 5.0 - cell.ready as f64 / HOUR;
        assert!((lost - 5.0 * minutes / 60.0).abs() < 1e-9, "{start_up}: {lost} replica-hours lost");
    }
}

/// Replicas ready in each hour of a service that is forecast `points`, in what a replica does, with more of an autoscaler.
fn ready_by_hour(points: &str, more: &str) -> Vec<f64> {
    let world = world(&format!(
        "[scenario]\nname = \"s\"\nstart = 2026-01-01\nend = 2026-01-01T06:00:00\nspin_up = \"0h\"\n[run]\nticks = true\n\
         [pools.p]\nchips = 100\nfailures_per_chip_hour = 0\n\
         [labs.a.services.s]\npools = [\"p\"]\n\
         replica = {{ chips = 1, prefill_tokens_per_second = 100, decode_tokens_per_second = 100 }}\n\
         demand = {{ tokens_per_second = 100, input_tokens = 30, output_tokens = 10, points = [{points}], between = \"steps\" }}\n\
         forecast = {{ points = [{points}] }}\nautoscaler = {{ target = 1, {more} }}\n"
    ));
    let record = simulate(&world, run(0, 0));
    of_service(&record, 0).iter().map(|did| did.ready as f64 / HOUR).collect()
}

/// The plan of an hour is made when the hour before begins. Ten are wanted for the second hour, last at 0:00; then four. With a cool-down of 2 h the plan of 1:00
/// keeps them, that of 2:00 lets six go at 3:00; with 3 h they go at 4:00.
#[test]
fn cool_down_by_hand() {
    let points = "4, 10, 4, 4, 4, 4";
    assert_eq!(ready_by_hour(points, "min = 1"), [4.0, 10.0, 4.0, 4.0, 4.0, 4.0]);
    assert_eq!(ready_by_hour(points, "cool_down = \"2h\""), [4.0, 10.0, 10.0, 4.0, 4.0, 4.0]);
    assert_eq!(ready_by_hour(points, "cool_down = \"3h\""), [4.0, 10.0, 10.0, 10.0, 4.0, 4.0]);
}

/// Two more a tick at most, from none: 2, 4, 6, 8, 10; as many fewer as are not wanted, at once.
#[test]
fn max_step_by_hand() {
    assert_eq!(ready_by_hour("4, 10, 10, 10, 10, 4", "max_step = 2"), [2.0, 4.0, 6.0, 8.0, 10.0, 4.0]);
}

/// A lab's contract ends at 2:00 of four hours in one of two strategies: what 100 tokens a second of users and 25 of work with a deadline of 2 h would have been in
/// the last two, 2 x 3,600 x 125, went elsewhere, nothing of it is demanded or new, and what was new before is served or expires as ever.
#[test]
fn tokens_leave_with_the_contract() {
    let text = r#"
[scenario]
name = "leaves"
start = 2026-01-01
end = 2026-01-01T04:00:00
decide_at = 2026-01-01T02:00:00
spin_up = "0h"
[run]
ticks = true
[clouds.aws]
discount_rate = 0.09
[sites.s]
cloud = "aws"
region = "us-east-2"
pue = 1.0
mw = [{ at = 2025-01-01, mw = 100 }]
power_usd_per_mwh = 60
facility_usd_per_mw_year = 1e5
operations_usd_per_mw_year = 1e5
[pools.rainier]
site = "s"
instance = "trn2.48xlarge"
nodes = 1
failures_per_chip_hour = 0
[pools.rainier.prices.on_demand]
usd_per_chip_hour = 1
source = "test"
as_of = 2026-01-01
[contracts.a]
between = ["a", "aws"]
start = 2025-02-01
commit = { usd = 120_000, years = 2 }
price = { ratio_to = "on_demand", ratio = 0.5 }
[labs.a.services.s]
pools = ["rainier"]
price = "on_demand"
replica = { chips = 1, prefill_tokens_per_second = 100, decode_tokens_per_second = 100 }
demand = { tokens_per_second = 100, input_tokens = 30, output_tokens = 10 }
deferrable = { tokens_per_second = 25, deadline = "2h" }
autoscaler = { min = 2, max = 2 }
[bets.a]
host = ["contracts.a"]
[strategies.both]
[strategies.neither]
without = ["a"]
"#;
    let cells = crate::story::plan(text, &Default::default()).cells;
    let of = |n: usize| {
        let record = simulate(&cells[n].world, run(0, 0));
        of_service(&record, 0).iter().map(|did| (did.left, did.demanded, did.deferrable)).collect::<Vec<_>>()
    };
    assert_eq!(of(0), [(0, 360_000, 90_000); 4]);
    let gone = (450_000, 0, 0);
    assert_eq!(of(1), [(0, 360_000, 90_000), (0, 360_000, 90_000), gone, gone]);
}

/// Two racks of two nodes of two chips, a replica a chip, eight of them. The first rack is dark from 2:30 to 3:30: its four go, and of the hour that has begun eight
/// stand for half, four for the rest, six in the mean. The plan of the next hour stands: four come as soon as the rack is up, half of it. That of 3:00, for the hour that
/// begins at 4:00, found four chips, the rack still dark. That of 4:00 finds all of them, for 5:00.
#[test]
fn replicas_on_a_rack_that_goes_dark() {
    let world = world(
        "[scenario]\nname = \"rack\"\nstart = 2026-01-01\nend = 2026-01-01T06:00:00\nspin_up = \"0h\"\n[run]\nticks = true\n\
         [pools.p]\nchips = 8\nchips_per_node = 2\nrack_nodes = 2\nfailures_per_chip_hour = 0\n\
         outages.x = { at = 2026-01-01T02:30:00, duration = \"1h\", rack = 0 }\n\
         [labs.a.services.s]\npools = [\"p\"]\n\
         replica = { chips = 1, prefill_tokens_per_second = 100, decode_tokens_per_second = 100 }\n\
         demand = { tokens_per_second = 100, input_tokens = 30, output_tokens = 10 }\nautoscaler = { min = 8, max = 8 }\n",
    );
    let record = simulate(&world, run(0, 0));
    let ready: Vec<f64> = of_service(&record, 0).iter().map(|did| did.ready as f64 / HOUR).collect();
    assert_eq!(ready, [8.0, 8.0, 6.0, 6.0, 4.0, 8.0]);
}
