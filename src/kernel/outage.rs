//! Pools and racks that are dark: gangs fail or leave, nodes go and come back, spares take their place. Decides no date.

use super::event::{Class, When};
use super::sim::{Release, SPARES_DUE, Sabotage, Sim};
use crate::units::Span;
use crate::world::{CellId, Failures, Interruption, InterruptionId, PoolId};

impl Sim<'_> {
    /// Every gang on the pool, or on that rack of it, fails and every node there is down; what comes back or is delivered meanwhile is down too.
    pub(super) fn on_outage(&mut self, pool: PoolId, rack: Option<u32>, is: InterruptionId) {
        self.fail_there(pool.index(), rack, is);
        self.go_dark(pool.index(), rack);
    }

    /// Every gang there fails.
    pub(super) fn fail_there(&mut self, pool: usize, rack: Option<u32>, is: InterruptionId) {
        for slot in self.running_on(pool, rack) {
            self.fail_by_outage(slot, is);
        }
        self.drop_replicas(pool, rack);
    }

    /// The nodes go.
    pub(super) fn go_dark(&mut self, pool: usize, rack: Option<u32>) {
        match rack {
            Some(rack) => self.pools[pool].darken_rack(self.now, rack),
            None => self.pools[pool].dark += 1,
        }
        self.await_spares(pool);
        self.after_supply(pool);
    }

    /// Nothing starts on the pool until the nodes have gone and come back.
    pub(super) fn on_drain(&mut self, pool: PoolId) {
        self.pools[pool.index()].closed += 1;
    }

    /// Who is still there saves and leaves; nodes go as they become free.
    pub(super) fn on_maintenance(&mut self, pool: PoolId) {
        for slot in self.running_on(pool.index(), None) {
            if !self.jobs[slot].leaving {
                self.take_off(slot, Interruption::MAINTENANCE, None);
            }
        }
        self.drop_replicas(pool.index(), None);
        self.pools[pool.index()].closed -= 1;
        self.go_dark(pool.index(), None);
    }

    /// The nodes return, unless they are dark for another reason too.
    pub(super) fn on_light(&mut self, pool: PoolId, rack: Option<u32>) {
        let state = &mut self.pools[pool.index()];
        let kept = self.sabotage == Sabotage::Release(Release::Outage);
        match rack {
            Some(_) if kept => {}
            Some(rack) => state.light_rack(self.now, rack),
            None => {
                state.dark -= 1;
                if state.dark == 0 && !kept {
                    state.light(self.now);
                }
            }
        }
        self.after_supply(pool.index());
    }

    fn running_on(&self, pool: usize, rack: Option<u32>) -> Vec<u32> {
        let range = rack.map(|rack| self.pools[pool].rack_range(rack));
        let here = |slot: &u32| {
            let job = &self.jobs[*slot];
            let stands = |(from, to): (u32, u32)| {
                job.pieces.iter().any(|piece| piece.node < to && from < piece.node + piece.nodes)
            };
            job.running && self.cells[job.cell as usize].pool == pool && range.is_none_or(stands)
        };
        self.jobs.slots().into_iter().filter(here).collect()
    }

    /// The gang loses what it has not saved and waits at its old place; its own clock goes on where it stood.
    fn fail_by_outage(&mut self, slot: u32, is: InterruptionId) {
        let now = self.now;
        let state = &self.workloads[self.jobs[slot].workload as usize];
        // In goodput mode what failures destroy is in its progress already.
        let spread = state.failures == Failures::Goodput;
        self.jobs.aside_mut(slot).why = is.index() as u16;
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
        aside.since = aside.why;
        let state = &mut self.workloads[self.jobs[slot].workload as usize];
        state.totals.outages += u64::from(counted);
        state.apart.outages_outside += u64::from(!counted);
        state.apart.not_yielded += u64::from(leaving);
        state.interrupted(is, counted);
        self.let_go(slot, Release::Failure, None);
        self.enqueue(slot, false);
    }

    /// Nodes have gone: where spares come later than at once, a look when they do.
    pub(super) fn await_spares(&mut self, pool: usize) {
        let after = self.pools[pool].spares_after;
        if 0 < self.pools[pool].stand_by.nodes && Span::ZERO < after {
            self.heap.push(When::new(self.now + after, Class::Supply), SPARES_DUE + pool as u32);
        }
    }

    /// Spares are in the place of nodes that have been away for long enough, and stand by no more. Eq. (102).
    pub(super) fn call_spares(&mut self, pool: usize) {
        if self.pools[pool].stand_by.nodes == 0 {
            return;
        }
        let state = &self.pools[pool];
        let long_enough = |since: crate::units::SimTime| since + state.spares_after <= self.now;
        let mut away: u64 = 0;
        for dark in state.dark_racks.iter().filter(|dark| long_enough(dark.since)) {
            away += dark.chips.div_ceil(state.chips_per_node);
        }
        let here = self.repairs.iter().filter(|repair| repair.pending && repair.pool as usize == pool);
        away +=
            here.filter(|repair| long_enough(repair.since)).map(|repair| u64::from(repair.piece.nodes)).sum::<u64>();
        self.pools[pool].call_spares(away.min(u64::from(u32::MAX)) as u32);
    }
}
