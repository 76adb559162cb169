//! What fails a gang, what goes down with it, how it comes back, and what stands by. Fails nobody: the kernel does.

use super::catalog::Takes;
use super::model::{LawOf, Param};
use crate::units::Id;

/// Why gangs are interrupted: a row of the goodput table.
pub type InterruptionId = Id<Interruption>;

/// Why gangs are interrupted.
#[derive(Clone, Debug, PartialEq)]
pub struct Interruption {
    /// As tables print it.
    pub name: String,
}

impl Interruption {
    /// Failures of pools that state no cause.
    pub const FAILURE: InterruptionId = Id::new(0);
    /// An outage of a rack.
    pub const RACK: InterruptionId = Id::new(1);
    /// An outage of a pool.
    pub const POOL: InterruptionId = Id::new(2);
    /// An outage of a site.
    pub const SITE: InterruptionId = Id::new(3);
    /// An outage of a region.
    pub const REGION: InterruptionId = Id::new(4);
    /// Taken off for another job.
    pub const PREEMPTION: InterruptionId = Id::new(5);
    /// Stopped for outlasting what was expected of it.
    pub const OVER_ESTIMATE: InterruptionId = Id::new(6);
    /// A gang that goes on with another size.
    pub const RESIZE: InterruptionId = Id::new(7);
    /// Told to leave spot, or a capacity block.
    pub const RECLAIM: InterruptionId = Id::new(8);
    /// Taken off because planned maintenance begins.
    pub const MAINTENANCE: InterruptionId = Id::new(9);
    /// Names of those above, in their order; causes that pools state follow.
    pub const NAMES: [&'static str; 10] = [
        "failure",
        "rack_outage",
        "pool_outage",
        "site_outage",
        "region_outage",
        "preemption",
        "over_estimate",
        "resize",
        "reclaim",
        "maintenance",
    ];
}

/// A cause of failure on a pool.
#[derive(Clone, Debug, PartialEq)]
pub struct Cause {
    /// Which row of the goodput table.
    pub is: InterruptionId,
    /// Shares of this cause and of those before it of the pool's failures; 1 for the last [0..1].
    pub cumulative: f64,
    /// What goes down.
    pub takes: Takes,
    /// Time of its repair [h]; None: back at once.
    pub repair: Option<LawOf>,
}

/// Nodes of a pool that stand by.
#[derive(Clone, Debug, PartialEq)]
pub struct Spares {
    /// How many.
    pub nodes: u32,
    /// From a node going down to a spare in its place [h].
    pub after_h: Param,
}
