//! The validated, resolved world: ids instead of names, immutable once built.
//!
//! It does not read scenario files (that is `spec`) and nothing in it changes during a run.
pub mod catalog;
