//! Net present value of a cloud's cash: operations, equity, total, with terminal value `none` and `book`. Pre-tax; changes nothing.

use super::{book, value};
use crate::record::{Posting, PostingKind, RunRecord};
use crate::stats::math::pow;
use crate::units::SimTime;
use crate::world::{CloudId, World};

/// Present values at the scenario's start [USD].
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Npv {
    /// What labs pay less capex when paid, power, facility, operations and fees.
    pub operations: f64,
    /// Tranches, negative.
    pub equity: f64,
    /// Terminal value in mode `book`: book value of the fleet at the end, discounted. Mode `none` has 0.
    pub terminal_book: f64,
    /// The scenario's headline mode is `book`.
    pub headline_book: bool,
}

impl Npv {
    /// Operations + equity, without terminal value.
    pub fn total_none(self) -> f64 {
        self.operations + self.equity
    }
    /// Operations + equity + discounted book value of the fleet.
    pub fn total_book(self) -> f64 {
        self.total_none() + self.terminal_book
    }
    /// Total in the scenario's headline mode.
    pub fn total(self) -> f64 {
        if self.headline_book { self.total_book() } else { self.total_none() }
    }
}

/// NPV of the provider group of a cloud over one run: sum of DF(date) x cash that crosses the group's border.
pub fn npv(world: &World, record: &RunRecord, cloud: CloudId) -> Npv {
    let terms = &world.clouds[cloud];
    let k = value(record, &terms.discount_rate);
    let mut npv = Npv { headline_book: terms.at_end_book, ..Npv::default() };
    for posting in record.postings.iter().filter(|posting| !posting.internal) {
        let sign = if posting.payee == terms.party {
            1.0
        } else if posting.payer == terms.party {
            -1.0
        } else {
            continue;
        };
        let present = sign * posting.amount.usd() * discount_factor(k, value_years(world, posting));
        *(if posting.kind == PostingKind::Tranche { &mut npv.equity } else { &mut npv.operations }) += present;
    }
    npv.terminal_book = fleet_book_value(world, record, cloud, world.end)
        * discount_factor(k, world.calendar.years_from_start(world.end));
    npv
}

/// DF = (1 + k)^-years; k the effective annual rate, years of 365.25 days from the scenario's start. Eq. (19).
pub fn discount_factor(k: f64, years: f64) -> f64 {
    pow(1.0 + k, -years)
}

/// When a transfer counts [y from the start]: a metered line at the end of its month less 15 days, all else on its date. Eq. (19).
pub fn value_years(world: &World, posting: &Posting) -> f64 {
    if posting.kind.is_metered() {
        world.calendar.years_from_start(world.month_end(posting.month)) - 15.0 / 365.25
    } else {
        world.calendar.years_from_start(posting.at)
    }
}

/// Book value of all pools of a cloud at `at` [USD].
pub fn fleet_book_value(world: &World, record: &RunRecord, cloud: CloudId, at: SimTime) -> f64 {
    let of_cloud = world.pools.enumerate().filter(|(_, pool)| pool.site.is_some_and(|s| world.sites[s].cloud == cloud));
    of_cloud.map(|(pool, _)| book::book_value(world, record, pool, at)).sum()
}
