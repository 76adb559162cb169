//! `hedgerow replay jobs`: a job log on a fleet (`replay requests` is in `replay_requests`). Reads the file and writes the folder; simulates nothing itself: `replay` does.

use super::args::{Format, Output};
use super::failure::Failure;
use super::replay_requests::Requests;
use super::terminal;
use crate::policy::{self, Entry};
use crate::replay::{self, Fleet, Lines, Tariff, Terms, Watch, Window};
use crate::report::chart::{Size, to_svg};
use crate::report::folder::{Folder, is_ours};
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
    #[arg(long, value_name = "ORDER", default_value = "fifo", value_parser = order)]
    order: String,
    /// Who may overtake: strict, skip_ahead, easy, conservative
    #[arg(long, value_name = "RULE", default_value = "strict", value_parser = backfill)]
    backfill: String,
    /// Where a job goes: best_fit, first_fit, spread, whole_node
    #[arg(long, value_name = "RULE", default_value = "best_fit", value_parser = placement)]
    placement: String,
    /// Who is taken off: off, class, order_key
    #[arg(long, value_name = "RULE", default_value = "off", value_parser = preemption)]
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
    /// Leave out rows that cannot be read, and count them
    #[arg(long)]
    skip_bad_rows: bool,
    #[command(flatten)]
    out: Output,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum CompatWith {
    Helios,
    Starburst,
}

/// (up to so many chips, time).
#[derive(Clone, Debug)]
struct RestartCosts(Vec<(u32, Span)>);

/// A word of a registry, as scenario files spell it; `-` is accepted for `_`. Rules that need terms beside their name stand in scenario files only.
fn word<T: Copy>(registry: &[Entry<T>], text: &str) -> Result<String, String> {
    let word = text.replace('-', "_");
    let needs = |word: &str| match word {
        "las" => Some("levels or turns"),
        "split" => Some("`split_speed`"),
        "ultraserver" => Some("`ultraserver_nodes`"),
        _ => None,
    };
    if let Some(terms) = needs(&word).filter(|_| policy::find(registry, &word).is_some()) {
        return Err(format!("`{word}` needs {terms}: write a scenario with a workload of kind `trace`"));
    }
    if policy::find(registry, &word).is_none() {
        let known = registry.iter().map(|entry| entry.name).filter(|name| needs(name).is_none());
        return Err(format!("one of {}", known.collect::<Vec<_>>().join(", ")));
    }
    Ok(word)
}

fn order(text: &str) -> Result<String, String> {
    word(&policy::order::ORDERS, text)
}

fn backfill(text: &str) -> Result<String, String> {
    word(&policy::BACKFILLS, text)
}

fn placement(text: &str) -> Result<String, String> {
    word(&policy::placement::PLACEMENTS, text)
}

fn preemption(text: &str) -> Result<String, String> {
    word(&policy::PREEMPTIONS, text)
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
    if !costs.is_sorted_by(|a, b| a.0 < b.0) {
        return Err("the bounds ascend, e.g. 1:7,8:30,inf:60".into());
    }
    if costs.last().is_none_or(|last| last.0 < u32::MAX) {
        return Err(format!(
            "larger jobs would resume for nothing: end with inf:SECONDS, e.g. {text},inf:60, or inf:0"
        ));
    }
    Ok(RestartCosts(costs))
}

fn duration(text: &str) -> Result<Span, String> {
    let hours = duration_hours(text)?;
    if hours > 876_600.0 { Err("longer than a century".into()) } else { Ok(Span::from_hours(hours)) }
}

pub(super) fn price_kind(text: &str) -> Result<String, String> {
    let word = text.replace('-', "_");
    let known = Tariff::WORDS.contains(&word.as_str());
    if known { Ok(word) } else { Err(crate::spec::did_you_mean(&word, Tariff::WORDS, "price kind")) }
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
        if let Some(why) = terms.refused() {
            return Err(Failure::input(why, "leave one of them out; `list policies` shows what combines"));
        }
        let world = replay::world(&fleet, &terms, &log.facts)?;
        let tariff = self.tariff()?;
        let window = self.window_us(&log)?;
        let place = self.out.folder.clone().unwrap_or_else(|| {
            Path::new("output").join(self.file.file_stem().map_or("replay".into(), |stem| stem.to_os_string()))
        });
        let folder = Folder::begin(&place)?;
        let mut timeline = self.begin_timeline(&fleet, window, &folder)?;
        let mut notes = self.sanity(&fleet, &log);
        notes.extend(self.blind_notes(&log));
        notes.extend(self.price_note());
        if self.out.chats() {
            terminal::say(&(notes.join("\n") + "\n\n"))?;
        }
        let facts = log.facts.clone();
        let day = if facts.has_dates { facts.first_us.rem_euclid(Span::DAY.0 as i64) as u64 } else { 0 };
        let shown = window.map_or_else(|| Window::busiest_day(day), |(from, to)| Window::stated(from, to));
        let mut watch = (!self.out.no_charts).then(|| Watch::new(&fleet, &facts, shown));
        let mut jobs = JobsFile::new(folder.create("jobs.csv")?, &fleet).map_err(|why| writing("jobs.csv", why))?;
        let mut lines: Vec<&mut dyn Lines> = vec![&mut jobs];
        lines.extend(watch.as_mut().map(|watch| watch as &mut dyn Lines));
        lines.extend(timeline.as_mut().map(|timeline| &mut timeline.timeline as &mut dyn Lines));
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
        let timeline = timeline.map(|timeline| self.end_timeline(timeline)).transpose()?;
        folder.finish()?;
        tell(&self.out, "queues", &table, &place)?;
        timeline.map_or(Ok(()), |events| self.tell_timeline(events))
    }

    /// Order, backfill and what else was asked for, as words; not what a quirk replaces.
    fn rules(&self) -> String {
        let walks = self.terms().walks();
        let word = |(key, word): (&str, String)| match (key, word.as_str()) {
            ("preemption", "off") => None,
            ("backfill", _) if walks => Some("quota walk".into()),
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

    /// The file of the timeline: one in the output folder is a part of it, any other gets its name when all is done.
    fn begin_timeline(
        &self,
        fleet: &Fleet,
        window: Option<(u64, u64)>,
        folder: &Folder,
    ) -> Result<Option<TimelineFile>, Failure> {
        let Some(path) = &self.timeline else { return Ok(None) };
        let same = |other: &Path| path.canonicalize().ok().is_some_and(|path| other.canonicalize().ok() == Some(path));
        if same(&self.file) || self.queues.as_deref().is_some_and(same) {
            return Err(Failure::input("--timeline would overwrite what is read", "name another file"));
        }
        let file = match folder.name_within(path) {
            Some(name) if is_ours(&name) => {
                let message = format!("--timeline {} is a file of the replay's own", path.display());
                return Err(Failure::input(message, "name another file"));
            }
            Some(name) => folder.create(&name)?,
            None => BufWriter::new(File::create(draft(path)).map_err(|error| {
                Failure::input(format!("cannot write {}: {error}", path.display()), "name another file")
            })?),
        };
        let within = folder.name_within(path).is_some();
        let timeline = Timeline::new(file, fleet, window).map_err(|why| writing(&path.display().to_string(), why))?;
        Ok(Some(TimelineFile { timeline, draft: (!within).then(|| draft(path)) }))
    }

    /// Events written, and those left out.
    fn end_timeline(&self, timeline: TimelineFile) -> Result<(u64, u64), Failure> {
        let path = self.timeline.as_ref().expect("it was begun");
        let name = path.display().to_string();
        let events = timeline.timeline.finish().map_err(|why| writing(&name, why))?;
        if let Some(draft) = timeline.draft {
            std::fs::rename(draft, path).map_err(|error| writing(&name, error.to_string()))?;
        }
        Ok(events)
    }

    fn tell_timeline(&self, (written, left_out): (u64, u64)) -> Result<(), Failure> {
        let name = self.timeline.as_ref().expect("it was begun").display();
        if !self.out.quiet {
            let cut = match left_out {
                0 => String::new(),
                more => format!("; {more} more are beyond the {MOST_EVENTS} it may have: narrow --window"),
            };
            let events = if written == 1 { "event" } else { "events" };
            terminal::tell(&format!("{written} {events} in {name}{cut}\n"));
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
                ("order", self.order.clone()),
                ("backfill", self.backfill.clone()),
                ("placement", self.placement.clone()),
                ("preemption", self.preemption.clone()),
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
        let overflows = self.overflow_after.is_some();
        Sanity { overflows, ..Sanity::of(&log.facts, &chips, &fits) }.lines()
    }

    /// What the rules ask for and the log has not, and flags that change nothing.
    fn blind_notes(&self, log: &Log<'_>) -> Vec<String> {
        let order = self.order.as_str();
        let guesses = ["sjf", "srtf"].contains(&order) || ["easy", "conservative"].contains(&self.backfill.as_str());
        let mut notes = Vec::new();
        if self.terms().walks() && self.backfill != "strict" {
            notes.push(format!(
                "--backfill {} changes nothing: with --compat helios the quota walk of srtf and order_key replaces it",
                self.backfill
            ));
        }
        if self.restart_cost.is_some() && self.preemption == "off" {
            notes.push("--restart-cost changes nothing: without --preemption no job is taken off and resumes".into());
        }
        if self.window.is_some() && self.out.no_charts && self.timeline.is_none() {
            notes.push("--window changes nothing: there are neither charts nor --timeline".into());
        }
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
            "schedule": terms.words.iter().filter(|(key, _)| *key != "backfill" || !terms.walks()).map(|(key, word)| (key.to_string(), json!(word))).collect::<serde_json::Map<_, _>>(),
            "oracle": terms.oracle,
            "overflow_after_s": terms.overflow_after.map(seconds),
            "restart_cost_s": terms.restart_costs.iter().map(|(most, cost)| json!([most, seconds(*cost)])).collect::<Vec<_>>(),
            "compat": self.compat.map(|with| format!("{with:?}").to_lowercase()),
            "price": tariff.map(priced),
            "notes": notes,
        });
        format!("{manifest:#}\n")
    }
}

/// A price as manifests have it.
pub(super) fn priced(tariff: &Tariff) -> serde_json::Value {
    json!({
        "kind": tariff.kind.word(),
        "instance": tariff.instance,
        "region": tariff.region,
        "usd_per_chip_hour": tariff.rate.usd(),
        "row": tariff.because,
        "source": tariff.source,
        "as_of": tariff.as_of,
        "confidence": tariff.confidence,
    })
}

/// The table of a replay on the terminal, and where its files are; `rows` names its lines in JSON.
pub(super) fn tell(out: &Output, rows: &str, table: &Table, place: &Path) -> Result<(), Failure> {
    if out.quiet {
        return Ok(());
    }
    match out.format {
        Format::Human => {
            terminal::say(&terminal::cut(&table.to_text(), terminal::width()))?;
            terminal::tell(&format!("written to {}\n", place.display()));
        }
        Format::Json => {
            let answer = json!({ "folder": place.display().to_string(), rows: table.to_json() });
            terminal::say(&format!("{answer:#}\n"))?;
        }
    }
    Ok(())
}

/// The timeline and, outside of the output folder, the name that its file has until it is whole.
struct TimelineFile {
    timeline: Timeline<BufWriter<File>>,
    draft: Option<PathBuf>,
}

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
