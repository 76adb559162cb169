//! Hand-worked timelines: a small world in text and the table it must give. Times are seconds from the start.

use crate::story::{at, check, check_with, story, timeline};
use hedgerow::kernel::{Class, Run, simulate, simulate_with_markers};
use hedgerow::record::{PostingKind, RunRecord};
use hedgerow::stats::draw::{Purpose, RunKey, failure_item};
use hedgerow::stats::quantile::exponential_quantile;
use hedgerow::world::EventKind;

/// Pool of 4 chips. x wants 4 for 10 s; y wants 2 for 5 s and comes at 1 s: no room, waits for x, runs 10..15. A chip
/// freed at 10 is usable at 10.
#[test]
fn strict_fifo_waits_for_a_whole_gang() {
    check("pool 4 chips; x at 0 gang 4 for 10; y at 1 gang 2 for 5", "x 0..10 | y 10..15");
}

/// 3 of 4 chips are busy until 10. y wants 2: waits. z wants 1 and would fit, but stands behind y: strict, both start at 10.
#[test]
fn a_blocked_head_blocks_those_behind() {
    check(
        "pool 4 chips strict; x at 0 gang 3 for 10; y at 1 gang 2 for 5; z at 2 gang 1 for 3",
        "x 0..10 | y 10..15 | z 10..13",
    );
}

/// The same queue where whoever fits may pass: z takes the free chip at 2.
#[test]
fn skip_ahead_lets_the_small_one_pass() {
    check(
        "pool 4 chips skip_ahead; x at 0 gang 3 for 10; y at 1 gang 2 for 5; z at 2 gang 1 for 3",
        "x 0..10 | y 10..15 | z 2..5",
    );
}

/// Skip-ahead makes no reservation: y wants all 2 chips and starves while ones keep coming: 0..10, 5..15, then y at 15.
#[test]
fn skip_ahead_may_starve_a_gang() {
    check(
        "pool 2 chips skip_ahead; x at 0 gang 1 for 10; y at 1 gang 2 for 5; z at 5 gang 1 for 10",
        "x 0..10 | y 15..20 | z 5..15",
    );
}

/// One chip. x runs 0..10 and is not taken off; at 10 the important z (priority 5, came at 2) goes before y (came at 1).
#[test]
fn priority_orders_the_queue_and_preempts_nobody() {
    let jobs = "x at 0 gang 1 for 10 priority 0; y at 1 gang 1 for 5 priority 1; z at 2 gang 1 for 5 priority 5";
    check(&format!("pool 1 chips priority; {jobs}"), "x 0..10 | y 15..20 | z 10..15");
    check(&format!("pool 1 chips fifo; {jobs}"), "x 0..10 | y 10..15 | z 15..20");
}

/// Two nodes of 4. x holds 2 on node 0 until 10, y 3 on node 1 until 20 (x leaves 2 free: no room for 3). z wants 1:
/// first fit takes node 0, best fit the fuller node 1. At 10 node 0 is free again after x; w wants a whole node of 4:
/// with best fit it has it at 10, with first fit z still sits there until 25.
#[test]
fn best_fit_keeps_whole_nodes_free() {
    let jobs = "x at 0 gang 2 for 10; y at 1 gang 3 for 19; z at 5 gang 1 for 20; w at 6 gang 4 for 5";
    check(&format!("pool 8 chips nodes 4 best_fit; {jobs}"), "w 10..15 | x 0..10 | y 1..20 | z 5..25");
    check(&format!("pool 8 chips nodes 4 first_fit; {jobs}"), "w 20..25 | x 0..10 | y 1..20 | z 5..25");
}

/// A gang needs whole nodes and at most one partly used: 6 chips on nodes of 4 are 4 + 2. With 3 + 3 free chips there is no
/// whole node, so y waits for 10.
#[test]
fn six_chips_on_two_half_empty_nodes_is_no_room() {
    check(
        "pool 8 chips nodes 4 first_fit; v at 0 gang 1 for 10; w at 0 gang 4 for 1; x at 0 gang 3 for 1; y at 2 gang 6 for 5",
        "v 0..10 | w 0..1 | x 0..1 | y 2..7",
    );
    check(
        "pool 8 chips nodes 4 first_fit; v at 0 gang 3 for 1; w at 0 gang 3 for 10; x at 0 gang 1 for 10; y at 2 gang 6 for 5",
        "v 0..1 | w 0..10 | x 0..10 | y 10..15",
    );
}

const TWO_LABS: &str = "guaranteed = { b = [{ name = \"g\", at = 2026-01-01, chips = 40_000 }] }";

/// 100,000 chips, 40,000 of them b's. a's whole-pool gang at 1 cannot start while b may want its guarantee: it blocks a's
/// own queue (x2) and the uncommitted chips (b's y2 wants 30,000 with 10,000 of its guarantee left: it waits), but not y1
/// and y3, which fit b's guarantee. At 100 all b jobs are over, yet the guarantee stays b's: a never gets the whole pool.
#[test]
fn a_head_blocks_its_own_queue_and_the_uncommitted_chips() {
    let jobs = "x0 at 0 gang 50_000 for 10 of a; x1 at 1 gang 100_000 for 10 of a; x2 at 2 gang 1 for 5 of a; \
                y1 at 2 gang 30_000 for 100 of b; y2 at 3 gang 30_000 for 5 of b"
        .replace('_', "");
    check_with(&format!("pool 100000 chips; {jobs}"), TWO_LABS, "x0 0..10 | x1 - | x2 - | y1 2..102 | y2 102..107");
    // y3 after y1 fits what is left of the guarantee and starts at once.
    let jobs = "x1 at 1 gang 100000 for 10 of a; y1 at 2 gang 30000 for 100 of b; y3 at 3 gang 10000 for 5 of b";
    check_with(&format!("pool 100000 chips; {jobs}"), TWO_LABS, "x1 - | y1 2..102 | y3 3..8");
    // Skip-ahead: the blocked gang of a holds nobody up; y2 takes 10,000 of the guarantee and 20,000 uncommitted.
    let jobs = "x1 at 1 gang 100000 for 10 of a; x2 at 2 gang 1 for 5 of a; y1 at 2 gang 30000 for 100 of b; y2 at 3 gang 30000 for 5 of b";
    check_with(&format!("pool 100000 chips skip_ahead; {jobs}"), TWO_LABS, "x1 - | x2 2..7 | y1 2..102 | y2 3..8");
}

/// 4 chips, all held by a's two gangs of 2 until 10 and 20. From 5 on b is guaranteed 3. b's three ones: two take the
/// chips freed at 10, the third one freed at 20. a's third gang needs 2 uncommitted: there is 1, so it never starts.
#[test]
fn a_guarantee_that_grows_fills_as_chips_are_freed() {
    check_with(
        "pool 4 chips; x1 at 0 gang 2 for 10 of a; x2 at 0 gang 2 for 20 of a; x3 at 1 gang 2 for 5 of a; y1 at 6 gang 1 for 100 of b; y2 at 6 gang 1 for 100 of b; y3 at 6 gang 1 for 100 of b",
        "guaranteed = { b = [{ name = \"g\", at = 2026-01-01T00:00:05, chips = 3 }] }",
        "x1 0..10 | x2 0..20 | x3 - | y1 10..110 | y2 10..110 | y3 20..120",
    );
}

/// No waiting room: y at 1 is refused, z at 10 finds the chip that x frees at 10. One place: y waits, z at 2 is refused.
#[test]
fn a_full_queue_refuses() {
    check(
        "pool 1 chips limit 0; x at 0 gang 1 for 10; y at 1 gang 1 for 5; z at 10 gang 1 for 5",
        "x 0..10 | y - | z 10..15",
    );
    check(
        "pool 1 chips limit 1; x at 0 gang 1 for 10; y at 1 gang 1 for 5; z at 2 gang 1 for 5",
        "x 0..10 | y 10..15 | z -",
    );
    let world = story("pool 1 chips limit 1; x at 0 gang 1 for 10; y at 1 gang 1 for 5; z at 2 gang 1 for 5", "");
    let record = simulate(&world, Run::default());
    assert_eq!(record.workloads.iter().map(|w| w.refused).collect::<Vec<_>>(), [0, 0, 1]);
}

/// 4 chips, 2 busy until 10. At 1 come l (2 chips, priority 0) and z (4 chips, priority 5): z is ahead and does not fit.
/// One may wait: the newest, z, is refused; l is no longer blocked and starts at 1, not at 10.
#[test]
fn a_refused_head_gives_way_at_once() {
    check(
        "pool 4 chips priority limit 1; a at 0 gang 2 for 10 priority 9; l at 1 gang 2 for 5 priority 0; z at 1 gang 4 for 5 priority 5",
        "a 0..10 | l 1..6 | z -",
    );
}

/// A seed under which x fails after 7,200 to 8,640 s of its one chip at 0.05 failures per chip-hour, y after 9,360 to 14,400 s, and
/// neither again for 216,000 s; and x's instant [s], from the recipe of coupling C: u by (purpose, entity, item), E = -ln(1 - u).
fn failing_seed() -> (u64, f64) {
    let thresholds = |seed: u64, name: &str| {
        let key = RunKey { study_seed: seed, draw: 0, replication: 0 };
        let clock = key.prefix(Purpose::Fail, &format!("labs.lab.workloads.{name}"), 0);
        [0, 1].map(|failure| exponential_quantile(clock.unit(failure_item(0, failure))))
    };
    let fits = |[first, second]: [f64; 2], lo: f64, hi: f64| lo < first && first < hi && 3.0 < second;
    let seed = (1..)
        .find(|seed| fits(thresholds(*seed, "x"), 0.10, 0.12) && fits(thresholds(*seed, "y"), 0.13, 0.20))
        .unwrap();
    (seed, (thresholds(seed, "x")[0] / 0.05 * 3.6e9).ceil() / 1e6)
}

/// To the microsecond, as the kernel counts.
pub fn micros(seconds: f64) -> f64 {
    (seconds * 1e6).round() / 1e6
}

/// What the stories of failures share, and when x fails [s].
pub fn fails() -> (String, f64) {
    let (seed, t) = failing_seed();
    (format!("seed = {seed}\nfailures_per_chip_hour = 0.05\nend = 2026-01-20\n[[x]]\nfailures = \"sampled\""), t)
}

/// x fails at t after t of its work, loses all of it, and as its node is back at once (no repair) starts again at t and
/// ends at t + 80,000. Its key is the old one: y, which came in between, waits for x.
#[test]
fn a_failed_gang_re_enters_with_its_own_key() {
    let (toml, t) = fails();
    let jobs = "pool 1 chips; x at 0 gang 1 for 80000; y at 1 gang 1 for 5";
    let (end, after) = (micros(t + 80_000.0), micros(t + 80_005.0));
    check_with(jobs, &toml, &format!("x 0..{end} failed 1 | y {end}..{after}"));
    // Loading takes 100 s: finish and successor move by that much.
    let restart = toml + "\nrestart = \"100s\"";
    let (end, after) = (micros(t + 80_100.0), micros(t + 80_105.0));
    check_with(jobs, &restart, &format!("x 0..{end} failed 1 | y {end}..{after}"));
}

/// x saves for 100 s to make room for h and fails after 50: h starts at t, when x is gone, and ends at t + 5. x has lost everything, and when i
/// comes 995 s later it makes room as if nothing had been: it saves 995 s and until t + 1,100. i ends at t + 1,105, and x has 79,005 s to do
/// and to save.
#[test]
fn a_failure_while_it_makes_room_ends_the_leaving() {
    let (toml, t) = fails();
    let toml = format!("{toml}\ncheckpoint = {{ interval = \"100000s\", cost = \"100s\" }}");
    let jobs = format!(
        "pool 1 chips priority preemption=class; x at 0 gang 1 for 80000 priority 0; h at {} gang 1 for 5 priority 1; i at {} gang 1 for 5 priority 1",
        micros(t - 50.0),
        micros(t + 1_000.0)
    );
    let at = |after: f64| micros(t + after);
    let (h, i) = (at(5.0), (at(1_100.0), at(1_105.0)));
    let expected = format!("h {t}..{h} | i {}..{} | x 0..{} failed 1 yielded 1", i.0, i.1, at(80_210.0));
    check_with(&jobs, &toml, &expected);
}

/// x falls to the next level after 3 h of service. It fails at t, between 2 and 2.4 h, and what it had does not count as nothing: it falls at 3 h,
/// and y, which has had none, goes before it.
#[test]
fn service_before_a_failure_counts() {
    let (toml, t) = fails();
    let jobs = format!(
        "pool 1 chips order=las preemption=order_key las={{levels_chip_hours=[3]}}; x at 0 gang 1 for 80000; y at {} gang 1 for 5",
        micros(t + 100.0)
    );
    check_with(&jobs, &toml, &format!("x 0..{} failed 1 yielded 1 | y 10800..10805", micros(t + 80_005.0)));
}

/// Checkpoints every 1,000 s cost 10 s. By t the cycles of 1,010 s that are whole are kept: x ends at t + what is left.
#[test]
fn a_checkpoint_keeps_whole_cycles() {
    let (toml, t) = fails();
    let cycles = (t / 1010.0).floor();
    let left = 80_000.0 - cycles * 1000.0;
    let end = t + left + (left / 1000.0).ceil() * 10.0;
    let toml = toml + "\ncheckpoint = { interval = \"1000s\", cost = \"10s\" }";
    let world = story("pool 1 chips; x at 0 gang 1 for 80000", &toml);
    let row = simulate(&world, Run::default()).jobs[0];
    assert_eq!(row.failures, 1);
    assert!((row.finished.unwrap().since(world.start).seconds() - end).abs() < 2e-6, "{row:?}, by hand {end}");
}

/// Two chips, two gangs of one for 30,000 s; x fails at t, y later than t but before t + 10,000. A repair takes 10,000 s, and each
/// gang waits for its own node, for the other's is busy or down. One crew is at work on x's until t + 10,000 and then on y's until
/// t + 20,000; two crews give y back 10,000 s after its failure.
#[test]
fn one_crew_repairs_one_node_at_a_time() {
    let (toml, t) = fails();
    let toml = toml + "\n[[y]]\nfailures = \"sampled\"";
    let jobs = "pool 2 chips; x at 0 gang 1 for 30000; y at 0 gang 1 for 30000";
    let ends = |extra: &str| {
        let world = story(jobs, &format!("{extra}\n{toml}"));
        let mut rows = simulate(&world, Run::default()).jobs;
        rows.sort_by_key(|row| row.workload);
        assert!(rows.iter().all(|row| row.failures == 1), "{rows:?}");
        [0, 1].map(|n| rows[n].finished.expect("finishes").since(world.start).seconds())
    };
    let y = ends("")[1] - 30_000.0;
    assert!(t < y && y < t + 10_000.0, "x fails at {t}, y at {y}");
    let repair =
        |crews: u32| format!("repair = {{ time = {{ dist = \"constant\", mean = \"10000s\" }}, crews = {crews} }}");
    assert_eq!(ends(&repair(1)), [micros(t + 40_000.0), micros(t + 50_000.0)]);
    // x comes first in the queue and takes the first node to be repaired.
    assert_eq!(ends(&repair(2)), [micros(t + 40_000.0), micros(y + 40_000.0)]);
}

/// The pool is one chip until 20, when a second is delivered: y, submitted at 20, starts at 20.
#[test]
fn a_delivery_serves_an_arrival_of_its_instant() {
    let toml = "deliveries = [{ name = \"d\", at = 2026-01-01T00:00:20, ordered = 2025-06-01, nodes = 1 }]";
    check_with(
        "pool 1 chips; x at 0 gang 1 for 100; y at 20 gang 1 for 5; z at 5 gang 1 for 10",
        toml,
        "x 0..100 | y 30..35 | z 20..30",
    );
    check_with("pool 1 chips; x at 0 gang 1 for 100; y at 20 gang 1 for 5", toml, "x 0..100 | y 20..25");
}

/// Two chips, both busy; at 5 one is to leave. x ends at 10 and its chip goes: z waits for y's, which ends at 30.
#[test]
fn a_retirement_drains() {
    let toml = "retirements = [{ name = \"r\", at = 2026-01-01T00:00:05, nodes = 1 }]";
    let jobs = "pool 2 chips; x at 0 gang 1 for 10; y at 0 gang 1 for 30; z at 6 gang 1 for 5";
    check_with(jobs, toml, "x 0..10 | y 0..30 | z 30..35");
    // An idle chip leaves at once: y finds one chip.
    check_with("pool 2 chips; x at 6 gang 1 for 10; y at 6 gang 1 for 30", toml, "x 6..16 | y 16..46");
}

/// Both chips are busy when one is to leave. x's fails at t, which is no retirement: down is not free. Repaired at t + 10,000 it
/// leaves then, and does not serve x again: x and z wait for y's, x first, having the older key.
#[test]
fn a_repaired_node_retires_if_one_is_due() {
    let (toml, _) = fails();
    let toml = format!(
        "retirements = [{{ name = \"r\", at = 2026-01-01T00:00:01, nodes = 1 }}]\nrepair = {{ time = {{ dist = \"constant\", mean = \"10000s\" }} }}\n{toml}"
    );
    check_with(
        "pool 2 chips; x at 0 gang 1 for 80000; y at 0 gang 1 for 100000; z at 2 gang 1 for 5",
        &toml,
        "x 0..180000 failed 1 | y 0..100000 | z 180000..180005",
    );
}

/// The first gang runs longer than the interval of 1 d: 2 chips x 1e12 FLOP/s ... campaign k waits for campaign k - 1.
const CAMPAIGNS: &str = r#"
[scenario]
name = "campaigns"
start = 2026-01-01
end = 2026-01-20
spin_up = "0d"
[run]
jobs = true
[clouds.aws]
discount_rate = 0.09
[sites.s]
cloud = "aws"
region = "us-east-2"
pue = 1.1
mw = [{ at = 2025-01-01, mw = 100 }]
power_usd_per_mwh = 60
facility_usd_per_mw_year = 1e5
operations_usd_per_mw_year = 1e5
[pools.rainier]
site = "s"
instance = "trn2.48xlarge"
nodes = 10
failures_per_chip_hour = 0
[labs.a.workloads.frontier]
kind = "pretraining"
flops = FLOPS
chips = 160
pools = ["rainier"]
every = "1d"
campaign_efficiency = 1.0
failures = "off"
mfu = { trn2 = 0.5 }
"#;

/// 160 chips at half of P FLOP/s make one campaign of 160 x 0.5 x P x 2 days last exactly two days. Submitted daily, one at
/// a time: starts at days 0, 2, 4, ... although the tenth submission is on day 9. 19 days: nine finish, the tenth runs.
#[test]
fn a_campaign_waits_for_its_predecessor() {
    let probe = crate::story::world(&CAMPAIGNS.replace("FLOPS", "1e20"));
    let peak = probe.chips.0[0].bf16_tflops.expect("rated") * 1e12;
    let flops = 160.0 * 0.5 * peak * 2.0 * 86_400.0;
    let text = CAMPAIGNS.replace("FLOPS", &format!("{flops:e}"));
    let world = crate::story::world(&text);
    let record = simulate(&world, Run::default());
    let day = |at: Option<hedgerow::units::SimTime>| {
        at.map(|at| (at.since(world.start).seconds() / 86_400.0 * 1e3).round() / 1e3)
    };
    for (n, row) in record.campaigns.iter().enumerate().take(9) {
        assert_eq!(day(Some(row.submitted)), Some(n as f64));
        assert_eq!(
            (day(row.started), day(row.finished)),
            (Some(2.0 * n as f64), Some(2.0 * n as f64 + 2.0)),
            "campaign {n}"
        );
    }
    assert_eq!(day(record.campaigns[9].started), Some(18.0));
    assert_eq!(record.campaigns[9].finished, None);
    assert_eq!(day(record.campaigns[10].started), None);
    // One that has run for 1.5 days at the start (no spin-up) has half a day left; the next is due when its interval of 1 day is
    // over, that is at the start, and waits half a day. Its plan is to finish half a day after the start.
    let aged = text + "[initial.campaigns.running]\nworkload = \"labs.a.workloads.frontier\"\nage = \"36h\"\n";
    let record = simulate(&crate::story::world(&aged), Run::default());
    let first = &record.campaigns[0];
    assert_eq!(
        (day(first.started), day(first.finished), day(Some(first.planned_finish))),
        (Some(0.0), Some(0.5), Some(0.5))
    );
    assert_eq!((day(Some(record.campaigns[1].submitted)), day(record.campaigns[1].started)), (Some(0.0), Some(0.5)));
}

/// A volume of 0.5 keeps the jobs whose mark is below 0.5, a volume of 0.25 a part of the same: rows are subsets, the others
/// are counted as gone elsewhere.
#[test]
fn a_smaller_volume_is_a_subset() {
    let text = |volume: f64| {
        format!(
            "[scenario]\nname = \"v\"\nstart = 2026-01-01\nend = 2026-01-11\nspin_up = \"0d\"\n[run]\njobs = true\n[pools.p]\nchips = 100\n\
             [labs.a.workloads.s]\nkind = \"stream\"\npools = [\"p\"]\nper_day = 100\nvolume = {volume}\nduration = {{ dist = \"constant\", mean = \"1min\" }}\n"
        )
    };
    let items = |volume: f64| {
        let record = simulate(&crate::story::world(&text(volume)), Run::default());
        let mut items: Vec<i64> = record.jobs.iter().map(|row| row.item).collect();
        items.sort_unstable();
        (items, record.workloads[0].submitted, record.workloads[0].thinned)
    };
    let (all, submitted, elsewhere) = items(1.0);
    assert_eq!((all.len() as u64, elsewhere), (submitted, 0));
    let mut before = all;
    for volume in [0.5, 0.25, 0.0] {
        let (kept, ours, gone) = items(volume);
        assert_eq!((ours + gone, kept.len() as u64), (submitted, ours));
        assert!(kept.iter().all(|item| before.contains(item)), "volume {volume} brings nobody new");
        assert!(
            (kept.len() as f64 - volume * submitted as f64).abs() < 100.0,
            "about {volume}: {} of {submitted}",
            kept.len()
        );
        before = kept;
    }
}

// ---- One timeline for every pair of neighbouring classes that have handlers ----
//
// Shock < arrival < schedule can be told apart by what follows; so can finish < failure of one gang, which is decided where an attempt is
// laid out. The other pairs commute in what they do to jobs and money - one pass ends the instant, and a meter read twice at one instant
// adds nothing - so their stories say what must come out either way; that they come in the order of design 5 is what the rows of
// `every_class_in_its_place` show.

/// Finish < failure: a job whose work ends at the very instant of its failure has finished; a microsecond more, and it fails.
#[test]
fn finish_before_failure() {
    let (toml, t) = fails();
    check_with(&format!("pool 1 chips; x at 0 gang 1 for {t}"), &toml, &format!("x 0..{t}"));
    let longer = micros(t + 1e-6);
    let end = micros(t + longer);
    check_with(&format!("pool 1 chips; x at 0 gang 1 for {longer}"), &toml, &format!("x 0..{end} failed 1"));
}

/// Failure < supply: x fails at t and its node is down for good; the node delivered at t is there when the pass comes: x
/// restarts at t and ends t + 80,000. Delivered a second later, a second later.
#[test]
fn failure_before_supply() {
    let (toml, t) = fails();
    let (whole, fraction) = (t.floor() as i64, ((t - t.floor()) * 1e6).round() as u32);
    for (late, end) in [(0, t + 80_000.0), (1, t + 80_001.0)] {
        let s = whole + late;
        let date = format!(
            "2026-01-{:02}T{:02}:{:02}:{:02}.{fraction:06}",
            1 + s / 86_400,
            s / 3600 % 24,
            s / 60 % 60,
            s % 60
        );
        let toml = format!(
            "repair = {{ time = {{ dist = \"constant\", mean = \"90d\" }} }}\n\
             deliveries = [{{ name = \"d\", at = {date}, ordered = 2025-06-01, nodes = 1 }}]\n{toml}"
        );
        let end = micros(end);
        check_with("pool 1 chips; x at 0 gang 1 for 80000", &toml, &format!("x 0..{end} failed 1"));
    }
}

/// A guarantee that a strategy sets at `decide_at` is in force from then on, as a row of the events, and nothing before differs: of two
/// chips one is a's until 10 s, and from then on both, so that b's jobs of 12 s wait where they would have started.
#[test]
fn a_strategy_sets_a_guarantee_at_the_decision() {
    let text = "[scenario]\nname = \"sets\"\nstart = 2026-01-01\nend = 2026-01-02\ndecide_at = 2026-01-01T00:00:10\n[run]\njobs = true\n[pools.p]\nchips = 2\n\
                guaranteed.a = [{ name = \"g\", at = 2026-01-01, chips = 1 }]\n\
                [labs.a.workloads.w]\nkind = \"trace\"\npools = [\"p\"]\nfile = \"a.csv\"\n\
                [labs.b.workloads.w]\nkind = \"trace\"\npools = [\"p\"]\nfile = \"b.csv\"\n\
                [strategies.stays]\n[strategies.sets]\nset = { \"pools.p.guaranteed.a.g.chips\" = 2 }\n";
    let rows = |rows: &str| format!("submit_s,chips,duration_s\n{rows}");
    let files = [("a.csv".to_owned(), rows("1,1,4\n")), ("b.csv".to_owned(), rows("1,1,4\n12,1,20\n12,1,20\n"))];
    let plan = crate::story::plan(text, &files.into_iter().collect());
    let [stays, sets] = [0, 1].map(|cell| simulate(&plan.cells[cell].world, Run::default()));
    let started = |record: &RunRecord| {
        let mut rows: Vec<(usize, i64, u64)> = record
            .jobs
            .iter()
            .map(|row| (row.workload.index(), row.item, row.started.map_or(0, |at| at.0 / 1_000_000)))
            .collect();
        rows.sort_unstable();
        rows
    };
    // (workload, item, start [s] or 0): b's two jobs of 12 s take the chip that is nobody's in turn, or there is none.
    assert_eq!(started(&stays), [(0, 0, 1), (1, 0, 1), (1, 1, 12), (1, 2, 32)]);
    assert_eq!(started(&sets), [(0, 0, 1), (1, 0, 1), (1, 1, 0), (1, 2, 0)]);
    let guarantees = |record: &RunRecord| {
        let rows = record.events.iter().filter(|row| row.change.kind == EventKind::Guaranteed);
        rows.map(|row| (row.at.0 / 1_000_000, row.change.value)).collect::<Vec<_>>()
    };
    assert_eq!(guarantees(&stays), [(0, 1)]);
    assert_eq!(guarantees(&sets), [(0, 1), (10, 2)]);
}

/// Shock < arrival: a lab moves its work elsewhere at 5; what it would have submitted at 5 is gone, what it did a second before is
/// not. And a guarantee that begins at 5 holds for the arrivals of 5: a's two find one uncommitted chip of two.
#[test]
fn shock_before_arrival() {
    let text = "[scenario]\nname = \"moves\"\nstart = 2026-01-01\nend = 2026-01-02\ndecide_at = 2026-01-01T00:00:05\n[run]\njobs = true\n[pools.p]\nchips = 4\n\
                [labs.a.workloads.w]\nkind = \"trace\"\npools = [\"p\"]\nfile = \"w.csv\"\n\
                [strategies.stays]\n[strategies.moves]\nset = { \"labs.a.workloads.w.volume\" = 0 }\n";
    for (at, elsewhere) in [(4, 0), (5, 1), (6, 1)] {
        let files = [("w.csv".to_owned(), format!("submit_s,chips,duration_s\n{at},1,10\n"))].into_iter().collect();
        let gone = crate::story::plan(text, &files)
            .cells
            .iter()
            .map(|cell| simulate(&cell.world, Run::default()).workloads[0].thinned)
            .collect::<Vec<_>>();
        assert_eq!(gone, [0, elsewhere], "submitted at {at}");
    }
    let toml = "guaranteed = { b = [{ name = \"g\", at = 2026-01-01T00:00:05, chips = 1 }] }\n[labs.b]";
    check_with("pool 2 chips; x at 5 gang 1 for 10 of a; y at 5 gang 1 for 10 of a", toml, "x 5..15 | y 15..25");
    check_with("pool 2 chips; x at 4 gang 1 for 10 of a; y at 4 gang 1 for 10 of a", toml, "x 4..14 | y 4..14");
}

/// Arrival < schedule: of two arrivals at 5 the important one goes first, though it arrives second.
#[test]
fn arrival_before_schedule() {
    check(
        "pool 1 chips priority; x at 5 gang 1 for 10 priority 0; y at 5 gang 1 for 10 priority 1",
        "x 15..25 | y 5..15",
    );
}

/// All fifteen classes at one instant, put in backwards: the rows stand in the order of design 5, and the delivery of the
/// instant, a real event, stands with its class.
#[test]
fn every_class_in_its_place() {
    let toml = "deliveries = [{ name = \"d\", at = 2026-01-01T00:00:20, ordered = 2025-06-01, nodes = 1 }]";
    let world = story("pool 1 chips; x at 0 gang 1 for 20; y at 20 gang 2 for 5", toml);
    let markers: Vec<_> = Class::ALL.iter().rev().map(|class| (at(&world, 20.0), *class)).collect();
    let record = simulate_with_markers(&world, Run::default(), &markers);
    let rows: Vec<_> = record.events.iter().filter(|row| row.at == at(&world, 20.0)).collect();
    let classes: Vec<u8> =
        rows.iter().filter(|row| row.change.kind == EventKind::Marker).map(|row| row.class).collect();
    assert_eq!(classes, [10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120, 130, 140, 150]);
    assert!(rows.is_sorted_by_key(|row| row.class));
    let delivery = rows.iter().position(|row| row.change.kind == EventKind::Delivery).expect("delivered");
    assert_eq!((rows[delivery].class, rows.len()), (40, 16));
    // x ended, the chip came, y arrived, and the pass came after all three: y has both chips at 20.
    assert_eq!(timeline(&world, &record), "x 0..20 | y 20..25");
    assert_eq!(record.jobs, simulate(&world, Run::default()).jobs, "markers change nothing");
}

/// One pool of 2 real chips on 10 nodes of 1, priced at 1 USD, to 2 USD on 1 February; the lab's contract of one year from
/// 1 February 2025 pays half of list, and so does the year after.
fn money(extra: &str) -> String {
    format!(
        r#"
[scenario]
name = "money"
start = 2026-01-01
end = 2026-04-01
[run]
jobs = true
[clouds.aws]
discount_rate = 0.09
[sites.s]
cloud = "aws"
region = "us-east-2"
pue = 1.0
mw = [{{ at = 2025-01-01, mw = 100 }}]
power_usd_per_mwh = 60
facility_usd_per_mw_year = 1e5
operations_usd_per_mw_year = 1e5
[pools.rainier]
site = "s"
instance = "trn2.48xlarge"
nodes = 1
{extra}
[pools.rainier.prices.on_demand]
usd_per_chip_hour = 1
source = "test"
as_of = 2026-01-01
steps = [{{ name = "rise", at = 2026-02-01, usd_per_chip_hour = 2 }}]
[contracts.a]
between = ["a", "aws"]
start = 2025-02-01
commit = {{ usd = 120_000, years = 2 }}
price = {{ ratio_to = "on_demand", ratio = 0.5 }}
[labs.a.workloads.t]
kind = "trace"
pools = ["rainier"]
file = "t.csv"
price = "contract"
"#
    )
}

fn money_run(extra: &str, trace: &str) -> (hedgerow::world::World, hedgerow::record::RunRecord) {
    let files = [("t.csv".to_owned(), format!("submit_s,chips,duration_s\n{trace}"))].into_iter().collect();
    let world = crate::story::world_with(&money(extra), &files);
    let record = simulate(&world, Run::default());
    hedgerow::finance::reconcile::reconcile(&world, &record).unwrap();
    (world, record)
}

fn usd(record: &hedgerow::record::RunRecord, kind: PostingKind, month: u16) -> f64 {
    record.postings.iter().filter(|p| p.kind == kind && p.month == month).map(|p| p.amount.0 as f64 / 1e6).sum()
}

/// Contract period end < month close < price step: 10 chips from the start to 1 March. January: 10 x 744 h x 0.5 USD = 3,720; the
/// year that ends on 1 February has drawn exactly that. February at 1.0: 10 x 672 h = 6,720, booked in February.
#[test]
fn period_end_before_month_close_before_price_step() {
    let (_, record) = money_run("", "0,10,5097600");
    assert_eq!(
        (usd(&record, PostingKind::Usage, 0), usd(&record, PostingKind::Usage, 1), usd(&record, PostingKind::Usage, 2)),
        (3720.0, 6720.0, 0.0)
    );
    let period = record.periods.iter().find(|row| row.closed).expect("a year ends on 1 February");
    assert_eq!(period.drawn.0, 3_720_000_000);
    let segments: Vec<u16> = record.meters.iter().filter(|m| m.kind == PostingKind::Usage).map(|m| m.segment).collect();
    assert_eq!(
        segments.first().zip(segments.last()).map(|(a, b)| b - a),
        Some(1),
        "one price step, on the boundary: {segments:?}"
    );
}

/// A failure that cuts entitlements bills every tenant anew. One node of 16 for a and one for b, each guaranteed 16 and held whole by
/// a gang; a's node fails and stays down: 16 up of 32 promised, so each is entitled to 8. From then on b's gang holds 8 beyond it:
/// offered + billed = 16 all the time.
#[test]
fn a_failure_bills_the_other_tenants_too() {
    let text = money(
        "nodes_GUARANTEED",
    )
    .replace("nodes = 1\nnodes_GUARANTEED", "nodes = 2\nguaranteed = { a = [{ name = \"g\", at = 2025-12-01, chips = 16 }], b = [{ name = \"g\", at = 2025-12-01, chips = 16 }] }\nfailures_per_chip_hour = 1e-3\nrepair = { time = { dist = \"constant\", mean = \"1y\" } }")
        + "failures = \"sampled\"\n[contracts.b]\nbetween = [\"b\", \"aws\"]\nstart = 2025-02-01\nprice = { ratio_to = \"on_demand\", ratio = 0.5 }\n[labs.b.workloads.t]\nkind = \"trace\"\npools = [\"rainier\"]\nfile = \"t.csv\"\nfailures = \"off\"\n";
    let files = [("t.csv".to_owned(), "submit_s,chips,duration_s\n0,16,9000000\n".to_owned())].into_iter().collect();
    let world = crate::story::world_with(&text, &files);
    let record = simulate(&world, Run::default());
    assert_eq!(record.workloads[0].failures, 1);
    let b = hedgerow::world::TenantId::new(1);
    let mut cut = 0;
    for (month, cell) in record.cells[1].iter().enumerate() {
        let offered = record.shares[0][b.index()][month].offered;
        assert_eq!(offered + cell.billed, cell.allocated, "month {month}: b holds 16 all the time");
        cut += cell.billed;
    }
    assert!(cut > 0, "the failure came and cut b's entitlement");
}

/// Supply < contract period end: 16 chips guaranteed on 16 of which, until 1 February, a delivery is late: 32 guaranteed, 16 up.
/// January: 16 x 744 offered at 0.5 = 5,952 drawn, the other 16 excused at the same price. The delivery of 1 February counts for the
/// next year only.
#[test]
fn supply_before_period_end() {
    let (_, record) = money_run(
        "deliveries = [{ name = \"d\", at = 2026-02-01, ordered = 2025-06-01, nodes = 1 }]\nguaranteed = { a = [{ name = \"g\", at = 2025-12-01, chips = 32 }] }",
        "0,10,3600",
    );
    let period = record.periods.iter().find(|row| row.closed).expect("a year ends on 1 February");
    assert_eq!((period.drawn.0, period.excused.0), (5_952_000_000, 5_952_000_000));
    assert_eq!(usd(&record, PostingKind::Reservation, 1), 32.0 * 672.0);
    assert_eq!(usd(&record, PostingKind::Usage, 0), 0.0, "what the guarantee covers is not billed again");
}

/// Price step < shock: a guarantee that begins on 1 February, when the price steps, is billed at the new price from its first
/// microsecond: 16 x 672 x 1.0, and no line at the old price.
#[test]
fn price_step_before_shock() {
    let (_, record) = money_run("guaranteed = { a = [{ name = \"g\", at = 2026-02-01, chips = 16 }] }", "0,1,3600");
    assert_eq!(
        (usd(&record, PostingKind::Reservation, 0), usd(&record, PostingKind::Reservation, 1)),
        (0.0, 16.0 * 672.0)
    );
    assert!(record.postings.iter().filter(|p| p.kind == PostingKind::Reservation).all(|p| p.rate.0 == 1_000_000_000));
}

/// Month close: usage in [a, b) is a's. A job that ends exactly at the end of January (2,678,400 s) is January's alone, one that
/// starts then is February's alone.
#[test]
fn usage_belongs_to_the_month_it_was_used_in() {
    let (_, record) = money_run("", "0,10,2678400\n2678400,4,3600");
    let hours = |month: usize| record.cells[0][month].allocated as f64 / 3.6e9;
    assert_eq!((hours(0), hours(1)), (7440.0, 4.0));
    assert_eq!((usd(&record, PostingKind::Usage, 0), usd(&record, PostingKind::Usage, 1)), (3720.0, 4.0));
    assert_eq!(record.cells[0][0].productive as f64 / 3.6e9, 7440.0);
}

/// At the end finish and month close run, arrival and schedule do not. x ends at 86,400 = end: finished. y waits for its chip
/// and does not start; z, submitted at the end, is not submitted to anyone.
#[test]
fn the_end_finishes_and_starts_nothing() {
    let jobs = "pool 1 chips; x at 0 gang 1 for 86400; y at 5 gang 1 for 5";
    check(jobs, "x 0..86400 | y -");
    let world = story(&format!("{jobs}; z at 86400 gang 1 for 5"), "");
    let record = simulate(&world, Run::default());
    assert_eq!(timeline(&world, &record), "x 0..86400 | y -");
    assert_eq!(
        record.workloads.iter().map(|w| (w.submitted, w.started, w.unstarted)).collect::<Vec<_>>(),
        [(1, 1, 0), (1, 0, 1), (0, 0, 0)]
    );
    assert_eq!(record.workloads[1].waits.count(), 1, "its wait so far enters as a lower bound");
}

/// A guarantee that begins while another lab sits there. Two nodes of 16; b's gang of 32 holds both for ten days, and a is guaranteed 16 from
/// the fifth on (120 h): a is offered none of it and pays nothing, at 0.5 x 16 x 120 = 960 excused as blocked; b pays for its gang
/// alone, 32 x 240 h. The day after, a has 16 offered: 0.5 x 16 x 504 h = 4,032 for the 21 days left of January.
#[test]
fn a_blocked_guarantee_is_not_billed() {
    let text = money("GUARANTEED").replace(
        "nodes = 1\nGUARANTEED",
        "nodes = 2\nguaranteed = { a = [{ name = \"g\", at = 2026-01-06, chips = 16 }] }",
    ) + "[contracts.b]\nbetween = [\"b\", \"aws\"]\nstart = 2025-02-01\nprice = { ratio_to = \"on_demand\", ratio = 0.5 }\n\
         [labs.b.workloads.t]\nkind = \"trace\"\npools = [\"rainier\"]\nfile = \"b.csv\"\nprice = \"on_demand\"\n";
    let files =
        [("t.csv", "submit_s,chips,duration_s\n1728000,1,1\n"), ("b.csv", "submit_s,chips,duration_s\n0,32,864000\n")];
    let files = files.into_iter().map(|(name, text)| (name.to_owned(), text.to_owned())).collect();
    // a's one job comes on the 21st, inside its guarantee.
    let world = crate::story::world_with(&text, &files);
    let record = simulate(&world, Run::default());
    hedgerow::finance::reconcile::reconcile(&world, &record).unwrap();
    let hour = 3_600_000_000u128;
    let share = record.shares[0][0][0];
    assert_eq!(
        (share.guaranteed, share.offered, share.late, share.blocked),
        (16 * 624 * hour, 16 * 504 * hour, 0, 16 * 120 * hour)
    );
    assert_eq!(usd(&record, PostingKind::Reservation, 0), 4_032.0);
    let period = record.periods.iter().find(|row| row.closed).expect("a year ends on 1 February");
    assert_eq!((period.excused.usd(), period.blocked.usd()), (960.0, 960.0));
}

/// Reserved chips on which gangs sit: one node of 16, held by a gang for ten days; b reserves it from the fifth day on.
#[test]
fn a_blocked_reservation_is_not_billed() {
    let text = money("reserved = { b = [{ name = \"r\", at = 2026-01-06, chips = 16 }] }")
        + "[labs.b]\n[contracts.b]\nbetween = [\"b\", \"aws\"]\nstart = 2026-01-01\nprice = { ratio_to = \"on_demand\", ratio = 0.5 }\n";
    let files = [("t.csv".to_owned(), "submit_s,chips,duration_s\n0,16,864000\n".to_owned())].into_iter().collect();
    let world = crate::story::world_with(&text, &files);
    let record = simulate(&world, Run::default());
    hedgerow::finance::reconcile::reconcile(&world, &record).unwrap();
    let (share, hour) = (record.shares[0][1][0], 3_600_000_000u128);
    let parts = (share.reserved_offered, share.reserved_late, share.reserved_blocked);
    assert_eq!(parts, (16 * 504 * hour, 0, 16 * 120 * hour));
    assert_eq!(usd(&record, PostingKind::ReservedInference, 0), 4_032.0);
}

/// A contract signed on 2025-04-20, two years of 1,000,000, ended on 2026-02-01: 31 days of the year under way are owed, 1e6 x 31/365 =
/// 84,931.506849, whatever the spin-up, less 1 USD of usage.
#[test]
fn the_spin_up_owes_nothing() {
    for spin_up in ["0d", "56d"] {
        let text = money("")
            .replace("[scenario]\n", &format!("[scenario]\nspin_up = \"{spin_up}\"\ndecide_at = 2026-02-01\n"))
            .replace(
                "start = 2025-02-01\ncommit = { usd = 120_000, years = 2 }",
                "start = 2025-04-20\ncommit = { usd = 2e6, years = 2 }",
            )
            .replace("price = \"contract\"", "price = \"on_demand\"")
            + "[bets.a]\nhost = [\"contracts.a\"]\n[strategies.neither]\nwithout = [\"a\"]\n";
        let files = [("t.csv".to_owned(), "submit_s,chips,duration_s\n0,1,3600\n".to_owned())].into_iter().collect();
        let world = crate::story::world_with(&text, &files);
        let record = simulate(&world, Run::default());
        hedgerow::finance::reconcile::reconcile(&world, &record).unwrap();
        assert_eq!(usd(&record, PostingKind::Shortfall, 1), 84_930.506849, "{spin_up}");
    }
}

/// What is owed on a day does not depend on where the study stops. Four years of 15,000, 15,000, 30,000 and 60,000 from 1 February 2025; on
/// 1 April 2026 the second has drawn February's 6,720: 8,280 + 30,000 + 60,000 are left, be the end then, in the third year or in the
/// fourth. Beyond the horizon lies what is owed at the end.
#[test]
fn the_horizon_owes_nothing() {
    let at_april = |end: &str| {
        let text = money("")
            .replace("years = 2 }", "years = 4, ramp = [1, 1, 2, 4] }")
            .replace("end = 2026-04-01", &format!("end = {end}"));
        let files =
            [("t.csv".to_owned(), "submit_s,chips,duration_s\n0,10,5097600\n".to_owned())].into_iter().collect();
        let world = crate::story::world_with(&text, &files);
        let record = simulate(&world, Run::default());
        hedgerow::finance::reconcile::reconcile(&world, &record).unwrap();
        let contract = hedgerow::world::ContractId::new(0);
        let left = hedgerow::finance::commitment::remaining(
            &world,
            &record,
            contract,
            world.months[2] + (world.months[1].since(world.months[0])),
        );
        let beyond = hedgerow::finance::commitment::beyond_horizon(&world, &record, contract);
        (left.map(|m| m.usd()), beyond.map(|m| m.usd()))
    };
    assert_eq!(at_april("2026-04-01"), (Some(98_280.0), Some(98_280.0)));
    assert_eq!(at_april("2027-06-01"), (Some(98_280.0), Some(90_000.0)));
    assert_eq!(at_april("2028-12-01"), (Some(98_280.0), Some(60_000.0)));
}

/// The last contract year ends on 1 February: its true-up and, in the class of shocks, the contract's end; what is paid at the same price after
/// it is drawn on nothing.
#[test]
fn a_term_ends() {
    let text = money("").replace("years = 2 }", "years = 1 }").replace(
        "ratio_to = \"on_demand\", ratio = 0.5 }",
        "ratio_to = \"on_demand\", ratio = 0.5, until = 2027-01-01 }",
    );
    let files = [("t.csv".to_owned(), "submit_s,chips,duration_s\n0,10,5097600\n".to_owned())].into_iter().collect();
    let world = crate::story::world_with(&text, &files);
    let record = simulate(&world, Run::default());
    hedgerow::finance::reconcile::reconcile(&world, &record).unwrap();
    let ends = record.events.iter().filter(|row| row.change.kind == hedgerow::world::EventKind::ContractEnd);
    let february = world.months[1];
    assert_eq!(ends.map(|row| (row.at, row.class)).collect::<Vec<_>>(), [(february, Class::Shock as u8)]);
    // January at 0.5, 31 of 365 days of 120,000; February at 1.0.
    let told: Vec<_> = record.periods.iter().map(|row| (row.at, row.drawn.usd(), row.closed)).collect();
    assert_eq!(told, [(february, 3_720.0, true)]);
    assert_eq!(usd(&record, PostingKind::Usage, 1), 6_720.0);
    assert_eq!(
        hedgerow::finance::commitment::beyond_horizon(&world, &record, hedgerow::world::ContractId::new(0)),
        None
    );
}
