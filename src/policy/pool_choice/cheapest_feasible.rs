//! The cheapest for the whole job: its price over its speed there.

use super::{Entry, Offer};
use crate::world::PoolChoice;

pub(super) const ENTRY: Entry<PoolChoice> = Entry {
    name: "cheapest_feasible",
    value: PoolChoice::CheapestFeasible,
    what: "the smallest price / speed of those with room",
    source: "Gavel OSDI'20, cost policies",
};

pub(super) fn score(offer: &Offer) -> f64 {
    -offer.usd_per_chip_hour / offer.speed
}
