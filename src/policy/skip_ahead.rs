//! Skip-ahead: whoever fits may pass a blocked head; no reservation, so a large gang may starve.

use super::Entry;
use super::strict::start_own;
use super::view::{Chips, Room, View, first};
use crate::world::Backfill;

pub(super) const ENTRY: Entry<Backfill> = Entry {
    name: "skip_ahead",
    value: Backfill::SkipAhead,
    what: "whoever fits may pass a blocked head",
    source: "Feitelson 1996, backfilling without reservation",
};

/// One pass. Cost: jobs started, and a look at each chunk of a queue that has a gang small enough.
pub(super) fn pass<V: View>(view: &mut V, cursors: &mut Vec<V::Cursor>) {
    for tenant in 0..view.tenants() {
        if view.guaranteed(tenant) {
            if !start_own(view, tenant) {
                continue;
            }
            let mut at = V::Cursor::default();
            while view.any_free() && view.fitting(tenant, &mut at, Chips::Own).is_some() {
                if !view.start(tenant, at, Chips::Own) {
                    view.step(&mut at);
                }
            }
        }
    }
    cursors.clear();
    cursors.resize(view.tenants(), V::Cursor::default());
    if view.preempts() {
        return pass_preempting(view, cursors);
    }
    while view.any_free() {
        let Some(tenant) = first(view, |view, tenant| view.fitting(tenant, &mut cursors[tenant], Chips::Any)) else {
            break;
        };
        if !view.start(tenant, cursors[tenant], Chips::Any) {
            view.step(&mut cursors[tenant]);
        }
    }
}

/// Every job in its turn starts, takes others off, or is passed; behind one whose chips are on their way nobody starts.
fn pass_preempting<V: View>(view: &mut V, cursors: &mut [V::Cursor]) {
    while let Some(tenant) = first(view, |view, tenant| view.turn(tenant, &mut cursors[tenant])) {
        if view.start(tenant, cursors[tenant], Chips::Any) {
            continue;
        }
        match view.make_room(tenant, &mut cursors[tenant], Chips::Any) {
            Room::Now => {}
            Room::Soon => break,
            Room::None => view.step(&mut cursors[tenant]),
        }
    }
}
