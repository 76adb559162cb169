//! Identities 1 and 6 of the coupled model and Little's law, in every run: each term is counted where it happens.
//! A broken identity is our bug and panics with its numbers.

use super::sim::Sim;
use crate::record::RunRecord;
use crate::units::SimTime;
use crate::world::{CellId, WorkloadId};

impl Sim<'_> {
    /// Recounts from the jobs themselves what the counters say.
    pub(super) fn full_audit(&mut self) {
        // Kept between audits: a run allocates nothing per event, and audits come every 4,096.
        let (mut held, mut cells) = std::mem::take(&mut self.recount);
        held.clear();
        held.resize(self.pools.len(), 0);
        cells.clear();
        cells.resize(self.cells.len(), 0);
        let mut running = 0;
        for job in self.jobs.all().filter(|job| job.running) {
            let cell = CellId::new(job.cell as usize);
            held[self.world.cells[cell].pool.index()] += u64::from(job.chips);
            cells[cell.index()] += u64::from(job.chips);
            running += 1;
        }
        for (pool, state) in self.pools.iter().enumerate() {
            let gangs = state.gangs.level();
            assert!(
                gangs == held[pool],
                "pool {pool} at {}: {gangs} chips in gangs, jobs hold {}",
                self.now,
                held[pool]
            );
            let shares: u64 = state.shares.iter().map(|share| share.held).sum();
            assert!(shares == gangs, "pool {pool} at {}: tenants hold {shares} of {gangs}", self.now);
            state.assert_conserved(self.now);
        }
        for (cell, state) in self.cells.iter().enumerate() {
            let level = state.allocated.level();
            assert!(
                level == cells[cell],
                "cell {cell} at {}: metered {level} chips, jobs hold {}",
                self.now,
                cells[cell]
            );
        }
        let waiting: usize = self.domains.iter().map(|domain| domain.waiting).sum();
        let queued: usize = self.domains.iter().flat_map(|domain| &domain.queues).map(|queue| queue.len()).sum();
        let held_back: usize = self.workloads.iter().map(|workload| workload.waiting_campaigns.len()).sum();
        let alive = self.jobs.alive();
        assert!(waiting == queued, "{waiting} jobs counted as waiting, {queued} in queues at {}", self.now);
        assert!(
            running + waiting + held_back == alive,
            "{running} running + {waiting} waiting + {held_back} behind a predecessor != {alive} alive at {}",
            self.now
        );
        self.recount = (held, cells);
    }

    /// Closes the run at its end and returns the record.
    pub(super) fn finish(mut self) -> RunRecord {
        self.now = self.world.end;
        self.full_audit();
        self.close_jobs();
        self.close_money();
        for (id, workload) in self.workloads.iter_mut().enumerate() {
            let mut totals = std::mem::take(&mut workload.totals);
            totals.in_system_us = workload.in_system.take(self.now);
            self.record.workloads[id] = totals;
        }
        audit_record(self.world, &self.record, self.now);
        self.record
    }
}

/// The identities of a finished record.
pub fn audit_record(world: &crate::world::World, record: &RunRecord, now: SimTime) {
    for (pool, months) in record.pools.iter().enumerate() {
        for (month, row) in months.iter().enumerate() {
            let sum = row.gangs + row.reserved + row.idle + row.down;
            assert!(
                sum == row.installed && row.up + row.down == row.installed,
                "identity 1, {} month {month}: gangs {} + reserved {} + idle {} + down {} != installed {} (up {})",
                world.pools.0[pool].name,
                row.gangs,
                row.reserved,
                row.idle,
                row.down,
                row.installed,
                row.up
            );
            let power = &world.pools.0[pool].power;
            let (at_idle, at_work) = (u128::from(power.idle_mw), u128::from(power.full_mw));
            let busy_ppm = u128::from((world.pools.0[pool].reserved_busy * 1e6).round() as u64);
            let energy = (row.idle + row.reserved) * at_idle
                + row.gangs * at_work
                + row.reserved * (at_work - at_idle) * busy_ppm / 1_000_000;
            // Each reading of the meter rounds its reserved chips' energy down, and each follows an event or a month's end.
            let readings = record.events.len() as u128 + 2;
            assert!(
                row.energy_mw_us <= energy
                    && energy <= row.energy_mw_us + readings
                    && row.installed_mw_us == row.installed * at_work,
                "energy, {} month {month}: metered {} mW us, its chips draw {energy} (installed {})",
                world.pools.0[pool].name,
                row.energy_mw_us,
                row.installed_mw_us
            );
            let cells: u128 = world
                .cells
                .ids()
                .filter(|c| world.cells[*c].pool.index() == pool)
                .map(|c| record.cells[c.index()][month].allocated)
                .sum();
            assert!(
                cells == row.gangs,
                "pool {} month {month}: cells hold {cells} chip-us, gangs {}",
                world.pools.0[pool].name,
                row.gangs
            );
        }
    }
    for (cell, months) in record.cells.iter().enumerate() {
        for (month, row) in months.iter().enumerate() {
            let spent = row.productive + row.checkpoint + row.lost + row.restart + row.yielding;
            assert!(
                spent == row.allocated,
                "identity 6, cell {cell} month {month}: productive {} + checkpoint {} + lost {} + restart {} + yielding {} != allocated {}",
                row.productive,
                row.checkpoint,
                row.lost,
                row.restart,
                row.yielding,
                row.allocated
            );
        }
    }
    for (id, totals) in record.workloads.iter().enumerate() {
        assert!(
            totals.in_system_us == totals.sojourn_us,
            "Little, {} at {now}: integral of jobs {} us, sum of their times {} us",
            world.workloads[WorkloadId::new(id)].path,
            totals.in_system_us,
            totals.sojourn_us
        );
    }
}
