//! `hedgerow replay jobs`: a job log on a fleet. Reads the file and writes the folder; simulates nothing itself: `replay` does.

use super::args::Format;
use super::failure::Failure;
use super::terminal;
use crate::replay::{self, Fleet, Outcome, Terms};
use crate::report::folder::Folder;
use crate::report::replay::{JobsFile, fractions_csv, queues_csv, table};
use crate::spec::duration_hours;
use crate::trace::{self, Bound, Log, Reading, Sanity};
use crate::units::Span;
use crate::world::Compat;
use clap::{Subcommand, ValueEnum};
use serde_json::json;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

/// Play a log on a fleet: what if there were fewer chips, another policy, a cloud to spill to?
#[derive(clap::Args, Debug)]
pub struct Replay {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand, Debug)]
enum What {
    /// A log of jobs
    Jobs(Box<Jobs>),
}

#[derive(clap::Args, Debug)]
struct Jobs {
    /// The log
    file: PathBuf,
    /// How the log is laid out: plain is job_id,submit_s,chips,duration_s[,queue][,priority][,estimate_s][,class]
    #[arg(long, default_value = "plain", value_name = "LAYOUT", value_parser = ["plain", "philly", "helios", "openb", "swf"])]
    layout: String,
    /// Nodes of each queue: CSV queue,nodes; jobs of other queues are counted and left out
    #[arg(long, value_name = "FILE", required_unless_present = "nodes", conflicts_with = "nodes")]
    queues: Option<PathBuf>,
    /// Nodes that all queues share
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
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
    /// Who goes first: fifo, sjf, srtf, priority, las, fair_share
    #[arg(long, value_name = "ORDER", default_value = "fifo")]
    order: String,
    /// Who may overtake: strict, skip_ahead, easy, conservative
    #[arg(long, value_name = "RULE", default_value = "strict")]
    backfill: String,
    /// Where a job goes: best_fit, first_fit, spread, whole_node
    #[arg(long, value_name = "RULE", default_value = "best_fit")]
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

/// Plays the log and writes its folder, all of it or nothing.
pub fn run(args: &Replay) -> Result<(), Failure> {
    let What::Jobs(args) = &args.what;
    args.play()
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
        let place = self.output.clone().unwrap_or_else(|| {
            Path::new("output").join(self.file.file_stem().map_or("replay".into(), |stem| stem.to_os_string()))
        });
        let folder = Folder::begin(&place)?;
        let mut notes = self.sanity(&fleet, &log);
        notes.extend(self.blind_notes(&log));
        if !self.quiet && self.format == Format::Human {
            terminal::say(&(notes.join("\n") + "\n\n"))?;
        }
        let mut jobs = JobsFile::new(folder.create("jobs.csv")?, &fleet).map_err(|why| writing("jobs.csv", why))?;
        let outcome = replay::play(&world, &fleet, log, &mut jobs)
            .map_err(|why| Failure::system(format!("cannot play {name}"), why))?;
        jobs.finish().map_err(|why| writing("jobs.csv", why))?;
        folder.write("queues.csv", queues_csv(&outcome))?;
        folder.write("fractions.csv", fractions_csv(&outcome))?;
        folder.write("manifest.json", self.manifest(&notes))?;
        folder.finish()?;
        self.tell(&outcome, &place)
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

    fn manifest(&self, notes: &[String]) -> String {
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
            "notes": notes,
        });
        format!("{manifest:#}\n")
    }

    fn tell(&self, outcome: &Outcome, place: &Path) -> Result<(), Failure> {
        if self.quiet {
            return Ok(());
        }
        let rules = self.terms().words.into_iter().map(|(_, word)| word).collect::<Vec<_>>().join(", ");
        let table = table(outcome, &format!("{}: {rules}", self.file.display()));
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

fn writing(file: &str, why: String) -> Failure {
    Failure::system(format!("cannot write {file}"), why)
}

fn refuse_what_is_no_file(path: &Path) -> Result<(), Failure> {
    let refused = |why: &str| Failure::input(format!("cannot read {}: {why}", path.display()), "name a log of jobs");
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
