//! When racks, pools, sites and regions are dark: outages on the calendar or by chance, and planned maintenance. Fails nobody: the kernel does.

use super::failures::InterruptionId;
use super::model::Param;
use crate::units::SimTime;

/// What of a pool an outage darkens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// All of it.
    Pool,
    /// One rack.
    Rack(u32),
    /// Each of its racks for itself.
    EachRack,
}

/// An outage of a rack, a pool, a site or a region with all its pools. Gangs there fail, nodes return at its end.
#[derive(Clone, Debug, PartialEq)]
pub struct Outage {
    /// Dotted path of its table: key of its draws.
    pub path: String,
    /// What of the pool.
    pub place: Place,
    /// Which row of the goodput table.
    pub is: InterruptionId,
    /// When; None: by chance.
    pub at: Option<SimTime>,
    /// Mean number a year, by chance; 0 where it is dated [1/y].
    pub per_year: Param,
    /// How long [h].
    pub length_h: Param,
}

/// Planned maintenance of a pool: nothing new starts while it drains, who is still there at the date saves and leaves.
#[derive(Clone, Debug, PartialEq)]
pub struct Maintenance {
    /// When the nodes go.
    pub at: SimTime,
    /// How long before nothing starts any more [h].
    pub drain_h: Param,
    /// How long the nodes are away [h].
    pub length_h: Param,
}
