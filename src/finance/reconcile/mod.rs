//! The second route of design 6: every dollar again, from meters, price paths and schedules, against what the ledger holds.
//!
//! It imports neither contracts nor ledger, so a fault there cannot hide here; it corrects nothing.

mod chips;
mod dated;
mod meters;
mod path;
mod periods;
#[cfg(test)]
mod tests;

use crate::record::{PostingKind, RunRecord, Sku};
use crate::units::Money;
use crate::world::{PartyId, World};
use path::Paths;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Two routes to one number that disagree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// Identity that is broken: a posting kind, `meter`, `chips`, `price path`, `period` or `balance`.
    pub identity: &'static str,
    /// Which line.
    pub what: String,
    /// Second route.
    pub expected: i128,
    /// As recorded.
    pub found: i128,
    /// Unit of both numbers: `micro-USD` for money.
    pub unit: &'static str,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Mismatch { identity, what, expected, found, unit } = self;
        write!(f, "{identity}: {what}: the second route gives {expected} {unit}, the record holds {found} {unit}")
    }
}

/// Recomputes every line of one run and each party's cash, to the micro-dollar; all disagreements at once.
///
/// Usage, reservation and reserved = metered chip-time x price path; power, facility and operations = metered energy or installed
/// megawatt-hours x rate path; meters = the monthly integrals; integrals = chips promised, delivered, retired and entitled x time; capex = chips ordered or delivered x cost; tranche = schedule;
/// shortfall = max(0, commitment - drawn - excused); closing balance = opening + flows.
pub fn reconcile(world: &World, record: &RunRecord) -> Result<(), Vec<Mismatch>> {
    assert!(record.keys.len() <= 1, "the second route is of one run, not of {}", record.keys.len());
    let mut second = Second { world, record, paths: Paths::read(record), lines: Lines::new(), mismatches: Vec::new() };
    let drawn = second.metered();
    second.integrals();
    second.chips_again();
    second.capex();
    second.tranches();
    second.blocks();
    second.periods(&drawn);
    second.ledger_agrees();
    second.balances();
    if second.mismatches.is_empty() { Ok(()) } else { Err(second.mismatches) }
}

/// What two lines must share to be one: month, kind, for what, who pays whom, and whether it stays in the group.
type LineKey = (u16, PostingKind, Sku, PartyId, PartyId, bool);
type Lines = BTreeMap<LineKey, Money>;

/// The second route under way.
struct Second<'a> {
    world: &'a World,
    record: &'a RunRecord,
    paths: Paths,
    lines: Lines,
    mismatches: Vec<Mismatch>,
}

impl Second<'_> {
    fn expect(&mut self, key: LineKey, amount: Money) {
        if amount != Money::ZERO {
            *self.lines.entry(key).or_default() += amount;
        }
    }

    fn must_equal(&mut self, identity: &'static str, what: String, unit: &'static str, expected: i128, found: i128) {
        if expected != found {
            self.mismatches.push(Mismatch { identity, what, expected, found, unit });
        }
    }

    /// Each expected line is in the ledger, and nothing else is.
    fn ledger_agrees(&mut self) {
        let mut found = Lines::new();
        for posting in &self.record.postings {
            let key = (posting.month, posting.kind, posting.sku, posting.payer, posting.payee, posting.internal);
            *found.entry(key).or_default() += posting.amount;
        }
        let keys: BTreeSet<LineKey> = self.lines.keys().chain(found.keys()).copied().collect();
        for key in keys {
            let amount = |lines: &Lines| lines.get(&key).copied().unwrap_or_default().0;
            let (month, kind, sku, payer, payee, _) = key;
            let names = (&self.world.parties[payer].name, &self.world.parties[payee].name);
            let what = format!("month {month}, {sku:?}, {} to {}", names.0, names.1);
            let (expected, booked) = (amount(&self.lines), amount(&found));
            self.must_equal(kind.name(), what, "micro-USD", expected, booked);
        }
    }

    /// Opening balance + what came in - what went out = the running balance that the ledger kept.
    fn balances(&mut self) {
        for (party, terms) in self.world.parties.enumerate() {
            let mut cash = Money::from_usd(terms.opening_usd);
            for posting in &self.record.postings {
                if posting.payee == party {
                    cash += posting.amount;
                }
                if posting.payer == party {
                    cash += -posting.amount;
                }
            }
            let kept = self.record.balances.get(party.index()).copied().unwrap_or_default();
            self.must_equal("balance", terms.name.clone(), "micro-USD", cash.0, kept.0);
        }
    }

    /// Party outside, by name.
    fn outside(&self, name: &str) -> PartyId {
        let found = self.world.parties.enumerate().find(|(_, party)| party.name == name);
        found.map(|(id, _)| id).unwrap_or_else(|| panic!("a world with sites has a party `{name}`"))
    }
}
