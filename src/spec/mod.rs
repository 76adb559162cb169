//! The scenario file as written. Reads, merges and names every problem; does not resolve names across tables.

pub mod model;
mod sources;
mod problem;
mod suggest;
mod duration;
mod tree;
mod syntax;
mod define;
mod names;
mod cook;
mod leaf;
mod rules;
mod merge;
mod paths;
mod build;
mod read;
#[cfg(test)]
mod tests;

pub use model::*;
pub use problem::{Problem, Problems, Severity};
pub use read::{Read, read, read_bytes, read_text};
pub use sources::{Position, Sources};
