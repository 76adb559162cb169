//! Counters, histograms and rows of events, jobs, campaigns and periods, column by column. Knows no money line.
//!
//! Where an identity of the model ties columns together (up + down = installed), the last of them is written as what is left over,
//! which is 0; a record that breaks the identity still travels without loss.

use super::BytesError;
use super::code::{Coder, column};
use crate::record::model::*;
use crate::stats::histogram::Histogram;
use crate::units::{Id, Money, SimTime};
use crate::world::{Change, EventKind};

/// Keys, drawn values, balances and the count of events.
pub fn runs<C: Coder>(code: &mut C, record: &mut RunRecord) -> Result<(), BytesError> {
    table(code, &mut record.keys, 2, RunKey::default())?;
    column(code, &mut record.keys, |key| &mut key.draw, |keys, n| before(keys, n, |key| u128::from(key.draw)))?;
    column(code, &mut record.keys, |key| &mut key.replication, |_, _| 0)?;
    table(code, &mut record.drawn, 1, Vec::new())?;
    for values in &mut record.drawn {
        table(code, values, 8, 0.0)?;
        for value in values {
            *value = f64::from_bits(code.bits(value.to_bits())?);
        }
    }
    table(code, &mut record.balances, 1, Money::ZERO)?;
    column(code, &mut record.balances, |balance| balance, |_, _| 0)?;
    record.events_handled = as_u64(code.word(u128::from(record.events_handled))?)?;
    Ok(())
}

/// Integrals by month.
pub fn months<C: Coder>(code: &mut C, record: &mut RunRecord) -> Result<(), BytesError> {
    table(code, &mut record.pools, 1, Vec::new())?;
    for rows in &mut record.pools {
        pool_months(code, rows)?;
    }
    table(code, &mut record.cells, 1, Vec::new())?;
    for rows in &mut record.cells {
        cell_months(code, rows)?;
    }
    table(code, &mut record.shares, 1, Vec::new())?;
    for tenants in &mut record.shares {
        table(code, tenants, 1, Vec::new())?;
        for rows in tenants {
            share_months(code, rows)?;
        }
    }
    Ok(())
}

fn pool_months<C: Coder>(code: &mut C, rows: &mut Vec<PoolMonth>) -> Result<(), BytesError> {
    table(code, rows, 12, PoolMonth::default())?;
    column(code, rows, |row| &mut row.installed, |rows, n| before(rows, n, |row| row.installed))?;
    column(code, rows, |row| &mut row.down, |_, _| 0)?;
    column(code, rows, |row| &mut row.up, |rows, n| rows[n].installed.wrapping_sub(rows[n].down))?;
    column(code, rows, |row| &mut row.gangs, |_, _| 0)?;
    column(code, rows, |row| &mut row.reserved, |rows, n| before(rows, n, |row| row.reserved))?;
    column(code, rows, |row| &mut row.ready, |_, _| 0)?;
    column(code, rows, |row| &mut row.starting, |_, _| 0)?;
    column(code, rows, |row| &mut row.at_work, |_, _| 0)?;
    let idle = |row: PoolMonth| {
        [row.gangs, row.reserved, row.ready, row.starting].into_iter().fold(row.up, u128::wrapping_sub)
    };
    column(code, rows, |row| &mut row.idle, |rows, n| idle(rows[n]))?;
    column(code, rows, |row| &mut row.fragmented, |_, _| 0)?;
    // Installed power is chips x a constant: the quotient of the month before.
    let installed_power = |rows: &[PoolMonth], n: usize| {
        let last = rows[..n].last().filter(|last| 0 < last.installed);
        last.map_or(0, |last| rows[n].installed.wrapping_mul(last.installed_mw_us / last.installed))
    };
    column(code, rows, |row| &mut row.installed_mw_us, installed_power)?;
    column(code, rows, |row| &mut row.energy_mw_us, |rows, n| energy(&rows[..n], rows[n]))
}

/// Energy of a month if idle chips and gangs drew as in the two months before: two equations for two unknown powers.
fn energy(before: &[PoolMonth], month: PoolMonth) -> u128 {
    let [.., a, b] = before else { return 0 };
    let solved = || {
        let int = |value: u128| i128::try_from(value).ok();
        let (ai, ag, ae) = (int(a.idle)?, int(a.gangs)?, int(a.energy_mw_us)?);
        let (bi, bg, be) = (int(b.idle)?, int(b.gangs)?, int(b.energy_mw_us)?);
        // Full power is known from the installed power; what is left is drawn by the idle chips.
        let full = int(b.installed_mw_us.checked_div(b.installed)?)?;
        let at_idle = |energy: i128, gangs: i128, idle: i128| {
            energy.checked_sub(gangs.checked_mul(full)?)?.checked_div(idle).filter(|power| 0 < *power)
        };
        let power = at_idle(be, bg, bi).or_else(|| at_idle(ae, ag, ai))?;
        let (idle, gangs) = (int(month.idle)?, int(month.gangs)?);
        idle.checked_mul(power)?.checked_add(gangs.checked_mul(full)?)
    };
    solved().map_or(0, |energy| energy as u128)
}

fn cell_months<C: Coder>(code: &mut C, rows: &mut Vec<CellMonth>) -> Result<(), BytesError> {
    table(code, rows, 11, CellMonth::default())?;
    column(code, rows, |row| &mut row.productive, |_, _| 0)?;
    column(code, rows, |row| &mut row.checkpoint, |_, _| 0)?;
    column(code, rows, |row| &mut row.lost, |_, _| 0)?;
    column(code, rows, |row| &mut row.restart, |_, _| 0)?;
    column(code, rows, |row| &mut row.yielding, |_, _| 0)?;
    column(code, rows, |row| &mut row.ready, |_, _| 0)?;
    column(code, rows, |row| &mut row.starting, |_, _| 0)?;
    column(code, rows, |row| &mut row.at_work, |_, _| 0)?;
    let spent = |row: CellMonth| {
        let gangs = [row.productive, row.checkpoint, row.lost, row.restart, row.yielding];
        let parts = gangs.into_iter().chain([row.ready, row.starting]);
        parts.fold(0, u128::wrapping_add)
    };
    column(code, rows, |row| &mut row.allocated, |rows, n| spent(rows[n]))?;
    column(code, rows, |row| &mut row.covered, |_, _| 0)?;
    column(code, rows, |row| &mut row.billed, |rows, n| rows[n].allocated.wrapping_sub(rows[n].covered))
}

fn share_months<C: Coder>(code: &mut C, rows: &mut Vec<ShareMonth>) -> Result<(), BytesError> {
    table(code, rows, 14, ShareMonth::default())?;
    column(code, rows, |row| &mut row.guaranteed, |rows, n| before(rows, n, |row| row.guaranteed))?;
    column(code, rows, |row| &mut row.late, |_, _| 0)?;
    column(code, rows, |row| &mut row.blocked, |_, _| 0)?;
    let there = |all: u128, late: u128, blocked: u128| all.wrapping_sub(late).wrapping_sub(blocked);
    column(code, rows, |row| &mut row.offered, |rows, n| there(rows[n].guaranteed, rows[n].late, rows[n].blocked))?;
    column(code, rows, |row| &mut row.unused, |_, _| 0)?;
    column(code, rows, |row| &mut row.reserved, |rows, n| before(rows, n, |row| row.reserved))?;
    column(code, rows, |row| &mut row.reserved_late, |_, _| 0)?;
    column(code, rows, |row| &mut row.reserved_blocked, |_, _| 0)?;
    column(
        code,
        rows,
        |row| &mut row.reserved_offered,
        |rows, n| there(rows[n].reserved, rows[n].reserved_late, rows[n].reserved_blocked),
    )?;
    column(code, rows, |row| &mut row.block, |_, _| 0)?;
    column(code, rows, |row| &mut row.block_late, |_, _| 0)?;
    column(code, rows, |row| &mut row.block_blocked, |_, _| 0)?;
    let left = |rows: &[ShareMonth], n: usize| there(rows[n].block, rows[n].block_late, rows[n].block_blocked);
    column(code, rows, |row| &mut row.block_offered, left)?;
    column(code, rows, |row| &mut row.block_unused, |_, _| 0)
}

/// Counters and histograms.
pub fn workloads<C: Coder>(code: &mut C, rows: &mut Vec<WorkloadTotals>) -> Result<(), BytesError> {
    table(code, rows, 29, WorkloadTotals::default())?;
    for row in rows {
        let counts = [
            &mut row.submitted,
            &mut row.started,
            &mut row.finished,
            &mut row.refused,
            &mut row.unstarted,
            &mut row.unfinished,
            &mut row.waited,
            &mut row.thinned,
            &mut row.left,
            &mut row.failures,
            &mut row.outages,
            &mut row.preemptions,
            &mut row.reclaims,
            &mut row.resizes,
            &mut row.on_time,
            &mut row.late,
            &mut row.overflowed,
            &mut row.killed,
            &mut row.expected_failures_e6,
        ];
        for count in counts {
            *count = as_u64(code.word(u128::from(*count))?)?;
        }
        let censored = [&mut row.unstarted_us, &mut row.unfinished_us];
        for sum in
            [&mut row.wait_us, &mut row.jct_us, &mut row.in_system_us, &mut row.sojourn_us].into_iter().chain(censored)
        {
            *sum = code.word(*sum)?;
        }
        for time in [&mut row.first_submit, &mut row.last_finish] {
            column(code, std::slice::from_mut(time), |time| time, |_, _| 0)?;
        }
        histogram(code, &mut row.waits)?;
        histogram(code, &mut row.jcts)?;
    }
    Ok(())
}

/// What services did, by month and by tick; then pools by tick.
pub fn services<C: Coder>(code: &mut C, record: &mut RunRecord) -> Result<(), BytesError> {
    table(code, &mut record.services, 1, Vec::new())?;
    for rows in &mut record.services {
        table(code, rows, 19, ServiceMonth::default())?;
        for row in rows {
            counts(code, &mut row.all())?;
        }
    }
    let blank = ServiceTickRow { service: Id::new(0), at: SimTime::ZERO, did: ServiceMonth::default(), run: 0 };
    let rows = &mut record.service_ticks;
    table(code, rows, 22, blank)?;
    column(code, rows, |row| &mut row.run, |rows, n| before(rows, n, |row| u128::from(row.run)))?;
    column(code, rows, |row| &mut row.service, |_, _| 0)?;
    column(code, rows, |row| &mut row.at, |rows, n| before(rows, n, |row| u128::from(row.at.0)))?;
    for row in rows {
        counts(code, &mut row.did.all())?;
    }
    let blank = PoolTickRow { pool: Id::new(0), at: SimTime::ZERO, chips: [0; 6], run: 0 };
    let rows = &mut record.pool_ticks;
    table(code, rows, 9, blank)?;
    column(code, rows, |row| &mut row.run, |rows, n| before(rows, n, |row| u128::from(row.run)))?;
    column(code, rows, |row| &mut row.pool, |_, _| 0)?;
    column(code, rows, |row| &mut row.at, |rows, n| before(rows, n, |row| u128::from(row.at.0)))?;
    for row in rows {
        counts(code, &mut row.chips.each_mut())?;
    }
    Ok(())
}

fn counts<C: Coder>(code: &mut C, counts: &mut [&mut u128]) -> Result<(), BytesError> {
    for count in counts {
        **count = code.word(**count)?;
    }
    Ok(())
}

/// What interruptions cost.
pub fn interruptions<C: Coder>(code: &mut C, workloads: &mut Vec<Vec<InterruptionTotals>>) -> Result<(), BytesError> {
    table(code, workloads, 1, Vec::new())?;
    for rows in workloads {
        table(code, rows, 4, InterruptionTotals::default())?;
        column(code, rows, |row| &mut row.count, |_, _| 0)?;
        column(code, rows, |row| &mut row.expected_e6, |_, _| 0)?;
        column(code, rows, |row| &mut row.lost, |_, _| 0)?;
        column(code, rows, |row| &mut row.restart, |_, _| 0)?;
    }
    Ok(())
}

/// Occupied bins: each less the one before, then how many.
fn histogram<C: Coder>(code: &mut C, histogram: &mut Histogram) -> Result<(), BytesError> {
    let mut bins: Vec<(u32, u64)> = histogram.bins().collect();
    table(code, &mut bins, 2, (0, 1))?;
    column(code, &mut bins, |bin| &mut bin.0, |bins, n| before(bins, n, |bin| u128::from(bin.0) + 1))?;
    column(code, &mut bins, |bin| &mut bin.1, |_, _| 1)?;
    if !bins.is_sorted_by(|a, b| a.0 < b.0) {
        return Err(BytesError::Damaged("a histogram out of order"));
    }
    *histogram =
        Histogram::from_bins(bins).map_err(|_| BytesError::Damaged("a histogram with a bin that cannot be"))?;
    Ok(())
}

/// Campaigns.
pub fn campaigns<C: Coder>(code: &mut C, rows: &mut Vec<CampaignRow>) -> Result<(), BytesError> {
    let blank = CampaignRow {
        workload: Id::new(0),
        number: 0,
        submitted: SimTime::ZERO,
        started: None,
        finished: None,
        planned_finish: SimTime::ZERO,
        failures: 0,
        run: 0,
    };
    table(code, rows, 8, blank)?;
    column(code, rows, |row| &mut row.run, |rows, n| before(rows, n, |row| u128::from(row.run)))?;
    column(code, rows, |row| &mut row.workload, |_, _| 0)?;
    column(code, rows, |row| &mut row.number, |rows, n| before(rows, n, |row| row.number as u128))?;
    column(code, rows, |row| &mut row.submitted, |rows, n| before(rows, n, |row| u128::from(row.submitted.0)))?;
    column(code, rows, |row| &mut row.started, |rows, n| u128::from(rows[n].submitted.0) + 1)?;
    column(code, rows, |row| &mut row.planned_finish, |rows, n| u128::from(rows[n].submitted.0))?;
    column(code, rows, |row| &mut row.finished, |rows, n| u128::from(rows[n].planned_finish.0) + 1)?;
    column(code, rows, |row| &mut row.failures, |_, _| 0)
}

/// Jobs.
pub fn jobs<C: Coder>(code: &mut C, rows: &mut Vec<JobRow>) -> Result<(), BytesError> {
    let blank = JobRow {
        workload: Id::new(0),
        item: 0,
        submitted: SimTime::ZERO,
        started: None,
        finished: None,
        chips: 0,
        cell: None,
        failures: 0,
        preemptions: 0,
        run: 0,
    };
    table(code, rows, 10, blank)?;
    column(code, rows, |row| &mut row.run, |rows, n| before(rows, n, |row| u128::from(row.run)))?;
    column(code, rows, |row| &mut row.workload, |_, _| 0)?;
    column(code, rows, |row| &mut row.item, |rows, n| before(rows, n, |row| row.item as u128))?;
    column(code, rows, |row| &mut row.submitted, |rows, n| before(rows, n, |row| u128::from(row.submitted.0)))?;
    column(code, rows, |row| &mut row.started, |rows, n| u128::from(rows[n].submitted.0) + 1)?;
    column(code, rows, |row| &mut row.finished, |rows, n| rows[n].started.map_or(0, |at| u128::from(at.0) + 1))?;
    column(code, rows, |row| &mut row.chips, |_, _| 0)?;
    column(code, rows, |row| &mut row.cell, |_, _| 0)?;
    column(code, rows, |row| &mut row.failures, |_, _| 0)?;
    column(code, rows, |row| &mut row.preemptions, |_, _| 0)
}

/// Dated changes.
pub fn events<C: Coder>(code: &mut C, rows: &mut Vec<EventRow>) -> Result<(), BytesError> {
    let change = Change { kind: EventKind::Marker, subject: 0, object: 0, value: 0 };
    table(code, rows, 7, EventRow { at: SimTime::ZERO, class: 0, change, run: 0 })?;
    column(code, rows, |row| &mut row.run, |rows, n| before(rows, n, |row| u128::from(row.run)))?;
    column(code, rows, |row| &mut row.at, |rows, n| before(rows, n, |row| u128::from(row.at.0)))?;
    column(code, rows, |row| &mut row.class, |_, _| 0)?;
    column(code, rows, |row| &mut row.change.kind, |_, _| 0)?;
    column(code, rows, |row| &mut row.change.subject, |_, _| 0)?;
    column(code, rows, |row| &mut row.change.object, |_, _| 0)?;
    column(code, rows, |row| &mut row.change.value, |_, _| 0)
}

/// Contract periods: what is committed is drawn, excused or short, where it is not drawn more.
pub fn periods<C: Coder>(code: &mut C, rows: &mut Vec<PeriodRow>) -> Result<(), BytesError> {
    let blank = PeriodRow {
        contract: Id::new(0),
        period: 0,
        at: SimTime::ZERO,
        commit: Money::ZERO,
        drawn: Money::ZERO,
        excused: Money::ZERO,
        blocked: Money::ZERO,
        shortfall: Money::ZERO,
        closed: false,
        run: 0,
    };
    table(code, rows, 10, blank)?;
    column(code, rows, |row| &mut row.run, |rows, n| before(rows, n, |row| u128::from(row.run)))?;
    column(code, rows, |row| &mut row.contract, |_, _| 0)?;
    column(code, rows, |row| &mut row.period, |_, _| 0)?;
    column(code, rows, |row| &mut row.at, |rows, n| before(rows, n, |row| u128::from(row.at.0)))?;
    column(code, rows, |row| &mut row.commit, |_, _| 0)?;
    column(code, rows, |row| &mut row.drawn, |_, _| 0)?;
    column(code, rows, |row| &mut row.excused, |_, _| 0)?;
    column(code, rows, |row| &mut row.blocked, |_, _| 0)?;
    let missing = |row: PeriodRow| row.commit.0.wrapping_sub(row.drawn.0).wrapping_sub(row.excused.0).max(0) as u128;
    column(code, rows, |row| &mut row.shortfall, |rows, n| missing(rows[n]))?;
    column(code, rows, |row| &mut row.closed, |_, _| 1)
}

/// Passes the length of a table; a reader fills it with blank rows, each of which takes at least `least` bytes.
pub fn table<C: Coder, Row: Clone>(
    code: &mut C,
    rows: &mut Vec<Row>,
    least: usize,
    blank: Row,
) -> Result<(), BytesError> {
    let len = code.rows(rows.len(), least)?;
    rows.resize(len, blank);
    Ok(())
}

/// A field of the row before; 0 for the first.
pub fn before<Row>(rows: &[Row], n: usize, field: impl Fn(&Row) -> u128) -> u128 {
    rows[..n].last().map_or(0, field)
}

fn as_u64(word: u128) -> Result<u64, BytesError> {
    u64::try_from(word).map_err(|_| BytesError::Damaged("a number out of its range"))
}
