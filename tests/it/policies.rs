//! What each part of the composition does where it differs from FIFO, by hand: small worlds in a line and the table they must give.

use crate::story::{check, check_with};

/// One chip. a runs 0..10; of those that wait then, c is shorter.
#[test]
fn sjf_takes_the_shortest_of_those_that_wait() {
    check(
        "pool 1 chips order=sjf; a at 0 gang 1 for 10; b at 1 gang 1 for 5; c at 2 gang 1 for 3",
        "a 0..10 | b 13..18 | c 10..13",
    );
}

/// b needs 3 s when a has 8 left: a is taken off at 2 and goes on at 5. c needs 9 when a has 7 left at 6: it waits.
#[test]
fn srtf_takes_off_who_has_longer_to_go() {
    check(
        "pool 1 chips order=srtf preemption=order_key; a at 0 gang 1 for 10; b at 2 gang 1 for 3; c at 6 gang 1 for 9",
        "a 0..13 yielded 1 | b 2..5 | c 13..22",
    );
}

/// Without preemption SRTF is SJF.
#[test]
fn srtf_without_preemption_waits() {
    check(
        "pool 1 chips order=srtf; a at 0 gang 1 for 10; b at 2 gang 1 for 3; c at 3 gang 1 for 2",
        "a 0..10 | b 12..15 | c 10..12",
    );
}

const CHECKPOINTS: &str = "[[low]]\ncheckpoint = { interval = \"4s\", cost = \"1s\" }\nrestart = \"2s\"";

/// Low works 4 s, saves 1 s, works 1 s and has done 5 of 10 when high comes at 6; it saves for 1 s, high runs 7..10. Then low loads for 2 s,
/// has 5 to do: 4, saves, 1, saves: 10 + 2 + 5 + 2 = 19. It has lost nothing.
#[test]
fn a_graceful_yield_saves_first_and_loses_nothing() {
    check_with(
        "pool 1 chips priority preemption=class; low at 0 gang 1 for 10 priority 0; high at 6 gang 1 for 3 priority 1",
        CHECKPOINTS,
        "high 7..10 | low 0..19 yielded 1",
    );
}

/// The same, leaving at once: what low did since its last checkpoint (1 s) is lost, and it has 6 to do: 9 + 2 + 6 + 2 = 19.
#[test]
fn an_abrupt_yield_loses_what_is_not_saved() {
    check_with(
        "pool 1 chips priority preemption=class yield=abrupt; low at 0 gang 1 for 10 priority 0; high at 6 gang 1 for 3 priority 1",
        CHECKPOINTS,
        "high 6..9 | low 0..19 yielded 1",
    );
}

/// A job that finishes before its last checkpoint would be written just finishes: low has 0.5 s to go and its final checkpoint of 1 s.
#[test]
fn nobody_is_made_to_save_what_is_nearly_done() {
    check_with(
        "pool 1 chips priority preemption=class; low at 0 gang 1 for 4 priority 0; high at 4.5 gang 1 for 3 priority 1",
        CHECKPOINTS,
        "high 5..8 | low 0..5",
    );
}

/// Four chips: a (2 chips, 9 s to go), b (1 chip) and c (1 chip) of the lowest class; d needs 2. Least chip-time is lost by b and c (2 s to
/// load each) against a (2 chips x 2 s): equal, so the latest first: c, then b.
#[test]
fn victims_are_as_few_and_as_cheap_as_can_be() {
    let text = "pool 4 chips priority preemption=class; a at 0 gang 2 for 10 priority 0; b at 0 gang 1 for 10 priority 0; \
                c at 0 gang 1 for 10 priority 0; d at 1 gang 2 for 3 priority 1";
    let restarts = "[[a]]\nrestart = \"2s\"\n[[b]]\nrestart = \"2s\"\n[[c]]\nrestart = \"2s\"";
    // b and c load for 2 s at 4 and have 9 to do.
    check_with(text, restarts, "a 0..10 | b 0..15 yielded 1 | c 0..15 yielded 1 | d 1..4");
}

/// A class takes nobody off within itself, nor another lab's job.
#[test]
fn preemption_stays_within_a_tenant_and_goes_down_only() {
    check(
        "pool 1 chips priority preemption=class; a at 0 gang 1 for 10 of ada priority 0; b at 1 gang 1 for 3 of bob priority 5",
        "a 0..10 | b 10..13",
    );
    check(
        "pool 1 chips priority preemption=class; a at 0 gang 1 for 10 priority 1; b at 1 gang 1 for 3 priority 1",
        "a 0..10 | b 10..13",
    );
}

/// One level, turns of 1 s: a, b, a, b, a.
#[test]
fn las_takes_turns_within_a_level() {
    check(
        "pool 1 chips order=las preemption=order_key las={quantum=\"1s\"}; a at 0 gang 1 for 3; b at 0 gang 1 for 2",
        "a 0..5 yielded 2 | b 1..4 yielded 1",
    );
}

/// Level 1 from 2 chip-seconds on. a has had them at 2 and falls; b, with none, takes its place until 3. c has two chips: it falls at 5, one
/// second after its start, and a of the same level has waited for longer.
#[test]
fn las_levels_count_chip_time() {
    let levels = "las={levels_chip_hours=[0.00055555555555]}";
    check(
        &format!("pool 1 chips order=las preemption=order_key {levels}; a at 0 gang 1 for 5; b at 1 gang 1 for 1"),
        "a 0..6 yielded 1 | b 2..3",
    );
    check(
        &format!("pool 2 chips order=las preemption=order_key {levels}; a at 0 gang 2 for 5; c at 0.5 gang 2 for 3"),
        "a 0..6 yielded 1 | c 1..8 yielded 1",
    );
}

/// Four chips, two labs: bob holds nothing when ada's second comes to its turn, so that bob's go first until each holds two.
#[test]
fn fair_share_serves_who_has_least() {
    let text = "pool 4 chips order=fair_share; z at 0 gang 4 for 10 of cy; a at 1 gang 1 for 5 of ada; b at 2 gang 1 for 5 of ada; \
                c at 3 gang 1 for 5 of ada; d at 4 gang 1 for 5 of ada; e at 5 gang 1 for 5 of bob; f at 6 gang 1 for 5 of bob";
    check(text, "a 10..15 | b 10..15 | c 15..20 | d 15..20 | e 10..15 | f 10..15 | z 0..10");
    // With a weight of 3 against 1, ada holds three of four: a (0 = 0, first by submission), e (0 < 1/4), then ada at 1/3 and 2/3 against 1.
    let weighted = text.replace("order=fair_share", "order=fair_share weights={ada=3,bob=1}");
    check(&weighted, "a 10..15 | b 10..15 | c 10..15 | d 15..20 | e 10..15 | f 15..20 | z 0..10");
}

/// y needs all four chips from 10 on. z would be gone by then and passes; w would not and waits until y is done.
#[test]
fn easy_lets_pass_who_does_not_delay_the_head() {
    check(
        "pool 4 chips backfill=easy; x at 0 gang 3 for 10; y at 1 gang 4 for 5; z at 2 gang 1 for 8; w at 10 gang 1 for 9",
        "w 15..24 | x 0..10 | y 10..15 | z 2..10",
    );
    check(
        "pool 4 chips backfill=easy; x at 0 gang 3 for 10; y at 1 gang 4 for 5; w at 3 gang 1 for 9",
        "w 15..24 | x 0..10 | y 10..15",
    );
    // y leaves one chip over: whoever takes that may stay.
    check(
        "pool 4 chips backfill=easy; x at 0 gang 3 for 10; y at 1 gang 3 for 5; w at 3 gang 1 for 9",
        "w 3..12 | x 0..10 | y 10..15",
    );
}

/// c (four chips) is planned for 15; d would take the chip that b leaves over until 23. EASY looks at b alone and lets d pass; conservative
/// plans d behind c.
#[test]
fn conservative_keeps_every_planned_start() {
    let jobs = "a at 0 gang 2 for 10; b at 1 gang 3 for 5; c at 2 gang 4 for 4; d at 3 gang 1 for 20";
    check(&format!("pool 4 chips backfill=easy; {jobs}"), "a 0..10 | b 10..15 | c 23..27 | d 3..23");
    check(&format!("pool 4 chips backfill=conservative; {jobs}"), "a 0..10 | b 10..15 | c 15..19 | d 19..39");
}

/// Two nodes of 4. a has 2 chips of each when b (a whole node) comes: `spread` put them so. Packed, b starts at once.
#[test]
fn spread_leaves_no_whole_node() {
    let jobs = "a at 0 gang 2 for 10; c at 0 gang 2 for 8; b at 1 gang 4 for 5";
    check(&format!("pool 8 chips nodes 4 best_fit; {jobs}"), "a 0..10 | b 1..6 | c 0..8");
    check(&format!("pool 8 chips nodes 4 placement=spread; {jobs}"), "a 0..10 | b 8..13 | c 0..8");
}

/// 8 nodes of 8, 32 one-chip jobs of 10 to 41 s, then a gang of four whole nodes. Packed they fill nodes 0-3: it starts at once. Spread, each
/// node has four; the four nodes whose last job ends first are free when job 28 of 32 ends: jobs are dealt out in turn, so node k has jobs k,
/// k + 8, k + 16 and k + 24, and node 3's last is job 27, which ends at 10 + 27.
#[test]
fn a_gang_of_whole_nodes_finds_them_where_jobs_are_packed() {
    let small: String = (0..32).map(|n| format!("; j{n:02} at 0 gang 1 for {}", 10 + n)).collect();
    for (placement, start) in [("best_fit", 1), ("spread", 37)] {
        let world = crate::story::story(
            &format!("pool 64 chips nodes 8 placement={placement}{small}; whole at 1 gang 32 for 5"),
            "",
        );
        let record = hedgerow::kernel::simulate(&world, hedgerow::kernel::Run::default());
        let table = crate::story::timeline(&world, &record);
        assert!(table.ends_with(&format!("whole {start}..{}", start + 5)), "{placement}: {table}");
    }
}

/// Nobody waits longer than 4 s: b goes to the cloud at 5 and c, which fits at 10, does not. With no wait at all, b goes at once.
#[test]
fn who_has_waited_for_long_overflows() {
    let jobs = "a at 0 gang 2 for 10; b at 1 gang 1 for 3; c at 7 gang 1 for 3";
    let cloud = "[pools.cloud]\nunlimited = true";
    let rule = |after: &str| format!("pool 2 chips overflow={{after=\"{after}\",to=\"cloud\"}}; {jobs}");
    check_with(&rule("4s"), cloud, "a 0..10 | b 5..8 | c 10..13");
    check_with(&rule("0s"), cloud, "a 0..10 | b 1..4 | c 7..10");
    // Chips freed at the instant at which a wait ends come too late: the wait is over first.
    check_with(&rule("3s"), cloud, "a 0..10 | b 4..7 | c 10..13");
}

/// low runs for 10 s, is taken off, and has waited for a minute anew at 70: its last 40 s are in the cloud. late waits from 20 to 80. With no wait at
/// all low stays in its queue: in the cloud at once, it could be taken off for nothing.
#[test]
fn who_is_taken_off_waits_anew_and_overflows() {
    let jobs = "high at 10 gang 1 for 300 priority 5; late at 20 gang 1 for 50; low at 0 gang 1 for 50";
    let cloud = "[pools.cloud]\nunlimited = true";
    let rule = |after: &str| {
        format!("pool 1 chips priority preemption=class overflow={{after=\"{after}\",to=\"cloud\"}}; {jobs}")
    };
    check_with(&rule("60s"), cloud, "high 10..310 | late 80..130 | low 0..110 yielded 1");
    check_with(&rule("0s"), cloud, "high 10..310 | late 20..70 | low 0..350 yielded 1");
}

/// The pool is dark from 10 on. x loses what it did, waits for a minute anew and does all of it in the cloud; y, which came at 20, goes at 80.
#[test]
fn who_failed_waits_anew_and_overflows() {
    check_with(
        "pool 1 chips overflow={after=\"60s\",to=\"cloud\"}; x at 0 gang 1 for 50; y at 20 gang 1 for 5",
        "outages.o = { at = 2026-01-01T00:00:10, duration = \"1h\" }\n[pools.cloud]\nunlimited = true",
        "x 0..120 | y 80..85",
    );
}

/// Two chips; huge asks for three. It holds the strict queue for a minute, so that b starts at 61 on what a left at 10; those who pass it do not wait.
#[test]
fn who_never_fits_holds_a_strict_queue_until_it_overflows() {
    let jobs = "a at 0 gang 2 for 10; b at 2 gang 1 for 5; huge at 1 gang 3 for 7";
    let rule = |how: &str| format!("pool 2 chips {how} overflow={{after=\"60s\",to=\"cloud\"}}; {jobs}");
    let cloud = "[pools.cloud]\nunlimited = true";
    check_with(&rule("strict"), cloud, "a 0..10 | b 61..66 | huge 61..68");
    for how in ["skip_ahead", "backfill=easy", "backfill=conservative", "order=sjf"] {
        check_with(&rule(how), cloud, "a 0..10 | b 10..15 | huge 61..68");
    }
}

/// Two nodes of 4, each gang has its node for itself: b and c wait, though five chips are free.
#[test]
fn whole_nodes_are_nobody_elses() {
    let jobs = "a at 0 gang 1 for 10; b at 0 gang 2 for 4; c at 1 gang 1 for 3";
    check(&format!("pool 8 chips nodes 4 placement=whole_node; {jobs}"), "a 0..10 | b 0..4 | c 4..7");
    check(&format!("pool 8 chips nodes 4 best_fit; {jobs}"), "a 0..10 | b 0..4 | c 1..4");
}

/// Four nodes of 4 in two UltraServers of 8. a and b take 5 and 4: on nodes alone b finds room at once (4 + 1, then a whole node) and c (8) does
/// not; kept together, a sits in one UltraServer and b in the other, and c waits for b's. d (3) goes beside a, where the least is left.
#[test]
fn gangs_keep_to_one_ultraserver() {
    let jobs = "a at 0 gang 5 for 10; b at 0 gang 4 for 6; d at 1 gang 3 for 20; c at 2 gang 8 for 5";
    check_with(
        &format!("pool 16 chips nodes 4 placement=ultraserver; {jobs}"),
        "ultraserver_nodes = 2",
        "a 0..10 | b 0..6 | c 6..11 | d 1..21",
    );
}

/// Two pools of one chip; y, which comes an hour before x, takes 10 h on either kind or 10/1.2 on the fast one, x 10 h or 5. Of the three ways to
/// place them, y slow and x fast is the best: 10 + 5 h in all against 8 1/3 + 10, or 8 1/3 + 12 1/3 when x waits for y.
/// In order, y takes a and x b; listed the other way round, or by speed alone, y takes the fast one. By advantage x has it: its speeds are 2/3 and
/// 4/3 of their mean against 10/11 and 12/11 of y's.
#[test]
fn heterogeneity_aware_choice_beats_the_unaware_one() {
    let play = |pools: &str, choice: &str| {
        let job = |name: &str, after: u32, fast: f64| {
            format!(
                "[labs.l.workloads.{name}]\nkind = \"stream\"\npools = [{pools}]\nreference_chip = \"a10g\"\n\
                 interval = {{ dist = \"constant\", mean = \"{after}h\" }}\nduration = {{ dist = \"constant\", mean = \"10h\" }}\n\
                 speed = {{ a10g = 1.0, l4 = {fast} }}\n"
            )
        };
        let text = format!(
            "[scenario]\nname = \"s\"\nstart = 2026-01-01\nend = 2026-01-08\nspin_up = \"0h\"\n[run]\njobs = true\nfailures = \"off\"\n\
             [pools.a]\ninstance = \"g5.xlarge\"\nnodes = 1\ndomain = \"d\"\nschedule = {{ pool_choice = \"{choice}\" }}\n\
             [pools.b]\ninstance = \"g6.xlarge\"\nnodes = 1\ndomain = \"d\"\n{}{}",
            job("y", 100, 1.2),
            job("x", 101, 2.0)
        );
        let world = crate::story::world(&text);
        let record = hedgerow::kernel::simulate(&world, hedgerow::kernel::Run::default());
        let mut rows = record.jobs.clone();
        rows.sort_by_key(|row| row.submitted);
        let hours = |row: &hedgerow::record::JobRow| row.finished.expect("ends").since(row.submitted).hours();
        (hours(&rows[0]), hours(&rows[1]))
    };
    let close = |found: (f64, f64), wanted: (f64, f64)| {
        assert!((found.0 - wanted.0).abs() < 1e-6 && (found.1 - wanted.1).abs() < 1e-6, "{found:?} against {wanted:?}");
    };
    let third = 10.0 / 1.2;
    close(play("\"a\", \"b\"", "in_order"), (10.0, 5.0));
    close(play("\"b\", \"a\"", "in_order"), (third, 10.0));
    close(play("\"a\", \"b\"", "fastest"), (third, 10.0));
    close(play("\"b\", \"a\"", "throughput_matrix"), (10.0, 5.0));
    close(play("\"b\", \"a\"", "least_loaded"), (third, 10.0));
}

/// ada is guaranteed all four chips and lends them. A gang that saves in 5 s and loads at once is lent chips that were idle for 5 s / 0.05 = 100 s:
/// bob starts at 100. ada wants all at 150: bob saves until 155. What ada frees at 165 may be lent at 265; bob has done 50 s and has 50 to do and
/// to save: 320. Not allowed to be lent, they stay idle.
#[test]
fn idle_guarantees_are_lent_and_come_back() {
    let text = "pool 4 chips; bob at 0 gang 2 for 100 of bob; ada at 150 gang 4 for 10 of ada";
    let saves = "[[bob]]\ncheckpoint = { interval = \"1000s\", cost = \"5s\" }";
    let guarantee = "guaranteed.ada = [{ at = 2026-01-01, chips = 4 }]";
    let lent = "borrowable.ada = [{ at = 2026-01-01, chips = 4 }]";
    check_with(text, &format!("{guarantee}\n{lent}\n{saves}"), "ada 155..165 | bob 100..320 yielded 1");
    check_with(text, &format!("{guarantee}\n{saves}"), "ada 150..160 | bob -");
    // With a notice of 2 s bob cannot save: 100 s to do from 262 on, and to save.
    let hasty = text.replace("pool 4 chips", "pool 4 chips notice=\"2s\"");
    check_with(&hasty, &format!("{guarantee}\n{lent}\n{saves}"), "ada 152..162 | bob 100..367 yielded 1");
    // Two of the four may be lent, and one of them is the margin.
    let some = lent.replace("chips = 4", "chips = 2");
    check_with(text, &format!("{guarantee}\n{some}\n{saves}"), "ada 155..165 | bob 100..320 yielded 1");
    let margin = text.replace("pool 4 chips", "pool 4 chips lend_margin=0.75");
    check_with(&margin, &format!("{guarantee}\n{lent}\n{saves}"), "ada 150..160 | bob -");
}

/// The pool is dark from 4 to 9: a has saved 3 s at 4 (work 3, save 1) and its second stretch has just begun; it goes on at 9, loads for 2 s and has 7 to
/// do, 3 + 1 + 3 + 1 + 1 + 1: 21. b waits and follows.
#[test]
fn an_outage_fails_gangs_and_keeps_nodes_away() {
    let saves = "[[a]]\ncheckpoint = { interval = \"3s\", cost = \"1s\" }\nrestart = \"2s\"";
    let text = "pool 4 chips nodes 4; a at 0 gang 4 for 10; b at 5 gang 4 for 2";
    let outage = "outages.flood = { at = 2026-01-01T00:00:04, duration = \"5s\" }";
    check_with(text, &format!("{outage}\n{saves}"), "a 0..21 | b 21..23");
    // Two at a time: the pool is dark until both are over.
    let two = format!("{outage}\noutages.fire = {{ at = 2026-01-01T00:00:06, duration = \"4s\" }}");
    check_with(text, &format!("{two}\n{saves}"), "a 0..22 | b 22..24");
}

/// Nothing starts from 2 on, at 5 a saves for 1 s and leaves; the nodes are away until 9, whoever held them until 6. b waits for 9 too, and goes behind a.
#[test]
fn maintenance_drains_and_loses_nothing() {
    let saves = "[[a]]\ncheckpoint = { interval = \"100s\", cost = \"1s\" }";
    check_with(
        "pool 4 chips nodes 4; a at 0 gang 2 for 10; b at 3 gang 2 for 2",
        &format!("maintenance.x = {{ at = 2026-01-01T00:00:05, drain = \"3s\", duration = \"4s\" }}\n{saves}"),
        "a 0..15 yielded 1 | b 9..11",
    );
}
/// Of three that come at 1, d fits beside a and starts; one may wait: b. The newest that waits is c, not d, which runs.
#[test]
fn a_planned_start_is_not_refused_by_a_full_queue() {
    check(
        "pool 4 chips backfill=conservative limit 1; a at 0 gang 3 for 10; b at 1 gang 3 for 5; c at 1 gang 3 for 5; d at 1 gang 1 for 2",
        "a 0..10 | b 10..15 | c - | d 1..3",
    );
}

/// Four chips twice as fast as those in whose hours work is counted. x (3 chips, 20 h of work) runs from 50 to 60, y (all four) waits; z, which comes
/// at 52 with 16 h of work, is done at 60 and may pass.
#[test]
fn easy_looks_at_the_time_on_the_chips_at_hand() {
    let job = |name: &str, at: u32, chips: u32, hours: u32| {
        format!(
            "[labs.l.workloads.{name}]\nkind = \"stream\"\npools = [\"b\"]\nreference_chip = \"a10g\"\nchips = {chips}\nspeed = {{ l4 = 2.0 }}\n\
             interval = {{ dist = \"constant\", mean = \"{at}h\" }}\nduration = {{ dist = \"constant\", mean = \"{hours}h\" }}\n"
        )
    };
    let text = format!(
        "[scenario]\nname = \"s\"\nstart = 2026-01-01\nend = 2026-01-05\nspin_up = \"0h\"\n[run]\njobs = true\nfailures = \"off\"\n\
         [pools.b]\ninstance = \"g6.xlarge\"\nnodes = 4\nschedule = {{ backfill = \"easy\" }}\n{}{}{}",
        job("x", 50, 3, 20),
        job("y", 51, 4, 4),
        job("z", 52, 1, 16)
    );
    let world = crate::story::world(&text);
    let record = hedgerow::kernel::simulate(&world, hedgerow::kernel::Run::default());
    let hour = 3600;
    let expected =
        format!("x {}..{} | y {}..{} | z {}..{}", 50 * hour, 60 * hour, 60 * hour, 62 * hour, 52 * hour, 60 * hour);
    assert_eq!(crate::story::timeline(&world, &record), expected);
}

/// Four chips, two labs. ada's a comes first in the order and finds no room; bob's h takes bob's l off and leaves two chips over: a has them at once.
/// l has done 2 s, and goes on when h is done.
#[test]
fn what_a_victim_leaves_over_is_offered_to_all() {
    let jobs = "l at 0 gang 4 for 10 of bob; a at 1 gang 2 for 1 of ada; h at 2 gang 2 for 3 of bob";
    let rules = "pool 4 chips order=srtf backfill=skip_ahead preemption=order_key";
    check(&format!("{rules}; {jobs}"), "a 2..3 | h 2..5 | l 0..13 yielded 1");
}

/// h takes v and w off at 1. At 4, k takes one chip, m finds none for its second and goes to the cloud at once, which makes v the first: the chip that
/// is left is v's. w has one at 9.
#[test]
fn who_overflows_at_once_is_in_nobodys_way() {
    let jobs = "v at 0 gang 1 for 10 priority 0; w at 0 gang 1 for 10 priority 0; h at 1 gang 2 for 3 priority 1; \
                k at 4 gang 1 for 5 priority 1; m at 4 gang 2 for 5 priority 1";
    check_with(
        &format!("pool 2 chips preemption=class overflow={{after=\"0s\",to=\"cloud\"}}; {jobs}"),
        "[pools.cloud]\nunlimited = true",
        "h 1..4 | k 4..9 | m 4..9 | v 0..13 yielded 1 | w 0..18 yielded 1",
    );
}

/// As above with two borrowers: at 150 b leaves at once and c saves until 155. What b had is kept for ada, who has asked for it, and is lent again 100 s
/// after she is done.
#[test]
fn what_comes_back_is_not_lent_again_on_the_way() {
    check_with(
        "pool 4 chips; b at 0 gang 2 for 100 of bob; c at 0 gang 2 for 100 of bob; ada at 150 gang 4 for 10 of ada",
        "guaranteed.ada = [{ at = 2026-01-01, chips = 4 }]\nborrowable.ada = [{ at = 2026-01-01, chips = 4 }]\n\
         [[c]]\ncheckpoint = { interval = \"1000s\", cost = \"5s\" }",
        "ada 155..165 | b 100..315 yielded 1 | c 100..320 yielded 1",
    );
}

/// All four chips are ada's. h takes l and m off at 10: m leaves at once and l saves until 15. m, which would be done before l was expected to be, is not
/// let in again while h waits for l: it has done 10 s, and 20 are left at 25.
#[test]
fn nobody_passes_a_head_whose_chips_are_on_their_way() {
    let jobs = "l at 0 gang 2 for 100 priority 0; m at 0 gang 2 for 30 priority 0; h at 10 gang 4 for 10 priority 1";
    let saves = "guaranteed.lab = [{ at = 2026-01-01, chips = 4 }]\n[[l]]\ncheckpoint = { interval = \"1000s\", cost = \"5s\" }";
    for backfill in ["strict", "skip_ahead", "easy"] {
        check_with(
            &format!("pool 4 chips backfill={backfill} priority preemption=class; {jobs}"),
            saves,
            "h 15..25 | l 0..120 yielded 1 | m 0..45 yielded 1",
        );
    }
}

/// ada is guaranteed both chips of p. On q, x of cy runs until 10, and ada's a and bob's b want its two chips; ada's c wants one of p and waits behind a.
/// When a starts on q, c is the first of ada's and within her guarantee: b, which is blocked, does not block it.
#[test]
fn a_blocked_head_blocks_no_guarantee() {
    let job = |lab: &str, name: &str, pool: &str| {
        format!("[labs.{lab}.workloads.{name}]\nkind = \"trace\"\npools = [\"{pool}\"]\nfile = \"{name}.csv\"\n")
    };
    for backfill in ["strict", "easy", "conservative"] {
        let text = format!(
            "[scenario]\nname = \"s\"\nstart = 2026-01-01\nend = 2026-01-02\n[run]\njobs = true\n\
             [pools.p]\nchips = 2\ndomain = \"d\"\nguaranteed.ada = [{{ at = 2026-01-01, chips = 2 }}]\n\
             schedule = {{ backfill = \"{backfill}\" }}\n[pools.q]\nchips = 2\ndomain = \"d\"\n{}{}{}{}",
            job("ada", "a", "q"),
            job("ada", "c", "p"),
            job("bob", "b", "q"),
            job("cy", "x", "q")
        );
        let rows = [("a", "1,2,5"), ("b", "2,2,5"), ("c", "3,1,4"), ("x", "0,2,10")];
        let file = |(name, row): (&str, &str)| (format!("{name}.csv"), format!("submit_s,chips,duration_s\n{row}\n"));
        let world = crate::story::world_with(&text, &rows.into_iter().map(file).collect());
        let record = hedgerow::kernel::simulate(&world, hedgerow::kernel::Run::default());
        // Who backfills needs not wait for a either.
        let c = if backfill == "strict" { "c 10..14" } else { "c 3..7" };
        assert_eq!(
            crate::story::timeline(&world, &record),
            format!("a 10..15 | b 15..20 | {c} | x 0..10"),
            "{backfill}"
        );
    }
}

/// The same with bob's n, which wants a chip that is ada's, first in the queue of uncommitted chips: ada's m does not pass n either, for it would pass h.
#[test]
fn nor_behind_the_head_of_another() {
    let jobs = "l at 0 gang 2 for 100 of ada priority 0; m at 0 gang 2 for 30 of ada priority 0; n at 1 gang 1 for 5 of bob priority 2; \
                h at 10 gang 4 for 10 of ada priority 1";
    check_with(
        &format!("pool 4 chips backfill=easy priority preemption=class; {jobs}"),
        "guaranteed.ada = [{ at = 2026-01-01, chips = 4 }]\n[[l]]\ncheckpoint = { interval = \"1000s\", cost = \"5s\" }",
        "h 15..25 | l 0..120 yielded 1 | m 0..45 yielded 1 | n -",
    );
}

/// Three nodes of 4, all but one chip taken until 10, when y1 (2 chips) is planned on node 0, y2 (4) on node 1, y3 (3) on node 2 and y4 (2) on what y1
/// leaves of node 0. x takes the chip that y3 leaves over: y1 would be placed beside it now, on the fullest node, and y4 would find no two chips on
/// one node. Each keeps the nodes it was planned for.
#[test]
fn a_planned_start_keeps_its_nodes() {
    check(
        "pool 12 chips nodes 4 best_fit backfill=conservative; a at 0 gang 4 for 10; b at 0 gang 4 for 10; c at 0 gang 3 for 10; \
         y1 at 1 gang 2 for 100; y2 at 1 gang 4 for 100; y3 at 1 gang 3 for 100; y4 at 1 gang 2 for 100; x at 2 gang 1 for 100",
        "a 0..10 | b 0..10 | c 0..10 | x 2..102 | y1 10..110 | y2 10..110 | y3 10..110 | y4 10..110",
    );
}

/// Three nodes of 4. y is planned for 5 on node 1, where b leaves one chip until then; best fit would put x there. It would have to go at 5: it is put on
/// node 2, which has two chips for it all the time.
#[test]
fn a_plan_looks_for_nodes_that_stay_free() {
    check(
        "pool 12 chips nodes 4 best_fit backfill=conservative; a at 0 gang 4 for 100; b at 0 gang 3 for 5; c at 0 gang 2 for 100; \
         y at 1 gang 4 for 5; x at 2 gang 1 for 50",
        "a 0..100 | b 0..5 | c 0..100 | x 2..52 | y 5..10",
    );
}

/// The pool is to be drained from 2 on and away from 5 to 9: nobody is taken off for high, which could not start; low leaves at 5 with half its work done.
#[test]
fn nobody_makes_room_where_nothing_starts() {
    check_with(
        "pool 1 chips priority preemption=class; low at 0 gang 1 for 10 priority 0; high at 3 gang 1 for 2 priority 1",
        "maintenance.x = { at = 2026-01-01T00:00:05, drain = \"3s\", duration = \"4s\" }",
        "high 9..11 | low 0..16 yielded 1",
    );
}

/// Jobs of a domain of two pools of two chips each, p and q, under EASY: (name, pools, row of the log). `toml` is of pool q.
fn two_pools_under_easy(jobs: &[(&str, &str, &str)], toml: &str) -> String {
    let mut text = format!(
        "[scenario]\nname = \"s\"\nstart = 2026-01-01\nend = 2026-01-02\n[run]\njobs = true\n\
         [pools.p]\nchips = 2\ndomain = \"d\"\nschedule = {{ backfill = \"easy\" }}\n[pools.q]\nchips = 2\ndomain = \"d\"\n{toml}\n"
    );
    let mut files = crate::story::Files::new();
    for (name, pools, row) in jobs {
        text += &format!("[labs.l.workloads.{name}]\nkind = \"trace\"\npools = [{pools}]\nfile = \"{name}.csv\"\n");
        files.insert(format!("{name}.csv"), format!("submit_s,chips,duration_s\n{row}\n"));
    }
    let world = crate::story::world_with(&text, &files);
    crate::story::timeline(&world, &hedgerow::kernel::simulate(&world, hedgerow::kernel::Run::default()))
}

/// h wants two chips of q or p, and both have them at 10. n wants one of q for 20 s: h can start on p as early, so that n passes.
#[test]
fn a_reservation_moves_to_a_pool_that_is_as_early() {
    let jobs =
        [("h", "\"q\", \"p\"", "1,2,5"), ("n", "\"q\"", "2,1,20"), ("w", "\"q\"", "0,1,10"), ("x", "\"p\"", "0,2,10")];
    assert_eq!(two_pools_under_easy(&jobs, ""), "h 10..15 | n 2..22 | w 0..10 | x 0..10");
    // Two of them would leave h neither: the second waits until h is done.
    let jobs = [jobs[0], jobs[1], ("o", "\"p\"", "3,1,20"), ("w", "\"q\"", "0,1,10"), ("x", "\"p\"", "0,1,10")];
    assert_eq!(two_pools_under_easy(&jobs, ""), "h 10..15 | n 2..22 | o 15..35 | w 0..10 | x 0..10");
}

/// Nothing starts on q while it is drained: h, which wants two chips of q or p, has p's reserved at 10, and n does not pass it.
#[test]
fn nothing_is_reserved_where_nothing_starts() {
    let jobs = [("h", "\"q\", \"p\"", "2,2,5"), ("n", "\"p\"", "3,1,20"), ("x", "\"p\"", "0,1,10")];
    let drain = "maintenance.m = { at = 2026-01-01T00:01:00, drain = \"59s\", duration = \"1h\" }";
    assert_eq!(two_pools_under_easy(&jobs, drain), "h 10..15 | n 15..35 | x 0..10");
}

/// low has done 3 s when high comes, and saves from 3 to 7. At 5 the pool goes dark for a second: in goodput mode an outage keeps what was done, the 3 s,
/// not the 2 s of saving. high runs 6..8, low has 7 to do and 4 to save.
#[test]
fn an_outage_while_a_job_saves_adds_no_work() {
    check_with(
        "pool 1 chips priority preemption=class; low at 0 gang 1 for 10 priority 0; high at 3 gang 1 for 2 priority 1",
        "outages.o = { at = 2026-01-01T00:00:05, duration = \"1s\" }\n\
         [[low]]\nfailures = \"goodput\"\ncheckpoint = { interval = \"100s\", cost = \"4s\" }",
        "high 6..8 | low 0..19",
    );
}

/// All six chips go to y, of which four are guaranteed to its lab: x leaves at once and z saves until 15. x, which has room within the guarantee, does
/// not pass y to be taken off again, and again.
#[test]
fn nor_within_the_guarantee_behind_one_that_is_larger() {
    let jobs = "z at 0 gang 2 for 100; x at 0 gang 2 for 50; y at 10 gang 6 for 10";
    let saves = "guaranteed.lab = [{ at = 2026-01-01, chips = 4 }]\n[[z]]\ncheckpoint = { interval = \"1000s\", cost = \"5s\" }";
    for backfill in ["strict", "skip_ahead", "easy"] {
        check_with(
            &format!("pool 6 chips order=srtf backfill={backfill} preemption=order_key; {jobs}"),
            saves,
            "x 0..65 yielded 1 | y 15..25 | z 0..120 yielded 1",
        );
    }
}

/// ada lends three of her four chips and keeps one as margin. a1 takes it and nobody leaves; when a2 wants two, bob, who has done 150 s of 300, saves for
/// 5 s. What is idle again from 265 on is lent at 365: 150 s, and 5 to save. Between lending and taking back lies the margin.
#[test]
fn the_margin_is_between_lending_and_taking_back() {
    check_with(
        "pool 4 chips lend_margin=0.25; bob at 0 gang 3 for 300 of bob; a1 at 150 gang 1 for 10 of ada; a2 at 250 gang 2 for 10 of ada",
        "guaranteed.ada = [{ at = 2026-01-01, chips = 4 }]\nborrowable.ada = [{ at = 2026-01-01, chips = 4 }]\n\
         [[bob]]\ncheckpoint = { interval = \"1000s\", cost = \"5s\" }",
        "a1 150..160 | a2 255..265 | bob 100..520 yielded 1",
    );
}

/// Two nodes of four. a and b leave one chip free on each. c, of two chips, waits under `best_fit` until one ends; split over both nodes it runs
/// at half its speed, 1..9. d, as c but when a node is free again, is not split: 10..14.
#[test]
fn a_gang_is_split_where_it_finds_no_room_together() {
    let jobs = "a at 0 gang 3 for 10; b at 0 gang 3 for 10; c at 1 gang 2 for 4; d at 10 gang 2 for 4";
    let half = "[[c]]\nsplit_speed = 0.5\n[[d]]\nsplit_speed = 0.5";
    check(&format!("pool 8 chips nodes 4 best_fit; {jobs}"), "a 0..10 | b 0..10 | c 10..14 | d 10..14");
    check_with(&format!("pool 8 chips nodes 4 placement=split; {jobs}"), half, "a 0..10 | b 0..10 | c 1..9 | d 10..14");
}

/// A head behind which others fill sees the length that the split gives: f, of 3 s together, would take 6 s split and move the head's start
/// at 5, so that it waits; at 7 it finds a node.
#[test]
fn a_split_is_seen_before_it_is_made() {
    let jobs = "a at 0 gang 3 for 5; b at 0 gang 3 for 9; head at 1 gang 5 for 2; f at 2 gang 2 for 3";
    let half = "[[f]]\nsplit_speed = 0.5";
    check_with(
        &format!("pool 8 chips nodes 4 placement=split backfill=easy; {jobs}"),
        half,
        "a 0..5 | b 0..9 | f 7..10 | head 5..7",
    );
    let fast = "[[f]]\nsplit_speed = 1";
    check_with(
        &format!("pool 8 chips nodes 4 placement=split backfill=easy; {jobs}"),
        fast,
        "a 0..5 | b 0..9 | f 2..5 | head 5..7",
    );
}

/// All is ada's and lent to low from 400 on, 20 s / 0.05. At 500 low begins to save for 20 s, to make room for high. ada asks at 505, with a notice of 2 s:
/// low leaves at 507 and loses what it did. From 917 on, 400 s after ada is done, high runs for 50 s, then low for 1,000 and 20 to save.
#[test]
fn who_leaves_already_leaves_within_the_notice_too() {
    check_with(
        "pool 2 chips priority preemption=class notice=\"2s\" lend_margin=0; low at 0 gang 2 for 1000 of bob priority 0; high at 500 gang 2 for 50 of bob priority 1; \
         ada at 505 gang 2 for 10 of ada",
        "guaranteed.ada = [{ at = 2026-01-01, chips = 2 }]\nborrowable.ada = [{ at = 2026-01-01, chips = 2 }]\n\
         [[low]]\ncheckpoint = { interval = \"10000s\", cost = \"20s\" }",
        "ada 507..517 | high 917..967 | low 400..1987 yielded 1",
    );
}

/// One chip. Of the log's jobs that wait when a ends, c has 3 of its own beside the workload's 1, b -1: c goes before x of 2, b after it.
#[test]
fn a_job_of_a_log_has_a_priority_of_its_own() {
    let text = "[scenario]\nname = \"p\"\nstart = 2026-01-01\nend = 2026-01-02\n[run]\njobs = true\n\
                [pools.p]\nchips = 1\nchips_per_node = 1\nschedule = { order = \"priority\" }\n\
                [labs.l.workloads.log]\nkind = \"trace\"\npools = [\"p\"]\nfile = \"log.csv\"\npriority = 1\n\
                [labs.l.workloads.x]\nkind = \"trace\"\npools = [\"p\"]\nfile = \"x.csv\"\npriority = 2\n";
    let files = crate::story::Files::from([
        ("log.csv".to_owned(), "submit_s,chips,duration_s,priority\n0,1,10,\n1,1,2,-1\n2,1,3,3\n".to_owned()),
        ("x.csv".to_owned(), "submit_s,chips,duration_s\n1,1,4\n".to_owned()),
    ]);
    let world = crate::story::world_with(text, &files);
    let record = hedgerow::kernel::simulate(&world, hedgerow::kernel::Run::default());
    assert_eq!(crate::story::timeline(&world, &record), "log 0..10 | log 17..19 | log 10..13 | x 13..17");
}

/// Two nodes of four for 20 s: a holds 3 chips of the first and b, of whole nodes, the other for 10 s. One chip of the first is free beside a all the
/// time, and all four of the other after b: of 20 + 40 idle chip-seconds, and all eight from 20 s to the end of the hour, 20 are fragments.
#[test]
fn fragments_by_hand() {
    let world = crate::story::story(
        "pool 8 chips nodes 4 best_fit; a at 0 gang 3 for 20; b at 0 gang 4 for 10",
        "end = 2026-01-01T01:00:00",
    );
    let record = hedgerow::kernel::simulate(&world, hedgerow::kernel::Run::default());
    let month = record.pools[0][0];
    assert_eq!(month.fragmented, 20 * 1_000_000);
    assert_eq!(month.idle, (20 + 40 + 8 * 3_580) * 1_000_000);
}
