//! Spot and capacity blocks: the process against its closed forms, reclaims against their hazard, hand-worked timelines with their ledgers.

use crate::story::{Files, at, run, timeline, world_with};
use hedgerow::finance::margin::unused_block_usd;
use hedgerow::finance::reconcile::reconcile;
use hedgerow::kernel::simulate;
use hedgerow::record::{CellMonth, PostingKind, RunRecord};
use hedgerow::stats::draw::{Purpose, RunKey};
use hedgerow::stats::quantile::{normal_cdf, normal_quantile};
use hedgerow::units::{Money, SimTime};
use hedgerow::world::{EventKind, LISTED, PoolId, PriceKind, TenantId, World};
use std::fmt::Write as _;

/// A site, a pool `p` of one-chip nodes at 2 USD on demand and 0.5 USD in blocks, and jobs of lab `a`: (name, submitted, chips, seconds).
/// `pool` is appended to the pool's table, `jobs[n].4` to that of job n; `tail` to the file.
struct Story<'t> {
    end: &'t str,
    nodes: u32,
    pool: &'t str,
    jobs: &'t [(&'t str, u32, u32, u32, &'t str)],
    tail: &'t str,
}

impl Story<'_> {
    fn world(&self) -> World {
        let mut out = format!(
            "[scenario]\nname = \"spot\"\nstart = 2026-01-01\nend = {}\n[run]\njobs = true\n[clouds.aws]\ndiscount_rate = 0.09\n\
             [sites.s]\ncloud = \"aws\"\nregion = \"us-east-2\"\npue = 1.1\npower_usd_per_mwh = 60\nfacility_usd_per_mw_year = 0\n\
             operations_usd_per_mw_year = 0\nescalator_per_year = 0\n\
             [pools.p]\nsite = \"s\"\ninstance = \"inf2.xlarge\"\nnodes = {}\n{}\n",
            self.end, self.nodes, self.pool
        );
        let mut files = Files::new();
        for (name, submit, chips, seconds, keys) in self.jobs {
            let lab = if name.starts_with('b') { "b" } else { "a" };
            writeln!(out, "[labs.{lab}.workloads.{name}]\nkind = \"trace\"\nfile = \"{name}.csv\"\n{keys}").unwrap();
            files.insert(format!("{name}.csv"), format!("submit_s,chips,duration_s\n{submit},{chips},{seconds}\n"));
        }
        world_with(&(out + self.tail), &files)
    }
}

const PRICES: &str = "prices.on_demand.usd_per_chip_hour = 2.0\nprices.capacity_block.usd_per_chip_hour = 0.5\n";

/// A run that keeps every identity and that the second route agrees with.
fn simulated(world: &World) -> RunRecord {
    let record = simulate(world, run(0, 0));
    if let Err(wrong) = reconcile(world, &record) {
        panic!("{}", wrong.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"));
    }
    record
}

/// Spot prices as they came into force [USD per chip-hour].
fn path(record: &RunRecord) -> Vec<(SimTime, f64)> {
    let slot = LISTED.iter().position(|kind| *kind == PriceKind::Spot).unwrap() as u32;
    let rows = record.events.iter().filter(|row| row.change.kind == EventKind::Price && row.change.object == slot);
    rows.map(|row| (row.at, row.change.value as f64 / 1e9)).collect()
}

fn billed(record: &RunRecord, kind: PostingKind) -> f64 {
    record.postings.iter().filter(|line| line.kind == kind).map(|line| line.amount).sum::<Money>().usd()
}

/// Minutes of chips that all cells spent on something.
fn minutes(record: &RunRecord, part: fn(&CellMonth) -> u128) -> f64 {
    record.cells.iter().flatten().map(part).sum::<u128>() as f64 / 60e6
}

/// Ninety years of daily prices of a process with that mean, spread and relaxation in days, as ratios from the start on; a day without a row
/// has the price of the day before.
fn daily(mean: f64, sd: f64, days: f64, bounds: (f64, f64)) -> Vec<f64> {
    let pool = format!(
        "{PRICES}prices.spot = {{ mean_ratio = {mean}, sd_ratio = {sd}, relaxation = \"{days}d\", least_ratio = {}, most_ratio = {}, reclaims_per_node_hour = 0 }}",
        bounds.0, bounds.1
    );
    let story = Story { end: "2116-01-01", nodes: 1, pool: &pool, jobs: &[], tail: "" };
    let world = story.world();
    let prices = path(&simulate(&world, run(0, 0)));
    let day = 86_400_000_000_u64;
    let n = world.end.since(world.start).0 / day;
    let ratio = |k: u64| prices[prices.partition_point(|(at, _)| at.0 <= world.start.0 + k * day) - 1].1 / 2.0;
    (0..n).map(ratio).collect()
}

fn mean(values: impl Iterator<Item = f64> + Clone) -> f64 {
    values.clone().sum::<f64>() / values.count() as f64
}

/// Far from its bounds the process is an Ornstein-Uhlenbeck one at equal steps, that is AR(1) with rho = e^(-1/7): mean, variance and
/// autocorrelations at lags of 1, 7 and 30 days, each within 4 standard errors (of a mean sigma sqrt((1 + rho)/(1 - rho)/n), of a variance
/// sigma^2 sqrt(2 (1 + rho^2)/(1 - rho^2)/n), of an autocorrelation Bartlett's).
#[test]
fn far_from_its_bounds_the_path_is_an_ornstein_uhlenbeck_process() {
    let (mu, sigma, rho) = (0.5, 0.04, (-1.0_f64 / 7.0).exp());
    let path = daily(mu, sigma, 7.0, (0.0, 1.0));
    let n = path.len() as f64;
    assert!(n > 32_000.0, "{n} days");
    let average = mean(path.iter().copied());
    let of_mean = sigma * ((1.0 + rho) / (1.0 - rho) / n).sqrt();
    assert!((average - mu).abs() <= 4.0 * of_mean, "mean {average} +- {of_mean}");
    let variance = mean(path.iter().map(|x| (x - average) * (x - average)));
    let of_variance = sigma * sigma * (2.0 * (1.0 + rho * rho) / (1.0 - rho * rho) / n).sqrt();
    assert!((variance - sigma * sigma).abs() <= 4.0 * of_variance, "variance {variance} +- {of_variance}");
    for lag in [1_usize, 7, 30] {
        let products = path.iter().zip(&path[lag..]).map(|(x, y)| (x - average) * (y - average));
        let found = mean(products) / variance;
        let (k, r2) = (lag as f64, rho * rho);
        let r2k = r2.powf(k);
        let bartlett = (((1.0 + r2) * (1.0 - r2k) / (1.0 - r2) - 2.0 * k * r2k) / n).sqrt();
        let exact = rho.powf(k);
        assert!((found - exact).abs() <= 4.0 * bartlett, "lag {lag}: {found} for {exact} +- {bartlett}");
        eprintln!("spot path: lag {lag} autocorrelation {found:.5}, exact {exact:.5}, standard error {bartlett:.5}");
    }
    eprintln!(
        "spot path: mean {average:.5} (0.5 +- {of_mean:.5}), variance {variance:.3e} (1.6e-3 +- {of_variance:.1e})"
    );
}

/// Mean and variance of a normal clamped to [a, b]. Eq. (96).
fn clamped(mu: f64, sigma: f64, (a, b): (f64, f64)) -> (f64, f64) {
    let density = |x: f64| (-0.5 * x * x).exp() / (2.0 * std::f64::consts::PI).sqrt();
    let (l, h) = ((a - mu) / sigma, (b - mu) / sigma);
    let (below, above, inside) = (normal_cdf(l), 1.0 - normal_cdf(h), normal_cdf(h) - normal_cdf(l));
    let first = a * below + b * above + mu * inside + sigma * (density(l) - density(h));
    let second = a * a * below
        + b * b * above
        + (mu * mu + sigma * sigma) * inside
        + 2.0 * mu * sigma * (density(l) - density(h))
        + sigma * sigma * (l * density(l) - h * density(h));
    (first, second - first * first)
}

/// Where a third of the days lie on the floor and some at the on-demand price: mean and variance of the clamped normal, by closed form and by
/// integration over quantiles, and of ninety years. No function of an AR(1) Gaussian is more correlated than it is itself (Gebelein 1941), so
/// the standard error of a mean of g is at most sd(g) sqrt((1 + rho)/(1 - rho)/n).
#[test]
fn the_clamped_path_has_the_moments_of_a_clamped_normal() {
    let (mu, sigma, bounds) = (0.25, 0.35, (0.1, 1.0));
    let (exact, variance) = clamped(mu, sigma, bounds);
    let cells = 400_000;
    let at = |i: usize| (mu + sigma * normal_quantile((i as f64 + 0.5) / f64::from(cells))).clamp(bounds.0, bounds.1);
    let numeric = mean((0..cells as usize).map(at));
    let numeric_variance = mean((0..cells as usize).map(|i| (at(i) - numeric) * (at(i) - numeric)));
    let fourth = mean((0..cells as usize).map(|i| (at(i) - numeric).powi(4)));
    assert!((numeric - exact).abs() < 1e-6 && (numeric_variance - variance).abs() < 1e-6, "{numeric} {exact}");
    let path = daily(mu, sigma, 7.0, bounds);
    let rho = (-1.0_f64 / 7.0).exp();
    let spread = ((1.0 + rho) / (1.0 - rho) / path.len() as f64).sqrt();
    let average = mean(path.iter().copied());
    let found = mean(path.iter().map(|x| (x - exact) * (x - exact)));
    let (of_mean, of_variance) = (variance.sqrt() * spread, (fourth - variance * variance).sqrt() * spread);
    assert!((average - exact).abs() <= 4.0 * of_mean, "mean {average} for {exact} +- {of_mean}");
    assert!((found - variance).abs() <= 4.0 * of_variance, "variance {found} for {variance} +- {of_variance}");
    assert!(path.iter().filter(|x| (**x - 0.1).abs() < 1e-9).count() > path.len() / 4);
    eprintln!(
        "clamped spot path: mean {average:.5} (exact {exact:.5}, se {of_mean:.5}), variance {found:.5} ({variance:.5}, se {of_variance:.5})"
    );
}

/// The same path whatever else: a longer spin-up, another pool, another lab's jobs; prices before the start differ in length only.
#[test]
fn a_pool_has_one_path() {
    let spot = "prices.spot = { mean_ratio = 0.5, sd_ratio = 0.1, relaxation = \"3d\", reclaims_per_node_hour = 0 }\n";
    let pool = format!("{PRICES}{spot}");
    let other = format!("[pools.a_first]\nsite = \"s\"\ninstance = \"inf2.xlarge\"\nnodes = 1\n{pool}");
    let job = [("x", 0, 1, 3600, "pools = [\"p\"]\nprice = \"spot\"")];
    let plain = Story { end: "2026-02-01", nodes: 1, pool: &pool, jobs: &job, tail: "" }.world();
    let with = Story { end: "2026-02-01", nodes: 1, pool: &pool, jobs: &job, tail: &other }.world();
    let slot = LISTED.iter().position(|kind| *kind == PriceKind::Spot).unwrap() as u32;
    let prices = |world: &World| -> Vec<(u64, i64)> {
        let p = world.pool_named("p").unwrap().index() as u32;
        let record = simulate(world, run(0, 0));
        let rows = record.events.iter().map(|row| (row.at, row.change));
        let mine = rows.filter(|(_, c)| c.kind == EventKind::Price && (c.subject, c.object) == (p, slot));
        mine.filter(|(at, _)| world.start <= *at).map(|(at, c)| (at.since(world.start).0, c.value)).collect()
    };
    assert!(prices(&plain).len() > 25);
    assert_eq!(prices(&plain), prices(&with));
}

/// A job of two chips on spot at 1 USD (half of 2, no spread); 2 h of work, a checkpoint of 1 min every 30 min, loading 3 min. At 1:00 all
/// spot chips are withdrawn with 2 min notice: 60 min are a whole cycle of 31 and 29 min of work; the checkpoint fits, so it writes it until
/// 1:01 with 59 min of work done. Chips are back at 2:00: 3 min loading, 61 min of work with 3 checkpoints, done at 3:07. On-demand doubles at
/// 2:30 and spot with it: billed are 61 + 30 min at 1 USD and 37 min at 2 USD of 2 chips: 182/60 + 148/60 = 5.50 USD.
#[test]
fn a_job_whose_checkpoint_fits_the_notice_loses_nothing() {
    let pool = "prices.capacity_block.usd_per_chip_hour = 0.5\n\
        prices.on_demand = { usd_per_chip_hour = 2.0, steps = [{ name = \"up\", at = 2026-01-01T02:30:00, times = 2 }] }\n\
        prices.spot = { mean_ratio = 0.5, sd_ratio = 0, relaxation = \"1d\", reclaims_per_node_hour = 0, chips = [{ at = 2026-01-01, chips = 4 }, { at = 2026-01-01T01:00:00, chips = 0 }, { at = 2026-01-01T02:00:00, chips = 2 }] }\n";
    let keys =
        "pools = [\"p\"]\nprice = \"spot\"\nrestart = \"3min\"\ncheckpoint = { interval = \"30min\", cost = \"1min\" }";
    let world = Story { end: "2026-01-02", nodes: 4, pool, jobs: &[("x", 0, 2, 7200, keys)], tail: "" }.world();
    let record = simulated(&world);
    assert_eq!(timeline(&world, &record), "x 0..11220 yielded 1");
    assert_eq!(billed(&record, PostingKind::Usage), 5.5);
    let lines: Vec<(f64, f64)> = record
        .postings
        .iter()
        .filter(|l| l.kind == PostingKind::Usage)
        .map(|l| (l.quantity as f64 / 60e6, l.amount.usd()))
        .collect();
    assert_eq!(lines, [(182.0, 3.033333), (74.0, 2.466667)]);
    let spent = [
        minutes(&record, |m| m.productive),
        minutes(&record, |m| m.checkpoint),
        minutes(&record, |m| m.yielding),
        minutes(&record, |m| m.restart),
        minutes(&record, |m| m.lost),
    ];
    assert_eq!(spent, [240.0, 8.0, 2.0, 6.0, 0.0]);
    assert_eq!(record.workloads[0].reclaims, 1);
    assert_eq!(record.workloads[0].preemptions, 0);
}

/// The same job with checkpoints of 5 min: they do not fit into 2 min, so it works on until 1:02. 62 min are a cycle of 35 and 27 min that are
/// lost. At 2:00: 3 min loading, 90 min of work with 3 checkpoints, done at 3:48. Without a checkpoint all 62 min are lost: 2:00 + 3 + 120 min.
#[test]
fn a_job_whose_checkpoint_does_not_fit_loses_what_it_has_not_saved() {
    let pool = format!(
        "{PRICES}prices.spot = {{ mean_ratio = 0.5, sd_ratio = 0, relaxation = \"1d\", reclaims_per_node_hour = 0, chips = [{{ at = 2026-01-01, chips = 4 }}, {{ at = 2026-01-01T01:00:00, chips = 0 }}, {{ at = 2026-01-01T02:00:00, chips = 2 }}] }}\n"
    );
    let lost = |checkpoint: &str| {
        let keys = format!("pools = [\"p\"]\nprice = \"spot\"\nrestart = \"3min\"\n{checkpoint}");
        let world =
            Story { end: "2026-01-02", nodes: 4, pool: &pool, jobs: &[("x", 0, 2, 7200, &keys)], tail: "" }.world();
        let record = simulated(&world);
        (timeline(&world, &record), minutes(&record, |m| m.lost), billed(&record, PostingKind::Usage))
    };
    let slow = lost("checkpoint = { interval = \"30min\", cost = \"5min\" }");
    assert_eq!(slow, ("x 0..13680 yielded 1".to_owned(), 54.0, (340.0_f64 / 60.0 * 1e6).round() / 1e6));
    assert_eq!(lost(""), ("x 0..14580 yielded 1".to_owned(), 124.0, (370.0_f64 / 60.0 * 1e6).round() / 1e6));
}

/// Where two jobs hold spot and room is left for one, the one with the lower bid goes, though it came first; of equal bids the later. A job
/// within its on-demand price is not asked.
#[test]
fn the_lowest_bid_goes_first() {
    let pool = format!(
        "{PRICES}prices.spot = {{ mean_ratio = 0.5, sd_ratio = 0, relaxation = \"1d\", reclaims_per_node_hour = 0, chips = [{{ at = 2026-01-01, chips = 4 }}, {{ at = 2026-01-01T01:00:00, chips = 2 }}] }}\n"
    );
    let spot = "pools = [\"p\"]\nprice = \"spot\"";
    let low = format!("{spot}\nmax_spot_ratio = 0.6");
    let jobs = [
        ("x", 0, 2, 7200, low.as_str()),
        ("y", 60, 2, 7200, spot),
        ("z", 60, 2, 7200, "pools = [\"p\"]\nprice = \"on_demand\""),
    ];
    let world = Story { end: "2026-01-02", nodes: 6, pool: &pool, jobs: &jobs, tail: "" }.world();
    // x is gone at 1:02 and starts again when y ends at 2:01, from nothing: it has no checkpoint.
    assert_eq!(timeline(&world, &simulated(&world)), "x 0..14460 yielded 1 | y 60..7260 | z 60..7260");
    let jobs = [("x", 0, 2, 7200, spot), ("y", 60, 2, 7200, spot)];
    let world = Story { end: "2026-01-02", nodes: 6, pool: &pool, jobs: &jobs, tail: "" }.world();
    assert_eq!(timeline(&world, &simulated(&world)), "x 0..7200 | y 60..14400 yielded 1");
}

/// Hourly prices with a bid of 0.5: the job may run in the hours of at most half the on-demand price only. The path is recomputed here from
/// its numbers, Eq. (95); the job works 60 h in whole hours without losing any (a checkpoint of no cost) and leaves at the instant of the
/// notice; what is billed is the integral of the path over those hours.
#[test]
fn a_price_above_the_bid_takes_the_job_off() {
    let pool = format!(
        "{PRICES}prices.spot = {{ mean_ratio = 0.5, sd_ratio = 0.1, relaxation = \"3h\", step = \"1h\", least_ratio = 0.3, reclaims_per_node_hour = 0 }}\n"
    );
    let keys =
        "pools = [\"p\"]\nprice = \"spot\"\nmax_spot_ratio = 0.5\ncheckpoint = { interval = \"1h\", cost = \"0s\" }";
    let world =
        Story { end: "2026-02-08", nodes: 1, pool: &pool, jobs: &[("x", 0, 1, 216_000, keys)], tail: "" }.world();
    let record = simulated(&world);
    let draws = RunKey { study_seed: world.seed, draw: 0, replication: 0 }.prefix(Purpose::Spot, "pools.p", 0);
    let rho = (-1.0_f64 / 3.0).exp();
    let (mut y, mut hours, mut first, mut last, mut usd, mut runs) =
        (normal_quantile(draws.unit(0)), 0, None, 0, 0.0, 0);
    let mut running = false;
    for hour in 0.. {
        if hour > 0 {
            y = rho * y + (1.0 - rho * rho).sqrt() * normal_quantile(draws.unit(hour));
        }
        let ratio = (0.5 + 0.1 * y).clamp(0.3, 1.0);
        if ratio <= 0.5 {
            runs += u32::from(!running);
            running = true;
            first.get_or_insert(hour);
            hours += 1;
            usd += (ratio * 2.0 * 1e9).round() / 1e9;
            last = hour + 1;
            if hours == 60 {
                break;
            }
        } else {
            running = false;
        }
    }
    let yields = runs - 1;
    assert!(yields > 0, "the path never rises above the bid: another seed");
    let expected = format!("x {}..{} yielded {yields}", first.unwrap() * 3600, last * 3600);
    assert_eq!(timeline(&world, &record), expected);
    assert_eq!(record.workloads[0].reclaims, u64::from(yields));
    // Each hour of another price is a line of its own, rounded to the micro-dollar.
    assert!((billed(&record, PostingKind::Usage) - usd).abs() <= 60.0 * 0.5e-6, "{usd}");
}

/// Spot without a limit, 20 one-chip nodes always busy, a hazard of 0.02 a node-hour, 200 days: the number of reclaims over the time held is
/// the hazard within 4 standard errors of a Poisson count. Gangs of 4 nodes have four times the hazard each.
#[test]
fn reclaims_come_at_their_hazard() {
    for gang in [1, 4] {
        let pool = format!(
            "{PRICES}prices.spot = {{ mean_ratio = 0.5, sd_ratio = 0, relaxation = \"1d\", reclaims_per_node_hour = 0.02, notice = \"2min\" }}\n"
        );
        let tail = format!(
            "[labs.a.workloads.w]\nkind = \"stream\"\npools = [\"p\"]\nprice = \"spot\"\nper_day = 30\nchips = {gang}\nfailures = \"off\"\nduration = {{ dist = \"exponential\", mean = \"10h\" }}\ncheckpoint = {{ interval = \"1h\", cost = \"30s\" }}\n"
        );
        let world = Story { end: "2026-07-20", nodes: 40, pool: &pool, jobs: &[], tail: &tail }.world();
        let (mut reclaims, mut held_h) = (0.0, 0.0);
        for replication in 0..10 {
            let record = simulate(&world, run(0, replication));
            reclaims += record.workloads[0].reclaims as f64;
            // The clock stands still while a job writes its last checkpoint.
            held_h += minutes(&record, |m| m.allocated) / 60.0 - minutes(&record, |m| m.yielding) / 60.0;
        }
        let expected = 0.02 * held_h;
        assert!(expected > 500.0, "{expected}");
        assert!(
            (reclaims - expected).abs() <= 4.0 * expected.sqrt(),
            "gang {gang}: {reclaims} reclaims for {expected}"
        );
        eprintln!(
            "spot hazard, gang {gang}: {:.4} h between reclaims of a node (exact 50), {reclaims} reclaims, expected {expected:.1}",
            held_h / reclaims
        );
    }
}

/// A block of 2 nodes for a day from 11:30 on 2 January, booked on the 1st at noon: 48 chip-hours at 0.50 USD are 24.00 USD, posted then. x
/// wants 2 chips in it for 30 h, with a checkpoint of 4 min every 2 h. It starts at 11:30 on the 2nd, is told at 10:50 on the 3rd (1,400 min:
/// 11 cycles of 124 min and 36 min), saves until 10:54 and never runs again. b wants 2 of 3 nodes on demand from 40 h on: one is free until
/// nothing may run in the block any more, at 11:00 (59 h). Of 47 usable chip-hours x held 46.8; 0.2 idle at 0.50 are 0.10 USD.
#[test]
fn a_block_by_hand() {
    let pool = format!(
        "{PRICES}[pools.p.blocks.week]\nlab = \"a\"\nat = 2026-01-02T11:30:00\nlength = \"1d\"\nnodes = 2\nbooked = 2026-01-01T12:00:00\n"
    );
    let keys = |cost: &str| {
        format!(
            "pools = [\"p\"]\nprice_kinds = [\"capacity_block\"]\ncheckpoint = {{ interval = \"2h\", cost = \"{cost}\" }}"
        )
    };
    let run = |cost: &str| {
        let keys = keys(cost);
        let jobs =
            [("x", 0, 2, 108_000, keys.as_str()), ("b", 144_000, 2, 3_600, "pools = [\"p\"]\nprice = \"on_demand\"")];
        let world = Story { end: "2026-01-05", nodes: 3, pool: &pool, jobs: &jobs, tail: "" }.world();
        let record = simulated(&world);
        (world, record)
    };
    let (world, record) = run("4min");
    assert_eq!(timeline(&world, &record), "b 212400..216000 | x 127800.. yielded 1");
    let line = record.postings.iter().find(|line| line.kind == PostingKind::Block).unwrap();
    assert_eq!((line.at, line.amount.usd()), (at(&world, 43_200.0), 24.0));
    assert_eq!((line.quantity as f64 / 3.6e9, line.price_kind), (48.0, Some(PriceKind::CapacityBlock)));
    // b pays 2 chips for an hour at 2 USD; x nothing more.
    assert_eq!(billed(&record, PostingKind::Usage), 4.0);
    let share = record.shares[0][0][0];
    let hours = |chip_us: u128| chip_us as f64 / 3.6e9;
    assert_eq!((hours(share.block), hours(share.block_offered), hours(share.block_unused)), (47.0, 47.0, 0.2));
    assert_eq!((share.block_late, share.block_blocked), (0, 0));
    let unused = unused_block_usd(&world, &record, PoolId::new(0), TenantId::new(0), 0..1).unwrap();
    assert!((unused - 0.1).abs() < 1e-12, "{unused}");
    let spent = [minutes(&record, |m| m.lost), minutes(&record, |m| m.yielding)];
    assert_eq!(spent, [0.0, 8.0]);
    // With checkpoints of 15 min none fits into the 10 min before: it works on to 11:00, 1,410 min: 10 cycles of 135 min and 60 min lost.
    let (world, record) = run("15min");
    assert_eq!(timeline(&world, &record), "b 212400..216000 | x 127800.. yielded 1");
    assert_eq!([minutes(&record, |m| m.lost), hours(record.shares[0][0][0].block_unused) * 60.0], [120.0, 0.0]);
}

/// Chips of a block are kept for its lab while it is in force: b's job of 3 nodes starts only when the block is over, and x, which comes in
/// its middle, starts at once. One that accepts the block and on demand, and finds the block full, pays on demand (under `strict` it would stand
/// behind b's blocked job).
#[test]
fn a_block_is_kept_for_its_lab() {
    let pool = format!(
        "{PRICES}schedule = {{ backfill = \"skip_ahead\" }}\n[pools.p.blocks.day]\nlab = \"a\"\nat = 2026-01-01T11:30:00\nlength = \"1d\"\nnodes = 2\n"
    );
    let block = "pools = [\"p\"]\nprice_kinds = [\"capacity_block\", \"on_demand\"]";
    let jobs = [
        ("b", 45_000, 3, 3_600, "pools = [\"p\"]\nprice = \"on_demand\""),
        ("x", 72_000, 2, 3_600, block),
        ("y", 72_060, 1, 7_200, block),
    ];
    let world = Story { end: "2026-01-05", nodes: 4, pool: &pool, jobs: &jobs, tail: "" }.world();
    let record = simulated(&world);
    // In force from 41,400 s to 126,000 s (11:00 on the 2nd).
    assert_eq!(timeline(&world, &record), "b 126000..129600 | x 72000..75600 | y 72060..79260");
    // y has its chip for 2 h at 2 USD, b 3 chips for an hour; x pays nothing beside the block.
    assert_eq!(billed(&record, PostingKind::Usage), 4.0 + 6.0);
}

/// Two nodes. In order of preference x takes on demand though spot is cheaper; under `cheapest_feasible` it takes spot. A block that is paid
/// costs nothing more, so it goes first.
#[test]
fn kinds_are_taken_in_order_or_by_cost() {
    let spot = "prices.spot = { mean_ratio = 0.5, sd_ratio = 0, relaxation = \"1d\", reclaims_per_node_hour = 0 }\n";
    let held = |schedule: &str, kinds: &str, block: &str| {
        let pool = format!("{PRICES}{spot}{schedule}\n{block}");
        let keys = format!("pools = [\"p\"]\nprice_kinds = [{kinds}]");
        let world =
            Story { end: "2026-01-02", nodes: 2, pool: &pool, jobs: &[("x", 50_000, 1, 3_600, &keys)], tail: "" }
                .world();
        let record = simulated(&world);
        let mut cells = world.cells.enumerate().filter(|(id, _)| record.cells[id.index()][0].allocated > 0);
        cells.next().map(|(_, cell)| cell.price.name()).expect("x runs")
    };
    let cheapest = "schedule = { pool_choice = \"cheapest_feasible\" }";
    let block = "[pools.p.blocks.day]\nlab = \"a\"\nat = 2026-01-01T11:30:00\nlength = \"1d\"\nnodes = 1\n";
    assert_eq!(held("", "\"on_demand\", \"spot\"", ""), "on_demand");
    assert_eq!(held("", "\"spot\", \"on_demand\"", ""), "spot");
    assert_eq!(held(cheapest, "\"on_demand\", \"spot\"", ""), "spot");
    assert_eq!(held(cheapest, "\"on_demand\", \"spot\", \"capacity_block\"", block), "capacity_block");
}

/// No spot chips before 3:00. x accepts spot, and on demand after an hour: it starts at 1:00 on demand. y comes at 2:30 and gets spot at 3:00,
/// before its hour is over.
#[test]
fn overflow_to_another_price_kind() {
    let pool = format!(
        "{PRICES}prices.spot = {{ mean_ratio = 0.5, sd_ratio = 0, relaxation = \"1d\", reclaims_per_node_hour = 0, chips = [{{ at = 2026-01-01T03:00:00, chips = 4 }}] }}\n\
         schedule = {{ overflow = {{ after = \"1h\", price = \"on_demand\" }} }}\n"
    );
    let keys = "pools = [\"p\"]\nprice = \"spot\"";
    let world = Story {
        end: "2026-01-02",
        nodes: 4,
        pool: &pool,
        jobs: &[("x", 0, 1, 7_200, keys), ("y", 9_000, 1, 7_200, keys)],
        tail: "",
    }
    .world();
    let record = simulated(&world);
    assert_eq!(timeline(&world, &record), "x 3600..10800 | y 10800..18000");
    assert_eq!(billed(&record, PostingKind::Usage), 4.0 + 2.0);
    assert_eq!(record.workloads.iter().map(|w| w.overflowed).sum::<u64>(), 1);
}

/// A job that was on spot waits anew when spot is gone: notice at 1:00, gone at 1:02, an hour later it goes on demand (2:02). Without a
/// checkpoint it starts again from nothing: 2 h more.
#[test]
fn a_wait_after_a_reclaim_overflows_too() {
    let pool = format!(
        "{PRICES}prices.spot = {{ mean_ratio = 0.5, sd_ratio = 0, relaxation = \"1d\", reclaims_per_node_hour = 0, chips = [{{ at = 2026-01-01, chips = 4 }}, {{ at = 2026-01-01T01:00:00, chips = 0 }}] }}\n\
         schedule = {{ overflow = {{ after = \"1h\", price = \"on_demand\" }} }}\n"
    );
    let keys = "pools = [\"p\"]\nprice = \"spot\"";
    let world = Story { end: "2026-01-02", nodes: 4, pool: &pool, jobs: &[("x", 0, 1, 7_200, keys)], tail: "" }.world();
    assert_eq!(timeline(&world, &simulated(&world)), "x 0..14520 yielded 1");
}

/// Pool p has 2 nodes, q one, under one scheduler. x holds p until 2:00. y (2 chips, at 0:10) waits; z (1 chip, at 0:20) may go to q after
/// half an hour and does at 0:50, though it stands behind y; w (1 chip, at 0:30) finds q full at 1:00 and gets it at 1:50, when z ends.
#[test]
fn overflow_into_a_pool_with_a_limit() {
    let pool = format!("{PRICES}domain = \"d\"\nschedule = {{ overflow = {{ after = \"30min\", to = \"q\" }} }}\n");
    let tail = format!("[pools.q]\nsite = \"s\"\ninstance = \"inf2.xlarge\"\nnodes = 1\ndomain = \"d\"\n{PRICES}");
    let keys = "pools = [\"p\"]";
    let jobs = [
        ("w", 1_800, 1, 3_600, keys),
        ("x", 0, 2, 7_200, keys),
        ("y", 600, 2, 3_600, keys),
        ("z", 1_200, 1, 3_600, keys),
    ];
    let world = Story { end: "2026-01-02", nodes: 2, pool: &pool, jobs: &jobs, tail: &tail }.world();
    let record = simulated(&world);
    assert_eq!(timeline(&world, &record), "w 6600..10200 | x 0..7200 | y 7200..10800 | z 3000..6600");
    assert_eq!(record.workloads.iter().map(|w| w.overflowed).sum::<u64>(), 2);
}

/// Elastic gangs of 1 to 4 chips on spot grow to what spot may hold, 2 of 4 chips, and to 1 when that falls; whoever holds more then is told as
/// a whole. They change their size, are reclaimed, and never hold more.
#[test]
fn an_elastic_gang_on_spot_stays_within_what_spot_may_hold() {
    let pool = format!(
        "{PRICES}prices.spot = {{ mean_ratio = 0.5, sd_ratio = 0, relaxation = \"1d\", reclaims_per_node_hour = 0.01, chips = [{{ at = 2025-01-01, chips = 2 }}, {{ at = 2026-02-20, chips = 1 }}] }}\nschedule = {{ resize_every = \"10min\" }}\n"
    );
    let tail = |per_day: u32| {
        format!(
            "[labs.a.workloads.w]\nkind = \"stream\"\npools = [\"p\"]\nprice = \"spot\"\nper_day = {per_day}\nchips = {{ min = 1, max = 4, step = 1, scaling = {{ power = 0.9 }} }}\nfailures = \"off\"\nduration = {{ dist = \"exponential\", mean = \"1h\" }}\ncheckpoint = {{ interval = \"1h\", cost = \"30s\" }}\n"
        )
    };
    let play = |per_day| {
        let world = Story { end: "2026-03-01", nodes: 4, pool: &pool, jobs: &[], tail: &tail(per_day) }.world();
        simulated(&world)
    };
    let record = play(6);
    let totals = &record.workloads[0];
    assert!(totals.resizes > 0 && totals.reclaims > 0, "{} resizes, {} reclaims", totals.resizes, totals.reclaims);
    // Sixty jobs a day ask for four chips all the time: they have two for fifty days and one for nine, and two minutes of the notice.
    let most = (2.0 * 50.0 + 9.0) * 1440.0 + 2.0;
    let held = minutes(&play(60), |m| m.allocated);
    assert!(0.9 * most < held && held <= most, "{held} chip-minutes of {most}");
}
