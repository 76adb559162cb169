//! Weighted fair share: the tenant with the smallest part of its due goes first (the view says which), its jobs by submission.

use super::{Entry, Facts};
use crate::world::Order;

pub(super) const ENTRY: Entry<Order> = Entry {
    name: "fair_share",
    value: Order::FairShare,
    what: "the tenant with the smallest dominant share by weight first, its jobs by submission",
    source: "Ghodsi NSDI'11, dominant resource fairness; over pools of chips",
};

/// All jobs of a tenant are equal: the arrival decides.
pub(super) fn rank(_job: &Facts) -> u64 {
    0
}
