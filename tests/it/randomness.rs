//! The pairing tests of the coupled model, section C: strategies and futures meet the same chance, and another lab shifts nobody's.

use crate::story::{plan, run, world};
use hedgerow::kernel::{Run, simulate};
use hedgerow::record::RunRecord;
use hedgerow::stats::clock::HazardClock;
use hedgerow::stats::draw::{Purpose, RunKey};
use hedgerow::units::SimTime;
use hedgerow::world::{WorkloadId, World};

/// A key of draw or item `n`.
fn key(n: u32) -> RunKey {
    RunKey { study_seed: 11, draw: n, replication: 0 }
}

/// Largest distance between the empirical distribution of `sample` and `cdf`, times sqrt(n): below 1.63 at 1 %.
fn kolmogorov(mut sample: Vec<f64>, cdf: impl Fn(f64) -> f64) -> f64 {
    sample.sort_by(f64::total_cmp);
    let n = sample.len() as f64;
    let distance = |(i, x): (usize, &f64)| {
        let f = cdf(*x);
        (f - i as f64 / n).abs().max(((i + 1) as f64 / n - f).abs())
    };
    sample.iter().enumerate().map(distance).fold(0.0, f64::max) * n.sqrt()
}

const STREAMS: &str = r#"
[scenario]
name = "streams"
start = 2026-01-01
end = 2026-01-15
spin_up = "2d"
[run]
jobs = true
[pools.p]
chips = 8
failures_per_chip_hour = 5e-3
schedule = { order = "ORDER" }
[labs.a.workloads.first]
kind = "stream"
pools = ["p"]
per_day = 20
chips = { values = [1, 2, 4], weights = [2, 1, 1] }
duration = { dist = "hyperexponential", mean = "2h", scv = 4 }
priority = 1
failures = "sampled"
[labs.a.workloads.second]
kind = "stream"
pools = ["p"]
per_day = 10
chips = 2
work_chip_hours = { dist = "lognormal", mean = 3, scv = 2 }
priority = 2
failures = "off"
"#;

/// (workload, item, submitted, chips) of every job that got into the record, in that order.
fn jobs(world: &World, record: &RunRecord) -> Vec<(String, i64, SimTime, u32)> {
    let mut all: Vec<_> = record
        .jobs
        .iter()
        .map(|row| (world.workloads[row.workload].path.clone(), row.item, row.submitted, row.chips))
        .collect();
    all.sort();
    all
}

/// The time each job runs when nothing waits or fails: its work, seen from the rows of a pool where all find room.
fn works(text: &str) -> Vec<(String, i64, u64)> {
    let world = world(&text.replace("chips = 8\n", "chips = 8000\n").replace("\"sampled\"", "\"off\""));
    let record = simulate(&world, run(0, 0));
    let mut all: Vec<_> = record
        .jobs
        .iter()
        .filter_map(|row| {
            Some((world.workloads[row.workload].path.clone(), row.item, row.finished?.since(row.started?).0))
        })
        .collect();
    all.sort();
    all
}

/// (a) Null: two strategies of different names and the same levers leave equal records, unknowns and all.
#[test]
fn a_name_is_no_lever() {
    let text =
        STREAMS.replace("ORDER", "fifo").replace("mean = \"2h\"", "mean = { unknown = { p5 = \"1h\", p95 = \"4h\" } }")
            + "[strategies.heads]\n[strategies.tails]\n[futures.east]\n[futures.west]\n";
    let plan = plan(&text, &Default::default());
    assert_eq!((plan.cells.len(), plan.cells[2].strategy.as_str()), (4, "tails"));
    for (draw, replication) in [(0, 0), (0, 1), (3, 0)] {
        let records: Vec<RunRecord> =
            plan.cells.iter().map(|cell| simulate(&cell.world, run(draw, replication))).collect();
        assert!(!records[0].jobs.is_empty());
        assert!(records.iter().all(|record| *record == records[0]), "draw {draw} replication {replication}");
    }
}

/// (b) No path: a price in another region changes no physical row.
#[test]
fn a_price_moves_no_job() {
    let text = crate::mutations::EVERYTHING;
    let dear = text.replace("power_usd_per_mwh = 60", "power_usd_per_mwh = 90");
    let (cheap, dear) = (simulate(&world(text), run(0, 0)), simulate(&world(&dear), run(0, 0)));
    assert_eq!((&cheap.cells, &cheap.pools, &cheap.workloads), (&dear.cells, &dear.pools, &dear.workloads));
    assert_ne!(cheap.balances, dear.balances);
}

/// (c) FIFO against priority: the same jobs (stream, item, submission, size, work) come; only who goes first differs.
#[test]
fn a_policy_moves_no_job() {
    let (fifo, priority) = (STREAMS.replace("ORDER", "fifo"), STREAMS.replace("ORDER", "priority"));
    let (left, right) = (world(&fifo), world(&priority));
    let (a, b) = (simulate(&left, run(0, 0)), simulate(&right, run(0, 0)));
    assert_eq!(jobs(&left, &a), jobs(&right, &b));
    assert_ne!(a.jobs, b.jobs, "the order made a difference");
    assert_eq!(works(&fifo), works(&priority));
    // Nor does the number of chips: a pool of 16.
    let larger = world(&fifo.replace("chips = 8\n", "chips = 16\n"));
    assert_eq!(jobs(&left, &a), jobs(&larger, &simulate(&larger, run(0, 0))));
}

/// (d) Another lab with its stream, an unknown and another pool: a's jobs are the same to the microsecond, and as they do not
/// meet, so is everything that happens to them.
#[test]
fn a_newcomer_shifts_nobody() {
    let alone = STREAMS.replace("ORDER", "fifo");
    let joined = alone.clone()
        + "[pools.aside]\nchips = 4\nfailures_per_chip_hour = 1e-2\n[labs.aardvark.workloads.stream]\nkind = \"stream\"\npools = [\"aside\"]\nper_day = { unknown = { p5 = 10, p95 = 40 } }\nduration = { dist = \"exponential\", mean = \"3h\" }\nfailures = \"sampled\"\n";
    let (left, right) = (world(&alone), world(&joined));
    for draw in 0..3 {
        let (a, b) = (simulate(&left, run(draw, 1)), simulate(&right, run(draw, 1)));
        let rows = |world: &World, record: &RunRecord| {
            let of_a = |w: WorkloadId| world.workloads[w].path.starts_with("labs.a.");
            let row = |row: &hedgerow::record::JobRow| {
                (
                    world.workloads[row.workload].path.clone(),
                    row.item,
                    row.submitted,
                    row.started,
                    row.finished,
                    row.failures,
                )
            };
            // In order of stream and item: those that never end are listed by slot.
            let mut all: Vec<_> = record.jobs.iter().filter(|row| of_a(row.workload)).map(row).collect();
            all.sort();
            all
        };
        assert!(rows(&left, &a) == rows(&right, &b), "draw {draw}");
        assert!(b.jobs.len() > a.jobs.len());
    }
}

/// (e) A hazard that is raised anywhere never delays the ring, in any replication; (f) the instants are exponential.
#[test]
fn a_raised_hazard_never_delays_and_rings_exponentially() {
    let ring = |n: i64, hazards: [f64; 3]| {
        let mut clock = HazardClock::new(key(0).prefix(Purpose::Shock, "shocks.exit", 0).unit(n));
        let mut now = 0.0;
        for hazard in hazards.into_iter().cycle().take(3_000) {
            if let Some(offset) = clock.advance(hazard, 1.0) {
                return now + offset;
            }
            now += 1.0;
        }
        f64::INFINITY
    };
    let base: Vec<f64> = (0..4_000).map(|n| ring(n, [0.02, 0.02, 0.02])).collect();
    for (n, at) in base.iter().enumerate() {
        assert!(ring(n as i64, [0.02, 0.05, 0.02]) <= *at, "replication {n}");
    }
    let distance = kolmogorov(base, |t| 1.0 - (-0.02 * t).exp());
    assert!(distance < 1.63, "Kolmogorov-Smirnov {distance} for Exp(0.02)");
}

/// Pausing on the clock: a stretch at hazard 0 moves the ring by its length and changes nothing else.
#[test]
fn a_pause_moves_the_date_and_nothing_else() {
    let prefix = key(1).prefix(Purpose::Shock, "shocks.exit", 0);
    for n in 0..2_000 {
        let (mut straight, mut paused) = (HazardClock::new(prefix.unit(n)), HazardClock::new(prefix.unit(n)));
        let at = straight.advance(0.5, 1e3).expect("rings");
        let cut = (at * 0.25).min(1.0);
        assert_eq!(paused.advance(0.5, cut), None);
        assert_eq!(paused.advance(0.0, 100.0), None);
        let later = cut + 100.0 + paused.advance(0.5, 1e3).expect("rings");
        assert!((later - at - 100.0).abs() < 1e-9 * (1.0 + at), "{at} became {later}");
    }
}

/// One gang of 100 chips, each job a day of work from its last start, at lambda chip-hours; replications are independent.
fn gang(lambda: &str, extra: &str) -> World {
    world(&format!(
        "[scenario]\nname = \"gang\"\nstart = 2026-01-01\nend = 2027-01-01\nspin_up = \"0d\"\n[run]\njobs = true\nseed = 3\n[pools.p]\nchips = 100\nfailures_per_chip_hour = {lambda}\n\
         [labs.a.workloads.g]\nkind = \"stream\"\npools = [\"p\"]\ninterval = {{ dist = \"constant\", mean = \"7d\" }}\nchips = 100\nduration = {{ dist = \"constant\", mean = \"48h\" }}\n\
         checkpoint = {{ interval = \"1h\", cost = \"1min\" }}\nrestart = \"5min\"\nfailures = \"sampled\"\n{extra}"
    ))
}

/// (f) Failures per exposed chip-hour: over 40 years of gangs of 100 chips the count is Poisson with mean lambda x chip-hours, so
/// (count - mean)^2 / mean is chi-square: 6.6 at 1 %. And the count of a job over 48 h is Poisson-like from job to job.
#[test]
fn failures_come_per_exposed_chip_hour() {
    let world = gang("5e-4", "");
    let (mut failures, mut chip_hours, mut chi2, mut jobs) = (0.0, 0.0, 0.0, 0);
    for replication in 0..40 {
        let record = simulate(&world, run(0, replication));
        failures += record.workloads[0].failures as f64;
        chip_hours += record.cells[0].iter().map(|m| m.allocated as f64 / 3.6e9).sum::<f64>();
        for row in record.jobs.iter().filter(|row| row.finished.is_some()) {
            let exposure = 5e-4 * 100.0 * row.finished.unwrap().since(row.started.unwrap()).hours();
            chi2 += (f64::from(row.failures) - exposure).powi(2) / exposure;
            jobs += 1;
        }
    }
    let mean = 5e-4 * chip_hours;
    assert!((failures - mean).powi(2) / mean < 6.63, "{failures} failures, {mean} by exposure");
    // Mean 1 a job if counts are Poisson given their exposure (stopping at a finish makes them a martingale, mean exact).
    assert!((chi2 / f64::from(jobs) - 1.0).abs() < 0.15, "{} over {jobs} jobs", chi2 / f64::from(jobs));
    assert!(jobs > 1_500 && failures > 3_000.0);
}

/// (f) Instants of a gang's first failure are exponential with mean 1/(chips x lambda) = 20 h, as the kernel plays them: without
/// checkpoint and restart a job of 20 h that fails once at t ends at t + 20 h. It fails then within the 20 h, so the law is the
/// exponential cut there; the second clock is another one and tells nothing of the first.
#[test]
fn first_failures_are_exponential() {
    let world = world(
        "[scenario]\nname = \"first\"\nstart = 2026-01-01\nend = 2030-01-01\nspin_up = \"0d\"\n[run]\njobs = true\nseed = 3\n[pools.p]\nchips = 100\nfailures_per_chip_hour = 5e-4\n\
         [labs.a.workloads.g]\nkind = \"stream\"\npools = [\"p\"]\ninterval = { dist = \"constant\", mean = \"14d\" }\nchips = 100\nduration = { dist = \"constant\", mean = \"20h\" }\nfailures = \"sampled\"\n",
    );
    let (mut first, mut jobs) = (Vec::new(), 0);
    for replication in 0..30 {
        for row in simulate(&world, run(0, replication)).jobs {
            jobs += 1;
            if let (1, Some(end), Some(start)) = (row.failures, row.finished, row.started) {
                first.push(end.since(start).hours() - 20.0);
            }
        }
    }
    // One failure within the work and none in the second attempt: e^-1 (1 - e^-1) = 0.2325 of the jobs.
    let share = first.len() as f64 / f64::from(jobs);
    assert!((share - 0.2325).abs() < 4.0 * (0.2325 * 0.7675 / f64::from(jobs)).sqrt(), "{share} of {jobs}");
    let distance = kolmogorov(first, |t| (1.0 - (-t / 20.0).exp()) / (1.0 - (-1.0f64).exp()));
    assert!(distance < 1.63, "Kolmogorov-Smirnov {distance}");
}

const CAMPAIGN: &str = r#"
[scenario]
name = "campaign"
start = 2026-01-01
end = 2027-06-01
spin_up = "0d"
[run]
jobs = true
seed = 5
[clouds.aws]
discount_rate = 0.09
[sites.s]
cloud = "aws"
region = "us-east-2"
pue = 1.1
mw = [{ at = 2025-01-01, mw = 100 }]
power_usd_per_mwh = 60
facility_usd_per_mw_year = 1e5
operations_usd_per_mw_year = 1e5
[pools.rainier]
site = "s"
instance = "trn2.48xlarge"
nodes = 64
failures_per_chip_hour = 3e-5
DELIVERY
[labs.a.workloads.frontier]
kind = "pretraining"
flops = 1.5e24
chips = 1024
pools = ["rainier"]
every = "2y"
campaign_efficiency = 0.9
failures = "sampled"
checkpoint = { interval = "3h", cost = "2min" }
restart = "10min"
mfu = { trn2 = 0.4 }
"#;

/// (h) The same campaign started 36 hours later, for its chips come then: the same failures at the same places of its life, so the
/// same number, the same lost work and the same running time to the microsecond. Variance 0 in 20 replications.
#[test]
fn a_campaign_started_later_fails_the_same() {
    let now = world(&CAMPAIGN.replace("DELIVERY", ""));
    let late = CAMPAIGN.replace("nodes = 64\n", "nodes = 1\n").replace(
        "DELIVERY",
        "deliveries = [{ name = \"d\", at = 2026-01-02T12:00:00, ordered = 2025-02-01, nodes = 63 }]",
    );
    let late = world(&late);
    let mut failures = 0;
    for replication in 0..20 {
        let lives = [&now, &late].map(|world| {
            let record = simulate(world, run(0, replication));
            let row = record.jobs[0];
            let campaign = record.campaigns[0];
            assert!(campaign.finished.is_some(), "finishes: {campaign:?}");
            let sum = |field: fn(&hedgerow::record::CellMonth) -> u128| record.cells[0].iter().map(field).sum::<u128>();
            let (lost, restart) = (sum(|m| m.lost), sum(|m| m.restart));
            (
                campaign.failures,
                lost,
                restart,
                row.finished.unwrap().since(row.started.unwrap()),
                row.started.unwrap().since(world.start).hours(),
            )
        });
        assert_eq!((lives[0].0, lives[0].1, lives[0].2, lives[0].3), (lives[1].0, lives[1].1, lives[1].2, lives[1].3));
        assert_eq!((lives[0].4, lives[1].4), (0.0, 36.0));
        failures += lives[0].0;
    }
    assert!(failures > 200, "{failures} failures make it a test");
}

/// The spin-up's jobs have negative numbers, drawn backwards from the start: its length adds some before and moves nobody after.
#[test]
fn the_length_of_the_spin_up_moves_nobody() {
    let after = |spin_up: &str| {
        let world =
            world(&STREAMS.replace("ORDER", "fifo").replace("spin_up = \"2d\"", &format!("spin_up = \"{spin_up}\"")));
        let record = simulate(&world, run(0, 0));
        let mut rows: Vec<_> = record
            .jobs
            .iter()
            .map(|row| (row.workload, row.item, row.submitted.0 as i64 - world.start.0 as i64, row.chips))
            .collect();
        rows.sort();
        rows
    };
    let (short, long) = (after("2d"), after("9d"));
    let from_start =
        |rows: &[(WorkloadId, i64, i64, u32)]| rows.iter().copied().filter(|row| 0 <= row.1).collect::<Vec<_>>();
    assert_eq!(from_start(&short), from_start(&long));
    let before =
        |rows: &[(WorkloadId, i64, i64, u32)]| rows.iter().copied().filter(|row| row.1 < 0).collect::<Vec<_>>();
    assert!(before(&long).len() > before(&short).len() && !before(&short).is_empty());
    // Those of the shorter one are the last of the longer one.
    assert!(before(&short).iter().all(|row| before(&long).contains(row)));
    assert!(before(&long).iter().all(|row| row.2 <= 0), "and lie before the start");
}

/// Draws and replications: an unknown is the same in every replication of a draw and differs between draws; `--fixed` is the median.
#[test]
fn an_unknown_belongs_to_its_draw() {
    let text =
        STREAMS.replace("ORDER", "fifo").replace("mean = \"2h\"", "mean = { unknown = { p5 = \"1h\", p95 = \"4h\" } }");
    let world = world(&text);
    let drawn = |run: Run| simulate(&world, run).drawn[0][0];
    assert_eq!(drawn(run(2, 0)), drawn(run(2, 5)));
    assert_ne!(drawn(run(2, 0)), drawn(run(3, 0)));
    // Lognormal between 1 and 4: the median is 2.
    assert!((drawn(Run { fixed: true, ..run(2, 0) }) - 2.0).abs() < 1e-9);
}
