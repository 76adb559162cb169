//! The pool where the job takes the least time.

use super::{Entry, Offer};
use crate::world::PoolChoice;

pub(super) const ENTRY: Entry<PoolChoice> = Entry {
    name: "fastest",
    value: PoolChoice::Fastest,
    what: "the highest speed of those with room",
    source: "Lin and Kumar 1984, the fastest server first",
};

pub(super) fn score(offer: &Offer) -> f64 {
    offer.speed
}
