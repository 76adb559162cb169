//! `hedgerow list`: what there is to choose from, as a table.

use super::failure::Failure;
use super::terminal;
use crate::report::cards;
use crate::report::listing::{self, Listing};
use crate::report::table::Table;
use crate::world::catalog::Catalog;
use clap::ValueEnum;

/// What there is to choose from: catalog rows, policies, metrics
#[derive(clap::Args, Debug)]
pub struct List {
    /// What to list
    #[arg(value_enum)]
    what: What,
    /// How to print; csv and json have every column, ranges and sources too
    #[arg(long, value_enum, default_value_t)]
    format: TableFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum What {
    /// Accelerators
    Chips,
    /// Instance types with their prices
    Instances,
    /// Prices by region and kind
    Prices,
    /// AI models
    Models,
    /// Shapes of models, for replica cards
    Architectures,
    /// Replica cards: what a model reaches on a chip
    Cards,
    /// Deals between labs, clouds and investors
    Deals,
    /// Failures of chips, by cause where the catalog tells them apart
    Causes,
    /// Scheduling policies
    Policies,
    /// What is measured, with unit and definition
    Metrics,
}

/// How a table is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum TableFormat {
    /// Aligned text, cut to the width of a terminal
    #[default]
    Human,
    /// Title, rows and notes
    Json,
    /// Header and rows
    Csv,
}

/// Prints the table.
pub fn run(args: &List) -> Result<(), Failure> {
    let catalog = |which| listing::list(Catalog::embedded(), which);
    let table = match args.what {
        What::Chips => catalog(Listing::Chips),
        What::Instances => catalog(Listing::Instances),
        What::Prices => catalog(Listing::Prices),
        What::Models => catalog(Listing::Models),
        What::Architectures => cards::architectures(Catalog::embedded()),
        What::Cards => cards::cards(Catalog::embedded()),
        What::Deals => catalog(Listing::Deals),
        What::Causes => catalog(Listing::Causes),
        What::Policies => listing::policies(),
        What::Metrics => listing::metrics(),
    };
    print(&table, args.format)
}

/// Prints a table in one of its forms.
pub fn print(table: &Table, format: TableFormat) -> Result<(), Failure> {
    let text = match format {
        TableFormat::Human => terminal::cut(&table.to_text(), terminal::width()),
        TableFormat::Json => format!("{:#}\n", table.to_json()),
        TableFormat::Csv => table.to_csv(),
    };
    Ok(terminal::say(&text)?)
}
