//! `hedgerow verify serving`: windows of a fluid run beside the request tier. Plays nothing itself: `study` does.

use super::args::{Scenario, open};
use super::failure::Failure;
use super::list::{TableFormat, print};
use super::progress::Bar;
use super::terminal;
use crate::kernel::{Run, simulate};
use crate::record::RunKey;
use crate::report::folder::Folder;
use crate::report::page::tier_check::{self, Compared};
use crate::report::{tables, tiers};
use crate::spec;
use crate::study::{self, CellPlan, Options, TierCheck, check_tiers, in_threads};
use crate::world::ServiceId;
use crate::world::catalog::Catalog;
use std::path::{Path, PathBuf};

/// Windows of a run's hourly services, played again request by request
#[derive(clap::Args, Debug)]
pub struct Serving {
    /// Scenario with services; default the shipped scenarios/tiers.toml. Its first strategy and future, draw 0
    scenario: Option<PathBuf>,
    /// Windows: each service's highest load above 0.9 and steepest ramp first, then by strata of load, burst and ramp
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    windows: u32,
    /// Change a value: `pools.x.nodes=100`; may be repeated
    #[arg(long = "set", value_name = "PATH=VALUE")]
    sets: Vec<String>,
    /// Seed of the study and of its windows
    #[arg(long, allow_negative_numbers = true, value_parser = clap::value_parser!(i64).range(0..))]
    seed: Option<i64>,
    /// Folder for model_error.csv, one line a window and figure, its chart and page; absent: none is written
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Threads; by default as many as there are. The results do not depend on it
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    threads: Option<u16>,
    /// Only the tables
    #[arg(long)]
    quiet: bool,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: TableFormat,
}

const SHIPPED: &str = include_str!("../../scenarios/tiers.toml");

/// Plays, prints both tables and says what misses. A miss is an answer, not a failure: nothing else is promised of a model.
pub fn run(args: &Serving) -> Result<(), Failure> {
    let (mut cell, inputs) = first_cell(args)?;
    if cell.world.services.is_empty() {
        let message = format!("`{}` has no service", cell.world.name);
        return Err(Failure::input(message, "give a scenario with `[labs.X.services.Y]`, or none for the shipped one"));
    }
    let folder = args.output.as_deref().map(Folder::begin).transpose()?;
    cell.world.tick_rows = true;
    let record = simulate(&cell.world, Run { key: RunKey::default(), fixed: false, no_loadings: false });
    let bar = Bar::new(args.windows as usize, args.quiet);
    let threads = args.threads.map(usize::from);
    let check = in_threads(threads, || {
        check_tiers(&cell.world, &record, args.windows as usize, cell.world.seed, &|n| bar.add(n))
    });
    bar.finish();
    print(&tiers::windows(&cell.world, &check), args.format)?;
    print(&tiers::summary(&check), args.format)?;
    if let Some(folder) = folder {
        let one = std::iter::once((cell.strategy.as_str(), cell.future.as_str(), &cell.world, &check));
        let compared = compared(args, &cell, &check, inputs);
        for (name, bytes) in tier_check::files(&compared, tiers::model_error_csv(one)) {
            folder.write(&name, bytes)?;
        }
        folder.finish()?;
    }
    if !args.quiet {
        say(&cell, &check)?;
    }
    Ok(())
}

fn say(cell: &CellPlan, check: &TierCheck) -> Result<(), Failure> {
    let missed = tiers::misses(&cell.world, check);
    let text = match (check.windows.is_empty(), missed.is_empty()) {
        (true, _) => "no window: no service was asked for anything while it had replicas\n".to_owned(),
        (false, true) => format!("{} windows, no figure misses its tolerance\n", check.windows.len()),
        (false, false) => missed.iter().map(|line| format!("{line}\n")).collect(),
    };
    Ok(terminal::say(&text)?)
}

/// What the folder says of itself.
fn compared(args: &Serving, cell: &CellPlan, check: &TierCheck, inputs: Vec<(String, String)>) -> Compared {
    let world = &cell.world;
    let date = |at| world.calendar.date(at).date().to_string();
    let refused = |(service, reason): &(ServiceId, String)| format!("{}: {reason}", world.services[*service].path);
    let mut notes = world.notes.clone();
    notes.extend(check.refused.iter().map(refused));
    Compared {
        name: world.name.clone(),
        title: world.title.clone(),
        cell: (cell.strategy.clone(), cell.future.clone()),
        days: (date(world.start), date(world.end)),
        seed: world.seed,
        windows: args.windows as usize,
        misses: tiers::misses(world, check),
        notes,
        inputs,
    }
}

/// The first cell of the scenario's study, and what was read for it.
fn first_cell(args: &Serving) -> Result<(CellPlan, Vec<(String, String)>), Failure> {
    let mut sets = args.sets.clone();
    sets.extend(args.seed.map(|n| format!("run.seed={n}")));
    let options = Options::default();
    let (mut plan, read) = match &args.scenario {
        Some(file) => {
            let scenario = Scenario::of(file.clone(), sets);
            let read = scenario.read()?;
            (scenario.plan(&read, &options)?, read)
        }
        None => {
            let read = spec::read_text("tiers.toml", SHIPPED, &sets)?;
            (study::plan(&read, Catalog::embedded(), &options, &|name| open(Path::new(""), name))?, read)
        }
    };
    Ok((plan.cells.swap_remove(0), tables::inputs(&read)))
}
