//! The kernel beside the reference loops, in one run: `simulate`, which `run` calls, with records, measures, meters and audits on.
//! Prints ratios; fails on nothing but a crash. No special path: the worlds are scenario files, and
//! a test holds their records against those of a study.

mod reference;
mod worlds;

use criterion::Criterion;
use hedgerow::kernel::{Run, simulate};
use hedgerow::study::Plan;
use hedgerow::world::World;
use std::time::Duration;

fn main() {
    let mmc = first_world(worlds::mm100(&[]));
    let gangs = first_world(worlds::gang_fifo());
    let dual_bet = first_world(worlds::dual_bet(&[]));
    if let Some(world) = &mmc {
        compare_mmc(world);
    }
    match (&gangs, reference::golden_gang_jobs()) {
        (Some(world), Some(jobs)) => compare_gangs(world, &jobs),
        _ => println!("gang FIFO left out: no golden data, set HEDGEROW_DATA"),
    }
    if let Some(world) = &dual_bet {
        let [seconds] = reference::least_cpu_seconds(5, [&mut || simulate(world, Run::default()).events_handled]);
        let record = simulate(world, Run::default());
        let bytes = record.to_bytes().len();
        println!(
            "dual-bet run: {:.1} ms for {} events ({} bytes of record); must 50 ms, aim 25 ms",
            seconds * 1e3,
            record.events_handled,
            bytes
        );
    }
    compare_sizes();
    let mut criterion = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    for (name, world) in [("mm100", &mmc), ("gang_fifo_100k", &gangs), ("dual_bet", &dual_bet)] {
        if let Some(world) = world {
            criterion.bench_function(name, |bench| bench.iter(|| simulate(world, Run::default()).events_handled));
        }
    }
    criterion.final_summary();
}

/// The world of the first cell; says why there is none.
fn first_world(plan: Result<Plan, String>) -> Option<World> {
    plan.map(|mut plan| plan.cells.swap_remove(0).world).map_err(|why| println!("{why}")).ok()
}

fn compare_mmc(world: &World) {
    let jobs = simulate(world, Run::default()).workloads[0].submitted as u32;
    let events = simulate(world, Run::default()).events_handled as f64;
    let [plain, tuned, ours] = reference::least_cpu_seconds(
        7,
        [
            &mut || reference::plain_mmc(100, 0.9, jobs, 7).events,
            &mut || reference::tuned_mmc(100, 0.9, jobs, 7).events,
            &mut || simulate(world, Run::default()).events_handled,
        ],
    );
    let per_event = |seconds: f64, events: f64| seconds * 1e9 / events;
    let loop_events = 2.0 * f64::from(jobs);
    let (plain, tuned, ours) = (per_event(plain, loop_events), per_event(tuned, loop_events), per_event(ours, events));
    println!("M/M/100 load 0.9: plain {plain:.1}, tuned {tuned:.1}, kernel {ours:.1} ns an event");
    if plain >= 2.0 * tuned {
        println!("  kernel at {:.2} of the tuned loop's events per CPU-second; must 0.2, aim 0.4", tuned / ours);
    } else {
        println!("  no ratio: the tuned loop is only {:.2} x the plain one in this run", plain / tuned);
    }
}

fn compare_gangs(world: &World, jobs: &[reference::GangJob]) {
    let [plain, ours] = reference::least_cpu_seconds(
        9,
        [&mut || reference::plain_gang_fifo(jobs, 2_000).events, &mut || {
            simulate(world, Run::default()).events_handled
        }],
    );
    println!(
        "gang FIFO, 100,000 jobs: plain {:.2} ms, kernel {:.2} ms = {:.2} x; must 3 x, aim 1.6 x",
        plain * 1e3,
        ours * 1e3,
        ours / plain
    );
}

/// The time of a run does not depend on the number of chips: 100,000 gangs with a backlog, on 1e4 chips and a hundred times as large
/// on 1e6.
fn compare_sizes() {
    if let (Some(small), Some(large)) = (first_world(worlds::backlog(1)), first_world(worlds::backlog(100))) {
        let [few, many] = reference::least_cpu_seconds(
            5,
            [&mut || simulate(&small, Run::default()).events_handled, &mut || {
                simulate(&large, Run::default()).events_handled
            }],
        );
        println!(
            "100,000 gangs in a backlog on 1e4 chips {:.1} ms, on 1e6 chips {:.1} ms: {:.2} x",
            few * 1e3,
            many * 1e3,
            many / few
        );
    }
}
