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

use crate::record::RunRecord;
use crate::world::{Param, World};

/// Value of a parameter in the one run of `record`: as drawn; the median where it varies by event.
pub fn value(world: &World, record: &RunRecord, param: &Param) -> f64 {
    assert!(record.keys.len() <= 1, "a view is of one run, not of {}", record.keys.len());
    match param {
        Param::Fixed(value) => *value,
        Param::Unknown(id) => match record.drawn.first() {
            Some(drawn) => drawn[id.index()],
            None => median(world, param),
        },
        Param::Varies(law, _) => law.median(),
    }
}

/// Median of a parameter: the size on which shares of `USD at cost` stand.
pub fn median(world: &World, param: &Param) -> f64 {
    match param {
        Param::Fixed(value) => *value,
        Param::Unknown(id) => world.unknowns[*id].law.median(),
        Param::Varies(law, _) => law.median(),
    }
}
