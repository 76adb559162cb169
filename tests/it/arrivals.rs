//! Streams as they arrive: renewal laws, modulated rates, estimates. Lanes alone, without a kernel; queues are in `theory`.

use crate::story::{Files, world, world_with};
use hedgerow::stats::accumulate::Accumulator;
use hedgerow::stats::draw::RunKey;
use hedgerow::units::SimTime;
use hedgerow::workload::{Draft, Lane};
use hedgerow::world::{Live, OverEstimate, WorkloadId, World};

/// The jobs of a workload in one run, before `world.end`; the unknowns must be none.
fn drafts(world: &World, workload: usize, replication: u32) -> Vec<Draft> {
    let live = Live::new(world, Vec::new(), Vec::new());
    let key = RunKey { study_seed: 17, draw: 0, replication };
    let mut lane = Lane::new(world, WorkloadId::new(workload), &live, key);
    let mut all = Vec::new();
    while lane.next_at() < world.end {
        all.push(lane.take(&live));
    }
    all
}

/// Hours from the start; negative before it.
fn hours(world: &World, at: SimTime) -> f64 {
    (at.0 as f64 - world.start.0 as f64) / 3.6e9
}

/// A file with one stream `labs.a.workloads.s` on an abstract pool; `end` in years of 365 days, `spin_up` in days.
fn stream(years: f64, spin_up_d: f64, keys: &str) -> String {
    let days = (years * 365.0) as i64;
    let end = jiff::civil::date(2026, 1, 1).checked_add(jiff::Span::new().days(days)).expect("a date");
    format!(
        "[scenario]\nname = \"arrivals\"\nstart = 2026-01-01\nend = {end}\nspin_up = \"{spin_up_d}d\"\n[pools.p]\nchips = 8\n\
         [labs.a.workloads.s]\nkind = \"stream\"\npools = [\"p\"]\nduration = {{ dist = \"exponential\", mean = \"1h\" }}\n{keys}\n"
    )
}

/// Whether the mean lies within four standard errors.
#[track_caller]
fn near(what: &str, got: &Accumulator, exact: f64) {
    let (mean, error) = (got.mean().unwrap(), got.standard_error().unwrap());
    assert!((mean - exact).abs() <= 4.0 * error, "{what}: {mean} +- {error}, exactly {exact}");
    assert!(error < 0.05 * exact.abs(), "{what}: {mean} +- {error} says little");
}

/// Gamma and Weibull renewals of mean 1.5 h: mean and squared CV of the intervals, batches of 500 as independent samples.
#[test]
fn renewals_have_their_mean_and_cv() {
    for (dist, spread, scv) in [
        ("gamma", "cv = 2.0", 4.0),
        ("gamma", "scv = 0.25", 0.25),
        ("weibull", "cv = 1.5", 2.25),
        ("weibull", "scv = 0.1", 0.1),
    ] {
        let keys = format!("interval = {{ dist = \"{dist}\", mean = \"1.5h\", {spread} }}");
        let world = world(&stream(90.0, 0.0, &keys));
        let jobs = drafts(&world, 0, 0);
        let gaps: Vec<f64> = jobs.windows(2).map(|two| two[1].submit.since(two[0].submit).hours()).collect();
        let (mut means, mut squares) = (Accumulator::default(), Accumulator::default());
        for batch in gaps.chunks_exact(500) {
            means.push(batch.iter().sum::<f64>() / 500.0);
            squares.push(batch.iter().map(|gap| (gap - 1.5) * (gap - 1.5)).sum::<f64>() / 500.0 / 2.25);
        }
        assert!(1000 < means.count(), "{dist} {spread}");
        near(&format!("{dist} {spread} mean"), &means, 1.5);
        near(&format!("{dist} {spread} scv"), &squares, scv);
        // No interval knows of the one before: correlation within 4/sqrt(n).
        let lagged: f64 = gaps.windows(2).map(|two| (two[0] - 1.5) * (two[1] - 1.5)).sum();
        let correlation = lagged / (gaps.len() as f64) / (2.25 * scv);
        assert!(correlation.abs() < 4.0 / (gaps.len() as f64).sqrt(), "{dist} {spread}: {correlation}");
    }
}

/// Two states: 2 jobs an hour for 6 h, 14 for 2 h; 5 in the long run.
const TWO: &str = "per_day = 120\nmodulated = { states = [{ name = \"calm\", rate = 1, mean_time = \"6h\" }, \
                   { name = \"busy\", rate = 7, mean_time = \"2h\" }] }";

/// Index of dispersion of counts of the two-state MMPP over t hours, as Heffes and Lucantoni 1986 have it (their (8); Fischer and
/// Meier-Hellstern 1993, 2.2): 1 + 2 r1 r2 (l1 - l2)^2 / ((r1 + r2)^2 (l1 r2 + l2 r1)) (1 - (1 - e^-(r1 + r2)t)/((r1 + r2)t)).
fn dispersion(t: f64) -> f64 {
    let (l1, l2, r1, r2) = (2.0f64, 14.0f64, 1.0f64 / 6.0, 0.5f64);
    let r = r1 + r2;
    let limit = 2.0 * r1 * r2 * (l1 - l2) * (l1 - l2) / (r * r * (l1 * r2 + l2 * r1));
    1.0 + limit * (1.0 - (1.0 - (-r * t).exp()) / (r * t))
}

/// Counts in windows of `t` hours from `from` to `to`, as (count - 5 t)^2 / (5 t).
fn scatter(world: &World, jobs: &[Draft], t: f64, (from, to): (f64, f64)) -> Vec<f64> {
    let mut counts = vec![0.0; ((to - from) / t) as usize];
    for job in jobs {
        let window = (hours(world, job.submit) - from) / t;
        if 0.0 <= window && (window as usize) < counts.len() {
            counts[window as usize] += 1.0;
        }
    }
    counts.iter().map(|count| (count - 5.0 * t) * (count - 5.0 * t) / (5.0 * t)).collect()
}

/// Long-run rate and dispersion of counts after the start, before it, and across it: the state at the start is the long run's, and
/// the path before it is the reversed one.
#[test]
fn modulated_counts_have_the_dispersion_of_theory() {
    let year = world(&stream(1.0, 365.0, TWO));
    let (mut rate, mut sides) = (Accumulator::default(), vec![Accumulator::default(); 6]);
    for replication in 0..150 {
        let jobs = drafts(&year, 0, replication);
        rate.push(jobs.len() as f64 / (2.0 * 8760.0));
        for (n, t) in [1.0, 8.0, 100.0].into_iter().enumerate() {
            for (side, range) in [(0.0, 8760.0), (-8760.0, 0.0)].into_iter().enumerate() {
                let all = scatter(&year, &jobs, t, range);
                sides[2 * n + side].push(all.iter().sum::<f64>() / all.len() as f64);
            }
        }
    }
    near("jobs an hour", &rate, 5.0);
    for (n, t) in [1.0, 8.0, 100.0].into_iter().enumerate() {
        near(&format!("after the start, {t} h"), &sides[2 * n], dispersion(t));
        near(&format!("before the start, {t} h"), &sides[2 * n + 1], dispersion(t));
    }
    let days = world(&stream(5.0 / 365.0, 5.0, TWO));
    let mut across = [Accumulator::default(); 3];
    for replication in 0..6_000 {
        let jobs = drafts(&days, 0, replication);
        for (n, t) in [1.0, 8.0, 100.0].into_iter().enumerate() {
            across[n].push(scatter(&days, &jobs, t, (-t / 2.0, t / 2.0 + 1e-9))[0]);
        }
    }
    for (n, t) in [1.0, 8.0, 100.0].into_iter().enumerate() {
        near(&format!("across the start, {t} h"), &across[n], dispersion(t));
    }
}

/// With a profile of the day the rate is the product of the two: jobs by hour of day follow the profile, in all `per_day` come, and
/// in the hours of rate 0 nobody does.
#[test]
fn a_profile_multiplies_the_states() {
    let profile: Vec<&str> = (0..24)
        .map(|hour| {
            if hour < 6 {
                "0"
            } else if hour < 18 {
                "3"
            } else {
                "1"
            }
        })
        .collect();
    let world = world(&stream(1.0, 365.0, &format!("{TWO}\nprofile = [{}]", profile.join(", "))));
    let (mut day, mut evening) = (Accumulator::default(), Accumulator::default());
    for replication in 0..60 {
        let jobs = drafts(&world, 0, replication);
        let share = |from: f64, to: f64| {
            let inside = jobs.iter().filter(|job| {
                let hour = hours(&world, job.submit).rem_euclid(24.0);
                from <= hour && hour < to
            });
            inside.count() as f64 / 730.0
        };
        assert_eq!(share(0.0, 5.999_999), 0.0);
        day.push(share(6.0, 18.0));
        evening.push(share(18.0, 24.0));
    }
    // 12 hours of 3 and 6 of 1 sum to 42.
    near("by day", &day, 120.0 * 36.0 / 42.0);
    near("in the evening", &evening, 120.0 * 6.0 / 42.0);
}

/// Three states in a ring with one-sided `to`, which a reversed path must walk the other way round: rates 12, 0, 0 and equal times.
/// A job is followed by more soon, and preceded by as many: the mean count in the hours 2..4 after jobs equals that in 2..4 before
/// them only if the path is one path; around the start both are compared with those far from it.
#[test]
fn a_ring_is_one_path_through_the_start() {
    let keys = "per_day = 96\nmodulated = { states = [{ name = \"on\", rate = 1, mean_time = \"3h\", to = { off = 1 } }, \
                { name = \"off\", rate = 0, mean_time = \"3h\", to = { idle = 2 } }, { name = \"idle\", rate = 0, mean_time = \"3h\", to = { on = 5 } }] }";
    let world = world(&stream(30.0 / 365.0, 30.0, keys));
    // Products of counts in two windows of 2 h that lie 4 h apart, at the start and far from it, on each side.
    let mut products = [Accumulator::default(), Accumulator::default(), Accumulator::default()];
    for replication in 0..6_000 {
        let jobs = drafts(&world, 0, replication);
        let count = |from: f64| {
            let inside = |job: &&Draft| (from..from + 2.0).contains(&hours(&world, job.submit));
            jobs.iter().filter(inside).count() as f64
        };
        for (product, middle) in products.iter_mut().zip([0.0, -300.0, 300.0]) {
            product.push(count(middle - 3.0) * count(middle + 1.0));
        }
    }
    // E[rate at 0 x rate at s] = 12^2 P(on) P(on at s | on): 144/3 (1/3 + 2/3 e^-s/2 cos(s/(2 sqrt 3))), s in hours; over the windows.
    let exact = {
        let steps = 200;
        let at = |s: f64| 48.0 * (1.0 / 3.0 + 2.0 / 3.0 * (-s / 2.0).exp() * (s / (2.0 * 3f64.sqrt())).cos());
        let middle = |k: usize| 2.0 * (k as f64 + 0.5) / steps as f64;
        let pairs = (0..steps).flat_map(|i| (0..steps).map(move |j| 4.0 + middle(j) - middle(i)));
        pairs.map(at).sum::<f64>() * (2.0 / steps as f64) * (2.0 / steps as f64)
    };
    for (product, place) in products.iter().zip(["across the start", "before it", "after it"]) {
        near(place, product, exact);
    }
}

/// Another lab, another stream's states, a longer spin-up: nobody of this stream moves. A volume thins by marks, not here. States
/// that are renamed or said to follow in so many words are the same states.
#[test]
fn newcomers_and_spin_ups_move_nobody() {
    let short = world(&stream(0.2, 20.0, TWO));
    let long = world(&stream(0.2, 90.0, TWO));
    let from_start = |world: &World, index: usize, item: std::ops::Range<i64>| {
        let jobs = drafts(world, index, 3);
        let kept = jobs.iter().filter(|job| item.contains(&job.item));
        kept.map(|job| (job.item, job.submit.0 as i64 - world.start.0 as i64, job.work_us)).collect::<Vec<_>>()
    };
    let least = drafts(&short, 0, 3).iter().map(|job| job.item).min().unwrap();
    assert!(least < -1000, "{least}");
    assert!(from_start(&short, 0, least..i64::MAX) == from_start(&long, 0, least..i64::MAX));
    let other = TWO.replace("calm", "quiet").replace("6h", "9h");
    let joined = stream(0.2, 20.0, TWO)
        + "[labs.aardvark.workloads.s]\nkind = \"stream\"\npools = [\"p\"]\nduration = { dist = \"gamma\", mean = \"1h\", scv = 2 }\n"
        + &other
        + "\n";
    let joined = world(&joined);
    assert!(drafts(&short, 0, 1) == drafts(&joined, 0, 1), "labs are in order of name: a, then aardvark");
    assert_ne!(drafts(&joined, 1, 1).len(), drafts(&joined, 0, 1).len());
    let said = TWO.replace("mean_time = \"6h\"", "mean_time = \"6h\", to = { rush = 3 }").replace("busy", "rush");
    assert!(drafts(&short, 0, 2) == drafts(&world(&stream(0.2, 20.0, &said)), 0, 2));
}

const ESTIMATE: &str = "per_day = 240\nestimate = { ratio = { dist = \"lognormal\", mean = 2.0, scv = 4.0 } }";

/// Ratios of mean 2 and scv 4, whatever the work; not one submission, size or work moves for them.
#[test]
fn users_do_not_know_how_long_their_jobs_run() {
    let told = world(&stream(1.0, 10.0, ESTIMATE));
    let known = world(&stream(1.0, 10.0, "per_day = 240"));
    let (mut ratios, mut squares, mut product) =
        (Accumulator::default(), Accumulator::default(), Accumulator::default());
    for replication in 0..4 {
        let (with, without) = (drafts(&told, 0, replication), drafts(&known, 0, replication));
        assert!(without.iter().all(|job| job.estimate_us == job.work_us));
        let plain: Vec<Draft> = with.iter().map(|job| Draft { estimate_us: job.work_us, ..*job }).collect();
        assert!(plain == without, "replication {replication}");
        for job in with.iter().filter(|job| 1_000_000 < job.work_us) {
            let ratio = job.estimate_us as f64 / job.work_us as f64;
            ratios.push(ratio);
            squares.push(ratio.ln());
            product.push(ratio.ln() * (job.work_us as f64 / 3.6e9 - 1.0) + 1.0);
        }
    }
    near("ratio", &ratios, 2.0);
    near("its logarithm", &squares, 2f64.ln() - 0.5 * 5f64.ln());
    near("with the work", &product, 1.0);
    let clamped = world(&stream(1.0, 10.0, &ESTIMATE.replace("scv = 4.0 }", "scv = 4.0 }, at_least = 1")));
    for (job, free) in drafts(&clamped, 0, 0).iter().zip(drafts(&told, 0, 0)) {
        assert_eq!(job.estimate_us, free.estimate_us.max(free.work_us));
    }
    assert_eq!(clamped.workloads[WorkloadId::new(0)].over_estimate, OverEstimate::Keep);
}

/// Who kills jobs over their estimate and states none is told that estimates are exact.
#[test]
fn an_estimate_that_is_asked_for_and_not_stated_is_an_assumption() {
    let killed = world(&stream(0.1, 0.0, "per_day = 2\nover_estimate = \"kill\""));
    assert_eq!(killed.workloads[WorkloadId::new(0)].over_estimate, OverEstimate::Kill);
    let row = killed.assumptions.iter().find(|row| row.path == "labs.a.workloads.s.estimate.ratio").expect("a row");
    assert_eq!((row.value.as_str(), row.source.as_str()), ("1", "default of hedgerow"));
    let told = world(&stream(0.1, 0.0, &format!("{ESTIMATE}\nover_estimate = \"kill\"")));
    assert_eq!(told.assumptions.iter().filter(|row| row.path.ends_with("estimate.ratio")).count(), 0);
}

/// The trace's own column, in its unit; a blank cell and a file without the column are exact.
#[test]
fn a_trace_has_its_estimates() {
    let text = "[scenario]\nname = \"log\"\nstart = 2026-01-01\nend = 2026-01-02\n[pools.p]\nchips = 8\n\
                [labs.a.workloads.log]\nkind = \"trace\"\npools = [\"p\"]\nfile = \"log.csv\"\n";
    let estimates = |extra: &str, csv: &str| {
        let world = world_with(&format!("{text}{extra}"), &Files::from([("log.csv".to_owned(), csv.to_owned())]));
        drafts(&world, 0, 0).iter().map(|job| job.estimate_us / 1_000_000).collect::<Vec<_>>()
    };
    let csv = "submit_s,chips,duration_s,estimate_s\n0,1,10,60\n1,1,20,\n2,1,30,5.5\n";
    assert_eq!(estimates("", csv), [60, 20, 5]);
    assert_eq!(estimates("", &csv.replace("estimate_s", "asked")), [10, 20, 30]);
    assert_eq!(
        estimates("estimate = \"asked\"\nover_estimate = \"kill\"\n", &csv.replace("estimate_s", "asked")),
        [60, 20, 5]
    );
    assert_eq!(estimates("time_unit = \"min\"\n", csv), [3600, 1200, 330]);
}
