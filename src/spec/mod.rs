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
mod salvage;
mod read;
mod print;
mod elastic;
mod schedule;
mod services;
mod failures;
mod buying;
mod equity;
mod schema;
mod manual;
#[cfg(test)]
mod tests;

pub use duration::hours as duration_hours;
pub use manual::manual;
pub use model::*;
pub use print::print_config;
pub use problem::{Problem, Problems, Severity};
pub use read::{Read, read, read_bytes, read_text};
pub use salvage::Readable;
pub use schema::json_schema;
pub use sources::{Position, Sources};
pub(crate) use suggest::remedy as did_you_mean;
