//! `size`: the command's answer, its files, that `replay requests` shows the same, and what it refuses.

use crate::golden::data;
use assert_cmd::Command;
use hedgerow::report::columns;
use std::collections::BTreeMap;

struct Desk(tempfile::TempDir);

/// Eight requests a second of conversations, few of them.
const SMALL: &str = "size --rate 8 --mix conversation --requests 1500 --model llama-3.1-8b --chips h100,l40s";

impl Desk {
    fn new() -> Desk {
        Desk(tempfile::tempdir().unwrap())
    }

    fn run(&self, words: &str) -> (i32, String, String) {
        let output = Command::cargo_bin("hedgerow")
            .unwrap()
            .current_dir(self.0.path())
            .args(words.split_whitespace())
            .output()
            .unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    }

    fn refuses(&self, words: &str, parts: &[&str]) {
        let (code, _, told) = self.run(words);
        assert_eq!(code, 2, "{words}: {told}");
        parts.iter().for_each(|part| assert!(told.contains(part), "{words}: {part} is not in\n{told}"));
        assert!(!self.0.path().join("out").exists(), "{words}: something was written");
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.0.path().join(name)).unwrap()
    }
}

/// Rows of a table by header.
fn rows(text: &str) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let headers: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    reader.records().map(|row| headers.iter().cloned().zip(row.unwrap().iter().map(str::to_owned)).collect()).collect()
}

fn number(row: &BTreeMap<String, String>, column: &str) -> f64 {
    row[column].parse().unwrap_or_else(|_| panic!("{column}: {row:?}"))
}

#[test]
fn the_command_answers_and_writes_its_folder() {
    let desk = Desk::new();
    let (code, told, _) = desk.run(&format!("{SMALL} --slo ttft=1s,tpot=40ms -o out"));
    assert_eq!(code, 0, "{told}");
    for part in
        ["cheapest: ", "verified on 1,500 requests", "runner-up: ", "binds: ", "index of dispersion", "by table"]
    {
        assert!(told.contains(part), "{part} is not in\n{told}");
    }
    let text = desk.read("out/candidates.csv");
    let header: Vec<&str> = text.lines().next().unwrap().split(',').collect();
    assert_eq!(header, columns::headers("size/candidates.csv"));
    let table = rows(&text);
    let kept: Vec<_> = table.iter().filter(|row| !row["usd_per_hour"].is_empty()).collect();
    assert!(2 <= kept.len(), "{text}");
    for pair in kept.windows(2) {
        assert!(number(pair[0], "usd_per_hour") <= number(pair[1], "usd_per_hour"));
    }
    for row in &kept {
        assert!(0.99 <= number(row, "attained"), "{row:?}");
        assert_eq!(number(row, "requests"), 1_500.0);
        // By allocation: the price of the hours over tokens; never below what 1,500 requests at 8 a second take.
        assert!(0.0 < number(row, "usd_per_million_tokens") && number(row, "busy_fraction") <= 1.0);
    }
    for row in table.iter().filter(|row| row["usd_per_hour"].is_empty()) {
        assert!(!row["why_not"].is_empty() && !row["why_not_kind"].is_empty(), "{row:?}");
    }
    let page = desk.read("out/report.html").replace("http://www.w3.org/2000/svg", "");
    assert!(!page.contains("http:") && !page.contains("NaN") && page.contains("What binds"));
    for part in ["Latency by load", "The frontier of latency and cost", "Cost of a million tokens by chip"] {
        assert!(page.contains(part), "{part}");
    }
    // Two runs of one command write the same bytes.
    assert_eq!(desk.run(&format!("{SMALL} --slo ttft=1s,tpot=40ms -o again --quiet")).0, 0);
    for name in ["load.csv", "charts/latency.svg", "charts/frontier.svg", "charts/cost_per_token.svg"] {
        assert_eq!(desk.read(&format!("out/{name}")), desk.read(&format!("again/{name}")));
    }
    assert_eq!(text, desk.read("again/candidates.csv"));
    let (_, json, _) = desk.run(&format!("{SMALL} --slo ttft=1s,tpot=40ms -o out --format json --no-charts"));
    assert!(serde_json::from_str::<serde_json::Value>(&json).unwrap()["candidates"]["rows"].is_array(), "{json}");
}

/// Requests of two states come in bursts, which is measured and said; so is what of the time is after the last of them.
#[test]
fn states_are_a_load() {
    let desk = Desk::new();
    let words = "size --generate states=40:20s/2:60s,requests=1500,input=800:1,output=60:1 --model llama-3.1-8b --chips h100 --slo ttft=2s -o out --no-charts";
    let (code, told, _) = desk.run(words);
    assert_eq!(code, 0, "{told}");
    let bursts = told.lines().find(|line| line.contains("index of dispersion")).unwrap();
    let index: f64 = bursts.split("index of dispersion ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    assert!(3.0 < index, "{bursts}");
    assert!(told.contains("of that time is after the last request"), "{told}");
}

/// What is said of the cheapest is what `replay requests` shows of so many replicas of it.
#[test]
fn a_replay_of_the_answer_shows_the_same() {
    let desk = Desk::new();
    let mut log = String::from("arrival_s,input_tokens,output_tokens\n");
    for n in 0..600_u32 {
        // Clumps of six every second.
        log += &format!("{}.{},{},{}\n", n / 6, n % 6, 300 + n * 37 % 1_900, 20 + n * 13 % 180);
    }
    std::fs::write(desk.0.path().join("log.csv"), log).unwrap();
    let size = "size log.csv --model llama-3.1-8b --slo ttft=300ms,tpot=30ms --chips l40s,h100 -o out";
    assert_eq!(desk.run(size).0, 0);
    let table = rows(&desk.read("out/candidates.csv"));
    let alone = table.iter().find(|row| !row["usd_per_hour"].is_empty() && !row["instance"].contains('+')).unwrap();
    let replay = format!(
        "replay requests log.csv --model llama-3.1-8b --slo ttft=300ms,tpot=30ms --chunked-prefill --no-charts -o seen --instance {} --tp {} --replicas {}",
        alone["instance"], alone["chips_per_replica"], alone["replicas"]
    );
    assert_eq!(desk.run(&replay).0, 0);
    let seen = rows(&desk.read("seen/summary.csv"));
    let figure = |metric: &str| number(seen.iter().find(|row| row["metric"] == metric).unwrap(), "value");
    for (ours, theirs) in [
        ("attained", "attainment"),
        ("ttft_p99_s", "ttft_s_p99"),
        ("tpot_p99_s", "tpot_s_p99"),
        ("busy_fraction", "busy_fraction"),
    ] {
        assert!((number(alone, ours) - figure(theirs)).abs() < 1e-9, "{ours}: {alone:?}");
    }
}

/// Rows of `load.csv` are what `replay requests` shows at their --rate-scale, interval and all; the one that was asked for is the candidate's. On the
/// frontier nothing is both faster and cheaper among those that keep the target of the first token.
#[test]
fn loads_are_those_of_replays() {
    let desk = Desk::new();
    let mut log = String::from("arrival_s,input_tokens,output_tokens\n");
    for n in 0..900_u32 {
        log += &format!("{}.{},{},{}\n", n / 5, n % 5, 300 + n * 37 % 1_900, 20 + n * 13 % 180);
    }
    std::fs::write(desk.0.path().join("log.csv"), log).unwrap();
    let size = "size log.csv --model llama-3.1-8b --slo ttft=300ms,tpot=30ms --chips l40s,h100 -o out";
    assert_eq!(desk.run(size).0, 0);
    let text = desk.read("out/load.csv");
    let header: Vec<&str> = text.lines().next().unwrap().split(',').collect();
    assert_eq!(header, columns::headers("size/load.csv"));
    let table = rows(&text);
    let of_replicas = |row: &&BTreeMap<String, String>| row["best_of_chip"] == "1";
    let chips: std::collections::BTreeSet<&str> =
        table.iter().filter(of_replicas).map(|row| row["chip"].as_str()).collect();
    assert_eq!(chips.into_iter().collect::<Vec<_>>(), ["h100-sxm", "l40s"]);
    let candidates = rows(&desk.read("out/candidates.csv"));
    for row in table.iter().filter(|row| row["rate_scale"] == "1") {
        let same = |other: &&BTreeMap<String, String>| {
            ["instance", "chips_per_replica", "instances"].iter().all(|key| row[*key] == other[*key])
        };
        let candidate = candidates.iter().find(same).unwrap();
        for key in ["attained", "ttft_p99_s", "tpot_p50_s", "usd_per_million_tokens", "busy_fraction"] {
            assert_eq!(row[key], candidate[key], "{key}");
        }
    }
    for load in ["0.6", "1.1"] {
        let near = |row: &&BTreeMap<String, String>| (number(row, "load") - load.parse::<f64>().unwrap()).abs() < 1e-6;
        let row = table.iter().find(near).unwrap();
        let replay = format!(
            "replay requests log.csv --model llama-3.1-8b --slo ttft=300ms,tpot=30ms --chunked-prefill --no-charts -o seen --instance {} --tp {} --replicas {} --rate-scale {}",
            row["instance"], row["chips_per_replica"], row["replicas"], row["rate_scale"]
        );
        assert_eq!(desk.run(&replay).0, 0);
        let seen = rows(&desk.read("seen/summary.csv"));
        let figure = |metric: &str| seen.iter().find(|row| row["metric"] == metric).unwrap();
        for (ours, theirs) in [("ttft_p50", "ttft_s_p50"), ("ttft_p90", "ttft_s_p90"), ("tpot_p99", "tpot_s_p99")] {
            let same = |column: &str, of: &str| {
                let (ours, theirs) = (&row[column], &figure(theirs)[of]);
                assert_eq!(ours.is_empty(), theirs.is_empty(), "{load} {column}");
                if !ours.is_empty() {
                    assert!(
                        (ours.parse::<f64>().unwrap() - theirs.parse::<f64>().unwrap()).abs() < 1e-9,
                        "{load} {column}"
                    );
                }
            };
            same(&format!("{ours}_s"), "value");
            same(&format!("{ours}_high_s"), "ci_high");
        }
        assert!((number(row, "attained") - number(figure("attainment"), "value")).abs() < 1e-9);
    }
    let best: Vec<_> = table.iter().filter(|row| row["on_frontier"] == "1").collect();
    assert!(!best.is_empty());
    for pair in best.iter().flat_map(|a| best.iter().map(move |b| (a, b))) {
        let worse = |key: &str| number(pair.1, key) < number(pair.0, key);
        assert!(!(worse("tpot_p99_s") && worse("usd_per_million_tokens")), "{pair:?}");
    }
}

/// Requests in clumps, lengths even from 50 to 2,499 and from 1 to 300 tokens, by a congruential generator.
fn clumps(seed: u64, pause_ms: u64) -> String {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state >> 33
    };
    let (mut at_ms, mut log) = (0, String::from("arrival_s,input_tokens,output_tokens\n"));
    for _ in 0..300 {
        let within = next() % 4 != 0;
        at_ms += next() % if within { 8 } else { pause_ms };
        let (input, output) = (50 + next() % 2_450, 1 + next() % 300);
        log += &format!("{}.{:03},{input},{output}\n", at_ms / 1_000, at_ms % 1_000);
    }
    log
}

/// Four g6e.xlarge and two inf2.xlarge keep the promise; with a third inf2.xlarge more requests go to the slow ones and it is missed. Nothing cheaper of
/// these two keeps it: every number of both that costs less was tried in another simulator.
#[test]
fn more_of_a_slow_type_may_be_worse() {
    for (seed, pause_ms, slo) in [(4, 100, "ttft=3s,tpot=50ms"), (11, 150, "ttft=2s,tpot=55ms")] {
        let desk = Desk::new();
        std::fs::write(desk.0.path().join("log.csv"), clumps(seed, pause_ms)).unwrap();
        let size = "size log.csv --model llama-3.1-8b --chips inferentia2,l40s --no-charts --quiet -o out";
        let (code, _, told) = desk.run(&format!("{size} --slo {slo}"));
        assert_eq!(code, 0, "{told}");
        let best = &rows(&desk.read("out/candidates.csv"))[0];
        assert_eq!(
            (best["instance"].as_str(), best["instances"].as_str()),
            ("g6e.xlarge + inf2.xlarge", "4 + 2"),
            "{seed}"
        );
    }
}

#[test]
fn what_cannot_be_answered_is_refused() {
    let desk = Desk::new();
    let slo = "--slo ttft=1s,tpot=40ms -o out";
    desk.refuses(
        &format!("{SMALL} {slo} --max-usd-per-hour 0.5"),
        &["nothing within USD 0.5 an hour", "the cheapest costs USD", "binds:", "--max-usd-per-hour"],
    );
    desk.refuses(
        &format!("{SMALL} --slo tpot=1ms -o out"),
        &["nothing keeps TPOT 1 ms", "a step of one request", "the target is 1.0000 ms"],
    );
    desk.refuses(&format!("{SMALL},h1000 {slo}"), &["no chip `h1000`", "did you mean", "h100"]);
    desk.refuses(&format!("{SMALL} {slo} --price on_demnad"), &["did you mean `on_demand`?"]);
    desk.refuses(&format!("{SMALL} {slo} --region mars-1"), &["no on_demand price of", "in mars-1"]);
    desk.refuses(&format!("{SMALL} {slo} --attainment 1.5"), &["a share above 0"]);
    desk.refuses(&format!("{SMALL} --slo chat:ttft=1s -o out"), &["sized for alike"]);
    desk.refuses(
        &format!("size --rate 8 --mix conversatoin --model llama-3.1-8b {slo}"),
        &["did you mean `conversation`?"],
    );
    desk.refuses(&format!("size --rate 8 --model llama-3.1-8b {slo}"), &["how long are the requests?"]);
    // Flags of one source beside another would change nothing: they are refused.
    for flag in ["--cv 5", "--dispersion 4", "--mix code", "--requests 7", "--input-tokens 5 --output-tokens 5"] {
        for source in ["log.csv", "--generate rate=1,requests=9,input=5,output=5"] {
            let word = flag.split(' ').next().unwrap();
            desk.refuses(&format!("size {source} {flag} --model llama-3.1-8b {slo}"), &["cannot be used with", word]);
        }
    }
    desk.refuses(&format!("size log.csv --seed 5 --model llama-3.1-8b {slo}"), &["cannot be used with", "--seed"]);
    desk.refuses(&format!("{SMALL} --layout azure {slo}"), &["cannot be used with", "--layout"]);
    let states = "size --generate states=8:1min/1:5min,requests=500,input=500,output=50";
    desk.refuses(&format!("{states},class=chat --model llama-3.1-8b {slo}"), &["`chat`", "sized for alike"]);
    desk.refuses(&format!("{states},cv=2 --model llama-3.1-8b {slo}"), &["cv beside states"]);
    desk.refuses(&format!("size --rate 8 --mix code --model lama-3.1-8b {slo}"), &["did you mean", "llama-3.1-8b"]);
    desk.refuses(&format!("size --model llama-3.1-8b {slo}"), &["required"]);
    // 126 layers of 405e9 parameters do not fit one chip of 48 GB, nor eight.
    desk.refuses(
        &format!("size --rate 1 --mix code --requests 50 --model llama-3.1-405b --chips l40s {slo}"),
        &["cannot hold the model", "does not fit", "GB"],
    );
    for (log, why) in [
        ("arrival_s,input_tokens,output_tokens\n", "no request"),
        ("arrival_s,input_tokens,output_tokens\n1,5,5\n", "1 requests have no rate"),
        ("arrival_s,input_tokens,output_tokens\n1,5,5\n1,5,5\n", "at one instant"),
    ] {
        std::fs::write(desk.0.path().join("log.csv"), log).unwrap();
        desk.refuses(&format!("size log.csv --model llama-3.1-8b {slo}"), &[why]);
    }
}

/// The bursty code trace: more replicas than as many requests at equal distances need, on the very same chip.
#[test]
fn the_code_trace_needs_room_for_its_bursts() {
    let Some(text) = data("traces/azure-llm/AzureLLMInferenceTrace_code.csv") else { return };
    let desk = Desk::new();
    std::fs::write(desk.0.path().join("code.csv"), text).unwrap();
    let size = "size code.csv --layout azure --window 0s..10min --model llama-3.1-8b --slo ttft=2s,tpot=50ms --chips l4 -o out";
    let (code, told, _) = desk.run(size);
    assert_eq!(code, 0, "{told}");
    let binds = told.lines().find(|line| line.contains("binds: ")).unwrap();
    assert!(binds.contains("bursts (with the same requests at equal distances"), "{told}");
}
