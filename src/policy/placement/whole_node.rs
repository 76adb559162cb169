//! Completely free nodes only, which the gang has for itself: it holds, and pays for, chips it did not ask for.

use super::{Bucket, Entry};
use crate::world::Placement;

pub(super) const ENTRY: Entry<Placement> = Entry {
    name: "whole_node",
    value: Placement::WholeNode,
    what: "whole nodes for each gang; it holds the chips it leaves over",
    source: "Slurm --exclusive",
};

/// A gang of whole nodes has no rest.
pub(super) fn choose(mut buckets: impl DoubleEndedIterator<Item = Bucket>) -> Option<u32> {
    buckets.next_back().map(|bucket| bucket.free)
}
