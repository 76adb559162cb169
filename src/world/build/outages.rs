//! Outages and maintenance of racks, pools, sites and regions: dates and lengths. Draws none.

use super::desk::{Desk, did_you_mean};
use super::time::Times;
use crate::spec::{self, At, Named, OutageSpec, Tables};
use crate::units::{Date, IdVec};
use crate::world::failures::{Interruption, InterruptionId};
use crate::world::model::{Param, Pool, Site};
use crate::world::outages::{Maintenance, Outage, Place};

/// Outages of a pool: its own, those of its site and of its region.
pub(super) fn of_pool(
    desk: &mut Desk<'_>,
    times: &Times,
    sites: &IdVec<Site>,
    pool: &Named<spec::Pool>,
    site: Option<crate::world::model::SiteId>,
) -> Vec<Outage> {
    let spec = desk.spec;
    let mut all = outages(desk, times, &pool.table.failures.outages, Interruption::POOL);
    if let Some(site) = site {
        all.extend(outages(desk, times, &spec.sites[site.index()].table.outages, Interruption::SITE));
        for region in spec.regions.iter().filter(|region| region.name == sites[site].region) {
            all.extend(outages(desk, times, &region.table.outages, Interruption::REGION));
        }
    }
    all
}

fn outages(desk: &mut Desk<'_>, times: &Times, written: &Tables<OutageSpec>, is: InterruptionId) -> Vec<Outage> {
    let one = |outage: &Named<OutageSpec>| {
        let place = place(&outage.table);
        Outage {
            path: outage.path.clone(),
            place,
            is: if place == Place::Pool { is } else { Interruption::RACK },
            at: outage.table.at.as_ref().map(|at| times.in_force(at.value)),
            per_year: outage.table.per_year.as_ref().map_or(Param::Fixed(0.0), |leaf| desk.param(leaf, (0.0, 1e4))),
            length_h: desk.param(&outage.table.duration, (1e-6, 1e6)),
        }
    };
    written.iter().map(one).collect()
}

/// What lies before the study would begin with it; what lies after it does nothing.
fn check_date(desk: &mut Desk<'_>, times: &Times, at: &At<Date>) {
    if times.before_start(at.value) {
        let message = format!("`{}` lies before the study, which knows nothing of it", at.path);
        desk.problem(at.origin, &at.path, message, "move it to the start or later, or leave the outage out");
    } else if times.end <= times.clip(at.value) {
        desk.note(format!("`{}` lies after the study: that outage does nothing", at.path));
    }
}

fn place(outage: &OutageSpec) -> Place {
    match (&outage.rack, &outage.each_rack) {
        (Some(rack), _) => Place::Rack(u32::try_from(rack.value).unwrap_or(0)),
        (None, Some(each)) if each.value => Place::EachRack,
        (None, _) => Place::Pool,
    }
}

/// Dates lie in the study, racks stand in pools, all racks do not go on one date, and a region is one that a site names.
pub(super) fn check(desk: &mut Desk<'_>, times: &Times, sites: &IdVec<Site>) {
    let spec = desk.spec;
    let each = (spec.sites.iter().map(|site| &site.table.outages))
        .chain(spec.regions.iter().map(|region| &region.table.outages))
        .chain(spec.pools.iter().map(|pool| &pool.table.failures.outages));
    each.flatten().filter_map(|outage| outage.table.at.as_ref()).for_each(|at| check_date(desk, times, at));
    let wide = spec
        .sites
        .iter()
        .map(|site| &site.table.outages)
        .chain(spec.regions.iter().map(|region| &region.table.outages));
    for outage in wide.flatten() {
        let rack = outage.table.rack.as_ref().map(|at| (at.origin, &at.path));
        if let Some((origin, path)) = rack.or(outage.table.each_rack.as_ref().map(|at| (at.origin, &at.path))) {
            let message = format!("`{}` is of a place with many pools, and racks are counted by pool", outage.path);
            desk.problem(origin, path, message, "write it under `[pools.X.outages]`");
        }
    }
    for outage in spec.pools.iter().flat_map(|pool| &pool.table.failures.outages) {
        if let (Some(at), Place::EachRack) = (&outage.table.at, place(&outage.table)) {
            let message = format!("`{}` would darken each rack on one date: that is the pool", outage.path);
            desk.problem(at.origin, &at.path, message, "write `per_year`, or leave out `each_rack`");
        }
    }
    for region in &spec.regions {
        if !sites.iter().any(|site| site.region == region.name) {
            let mut names: Vec<&str> =
                sites.iter().map(|site| site.region.as_str()).filter(|name| !name.is_empty()).collect();
            names.dedup();
            let remedy = did_you_mean(&region.name, names.into_iter(), "region");
            let message = format!("no site stands in region `{}`", region.name);
            desk.problem(region.origin, &region.path, message, remedy);
        }
    }
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

/// Outages of racks expected in one run, at medians.
pub(super) fn expected(desk: &Desk<'_>, pool: &Pool, years: f64) -> f64 {
    let racks = f64::from(super::failures::racks(pool));
    let each = pool.outages.iter().filter(|outage| outage.place == Place::EachRack);
    each.map(|outage| racks * years * desk.median_of(&outage.per_year)).sum()
}
