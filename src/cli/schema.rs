//! `hedgerow schema`: the JSON Schema of the scenario file, for editors.

use super::failure::Failure;
use super::terminal;
use crate::spec;

/// Print the JSON Schema of the scenario file
#[derive(clap::Args, Debug)]
#[command(
    after_help = "An editor that knows TOML takes it from the first line of a scenario:\n  #:schema scenario.schema.json"
)]
pub struct Schema {}

/// Prints it.
pub fn run(_: &Schema) -> Result<(), Failure> {
    Ok(terminal::say(&text())?)
}

/// The schema as it is printed and shipped.
pub fn text() -> String {
    format!("{:#}\n", spec::json_schema())
}
