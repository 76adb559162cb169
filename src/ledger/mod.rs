//! Double entry: every amount leaves one party and reaches another. Keeps a running balance of each and every line; knows no contract.

use crate::record::{POSTING_KINDS, Posting};
use crate::units::Money;
use crate::world::World;

/// The postings of a run and the cash of each party.
#[derive(Clone, Debug)]
pub struct Ledger {
    balances: Vec<Money>,
    totals: [Money; POSTING_KINDS.len()],
    opening: Money,
    postings: Vec<Posting>,
}

impl Ledger {
    /// Every party at its opening balance.
    pub fn new(world: &World) -> Ledger {
        let balances: Vec<Money> = world.parties.iter().map(|party| Money::from_usd(party.opening_usd)).collect();
        let opening = balances.iter().copied().sum();
        Ledger { balances, totals: Default::default(), opening, postings: Vec::new() }
    }

    /// Books a transfer. Panics where the line contradicts itself: an amount that is not quantity x rate, a party paying itself, an
    /// amount below zero.
    pub fn post(&mut self, posting: Posting) {
        let Posting { payer, payee, amount, quantity, rate, kind, .. } = posting;
        let priced = Money::of(quantity, rate, kind.units_per_rate_unit());
        assert!(amount == priced, "{}: posted {amount}, but quantity x rate is {priced}", kind.name());
        assert!(payer != payee, "{}: party {payer:?} pays itself {amount}", kind.name());
        assert!(Money::ZERO <= amount, "{}: {amount} runs against its direction", kind.name());
        self.balances[payer.index()] += -amount;
        self.balances[payee.index()] += amount;
        self.totals[kind as usize] += amount;
        self.postings.push(posting);
    }

    /// Running balance by party [micro-USD].
    pub fn balances(&self) -> &[Money] {
        &self.balances
    }

    /// Booked so far by kind, in the order of `POSTING_KINDS` [micro-USD].
    pub fn totals(&self) -> &[Money; POSTING_KINDS.len()] {
        &self.totals
    }

    /// Lines so far, in the order of booking.
    pub fn postings(&self) -> &[Posting] {
        &self.postings
    }

    /// Ends the run: every line and every closing balance, after checking that no money was made or lost.
    pub fn close(self) -> (Vec<Posting>, Vec<Money>) {
        let closing: Money = self.balances.iter().copied().sum();
        assert!(closing == self.opening, "cash of all parties was {} and is {closing}", self.opening);
        let booked: Money = self.postings.iter().map(|posting| posting.amount).sum();
        let counted: Money = self.totals.iter().copied().sum();
        assert!(booked == counted, "lines add up to {booked}, the totals by kind to {counted}");
        (self.postings, self.balances)
    }
}
