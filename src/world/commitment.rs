//! How much of a commitment falls in which stretch of a contract year: integers that add up to the total. Knows nothing of what is drawn.

use super::model::Contract;
use crate::units::{Money, SimTime, div_round_half_even};

impl Contract {
    /// Commitment of the n-th period up to `until`, out of `total`: its year's amount in proportion to time. Eq. (17).
    ///
    /// Cumulative amounts are rounded, not parts: years add up to the total and parts of a year to the year, to the micro-dollar.
    pub fn committed(&self, total: Money, period: usize, until: SimTime) -> Money {
        let period = &self.periods[period];
        let year = self.years_until(total, period.year + 1) - self.years_until(total, period.year);
        let length = period.elapsed.0 + period.to.since(period.from).0;
        let before = |elapsed: u64| Money(div_round_half_even(year.0 * i128::from(elapsed), i128::from(length)));
        let inside = until.min(period.to).since(period.from).0;
        before(period.elapsed.0 + inside) - before(period.elapsed.0)
    }

    /// Commitment of the contract years that begin after the study's end and have no period in it; all of them count as promised.
    pub fn committed_later(&self, total: Money) -> Money {
        let played = self.periods.last().map_or(self.ramp.len(), |period| period.year + 1);
        total - self.years_until(total, played)
    }

    /// Commitment of the contract years before the `year`-th.
    fn years_until(&self, total: Money, year: usize) -> Money {
        let weight = |years: &[u64]| years.iter().map(|weight| i128::from(*weight)).sum::<i128>();
        Money(div_round_half_even(total.0 * weight(&self.ramp[..year]), weight(&self.ramp)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Span;
    use crate::world::{CloudId, CommitInside, ContractPeriod, TenantId};
    use jiff::civil::date;
    use proptest::prelude::*;

    /// Years of 365 days from the run's begin.
    fn contract(ramp: Vec<u64>) -> Contract {
        let year = 365 * Span::DAY.0;
        let period = |k: usize| {
            let (from, to) = (SimTime(k as u64 * year), SimTime((k as u64 + 1) * year));
            ContractPeriod { year: k, from, to, elapsed: Span::ZERO }
        };
        Contract {
            name: "c".into(),
            tenant: TenantId::new(0),
            cloud: CloudId::new(0),
            signed: date(2026, 1, 1).at(0, 0, 0, 0),
            periods: (0..ramp.len()).map(period).collect(),
            ramp,
            start: None,
            end: None,
            priced: (SimTime::ZERO, SimTime::NEVER),
            inside: CommitInside::default(),
            commit_usd: None,
            prices: Vec::new(),
            internal: false,
        }
    }

    proptest! {
        /// 1e11 USD and whatever ramp: years add up to the total, and a year cut anywhere to the year.
        #[test]
        fn parts_add_up_to_the_total(
            total in 0i128..200_000_000_000_000_000,
            ramp in prop::collection::vec(1u64..100_000_000, 1..12),
            cut in 0u64..365 * 86_400_000_000,
        ) {
            let (whole, total) = (contract(ramp), Money(total));
            let years: Money = (0..whole.periods.len()).map(|n| whole.committed(total, n, whole.periods[n].to)).sum();
            prop_assert_eq!(years, total);
            let mut cut_off = whole.clone();
            cut_off.periods[0].from = SimTime(cut);
            cut_off.periods[0].elapsed = Span(cut);
            let end = whole.periods[0].to;
            let parts = whole.committed(total, 0, SimTime(cut)) + cut_off.committed(total, 0, end);
            prop_assert_eq!(parts, whole.committed(total, 0, end));
        }
    }

    /// USD 1e11 + 1 micro-dollar over three equal years: thirds rounded one by one would be a micro-dollar short.
    #[test]
    fn thirds_of_a_total_that_three_does_not_divide() {
        let (thirds, total) = (contract(vec![1_000_000; 3]), Money(100_000_000_000_000_001));
        let told: Vec<i128> = (0..3).map(|n| thirds.committed(total, n, thirds.periods[n].to).0).collect();
        assert_eq!(told, [33_333_333_333_333_334, 33_333_333_333_333_333, 33_333_333_333_333_334]);
    }
}
