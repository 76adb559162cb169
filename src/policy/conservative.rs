//! Conservative backfilling: every waiting job has a planned start, and nobody passes who would move one.

use super::Entry;
use super::strict::start_own;
use super::view::View;
use crate::world::Backfill;

pub(super) const ENTRY: Entry<Backfill> = Entry {
    name: "conservative",
    value: Backfill::Conservative,
    what: "whoever fits may pass if nobody's planned start moves",
    source: "Feitelson and Weil 1998; Mu'alem and Feitelson 2001",
};

/// One pass: guarantees first, then the plan. Cost: jobs planned x steps of the plan.
pub(super) fn pass<V: View>(view: &mut V) {
    for tenant in 0..view.tenants() {
        if view.guaranteed(tenant) {
            start_own(view, tenant);
        }
    }
    view.start_as_planned();
}
