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
                     toy,chip,1,100,1,100,10\ntoy,chip,1,200,1,200,10\n\
                     big,chip,1,100,1,200,20\nbig,chip,1,200,1,400,20\n";

/// A folder with a log and step times: P(n) = n ms, D(n) = 10 ms; of `big` twice that.
struct Desk(tempfile::TempDir);

impl Desk {
    fn new(log: &str) -> Desk {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("log.csv"), log).unwrap();
        std::fs::write(folder.path().join("times.csv"), TIMES).unwrap();
        Desk(folder)
    }

    fn run(&self, more: &str) -> (i32, String, String) {
        let base = "replay requests log.csv --step-times times.csv --hardware chip --model toy --tp 1 -o out";
        let memory = if more.contains("--kv-tokens") { "" } else { "--kv-tokens 1000" };
        let output = Command::cargo_bin("hedgerow")
            .unwrap()
            .current_dir(self.0.path())
            .args(base.split(' ').chain(memory.split_whitespace()).chain(more.split_whitespace()))
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

/// Of one place. The decode of the first steps at 110, 120, 130 ms; the second comes at 125 and cuts its run: that simulator sets a decode aside even where
/// the batch is full, and takes it up again after the prompt. A prompt longer than an iteration cuts nothing and waits for the end, at 200 ms.
#[test]
fn splitwise_cuts_a_full_batch_for_a_prompt_that_it_has_room_for() {
    for (input, rows) in [
        (100, ["1,0.125,100,1,0.105,0,0.105,0", "0,0,100,11,0.1,0.018181818,0.3,0"]),
        (900, ["0,0,100,11,0.1,0.009090909,0.2,0", "1,0.125,900,1,0.975,0,0.975,0"]),
    ] {
        let desk = Desk::new(&format!("arrival_s,input_tokens,output_tokens\n0,100,11\n0.125,{input},1\n"));
        let one = "--compat splitwise --max-batch 1 --max-batch-tokens 500 --no-charts --quiet";
        assert_eq!(desk.run(one).0, 0);
        assert_eq!(desk.read("requests.csv").lines().skip(1).collect::<Vec<_>>(), rows);
    }
}

/// Memory of 100 tokens. At 220 ms the third (61 tokens taken, 4 more for its answer) has had its prompt, and the fourth and fifth have both been passed over
/// four times: the fourth needs 51 and finds no room, the fifth 11 and runs beside the third's decode, 12.1 ms for 11 tokens. Left at the fourth, the list
/// would let the third's answer run alone to 260 ms.
#[test]
fn splitwise_passes_over_who_was_passed_over_and_finds_no_memory() {
    let desk =
        Desk::new("arrival_s,input_tokens,output_tokens\n0,40,5\n0.057,60,3\n0.058,60,5\n0.063,50,2\n0.066,10,3\n");
    assert_eq!(desk.run("--compat splitwise --kv-tokens 100 --no-charts --quiet").0, 0);
    let found = desk.read("requests.csv");
    let times = |line: &str| {
        let fields: Vec<&str> = line.split(',').collect();
        (fields[0].to_owned(), fields[4].to_owned(), fields[6].to_owned())
    };
    let wanted = [
        ("0", "0.04", "0.08"),
        ("1", "0.083", "0.103"),
        ("2", "0.162", "0.2041"),
        ("4", "0.1661", "0.2622"),
        ("3", "0.2552", "0.2652"),
    ];
    let wanted: Vec<_> = wanted.iter().map(|row| (row.0.into(), row.1.into(), row.2.into())).collect();
    assert_eq!(found.lines().skip(1).map(times).collect::<Vec<(String, String, String)>>(), wanted);
}

/// Twice the rate halves the gaps; a window keeps rows' numbers; classes have targets and order.
#[test]
fn flags_of_the_log() {
    let desk = Desk::new("arrival_s,input_tokens,output_tokens,class\n0,100,1,batch\n2,100,1,chat\n4,100,1,chat\n");
    assert_eq!(desk.run("--rate-scale 2 --window 1..10 --slo chat:ttft=1s --slo batch:ttft=9s --no-charts").0, 0);
    let rows = desk.read("requests.csv");
    assert_eq!(rows.lines().skip(1).collect::<Vec<_>>(), ["1,2,100,1,0.1,,0.1,0", "2,3,100,1,0.1,,0.1,0"]);
    let (code, told, _) = desk.run("--replicas 1..2 --precision fp16 --no-charts");
    assert!(
        code == 0 && told.contains("--scale-at 2048") && told.contains("--precision changes nothing: measured times"),
        "{told}"
    );
    let (code, told, _) = desk.run("--slo chat:ttft=1s --slo batch:ttft=9s --no-charts");
    assert!(code == 0 && told.contains("\nchat ") && told.contains("\nbatch ") && told.contains("\nall "), "{told}");
}

/// Two by two, four prompts are read by 0.2 and 0.4 s on the one that prefills. On the one that decodes two run, from 0.2 to 3.2 s, and two wait: at the look at 1 s four are
/// outstanding, two for a replica, so that another is ordered, up at 2. Who comes at 2.5 is read at 2.6 and decodes there at once, until 5.6. Of five a replica one is enough: the
/// two that wait run from 3.2 to 6.2, and the fifth after them, until 9.2. Memory bounds it as well: 450 tokens less 1 % have room for one of 100 + 301/2.
#[test]
fn replicas_that_only_decode_scale_by_requests() {
    let desk =
        Desk::new("arrival_s,input_tokens,output_tokens\n0,100,301\n0,100,301\n0,100,301\n0,100,301\n2.5,100,301\n");
    let split = "--prefill-replicas 1 --kv-transfer-gb-per-s 1000000000 --kv-bytes-per-token 1 --replicas 1..2 --max-batch 2 \
                 --scale-every 1s --start-up 1s --max-batch-tokens 2048 --no-charts";
    let fifth = |more: &str| {
        let (code, told, err) = desk.run(&format!("{split} {more}"));
        assert_eq!(code, 0, "{told}{err}");
        (told, desk.read("requests.csv").lines().find(|row| row.starts_with("4,")).unwrap().to_owned())
    };
    let (told, row) = fifth("");
    assert!(told.contains("--scale-at 2, the requests that run at once on a replica that only decodes"), "{told}");
    assert_eq!(row, "4,2.5,100,301,0.1,0.01,3.1,2");
    assert!(desk.read("manifest.json").contains("\"scale_at_tokens\": null"));
    let (told, row) = fifth("--scale-at 5");
    assert!(!told.contains("scaling by default"), "{told}");
    assert!(row.starts_with("4,2.5,100,301,0.1,") && row.ends_with(",6.7,1"), "{row}");
    assert!(desk.read("manifest.json").contains("\"scale_at_requests\": 5"));
    let (told, _) = fifth("--kv-tokens 450");
    assert!(told.contains("--scale-at 1, the requests"), "{told}");
}

/// Requests and replicas have each a panel, from 0: two of a hundred would lie on the ground.
#[test]
fn batches_and_replicas_have_each_a_panel() {
    let desk = Desk::new("arrival_s,input_tokens,output_tokens\n0,100,5\n0.1,100,5\n");
    let (code, told, _) = desk.run("--replicas 2");
    assert_eq!(code, 0, "{told}");
    assert!(told.contains("toy on 2 replicas of 1 chip,"), "{told}");
    let svg = desk.read("charts/batches.svg");
    assert!(
        svg.contains("Panels of Requests in batches, Replicas; lines: requests in batches, replicas running"),
        "{svg}"
    );
}

/// One at a time. The batch takes 0 to 0.2 s; chat's patience of 150 ms is over at 0.16, the second batch has none and begins at 0.2.
#[test]
fn classes_have_their_targets_and_their_patience() {
    let desk = Desk::new(
        "arrival_s,input_tokens,output_tokens,class\n0,100,11,batch\n0.01,100,1,chat\n0.02,100,1,batch\n0.5,100,1,chat\n",
    );
    let classes = "--slo chat:ttft=1s --slo batch:none --patience chat=150ms --max-batch 1";
    let (code, told, _) = desk.run(classes);
    assert_eq!(code, 0, "{told}");
    let rows = "1,0.01,100,1,,,,0\n0,0,100,11,0.1,0.01,0.2,0\n2,0.02,100,1,0.28,,0.28,0\n3,0.5,100,1,0.1,,0.1,0\n";
    assert!(desk.read("requests.csv").ends_with(rows), "{}", desk.read("requests.csv"));
    let summary = desk.read("summary.csv");
    for line in [
        "chat,gave_up,-,1,,",
        "batch,gave_up,-,0,,",
        "chat,attainment,-,0.5,,",
        "batch,attainment,-,,,",
        "all,attainment,-,0.5,,",
    ] {
        assert!(summary.contains(line), "{line} is not in\n{summary}");
    }
    let page = desk.read("report.html");
    for part in ["TTFT target", "patience", "Targets met by class: chat"] {
        assert!(page.contains(part), "{part}");
    }
    let desk = Desk::new("arrival_s,input_tokens,output_tokens,class\n0,100,11,batch\n0.01,100,1,chat\n");
    desk.refuses("--slo batch:ttft=1s", &["line 3 of the log has a class `chat`", "--slo chat:none"]);
    desk.refuses(
        "--slo batch:ttft=1s --slo chat:none --patience chta=3s",
        &["no class `chta`", "did you mean `chat`?"],
    );
    desk.refuses(
        "--patience chat=3s --patience none=4s",
        &[
            "--patience chat=3s: no --slo names a class `chat`",
            "--slo batch:none --slo chat:none, with targets in place of `none`",
            "--patience none=4s: no --slo names a class `none`",
            "--patience 4s: no request has a class `none`",
            "2 arguments refused",
        ],
    );
    desk.refuses("--slo none", &["leave --slo out", "batch:none"]);
    desk.refuses("--slo batch:ttft=1s --slo chat:none --patience 3s --patience 4s", &["two values for all"]);
}

/// Both models on one chip, each with none or one replica: at the look at 1 s both want one, with as many tokens each; the first has it, up at 2, answers at
/// 2.1, is not needed from the look at 3 on and goes at 5. Then the second is ordered, up at 7, and its prompt takes 0.2 s.
#[test]
fn models_share_a_pool() {
    let desk = Desk::new("arrival_s,input_tokens,output_tokens,model\n0,100,1,toy\n0.2,100,1,big\n");
    let both = "--model big --replicas 0..1 --scale-at 100 --scale-every 1s --start-up 1s --start-up big=2s --scale-in-after 2s";
    let (code, told, _) = desk.run(&format!("{both} --pool-chips 1 --slo ttft=5s --price on_demand"));
    assert_eq!(code, 0, "{told}");
    assert!(told.contains("\ntoy ") && told.contains("\nbig ") && told.contains("a pool of 1 chips"), "{told}");
    let header = "id,arrival_s,input_tokens,output_tokens,ttft_s,tpot_s,e2e_s,replica,model\n";
    assert_eq!(desk.read("requests.csv"), format!("{header}0,0,100,1,2.1,,2.1,0,toy\n1,0.2,100,1,7,,7,1,big\n"));
    let summary = desk.read("summary.csv");
    // 4 s from 1 to 5, and 2.2 s from 5 to 7.2, of a chip each.
    for line in [
        "class,metric,unit,value,ci_low,ci_high,model\n",
        "all,attainment,-,0.5,,,all\n",
        "all,attainment,-,1,,,toy\n",
        "all,attainment,-,0,,,big\n",
    ] {
        assert!(summary.contains(line), "{line} is not in\n{summary}");
    }
    for (metric, model, seconds) in
        [("replica_hours", "all", 6.2), ("chip_hours", "toy", 4.0), ("chip_hours", "big", 2.2)]
    {
        let is = |line: &&str| line.starts_with(&format!("all,{metric},")) && line.ends_with(&format!(",{model}"));
        let hours: f64 = summary.lines().find(is).unwrap().split(',').nth(3).unwrap().parse().unwrap();
        assert!((hours * 3_600.0 - seconds).abs() < 1e-9, "{metric} of {model}: {hours}");
    }
    let models = desk.read("models.csv");
    let header: Vec<&str> = models.lines().next().unwrap().split(',').collect();
    assert_eq!(header, columns::headers("requests/models.csv"));
    assert!(
        models.contains("toy,4,1,1\n") && models.contains("toy,5,0,0\n") && models.contains("big,5,1,1\n"),
        "{models}"
    );
    assert!(desk.read("report.html").contains("of the chip-hours"), "a chart of the pool");
    // With a chip each nobody waits for the other: ordered at 1, up at 2 and 3.
    assert_eq!(desk.run(&format!("{both} --no-charts")).0, 0);
    let rows = desk.read("requests.csv");
    assert!(rows.ends_with("0,0,100,1,2.1,,2.1,0,toy\n1,0.2,100,1,3,,3,1,big\n"), "{rows}");
    let desk = Desk::new("arrival_s,input_tokens,output_tokens,model\n0,100,1,toy\n0.2,100,1,big\n");
    for (more, parts) in [
        ("", &["line 3 of the log asks for a model `big`", "serve it: --model big"][..]),
        (
            "--model bag",
            &[
                "no measurement of bag",
                "line 3 of the log asks",
                "serve it: --model big, beside --model bag or in its place",
            ],
        ),
        ("--model big --tp bgi=2", &["no model `bgi`", "did you mean `big`?"]),
        (
            "--model big --replicas 1..3 --pool-chips 1",
            &["the least of every model takes 2 chips (toy 1, big 1)", "--pool-chips 2 or more"],
        ),
        (
            "--model big --replicas 1 --replicas big=0..1 --pool-chips 1",
            &["no replica of big ever starts", "--pool-chips 2 or more"],
        ),
        ("--model toy", &["--model toy stands twice"]),
        ("--model big --compat splitwise", &["knows no second --model"]),
        ("--model big --prefill-replicas 1 --kv-transfer-gb-per-s 10", &["of which?"]),
    ] {
        let (code, _, told) = desk.run(more);
        assert_eq!(code, 2, "{more}: {told}");
        parts.iter().for_each(|part| assert!(told.contains(part), "{more}: {part} is not in\n{told}"));
        assert!(!told.contains("did you mean `bag`"), "{told}");
        assert!(!desk.0.path().join("out").exists(), "{more}: something was written");
    }
    let desk = Desk::new("arrival_s,input_tokens,output_tokens\n0,100,1\n");
    desk.refuses("--model big", &["which requests ask for which?", "a column `model`"]);
}

/// Mistakes of flags, of models, of classes and of a price are told together, what is served before what the log asks for.
#[test]
fn mistakes_of_flags_are_told_at_once() {
    let desk = Desk::new("arrival_s,input_tokens,output_tokens,class,model\n0,100,1,chat,toy\n0.2,100,1,slow,big\n");
    let (code, _, told) = desk.run(
        "--model bag --tp bgi=2 --scale-at 5 --routing prefix --slo chat:ttft=1s --patience chta=3s --price spot --instance nothing",
    );
    let parts = [
        "--tp: there is no model `bgi`",
        "--scale-at without",
        "--routing prefix without",
        "no measurement of bag",
        "no spot price",
        "there is no class `chta`",
        "class `slow` that no --slo names",
        "line 3 of the log asks for a model `big`",
        "8 arguments refused",
    ];
    let at: Vec<usize> =
        parts.iter().map(|part| told.find(part).unwrap_or_else(|| panic!("{part} is not in\n{told}"))).collect();
    assert!(code == 2 && at.is_sorted(), "{told}");
    assert!(!desk.0.path().join("out").exists());
}

/// Every flag that changes nothing beside the others says so and why, and says nothing where it does; the requests are served the same without it.
#[test]
fn flags_that_change_nothing_say_so() {
    let plain = "arrival_s,input_tokens,output_tokens\n0,100,3\n0.05,50,1\n1,90,11\n";
    let named = "arrival_s,input_tokens,output_tokens,class,model\n0,100,1,chat,toy\n0.2,100,1,batch,big\n";
    let told = |log: &str, more: &str| -> Vec<String> {
        let desk = Desk::new(log);
        let (code, told, wrong) = desk.run(&format!("{more} --no-charts"));
        assert_eq!(code, 0, "{more}: {wrong}");
        let manifest: serde_json::Value = serde_json::from_str(&desk.read("manifest.json")).unwrap();
        let notes = manifest["notes"].as_array().unwrap().iter().map(|note| note.as_str().unwrap().to_owned());
        let idle: Vec<String> = notes.filter(|note| note.contains("changes nothing")).collect();
        idle.iter().for_each(|line| assert!(told.contains(line), "{line} is not in\n{told}"));
        idle
    };
    let of_log = |log: &str, more: &str, parts: &[&str]| {
        let idle = told(log, more);
        assert_eq!(idle.len(), parts.len(), "{more}: {idle:?}");
        parts
            .iter()
            .for_each(|part| assert!(idle.iter().any(|line| line.contains(part)), "{more}: {part} in {idle:?}"));
    };
    let scaling = "--start-up 9s --scale-every 1s --scale-in-after 1min --pool-chips 9";
    for (more, parts) in [
        ("", &[][..]),
        (scaling, &["--start-up changes", "--scale-every changes", "--scale-in-after changes", "--pool-chips changes"]),
        ("--replicas 1..9 --start-up 9s --scale-every 1s --scale-in-after 1min --pool-chips 8", &[]),
        (
            "--replicas 1..9 --pool-chips 9",
            &["--pool-chips 9 changes nothing: all replicas together never have more than 9"],
        ),
        ("--routing round_robin", &["--routing changes nothing: there is one replica"]),
        ("--routing jsq --replicas 2", &[]),
        ("--routing round_robin --prefill-replicas 2 --kv-transfer-gb-per-s 9 --kv-bytes-per-token 9", &[]),
        ("--kv-reserve 0.2 --max-batch 1", &["--kv-reserve changes nothing"]),
        ("--kv-reserve 0.2", &[]),
        ("--precision fp8", &["--precision changes nothing"]),
        ("--max-context 1000", &["--max-context 1000 changes nothing: no replica takes a request of more than 1,000"]),
        ("--max-context 999", &[]),
        ("--window 0..9", &["--window changes nothing: every request"]),
        ("--window 0..1", &[]),
        ("--instance p5.48xlarge", &["--instance changes nothing"]),
        ("--instance p5.48xlarge --price on_demand", &[]),
        ("--prefix-cache-blocks 9", &["--prefix-cache-blocks changes nothing: the log names no blocks"]),
        (
            "--prefix-cache-blocks 9 --routing prefix --replicas 2",
            &["--prefix-cache-blocks changes", "--routing prefix changes nothing"],
        ),
        (
            "--slo default:ttft=1s --slo chat:ttft=1s --patience chat=3s",
            &["--slo chat:.. changes", "--patience chat=.. changes"],
        ),
        ("--replicas 2 --replicas toy=1", &["--replicas without a name changes nothing: every model has its own"]),
    ] {
        of_log(plain, more, parts);
    }
    let both = "--model big --slo chat:ttft=1s --slo batch:none";
    for (more, parts) in [
        ("", &[][..]),
        ("--replicas 1..2 --replicas big=1 --start-up big=9s", &["--start-up of big changes nothing: its 1 replicas"]),
        ("--patience 3s --patience chat=1s --patience batch=2s", &["--patience without a name changes"]),
        ("--patience 3s --patience chat=1s", &[]),
    ] {
        of_log(named, &format!("{both} {more}"), parts);
    }
    let toys = named.replace("big", "toy");
    of_log(&toys, both, &["--model big changes nothing: no request asks for it"]);
    let seeded = |load: &str| {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("times.csv"), TIMES).unwrap();
        let words = format!(
            "replay requests --generate {load} --step-times times.csv --hardware chip --model toy --tp 1 --kv-tokens 20000 --seed 3 -o out --no-charts"
        );
        let mut command = Command::cargo_bin("hedgerow").unwrap();
        let output = command.current_dir(folder.path()).args(words.split_whitespace()).assert().code(0);
        String::from_utf8_lossy(&output.get_output().stdout).contains("--seed changes nothing")
    };
    assert!(seeded("rate=5,requests=5,cv=0,input=100,output=2"));
    assert!(!seeded("rate=5,requests=5,cv=0,input=100:1,output=2") && !seeded("rate=5,requests=5,input=100,output=2"));
}

/// 640 requests at once before one that is served each 100 ms: the last waits 64 s, batch for batch longer, and the run has no one mean. No end of a time lies below 0. Spaced a second
/// apart all are alike, and nothing is said.
#[test]
fn a_run_that_drifts_is_told() {
    let log = |gap_s: u32| {
        let lines: String = (0..640).map(|n| format!("{},100,2\n", n * gap_s)).collect();
        format!("arrival_s,input_tokens,output_tokens\n{lines}")
    };
    let told = |gap_s: u32| {
        let desk = Desk::new(&log(gap_s));
        let (code, told, _) = desk.run("--max-batch 1");
        assert_eq!(code, 0, "{told}");
        let summary = desk.read("summary.csv");
        let ends = summary.lines().filter(|line| line.contains("_s_")).map(|line| {
            let cells: Vec<f64> = line.split(',').skip(3).filter_map(|cell| cell.parse().ok()).collect();
            (line, cells)
        });
        for (line, cells) in ends.filter(|(_, cells)| cells.len() == 3) {
            assert!(0.0 < cells[1] && cells[1] <= cells[0] && cells[0] <= cells[2], "{line}");
        }
        assert_eq!(
            desk.read("report.html").contains("not stationary or too short"),
            told.contains("times to first token drift")
        );
        told.contains("times to first token drift")
    };
    assert!(told(0) && !told(1));
}

/// A replay's folder is its own: `report` says so and leaves it. A second run leaves none of the first's tables that it does not write.
#[test]
fn a_folder_of_a_replay_is_not_a_study() {
    let desk = Desk::new("arrival_s,input_tokens,output_tokens,model\n0,100,1,toy\n0.2,100,1,big\n");
    assert_eq!(desk.run("--model big --no-charts").0, 0);
    let mut command = Command::cargo_bin("hedgerow").unwrap();
    let output = command.current_dir(desk.0.path()).args(["report", "out"]).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(2) && told.contains("this folder is of `hedgerow replay requests`"), "{told}");
    std::fs::write(desk.0.path().join("log.csv"), "arrival_s,input_tokens,output_tokens\n0,100,1\n").unwrap();
    assert!(desk.0.path().join("out/models.csv").exists());
    assert_eq!(desk.run("--no-charts").0, 0);
    assert!(!desk.0.path().join("out/models.csv").exists(), "a table of the run before");
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
    // Another load beside it leaves the first one's requests where they are; states take turns.
    let more = "--generate states=40:5s/0:20s,requests=200,input=50,output=2,class=burst --slo default:ttft=9s --slo burst:none";
    let both = lines(more);
    let arrivals = |text: &str, input: Option<&str>| -> Vec<String> {
        let of = |line: &str| line.split(',').skip(1).take(3).map(str::to_owned).collect::<Vec<_>>();
        let kept =
            text.lines().skip(1).map(of).filter(|row| input.is_none_or(|input| row[1] == input && row[2] == "2"));
        let mut rows: Vec<String> = kept.map(|row| row.join(",")).collect();
        rows.sort();
        rows
    };
    assert_eq!(both.lines().count(), 701);
    let there = arrivals(&both, None);
    assert!(arrivals(&one, None).iter().all(|row| there.binary_search(row).is_ok()), "the first load moved");
    assert!(200 <= arrivals(&both, Some("50")).len());
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
        ("--window 5..9", &["no request in the window", "its requests arrive from 0 to 0 s"]),
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
