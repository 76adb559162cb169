//! The kernel beside the reference loops, in one run: `simulate`, which `run` calls, with records, measures, meters and audits on.
//! Prints ratios; fails on nothing but a crash. No special path: the worlds are scenario files.

mod reference;

use criterion::Criterion;
use hedgerow::kernel::{Run, simulate};
use hedgerow::spec;
use hedgerow::study::{Options, plan};
use hedgerow::world::World;
use hedgerow::world::catalog::Catalog;
use std::path::Path;
use std::time::Duration;

fn main() {
    let mmc = mm100();
    let gangs = gang_fifo();
    let dual_bet = world_of("scenarios/dual-bet.toml", &[]);
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

/// The world of the first cell of a scenario file; says why there is none.
fn world_of(path: &str, sets: &[&str]) -> Option<World> {
    let full = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let sets: Vec<String> = sets.iter().map(|set| (*set).to_owned()).collect();
    let folder = full.parent().map(Path::to_path_buf).unwrap_or_default();
    let file = move |name: &str| std::fs::read_to_string(folder.join(name)).map_err(|e| e.to_string());
    let read = spec::read(&full, &sets).map_err(|problems| println!("{}", problems.render(false))).ok()?;
    let plan = plan(&read, Catalog::embedded(), &Options::default(), &file);
    plan.map(|mut plan| plan.cells.swap_remove(0).world).map_err(|problems| println!("{}", problems.render(false))).ok()
}

/// `scenarios/theory/mmc.toml` with c = 100, load 0.9.
fn mm100() -> Option<World> {
    let sets = ["pools.servers.nodes=100", "labs.users.workloads.jobs.per_day=2160", "scenario.end=2026-12-01"];
    world_of("scenarios/theory/mmc.toml", &sets)
}

/// The golden gang log as a trace on one pool of 2,000 one-chip nodes.
fn gang_fifo() -> Option<World> {
    let data = std::env::var("HEDGEROW_DATA")
        .map_or_else(|_| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), |dir| Path::new(&dir).to_path_buf());
    let log = data.join("golden/scheduling/gang_fifo_100k.csv");
    let text = "[scenario]\nname = \"gang\"\nstart = 2026-01-01\nend = 2026-07-01\n[pools.p]\nchips_per_node = 1\nnodes = 2000\n\
        [labs.l.workloads.log]\nkind = \"trace\"\npools = [\"p\"]\nfile = \"log\"\n\
        submit = \"arrival_h\"\nduration = \"duration_h\"\nchips = \"gpus\"\ntime_unit = \"h\"\n";
    let read =
        spec::read_text("gang.toml", text, &[]).map_err(|problems| println!("{}", problems.render(false))).ok()?;
    let file = |_: &str| std::fs::read_to_string(&log).map_err(|e| e.to_string());
    plan(&read, Catalog::embedded(), &Options::default(), &file).ok().map(|mut plan| plan.cells.swap_remove(0).world)
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

/// The time of a run does not depend on the number of chips: the same jobs on 1e4 and 1e6.
fn compare_sizes() {
    let sized = |nodes: &str| world_of("scenarios/gang.toml", &[nodes]);
    if let (Some(small), Some(large)) = (sized("pools.cluster.nodes=1250"), sized("pools.cluster.nodes=125000")) {
        let [few, many] = reference::least_cpu_seconds(
            9,
            [&mut || simulate(&small, Run::default()).events_handled, &mut || {
                simulate(&large, Run::default()).events_handled
            }],
        );
        println!(
            "the same jobs on 1e4 chips {:.0} us, on 1e6 chips {:.0} us: {:.2} x",
            few * 1e6,
            many * 1e6,
            many / few
        );
    }
}
