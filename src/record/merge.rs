//! Adds the records of runs. Integers and histograms only, so that any grouping gives the same bytes; the order of rows is that of
//! the runs. Averages nothing.

use super::model::{CellMonth, InterruptionTotals, PoolMonth, RunRecord, ServiceMonth, ShareMonth, WorkloadTotals};
use crate::units::Money;

impl RunRecord {
    /// Adds the runs of `other` behind ours: counters add up, rows follow with their run shifted. A record of no run is neutral.
    ///
    /// Merging is associative to the bit. Records of worlds of different shape, and sums beyond 128 bits, are our mistake and panic.
    pub fn merge(&mut self, other: &RunRecord) {
        if other == &RunRecord::default() {
            return;
        }
        if *self == RunRecord::default() {
            *self = other.clone();
            return;
        }
        let shift = self.keys.len() as u32;
        self.keys.extend(&other.keys);
        self.drawn.extend(other.drawn.iter().cloned());
        each("pools", &mut self.pools, &other.pools, |ours, theirs| each("months", ours, theirs, PoolMonth::add));
        each("cells", &mut self.cells, &other.cells, |ours, theirs| each("months", ours, theirs, CellMonth::add));
        each("pools of shares", &mut self.shares, &other.shares, |ours, theirs| {
            each("tenants of shares", ours, theirs, |ours, theirs| each("months", ours, theirs, ShareMonth::add));
        });
        each("services", &mut self.services, &other.services, |ours, theirs| {
            each("months", ours, theirs, ServiceMonth::add);
        });
        each("workloads", &mut self.workloads, &other.workloads, WorkloadTotals::add);
        each("workloads of interruptions", &mut self.interruptions, &other.interruptions, |ours, theirs| {
            each("interruptions", ours, theirs, InterruptionTotals::add);
        });
        each("parties", &mut self.balances, &other.balances, |ours, theirs| {
            let sum = ours.0.checked_add(theirs.0);
            *ours = Money(sum.unwrap_or_else(|| panic!("balances {ours} and {theirs} exceed 128 bits")));
        });
        append(&mut self.service_ticks, &other.service_ticks, |row| &mut row.run, shift);
        append(&mut self.pool_ticks, &other.pool_ticks, |row| &mut row.run, shift);
        append(&mut self.campaigns, &other.campaigns, |row| &mut row.run, shift);
        append(&mut self.postings, &other.postings, |row| &mut row.run, shift);
        append(&mut self.meters, &other.meters, |row| &mut row.run, shift);
        append(&mut self.periods, &other.periods, |row| &mut row.run, shift);
        append(&mut self.events, &other.events, |row| &mut row.run, shift);
        append(&mut self.jobs, &other.jobs, |row| &mut row.run, shift);
        count(&mut self.events_handled, other.events_handled);
    }
}

impl PoolMonth {
    fn add(&mut self, other: &PoolMonth) {
        sum(&mut self.installed, other.installed);
        sum(&mut self.up, other.up);
        sum(&mut self.down, other.down);
        sum(&mut self.gangs, other.gangs);
        sum(&mut self.ready, other.ready);
        sum(&mut self.starting, other.starting);
        sum(&mut self.at_work, other.at_work);
        sum(&mut self.reserved, other.reserved);
        sum(&mut self.idle, other.idle);
        sum(&mut self.fragmented, other.fragmented);
        sum(&mut self.energy_mw_us, other.energy_mw_us);
        sum(&mut self.installed_mw_us, other.installed_mw_us);
    }
}

impl CellMonth {
    fn add(&mut self, other: &CellMonth) {
        sum(&mut self.allocated, other.allocated);
        sum(&mut self.billed, other.billed);
        sum(&mut self.covered, other.covered);
        sum(&mut self.productive, other.productive);
        sum(&mut self.checkpoint, other.checkpoint);
        sum(&mut self.lost, other.lost);
        sum(&mut self.restart, other.restart);
        sum(&mut self.yielding, other.yielding);
        sum(&mut self.ready, other.ready);
        sum(&mut self.starting, other.starting);
        sum(&mut self.at_work, other.at_work);
    }
}

impl ServiceMonth {
    /// Every counter, in order.
    pub fn all(&mut self) -> [&mut u128; 19] {
        [
            &mut self.demanded,
            &mut self.left,
            &mut self.first,
            &mut self.shed,
            &mut self.spilled,
            &mut self.lost,
            &mut self.received,
            &mut self.deferrable,
            &mut self.deferrable_served,
            &mut self.expired,
            &mut self.backlog_from,
            &mut self.backlog,
            &mut self.ready,
            &mut self.starting,
            &mut self.required,
            &mut self.served,
            &mut self.attained,
            &mut self.ttft_p99,
            &mut self.tpot,
        ]
    }

    /// Adds what another month, or run, counted.
    pub fn add(&mut self, other: &ServiceMonth) {
        let mut other = *other;
        self.all().into_iter().zip(other.all()).for_each(|(ours, theirs)| sum(ours, *theirs));
    }
}

impl InterruptionTotals {
    fn add(&mut self, other: &InterruptionTotals) {
        count(&mut self.count, other.count);
        count(&mut self.expected_e6, other.expected_e6);
        sum(&mut self.lost, other.lost);
        sum(&mut self.restart, other.restart);
    }
}

impl ShareMonth {
    fn add(&mut self, other: &ShareMonth) {
        sum(&mut self.guaranteed, other.guaranteed);
        sum(&mut self.offered, other.offered);
        sum(&mut self.late, other.late);
        sum(&mut self.blocked, other.blocked);
        sum(&mut self.unused, other.unused);
        sum(&mut self.reserved, other.reserved);
        sum(&mut self.reserved_offered, other.reserved_offered);
        sum(&mut self.reserved_late, other.reserved_late);
        sum(&mut self.reserved_blocked, other.reserved_blocked);
        sum(&mut self.block, other.block);
        sum(&mut self.block_offered, other.block_offered);
        sum(&mut self.block_late, other.block_late);
        sum(&mut self.block_blocked, other.block_blocked);
        sum(&mut self.block_unused, other.block_unused);
    }
}

impl WorkloadTotals {
    /// Adds what another workload, or run, counted.
    pub fn add(&mut self, other: &WorkloadTotals) {
        count(&mut self.submitted, other.submitted);
        count(&mut self.started, other.started);
        count(&mut self.finished, other.finished);
        count(&mut self.refused, other.refused);
        count(&mut self.unstarted, other.unstarted);
        count(&mut self.unfinished, other.unfinished);
        count(&mut self.waited, other.waited);
        count(&mut self.thinned, other.thinned);
        count(&mut self.left, other.left);
        count(&mut self.failures, other.failures);
        count(&mut self.outages, other.outages);
        count(&mut self.preemptions, other.preemptions);
        count(&mut self.reclaims, other.reclaims);
        count(&mut self.resizes, other.resizes);
        count(&mut self.on_time, other.on_time);
        count(&mut self.late, other.late);
        count(&mut self.overflowed, other.overflowed);
        count(&mut self.killed, other.killed);
        count(&mut self.expected_failures_e6, other.expected_failures_e6);
        sum(&mut self.wait_us, other.wait_us);
        sum(&mut self.unstarted_us, other.unstarted_us);
        self.waits.merge(&other.waits);
        sum(&mut self.jct_us, other.jct_us);
        sum(&mut self.unfinished_us, other.unfinished_us);
        self.jcts.merge(&other.jcts);
        self.first_submit = [self.first_submit, other.first_submit].into_iter().flatten().min();
        self.last_finish = self.last_finish.max(other.last_finish);
        sum(&mut self.in_system_us, other.in_system_us);
        sum(&mut self.sojourn_us, other.sojourn_us);
    }
}

fn sum(ours: &mut u128, theirs: u128) {
    *ours = ours.checked_add(theirs).unwrap_or_else(|| panic!("{ours} + {theirs} exceeds 128 bits"));
}

fn count(ours: &mut u64, theirs: u64) {
    *ours = ours.checked_add(theirs).unwrap_or_else(|| panic!("{ours} + {theirs} exceeds 64 bits"));
}

fn each<T>(what: &str, ours: &mut [T], theirs: &[T], add: impl Fn(&mut T, &T)) {
    assert!(ours.len() == theirs.len(), "merging records of {} and of {} {what}", ours.len(), theirs.len());
    ours.iter_mut().zip(theirs).for_each(|(ours, theirs)| add(ours, theirs));
}

fn append<Row: Copy>(ours: &mut Vec<Row>, theirs: &[Row], run: impl Fn(&mut Row) -> &mut u32, shift: u32) {
    ours.extend(theirs.iter().map(|row| {
        let mut row = *row;
        *run(&mut row) += shift;
        row
    }));
}
