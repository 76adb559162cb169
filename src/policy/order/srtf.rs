//! Shortest remaining time first, with what resuming costs.

use super::{Entry, Facts};
use crate::world::Order;

pub(super) const ENTRY: Entry<Order> = Entry {
    name: "srtf",
    value: Order::Srtf,
    what: "shortest expected remaining time first",
    source: "Schrage 1968; Helios simulator, SRTF",
};

/// The time left.
pub(super) fn rank(job: &Facts) -> u64 {
    job.left_us
}
