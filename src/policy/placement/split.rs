//! Best fit, and a gang that finds no room together is split: it runs at the speed that its workload states for that. Eq. (105).

use super::{Bucket, Entry, best_fit};
use crate::world::Placement;

pub(super) const ENTRY: Entry<Placement> = Entry {
    name: "split",
    value: Placement::Split,
    what: "as best_fit; a gang for which no node has room is split over as few as can be, at its `split_speed`",
    source: "Jeon ATC'19, relaxed locality; Gavel OSDI'20, unconsolidated throughputs",
};

pub(super) fn choose(above_a_node: bool, buckets: impl DoubleEndedIterator<Item = Bucket>) -> Option<u32> {
    best_fit::choose(above_a_node, buckets)
}
