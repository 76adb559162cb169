//! What stands and runs at the start: vintages of pools, campaigns under way. Knows no money.

use super::desk::{Desk, did_you_mean};
use super::hardware::Hardware;
use super::sizes;
use super::time::{Times, date_text};
use crate::spec::{self, Named, Workload};
use crate::units::year_fraction_days;
use crate::world::model::{Param, Vintage};

/// Names in [initial] that no table has.
pub(super) fn check_names(desk: &mut Desk<'_>) {
    let spec = desk.spec;
    for fleet in &spec.initial.fleet {
        if !spec.pools.iter().any(|pool| pool.name == fleet.name) {
            let remedy = did_you_mean(&fleet.name, spec.pools.iter().map(|pool| pool.name.as_str()), "pool");
            desk.problem(fleet.origin, &fleet.path, format!("there is no pool `{}`", fleet.name), remedy);
        }
    }
    let workloads = || spec.labs.iter().flat_map(|lab| &lab.table.workloads);
    for campaign in &spec.initial.campaigns {
        let at = &campaign.table.workload;
        match workloads().find(|workload| workload.path == at.value) {
            Some(Named { table: Workload::Pretraining(_), .. }) => {}
            Some(_) => {
                let message = format!("`{}` is not a pretraining workload", at.value);
                desk.problem(at.origin, &at.path, message, "name a workload with `kind = \"pretraining\"`");
            }
            None => {
                let remedy = did_you_mean(&at.value, workloads().map(|workload| workload.path.as_str()), "workload");
                desk.problem(at.origin, &at.path, format!("there is no workload `{}`", at.value), remedy);
            }
        }
    }
}

/// What stands in a pool at the start, oldest first; the pool's size and its vintages must agree.
pub(super) fn vintages(
    desk: &mut Desk<'_>,
    times: &Times,
    pool: &Named<spec::Pool>,
    hardware: &Hardware,
) -> Vec<Vintage> {
    let size = pool.table.size.as_ref().map(|size| (sizes::nodes(desk, hardware, size), &size.amount));
    let Some(fleet) = desk.spec.initial.fleet.iter().find(|fleet| fleet.name == pool.name) else {
        let (Some((nodes, _)), true) = (size, size.is_some_and(|size| 0 < size.0)) else { return Vec::new() };
        if hardware.site.is_some() {
            desk.note(format!(
                "[initial.fleet] says nothing of pool {}: its nodes are taken as new at the start",
                pool.name
            ));
        }
        return vec![Vintage { age_years: 0.0, nodes }];
    };
    let start = times.calendar.start_date();
    let mut vintages = Vec::new();
    for vintage in &fleet.table {
        let since = &vintage.in_service;
        if start < since.value {
            let message = format!(
                "a vintage of pool `{}` enters service on {}, after the start",
                pool.name,
                date_text(since.value)
            );
            desk.problem(since.origin, &since.path, message, format!("write it as a delivery of `{}`", pool.path));
        }
        let nodes = sizes::nodes(desk, hardware, &vintage.size);
        vintages.push(Vintage { age_years: year_fraction_days(since.value, start).max(0.0), nodes });
    }
    vintages.sort_by(|a, b| b.age_years.total_cmp(&a.age_years));
    let stands: u64 = vintages.iter().map(|vintage| u64::from(vintage.nodes)).sum();
    if let Some((nodes, leaf)) = size
        && u64::from(nodes) != stands
    {
        let message = format!("pool `{}` has {nodes} nodes, and its vintages sum to {stands}", pool.name);
        desk.problem(leaf.origin, &leaf.path, message, "make them agree, or drop the pool's size");
    }
    vintages
}

/// Age at the start of the campaign of a workload that runs then [h].
pub(super) fn running_age(desk: &mut Desk<'_>, workload: &str) -> Option<Param> {
    let spec = desk.spec;
    let mut running = spec.initial.campaigns.iter().filter(|campaign| campaign.table.workload.value == workload);
    let first = running.next()?;
    if let Some(second) = running.next() {
        let message = format!("`{}` and `{}` are both the running campaign of `{workload}`", first.path, second.path);
        desk.problem(second.origin, &second.path, message, "keep one");
    }
    Some(desk.param(&first.table.age, (0.0, f64::MAX)))
}
