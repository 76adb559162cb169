//! By submission.

use super::{Entry, Facts};
use crate::world::Order;

pub(super) const ENTRY: Entry<Order> =
    Entry { name: "fifo", value: Order::Fifo, what: "by submission", source: "Erlang 1917" };

/// All are equal: the arrival decides.
pub(super) fn rank(_job: &Facts) -> u64 {
    0
}
