//! Views on what a run left: the second route to every dollar, cash by year, NPV, book values, margins, commitments.
//!
//! It changes no posting; book values and unit costs are views without postings. What is paid is decided in `contract`.

pub mod book;
pub mod cash;
pub mod commitment;
pub mod figures;
pub mod margin;
pub mod npv;
pub mod reconcile;
#[cfg(test)]
pub(crate) mod testworld;
#[cfg(test)]
mod tests;

use crate::world::{Param, World};

pub use crate::measure::value;

/// Median of a parameter: the size on which shares of `USD at cost` stand.
pub fn median(world: &World, param: &Param) -> f64 {
    match param {
        Param::Fixed(value) => *value,
        Param::Unknown(id) => world.unknowns[*id].law.median(),
        Param::Varies(law, _) => law.median(),
    }
}
