//! The scenario file as written. Reads, merges and names every problem; does not resolve names across tables.

pub mod model;
pub use model::*;

/// Placeholder until the reader lands: where every value came from.
pub struct Sources;
