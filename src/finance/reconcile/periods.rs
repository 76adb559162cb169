//! Contract periods again, from dates and facts: commitment, drawn, excused and shortfall against the rows that a run wrote. Knows no meter
//! and reads none of the world's periods.

use super::Second;
use super::meters::{Drawdown, Drawn};
use crate::finance::value;
use crate::record::{PeriodRow, PostingKind, Sku};
use crate::units::{Date, Money, SimTime};
use crate::world::{Contract, ContractId, EventKind};

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
        let (year, begin, finish) = self.year_by_dates(terms, n)?;
        let calendar = &self.world.calendar;
        let to = calendar.time(finish).expect("a contract year that touches the study ends in it or later");
        let from = calendar.time(begin).unwrap_or_default().max(self.world.start);
        let ended = self.ended_at(contract).filter(|end| *end < to);
        let at = ended.unwrap_or(to).min(self.world.end);
        if at <= from {
            return None;
        }
        let total = terms.commit_usd.as_ref().map_or(0.0, |usd| value(self.record, usd));
        let until = calendar.date(ended.unwrap_or(to));
        let owed = owed_before(terms, total, year, until) - owed_before(terms, total, year, calendar.date(from));
        let commit = Money(owed);
        let Drawn { drawn, excused, blocked } = drawdown.get(&(contract, n)).copied().unwrap_or_default();
        let closed = ended.is_some() || to <= self.world.end;
        let due = if closed { (commit - drawn - excused).max(Money::ZERO) } else { Money::ZERO };
        Some(PeriodRow { contract, period: n, at, commit, drawn, excused, blocked, shortfall: due, closed, run: 0 })
    }

    /// The n-th contract year that touches the study, from the signing's date alone: its number, first day and last.
    fn year_by_dates(&self, terms: &Contract, n: u32) -> Option<(usize, Date, Date)> {
        let years = (0..terms.ramp.len()).map(|year| (year, anniversary(terms, year), anniversary(terms, year + 1)));
        let (start, end) = (self.world.calendar.start_date(), self.world.calendar.date(self.world.end));
        years.filter(|(_, begin, finish)| start < *finish && *begin < end).nth(n as usize)
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
            ("blocked", expected.blocked, found.blocked),
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

/// The k-th anniversary of the signing.
fn anniversary(terms: &Contract, k: usize) -> Date {
    terms.signed.saturating_add(jiff::Span::new().years(k as i64))
}

/// Owed from the year's first day to `until` [micro-USD]: a day's worth of the year's amount for each day, rounded at both ends.
fn owed_before(terms: &Contract, total_usd: f64, year: usize, until: Date) -> i128 {
    let (first, last) = (anniversary(terms, year), anniversary(terms, year + 1));
    let total = Money::from_usd(total_usd).0;
    let weights = |years: usize| -> i128 { terms.ramp.iter().take(years).map(|weight| i128::from(*weight)).sum() };
    let by_then = |years: usize| nearest(total * weights(years), weights(terms.ramp.len()));
    let of_year = by_then(year + 1) - by_then(year);
    nearest(of_year * until.duration_since(first).as_micros(), last.duration_since(first).as_micros())
}

/// `amount / parts` to the nearest integer, halves to the even one; both at least 0.
fn nearest(amount: i128, parts: i128) -> i128 {
    let (whole, rest) = (amount / parts, amount % parts);
    whole + i128::from(parts < 2 * rest || parts == 2 * rest && whole % 2 == 1)
}
