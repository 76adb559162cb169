//! Published or independently computed results, job by job.

#[path = "../../benches/reference/mod.rs"]
mod reference;

use crate::story::{Files, run, world_with};
use hedgerow::kernel::simulate;
use std::path::PathBuf;

/// A file of the data folder, `$HEDGEROW_DATA` or `../shared` beside the crate. Where it is absent the test is skipped and says so;
/// under `CI=true` that is a failure.
pub fn data(file: &str) -> Option<String> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let folder = std::env::var_os("HEDGEROW_DATA").map_or_else(|| root.join("../shared"), PathBuf::from);
    let text = std::fs::read_to_string(folder.join(file)).ok();
    if text.is_none() {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "{file} is missing: set HEDGEROW_DATA");
        eprintln!("{file} is not in the data folder, skipped: set HEDGEROW_DATA");
    }
    text
}

const GANGS: &str = r#"
[scenario]
name = "gangs"
start = 2026-01-01
end = 2026-12-31
[run]
jobs = true
[pools.p]
chips = 2000
chips_per_node = 1
[labs.users.workloads.log]
kind = "trace"
pools = ["p"]
file = "log.csv"
submit = "arrival_h"
duration = "duration_h"
chips = "gpus"
time_unit = "h"
"#;

/// 100,000 gangs on 2,000 chips, strict FIFO, by another simulator: mean wait 0.7765 h, makespan 3,180.559 h. And every start equals
/// that of the plain loop of the benchmarks, which shares no code with the kernel.
#[test]
fn a_hundred_thousand_gangs_start_as_in_the_reference() {
    let Some(csv) = data("golden/scheduling/gang_fifo_100k.csv") else { return };
    let world = world_with(GANGS, &Files::from([("log.csv".to_owned(), csv)]));
    let record = simulate(&world, run(0, 0));
    let totals = &record.workloads[0];
    assert_eq!((totals.submitted, totals.finished), (100_000, 100_000));
    let mean_wait_h = totals.wait_us as f64 / 3.6e9 / 1e5;
    assert!((mean_wait_h - 0.7765).abs() < 5e-5, "{mean_wait_h}");
    let last = record.jobs.iter().filter_map(|row| row.finished).max().unwrap().since(world.start).hours();
    assert!((last - 3180.559).abs() < 5e-4, "{last}");
    let jobs = reference::golden_gang_jobs().expect("it was there above");
    let plain = reference::plain_gang_fifo(&jobs, 2_000);
    assert_eq!(
        (plain.starts, plain.makespan_us),
        (100_000, record.jobs.iter().filter_map(|row| row.finished).max().unwrap().0)
    );
    assert_eq!(plain.mean_wait_us, totals.wait_us as f64 / 1e5);
    // Start by start: the queue recursion, job by job in order of submission. Who starts when is a matter of the finishes alone.
    let mut rows: Vec<_> = record.jobs.iter().collect();
    rows.sort_by_key(|row| row.item);
    let starts = starts_of_strict_fifo(&jobs, 2_000);
    for (row, start) in rows.iter().zip(&starts) {
        assert_eq!(row.started.map(|at| at.0), Some(*start), "job {}", row.item);
    }
}

/// Starts by the recursion of strict FIFO: job n starts at the first instant, not before it is submitted nor before job n - 1 has
/// started, at which its chips are free.
fn starts_of_strict_fifo(jobs: &[reference::GangJob], capacity: u32) -> Vec<u64> {
    let mut running = std::collections::BinaryHeap::new();
    let (mut free, mut now) = (capacity, 0);
    let start = |&(submitted, duration, chips): &reference::GangJob| {
        now = submitted.max(now);
        while let Some(&std::cmp::Reverse((end, held))) = running.peek() {
            if now < end && chips <= free {
                break;
            }
            now = end.max(now);
            free += held;
            running.pop();
        }
        free -= chips;
        running.push(std::cmp::Reverse((now + duration, chips)));
        now
    };
    jobs.iter().map(start).collect()
}

const PHILLY: &str = r#"
[scenario]
name = "philly"
start = 2017-10-01
end = 2018-06-01
[run]
jobs = true
[pools.p]
chips = 32
chips_per_node = 8
schedule = { order = "fifo", backfill = "BACKFILL", placement = "best_fit" }
[labs.users.workloads.log]
kind = "trace"
pools = ["p"]
file = "log.csv"
submit = "submit"
duration = "duration"
chips = "gpus"
"#;

/// 3,028 jobs of a virtual cluster of Philly on four nodes of eight, by two other simulators: every start and end to the second.
#[test]
fn real_jobs_start_and_end_as_in_two_published_simulators() {
    let cases = [("fifo", "strict", "fifo"), ("fifo", "skip_ahead", "fifo_skip_ahead"), ("sjf", "strict", "sjf")];
    for (order, backfill, file) in cases {
        let Some(csv) = data(&format!("golden/scheduling/philly_11cb48_4n_{file}.csv")) else { return };
        let text = PHILLY.replace("BACKFILL", backfill).replace("order = \"fifo\"", &format!("order = \"{order}\""));
        compare(&world_with(&text, &Files::from([("log.csv".to_owned(), csv.clone())])), &csv, file);
    }
}

/// The same with preemption, by Helios: a restart costs 7, 30 and 60 s for gangs of up to 1, 8 and more chips.
#[test]
fn preempted_jobs_start_and_end_as_in_helios() {
    let Some(csv) = data("golden/scheduling/philly_11cb48_4n_srtf.csv") else { return };
    let text = PHILLY
        .replace("BACKFILL", "strict")
        .replace("order = \"fifo\"", "order = \"srtf\", preemption = \"order_key\"");
    let mut world = world_with(&text, &Files::from([("log.csv".to_owned(), csv.clone())]));
    let rules = &mut world.domains.0[0].rules;
    rules.compat = Some(hedgerow::world::Compat::Helios);
    rules.restart_costs = [(1, 7.0), (8, 30.0), (u32::MAX, 60.0)]
        .map(|(chips, s)| (chips, hedgerow::units::Span::from_seconds(s)))
        .to_vec();
    compare(&world, &csv, "srtf");
}

/// Start, end and preemptions of every job.
#[track_caller]
fn compare(world: &hedgerow::world::World, csv: &str, file: &str) {
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let wanted: Vec<[u64; 3]> = reader
        .deserialize::<std::collections::BTreeMap<String, u64>>()
        .map(|row| row.expect("whole numbers"))
        .map(|row| [row["start"], row["end"], row.get("preemptions").copied().unwrap_or(0)])
        .collect();
    let mut rows = simulate(world, run(0, 0)).jobs;
    rows.sort_by_key(|row| row.item);
    assert_eq!((rows.len(), wanted.len()), (3_028, 3_028));
    for (row, wanted) in rows.iter().zip(&wanted) {
        let second = |at: Option<hedgerow::units::SimTime>| at.map(|at| at.since(world.start).0 / 1_000_000);
        let found = [second(row.started), second(row.finished), Some(u64::from(row.preemptions))];
        assert_eq!(found, wanted.map(Some), "{file}: job {}", row.item);
    }
}
