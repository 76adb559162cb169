//! The only way to change [`Live`]: each effect is also a row of `events.csv`. Knows no cause.

use super::live::{InForce, LISTED, Live};
use super::model::{ContractId, PoolId, PriceKind, SiteId, TenantId, WorkloadId};
use crate::units::Rate;

/// What an event row is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EventKind {
    /// Chips of a pool changed by a delivery.
    Delivery,
    /// ... by a retirement.
    Retirement,
    /// A delivery was cancelled.
    DeliveryCancelled,
    /// A price came into force [nano-USD per chip-hour].
    Price,
    /// A contract price came into force [nano-USD per chip-hour].
    ContractPrice,
    /// Electricity price [nano-USD per MWh].
    PowerPrice,
    /// Facility rate [nano-USD per MW-hour].
    FacilityRate,
    /// Operations rate [nano-USD per MW-hour].
    OperationsRate,
    /// Purchase cost of a chip [nano-USD].
    ChipCost,
    /// Guaranteed chips.
    Guaranteed,
    /// Reserved chips.
    Reserved,
    /// Site power [kW].
    SiteMw,
    /// Share of a workload's jobs that are ours [1e-9].
    Volume,
    /// A contract began.
    ContractStart,
    /// A contract ended.
    ContractEnd,
    /// `decide_at`.
    Decide,
    /// A test's marker for a class without a handler.
    Marker,
    /// What others may use of an idle guarantee [chips].
    Borrowable,
    /// Chips that spot may hold.
    SpotChips,
    /// Chips of a tenant's capacity blocks in force.
    BlockChips,
    /// A capacity block is bought [chips].
    BlockBought,
}

/// What changed, in integers: a row of `events.csv` without its instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// What.
    pub kind: EventKind,
    /// About which pool (or site, contract, workload): index by kind.
    pub subject: u32,
    /// Second subject (tenant, delivery, price slot), by kind.
    pub object: u32,
    /// New value, in the kind's integer unit.
    pub value: i64,
}

/// A change of what a run lives with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Effect {
    /// A listed price comes into force.
    Price(PoolId, PriceKind, Rate),
    /// A contract price comes into force.
    ContractPrice(ContractId, PoolId, Rate),
    /// Electricity [per MWh].
    PowerPrice(PoolId, Rate),
    /// Facility [per MW-hour installed].
    FacilityRate(PoolId, Rate),
    /// Operations [per MW-hour installed].
    OperationsRate(PoolId, Rate),
    /// Guaranteed chips of a tenant.
    Guaranteed(PoolId, TenantId, u32),
    /// Reserved chips of a tenant.
    Reserved(PoolId, TenantId, u32),
    /// What others may use of a tenant's idle guarantee.
    Borrowable(PoolId, TenantId, u32),
    /// Chips that spot may hold.
    SpotChips(PoolId, u32),
    /// Chips of a tenant's capacity blocks in force.
    BlockChips(PoolId, TenantId, u32),
    /// A capacity block is bought: (pool, block, chips).
    BlockBought(PoolId, u32, u32),
    /// Power of a site [MW].
    SiteMw(SiteId, f64),
    /// Share of a workload's jobs that are ours.
    Volume(WorkloadId, f64),
    /// A contract begins.
    ContractStart(ContractId),
    /// A contract ends.
    ContractEnd(ContractId),
    /// Nodes delivered: (pool, delivery, chips now planned in the ground).
    Delivered(PoolId, u32, u32),
    /// A delivery is cancelled.
    DeliveryCancelled(PoolId, u32),
    /// Nodes retired: (pool, chips).
    Retired(PoolId, u32),
    /// The decision date.
    Decide,
    /// Purchase cost of a pool's chip [nano-USD]; recorded as the price path of its capex.
    ChipCost(PoolId, Rate),
}

impl Effect {
    /// Applies the effect to `live` and says what changed.
    pub fn apply(self, live: &mut Live) -> Change {
        let row = |kind, subject: usize, object: usize, value: i64| Change {
            kind,
            subject: subject as u32,
            object: object as u32,
            value,
        };
        match self {
            Effect::Price(pool, kind, rate) => {
                let slot = LISTED.iter().position(|k| *k == kind).expect("only listed kinds have a path");
                let price = &mut live.pools[pool.index()].prices[slot];
                *price = Some(stepped(*price, rate));
                row(EventKind::Price, pool.index(), slot, rate.0)
            }
            Effect::ContractPrice(contract, pool, rate) => {
                let price = &mut live.contracts[contract.index()].prices[pool.index()];
                *price = Some(stepped(*price, rate));
                row(EventKind::ContractPrice, contract.index(), pool.index(), rate.0)
            }
            Effect::PowerPrice(pool, rate) => {
                step(&mut live.pools[pool.index()].power, rate);
                row(EventKind::PowerPrice, pool.index(), 0, rate.0)
            }
            Effect::FacilityRate(pool, rate) => {
                step(&mut live.pools[pool.index()].facility, rate);
                row(EventKind::FacilityRate, pool.index(), 0, rate.0)
            }
            Effect::OperationsRate(pool, rate) => {
                step(&mut live.pools[pool.index()].operations, rate);
                row(EventKind::OperationsRate, pool.index(), 0, rate.0)
            }
            Effect::Guaranteed(pool, tenant, chips) => {
                live.pools[pool.index()].guaranteed[tenant.index()] = chips;
                row(EventKind::Guaranteed, pool.index(), tenant.index(), i64::from(chips))
            }
            Effect::Borrowable(pool, tenant, chips) => {
                live.pools[pool.index()].borrowable[tenant.index()] = chips;
                row(EventKind::Borrowable, pool.index(), tenant.index(), i64::from(chips))
            }
            Effect::Reserved(pool, tenant, chips) => {
                live.pools[pool.index()].reserved[tenant.index()] = chips;
                row(EventKind::Reserved, pool.index(), tenant.index(), i64::from(chips))
            }
            Effect::SpotChips(pool, chips) => {
                live.pools[pool.index()].spot_chips = Some(chips);
                row(EventKind::SpotChips, pool.index(), 0, i64::from(chips))
            }
            Effect::BlockChips(pool, tenant, chips) => {
                live.pools[pool.index()].blocks[tenant.index()] = chips;
                row(EventKind::BlockChips, pool.index(), tenant.index(), i64::from(chips))
            }
            Effect::BlockBought(pool, block, chips) => {
                row(EventKind::BlockBought, pool.index(), block as usize, i64::from(chips))
            }
            Effect::SiteMw(site, mw) => {
                live.site_mw[site.index()] = mw;
                row(EventKind::SiteMw, site.index(), 0, (mw * 1000.0).round() as i64)
            }
            Effect::Volume(workload, share) => {
                live.volumes[workload.index()] = share;
                row(EventKind::Volume, workload.index(), 0, (share * 1e9).round() as i64)
            }
            Effect::ContractStart(contract) => row(EventKind::ContractStart, contract.index(), 0, 1),
            Effect::ContractEnd(contract) => row(EventKind::ContractEnd, contract.index(), 0, 0),
            Effect::Delivered(pool, delivery, chips) => {
                row(EventKind::Delivery, pool.index(), delivery as usize, i64::from(chips))
            }
            Effect::DeliveryCancelled(pool, delivery) => {
                row(EventKind::DeliveryCancelled, pool.index(), delivery as usize, 0)
            }
            Effect::Retired(pool, chips) => row(EventKind::Retirement, pool.index(), 0, i64::from(chips)),
            Effect::Decide => row(EventKind::Decide, 0, 0, 0),
            Effect::ChipCost(pool, rate) => {
                live.pools[pool.index()].cost_per_chip = rate;
                row(EventKind::ChipCost, pool.index(), 0, rate.0)
            }
        }
    }
}

/// The first price is segment 0; each later one begins a new segment.
fn stepped(before: Option<InForce>, rate: Rate) -> InForce {
    InForce { rate, segment: before.map_or(0, |b| b.segment + 1) }
}

/// As [`stepped`] for prices that exist from the start: setting the first one keeps segment 0.
fn step(price: &mut InForce, rate: Rate) {
    let first = price.rate == Rate(0) && price.segment == 0;
    *price = InForce { rate, segment: if first { 0 } else { price.segment + 1 } };
}
