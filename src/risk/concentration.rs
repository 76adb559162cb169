//! Who the business depends on: shares, HHI, effective number, CR1 and CR2 by axis and base. Sizes only; no loss, no threshold.

use crate::finance::book::months_of;
use crate::finance::margin::{gang_chip_us, share_sum};
use crate::finance::{commitment, median, value};
use crate::measure::chip_hours;
use crate::record::{Posting, PostingKind, RunRecord, Sku};
use crate::stats::shares::{Concentration, concentration, shares};
use crate::world::{Cell, CellId, PoolId, TenantId, World};
use std::collections::BTreeMap;
use std::ops::Range;

/// Whose shares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Axis {
    /// Labs.
    Lab,
    /// Silicon vendors.
    Vendor,
    /// Regions.
    Region,
}

/// Shares of what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Base {
    /// Billed to labs outside the group [USD]; shortfalls only by lab, since they belong to no pool.
    Revenue,
    /// Mean megawatts at the meter at full power [MW]: by lab of the chips it holds or pays for, else of what is installed.
    Megawatts,
    /// BF16 peak x the workload's MFU x productive time [FLOP]; cells without either are left out, and `covered` says how much is in.
    EffectiveFlop,
    /// Mean chips x median unit cost [USD]: by lab the chips it holds or pays for, else those installed.
    UsdAtCost,
    /// Commitment still to be paid for at the month's end [USD]; axis lab only.
    RemainingCommitment,
}

impl Axis {
    /// Every axis.
    pub const ALL: [Axis; 3] = [Axis::Lab, Axis::Vendor, Axis::Region];
    /// As written in tables.
    pub fn name(self) -> &'static str {
        match self {
            Axis::Lab => "lab",
            Axis::Vendor => "silicon_vendor",
            Axis::Region => "region",
        }
    }
}

impl Base {
    /// Every base.
    pub const ALL: [Base; 5] =
        [Base::Revenue, Base::Megawatts, Base::EffectiveFlop, Base::UsdAtCost, Base::RemainingCommitment];
    /// As written in tables.
    pub fn name(self) -> &'static str {
        match self {
            Base::Revenue => "revenue",
            Base::Megawatts => "mw",
            Base::EffectiveFlop => "effective_flop",
            Base::UsdAtCost => "usd_at_cost",
            Base::RemainingCommitment => "remaining_commitment",
        }
    }
}

/// One axis on one base over the twelve months that end with `month`.
#[derive(Clone, Debug, PartialEq)]
pub struct Shares {
    /// Last month of the window.
    pub month: u16,
    /// (name, amount in the base's unit, share), in order of name; names with nothing are absent.
    pub names: Vec<(String, f64, f64)>,
    /// Indices.
    pub index: Concentration,
    /// Base effective FLOP: share of the productive chip-hours whose workload states an MFU on a chip with a peak [-]; None of other bases.
    pub covered: Option<f64>,
}

/// Concentration over the trailing twelve months up to and with `month`; fewer at the start of the study. None when there is nothing
/// to share, or the base has no meaning on the axis.
pub fn trailing(world: &World, record: &RunRecord, axis: Axis, base: Base, month: u16) -> Option<Shares> {
    let months = month.saturating_sub(11)..month + 1;
    let covered = (base == Base::EffectiveFlop).then(|| covered(world, record, &months)).flatten();
    let amounts = amounts(world, record, axis, base, months)?;
    let sizes: Vec<f64> = amounts.values().copied().collect();
    let (parts, index) = (shares(&sizes)?, concentration(&sizes)?);
    let names = amounts.into_iter().zip(parts).map(|((name, amount), share)| (name, amount, share)).collect();
    Some(Shares { month, names, index, covered })
}

/// Share of the productive chip-hours that effective FLOP can count; None where nothing was productive.
pub fn covered(world: &World, record: &RunRecord, months: &Range<u16>) -> Option<f64> {
    let (mut counted, mut all) = (0, 0);
    for (cell, terms) in world.cells.enumerate() {
        let productive = productive_us(record, cell, months);
        all += productive;
        counted += if flop_per_chip_s(world, record, terms).is_some() { productive } else { 0 };
    }
    crate::measure::ratio(counted as f64, all as f64)
}

/// BF16 peak x the workload's MFU [FLOP per chip and second]; None where either is not stated.
fn flop_per_chip_s(world: &World, record: &RunRecord, terms: &Cell) -> Option<f64> {
    let tflops = world.chips[world.pools[terms.pool].chip].bf16_tflops?;
    Some(tflops * 1e12 * value(record, terms.mfu.as_ref()?))
}

/// Amounts by name over some months in the base's unit; None where the base has no meaning on the axis.
pub fn amounts(
    world: &World,
    record: &RunRecord,
    axis: Axis,
    base: Base,
    months: Range<u16>,
) -> Option<BTreeMap<String, f64>> {
    let mut amounts = Amounts { world, axis, by_name: BTreeMap::new() };
    match base {
        Base::Revenue => amounts.revenue(record, &months),
        Base::Megawatts => amounts.chips(record, &months, |world, pool| world.pools[pool].power.full_mw as f64 / 1e9),
        Base::UsdAtCost => {
            amounts.chips(record, &months, |world, pool| median(world, &world.pools[pool].cost_usd_per_chip))
        }
        Base::EffectiveFlop => amounts.effective_flop(record, &months),
        Base::RemainingCommitment if axis == Axis::Lab => amounts.commitments(record, &months),
        Base::RemainingCommitment => return None,
    }
    amounts.by_name.retain(|_, amount| *amount != 0.0);
    Some(amounts.by_name)
}

struct Amounts<'a> {
    world: &'a World,
    axis: Axis,
    by_name: BTreeMap<String, f64>,
}

impl Amounts<'_> {
    fn add(&mut self, name: String, amount: f64) {
        *self.by_name.entry(name).or_default() += amount;
    }

    /// Name of a pool on the axis; of a lab's chips on it.
    fn name(&self, pool: PoolId, tenant: TenantId) -> String {
        match self.axis {
            Axis::Lab => self.world.tenants[tenant].name.clone(),
            Axis::Vendor | Axis::Region => self.place(pool),
        }
    }

    fn place(&self, pool: PoolId) -> String {
        let pool = &self.world.pools[pool];
        match (self.axis, pool.site) {
            (Axis::Vendor, _) => self.world.chips[pool.chip].vendor.clone(),
            (_, Some(site)) => self.world.sites[site].region.clone(),
            (_, None) => "no site".to_string(),
        }
    }

    fn revenue(&mut self, record: &RunRecord, months: &Range<u16>) {
        for posting in record.postings.iter().filter(|p| !p.internal && months.contains(&p.month)) {
            let lab = self.world.tenants.enumerate().find(|(_, lab)| lab.party == posting.payer);
            if let Some((tenant, lab)) = lab {
                let name = match (self.axis, pool_of(self.world, posting)) {
                    (Axis::Lab, _) => lab.name.clone(),
                    (Axis::Vendor | Axis::Region, Some(pool)) => self.name(pool, tenant),
                    (Axis::Vendor | Axis::Region, None) => continue,
                };
                self.add(name, posting.amount.usd());
            }
        }
    }

    /// Mean chips over the months x `size` of one: by lab those it holds or pays for, else the installed.
    fn chips(&mut self, record: &RunRecord, months: &Range<u16>, size: fn(&World, PoolId) -> f64) {
        let hours: f64 = months.clone().map(|month| self.world.month_span(month).hours()).sum();
        for pool in self.world.pools.ids() {
            let one = size(self.world, pool) / hours;
            if self.axis != Axis::Lab {
                let installed = months_of(&record.pools[pool.index()], months).iter().map(|m| m.installed).sum();
                self.add(self.place(pool), chip_hours(installed) * one);
                continue;
            }
            for (tenant, lab) in self.world.tenants.enumerate() {
                let beyond = gang_chip_us(self.world, record, pool, tenant, months).billed;
                let paid = share_sum(record, pool, tenant, months, |share| share.offered + share.reserved_offered);
                self.add(lab.name.clone(), chip_hours(beyond + paid) * one);
            }
        }
    }

    fn effective_flop(&mut self, record: &RunRecord, months: &Range<u16>) {
        for (cell, terms) in self.world.cells.enumerate() {
            if let Some(flop_per_chip_s) = flop_per_chip_s(self.world, record, terms) {
                let chip_s = productive_us(record, cell, months) as f64 / 1e6;
                let tenant = self.world.workloads[terms.workload].tenant;
                self.add(self.name(terms.pool, tenant), flop_per_chip_s * chip_s);
            }
        }
    }

    fn commitments(&mut self, record: &RunRecord, months: &Range<u16>) {
        let at = self.world.month_end(months.end - 1);
        for (contract, terms) in self.world.contracts.enumerate() {
            if let Some(left) = commitment::remaining(self.world, record, contract, at) {
                self.add(self.world.tenants[terms.tenant].name.clone(), left.usd());
            }
        }
    }
}

fn productive_us(record: &RunRecord, cell: CellId, months: &Range<u16>) -> u128 {
    months_of(&record.cells[cell.index()], months).iter().map(|month| month.productive).sum()
}

/// Pool that a lab's payment is for; None: a shortfall.
fn pool_of(world: &World, posting: &Posting) -> Option<PoolId> {
    match posting.sku {
        Sku::Cell(cell) => Some(world.cells[cell].pool),
        Sku::Pool(pool) | Sku::Share(pool, _) | Sku::Delivery(pool, _) | Sku::Block(pool, _) => Some(pool),
        Sku::Period(..) | Sku::Tranche(..) => {
            assert!(!posting.kind.is_metered() && posting.kind != PostingKind::CapexOrder, "{:?}", posting.kind);
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finance::testworld::{run, world};

    fn told(axis: Axis, base: Base, month: u16) -> Option<String> {
        let world = world();
        let shares = trailing(&world, &run(&world), axis, base, month)?;
        let names = shares.names.iter().map(|(name, amount, share)| format!("{name} {amount:.3} {share:.4}"));
        Some(format!("{} | HHI {:.1}", names.collect::<Vec<_>>().join(", "), shares.index.hhi))
    }

    /// After January 2026 only beta has paid: 4 x 744 x 2.00 + 744 = 6,696. Trailing a year to March 2026, remaining commitment:
    /// 220,000 and 53,560: .80421^2 + .19579^2 = 6,850.9. Megawatts in January: 6 chips of 500 W by lab, 20 installed by vendor.
    /// USD at cost: 6 x 10,000.5. FLOP: 190e12 x 0.4 x 4 chips x 2,678,400 s = 8.142e20.
    #[test]
    fn shares_by_hand() {
        let some = |text: &str| Some(text.to_string());
        assert_eq!(told(Axis::Lab, Base::Revenue, 0), some("beta 6696.000 1.0000 | HHI 10000.0"));
        assert_eq!(told(Axis::Region, Base::Revenue, 0), some("us-east-2 6696.000 1.0000 | HHI 10000.0"));
        assert_eq!(told(Axis::Lab, Base::Megawatts, 0), some("beta 0.003 1.0000 | HHI 10000.0"));
        assert_eq!(told(Axis::Vendor, Base::Megawatts, 0), some("aws 0.010 1.0000 | HHI 10000.0"));
        assert_eq!(told(Axis::Lab, Base::UsdAtCost, 0), some("beta 60003.000 1.0000 | HHI 10000.0"));
        let flop = told(Axis::Vendor, Base::EffectiveFlop, 0).unwrap();
        assert!(flop.starts_with("aws 814233600000000000000"), "{flop}");
        let left = told(Axis::Lab, Base::RemainingCommitment, 2);
        assert_eq!(left, some("alpha 220000.000 0.8042, beta 53560.000 0.1958 | HHI 6850.9"));
        assert_eq!(told(Axis::Region, Base::RemainingCommitment, 2), None);
    }

    /// The window is the twelve months up to the one asked for: at month 12 January 2026 has left it.
    #[test]
    fn the_window_trails() {
        let (world, record) = (world(), run(&world()));
        let sum = |months| amounts(&world, &record, Axis::Lab, Base::Revenue, months).unwrap().values().sum::<f64>();
        let shares = trailing(&world, &record, Axis::Lab, Base::Revenue, 12).unwrap();
        assert_eq!(shares.names.iter().map(|(_, amount, _)| amount).sum::<f64>(), sum(1..13));
    }

    #[test]
    fn nothing_billed_has_no_shares() {
        let (world, mut record) = (world(), run(&world()));
        record.postings.clear();
        assert_eq!(trailing(&world, &record, Axis::Lab, Base::Revenue, 3), None);
    }

    /// Campaign efficiency says how much of the work was of use, not how much was done: FLOP are the same at a half. A workload without an
    /// MFU is left out, and the covered share falls from all to nothing.
    #[test]
    fn flop_are_of_workloads_with_an_mfu() {
        let mut world = world();
        let record = run(&world);
        let flop = |world: &World| amounts(world, &record, Axis::Vendor, Base::EffectiveFlop, 0..1).unwrap();
        let whole = flop(&world);
        assert_eq!(trailing(&world, &record, Axis::Vendor, Base::EffectiveFlop, 0).unwrap().covered, Some(1.0));
        assert_eq!(trailing(&world, &record, Axis::Vendor, Base::Revenue, 0).unwrap().covered, None);
        for workload in &mut world.workloads.0 {
            if let crate::world::Source::Campaigns(campaigns) = &mut workload.source {
                campaigns.campaign_efficiency = crate::world::Param::Fixed(0.5);
            }
        }
        assert_eq!(flop(&world), whole);
        world.cells.0.iter_mut().for_each(|cell| cell.mfu = None);
        assert_eq!((flop(&world).len(), covered(&world, &record, &(0..1))), (0, Some(0.0)));
    }
}
