//! What chips do with models: times, memory and rates of replicas. Plain numbers, no ids: who owns what is the world's.

mod admission;
mod step;

pub use admission::Admission;
pub use step::{Iteration, StepTimes};
