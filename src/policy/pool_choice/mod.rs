//! Which of a workload's pools a job gets, of those that have room: a score, the larger the better; ties go to the first in its list.

mod cheapest_feasible;
mod fastest;
mod in_order;
mod least_loaded;
mod throughput_matrix;

use super::Entry;
use crate::world::PoolChoice;

/// What is known of a pool when a job may start there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Offer {
    /// Price in force of the workload's kind [USD per chip-hour]; 0 where nobody pays.
    pub usd_per_chip_hour: f64,
    /// Speed of the job there, relative to its reference.
    pub speed: f64,
    /// The same, over the mean of all workloads of the domain that may run there, each relative to its own mean over pools.
    pub advantage: f64,
    /// Free chips over chips that are up.
    pub free_share: f64,
}

/// The registry.
pub const POOL_CHOICES: [Entry<PoolChoice>; 5] =
    [in_order::ENTRY, cheapest_feasible::ENTRY, fastest::ENTRY, least_loaded::ENTRY, throughput_matrix::ENTRY];

/// The score of a pool.
#[inline]
pub fn score(choice: PoolChoice, offer: &Offer) -> f64 {
    match choice {
        PoolChoice::InOrder => in_order::score(offer),
        PoolChoice::CheapestFeasible => cheapest_feasible::score(offer),
        PoolChoice::Fastest => fastest::score(offer),
        PoolChoice::LeastLoaded => least_loaded::score(offer),
        PoolChoice::ThroughputMatrix => throughput_matrix::score(offer),
    }
}
