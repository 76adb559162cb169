//! Spot and capacity blocks of a pool: the terms on which chips are had for a while. Draws no price and takes nobody off.

use super::model::{Param, TenantId};
use crate::units::{SimTime, Span};

/// Spot of a pool: a price path over the on-demand price, and when chips are taken back. Eq. (95) to (97).
#[derive(Clone, Debug, PartialEq)]
pub struct Spot {
    /// Mean of the process before the clamp [-].
    pub mean_ratio: Param,
    /// Its standard deviation in the long run [-].
    pub sd_ratio: Param,
    /// Time after which e^-1 of a deviation is left [h].
    pub relaxation_h: Param,
    /// Time between two prices.
    pub step: Span,
    /// Lowest price over the on-demand price [0..1].
    pub least_ratio: f64,
    /// Highest [0..1].
    pub most_ratio: f64,
    /// Nodes taken back though they are paid for [1 per node-hour].
    pub reclaims_per_node_hour: Param,
    /// Between the notice and the end.
    pub notice: Span,
    /// (from, chips that spot may hold), in order; empty: no limit of its own.
    pub chips: Vec<(SimTime, u32)>,
}

/// A capacity block: nodes that a tenant has for itself for a while, paid when they are booked.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// Name, in events and postings.
    pub name: String,
    /// Who buys it.
    pub tenant: TenantId,
    /// It begins.
    pub from: SimTime,
    /// From here on nothing may run in it.
    pub usable_to: SimTime,
    /// It ends: what is paid for ends here.
    pub to: SimTime,
    /// Jobs are told so long before `usable_to`.
    pub warning: Span,
    /// Bought and paid; None: before the scenario began, so that what it cost is sunk.
    pub booked: Option<SimTime>,
    /// Length that is paid for, what lies before the run included.
    pub length: Span,
    /// Chips.
    pub chips: u32,
}

impl Block {
    /// What is paid for [chip-us].
    pub fn chip_us(&self) -> u128 {
        u128::from(self.chips) * u128::from(self.length.0)
    }
    /// Jobs may start in it.
    pub fn is_open(&self, at: SimTime) -> bool {
        self.from <= at && at < self.warned_at()
    }
    /// It is in force: held by its jobs or free for them.
    pub fn is_in_force(&self, at: SimTime) -> bool {
        self.from <= at && at < self.usable_to
    }
    /// Jobs are told that it ends.
    pub fn warned_at(&self) -> SimTime {
        SimTime(self.usable_to.0.saturating_sub(self.warning.0).max(self.from.0))
    }
}
