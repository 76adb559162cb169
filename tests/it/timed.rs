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

/// Both sizes that are timed play the same 100,000 jobs at the same instants, and most of them have to wait: what differs is the number
/// of chips alone.
#[test]
fn the_two_sizes_that_are_timed_differ_in_chips_alone() {
    let [small, large] = [1, 100].map(|scale| {
        let plan = worlds::backlog(scale).unwrap();
        simulate(&plan.cells[0].world, Run::default())
    });
    let (few, many) = (&small.workloads[0], &large.workloads[0]);
    assert_eq!((few, small.events_handled), (many, large.events_handled));
    assert_eq!(few.submitted, 100_000);
    assert!(80_000 < few.waited && few.wait_us / u128::from(few.started) > 3_600_000_000, "{} waited", few.waited);
    let held = |record: &hedgerow::record::RunRecord| record.pools[0].iter().map(|month| month.gangs).sum::<u128>();
    assert_eq!(100 * held(&small), held(&large));
}
