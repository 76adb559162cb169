//! Gangs that change their size, by hand: small worlds, the times and chip-hours they must give; and what `check` refuses.

use crate::story::{Files, run, world_with};
use hedgerow::kernel::simulate;
use hedgerow::record::RunRecord;
use hedgerow::spec;
use hedgerow::study::{self, Options};
use hedgerow::units::Span;
use hedgerow::world::World;
use hedgerow::world::catalog::Catalog;
use std::fmt::Write as _;

/// Nodes of 16 chips, each at 667 TFLOP/s and an mfu of a half: `hours` on `chips` are this many FLOP.
fn flops(chips: f64, hours: f64) -> f64 {
    chips * 667e12 * 0.5 * hours * 3600.0
}

/// A day of one pool; campaigns as (lab, FLOP, what the file says of its chips, more keys), rigid jobs as (name, hour, chips, hours).
fn day(pool: &str, campaigns: &[(&str, f64, &str, &str)], rigid: &[(&str, f64, u32, f64)]) -> World {
    let mut text = format!(
        "[scenario]\nname = \"e\"\nstart = 2026-01-01\nend = 2026-01-02\n[run]\njobs = true\n\
         [pools.p]\ninstance = \"trn2.48xlarge\"\nfailures_per_chip_hour = 0\n{pool}\n"
    );
    for (lab, flops, chips, more) in campaigns {
        writeln!(
            text,
            "[labs.{lab}.workloads.x]\nkind = \"pretraining\"\npools = [\"p\"]\nmfu = {{ trn2 = 0.5 }}\nflops = {flops:e}\nchips = {chips}\n{more}"
        )
        .unwrap();
    }
    let mut files = Files::new();
    for (name, hour, chips, hours) in rigid {
        writeln!(text, "[labs.rigid.workloads.{name}]\nkind = \"trace\"\npools = [\"p\"]\nfile = \"{name}.csv\"")
            .unwrap();
        let row = format!("submit_s,chips,duration_s\n{},{chips},{}\n", hour * 3600.0, hours * 3600.0);
        files.insert(format!("{name}.csv"), row);
    }
    world_with(&text, &files)
}

/// `lab.workload start..end` in hours, in order of name; and what became of the first cell's chip-hours: allocated, productive, restart.
fn told(world: &World, record: &RunRecord) -> (String, [f64; 3]) {
    let mut rows: Vec<String> = (record.jobs.iter())
        .map(|row| {
            let hours = |at: Option<hedgerow::units::SimTime>| at.map_or(f64::NAN, |at| at.since(world.start).hours());
            let of = &world.workloads[row.workload];
            let lab = &world.tenants[of.tenant].name;
            format!("{lab}.{} {:.4}..{:.4}", of.name, hours(row.started), hours(row.finished))
        })
        .collect();
    rows.sort();
    let month = &record.cells[0][0];
    let chip_hours = |us: u128| us as f64 / Span::HOUR.0 as f64;
    (rows.join(" | "), [month.allocated, month.productive, month.restart].map(chip_hours))
}

/// 32 chips. A campaign of 4 h on 32 chips that may run on 16: it has all from 0. At 1.5 h a rigid job of 16 chips comes for 3 h; at 2 h, the
/// next instant, the campaign has 2 h of its 4 behind it, shrinks and is away for 15 min. The other runs 2..5. Until then the
/// campaign does 2.75 h on half the chips, 1.375 h of its plan; 0.625 h are left, which would last until 6.25 h. At 5 h
/// growing wins half an hour by 6 h and costs a quarter: it grows, and ends at 5 + 0.25 + 0.625 = 5.875 h.
/// Held: 32 x 2 + 16 x 3 + 32 x 0.875 = 140 chip-hours; at work 4 x 32 = 128; changing 16 x 0.25 + 32 x 0.25 = 12.
#[test]
fn a_gang_shrinks_for_who_waits_and_grows_again() {
    let sizes = "{ min = 16, max = 32, scaling = { power = 1 }, resize_cost = \"15min\" }";
    let world = day("nodes = 2", &[("ada", flops(32.0, 4.0), sizes, "deadline = \"5.9h\"")], &[("r", 1.5, 16, 3.0)]);
    let record = simulate(&world, run(0, 0));
    let (rows, chip_hours) = told(&world, &record);
    assert_eq!(rows, "ada.x 0.0000..5.8750 | rigid.r 2.0000..5.0000");
    assert_eq!(chip_hours, [140.0, 128.0, 12.0]);
    let totals = &record.workloads[0];
    assert_eq!((totals.resizes, totals.preemptions, totals.on_time, totals.late), (2, 0, 1, 0));
}

/// The same with changes every 4 h: the rigid job waits until 4 h, when the campaign is done.
#[test]
fn sizes_change_at_their_instants_only() {
    let sizes = "{ min = 16, max = 32, scaling = { power = 1 }, resize_cost = \"15min\" }";
    let pool = "nodes = 2\nschedule = { resize_every = \"4h\" }";
    let world = day(pool, &[("ada", flops(32.0, 4.0), sizes, "deadline = \"3h\"")], &[("r", 1.5, 16, 3.0)]);
    let record = simulate(&world, run(0, 0));
    assert_eq!(told(&world, &record).0, "ada.x 0.0000..4.0000 | rigid.r 4.0000..7.0000");
    assert_eq!((record.workloads[0].resizes, record.workloads[0].on_time, record.workloads[0].late), (0, 0, 1));
}

/// Growing at 5 h would cost an hour of 32 chips and win half an hour: the gang stays as it is and ends at 2 + 1 + 2 x 2 = 7 h.
#[test]
fn a_gang_does_not_grow_for_less_than_it_costs() {
    let sizes = "{ min = 16, max = 32, scaling = { power = 1 }, resize_cost = \"1h\" }";
    let world = day("nodes = 2", &[("ada", flops(32.0, 4.0), sizes, "")], &[("r", 1.5, 16, 3.0)]);
    let record = simulate(&world, run(0, 0));
    assert_eq!(told(&world, &record).0, "ada.x 0.0000..7.0000 | rigid.r 2.0000..5.0000");
    assert_eq!(record.workloads[0].resizes, 1);
}

/// Two gangs alike divide 64 chips: with a throughput of n^0.5 each does on 32 chips, in 4 h x 2^0.5, what takes 4 h on 64.
/// Of three on 64 chips two have 16 and the first has 32: each step adds less than the one before.
#[test]
fn gangs_that_start_together_divide_the_chips() {
    let sizes = "{ min = 16, max = 64, scaling = { power = 0.5 }, resize_cost = \"0h\" }";
    let two = [("ada", flops(64.0, 4.0), sizes, ""), ("bob", flops(64.0, 4.0), sizes, "")];
    let world = day("nodes = 4", &two, &[]);
    let end = 4.0 * 2f64.sqrt();
    let rows = told(&world, &simulate(&world, run(0, 0))).0;
    assert_eq!(rows, format!("ada.x 0.0000..{end:.4} | bob.x 0.0000..{end:.4}"));
    let three = [two[0], two[1], ("cy", flops(64.0, 4.0), sizes, "")];
    let world = day("nodes = 4\nschedule = { resize_every = \"1d\" }", &three, &[]);
    let ends = [4.0 * 2f64.sqrt(), 8.0, 8.0];
    let rows = told(&world, &simulate(&world, run(0, 0))).0;
    assert_eq!(
        rows,
        format!("ada.x 0.0000..{:.4} | bob.x 0.0000..{:.4} | cy.x 0.0000..{:.4}", ends[0], ends[1], ends[2])
    );
}

/// A gang whose node fails for good loses what it has not saved and goes on with what is left. Of its 4 h on 32 chips it saves each half
/// hour; failed at t, k is the last whole half hour, and 4 - k hours on 32 chips are twice that on 16.
#[test]
fn a_gang_goes_on_with_the_nodes_that_are_left() {
    let sizes = "{ min = 16, max = 32, scaling = { power = 1 }, resize_cost = \"0h\" }";
    let more = "checkpoint = { interval = \"30min\", cost = \"0h\" }\nrestart = \"0h\"\nfailures = \"sampled\"";
    let pool = "nodes = 2\nrepair = { time = { dist = \"constant\", mean = \"100d\" } }";
    let mut world = day(pool, &[("ada", flops(32.0, 4.0), sizes, more)], &[]);
    world.pools.0[0].failures_per_chip_hour = 0.005;
    let mut seen = 0;
    for record in (0..40).map(|replication| simulate(&world, run(0, replication))) {
        let Some(row) = record.jobs.iter().find(|row| row.failures == 1 && row.finished.is_some()) else { continue };
        let end = row.finished.expect("asked for").since(world.start).hours();
        let possible = (0..8).map(|n| f64::from(n) / 2.0).any(|kept| {
            let failed = end - 2.0 * (4.0 - kept);
            kept <= failed + 1e-9 && failed < kept + 0.5
        });
        assert!(possible, "it ends at {end} h");
        seen += 1;
    }
    assert!(seen > 4, "{seen} of 40 runs have one failure; 40 x P(one of 0.16 an hour, then none) is more");
}

/// Batch inference of 57.6 M tokens a job on gangs of 8: a chip of the first kind does 1,000 tokens a second, 8 of them take 2 h; one of the second does 500,
/// and the job that finds the first pool taken, an hour later, takes 4 h. With 3 h to finish in, the first is on time and the other late.
#[test]
fn batch_inference_counts_tokens() {
    let text = "[scenario]\nname = \"b\"\nstart = 2026-01-01\nend = 2026-01-02\nspin_up = \"0h\"\n[run]\njobs = true\nfailures = \"off\"\n\
                [pools.a]\ninstance = \"p5.48xlarge\"\nnodes = 1\ndomain = \"d\"\n[pools.b]\ninstance = \"p4d.24xlarge\"\nnodes = 1\ndomain = \"d\"\n\
                [labs.l.workloads.night]\nkind = \"batch\"\npools = [\"a\", \"b\"]\nchips = 8\ndeadline = \"3h\"\n\
                interval = { dist = \"constant\", mean = \"1h\" }\ntokens = { dist = \"constant\", mean = 57.6e6 }\n";
    let rates = "tokens_per_chip_second = { h100 = 1000, a100-40g = 500 }\n";
    let world = crate::story::world(&format!("{text}{rates}"));
    let record = simulate(&world, run(0, 0));
    let mut rows = record.jobs.clone();
    rows.sort_by_key(|row| row.submitted);
    let hours = |n: usize| rows[n].finished.expect("it ends").since(rows[n].started.expect("it began")).hours();
    assert_eq!((hours(0), hours(1)), (2.0, 4.0));
    assert!(record.workloads[0].on_time > 0 && record.workloads[0].late > 0, "{:?}", record.workloads[0]);
    let found = problems(&format!("{text}tokens_per_chip_second = {{ h100 = 1000 }}\n"));
    assert!(found.contains("says of no a100"), "{found}");
}

fn problems(text: &str) -> String {
    let read = spec::read_text("e.toml", text, &[]).map_err(|problems| problems.render(false));
    let planned = read.and_then(|read| {
        let file = |_: &str| Err("no file".to_owned());
        study::plan(&read, Catalog::embedded(), &Options::default(), &file).map_err(|problems| problems.render(false))
    });
    planned.err().unwrap_or_else(|| "no problem".into())
}

/// Each with its cure.
#[test]
fn terms_without_meaning_are_refused() {
    let world = |pool: &str, chips: &str, more: &str| {
        format!(
            "[scenario]\nname = \"e\"\nstart = 2026-01-01\nend = 2026-01-02\n[pools.p]\nchips_per_node = 8\nnodes = 4\n{pool}\n\
             [labs.a.workloads.x]\nkind = \"stream\"\npools = [\"p\"]\nper_day = 1\nduration = {{ dist = \"exponential\", mean = \"1h\" }}\nchips = {chips}\n{more}"
        )
    };
    for (pool, chips, more, said) in [
        ("", "{ min = 8 }", "", "`min` without `max`"),
        ("", "{ min = 8, max = 16, values = [1], weights = [1] }", "", "the same thing twice"),
        ("", "{ min = 8, max = 20 }", "", "in steps of 8"),
        ("", "{ min = 64, max = 128 }", "", "its largest pool never has more than 32"),
        ("", "{ min = 8, max = 16, scaling = { table = [{ chips = 8, throughput = 1 }] } }", "", "ends at 8 chips"),
        (
            "",
            "{ min = 8, max = 16, scaling = { table = [{ chips = 8, throughput = 1 }, { chips = 16, throughput = 3 }] } }",
            "",
            "less than the one before",
        ),
        ("", "{ min = 8, max = 16, scaling = { amdahl = 0.1, power = 0.5 } }", "", "the same thing twice"),
        ("", "{ min = 8, max = 16 }", "failures = \"goodput\"", "gangs of one size only"),
        ("schedule = { backfill = \"conservative\" }", "{ min = 8, max = 16 }", "", "`conservative` promises starts"),
        ("schedule = { placement = \"whole_node\" }", "{ min = 4, max = 16, step = 4 }", "", "whole nodes"),
    ] {
        let text = world(pool, chips, more);
        let found = problems(&text);
        assert!(found.contains(said), "{text}\nsays\n{found}");
    }
}
