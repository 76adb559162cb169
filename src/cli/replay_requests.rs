//! `hedgerow replay requests`: a log of requests on replicas. Reads the files and writes the folder; simulates nothing itself.

mod engine;
mod load;
mod times;
pub(super) mod words;

use super::args::Format;
use super::failure::Failure;
use super::replay::refuse_what_is_no_file;
use super::terminal;
use crate::replay::Tariff;
use crate::replay::requests::{Cost, Figures, Goal, Tally};
use crate::report::chart::{Size, to_svg};
use crate::report::folder::Folder;
use crate::report::requests::{About, RequestsFile, charts, levels_csv, page, summary_csv, table};
use crate::stats::draw::RunKey;
use crate::trace::{self, Bound, REQUEST_LAYOUTS, RequestLayout, RequestLog, RequestReading};
use crate::workload::requests::{Arrival, Arrivals, Generated};
use crate::world::catalog::Catalog;
use clap::ValueEnum;
pub(super) use load::Load;
use serde_json::json;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use words::{Replicas, Slo};

/// Whose price where nothing is said.
const INSTANCE: &str = "p5.48xlarge";
/// And where.
const REGION: &str = "us-east-1";

#[derive(clap::Args, Debug)]
#[command(group(clap::ArgGroup::new("source").required(true)))]
pub(super) struct Requests {
    /// The log
    #[arg(group = "source")]
    file: Option<PathBuf>,
    /// Requests from laws of chance in place of a log: rate=40,requests=1e6,cv=2,input=1000:1,output=200:0.8
    #[arg(long, value_name = "LOAD", group = "source", conflicts_with_all = ["window", "rate_scale", "skip_bad_rows", "layout"])]
    generate: Option<Load>,
    /// Seed of --generate
    #[arg(long, value_name = "N", requires = "generate", default_value_t = 1)]
    seed: u64,
    /// How the log is laid out: plain is arrival_s,input_tokens,output_tokens[,class]
    #[arg(long, default_value = "plain", value_name = "LAYOUT", value_parser = REQUEST_LAYOUTS)]
    layout: String,
    /// The model that is served, by its card on the chips of --instance (`list architectures`); with --step-times as that file calls it
    #[arg(long, value_name = "NAME")]
    model: String,
    /// Measured times of iterations: CSV model,hardware,tensor_parallel,prompt_size,batch_size,prompt_time,token_time [ms]
    #[arg(long, value_name = "FILE", requires = "hardware")]
    step_times: Option<PathBuf>,
    /// The chip, as the file of --step-times calls it
    #[arg(long, value_name = "NAME", requires = "step_times")]
    hardware: Option<String>,
    /// Instance type: whose chips, and whose price [default of the price: p5.48xlarge]
    #[arg(long, value_name = "NAME")]
    instance: Option<String>,
    /// Precision of the weights of a card: bf16, fp8, fp4 [default: fp8 where the chip has it]; measured times have theirs already
    #[arg(long, value_name = "NAME")]
    precision: Option<String>,
    /// Chips that share each layer of a replica
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=1024))]
    tp: u32,
    /// Replicas, or least and most of them: 4, 2..8
    #[arg(long, value_name = "N|MIN..MAX", default_value = "1")]
    replicas: Replicas,
    /// Most requests in a batch
    #[arg(long, value_name = "N", default_value_t = 512, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    max_batch: u32,
    /// Most tokens of an iteration
    #[arg(long, value_name = "N", default_value_t = 2048, value_parser = clap::value_parser!(u32).range(1..=1_000_000_000))]
    max_batch_tokens: u32,
    /// Most tokens of a prompt and its answer; longer requests are refused and counted
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(2..))]
    max_context: Option<u64>,
    /// Tokens that fit the memory of a replica beside the weights
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(2..=1_000_000_000_000))]
    kv_tokens: Option<u64>,
    /// Share of that memory left free when a request joins others
    #[arg(long, value_name = "SHARE", default_value_t = 0.01, value_parser = words::share)]
    kv_reserve: f64,
    /// Cut prompts into chunks that run beside decodes; else prompts run whole and before decodes
    #[arg(long)]
    chunked_prefill: bool,
    /// So many replicas only prefill; --replicas then only decode
    #[arg(long, value_name = "N", requires = "kv_transfer_gb_per_s", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    prefill_replicas: Option<u32>,
    /// Rate at which a context goes from one replica to another [10^9 B/s]
    #[arg(long, value_name = "X", requires = "prefill_replicas", value_parser = words::positive)]
    kv_transfer_gb_per_s: Option<f64>,
    /// Bytes of a token's keys and values, for the transfer
    #[arg(long, value_name = "N", requires = "prefill_replicas", value_parser = words::positive)]
    kv_bytes_per_token: Option<f64>,
    /// Which replica takes a request: jsq (fewest outstanding tokens), round_robin, prefix (fewest, less what it has cached)
    #[arg(long, value_name = "RULE", default_value = "jsq", value_parser = ["jsq", "round_robin", "prefix"])]
    routing: String,
    /// Blocks of 512 tokens of prompts that each replica keeps for later ones; the log must name them (mooncake)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000_000))]
    prefix_cache_blocks: Option<u32>,
    /// A request whose prompt has not begun after so long gives up: 30s, 2min
    #[arg(long, value_name = "DURATION", value_parser = words::duration)]
    patience: Option<f64>,
    /// Targets: ttft=2s,tpot=50ms; by class, the first goes first: chat:ttft=2s,tpot=50ms; may be repeated
    #[arg(long, value_name = "[CLASS:]TARGETS")]
    slo: Vec<Slo>,
    /// With MIN..MAX replicas: outstanding tokens that one replica should have [default: --max-batch-tokens]
    #[arg(long, value_name = "TOKENS", value_parser = clap::value_parser!(u64).range(1..))]
    scale_at: Option<u64>,
    /// With MIN..MAX replicas: from an order to the first request
    #[arg(long, value_name = "DURATION", default_value = "3min", value_parser = words::duration)]
    start_up: f64,
    /// With MIN..MAX replicas: how often the load is looked at
    #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = words::duration)]
    scale_every: f64,
    /// With MIN..MAX replicas: how long fewer must have been enough before one is drained
    #[arg(long, value_name = "DURATION", default_value = "5min", value_parser = words::duration)]
    scale_in_after: f64,
    /// Follow a published simulator in its quirks too; `explain compat` lists them
    #[arg(long, value_enum)]
    compat: Option<CompatWith>,
    /// So many times as many requests in a time: gaps are divided by it
    #[arg(long, value_name = "X", default_value_t = 1.0, value_parser = words::positive)]
    rate_scale: f64,
    /// Only requests that arrive from FROM and before TO: seconds as arrival_s counts, durations, or dates where the log has them
    #[arg(long, value_name = "FROM..TO", value_parser = words::window, allow_hyphen_values = true)]
    window: Option<(Bound, Bound)>,
    /// What tokens cost: on_demand, committed, committed_1y, committed_3y, capacity_block or spot
    #[arg(long, value_name = "KIND", value_parser = super::replay::price_kind)]
    price: Option<String>,
    /// Where [default: us-east-1]
    #[arg(long, value_name = "REGION", requires = "price")]
    region: Option<String>,
    /// Tables only
    #[arg(long)]
    no_charts: bool,
    /// Leave out rows that cannot be read, and count them
    #[arg(long)]
    skip_bad_rows: bool,
    /// Output folder [default: output/<log>/]
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Only errors
    #[arg(long)]
    quiet: bool,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Where requests come from.
enum Source {
    Log(RequestLog),
    /// And its first arrival [ns].
    Generated(Box<Generated>, u64),
}

impl Source {
    fn first_ns(&self) -> u64 {
        match self {
            Source::Log(log) => log.requests[0].at_ns,
            Source::Generated(_, first_ns) => *first_ns,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum CompatWith {
    Splitwise,
}

impl Requests {
    /// Serves the log and writes its folder, all of it or nothing.
    pub fn play(&self) -> Result<(), Failure> {
        let engine = self.engine()?;
        let source = self.source()?;
        let (goals, places) = self.goals(&source)?;
        let tariff = self.tariff()?;
        let place = self.output.clone().unwrap_or_else(|| {
            let stem = self.file.as_deref().and_then(Path::file_stem);
            Path::new("output").join(stem.map_or("generated".into(), |stem| stem.to_os_string()))
        });
        let mut notes = self.found(&source);
        notes.extend(engine.notes(&goals));
        notes.extend(self.price_note());
        let folder = Folder::begin(&place)?;
        if !self.quiet && self.format == Format::Human && !notes.is_empty() {
            terminal::say(&(notes.join("\n") + "\n\n"))?;
        }
        let tally = Tally::new(&goals, self.compat.is_some(), source.first_ns());
        let mut file =
            RequestsFile::new(folder.create("requests.csv")?, tally).map_err(|why| writing("requests.csv", why))?;
        let totals = engine.serve(&source, self.rate_scale, places, goals.len(), &mut file);
        let tally = file.finish().map_err(|why| writing("requests.csv", why))?;
        let cost = tariff.as_ref().map(|tariff| Cost::of(&totals, engine.chips, tariff));
        let figures = Figures::of(&tally, totals, &goals, cost);
        let name = self.name();
        let about = About {
            log: &name,
            rules: self.rules(),
            requests: figures.totals.arrived,
            kv_tokens: engine.kv_tokens,
            max_batch: self.max_batch,
            goals: &goals,
        };
        let table = table(&figures, &about);
        folder.write("summary.csv", summary_csv(&figures))?;
        folder.write("levels.csv", levels_csv(&tally, figures.totals.end_ns))?;
        folder.write("manifest.json", self.manifest(&engine, &notes, tariff.as_ref()))?;
        if !self.no_charts {
            let drawn = charts(&about, &figures, &tally);
            let svgs: Vec<String> = drawn.iter().map(|drawn| to_svg(&drawn.chart, Size::default())).collect();
            for (drawn, svg) in drawn.iter().zip(&svgs) {
                folder.write(&format!("charts/{}.svg", drawn.name), svg)?;
            }
            folder.write("report.html", page(&about, &figures, &table, &notes, &drawn, &svgs, tariff.as_ref()))?;
        }
        folder.finish()?;
        super::replay::tell((self.quiet, self.format), "classes", &table, &place)
    }

    /// What the source is called.
    fn name(&self) -> String {
        match (self.file.as_deref().and_then(Path::file_name), &self.generate) {
            (Some(name), _) => name.to_string_lossy().into_owned(),
            (None, Some(load)) => load.to_string(),
            (None, None) => String::new(),
        }
    }

    fn source(&self) -> Result<Source, Failure> {
        if let Some(load) = &self.generate {
            let key = RunKey { study_seed: self.seed, draw: 0, replication: 0 };
            let generated = Generated::new(&load.terms, key, "replay.requests");
            let generated = generated
                .map_err(|why| Failure::input(format!("--generate: {why}"), "see `replay requests --help`"))?;
            let (mut ahead, mut first) = (generated.clone(), Arrival::default());
            if !ahead.next(&mut first) {
                return Err(Failure::input(
                    "--generate: no request in that time",
                    "a longer duration or a higher rate",
                ));
            }
            return Ok(Source::Generated(Box::new(generated), first.at_ns));
        }
        let file = self.file.as_deref().expect("clap asks for one or the other");
        read_log(file, &self.layout, self.window, self.skip_bad_rows).map(Source::Log)
    }

    /// Targets in order of who goes first, and the place of each class of the log among them.
    fn goals(&self, source: &Source) -> Result<(Vec<Goal>, Vec<u8>), Failure> {
        let default = vec!["default".to_owned()];
        let known = if let Source::Log(log) = source { &log.classes } else { &default };
        let names: Vec<&str> = self.slo.iter().map(|slo| slo.0.name.as_str()).collect();
        if let Some(name) = names.iter().enumerate().find(|(at, name)| names[..*at].contains(name)) {
            return Err(Failure::input(format!("--slo: the targets of `{}` stand twice", name.1), "one --slo a class"));
        }
        if names.is_empty() || names == [""] {
            let goal = self.slo.first().map(|slo| slo.0.clone()).unwrap_or_default();
            return Ok((vec![goal], vec![0; known.len()]));
        }
        if names.contains(&"") {
            return Err(Failure::input(
                "--slo: one has a class and one has none",
                "name the class in each: chat:ttft=2s,tpot=50ms",
            ));
        }
        if crate::kernel::request::CLASSES < names.len() {
            let most = crate::kernel::request::CLASSES;
            return Err(Failure::input(format!("--slo: {} classes; at most {most}", names.len()), "join some"));
        }
        let place = |class: &String| {
            let found = names.iter().position(|name| name == class);
            found.map(|place| place as u8).ok_or_else(|| {
                let cure = format!("give it targets: --slo {class}:ttft=2s,tpot=50ms");
                Failure::input(format!("the log has a class `{class}` that no --slo names"), cure)
            })
        };
        let places = known.iter().map(place).collect::<Result<_, _>>()?;
        Ok((self.slo.iter().map(|slo| slo.0.clone()).collect(), places))
    }

    /// What was found in the log.
    fn found(&self, source: &Source) -> Vec<String> {
        let Source::Log(log) = source else { return Vec::new() };
        let mut notes = found_in(log, self.rate_scale);
        if self.prefix_cache_blocks.is_some() && log.blocks.is_empty() {
            notes.push("the log names no blocks of prompts: nothing is found in a cache".into());
        }
        notes
    }

    fn tariff(&self) -> Result<Option<Tariff>, Failure> {
        let Some(word) = &self.price else { return Ok(None) };
        let instance = self.instance.as_deref().unwrap_or(INSTANCE);
        let found = Tariff::find(Catalog::embedded(), word, instance, self.region.as_deref().unwrap_or(REGION));
        found.map(Some).map_err(|why| Failure::input(why, "name another --price, --instance or --region"))
    }

    fn price_note(&self) -> Option<String> {
        let spoken = [("--instance", &self.instance, INSTANCE), ("--region", &self.region, REGION)];
        let unsaid: Vec<String> =
            spoken.iter().filter(|of| of.1.is_none()).map(|(flag, _, value)| format!("{flag} {value}")).collect();
        (self.price.is_some() && !unsaid.is_empty()).then(|| format!("prices: by default {}", unsaid.join(" ")))
    }

    /// Model, chips, replicas and what else was asked for, as words.
    fn rules(&self) -> String {
        let chip = self.hardware.as_deref().or(self.instance.as_deref()).unwrap_or("chips");
        let mut rules = vec![format!("{} on {} x {} {chip}", self.model, self.replicas, self.tp)];
        if let Some(with) = self.compat {
            rules.push(format!("as {}", format!("{with:?}").to_lowercase()));
        } else {
            rules.push(if self.chunked_prefill { "chunked prefill".into() } else { "whole prompts".into() });
            rules.extend(self.prefill_replicas.map(|n| format!("{n} more only prefill")));
            if self.routing != "jsq" {
                rules.push(self.routing.replace('_', " "));
            }
            rules.extend(self.patience.map(|s| format!("patience {s} s")));
        }
        if self.rate_scale != 1.0 {
            rules.push(format!("rate x {}", self.rate_scale));
        }
        rules.join(", ")
    }

    fn manifest(&self, engine: &engine::Engine, notes: &[String], tariff: Option<&Tariff>) -> String {
        let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
        let goal = |slo: &Slo| json!({ "class": slo.0.name, "ttft_s": slo.0.ttft_s, "tpot_s": slo.0.tpot_s });
        let manifest = json!({
            "version": env!("CARGO_PKG_VERSION"),
            "kind": "replay requests",
            "log": self.file.as_deref().and_then(name),
            "generate": self.generate.as_ref().map(Load::to_string),
            "seed": self.generate.as_ref().map(|_| self.seed),
            "layout": self.file.as_ref().map(|_| &self.layout),
            "model": self.model,
            "step_times": self.step_times.as_deref().and_then(name),
            "hardware": self.hardware,
            "tp": self.tp,
            "replicas": self.replicas.to_string(),
            "max_batch": self.max_batch,
            "max_batch_tokens": self.max_batch_tokens,
            "max_context": self.max_context,
            "kv_tokens": engine.kv_tokens,
            "kv_reserve": self.kv_reserve,
            "chunked_prefill": self.chunked_prefill,
            "prefill_replicas": self.prefill_replicas,
            "kv_transfer_gb_per_s": self.kv_transfer_gb_per_s,
            "routing": self.routing,
            "prefix_cache_blocks": self.prefix_cache_blocks,
            "patience_s": self.patience,
            "scale_at_tokens": self.scale_at,
            "start_up_s": self.start_up,
            "scale_every_s": self.scale_every,
            "scale_in_after_s": self.scale_in_after,
            "slo": self.slo.iter().map(goal).collect::<Vec<_>>(),
            "rate_scale": self.rate_scale,
            "compat": self.compat.map(|with| format!("{with:?}").to_lowercase()),
            "price": tariff.map(super::replay::priced),
            "notes": notes,
        });
        format!("{manifest:#}\n")
    }
}

fn writing(file: &str, why: String) -> Failure {
    Failure::system(format!("cannot write {file}"), why)
}

/// A log, or every problem of it.
pub(super) fn read_log(
    path: &Path,
    layout: &str,
    window: Option<(Bound, Bound)>,
    skip_bad_rows: bool,
) -> Result<RequestLog, Failure> {
    refuse_what_is_no_file(path)?;
    let name = path.display().to_string();
    let file = File::open(path).map_err(|error| Failure::input(format!("cannot read {name}: {error}"), ""))?;
    let reading = RequestReading {
        layout: RequestLayout::parse(layout).expect("clap knows the layouts"),
        from: window.map(|window| window.0),
        until: window.map(|window| window.1),
        skip_bad_rows,
    };
    Ok(trace::requests(&name, BufReader::new(file), &reading)?)
}

/// What was found in a log.
pub(super) fn found_in(log: &RequestLog, rate_scale: f64) -> Vec<String> {
    let tokens = |of: fn(&trace::LogRequest) -> u32| log.requests.iter().map(|it| u64::from(of(it))).sum::<u64>();
    let n = log.requests.len();
    let span_s = (log.requests[n - 1].at_ns - log.requests[0].at_ns) as f64 / 1e9 / rate_scale;
    let show = crate::report::table::show;
    let mut notes = vec![format!(
        "{} requests in {} s; prompts of {} tokens on average, answers of {}",
        show(n as f64),
        show(span_s),
        show(tokens(|it| it.input) as f64 / n as f64),
        show(tokens(|it| it.output) as f64 / n as f64),
    )];
    if let Some(line) = log.first_backwards_line {
        let some = if log.backwards == 1 { "request arrives" } else { "requests arrive" };
        notes.push(format!("{} {some} before the one above (the first in line {line}): sorted", log.backwards));
    }
    if 0 < log.outside {
        notes.push(format!("{} requests lie outside the window", log.outside));
    }
    let skipped: Vec<String> = log.skipped.iter().map(|(kind, rows)| format!("{rows} {kind}")).collect();
    if !skipped.is_empty() {
        notes.push(format!("rows left out: {}", skipped.join(", ")));
    }
    notes
}
