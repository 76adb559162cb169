//! Contract periods again: commitment, drawn, excused and shortfall against the rows that a run wrote. Knows no meter.

use super::Second;
use super::meters::Drawdown;
use crate::finance::value;
use crate::record::{PeriodRow, PostingKind, Sku};
use crate::units::{Money, SimTime, div_round_half_even};
use crate::world::{ContractId, EventKind};

impl Second<'_> {
    /// shortfall = max(0, commitment - drawn - excused) at each end of a period, prorated where the contract ended inside; a period that
    /// the end of the run cuts has none.
    pub fn periods(&mut self, drawdown: &Drawdown) {
        let mut rows: Vec<PeriodRow> = self.record.periods.clone();
        for contract in self.world.contracts.ids() {
            for n in 0..self.world.contracts[contract].periods.len() as u32 {
                let position = rows.iter().position(|row| row.contract == contract && row.period == n);
                let row = position.map(|i| rows.remove(i));
                match (self.period_again(contract, n, drawdown), row) {
                    (Some(expected), found) => self.period_agrees(expected, found),
                    (None, Some(found)) => self.extra(found),
                    (None, None) => {}
                }
            }
        }
        rows.into_iter().for_each(|row| self.extra(row));
    }

    fn period_again(&self, contract: ContractId, n: u32, drawdown: &Drawdown) -> Option<PeriodRow> {
        let terms = &self.world.contracts[contract];
        let period = &terms.periods[n as usize];
        let ended = self.ended_at(contract).filter(|end| *end < period.to);
        let at = ended.unwrap_or(period.to).min(self.world.end);
        if at <= period.from {
            return None;
        }
        let total = terms.commit_usd.as_ref().map_or(0.0, |usd| value(self.world, self.record, usd));
        let mut commit = Money::from_usd(total * period.share);
        if let Some(end) = ended {
            let (elapsed, length) = (end.0 - period.from.0, period.to.0 - period.from.0);
            commit = Money(div_round_half_even(commit.0 * i128::from(elapsed), i128::from(length)));
        }
        let (drawn, excused) = drawdown.get(&(contract, n)).copied().unwrap_or_default();
        let closed = ended.is_some() || period.to <= self.world.end;
        let due = if closed { (commit - drawn - excused).max(Money::ZERO) } else { Money::ZERO };
        Some(PeriodRow { contract, period: n, at, commit, drawn, excused, shortfall: due, closed, run: 0 })
    }

    fn period_agrees(&mut self, expected: PeriodRow, found: Option<PeriodRow>) {
        let PeriodRow { contract, period, at, .. } = expected;
        let terms = &self.world.contracts[contract];
        let lab = &self.world.tenants[terms.tenant];
        let parties = (lab.party, self.world.clouds[terms.cloud].party);
        let sku = Sku::Period(contract, period);
        let internal = lab.own || terms.internal;
        let key = (self.world.month_of(at), PostingKind::Shortfall, sku, parties.0, parties.1, internal);
        self.expect(key, expected.shortfall);
        let what = |column: &str| format!("{} period {period}, {column}", terms.name);
        let Some(found) = found else {
            self.must_equal("period", what("row"), "rows", 1, 0);
            return;
        };
        for (column, expected, found) in [
            ("commit", expected.commit, found.commit),
            ("drawn", expected.drawn, found.drawn),
            ("excused", expected.excused, found.excused),
            ("shortfall", expected.shortfall, found.shortfall),
        ] {
            self.must_equal("period", what(column), "micro-USD", expected.0, found.0);
        }
        self.must_equal("period", what("closed"), "yes", i128::from(expected.closed), i128::from(found.closed));
        self.must_equal("period", what("instant"), "us", i128::from(at.0), i128::from(found.at.0));
    }

    fn extra(&mut self, row: PeriodRow) {
        let what = format!("{} period {}, row", self.world.contracts[row.contract].name, row.period);
        self.must_equal("period", what, "rows", 0, 1);
    }

    /// When the contract was ended, if it was.
    pub fn ended_at(&self, contract: ContractId) -> Option<SimTime> {
        let mut ends =
            self.record.events.iter().filter(|row| {
                row.change.kind == EventKind::ContractEnd && row.change.subject as usize == contract.index()
            });
        ends.next().map(|row| row.at)
    }
}
