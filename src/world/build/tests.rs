//! Small worlds in text and what they become, or what is wrong with them.

use crate::spec::read_text;
use crate::stats::law::Law;
use crate::units::{Money, SimTime, Span};
use crate::world::catalog::Catalog;
use crate::world::*;

/// The world of a scenario's text under one strategy and the future `base`, with one trace file.
fn build_as(strategy: &str, text: &str, trace: &str) -> Result<World, Vec<String>> {
    let read =
        read_text("test.toml", text, &[]).unwrap_or_else(|problems| panic!("the reader refuses it:\n{problems}"));
    let file = |_: &str| Ok(trace.to_owned());
    let built = World::build(&read.spec, Catalog::embedded(), strategy, "base", &file);
    built.map_err(|problems| problems.iter().map(|p| format!("{} | {}", p.message, p.remedy)).collect())
}

fn build(text: &str) -> World {
    build_as("base", text, "").unwrap_or_else(|problems| panic!("refused: {problems:#?}"))
}

/// Every problem of a text, one a line: message | remedy.
fn problems(text: &str) -> Vec<String> {
    build_as("base", text, "").err().unwrap_or_default()
}

/// Asserts that exactly one problem is found and that it says all of `words`.
fn check_problem(text: &str, words: &[&str]) {
    let found = problems(text);
    assert_eq!(found.len(), 1, "{found:#?}");
    for word in words {
        assert!(found[0].contains(word), "no `{word}` in {}", found[0]);
    }
}

const MM2: &str = r#"
[scenario]
name = "mm2"
start = 2026-01-01
end = 2026-03-15
analysis = "steady"
warm_up = "10d"
[run]
draws = 3
[pools.p]
chips = 2
[labs.a.workloads.jobs]
kind = "stream"
pools = ["p"]
per_day = { unknown = { p5 = 10, p95 = 20 } }
duration = { dist = "exponential", mean = "2h" }
"#;

/// Two abstract chips, one Poisson stream, no price, no failures; months begin 1 January, 1 February and 1 March, the warm-up ends on the 11th.
#[test]
fn a_queueing_study_needs_no_catalog() {
    let world = build(MM2);
    let workload = &world.workloads.0[0];
    let Source::Stream(stream) = &workload.source else { panic!("{:?}", workload.source) };
    assert_eq!(world.month_names, ["2026-01", "2026-02", "2026-03"]);
    assert_eq!((world.start, world.measure_from), (SimTime::ZERO, SimTime(10 * Span::DAY.0)));
    assert_eq!((workload.price, workload.failures), (PriceKind::Free, Failures::Off));
    assert_eq!(
        (&stream.per_day, stream.interval),
        (&Param::Unknown(UnknownId::new(0)), Law::Exponential { mean: 1.0 })
    );
    assert_eq!(world.unknowns.0[0].key, "labs.a.workloads.jobs.per_day");
    assert_eq!((world.pools.0[0].initial[0].nodes, world.draws, world.cells.len()), (2, 3, 1));
    assert_eq!(world.parties.len(), 7, "one lab and six at the boundary");
}

/// A dated study with a stream fills its queues for 8 weeks; one of traces only starts at once.
#[test]
fn spin_up_is_for_random_streams_of_dated_studies() {
    let dated = MM2.replace("analysis = \"steady\"\nwarm_up = \"10d\"", "");
    assert_eq!(build(&dated).start, SimTime(56 * Span::DAY.0));
    let trace = "[scenario]\nname = \"t\"\nstart = 2026-01-01\nend = 2026-01-02\n[pools.p]\nchips = 4\n[labs.a.workloads.t]\nkind = \"trace\"\npools = [\"p\"]\nfile = \"jobs.csv\"\n";
    let world = build_as("base", trace, "submit_s,chips,duration_s\n20,2,5\n10,4,0\n").unwrap();
    let Source::Trace(jobs) = &world.workloads.0[0].source else { panic!() };
    assert_eq!(world.start, SimTime::ZERO);
    assert_eq!((jobs[0].row, jobs[0].duration, jobs[1].submit), (1, Span(1), Span::from_seconds(20.0)));
    let bad = build_as("base", trace, "submit_s,chips,duration_s\nx,2,5\n10,1.5,0\n3,9,1\n").unwrap_err();
    assert_eq!(bad.len(), 2, "{bad:#?}");
    assert!(bad.iter().any(|p| p.contains("`jobs.csv`:2:1: `submit_s` is `x`, not a number")), "{bad:#?}");
    assert!(bad.iter().any(|p| p.contains("`jobs.csv`:3:4: `chips` is `1.5`, not a whole number")), "{bad:#?}");
    let large = build_as("base", trace, "submit_s,chips,duration_s\n3,9,1\n").unwrap_err();
    assert!(large.iter().any(|p| p.contains("1 of 1 jobs")), "{large:#?}");
}

/// Every layout of the reader is a word of the scenario file. Philly's first job kept is submitted at the start, row 2 of the file.
#[test]
fn a_log_of_another_layout_is_cut_by_queue_and_date() {
    let trace = "[scenario]\nname = \"t\"\nstart = 2026-01-01\nend = 2026-01-02\n[pools.p]\nchips = 4\n[labs.a.workloads.t]\nkind = \"trace\"\npools = [\"p\"]\nfile = \"jobs.csv\"\n";
    let philly = format!("{trace}layout = \"philly\"\nqueue = \"q\"\nfrom = 2017-10-01\nuntil = 2017-10-02\n");
    let log = "timestamp,duration,num_gpus,cluster\n2017-10-01 00:01:00,60,4,q\n2017-10-01 00:00:10,1,1,r\n\
               2017-10-01 00:00:30,5,2,q\n2017-10-02 00:00:00,5,2,q\n2017-09-30 23:59:59,5,2,q\n";
    let world = build_as("base", &philly, log).unwrap();
    let Source::Trace(jobs) = &world.workloads.0[0].source else { panic!() };
    let found: Vec<_> = jobs.iter().map(|job| (job.row, job.submit.seconds(), job.chips)).collect();
    assert_eq!(found, [(2, 0.0, 2), (0, 30.0, 4)]);
    for layout in &crate::trace::LAYOUTS {
        let text = format!("{trace}layout = \"{}\"\n", layout.name);
        let told = build_as("base", &text, "").err().unwrap_or_default();
        assert!(told.iter().all(|problem| problem.contains("is empty")), "{}: {told:?}", layout.name);
    }
    let renamed = build_as("base", &format!("{philly}time_unit = \"h\"\n"), log).unwrap_err();
    assert!(renamed[0].contains("columns and units of its own"), "{renamed:?}");
    let undated = build_as("base", &format!("{trace}from = 2017-10-01\n"), "submit_s,chips,duration_s\n").unwrap_err();
    assert!(undated[0].contains("no dates"), "{undated:?}");
}

#[test]
fn a_gang_must_fit_a_pool_and_share_a_scheduler() {
    check_problem(&format!("{MM2}chips = 3\n"), &["takes 3 chips", "never has more than 2"]);
    let two = MM2.replace("[labs", "[pools.q]\nchips = 2\n[labs").replace("[\"p\"]", "[\"p\", \"q\"]");
    check_problem(&two, &["do not share a scheduler", "put `domain = \"p\"` on both"]);
    let shared = two.replace("chips = 2\n", "chips = 2\ndomain = \"d\"\n");
    assert_eq!(build(&shared).domains.0[0].pools.len(), 2);
    check_problem(
        &shared
            .replacen("domain", "schedule = { order = \"priority\" }\ndomain", 1)
            .replace("[labs", "schedule = { queue_limit = 3 }\n[labs"),
        &["not their schedule"],
    );
}

#[test]
fn dates_must_make_sense() {
    check_problem(&MM2.replace("warm_up = \"10d\"", ""), &["steady", "warm_up"]);
    check_problem(&MM2.replace("warm_up = \"10d\"", "warm_up = \"90d\""), &["nothing is left"]);
}

const CLOUD: &str = r#"
[scenario]
name = "cloud"
start = 2026-01-01
end = 2028-01-01
decide_at = 2026-06-01
[clouds.aws]
discount_rate = 0.09
[sites.s]
cloud = "aws"
region = "us-east-2"
pue = 1.14
mw = [{ at = 2025-01-01, mw = 10 }, { at = 2027-01-01, mw = 30 }]
power_usd_per_mwh = 60
facility_usd_per_mw_year = 1e6
operations_usd_per_mw_year = 2e5
[pools.rainier]
site = "s"
instance = "trn2.48xlarge"
chips = 8_000
deliveries = [{ name = "second", at = 2027-02-01, mw = 10, for_bet = "a" }]
prices.on_demand = { usd_per_chip_hour = 3.0, steps = [{ at = 2027-01-01, times = 0.8 }] }
guaranteed.lab = [{ at = 2025-06-01, chips = 100 }, { at = 2025-10-01, chips = 4000 }, { at = 2027-06-01, chips = 8000 }]
[labs.lab.workloads.train]
kind = "pretraining"
pools = ["rainier"]
chips = 4000
flops = 1e25
every = { varies = { p5 = "4mo", p95 = "9mo" } }
mfu = { trainium2 = 0.35 }
[contracts.c]
between = ["lab", "aws"]
start = 2026-04-20
commit = { usd = 1e9, years = 3, ramp = [1, 1, 2] }
price = { ratio_to = "on_demand", ratio = 0.5, from = 2026-01-01 }
[investments.lab]
tranches = [{ at = 2025-11-01, usd = 1e9 }, { at = 2026-03-01, usd = 2e9 }, { at = 2027-03-01, usd = 3e9 }]
[bets.a]
host = ["contracts.c"]
invest = ["investments.lab"]
[strategies.base]
[strategies.none]
without = ["a"]
[strategies.less]
set = { "labs.*.workloads.train.volume" = 0.25 }
[strategies.wrong]
set = { "pools.rainier.slip" = "1mo" }
"#;

/// Trainium2: 500 W x 1.5 x 1.14 = 855 W a chip at the meter, 13.68 kW a node of 16: 10 MW hold 730 nodes. 2027-02-01 less 9 months of
/// 30.4375 days is an order in 2026. Of the two guarantees before the run the later one is in force at its first instant.
#[test]
fn sizes_prices_and_dates_are_resolved() {
    let world = build(CLOUD);
    let pool = &world.pools.0[0];
    assert_eq!(pool.power, ChipPower { tdp_mw: 500_000, idle_mw: 102_600, full_mw: 855_000 });
    assert_eq!((pool.initial[0].nodes, pool.deliveries[0].nodes), (500, 730));
    assert!(!pool.deliveries[0].ordered_before_start && pool.deliveries[0].ordered.is_some());
    assert_eq!(
        pool.guaranteed.iter().map(|s| (s.at.0 == 0, s.chips)).collect::<Vec<_>>(),
        [(true, 4000), (false, 8000)]
    );
    assert_eq!(pool.prices[0].base, Param::Fixed(3.0));
    assert_eq!(pool.prices[0].steps[0].change, PriceChange::Times(Param::Fixed(0.8)));
    let contract = &world.contracts.0[0];
    assert_eq!(contract.prices[0].1, ContractPrice::Ratio(PriceKind::OnDemand, Param::Fixed(0.5)));
    let quarter = Money::from_usd(250e6);
    let owed = |n: usize| contract.committed(Money::from_usd(1e9), n, contract.periods[n].to);
    assert_eq!([owed(0), owed(1)], [quarter, quarter]);
    assert_eq!(contract.periods.len(), 2, "the third year begins after the end");
    assert_eq!(world.workloads.0[0].price, PriceKind::Contract);
    // 4000 chips x 1.97e-5 x 1 h = 0.08 failures a tick.
    assert_eq!(world.workloads.0[0].failures, Failures::Sampled);
    let investment = &world.investments.0[0];
    assert_eq!((investment.sunk_usd, investment.tranches.len()), (1e9, 2));
    assert!(world.assumptions.iter().any(|row| row.path == "catalog.chips.trainium2.tdp_w" && row.value == "500"));
    assert!(world.assumptions.iter().any(|row| row.path == "pools.rainier.prices.on_demand.usd_per_chip_hour"));
}

#[test]
fn a_strategy_is_without_contracts_investments_and_tagged_deliveries() {
    let without = build_as("none", CLOUD, "").unwrap().without;
    assert_eq!((without.contracts.len(), without.investments.len(), without.hosts_of), (1, 1, vec!["a".to_owned()]));
    let less = build_as("less", CLOUD, "").unwrap().without;
    assert_eq!(less.volumes, [(WorkloadId::new(0), Param::Fixed(0.25))]);
    let wrong = build_as("wrong", CLOUD, "").unwrap_err();
    assert!(wrong.len() == 1 && wrong[0].contains("`pools.rainier.slip` cannot change at `decide_at`"), "{wrong:#?}");
    let typo = build_as("nine", CLOUD, "").unwrap_err();
    assert!(typo[0].contains("no strategy `nine` | did you mean `none`?"), "{typo:#?}");
}

#[test]
fn what_cannot_stand_or_be_paid_is_named() {
    check_problem(&CLOUD.replace("mw = 10 }", "mw = 5 }"), &["need 6.840 MW", "2026-01-01", "has 5 MW"]);
    check_problem(&CLOUD.replace("chips = 8_000", "chips = 8_001"), &["8001", "write 8000 or 8016"]);
    let early = CLOUD.replace("at = 2027-02-01", "at = 2025-02-01").replace("mw = 10 }, {", "mw = 30 }, {");
    check_problem(&early, &["before the scenario's start", "[initial.fleet]"]);
    check_problem(&CLOUD.replace("chips = 8000 }", "chips = 80000 }"), &["80000 chips", "ever planned"]);
    check_problem(&CLOUD.replace("trainium2 = 0.35", "trainium3 = 0.35"), &["no mfu on trainium2"]);
    check_problem(&CLOUD.replace("trn2.48xlarge", "trn2.48xlarg"), &["did you mean `trn2.48xlarge`?"]);
    let two = problems(&CLOUD.replace("ratio_to = \"on_demand\"", "ratio_to = \"committed\""));
    assert!(two.iter().any(|p| p.contains("pays the contract price, and pool `rainier` has none")), "{two:#?}");
}

/// Each line of a file with every key taken out or its number changed: problems, never a panic.
#[test]
fn no_text_makes_the_builder_panic() {
    let whole = include_str!("../../../tests/full.toml");
    let lines: Vec<&str> = whole.lines().collect();
    let mut judged = 0;
    for out in 0..lines.len() {
        for with in [String::new(), lines[out].replace('1', "7"), lines[out].replace("0 ", "1 ")] {
            let mut kept = lines.clone();
            kept[out] = &with;
            let text = kept.join("\n");
            let Ok(read) = read_text("full.toml", &text, &[]) else { continue };
            judged += 1;
            for strategy in ["base", "both", "none"] {
                let _ =
                    World::build(&read.spec, Catalog::embedded(), strategy, "slow", &|_| Err("no such file".into()));
            }
        }
    }
    assert!(100 < judged, "only {judged} texts were read");
}

/// Two chips: speeds by BF16 peaks (trainium2 667, trainium1 190), and a run multiplies by mfu / mfu of the first; a stated speed is whole,
/// so 0.5 is held as 0.5 x 0.4 / 0.2 = 1.
#[test]
fn speeds_leave_out_what_a_run_multiplies() {
    let pools = "[pools.a]\ninstance = \"trn2.48xlarge\"\nnodes = 1\ndomain = \"d\"\n[pools.b]\ninstance = \"trn1.32xlarge\"\nnodes = 1\ndomain = \"d\"\n[labs";
    let text = MM2.replace("[labs", pools).replace("[\"p\"]", "[\"a\", \"b\"]");
    let world = build(&text);
    assert_eq!(world.cells.0[1].speed, Param::Fixed(190.0 / 667.0));
    let stated = build(&format!("{text}mfu = {{ trainium2 = 0.4, trainium1 = 0.2 }}\nspeed = {{ trainium1 = 0.5 }}\n"));
    assert_eq!(stated.cells.0[1].speed, Param::Fixed(1.0));
}

/// States of an arrival rate: two or more that lead to one another, one of them with a rate, names that exist.
#[test]
fn states_of_arrivals_are_judged() {
    let with = |states: &str| MM2.replace("duration", &format!("modulated = {{ states = [{states}] }}\nduration"));
    let calm = "{ name = \"calm\", rate = 1, mean_time = \"3h\" }";
    check_problem(&with(calm), &["has 1 states", "needs no `modulated`"]);
    let nothing = "{ rate = 0, mean_time = \"1h\" }, { rate = 0, mean_time = \"2h\" }";
    check_problem(&with(nothing), &["rate 0", "above 0"]);
    let to = |name: &str, to: &str| format!("{{ name = \"{name}\", rate = 2, mean_time = \"1h\", to = {{ {to} }} }}");
    check_problem(&with(&format!("{calm}, {}", to("busy", "clam = 1"))), &["no state `clam`", "did you mean `calm`?"]);
    check_problem(&with(&format!("{calm}, {}", to("busy", "busy = 1"))), &["leads to itself"]);
    check_problem(&with(&format!("{calm}, {}", to("busy", "calm = 0"))), &["every weight is zero"]);
    let lost = format!("{}, {}, {}", to("a", "b = 1"), to("b", "a = 1"), to("c", "a = 1"));
    check_problem(&with(&lost), &["do not all lead to one another"]);
    check_problem(
        &with(&format!("{calm}, {{ rate = 2, mean_time = \"0.1s\" }}"))
            .replace("2026-03-15", "2125-12-01")
            .replace("3h", "0.1s"),
        &["times in one run", "mean_time"],
    );
    let world = build(&with(&format!("{calm}, {}", to("busy", "calm = 2"))));
    let Source::Stream(Stream { modulated: Some(modulated), .. }) = &world.workloads.0[0].source else {
        panic!("states")
    };
    assert_eq!(
        (modulated.states[1].rate.clone(), modulated.states[0].mean_h.clone()),
        (Param::Fixed(2.0), Param::Fixed(3.0))
    );
    assert_eq!(modulated.chain.visits(), [0.5, 0.5]);
}

/// Gamma and Weibull laws by `scv` or `cv`.
#[test]
fn laws_by_either_spread_are_the_same() {
    let with = |spread: &str| {
        MM2.replace("dist = \"exponential\", mean = \"2h\"", &format!("dist = \"gamma\", mean = \"2h\", {spread}"))
    };
    assert_eq!(build(&with("scv = 4")).workloads, build(&with("cv = 2")).workloads);
    let Source::Stream(stream) = &build(&with("cv = 2")).workloads.0[0].source else { panic!("a stream") };
    assert_eq!(
        stream.work,
        Work::Hours(LawOf { shape: Law::Gamma { shape: 0.25, mean: 1.0 }, mean: Param::Fixed(2.0) })
    );
}

/// One wildcard is one unknown for all it sets, drawn once; the range is what the strictest field allows.
#[test]
fn a_wildcard_is_one_unknown() {
    let two = MM2.replace("[labs", "[labs.b.workloads.jobs]\nkind = \"stream\"\npools = [\"p\"]\nper_day = 4\nduration = { dist = \"constant\", mean = \"1h\" }\n[labs");
    let set = "[futures.base]\nset = { \"labs.*.workloads.jobs.volume\" = { unknown = { p5 = 0.2, p95 = 0.6 } } }\n";
    let read = read_text("test.toml", &format!("{two}{set}"), &[]).unwrap();
    let spec = read.with_overrides(&read.spec.futures[0].table.set).unwrap();
    let world = World::build(&spec, Catalog::embedded(), "base", "base", &|_| Ok(String::new())).unwrap();
    assert_eq!(
        world.unknowns.iter().map(|u| u.key.as_str()).collect::<Vec<_>>(),
        ["labs.*.workloads.jobs.volume", "labs.a.workloads.jobs.per_day"]
    );
    assert_eq!(world.unknowns.0[0].range, (0.0, 1.0));
    assert_eq!(world.workloads.0[0].volume, world.workloads.0[1].volume);
}

/// Lognormal from 0.25 (p5) to 0.90 (p95) has 2.7 % above 1, the most a share may be: P(Z > (0 - ln 0.47434)/0.38938) = P(Z > 1.9155).
/// A range far below its bound has nothing to tell.
#[test]
fn draws_beyond_what_a_field_allows_are_told() {
    let with = |range: &str| build(&format!("{MM2}volume = {{ unknown = {{ {range} }} }}\n"));
    let told =
        |world: &World| world.notes.iter().filter(|note| note.contains("of draws lie")).cloned().collect::<Vec<_>>();
    let wide = with("p5 = 0.25, p95 = 0.90");
    let words = "labs.a.workloads.jobs.volume: 2.77 % of draws lie above 1 and count as that";
    assert_eq!(told(&wide), [words]);
    let row = wide.assumptions.iter().find(|row| row.path == "labs.a.workloads.jobs.volume").unwrap();
    assert_eq!(row.reason, words);
    assert!(told(&with("p5 = 0.1, p95 = 0.2")).is_empty());
}

/// What the file leaves out and the study needs is a row of the assumptions and a note; what it states, or does not need, is neither.
#[test]
fn every_default_is_told() {
    let reserved = CLOUD.replace("guaranteed.lab", "reserved.lab = [{ at = 2026-01-01, chips = 16 }]\nguaranteed.lab");
    let world = build(&reserved);
    let rows = |world: &World, path: &str| {
        let row = world.assumptions.iter().find(|row| row.path == path && row.source == "default of hedgerow");
        let note = world.notes.iter().any(|note| note.starts_with(&format!("{path} is not stated: ")));
        assert_eq!(row.is_some(), note, "{path}");
        row.map(|row| row.value.clone())
    };
    for (path, value) in [
        ("pools.rainier.reserved_busy", "1"),
        ("pools.rainier.deliveries.deposit", "0.3"),
        ("pools.rainier.deliveries.cancel_fee", "0"),
        ("labs.lab.workloads.train.campaign_efficiency", "1"),
        ("labs.lab.workloads.train.restart", "0"),
    ] {
        assert_eq!(rows(&world, path).as_deref(), Some(value), "{path}");
    }
    assert_eq!(rows(&build(CLOUD), "pools.rainier.reserved_busy"), None, "nothing is reserved");
    let stated = reserved
        .replace("chips = 8_000\n", "chips = 8_000\nreserved_busy = 0.7\n")
        .replace("flops = 1e25", "flops = 1e25\ncampaign_efficiency = 0.8\nrestart = \"10min\"");
    let stated = build(&stated);
    for path in [
        "pools.rainier.reserved_busy",
        "labs.lab.workloads.train.campaign_efficiency",
        "labs.lab.workloads.train.restart",
    ] {
        assert_eq!(rows(&stated, path), None, "{path}");
    }
}

/// Reserved chips leave in whole nodes; a slip needs a decision to slip after; a bet needs a date to be dropped at.
#[test]
fn what_acts_at_a_decision_needs_its_date() {
    check_problem(
        &CLOUD.replace("guaranteed.lab", "reserved.lab = [{ at = 2026-01-01, chips = 24 }]\nguaranteed.lab"),
        &["24 reserved", "write 16 or 32"],
    );
    let undecided = CLOUD.replace("decide_at = 2026-06-01\n", "");
    check_problem(
        &undecided.replace("chips = 8_000", "slip = \"2mo\"\nchips = 8_000"),
        &["`decide_at`, and there is none"],
    );
    let none = build_as("none", &undecided, "").unwrap_err();
    assert!(none.len() == 1 && none[0].contains("no `decide_at` at which it acts"), "{none:#?}");
}

/// The order of tables in the file changes nothing.
#[test]
fn the_order_of_writing_changes_nothing() {
    let head = CLOUD.find("[clouds.aws]").unwrap();
    let tables: Vec<String> =
        CLOUD[head..].split("\n[").map(|table| table.trim_start_matches('[').to_owned()).collect();
    let turned = tables.iter().rev().map(|table| format!("[{table}\n")).collect::<String>();
    let (a, b) = (build(CLOUD), build(&format!("{}{turned}", &CLOUD[..head])));
    assert_eq!(format!("{a:?}"), format!("{b:?}"));
}

/// Chips and gangs at a contract's price need the price to hold: before its `start` and after its last year the file must say what does.
#[test]
fn a_contract_price_holds_inside_its_dates() {
    let shares_only = |text: &str| text.replace("flops = 1e25", "flops = 1e25\nprice = \"on_demand\"");
    let gangs_only = |text: &str| {
        let kept = text.lines().filter(|line| !line.starts_with("guaranteed"));
        kept.map(|line| format!("{line}\n")).collect::<String>()
    };
    let silent = CLOUD.replace(", from = 2026-01-01", "");
    let cure = "contracts.c.price.from = 2026-01-01";
    check_problem(
        &shares_only(&silent),
        &["`pools.rainier.guaranteed.lab` are billed from 2026-01-01", "holds from 2026-04-20", cure, "`chips = 0`"],
    );
    check_problem(&gangs_only(&silent), &["gangs of `labs.lab.workloads.train`", cure, "or another `price`"]);
    let short = CLOUD.replace("years = 3, ramp = [1, 1, 2]", "years = 1");
    let cure = "price.until = 2028-01-01";
    check_problem(&shares_only(&short), &["billed until 2028-01-01", "ends on 2027-04-20", cure, "`chips = 0`"]);
    let neither =
        |dates: &str| shares_only(&gangs_only(&silent.replace("ratio = 0.5", &format!("ratio = 0.5, {dates}"))));
    check_problem(
        &neither("from = 2026-05-01"),
        &["from 2026-05-01, after the contract's start", "2026-04-20 or earlier"],
    );
    check_problem(&neither("until = 2028-01-01"), &["ends on 2028-01-01, before its last contract year does"]);
    build(&short.replace("from = 2026-01-01", "from = 2026-01-01, until = 2028-01-01"));
}

/// Signed before the start, so that the second year is under way: what is owed does not depend on the length of the spin-up.
#[test]
fn a_spin_up_moves_no_commitment() {
    let signed = CLOUD.replace("start = 2026-04-20", "start = 2025-04-20").replace(", from = 2026-01-01", "");
    let periods = |spin_up: &str| {
        let world = build(&signed.replace("decide_at", &format!("spin_up = \"{spin_up}\"\ndecide_at")));
        let contract = &world.contracts.0[0];
        let part = |n: usize| contract.committed(Money::from_usd(2e6), n, world.start + Span(31 * Span::DAY.0));
        (part(0), contract.periods[0].from.since(world.start), contract.periods[0].elapsed)
    };
    // The first of the years weighs 1 in 4: 500,000 x 31 d / 365 d.
    let want = (Money(42_465_753_425), Span::ZERO, Span(256 * Span::DAY.0));
    assert_eq!(periods("0d"), want);
    assert_eq!(periods("56d"), want);
}

/// Eq. (6): a gang of 1,000 at 0.03 an hour and chip fails 30 times an hour; of 121.69 min between checkpoints it never gets
/// through. At 1e-2 a segment is e^20.3 failures, and the clock runs 438,240 times in the five years: fewer than are numbered.
/// Between them, one rate refuses and a little less does not: 22.81 and 22.83 failures an hour over 43,824 h are a million.
#[test]
fn a_gang_that_never_gets_through_is_refused_where_its_failures_cannot_be_numbered() {
    let text = include_str!("../../../scenarios/theory/checkpoint.toml");
    let at = |rate: &str| text.replace("4.16666666667e-5", rate);
    check_problem(
        &at("3e-2"),
        &["labs.users.workloads.training", "1.3e6 times in the time", "pools.machines.failures_per_chip_hour"],
    );
    check_problem(&at("2.283e-2"), &["checkpoint.interval", "failures = \"goodput\""]);
    build(&at("2.281e-2"));
    build(&at("1e-2"));
    // With checkpoints every minute the same rate is played: 10,000 segments of e^(30 x 6/60) - 1 = 19 failures and their
    // restarts, e^(30/6) each: too many again, until writing and loading are quick.
    let often = at("3e-2").replace("116.69min", "1min");
    check_problem(&often, &["before it is done"]);
    build(&often.replace("cost = \"5min\"", "cost = \"1s\"").replace("restart = \"10min\"", "restart = \"1s\""));
    // In closed form nothing is numbered.
    build(&at("3e-2").replace("failures = \"sampled\"", "failures = \"goodput\""));
}

/// 60,000 chips that fail once an hour at work are 2.6e9 failures in five years, and their 1.1e8 jobs of a day fill them; at 0.02 an
/// hour they are 5e7.
#[test]
fn failures_count_among_the_events_of_a_run() {
    let with = |rate: f64| {
        format!(
            "[scenario]\nname = \"f\"\nstart = 2026-01-01\nend = 2031-01-01\nspin_up = \"0d\"\n[pools.p]\nchips = 60_000\nfailures_per_chip_hour = {rate}\n\
             [labs.a.workloads.w]\nkind = \"stream\"\npools = [\"p\"]\nper_day = 60_000\nchips = 1\nduration = {{ dist = \"constant\", mean = \"24h\" }}\n\
             checkpoint = {{ interval = \"1min\", cost = \"0s\" }}\nrestart = \"0s\"\nfailures = \"sampled\"\n"
        )
    };
    check_problem(&with(1.0), &["1.10e8 jobs arrive and 2.63e9 failures happen", "at most 2e9"]);
    build(&with(0.02));
}

/// Ten servers do 240 jobs of an hour a day. 1.3 million a day for four years are 1.9e9 jobs that nobody serves, 208 bytes each: 368
/// GiB a run. Where a queue limit refuses them, or jobs are short, nothing piles up.
#[test]
fn jobs_that_pile_up_are_counted_as_memory() {
    let text = include_str!("../../../scenarios/theory/mmc.toml");
    let at = |per_day: &str| text.replace("per_day = 192 ", &format!("per_day = {per_day} "));
    check_problem(
        &at("1_300_000"),
        &["1.9e9 jobs are alive at once in `servers`", "5416.7 times what its pools can do", "lower the rates"],
    );
    // 8 runs x 416 bytes x (per_day - 240) x 1,461 d = 8 GiB at 2,007.
    check_problem(&at("2_030"), &["alive at once"]);
    build(&at("1_990"));
    build(&at("1_300_000").replace("nodes = 10", "nodes = 10\nschedule = { queue_limit = 1000 }"));
    build(&at("1_300_000").replace("mean = \"1h\"", "mean = \"0.5s\""));
}

/// Of the entries of 2025-06-01, 2025-10-01 and 2027-06-01 the second is in force on 2026-06-01: set there, it is followed by one of that
/// day, the third has another amount, and the first is over. A price set there is a step of that day, which later steps multiply.
#[test]
fn a_strategy_sets_shares_and_prices_at_the_decision() {
    let with = |set: &str| build_as("new", &format!("{CLOUD}[strategies.new]\nset = {{ {set} }}\n"), "");
    let shares = |set: &str| {
        let world = with(set).unwrap_or_else(|problems| panic!("{problems:#?}"));
        let shares = &world.pools.0[0].guaranteed;
        shares
            .iter()
            .map(|share| (world.calendar.date(share.at.max(world.start)).date().to_string(), share.chips))
            .collect::<Vec<_>>()
    };
    let dated = |list: &[(&str, u32)]| list.iter().map(|(on, chips)| ((*on).to_owned(), *chips)).collect::<Vec<_>>();
    let path = "\"pools.rainier.guaranteed.lab";
    assert_eq!(
        shares(&format!("{path}[1].chips\" = 2_000")),
        dated(&[("2026-01-01", 4000), ("2026-06-01", 2000), ("2027-06-01", 8000)])
    );
    assert_eq!(shares(&format!("{path}[2].chips\" = 6_000")), dated(&[("2026-01-01", 4000), ("2027-06-01", 6000)]));
    let refused = |set: &str, words: &[&str]| {
        let found = with(set).unwrap_err();
        assert!(found.len() == 1 && words.iter().all(|word| found[0].contains(word)), "{found:#?}");
    };
    refused(&format!("{path}[0].chips\" = 2_000"), &["cannot be set at `decide_at`", "over by then"]);
    refused(&format!("{path}[2].chips\" = {{ value = 6_000 }}"), &["not a number"]);
    refused(&format!("{path}[2].chips\" = 20_000"), &["20000"]);
    let prices = |set: &str| with(set).unwrap().pools.0[0].prices[0].clone();
    let price = prices("\"pools.*.prices.on_demand.usd_per_chip_hour\" = 2.0");
    assert_eq!((&price.base, price.steps.len()), (&Param::Fixed(3.0), 2));
    assert_eq!(price.steps[0].change, PriceChange::To(Param::Fixed(2.0)));
    assert_eq!(price.steps[1].change, PriceChange::Times(Param::Fixed(0.8)));
    let price = prices("\"pools.rainier.prices.on_demand.steps[0].times\" = 0.5");
    assert_eq!(price.steps[0].change, PriceChange::Times(Param::Fixed(0.5)));
    // What a run could change and no strategy sets yet is said so; what no run changes, too.
    for leaf in ["sites.s.power_usd_per_mwh", "contracts.c.price.ratio", "sites.s.mw[0].mw"] {
        refused(&format!("\"{leaf}\" = 1.0"), &["cannot be set at `decide_at` yet", "come with"]);
    }
    refused("\"clouds.aws.discount_rate\" = 0.1", &["a run holds it fixed", "`volume`"]);
}

/// A law that cannot be says what would be one.
#[test]
fn a_law_that_cannot_be_has_its_cure() {
    let law = |text: &str| MM2.replace("{ dist = \"exponential\", mean = \"2h\" }", text);
    check_problem(
        &law("{ dist = \"erlang\", mean = \"2h\", scv = 0.3 }"),
        &["erlang needs 1/scv to be a whole number", " | give scv = 0.3"],
    );
}

/// Of five rows in a study of a day, two come after its end, the later after 1,157 days, and one takes longer than it. The unit is doubted where a time is ten times
/// the study.
#[test]
fn rows_far_out_of_the_study_are_told() {
    let text = "[scenario]\nname = \"t\"\nstart = 2026-01-01\nend = 2026-01-02\n[pools.p]\nchips = 4\n[labs.a.workloads.t]\nkind = \"trace\"\npools = [\"p\"]\nfile = \"jobs.csv\"\n";
    let notes = |rows: &str| {
        let world = build_as("base", text, &format!("submit_s,chips,duration_s\n{rows}")).unwrap();
        world.notes.into_iter().filter(|note| note.contains("of ")).collect::<Vec<_>>()
    };
    assert_eq!(
        notes("0,1,5\n10,1,5\n20,1,90000\n86400,1,5\n100000000,1,5\n"),
        [
            "labs.a.workloads.t: 1 of 5 jobs run longer than the study, the longest 1 days",
            "labs.a.workloads.t: 2 of 5 jobs are submitted after the end and not played, the last 1157 days after the start; is `time_unit` right?",
        ]
    );
    assert!(notes("0,1,5\n86399,1,86400\n").is_empty());
}

/// An outage before the study would begin with it; one after it does nothing, and the reader is told. So is a bid where nothing is bought at spot.
#[test]
fn what_does_nothing_is_told() {
    let world = |at: &str| format!("{MM2}max_spot_ratio = 0.5\n[pools.p.outages.o]\nat = {at}\nduration = \"1h\"\n");
    let notes = build(&world("2199-01-01")).notes;
    for words in ["that outage does nothing", "nothing is bought at spot"] {
        assert!(notes.iter().any(|note| note.contains(words)), "{notes:#?}");
    }
    check_problem(&world("1999-01-01"), &["lies before the study", "move it to the start or later"]);
}
