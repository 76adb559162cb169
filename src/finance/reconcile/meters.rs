//! Metered lines: meter x price path, and the meters themselves against the monthly integrals. Knows nothing of dated lines.

use super::path::PathKey;
use super::{LineKey, Second};
use crate::record::{MeterRow, PostingKind, Sku};
use crate::units::Money;
use crate::world::{CloudId, ContractId, EventKind, LISTED, PoolId, PriceKind, TenantId};
use std::collections::BTreeMap;

/// What a period of a contract has drawn, what is excused, and what of that was blocked.
#[derive(Clone, Copy, Default)]
pub struct Drawn {
    pub drawn: Money,
    pub excused: Money,
    pub blocked: Money,
}

/// By (contract, period).
pub type Drawdown = BTreeMap<(ContractId, u32), Drawn>;

/// Chip-microseconds to the chip-hour.
const CHIP_HOUR: i128 = 3_600_000_000;
/// mW us to the megawatt-hour.
const MEGAWATT_HOUR: i128 = 3_600_000_000 * 1_000_000_000;

impl Second<'_> {
    /// Every reading at the price in force at its start; answers what the contracts' periods have drawn.
    pub fn metered(&mut self) -> Drawdown {
        let mut drawdown = Drawdown::new();
        let mut read_to = BTreeMap::new();
        for row in &self.record.meters {
            let last = read_to.insert((row.kind, row.sku), row.to).unwrap_or_default();
            let what = format!("{} {:?} counts [{}, {})", row.kind.name(), row.sku, row.from, row.to);
            let again = u64::saturating_sub(last.0, row.from.0) + row.from.0.saturating_sub(row.to.0);
            self.must_equal("meter", what.clone() + ", time counted again", "us", 0, i128::from(again));
            let month = i128::from(self.world.month_before(row.to));
            self.must_equal("meter", what.clone() + ", month of its end", "month", month, i128::from(row.month));
            if row.from < row.to {
                let begun = i128::from(self.world.month_of(row.from));
                self.must_equal("meter", what + ", month of its start", "month", begun, i128::from(row.month));
            }
            match row.sku {
                Sku::Cell(cell) => {
                    let cell = &self.world.cells[cell];
                    let tenant = self.world.workloads[cell.workload].tenant;
                    self.chip_time(row, tenant, cell.pool, &mut drawdown);
                }
                Sku::Share(pool, tenant) => self.chip_time(row, tenant, pool, &mut drawdown),
                Sku::Pool(pool) => self.owning(row, pool),
                Sku::Delivery(..) | Sku::Period(..) | Sku::Tranche(..) | Sku::Block(..) => {
                    panic!("no meter counts {:?}", row.sku)
                }
            }
        }
        drawdown
    }

    /// Chip-hours x price, lab to cloud.
    fn chip_time(&mut self, row: &MeterRow, tenant: TenantId, pool: PoolId, drawdown: &mut Drawdown) {
        let Some(cloud) = self.cloud_of(pool) else { return };
        let Some(path) = self.chip_price(row, tenant, pool) else { return };
        let amount = self.priced(row, path, CHIP_HOUR);
        let (late, blocked) = (self.missed(row, row.undelivered, path), self.missed(row, row.blocked, path));
        let lab = &self.world.tenants[tenant];
        let internal = lab.own || lab.contract.is_some_and(|contract| self.world.contracts[contract].internal);
        self.expect((row.month, row.kind, row.sku, lab.party, self.world.clouds[cloud].party, internal), amount);
        if let Some((contract, period)) = self.period_of(row, tenant, cloud) {
            let period = drawdown.entry((contract, period)).or_default();
            period.drawn += amount;
            period.excused += late + blocked;
            period.blocked += blocked;
        }
    }

    /// Path of a chip-hour's price; None: not billed.
    fn chip_price(&self, row: &MeterRow, tenant: TenantId, pool: PoolId) -> Option<PathKey> {
        let kind = match row.sku {
            Sku::Cell(cell) => self.world.cells[cell].price,
            _ => PriceKind::Contract,
        };
        let pool = pool.index() as u32;
        match kind {
            PriceKind::Free => None,
            PriceKind::Contract => {
                let contract = self.world.tenants[tenant].contract?;
                Some((EventKind::ContractPrice, contract.index() as u32, pool))
            }
            listed => {
                let slot = LISTED.iter().position(|k| *k == listed).expect("a listed price");
                Some((EventKind::Price, pool, slot as u32))
            }
        }
    }

    /// Energy or installed megawatt-hours x rate, cloud to the party outside.
    fn owning(&mut self, row: &MeterRow, pool: PoolId) {
        let Some(cloud) = self.cloud_of(pool) else { return };
        let (event, payee) = match row.kind {
            PostingKind::Power => (EventKind::PowerPrice, "utilities"),
            PostingKind::Facility => (EventKind::FacilityRate, "facility owners"),
            PostingKind::Operations => (EventKind::OperationsRate, "operations staff and network"),
            other => panic!("no meter of a pool feeds {}", other.name()),
        };
        let amount = self.priced(row, (event, pool.index() as u32, 0), MEGAWATT_HOUR);
        let key: LineKey = (row.month, row.kind, row.sku, self.world.clouds[cloud].party, self.outside(payee), false);
        self.expect(key, amount);
    }

    /// Quantity x the price at the reading's start, rounded once; a price that steps inside is a mismatch of its own.
    fn priced(&mut self, row: &MeterRow, path: PathKey, unit: i128) -> Money {
        if row.quantity + row.undelivered + row.blocked == 0 {
            return Money::ZERO;
        }
        let what = format!("{} {:?} [{}, {})", row.kind.name(), row.sku, row.from, row.to);
        let Some(rate) = self.paths.at(path, row.from) else {
            self.must_equal("price path", format!("{what} has no price in force"), "rows", 1, 0);
            return Money::ZERO;
        };
        if self.paths.steps_inside(path, row.from, row.to) {
            self.must_equal("price path", format!("{what} crosses a step"), "steps", 0, 1);
        }
        Money::of(row.quantity as i128, rate, unit)
    }

    /// Price x chip-time in the contract but late, down or blocked.
    fn missed(&self, row: &MeterRow, chip_us: u128, path: PathKey) -> Money {
        let rate = self.paths.at(path, row.from).unwrap_or_default();
        Money::of(chip_us as i128, rate, CHIP_HOUR)
    }

    /// Period that holds the whole reading; a reading that crosses its start or end is a mismatch.
    fn period_of(&mut self, row: &MeterRow, tenant: TenantId, cloud: CloudId) -> Option<(ContractId, u32)> {
        let contract = self.world.tenants[tenant].contract?;
        let terms = &self.world.contracts[contract];
        if terms.cloud != cloud {
            return None;
        }
        let ended = self.ended_at(contract);
        for (n, period) in terms.periods.iter().enumerate() {
            let to = ended.map_or(period.to, |end| end.min(period.to));
            if period.from <= row.from && row.to <= to {
                return Some((contract, n as u32));
            }
            if row.from.max(period.from) < row.to.min(to) {
                let what = format!("{} {:?} [{}, {}) crosses period {n}", row.kind.name(), row.sku, row.from, row.to);
                self.must_equal("meter", what, "crossings", 0, 1);
            }
        }
        None
    }

    /// Readings of a month add up to its integral: of cells (billed), shares (offered, undelivered) and pools (energy, installed).
    pub fn integrals(&mut self) {
        let mut counted: BTreeMap<(PostingKind, Sku, usize), [u128; 3]> = BTreeMap::new();
        for row in &self.record.meters {
            let sums = counted.entry((row.kind, row.sku, usize::from(row.month))).or_default();
            for (sum, more) in sums.iter_mut().zip([row.quantity, row.undelivered, row.blocked]) {
                *sum += more;
            }
        }
        for (kind, sku, month, integrals) in self.integrals_of_months() {
            let read = counted.get(&(kind, sku, month)).copied().unwrap_or_default();
            for (part, (integral, read)) in ["", ", undelivered", ", blocked"].iter().zip(integrals.iter().zip(read)) {
                let what = format!("{} {sku:?}, month {month}{part}", kind.name());
                self.must_equal("meter", what, "units", *integral as i128, read as i128);
            }
        }
    }

    fn integrals_of_months(&self) -> Vec<(PostingKind, Sku, usize, [u128; 3])> {
        let mut all = Vec::new();
        for (cell, terms) in self.world.cells.enumerate() {
            let free = terms.price == PriceKind::Free;
            if free || self.cloud_of(terms.pool).is_none() {
                continue;
            }
            let months = self.record.cells.get(cell.index()).into_iter().flatten();
            all.extend(months.enumerate().map(|(m, i)| (PostingKind::Usage, Sku::Cell(cell), m, [i.billed, 0, 0])));
        }
        for pool in self.world.pools.ids().filter(|pool| self.cloud_of(*pool).is_some()) {
            for (m, i) in self.record.pools.get(pool.index()).into_iter().flatten().enumerate() {
                all.push((PostingKind::Power, Sku::Pool(pool), m, [i.energy_mw_us, 0, 0]));
                all.push((PostingKind::Facility, Sku::Pool(pool), m, [i.installed_mw_us, 0, 0]));
                all.push((PostingKind::Operations, Sku::Pool(pool), m, [i.installed_mw_us, 0, 0]));
            }
            let tenants = self.record.shares.get(pool.index()).into_iter().flatten();
            for (tenant, months) in tenants.enumerate() {
                let sku = Sku::Share(pool, TenantId::new(tenant));
                if !self.is_priced(pool, TenantId::new(tenant)) {
                    continue;
                }
                for (m, i) in months.iter().enumerate() {
                    let reserved = [i.reserved_offered, i.reserved_late, i.reserved_blocked];
                    all.push((PostingKind::Reservation, sku, m, [i.offered, i.late, i.blocked]));
                    all.push((PostingKind::ReservedInference, sku, m, reserved));
                }
            }
        }
        all
    }

    /// Whether the lab has a contract that reaches the pool: a share without one is a scheduling right that nobody bills.
    fn is_priced(&self, pool: PoolId, tenant: TenantId) -> bool {
        let contract = self.world.tenants[tenant].contract;
        contract.is_some_and(|contract| self.world.contracts[contract].prices.iter().any(|(to, _)| *to == pool))
    }

    pub fn cloud_of(&self, pool: PoolId) -> Option<CloudId> {
        self.world.pools[pool].site.map(|site| self.world.sites[site].cloud)
    }
}
