//! A job log played on a fleet: the same kernel and policies as a scenario, one pool a queue (or one for all), its jobs streamed in and their
//! rows streamed out. Opens no file and prints nothing.

mod clerk;
mod fleet;
mod levels;
mod outcome;
mod quirks;
pub mod requests;
mod tariff;
mod watch;
mod window;

pub use clerk::{Held, JobLine, Lines, Place};
pub use fleet::{Fleet, Terms, world};
pub use levels::Levels;
pub use outcome::{Outcome, QueueOutcome};
pub use quirks::{QUIRKS, Quirk};
pub use tariff::Tariff;
pub use watch::{SizeClass, Watch};
pub use window::{Stay, Window};

use crate::kernel::{self, Run};
use crate::trace::Log;
use crate::world::World;
use clerk::Clerk;

/// Plays the log on the world that [`world`] built for it; every job becomes a line, in order of submission. Jobs that can never fit are not
/// played: their lines have no start. An error is of the file that the log is read from, or of where the lines go.
pub fn play(world: &World, fleet: &Fleet, mut log: Log<'_>, lines: &mut dyn Lines) -> Result<Outcome, String> {
    let mut clerk = Clerk::new(world, fleet, &mut log, lines);
    let record = kernel::replay(world, Run::default(), &mut clerk);
    let notes = clerk.close()?;
    Ok(Outcome::of(world, fleet, &log.facts, &record, &notes))
}
