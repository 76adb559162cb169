//! `hedgerow check`: every problem of a scenario at once, or what its study would be. Simulates nothing.

use super::args::{Format, Scenario};
use super::failure::Failure;
use super::summary::Summary;
use super::terminal;
use crate::spec::Problems;
use crate::study::Options;
use serde_json::{Value, json};

/// Say everything that is wrong with a scenario, or what its study would be
#[derive(clap::Args, Debug)]
pub struct Check {
    #[command(flatten)]
    scenario: Scenario,
    /// Only the exit code and the problems
    #[arg(long)]
    quiet: bool,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Reads the file, builds every world of its study, and tells; a refusal is bad input.
pub fn run(args: &Check) -> Result<(), Failure> {
    match (summary(args), args.format) {
        (Ok(_), Format::Human) if args.quiet => Ok(()),
        (Ok(summary), Format::Human) => {
            let text = format!("ok  {}\n{}", args.scenario.file.display(), summary.text());
            Ok(terminal::say(&terminal::cut(&text, terminal::width()))?)
        }
        (Ok(summary), Format::Json) => say_json(None, summary.json()),
        (Err(Failure::Problems(problems)), Format::Json) => {
            say_json(Some(&problems), Value::Null)?;
            Err(Failure::Told)
        }
        (Err(failure), _) => Err(failure),
    }
}

fn summary(args: &Check) -> Result<Summary, Failure> {
    let read = args.scenario.read()?;
    Ok(Summary::of(&args.scenario.plan(&read, &Options::default())?))
}

fn say_json(problems: Option<&Problems>, summary: Value) -> Result<(), Failure> {
    let list = problems.map_or(json!([]), Problems::to_json);
    let answer = json!({ "ok": problems.is_none(), "problems": list, "summary": summary });
    Ok(terminal::say(&format!("{answer:#}\n"))?)
}
