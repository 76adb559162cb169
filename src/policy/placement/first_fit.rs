//! The lowest node that has room.

use super::{Bucket, Entry};
use crate::world::Placement;

pub(super) const ENTRY: Entry<Placement> =
    Entry { name: "first_fit", value: Placement::FirstFit, what: "lowest nodes with room", source: "Knuth 1968" };

pub(super) fn choose(buckets: impl Iterator<Item = Bucket>) -> Option<u32> {
    buckets.min_by_key(|bucket| bucket.lowest).map(|bucket| bucket.free)
}
