//! The discrete-event engine: `simulate(&World, Run) -> RunRecord`. The conductor of workload, policy, contract and ledger,
//! which do not know one another. Measures nothing and prints nothing.

mod arbitrate;
mod attempt;
mod audit;
mod calendar;
mod campaign;
mod dark;
mod elastic;
mod event;
mod failure;
mod growth;
mod helios;
mod job;
mod jobs;
mod lending;
mod meter;
mod money;
mod nodes;
mod notice;
mod outage;
mod outlook;
mod planning;
mod pool;
mod preempt;
mod profile;
mod queue;
pub mod request;
mod replicas;
mod scaling;
mod schedule;
mod serving;
mod sim;
mod spot_path;
mod standing;
mod state;
mod supply;
mod tick;
pub mod tier;
mod timeline;
mod watch;

pub use audit::audit_record;
pub use event::Class;
pub use sim::{
    Counter, Moved, Outside, OutsideJob, Release, Run, Sabotage, replay, simulate, simulate_sabotaged,
    simulate_with_markers,
};
pub use watch::{Seen, simulate_watched, simulate_watched_sabotaged};
