//! `replay requests`: the cases of splitwise-sim row by row, the command's files, and what it refuses.

use crate::golden::data;
use assert_cmd::Command;
use hedgerow::kernel::request::{Done, Sink, Splitwise, Totals, splitwise};
use hedgerow::replay::requests::{KnownModel, Logged, Setup, step_table};
use hedgerow::report::columns;
use hedgerow::stats::interval::quantile_type7;
use hedgerow::trace::{self, Bound, RequestLayout, RequestLog, RequestReading};
use std::path::Path;

#[derive(Default)]
struct Kept(Vec<Done>);

impl Sink for Kept {
    fn done(&mut self, done: &Done) {
        self.0.push(*done);
    }
}

/// The first 600 s of an Azure trace; None without data.
fn first_600_s(file: &str) -> Option<RequestLog> {
    let text = data(&format!("traces/azure-llm/{file}"))?;
    let (from, until) = (Some(Bound::Seconds(0.0)), Some(Bound::Seconds(600.0)));
    let reading = RequestReading { layout: RequestLayout::Azure, from, until, skip_bad_rows: false };
    Some(trace::requests(file, text.as_bytes(), &reading).unwrap_or_else(|problems| panic!("{problems}")))
}

/// Llama-2-70B on servers of 8 H100.
fn played(log: &RequestLog, servers: u32) -> Option<(Vec<Done>, Totals)> {
    let rows = trace::step_times("perf_model.csv", data("golden/serving/perf_model.csv")?.as_bytes());
    let rows = rows.unwrap_or_else(|problems| panic!("{problems}"));
    let setup = Setup { model: "llama2-70b".into(), hardware: "h100-80gb".into(), tensor_parallel: 8 };
    let terms = Splitwise {
        times: step_table(&rows, &setup).unwrap(),
        servers,
        max_batch: 512,
        max_batch_tokens: 2_048,
        kv_tokens: KnownModel::find("llama2-70b").unwrap().kv_tokens(),
    };
    let mut kept = Kept::default();
    let totals = splitwise(&terms, &mut Logged::new(log, 1.0, vec![0; log.classes.len()]), &mut kept);
    Some((kept.0, totals))
}

fn tbt_s(done: &Done) -> f64 {
    (done.e2e_s().unwrap() - done.ttft_s().unwrap()) / f64::from(done.output)
}

/// Every request of both cases within 1 % (and well within), and in their order of completion.
#[test]
fn splitwise_row_by_row() {
    for (log, servers, golden) in [
        ("AzureLLMInferenceTrace_conv.csv", 2, "splitwise_conv600_2h100.csv"),
        ("AzureLLMInferenceTrace_code.csv", 1, "splitwise_code600_1h100.csv"),
    ] {
        let (Some(log), Some(golden)) = (first_600_s(log), data(&format!("golden/serving/{golden}"))) else { return };
        let Some((done, _)) = played(&log, servers) else { return };
        let rows: Vec<Vec<f64>> =
            golden.lines().skip(1).map(|line| line.split(',').map(|text| text.parse().unwrap()).collect()).collect();
        assert_eq!(done.len(), rows.len());
        let mut worst: f64 = 0.0;
        for (done, row) in done.iter().zip(&rows) {
            let [id, e2e, _, ttft, tbt, _, input, output] = row[..] else { panic!("{row:?}") };
            assert_eq!((done.row as f64, f64::from(done.input), f64::from(done.output)), (id, input, output));
            for (ours, theirs) in [(done.ttft_s().unwrap(), ttft), (done.e2e_s().unwrap(), e2e)] {
                worst = worst.max((ours / theirs - 1.0).abs());
            }
            assert!((tbt_s(done) - tbt).abs() <= 0.01 * tbt + 1e-9, "row {id}: {} against {tbt}", tbt_s(done));
        }
        assert!(worst < 1e-4, "{worst}");
    }
}

/// Four servers, as the table of the reference rounds it: 1213 tokens a second; TTFT mean .123, p50 .101, p90 .175, p99 .402 s; TBT 34.2, 33.9,
/// 36.9, 41.6 ms; E2E mean 9.06, p99 21.3 s. Its clock begins a second before the first arrival.
#[test]
fn splitwise_on_four_servers() {
    let Some(log) = first_600_s("AzureLLMInferenceTrace_conv.csv") else { return };
    let Some((done, totals)) = played(&log, 4) else { return };
    let sorted = |of: &dyn Fn(&Done) -> f64| {
        let mut values: Vec<f64> = done.iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        values
    };
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let near = |found: f64, want: f64| assert!((found / want - 1.0).abs() < 0.01, "{found} against {want}");
    let ttft = sorted(&|done| done.ttft_s().unwrap());
    let tbt = sorted(&|done| tbt_s(done) * 1e3);
    let e2e = sorted(&|done| done.e2e_s().unwrap());
    for (values, wanted) in [(&ttft, [0.123, 0.101, 0.175, 0.402]), (&tbt, [34.2, 33.9, 36.9, 41.6])] {
        near(mean(values), wanted[0]);
        for (p, want) in [0.5, 0.9, 0.99].into_iter().zip(&wanted[1..]) {
            near(quantile_type7(values, p).unwrap(), *want);
        }
    }
    near(mean(&e2e), 9.06);
    near(quantile_type7(&e2e, 0.99).unwrap(), 21.3);
    near(totals.output_tokens as f64 / (totals.end_ns as f64 / 1e9), 1213.0);
}

const TIMES: &str = "model,hardware,tensor_parallel,prompt_size,batch_size,prompt_time,token_time\n\
                     toy,chip,1,100,1,100,10\ntoy,chip,1,200,1,200,10\n";

/// A folder with a log and step times: P(n) = n ms, D(n) = 10 ms.
struct Desk(tempfile::TempDir);

impl Desk {
    fn new(log: &str) -> Desk {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("log.csv"), log).unwrap();
        std::fs::write(folder.path().join("times.csv"), TIMES).unwrap();
        Desk(folder)
    }

    fn run(&self, more: &str) -> (i32, String, String) {
        let base =
            "replay requests log.csv --step-times times.csv --hardware chip --model toy --tp 1 --kv-tokens 1000 -o out";
        let output = Command::cargo_bin("hedgerow")
            .unwrap()
            .current_dir(self.0.path())
            .args(base.split(' ').chain(more.split_whitespace()))
            .output()
            .unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    }

    fn refuses(&self, more: &str, parts: &[&str]) {
        let (code, _, told) = self.run(more);
        assert_eq!(code, 2, "{more}: {told}");
        parts.iter().for_each(|part| assert!(told.contains(part), "{more}: {part} is not in\n{told}"));
        assert!(!self.0.path().join("out").exists(), "{more}: something was written");
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.0.path().join("out").join(name)).unwrap()
    }
}

/// 100 ms and two steps of 10 ms; the second comes meanwhile and waits for the prompt; the third is longer than the memory.
#[test]
fn the_command_writes_its_folder() {
    let desk = Desk::new("arrival_s,input_tokens,output_tokens\n0,100,3\n0.05,50,1\n1,990,11\n");
    let (code, told, _) = desk.run("--price on_demand --slo ttft=90ms,tpot=5ms");
    assert_eq!(code, 0, "{told}");
    assert!(told.contains("1 request is longer") && told.contains("the TPOT target, 0.005 s, is below"), "{told}");
    let rows = "id,arrival_s,input_tokens,output_tokens,ttft_s,tpot_s,e2e_s,replica\n\
                1,0.05,50,1,0.1,,0.1,0\n0,0,100,3,0.1,0.035,0.17,0\n2,1,990,11,,,,\n";
    assert_eq!(desk.read("requests.csv"), rows);
    let summary = desk.read("summary.csv");
    for line in ["all,requests,-,3,,", "all,refused,-,1,,", "all,output_tokens,tokens,4,,", "all,attainment,-,0,,"] {
        assert!(summary.contains(line), "{line} is not in\n{summary}");
    }
    for file in ["requests.csv", "summary.csv", "levels.csv"] {
        let header: Vec<String> = desk.read(file).lines().next().unwrap().split(',').map(str::to_owned).collect();
        assert_eq!(header, columns::headers(&format!("requests/{file}")), "{file}");
    }
    let page = desk.read("report.html").replace("http://www.w3.org/2000/svg", "");
    assert!(!page.contains("http:") && !page.contains("NaN") && page.contains("What tokens cost"));
    assert!(Path::new(&desk.0.path().join("out/charts/latency.svg")).exists());
    // That simulator runs 50 prompt tokens and a decode in 1.1 x 51 ms, and divides by all three tokens.
    assert_eq!(desk.run("--compat splitwise --no-charts --quiet").0, 0);
    assert_eq!(desk.read("requests.csv").lines().nth(2).unwrap(), "0,0,100,3,0.1,0.022033333,0.1661,0");
}

/// Twice the rate halves the gaps; a window keeps rows' numbers; classes have targets and order.
#[test]
fn flags_of_the_log() {
    let desk = Desk::new("arrival_s,input_tokens,output_tokens,class\n0,100,1,batch\n2,100,1,chat\n4,100,1,chat\n");
    assert_eq!(desk.run("--rate-scale 2 --window 1..10 --slo chat:ttft=1s --slo batch:ttft=9s --no-charts").0, 0);
    let rows = desk.read("requests.csv");
    assert_eq!(rows.lines().skip(1).collect::<Vec<_>>(), ["1,2,100,1,0.1,,0.1,0", "2,3,100,1,0.1,,0.1,0"]);
    let (code, told, _) = desk.run("--replicas 1..2 --precision fp16 --no-charts");
    assert!(code == 0 && told.contains("--scale-at 2048") && told.contains("--precision fp16 is not asked"), "{told}");
    let (code, told, _) = desk.run("--slo chat:ttft=1s --slo batch:ttft=9s --no-charts");
    assert!(code == 0 && told.contains("\nchat ") && told.contains("\nbatch ") && told.contains("\nall "), "{told}");
}

/// Generated requests need no log; the same seed gives the same lines, another one others.
#[test]
fn generated_loads() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("times.csv"), TIMES).unwrap();
    let lines = |more: &str| {
        let words = format!(
            "replay requests --generate rate=5,requests=500,input=100:1,output=20:1 --step-times times.csv --hardware chip --model toy --tp 1 \
             --kv-tokens 20000 -o out --no-charts {more}"
        );
        let mut command = Command::cargo_bin("hedgerow").unwrap();
        command.current_dir(folder.path()).args(words.split_whitespace()).assert().code(0);
        std::fs::read_to_string(folder.path().join("out/requests.csv")).unwrap()
    };
    let (one, again, other) = (lines(""), lines("--seed 1"), lines("--seed 2"));
    assert!(one == again && one != other && one.lines().count() == 501);
}

/// Every mistake is refused with its place or its flag and a cure, and nothing is written.
#[test]
fn mistakes_are_refused() {
    let desk = Desk::new("arrival_s,input_tokens,output_tokens,class\n0,100,0,chat\n-1,x,5,chat\n");
    desk.refuses("", &["log.csv:2:7", "`output_tokens` is 0", "log.csv:3:1", "log.csv:3:4", "3 errors"]);
    desk.refuses("--skip-bad-rows", &["holds no request"]);
    let desk = Desk::new("arrival_s,input_tokens,output_tokens,class\n0,100,1,chat\n");
    for (more, parts) in [
        ("--hardware other", &["no measurement of toy on other with TP 1", "toy on chip with TP 1"][..]),
        ("--rate-scale 0", &["a number above 0"]),
        ("--replicas 0", &["--replicas"]),
        ("--scale-at 5", &["--scale-at without"]),
        ("--slo batch:ttft=2s", &["`chat`", "--slo chat:"]),
        ("--slo e2e=2s", &["ttft and tpot"]),
        ("--routing prefix", &["--prefix-cache-blocks"]),
        ("--prefill-replicas 1 --kv-transfer-gb-per-s 10", &["--kv-bytes-per-token"]),
        ("--compat splitwise --chunked-prefill --patience 3s", &["knows no --chunked-prefill, --patience"]),
        ("--window 5..9", &["no request in the window"]),
        ("--price spot --instance nothing", &["no spot price"]),
        ("--generate rate=5,requests=5,input=1,output=1", &["cannot be used with"]),
        ("--layout azure", &["no column `TIMESTAMP`"]),
    ] {
        // The last of two equal flags would be refused by clap itself.
        if more.starts_with("--hardware") {
            let words = "replay requests log.csv --step-times times.csv --hardware other --model toy --tp 1 -o out";
            let mut command = Command::cargo_bin("hedgerow").unwrap();
            let output = command.current_dir(desk.0.path()).args(words.split(' ')).output().unwrap();
            let told = String::from_utf8(output.stderr).unwrap();
            parts.iter().for_each(|part| assert!(told.contains(part), "{told}"));
            continue;
        }
        desk.refuses(more, parts);
    }
}
