//! The command line of hedgerow: `hedgerow --help` lists what it can do; the crate `hedgerow` does it.

use hedgerow::cli::{self, Outcome};
use std::process::ExitCode;

/// Parses the arguments, runs the command, and turns its outcome into an exit code: 0 done, 1 our fault, 2 bad input.
fn main() -> ExitCode {
    // A panic is our fault, and must not look like a bad input; the message was printed where it arose.
    let outcome = std::panic::catch_unwind(|| match cli::parse() {
        Ok(args) => cli::conclude(cli::run(&args)),
        Err(outcome) => outcome,
    });
    ExitCode::from(match outcome {
        Ok(Outcome::Done) => 0,
        Ok(Outcome::OurFault) | Err(_) => 1,
        Ok(Outcome::BadInput) => 2,
    })
}
