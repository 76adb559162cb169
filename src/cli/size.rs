//! `hedgerow size`: the cheapest chips and replicas that keep a promise to a load. Reads the log and writes the folder; simulates nothing itself.

use super::args::Output;
use super::failure::Failure;
use super::replay::{price_kind, tell};
use super::replay_requests::words::{Slo, duration, positive, window};
use super::replay_requests::{Load as Generate, found_in, read_log};
use super::terminal;
use crate::perf::{Card, Precision};
use crate::replay::requests::{Goal, Logged};
use crate::report::chart::{self, to_svg};
use crate::report::folder::Folder;
use crate::report::size::{About, binding, candidates_csv, charts, load_csv, not_tried, page, table};
use crate::report::table::show;
use crate::size::{Answer, Asked, Dispersion, Found, Load, Offer, Passed, Promise, Yard, candidates, levels, size};
use crate::stats::draw::RunKey;
use crate::trace::{Bound, REQUEST_LAYOUTS};
use crate::workload::requests::Generated;
use crate::world::catalog::Catalog;
use serde_json::json;
use std::path::{Path, PathBuf};

/// Share of the memory left free when a request joins others, as `replay requests` has it.
const KV_RESERVE: f64 = 0.01;

/// The cheapest chips and replicas that keep a promise to a load of requests
#[derive(clap::Args, Debug)]
#[command(group(clap::ArgGroup::new("source").required(true)))]
pub(super) struct Size {
    /// A log of requests
    #[arg(group = "source")]
    file: Option<PathBuf>,
    /// Requests from laws of chance in place of a log, as `replay requests` has them: rate=40,requests=1e6,cv=2,input=1000:1,output=200:0.8; clients=100,zipf=1.2 share the rate, states=80:1min/10:5min take turns
    #[arg(long, value_name = "LOAD", group = "source", conflicts_with_all = LOG_FLAGS)]
    generate: Option<Generate>,
    /// Or so many requests a second, of lengths by --mix or by --input-tokens and --output-tokens
    #[arg(long, value_name = "R", group = "source", value_parser = positive, conflicts_with_all = LOG_FLAGS)]
    rate: Option<f64>,
    /// With --rate: lengths of a kind of requests of the catalog (request_mixes.csv)
    #[arg(long, value_name = "NAME", conflicts_with_all = ["file", "generate", "input_tokens", "output_tokens"])]
    mix: Option<String>,
    /// With --rate: tokens of prompts, or lognormal with a coefficient of variation
    #[arg(long, value_name = "MEAN[:CV]", requires = "output_tokens", conflicts_with_all = OTHERS)]
    input_tokens: Option<String>,
    /// With --rate: tokens of answers
    #[arg(long, value_name = "MEAN[:CV]", requires = "input_tokens", conflicts_with_all = OTHERS)]
    output_tokens: Option<String>,
    /// With --rate: coefficient of variation of the gaps between requests [default: 1, Poisson]
    #[arg(long, value_name = "X", conflicts_with_all = OTHERS)]
    cv: Option<f64>,
    /// With --rate: index of dispersion of the requests' numbers, the square of --cv
    #[arg(long, value_name = "X", conflicts_with_all = ["file", "generate", "cv"], value_parser = positive)]
    dispersion: Option<f64>,
    /// With --rate: so many of them
    #[arg(long, value_name = "N", conflicts_with_all = OTHERS, default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(2..))]
    requests: u32,
    /// Seed of --generate and --rate
    #[arg(long, value_name = "N", conflicts_with = "file", default_value_t = 1)]
    seed: u64,
    /// How the log is laid out: plain is arrival_s,input_tokens,output_tokens[,class][,model]
    #[arg(long, default_value = "plain", value_name = "LAYOUT", value_parser = REQUEST_LAYOUTS)]
    layout: String,
    /// So many times as many requests in a time: gaps are divided by it
    #[arg(long, value_name = "X", default_value_t = 1.0, value_parser = positive)]
    rate_scale: f64,
    /// Only requests that arrive from FROM and before TO: seconds as arrival_s counts, durations, or dates where the log has them
    #[arg(long, value_name = "FROM..TO", value_parser = window, allow_hyphen_values = true)]
    window: Option<(Bound, Bound)>,
    /// Leave out rows that cannot be read, and count them
    #[arg(long)]
    skip_bad_rows: bool,
    /// The model that is served (`list architectures`)
    #[arg(long, value_name = "NAME")]
    model: String,
    /// Targets of a request: ttft=2s,tpot=50ms
    #[arg(long, value_name = "TARGETS")]
    slo: Slo,
    /// Share of the requests that meet both targets; who gives up or is refused does not
    #[arg(long, value_name = "SHARE", default_value_t = 0.99, value_parser = attainment)]
    attainment: f64,
    /// Only these chips: h100,trainium2 [default: all that the catalog has instances of]
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    chips: Vec<String>,
    /// How instances are bought: on_demand, committed, committed_1y, committed_3y, capacity_block or spot
    #[arg(long, value_name = "KIND", default_value = "on_demand", value_parser = price_kind)]
    price: String,
    /// Where
    #[arg(long, value_name = "REGION", default_value = "us-east-1")]
    region: String,
    /// Most that it may cost
    #[arg(long, value_name = "USD", value_parser = positive)]
    max_usd_per_hour: Option<f64>,
    /// Precision of the weights: bf16, fp8, fp4 [default: fp8 where the chip has it]
    #[arg(long, value_name = "NAME")]
    precision: Option<String>,
    /// Most requests in a batch
    #[arg(long, value_name = "N", default_value_t = 512, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    max_batch: u32,
    /// Most tokens of an iteration
    #[arg(long, value_name = "N", default_value_t = 2048, value_parser = clap::value_parser!(u32).range(1..=1_000_000_000))]
    max_batch_tokens: u32,
    /// Prompts run whole and before decodes; else they are cut into chunks that run beside them
    #[arg(long)]
    whole_prompts: bool,
    /// A request whose prompt has not begun after so long gives up: 30s, 2min
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    patience: Option<f64>,
    #[command(flatten)]
    out: Output,
}

/// Flags that only a log has.
const LOG_FLAGS: [&str; 4] = ["window", "rate_scale", "skip_bad_rows", "layout"];
/// Sources beside --rate; `requires = "rate"` would ask for nothing where one of them is there.
const OTHERS: [&str; 2] = ["file", "generate"];

fn attainment(text: &str) -> Result<f64, String> {
    match text.trim().parse::<f64>() {
        Ok(share) if 0.0 < share && share <= 1.0 => Ok(share),
        _ => Err("a share above 0 and at most 1".into()),
    }
}

/// Sizes the load and writes its folder, all of it or nothing.
pub(super) fn run(size: &Size) -> Result<(), Failure> {
    size.run()
}

impl Size {
    fn run(&self) -> Result<(), Failure> {
        let promise = self.promise()?;
        let asked = self.asked()?;
        let (load, mut notes) = self.load()?;
        let found = candidates(Catalog::embedded(), &asked, &load, &promise);
        let (offers, passed) =
            found.map_err(|why| Failure::input(why, "`hedgerow list architectures` has the names"))?;
        let mut yard = Yard::new(&offers, &load, promise, self.patience);
        let answer = size(&mut yard);
        let name = self.name();
        let about = self.about(&name, (&load, promise), (&offers, &passed), &answer);
        self.judge(&about)?;
        notes.extend(self.stated(&about));
        let place = self.out.folder.clone().unwrap_or_else(|| self.usual_place());
        let folder = Folder::begin(&place)?;
        if self.out.chats() {
            terminal::say(&(notes.join("\n") + "\n\n"))?;
        }
        let table = table(&about);
        let levels = levels(&yard, &answer);
        folder.write("load.csv", load_csv(&about, &levels))?;
        folder.write("candidates.csv", candidates_csv(&about))?;
        folder.write("manifest.json", self.manifest(&about, &notes))?;
        if !self.out.no_charts {
            let drawn = charts(&about, &levels);
            let svgs: Vec<String> = drawn.iter().map(|drawn| to_svg(&drawn.chart, chart::Size::default())).collect();
            for (drawn, svg) in drawn.iter().zip(&svgs) {
                folder.write(&format!("charts/{}.svg", drawn.name), svg)?;
            }
            folder.write("report.html", page(&about, &notes, &drawn, &svgs))?;
        }
        folder.finish()?;
        tell(&self.out, "candidates", &table, &place)
    }

    fn promise(&self) -> Result<Promise, Failure> {
        let Goal { name, ttft_s, tpot_s, .. } = &self.slo.0;
        if !name.is_empty() {
            return Err(Failure::input(
                format!("--slo: `{name}:` names a class, and all requests are sized for alike"),
                "--slo ttft=2s,tpot=50ms",
            ));
        }
        Ok(Promise { ttft_s: *ttft_s, tpot_s: *tpot_s, share: self.attainment })
    }

    fn asked(&self) -> Result<Asked<'_>, Failure> {
        let catalog = Catalog::embedded();
        let name = |chip: &String| {
            let found = catalog.chip(chip).map_err(|error| error.to_string());
            found
                .map(|chip| chip.name.clone())
                .map_err(|why| Failure::input(why, "`hedgerow list chips` has the names"))
        };
        let chips: Vec<String> = self.chips.iter().map(name).collect::<Result<_, _>>()?;
        if let Some(chip) = chips.iter().find(|chip| catalog.instances.iter().all(|row| row.chip != **chip)) {
            return Err(Failure::input(
                format!("the catalog has no instance type with {chip}"),
                "`hedgerow list instances` has those that can be bought",
            ));
        }
        let precision =
            match &self.precision {
                None => None,
                Some(word) => Some(Precision::parse(word).ok_or_else(|| {
                    Failure::input(format!("there is no precision `{word}`"), "one of bf16, fp8, fp4")
                })?),
            };
        Ok(Asked {
            model: &self.model,
            precision,
            chips: (!chips.is_empty()).then_some(chips),
            price: &self.price,
            region: &self.region,
            max_batch: self.max_batch,
            max_batch_tokens: self.max_batch_tokens,
            kv_reserve: KV_RESERVE,
            chunked: !self.whole_prompts,
        })
    }

    /// The requests, and what was found in their log.
    fn load(&self) -> Result<(Load, Vec<String>), Failure> {
        let no_rate = |why: String| Failure::input(why, "a load needs two requests at different times");
        if let Some(file) = &self.file {
            let log = read_log(file, &self.layout, self.window, self.skip_bad_rows)?;
            let mut notes = found_in(&log, self.rate_scale);
            if 1 < log.classes.len() {
                notes.push(format!("the log's {} classes are sized for alike", log.classes.len()));
            }
            if !log.models.is_empty() {
                notes.push(format!("the log asks for {}: all are sized as of {}", log.models.join(", "), self.model));
            }
            let mut arrivals = Logged::new(&log, self.rate_scale, vec![0; log.classes.len()]);
            return Ok((Load::gather(&mut arrivals).map_err(no_rate)?, notes));
        }
        let terms = self.generated()?;
        let key = RunKey { study_seed: self.seed, draw: 0, replication: 0 };
        let generated = Generated::new(&terms.terms, key, "replay.requests");
        let mut generated = generated.map_err(|why| Failure::input(why, "see `size --help`"))?;
        let load = Load::gather(&mut generated).map_err(no_rate)?;
        let (input, output) = load.mean_tokens();
        let note = format!(
            "{} requests in {} s; prompts of {} tokens on average, answers of {}",
            show(load.requests() as f64),
            show(load.span_s()),
            show(input),
            show(output)
        );
        Ok((load, vec![note]))
    }

    /// The terms of --generate, or of --rate and its companions.
    fn generated(&self) -> Result<Generate, Failure> {
        if let Some(generate) = &self.generate {
            if let Some(name) = generate.class.as_ref().or(generate.model.as_ref()) {
                return Err(Failure::input(
                    format!("--generate: it names `{name}`, and all requests are sized for alike"),
                    "leave out class and model",
                ));
            }
            return Ok(generate.clone());
        }
        let rate = self.rate.expect("clap asks for a source");
        let (input, output) = match (&self.mix, &self.input_tokens, &self.output_tokens) {
            (Some(mix), ..) => mix_lengths(mix)?,
            (None, Some(input), Some(output)) => (input.clone(), output.clone()),
            _ => {
                return Err(Failure::input(
                    "--rate: how long are the requests?",
                    "--mix conversation, or --input-tokens MEAN[:CV] --output-tokens MEAN[:CV]",
                ));
            }
        };
        let cv = self.cv.or(self.dispersion.map(f64::sqrt)).unwrap_or(1.0);
        let text = format!("rate={rate},requests={},cv={cv},input={input},output={output}", self.requests);
        text.parse::<Generate>().map_err(|why| Failure::input(format!("--rate: {why}"), "see `size --help`"))
    }

    fn about<'a>(
        &'a self,
        name: &'a str,
        (load, promise): (&Load, Promise),
        (offers, passed): (&'a [Offer<Card>], &'a [Passed]),
        answer: &'a Answer,
    ) -> About<'a> {
        About {
            load: name,
            model: &self.model,
            requests: load.requests(),
            per_s: load.per_s(),
            dispersion: dispersion(load, promise, offers, answer.found.as_ref()),
            promise,
            price: format!("{} in {}", self.price.replace('_', " "), self.region),
            offers,
            passed,
            answer,
        }
    }

    /// Whether there is an answer; else why not, and what it would cost.
    fn judge(&self, about: &About<'_>) -> Result<(), Failure> {
        let Some(found) = &about.answer.found else {
            let mut why = vec![format!("nothing keeps {} for {}", about.promised(), about.load)];
            why.extend(not_tried(about));
            return Err(Failure::input(
                why.join("\n  "),
                "a looser --slo or --attainment, more --chips, another --price or --region",
            ));
        };
        match self.max_usd_per_hour {
            Some(most) if most < found.best.usd_per_hour => Err(Failure::input(
                format!(
                    "nothing within USD {} an hour keeps {}: the cheapest costs USD {}, {}; {}",
                    show(most),
                    about.promised(),
                    show(found.best.usd_per_hour),
                    about.named(&found.best.parts),
                    binding(about, found)
                ),
                format!("--max-usd-per-hour {}, or a looser --slo or --attainment", found.best.usd_per_hour.ceil()),
            )),
            _ => Ok(()),
        }
    }

    /// What was taken for granted.
    fn stated(&self, about: &About<'_>) -> Vec<String> {
        let prompts =
            if self.whole_prompts { "whole prompts before decodes" } else { "prompts in chunks beside decodes" };
        let mut notes = vec![format!(
            "replicas: at most {} requests and {} tokens an iteration, {prompts}, {} % of the memory kept free, the shortest queue takes the next request; times by cards (`explain card`)",
            self.max_batch,
            self.max_batch_tokens,
            100.0 * KV_RESERVE
        )];
        if let (Some(found), Some(file)) = (&about.answer.found, &self.file) {
            notes.extend(self.again(about, found, file));
        }
        notes
    }

    /// The command that replays the answer, where it is of one instance type.
    fn again(&self, about: &About<'_>, found: &Found, file: &Path) -> Option<String> {
        let [(offer, _)] = found.best.parts[..] else { return None };
        let offer = &about.offers[offer];
        let name = file.file_name()?.to_string_lossy();
        let mut words = vec![format!("replay requests {name} --layout {} --model {}", self.layout, self.model)];
        words.push(format!(
            "--instance {} --tp {} --replicas {}",
            offer.instance, offer.chips_per_replica, found.best.trial.replicas
        ));
        let targets = [("ttft", self.slo.0.ttft_s), ("tpot", self.slo.0.tpot_s)];
        let targets = targets.iter().filter_map(|(name, s)| s.map(|s| format!("{name}={}ms", s * 1e3)));
        words.push(format!("--slo {}", targets.collect::<Vec<_>>().join(",")));
        words.push(format!("--max-batch {} --max-batch-tokens {}", self.max_batch, self.max_batch_tokens));
        words.extend((!self.whole_prompts).then(|| "--chunked-prefill".to_owned()));
        words.extend((self.rate_scale != 1.0).then(|| format!("--rate-scale {}", self.rate_scale)));
        words.extend(self.patience.map(|s| format!("--patience {s}s")));
        words.extend(self.precision.as_ref().map(|word| format!("--precision {word}")));
        words.extend(self.window.map(|_| "--window as here".to_owned()));
        Some(format!("the same run: {}", words.join(" ")))
    }

    fn name(&self) -> String {
        match (self.file.as_deref().and_then(Path::file_name), &self.generate, self.rate) {
            (Some(name), ..) if self.rate_scale != 1.0 => format!("{} x {}", name.to_string_lossy(), self.rate_scale),
            (Some(name), ..) => name.to_string_lossy().into_owned(),
            (None, Some(load), _) => load.to_string(),
            (None, None, rate) => {
                let lengths = match (&self.mix, &self.input_tokens, &self.output_tokens) {
                    (Some(mix), ..) => mix.clone(),
                    (None, Some(input), Some(output)) => format!("{input} tokens in, {output} out"),
                    _ => String::new(),
                };
                format!("{} requests/s, {lengths}", rate.unwrap_or_default())
            }
        }
    }

    fn usual_place(&self) -> PathBuf {
        let stem = self.file.as_deref().and_then(Path::file_stem).map(|stem| stem.to_string_lossy().into_owned());
        Path::new("output").join(format!("size-{}", stem.unwrap_or_else(|| "generated".into())))
    }

    fn manifest(&self, about: &About<'_>, notes: &[String]) -> String {
        let generated = if self.file.is_some() { None } else { self.generated().ok() };
        let file = self.file.as_deref().and_then(Path::file_name);
        let manifest = json!({
            "version": env!("CARGO_PKG_VERSION"),
            "kind": "size",
            "log": file.map(|name| name.to_string_lossy()),
            "layout": self.file.as_ref().map(|_| &self.layout),
            "generate": generated.as_ref().map(Generate::to_string),
            "seed": generated.as_ref().map(|_| self.seed),
            "rate_scale": self.rate_scale,
            "model": self.model,
            "precision": self.precision,
            "slo": json!({ "ttft_s": self.slo.0.ttft_s, "tpot_s": self.slo.0.tpot_s }),
            "attainment": self.attainment,
            "chips": self.chips,
            "price": self.price,
            "region": self.region,
            "max_usd_per_hour": self.max_usd_per_hour,
            "max_batch": self.max_batch,
            "max_batch_tokens": self.max_batch_tokens,
            "chunked_prefill": !self.whole_prompts,
            "patience_s": self.patience,
            "runs": about.answer.runs,
            "notes": notes,
        });
        format!("{manifest:#}\n")
    }
}

/// Means and variations of a mix of the catalog.
fn mix_lengths(name: &str) -> Result<(String, String), Failure> {
    let mixes = &Catalog::embedded().request_mixes;
    let Some(row) = mixes.iter().find(|row| row.mix == name) else {
        let names = mixes.iter().map(|row| row.mix.as_str());
        let cure = crate::spec::did_you_mean(name, names, "mix of requests");
        return Err(Failure::input(format!("there is no mix of requests `{name}` in the catalog"), cure));
    };
    let length = |(mean, scv): (f64, f64)| format!("{mean}:{}", scv.sqrt());
    Ok((length(row.input), length(row.output)))
}

/// How bursty the load is in windows of the longer of the target for the first token and of a mean answer on the cheapest. Eq. (176).
fn dispersion(load: &Load, promise: Promise, offers: &[Offer<Card>], found: Option<&Found>) -> Dispersion {
    let offer = found.and_then(|found| found.best.parts.first()).map(|part| &offers[part.0]);
    load.dispersion(offer.map_or(promise.ttft_s.unwrap_or(1.0), |offer| offer.window_s))
}
