//! Lines that fall on a date: capex by schedule and price path, tranches by schedule. Knows nothing of meters.

use super::Second;
use crate::finance::value;
use crate::record::{PostingKind, Sku};
use crate::units::{Money, Rate, SimTime};
use crate::world::{Delivery, EventKind, LISTED, PoolId, PriceKind};

impl Second<'_> {
    /// Deposits by the world's order dates, rests by deliveries that took place, fees by cancellations: chips x cost of a chip.
    pub fn capex(&mut self) {
        for pool in self.world.pools.ids() {
            if self.cloud_of(pool).is_none() {
                continue;
            }
            for n in 0..self.world.pools[pool].deliveries.len() as u32 {
                self.delivery(pool, n);
            }
        }
    }

    fn delivery(&mut self, pool: PoolId, n: u32) {
        let delivery = &self.world.pools[pool].deliveries[n as usize];
        let delivered = self.event(EventKind::Delivery, pool, n);
        let cancelled = self.event(EventKind::DeliveryCancelled, pool, n);
        let before = delivery.ordered_before_start || delivery.ordered.is_none();
        let ordered = delivery.ordered.filter(|at| !before && cancelled.is_none_or(|cancel| *at < cancel));
        let ordered = ordered.filter(|at| *at < self.world.end);
        if let Some(at) = ordered {
            let (deposit, _) = self.deposit_and_rest(pool, delivery, at);
            self.supply(PostingKind::CapexOrder, pool, n, at, deposit);
        }
        if let Some(at) = delivered {
            let (_, rest) = self.deposit_and_rest(pool, delivery, at);
            self.supply(PostingKind::CapexDelivery, pool, n, at, rest);
        }
        if let Some(at) = cancelled.filter(|_| before || ordered.is_some()) {
            let fee = nano_share(self.cost(pool, at), delivery.cancel_fee, 1);
            let amount = Money::of(self.chips(pool, delivery), Rate(fee as i64), 1);
            self.supply(PostingKind::CancelFee, pool, n, at, amount);
        }
    }

    /// Total = chips x cost, rounded once; deposit = chips x (cost x share to two micro-dollars); rest = total - deposit.
    fn deposit_and_rest(&self, pool: PoolId, delivery: &Delivery, at: SimTime) -> (Money, Money) {
        let cost = self.cost(pool, at);
        let chips = self.chips(pool, delivery);
        let total = Money::of(chips, cost, 1);
        let deposit = Money(chips * 2 * nano_share(cost, delivery.deposit, 2_000)).min(total);
        (deposit, total - deposit)
    }

    fn supply(&mut self, kind: PostingKind, pool: PoolId, n: u32, at: SimTime, amount: Money) {
        if at < self.world.start {
            return;
        }
        let cloud = self.cloud_of(pool).expect("a pool with a site");
        let parties = (self.world.clouds[cloud].party, self.outside("chip suppliers"));
        let key = (self.world.month_of(at), kind, Sku::Delivery(pool, n), parties.0, parties.1, false);
        self.expect(key, amount);
    }

    fn chips(&self, pool: PoolId, delivery: &Delivery) -> i128 {
        i128::from(delivery.nodes) * i128::from(self.world.pools[pool].chips_per_node)
    }

    fn cost(&self, pool: PoolId, at: SimTime) -> Rate {
        self.paths.at((EventKind::ChipCost, pool.index() as u32, 0), at).unwrap_or_default()
    }

    /// When something happened to a delivery.
    fn event(&self, kind: EventKind, pool: PoolId, n: u32) -> Option<SimTime> {
        let rows = self.record.events.iter();
        let mut same = rows.filter(|row| {
            row.change.kind == kind && row.change.subject as usize == pool.index() && row.change.object == n
        });
        same.next().map(|row| row.at)
    }

    /// Capacity blocks booked inside the run, but for those of a lab whose contract the strategy has ended by then: chips x length x the price
    /// of that day, and chips in force by the same schedule.
    pub fn blocks(&mut self) {
        for (pool, terms) in self.world.pools.enumerate() {
            let Some(cloud) = self.cloud_of(pool) else { continue };
            for (n, block) in terms.blocks.iter().enumerate() {
                let Some(at) = block.booked.filter(|at| *at < self.world.end) else { continue };
                let lab = &self.world.tenants[block.tenant];
                let ended =
                    self.world.without.contracts.iter().any(|c| self.world.contracts[*c].tenant == block.tenant);
                if ended && self.world.decide_at.is_some_and(|decide| decide <= at) {
                    continue;
                }
                let slot = LISTED.iter().position(|kind| *kind == PriceKind::CapacityBlock).expect("a listed price");
                let path = (EventKind::Price, pool.index() as u32, slot as u32);
                let rate = self.paths.at(path, at).unwrap_or_default();
                let chip_us = i128::from(block.chips) * i128::from(block.length.0);
                let amount = Money::of(chip_us, rate, 3_600_000_000);
                let internal = lab.own || lab.contract.is_some_and(|contract| self.world.contracts[contract].internal);
                let (month, sku) = (self.world.month_of(at), Sku::Block(pool, n as u32));
                let parties = (lab.party, self.world.clouds[cloud].party);
                self.expect((month, PostingKind::Block, sku, parties.0, parties.1, internal), amount);
            }
        }
    }

    /// Dated tranches inside the run, but for those the strategy is without from `decide_at` on.
    pub fn tranches(&mut self) {
        for (investment, terms) in self.world.investments.enumerate() {
            let off = self.world.without.investments.contains(&investment);
            let lab = &self.world.tenants[terms.tenant];
            for (n, tranche) in terms.tranches.iter().enumerate() {
                let inside = self.world.start <= tranche.at && tranche.at < self.world.end;
                let stopped = off && self.world.decide_at.is_some_and(|decide| decide <= tranche.at);
                if inside && !stopped {
                    let amount = Money::from_usd(value(self.record, &tranche.usd));
                    let sku = Sku::Tranche(investment, n as u32);
                    let payer = self.world.clouds[terms.cloud].party;
                    let month = self.world.month_of(tranche.at);
                    self.expect((month, PostingKind::Tranche, sku, payer, lab.party, lab.own), amount);
                }
            }
        }
    }
}

/// Cost x share in grains of `grain` nano-dollars, nearest, halves to even.
fn nano_share(cost: Rate, share: f64, grain: i128) -> i128 {
    let billionths = (share * 1e9).round_ties_even() as i128;
    let (product, unit) = (i128::from(cost.0) * billionths, 1_000_000_000 * grain);
    let (whole, rest) = (product / unit, product % unit);
    match (2 * rest).cmp(&unit) {
        std::cmp::Ordering::Less => whole,
        std::cmp::Ordering::Greater => whole + 1,
        std::cmp::Ordering::Equal => whole + whole % 2,
    }
}
