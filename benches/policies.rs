//! A scheduling pass over a backlog of 100,000 waiting jobs: the CPU time of a run with many passes less that of the same run with few,
//! over the difference. Prints; fails on nothing but a crash. Instruction counts: `valgrind --tool=callgrind` on this bench with
//! `HEDGEROW_POLICY=easy`.

mod reference;

use hedgerow::kernel::{Run, simulate};
use hedgerow::spec;
use hedgerow::study::{self, Options};
use hedgerow::world::World;
use hedgerow::world::catalog::Catalog;
use std::fmt::Write as _;

/// Jobs that wait behind a gang of all chips while one chip is free.
const BACKLOG: usize = 100_000;

fn main() {
    let only = std::env::var("HEDGEROW_POLICY").ok();
    // (name, rules, labs, gang and seconds of those that wait, what must hold)
    let cases = [
        ("strict", "backfill = \"strict\"", 1, (1, 5_000), "O(jobs started)"),
        ("skip_ahead", "backfill = \"skip_ahead\"", 1, (2, 5_000), "below a full scan"),
        ("easy", "backfill = \"easy\"", 1, (1, 5_000), "2 ms"),
        ("fair_share", "order = \"fair_share\"", 20, (1, 5_000), "5 ms"),
        ("fair_share + skip_ahead", "order = \"fair_share\", backfill = \"skip_ahead\"", 20, (2, 5_000), "5 ms"),
    ];
    for (name, rules, labs, waits, must) in cases {
        if only.as_deref().is_some_and(|only| only != name) {
            continue;
        }
        let few = world(rules, labs, waits, 10);
        let many = world(rules, labs, waits, 510);
        let [least, most] = reference::least_cpu_seconds(
            5,
            [&mut || simulate(&few, Run::default()).events_handled, &mut || {
                simulate(&many, Run::default()).events_handled
            }],
        );
        // A passer-by arrives and finishes: two passes each.
        let microseconds = (most - least) / 1_000.0 * 1e6;
        println!("{name}: {microseconds:.1} us a pass over {BACKLOG} waiting jobs; must {must}");
    }
}

/// 1,000 chips. A gang of 999 runs for 1,000 s from 0; a gang of 1,000 waits at the head; the backlog behind it comes at 1; `passers` jobs of one chip and
/// half a second come one a second, of the highest priority where that helps, so that each arrival and each finish is a pass.
fn world(rules: &str, labs: usize, (gang, seconds): (u32, u32), passers: usize) -> World {
    let mut text = format!(
        "[scenario]\nname = \"backlog\"\nstart = 2026-01-01\nend = 2026-01-02\n[pools.p]\nchips = 1000\nchips_per_node = 1\n\
         schedule = {{ {rules} }}\n"
    );
    let mut files = std::collections::BTreeMap::new();
    for lab in 0..labs {
        writeln!(text, "[labs.l{lab:02}.workloads.jobs]\nkind = \"trace\"\npools = [\"p\"]\nfile = \"{lab}.csv\"")
            .expect("memory");
        let mut log = String::from("submit_s,chips,duration_s\n");
        if lab == 0 {
            log.push_str("0,999,1000\n0.5,1000,10\n");
        }
        for _ in 0..BACKLOG / labs {
            writeln!(log, "1,{gang},{seconds}").expect("memory");
        }
        if lab == 0 {
            for n in 0..passers {
                writeln!(log, "{},1,0.5", 2.0 + n as f64).expect("memory");
            }
        }
        files.insert(format!("{lab}.csv"), log);
    }
    let read = spec::read_text("backlog.toml", &text, &[]).expect("well formed");
    let file = |name: &str| files.get(name).cloned().ok_or_else(|| "no such file".to_owned());
    let mut plan = study::plan(&read, Catalog::embedded(), &Options::default(), &file).expect("sound");
    plan.cells.swap_remove(0).world
}
