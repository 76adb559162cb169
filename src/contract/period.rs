//! Contract periods: commitment, drawdown, what is excused, and the shortfall at the end. Does not know what was drawn for.

use super::books::{Books, PER_MICRO_USD, dated, is_internal};
use crate::record::{PeriodRow, Posting, PostingKind, Sku};
use crate::units::{Money, SimTime};
use crate::world::{Contract, ContractId, Live, World};

/// State of a contract: which period is open and what it has drawn.
#[derive(Clone, Debug, Default)]
pub(super) struct OpenPeriod {
    /// Position of the open period in the contract's; past the last: the term is over.
    pub index: usize,
    /// Usage, reservation and reserved billed in it.
    pub drawn: Money,
    /// Contract price x what was not delivered. Eq. (18).
    pub excused: Money,
    /// Of that: blocked by other labs' gangs.
    pub blocked: Money,
    /// The contract was ended: nothing is drawn any more.
    pub ended: bool,
}

/// The close of a period: its row, and the shortfall to post where there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closing {
    /// For `RunRecord::periods`.
    pub row: PeriodRow,
    /// For the ledger; None: nothing is due.
    pub posting: Option<Posting>,
}

impl Books {
    /// The open period of a contract reaches its end: shortfall = max(0, commitment - drawn - excused). Eq. (21).
    ///
    /// Meters of the contract must have been read at this instant before. None when the contract has been ended.
    pub fn period_end(
        &mut self,
        world: &World,
        live: &Live,
        at: SimTime,
        contract: ContractId,
        period: u32,
    ) -> Option<Closing> {
        let open = &self.periods[contract.index()];
        if open.ended {
            return None;
        }
        let to = world.contracts[contract].periods[period as usize].to;
        assert!(
            open.index == period as usize && at == to,
            "{contract:?}: period {period} ends {to}, not {at}; open {}",
            open.index
        );
        let commit = committed(&world.contracts[contract], live, period as usize, at);
        Some(self.close(world, at, contract, commit))
    }

    /// The contract is ended at `at`: the open period's commitment shrinks to the elapsed share of the period and is trued up; later
    /// periods vanish. Meters of the contract must have been read at this instant before. None when no period has begun or all are over.
    pub fn contract_ended(&mut self, world: &World, live: &Live, at: SimTime, contract: ContractId) -> Option<Closing> {
        let terms = &world.contracts[contract];
        let open = &mut self.periods[contract.index()];
        assert!(!open.ended, "{contract:?} ended twice, again at {at}");
        open.ended = true;
        let period = terms.periods.get(open.index)?;
        if at <= period.from {
            return None;
        }
        assert!(at <= period.to, "{contract:?} ended at {at}, after the end {} of its open period", period.to);
        let commit = committed(terms, live, open.index, at);
        Some(self.close(world, at, contract, commit))
    }

    /// The period that the end of the run cuts: its whole commitment and what is drawn so far, not closed, no shortfall. None when the
    /// contract has ended, has not begun, or its periods are over.
    pub fn open_period_at_end(
        &self,
        world: &World,
        live: &Live,
        at: SimTime,
        contract: ContractId,
    ) -> Option<PeriodRow> {
        let open = &self.periods[contract.index()];
        let period =
            world.contracts[contract].periods.get(open.index).filter(|period| !open.ended && period.from < at)?;
        assert!(
            at < period.to,
            "{contract:?}: period {} ended at {} and was not closed by {at}",
            open.index,
            period.to
        );
        Some(PeriodRow {
            contract,
            period: open.index as u32,
            at,
            commit: committed(&world.contracts[contract], live, open.index, period.to),
            drawn: open.drawn,
            excused: open.excused,
            blocked: open.blocked,
            shortfall: Money::ZERO,
            closed: false,
            run: 0,
        })
    }

    fn close(&mut self, world: &World, at: SimTime, contract: ContractId, commit: Money) -> Closing {
        let terms = &world.contracts[contract];
        let open = &mut self.periods[contract.index()];
        let period = open.index as u32;
        let [drawn, excused, blocked] = [&mut open.drawn, &mut open.excused, &mut open.blocked].map(std::mem::take);
        open.index += 1;
        let shortfall = (commit - drawn - excused).max(Money::ZERO);
        let parties = (world.tenants[terms.tenant].party, world.clouds[terms.cloud].party);
        let sku = Sku::Period(contract, period);
        let posting = dated(world, at, parties, PostingKind::Shortfall, sku, shortfall.0, PER_MICRO_USD);
        let internal = is_internal(world, terms.tenant);
        Closing {
            row: PeriodRow { contract, period, at, commit, drawn, excused, blocked, shortfall, closed: true, run: 0 },
            posting: (shortfall != Money::ZERO).then_some(Posting { internal, ..posting }),
        }
    }
}

/// Commitment of a period up to `until`. A contract without commitment owes none.
fn committed(contract: &Contract, live: &Live, period: usize, until: SimTime) -> Money {
    let total = contract.commit_usd.as_ref().map(|usd| Money::from_usd(live.value(usd)));
    total.map_or(Money::ZERO, |total| contract.committed(total, period, until))
}
