//! What the benches time is what a study runs: the same world, the same record.

#[path = "../../benches/worlds/mod.rs"]
mod worlds;

use hedgerow::kernel::{Run, simulate};
use hedgerow::study::{Plan, run_plan};

/// Simulated as the bench does it, against draw 0, replication 0 of a study of the same scenario with one draw.
fn assert_same_record(timed: &Plan, study: &Plan) {
    let record = simulate(&timed.cells[0].world, Run::default());
    let outcome = run_plan(study, &|_| {});
    assert_eq!(outcome.cells[0].first.hash(), record.hash(), "{}", timed.cells[0].world.name);
    assert!(100 < record.events_handled, "{} events of {}", record.events_handled, timed.cells[0].world.name);
}

const ONE_DRAW: [&str; 2] = ["run.draws=1", "run.replications=1"];

#[test]
fn the_queue_that_is_timed_is_the_one_a_study_runs() {
    assert_same_record(&worlds::mm100(&[]).unwrap(), &worlds::mm100(&ONE_DRAW).unwrap());
}

#[test]
fn the_two_bets_that_are_timed_are_those_a_study_runs() {
    assert_same_record(&worlds::dual_bet(&[]).unwrap(), &worlds::dual_bet(&ONE_DRAW).unwrap());
}

#[test]
fn the_gangs_that_are_timed_are_those_a_study_runs() {
    match worlds::gang_fifo() {
        Ok(plan) => assert_same_record(&plan, &worlds::gang_fifo().unwrap()),
        Err(why) => {
            assert!(std::env::var("CI").as_deref() != Ok("true"), "set HEDGEROW_DATA: {why}");
            eprintln!("the gang log is not in the data folder, skipped: set HEDGEROW_DATA");
        }
    }
}

#[test]
fn the_sizes_that_are_timed_are_those_a_study_runs() {
    let nodes = ["pools.cluster.nodes=1250"];
    let plan = || worlds::scenario("scenarios/gang.toml", &nodes).unwrap();
    assert_same_record(&plan(), &plan());
}
