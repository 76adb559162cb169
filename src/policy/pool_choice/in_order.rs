//! The first in the workload's list.

use super::{Entry, Offer};
use crate::world::PoolChoice;

pub(super) const ENTRY: Entry<PoolChoice> = Entry {
    name: "in_order",
    value: PoolChoice::InOrder,
    what: "the first of its list that has room",
    source: "Slurm partition lists",
};

/// All are equal: the list decides.
pub(super) fn score(_offer: &Offer) -> f64 {
    0.0
}
