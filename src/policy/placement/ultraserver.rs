//! Inside one UltraServer where the gang fits into one: its nodes share the scale-up network. The fullest that has room; a larger gang
//! takes whole UltraServers and its rest the fullest.

use super::{Bucket, Entry};
use crate::world::Placement;

pub(super) const ENTRY: Entry<Placement> = Entry {
    name: "ultraserver",
    value: Placement::UltraServer,
    what: "inside one UltraServer, the fullest with room; larger gangs take whole ones",
    source: "AWS Trn2 UltraServer and P6e-GB200 user guides: gangs sit in one scale-up domain",
};

/// Buckets here are of UltraServers.
pub(super) fn choose(mut buckets: impl Iterator<Item = Bucket>) -> Option<u32> {
    buckets.next().map(|bucket| bucket.free)
}
