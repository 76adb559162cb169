//! Job logs of other systems: their layouts, a streaming reader that names every bad row, and what a log asks of a fleet.
//! Simulates nothing; opens no file itself (the caller lends a function that does).

mod layout;
mod line;
mod figure;
mod clock;
mod fault;
mod names;
mod row;
mod sieve;
mod tally;
mod store;
mod log;
mod queues;
mod requests;
mod sanity;
mod step_times;
#[cfg(test)]
mod tests;

pub use clock::{Bound, date_at};
pub use fault::Kind;
pub use layout::{Column, Field, LAYOUTS, Layout, Times, layout};
pub use log::{Facts, Log, LogJob, Open, scan};
pub use queues::{Queue, queues};
pub use requests::{LogRequest, REQUEST_LAYOUTS, RequestLayout, RequestLog, RequestReading, requests};
pub use row::{LeftOut, Reading, Unit};
pub use sanity::{Load, NeverFit, QueueLoad, Sanity, gang_fits};
pub use step_times::{StepTime, step_times};
pub use tally::{Demand, Gap, Month, Tally};
