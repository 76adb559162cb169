//! `hedgerow report`: charts and page of a finished study once more, from its tables. Changes no table.

use super::failure::Failure;
use super::terminal;
use crate::report::page::{RebuildError, rebuild};
use std::path::PathBuf;

/// Rebuild charts and report.html from the tables of a finished study, or of `verify serving`
#[derive(clap::Args, Debug)]
pub struct Report {
    /// Output folder of the study
    dir: PathBuf,
    /// Only errors
    #[arg(long)]
    quiet: bool,
}

/// Writes them; a folder that is no study's is bad input.
pub fn run(args: &Report) -> Result<(), Failure> {
    rebuild(&args.dir).map_err(|error| match error {
        RebuildError::Data(error) => Failure::input(error.to_string(), ""),
        RebuildError::Folder(error) => Failure::from(error),
        RebuildError::Read { .. } => Failure::input(error.to_string(), ""),
    })?;
    if !args.quiet {
        terminal::say(&format!("wrote {}\n", args.dir.join("report.html").display()))?;
    }
    Ok(())
}
