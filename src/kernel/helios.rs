//! Preemptive SRTF as the simulator of Helios has it (item 6 of its semantics): every second a walk over all jobs in order of what
//! remains, that shares out the cluster's chips without regard to nodes, takes off who is beyond, and places who is within where it can.
//! Between two events only a running job that passes a waiting one can change a walk, so that the walks between are left out.

use super::event::{Class, When};
use super::queue::{Cursor, Queue, Waiting};
use super::sim::{DOMAIN_DUE, Sim};
use crate::units::{SimTime, Span};
use crate::world::{CellId, Compat, Interruption, Order, Preemption, Rules};

/// A job lasts a second longer than it takes: what remains is looked at before it is counted down.
const SECOND: Span = Span(1_000_000);

/// Whether the domain follows the walk instead of a policy.
pub(super) fn walks(rules: &Rules) -> bool {
    rules.compat == Some(Compat::Helios) && rules.order == Order::Srtf && rules.preemption == Preemption::OrderKey
}

/// A job in the walk: (remaining [us], 0 waiting or 1 running, its number in that list).
type Place = (u64, u8, u64);

impl Sim<'_> {
    pub(super) fn helios_walk(&mut self, domain: usize) {
        let mut preempted = false;
        let (mut chosen, mut running) = (Vec::new(), Vec::new());
        let mut quota: u64 = self.domains[domain].pools.iter().map(|pool| self.pools[pool.index()].usable()).sum();
        for (place, slot, chips) in self.helios_order(domain) {
            let within = u64::from(chips) <= quota;
            quota -= if within { u64::from(chips) } else { 0 };
            match (place.1, within) {
                (0, true) => chosen.push(slot),
                (0, false) => {}
                (_, true) => running.push(place.0),
                (_, false) => {
                    preempted = true;
                    self.helios_preempt(slot);
                }
            }
        }
        let mut next = if preempted { self.now + SECOND } else { SimTime::NEVER };
        for slot in chosen {
            let Some(cell) = self.cell_with_room(slot, true) else {
                let left_us = self.helios_left(slot);
                let passes = running.iter().filter(|remains| left_us <= **remains);
                next = passes.map(|remains| self.now + Span(remains - left_us) + SECOND).fold(next, SimTime::min);
                continue;
            };
            self.take_from_queue(slot);
            self.start(slot, cell);
        }
        if next < SimTime::NEVER {
            self.heap.push(When::new(next, Class::Reclaim), DOMAIN_DUE + domain as u32);
        }
    }

    /// Every job of the domain in order of what remains; of equals the waiting first, then as they came to their list.
    fn helios_order(&mut self, domain: usize) -> Vec<(Place, u32, u32)> {
        let mut order: Vec<(Place, u32, u32)> = Vec::new();
        for slot in self.domains[domain].running.iter().flatten() {
            let job = &self.jobs[*slot];
            let remains = job.attempt.finish().since(self.now).0.saturating_sub(SECOND.0);
            order.push(((remains, 1, job.seq), *slot, job.chips));
        }
        for queue in &mut self.domains[domain].queues {
            let mut cursor = Cursor::default();
            while let Some(Waiting { key, slot, chips, .. }) = queue.seek(&mut cursor, u32::MAX, |_| true) {
                let left_us = self.jobs[slot].work_us + self.jobs.aside(slot).owed_us;
                order.push(((left_us, 0, key.arrival()), slot, chips));
                Queue::step(&mut cursor);
            }
        }
        order.sort_unstable();
        order
    }

    fn helios_left(&self, slot: u32) -> u64 {
        self.jobs[slot].work_us + self.jobs.aside(slot).owed_us
    }

    /// The job goes to the end of the queue and owes a restart, beside what it still owes of the last.
    fn helios_preempt(&mut self, slot: u32) {
        let in_window = self.in_window(self.now);
        let job = &self.jobs[slot];
        let elapsed = self.now.since(job.attempt.start).0;
        let (workload, chips) = (job.workload as usize, job.chips);
        let state = &mut self.workloads[workload];
        state.totals.preemptions += u64::from(in_window);
        state.interrupted(Interruption::PREEMPTION, in_window);
        state.apart.preemptions_outside += u64::from(!in_window);
        let cost = self.restart_us(workload, chips);
        let aside = self.jobs.aside_mut(slot);
        aside.why = Interruption::PREEMPTION.index() as u16;
        aside.owed_us = aside.owed_us.saturating_sub(elapsed) + cost;
        aside.why = Interruption::PREEMPTION.index() as u16;
        self.leave(slot);
    }

    /// The attempt of the walk: what it owes, its work, and the second at the end.
    pub(super) fn helios_attempt(&self, slot: u32, cell: CellId) -> super::attempt::Attempt {
        let mut attempt = self.lay_out(slot, cell);
        attempt.restart_us = self.jobs.aside(slot).owed_us;
        attempt.interval_us = attempt.work_us;
        attempt.cost_us = SECOND.0;
        attempt
    }
}
