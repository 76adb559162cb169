//! Laws of every combination of order, backfill, preemption, placement, yield and victim that is not refused, on random worlds that are looked at
//! pass by pass, by brute force (`kernel::simulate_watched`).

use crate::story::{Files, run, slow, world_with};
use hedgerow::kernel::{Seen, simulate, simulate_watched};
use hedgerow::policy::matrix::{self, Choice};
use hedgerow::policy::order::ORDERS;
use hedgerow::policy::placement::PLACEMENTS;
use hedgerow::policy::pool_choice::POOL_CHOICES;
use hedgerow::policy::{BACKFILLS, PREEMPTIONS, VICTIMS, YIELDS};
use hedgerow::record::RunRecord;
use hedgerow::spec;
use hedgerow::study::{self, Options};
use hedgerow::units::Span;
use hedgerow::world::catalog::Catalog;
use hedgerow::world::{Backfill, Order, Placement, Preemption, Rules, Victim, refused};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// One of a few numbers, from a seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) % n
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len() as u64) as usize]
    }
}

/// The parts, by their words, and the rules they make.
#[derive(Clone, Debug)]
struct Parts {
    words: [(&'static str, &'static str); 6],
    rules: Rules,
}

/// Every combination, those that are refused included.
fn combinations() -> Vec<Parts> {
    let mut all = Vec::new();
    for order in &ORDERS {
        for backfill in &BACKFILLS {
            for preemption in &PREEMPTIONS {
                for placement in &PLACEMENTS {
                    for yields in &YIELDS {
                        for victim in &VICTIMS {
                            let rules = Rules {
                                order: order.value,
                                backfill: backfill.value,
                                preemption: preemption.value,
                                placement: placement.value,
                                yields: yields.value,
                                victim: victim.value,
                                ..Rules::default()
                            };
                            let words = [
                                ("order", order.name),
                                ("backfill", backfill.name),
                                ("preemption", preemption.name),
                                ("placement", placement.name),
                                ("yield", yields.name),
                                ("victim", victim.name),
                            ];
                            all.push(Parts { words, rules });
                        }
                    }
                }
            }
        }
    }
    all
}

const LABS: [&str; 3] = ["ada", "bob", "cy"];

/// A random world of two days under those parts, as text; and whether estimates are exact and nothing fails, is taken off, comes late or is
/// guaranteed, in order of submission: where a first promise is kept.
fn random_world(parts: &Parts, dice: &mut Dice) -> (String, bool) {
    let rules = &parts.rules;
    let preempts = rules.preemption != Preemption::Off;
    let exact = rules.order == Order::Fifo && !preempts && !dice.one_in(3);
    let mut out = format!(
        "[scenario]\nname = \"c\"\nstart = 2026-01-27\nend = 2026-01-29\nspin_up = \"6h\"\n[run]\njobs = true\nseed = {}\n",
        dice.below(1_000_000)
    );
    let mut schedule: Vec<String> = parts.words.iter().map(|(key, word)| format!("{key} = \"{word}\"")).collect();
    schedule.push(format!("pool_choice = \"{}\"", dice.of(&POOL_CHOICES.map(|entry| entry.name))));
    schedule.push(format!("plan_depth = {}", dice.of(&[2, 4, 8])));
    if rules.order == Order::Las {
        let turns = rules.preemption == Preemption::OrderKey;
        schedule.push(match (turns, dice.below(3)) {
            (true, 0) => "las = { quantum = \"37min\" }".to_owned(),
            (true, 1) => "las = { levels_chip_hours = [1, 8], quantum = \"37min\" }".to_owned(),
            _ => "las = { levels_chip_hours = [0.5, 3, 20] }".to_owned(),
        });
    }
    if rules.order == Order::FairShare && dice.one_in(2) {
        schedule.push("weights = { ada = 3, cy = 0.5 }".to_owned());
    }
    if dice.one_in(4) {
        schedule.push(format!("queue_limit = {}", dice.below(4)));
    }
    let cloud = dice.one_in(4);
    if cloud {
        schedule.push(format!("overflow = {{ after = \"{}\", to = \"cloud\" }}", dice.of(&["0h", "1h", "5h"])));
    }
    if dice.one_in(4) {
        schedule.push("oracle = true".to_owned());
    }
    let pools = 1 + dice.below(3);
    if !cloud && 1 < pools && dice.one_in(4) && rules.backfill != Backfill::Conservative {
        schedule.push(format!("overflow = {{ after = \"{}\", to = \"p0\" }}", dice.of(&["0h", "1h", "5h"])));
    }
    let lends = !exact && dice.one_in(3);
    if lends && dice.one_in(2) {
        schedule.push(format!("notice = \"{}\"", dice.of(&["0h", "20min", "1h"])));
    }
    if lends {
        schedule.push(format!(
            "lend_overhead = {}, lend_margin = {}",
            dice.of(&[0.05, 0.5, 1.0]),
            dice.of(&[0.0, 0.05, 0.2])
        ));
    }
    let schedule = schedule.join(", ");
    let (instance, per_node) = dice.of(&[("inf2.xlarge", 1), ("inf2.24xlarge", 6), ("p5en.48xlarge", 8)]);
    let group = if rules.placement == Placement::UltraServer { 2 } else { 1 };
    let (mut chips, mut smallest) = (0, u64::MAX);
    for n in 0..pools {
        // Another kind of chip, and another size of node where nodes are not for one gang alone.
        let other = n > 0 && rules.placement != Placement::WholeNode && dice.one_in(2);
        let (instance, per_node) = if other { ("inf2.24xlarge", 6) } else { (instance, per_node) };
        let nodes = group * (1 + dice.below(if per_node == 1 { 10 } else { 4 }));
        chips += nodes * per_node;
        smallest = smallest.min(nodes * per_node);
        writeln!(
            out,
            "[pools.p{n}]\ninstance = \"{instance}\"\nnodes = {nodes}\ndomain = \"d\"\nfailures_per_chip_hour = 4e-3"
        )
        .unwrap();
        if group == 2 {
            out.push_str("ultraserver_nodes = 2\n");
        }
        writeln!(out, "schedule = {{ {schedule} }}").unwrap();
        if exact {
            continue;
        }
        // Dice of its own, so that what fails moves nothing else.
        failing(&mut out, &mut Dice(dice.0 ^ (0xfa11 + n)), nodes, group);
        if dice.one_in(2) {
            let crews = dice.of(&["", ", crews = 1"]);
            writeln!(out, "repair = {{ time = {{ dist = \"exponential\", mean = \"4h\" }}{crews} }}").unwrap();
        }
        if dice.one_in(3) {
            let (at, nodes) = (dice.of(&["2026-01-27T05:00:00", "2026-01-28"]), 2 * group);
            writeln!(out, "deliveries = [{{ name = \"d\", at = {at}, ordered = 2025-06-01, nodes = {nodes} }}]")
                .unwrap();
        }
        if dice.one_in(4) {
            let (at, drain) =
                (dice.of(&["2026-01-27T15:00:00", "2026-01-28T03:00:00"]), dice.of(&["0h", "20min", "3h"]));
            writeln!(out, "maintenance = {{ m = {{ at = {at}, drain = \"{drain}\", duration = \"5h\" }} }}").unwrap();
        }
        if dice.one_in(4) {
            let when = dice.of(&["at = 2026-01-27T17:00:00", "per_year = 300"]);
            writeln!(out, "outages.o = {{ {when}, duration = \"90min\" }}").unwrap();
        }
        let share = nodes * per_node / 2 / (per_node * group) * (per_node * group);
        if (lends || dice.one_in(2)) && share > 0 {
            let lab = dice.of(&LABS);
            writeln!(out, "guaranteed = {{ {lab} = [{{ name = \"g\", at = 2026-01-27, chips = {share} }}, {{ name = \"h\", at = 2026-01-28, chips = {} }}] }}", dice.below(share + 1)).unwrap();
            if lends {
                writeln!(out, "borrowable = {{ {lab} = [{{ name = \"b\", at = 2026-01-27, chips = {share} }}] }}")
                    .unwrap();
            }
        } else if dice.one_in(4) && share > 0 {
            writeln!(
                out,
                "reserved = {{ {} = [{{ name = \"r\", at = 2026-01-27, chips = {share} }}] }}",
                dice.of(&LABS)
            )
            .unwrap();
        } else if dice.one_in(4) && nodes > 2 * group {
            writeln!(out, "retirements = [{{ name = \"r\", at = 2026-01-28, nodes = {group} }}]").unwrap();
            smallest = smallest.min((nodes - group) * per_node);
        }
    }
    if cloud {
        writeln!(out, "[pools.cloud]\nunlimited = true\ninstance = \"{instance}\"").unwrap();
    }
    LABS.iter().for_each(|lab| writeln!(out, "[labs.{lab}]\nown = false").unwrap());
    // Gangs of one size where starts are promised or nodes are for one gang alone.
    let sizes = rules.backfill != Backfill::Conservative
        && ![Placement::WholeNode, Placement::UltraServer].contains(&rules.placement);
    // In some worlds with a cloud gangs that fit no pool: from dice of their own, so that the others stay as they are.
    let beyond = cloud && Dice(dice.0 ^ 0xb16).one_in(4);
    workloads(&mut out, dice, [exact, lends, sizes, beyond], pools, chips, smallest);
    (out, exact)
}

/// Causes, outages of racks and spares of a pool, each in some worlds.
fn failing(out: &mut String, dice: &mut Dice, nodes: u64, group: u64) {
    if dice.one_in(3) {
        let takes = dice.of(&["job", "node", "rack"]);
        let repair = if takes == "job" { "" } else { ", repair = { dist = \"exponential\", mean = \"2h\" }" };
        writeln!(
            out,
            "rack_nodes = {}\ncauses.one = {{ share = 0.5 }}\ncauses.two = {{ share = 0.5, takes = \"{takes}\"{repair} }}",
            group * (1 + dice.below(2))
        )
        .unwrap();
        if dice.one_in(2) {
            out.push_str("outages.each = { per_year = 200, duration = \"3h\", each_rack = true }\n");
        }
    }
    if dice.one_in(3) && 2 * group < nodes {
        writeln!(out, "spares = {{ nodes = {group}, after = \"{}\" }}", dice.of(&["0h", "20min"])).unwrap();
    }
}

/// One to four streams of some thirty jobs in all, between half and twice what the chips can do.
fn workloads(
    out: &mut String,
    dice: &mut Dice,
    [exact, lends, sizes, beyond]: [bool; 4],
    pools: u64,
    chips: u64,
    smallest: u64,
) {
    let streams = 1 + dice.below(4);
    let load = dice.of(&[0.5, 1.0, 2.0]);
    for n in 0..streams {
        let first = dice.below(pools);
        let mut names: Vec<String> = (0..pools).map(|pool| format!("\"p{}\"", (first + pool) % pools)).collect();
        names.truncate(1 + dice.below(pools) as usize);
        let fits = 1 + dice.below((smallest / 2).clamp(1, 20));
        let large = if beyond { (chips + fits).min(60) } else { fits };
        let (per_day, mean) = (15.0 / streams as f64, (1.0 + large as f64) / 2.0);
        let hours = load * chips as f64 * 24.0 / streams as f64 / (per_day * mean);
        let elastic = sizes && !exact && fits > 1 && dice.one_in(4) && !beyond;
        let changing =
            || format!("{{ min = 1, max = {large}, step = 1, scaling = {{ amdahl = 0.1 }}, resize_cost = \"4min\" }}");
        let sizes = if elastic { changing() } else { sizes_of(large) };
        let law = dice.of(&["lognormal\", scv = 3.0", "exponential\""]);
        let (dist, scv) = law.split_once('"').expect("a quote");
        writeln!(
            out,
            "[labs.{}.workloads.w{n}]\nkind = \"stream\"\npools = [{}]\nper_day = {per_day:.3}\nchips = {sizes}\npriority = {}\n\
             duration = {{ dist = \"{dist}\", mean = \"{hours:.4}h\"{scv} }}\nrestart = \"{}\"",
            dice.of(&LABS),
            names.join(", "),
            dice.below(3),
            if lends { "0h" } else { dice.of(&["0h", "7min"]) }
        )
        .unwrap();
        let failures = if exact { "off" } else { dice.of(&["off", "sampled", "sampled", "goodput"]) };
        // In closed form gangs are of one size.
        let failures = if elastic { "sampled" } else { failures };
        writeln!(out, "failures = \"{failures}\"").unwrap();
        let drawn = failures != "goodput" && !exact && dice.one_in(3);
        let interval = if drawn { "{ dist = \"exponential\", mean = \"50min\" }" } else { "\"50min\"" };
        if lends || !dice.one_in(3) {
            // Who saves for long is waited for.
            let costs = if lends { ["3min", "9min", "45min"] } else { ["0h", "3min", "9min"] };
            writeln!(out, "checkpoint = {{ interval = {interval}, cost = \"{}\" }}", dice.of(&costs)).unwrap();
        }
        if !exact && dice.one_in(2) {
            let over = dice.of(&["keep", "keep", "kill"]);
            writeln!(
                out,
                "estimate = {{ ratio = {{ dist = \"lognormal\", mean = 1.2, scv = 1.0 }} }}\nover_estimate = \"{over}\""
            )
            .unwrap();
        }
    }
}

/// One chip, or as many as that as often.
fn sizes_of(large: u64) -> String {
    if large == 1 { "1".to_owned() } else { format!("{{ values = [1, {large}], weights = [1, 1] }}") }
}

/// What the worlds had among them.
#[derive(Default)]
struct Had {
    seen: Seen,
    parts: BTreeSet<&'static str>,
}

impl Had {
    fn note(&mut self, seen: Seen, record: &RunRecord) {
        self.seen.passes += seen.passes;
        self.seen.fills += seen.fills;
        self.seen.overtakes += seen.overtakes;
        self.seen.promises += seen.promises;
        self.seen.held_back += seen.held_back;
        self.seen.resumed += seen.resumed;
        self.seen.owed += seen.owed;
        let any =
            |of: fn(&hedgerow::record::WorkloadTotals) -> u64| record.workloads.iter().any(|totals| of(totals) > 0);
        for (part, there) in [
            ("failures", any(|totals| totals.failures)),
            ("preemptions", any(|totals| totals.preemptions)),
            ("refused", any(|totals| totals.refused)),
            ("overflowed", any(|totals| totals.overflowed)),
            ("killed", any(|totals| totals.killed)),
            ("outages", any(|totals| totals.outages)),
            ("resizes", any(|totals| totals.resizes)),
            ("covered", record.cells.iter().flatten().any(|month| month.covered > 0)),
            ("yielding", record.cells.iter().flatten().any(|month| month.yielding > 0)),
            ("lost", record.cells.iter().flatten().any(|month| month.lost > 0)),
            ("down", record.pools.iter().flatten().any(|month| month.down > 0)),
            ("reserved", record.pools.iter().flatten().any(|month| month.reserved > 0)),
        ] {
            if there {
                self.parts.insert(part);
            }
        }
    }
}

/// Plays the world under the watch; every law that breaks is a panic, told with the world.
fn keeps_the_laws(parts: &Parts, seed: u64, had: &mut Had) {
    let (text, exact) = random_world(parts, &mut Dice(seed));
    let played = catch_unwind(AssertUnwindSafe(|| {
        let world = world_with(&text, &Files::new());
        let (record, seen) = simulate_watched(&world, run(0, 0), exact);
        assert_eq!(record, simulate(&world, run(0, 0)), "watching changes nothing");
        for row in &record.jobs {
            assert!(row.started.is_none_or(|start| row.submitted <= start), "{row:?}");
            assert!(row.finished.is_none_or(|end| row.started.is_some_and(|start| start < end)), "{row:?}");
        }
        for totals in &record.workloads {
            assert!(totals.started + totals.refused + totals.unstarted == totals.submitted, "{totals:?}");
            assert!(totals.finished + totals.killed <= totals.started, "{totals:?}");
        }
        (seen, record)
    }));
    match played {
        Ok((seen, record)) => had.note(seen, &record),
        Err(panic) => {
            let words = panic.downcast_ref::<String>().cloned();
            let words = words.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string)).unwrap_or_default();
            panic!("{words}\nseed {seed}, {:?}\n{text}", parts.words);
        }
    }
}

/// `HEDGEROW_WORLDS` worlds, 200 by default, each under a combination drawn from all that are allowed.
#[test]
fn random_worlds_keep_the_laws_under_any_combination() {
    let number = |name: &str, default: u64| std::env::var(name).ok().and_then(|s| s.parse().ok()).unwrap_or(default);
    let allowed: Vec<Parts> = combinations().into_iter().filter(|parts| refused(&parts.rules).is_none()).collect();
    let (worlds, first) = (number("HEDGEROW_WORLDS", 200), number("HEDGEROW_WORLDS_SEED", 1));
    let mut had = Had::default();
    for world in 0..worlds {
        let mut dice = Dice(first.wrapping_mul(0x9e37_79b9).wrapping_add(world));
        let parts = &allowed[dice.below(allowed.len() as u64) as usize];
        keeps_the_laws(parts, dice.below(1 << 30), &mut had);
    }
    let Seen { passes, fills, overtakes, promises, held_back, resumed, owed } = had.seen;
    eprintln!("{worlds} worlds: {:?}, with {:?}", had.seen, had.parts);
    let least = [passes, fills, held_back, resumed].into_iter().min();
    // Promises by plan, and somebody who waits for what it has lent, are in one world of some ten or hundred.
    let rare = worlds < 2_000 || worlds / 40 < overtakes.min(promises) && worlds / 400 < owed;
    assert!(worlds < 200 || rare && least > Some(worlds / 20), "a law that says too little: {:?}", had.seen);
    assert!(worlds < 200 || had.parts.len() == 12, "the worlds had among them only {:?}", had.parts);
}

/// Each combination in a few worlds; what is refused is refused by `check` with its reason.
#[test]
fn every_combination_keeps_the_laws_or_is_refused() {
    let each = if slow("combinations: forty worlds each") { 40 } else { 0 };
    let mut had = Had::default();
    let all = combinations();
    assert_eq!(all.len(), 6 * 4 * 3 * 6 * 2 * 2);
    for (n, parts) in all.iter().enumerate() {
        match refused(&parts.rules) {
            None => (0..each).for_each(|world| keeps_the_laws(parts, (n * 100 + world) as u64, &mut had)),
            Some(why) => {
                let text = random_world(parts, &mut Dice(n as u64)).0;
                let read = spec::read_text("c.toml", &text, &[]).unwrap_or_else(|p| panic!("{}", p.render(false)));
                let told = study::plan(&read, Catalog::embedded(), &Options::default(), &|_: &str| Err(String::new()));
                let told = told.err().map(|problems| problems.render(false)).unwrap_or_default();
                assert!(told.contains(why), "{:?}: {why}\n{told}", parts.words);
            }
        }
    }
}

/// A turn of `las` without anybody who is taken off for the next is refused too.
#[test]
fn turns_need_preemption() {
    let rules = Rules { order: Order::Las, las_quantum: Some(Span::HOUR), ..Rules::default() };
    assert!(refused(&rules).is_some_and(|why| why.contains("order_key")));
    let class = Rules { preemption: Preemption::Class, ..rules.clone() };
    assert!(refused(&class).is_some_and(|why| why.contains("order_key")));
    assert!(refused(&Rules { preemption: Preemption::OrderKey, ..rules }).is_none());
}

/// Words of a key of `schedule` that a scenario file may have: from the schema, which is made from the definition of the file.
fn words_of(key: &str) -> Vec<String> {
    let schema = spec::json_schema();
    let pools = &schema["properties"]["pools"]["additionalProperties"]["properties"];
    let words = pools["schedule"]["properties"][key]["enum"].as_array().unwrap_or_else(|| panic!("no words of {key}"));
    words.iter().map(|word| word.as_str().expect("a word").to_owned()).collect()
}

/// Every entry of every registry can be written in a scenario, which then has that rule, and every word of a scenario is an entry.
#[test]
fn registries_and_the_file_have_the_same_words() {
    let parts = matrix::parts();
    let keys: BTreeSet<&str> = parts.iter().map(|part| part.key).collect();
    assert_eq!(keys.len(), 7);
    for key in keys {
        let registered: Vec<&str> = parts.iter().filter(|part| part.key == key).map(|part| part.name).collect();
        assert_eq!(registered, words_of(key), "{key}");
    }
    for part in &parts {
        // Some need others beside them.
        let beside = match part.choice {
            Choice::Order(Order::Las) => ", las = { levels_chip_hours = [1, 8] }",
            Choice::Victim(Victim::Hash) => ", preemption = \"class\"",
            _ => "",
        };
        let text = format!(
            "[scenario]\nname = \"r\"\nstart = 2026-01-01\nend = 2026-01-02\n[pools.p]\nchips = 1\n\
             schedule = {{ {} = \"{}\"{beside} }}\n[labs.l.workloads.w]\nkind = \"stream\"\npools = [\"p\"]\nper_day = 1\n\
             duration = {{ dist = \"exponential\", mean = \"1h\" }}\n",
            part.key, part.name
        );
        let built = &world_with(&text, &Files::new()).domains.0[0].rules;
        let mut wanted = built.clone();
        part.choice.set(&mut wanted);
        assert_eq!(*built, wanted, "{part:?}");
    }
}

/// The table of `list policies` has every entry, and each refusal in the words of `check`.
#[test]
fn the_list_of_policies_has_what_does_not_combine() {
    let text = hedgerow::report::listing::policies().to_text();
    for part in matrix::parts() {
        assert!(text.contains(part.name), "no {}", part.name);
    }
    let refusals = matrix::refusals();
    assert!(refusals.len() >= 8, "{refusals:?}");
    for refusal in refusals {
        assert!(text.contains(refusal.why), "no `{}`", refusal.why);
    }
}
