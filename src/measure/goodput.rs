//! Where the time of gangs goes and why they are interrupted: the goodput waterfall and its table by reason, by lab and workload, over the whole
//! study. Knows no failure that did not interrupt a gang.

use super::chips::{CHECKPOINT, CHIP_HOURS, LOST, PRODUCTIVE, RESTART, YIELDING};
use super::{Better, Key, Metric, Period, Scope, Sheet, chip_hours, ratio};
use crate::record::{CellMonth, InterruptionTotals, RunRecord};
use crate::units::Span;
use crate::world::{
    Failures, Interruption, InterruptionId, Order, OverEstimate, Pool, Preemption, Service, Takes, TenantId,
    WorkloadId, World,
};
use std::collections::BTreeSet;

static INTERRUPTIONS: Metric = Metric {
    name: "interruptions",
    unit: "interruptions",
    what: "Gangs interrupted, by reason or in all; in goodput mode failures are expected ones, by the exact shares of their causes.",
    better: Better::Less,
};
static EFFECTIVE: Metric = Metric {
    name: "effective_fraction",
    unit: "-",
    what: "Productive / allocated chip-hours: the share of its gangs' time that a lab or workload keeps.",
    better: Better::More,
};
static MTTI: Metric = Metric {
    name: "mtti",
    unit: "h",
    what: "Mean time to interruption: hours measured / gangs interrupted by failures and outages; of a workload that runs one gang all the time.",
    better: Better::More,
};

/// Metrics that no pool has, in the order of their rows.
pub static METRICS: &[&Metric] = &[&INTERRUPTIONS, &EFFECTIVE, &MTTI];
/// The same of a workload on a pool, here of labs and workloads and by reason.
static SHARED: &[&Metric] = &[&CHIP_HOURS, &PRODUCTIVE, &CHECKPOINT, &LOST, &RESTART, &YIELDING];

/// Whether the figure stands in the goodput table.
pub fn is_goodput(key: &Key) -> bool {
    let known = || METRICS.iter().chain(SHARED).any(|known| known.name == key.metric.name);
    match key.scope {
        Scope::LabReason(..) | Scope::WorkloadReason(..) => true,
        Scope::Tenant(_) | Scope::Workload(_) => known(),
        Scope::Cloud(_) | Scope::Pool(_) | Scope::Cell(_) => false,
        Scope::Share(..) | Scope::Campaign(..) | Scope::Contract(_) | Scope::Service(_) => false,
    }
}

/// Figures of labs and workloads, whole and by reason.
pub fn measure(world: &World, record: &RunRecord, sheet: &mut Sheet) {
    for lab in world.tenants.ids() {
        let own = || world.workloads.enumerate().filter(move |(_, workload)| workload.tenant == lab).map(|(id, _)| id);
        if own().next().is_some() {
            group(world, record, &own().collect::<Vec<_>>(), (Scope::Tenant(lab), Some(lab)), sheet);
        }
    }
    let has_jobs = |id: &WorkloadId| !matches!(world.workloads[*id].source, crate::world::Source::Service(_));
    for id in world.workloads.ids().filter(has_jobs) {
        group(world, record, &[id], (Scope::Workload(id), None), sheet);
    }
}

/// A metric and the chip-time it counts.
type Part = (&'static Metric, fn(&CellMonth) -> u128);

/// Figures of some workloads together.
fn group(
    world: &World,
    record: &RunRecord,
    of: &[WorkloadId],
    (scope, lab): (Scope, Option<TenantId>),
    sheet: &mut Sheet,
) {
    let cells = || {
        let here = world.cells.enumerate().filter(|(_, cell)| of.contains(&cell.workload));
        here.flat_map(|(cell, _)| &record.cells[cell.index()])
    };
    let spent = |field: fn(&CellMonth) -> u128| chip_hours(cells().map(field).sum());
    let parts: [Part; 6] = [
        (&CHIP_HOURS, |month| month.allocated),
        (&PRODUCTIVE, |month| month.productive),
        (&CHECKPOINT, |month| month.checkpoint),
        (&LOST, |month| month.lost),
        (&RESTART, |month| month.restart),
        (&YIELDING, |month| month.yielding),
    ];
    for (metric, field) in parts {
        sheet.put(metric, scope, Period::All, Some(spent(field)));
    }
    let rows = |reason: InterruptionId| of.iter().map(move |id| &record.interruptions[id.index()][reason.index()]);
    let count = |reason| rows(reason).map(interruptions).sum::<f64>();
    let possible: BTreeSet<InterruptionId> = of.iter().flat_map(|id| reasons(world, *id)).collect();
    for reason in world.interruptions.ids().filter(|reason| !possible.contains(reason)) {
        let (n, name) = (count(reason), &world.interruptions[reason].name);
        assert!(n == 0.0, "{scope:?} was interrupted {n} times by {name}, which cannot befall it");
    }
    sheet.put(&INTERRUPTIONS, scope, Period::All, Some(possible.iter().map(|reason| count(*reason)).sum()));
    sheet.put(&EFFECTIVE, scope, Period::All, ratio(spent(|month| month.productive), spent(|month| month.allocated)));
    let chosen = [
        Interruption::PREEMPTION,
        Interruption::OVER_ESTIMATE,
        Interruption::RESIZE,
        Interruption::RECLAIM,
        Interruption::MAINTENANCE,
    ];
    let by_fault: f64 = possible.iter().filter(|reason| !chosen.contains(reason)).map(|reason| count(*reason)).sum();
    let hours = world.end.since(world.measure_from).0 as f64 / Span::HOUR.0 as f64;
    sheet.put(&MTTI, scope, Period::All, ratio(hours, by_fault));
    for reason in possible {
        let scope = match lab {
            Some(lab) => Scope::LabReason(lab, reason),
            None => Scope::WorkloadReason(of[0], reason),
        };
        sheet.put(&INTERRUPTIONS, scope, Period::All, Some(count(reason)));
        let sum = |field: fn(&InterruptionTotals) -> u128| Some(chip_hours(rows(reason).map(field).sum()));
        sheet.put(&LOST, scope, Period::All, sum(|row| row.lost));
        sheet.put(&RESTART, scope, Period::All, sum(|row| row.restart));
    }
}

fn interruptions(row: &InterruptionTotals) -> f64 {
    row.count as f64 + row.expected_e6 as f64 / 1e6
}

/// What may interrupt a workload in this world: the same in every run.
fn reasons(world: &World, id: WorkloadId) -> BTreeSet<InterruptionId> {
    let workload = &world.workloads[id];
    let rules = &world.domains[workload.domain].rules;
    let mut found = BTreeSet::new();
    for cell in workload.cells.iter().chain(&workload.overflow) {
        let pool: &Pool = &world.pools[world.cells[*cell].pool];
        // Another's failure may take the rack.
        let befalls = |takes: Takes| workload.failures != Failures::Off || takes == Takes::Rack;
        if 0.0 < pool.failures_per_chip_hour {
            found.extend(pool.causes.iter().filter(|cause| befalls(cause.takes)).map(|cause| cause.is));
        }
        found.extend(pool.outages.iter().map(|outage| outage.is));
        if pool.spot.is_some() || !pool.blocks.is_empty() {
            found.insert(Interruption::RECLAIM);
        }
        if !pool.maintenance.is_empty() {
            found.insert(Interruption::MAINTENANCE);
        }
        // Serving goes before training inside a tenant.
        let serves = |service: &Service| {
            service.tenant == workload.tenant
                && service.places.iter().any(|place| place.pool == world.cells[*cell].pool)
        };
        if !pool.borrowable.is_empty() || world.services.iter().any(serves) {
            found.insert(Interruption::PREEMPTION);
        }
    }
    if rules.preemption != Preemption::Off || rules.order == Order::Las {
        found.insert(Interruption::PREEMPTION);
    }
    if workload.elastic.is_some() {
        found.extend([Interruption::RESIZE, Interruption::PREEMPTION]);
    }
    if workload.over_estimate == OverEstimate::Kill {
        found.insert(Interruption::OVER_ESTIMATE);
    }
    found
}
