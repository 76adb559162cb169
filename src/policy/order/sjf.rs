//! Shortest job first, by what it is expected to take in all.

use super::{Entry, Facts};
use crate::world::Order;

pub(super) const ENTRY: Entry<Order> = Entry {
    name: "sjf",
    value: Order::Sjf,
    what: "shortest expected time first",
    source: "Phipps 1956; Helios simulator, SJF",
};

/// The expected time.
pub(super) fn rank(job: &Facts) -> u64 {
    job.expected_us
}
