//! The fullest node that has room. The rest of a gang above a node takes a completely free node if there is one, else the emptiest:
//! item 5 of the semantics of Helios.

use super::{Bucket, Entry};
use crate::world::Placement;

pub(super) const ENTRY: Entry<Placement> = Entry {
    name: "best_fit",
    value: Placement::BestFit,
    what: "fullest node with room; a gang above a node takes whole nodes and its rest the emptiest",
    source: "Helios simulator, consolidate",
};

pub(super) fn choose(above_a_node: bool, mut buckets: impl DoubleEndedIterator<Item = Bucket>) -> Option<u32> {
    let bucket = if above_a_node { buckets.next_back() } else { buckets.next() };
    bucket.map(|bucket| bucket.free)
}
