//! Mutations: one counter, one release or one kind of posting is switched off, and the identity it belongs to turns red. A green
//! identity proves something only if it can be red.

use crate::story::{plan, run};
use hedgerow::finance::reconcile::reconcile;
use hedgerow::kernel::{Counter, Release, Sabotage, simulate_sabotaged, simulate_watched_sabotaged};
use hedgerow::record::{POSTING_KINDS, RunRecord};
use hedgerow::world::World;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Everything that is counted or paid happens: gangs that fail, restart and checkpoint, repairs, a guarantee, a reservation, a
/// delivery ordered and paid, one cancelled for a fee, spot that is taken back, a capacity block that begins before its chips are there, a commitment that is not met, a tranche, a lab that pays list, and jobs that
/// are thinned, refused, left waiting and gone elsewhere.
pub const EVERYTHING: &str = r#"
[scenario]
name = "everything"
start = 2026-01-01
end = 2027-03-01
decide_at = 2026-06-01
[run]
draws = 1
replications = 1
[clouds.aws]
discount_rate = 0.09
[sites.s]
cloud = "aws"
region = "us-east-2"
pue = 1.14
mw = [{ at = 2025-01-01, mw = 10 }]
power_usd_per_mwh = 60
facility_usd_per_mw_year = 1e6
operations_usd_per_mw_year = 2e5
[pools.rainier]
schedule = { preemption = "class" }
site = "s"
instance = "trn2.48xlarge"
nodes = 8
failures_per_chip_hour = 1e-4
repair = { time = { dist = "exponential", mean = "12h" } }
deliveries = [
  { name = "second", at = 2026-05-01, ordered = 2026-02-01, nodes = 2 },
  { name = "tagged", at = 2026-12-01, ordered = 2026-03-01, nodes = 2, cancel_fee = 0.1, for_bet = "b" },
]
retirements = [{ name = "old", at = 2026-10-01, nodes = 1 }]
guaranteed = { a = [{ name = "g", at = 2026-01-01, chips = 48 }, { name = "more", at = 2026-07-01, chips = 80 }] }
reserved = { a = [{ name = "r", at = 2026-03-01, chips = 16 }, { name = "more", at = 2026-04-15, chips = 48 }, { name = "less", at = 2026-11-01, chips = 0 }] }
[pools.late]
site = "s"
instance = "trn2.48xlarge"
deliveries = [{ name = "late", at = 2026-04-01, ordered = 2025-06-01, nodes = 3 }]
guaranteed = { a = [{ name = "g", at = 2026-02-01, chips = 16 }] }
reserved = { a = [{ name = "r", at = 2026-02-01, chips = 16 }] }
[pools.small]
chips = 1
failures_per_chip_hour = 0.01
schedule = { queue_limit = 3 }
[pools.spotted]
site = "s"
instance = "trn2.48xlarge"
nodes = 2
deliveries = [{ name = "third", at = 2026-04-08, ordered = 2026-03-01, nodes = 1 }]
prices.spot = { mean_ratio = 0.3, sd_ratio = 0.1, relaxation = "3d", reclaims_per_node_hour = 2e-3 }
[pools.spotted.blocks.spring]
lab = "b"
at = 2026-04-01T11:30:00
length = "14d"
nodes = 3
booked = 2026-03-20
[labs.b.workloads.bursts]
kind = "stream"
pools = ["spotted"]
per_day = 3
chips = 16
duration = { dist = "exponential", mean = "10h" }
price_kinds = ["capacity_block", "spot"]
max_spot_ratio = 0.4
checkpoint = { interval = "1h", cost = "90s" }
[labs.a.workloads.crowd]
kind = "stream"
pools = ["small"]
per_day = 20
duration = { dist = "exponential", mean = "12h" }
failures = "off"
[labs.a.workloads.research]
kind = "stream"
pools = ["rainier"]
per_day = 6
volume = 0.9
chips = { values = [16, 48], weights = [1, 1] }
duration = { dist = "exponential", mean = "12h" }
price = "contract"
failures = "sampled"
checkpoint = { interval = "1h", cost = "2min" }
restart = "10min"
[labs.a.workloads.spread]
kind = "stream"
pools = ["small"]
per_day = 1
duration = { dist = "exponential", mean = "2h" }
failures = "goodput"
restart = "10min"
[labs.b.workloads.urgent]
kind = "stream"
pools = ["rainier"]
priority = 1
per_day = 2
chips = 32
duration = { dist = "exponential", mean = "3h" }
price = "on_demand"
[labs.b.workloads.research]
kind = "stream"
pools = ["rainier"]
per_day = 8
chips = 16
duration = { dist = "exponential", mean = "24h" }
price = "on_demand"
failures = "sampled"
checkpoint = { interval = { dist = "exponential", mean = "4h" }, cost = "3min" }
[contracts.a]
between = ["a", "aws"]
start = 2026-01-01
commit = { usd = 100e6, years = 5 }
price = { ratio_to = "on_demand", ratio = 0.5 }
[contracts.b]
between = ["b", "aws"]
start = 2026-01-01
price = { ratio_to = "on_demand", ratio = 0.9 }
[investments.a]
from = "aws"
lab = "a"
tranches = [{ name = "first", at = 2026-02-27, usd = 1e9 }]
[bets.b]
host = ["contracts.b"]
[strategies.without_b]
without = ["b"]
"#;

/// What scheduling counts: jobs that are taken off, stopped and sent to the cloud, outages, and idle guarantees that are lent and come back.
/// Nothing fails and nobody's guarantee grows, so that chips of it are blocked by borrowers alone.
const SCHEDULING: &str = r#"
[scenario]
name = "scheduling"
start = 2026-01-01
end = 2026-02-01
[pools.p]
chips = 8
schedule = { preemption = "class", notice = "2min", overflow = { after = "6h", to = "cloud" } }
guaranteed = { a = [{ at = 2026-01-01, chips = 6 }] }
borrowable = { a = [{ at = 2026-01-01, chips = 6 }] }
outages = { o = { per_year = 100, duration = "2h" } }
[pools.cloud]
unlimited = true
[labs.a.workloads.own]
kind = "stream"
pools = ["p"]
per_day = 4
chips = 3
duration = { dist = "exponential", mean = "4h" }
[labs.b.workloads.urgent]
kind = "stream"
pools = ["p"]
priority = 1
per_day = 3
chips = 2
duration = { dist = "exponential", mean = "3h" }
[labs.b.workloads.rest]
kind = "stream"
pools = ["p"]
per_day = 6
duration = { dist = "exponential", mean = "12h" }
checkpoint = { interval = "1h", cost = "3min" }
estimate = { ratio = { dist = "lognormal", mean = 1.2, scv = 1.0 } }
over_estimate = "kill"
"#;

fn scheduling() -> World {
    plan(SCHEDULING, &Default::default()).cells.swap_remove(0).world
}

/// Each of those counters silenced, and nodes or loans kept.
#[test]
fn what_scheduling_counts_can_be_missed() {
    let world = scheduling();
    let (record, problem) = red(&world, Sabotage::None);
    assert_eq!(problem, None);
    let record = record.expect("green");
    let jobs = |field: fn(&hedgerow::record::WorkloadTotals) -> u64| record.workloads.iter().map(field).sum::<u64>();
    for (part, count) in [
        ("taken off", jobs(|t| t.preemptions)),
        ("stopped", jobs(|t| t.killed)),
        ("overflowed", jobs(|t| t.overflowed)),
        ("hit by an outage", jobs(|t| t.outages)),
    ] {
        assert!(count > 0, "no job {part}");
    }
    assert!(record.shares.iter().flatten().flatten().any(|month| month.blocked > 0), "nothing is lent");
    for (sabotage, identity) in [
        (Sabotage::Counter(Counter::Killed), "+ 0 stopped"),
        (Sabotage::Counter(Counter::Overflowed), "where they overflow to, 0 overflowed"),
        (Sabotage::Counter(Counter::Outages), "!= 0 in the window"),
        (Sabotage::Counter(Counter::Preemptions), "!= 0 taken off in the window"),
        (Sabotage::Counter(Counter::Blocked), "guarantee of a"),
        (Sabotage::Counter(Counter::Yielding), "identity 6"),
        (Sabotage::Release(Release::Outage), "for an outage that is over"),
    ] {
        let (_, problem) = red(&world, sabotage);
        let words = problem.unwrap_or_else(|| panic!("{sabotage:?} and nobody misses it"));
        assert!(words.contains(identity), "{sabotage:?} turns red as `{words}`, not by {identity}");
    }
}

/// Borrowers that are not taken off are no fault of any counter: the law of loans, which watches every pass, misses what they keep.
#[test]
fn a_loan_that_is_kept_can_be_missed() {
    let world = scheduling();
    let play = |sabotage| simulate_watched_sabotaged(&world, run(0, 0), false, sabotage).1;
    assert!(play(Sabotage::None).owed > 0, "nobody waits for what it has lent");
    let broken = catch_unwind(AssertUnwindSafe(|| play(Sabotage::Release(Release::Loan))));
    let words = broken.expect_err("nobody misses it").downcast_ref::<String>().cloned().unwrap_or_default();
    assert!(words.contains("is owed what others borrowed"), "{words}");
}

/// What services count: users who are shed, a second choice that has room for some of them, work that waits and expires, replicas that start and go,
/// gangs that leave for them.
const SERVING: &str = r#"
[scenario]
name = "serving"
start = 2026-01-01
end = 2026-03-01
spin_up = "1d"
[clouds.aws]
discount_rate = 0.09
[sites.s]
cloud = "aws"
region = "us-east-2"
pue = 1.14
mw = [{ at = 2025-01-01, mw = 10 }]
power_usd_per_mwh = 60
facility_usd_per_mw_year = 1e6
operations_usd_per_mw_year = 2e5
[pools.p]
site = "s"
instance = "trn2.48xlarge"
nodes = 8
prices.on_demand = { usd_per_chip_hour = 2 }
[labs.a.workloads.night]
kind = "stream"
pools = ["p"]
per_day = 6
chips = 32
duration = { dist = "exponential", mean = "9h" }
checkpoint = { interval = "1h", cost = "3min" }
restart = "10min"
price = "on_demand"
failures = "off"
[labs.a.services.chat]
pools = ["p"]
price = "on_demand"
replica = { chips = 8, prefill_tokens_per_second = 1000, decode_tokens_per_second = 100 }
demand = { requests_per_second = 4, input_tokens = 300, output_tokens = 100, profile = "azure-code", noise = { sd = 0.3, common_sd = 0.1 } }
autoscaler = { target = 0.9, start_up = "10min", max = 14 }
second_choice = "labs.a.services.spare"
[labs.a.services.spare]
pools = ["p"]
price = "on_demand"
priority = -1
replica = { chips = 8, prefill_tokens_per_second = 1000, decode_tokens_per_second = 100 }
demand = { requests_per_second = 0.3, input_tokens = 300, output_tokens = 100 }
deferrable = { tokens_per_second = 700, deadline = "6h" }
autoscaler = { target = 0.5, min = 1, max = 2 }
"#;

/// Each of those counters silenced, and chips of replicas kept.
#[test]
fn what_services_count_can_be_missed() {
    let world = plan(SERVING, &Default::default()).cells.swap_remove(0).world;
    let (record, problem) = red(&world, Sabotage::None);
    assert_eq!(problem, None);
    let record = record.expect("green");
    let mut did = hedgerow::record::ServiceMonth::default();
    record.services.iter().flatten().for_each(|month| did.add(month));
    let end: u128 = record.services.iter().map(|months| months.last().expect("two months").backlog).sum();
    for (part, amount) in [
        ("spilled", did.spilled),
        ("lost", did.lost),
        ("received", did.received),
        ("deferrable served", did.deferrable_served),
        ("expired", did.expired),
        ("left waiting", end),
        ("starting", did.starting),
    ] {
        assert!(amount > 0, "nothing is {part}: {did:?}");
    }
    assert!(record.workloads[0].preemptions > 0, "no gang leaves for replicas");
    for (sabotage, identity) in [
        (Sabotage::Counter(Counter::Ready), "chips at"),
        (Sabotage::Counter(Counter::Starting), "chips at"),
        (Sabotage::Counter(Counter::AtWork), "cells work"),
        (Sabotage::Counter(Counter::CellAtWork), "cells work"),
        (Sabotage::Counter(Counter::TokensDemanded), "identity 2"),
        (Sabotage::Counter(Counter::TokensFirst), "identity 2"),
        (Sabotage::Counter(Counter::TokensShed), "identity 2"),
        (Sabotage::Counter(Counter::TokensSpilled), "identity 2"),
        (Sabotage::Counter(Counter::TokensLost), "identity 2"),
        (Sabotage::Counter(Counter::TokensReceived), "tokens spilled to it, 0 received"),
        (Sabotage::Counter(Counter::Deferrable), "identity 5"),
        (Sabotage::Counter(Counter::DeferrableServed), "identity 5"),
        (Sabotage::Counter(Counter::Expired), "identity 5"),
        (Sabotage::Counter(Counter::Backlog), "identity 5"),
        (Sabotage::Counter(Counter::ReplicasReady), "identity 3"),
        (Sabotage::Counter(Counter::ReplicasAtWork), "it 0"),
        (Sabotage::Release(Release::Replica), "chips"),
    ] {
        let (_, problem) = red(&world, sabotage);
        let words = problem.unwrap_or_else(|| panic!("{sabotage:?} and nobody misses it"));
        assert!(words.contains(identity), "{sabotage:?} turns red as `{words}`, not by {identity}");
    }
}

/// What is red, or None: the run's own audit (its panic), else the second route (its mismatches).
fn red(world: &World, sabotage: Sabotage) -> (Option<RunRecord>, Option<String>) {
    match catch_unwind(AssertUnwindSafe(|| simulate_sabotaged(world, run(0, 0), sabotage))) {
        Err(panic) => {
            let text =
                panic.downcast_ref::<String>().cloned().or_else(|| panic.downcast_ref::<&str>().map(|s| s.to_string()));
            (None, Some(text.expect("a panic with words")))
        }
        Ok(record) => {
            let mismatches = reconcile(world, &record).err();
            let words = mismatches.map(|all| all.iter().map(|m| m.to_string()).collect::<Vec<_>>().join("\n"));
            (Some(record), words)
        }
    }
}

fn everything() -> World {
    plan(EVERYTHING, &Default::default()).cells.swap_remove(0).world
}

/// Unsabotaged, all is green, and every kind of posting and every part of a gang's time occurs: no mutation below is vacuous.
#[test]
fn the_world_of_everything_is_green_and_has_everything() {
    let world = everything();
    let (record, problem) = red(&world, Sabotage::None);
    assert_eq!(problem, None);
    let record = record.expect("green");
    for kind in POSTING_KINDS {
        assert!(record.postings.iter().any(|p| p.kind == kind && p.amount.0 != 0), "no {} is posted", kind.name());
    }
    let sum = |field: fn(&hedgerow::record::CellMonth) -> u128| record.cells.iter().flatten().map(field).sum::<u128>();
    for (part, amount) in [
        ("productive", sum(|m| m.productive)),
        ("checkpoint", sum(|m| m.checkpoint)),
        ("lost", sum(|m| m.lost)),
        ("restart", sum(|m| m.restart)),
        ("yielding", sum(|m| m.yielding)),
    ] {
        assert!(amount > 0, "no {part}");
    }
    assert!(record.pools.iter().flatten().any(|m| m.down > 0) && record.pools.iter().flatten().any(|m| m.reserved > 0));
    let share = |field: fn(&hedgerow::record::ShareMonth) -> u128| -> u128 {
        record.shares.iter().flatten().flatten().map(field).sum()
    };
    for (part, amount) in [
        ("offered", share(|m| m.offered)),
        ("late", share(|m| m.late)),
        ("blocked", share(|m| m.blocked)),
        ("unused", share(|m| m.unused)),
        ("reserved", share(|m| m.reserved_offered)),
        ("reserved, late", share(|m| m.reserved_late)),
        ("reserved, blocked", share(|m| m.reserved_blocked)),
        ("in blocks", share(|m| m.block)),
        ("in blocks, late", share(|m| m.block_late)),
        ("in blocks, blocked", share(|m| m.block_blocked)),
        ("in blocks, unused", share(|m| m.block_unused)),
        ("under a guarantee", sum(|m| m.covered)),
        ("billed", sum(|m| m.billed)),
    ] {
        assert!(amount > 0, "no chip-time {part}");
    }
    let jobs = |field: fn(&hedgerow::record::WorkloadTotals) -> u64| record.workloads.iter().map(field).sum::<u64>();
    for (part, count) in [
        ("refused", jobs(|t| t.refused)),
        ("unstarted", jobs(|t| t.unstarted)),
        ("thinned", jobs(|t| t.thinned)),
        ("left", jobs(|t| t.left)),
        ("waited", jobs(|t| t.waited)),
        ("reclaimed", jobs(|t| t.reclaims)),
    ] {
        assert!(count > 0, "no job {part}");
    }
    let retired = |row: &&hedgerow::record::EventRow| row.change.kind == hedgerow::world::EventKind::Retirement;
    assert_eq!(record.events.iter().filter(retired).map(|row| row.change.value).sum::<i64>(), 16, "a node retires");
}

/// Each kind of posting dropped: the second route finds its dollars missing, under that kind's name.
#[test]
fn every_posting_can_be_missed() {
    let world = everything();
    for kind in POSTING_KINDS {
        let (record, problem) = red(&world, Sabotage::Posting(kind as usize));
        assert!(record.is_some(), "a posting is no audit of the kernel: {problem:?}");
        let words = problem.unwrap_or_else(|| panic!("{} is dropped and nobody misses it", kind.name()));
        assert!(words.lines().any(|line| line.starts_with(&format!("{}: ", kind.name()))), "{}: {words}", kind.name());
    }
}

/// Each counter silenced, and what it says that is broken.
#[test]
fn every_counter_can_be_missed() {
    let world = everything();
    // Exhaustive by hand; a new counter without a line here does not compile below.
    let all = [
        (Counter::Idle, "chips at"),
        (Counter::Gangs, "chips at"),
        (Counter::Reserved, "chips at"),
        (Counter::Down, "chips at"),
        (Counter::Up, "chips at"),
        (Counter::Installed, "chips at"),
        (Counter::Productive, "identity 6"),
        (Counter::Lost, "identity 6"),
        (Counter::Checkpoint, "identity 6"),
        (Counter::Restart, "identity 6"),
        (Counter::Yielding, "identity 6"),
        (Counter::LostByReason, "chip-us lost by reason != "),
        (Counter::RestartByReason, "chip-us loaded after by reason != "),
        (Counter::Interruptions, "by reason != "),
        (Counter::ExpectedByReason, "0e-6 expected by cause"),
        (Counter::Allocated, "metered"),
        (Counter::InSystem, "Little"),
        (Counter::Energy, "energy"),
        (Counter::InstalledMw, "energy"),
        (Counter::Billed, "billed 0 + under the guarantee"),
        (Counter::Covered, "held under it 0"),
        (Counter::Guaranteed, "guarantee of a"),
        (Counter::Offered, "guarantee of a"),
        (Counter::Late, "guarantee of a"),
        (Counter::Blocked, "guarantee of a"),
        (Counter::Unused, "unused 0"),
        (Counter::ReservedByContract, "reservation of a"),
        (Counter::ReservedOffered, "reservation of a"),
        (Counter::ReservedLate, "reservation of a"),
        (Counter::ReservedBlocked, "reservation of a"),
        (Counter::Block, "blocks of b"),
        (Counter::BlockOffered, "blocks of b"),
        (Counter::BlockLate, "blocks of b"),
        (Counter::BlockBlocked, "blocks of b"),
        (Counter::BlockUnused, "blocks of b"),
        (Counter::Submitted, "arrived != 0 submitted"),
        (Counter::Started, "!= 0 started"),
        (Counter::Finished, "!= 0 finished"),
        (Counter::Refused, "+ 0 refused"),
        (Counter::Unstarted, "+ 0 unstarted"),
        (Counter::Unfinished, "+ 0 unfinished"),
        (Counter::Waited, "+ 0 waited"),
        (Counter::Thinned, "+ 0 thinned"),
        (Counter::Left, "+ 0 left"),
        (Counter::Failures, "!= 0 in the window"),
        (Counter::WaitSum, "waits of labs"),
        (Counter::UnstartedSum, "unstarted, with 0 us so far"),
        (Counter::JctSum, "completion times of labs"),
        (Counter::UnfinishedSum, "unfinished, with 0 us so far"),
        (Counter::Waits, "waits of labs"),
        (Counter::Jcts, "0 in the histogram"),
    ];
    for (counter, identity) in all {
        match counter {
            Counter::Idle | Counter::Gangs | Counter::Reserved | Counter::Down | Counter::Up | Counter::Installed => {}
            Counter::Productive | Counter::Lost | Counter::Checkpoint => {}
            Counter::Restart | Counter::Yielding => {}
            Counter::LostByReason | Counter::RestartByReason => {}
            Counter::Interruptions | Counter::ExpectedByReason => {}
            Counter::Allocated | Counter::InSystem | Counter::Energy | Counter::InstalledMw => {}
            Counter::Billed | Counter::Covered => {}
            Counter::Guaranteed | Counter::Offered | Counter::Late | Counter::Blocked | Counter::Unused => {}
            Counter::ReservedByContract | Counter::ReservedOffered => {}
            Counter::ReservedLate | Counter::ReservedBlocked => {}
            Counter::Block | Counter::BlockOffered | Counter::BlockLate => {}
            Counter::BlockBlocked | Counter::BlockUnused => {}
            Counter::Submitted | Counter::Started | Counter::Finished | Counter::Refused => {}
            Counter::Unstarted | Counter::Unfinished | Counter::Waited | Counter::Thinned | Counter::Left => {}
            Counter::Failures | Counter::WaitSum | Counter::UnstartedSum | Counter::JctSum => {}
            Counter::UnfinishedSum | Counter::Waits | Counter::Jcts => {}
            // See `what_scheduling_counts_can_be_missed`.
            Counter::Outages | Counter::Killed | Counter::Overflowed | Counter::Preemptions => {}
            // See `what_services_count_can_be_missed`.
            Counter::Ready | Counter::Starting | Counter::AtWork | Counter::CellAtWork => {}
            Counter::TokensDemanded | Counter::TokensFirst | Counter::TokensShed | Counter::TokensSpilled => {}
            Counter::TokensLost | Counter::TokensReceived | Counter::ReplicasAtWork | Counter::ReplicasReady => {}
            Counter::Deferrable | Counter::DeferrableServed | Counter::Expired | Counter::Backlog => {}
        }
        let (_, problem) = red(&world, Sabotage::Counter(counter));
        let words = problem.unwrap_or_else(|| panic!("{counter:?} is not counted and nobody misses it"));
        assert!(words.contains(identity), "{counter:?} turns red as `{words}`, not by {identity}");
    }
}

/// Each thing that is freed, kept instead: jobs no longer hold what the pool says gangs hold, nobody repairs what is down, a reservation
/// holds more than was promised, a node that is free does not go.
#[test]
fn every_release_can_be_missed() {
    let world = everything();
    for (release, identity) in [
        (Release::Finish, "chips in gangs, jobs hold"),
        (Release::Failure, "chips in gangs, jobs hold"),
        (Release::Yield, "chips in gangs, jobs hold"),
        (Release::Repair, "await repair"),
        (Release::Reservation, "reservation of a"),
        (Release::Retirement, "nodes to retire are free and still there"),
    ] {
        match release {
            Release::Finish | Release::Failure | Release::Yield | Release::Repair => {}
            Release::Reservation | Release::Retirement => {}
            // See `what_scheduling_counts_can_be_missed` and the test after it.
            Release::Outage | Release::Loan | Release::Replica => {}
        }
        let (_, problem) = red(&world, Sabotage::Release(release));
        let words = problem.unwrap_or_else(|| panic!("{release:?} does not happen and nobody misses it"));
        assert!(words.contains(identity), "{release:?} turns red as `{words}`, not by {identity}");
    }
}

/// A meter silenced after the run's own audits, as a fault in the record would: the second route, which counts promised, delivered and
/// entitled chips from events, finds it too.
#[test]
fn the_second_route_counts_chips_itself() {
    let world = everything();
    let record = red(&world, Sabotage::None).0.expect("green");
    let late = world.pool_named("late").expect("a pool that never fails").index();
    let seen = |mutate: fn(&mut RunRecord, usize), word: &str| {
        let mut record = record.clone();
        mutate(&mut record, late);
        let words: Vec<String> = reconcile(&world, &record).unwrap_err().iter().map(ToString::to_string).collect();
        assert!(words.iter().any(|line| line.starts_with("chips: late, month 1") && line.contains(word)), "{words:?}");
    };
    seen(|record, pool| record.pools[pool][1].installed += 1, "installed");
    seen(|record, pool| record.pools[pool][1].energy_mw_us += 1, "energy");
    seen(|record, pool| record.shares[pool][0][1].guaranteed = 0, "guaranteed");
    seen(|record, pool| record.shares[pool][0][1].late = 0, "late");
    seen(|record, pool| record.shares[pool][0][1].reserved = 0, "reserved");
    seen(|record, pool| record.shares[pool][0][1].reserved_late = 0, "late, reserved");
}
