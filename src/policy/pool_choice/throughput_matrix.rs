//! The pool where the job is best relative to the others that may run there: a chip goes to whom it helps most.

use super::{Entry, Offer};
use crate::world::PoolChoice;

pub(super) const ENTRY: Entry<PoolChoice> = Entry {
    name: "throughput_matrix",
    value: PoolChoice::ThroughputMatrix,
    what: "the largest speed relative to the other workloads' of those with room",
    source: "Gavel OSDI'20, heterogeneity-aware; greedy by comparative advantage",
};

pub(super) fn score(offer: &Offer) -> f64 {
    offer.advantage
}
