//! The hot loop allocates nothing. One test in a binary of its own: the counters are of the whole process.

use hedgerow::kernel::{Run, simulate};
use hedgerow::spec;
use hedgerow::study::{Options, plan};
use hedgerow::world::World;
use hedgerow::world::catalog::Catalog;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use std::alloc::System;

#[global_allocator]
static GLOBAL: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// M/M/100 at load 0.9: 2,160 jobs a day.
fn mm100(end: &str) -> World {
    let text = format!(
        "[scenario]\nname = \"mm100\"\nstart = 2026-01-01\nend = {end}\nanalysis = \"steady\"\nwarm_up = \"1d\"\n[pools.p]\nchips = 100\n\
         [labs.users.workloads.jobs]\nkind = \"stream\"\npools = [\"p\"]\nper_day = 2160\nduration = {{ dist = \"exponential\", mean = \"1h\" }}\n"
    );
    let read = spec::read_text("mm100.toml", &text, &[]).expect("reads");
    let file = |_: &str| Err(String::new());
    plan(&read, Catalog::embedded(), &Options::default(), &file).expect("plans").cells.swap_remove(0).world
}

/// Allocations and growths of one run, and its events.
fn allocations(world: &World) -> (usize, u64) {
    let region = Region::new(GLOBAL);
    let events = simulate(world, Run::default()).events_handled;
    let change = region.change();
    (change.allocations + change.reallocations, events)
}

/// 40 days and 400: ten times the jobs. The longer run keeps 12 more months in its record, which takes some longer vectors and some more
/// growths of them, not one allocation per event: with 1.5 million more events less than a hundred.
#[test]
fn ten_times_the_jobs_allocate_no_more() {
    let (short, long) = (mm100("2026-02-10"), mm100("2027-02-05"));
    let months = long.months.len() - short.months.len();
    allocations(&short);
    let ((few, fewer), (many, events)) = (allocations(&short), allocations(&long));
    assert!(9 * fewer < events, "{fewer} and {events} events");
    assert!(
        many <= few + 4 * months + 16,
        "{many} allocations for {events} events, {few} for {fewer}; {months} more months"
    );
}
