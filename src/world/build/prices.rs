//! Price paths of a pool by kind: the file's, else the catalog's. Knows no contract.

use super::desk::Desk;
use super::hardware::Hardware;
use super::time::Times;
use crate::spec::{self, Named, PriceSpec};
use crate::units::IdVec;
use crate::world::catalog::PriceKind as Row;
use crate::world::live::LISTED;
use crate::world::model::{Param, PriceChange, PriceKind, PricePath, PriceStep, Site};

/// Highest price of a chip-hour that a draw may give [USD].
const MOST_USD: f64 = 1e4;

/// The kinds a pool has a price for, in the order of `LISTED`; spot has a process of its own.
pub(super) fn paths(
    desk: &mut Desk<'_>,
    times: &Times,
    sites: &IdVec<Site>,
    pool: &Named<spec::Pool>,
    hardware: &Hardware,
) -> Vec<PricePath> {
    let Some(site) = hardware.site else {
        if let (Some(price), false) = (pool.table.prices.first(), hardware.instance.is_empty()) {
            let message = format!("pool `{}` has prices but no `site`, so nobody is paid", pool.name);
            desk.problem(price.origin, &price.path, message, "name its `site`, or drop the prices");
        }
        return Vec::new();
    };
    let region = sites[site].region.as_str();
    let paths = LISTED.iter().filter(|kind| **kind != PriceKind::Spot);
    let kinds = paths.filter_map(|kind| {
        let written = pool.table.prices.iter().find(|price| price.name == kind.name());
        path(desk, times, pool, *kind, written, &hardware.instance, region)
    });
    kinds.collect()
}

fn path(
    desk: &mut Desk<'_>,
    times: &Times,
    pool: &Named<spec::Pool>,
    kind: PriceKind,
    written: Option<&Named<PriceSpec>>,
    instance: &str,
    region: &str,
) -> Option<PricePath> {
    let own = written.and_then(|price| price.table.usd_per_chip_hour.as_ref());
    let base = match own {
        Some(leaf) => Some(desk.param(leaf, (0.0, MOST_USD))),
        None => from_catalog(desk, pool, kind, instance, region),
    };
    if let (None, Some(written)) = (&base, written) {
        let message = format!("the catalog has no {} price of {instance} in `{region}`", kind.name());
        desk.problem(written.origin, &written.path, message, format!("set `{}.usd_per_chip_hour`", written.path));
    }
    let steps = written.map_or(Vec::new(), |written| steps(desk, times, written));
    Some(PricePath { kind, base: base?, steps })
}

/// The catalog's price; committed means three years where listed, else one.
fn from_catalog(
    desk: &mut Desk<'_>,
    pool: &Named<spec::Pool>,
    kind: PriceKind,
    instance: &str,
    region: &str,
) -> Option<Param> {
    let rows: &[Row] = match kind {
        PriceKind::OnDemand => &[Row::OnDemand],
        PriceKind::Committed => &[Row::Committed3y, Row::Committed1y],
        PriceKind::CapacityBlock => &[Row::CapacityBlock],
        PriceKind::Spot | PriceKind::Contract | PriceKind::Free => &[],
    };
    let catalog = desk.catalog;
    let mut answers = rows.iter().filter_map(|row| catalog.price(instance, region, *row));
    let answer = answers.find(|answer| answer.row.usd_per_chip_hour.value().is_some())?;
    let path = format!("catalog.prices.{instance}.{}.{region}", answer.row.kind.word());
    let usd = desk.known(path.clone(), &answer.row.usd_per_chip_hour)?;
    let row = desk.used.get_mut(&path).expect("just noted");
    let because = format!("{} price of pool {}: {}", kind.name(), pool.name, answer.because());
    if row.reason.is_empty() {
        row.reason = because;
    } else if !row.reason.contains(&because) {
        row.reason = format!("{}; {because}", row.reason);
    }
    Some(Param::Fixed(usd))
}

/// Steps in order of date; each multiplies the price before or replaces it.
fn steps(desk: &mut Desk<'_>, times: &Times, written: &Named<PriceSpec>) -> Vec<PriceStep> {
    let mut steps: Vec<&spec::PriceStep> = written.table.steps.iter().collect();
    steps.sort_by_key(|step| step.at.value);
    let mut built = Vec::new();
    for step in steps {
        let change = match (&step.times, &step.usd_per_chip_hour) {
            (Some(leaf), None) => PriceChange::Times(desk.param(leaf, (0.0, 1e3))),
            (None, Some(leaf)) => PriceChange::To(desk.param(leaf, (0.0, MOST_USD))),
            _ => {
                let message = "a price step has exactly one of `times` and `usd_per_chip_hour`";
                desk.problem(step.at.origin, &step.at.path, message, "write one of the two");
                continue;
            }
        };
        built.push(PriceStep { at: times.clip(step.at.value), change });
    }
    built
}
