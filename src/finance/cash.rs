//! Cash of a cloud's group by line and fiscal year, internal transfers eliminated. Undiscounted; what crosses no border is a memo.

use crate::record::{PostingKind, RunRecord};
use crate::units::Money;
use crate::world::{CloudId, World};
use std::collections::BTreeMap;

/// One cell of `cashflow.csv`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CashLine {
    /// Line: its posting kind.
    pub kind: PostingKind,
    /// Fiscal (calendar) year.
    pub year: i16,
    /// Into the group when positive.
    pub amount: Money,
    /// Moved inside the group: eliminated from `amount`, a memo.
    pub internal: Money,
}

/// Lines of a cloud's provider group in order of kind, then year; a line without any posting is absent.
pub fn cash_lines(world: &World, record: &RunRecord, cloud: CloudId) -> Vec<CashLine> {
    let party = world.clouds[cloud].party;
    let mut lines: BTreeMap<(PostingKind, i16), (Money, Money)> = BTreeMap::new();
    for posting in &record.postings {
        if posting.payer != party && posting.payee != party {
            continue;
        }
        let year = world.month_years[usize::from(posting.month)];
        let (amount, internal) = lines.entry((posting.kind, year)).or_default();
        let into = if posting.payee == party { posting.amount } else { -posting.amount };
        *(if posting.internal { internal } else { amount }) += into;
    }
    let cell = |((kind, year), (amount, internal))| CashLine { kind, year, amount, internal };
    lines.into_iter().map(cell).collect()
}
