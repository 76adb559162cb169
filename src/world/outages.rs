//! When whole pools and sites are dark: outages on the calendar or by chance, and planned maintenance. Fails nobody: the kernel does.

use super::model::Param;
use crate::units::SimTime;

/// An outage of a pool or of a site with all its pools. Gangs there fail, nodes return at its end.
#[derive(Clone, Debug, PartialEq)]
pub struct Outage {
    /// Dotted path of its table: key of its draws.
    pub path: String,
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
