//! Least attained service, in levels: a job falls to the next level when its chip-time passes a threshold, and within a level to its end
//! when its quantum is over. Needs no estimate.

use super::{Entry, Facts};
use crate::world::Order;

pub(super) const ENTRY: Entry<Order> = Entry {
    name: "las",
    value: Order::Las,
    what: "least attained chip-time first, in levels, by turns within one",
    source: "Tiresias NSDI'19, discretized 2D-LAS; Nuyens and Wierman 2008",
};

/// The level.
pub(super) fn rank(job: &Facts) -> u64 {
    u64::from(job.level)
}
