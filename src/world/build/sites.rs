//! Clouds and sites: rates, power and its price, with the catalog's figures where the file is silent. Knows no pool.

use super::desk::Desk;
use super::parties;
use super::time::Times;
use crate::spec::{self, Leaf, Named};
use crate::units::{IdVec, SimTime};
use crate::world::model::{Cloud, CloudId, Param, Site};

/// Hours of a year of 365.25 days, between rates per MWh and per MW-year.
const HOURS_PER_YEAR: f64 = 8766.0;
/// Discount rate of a cloud that states none [1/y].
const DISCOUNT_RATE: f64 = 0.09;
/// Rise of a site's rates that states none [1/y]; coupling F1.
const ESCALATOR: f64 = 0.025;

/// Clouds in order of name.
pub(super) fn clouds(desk: &mut Desk<'_>) -> IdVec<Cloud> {
    let spec = desk.spec;
    IdVec(spec.clouds.iter().enumerate().map(|(index, cloud)| one_cloud(desk, index, cloud)).collect())
}

fn one_cloud(desk: &mut Desk<'_>, index: usize, cloud: &Named<spec::Cloud>) -> Cloud {
    Cloud {
        name: cloud.name.clone(),
        discount_rate: match &cloud.table.discount_rate {
            Some(leaf) => desk.param(leaf, (-0.5, 1.0)),
            None => Param::Fixed(desk.assume(
                format!("{}.discount_rate", cloud.path),
                DISCOUNT_RATE,
                (0.06, 0.14),
                "nominal, a year; swept 0.06 to 0.14 by many",
            )),
        },
        at_end_book: cloud.table.at_end.as_ref().is_none_or(|at_end| at_end.value == "book"),
        party: parties::of_cloud(index),
    }
}

/// Sites in order of name.
pub(super) fn sites(desk: &mut Desk<'_>, times: &Times) -> IdVec<Site> {
    let spec = desk.spec;
    IdVec(spec.sites.iter().map(|site| one_site(desk, times, site)).collect())
}

fn one_site(desk: &mut Desk<'_>, times: &Times, site: &Named<spec::Site>) -> Site {
    let table = &site.table;
    let cloud = table.cloud.as_ref().and_then(|name| desk.find(&desk.spec.clouds, name, "cloud"));
    if table.cloud.is_none() {
        let message = format!("site `{}` has no `cloud`", site.name);
        desk.problem(site.origin, &site.path, message, "name the cloud that owns it");
    }
    let owner = table.cloud.as_ref().map_or("", |name| &name.value);
    let pue_key = format!("{owner}.pue");
    let pue_key = if desk.catalog.facility(&pue_key).is_some() { pue_key } else { "public_cloud.pue".to_owned() };
    let rate = |desk: &mut Desk<'_>, leaf: &Option<Leaf>, name: &str, most: f64, key: &str, times: f64| match leaf {
        Some(leaf) => desk.param(leaf, (0.0, most)),
        None => Param::Fixed(figure(desk, &format!("{}.{name}", site.path), key) * times),
    };
    Site {
        name: site.name.clone(),
        cloud: CloudId::new(cloud.unwrap_or(0)),
        region: table.region.as_ref().map_or(String::new(), |region| region.value.clone()),
        pue: match &table.pue {
            Some(leaf) => desk.number(leaf),
            None => figure(desk, &format!("{}.pue", site.path), &pue_key),
        },
        mw: megawatts(desk, times, site),
        power_usd_per_mwh: rate(desk, &table.power_usd_per_mwh, "power_usd_per_mwh", 1e5, "electricity", 1.0),
        facility_usd_per_mw_year: rate(
            desk,
            &table.facility_usd_per_mw_year,
            "facility_usd_per_mw_year",
            1e9,
            "facility_rate",
            HOURS_PER_YEAR,
        ),
        operations_usd_per_mw_year: rate(
            desk,
            &table.operations_usd_per_mw_year,
            "operations_usd_per_mw_year",
            1e9,
            "operations_rate",
            HOURS_PER_YEAR,
        ),
        escalator_per_year: match &table.escalator_per_year {
            Some(leaf) => desk.param(leaf, (-0.5, 1.0)),
            None => Param::Fixed(desk.assume(
                format!("{}.escalator_per_year", site.path),
                ESCALATOR,
                (0.0, 0.05),
                "amounts are nominal: electricity, facility and operations rise with prices",
            )),
        },
    }
}

/// A facility figure of the catalog in place of a leaf that is not written; the reader is told.
fn figure(desk: &mut Desk<'_>, path: &str, key: &str) -> f64 {
    let figure = desk.catalog.facility(key).unwrap_or_else(|| panic!("the catalog has no facility figure `{key}`"));
    let value = desk.known(format!("catalog.facility.{key}"), &figure.value);
    let value = value.unwrap_or_else(|| panic!("the catalog leaves facility figure `{key}` blank"));
    desk.note(format!("{path} is not stated: the catalog's {key} = {value} {} is taken", figure.unit));
    value
}

/// Power of a site over time, in order; of what was in force before the run only the last stands.
fn megawatts(desk: &mut Desk<'_>, times: &Times, site: &Named<spec::Site>) -> Vec<(SimTime, f64)> {
    let mut steps: Vec<_> = site.table.mw.iter().map(|step| (step.at.value, desk.number(&step.amount))).collect();
    steps.sort_by_key(|step| step.0);
    last_at_each_instant(steps.into_iter().map(|(date, mw)| (times.in_force(date), mw)))
}

/// Of values in order of time, the last at each instant.
pub(super) fn last_at_each_instant<T>(values: impl Iterator<Item = (SimTime, T)>) -> Vec<(SimTime, T)> {
    let mut kept: Vec<(SimTime, T)> = Vec::new();
    for (at, value) in values {
        if kept.last().is_some_and(|last| last.0 == at) {
            kept.pop();
        }
        kept.push((at, value));
    }
    kept
}
