//! Strict head of line: a head that does not fit blocks its tenant's later jobs and everybody's use of uncommitted chips,
//! never another tenant's guarantee. Passes nobody.

use super::{Chips, View, first_by_key};

/// One pass. Cost: jobs started + tenants.
pub fn pass<V: View>(view: &mut V) {
    for tenant in 0..view.tenants() {
        if view.guaranteed(tenant) {
            while view.start(tenant, 0, Chips::Own) {}
        }
    }
    while view.any_free() {
        let Some(tenant) = first_by_key(view, |_| 0) else { break };
        if !view.start(tenant, 0, Chips::Any) {
            break;
        }
    }
}
