//! The pool with the largest share of free chips.

use super::{Entry, Offer};
use crate::world::PoolChoice;

pub(super) const ENTRY: Entry<PoolChoice> = Entry {
    name: "least_loaded",
    value: PoolChoice::LeastLoaded,
    what: "the largest share of free chips of those with room",
    source: "Winston 1977, shortest queue, over pools",
};

pub(super) fn score(offer: &Offer) -> f64 {
    offer.free_share
}
