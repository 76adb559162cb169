//! The emptiest node: load is even, and whole nodes are rare.

use super::{Bucket, Entry};
use crate::world::Placement;

pub(super) const ENTRY: Entry<Placement> = Entry {
    name: "spread",
    value: Placement::Spread,
    what: "emptiest node with room",
    source: "Kubernetes NodeResourcesFit, LeastAllocated",
};

pub(super) fn choose(mut buckets: impl DoubleEndedIterator<Item = Bucket>) -> Option<u32> {
    buckets.next_back().map(|bucket| bucket.free)
}
