//! Which cells of a study are run, and which are another's by construction.

use crate::story::plan;

/// A file with all kinds of leaves; `{}` takes the second strategy's `set`.
const STUDY: &str = r#"
[scenario]
name = "plans"
start = 2026-01-01
end = 2026-06-01
[run]
draws = 2
replications = 2
[factors]
growth = "demand"
[clouds.c]
discount_rate = 0.08
at_end = "none"
[sites.s]
cloud = "c"
region = "us-east-1"
mw = [{ name = "first", at = 2026-01-01, mw = 5.0 }]
power_usd_per_mwh = 60.0
[pools.p]
site = "s"
instance = "trn2.48xlarge"
nodes = 4
cost_usd_per_chip = 9000.0
[labs.a.workloads.w]
kind = "stream"
pools = ["p"]
per_day = 3.0
volume = { unknown = { p5 = 0.2, p95 = 0.4 } }
duration = { dist = "exponential", mean = "5h" }
[strategies.first]
[strategies.second]
set = { SET }
"#;

#[track_caller]
fn second_runs(set: &str, alone: bool) {
    let text = STUDY.replace("SET", set);
    let plan = plan(&text, &Default::default());
    assert_eq!(plan.cells[1].same_as, if alone { None } else { Some(0) }, "{set}");
}

/// A strategy that changes any leaf that is simulated, paid or drawn has runs of its own; one that changes nothing has none.
#[test]
fn strategies_that_differ_are_run() {
    second_runs("", false);
    for set in [
        "\"clouds.c.discount_rate\" = 0.5",
        "\"clouds.c.at_end\" = \"book\"",
        "\"labs.a.workloads.w.volume\" = { unknown = { p5 = 0.7, p95 = 0.9 } }",
        "\"labs.a.workloads.w.volume\" = { unknown = { p5 = 0.2, p95 = 0.4, dist = \"uniform\" } }",
        "\"labs.a.workloads.w.per_day\" = 4.0",
        "\"labs.a.workloads.w.duration.mean\" = \"6h\"",
        "\"labs.a.workloads.w.priority\" = 3",
        "\"sites.s.power_usd_per_mwh\" = 61.0",
        "\"pools.p.nodes\" = 5",
        "\"pools.p.cost_usd_per_chip\" = 9001.0",
    ] {
        second_runs(set, true);
    }
}

/// `book` is the terminal value unless the file says `none`.
#[test]
fn what_is_left_counts_at_book_value_by_default() {
    let world = |text: &str| plan(text, &Default::default()).cells.swap_remove(0).world;
    let of = |text: &str| world(text).clouds.iter().map(|cloud| cloud.at_end_book).collect::<Vec<_>>();
    let text = STUDY.replace("SET", "");
    assert_eq!((of(&text), of(&text.replace("at_end = \"none\"\n", ""))), (vec![false], vec![true]));
}
