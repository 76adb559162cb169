//! Skip-ahead: whoever fits may pass a blocked head; no reservation, so a large gang may starve.

use super::{Chips, View, first_by_key};

/// One pass. Cost: jobs waiting x tenants, until no chip is free.
pub fn pass<V: View>(view: &mut V, cursors: &mut Vec<usize>) {
    for tenant in 0..view.tenants() {
        if view.guaranteed(tenant) {
            let mut place = 0;
            while view.any_free() && view.key(tenant, place).is_some() {
                if !view.start(tenant, place, Chips::Own) {
                    place += 1;
                }
            }
        }
    }
    cursors.clear();
    cursors.resize(view.tenants(), 0);
    while view.any_free() {
        let Some(tenant) = first_by_key(view, |t| cursors[t]) else { break };
        if !view.start(tenant, cursors[tenant], Chips::Any) {
            cursors[tenant] += 1;
        }
    }
}
