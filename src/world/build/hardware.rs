//! What stands in a pool's racks: chip, node, power, cost, from the pool's own keys or the catalog. Knows no size and no date.

use super::desk::Desk;
use super::failures;
use crate::spec::{self, Leaf, Named};
use crate::units::{Id, IdVec};
use crate::world::catalog::{self, ChipField, Instance};
use crate::world::model::{Chip, ChipPower, Param, Site};

/// Hours of a month of a lead time: 30.4375 days.
const HOURS_PER_MONTH: f64 = 730.5;
/// Name of the chip of pools without instance.
pub(super) const ABSTRACT: &str = "abstract";

/// A pool's hardware, resolved.
pub(super) struct Hardware {
    pub chip: String,
    pub instance: String,
    pub site: Option<Id<Site>>,
    pub chips_per_node: u32,
    pub power: ChipPower,
    pub cost_usd_per_chip: Param,
    pub useful_life_years: f64,
    pub failures_per_chip_hour: f64,
    pub lead_h: f64,
}

/// Hardware of every pool, in order of id.
pub(super) fn of_pools(desk: &mut Desk<'_>, sites: &IdVec<Site>) -> Vec<Hardware> {
    let spec = desk.spec;
    spec.pools.iter().map(|pool| of_pool(desk, sites, pool)).collect()
}

/// Chips that the pools use, in order of name.
pub(super) fn chips(desk: &mut Desk<'_>, hardware: &[Hardware]) -> IdVec<Chip> {
    let mut names: Vec<&str> = hardware.iter().map(|pool| pool.chip.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let catalog = desk.catalog;
    IdVec(
        names
            .into_iter()
            .map(|name| match catalog.chip(name) {
                Ok(chip) => {
                    let path = format!("catalog.chips.{name}.bf16_tflops");
                    let bf16_tflops = desk.known(path, chip.bf16_tflops());
                    Chip { name: name.to_owned(), vendor: chip.vendor.clone(), bf16_tflops }
                }
                Err(_) => Chip { name: name.to_owned(), vendor: "not published".into(), bf16_tflops: None },
            })
            .collect(),
    )
}

fn of_pool(desk: &mut Desk<'_>, sites: &IdVec<Site>, pool: &Named<spec::Pool>) -> Hardware {
    let site = pool.table.site.as_ref().and_then(|name| desk.find(&desk.spec.sites, name, "site")).map(Id::new);
    let Some(name) = &pool.table.instance else { return of_abstract(desk, pool) };
    let catalog = desk.catalog;
    let instance = match catalog.instance(&name.value) {
        Ok(instance) => instance,
        Err(unknown) => {
            let near = unknown.suggestions.first().map(|near| format!("did you mean `{near}`?"));
            let remedy = near.unwrap_or_else(|| "`hedgerow list instances` shows every instance".into());
            desk.problem(name.origin, &name.path, format!("the catalog has no instance `{}`", name.value), remedy);
            // The nearest one stands in, so that a slip of the pen does not hide or cause other problems.
            let near = unknown.suggestions.first().and_then(|near| catalog.instance(near).ok());
            let Some(instance) = near else { return of_abstract(desk, pool) };
            instance
        }
    };
    if let Some(chips) = &pool.table.chips_per_node {
        let message = format!("`{}` has {} chips a node by the catalog", instance.name, instance.chips);
        desk.problem(chips.origin, &chips.path, message, "leave `chips_per_node` to pools without `instance`");
    }
    of_instance(desk, pool, instance, site.map(|id| (id, sites[id].pue)))
}

/// An abstract pool: chips without power or price.
fn of_abstract(desk: &mut Desk<'_>, pool: &Named<spec::Pool>) -> Hardware {
    let table = &pool.table;
    if let (Some(site), None) = (&table.site, &table.instance) {
        let message = format!("pool `{}` stands at a site but has no `instance`", pool.name);
        desk.problem(site.origin, &site.path, message, "name its `instance`, or drop `site` for an abstract pool");
    }
    if let (Some(price), None) = (table.prices.first(), &table.instance) {
        let message = format!("pool `{}` has prices but no `instance`", pool.name);
        desk.problem(price.origin, &price.path, message, "name its `instance` and `site`, or drop the prices");
    }
    Hardware {
        chip: ABSTRACT.to_owned(),
        instance: String::new(),
        site: None,
        chips_per_node: table.chips_per_node.as_ref().map_or(1, |at| u32::try_from(at.value).unwrap_or(1)),
        power: ChipPower::default(),
        cost_usd_per_chip: Param::Fixed(0.0),
        useful_life_years: table.useful_life_years.as_ref().map_or(1.0, |leaf| desk.number(leaf)),
        failures_per_chip_hour: match (failures::stated_rate(desk, pool), &table.failures.per_chip_hour) {
            (Some(rate), _) => rate,
            (None, leaf) => leaf.as_ref().map_or(0.0, |leaf| desk.number(leaf)),
        },
        lead_h: table.lead.as_ref().map_or(0.0, |leaf| desk.number(leaf)),
    }
}

fn of_instance(
    desk: &mut Desk<'_>,
    pool: &Named<spec::Pool>,
    instance: &Instance,
    site: Option<(Id<Site>, f64)>,
) -> Hardware {
    let table = &pool.table;
    let catalog = desk.catalog;
    let chip = catalog.chip(&instance.chip).expect("the catalog is whole");
    let mut ask = Ask { desk, pool, chip, needed: site.is_some() };
    let tdp_w = ask.field(&table.tdp_w, "tdp_w", ChipField::TdpW);
    let overhead = ask.field(&table.host_overhead, "host_overhead", ChipField::HostOverhead);
    let idle = ask.field(&table.idle_power_share, "idle_power_share", ChipField::IdlePowerShare);
    let power = power(tdp_w, overhead, idle, site.map_or(1.0, |site| site.1));
    let cost_usd_per_chip = ask.cost();
    let months = ChipField::LeadTimeMonths;
    let lead_h = match &table.lead {
        Some(leaf) => ask.desk.number(leaf),
        None => ask.lead(months) * HOURS_PER_MONTH,
    };
    let useful_life_years = match &table.useful_life_years {
        Some(leaf) => ask.desk.number(leaf),
        None => useful_life(ask.desk),
    };
    let failures = &table.failures.per_chip_hour;
    let failures_per_chip_hour = match failures::stated_rate(ask.desk, pool) {
        Some(rate) => rate,
        None => ask.field(failures, "failures_per_chip_hour", ChipField::FailuresPerChipHour),
    };
    Hardware {
        chip: chip.name.clone(),
        instance: instance.name.clone(),
        site: site.map(|site| site.0),
        chips_per_node: instance.chips as u32,
        power: if site.is_some() { power } else { ChipPower::default() },
        cost_usd_per_chip,
        useful_life_years,
        failures_per_chip_hour,
        lead_h,
    }
}

/// Power of a chip at the meter in whole milliwatts, rounded once. Eq. (13).
fn power(tdp_w: f64, host_overhead: f64, idle_share: f64, pue: f64) -> ChipPower {
    let full = tdp_w * host_overhead * pue * 1000.0;
    ChipPower {
        tdp_mw: (tdp_w * 1000.0).round() as u64,
        idle_mw: (full * idle_share).round() as u64,
        full_mw: full.round() as u64,
    }
}

fn useful_life(desk: &mut Desk<'_>) -> f64 {
    let figure = desk.catalog.facility("useful_life").expect("the catalog has a useful life");
    desk.known("catalog.facility.useful_life".into(), &figure.value).expect("the catalog states the useful life")
}

/// Asks the pool, then the catalog, for a figure of the chip.
struct Ask<'d, 'a> {
    desk: &'d mut Desk<'a>,
    pool: &'d Named<spec::Pool>,
    chip: &'a catalog::Chip,
    /// A pool at a site cannot do without.
    needed: bool,
}

impl Ask<'_, '_> {
    fn figure(&mut self, field: ChipField) -> Option<f64> {
        let path = format!("catalog.chips.{}.{}", self.chip.name, field.name());
        self.desk.known(path, self.chip.field(field))
    }

    /// The pool's own key, else the catalog's figure, else a problem that names the path to set.
    fn field(&mut self, leaf: &Option<Leaf>, key: &str, field: ChipField) -> f64 {
        match leaf {
            Some(leaf) => self.desk.number(leaf),
            None => self.figure(field).unwrap_or_else(|| self.blank(key)),
        }
    }

    /// Lead time [months]; needed where a delivery states no date of its order.
    fn lead(&mut self, months: ChipField) -> f64 {
        let unordered = self.pool.table.deliveries.iter().any(|delivery| delivery.ordered.is_none());
        match self.figure(months) {
            Some(months) => months,
            None if unordered => self.blank("lead"),
            None => 0.0,
        }
    }

    /// Purchase cost of a chip with its share of the server.
    fn cost(&mut self) -> Param {
        if let Some(leaf) = &self.pool.table.cost_usd_per_chip {
            return self.desk.param(leaf, (0.0, 1e8));
        }
        let unit = self.figure(ChipField::UnitCostUsd);
        let ratio = self.figure(ChipField::HostCostRatio);
        match (unit, ratio) {
            (Some(unit), Some(ratio)) => Param::Fixed(unit * ratio),
            _ => Param::Fixed(self.blank("cost_usd_per_chip")),
        }
    }

    fn blank(&mut self, key: &str) -> f64 {
        if self.needed {
            let path = format!("{}.{key}", self.pool.path);
            let message =
                format!("`{key}` of {} is not published, and pool `{}` needs it", self.chip.name, self.pool.name);
            self.desk.problem(self.pool.origin, &path, message, format!("set `{path}`"));
        }
        0.0
    }
}
