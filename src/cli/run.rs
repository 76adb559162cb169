//! `hedgerow run`: plays a study and leaves its folder. Simulates nothing itself: `study` does.

use super::args::{Format, Scenario};
use super::failure::Failure;
use super::progress::Bar;
use super::terminal;
use crate::report::folder::Folder;
use crate::report::page::{Data, pages, terminal as headlines};
use crate::report::tables::tables;
use crate::report::tiers;
use crate::spec;
use crate::study::{Options, Outcome, Plan, run_plan, runs_of};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Instant;

/// Play a study: strategies x futures x draws x replications
#[derive(clap::Args, Debug)]
pub struct Run {
    #[command(flatten)]
    scenario: Scenario,
    /// Output folder [default: output/<scenario>/]
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Threads; by default as many as there are. The results do not depend on it
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    threads: Option<u16>,
    /// Everything that is not known at its median: chance alone, so one draw
    #[arg(long, conflicts_with = "draws")]
    fixed: bool,
    /// Only errors
    #[arg(long)]
    quiet: bool,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Print the scenario after `extends` and `--set`, with where each value comes from, and stop
    #[arg(long)]
    print_config: bool,
}

/// Plays the study and writes its folder, all of it or nothing.
pub fn run(args: &Run) -> Result<(), Failure> {
    let read = args.scenario.read()?;
    if args.print_config {
        return Ok(terminal::say(&spec::print_config(&read))?);
    }
    let options = Options { fixed: args.fixed, threads: args.threads.map(usize::from), ..Options::default() };
    let plan = args.scenario.plan(&read, &options)?;
    let name = &plan.cells[0].world.name;
    let place = args.output.clone().unwrap_or_else(|| PathBuf::from("output").join(name));
    // Begun before the first run, so that a place we may not write to costs no time.
    let folder = Folder::begin(&place)?;
    let began = Instant::now();
    let outcome = play(&plan, args.quiet);
    let files = tables(&plan, &outcome, &read);
    // Charts and page see the CSV texts alone, as `hedgerow report` will.
    let data = Data::parse(&files).expect("our own tables read back");
    for (name, text) in &files {
        folder.write(name, text.as_bytes())?;
    }
    for (name, bytes) in pages(&data) {
        folder.write(&name, bytes)?;
    }
    folder.finish()?;
    if args.quiet {
        return Ok(());
    }
    match args.format {
        Format::Human => {
            let runs = runs_of(&plan);
            terminal::say(&headlines(&data))?;
            terminal::say(&model_errors(&plan, &outcome))?;
            let seconds = began.elapsed().as_secs_f64();
            let plural = if runs == 1 { "" } else { "s" };
            terminal::tell(&format!("{runs} run{plural} in {seconds:.1} s, written to {}\n", place.display()));
        }
        Format::Json => say_json(name, &place, &files)?,
    }
    Ok(())
}

/// Services' figures of the whole study with their model errors beside them, where windows were played; and what missed.
fn model_errors(plan: &Plan, outcome: &Outcome) -> String {
    let mut text = String::new();
    let cells = plan.cells.iter().zip(&outcome.cells);
    for (planned, cell, check) in cells.filter_map(|(planned, cell)| Some((planned, cell, cell.tiers.as_ref()?))) {
        text += &format!("\n{}", tiers::errors(&planned.world, cell, check).to_text());
        text.extend(tiers::misses(&planned.world, check).iter().map(|line| format!("{line}\n")));
    }
    text
}

/// Every run of a plan, with a bar for whoever is looking; `verify` plays the same way.
pub fn play(plan: &Plan, quiet: bool) -> Outcome {
    let bar = Bar::new(runs_of(plan), quiet);
    let outcome = run_plan(plan, &|n| bar.add(n));
    bar.finish();
    outcome
}

/// The folder, its tables, and the headline rows of `summary.csv`: whole study; of clouds where there is money, else of workloads.
fn say_json(name: &str, place: &std::path::Path, files: &[(String, String)]) -> Result<(), Failure> {
    let names: Vec<&String> = files.iter().map(|(name, _)| name).collect();
    let (_, summary) = files.iter().find(|(name, _)| name == "summary.csv").expect("there is a summary");
    let mut reader = csv::Reader::from_reader(summary.as_bytes());
    let rows: Vec<BTreeMap<String, String>> = reader.deserialize().map(|row| row.expect("our own table")).collect();
    let of =
        |kind: &str| rows.iter().filter(|row| row["scope_kind"] == kind && row["period"] == "all").collect::<Vec<_>>();
    let clouds = of("cloud");
    let headline = if clouds.is_empty() { of("workload") } else { clouds };
    let numbers = |row: &BTreeMap<String, String>| -> Value {
        row.iter()
            .map(|(name, text)| {
                (
                    name.clone(),
                    serde_json::from_str(text).ok().filter(Value::is_number).unwrap_or_else(|| text.clone().into()),
                )
            })
            .collect()
    };
    let answer = json!({
        "scenario": name,
        "folder": place.display().to_string(),
        "files": names,
        "summary": headline.into_iter().map(numbers).collect::<Vec<_>>(),
    });
    Ok(terminal::say(&format!("{answer:#}\n"))?)
}
