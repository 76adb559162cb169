//! What chips do with models: times, memory and rates of replicas. Plain numbers, no ids: who owns what is the world's.

mod affine;
mod step;
mod table;

pub use affine::Affine;
pub use step::{Iteration, StepTimes};
pub use table::{Measured, StepTable};
