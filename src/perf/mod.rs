//! What chips do with models: times, memory and rates of replicas. Plain numbers, no ids: who owns what is the world's.

mod admission;
mod affine;
mod architecture;
mod bound;
mod card;
mod efficiency;
pub mod fit;
mod hardware;
mod measured;
mod mixed;
mod precision;
pub mod refusal;
mod roofline;
mod simplex;
mod scale_up;
mod step;
mod table;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

pub use admission::{
    Admission, AdmissionRow, AdmissionTable, Asked, Beyond, Clock, Cut, Outcome, PATIENCE_S, Promise, Range, Served,
};
pub use affine::Affine;
pub use architecture::{Architecture, Experts};
pub use bound::Bound;
pub use card::{
    Card, Deployment, Lengths, Limit, MEMORY_SHARE, MOST_CHIPS, Saturated, WEIGHT_OVERHEAD, card, smallest,
};
pub use efficiency::{Basis, Efficiency};
pub use hardware::Hardware;
pub use measured::{Measured, Point, Speed, speed as measured_speed};
pub use mixed::{Mixed, Moments};
pub use precision::Precision;
pub use refusal::Refusal;
pub use roofline::{Parts, Roofline, Work};
pub use scale_up::{Network, ScaleUp};
pub use step::{Iteration, StepTimes};
pub use table::{StepRow, StepTable};
