//! The request tier: requests per CPU-second. Prints; fails on nothing but a crash. The Azure conversation hour on 8 replicas needs the data
//! folder; generated requests need nothing.

mod reference;

use hedgerow::kernel::request::{Class, Done, Fleet, Model, Routing, Sink, Splitwise, Terms, serve, splitwise};
use hedgerow::perf::{Affine, StepTable, StepTimes};
use hedgerow::replay::requests::{Goal, Logged, Setup, Tally, step_table};
use hedgerow::stats::draw::RunKey;
use hedgerow::stats::law::{Law, LawKind};
use hedgerow::trace::{self, RequestLayout, RequestLog, RequestReading};
use hedgerow::workload::requests::{Gaps, Generate, Generated, Length, Lengths, Process};
use std::path::PathBuf;

/// Counts ends.
#[derive(Default)]
struct Ends(u64);

impl Sink for Ends {
    fn done(&mut self, _: &Done) {
        self.0 += 1;
    }
}

fn main() {
    match (azure(), table()) {
        (Some(log), Some(times)) => hour(&log, &times),
        _ => println!("the Azure conversation hour left out: no data, set HEDGEROW_DATA"),
    }
    for requests in [100_000, 1_000_000, 10_000_000] {
        let [seconds] = reference::least_cpu_seconds(1, [&mut || generated(requests)]);
        println!(
            "{requests} generated requests on 8 replicas: {:.2e} a CPU-second, {:.0} ns each",
            requests as f64 / seconds,
            seconds * 1e9 / requests as f64
        );
    }
}

fn terms<S: StepTimes>(times: S, chunked: bool) -> Terms<S> {
    let model = Model {
        times,
        kv_tokens: 210_645,
        kv_reserve: 2_106,
        max_batch: 512,
        max_batch_tokens: 2_048,
        max_context: u64::MAX,
        chunked,
        transfer_s: (0.0, 0.0),
    };
    Terms {
        models: vec![model],
        fleets: vec![Fleet::fixed(0, 8)],
        classes: vec![Class::default()],
        routing: Routing::ShortestQueue,
        prefixes: None,
        scaling: None,
        pool: None,
        paces: Vec::new(),
        single_steps: false,
    }
}

fn hour(log: &RequestLog, times: &StepTable) {
    let goals = [Goal::default()];
    let first_ns = log.requests[0].at_ns;
    let (whole, chunked) = (terms(times.clone(), false), terms(times.clone(), true));
    let cluster =
        Splitwise { times: times.clone(), servers: 8, max_batch: 512, max_batch_tokens: 2_048, kv_tokens: 210_645 };
    let arrivals = || Logged::new(log, 1.0, vec![0; log.classes.len()]);
    let own = |terms: &Terms<StepTable>| {
        let mut ends = Ends::default();
        serve(terms, &mut arrivals(), &mut ends, None);
        ends.0
    };
    let counted = || {
        let mut tally = Tally::new(&goals, false, first_ns);
        serve(&whole, &mut arrivals(), &mut tally, None).finished
    };
    let compat = || {
        let mut ends = Ends::default();
        splitwise(&cluster, &mut arrivals(), &mut ends);
        ends.0
    };
    let seconds = reference::least_cpu_seconds(
        20,
        [&mut || own(&whole), &mut || own(&chunked), &mut || counted(), &mut || compat()],
    );
    let n = log.requests.len() as f64;
    let names = ["whole prompts", "chunked prefill", "whole prompts, everything counted", "--compat splitwise"];
    for (name, seconds) in names.iter().zip(seconds) {
        println!(
            "Azure conversation hour, {n} requests on 8 replicas, {name}: {:.2e} a CPU-second; must 5e5, aim 2e6",
            n / seconds
        );
    }
}

/// 40 requests a second, lognormal lengths of 1,000 and 200 tokens, on replicas of 10 ms and more a step.
fn generated(requests: u64) -> u64 {
    let length = |mean: f64| Length::Law {
        law: Law::by_mean(LawKind::Lognormal, mean, Some(1.0)).expect("a law"),
        most: 100_000,
    };
    let wanted = Generate {
        process: Process::One(Gaps::by_rate(40.0, 1.0, LawKind::Gamma).expect("a rate")),
        lengths: Lengths::Apart { input: length(1_000.0), output: length(200.0) },
        classes: vec![1.0],
        requests,
        until_s: f64::INFINITY,
    };
    let key = RunKey { study_seed: 1, draw: 0, replication: 0 };
    let mut arrivals = Generated::new(&wanted, key, "bench").expect("sound terms");
    let times = Affine { step_s: 10e-3, prompt_token_s: 50e-6, decode_s: 50e-6, context_token_s: 10e-9 };
    let mut ends = Ends::default();
    serve(&terms(times, false), &mut arrivals, &mut ends, None);
    ends.0
}

fn folder() -> PathBuf {
    let own = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared");
    std::env::var_os("HEDGEROW_DATA").map_or_else(own, PathBuf::from)
}

fn azure() -> Option<RequestLog> {
    let bytes = std::fs::read(folder().join("traces/azure-llm/AzureLLMInferenceTrace_conv.csv")).ok()?;
    let reading = RequestReading { layout: RequestLayout::Azure, from: None, until: None, skip_bad_rows: false };
    trace::requests("conv", &bytes[..], &reading).ok()
}

fn table() -> Option<StepTable> {
    let bytes = std::fs::read(folder().join("golden/serving/perf_model.csv")).ok()?;
    let rows = trace::step_times("perf_model.csv", &bytes).ok()?;
    let setup = Setup { model: "llama2-70b".into(), hardware: "h100-80gb".into(), tensor_parallel: 8 };
    step_table(&rows, &setup).ok()
}
