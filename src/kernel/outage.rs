//! Pools that are dark: gangs fail or leave, nodes go and come back. Decides no date.

use super::sim::{Release, Sabotage, Sim};
use crate::world::{CellId, Failures, PoolId};

impl Sim<'_> {
    /// Every gang on the pool fails and every node is down; what comes back or is delivered meanwhile is down too.
    pub(super) fn on_outage(&mut self, pool: PoolId) {
        for slot in self.running_on(pool) {
            self.fail_by_outage(slot);
        }
        self.pools[pool.index()].dark += 1;
        self.after_supply(pool.index());
    }

    /// Nothing starts on the pool until the nodes have gone and come back.
    pub(super) fn on_drain(&mut self, pool: PoolId) {
        self.pools[pool.index()].closed += 1;
    }

    /// Who is still there saves and leaves; nodes go as they become free.
    pub(super) fn on_maintenance(&mut self, pool: PoolId) {
        for slot in self.running_on(pool) {
            if !self.jobs[slot].leaving {
                self.take_off(slot, None);
            }
        }
        let state = &mut self.pools[pool.index()];
        state.closed -= 1;
        state.dark += 1;
        self.after_supply(pool.index());
    }

    /// The nodes return, unless the pool is dark for another reason too.
    pub(super) fn on_light(&mut self, pool: PoolId) {
        let state = &mut self.pools[pool.index()];
        state.dark -= 1;
        if state.dark == 0 && self.sabotage != Sabotage::Release(Release::Outage) {
            state.light(self.now);
        }
        self.after_supply(pool.index());
    }

    fn running_on(&self, pool: PoolId) -> Vec<u32> {
        let here = |slot: &u32| {
            let job = &self.jobs[*slot];
            job.running && self.cells[job.cell as usize].pool == pool.index()
        };
        self.jobs.slots().into_iter().filter(here).collect()
    }

    /// The gang loses what it has not saved and waits at its old place; its own clock goes on where it stood.
    fn fail_by_outage(&mut self, slot: u32) {
        let now = self.now;
        let state = &self.workloads[self.jobs[slot].workload as usize];
        // In goodput mode what failures destroy is in its progress already.
        let spread = state.failures == Failures::Goodput;
        self.book_attempt(slot, (!spread).then_some(now));
        let counted = self.in_window(now);
        let speed = self.speed_of(slot, CellId::new(self.jobs[slot].cell as usize));
        let job = &mut self.jobs[slot];
        let cell = &self.cells[job.cell as usize];
        let elapsed = now.since(job.attempt.start).0;
        let kept = if spread { job.attempt.done_us(elapsed) } else { job.attempt.saved_us(elapsed) };
        job.keep(kept, speed);
        let used = u128::from(elapsed) * u128::from(job.chips) * u128::from(cell.failure_rate);
        job.exposure_left = job.exposure_left.saturating_sub(used).max(1);
        let served = u128::from(elapsed) * u128::from(job.chips);
        job.resumes = true;
        let leaving = std::mem::take(&mut job.leaving);
        job.seq = u64::MAX;
        let aside = self.jobs.aside_mut(slot);
        aside.attained += served;
        aside.outages += 1;
        let state = &mut self.workloads[self.jobs[slot].workload as usize];
        state.totals.outages += u64::from(counted);
        state.apart.outages_outside += u64::from(!counted);
        state.apart.not_yielded += u64::from(leaving);
        self.let_go(slot, Release::Failure, None);
        self.enqueue(slot, false);
    }
}
