//! Which node gets the part of a gang that fills none. Whole nodes are always the lowest that are completely free.

mod best_fit;
mod first_fit;
mod split;
mod spread;
mod ultraserver;
mod whole_node;

use super::Entry;
use crate::world::Placement;

/// Nodes with as many free chips: the lowest of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// Free chips on each.
    pub free: u32,
    /// Lowest node.
    pub lowest: u32,
}

/// The registry.
pub const PLACEMENTS: [Entry<Placement>; 6] =
    [first_fit::ENTRY, best_fit::ENTRY, spread::ENTRY, whole_node::ENTRY, ultraserver::ENTRY, split::ENTRY];

/// Free chips of the node that gets the rest of a gang, out of buckets with room for it in order of free chips; None without any.
/// `above_a_node`: the gang has whole nodes besides.
#[inline]
pub fn choose(
    placement: Placement,
    above_a_node: bool,
    buckets: impl DoubleEndedIterator<Item = Bucket>,
) -> Option<u32> {
    match placement {
        Placement::FirstFit => first_fit::choose(buckets),
        Placement::BestFit => best_fit::choose(above_a_node, buckets),
        Placement::Spread => spread::choose(buckets),
        Placement::Split => split::choose(above_a_node, buckets),
        Placement::WholeNode => whole_node::choose(buckets),
        Placement::FullestRest | Placement::UltraServer => ultraserver::choose(buckets),
    }
}
