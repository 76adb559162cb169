//! Whether the intervals cover, the pairs pair and the shares share: statistics of studies run through the normal path.

use crate::story::{plan, run, slow, world};
use hedgerow::kernel::simulate;
use hedgerow::measure::{Period, Scope, Sheet, measure};
use hedgerow::stats::interval::{paired_difference, t_interval};
use hedgerow::study::{self, run_plan, summarize};
use hedgerow::units::SimTime;
use hedgerow::world::WorkloadId;
use rayon::prelude::*;

/// M/M/c at 8 an hour, mean 1 h.
fn mmc(servers: u32, extra: &str, end: &str) -> String {
    format!(
        "[scenario]\nname = \"mmc\"\nstart = 2026-01-01\nend = {end}\nanalysis = \"steady\"\nwarm_up = \"10d\"\n[run]\nseed = 2\n{extra}[pools.p]\nchips = {servers}\n\
         [labs.users.workloads.jobs]\nkind = \"stream\"\npools = [\"p\"]\nper_day = 192\nduration = {{ dist = \"exponential\", mean = \"1h\" }}\n"
    )
}

/// Mean wait of the jobs of the window in one run [h]: the figure that a study's `summary.csv` averages, by the function that makes it.
fn mean_wait(world: &hedgerow::world::World, replication: u32) -> f64 {
    let mut sheet = Sheet::default();
    measure(world, &simulate(world, run(replication, 0)), &mut sheet);
    sheet.get("wait_mean", Scope::Workload(WorkloadId::new(0)), Period::All).expect("jobs start")
}

/// 400 intervals of 10 runs each: between 92 % and 98 % of them hold Erlang C's mean wait. Forty days after ten, of the order of a
/// thousand relaxation times: what those still waiting at the end leave out is far below an interval's width.
#[test]
fn ninety_five_percent_is_ninety_five_percent() {
    let world = world(&mmc(10, "", "2026-02-20"));
    let waits: Vec<f64> = (0..4_000u32).into_par_iter().map(|n| mean_wait(&world, n)).collect();
    let truth = 0.20459007539822174;
    let covers = |runs: &[f64]| {
        let interval = t_interval(runs, 0.95).expect("ten runs");
        (interval.mean - truth).abs() <= interval.half_width.expect("ten runs")
    };
    let share = waits.chunks(10).filter(|runs| covers(runs)).count() as f64 / 400.0;
    assert!((0.92..=0.98).contains(&share), "{share} of the intervals cover");
}

/// 10 against 11 servers over the same jobs, 15,000 of which the first 3,000 are left out, 400 replications: pairing cuts the variance
/// of the difference in mean wait 2.85 times, in mean JCT 4 times (coupling C; published from another program).
#[test]
fn the_same_jobs_pair_ten_servers_with_eleven() {
    let world_of = |servers: u32| world(&mmc(servers, "jobs = true\n", "2026-03-25"));
    let worlds = [world_of(10), world_of(11)];
    let means = |world: &hedgerow::world::World, replication: u32| {
        let rows = simulate(world, run(replication, 0)).jobs;
        let window = rows.iter().filter(|row| 3_000 <= row.item && row.item < 15_000);
        let (mut n, mut wait, mut jct) = (0.0, 0.0, 0.0);
        for row in window {
            n += 1.0;
            wait += row.started.expect("starts").since(row.submitted).hours();
            jct += row.finished.expect("finishes").since(row.submitted).hours();
        }
        assert_eq!(n, 12_000.0, "all of them come within the 83 days");
        (wait / n, jct / n)
    };
    let runs: Vec<[(f64, f64); 2]> =
        (0..400u32).into_par_iter().map(|n| [means(&worlds[0], n), means(&worlds[1], n)]).collect();
    let factor = |of: fn(&(f64, f64)) -> f64| {
        let (a, b): (Vec<f64>, Vec<f64>) = runs.iter().map(|pair| (of(&pair[0]), of(&pair[1]))).unzip();
        paired_difference(&a, &b, 0.95).unwrap().variance_reduction.unwrap()
    };
    let (wait, jct) = (factor(|run| run.0), factor(|run| run.1));
    assert!((2.4..=3.3).contains(&wait), "mean wait: factor {wait}");
    assert!(3.3 <= jct, "mean JCT: factor {jct}");
}

/// One metric, one unknown, linear in it: every job takes `mean`, unknown and uniform, so the mean JCT is that time and nothing else;
/// the count of jobs owes nothing to it. In between, the mean of n lognormal lengths with mean m ~ U: the share is
/// Var(m) / (Var(m) + E[m^2] scv / n), here with the n of the Poisson stream near 100.
#[test]
fn the_share_that_is_not_known() {
    // p5 and p95 of a uniform: width w = 0.9 of the whole. From 1 to 1.9 h: the whole is 0.95 to 1.95, variance 1/12, mean 1.45.
    let (variance, square) = (1.0 / 12.0, 1.45 * 1.45 + 1.0 / 12.0);
    let scv: f64 = 4.0;
    let jobs = 100.0;
    let wanted = variance / (variance + square * scv / jobs);
    let text = format!(
        "[scenario]\nname = \"share\"\nstart = 2026-01-01\nend = 2026-07-20\nspin_up = \"0d\"\n[run]\ndraws = 200\nreplications = 2\nseed = 4\n[pools.p]\nchips = 1000\n\
         [labs.a.workloads.s]\nkind = \"stream\"\npools = [\"p\"]\nper_day = 0.5\nduration = {{ dist = \"lognormal\", mean = {{ unknown = {{ p5 = \"1h\", p95 = \"1.9h\", dist = \"uniform\" }} }}, scv = {scv} }}\n"
    );
    let plan = plan(&text, &Default::default());
    let outcome = run_plan(&plan, &|_| ());
    let series = |metric: &str| {
        outcome.cells[0]
            .series(metric, Scope::Workload(WorkloadId::new(0)), Period::All)
            .unwrap_or_else(|| panic!("no {metric}"))
    };
    let share = |metric: &str| summarize(&series(metric), 2, outcome.independent).unwrap().param_share.unwrap();
    let found = share("jct_mean");
    assert!((found - wanted).abs() < 0.1, "param_share {found}, by hand {wanted}");
    assert!(share("jobs_submitted") < 0.15, "the number of jobs owes nothing to how long they take");
}

/// Entry 11 of the coupled model's oracles: five draws of three.
#[test]
fn two_levels_by_the_oracle() {
    let values = [10.2, 11.0, 9.7, 14.1, 13.2, 13.9, 8.0, 9.1, 8.7, 12.4, 11.1, 12.0, 16.3, 15.0, 15.8];
    let split = study::two_level(&values, 3, false).unwrap();
    let close =
        |got: Option<f64>, want: f64| assert!((got.unwrap() - want).abs() < 1e-9 * want, "{got:?} against {want}");
    close(Some(split.mean), 12.0333333333333);
    close(split.half_width, 3.46592588393);
    close(split.msb, 23.375);
    close(split.msw, 0.367333333333333);
    close(split.sigma2_theta, 7.66922222222222);
    close(split.param_share, 0.95429219262);
    close(study::two_level(&values, 3, true).unwrap().half_width, 1.45897553138);
}

/// The share at five times the draws, for a closer look; and that the window of a steady run is what it says.
#[test]
fn the_window_of_a_steady_run() {
    let world = world(&mmc(10, "jobs = true\n", "2026-02-20"));
    let record = simulate(&world, run(0, 0));
    let from: SimTime = world.measure_from;
    let inside = record.jobs.iter().filter(|row| from <= row.submitted && row.submitted < world.end).count() as u64;
    assert_eq!(inside, record.workloads[0].submitted);
    if slow("the_window_of_a_steady_run") {
        let waits: Vec<f64> = (0..60_000u32).into_par_iter().map(|n| mean_wait(&world, n)).collect();
        let interval = t_interval(&waits, 0.95).unwrap();
        assert!((interval.mean - 0.20459007539822174).abs() < 3e-3 * 0.2046, "{interval:?}");
    }
}
