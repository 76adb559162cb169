//! EASY backfilling: the head that does not fit has a reservation, and whoever fits may pass it if its reserved start does not move.

use super::Entry;
use super::strict::{start_heads, start_own};
use super::view::{Chips, View, first};
use crate::world::Backfill;

pub(super) const ENTRY: Entry<Backfill> = Entry {
    name: "easy",
    value: Backfill::Easy,
    what: "whoever fits may pass a blocked head whose reserved start does not move",
    source: "Lifka 1995; Mu'alem and Feitelson 2001",
};

/// One pass. A tenant's guarantee is filled under the reservation of its own head, the uncommitted chips under that of the head whose turn it
/// is. Cost: jobs started, the running jobs up to the reserved start, and a look at every job small enough.
pub(super) fn pass<V: View>(view: &mut V, cursors: &mut Vec<V::Cursor>) {
    for tenant in 0..view.tenants() {
        if view.guaranteed(tenant) && start_own(view, tenant) {
            fill_own(view, tenant);
        }
    }
    let Some(blocked) = start_heads(view) else { return };
    if !view.any_free() {
        return;
    }
    view.reserve(blocked, V::Cursor::default());
    cursors.clear();
    cursors.resize(view.tenants(), V::Cursor::default());
    view.step(&mut cursors[blocked]);
    while view.any_free() {
        let Some(tenant) = first(view, |view, tenant| view.filling(tenant, &mut cursors[tenant], Chips::Any)) else {
            break;
        };
        if !view.fill(tenant, cursors[tenant], Chips::Any) {
            view.step(&mut cursors[tenant]);
        }
    }
}

fn fill_own<V: View>(view: &mut V, tenant: usize) {
    let mut at = V::Cursor::default();
    if !view.any_free() || view.turn(tenant, &mut at).is_none() {
        return;
    }
    view.reserve(tenant, at);
    view.step(&mut at);
    while view.any_free() && view.filling(tenant, &mut at, Chips::Own).is_some() {
        if !view.fill(tenant, at, Chips::Own) {
            view.step(&mut at);
        }
    }
}
