//! By priority.

use super::{Entry, Facts};
use crate::world::Order;

pub(super) const ENTRY: Entry<Order> =
    Entry { name: "priority", value: Order::Priority, what: "by priority, then submission", source: "Cobham 1954" };

/// The class.
pub(super) fn rank(job: &Facts) -> u64 {
    u64::from(job.class)
}
