//! Meters and postings: told by line (kind, sku, parties), because lines come back every month in the same order. Quantities are
//! written as what is left of the month's counter, amounts as their difference from quantity x rate: almost all of it is 0.

use super::BytesError;
use super::code::{Coder, column};
use super::tables::{before, table};
use crate::record::model::*;
use crate::units::{Id, Money, Rate, SimTime, div_round_half_even};
use crate::world::PriceKind;
use std::collections::BTreeMap;

/// Where a posting may look ahead among the meters for the reading that it bills.
const LOOK_AHEAD: usize = 64;

/// Readings of meters.
pub fn meters<C: Coder>(code: &mut C, record: &mut RunRecord) -> Result<(), BytesError> {
    let RunRecord { meters, pools, cells, shares, .. } = record;
    let at = SimTime::ZERO;
    let (kind, sku) = (PostingKind::Usage, Sku::Cell(Id::new(0)));
    let (month, segment, quantity, undelivered, blocked) = (0, 0, 0, 0, 0);
    let blank = MeterRow { kind, sku, month, segment, from: at, to: at, quantity, undelivered, blocked, run: 0 };
    table(code, meters, 9, blank)?;
    let key = |row: &mut MeterRow| (row.kind, row.sku, row.run);
    let set = |row: &mut MeterRow, (kind, sku, run)| (row.kind, row.sku, row.run) = (kind, sku, run);
    let lines = lines(code, meters, key, set, (kind, sku, 0), |code, lines| {
        column(code, lines, |line| &mut line.0, |lines, n| before(lines, n, |line| line.0 as u128))?;
        column(code, lines, |line| &mut line.1, |_, _| 0)?;
        column(code, lines, |line| &mut line.2, |lines, n| before(lines, n, |line| u128::from(line.2)))
    })?;
    column(code, meters, |row| &mut row.month, |rows, n| before(rows, n, |row| u128::from(row.month)))?;
    column(code, meters, |row| &mut row.to, |rows, n| before(rows, n, |row| u128::from(row.to.0)))?;
    let mut last = last_of_line(&lines);
    column(code, meters, |row| &mut row.segment, |rows, n| last(n).map_or(0, |at| u128::from(rows[at].segment)))?;
    let mut last = last_of_line(&lines);
    // A meter is read where it was left; its first reading begins with its neighbour's.
    let from = |rows: &[MeterRow], n: usize| match last(n) {
        Some(at) => u128::from(rows[at].to.0),
        None => before(rows, n, |row| u128::from(row.from.0)),
    };
    column(code, meters, |row| &mut row.from, from)?;
    let counted = |row: &MeterRow| counted(row, pools, cells, shares);
    let mut left = Left::default();
    column(
        code,
        meters,
        |row| &mut row.quantity,
        |rows, n| left.of(rows, n, |row| counted(row).0, |row| row.quantity),
    )?;
    let mut left = Left::default();
    column(
        code,
        meters,
        |row| &mut row.undelivered,
        |rows, n| left.of(rows, n, |row| counted(row).1, |row| row.undelivered),
    )?;
    let mut left = Left::default();
    column(code, meters, |row| &mut row.blocked, |rows, n| left.of(rows, n, |row| counted(row).2, |row| row.blocked))
}

/// What the counters of a month hold of what a meter counts: (quantity, undelivered, blocked).
fn counted(
    row: &MeterRow,
    pools: &[Vec<PoolMonth>],
    cells: &[Vec<CellMonth>],
    shares: &[Vec<Vec<ShareMonth>>],
) -> (u128, u128, u128) {
    let month = usize::from(row.month);
    let pool = |pool: usize| pools.get(pool).and_then(|months| months.get(month));
    let found = match (row.kind, row.sku) {
        (PostingKind::Usage, Sku::Cell(cell)) => {
            cells.get(cell.index()).and_then(|months| months.get(month)).map(|cell| (cell.billed, 0, 0))
        }
        (PostingKind::Power, Sku::Pool(id)) => pool(id.index()).map(|pool| (pool.energy_mw_us, 0, 0)),
        (PostingKind::Facility | PostingKind::Operations, Sku::Pool(id)) => {
            pool(id.index()).map(|pool| (pool.installed_mw_us, 0, 0))
        }
        (kind, Sku::Share(pool, tenant)) => {
            let months = shares.get(pool.index()).and_then(|tenants| tenants.get(tenant.index()));
            months.and_then(|months| months.get(month)).map(|share| match kind {
                PostingKind::Reservation => (share.offered, share.late, share.blocked),
                _ => (share.reserved_offered, share.reserved_late, share.reserved_blocked),
            })
        }
        _ => None,
    };
    found.unwrap_or_default()
}

/// What earlier readings of the same month left of a counter.
#[derive(Default)]
struct Left {
    read: BTreeMap<(PostingKind, Sku, u16), u128>,
}

impl Left {
    fn of(
        &mut self,
        rows: &[MeterRow],
        n: usize,
        counted: impl Fn(&MeterRow) -> u128,
        quantity: impl Fn(&MeterRow) -> u128,
    ) -> u128 {
        let key = |row: &MeterRow| (row.kind, row.sku, row.month);
        if let Some(row) = rows[..n].last() {
            let read = self.read.entry(key(row)).or_default();
            *read = read.wrapping_add(quantity(row));
        }
        let row = &rows[n];
        counted(row).wrapping_sub(self.read.get(&key(row)).copied().unwrap_or(0))
    }
}

/// What names a line of postings.
type LineKey = (PostingKind, Sku, Option<PriceKind>, crate::world::PartyId, crate::world::PartyId, bool, u32);

/// Transfers.
pub fn postings<C: Coder>(code: &mut C, record: &mut RunRecord) -> Result<(), BytesError> {
    let RunRecord { meters, postings, .. } = record;
    let nobody = Id::new(0);
    let (kind, sku) = (PostingKind::Usage, Sku::Cell(Id::new(0)));
    let blank = Posting {
        at: SimTime::ZERO,
        month: 0,
        payer: nobody,
        payee: nobody,
        kind,
        sku,
        price_kind: None,
        segment: 0,
        quantity: 0,
        rate: Rate(0),
        amount: Money::ZERO,
        internal: false,
        run: 0,
    };
    table(code, postings, 7, blank)?;
    let key = |row: &mut Posting| (row.kind, row.sku, row.price_kind, row.payer, row.payee, row.internal, row.run);
    let set = |row: &mut Posting, key: LineKey| {
        (row.kind, row.sku, row.price_kind, row.payer, row.payee, row.internal, row.run) = key;
    };
    let blank = (kind, sku, None, nobody, nobody, false, 0);
    let lines = lines(code, postings, key, set, blank, |code, lines: &mut Vec<LineKey>| {
        column(code, lines, |line| &mut line.0, |lines, n| before(lines, n, |line| line.0 as u128))?;
        column(code, lines, |line| &mut line.1, |_, _| 0)?;
        column(code, lines, |line| &mut line.2, |_, _| 0)?;
        column(code, lines, |line| &mut line.3, |_, _| 0)?;
        column(code, lines, |line| &mut line.4, |_, _| 0)?;
        column(code, lines, |line| &mut line.5, |_, _| 0)?;
        column(code, lines, |line| &mut line.6, |lines, n| before(lines, n, |line| u128::from(line.6)))
    })?;
    column(code, postings, |row| &mut row.month, |rows, n| before(rows, n, |row| u128::from(row.month)))?;
    column(code, postings, |row| &mut row.at, |rows, n| before(rows, n, |row| u128::from(row.at.0)))?;
    let mut last = last_of_line(&lines);
    column(code, postings, |row| &mut row.segment, |rows, n| last(n).map_or(0, |at| u128::from(rows[at].segment)))?;
    let mut last = last_of_line(&lines);
    column(code, postings, |row| &mut row.rate, |rows, n| last(n).map_or(0, |at| rows[at].rate.0 as u128))?;
    let mut next = 0;
    let billed = |rows: &[Posting], n: usize| match metered(&meters[next..], &rows[n]) {
        Some(ahead) => {
            next += ahead + 1;
            meters[next - 1].quantity
        }
        None => 0,
    };
    column(code, postings, |row| &mut row.quantity, billed)?;
    column(code, postings, |row| &mut row.amount, |rows, n| priced(&rows[n]))
}

/// How far ahead the reading stands that a posting bills.
fn metered(meters: &[MeterRow], posting: &Posting) -> Option<usize> {
    let line = (posting.kind, posting.sku, posting.run, posting.at);
    meters.iter().take(LOOK_AHEAD).position(|row| 0 < row.quantity && (row.kind, row.sku, row.run, row.to) == line)
}

/// Quantity x rate as a posting rounds it; 0 where that overflows.
fn priced(posting: &Posting) -> u128 {
    let nano = posting.quantity.checked_mul(i128::from(posting.rate.0));
    nano.map_or(0, |nano| div_round_half_even(nano, posting.kind.units_per_rate_unit() * 1_000) as u128)
}

/// Passes the distinct keys of a table's rows in order of appearance, then each row's line, as its distance from the one that
/// followed the last time. Gives the line of each row.
fn lines<C: Coder, Row, Key: Ord + Copy>(
    code: &mut C,
    rows: &mut [Row],
    key: impl Fn(&mut Row) -> Key,
    set: impl Fn(&mut Row, Key),
    blank: Key,
    columns: impl Fn(&mut C, &mut Vec<Key>) -> Result<(), BytesError>,
) -> Result<Vec<u32>, BytesError> {
    let mut keys: Vec<Key> = Vec::new();
    let mut numbers: BTreeMap<Key, u32> = BTreeMap::new();
    let mut of_row: Vec<u32> = Vec::with_capacity(rows.len());
    for row in rows.iter_mut() {
        let key = key(row);
        let number = *numbers.entry(key).or_insert(keys.len() as u32);
        if number as usize == keys.len() {
            keys.push(key);
        }
        of_row.push(number);
    }
    table(code, &mut keys, 1, blank)?;
    columns(code, &mut keys)?;
    let mut followed: Vec<u32> = (1..=keys.len() as u32).collect();
    let mut line = None;
    for (row, number) in rows.iter_mut().zip(&mut of_row) {
        let guess = line.map_or(0, |line: u32| followed[line as usize]);
        let word = code.near(u128::from(*number), u128::from(guess))?;
        let found = usize::try_from(word).ok().and_then(|at| keys.get(at).map(|key| (at as u32, *key)));
        let (at, key) = found.ok_or(BytesError::Damaged("a line that is not listed"))?;
        if let Some(line) = line.replace(at) {
            followed[line as usize] = at;
        }
        set(row, key);
        *number = at;
    }
    Ok(of_row)
}

/// For each row in order, the row before it on the same line.
fn last_of_line(lines: &[u32]) -> impl FnMut(usize) -> Option<usize> + '_ {
    let mut last: Vec<Option<usize>> = vec![None; lines.iter().max().map_or(0, |most| *most as usize + 1)];
    move |n| last[lines[n] as usize].replace(n)
}
