//! The hot loop allocates nothing, and what a run takes does not grow with its jobs. One test in a binary of its own: the counters
//! are of the whole process.

use hedgerow::kernel::request::{Class, Done, Fleet, Model, Routing, Sink, Terms, serve};
use hedgerow::kernel::{Run, simulate};
use hedgerow::perf::Affine;
use hedgerow::spec;
use hedgerow::stats::draw::RunKey;
use hedgerow::stats::law::{Law, LawKind};
use hedgerow::study::{Options, plan};
use hedgerow::workload::requests::{Gaps, Generate, Generated, Length, Lengths, Process};
use hedgerow::world::World;
use hedgerow::world::catalog::Catalog;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use std::alloc::System;

#[global_allocator]
static GLOBAL: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// M/M/100 at load 0.9: so many jobs a day, each 2,160 / that many hours long on average.
fn mm100(end: &str, per_day: f64) -> World {
    let hours = 2_160.0 / per_day;
    let text = format!(
        "[scenario]\nname = \"mm100\"\nstart = 2026-01-01\nend = {end}\nanalysis = \"steady\"\nwarm_up = \"1d\"\n[pools.p]\nchips = 100\n\
         [labs.users.workloads.jobs]\nkind = \"stream\"\npools = [\"p\"]\nper_day = {per_day:?}\nduration = {{ dist = \"exponential\", mean = \"{hours}h\" }}\n"
    );
    world(&text)
}

fn world(text: &str) -> World {
    let read = spec::read_text("alloc.toml", text, &[]).unwrap_or_else(|problems| panic!("{}", problems.render(false)));
    let file = |_: &str| Err(String::new());
    plan(&read, Catalog::embedded(), &Options::default(), &file).expect("plans").cells.swap_remove(0).world
}

/// Three labs on nodes of 8 chips: gangs of 1 to 64 chips that checkpoint and fail, nodes under repair, a guarantee, two priorities, and
/// a queue that others pass.
fn gangs(end: &str) -> World {
    let lab = |name: &str, priority: u32| {
        format!(
            "[labs.{name}.workloads.jobs]\nkind = \"stream\"\npools = [\"p\"]\nper_day = 60\npriority = {priority}\nchips = {{ values = [1, 4, 8, 64], weights = [4, 3, 2, 1] }}\n\
             duration = {{ dist = \"lognormal\", mean = \"6h\", scv = 4.0 }}\ncheckpoint = {{ interval = \"1h\", cost = \"1min\" }}\nrestart = \"5min\"\nfailures = \"sampled\"\n"
        )
    };
    world(&format!(
        "[scenario]\nname = \"gangs\"\nstart = 2026-01-01\nend = {end}\nanalysis = \"steady\"\nwarm_up = \"1d\"\n[pools.p]\nchips_per_node = 8\nnodes = 80\n\
         failures_per_chip_hour = 1e-3\nrepair = {{ time = {{ dist = \"exponential\", mean = \"6h\" }}, crews = 20 }}\n\
         schedule = {{ order = \"priority\", backfill = \"skip_ahead\", placement = \"best_fit\" }}\n\
         guaranteed.a = [{{ name = \"g\", at = 2026-01-01, chips = 128 }}]\n{}{}{}",
        lab("a", 0),
        lab("b", 1),
        lab("c", 0)
    ))
}

/// What one run asked of the allocator.
struct Asked {
    /// Allocations and growths.
    calls: usize,
    /// Bytes, what was given back again not taken off: no moment of the run held more.
    bytes: usize,
    events: u64,
}

fn asked(world: &World) -> Asked {
    let region = Region::new(GLOBAL);
    let events = simulate(world, Run::default()).events_handled;
    let change = region.change();
    let grown = usize::try_from(change.bytes_reallocated).unwrap_or(0);
    Asked { calls: change.allocations + change.reallocations, bytes: change.bytes_allocated + grown, events }
}

/// 40 days and 400: ten times the jobs. The longer run keeps 12 more months in its record, which takes some longer vectors and some more
/// growths of them, not one allocation per event: with 1.5 million more events less than a hundred.
///
/// 1e5 jobs and 1e6 in the same 46 days: a hundred bytes a job would be 90 MB more. The ten times shorter jobs fall into other octaves of
/// the histograms (4 KiB each), and the most that were ever in the system at once may double a vector.
#[test]
fn ten_times_the_jobs_allocate_no_more() {
    let (short, long) = (mm100("2026-02-10", 2_160.0), mm100("2027-02-05", 2_160.0));
    let months = long.months.len() - short.months.len();
    asked(&short);
    let (few, many) = (asked(&short), asked(&long));
    assert!(9 * few.events < many.events, "{} and {} events", few.events, many.events);
    assert!(
        many.calls <= few.calls + 4 * months + 16,
        "{} allocations for {} events, {} for {}; {months} more months",
        many.calls,
        many.events,
        few.calls,
        few.events
    );
    let [few, many] = [2_160.0, 21_600.0].map(|per_day| asked(&mm100("2026-02-16", per_day)));
    assert!(190_000 < few.events && 1_900_000 < many.events, "{} and {} events", few.events, many.events);
    assert!(
        many.bytes <= few.bytes + (256 << 10),
        "{} bytes for {} events, {} for {}",
        many.bytes,
        many.events,
        few.bytes,
        few.events
    );
    // The same with gangs, failures, repairs and three labs: 60 days and 600. What is kept for the jobs alive at once grows to their most,
    // and lists of free intervals with it; a failure, a repair or a start in passing takes nothing.
    let (short, long) = (gangs("2026-03-02"), gangs("2027-08-24"));
    let months = long.months.len() - short.months.len();
    asked(&short);
    let (few, many) = (asked(&short), asked(&long));
    assert!(20_000 < few.events && 9 * few.events < many.events, "{} and {} events", few.events, many.events);
    assert!(
        many.calls <= few.calls + 16 * months + 200,
        "{} allocations for {} events, {} for {}; {months} more months",
        many.calls,
        many.events,
        few.calls,
        few.events
    );
    // Requests: a hundred thousand and a million, chunked and with little memory, so that some are set back. Slots, queues and heaps grow to
    // the most that were ever there at once, which a longer run may exceed a few times.
    requests(100_000);
    let (few, many) = (requests(100_000), requests(1_000_000));
    assert!(9 * few.events < many.events, "{} and {} events", few.events, many.events);
    assert!(many.calls <= few.calls + 40, "{} allocations of a million requests, {} of a tenth", many.calls, few.calls);
    assert!(
        many.bytes <= few.bytes + (256 << 10),
        "{} bytes of a million requests, {} of a tenth",
        many.bytes,
        few.bytes
    );
}

struct Nobody;

impl Sink for Nobody {
    fn done(&mut self, _: &Done) {}
}

/// So many generated requests on two replicas.
fn requests(requests: u64) -> Asked {
    let length = |mean| Length::Law { law: Law::by_mean(LawKind::Lognormal, mean, Some(1.0)).unwrap(), most: 5_000 };
    let wanted = Generate {
        process: Process::One(Gaps::by_rate(10.0, 1.0, LawKind::Gamma).unwrap()),
        lengths: Lengths::Apart { input: length(500.0), output: length(100.0) },
        classes: vec![1.0],
        requests,
        until_s: f64::INFINITY,
    };
    let key = RunKey { study_seed: 1, draw: 0, replication: 0 };
    let mut arrivals = Generated::new(&wanted, key, "alloc").unwrap();
    let model = Model {
        times: Affine { step_s: 10e-3, prompt_token_s: 50e-6, decode_s: 50e-6, context_token_s: 10e-9 },
        kv_tokens: 12_000,
        kv_reserve: 100,
        max_batch: 256,
        max_batch_tokens: 2_048,
        max_context: 10_000,
        chunked: true,
        transfer_s: (0.0, 0.0),
    };
    let terms = Terms {
        models: vec![model],
        fleets: vec![Fleet::fixed(0, 2)],
        classes: vec![Class { patience_ns: Some(20_000_000_000) }],
        routing: Routing::ShortestQueue,
        prefixes: None,
        scaling: None,
        pool: None,
        paces: Vec::new(),
        single_steps: false,
    };
    let region = Region::new(GLOBAL);
    let totals = serve(&terms, &mut arrivals, &mut Nobody, None);
    let change = region.change();
    let grown = usize::try_from(change.bytes_reallocated).unwrap_or(0);
    assert!(0 < totals.preemptions && totals.finished + totals.gave_up + totals.refused == requests, "{totals:?}");
    Asked {
        calls: change.allocations + change.reallocations,
        bytes: change.bytes_allocated + grown,
        events: totals.events,
    }
}
