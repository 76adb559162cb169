//! The validated world. Resolves names to ids; immutable during a study. What a run may change is `Live`.

mod arrivals;
mod build;
pub mod catalog;
mod commitment;
mod effect;
mod elastic;
mod failures;
mod live;
mod lookup;
mod model;
mod month;
mod outages;
mod rules;
mod spot;
pub use arrivals::{Estimate, Modulated, OverEstimate, State};
pub use build::{JOB_ALIVE_BYTES, ReadFile, commit_inside, commit_inside_years_of_365_25_days};
pub use catalog::Takes;
pub use effect::{Change, Effect, EventKind};
pub use elastic::{Claimant, Elastic, Scaling, divide};
pub use failures::{Cause, Interruption, InterruptionId, Spares};
pub use live::{ContractLive, InForce, LISTED, Live, PoolLive, loaded};
pub use model::*;
pub use outages::{Maintenance, Outage, Place};
pub use rules::*;
pub use spot::{Block, Spot};
