//! What fails, from judged tables.

use super::*;

pub(super) fn region(mut t: Record) -> Region {
    Region { outages: t.tables("outages", outage) }
}

/// What a pool's table says of failures.
pub(super) fn of_pool(t: &mut Record) -> FailureSpec {
    FailureSpec {
        per_chip_hour: t.leaf("failures_per_chip_hour"),
        causes: t.tables("causes", |mut t| CauseSpec {
            per_chip_hour: t.leaf("per_chip_hour"),
            share: t.leaf("share"),
            takes: t.text("takes"),
            repair: t.law("repair"),
        }),
        causes_of: t.text("causes_of"),
        repair: t.record("repair").map(|mut t| Repair {
            time: t.law("time").expect("the time of a repair is required"),
            crews: t.integer("crews"),
        }),
        spares: t.record("spares").map(|mut t| SparesSpec {
            nodes: t.integer("nodes").expect("the number of spares is required"),
            after: t.leaf("after"),
        }),
        rack_nodes: t.integer("rack_nodes"),
        outages: t.tables("outages", outage),
        maintenance: t.tables("maintenance", |mut t| MaintenanceSpec {
            at: t.must_date("at"),
            drain: t.leaf("drain"),
            duration: t.must_leaf("duration"),
        }),
    }
}

pub(super) fn outage(mut t: Record) -> OutageSpec {
    OutageSpec {
        at: t.date("at"),
        per_year: t.leaf("per_year"),
        duration: t.must_leaf("duration"),
        rack: t.integer("rack"),
        each_rack: t.bool("each_rack"),
    }
}
