//! What contracts still promise: remaining commitment, what lies beyond the horizon, megawatts left behind by an exit. No cash.

use super::margin::gang_chip_us;
use super::value;
use crate::measure::chip_hours;
use crate::record::{PostingKind, RunRecord, Sku};
use crate::units::{Money, Rate, SimTime, Span};
use crate::world::{ContractId, EventKind, PoolId, TenantId, World};

/// Commitment of a contract still to be paid for after `at` [micro-USD], whenever the study ends.
///
/// Sum over contract years that end after `at` of commitment less what is already drawn or excused in them, never below zero; years that
/// begin after the study's end are in it whole. None before the
/// signing and after the contract's end; `at` should be a month's end, because lines are monthly. Eq. (26).
pub fn remaining(world: &World, record: &RunRecord, contract: ContractId, at: SimTime) -> Option<Money> {
    let terms = &world.contracts[contract];
    let over = terms.periods.last().is_none_or(|last| last.to <= at && last.year + 1 == terms.ramp.len());
    let unsigned = terms.start.is_some_and(|start| at < start);
    if over || unsigned || ended_by(record, contract, at) {
        return None;
    }
    let total = Money::from_usd(value(record, terms.commit_usd.as_ref()?));
    let open = terms.periods.iter().enumerate().filter(|(_, period)| at < period.to);
    let left = open.map(|(n, period)| {
        let mut done = Money::ZERO;
        if period.from < at {
            done += drawn_between(world, record, contract, period.from, at);
            done += excused_between(world, record, contract, period.from, at);
        }
        (terms.committed(total, n, period.to) - done).max(Money::ZERO)
    });
    Some(left.sum::<Money>() + terms.committed_later(total))
}

/// Remainder beyond the horizon: what is still committed when the study ends.
pub fn beyond_horizon(world: &World, record: &RunRecord, contract: ContractId) -> Option<Money> {
    remaining(world, record, contract, world.end)
}

fn ended_by(record: &RunRecord, contract: ContractId, at: SimTime) -> bool {
    record.events.iter().any(|row| {
        row.change.kind == EventKind::ContractEnd && row.change.subject as usize == contract.index() && row.at <= at
    })
}

/// Chip-time lines between lab and cloud read in (from, to].
fn drawn_between(world: &World, record: &RunRecord, contract: ContractId, from: SimTime, to: SimTime) -> Money {
    let terms = &world.contracts[contract];
    let (lab, cloud) = (world.tenants[terms.tenant].party, world.clouds[terms.cloud].party);
    let chip_time = [PostingKind::Usage, PostingKind::Reservation, PostingKind::ReservedInference];
    let lines = record.postings.iter().filter(|posting| {
        let read = from < posting.at && posting.at <= to;
        read && posting.payer == lab && posting.payee == cloud && chip_time.contains(&posting.kind)
    });
    lines.map(|posting| posting.amount).sum()
}

/// Contract price x chip-time late, down or blocked, read in (from, to].
fn excused_between(world: &World, record: &RunRecord, contract: ContractId, from: SimTime, to: SimTime) -> Money {
    let terms = &world.contracts[contract];
    let missed = record.meters.iter().filter(|row| from < row.to && row.to <= to && 0 < row.undelivered + row.blocked);
    let of_lab = missed.filter_map(|row| match row.sku {
        Sku::Share(pool, tenant) if tenant == terms.tenant && world.cloud_of(pool) == Some(terms.cloud) => {
            let units = row.kind.units_per_rate_unit();
            let rate = price_at(record, contract, pool, row.from);
            Some(Money::of(row.undelivered as i128, rate, units) + Money::of(row.blocked as i128, rate, units))
        }
        _ => None,
    });
    of_lab.sum()
}

/// Contract price of a pool in force from `at` on.
fn price_at(record: &RunRecord, contract: ContractId, pool: PoolId, at: SimTime) -> Rate {
    let rows = record.events.iter().rev();
    let mut steps = rows.filter(|row| {
        let change = row.change;
        change.kind == EventKind::ContractPrice
            && (change.subject as usize, change.object as usize) == (contract.index(), pool.index())
            && row.at <= at
    });
    steps.next().map_or(Rate(0), |row| Rate(row.change.value))
}

/// Megawatts at the meter, at full power, that would be left behind if a lab's contract ended.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Stranded {
    /// Guaranteed and reserved chips [MW].
    pub committed_mw: f64,
    /// Chips its gangs held beyond the guarantee, mean over the month before [MW].
    pub beyond_mw: f64,
}

impl Stranded {
    /// Both [MW].
    pub fn mw(self) -> f64 {
        self.committed_mw + self.beyond_mw
    }
}

/// Megawatts stranded if the lab left at `decide_at`, from the shares in force just before it. None without a decision date.
pub fn stranded(world: &World, record: &RunRecord, tenant: TenantId) -> Option<Stranded> {
    let at = world.decide_at?;
    let month = world.month_before(at);
    let hours = Span::hours(world.month_span(month));
    let mut stranded = Stranded::default();
    for (pool, terms) in world.pools.enumerate() {
        let mw_per_chip = terms.power.full_mw as f64 / 1e9;
        let share = |kind| shares_before(record, kind, pool.index(), tenant.index(), at);
        stranded.committed_mw += (share(EventKind::Guaranteed) + share(EventKind::Reserved)) * mw_per_chip;
        let beyond = gang_chip_us(world, record, pool, tenant, &(month..month + 1)).billed;
        stranded.beyond_mw += chip_hours(beyond) / hours * mw_per_chip;
    }
    Some(stranded)
}

/// Chips of a tenant's share by the last row before `at`.
fn shares_before(record: &RunRecord, kind: EventKind, pool: usize, tenant: usize, at: SimTime) -> f64 {
    let rows = record.events.iter().rev();
    let mut of_share = rows.filter(|row| {
        let change = row.change;
        row.at < at && change.kind == kind && change.subject as usize == pool && change.object as usize == tenant
    });
    of_share.next().map_or(0.0, |row| row.change.value as f64)
}
