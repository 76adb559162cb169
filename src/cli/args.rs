//! Arguments that several commands share. They only change what is read: each is a `--set` of its own.

use super::failure::Failure;
use crate::spec::{self, Read};
use crate::study::{self, Options, Plan};
use crate::world::catalog::Catalog;
use clap::ValueEnum;
use std::path::{Path, PathBuf};

/// Largest file that a scenario may name [bytes].
const LARGEST_TRACE: u64 = 1 << 30;

/// How an answer is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    #[default]
    Human,
    /// For programs
    Json,
}

/// Whether strategies keep the same fleet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Fleet {
    /// Without a bet's host, the deliveries built for it are cancelled
    Sized,
    /// Every strategy has the same deliveries
    Same,
}

/// A scenario and what the command line changes in it.
#[derive(clap::Args, Debug)]
pub struct Scenario {
    /// Scenario file
    pub file: PathBuf,
    /// Change a value: `pools.x.nodes=100`; may be repeated
    #[arg(long = "set", value_name = "PATH=VALUE")]
    sets: Vec<String>,
    /// Seed of the study
    #[arg(long, allow_negative_numbers = true, value_parser = clap::value_parser!(i64).range(0..))]
    seed: Option<i64>,
    /// Draws of what is not known
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = clap::value_parser!(i64).range(1..))]
    draws: Option<i64>,
    /// Plays of chance within each draw
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = clap::value_parser!(i64).range(1..))]
    replications: Option<i64>,
    /// A first look: 4 draws x 2 replications
    #[arg(long)]
    quick: bool,
    /// Whether a strategy without a bet's host cancels the deliveries built for it
    #[arg(long, value_enum)]
    fleet: Option<Fleet>,
}

impl Scenario {
    /// A file with changes, all else as it stands there.
    pub fn of(file: PathBuf, sets: Vec<String>) -> Scenario {
        Scenario { file, sets, seed: None, draws: None, replications: None, quick: false, fleet: None }
    }

    /// Reads the file with every change; later changes win, so that `--quick --draws 8` has 8 draws.
    pub fn read(&self) -> Result<Read, Failure> {
        let folder = self.file.parent().unwrap_or(Path::new(""));
        spec::read(&self.file, &self.changes())
            .map_err(|found| study::with_the_worlds(found, Catalog::embedded(), &|name| open(folder, name)).into())
    }

    /// The study of what was read, every world of it built; files it names are relative to the scenario's folder.
    pub fn plan(&self, read: &Read, options: &Options) -> Result<Plan, Failure> {
        let folder = self.file.parent().unwrap_or(Path::new(""));
        Ok(study::plan(read, Catalog::embedded(), options, &|name| open(folder, name))?)
    }

    fn changes(&self) -> Vec<String> {
        let mut sets = Vec::new();
        if self.quick {
            sets.extend(["run.draws=4".to_owned(), "run.replications=2".to_owned()]);
        }
        sets.extend(self.sets.iter().cloned());
        sets.extend(self.seed.map(|n| format!("run.seed={n}")));
        sets.extend(self.draws.map(|n| format!("run.draws={n}")));
        sets.extend(self.replications.map(|n| format!("run.replications={n}")));
        sets.extend(self.fleet.map(|fleet| match fleet {
            Fleet::Sized => "run.fleet=\"sized\"".to_owned(),
            Fleet::Same => "run.fleet=\"same\"".to_owned(),
        }));
        sets
    }
}

/// The text of a file named in the scenario.
pub fn open(folder: &Path, name: &str) -> Result<String, String> {
    let path = folder.join(name);
    let facts = std::fs::metadata(&path).map_err(|error| reason(&error))?;
    if !facts.is_file() {
        return Err("it is not a file".into());
    }
    if LARGEST_TRACE < facts.len() {
        return Err(format!("it has more than {} MiB", LARGEST_TRACE >> 20));
    }
    std::fs::read_to_string(&path).map_err(|error| reason(&error))
}

/// The reason without the platform's error number.
fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".into(),
        std::io::ErrorKind::InvalidData => "it is not UTF-8".into(),
        kind => kind.to_string(),
    }
}

/// Where a replay or a size writes, and what it prints.
#[derive(clap::Args, Clone, Debug)]
pub struct Output {
    /// Tables only
    #[arg(long)]
    pub no_charts: bool,
    /// Output folder [default: a folder under output/ named after the log]
    #[arg(short = 'o', long = "output", value_name = "DIR")]
    pub folder: Option<PathBuf>,
    /// Only errors
    #[arg(long)]
    pub quiet: bool,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

impl Output {
    /// Whether what was found on the way is said.
    pub fn chats(&self) -> bool {
        !self.quiet && self.format == Format::Human
    }
}
