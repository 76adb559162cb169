//! Outages and maintenance of pools and sites: dates and lengths. Draws none.

use super::desk::Desk;
use super::time::Times;
use crate::spec::{self, Named, Tables};
use crate::world::model::Param;
use crate::world::outages::{Maintenance, Outage};

/// Outages of a pool or site.
pub(super) fn outages(desk: &mut Desk<'_>, times: &Times, written: &Tables<spec::OutageSpec>) -> Vec<Outage> {
    let one = |outage: &Named<spec::OutageSpec>| Outage {
        path: outage.path.clone(),
        at: outage.table.at.as_ref().map(|at| times.in_force(at.value)),
        per_year: outage.table.per_year.as_ref().map_or(Param::Fixed(0.0), |leaf| desk.param(leaf, (0.0, 1e4))),
        length_h: desk.param(&outage.table.duration, (1e-6, 1e6)),
    };
    written.iter().map(one).collect()
}

/// Maintenance of a pool.
pub(super) fn maintenance(
    desk: &mut Desk<'_>,
    times: &Times,
    written: &Tables<spec::MaintenanceSpec>,
) -> Vec<Maintenance> {
    let one = |plan: &Named<spec::MaintenanceSpec>| Maintenance {
        at: times.in_force(plan.table.at.value),
        drain_h: plan.table.drain.as_ref().map_or(Param::Fixed(0.0), |leaf| desk.param(leaf, (0.0, 1e5))),
        length_h: desk.param(&plan.table.duration, (1e-6, 1e6)),
    };
    written.iter().map(one).collect()
}
