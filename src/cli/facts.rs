//! `hedgerow facts`: what is true today, before any simulation.

use super::args::Format;
use super::failure::Failure;
use super::terminal;
use crate::report::facts::facts;
use crate::world::catalog::Catalog;
use serde_json::Value;

/// What is true today, before any simulation
#[derive(clap::Args, Debug)]
pub struct Facts {
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Prints every section, with the arithmetic below its table.
pub fn run(args: &Facts) -> Result<(), Failure> {
    let sections = facts(Catalog::embedded());
    let text = match args.format {
        Format::Human => {
            let sections: Vec<String> = sections.iter().map(|section| section.to_text()).collect();
            terminal::cut(&sections.join("\n"), terminal::width())
        }
        Format::Json => {
            format!("{:#}\n", Value::Array(sections.iter().map(|section| section.to_json()).collect()))
        }
    };
    Ok(terminal::say(&text)?)
}
