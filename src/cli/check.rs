//! `hedgerow check`: every problem of a scenario at once, or what its study would be. Simulates nothing.

use super::args::{Format, Scenario};
use super::failure::Failure;
use super::terminal;
use crate::spec::{Problems, Read, Spec};
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

/// Reads and judges; a refusal is bad input.
pub fn run(args: &Check) -> Result<(), Failure> {
    match (args.scenario.read(), args.format) {
        (Ok(read), Format::Human) if args.quiet => drop(read),
        (Ok(read), Format::Human) => terminal::say(&Summary::of(&read.spec).text())?,
        (Ok(read), Format::Json) => say_json(true, None, Summary::of(&read.spec).json())?,
        (Err(Failure::Problems(problems)), Format::Json) => {
            say_json(false, Some(&problems), Value::Null)?;
            return Err(Failure::Told);
        }
        (Err(failure), _) => return Err(failure),
    }
    Ok(())
}

fn say_json(ok: bool, problems: Option<&Problems>, summary: Value) -> Result<(), Failure> {
    let problems = problems.map_or(json!([]), Problems::to_json);
    Ok(terminal::say(&format!("{:#}\n", json!({ "ok": ok, "problems": problems, "summary": summary })))?)
}
