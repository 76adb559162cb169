//! Concentration, tails and joint losses of what runs left. Reads finance and records; posts nothing and averages over no futures.

pub mod concentration;
pub mod loss;
