//! A log of requests on replicas: the flags as terms of the request tier, what is counted as it goes on, and figures from it. Opens no file
//! and prints nothing.

mod figures;
mod logged;
mod served;
mod setup;
mod tally;

pub use figures::{Cost, Figure, Figures, Goal, QUANTILES, of_class};
pub use logged::Logged;
pub use served::Served;
pub use setup::{KnownModel, Setup, step_table};
pub use tally::{ClassTally, Tally};
