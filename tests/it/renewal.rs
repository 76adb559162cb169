//! Goodput mode against sampled failures: the closed form of a checkpointing gang's makespan against ten thousand runs of it.

use crate::story::{run, world};
use hedgerow::kernel::simulate;
use hedgerow::stats::accumulate::Accumulator;
use hedgerow::stats::renewal::Checkpointed;

/// Ten gangs of 1,000 chips a run, one at a time and never waiting: 200 h of work, a checkpoint of 5 min each 2 h, restart 20 min,
/// a failure each 20 h (1,000 chips x 5e-5).
fn gangs(failures: &str) -> String {
    format!(
        "[scenario]\nname = \"renewal\"\nstart = 2026-01-01\nend = 2028-01-01\nspin_up = \"0d\"\n[run]\njobs = true\nseed = 7\n[pools.p]\nchips = 1000\nfailures_per_chip_hour = 5e-5\n\
         [labs.a.workloads.g]\nkind = \"stream\"\npools = [\"p\"]\ninterval = {{ dist = \"constant\", mean = \"60d\" }}\nchips = 1000\nduration = {{ dist = \"constant\", mean = \"200h\" }}\n\
         checkpoint = {{ interval = \"2h\", cost = \"5min\" }}\nrestart = \"20min\"\nfailures = \"{failures}\"\n"
    )
}

/// Makespans of 10,000 gangs [h].
fn makespans(failures: &str) -> Accumulator {
    makespans_of(&gangs(failures), 10_000)
}

/// Makespans of `count` gangs of a scenario's text [h].
fn makespans_of(text: &str, count: u64) -> Accumulator {
    let world = world(text);
    let mut all = Accumulator::default();
    for replication in 0.. {
        for row in &simulate(&world, run(0, replication)).jobs {
            if let (Some(start), Some(end), true) = (row.started, row.finished, all.count() < count) {
                assert_eq!(start, row.submitted, "nobody waits");
                all.push(end.since(start).hours());
            }
        }
        if all.count() == count {
            break;
        }
    }
    all
}

/// Hundred segments of 2 h and a checkpoint. The sampled mean is within 4 standard errors of the closed form and goodput mode within
/// 1 % of the sampled; the standard deviations within 5 %.
#[test]
fn goodput_mode_agrees_with_ten_thousand_sampled_gangs() {
    let exact = Checkpointed {
        full_segments: 100,
        work: 2.0,
        rest: 0.0,
        checkpoint: 1.0 / 12.0,
        restart: 1.0 / 3.0,
        mtbf: 20.0,
    }
    .wall_time();
    let (sampled, goodput) = (makespans("sampled"), makespans("goodput"));
    let (mean, sd) = (sampled.mean().unwrap(), sampled.sd().unwrap());
    assert!((mean - exact.mean).abs() <= 4.0 * sd / 100.0, "sampled {mean}, exact {}", exact.mean);
    assert!((sd / exact.sd - 1.0).abs() < 0.04, "sampled sd {sd}, exact {}", exact.sd);
    let (g_mean, g_sd) = (goodput.mean().unwrap(), goodput.sd().unwrap());
    assert!((g_mean / mean - 1.0).abs() < 0.01, "goodput {g_mean}, sampled {mean}");
    assert!((g_sd / sd - 1.0).abs() < 0.05, "goodput sd {g_sd}, sampled {sd}");
}

/// Corners of the closed form, each against sampled gangs through the kernel: rare failures, a rest segment, a restart longer than
/// the time between failures, no checkpoint, and segments longer than it.
#[test]
fn corners_of_the_closed_form() {
    // (failures per chip-hour, chips, work h, (interval h, checkpoint h), restart h)
    type Corner = (f64, u32, f64, Option<(f64, f64)>, f64);
    let corners: [Corner; 5] = [
        (1e-7, 1000, 200.0, Some((2.0, 0.1)), 0.5),
        (2e-5, 500, 50.0, Some((3.0, 0.25)), 0.5),
        (1e-3, 1000, 5.0, Some((0.5, 0.05)), 1.5),
        (1e-4, 1000, 15.0, None, 0.25),
        (1e-3, 400, 12.0, Some((4.0, 0.1)), 0.0),
    ];
    for (rate, chips, work, checkpoint, restart) in corners {
        let plan = checkpoint.map_or(String::new(), |(interval, cost)| {
            format!("checkpoint = {{ interval = \"{interval}h\", cost = \"{cost}h\" }}\n")
        });
        let text = |failures: &str| {
            format!(
                "[scenario]\nname = \"corner\"\nstart = 2026-01-01\nend = 2030-01-01\nspin_up = \"0d\"\n[run]\njobs = true\nseed = 9\n[pools.p]\nchips = {chips}\nfailures_per_chip_hour = {rate}\n\
                 [labs.a.workloads.g]\nkind = \"stream\"\npools = [\"p\"]\ninterval = {{ dist = \"constant\", mean = \"70d\" }}\nchips = {chips}\nduration = {{ dist = \"constant\", mean = \"{work}h\" }}\n\
                 {plan}restart = \"{restart}h\"\nfailures = \"{failures}\"\n"
            )
        };
        let (tau, cost) = checkpoint.unwrap_or((work, 0.0));
        let whole = (work / tau).floor();
        let rest = work - whole * tau;
        let exact = Checkpointed {
            full_segments: whole as u64,
            work: tau,
            rest: if rest < 1e-9 { 0.0 } else { rest },
            checkpoint: cost,
            restart,
            mtbf: 1.0 / (rate * f64::from(chips)),
        }
        .wall_time();
        let (sampled, goodput) = (makespans_of(&text("sampled"), 6_000), makespans_of(&text("goodput"), 20_000));
        let what = format!("{rate} {chips} {work} {checkpoint:?} {restart}");
        let (mean, sd) = (sampled.mean().unwrap(), sampled.sd().unwrap());
        assert!(
            (mean - exact.mean).abs() <= 4.0 * exact.sd / 6_000f64.sqrt(),
            "{what}: sampled {mean}, exact {exact:?}"
        );
        // Where hardly a gang fails its spread is that of a few: told from the mean alone.
        if 0.1 * exact.mean < exact.sd {
            assert!((sd / exact.sd - 1.0).abs() < 0.08, "{what}: sampled sd {sd}, exact {exact:?}");
        }
        let (g_mean, g_sd) = (goodput.mean().unwrap(), goodput.sd().unwrap());
        assert!(
            (g_mean - exact.mean).abs() <= 4.0 * exact.sd / 20_000f64.sqrt(),
            "{what}: goodput {g_mean}, exact {exact:?}"
        );
        if 0.1 * exact.mean < exact.sd {
            assert!((g_sd / exact.sd - 1.0).abs() < 0.08, "{what}: goodput sd {g_sd}, exact {exact:?}");
        }
    }
}

/// The failures that goodput mode expects are those of the closed form, gang by gang, and as many as are sampled: within 4 standard
/// errors over 200 runs of some ten gangs.
#[test]
fn the_failures_expected_are_those_that_happen() {
    let exact = Checkpointed {
        full_segments: 100,
        work: 2.0,
        rest: 0.0,
        checkpoint: 1.0 / 12.0,
        restart: 1.0 / 3.0,
        mtbf: 20.0,
    }
    .wall_time();
    let (goodput, sampled) = (world(&gangs("goodput")), world(&gangs("sampled")));
    let totals = simulate(&goodput, run(0, 0)).workloads.remove(0);
    assert_eq!((totals.unfinished, totals.failures), (0, 0));
    let expected = totals.expected_failures_e6 as f64 / 1e6 / totals.finished as f64;
    assert!((expected - exact.failures).abs() < 1e-5, "{expected} a gang, by the closed form {}", exact.failures);
    let mut all = Accumulator::default();
    for replication in 0..200 {
        let totals = &simulate(&sampled, run(0, replication)).workloads[0];
        all.push(totals.failures as f64 / totals.finished as f64);
    }
    let (mean, error) = (all.mean().unwrap(), all.standard_error().unwrap());
    assert!((mean - expected).abs() < 4.0 * error, "sampled {mean} +- {error}, expected {expected}");
}
