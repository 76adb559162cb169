//! `hedgerow replay jobs`: a job log on a fleet (`replay requests` is in `replay_requests`). Reads the file and writes the folder; simulates nothing itself: `replay` does.

use super::args::Format;
use super::failure::Failure;
use super::replay_requests::Requests;
use super::terminal;
use crate::replay::{self, Fleet, Lines, Tariff, Terms, Watch, Window};
use crate::report::chart::{Size, to_svg};
use crate::report::folder::Folder;
use crate::report::replay::{About, JobsFile, MOST_EVENTS, Timeline, charts, fractions_csv, page, queues_csv, table};
use crate::report::table::Table;
use crate::spec::duration_hours;
use crate::trace::{self, Bound, Log, Reading, Sanity};
use crate::units::Span;
use crate::world::Compat;
use crate::world::catalog::Catalog;
use clap::{Subcommand, ValueEnum};
use serde_json::json;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read};
use std::path::{Path, PathBuf};

/// Whose price where nothing is said.
const INSTANCE: &str = "p5.48xlarge";
/// And where.
const REGION: &str = "us-east-1";

/// Play a log on a fleet: what if there were fewer chips, another policy, other replicas, a cloud to spill to?
#[derive(clap::Args, Debug)]
pub struct Replay {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand, Debug)]
enum What {
    /// A log of jobs
    Jobs(Box<Jobs>),
    /// A log of requests for tokens
    Requests(Box<Requests>),
}

#[derive(clap::Args, Debug)]
#[command(group(clap::ArgGroup::new("fleet").required(true)))]
struct Jobs {
    /// The log
    file: PathBuf,
    /// How the log is laid out: plain is job_id,submit_s,chips,duration_s[,queue][,priority][,estimate_s][,class]
    #[arg(long, default_value = "plain", value_name = "LAYOUT", value_parser = ["plain", "philly", "helios", "openb", "swf"])]
    layout: String,
    /// Nodes of each queue: CSV queue,nodes; jobs of other queues are counted and left out
    #[arg(long, value_name = "FILE", group = "fleet")]
    queues: Option<PathBuf>,
    /// Nodes that all queues share
    #[arg(long, value_name = "N", group = "fleet", value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    nodes: Option<u64>,
    /// Chips on a node
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=4096))]
    chips_per_node: u32,
    /// Only jobs submitted from here on: a date, or seconds as the log counts
    #[arg(long, value_name = "WHEN")]
    from: Option<Bound>,
    /// Only jobs submitted before
    #[arg(long, value_name = "WHEN")]
    until: Option<Bound>,
    /// Who goes first: fifo, sjf, srtf, priority, fair_share
    #[arg(long, value_name = "ORDER", default_value = "fifo", value_parser = without_terms)]
    order: String,
    /// Who may overtake: strict, skip_ahead, easy, conservative
    #[arg(long, value_name = "RULE", default_value = "strict")]
    backfill: String,
    /// Where a job goes: best_fit, first_fit, spread, whole_node
    #[arg(long, value_name = "RULE", default_value = "best_fit", value_parser = without_terms)]
    placement: String,
    /// Who is taken off: off, class, order_key
    #[arg(long, value_name = "RULE", default_value = "off")]
    preemption: String,
    /// Policies see true durations instead of the log's estimates
    #[arg(long)]
    oracle: bool,
    /// What resuming costs, seconds by size of the job, upper bounds: 1:7,8:30,inf:60
    #[arg(long, value_name = "CHIPS:SECONDS,..", value_parser = restart_costs)]
    restart_cost: Option<RestartCosts>,
    /// A job that has waited for so long goes to an unlimited cloud: 2h, 90min, 0s
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    overflow_after: Option<Span>,
    /// Follow a published simulator in its quirks too; `explain compat` lists them
    #[arg(long, value_enum)]
    compat: Option<CompatWith>,
    /// What the same log would have cost: on_demand, committed, committed_1y, committed_3y, capacity_block or spot
    #[arg(long, value_name = "KIND", value_parser = price_kind)]
    price: Option<String>,
    /// Whose price [default: p5.48xlarge]
    #[arg(long, value_name = "NAME", requires = "price")]
    instance: Option<String>,
    /// Where [default: us-east-1]
    #[arg(long, value_name = "REGION", requires = "price")]
    region: Option<String>,
    /// Stretch of time of the Gantt chart and of --timeline: two dates, or seconds as the log counts [default: the busiest day; all of it]
    #[arg(long, value_name = "FROM..UNTIL", value_parser = stretch)]
    window: Option<(Bound, Bound)>,
    /// Also write who held chips when, for ui.perfetto.dev: at most 100,000 events
    #[arg(long, value_name = "FILE")]
    timeline: Option<PathBuf>,
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

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum CompatWith {
    Helios,
    Starburst,
}

/// (up to so many chips, time).
#[derive(Clone, Debug)]
struct RestartCosts(Vec<(u32, Span)>);

/// A rule that needs no terms beside its name: those of the others stand in scenario files only.
fn without_terms(word: &str) -> Result<String, String> {
    let needs = match word {
        "las" => "levels or turns",
        "split" => "`split_speed`",
        "ultraserver" => "`ultraserver_nodes`",
        _ => return Ok(word.to_owned()),
    };
    Err(format!("`{word}` needs {needs}: write a scenario with a workload of kind `trace`"))
}

fn restart_costs(text: &str) -> Result<RestartCosts, String> {
    let one = |part: &str| -> Option<(u32, Span)> {
        let (most, seconds) = part.trim().split_once(':')?;
        let most = if most == "inf" { u32::MAX } else { most.parse().ok()? };
        let seconds: f64 = seconds.parse().ok().filter(|s: &f64| (0.0..=1e9).contains(s))?;
        Some((most, Span::from_seconds(seconds)))
    };
    let costs: Option<Vec<_>> = text.split(',').map(one).collect();
    let costs = costs.ok_or("upper bounds of chips and seconds, e.g. 1:7,8:30,inf:60")?;
    match costs.is_sorted_by(|a, b| a.0 < b.0) {
        true => Ok(RestartCosts(costs)),
        false => Err("the bounds ascend, e.g. 1:7,8:30,inf:60".into()),
    }
}

fn duration(text: &str) -> Result<Span, String> {
    let hours = duration_hours(text)?;
    if hours > 876_600.0 { Err("longer than a century".into()) } else { Ok(Span::from_hours(hours)) }
}

pub(super) fn price_kind(text: &str) -> Result<String, String> {
    let word = text.replace('-', "_");
    if Tariff::WORDS.contains(&word.as_str()) { Ok(word) } else { Err(format!("one of {}", Tariff::WORDS.join(", "))) }
}

fn stretch(text: &str) -> Result<(Bound, Bound), String> {
    let (from, until) = text.split_once("..").ok_or("two instants, e.g. 2017-10-09..2017-10-10")?;
    Ok((from.parse()?, until.parse()?))
}

/// Plays the log and writes its folder, all of it or nothing.
pub fn run(args: &Replay) -> Result<(), Failure> {
    match &args.what {
        What::Jobs(args) => args.play(),
        What::Requests(args) => args.play(),
    }
}

impl Jobs {
    fn play(&self) -> Result<(), Failure> {
        let name = self.file.display().to_string();
        let queues = self.queues.as_deref().map(read_queues).transpose()?;
        let reading = Reading {
            skip_bad_rows: self.skip_bad_rows,
            from: self.from,
            until: self.until,
            queues: queues.as_ref().map(|queues| queues.iter().map(|queue| queue.name.clone()).collect()),
            ..Reading::of(trace::layout(&self.layout).expect("clap knows the layouts"))
        };
        let open = || -> io::Result<Box<dyn Read>> {
            Ok(Box::new(BufReader::with_capacity(1 << 16, File::open(&self.file)?)))
        };
        refuse_what_is_no_file(&self.file)?;
        let log = trace::scan(&name, &open, &reading)?;
        let fleet = self.fleet(queues.as_deref(), &log);
        let terms = self.terms();
        let world = replay::world(&fleet, &terms, &log.facts)?;
        let tariff = self.tariff()?;
        let window = self.window_us(&log)?;
        let place = self.output.clone().unwrap_or_else(|| {
            Path::new("output").join(self.file.file_stem().map_or("replay".into(), |stem| stem.to_os_string()))
        });
        let folder = Folder::begin(&place)?;
        let mut timeline = self.begin_timeline(&fleet, window)?;
        let mut notes = self.sanity(&fleet, &log);
        notes.extend(self.blind_notes(&log));
        notes.extend(self.price_note());
        if !self.quiet && self.format == Format::Human {
            terminal::say(&(notes.join("\n") + "\n\n"))?;
        }
        let facts = log.facts.clone();
        let day = if facts.has_dates { facts.first_us.rem_euclid(Span::DAY.0 as i64) as u64 } else { 0 };
        let shown = window.map_or_else(|| Window::busiest_day(day), |(from, to)| Window::stated(from, to));
        let mut watch = (!self.no_charts).then(|| Watch::new(&fleet, &facts, shown));
        let mut jobs = JobsFile::new(folder.create("jobs.csv")?, &fleet).map_err(|why| writing("jobs.csv", why))?;
        let mut lines: Vec<&mut dyn Lines> = vec![&mut jobs];
        lines.extend(watch.as_mut().map(|watch| watch as &mut dyn Lines));
        lines.extend(timeline.as_mut().map(|timeline| timeline as &mut dyn Lines));
        let outcome = replay::play(&world, &fleet, log, &mut lines)
            .map_err(|why| Failure::system(format!("cannot play {name}"), why))?;
        jobs.finish().map_err(|why| writing("jobs.csv", why))?;
        folder.write("queues.csv", queues_csv(&outcome, tariff.as_ref()))?;
        folder.write("fractions.csv", fractions_csv(&outcome))?;
        folder.write("manifest.json", self.manifest(&notes, tariff.as_ref()))?;
        let log_name = self.file.file_name().map_or(name.clone(), |name| name.to_string_lossy().into_owned());
        let table = table(&outcome, &format!("{log_name}: {}", self.rules()), tariff.as_ref());
        if let Some(watch) = &mut watch {
            watch.close();
            let about = About {
                log: &log_name,
                rules: self.rules(),
                facts: &facts,
                chips: outcome.all.chips,
                nodes: outcome.all.nodes,
                end_us: watch.end_us(),
            };
            let drawn = charts(&about, &outcome, watch);
            let svgs: Vec<String> = drawn.iter().map(|drawn| to_svg(&drawn.chart, Size::default())).collect();
            for (drawn, svg) in drawn.iter().zip(&svgs) {
                folder.write(&format!("charts/{}.svg", drawn.name), svg)?;
            }
            folder.write("report.html", page(&about, &outcome, &table, &notes, &drawn, &svgs, tariff.as_ref()))?;
        }
        folder.finish()?;
        self.tell(&table, &place)?;
        self.end_timeline(timeline)
    }

    /// Order, backfill and what else was asked for, as words.
    fn rules(&self) -> String {
        let word = |(key, word): (&str, String)| match (key, word.as_str()) {
            ("preemption", "off") => None,
            ("preemption", how) => Some(format!("preemption {how}")),
            _ => Some(word),
        };
        let mut rules: Vec<String> = self.terms().words.into_iter().filter_map(word).collect();
        rules.extend(self.overflow_after.map(|after| format!("overflow after {} h", after.hours())));
        rules.extend(self.compat.map(|with| format!("as {}", format!("{with:?}").to_lowercase())));
        rules.join(", ")
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

    /// The stated stretch of time, from the first submission [us].
    fn window_us(&self, log: &Log<'_>) -> Result<Option<(u64, u64)>, Failure> {
        let Some((from, until)) = self.window else { return Ok(None) };
        let refused =
            |why: String| Failure::input(format!("--window: {why}"), "e.g. 2017-10-09..2017-10-10, or 0..3600");
        let at = |bound| log.facts.since_first(bound).map(|us| us.max(0) as u64).map_err(refused);
        let (from, until) = (at(from)?, at(until)?);
        if until <= from {
            return Err(refused("it ends before it begins, or before the first job".into()));
        }
        Ok(Some((from, until)))
    }

    fn begin_timeline(&self, fleet: &Fleet, window: Option<(u64, u64)>) -> Result<Option<Timeline<Draft>>, Failure> {
        let Some(path) = &self.timeline else { return Ok(None) };
        let same = |other: &Path| path.canonicalize().ok().is_some_and(|path| other.canonicalize().ok() == Some(path));
        if same(&self.file) || self.queues.as_deref().is_some_and(same) {
            return Err(Failure::input("--timeline would overwrite what is read", "name another file"));
        }
        let draft = draft(path);
        let file = File::create(&draft).map_err(|error| {
            Failure::input(format!("cannot write {}: {error}", path.display()), "name another file")
        })?;
        let timeline = Timeline::new(BufWriter::new(file), fleet, window);
        Ok(Some(timeline.map_err(|why| writing(&path.display().to_string(), why))?))
    }

    fn end_timeline(&self, timeline: Option<Timeline<Draft>>) -> Result<(), Failure> {
        let Some((path, timeline)) = self.timeline.as_ref().zip(timeline) else { return Ok(()) };
        let name = path.display().to_string();
        let (written, left_out) = timeline.finish().map_err(|why| writing(&name, why))?;
        std::fs::rename(draft(path), path).map_err(|error| writing(&name, error.to_string()))?;
        if !self.quiet {
            let cut = match left_out {
                0 => String::new(),
                more => format!("; {more} more are beyond the {MOST_EVENTS} it may have: narrow --window"),
            };
            terminal::tell(&format!("{written} events in {name}{cut}\n"));
        } else if 0 < left_out {
            terminal::tell(&format!("{left_out} events are not in {name}: narrow --window\n"));
        }
        Ok(())
    }

    fn fleet(&self, queues: Option<&[trace::Queue]>, log: &Log<'_>) -> Fleet {
        let names = log.facts.queues.clone();
        let of = |name: &String| {
            let found = queues.expect("one or the other").iter().find(|queue| queue.name == *name);
            found.expect("jobs of other queues are left out").nodes
        };
        let nodes = self.nodes.map_or_else(|| names.iter().map(of).collect(), |nodes| vec![nodes]);
        Fleet { queues: names, nodes, shared: self.nodes.is_some(), chips_per_node: self.chips_per_node }
    }

    fn terms(&self) -> Terms {
        let word = |text: &String| text.replace('-', "_");
        let compat = self.compat.map(|with| match with {
            CompatWith::Helios => Compat::Helios,
            CompatWith::Starburst => Compat::Starburst,
        });
        // Item 6 of the semantics of Helios.
        let helios = || restart_costs("1:7,8:30,inf:60").expect("well formed");
        let costs = match (&self.restart_cost, compat) {
            (Some(costs), _) => costs.clone(),
            (None, Some(Compat::Helios)) => helios(),
            (None, _) => RestartCosts(Vec::new()),
        };
        Terms {
            words: vec![
                ("order", word(&self.order)),
                ("backfill", word(&self.backfill)),
                ("placement", word(&self.placement)),
                ("preemption", word(&self.preemption)),
            ],
            oracle: self.oracle || compat.is_some(),
            restart_costs: costs.0,
            overflow_after: self.overflow_after,
            compat,
        }
    }

    /// The capacity sanity report.
    fn sanity(&self, fleet: &Fleet, log: &Log<'_>) -> Vec<String> {
        let chips: Vec<u64> = (0..fleet.queues.len()).map(|queue| fleet.chips(queue as u16)).collect();
        let fits = |queue: u16, chips: u32| fleet.fits(queue, chips);
        Sanity::of(&log.facts, &chips, &fits).lines()
    }

    /// What the rules ask for and the log has not.
    fn blind_notes(&self, log: &Log<'_>) -> Vec<String> {
        let order = self.order.replace('-', "_");
        let guesses = ["sjf", "srtf"].contains(&order.as_str())
            || ["easy", "conservative"].contains(&self.backfill.replace('-', "_").as_str());
        let mut notes = Vec::new();
        if guesses && !self.oracle && self.compat.is_none() && !log.facts.has_estimates {
            notes.push("the log has no estimates: policies see true durations, as with --oracle".into());
        }
        if order == "priority" && !log.facts.has_priorities {
            notes.push("the log has no priorities: all jobs are equal, which is fifo".into());
        }
        notes
    }

    fn manifest(&self, notes: &[String], tariff: Option<&Tariff>) -> String {
        let terms = self.terms();
        let seconds = |span: Span| span.seconds();
        let manifest = json!({
            "version": env!("CARGO_PKG_VERSION"),
            "kind": "replay",
            "log": self.file.file_name().map(|name| name.to_string_lossy()),
            "layout": self.layout,
            "nodes": self.nodes,
            "chips_per_node": self.chips_per_node,
            "schedule": terms.words.iter().map(|(key, word)| (key.to_string(), json!(word))).collect::<serde_json::Map<_, _>>(),
            "oracle": terms.oracle,
            "overflow_after_s": terms.overflow_after.map(seconds),
            "restart_cost_s": terms.restart_costs.iter().map(|(most, cost)| json!([most, seconds(*cost)])).collect::<Vec<_>>(),
            "compat": self.compat.map(|with| format!("{with:?}").to_lowercase()),
            "price": tariff.map(|tariff| json!({
                "kind": tariff.kind.word(),
                "instance": tariff.instance,
                "region": tariff.region,
                "usd_per_chip_hour": tariff.rate.usd(),
                "row": tariff.because,
                "source": tariff.source,
                "as_of": tariff.as_of,
                "confidence": tariff.confidence,
            })),
            "notes": notes,
        });
        format!("{manifest:#}\n")
    }

    fn tell(&self, table: &Table, place: &Path) -> Result<(), Failure> {
        if self.quiet {
            return Ok(());
        }
        match self.format {
            Format::Human => {
                terminal::say(&terminal::cut(&table.to_text(), terminal::width()))?;
                terminal::tell(&format!("written to {}\n", place.display()));
            }
            Format::Json => {
                let answer = json!({ "folder": place.display().to_string(), "queues": table.to_json() });
                terminal::say(&format!("{answer:#}\n"))?;
            }
        }
        Ok(())
    }
}

/// A file that gets its name when it is whole.
type Draft = BufWriter<File>;

fn draft(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".partial");
    name.into()
}

fn writing(file: &str, why: String) -> Failure {
    Failure::system(format!("cannot write {file}"), why)
}

pub(super) fn refuse_what_is_no_file(path: &Path) -> Result<(), Failure> {
    let refused = |why: &str| Failure::input(format!("cannot read {}: {why}", path.display()), "name a file");
    match std::fs::metadata(path) {
        Ok(facts) if facts.is_file() => Ok(()),
        Ok(_) => Err(refused("it is not a file")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(refused("there is no such file")),
        Err(error) => Err(refused(&error.to_string())),
    }
}

fn read_queues(path: &Path) -> Result<Vec<trace::Queue>, Failure> {
    refuse_what_is_no_file(path)?;
    let name = path.display().to_string();
    let bytes = std::fs::read(path).map_err(|error| Failure::input(format!("cannot read {name}: {error}"), ""))?;
    Ok(trace::queues(&name, &bytes)?)
}
