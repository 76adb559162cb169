//! Strict head of line: a head that does not fit blocks its tenant's later jobs and everybody's use of uncommitted chips,
//! never another tenant's guarantee. Passes nobody.

use super::Entry;
use super::view::{Chips, Room, View, first};
use crate::world::Backfill;

pub(super) const ENTRY: Entry<Backfill> =
    Entry { name: "strict", value: Backfill::Strict, what: "a blocked head blocks", source: "Helios simulator, FIFO" };

/// One pass. Cost: jobs started + tenants.
pub(super) fn pass<V: View>(view: &mut V) {
    for tenant in 0..view.tenants() {
        if view.guaranteed(tenant) {
            start_own(view, tenant);
        }
    }
    start_heads(view);
}

/// Starts the heads in their order as long as they fit; the tenant of the head that does not, None when nobody waits or a head's chips are
/// on their way.
pub(super) fn start_heads<V: View>(view: &mut V) -> Option<usize> {
    while view.any_free() || view.preempts() {
        let tenant = first(view, |view, tenant| view.turn(tenant, &mut V::Cursor::default()))?;
        let mut head = V::Cursor::default();
        if view.start(tenant, head, Chips::Any) {
            continue;
        }
        match view.make_room(tenant, &mut head, Chips::Any) {
            Room::Now => {}
            Room::Soon => return None,
            Room::None => return Some(tenant),
        }
    }
    None
}

/// Starts the tenant's heads in its guarantee as long as they fit, if need be in the place of others. True when those behind the head may be looked
/// at: nobody passes one whose chips are on their way.
pub(super) fn start_own<V: View>(view: &mut V, tenant: usize) -> bool {
    loop {
        let mut head = V::Cursor::default();
        if view.turn(tenant, &mut head).is_none() {
            return false;
        }
        if view.start(tenant, head, Chips::Own) {
            continue;
        }
        match view.make_room(tenant, &mut head, Chips::Own) {
            Room::Now if view.start(tenant, head, Chips::Own) => {}
            Room::Now | Room::None => return true,
            Room::Soon => return false,
        }
    }
}
