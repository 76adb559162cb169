//! `hedgerow replay requests`: a log of requests on replicas. Reads the files and writes the folder; simulates nothing itself.

mod by;
mod classes;
mod engine;
mod hardware;
mod idle;
mod load;
mod manifest;
mod models;
mod source;
mod times;
pub(super) mod words;

use super::args::Output;
use super::failure::{Failure, Refusals};
use super::replay::refuse_what_is_no_file;
use super::terminal;
use crate::replay::Tariff;
use crate::replay::requests::{Figures, Goal, Tally};
use crate::report::chart::{Size, to_svg};
use crate::report::folder::Folder;
use crate::report::requests::{About, RequestsFile, charts, levels_csv, models_csv, page, summary_csv, table};
use crate::trace::{self, Bound, REQUEST_LAYOUTS, RequestLayout, RequestLog, RequestReading};
use crate::world::catalog::Catalog;
use by::{By, by};
use clap::ValueEnum;
use engine::Engine;
pub(super) use load::Load;
use source::{Loads, Source};
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use words::{Replicas, Slo};

/// Whose price where nothing is said.
const INSTANCE: &str = "p5.48xlarge";
/// And where.
const REGION: &str = "us-east-1";
/// Seed where nothing is said.
const SEED: u64 = 1;

#[derive(clap::Args, Debug)]
#[command(group(clap::ArgGroup::new("source").required(true)))]
pub(super) struct Requests {
    /// The log
    #[arg(group = "source")]
    file: Option<PathBuf>,
    /// Requests from laws of chance in place of a log: rate=40,requests=1e6,cv=2,input=1000:1,output=200:0.8; clients=100,zipf=1.2 share the rate, states=80:1min/10:5min take turns; may be repeated, each with its class=NAME and model=NAME
    #[arg(long, value_name = "LOAD", group = "source", conflicts_with_all = ["window", "rate_scale", "skip_bad_rows", "layout"])]
    generate: Vec<Load>,
    /// Seed of --generate [default: 1]
    #[arg(long, value_name = "N", requires = "generate")]
    seed: Option<u64>,
    /// How the log is laid out: plain is arrival_s,input_tokens,output_tokens[,class][,model]
    #[arg(long, default_value = "plain", value_name = "LAYOUT", value_parser = REQUEST_LAYOUTS)]
    layout: String,
    /// The model that is served, by its card on the chips of --instance (`list architectures`); with --step-times as that file calls it; repeated for several, which the requests then name
    #[arg(long, value_name = "NAME", required = true)]
    model: Vec<String>,
    /// Measured times of iterations: CSV model,hardware,tensor_parallel,prompt_size,batch_size,prompt_time,token_time [ms]
    #[arg(long, value_name = "FILE", requires = "hardware")]
    step_times: Option<PathBuf>,
    /// The chip, as the file of --step-times calls it
    #[arg(long, value_name = "NAME", requires = "step_times")]
    hardware: Option<String>,
    /// Instance type: whose chips, and whose price [default of the price: p5.48xlarge]
    #[arg(long, value_name = "NAME")]
    instance: Option<String>,
    /// Precision of the weights of a card: bf16, fp8, fp4 [default: fp8 where the chip has it]; measured times have theirs already; here and below [MODEL=] is for one of several models
    #[arg(long, value_name = "[MODEL=]NAME", value_parser = by(words::word))]
    precision: Vec<By<String>>,
    /// Chips that share each layer of a replica [default: 8; of a card on an instance whose scale-up domain has fewer, or of a model that needs more, the fewest that hold it]
    #[arg(long, value_name = "[MODEL=]N", value_parser = by(words::chips))]
    tp: Vec<By<u32>>,
    /// Replicas, or least and most of them: 4, 2..8 [default: 1]
    #[arg(long, value_name = "[MODEL=]N|MIN..MAX", value_parser = by(words::replicas))]
    replicas: Vec<By<Replicas>>,
    /// Chips that the replicas of all models share: with MIN..MAX they compete for those that are free [default: as many as they want]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    pool_chips: Option<u64>,
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
    #[arg(long, value_name = "[MODEL=]N", value_parser = by(words::memory))]
    kv_tokens: Vec<By<u64>>,
    /// Share of that memory left free when a request joins others [default: 0.01]
    #[arg(long, value_name = "SHARE", value_parser = words::share)]
    kv_reserve: Option<f64>,
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
    /// Which replica takes a request: jsq (fewest outstanding tokens), round_robin, prefix (fewest, less what it has cached) [default: jsq]
    #[arg(long, value_name = "RULE", value_parser = ["jsq", "round_robin", "prefix"])]
    routing: Option<String>,
    /// Blocks of 512 tokens of prompts that each replica keeps for later ones; the log must name them (mooncake)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000_000))]
    prefix_cache_blocks: Option<u32>,
    /// A request whose prompt has not begun after so long gives up: 30s, 2min; of a class: chat=30s; may be repeated
    #[arg(long, value_name = "[CLASS=]DURATION", value_parser = by(words::duration))]
    patience: Vec<By<f64>>,
    /// Targets: ttft=2s,tpot=50ms; by class, the first goes first: chat:ttft=2s,tpot=50ms, or batch:none; may be repeated
    #[arg(long, value_name = "[CLASS:]TARGETS")]
    slo: Vec<Slo>,
    /// With MIN..MAX replicas: outstanding tokens that one replica should have [default: --max-batch-tokens]; with --prefill-replicas, whose --replicas only decode, requests [default: those that run at once, by --max-batch and memory]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    scale_at: Option<u64>,
    /// With MIN..MAX replicas: from an order to the first request [default: 3min]
    #[arg(long, value_name = "[MODEL=]DURATION", value_parser = by(words::duration))]
    start_up: Vec<By<f64>>,
    /// With MIN..MAX replicas: how often the load is looked at [default: 5s]
    #[arg(long, value_name = "DURATION", value_parser = words::duration)]
    scale_every: Option<f64>,
    /// With MIN..MAX replicas: how long fewer must have been enough before one is drained [default: 5min]
    #[arg(long, value_name = "DURATION", value_parser = words::duration)]
    scale_in_after: Option<f64>,
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
    /// Leave out rows that cannot be read, and count them
    #[arg(long)]
    skip_bad_rows: bool,
    #[command(flatten)]
    out: Output,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum CompatWith {
    Splitwise,
}

/// What a replay needs.
struct Ready {
    source: Source,
    goals: Vec<Goal>,
    /// By class of the source, the place of its goal.
    classes: Vec<u8>,
    /// By model of the source, its place among those that are served.
    models: Vec<u16>,
    engine: Engine,
    tariff: Option<Tariff>,
}

impl Requests {
    /// Serves the log and writes its folder, all of it or nothing.
    pub fn play(&self) -> Result<(), Failure> {
        let Ready { source, goals, classes, models, engine, tariff } = self.ready()?;
        let place = self.out.folder.clone().unwrap_or_else(|| {
            let stem = self.file.as_deref().and_then(Path::file_stem);
            Path::new("output").join(stem.map_or("generated".into(), |stem| stem.to_os_string()))
        });
        let mut notes = self.found(&source);
        notes.extend(engine.notes(&goals));
        notes.extend(self.idle_flags(&source));
        notes.extend(self.price_note());
        let folder = Folder::begin(&place)?;
        if self.out.chats() && !notes.is_empty() {
            terminal::say(&(notes.join("\n") + "\n\n"))?;
        }
        let tally = Tally::new(&goals, self.compat.is_some(), source.first_ns()).with_models(&engine.served);
        let mut file =
            RequestsFile::new(folder.create("requests.csv")?, tally).map_err(|why| writing("requests.csv", why))?;
        let totals = engine.serve(source, self.rate_scale, (classes, models), &mut file);
        let tally = file.finish().map_err(|why| writing("requests.csv", why))?;
        let figures = Figures::of(&tally, totals, &goals, (&engine.served, tariff.as_ref()));
        let name = self.name();
        let about = About {
            log: &name,
            rules: self.rules(),
            requests: figures.totals.arrived,
            served: &engine.served,
            pool_chips: self.pool_chips,
            goals: &goals,
        };
        let table = table(&figures, &about);
        folder.write("summary.csv", summary_csv(&figures, &about))?;
        folder.write("levels.csv", levels_csv(&tally, figures.totals.end_ns))?;
        if 1 < engine.served.len() {
            folder.write("models.csv", models_csv(&tally, figures.totals.end_ns))?;
        }
        folder.write("manifest.json", self.manifest(&engine, &notes, tariff.as_ref()))?;
        if !self.out.no_charts {
            let drawn = charts(&about, &figures, &tally);
            let svgs: Vec<String> = drawn.iter().map(|drawn| to_svg(&drawn.chart, Size::default())).collect();
            for (drawn, svg) in drawn.iter().zip(&svgs) {
                folder.write(&format!("charts/{}.svg", drawn.name), svg)?;
            }
            folder.write("report.html", page(&about, &figures, &table, &notes, &drawn, &svgs, tariff.as_ref()))?;
        }
        folder.finish()?;
        super::replay::tell(&self.out, "classes", &table, &place)
    }

    /// All that a replay needs, or all that is wrong with the flags and the log at once.
    fn ready(&self) -> Result<Ready, Failure> {
        let mut wrong = Refusals::default();
        self.refuse_contradictions(&mut wrong);
        let hardware = self.hardware_of_all(&mut wrong);
        let tariff = wrong.take(self.tariff());
        let source = wrong.take(self.source());
        let classes = source.as_ref().and_then(|source| self.goals(source, &mut wrong));
        let models = source.as_ref().and_then(|source| self.model_places(source, &mut wrong));
        let known = hardware.zip(classes.as_ref()).zip(source.as_ref());
        let engine = known.and_then(|((hardware, (goals, _)), source)| {
            let engine = self.engine(hardware, goals, source.mean_tokens());
            wrong.take(engine)
        });
        wrong.end()?;
        let all = || Some((source?, classes?, models?, engine?, tariff?));
        let (source, (goals, classes), models, engine, tariff) = all().expect("what is not there was refused");
        Ok(Ready { source, goals, classes, models, engine, tariff })
    }

    /// What the source is called.
    fn name(&self) -> String {
        match self.file.as_deref().and_then(Path::file_name) {
            Some(name) => name.to_string_lossy().into_owned(),
            None => self.generate.iter().map(Load::to_string).collect::<Vec<_>>().join(" + "),
        }
    }

    fn source(&self) -> Result<Source, Failure> {
        if !self.generate.is_empty() {
            return Loads::new(&self.generate, self.seed.unwrap_or(SEED)).map(Source::Generated);
        }
        let file = self.file.as_deref().expect("clap asks for one or the other");
        read_log(file, &self.layout, self.window, self.skip_bad_rows).map(Source::Log)
    }

    /// What was found in the log.
    fn found(&self, source: &Source) -> Vec<String> {
        let Source::Log(log) = source else { return Vec::new() };
        found_in(log, self.rate_scale)
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
