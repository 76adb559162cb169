//! Tests of the reader as a whole: small files in text and what they must give.

use super::*;

const BASE: &str = r#"
[scenario]
start = 2026-01-01
end = 2027-01-01
[factors]
ai = "demand"
[clouds.aws]
[sites.s]
cloud = "aws"
[pools.a]
chips = 8
chips_per_node = 8
[pools.b]
chips = 8
chips_per_node = 8
deliveries = [{ name = "second", at = 2026-06-01, chips = 8 }, { at = 2026-07-01, chips = 8 }]
[labs.l.workloads.w]
kind = "stream"
pools = ["a"]
per_day = 3
duration = { dist = "exponential", mean = "2h" }
"#;

fn ok(text: &str, sets: &[&str]) -> Read {
    let sets: Vec<String> = sets.iter().map(|s| s.to_string()).collect();
    read_text("t.toml", text, &sets).unwrap_or_else(|problems| panic!("{problems}"))
}

/// Messages and remedies, one a line.
fn problems(text: &str, sets: &[&str]) -> String {
    let sets: Vec<String> = sets.iter().map(|s| s.to_string()).collect();
    match read_text("t.toml", text, &sets) {
        Ok(_) => String::new(),
        Err(problems) => problems
            .iter()
            .map(|p| format!("{}: {} ({})\n", problems.sources().describe(p.origin), p.message, p.remedy))
            .collect(),
    }
}

/// The file with one more piece of text, refused with these words.
fn refused(more: &str, words: &str) {
    let found = problems(&format!("{BASE}{more}"), &[]);
    assert!(found.lines().count() == 1 && found.contains(words), "{more}\n  wanted {words}\n  found {found}");
}

#[test]
fn the_full_file_is_read() {
    let text = include_str!("../../tests/full.toml");
    let read = ok(text, &[]);
    let spec = &read.spec;
    let rainier = &spec.pools.iter().find(|pool| pool.name == "rainier").expect("it is there").table;
    assert_eq!(rainier.slip.as_ref().unwrap().path, "pools.rainier.slip");
    let Quantity::Unknown(slip) = &rainier.slip.as_ref().unwrap().quantity else { panic!() };
    assert_eq!((slip.p5, slip.p95, slip.key.as_str()), (730.5, 6574.5, "pools.rainier.slip"));
    assert_eq!(rainier.deliveries[0].size.amount.path, "pools.rainier.deliveries.second.nodes");
    let ratio = spec.contracts[0].table.price.as_ref().unwrap().ratio.as_ref().unwrap();
    assert_eq!((ratio.note.source.as_deref(), ratio.note.as_of.as_deref()), (Some("estimate"), Some("2026-04-20")));
    assert_eq!(read.sources.describe(ratio.origin), "t.toml:155:48");
    assert_eq!(spec.not_modelled.len(), 2);
    // The future's wildcard is one draw, keyed by the pattern.
    let future = read.with_overrides(&spec.futures[0].table.set).unwrap();
    for pool in &future.pools {
        let slip = pool.table.slip.as_ref().unwrap();
        let Quantity::Unknown(spread) = &slip.quantity else { panic!() };
        assert_eq!((spread.key.as_str(), spread.p5), ("pools.*.slip", 4383.0));
        assert_eq!(read.sources.describe(slip.origin), "t.toml:182:9 (futures.slow.set)");
    }
}

#[test]
fn sets_change_leaves() {
    let read = ok(
        BASE,
        &[
            "pools.*.slip = \"1mo\"",
            "pools.b.deliveries.second.chips=16",
            "pools.b.deliveries[1].at=2026-08-01",
            "run.seed=7",
            "pools.a.nodes=2",
            "run.failures=off",
        ],
    );
    let spec = &read.spec;
    assert_eq!(spec.pools[1].table.deliveries[0].size.amount.quantity, Quantity::Fixed(16.0));
    assert_eq!(spec.pools[0].table.size.as_ref().unwrap().unit, SizeUnit::Nodes);
    assert_eq!(read.sources.describe(spec.run.seed.as_ref().unwrap().origin), "--set #4");
    for (set, words) in [
        ("pools.c.slip=\"1mo\"", "`pools.c` is not declared"),
        ("pools.a.slpi=\"1mo\"", "did you mean `slip`?"),
        ("pools.b.deliveries.secnd.chips=1", "did you mean `second`?"),
        ("pools.a=3", "`set` changes leaves"),
        ("pools.a.slip=3", "needs a unit of time"),
        ("pools.a.slip", "needs a path and a value"),
        ("shocks.x.at=2026-01-01", "comes with shocks"),
        ("pools.a.slip=[1", "--set #1"),
        ("pools.a.nodes.x.y=1", "to change"),
    ] {
        let found = problems(BASE, &[set]);
        assert!(found.contains(words), "{set}: {found}");
    }
}

#[test]
fn each_gives_every_leaf_its_own_key() {
    let read =
        ok(BASE, &["pools.*.slip={ unknown = { p5 = \"1mo\", p95 = \"2mo\" }, each = true, loads_on = { ai = 0.5 } }"]);
    let Quantity::Unknown(spread) = &read.spec.pools[0].table.slip.as_ref().unwrap().quantity else { panic!() };
    assert_eq!(spread.key, "pools.a.slip");
}

/// One of `scv` and `cv`, where the shape leaves it open, in its range.
#[test]
fn a_law_has_one_spread() {
    let repair = |law: &str| format!("[pools.c]\nrepair = {{ time = {{ {law}, mean = \"1h\" }} }}");
    refused(&repair("dist = \"gamma\""), "a law that is gamma needs `scv`");
    refused(&repair("dist = \"weibull\", scv = 1, cv = 1"), "`cv`");
    refused(&repair("dist = \"weibull\", cv = 0.001"), "a weibull law has `cv` of at least 0.01");
    refused(&repair("dist = \"gamma\", scv = 0"), "a gamma law has `scv` of at least 0.0001");
    refused(&repair("dist = \"exponential\", cv = 2"), "no `cv` to choose");
    refused(&repair("dist = \"hyperexponential\", cv = 0.9"), "`cv` of at least 1");
    refused(&repair("dist = \"erlang\", cv = 1.5"), "at most 1");
    refused(&repair("dist = \"gama\", scv = 1"), "did you mean \"gamma\"?");
}

#[test]
fn what_is_wrong_is_named_with_its_cure() {
    refused("[pools.c]\nnodse = 3", "did you mean `nodes`?");
    refused("[pools.c]\nslip = 3", "needs a unit of time");
    refused("[pools.c]\nslip = { p5 = \"1mo\", p95 = \"2mo\" }", "say { unknown = ");
    refused("[pools.c]\nslip = { unknown = { p5 = \"2mo\", p95 = \"1mo\" } }", "`p5` is not below `p95`");
    refused("[pools.c]\nslip = { unknown = { p5 = 0, p95 = \"1mo\" } }", "needs 0 < p5");
    refused(
        "[pools.c]\nslip = { unknown = { p5 = \"1d\", p95 = \"1mo\" }, loads_on = { a = 0.5 } }",
        "did you mean `ai`?",
    );
    refused("[pools.c]\nslip = { unknown = { p5 = \"1d\", p95 = \"1mo\" }, loads_on = { ai = 1.5 } }", "out of range");
    refused(
        "[pools.c]\ndeliveries = [{ at = 2026-05-01, nodes = { unknown = { p5 = 1, p95 = 2 } } }]",
        "give the element a name",
    );
    refused("[pools.c]\ndeliveries = [{ at = 2026-05-01 }]", "needs one of `nodes`");
    refused("[pools.c]\nnodes = 3\nchips = 24", "the same thing twice");
    refused("[pools.c]\nbuild = { rule = \"fixed\" }", "comes with build rules");
    refused("[pools.c]\nschedule = { order = \"sjff\" }", "did you mean \"sjf\"?");
    refused("[pools.c]\ncauses.x = { takes = \"node\" }", "needs one of `per_chip_hour`");
    refused("[segments.x]\n", "comes with the market");
    refused("[shocks.x]\n", "comes with shocks");
    refused("[labs.m.models.x]\n", "comes with the market");
    refused("[labs.m.workloads.x]\nkind = \"serving\"", "comes with serving");
    refused(
        "[labs.m.workloads.x]\nkind = \"batch\"\npools = [\"a\"]\nper_day = 1\ntokens = { dist = \"constant\", mean = 1e9 }\n\
         tokens_per_chip_second = { a = 900 }",
        "needs `deadline`",
    );
    refused("[labs.m.workloads.x]\nkind = \"pretraning\"", "did you mean \"pretraining\"?");
    refused(
        "[labs.m.workloads.x]\nkind = \"pretraining\"\npools = [\"a\"]\nflops = 1e26\nchips = { min = 1 }",
        "needs `max`",
    );
    refused("[strategies.x]\nwithout = [\"y\"]", "there is no bet");
    refused("[futures.x]\nset = { \"pools.a.slip\" = 3 }", "needs a unit of time");
    refused("[futures.x]\nset = { \"pools.z.slip\" = \"3mo\" }", "the table must be declared");
    refused("[contracts.c]\nbetween = [\"l\", \"l2\"]\nstart = 2026-01-01", "there is no lab or cloud `l2`");
    refused("[contracts.c]\nbetween = [\"aws\"]\nstart = 2026-01-01", "one lab and one cloud");
    refused("[assert]\n", "comes with asserts");
}

/// What `--print-config` prints means the same as what was read, and says where each value came from.
#[test]
fn the_printed_file_means_the_same() {
    let read = ok(
        include_str!("../../tests/full.toml"),
        &["run.seed=7", "pools.abstract.slip={ unknown = { p5 = \"1mo\", p95 = \"2mo\" } }"],
    );
    let printed = print_config(&read);
    assert!(printed.contains("seed = 7  # from --set #1"), "{printed}");
    assert!(printed.contains("discount_rate = 0.09  # from t.toml:27:17"), "{printed}");
    let again = ok(&printed, &[]);
    let plain = |text: String| {
        text.lines().map(|line| line.split("  # from").next().unwrap_or("").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(plain(print_config(&again)), plain(printed));
    assert_eq!(again.spec.run.seed.as_ref().unwrap().value, 7);
    assert_eq!(again.spec.pools.len(), read.spec.pools.len());
}

/// The full file has every key of the definition, so that none is defined and not read.
#[test]
fn the_full_file_has_every_key() {
    let text = include_str!("../../tests/full.toml");
    for line in
        manual().lines().take_while(|line| *line != "## What comes later").filter(|line| line.starts_with("| `"))
    {
        let key = line.trim_start_matches("| `").split('`').next().unwrap();
        let excused = ["extends"].contains(&key);
        assert!(
            excused
                || text.contains(&format!("{key} ="))
                || text.contains(&format!("[{key}"))
                || text.contains(&format!(".{key}")),
            "{key}"
        );
    }
    assert_eq!(json_schema()["properties"]["run"]["properties"]["draws"]["maximum"], 1_000_000);
}

/// Files made to be large, deep or wrong everywhere are refused soon.
#[test]
fn absurd_files_are_refused() {
    let big = 200_000;
    let wide =
        format!("[futures.f.set]\n{}", (0..3000).map(|i| format!("\"pools.*.slip{i}\" = 1\n")).collect::<String>());
    let pools: String = (0..2000).map(|i| format!("[pools.p{i}]\nnodes = 1\n")).collect();
    for text in [
        "[".repeat(big),
        format!("a = {}", "[".repeat(big)),
        format!("a = {}", "{a=".repeat(big)),
        "a.".repeat(big),
        "x\n".repeat(big),
        "x = y\n".repeat(big),
        "\"\"\"\n[a]\n".repeat(big / 4),
        "[a]\n".repeat(big / 4),
        (0..big / 4).map(|i| format!("k{i} = {i}\n")).collect(),
        (0..big / 4).map(|i| format!("[pools.p{i}]\nx = 1\n")).collect(),
        "\u{1}".repeat(big),
        "é".repeat(big),
        format!("{BASE}{pools}{wide}"),
        format!("{BASE}[labs.l.workloads.v]\nprofile = [{}]", "1,".repeat(big)),
    ] {
        let start = std::time::Instant::now();
        let found = read_text("absurd.toml", &text, &[]).expect_err("absurd").render(false);
        assert!(!found.is_empty());
        let beginning: String = text.chars().take(20).collect();
        assert!(start.elapsed().as_secs() < 20, "{beginning:?}... took {:?}", start.elapsed());
    }
}

/// A table's source holds for its numbers that have none; a number with a source of its own takes no reason that belongs to another.
/// `low` and `high` are the range of the one plain number beside them, in its unit.
#[test]
fn notes_of_a_table_hold_for_its_numbers() {
    let note = |text: &str, path: &str| {
        let read = ok(&format!("{BASE}{text}"), &[]);
        let Workload::Stream(stream) = &read.spec.labs[0].table.workloads[0].table else { panic!() };
        let common = &stream.common;
        let checkpoint = common.checkpoint.as_ref().unwrap();
        let leaf = match path {
            "interval" => match &checkpoint.interval {
                Interval::Equal(leaf) => leaf,
                Interval::Drawn(law) => &law.mean,
            },
            "cost" => &checkpoint.cost,
            _ => common.restart.as_ref().unwrap(),
        };
        leaf.note.clone()
    };
    let text = "restart = { value = \"1h\", source = \"page x\" }\nsource = \"estimate\"\nreason = \"ours\"\n\
                [labs.l.workloads.w.checkpoint]\ncost = \"6min\"\nlow = \"3min\"\nhigh = \"12min\"\ninterval = { value = \"1h\", low = \"30min\", reason = \"round\" }\n";
    let cost = note(text, "cost");
    assert_eq!((cost.source.as_deref(), cost.reason.as_deref()), (Some("estimate"), Some("ours")));
    assert_eq!((cost.low, cost.high), (Some(0.05), Some(0.2)));
    let interval = note(text, "interval");
    assert_eq!((interval.source.as_deref(), interval.reason.as_deref()), (Some("estimate"), Some("round")));
    assert_eq!((interval.low, interval.high), (Some(0.5), None));
    let restart = note(text, "restart");
    assert_eq!((restart.source.as_deref(), restart.reason), (Some("page x"), None));
    refused(
        "[sites.t]\ncloud = \"aws\"\npue = 1.2\npower_usd_per_mwh = 50\nlow = 1.0\nhigh = 1.3\n",
        "beside 2 numbers",
    );
    refused("[sites.t]\ncloud = \"aws\"\npue = 1.2\nlow = 1.0\n", "without its other end");
    refused("[sites.t]\ncloud = \"aws\"\npue = 1.2\nlow = 1.3\nhigh = 1.0\n", "`low` is above `high`");
    refused("[sites.t]\ncloud = \"aws\"\npue = 1.2\nlow = \"1\"\nhigh = 1.3\n", "write 1 without quotes");
}
