//! Orders of a queue: the rank of a waiting job, the smaller first. Ties go by submission.

mod fair_share;
mod fifo;
mod las;
mod priority;
mod sjf;
mod srtf;

use super::Entry;
use crate::world::Order;

/// What an order may look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Jobs of a higher priority have a lower class; 0 is the highest of the domain.
    pub class: u32,
    /// Expected time in all on the reference chip, when submitted [us].
    pub expected_us: u64,
    /// Expected time left, with what resuming costs [us].
    pub left_us: u64,
    /// Level of attained service, 0 the least.
    pub level: u32,
}

/// The registry.
pub const ORDERS: [Entry<Order>; 6] =
    [fifo::ENTRY, sjf::ENTRY, srtf::ENTRY, priority::ENTRY, las::ENTRY, fair_share::ENTRY];

/// Rank under `order`.
#[inline]
pub fn rank(order: Order, job: &Facts) -> u64 {
    match order {
        Order::Fifo => fifo::rank(job),
        Order::Sjf => sjf::rank(job),
        Order::Srtf => srtf::rank(job),
        Order::Priority => priority::rank(job),
        Order::Las => las::rank(job),
        Order::FairShare => fair_share::rank(job),
    }
}
