//! The command line: one file a command. The only printer, and the only reader of the environment; computes nothing.

mod args;
mod calibrate;
mod card;
mod check;
mod explain;
mod facts;
mod failure;
mod list;
mod new;
mod oracles;
mod progress;
mod replay;
mod replay_requests;
mod report;
mod run;
mod schema;
mod size;
mod strategy;
mod summary;
mod terminal;
mod verify;
mod verify_serving;

pub use failure::{Failure, Outcome};
pub use schema::text as schema_text;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

/// Who runs on which chips, what it costs, and what happens when one of them leaves.
#[derive(Parser, Debug)]
#[command(name = "hedgerow", version, disable_help_subcommand = true, max_term_width = 100)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    Run(run::Run),
    New(new::New),
    Check(check::Check),
    Schema(schema::Schema),
    List(list::List),
    Facts(facts::Facts),
    Explain(explain::Explain),
    Replay(replay::Replay),
    Size(Box<size::Size>),
    Calibrate(calibrate::Calibrate),
    Report(report::Report),
    Verify(verify::Verify),
}

/// Commands by what one wants, in the order of `--help`.
const GROUPS: [(&str, &[&str]); 4] = [
    ("Ask", &["run"]),
    ("Replay", &["replay", "size"]),
    ("Write", &["new", "check", "schema", "list", "facts", "explain"]),
    ("Admin", &["report", "verify", "calibrate"]),
];

/// The arguments of this process; else help, version or a refusal has been printed.
pub fn parse() -> Result<Args, Outcome> {
    let parsed = grouped(Args::command()).try_get_matches_from(std::env::args_os());
    parsed.and_then(|matches| Args::from_arg_matches(&matches)).map_err(|error| {
        // A closed pipe under `--help` is nobody's fault.
        let _ = error.print();
        if error.use_stderr() { Outcome::BadInput } else { Outcome::Done }
    })
}

/// Carries out a command.
pub fn run(args: &Args) -> Result<(), Failure> {
    match &args.command {
        Command::Run(args) => run::run(args),
        Command::New(args) => new::run(args),
        Command::Check(args) => check::run(args),
        Command::Schema(args) => schema::run(args),
        Command::List(args) => list::run(args),
        Command::Facts(args) => facts::run(args),
        Command::Explain(args) => explain::run(args),
        Command::Replay(args) => replay::run(args),
        Command::Size(args) => size::run(args),
        Command::Calibrate(args) => calibrate::run(args),
        Command::Report(args) => report::run(args),
        Command::Verify(args) => verify::run(args),
    }
}

/// Tells the user why a command failed, and whose fault it was.
pub fn conclude(result: Result<(), Failure>) -> Outcome {
    let Err(failure) = result else { return Outcome::Done };
    terminal::tell(&failure.message(terminal::colour()));
    failure.outcome()
}

/// The command with its subcommands listed by group.
fn grouped(command: clap::Command) -> clap::Command {
    let longest = command.get_subcommands().map(|sub| sub.get_name().len()).max().unwrap_or_default();
    let mut groups = String::new();
    for (title, names) in GROUPS {
        groups += &format!("\x1b[1m\x1b[4m{title}:\x1b[0m\n");
        for name in names {
            let sub = command.find_subcommand(name).unwrap_or_else(|| panic!("group {title}: no command {name}"));
            let about = sub.get_about().map(|about| about.to_string()).unwrap_or_default();
            groups += &format!("  \x1b[1m{name:<longest$}\x1b[0m  {about}\n");
        }
        groups.push('\n');
    }
    command.help_template(format!(
        "{{about}}\n\n{{usage-heading}} {{usage}}\n\n{groups}\x1b[1m\x1b[4mOptions:\x1b[0m\n{{options}}\n"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_stands_in_one_group() {
        let command = Args::command();
        let mut ours: Vec<&str> = command.get_subcommands().map(|sub| sub.get_name()).collect();
        let mut grouped: Vec<&str> = GROUPS.iter().flat_map(|(_, names)| names.iter().copied()).collect();
        ours.sort_unstable();
        grouped.sort_unstable();
        assert_eq!(ours, grouped);
    }

    #[test]
    fn the_arguments_are_well_formed() {
        Args::command().debug_assert();
    }
}
