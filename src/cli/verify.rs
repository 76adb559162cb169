//! `hedgerow verify`: the scenarios that theory answers exactly, played as `run` plays them, beside those answers.

use super::failure::Failure;
use super::list::{TableFormat, print};
use super::oracles::{Case, cases};
use super::run::play;
use super::terminal;
use crate::measure::Period;
use crate::report::table::{Cell, Column, Table, show};
use crate::spec;
use crate::stats::accumulate::Accumulator;
use crate::study::{Options, Plan, plan, summarize};
use crate::world::catalog::Catalog;

/// Play the scenarios that queueing theory answers exactly, and compare
#[derive(clap::Args, Debug)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Verify {
    #[command(subcommand)]
    what: Option<What>,
    /// A quarter of the draws; standard errors may be twice as large
    #[arg(long)]
    quick: bool,
    /// Threads; by default as many as there are
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    threads: Option<u16>,
    /// Only the table
    #[arg(long)]
    quiet: bool,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: TableFormat,
}

#[derive(clap::Subcommand, Debug)]
enum What {
    Serving(super::verify_serving::Serving),
}

/// A simulated mean may lie this many standard errors off the exact value; design 10.1.
const ERRORS_OFF: f64 = 4.0;

/// Plays every case and prints the table; a quantity out of tolerance is our fault.
pub fn run(args: &Verify) -> Result<(), Failure> {
    if let Some(What::Serving(args)) = &args.what {
        return super::verify_serving::run(args);
    }
    let mut columns = ["case", "quantity", "of"].map(Column::left).to_vec();
    columns.extend(["mean", "half_width", "exact", "ratio", "errors_off", "se_pct", "se_limit_pct"].map(Column::right));
    columns.push(Column::left("verdict"));
    let mut table = Table::new("simulated against exact", columns);
    let mut wrong = 0;
    for case in cases() {
        wrong += judge(&case, args, &mut table)?;
    }
    let limit = if args.quick {
        "twice the limits of the full run"
    } else {
        "0.5 % (0.25 %: Young/Daly; 1 %: high variance, counts; 2 %: a hundred servers, preemption)"
    };
    table.note(format!(
        "ok: mean within {ERRORS_OFF} standard errors of exact, and a standard error of at most {limit}"
    ));
    print(&table, args.format)?;
    match wrong {
        0 => Ok(()),
        _ => Err(Failure::system(
            format!("{wrong} of {} quantities are out of tolerance", table.rows().len()),
            "the table above names them",
        )),
    }
}

/// Plays one case, adds its rows, and counts those out of tolerance.
fn judge(case: &Case, args: &Verify, table: &mut Table) -> Result<usize, Failure> {
    let plan = plan_of(case, args)?;
    if !args.quiet {
        terminal::tell(&format!("{}\n", case.name));
    }
    let outcome = play(&plan, args.quiet);
    let (cell, world) = (&outcome.cells[0], &plan.cells[0].world);
    let mut wrong = 0;
    for quantity in &case.quantities {
        let key = cell.keys.iter().find(|key| {
            key.metric.name == quantity.metric && key.period == Period::All && key.scope.name(world) == quantity.of
        });
        let key = key.unwrap_or_else(|| panic!("{}: no {} of {}", case.name, quantity.metric, quantity.of));
        let values = cell.series(quantity.metric, key.scope, Period::All).expect("the key is there");
        let summary = summarize(&values, outcome.replications as usize, outcome.independent)
            .unwrap_or_else(|| panic!("{}: no run has {} of {}", case.name, quantity.metric, quantity.of));
        // A single run says nothing of its error.
        let runs: Accumulator = values.iter().flatten().copied().collect();
        let error = runs.standard_error().unwrap_or(f64::INFINITY);
        let limit = case.limit * if args.quick { 2.0 } else { 1.0 };
        let off = (summary.mean - quantity.exact) / error;
        let verdict = match (off.abs() <= ERRORS_OFF, error <= limit * quantity.exact) {
            (true, true) => "ok",
            (true, false) => "too noisy",
            (false, _) => "OFF",
        };
        wrong += usize::from(verdict != "ok");
        let half = summary
            .half_width
            .map_or(Cell::Blank, |half| Cell::Number { value: half, shown: format!("±{}", show(half)) });
        let fixed = |value: f64, digits: usize| Cell::Number { value, shown: format!("{value:.digits$}") };
        table.push(vec![
            Cell::text(case.name),
            Cell::text(quantity.metric),
            Cell::text(quantity.of),
            fixed(summary.mean, 6),
            half,
            fixed(quantity.exact, 6),
            fixed(summary.mean / quantity.exact, 4),
            fixed(off, 2),
            fixed(100.0 * error / quantity.exact, 3),
            fixed(100.0 * limit, 1),
            Cell::text(verdict),
        ]);
    }
    Ok(wrong)
}

fn plan_of(case: &Case, args: &Verify) -> Result<Plan, Failure> {
    let sets: Vec<String> = case.sets.iter().map(|set| (*set).to_owned()).collect();
    let read = spec::read_text(case.file, case.text, &sets)?;
    let options = Options { threads: args.threads.map(usize::from), ..Options::default() };
    let open = |name: &str| match case.trace {
        Some(text) => Ok(text.to_owned()),
        None => Err(format!("{name} is not built in")),
    };
    let whole = plan(&read, Catalog::embedded(), &options, &open)?;
    if !args.quick {
        return Ok(whole);
    }
    let options = Options { draws: Some((whole.draws / 4).max(4)), ..options };
    Ok(plan(&read, Catalog::embedded(), &options, &open)?)
}
